//! Every wiring of every flow with hold, transfer, conference, codes, mute or a paused recording, heard: the flow is
//! played on the stage, what the switch has told the media plane is played once more through the real engine with a
//! tone for each leg, and what arrives at every leg, and on every tape, must be what the wirings say, moment by moment;
//! and once again with every second leg sending nothing, when what stands in for it must be heard in its place. What is
//! about ringing is played once more as if every answer came late, behind what its far end says.
//! Nobody hears himself, nobody else's voice leaks, and whoever stays while others come and go hears no gap.

mod ear;
mod expected;
mod hall;

use crate::stage::{Stage, Twist};
use crate::{flows, title};
use ear::Sound;
use expected::{Listener, expected};
pub use hall::Cue;
use hall::{Hall, Quiet};
use std::io::Write;

/// Whose flows are heard: all that stand in these files.
const ACTS: [&str; 20] = [
    "arriving",
    "attended",
    "chains",
    "codes",
    "cold",
    "conference",
    "crossings",
    "each_other",
    "groups",
    "hold",
    "leaving_cold",
    "leaving_warm",
    "mute",
    "pending",
    "pickup",
    "prefixes",
    "private_tape",
    "recording",
    "waiting",
    "warm",
];

/// Those of them that are about ringing.
const RINGING: [&str; 4] = ["arriving", "cold", "groups", "waiting"];

/// What there was to hear.
#[derive(Default)]
struct Sum {
    flows: usize,
    seconds: u64,
    heard: usize,
    unheard: usize,
    wrong: Vec<String>,
}

#[test]
fn who_hears_whom_in_every_flow_is_what_its_wirings_say() {
    let mut sum = Sum::default();
    for (n, (act, scene, flow)) in flows().filter(|(act, ..)| ACTS.contains(act)).enumerate() {
        let played = Stage::play(&title(act, scene), *flow, Twist::Straight);
        let some_are = Quiet::Half { odd: n % 2 == 0 };
        let nobody_is = RINGING.contains(act).then_some(Quiet::Nobody);
        for quiet in [Quiet::Undescribed, some_are].into_iter().chain(nobody_is) {
            let faults = sum.hear(&played.score, quiet);
            let wrong = faults
                .into_iter()
                .map(|fault| format!("{act}::{scene} ({quiet:?} quiet): {fault}"));
            sum.wrong.extend(wrong);
        }
    }
    // Written past the harness, which would show it only with --nocapture.
    let _shown = writeln!(
        std::io::stdout(),
        "{} flows, {} s of sound: {} times somebody is heard, {} times not, {} failures",
        sum.flows,
        sum.seconds,
        sum.heard,
        sum.unheard,
        sum.wrong.len()
    );
    assert!(sum.wrong.is_empty(), "{}", sum.wrong.join("\n"));
    assert!(sum.flows > 100 && sum.heard > 500 && sum.unheard > 1000);
}

impl Sum {
    /// Plays one score, and says where what is heard is not what should be.
    fn hear(&mut self, score: &[Cue], quiet: Quiet) -> Vec<String> {
        let hall = Hall::play(score, quiet);
        self.flows += 1;
        self.seconds += hall.seconds();
        let mut faults = Vec::new();
        for (listener, spans) in expected(score, quiet) {
            let Some(ear) = hall.ear(&listener).filter(|ear| !ear.is_cut) else {
                continue;
            };
            for sound in hall.sounds() {
                for span in spans.of(sound) {
                    match span.is_heard {
                        true => self.heard += 1,
                        false => self.unheard += 1,
                    }
                    let fault = match span.is_heard {
                        true => ear.hears(sound, &span),
                        false => ear.does_not_hear(sound, &span),
                    };
                    let at = |time: tandem::time::Time| time.since(score[0].at).as_millis();
                    let place = || {
                        let (from, to) = (at(span.from), at(span.to));
                        format!("{listener} and {sound}, {from} to {to} ms: ")
                    };
                    faults.extend(fault.map(|fault| place() + &fault));
                }
            }
        }
        faults
    }
}

impl std::fmt::Display for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Listener::Leg(leg) => leg.fmt(f),
            Listener::Left(tape) => write!(f, "{tape} left"),
            Listener::Right(tape) => write!(f, "{tape} right"),
        }
    }
}

impl std::fmt::Display for Sound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Sound::Voice(leg) => leg.fmt(f),
            Sound::Music => f.write_str("music"),
            Sound::Beeps => f.write_str("beeps"),
            Sound::Signal => f.write_str("signal"),
        }
    }
}
