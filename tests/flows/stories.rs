//! Stories that nobody has written: phones and carriers do things in random order, also at the same time, twice,
//! through restarts, or never again; and after every act who hears whom is compared with a model that knows nothing
//! of SIP. In the end nothing may be left, and the referee has seen it all.
//!
//! `TANDEM_STORIES=100000 cargo test --test flows stories` tells more of them. A story that goes wrong says its seed:
//! put it into [`TOLD_BEFORE`].

mod model;
mod teller;

use crate::stage::{Played, Stage, Twist};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use teller::Teller;

/// How many stories there are if nobody asks for more.
const STORIES: u64 = 1000;

/// Seeds of stories that once went wrong.
const TOLD_BEFORE: &[u64] = &[];

#[test]
fn stories_that_went_wrong_before_go_right() {
    tell(TOLD_BEFORE.iter().copied());
}

#[test]
fn stories_that_nobody_has_written_go_as_they_should() {
    let wanted = std::env::var("TANDEM_STORIES").ok();
    let stories = wanted.and_then(|number| number.parse().ok()).unwrap_or(STORIES);
    tell(0..stories);
}

fn tell(seeds: impl Iterator<Item = u64>) {
    let (mut stories, mut steps) = (0, 0);
    let mut wrong = Vec::new();
    for seed in seeds {
        let (played, faults) = story(seed);
        stories += 1;
        steps += played.steps;
        if !faults.is_empty() {
            let last = faults
                .last()
                .and_then(|fault| fault.lines().last())
                .unwrap_or_default();
            println!("seed {seed} goes wrong: {last}");
            wrong.push(format!(
                "seed {seed}:\n{}\n\n{}",
                faults.join("\n"),
                played.drawing
            ));
        }
    }
    // Written past the harness, which would show it only with --nocapture.
    let _shown = writeln!(std::io::stdout(), "{stories} stories, {steps} steps");
    assert!(
        wrong.is_empty(),
        "{} stories go wrong, the first:\n{}",
        wrong.len(),
        wrong[0]
    );
}

/// Tells one story. The seed decides also with what kind of trouble.
fn story(seed: u64) -> (Played, Vec<String>) {
    // Restarts cost far more than all else in a story; each has one or two of them anyway.
    let twist = match seed % 64 {
        0 => Twist::RestartAfterEveryStep,
        1..=20 => Twist::EachDatagramDoubled,
        _ => Twist::Straight,
    };
    let mut faults = Vec::new();
    let title = format!("a story ({seed}, {twist:?})");
    let played = Stage::play(
        &title,
        |stage| {
            let mut teller = Teller::new(stage, seed, twist == Twist::EachDatagramDoubled);
            let told = catch_unwind(AssertUnwindSafe(|| teller.tell()));
            let otherwise = told.unwrap_or_else(|_| Err("it breaks off".to_owned()));
            faults.extend(
                otherwise
                    .err()
                    .map(|why| format!("{}\n{why}", teller.acts.join("\n"))),
            );
            stage.order(tandem::call::Order::ShutDown);
        },
        twist,
    );
    faults.extend(played.faults.iter().cloned());
    (played, faults)
}
