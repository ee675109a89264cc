//! The tape on a bad network, through pauses, and at its ends.

use crate::ear::{amplitude, tones};
use crate::law;
use crate::party::Party;
use crate::room::{Room, people, tape_row};
use std::f64::consts::TAU;
use std::time::Duration;
use tandem::wiring::TapeRow;

const TONES: [f64; 3] = [419.0, 593.0, 1_047.0];

/// A room in which customer and agent talk, recorded from now on.
fn recorded(customer: &Party, agent: &Party) -> (Room, TapeRow) {
    let mut room = Room::new();
    let tape = tape_row(room.now, &[customer], &[agent]);
    wire(&mut room, customer, agent, tape.clone());
    (room, tape)
}

fn wire(room: &mut Room, customer: &Party, agent: &Party, tape: TapeRow) {
    room.wire(
        &[customer.row(&[agent.voice()]), agent.row(&[customer.voice()])],
        Some(tape),
    );
}

#[test]
fn jitter_and_disorder_leave_no_trace() {
    let [mut customer, agent, _] = people();
    let (mut room, _) = recorded(&customer, &agent);
    // Never more than 100 ms late, and often overtaken.
    room.speak(&mut customer, 10_000, |n| vec![n * 7_919 % 101]);
    room.pass(10_200);
    room.wire(&[], None);
    let [left, right] = room.tape();
    assert_eq!(left.len(), 81_600);
    assert!(right.iter().all(|sample| *sample == 0));
    let spoken = &left[1_600..79_000];
    let longest_hole = spoken
        .chunk_by(|a, b| (*a == 0) == (*b == 0))
        .filter(|run| run[0] == 0)
        .map(<[i16]>::len);
    assert!(longest_hole.max().unwrap_or(0) < 8, "not a packet is missing");
    for second in spoken.chunks_exact(8_000) {
        let heard = amplitude(second, customer.hz);
        assert!(
            heard > 7_000.0,
            "a tone that breaks its phase would sound weaker: {heard}"
        );
    }
}

/// G.711 and nothing else: no gain, no filter, and nothing lost. Nobody can record it better.
#[test]
fn what_is_said_in_g711_is_on_it_sample_by_sample() {
    let [mut customer, agent, _] = people();
    let (mut room, _) = recorded(&customer, &agent);
    room.speak(&mut customer, 2_000, |_| vec![0]);
    room.pass(2_400);
    room.wire(&[], None);
    let codec = customer.remote.codec;
    let tone = |n: u32| (8_000.0 * (TAU * customer.hz * (f64::from(n) / 8_000.0)).sin()) as i16;
    let said: Vec<i16> = (0..16_000)
        .map(|n| law::decode(codec, law::encode(codec, tone(n))))
        .collect();
    let [left, _] = room.tape();
    assert_eq!(left[..said.len()], said);
}

#[test]
fn what_is_lost_is_silence_where_it_would_have_been() {
    let [mut customer, agent, _] = people();
    let (mut room, _) = recorded(&customer, &agent);
    room.speak(&mut customer, 1_000, |n| if n == 20 { vec![] } else { vec![0] });
    room.pass(1_000);
    room.wire(&[], None);
    let [left, _] = room.tape();
    assert!(left[20 * 160..21 * 160].iter().all(|sample| *sample == 0));
    assert!(left[19 * 160..20 * 160].iter().any(|sample| *sample != 0));
    assert!(left[21 * 160..22 * 160].iter().any(|sample| *sample != 0));
}

#[test]
fn a_tape_is_as_long_as_its_conversation_to_the_sample() {
    for ms in [1, 99, 100, 1_234, 61_007] {
        let [customer, agent, _] = people();
        let (mut room, _) = recorded(&customer, &agent);
        room.pass(ms);
        room.wire(&[], None);
        let [left, right] = room.tape();
        assert_eq!((left.len() as u64, right.len() as u64), (8 * ms, 8 * ms));
    }
}

#[test]
fn blocks_leave_a_second_after_they_began_at_the_latest() {
    let [customer, agent, _] = people();
    let (mut room, _) = recorded(&customer, &agent);
    for second in 1..=60_u64 {
        room.pass(1_000);
        let written = room.out.tape.iter().map(|block| block.length as u64).sum::<u64>();
        assert!(8_000 * second - written <= 8_000, "{written} after {second} s");
    }
}

#[test]
fn paused_and_private_speech_never_reaches_it() {
    let [customer, agent, colleague] = people();
    let (mut room, tape) = recorded(&customer, &agent);
    let mut parties = [customer.clone(), agent.clone(), colleague];
    room.talk(&mut parties, 1_010);
    wire(
        &mut room,
        &customer,
        &agent,
        TapeRow {
            left: vec![],
            right: vec![],
            ..tape.clone()
        },
    );
    room.talk(&mut parties, 1_000);
    wire(&mut room, &customer, &agent, tape);
    room.talk(&mut parties, 1_000);
    room.wire(&[], None);
    for (channel, hz) in room.tape().iter().zip([customer.hz, agent.hz]) {
        assert_eq!(channel.len(), 8 * 3_010);
        assert_eq!(tones(&channel[..8_000], &TONES), [hz]);
        assert!(
            channel[8_080..16_080].iter().all(|sample| *sample == 0),
            "not one sample of the pause"
        );
        assert_eq!(tones(&channel[16_400..24_080], &TONES), [hz]);
    }
}

/// A packet of the pause that is late must not slip in after it.
#[test]
fn speech_of_a_pause_that_arrives_after_it_is_not_heard_either() {
    let [mut customer, agent, _] = people();
    let (mut room, tape) = recorded(&customer, &agent);
    room.speak(&mut customer, 800, |n| vec![if n < 25 { 0 } else { 150 }]);
    room.pass(510);
    wire(
        &mut room,
        &customer,
        &agent,
        TapeRow {
            left: vec![],
            ..tape.clone()
        },
    );
    room.pass(190);
    wire(&mut room, &customer, &agent, tape);
    room.pass(800);
    room.wire(&[], None);
    let [left, _] = room.tape();
    let silent =
        |from_ms: usize, to_ms: usize| left[8 * from_ms..8 * to_ms].iter().all(|sample| *sample == 0);
    assert!(
        silent(500, 700),
        "said in the pause, and some of it arrived when it was over"
    );
    assert!(!silent(700, 800));
    assert!(silent(800, 1_500));
}

#[test]
fn a_transfer_keeps_the_tape_and_what_the_agent_had_said() {
    let [customer, agent, colleague] = people();
    let (mut room, tape) = recorded(&customer, &agent);
    let mut parties = [customer.clone(), agent.clone(), colleague.clone()];
    room.talk(&mut parties, 1_000);
    let rows = [
        customer.row(&[colleague.voice()]),
        colleague.row(&[customer.voice()]),
    ];
    room.wire(
        &rows,
        Some(TapeRow {
            right: vec![colleague.leg],
            ..tape
        }),
    );
    room.talk(&mut parties, 1_000);
    room.wire(&[], None);
    let [left, right] = room.tape();
    assert_eq!(tones(&left, &TONES), [customer.hz]);
    assert_eq!(tones(&right[..8_000], &TONES), [agent.hz]);
    let last_word = &right[7_200..8_000];
    assert!(
        amplitude(last_word, agent.hz) > 6_000.0,
        "it was still in the lane when the agent left"
    );
    assert_eq!(tones(&right[8_000..], &TONES), [colleague.hz]);
}

#[test]
fn two_on_one_side_are_heard_together() {
    let mut room = Room::new();
    let mut parties = people();
    let tape = tape_row(room.now, &[&parties[0]], &[&parties[1], &parties[2]]);
    let rows: Vec<_> = parties.iter().map(|party| party.row(&[])).collect();
    room.wire(&rows, Some(tape));
    room.talk(&mut parties, 1_000);
    room.wire(&[], None);
    let [left, right] = room.tape();
    assert_eq!(tones(&left, &TONES), [419.0]);
    assert_eq!(tones(&right, &TONES), [593.0, 1_047.0]);
}

#[test]
fn a_phone_that_stops_its_clock_on_hold_is_heard_again_at_once() {
    let [mut customer, agent, _] = people();
    let (mut room, _) = recorded(&customer, &agent);
    let mut speakers = [customer];
    room.talk(&mut speakers, 1_000);
    room.pass(30_000);
    room.talk(&mut speakers, 1_000);
    [customer] = speakers;
    room.wire(&[], None);
    let [left, _] = room.tape();
    assert!(left[8_000..8 * 31_000].iter().all(|sample| *sample == 0));
    assert!(amplitude(&left[8 * 31_000..], customer.hz) > 7_500.0);
}

#[test]
fn a_tape_that_somebody_else_has_written_until_now_goes_on_at_the_present() {
    let [customer, agent, _] = people();
    let mut room = Room::new();
    let tape = TapeRow {
        started: room.now - Duration::from_secs(3_600),
        ..tape_row(room.now, &[&customer], &[])
    };
    wire(&mut room, &customer, &agent, tape);
    room.pass(1_000);
    assert_eq!(room.out.tape[0].position, 3_600 * 8_000);
}

/// Where samples of the tape are missing, as it tells.
fn told_missing(room: &Room) -> Vec<(u64, u64)> {
    room.out.tape.iter().filter_map(|block| block.missing).collect()
}

/// Longest silence on a stretch of the tape, in milliseconds.
fn longest_silence(samples: &[i16]) -> usize {
    let runs = samples.chunk_by(|a, b| (*a == 0) == (*b == 0));
    runs.filter(|run| run[0] == 0)
        .map(<[i16]>::len)
        .max()
        .unwrap_or(0)
        / 8
}

/// The network brings nothing for so long, and then all at once.
fn stalled(n: u64, from: u64, packets: u64) -> Vec<u64> {
    match (from..from + packets).contains(&n) {
        true => vec![20 * (from + packets - n)],
        false => vec![0],
    }
}

#[test]
fn what_a_network_holds_back_for_a_while_stands_where_it_was_said() {
    for stall in [150, 300, 500, 700] {
        let [mut customer, agent, _] = people();
        let (mut room, _) = recorded(&customer, &agent);
        room.speak(&mut customer, 6_000, |n| {
            stalled(n, if n < 150 { 80 } else { 200 }, stall / 20)
        });
        room.pass(7_000);
        room.wire(&[], None);
        let [left, _] = room.tape();
        assert_eq!(longest_silence(&left[160..8 * 5_900]), 0, "{stall} ms");
        assert!(
            left[8 * 100..8 * 5_900]
                .chunks_exact(800)
                .all(|some| amplitude(some, customer.hz) > 7_000.0)
        );
        assert_eq!(told_missing(&room), []);
    }
}

/// Lost for good, or so late that the tape had gone on: what is not on it stands in its gaps.
#[test]
fn what_is_missing_is_told() {
    let lost = |n: u64| if (50..75).contains(&n) { vec![] } else { vec![0] };
    let late = |n: u64| stalled(n, 50, 75);
    let [customer, agent, _] = people();
    let told = |network: &dyn Fn(u64) -> Vec<u64>| {
        let mut customer = customer.clone();
        let (mut room, _) = recorded(&customer, &agent);
        room.speak(&mut customer, 4_000, network);
        room.pass(5_000);
        room.wire(&[], None);
        let [left, _] = room.tape();
        let missing = told_missing(&room);
        for (from, to) in &missing {
            assert!(
                left[*from as usize..*to as usize]
                    .iter()
                    .all(|sample| *sample == 0)
            );
        }
        (missing, longest_silence(&left[160..8 * 3_900]))
    };
    assert_eq!(told(&lost), (vec![(8_000, 12_000)], 500));
    let (missing, silence) = told(&late);
    assert!(
        matches!(missing[..], [(8_000, to)] if to == 8_000 + 8 * silence as u64),
        "{missing:?}, {silence}"
    );
    assert!((600..800).contains(&silence), "{silence}");
}

/// A packet here and there is what networks lose, and nobody who pauses is missing.
#[test]
fn nothing_is_told_of_usual_loss_nor_of_silence() {
    let [mut customer, agent, _] = people();
    let (mut room, _) = recorded(&customer, &agent);
    room.speak(&mut customer, 3_000, |n| {
        if n % 10 == 5 { vec![] } else { vec![n % 3] }
    });
    room.pass(4_000);
    customer.timestamp = customer.timestamp.wrapping_add(8 * 1_000);
    room.speak(&mut customer, 1_000, |_| vec![0]);
    room.pass(2_000);
    room.wire(&[], None);
    assert_eq!(told_missing(&room), []);
}
