//! An hour of a bad day: clocks that run wrong, packets lost and overtaken, silence that is not sent, a hold. On the
//! tape an hour is an hour, and what both say at the same moment stands at the same place.

use crate::party::Party;
use crate::room::{Room, people, tape_row};
use std::time::Duration;
use tandem::wiring::TapeRow;

const MINUTES: u64 = 60;
/// The agent is not on the tape in these.
const HELD_MINUTES: std::ops::Range<u64> = 20..25;
/// Everybody says "tick" at every tenth second of true time.
const TICK_EVERY_S: usize = 10;
/// So far from its moment may a tick be heard: 40 ms, which is what the jitter is.
const MAX_OFF_SAMPLES: usize = 320;

#[test]
fn an_hour_is_an_hour_on_both_sides() {
    let mut room = Room::new();
    let [mut customer, mut agent, _] = people();
    (customer.fast_ppm, agent.fast_ppm) = (80.0, -60.0);
    let began = room.now;
    let tape = tape_row(began, &[&customer], &[&agent]);
    for minute in 0..MINUTES {
        let right = if HELD_MINUTES.contains(&minute) {
            vec![]
        } else {
            tape.right.clone()
        };
        let row = TapeRow {
            right,
            ..tape.clone()
        };
        room.wire(&[customer.row(&[]), agent.row(&[])], Some(row));
        says(&mut room, &mut customer, began, minute, |n| match n % 50 {
            13 => None,
            _ => Some(n * 7_919 % 41),
        });
        // Nothing is sent that cannot be heard, but for a little before and after.
        let is_heard = |n: u64| !(10..490).contains(&(n % 500));
        says(&mut room, &mut agent, began, minute, |n| {
            is_heard(n).then_some(n % 3)
        });
        let left = Duration::from_secs(60 * (minute + 1)) - room.now.since(began);
        room.pass(left.as_millis() as u64);
    }
    room.wire(&[], None);

    let [left, right] = room.tape();
    let hour = (MINUTES * 60 * 8_000) as usize;
    assert_eq!((left.len(), right.len()), (hour, hour), "to the sample");
    let held = |at: usize| HELD_MINUTES.contains(&((at / 8_000 / 60) as u64));
    let mut worst = 0;
    for at in (1..hour / 8_000 / TICK_EVERY_S).map(|tick| tick * TICK_EVERY_S * 8_000) {
        let (customer, agent) = (onset(&left, at).unwrap(), onset(&right, at));
        assert!(agent.is_some() != held(at), "the agent at {at}: {agent:?}");
        worst = worst
            .max(customer.abs_diff(at))
            .max(agent.unwrap_or(at).abs_diff(at));
    }
    assert!(worst <= MAX_OFF_SAMPLES, "{worst} samples off");
}

/// A party speaks for a minute, each packet with such a delay; none for one that is not sent or is lost.
fn says(
    room: &mut Room,
    party: &mut Party,
    began: tandem::time::Time,
    minute: u64,
    delay_ms: impl Fn(u64) -> Option<u64>,
) {
    for n in minute * 3_000..(minute + 1) * 3_000 {
        let packet = party.speak_as(|seconds| {
            if seconds % TICK_EVERY_S as f64 <= 0.05 {
                8_000.0
            } else {
                0.0
            }
        });
        let sent = 20_000.0 * (n + 1) as f64 / (1.0 + party.fast_ppm / 1e6);
        if let Some(delay) = delay_ms(n) {
            let at = began + Duration::from_micros(sent as u64) + Duration::from_millis(delay);
            room.post(at.max(room.now), party, &packet);
        }
    }
}

/// Where the tick begins that is expected about here, if there is one.
fn onset(channel: &[i16], expected: usize) -> Option<usize> {
    let from = expected - 4_000;
    let found = channel[from..(from + 8_000).min(channel.len())]
        .iter()
        .position(|sample| *sample > 4_000);
    found.map(|at| from + at)
}
