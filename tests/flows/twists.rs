//! Every flow once more, with trouble: restarts, doubled, lost and overtaken datagrams, silence.

use crate::stage::{Played, Stage, Twist, golden};
use crate::{flows, title};
use std::io::Write;
use std::panic::catch_unwind;

/// Serialised, dropped and restored after every single input, the switch tells the same story.
#[test]
fn restart_after_every_step_changes_nothing() {
    let same = |drawing: &str| drawing.to_owned();
    same_course("restarted after every step", Twist::RestartAfterEveryStep, same);
}

/// A network that doubles datagrams makes us say some things again, and changes nothing else.
#[test]
fn each_datagram_doubled_changes_nothing() {
    same_course(
        "with each datagram doubled",
        Twist::EachDatagramDoubled,
        without_repetitions,
    );
}

/// Whichever datagram is lost: in the end nothing is left, and no rule was broken.
#[test]
fn any_datagram_lost_leaves_nothing_behind() {
    other_course("with one datagram lost", Twist::Lost);
}

/// Whichever datagram is overtaken by the next: in the end nothing is left, and no rule was broken.
#[test]
fn any_datagram_overtaken_leaves_nothing_behind() {
    other_course("with one datagram overtaken", Twist::Late);
}

/// Whenever the world falls silent: in the end nothing is left, and no rule was broken.
#[test]
fn silence_from_any_datagram_on_leaves_nothing_behind() {
    other_course("cut off from one datagram on", Twist::SilentFrom);
}

/// Plays every flow straight and twisted, and compares what `view` shows of the drawings.
fn same_course(name: &str, twist: Twist, view: fn(&str) -> String) {
    let mut failures = Vec::new();
    let (mut steps, mut restarts) = (0, 0);
    for (act, scene, flow) in flows() {
        match compare(&title(act, scene), *flow, twist, view) {
            Ok(played) => {
                steps += played.steps;
                restarts += played.restarts;
            }
            Err(why) => failures.push(format!("{act}::{scene}\n{why}")),
        }
    }
    let number = flows().count();
    // Written past the harness, which would show it only with --nocapture.
    let _shown = writeln!(
        std::io::stdout(),
        "{number} flows {name}: {steps} steps, {restarts} restarts, {} failures",
        failures.len()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// One flow straight and twisted. A script that breaks off in the twist only is a failure like any other.
fn compare(
    title: &str,
    flow: fn(&mut Stage),
    twist: Twist,
    view: fn(&str) -> String,
) -> Result<Played, String> {
    let play = |twist| catch_unwind(|| Stage::play(title, flow, twist));
    let Ok(straight) = play(Twist::Straight) else {
        return Err("does not even play straight".to_owned());
    };
    let twisted = play(twist).map_err(|_| "breaks off".to_owned())?;
    if let Some(difference) = golden::difference(&view(&straight.drawing), &view(&twisted.drawing)) {
        return Err(difference);
    }
    if twisted.faults == straight.faults {
        Ok(twisted)
    } else {
        Err(twisted.faults.join("\n"))
    }
}

/// A drawing without what was said again: repeated messages, the ACKs for repeated 2xx (RFC 3261 §13.2.2.4 wants
/// one for each), the lines that count refusals, of which nothing is kept to know repetitions by (§8.2.7), and the
/// marks of time passing.
fn without_repetitions(drawing: &str) -> String {
    let marks = [
        " again ",
        "─ ACK ─",
        " is refused with ",
        " signs another Request-URI ",
        " turned away",
        " more within ",
        "┆",
    ];
    let is_new = |line: &&str| !marks.iter().any(|mark| line.contains(mark));
    drawing.lines().filter(is_new).map(without_layout).collect()
}

/// A line without the time, which stands at the first message of its moment and may fall away with it, and
/// without the room between the columns, which the longest label decides.
fn without_layout(line: &str) -> String {
    let mut letters: Vec<char> = line.chars().skip(8).collect();
    letters.dedup_by(|a, b| a == b && matches!(a, ' ' | '─'));
    let line: String = letters.into_iter().collect();
    format!("{}\n", line.trim_end().replace("─▶", "▶").replace("─┤", "┤"))
}

/// Plays every flow with trouble at every datagram, and looks only at what is left.
fn other_course(name: &str, twist: fn(usize) -> Twist) {
    let mut failures = Vec::new();
    let mut plays = 0;
    for (act, scene, flow) in flows() {
        let title = title(act, scene);
        let straight = Stage::play(&title, *flow, Twist::Straight);
        for number in 0..straight.datagrams {
            plays += 1;
            let played = catch_unwind(|| Stage::play(&title, *flow, twist(number)));
            match played {
                Ok(played) if played.faults.is_empty() => {}
                Ok(played) => failures.push(format!(
                    "{:?}: {}\n{}",
                    twist(number),
                    played.faults.join("\n"),
                    played.drawing
                )),
                Err(_) => failures.push(format!("{title}, {:?}: breaks off", twist(number))),
            }
        }
    }
    let _shown = writeln!(
        std::io::stdout(),
        "{} flows {name}: {plays} plays, {} failures",
        flows().count(),
        failures.len()
    );
    assert!(
        failures.is_empty(),
        "{} failures, the first:\n{}",
        failures.len(),
        failures[0]
    );
}
