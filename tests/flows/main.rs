//! Every story that the switch must tell, played on a stage with virtual time.
//!
//! A flow is a function in the speakers' verbs. Its drawing is kept beside it (`calls/*.ladder.txt`) and compared
//! message by message; the referee watches the rules that hold everywhere; afterwards nothing may be left. Then
//! every flow is played again with every twist, which must not change the drawing.
//!
//! `TANDEM_REDRAW=1 cargo test --test flows` draws all of them anew; read the difference before you keep it.

#![allow(
    unreachable_pub,
    reason = "all of this is one test binary, where `pub` means: for the other files"
)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a flow that cannot go on says so by a panic, and tests count aloud"
)]

mod heard;
#[allow(
    dead_code,
    reason = "the ears that it was made for listen to more than the flows say"
)]
#[path = "../ears/law.rs"]
mod law;
mod on_file;
mod programme;
mod stage;
mod stories;
mod torture;
mod twists;

mod arriving;
mod attended;
mod bodies;
mod calls;
mod chains;
mod challenged;
mod class_of_service;
mod click_to_dial;
mod codecs;
mod codes;
mod cold;
mod conference;
mod crossings;
mod descriptions;
mod devices;
mod each_other;
mod eavesdroppers;
mod emergency;
mod endings;
mod failover;
mod faulty;
mod forks;
mod forwarding;
mod groups;
mod guessers;
mod hold;
mod identity;
mod introductions;
mod keys;
mod leaving_cold;
mod leaving_warm;
mod legs;
mod limits;
mod listeners;
mod mute;
mod numbers;
mod pending;
mod pickup;
mod prefixes;
mod private_tape;
mod races;
mod reasons;
mod recording;
mod refusals;
mod registrant;
mod registration;
mod reliable;
mod routes;
mod sent_on;
mod silence;
mod strangers;
mod subscriptions;
mod taken_back;
mod timers;
mod transports;
mod trunk_health;
mod trunks;
mod updates;
mod waiting;
mod warm;

use programme::flows;
use stage::{Stage, Twist, golden};

/// One flow: the file that it stands in, its name, and the script.
type Flow = (&'static str, &'static str, fn(&mut Stage));

fn play(act: &str, scene: &str, flow: fn(&mut Stage)) {
    let played = Stage::play(&title(act, scene), flow, Twist::Straight);
    assert!(
        played.faults.is_empty(),
        "{}\n\n{}",
        played.faults.join("\n"),
        played.drawing
    );
    golden::compare(act, scene, &played.drawing).unwrap_or_else(|difference| panic!("{difference}"));
}

fn title(act: &str, scene: &str) -> String {
    format!("{act}: {}", scene.replace('_', " "))
}
