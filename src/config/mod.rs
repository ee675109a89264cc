//! The one file that ops people edit: what it says (`raw`), and what we mean ([`valid`]).
//!
//! [`read`] is the only way from the one to the other. It collects all that is wrong before it answers, so
//! that one look at the [`Report`] is enough to put the file right.
//!
//! `raw` describes the tables, `shape` and `table` read them by that description, `words` the values in them;
//! `check` judges what they mean together; `report` draws the problems, and `veil` covers the secrets in the
//! drawing.

mod advice;
mod caller_id;
mod check;
mod class_of_service;
mod emergency;
mod outgoing;
mod outside;
mod raw;
mod report;
mod shape;
mod syntax;
mod table;
pub mod valid;
mod veil;
mod words;

pub use advice::nearest;
pub use outside::{NoDirectory, NoIdentity, Outside};
pub use raw::keys;
pub use report::{Problem, Report, Severity};
pub use shape::{Key, Need};
pub use valid::Config;

use report::Problems;

/// A file that can be used.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What it means.
    pub config: Config,
    /// What somebody should know all the same, and faults that keep one part from working.
    pub warnings: Report,
}

/// Reads a configuration. `file` is the name to show, `text` what stands in it, and `outside` the world that
/// it speaks of: files, variables, directories.
///
/// The error is a [`Report`] with every problem in the file, warnings included.
pub fn read(file: &str, text: &str, outside: &dyn Outside) -> Result<Reading, Report> {
    let mut problems = Problems::new(text);
    let config = syntax::parse(text, &mut problems)
        .and_then(|table| raw::read(&table, &mut problems))
        .and_then(|raw| check::config(&raw, outside, &mut problems));
    let is_sound = problems.errors() == 0;
    let report = problems.into_report(file);
    match config {
        Some(config) if is_sound => Ok(Reading {
            config,
            warnings: report,
        }),
        _ => Err(report),
    }
}
