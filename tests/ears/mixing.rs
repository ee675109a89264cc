//! Three and more who talk together: each hears all the others and never itself.

use crate::ear::{amplitude, tones};
use crate::party::Party;
use crate::room::{MUSIC_HZ, Room, Sent, people, tape_row};
use std::f64::consts::TAU;
use tandem::id::{ConversationId, LegId};
use tandem::wiring::{Codec, MediaHappening, Row, Voice, Wiring};

const TONES: [f64; 4] = [419.0, 593.0, 1_047.0, MUSIC_HZ];
/// Below the 8000 of each voice by 45 dB.
const UNHEARD: f64 = 8_000.0 * 0.0056;

/// Everybody hears everybody else.
pub(crate) fn together(parties: &[Party]) -> Vec<Row> {
    let others = |of: &Party| -> Vec<Voice> {
        parties
            .iter()
            .filter(|party| party.leg != of.leg)
            .map(Party::voice)
            .collect()
    };
    parties.iter().map(|party| party.row(&others(party))).collect()
}

fn pair(one: &Party, other: &Party) -> [Row; 2] {
    [one.row(&[other.voice()]), other.row(&[one.voice()])]
}

/// One source, one packet after the other, and time that neither stops nor runs back.
pub(crate) fn assert_one_stream(sent: &[Sent]) {
    for two in sent.windows(2) {
        assert_eq!(two[1].ssrc, two[0].ssrc);
        assert_eq!(
            two[1].sequence,
            two[0].sequence.wrapping_add(1),
            "at {:?}",
            two[1].at
        );
        let advanced = two[1].timestamp.wrapping_sub(two[0].timestamp);
        let said = two[0].payload.len() as u32;
        assert!(
            (said..=said + 320).contains(&advanced),
            "{advanced} after {said} samples at {:?}",
            two[1].at
        );
    }
}

/// The longest stretch, in ms, in which a tone is not heard.
fn longest_gap(samples: &[i16], hz: f64) -> usize {
    const WINDOW: usize = 40;
    // A window may hold less than a swing of the deepest tone, so the peak is what counts.
    let silent = samples.chunks_exact(WINDOW).map(|window| {
        let _ = hz;
        window.iter().all(|sample| sample.unsigned_abs() < 1_500)
    });
    let (mut longest, mut run) = (0, 0);
    for is_silent in silent {
        run = if is_silent { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest * WINDOW / 8
}

#[test]
fn each_of_three_hears_the_two_others_and_not_itself() {
    let mut room = Room::new();
    let mut parties = people();
    room.wire(&together(&parties), None);
    room.talk(&mut parties, 3_000);
    for party in &parties {
        let heard = room.heard_by(party);
        assert!(
            (23_600..=24_200).contains(&heard.len()),
            "{} samples in three seconds",
            heard.len()
        );
        let steady = &heard[4_000..];
        for other in &parties {
            let level = amplitude(steady, other.hz);
            match other.leg == party.leg {
                true => assert!(level < UNHEARD, "{} hears itself: {level}", party.leg),
                false => assert!(
                    (level - 8_000.0).abs() < 250.0,
                    "{} hears {} at {level}",
                    party.leg,
                    other.leg
                ),
            }
        }
    }
}

/// Every table of two voices and more, of legs and of our own sounds: measured, it must be the table.
#[test]
fn whatever_is_mixed_is_what_the_table_says() {
    let parties = people();
    let voices = [parties[1].voice(), parties[2].voice(), Voice::Music];
    for chosen in 0..8_usize {
        let hears: Vec<Voice> = (0..3)
            .filter(|n| chosen >> n & 1 == 1)
            .map(|n| voices[n])
            .collect();
        let mut room = Room::new();
        let mut parties = people();
        room.wire(
            &[parties[0].row(&hears), parties[1].row(&[]), parties[2].row(&[])],
            None,
        );
        room.talk(&mut parties, 1_500);
        let heard = room.heard_by(&parties[0]);
        let steady = &heard[heard.len().min(2_400)..];
        let expected: Vec<f64> = [593.0, 1_047.0, MUSIC_HZ]
            .into_iter()
            .enumerate()
            .filter_map(|(n, hz)| (chosen >> n & 1 == 1).then_some(hz))
            .collect();
        assert_eq!(tones(steady, &TONES), expected, "{hears:?}");
    }
}

/// Customer and agent talk; a colleague joins, and leaves; then the agent holds, and is back.
#[test]
fn joining_and_leaving_make_no_gap_over_40_ms_for_the_others_and_break_no_stream() {
    let mut room = Room::new();
    let mut parties = people();
    let [customer, agent, colleague] = parties.clone();
    let mut rows = pair(&customer, &agent).to_vec();
    rows.push(colleague.row(&[]));
    let tables = [
        rows.clone(),
        together(&parties),
        rows.clone(),
        together(&parties),
        vec![
            customer.row(&[Voice::Music]),
            agent.row(&[colleague.voice()]),
            colleague.row(&[agent.voice()]),
        ],
        together(&parties),
        rows,
    ];
    for party in &mut parties {
        room.speak(party, 8_000, |_| vec![0]);
    }
    // The tables change at moments that fall differently between packets and ticks.
    for (n, table) in tables.iter().enumerate() {
        room.wire(table, None);
        room.pass(1_003 + 5 * n as u64 / 2);
    }
    for party in [&customer, &agent] {
        let sent = room.sent_to(party);
        assert_one_stream(&sent);
        let markers = sent.iter().filter(|sent| sent.marker).count();
        assert!(markers <= 7, "a marker where another voice begins: {markers}");
    }
    let heard = room.heard_by(&agent);
    let gap = longest_gap(&heard[400..], customer.hz);
    assert!(gap <= 40, "the agent hears nothing for {gap} ms");
    let heard = room.heard_by(&customer);
    let gap = longest_gap(&heard[400..], agent.hz);
    assert!(gap <= 40, "the customer hears nothing for {gap} ms");
}

/// Two who talk are joined by a third, at whatever moment between two packets: what they miss of each other is the
/// delay that a mix needs, and no more.
#[test]
fn whenever_a_third_joins_the_two_miss_no_more_than_40_ms() {
    for ms in 0..20 {
        let mut room = Room::new();
        let mut parties = people();
        let [customer, agent, colleague] = parties.clone();
        let mut rows = pair(&customer, &agent).to_vec();
        rows.push(colleague.row(&[]));
        room.wire(&rows, None);
        for party in &mut parties[..2] {
            room.speak(party, 2_000, |_| vec![0]);
        }
        room.pass(1_000 + ms);
        room.wire(&together(&parties), None);
        room.pass(1_000 - ms);
        for (listener, other) in [(&customer, &agent), (&agent, &customer)] {
            assert_one_stream(&room.sent_to(listener));
            let heard = room.heard_by(listener);
            let gap = longest_gap(&heard[..15_000], other.hz);
            assert!(
                gap <= 40,
                "{} hears nothing for {gap} ms, joined after {ms} ms",
                listener.leg
            );
        }
    }
}

/// With a fourth the three notice nothing at all: their mixes run on.
#[test]
fn a_fourth_comes_and_goes_and_the_three_hear_each_other_without_a_break() {
    let mut room = Room::new();
    let mut parties: Vec<Party> = people().to_vec();
    parties.push(Party::new(4, 1_583.0, Codec::Pcma));
    let mut three = together(&parties[..3]);
    three.push(parties[3].row(&[]));
    room.wire(&three, None);
    for party in &mut parties {
        room.speak(party, 5_000, |_| vec![0]);
    }
    room.pass(1_000);
    for _ in 0..4 {
        room.wire(&together(&parties), None);
        room.pass(507);
        room.wire(&three, None);
        room.pass(493);
    }
    let sent = room.sent_to(&parties[0]);
    assert_one_stream(&sent);
    assert!(
        sent.windows(2)
            .all(|two| two[1].timestamp.wrapping_sub(two[0].timestamp) == 160)
    );
    let heard = room.heard_by(&parties[0]);
    for second in heard[8_000..].chunks_exact(4_000) {
        for hz in [593.0, 1_047.0] {
            let level = amplitude(second, hz);
            assert!((level - 8_000.0).abs() < 400.0, "{hz} Hz at {level}");
        }
    }
}

/// What was mixed and not yet heard is heard at once, so that going back to the relay costs not a word.
#[test]
fn when_two_remain_not_a_word_is_lost() {
    let mut room = Room::new();
    let mut parties = people();
    let [customer, agent, _] = parties.clone();
    room.wire(&together(&parties), None);
    for party in &mut parties[..2] {
        room.speak(party, 4_000, |_| vec![0]);
    }
    room.pass(2_007);
    room.wire(&pair(&customer, &agent), None);
    room.pass(2_000);
    assert_one_stream(&room.sent_to(&customer));
    let heard = room.heard_by(&customer);
    // Around the change the tone is as whole as elsewhere: no phase is broken.
    for part in heard[8_000..28_000].chunks_exact(800) {
        let level = amplitude(part, agent.hz);
        assert!((level - 8_000.0).abs() < 500.0, "{level}");
    }
}

#[test]
fn three_loud_talkers_saturate_and_do_not_wrap() {
    let mut room = Room::new();
    let listener = Party::new(9, 0.0, Codec::Pcmu);
    let mut talkers = people();
    let hears: Vec<Voice> = talkers.iter().map(Party::voice).collect();
    let mut rows = vec![listener.row(&hears)];
    rows.extend(talkers.iter().map(|talker| talker.row(&[])));
    room.wire(&rows, None);
    for n in 1..=50_u64 {
        for talker in &mut talkers {
            // All of them swing together, each at full loudness.
            let packet = talker.speak_as(|seconds| 32_000.0 * (TAU * 300.0 * seconds).sin());
            let at = room.now + std::time::Duration::from_millis(20 * n);
            room.post(at, talker, &packet);
        }
    }
    room.pass(1_000);
    let heard = room.heard_by(&listener);
    let steady = &heard[2_000..7_000];
    let wave = |n: usize| (TAU * 300.0 * n as f64 / 8_000.0).sin();
    let phase = (0..80)
        .max_by_key(|shift| {
            let sum: f64 = steady
                .iter()
                .enumerate()
                .map(|(n, s)| f64::from(*s) * wave(n + shift))
                .sum();
            sum as i64
        })
        .unwrap();
    for (n, sample) in steady.iter().enumerate() {
        let ideal = wave(n + phase);
        if ideal.abs() > 0.5 {
            assert!(
                f64::from(*sample) * ideal > 0.0 && sample.unsigned_abs() > 30_000,
                "{sample} where all swing to {ideal}"
            );
        }
    }
}

#[test]
fn the_tape_has_the_customer_left_and_all_of_ours_right() {
    let mut room = Room::new();
    let mut parties = people();
    let tape = tape_row(room.now, &[&parties[0]], &[&parties[1], &parties[2]]);
    room.wire(&together(&parties), Some(tape));
    room.talk(&mut parties, 2_000);
    room.wire(&[], None);
    let [left, right] = room.tape();
    assert_eq!((left.len(), right.len()), (16_000, 16_000));
    assert_eq!(tones(&left, &TONES), [419.0]);
    assert_eq!(tones(&right, &TONES), [593.0, 1_047.0]);
}

/// What agent and colleague say to each other before they take the customer in is in no sample of the mix, not
/// even what was still on its way.
#[test]
fn a_consult_stays_private_when_it_ends() {
    for offset in 0..20 {
        let mut room = Room::new();
        let mut parties = people();
        let [customer, agent, colleague] = parties.clone();
        let mut rows = pair(&agent, &colleague).to_vec();
        rows.push(customer.row(&[Voice::Music]));
        room.wire(&rows, None);
        // Some of it is late, and arrives after the customer has joined.
        for party in &mut parties[1..] {
            room.speak(party, 1_000, |n| vec![if n > 45 { 60 } else { 0 }]);
        }
        room.pass(1_000 + offset);
        room.out.rtp.clear();
        room.wire(&together(&parties), None);
        room.pass(1_000);
        let heard = room.heard_by(&customer);
        assert!(
            heard.iter().all(|sample| sample.abs() <= 8),
            "silence in A-law, at {offset} ms"
        );
    }
}

/// The same where only one is heard, who is relayed as it comes: the colleague takes over, and what was said to
/// the agent and is late does not reach the customer. Nor does a key that was pressed for the agent.
#[test]
fn what_was_said_in_private_and_comes_late_is_not_relayed() {
    for offset in 0..20 {
        let mut room = Room::new();
        let mut parties = people();
        let [customer, agent, colleague] = parties.clone();
        let mut rows = pair(&agent, &colleague).to_vec();
        rows.push(customer.row(&[Voice::Music]));
        room.wire(&rows, None);
        room.speak(&mut parties[2], 1_000, |n| vec![if n > 45 { 60 } else { 0 }]);
        room.pass(960);
        let key = parties[2].press(7, true, parties[2].timestamp - 320, 160);
        room.pass(40 + offset);
        room.out.rtp.clear();
        room.wire(&pair(&customer, &colleague), None);
        room.arrive(colleague.leg, colleague.from, &key);
        room.pass(500);
        assert_eq!(room.sent_to(&customer), [], "at {offset} ms");
        room.talk(&mut parties[2..], 1_000);
        assert!(room.sent_to(&customer).len() >= 49);
    }
}

#[test]
fn a_key_goes_to_all_who_hear_the_one_who_presses_it() {
    let mut room = Room::new();
    let mut parties = people();
    room.wire(&together(&parties), None);
    room.talk(&mut parties, 500);
    let began = parties[1].timestamp;
    for n in 1..=10_u16 {
        let mut packet = parties[1].press(5, n == 1, began, 160 * n.min(8));
        packet[13] |= u8::from(n >= 8) << 7;
        room.pass(20);
        room.arrive(LegId(2), parties[1].from, &packet);
    }
    parties[1].timestamp = began + 1_600;
    room.talk(&mut parties, 1_000);
    for (party, events) in [(&parties[0], 96), (&parties[2], 101)] {
        let sent = room.sent_to(party);
        let keys: Vec<&Sent> = sent.iter().filter(|sent| sent.payload_type == events).collect();
        assert!(keys[0].marker && keys.iter().skip(1).all(|sent| !sent.marker));
        assert!(
            keys.iter()
                .all(|sent| sent.payload[0] == 5 && sent.timestamp == keys[0].timestamp)
        );
        assert_eq!(
            keys.last().unwrap().payload[2..],
            [1_280_u16.to_be_bytes()[0], 1_280_u16.to_be_bytes()[1]]
        );
    }
    let heard_by_itself = room.sent_to(&parties[1]);
    assert!(heard_by_itself.iter().all(|sent| sent.payload_type == 0));
}

#[test]
fn who_says_nothing_is_silence_and_holds_nobody_up() {
    let mut room = Room::new();
    let mut parties = people();
    room.wire(&together(&parties), None);
    room.talk(&mut parties[..1], 2_000);
    let heard = room.heard_by(&parties[1]);
    assert_eq!(tones(&heard[2_400..], &TONES), [419.0]);
    let alone = room.heard_by(&parties[0]);
    assert!(alone.len() > 15_000 && alone.iter().all(|sample| sample.abs() <= 8));
}

/// Two calls become one: the legs of the other come over, and all hear each other.
#[test]
fn legs_that_come_from_another_conversation_are_in_the_mix() {
    let mut room = Room::new();
    let mut parties = people();
    let [customer, agent, colleague] = parties.clone();
    room.wire(&pair(&customer, &agent), None);
    let wiring = |rows: &[Row]| Wiring {
        rows: rows.to_vec(),
        tape: None,
        aside: None,
    };
    let consult = wiring(&[colleague.row(&[])]);
    room.engine
        .wire(room.now, ConversationId(2), &consult, &mut room.out);
    room.talk(&mut parties, 1_000);
    room.wire(&together(&parties), None);
    let nobody = wiring(&[]);
    room.engine
        .wire(room.now, ConversationId(2), &nobody, &mut room.out);
    room.talk(&mut parties, 1_500);
    let heard = room.heard_by(&colleague);
    assert_eq!(tones(&heard[2_400..], &TONES), [419.0, 593.0]);
    assert_one_stream(&room.sent_to(&customer));
    let is_closed = |what: &&MediaHappening| matches!(what, MediaHappening::Closed(_));
    assert_eq!(
        room.happenings(&colleague).into_iter().filter(is_closed).count(),
        0
    );
}
