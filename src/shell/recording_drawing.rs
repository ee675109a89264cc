//! A recording drawn in the terminal: who spoke when, who was there, and what happened to whom.

use super::recordings::{Found, NotShown};
use super::tables::span;
use super::tape_sheet::{Sheet, SheetPause, SheetTransfer};
use crate::call::chronicle::{Kind, Outcome};
use crate::config::valid::WhilePaused;
use hound::WavReader;
use jiff::Timestamp;
use std::time::Duration;

/// Columns of the timeline.
const COLUMNS: usize = 80;
/// Before it stands who or what.
const LABEL: usize = 16;
/// From hardly to be heard to as loud as people speak, in 6 dB each.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const QUIETEST_DBFS: f64 = -60.0;
const STEP_DB: f64 = 6.0;
/// A mark of the time every so many columns.
const MARK_EVERY: usize = 10;

/// The timeline of one recording.
pub fn draw(found: &Found) -> Result<String, NotShown> {
    let (sheet, loudness) = (&found.sheet, loudness(found)?);
    let scale = Scale::of(sheet);
    let mut lines = vec![heading(found), String::new(), scale.marks()];
    let sides = match sheet.has_customer() {
        true => ["customer", "our side"],
        false => ["left", "right"],
    };
    for (side, name) in sides.into_iter().enumerate() {
        let levels = loudness.iter().map(|both| level(both[side]));
        lines.push(row(name, levels.collect()));
    }
    for party in &sheet.parties {
        let name = format!("{} {}", party.party, party.name);
        lines.push(row(&name, scale.bar(party.joined, party.left, '─')));
    }
    lines.extend(happenings(sheet, &scale));
    Ok(plain(&lines.join("\n")))
}

/// From moments to columns.
struct Scale<'s> {
    sheet: &'s Sheet,
    seconds: f64,
}

impl Scale<'_> {
    fn of(sheet: &Sheet) -> Scale<'_> {
        let seconds = sheet.samples as f64 / f64::from(sheet.rate.max(1));
        Scale { sheet, seconds }
    }

    /// Where a moment stands on the audio, in seconds: without what was cut out before it.
    fn second(&self, at: Timestamp) -> f64 {
        let between = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs_f64().max(0.0);
        let cut = |pause: &&SheetPause| pause.leaves == WhilePaused::Cut && pause.from < at;
        let cuts = self.sheet.pauses.iter().filter(cut);
        let lost: f64 = cuts
            .map(|pause| between(pause.from, pause.to.unwrap_or(at).min(at)))
            .sum();
        (between(self.sheet.started, at) - lost).clamp(0.0, self.seconds)
    }

    fn column(&self, second: f64) -> usize {
        let share = if self.seconds > 0.0 {
            second / self.seconds
        } else {
            0.0
        };
        ((share * COLUMNS as f64) as usize).min(COLUMNS - 1)
    }

    fn bar(&self, from: Timestamp, to: Option<Timestamp>, mark: char) -> String {
        let until = to.map_or(self.seconds, |to| self.second(to));
        self.stretch(self.second(from), until, mark)
    }

    fn stretch(&self, from: f64, to: f64, mark: char) -> String {
        let (first, last) = (self.column(from), self.column((to - 1e-6).max(from)));
        (0..=last).map(|at| if at < first { ' ' } else { mark }).collect()
    }

    fn marks(&self) -> String {
        let marks = (0..COLUMNS / MARK_EVERY).map(|mark| {
            let second = self.seconds * (mark * MARK_EVERY) as f64 / COLUMNS as f64;
            format!("{:<MARK_EVERY$}", format!("|{}", clock(second)))
        });
        row("", marks.collect())
    }
}

fn heading(found: &Found) -> String {
    let sheet = &found.sheet;
    let seconds = sheet.samples as f64 / f64::from(sheet.rate.max(1));
    let lasted = span(Duration::from_secs_f64(seconds));
    let state = match (sheet.interrupted, &sheet.ended) {
        (true, _) => ", cut off by a crash",
        (false, None) => ", still running",
        (false, Some(_)) => "",
    };
    let related = [
        ("during", &sheet.during),
        ("meanwhile", &sheet.meanwhile),
        ("came from", &sheet.came_from),
        ("goes on in", &sheet.goes_on_in),
    ];
    let related = related.into_iter().filter(|(_, others)| !others.is_empty());
    let related = related.map(|(how, others)| format!("\n{how} {}", others.join(", ")));
    format!(
        "{}  {}, {} with {}, {lasted}{state}\nby {}{}",
        found.id,
        sheet.direction,
        sheet.customer,
        sheet.our_number,
        sheet.policy,
        related.collect::<String>()
    )
}

/// One line for each hold, pause, transfer and gap: where it is, and in words what it was.
fn happenings(sheet: &Sheet, scale: &Scale<'_>) -> Vec<String> {
    let when = |from: Timestamp, to: Option<Timestamp>| {
        let until = to.map_or("…".to_owned(), |to| clock(scale.second(to)));
        format!("{}–{until}", clock(scale.second(from)))
    };
    let holds = sheet.holds.iter().map(|hold| {
        let words = format!("{} held", hold.by);
        (
            hold.from,
            scale.bar(hold.from, hold.to, '░'),
            when(hold.from, hold.to),
            words,
        )
    });
    let pauses = sheet.pauses.iter().map(|pause| {
        let bar = scale.bar(pause.from, pause.to, '‖');
        (pause.from, bar, when(pause.from, pause.to), paused(pause))
    });
    let transfers = sheet.transfers.iter().map(|transfer| {
        let bar = scale.bar(transfer.at, transfer.until, '→');
        (
            transfer.at,
            bar,
            when(transfer.at, transfer.until),
            handed_on(transfer),
        )
    });
    let decisions = sheet.decisions.iter().skip(1).map(|decision| {
        let bar = scale.bar(decision.at, Some(decision.at), '■');
        (
            decision.at,
            bar,
            when(decision.at, None),
            format!("the rule is {}", decision.rule),
        )
    });
    let mut all: Vec<_> = holds.chain(pauses).chain(transfers).chain(decisions).collect();
    all.sort_by_key(|(at, ..)| *at);
    let told = all
        .into_iter()
        .map(|(_, bar, when, words)| row(&when, format!("{bar}  {words}")));
    let gaps = sheet.gaps.iter().map(|gap| {
        let when = format!("{}–{}", clock(gap.from_s), clock(gap.to_s));
        let bar = scale.stretch(gap.from_s, gap.to_s, '×');
        row(&when, format!("{bar}  missing: {}", gap.why))
    });
    told.chain(gaps).collect()
}

fn paused(pause: &SheetPause) -> String {
    let end = match (&pause.resumed_by, pause.resumed_how) {
        (Some(by), Some(how)) => format!(", resumed {how} ({by})"),
        (_, _) => String::new(),
    };
    format!("paused by {} {}{end}", pause.by, pause.how)
}

fn handed_on(transfer: &SheetTransfer) -> String {
    let kind = match transfer.kind {
        Kind::Cold => "cold",
        Kind::Warm => "warm",
    };
    let outcome = match transfer.outcome {
        Some(Outcome::Done) => ": done",
        Some(Outcome::Back) => ": back again",
        Some(Outcome::Over) => ": the call ended with it",
        None => "",
    };
    format!("{kind} transfer by {} to {}{outcome}", transfer.by, transfer.to)
}

/// How loud each side is in each column, in dB below full scale.
fn loudness(found: &Found) -> Result<Vec<[f64; 2]>, NotShown> {
    let total = found.sheet.samples.max(1);
    let mut power = vec![[0.0; 2]; COLUMNS];
    let mut counts = vec![0_u64; COLUMNS];
    let mut position = 0;
    for path in found.audio() {
        let unreadable = |why: hound::Error| NotShown::Unreadable {
            path: path.clone(),
            why: std::io::Error::other(why),
        };
        let mut reader = WavReader::open(&path).map_err(unreadable)?;
        let mut samples = reader.samples::<i16>();
        while let (Some(left), Some(right)) = (samples.next(), samples.next()) {
            let column = ((position * COLUMNS as u64 / total) as usize).min(COLUMNS - 1);
            for (sum, sample) in power[column].iter_mut().zip([left, right]) {
                *sum += f64::from(sample.map_err(unreadable)?).powi(2);
            }
            counts[column] += 1;
            position += 1;
        }
    }
    let in_db = |(sums, count): ([f64; 2], u64)| {
        sums.map(|sum| {
            10.0 * (sum / count.max(1) as f64 / 32_768.0_f64.powi(2))
                .max(1e-12)
                .log10()
        })
    };
    Ok(power.into_iter().zip(counts).map(in_db).collect())
}

fn level(dbfs: f64) -> char {
    if dbfs < QUIETEST_DBFS {
        return ' ';
    }
    let step = ((dbfs - QUIETEST_DBFS) / STEP_DB) as usize;
    LEVELS[step.min(LEVELS.len() - 1)]
}

fn clock(second: f64) -> String {
    let whole = second as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

fn row(label: &str, content: String) -> String {
    let label: String = label.trim_end().chars().take(LABEL - 2).collect();
    format!("{label:<LABEL$}{content}").trim_end().to_owned()
}

/// What people are called must not steer the terminal.
fn plain(text: &str) -> String {
    text.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}")
}
