//! Clocks that run wrong: on a long tape nobody may drift away.

use crate::party::Party;
use crate::room::{Room, people, tape_row};
use std::time::Duration;

const MINUTES: u64 = 10;

/// A phone whose clock is off by a hundred parts per million says "tick" at every tenth second of true
/// time. In ten minutes its samples go astray by 60 ms; its ticks on the tape may not.
#[test]
fn after_ten_minutes_a_wrong_clock_has_not_moved_the_tape() {
    for fast_ppm in [-100.0, 0.0, 100.0] {
        let off = worst_tick(fast_ppm, |_| 0);
        assert!(off <= 32, "clock {fast_ppm} ppm fast: {off} samples off");
        let off = worst_tick(fast_ppm, |n| n * 7_919 % 41);
        assert!(
            off <= 160,
            "clock {fast_ppm} ppm fast and jitter of 40 ms: {off} samples off"
        );
    }
}

/// How far, in samples, the worst of the ticks stands from where it was said.
fn worst_tick(fast_ppm: f64, delay_ms: impl Fn(u64) -> u64) -> usize {
    let mut room = Room::new();
    let [mut customer, agent, _] = people();
    customer.fast_ppm = fast_ppm;
    let tape = tape_row(room.now, &[&customer], &[&agent]);
    room.wire(&[customer.row(&[]), agent.row(&[])], Some(tape));
    speak_ticks(&mut room, &mut customer, delay_ms);
    room.pass(MINUTES * 60_000 + 100);
    room.wire(&[], None);
    let [left, _] = room.tape();
    // Within the first ten seconds a late first packet may still be forgiven.
    let ticks = (1..MINUTES * 6).map(|n| (n * 80_000) as usize);
    ticks
        .map(|expected| onset(&left, expected).abs_diff(expected))
        .max()
        .unwrap()
}

fn speak_ticks(room: &mut Room, party: &mut Party, delay_ms: impl Fn(u64) -> u64) {
    for n in 0..MINUTES * 60 * 50 {
        let packet = party.speak_as(|seconds| if seconds % 10.0 < 0.05 { 8_000.0 } else { 0.0 });
        let sent = 20_000.0 * (n + 1) as f64 / (1.0 + party.fast_ppm / 1e6);
        let at = room.now + Duration::from_micros(sent as u64) + Duration::from_millis(delay_ms(n));
        room.post(at, party, &packet);
    }
}

/// Where the tick begins that is expected about here.
fn onset(channel: &[i16], expected: usize) -> usize {
    let from = expected - 4_000;
    from + channel[from..].iter().position(|sample| *sample > 4_000).unwrap()
}
