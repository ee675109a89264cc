//! What a leg does with each thing that can happen to it, in each of its states: tried out one by one on the stage,
//! and kept as a table (`legs/legs.txt`) and as a graph (`legs/legs.dot`).
//!
//! `TANDEM_REDRAW=1 cargo test --test flows legs` writes both anew; read the difference before you keep it.

use crate::stage::{Deed, Party, Stage, Twist, golden};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use tandem::call::Order;

/// Who is in the scene: the party whose leg is watched, and the other one.
struct Cast {
    party: Party,
    other: Party,
}

/// How a leg gets into a state.
type Way = (&'static str, fn(&mut Stage) -> Cast);
/// Something that happens to it.
type Event = (&'static str, fn(&mut Stage, &Cast));

#[rustfmt::skip]
const STATES: [Way; 12] = [
    ("Asking",                   |stage| calling(stage, |_, _| {})),
    ("Asking, told that it rings", |stage| calling(stage, |_, bob| bob.rings())),
    ("Asking, 18x unconfirmed",  |stage| calling_reliably(stage, |_, bob| bob.rings())),
    ("Asking, 2xx waits",        |stage| calling_reliably(stage, |_, bob| { bob.rings(); bob.answers(); })),
    ("Asked",                    |stage| calling(stage, |_, _| {}).turned()),
    ("Asked, rings",             |stage| calling(stage, |_, bob| bob.rings()).turned()),
    ("Asked, rings reliably",    |stage| calling(stage, |_, bob| bob.plays_early_media_reliably(1)).turned()),
    ("Withdrawn, not told yet",  |stage| calling(stage, |alice, _| alice.cancels()).turned()),
    ("Withdrawn, told",          |stage| calling(stage, |alice, bob| { bob.keeps_back("487 INVITE"); bob.rings(); alice.cancels(); }).turned()),
    ("Confirming",               |stage| calling(stage, |alice, bob| { alice.keeps_back("ACK"); bob.answers(); })),
    ("Talking",                  |stage| calling(stage, |_, bob| bob.answers())),
    ("Leaving",                  |stage| calling(stage, |alice, bob| { bob.keeps_back("200 BYE"); bob.answers(); alice.hangs_up(); }).turned()),
];

#[rustfmt::skip]
const EVENTS: [Event; 22] = [
    ("180",                      |_, cast| cast.party.does(0, Deed::Ring)),
    ("183 with SDP",             |_, cast| cast.party.does(0, Deed::PlayEarly)),
    ("200",                      |_, cast| cast.party.does(0, Deed::Answer)),
    ("200, no common codec",     |_, cast| cast.party.does(0, Deed::AnswerForeign)),
    ("302",                      |_, cast| cast.party.does(0, Deed::Reject(302))),
    ("486",                      |_, cast| cast.party.does(0, Deed::Reject(486))),
    ("CANCEL",                   |_, cast| cast.party.does(0, Deed::Cancel)),
    ("BYE",                      |_, cast| cast.party.does(0, Deed::HangUp)),
    ("ACK",                      |_, cast| cast.party.does(0, Deed::Ask("ACK"))),
    ("INVITE that holds",        |_, cast| cast.party.does(0, Deed::Describe("sendonly"))),
    ("INVITE without SDP",       |_, cast| cast.party.does(0, Deed::AskForOffer)),
    ("UPDATE",                   |_, cast| cast.party.does(0, Deed::Ask("UPDATE"))),
    ("OPTIONS",                  |_, cast| cast.party.does(0, Deed::Ask("OPTIONS"))),
    ("INFO",                     |_, cast| cast.party.does(0, Deed::Ask("INFO"))),
    ("PRACK",                    |_, cast| cast.party.does(0, Deed::Ask("PRACK"))),
    ("REFER",                    |_, cast| cast.party.does(0, Deed::Ask("REFER"))),
    ("unknown method",           |_, cast| cast.party.does(0, Deed::Ask("DANCE"))),
    ("the other hangs up",       |_, cast| cast.other.does(0, Deed::HangUp)),
    ("an order hangs up",        |stage, _| stage.order(Order::HangUp(stage.conversation()))),
    ("its port cannot be opened", |stage, _| stage.refuses_a_port()),
    ("a restart",                |stage, _| stage.restart()),
    ("two minutes of silence",   |stage, cast| { cast.party.falls_silent(); stage.wait(120); }),
];

#[test]
fn every_event_in_every_state() {
    let mut table = String::from("What becomes of a leg: its next state, and what its party is told.\n");
    let mut arrows: BTreeMap<(String, String), BTreeSet<&str>> = BTreeMap::new();
    for (state, way) in STATES {
        write!(table, "\n{state}\n").unwrap();
        for (event, happen) in EVENTS {
            let mut seen = (String::new(), String::new(), Vec::new());
            // Other things happen than any script expects, so only what is left in the end is a fault.
            let played = Stage::play(
                event,
                |stage| {
                    let cast = way(stage);
                    let before = stage.leg_of(&cast.party);
                    let heard = cast.party.heard_so_far().len();
                    happen(stage, &cast);
                    seen = (
                        before,
                        stage.leg_of(&cast.party),
                        cast.party.heard_so_far()[heard..].to_vec(),
                    );
                    stage.order(Order::ShutDown);
                },
                Twist::Straight,
            );
            let left = played.faults.iter().find(|fault| fault.contains("still"));
            assert_eq!(left, None, "{state}, {event}\n{}", played.drawing);
            let (before, after, told) = seen;
            let next = if before == after {
                "stays".to_owned()
            } else {
                format!("→ {after}")
            };
            let told = if told.is_empty() {
                "–".to_owned()
            } else {
                told.join(", ")
            };
            writeln!(table, "    {event:<28}{next:<16}{told}").unwrap();
            if before != after {
                arrows.entry((before, after)).or_default().insert(event);
            }
        }
    }
    let mut graph = String::from("digraph \"leg\" {\n    node [shape=box, style=rounded];\n");
    for ((from, to), events) in arrows {
        let events: Vec<&str> = events.into_iter().collect();
        writeln!(graph, "    {from} -> {to} [label=\"{}\"];", events.join("\\n")).unwrap();
    }
    graph.push_str("}\n");
    golden::keep("legs/legs.txt", &table).unwrap_or_else(|difference| panic!("{difference}"));
    golden::keep("legs/legs.dot", &graph).unwrap_or_else(|difference| panic!("{difference}"));
}

fn calling(stage: &mut Stage, then: fn(&Party, &Party)) -> Cast {
    let alice = stage.registered_phone("1001");
    let bob = stage.registered_phone("1002");
    alice.calls("1002");
    then(&alice, &bob);
    Cast {
        party: alice,
        other: bob,
    }
}

/// A caller that says that it confirms provisional responses, and does not (RFC 3262).
fn calling_reliably(stage: &mut Stage, then: fn(&Party, &Party)) -> Cast {
    let alice = stage.registered_phone("1001");
    let bob = stage.registered_phone("1002");
    alice.keeps_back("PRACK");
    alice.calls_with("1002", |invite| invite.with("Supported", "100rel"));
    then(&alice, &bob);
    Cast {
        party: alice,
        other: bob,
    }
}

impl Cast {
    /// The leg of the other one is the one that is watched.
    fn turned(self) -> Cast {
        Cast {
            party: self.other,
            other: self.party,
        }
    }
}
