//! What was measured, as a table for people.

use crate::calls::SetUps;
use crate::house::Load;
use crate::voices::Talk;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use std::time::Duration;
use tandem::call::view::StatusView;

/// One run with media.
#[derive(Debug)]
pub(crate) struct MediaRun {
    /// Bridged calls at one time.
    pub(crate) calls: u32,
    /// How long they talked.
    pub(crate) seconds: u32,
    /// The generator alone.
    pub(crate) direct: Talk,
    /// Through the switch.
    pub(crate) bridged: Talk,
    /// The switch before the first call.
    pub(crate) before: Load,
    /// The switch when all calls stood.
    pub(crate) start: Load,
    /// The switch before the first call was ended.
    pub(crate) end: Load,
}

/// One run of set-ups.
#[derive(Debug)]
pub(crate) struct SetUpRun {
    /// How many.
    pub(crate) calls: u32,
    /// How many per second.
    pub(crate) rate: u32,
    /// What came of them.
    pub(crate) outcome: SetUps,
    /// The switch before the first.
    pub(crate) start: Load,
    /// The switch after the last.
    pub(crate) end: Load,
    /// What it still knows after the last straggler could have come.
    pub(crate) left: StatusView,
    /// The switch at that time.
    pub(crate) rest: Load,
}

/// Packets, delays, and what they cost.
pub(crate) fn media(run: &MediaRun) -> String {
    let (direct, bridged) = (&run.direct, &run.bridged);
    let mut table = table(["", "generator alone", "through the switch", "added"]);
    let sides = ["customer → agent", "agent → customer"];
    for (at, side) in sides.iter().enumerate() {
        let told = |talk: &Talk| format!("{} of {}", talk.sides[at].received, talk.sides[at].sent);
        table.add_row([(*side).to_owned(), told(direct), told(bridged), String::new()]);
    }
    let faults = |talk: &Talk| format!("{} / {} / {}", talk.lost(), talk.doubled(), talk.strange());
    table.add_row([
        "lost / doubled / strange".to_owned(),
        faults(direct),
        faults(bridged),
        String::new(),
    ]);
    for (name, share) in [("delay p50", 0.5), ("delay p99", 0.99), ("delay p99.9", 0.999)] {
        let (alone, through) = (direct.delay.at(share), bridged.delay.at(share));
        table.add_row([
            name.to_owned(),
            micros(alone),
            micros(through),
            micros(through.saturating_sub(alone)),
        ]);
    }
    let max = [direct, bridged].map(|talk| micros(talk.delay.max()));
    table.add_row([
        "delay max".to_owned(),
        max[0].clone(),
        max[1].clone(),
        String::new(),
    ]);
    table.add_row([
        "generator late p50 / p99 / max".to_owned(),
        lateness(direct),
        lateness(bridged),
        String::new(),
    ]);
    format!("{table}\n{}", cost(run))
}

/// How long a set-up takes, and what it costs.
pub(crate) fn set_ups(run: &SetUpRun) -> String {
    let SetUpRun {
        calls, rate, outcome, ..
    } = run;
    let mut table = table([
        "set-ups",
        "rate",
        "answered",
        "refused",
        "unanswered",
        "INVITE → 200 p50",
        "p99",
        "max",
    ]);
    table.add_row([
        calls.to_string(),
        format!("{rate}/s"),
        outcome.delay.total().to_string(),
        outcome.refused.to_string(),
        outcome.unanswered.to_string(),
        micros(outcome.delay.at(0.5)),
        micros(outcome.delay.at(0.99)),
        micros(outcome.delay.max()),
    ]);
    let cpu = run.end.cpu.saturating_sub(run.start.cpu);
    let each = cpu.as_secs_f64() * 1000.0 / f64::from(*calls);
    let sent_again = outcome.sent_again;
    format!(
        "{table}\nthe switch: {each:.2} ms of CPU per call from INVITE to BYE; {sent_again} requests sent again\n{}",
        left_behind(run)
    )
}

fn left_behind(run: &SetUpRun) -> String {
    let [before, busy, rest] = [run.start, run.end, run.rest].map(|load| load.memory as f64 / 1e6);
    format!(
        "left behind after {:.0} s: {} calls, {} transactions, {} port pairs; memory {before:.1} MB before, \
         {busy:.1} MB after the last call, {rest:.1} MB at rest",
        run.rest.at.duration_since(run.end.at).as_secs_f64(),
        run.left.calls,
        run.left.transactions,
        run.left.ports,
    )
}

fn cost(run: &MediaRun) -> String {
    let wall = run.end.at.duration_since(run.start.at).as_secs_f64();
    let share = run.end.cpu.saturating_sub(run.start.cpu).as_secs_f64() / wall * 100.0;
    let per_hundred = share * 100.0 / f64::from(run.calls);
    let grown = run.end.memory.saturating_sub(run.before.memory);
    format!(
        "the switch, {} calls for {} s: {share:.1} % of a core, {per_hundred:.1} % per 100 calls; \
         memory {:.1} MB, {:.1} kB more per call",
        run.calls,
        run.seconds,
        run.end.memory as f64 / 1e6,
        grown as f64 / 1e3 / f64::from(run.calls)
    )
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(header);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// How late the generator was.
pub(crate) fn lateness(talk: &Talk) -> String {
    let late = &talk.late;
    format!(
        "{} / {} / {}",
        micros(late.at(0.5)),
        micros(late.at(0.99)),
        micros(late.max())
    )
}

fn micros(span: Duration) -> String {
    match span.as_micros() {
        few @ 0..10_000 => format!("{few} µs"),
        many => format!("{:.1} ms", many as f64 / 1000.0),
    }
}
