//! What is wrong with the file: every problem at once, each drawn under its own line.

use super::veil::Veiled;
use ariadne::{CharSet, Color, IndexType, Label, ReportKind, Source};
use std::fmt;
use std::ops::Range;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Tandem runs with it, but somebody should know.
    Warning,
    /// One part cannot work with it; Tandem runs without that part.
    Fault,
    /// Tandem does not start with it.
    Error,
}

/// One thing that is wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub what: String,
    /// What would be right, or what to do.
    pub right: String,
    /// The line in the file, counted from 1.
    pub line: usize,
    /// The column in that line, counted in characters from 1.
    pub column: usize,
    place: Range<usize>,
    also: Option<(Range<usize>, String)>,
}

/// All that is wrong with one file. Drawn by `Display` without colour, and by [`Report::draw`] with it.
/// What looks like a secret is veiled in the drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    file: String,
    veiled: Veiled,
    problems: Vec<Problem>,
}

impl Report {
    /// The problems, in the order of the file.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// How many problems of this severity there are.
    pub fn count(&self, severity: Severity) -> usize {
        self.problems
            .iter()
            .filter(|problem| problem.severity == severity)
            .count()
    }

    /// Every problem under its line, then how many there are; in colour for a terminal.
    pub fn draw(&self, colour: bool) -> String {
        let mut drawing = Vec::new();
        for problem in &self.problems {
            // Writing into memory cannot fail.
            let _ = self
                .drawn(problem, colour)
                .write((&*self.file, Source::from(&*self.veiled.text)), &mut drawing);
        }
        let ends: Vec<_> = String::from_utf8_lossy(&drawing)
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        format!("{}\n{}\n", ends.join("\n"), self.summary())
    }

    fn drawn(&self, problem: &Problem, colour: bool) -> ariadne::Report<'_, (&str, Range<usize>)> {
        let (kind, tint) = match problem.severity {
            Severity::Error | Severity::Fault => (ReportKind::Error, Color::Red),
            Severity::Warning => (ReportKind::Warning, Color::Yellow),
        };
        let style = ariadne::Config::default()
            .with_color(colour)
            .with_char_set(CharSet::Unicode)
            .with_index_type(IndexType::Byte)
            .with_compact(false);
        let spot = |place: &Range<usize>| (&*self.file, self.veiled.shown(place));
        let mut labels = vec![
            Label::new(spot(&problem.place))
                .with_message(&problem.right)
                .with_color(tint),
        ];
        if let Some((place, words)) = &problem.also {
            // Labels are drawn in this order, and one reads from top to bottom.
            let at = if place.start < problem.place.start { 0 } else { 1 };
            labels.insert(
                at,
                Label::new(spot(place))
                    .with_message(words)
                    .with_color(Color::Cyan),
            );
        }
        ariadne::Report::build(kind, spot(&problem.place))
            .with_config(style)
            .with_message(&problem.what)
            .with_labels(labels)
            .finish()
    }

    fn summary(&self) -> String {
        let counted = |severity, word| match self.count(severity) {
            0 => None,
            1 => Some(format!("1 {word}")),
            count => Some(format!("{count} {word}s")),
        };
        let counts = [
            counted(Severity::Error, "error"),
            counted(Severity::Fault, "fault"),
            counted(Severity::Warning, "warning"),
        ];
        let counts: Vec<_> = counts.into_iter().flatten().collect();
        format!(
            "{}: {}",
            self.file,
            if counts.is_empty() {
                "all is well".to_owned()
            } else {
                counts.join(", ")
            }
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.draw(false))
    }
}

impl std::error::Error for Report {}

/// The problems while they are being collected.
#[derive(Debug)]
pub(super) struct Problems<'a> {
    text: &'a str,
    found: Vec<Problem>,
    veils: Vec<Range<usize>>,
}

impl<'a> Problems<'a> {
    pub(super) fn new(text: &'a str) -> Problems<'a> {
        Problems {
            text,
            found: Vec::new(),
            veils: Vec::new(),
        }
    }

    /// Tandem must not start with this.
    pub(super) fn error(&mut self, place: &Range<usize>, what: impl Into<String>, right: impl Into<String>) {
        self.add(Severity::Error, place, what.into(), right.into());
    }

    /// One part cannot work with this, and the others are not to suffer for it.
    pub(super) fn fault(&mut self, place: &Range<usize>, what: impl Into<String>, right: impl Into<String>) {
        self.add(Severity::Fault, place, what.into(), right.into());
    }

    /// Somebody should know this.
    pub(super) fn warn(&mut self, place: &Range<usize>, what: impl Into<String>, right: impl Into<String>) {
        self.add(Severity::Warning, place, what.into(), right.into());
    }

    /// Points from the newest problem to another place that belongs to it.
    pub(super) fn also(&mut self, place: &Range<usize>, words: impl Into<String>) {
        if let Some(newest) = self.found.last_mut() {
            newest.also = Some((place.clone(), words.into()));
        }
    }

    /// What stands here must not be shown.
    pub(super) fn veil(&mut self, place: Range<usize>) {
        self.veils.push(place);
    }

    /// How many there are that Tandem must not start with.
    pub(super) fn errors(&self) -> usize {
        self.found
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
            .count()
    }

    pub(super) fn into_report(self, file: &str) -> Report {
        let veiled = Veiled::over(self.text, &self.veils);
        let mut problems = self.found;
        problems.sort_by_key(|problem| problem.place.start);
        for problem in &mut problems {
            let shown = veiled.shown(&problem.place);
            (problem.line, problem.column) = line_and_column(&veiled.text, shown.start);
        }
        Report {
            file: file.to_owned(),
            veiled,
            problems,
        }
    }

    fn add(&mut self, severity: Severity, place: &Range<usize>, what: String, right: String) {
        let place = if place.is_empty() {
            self.first_line()
        } else {
            place.clone()
        };
        self.found.push(Problem {
            severity,
            what,
            right,
            line: 1,
            column: 1,
            place,
            also: None,
        });
    }

    /// What has no place of its own is said at the top.
    fn first_line(&self) -> Range<usize> {
        0..self.text.lines().next().map_or(0, str::len)
    }
}

/// Both counted from 1, the column in characters.
fn line_and_column(text: &str, place: usize) -> (usize, usize) {
    let before = text.get(..place).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (
        before.matches('\n').count() + 1,
        before.get(line_start..).unwrap_or("").chars().count() + 1,
    )
}
