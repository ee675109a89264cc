//! An hour of a bad day: clocks that run wrong, packets lost and overtaken, silence that is not sent, a hold. On the
//! tape an hour is an hour, and what both say at the same moment stands at the same place.

use crate::party::Party;
use crate::room::{Room, tape_row};
use std::time::Duration;
use tandem::wiring::{Codec, Rate, TapeRow};

const MINUTES: u64 = 60;
/// The agent is not on the tape in these.
const HELD_MINUTES: std::ops::Range<u64> = 20..25;
/// Everybody says "tick" at every tenth second of true time.
const TICK_EVERY_S: usize = 10;
/// So far from its moment may a tick be heard: that is what the jitter is.
const MAX_OFF_MS: usize = 40;

#[test]
fn an_hour_is_an_hour_on_both_sides() {
    an_hour(Codec::Pcmu, Rate::Narrow);
}

/// The customer comes in 8 kHz and the agent speaks in 16 kHz, onto a tape of either.
#[test]
fn an_hour_of_voices_of_both_rates_is_an_hour_on_both_sides() {
    an_hour(Codec::G722, Rate::Wide);
    an_hour(Codec::G722, Rate::Narrow);
}

fn an_hour(agent_speaks: Codec, rate: Rate) {
    let mut room = Room::new();
    let mut customer = Party::new(1, 419.0, Codec::Pcma);
    let mut agent = Party::new(2, 593.0, agent_speaks);
    (customer.fast_ppm, agent.fast_ppm) = (80.0, -60.0);
    let began = room.now;
    let tape = TapeRow {
        rate,
        ..tape_row(began, &[&customer], &[&agent])
    };
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

    let per_second = rate.hz() as usize;
    let [left, right] = room.tape_at(rate);
    let hour = MINUTES as usize * 60 * per_second;
    assert_eq!((left.len(), right.len()), (hour, hour), "to the sample");
    let held = |at: usize| HELD_MINUTES.contains(&((at / per_second / 60) as u64));
    let mut worst = 0;
    for at in (TICK_EVERY_S..hour / per_second)
        .step_by(TICK_EVERY_S)
        .map(|second| second * per_second)
    {
        let (customer, agent) = (
            onset(&left, at, per_second).unwrap(),
            onset(&right, at, per_second),
        );
        assert!(agent.is_some() != held(at), "the agent at {at}: {agent:?}");
        worst = worst
            .max(customer.abs_diff(at))
            .max(agent.unwrap_or(at).abs_diff(at));
    }
    let worst_ms = worst * 1_000 / per_second;
    assert!(worst_ms <= MAX_OFF_MS, "{worst_ms} ms off at {rate:?}");
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

/// Where the tick begins that is expected within half a second of here, if there is one.
fn onset(channel: &[i16], expected: usize, per_second: usize) -> Option<usize> {
    let from = expected - per_second / 2;
    let found = channel[from..(from + per_second).min(channel.len())]
        .iter()
        .position(|sample| *sample > 4_000);
    found.map(|at| from + at)
}
