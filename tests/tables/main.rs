//! The four transactions of RFC 3261 §17 as tables and as drawings: what each does with each event in each state,
//! kept beside this file and compared line by line.
//!
//! `TANDEM_REDRAW=1 cargo test --test tables` writes them anew; `dot -Tsvg tests/tables/invite_client.dot` draws one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot read its files has failed"
)]

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::path::Path;
use tandem::sip::transaction::{Machine, client, invite_client, invite_server, server};

#[test]
fn invite_client() {
    keeps::<invite_client::State>("invite_client");
}

#[test]
fn invite_server() {
    keeps::<invite_server::State>("invite_server");
}

#[test]
fn client() {
    keeps::<client::State>("client");
}

#[test]
fn server() {
    keeps::<server::State>("server");
}

fn keeps<M: Machine>(name: &str) {
    compare(&format!("{name}.txt"), &table::<M>());
    compare(&format!("{name}.dot"), &drawing::<M>());
}

/// One line for each event in each state: the next state and the actions. A dash means that nothing happens.
fn table<M: Machine>() -> String {
    let mut text = format!("The {} transaction\n", M::NAME);
    for state in M::STATES {
        let waits: Vec<String> = state
            .waits()
            .iter()
            .map(|wait| format!("{:?} {:?}", wait.timer, wait.pace))
            .collect();
        let waits = if waits.is_empty() {
            "no timer".to_owned()
        } else {
            format!("timers: {}", waits.join(", "))
        };
        write!(text, "\n{state:?} ({waits})\n").unwrap();
        for event in M::EVENTS {
            let (next, actions) = state.on(*event);
            let happens = match (next == *state, actions) {
                (true, []) => "–".to_owned(),
                (true, actions) => format!("stays: {}", words(actions)),
                (false, []) => format!("→ {next:?}"),
                (false, actions) => format!("→ {next:?}: {}", words(actions)),
            };
            writeln!(text, "    {:<16}{happens}", format!("{event:?}")).unwrap();
        }
    }
    text
}

/// The same as a graph; what changes nothing and does nothing is left out, and events that lead the same way share
/// one arrow.
fn drawing<M: Machine>() -> String {
    let mut text = format!(
        "digraph \"{}\" {{\n    node [shape=box, style=rounded];\n",
        M::NAME
    );
    for state in M::STATES {
        let mut arrows: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for event in M::EVENTS {
            let (next, actions) = state.on(*event);
            if next != *state || !actions.is_empty() {
                let label = match actions {
                    [] => format!("{event:?}"),
                    actions => format!("{event:?} / {}", words(actions)),
                };
                arrows.entry(format!("{next:?}")).or_default().push(label);
            }
        }
        for (next, labels) in arrows {
            writeln!(
                text,
                "    {state:?} -> {next} [label=\"{}\"];",
                labels.join("\\n")
            )
            .unwrap();
        }
    }
    text.push_str("}\n");
    text
}

fn words(actions: &[impl Debug]) -> String {
    let words: Vec<String> = actions.iter().map(|action| format!("{action:?}")).collect();
    words.join(", ")
}

fn compare(name: &str, drawn: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/tables")
        .join(name);
    if std::env::var_os("TANDEM_REDRAW").is_some() {
        std::fs::write(&path, drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == drawn,
        "{name} has changed; it was\n{kept}\nand is\n{drawn}"
    );
}
