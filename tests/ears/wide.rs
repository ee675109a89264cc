//! G.722 among G.711: everybody hears everybody, each as finely as his own phone can.

use crate::ear::amplitude_at;
use crate::party::Party;
use crate::room::{MUSIC_HZ, Room, Sent, tape_row};
use std::f64::consts::TAU;
use tandem::media::engine::TapeBlock;
use tandem::wiring::{Codec, Rate, Row, TapeRow, Voice};

/// What no telephone of 8 kHz has ever let anybody hear.
const HIGH_HZ: f64 = 5_300.0;
/// Where it would fold to if nothing kept it out.
const FOLDED_HZ: f64 = 8_000.0 - HIGH_HZ;
/// Below the 8000 of each voice by 45 dB.
const UNHEARD: f64 = 8_000.0 * 0.0056;

fn three() -> [Party; 3] {
    [
        Party::new(1, 419.0, Codec::Pcma),
        Party::new(2, 593.0, Codec::G722),
        Party::new(3, 1_047.0, Codec::Pcmu),
    ]
}

fn together(parties: &[Party]) -> Vec<Row> {
    let others = |of: &Party| -> Vec<Voice> {
        let others = parties.iter().filter(|party| party.leg != of.leg);
        others.map(Party::voice).collect()
    };
    parties.iter().map(|party| party.row(&others(party))).collect()
}

/// How loud a party hears this.
fn level(party: &Party, samples: &[i16], hz: f64) -> f64 {
    amplitude_at(party.remote.codec.rate(), samples, hz)
}

/// The part of what it hears behind the first so many ms.
fn after<'a>(party: &Party, samples: &'a [i16], ms: usize) -> &'a [i16] {
    &samples[(ms * party.remote.codec.rate().hz() as usize / 1_000).min(samples.len())..]
}

fn is_heard(level: f64) -> bool {
    (level - 8_000.0).abs() < 400.0
}

/// All of these speak for so long, and time goes by; so much of what they say is lost.
fn talk(room: &mut Room, parties: &mut [Party], ms: u64, lost: impl Fn(u64) -> bool) {
    for party in parties {
        room.speak(party, ms, |n| if lost(n) { vec![] } else { vec![0] });
    }
    room.pass(ms);
}

/// Both have it: what one says reaches the other byte for byte, whatever else may be in the bytes.
#[test]
fn two_who_speak_g722_are_not_touched() {
    let mut room = Room::new();
    let [mut one, other] = [2, 3].map(|leg| Party::new(leg, 593.0, Codec::G722));
    room.wire(&together(&[one.clone(), other.clone()]), None);
    let mut said = vec![];
    for _ in 0..50 {
        let packet = one.speak();
        said.push(packet[12..].to_vec());
        room.arrive(one.leg, one.from, &packet);
        room.pass(20);
    }
    let heard: Vec<Sent> = room.sent_to(&other);
    assert!(heard.iter().all(|sent| sent.payload_type == 9));
    assert!(
        heard
            .windows(2)
            .all(|two| two[1].timestamp.wrapping_sub(two[0].timestamp) == 160)
    );
    assert_eq!(
        heard.into_iter().map(|sent| sent.payload).collect::<Vec<_>>(),
        said
    );
}

/// One speaks, in each codec in turn; three listen, one in each.
#[test]
fn listeners_of_every_codec_hear_a_speaker_of_any() {
    for spoken in [Codec::Pcmu, Codec::Pcma, Codec::G722] {
        let mut room = Room::new();
        let mut speaker = Party::new(1, 419.0, spoken);
        let listeners = [
            (2, Codec::Pcmu),
            (3, Codec::G722),
            (4, Codec::Pcma),
            (5, Codec::G722),
        ];
        let listeners = listeners.map(|(leg, codec)| Party::new(leg, 0.0, codec));
        let mut rows = vec![speaker.row(&[])];
        rows.extend(listeners.iter().map(|listener| listener.row(&[speaker.voice()])));
        room.wire(&rows, None);
        for _ in 0..100 {
            let packet = speaker.speak_as(|seconds| {
                let swing = |hz: f64| (TAU * hz * seconds).sin();
                8_000.0 * swing(419.0)
                    + if spoken == Codec::G722 {
                        3_000.0 * swing(HIGH_HZ)
                    } else {
                        0.0
                    }
            });
            room.arrive(speaker.leg, speaker.from, &packet);
            room.pass(20);
        }
        for listener in &listeners {
            let heard = room.heard_by(listener);
            let heard = after(listener, &heard, 100);
            let said = format!("{:?} heard in {:?}", spoken, listener.remote.codec);
            assert!(is_heard(level(listener, heard, 419.0)), "{said}");
            assert!(
                level(listener, heard, FOLDED_HZ) < 2.0 * UNHEARD,
                "{said}: nothing folds"
            );
            if listener.remote.codec == spoken && spoken == Codec::G722 {
                assert!(
                    level(listener, heard, HIGH_HZ) > 2_000.0,
                    "{said}: its upper half as well"
                );
            }
        }
    }
}

/// Each hears the two others and not itself, with and without a tenth of all packets lost.
#[test]
fn three_of_three_codecs_hear_each_other() {
    for lost in [false, true] {
        let mut room = Room::new();
        let mut parties = three();
        room.wire(&together(&parties), None);
        talk(&mut room, &mut parties, 3_000, |n| lost && n % 10 == 7);
        for party in &parties {
            let heard = room.heard_by(party);
            let seconds = heard.len() as f64 / f64::from(party.remote.codec.rate().hz());
            assert!((2.94..=3.03).contains(&seconds), "{seconds} s in three seconds");
            let heard = after(party, &heard, 500);
            for other in &parties {
                let level = level(party, heard, other.hz);
                let text = format!("{} hears {} at {level}", party.leg, other.leg);
                match other.leg == party.leg {
                    true => assert!(level < UNHEARD, "itself: {text}"),
                    false if lost => assert!((6_000.0..8_400.0).contains(&level), "{text}"),
                    false => assert!(is_heard(level), "{text}"),
                }
            }
        }
    }
}

/// Two with G.722 and one without: the two hear each other whole, and the third nothing that folds.
#[test]
fn a_mix_is_as_fine_as_its_best_and_its_least_lose_nothing_by_it() {
    let mut room = Room::new();
    let mut parties = three();
    parties[2] = Party::new(3, 1_047.0, Codec::G722);
    room.wire(&together(&parties), None);
    for _ in 0..100 {
        let high = |seconds: f64| 6_000.0 * (TAU * HIGH_HZ * seconds).sin();
        let packet = parties[1].speak_as(high);
        room.arrive(parties[1].leg, parties[1].from, &packet);
        room.talk(&mut [parties[0].clone()], 0);
        room.pass(20);
    }
    let whole = room.heard_by(&parties[2]);
    assert!(level(&parties[2], after(&parties[2], &whole, 300), HIGH_HZ) > 5_000.0);
    let narrow = room.heard_by(&parties[0]);
    assert!(level(&parties[0], after(&parties[0], &narrow, 300), FOLDED_HZ) < UNHEARD);
}

/// Two G.711 phones hear each other; one with G.722 comes, and goes again. For those who stay nothing is missing for
/// longer than 40 ms.
#[test]
fn who_comes_and_goes_in_another_codec_leaves_no_gap() {
    let mut room = Room::new();
    let mut parties = [
        Party::new(1, 419.0, Codec::Pcma),
        Party::new(3, 1_047.0, Codec::Pcmu),
        Party::new(4, 1_583.0, Codec::Pcmu),
        Party::new(2, 593.0, Codec::G722),
    ];
    let without = |parties: &[Party]| together(&parties[..3]);
    room.wire(&without(&parties), None);
    room.talk(&mut parties[..3], 1_000);
    room.wire(&together(&parties), None);
    room.talk(&mut parties, 1_000);
    room.wire(&without(&parties), None);
    room.talk(&mut parties[..3], 1_000);
    for party in &parties[..3] {
        let sent = room.sent_to(party);
        let follows = |two: &[Sent]| two[1].sequence == two[0].sequence.wrapping_add(1);
        assert!(sent.windows(2).all(follows), "one stream");
        let heard = room.heard_by(party);
        let steady = &heard[1_600..];
        for other in parties[..3].iter().filter(|other| other.leg != party.leg) {
            // The filter between the rates is 1.5 ms long, so a tone may start anew within one window of 10 ms.
            let is_heard = |window: &[i16]| level(party, window, other.hz) > 4_000.0;
            let heard: Vec<bool> = steady.chunks_exact(80).map(is_heard).collect();
            let runs = heard.chunk_by(|a, b| a == b).filter(|run| !run[0]);
            let longest = runs.map(<[bool]>::len).max().unwrap_or(0);
            assert!(
                longest <= 2,
                "{} does not hear {} for {longest}0 ms",
                party.leg,
                other.leg
            );
        }
    }
    assert_eq!(room.out.tape, Vec::<TapeBlock>::new());
}

#[test]
fn our_own_sounds_are_played_in_g722_too() {
    let phone = Party::new(1, 0.0, Codec::G722);
    for (voice, hz, loud) in [
        (Voice::Music, MUSIC_HZ, 8_000.0),
        (Voice::Dial, 440.0, 3_600.0),
        (Voice::Dial, 350.0, 3_600.0),
    ] {
        let mut room = Room::new();
        room.wire(&[phone.row(&[voice])], None);
        room.pass(2_000);
        let heard = room.heard_by(&phone);
        let level = level(&phone, after(&phone, &heard, 100), hz);
        assert!((level - loud).abs() < 0.05 * loud, "{voice} at {level}");
        assert!(
            (31_000..=32_640).contains(&heard.len()),
            "{} samples in 2 s",
            heard.len()
        );
    }
}

/// A tape keeps the rate with which it began: at 16 kHz a G.711 voice and a G.722 voice lie side by side, as long as
/// the conversation and each where it was said, and a colleague with G.711 changes nothing.
#[test]
fn a_tape_at_16_khz_holds_voices_of_both_kinds_in_their_places() {
    let mut room = Room::new();
    let [mut customer, mut agent, colleague] = three();
    let tape = TapeRow {
        rate: Rate::Wide,
        ..tape_row(room.now, &[&customer], &[&agent])
    };
    room.wire(&together(&[customer.clone(), agent.clone()]), Some(tape.clone()));
    for n in 0..100 {
        for party in [&mut customer, &mut agent] {
            // Both click at the same moments: the beginning of each tenth packet.
            let packet = party.speak_as(|seconds| {
                let within = seconds % 0.2;
                if within < 0.02 {
                    9_000.0 * (TAU * 1_000.0 * within).sin()
                } else {
                    0.0
                }
            });
            room.post(room.now + std::time::Duration::from_millis(20), party, &packet);
        }
        room.pass(20);
        if n == 50 {
            let with_colleague = TapeRow {
                right: vec![agent.leg, colleague.leg],
                rate: Rate::Narrow,
                ..tape.clone()
            };
            room.wire(
                &together(&[customer.clone(), agent.clone(), colleague.clone()]),
                Some(with_colleague),
            );
        }
    }
    room.pass(500);
    room.wire(&[], None);
    let channels = room.tape_at(Rate::Wide);
    let onsets = channels.each_ref().map(|channel| {
        assert_eq!(channel.len(), 16 * 2_500, "as long as the conversation");
        let is_loud = |n: &usize| channel[*n].unsigned_abs() > 3_000;
        let quiet_before = |n: &usize| {
            channel[n.saturating_sub(1_600)..*n]
                .iter()
                .all(|s| s.unsigned_abs() <= 3_000)
        };
        (0..channel.len())
            .filter(|n| is_loud(n) && quiet_before(n))
            .collect::<Vec<_>>()
    });
    assert_eq!((onsets[0].len(), onsets[1].len()), (10, 10));
    for (left, right) in onsets[0].iter().zip(&onsets[1]) {
        assert!(
            left.abs_diff(*right) <= 16 * 3,
            "{left} and {right}: more than 3 ms apart"
        );
        assert!(left % 3_200 <= 16 * 6, "{left}: within 6 ms of when it was said");
    }
}

/// The fine voice on a tape at 16 kHz has its upper half; on one at 8 kHz nothing of that folds into the lower.
#[test]
fn a_fine_voice_is_as_fine_on_the_tape_as_the_tape_is() {
    for rate in [Rate::Narrow, Rate::Wide] {
        let mut room = Room::new();
        let [customer, mut agent, _] = three();
        let tape = TapeRow {
            rate,
            ..tape_row(room.now, &[&customer], &[&agent])
        };
        room.wire(&together(&[customer.clone(), agent.clone()]), Some(tape));
        for _ in 0..100 {
            let packet = agent.speak_as(|seconds| 6_000.0 * (TAU * HIGH_HZ * seconds).sin());
            room.arrive(agent.leg, agent.from, &packet);
            room.pass(20);
        }
        room.wire(&[], None);
        let [left, right] = room.tape_at(rate);
        assert!(left.iter().all(|sample| *sample == 0));
        let right = &right[right.len() / 4..right.len() - 1_000];
        match rate {
            Rate::Wide => assert!(amplitude_at(rate, right, HIGH_HZ) > 5_000.0),
            Rate::Narrow => assert!(amplitude_at(rate, right, FOLDED_HZ) < UNHEARD),
        }
    }
}

/// A re-INVITE changes the codec of one of two, there and back: the other goes on hearing it.
#[test]
fn a_change_of_codec_in_mid_call_is_followed() {
    let mut room = Room::new();
    let mut other = Party::new(2, 593.0, Codec::G722);
    let mut before = Party::new(1, 419.0, Codec::Pcma);
    for codec in [Codec::G722, Codec::Pcma, Codec::G722] {
        let mut changed = Party::new(1, 419.0, codec);
        (changed.sequence, changed.timestamp) = (before.sequence, before.timestamp);
        room.wire(&together(&[changed.clone(), other.clone()]), None);
        let mut both = [changed, other];
        room.talk(&mut both, 1_000);
        [before, other] = both;
        let heard = room.heard_by(&other);
        assert!(
            is_heard(level(&other, after(&other, &heard, 100), 419.0)),
            "spoken in {codec:?}"
        );
        let heard = room.heard_by(&before);
        assert!(
            is_heard(level(&before, after(&before, &heard, 100), 593.0)),
            "heard in {codec:?}"
        );
    }
}
