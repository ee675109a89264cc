//! Who is muted is heard by nobody, and who is told something is told it alone (W5 of the house's list): measured in
//! every ear, and on the tape, from 100 ms after the change on.

use crate::ear::amplitude;
use crate::law;
use crate::party::{PACKET, Party};
use crate::room::{Room, Sent, tape_row};
use std::time::Duration;
use tandem::time::Time;
use tandem::wiring::{Codec, Row, TapeRow, Voice};

/// How long a change may take to be heard.
const AT_ONCE: Duration = Duration::from_millis(100);
/// Below the 8000 of each voice by 45 dB.
const UNHEARD: f64 = 8_000.0 * 0.0056;
/// The error tone is 400 Hz, in beeps.
const BEEP_HZ: f64 = 400.0;

/// The customer, the agent and a colleague. Their tones swing a whole number of times in each packet.
fn people() -> [Party; 3] {
    [
        Party::new(1, 700.0, Codec::Pcma),
        Party::new(2, 1_050.0, Codec::Pcmu),
        Party::new(3, 1_600.0, Codec::Pcmu),
    ]
}

/// All three talk; nobody hears these.
fn together(parties: &[Party], muted: &[usize]) -> Vec<Row> {
    let row = |(n, party): (usize, &Party)| {
        let others = (0..parties.len()).filter(|other| *other != n && !muted.contains(other));
        let hears: Vec<Voice> = others.map(|other| parties[other].voice()).collect();
        party.row(&hears)
    };
    parties.iter().enumerate().map(row).collect()
}

fn tape(started: Time, parties: &[Party], muted: bool) -> Option<TapeRow> {
    let ours = [&parties[1], &parties[2]];
    Some(tape_row(started, &[&parties[0]], &ours[usize::from(muted)..]))
}

/// What a party hears in this span, by when it arrives.
fn heard(room: &Room, listener: &Party, from: Time, to: Time) -> Vec<i16> {
    let sent = room.sent_to(listener).into_iter();
    let inside = sent.filter(|sent| sent.at >= from && sent.at < to);
    let decoded = inside.flat_map(|sent| sent.payload);
    decoded
        .map(|byte| law::decode(listener.remote.codec, byte))
        .collect()
}

/// How loud a tone is in each window of so many samples.
fn levels(samples: &[i16], hz: f64, window: usize) -> Vec<f64> {
    assert!(samples.len() >= window, "nothing is heard at all");
    let windows = samples.chunks_exact(window);
    windows.map(|window| amplitude(window, hz)).collect()
}

/// Whoever is mixed is stretched a little now and then, and a short window does not mind.
fn is_heard(samples: &[i16], hz: f64) {
    let levels = levels(samples, hz, PACKET as usize);
    let least = levels.into_iter().fold(f64::MAX, f64::min);
    assert!(least > 5_000.0, "{hz} Hz at {least}");
}

fn is_unheard(samples: &[i16], hz: f64) {
    let most = levels(samples, hz, 5 * PACKET as usize)
        .into_iter()
        .fold(0.0, f64::max);
    assert!(most < UNHEARD, "{hz} Hz at {most}");
}

#[test]
fn who_is_muted_is_absent_for_all_within_100_ms_and_back_within_100_ms() {
    // The change falls differently between packets and ticks.
    for offset in [0, 7, 13] {
        let mut room = Room::new();
        let mut parties = people();
        let began = room.now;
        for party in &mut parties {
            room.speak(party, 7_000, |_| vec![0]);
        }
        room.wire(&together(&parties, &[]), tape(began, &parties, false));
        room.pass(2_000 + offset);
        let muted = room.now;
        room.wire(&together(&parties, &[1]), tape(began, &parties, true));
        room.pass(2_000 + offset);
        let unmuted = room.now;
        room.wire(&together(&parties, &[]), tape(began, &parties, false));
        room.pass(2_000);
        let end = room.now;
        room.wire(&[], None);
        let [customer, agent, colleague] = &parties;
        for (listener, other) in [(customer, colleague), (colleague, customer)] {
            let span = |from, to| heard(&room, listener, from + AT_ONCE, to);
            is_heard(&span(began + AT_ONCE, muted), agent.hz);
            is_unheard(&span(muted, unmuted), agent.hz);
            is_heard(&span(muted, unmuted), other.hz);
            is_heard(&span(unmuted, end), agent.hz);
            is_heard(&heard(&room, agent, muted, unmuted), other.hz);
        }
        let [_, right] = room.tape();
        let sample = |at: Time| at.since(began).as_millis() as usize * 8;
        let on_tape = &right[sample(muted + AT_ONCE)..sample(unmuted)];
        is_unheard(on_tape, agent.hz);
        is_heard(on_tape, colleague.hz);
    }
}

/// A carrier drops a call in which no packet comes for long, and a router forgets the way back.
#[test]
fn who_hears_only_somebody_muted_gets_silence_packet_by_packet() {
    for codec in [Codec::Pcma, Codec::Pcmu, Codec::G722] {
        let mut room = Room::new();
        let mut customer = Party::new(1, 700.0, codec);
        room.speak(&mut customer, 2_000, |_| vec![0]);
        room.wire(&[customer.row(&[Voice::Silence])], None);
        room.pass(2_000);
        room.wire(&[], None);
        let sent = room.sent_to(&customer);
        assert!((99..=101).contains(&sent.len()), "{} packets in 2 s", sent.len());
        let apart = |pair: &[Sent]| pair[1].at.since(pair[0].at).as_millis();
        assert!(sent.windows(2).all(|pair| apart(pair) == 20));
        assert!(
            room.heard_by(&customer).iter().all(|sample| sample.abs() <= 8),
            "{codec:?}"
        );
    }
}

#[test]
fn what_one_is_told_nobody_else_hears_and_no_tape_has() {
    let mut room = Room::new();
    let mut parties = people();
    let began = room.now;
    for party in &mut parties {
        room.speak(party, 5_000, |_| vec![0]);
    }
    let rows = together(&parties, &[]);
    let everything = tape(began, &parties, false);
    room.wire(&rows, everything.clone());
    room.pass(2_003);
    let told = room.now;
    let mut telling = rows.clone();
    telling[1].hears = vec![Voice::Error];
    room.wire(&telling, everything.clone());
    room.pass(1_000);
    let untold = room.now;
    room.wire(&rows, everything);
    room.pass(1_500);
    let end = room.now;
    room.wire(&[], None);
    let [customer, agent, colleague] = &parties;
    let whisper = levels(&heard(&room, agent, told + AT_ONCE, untold), BEEP_HZ, 800);
    assert!(
        whisper.iter().any(|level| *level > 500.0),
        "the agent is told: {whisper:?}"
    );
    is_unheard(&heard(&room, agent, untold + AT_ONCE, end), BEEP_HZ);
    is_heard(&heard(&room, agent, untold + AT_ONCE, end), customer.hz);
    for listener in [customer, colleague] {
        let all_the_while = heard(&room, listener, began + AT_ONCE + AT_ONCE, end);
        is_unheard(&all_the_while, BEEP_HZ);
        is_heard(&all_the_while, agent.hz);
    }
    let [left, right] = room.tape();
    is_unheard(&left[800..], BEEP_HZ);
    is_unheard(&right[800..], BEEP_HZ);
    is_heard(&right[800..32_000], agent.hz);
}
