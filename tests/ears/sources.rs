//! Far ends whose sources, clocks and keys are not quite as they ought to be, and are understood all the same.

use crate::codes::{keys, told};
use crate::ear::amplitude;
use crate::keys::{event, events_to, pressed, presses};
use crate::party::Party;
use crate::room::{Room, Sent, people, tape_row};
use std::time::Duration;
use tandem::wiring::{Codec, Keys, Payload, Rate};

const STAR: u8 = 10;

fn pair(room: &mut Room, customer: &Party, agent: &Party) {
    let rows = [customer.row(&[agent.voice()]), agent.row(&[customer.voice()])];
    let tape = tape_row(room.now, &[customer], &[agent]);
    room.wire(&rows, Some(tape));
}

/// The keys that a strict listener counts: one for each timestamp, with its ends.
fn counted(room: &Room, party: &Party) -> Vec<(u8, usize)> {
    let events = events_to(room, party);
    let runs = events.chunk_by(|a, b| a.timestamp == b.timestamp);
    runs.map(|run| (event(&run[0]).0, run.iter().filter(|sent| event(sent).1).count()))
        .collect()
}

fn is_one_stream(sent: &[Sent]) -> bool {
    let follows =
        |two: &[Sent]| two[1].sequence == two[0].sequence.wrapping_add(1) && two[1].ssrc == two[0].ssrc;
    sent.windows(2).all(follows)
}

/// RFC 3264 §5.1: we offered one number and were answered with another; keys come under ours, and go under theirs.
#[test]
fn keys_come_under_the_number_that_we_have_offered() {
    for number in [96, 101, 110] {
        let mut room = Room::new();
        let [customer, mut agent, _] = people();
        (agent.remote.events, agent.remote.accepts) = (
            Some(96),
            vec![
                (101, Payload::Event),
                (110, Payload::Event),
                (97, Payload::Voice(Codec::Pcma)),
            ],
        );
        pair(&mut room, &customer, &agent);
        agent.remote.events = Some(number);
        presses(&mut room, &mut agent, 5, 100);
        assert_eq!(counted(&room, &customer), [(5, 3)], "{number}");
        agent.remote.events = Some(97);
        let before = room.sent_to(&customer).len();
        presses(&mut room, &mut agent, 5, 100);
        let spoken = &room.sent_to(&customer)[before..];
        assert!(spoken.iter().all(|sent| sent.payload_type == 8), "97 is speech");
    }
}

/// A key is a digit and a timestamp, and what begins after an end is another one: under the same timestamp, under an
/// older one, and under one that is far from the speech.
#[test]
fn keys_are_told_apart_whatever_their_timestamps() {
    let pressed_keys = [1, 2, 2, 3];
    for times in [[0, 0, 0, 0], [0, -100, -100, -200], [0, -4_000_000, 24_000, -9]] {
        let mut room = Room::new();
        let [customer, mut agent, _] = people();
        pair(&mut room, &customer, &agent);
        room.talk(std::slice::from_mut(&mut agent), 200);
        let fixed = agent.timestamp;
        for (key, time) in pressed_keys.into_iter().zip(times) {
            let now = agent.timestamp;
            agent.timestamp = fixed.wrapping_add_signed(time);
            presses(&mut room, &mut agent, key, 100);
            agent.timestamp = now.wrapping_add(8 * 140);
            room.talk(std::slice::from_mut(&mut agent), 200);
        }
        let digits = pressed(&room, &agent).into_iter().map(|press| press.key.event());
        assert_eq!(digits.collect::<Vec<_>>(), pressed_keys, "{times:?}");
        let heard = counted(&room, &customer);
        assert_eq!(heard, pressed_keys.map(|key| (key, 3)), "{times:?}");
        let sent = room.sent_to(&customer);
        assert!(is_one_stream(&sent));
        let clock = |sent: &Sent| sent.timestamp.wrapping_sub(sent.at.as_micros() as u32 / 125);
        let strays = sent
            .iter()
            .map(clock)
            .filter(|off| off.wrapping_sub(clock(&sent[0])) as i32 > 800);
        assert_eq!(strays.count(), 0, "every timestamp is of our clock");
    }
}

/// Some let the timestamp run while the key is down, some only while they repeat its end.
#[test]
fn a_key_whose_timestamp_runs_is_one_key() {
    for runs_from in [1, 5] {
        let mut room = Room::new();
        let [customer, mut agent, _] = people();
        pair(&mut room, &customer, &agent);
        room.talk(std::slice::from_mut(&mut agent), 200);
        for key in [1, 2, 2, 3] {
            let began = agent.timestamp;
            for n in 1..=8_u16 {
                let run = u32::from(n.saturating_sub(runs_from)) * 160;
                let mut packet = agent.press(key, n == 1, began + run, 160 * n.min(5));
                packet[13] |= u8::from(n >= 6) << 7;
                room.pass(20);
                room.arrive(agent.leg, agent.from, &packet);
            }
            agent.timestamp = began + 8 * 160;
            room.talk(std::slice::from_mut(&mut agent), 200);
        }
        assert_eq!(counted(&room, &customer), [(1, 3), (2, 3), (2, 3), (3, 3)]);
        assert_eq!(pressed(&room, &agent).len(), 4);
    }
}

/// What was overtaken by the end of its key is not another key.
#[test]
fn what_comes_late_of_a_key_is_no_new_one() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    pair(&mut room, &customer, &agent);
    let began = agent.timestamp;
    let mut packets: Vec<Vec<u8>> = (1..=6_u16)
        .map(|n| {
            let mut packet = agent.press(4, n == 1, began, 160 * n.min(4));
            packet[13] |= u8::from(n >= 4) << 7;
            packet
        })
        .collect();
    packets.swap(2, 4);
    for packet in packets {
        room.pass(20);
        room.arrive(agent.leg, agent.from, &packet);
    }
    assert_eq!(pressed(&room, &agent).len(), 1);
    assert_eq!(counted(&room, &customer).len(), 1);
}

/// `*7` under one timestamp, an older one, or a source beside the speech is a code, and nothing of it leaks.
#[test]
fn a_code_under_one_timestamp_is_held_back_whole() {
    for (older, source) in [(0, 0), (400, 0), (0, 1)] {
        let mut room = Room::new();
        let [customer, mut agent, _] = people();
        let mut row = agent.row(&[customer.voice()]);
        row.holds_back = keys("*");
        room.wire(&[customer.row(&[agent.voice()]), row.clone()], None);
        room.talk(std::slice::from_mut(&mut agent), 200);
        let fixed = agent.timestamp;
        agent.ssrc += source;
        presses(&mut room, &mut agent, STAR, 100);
        row.holds_back = Keys::ALL;
        room.wire(&[customer.row(&[agent.voice()]), row], None);
        agent.timestamp = fixed.wrapping_sub(older);
        presses(&mut room, &mut agent, 7, 100);
        let told: Vec<(char, bool)> = told(&room, &agent)
            .into_iter()
            .map(|(press, is_held)| (press.key.to_char(), is_held))
            .collect();
        assert_eq!(told, [('*', true), ('7', true)]);
        assert_eq!(events_to(&room, &customer), []);
    }
}

/// RFC 3550 §8.2: speech goes on under one source while keys come under another, of all keys or of each.
#[test]
fn keys_under_a_source_of_their_own_cost_neither_speech_nor_keys() {
    for is_new_for_each in [false, true] {
        let mut room = Room::new();
        let [customer, mut agent, _] = people();
        pair(&mut room, &customer, &agent);
        room.talk(std::slice::from_mut(&mut agent), 500);
        let mut hand = agent.clone();
        (hand.ssrc, hand.sequence, hand.timestamp) = (0x1234_5678, 500, 9);
        // Whoever hears them has only begun to listen: nothing of this was said to others.
        pair(&mut room, &customer, &agent);
        for key in [1, 2, 2, 3] {
            hand.ssrc += u32::from(is_new_for_each);
            room.speak(&mut agent, 140, |_| vec![1]);
            presses(&mut room, &mut hand, key, 100);
            room.talk(std::slice::from_mut(&mut agent), 360);
        }
        assert_eq!(pressed(&room, &agent).len(), 4, "{is_new_for_each}");
        assert_eq!(counted(&room, &customer), [(1, 3), (2, 3), (2, 3), (3, 3)]);
        let sent = room.sent_to(&customer);
        assert!(is_one_stream(&sent));
        let spoken = sent.iter().filter(|sent| sent.payload_type == 8).count();
        assert!(spoken >= 25 + 4 * 18, "{spoken} packets of speech");
        room.wire(&[], None);
        let [_, right] = room.tape();
        for n in 0..4 {
            let between = 8 * (500 + 500 * n + 160)..8 * (500 + 500 * n + 480);
            assert!(
                amplitude(&right[between], agent.hz) > 7_000.0,
                "the speech goes on"
            );
        }
    }
}

/// RFC 3551 §4.5.2: G.722 counts 8 kHz. Some phones count 16, some half of what they say, and some in G.711 as well.
#[test]
fn timestamps_that_count_something_else_leave_no_hole() {
    for (codec, step) in [
        (Codec::G722, 320),
        (Codec::G722, 80),
        (Codec::Pcmu, 320),
        (Codec::Pcmu, 80),
        (Codec::Pcmu, 0),
    ] {
        let mut room = Room::new();
        let [customer, _, colleague] = people();
        let mut agent = Party::new(2, 593.0, codec);
        agent.step = step;
        pair(&mut room, &customer, &agent);
        room.talk(std::slice::from_mut(&mut agent), 3_000);
        let sent = room.sent_to(&customer);
        let steps = sent
            .windows(2)
            .map(|two| two[1].timestamp.wrapping_sub(two[0].timestamp));
        assert!(steps.clone().skip(2).all(|step| step == 160), "{codec:?} {step}");
        // Three of them together.
        let together = [
            customer.row(&[agent.voice(), colleague.voice()]),
            agent.row(&[customer.voice(), colleague.voice()]),
            colleague.row(&[agent.voice(), customer.voice()]),
        ];
        room.wire(
            &together,
            Some(tape_row(
                room.now - Duration::from_secs(3),
                &[&customer],
                &[&agent],
            )),
        );
        room.talk(std::slice::from_mut(&mut agent), 2_000);
        let mixed = room.heard_by(&colleague);
        let holes = |samples: &[i16]| {
            let quiet = samples.chunk_by(|a, b| (a.abs() < 20) == (b.abs() < 20));
            quiet
                .filter(|run| run[0].abs() < 20)
                .map(<[i16]>::len)
                .max()
                .unwrap_or(0)
        };
        assert!(holes(&mixed[2_000..]) < 40, "{codec:?} {step}: the mix");
        room.wire(&[], None);
        let [_, right] = room.tape_at(Rate::Narrow);
        assert!(holes(&right[1_600..8 * 4_700]) < 40, "{codec:?} {step}: the tape");
    }
}

/// The timestamp stands still in each pause, and a marker says where the speech goes on.
#[test]
fn a_clock_that_stops_in_every_pause_loses_nothing_on_tape() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    pair(&mut room, &customer, &agent);
    for _ in 0..4 {
        for n in 0..25 {
            let mut packet = agent.speak();
            packet[1] |= u8::from(n == 0) << 7;
            room.pass(20);
            room.arrive(agent.leg, agent.from, &packet);
        }
        room.pass(500);
    }
    room.wire(&[], None);
    let [_, right] = room.tape();
    for n in 0..4 {
        let spoken = &right[8 * 1_000 * n + 160..8 * (1_000 * n + 480)];
        assert!(amplitude(spoken, agent.hz) > 7_000.0, "the {n}th time");
    }
}
