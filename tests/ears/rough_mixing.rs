//! Three who talk together over networks that lose and delay, with clocks that run wrong.

use crate::ear::amplitude;
use crate::mixing::{assert_one_stream, together};
use crate::room::{Room, people};

/// One packet in twenty is lost on each way; what is heard has no holes and hardly a wrong sound.
#[test]
fn lost_packets_are_concealed() {
    let mut room = Room::new();
    let mut parties = people();
    room.wire(&together(&parties), None);
    for (k, party) in parties.iter_mut().enumerate() {
        room.speak(party, 10_000, |n| {
            if n > 20 && (n + 7 * k as u64).is_multiple_of(20) {
                vec![]
            } else {
                vec![0]
            }
        });
    }
    room.pass(10_000);
    for party in &parties {
        let heard = room.heard_by(party);
        for second in heard[8_000..72_000].chunks_exact(8_000) {
            for other in parties.iter().filter(|other| other.leg != party.leg) {
                let level = amplitude(second, other.hz);
                assert!(level > 7_500.0, "{} hears {} at {level}", party.leg, other.leg);
            }
        }
    }
}

#[test]
fn jitter_is_smoothed_and_disorder_put_in_order() {
    let mut room = Room::new();
    let mut parties = people();
    room.wire(&together(&parties), None);
    for (k, party) in parties.iter_mut().enumerate() {
        room.speak(party, 20_000, |n| vec![(n * 7_919 + 31 * k as u64) % 61]);
    }
    room.pass(20_000);
    for party in &parties {
        let sent = room.sent_to(party);
        assert_one_stream(&sent);
        let heard = room.heard_by(party);
        for other in parties.iter().filter(|other| other.leg != party.leg) {
            let levels = heard[40_000..152_000]
                .chunks_exact(400)
                .map(|window| amplitude(window, other.hz));
            let levels: Vec<f64> = levels.collect();
            let weak = levels.iter().filter(|level| **level < 6_000.0).count();
            assert!(
                weak <= levels.len() / 100,
                "{} hears {} weakly {weak} times",
                party.leg,
                other.leg
            );
        }
    }
}

/// Clocks that run wrong by as much as bad phones do, for five minutes.
#[test]
fn clocks_that_run_fast_or_slow_leave_no_holes() {
    let mut room = Room::new();
    let mut parties = people();
    (parties[0].fast_ppm, parties[1].fast_ppm) = (100.0, -100.0);
    room.wire(&together(&parties), None);
    room.talk(&mut parties, 300_000);
    let heard = room.heard_by(&parties[2]);
    // The pitch of what is stretched is off by less than a percent, which a window of 50 ms does not notice.
    for window in heard[16_000..].chunks_exact(400) {
        for hz in [419.0, 593.0] {
            let level = amplitude(window, hz);
            assert!(level > 6_500.0, "{hz} Hz at {level}");
        }
    }
}
