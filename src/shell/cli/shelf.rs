//! `tandem recordings`: what lies in the directory of the configuration, or what a switch elsewhere says of its own.

use super::{Cli, Failure, client, read_quietly, say};
use crate::shell::recording_drawing::draw;
use crate::shell::recordings::{Entry, Recordings, Wanted};
use crate::shell::tables;
use clap::{Args, Subcommand};

/// What one can want of the recordings.
#[derive(Debug, Subcommand)]
pub(super) enum Shelf {
    /// Name them, the newest first.
    List(Which),
    /// Draw one: who spoke when, who was there, transfers, holds, pauses, and what is missing.
    Show {
        /// Its name in `tandem recordings list`.
        id: String,
    },
}

/// Which of them.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Not those that began before this day, or this moment of it (2026-11-22T10:30, in UTC).
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Not those that began after this day or moment.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Those with this number in them, or a part of it: the customer's or ours.
    #[arg(long)]
    number: Option<String>,
    /// Those in which this extension took part.
    #[arg(long, value_name = "EXTENSION")]
    agent: Option<String>,
    /// No more than so many.
    #[arg(long)]
    limit: Option<usize>,
}

/// Shows what is wanted.
pub(super) fn show(cli: &Cli, what: &Shelf) -> Result<(), Failure> {
    match (what, cli.asking.api.is_some()) {
        (Shelf::List(which), false) => list(cli, &here(cli)?.list(&which.wanted())?),
        (Shelf::List(which), true) => {
            let client = client(cli)?;
            let entries: Vec<Entry> = client.read(&client.get(&which.query())?)?;
            list(cli, &entries)
        }
        (Shelf::Show { id }, false) => {
            let found = here(cli)?.find(id)?;
            match cli.asking.json {
                true => json(&found.sheet),
                false => say(&draw(&found)?),
            }
            Ok(())
        }
        (Shelf::Show { id }, true) => {
            let which = if cli.asking.json { "" } else { "/drawing" };
            say(client(cli)?
                .get(&format!("/recordings/{}{which}", in_path(id)))?
                .trim_end());
            Ok(())
        }
    }
}

fn here(cli: &Cli) -> Result<Recordings, Failure> {
    let config = read_quietly(&cli.config)?.config;
    Ok(Recordings::below(&config.recording.directory))
}

fn list(cli: &Cli, entries: &[Entry]) -> Result<(), Failure> {
    match cli.asking.json {
        true => json(&entries),
        false => say(&tables::recordings(entries)),
    }
    Ok(())
}

fn json(what: &impl serde::Serialize) {
    // What we have made of texts and numbers can be written as such.
    say(&serde_json::to_string_pretty(what).unwrap_or_default());
}

impl Which {
    fn wanted(&self) -> Wanted {
        Wanted {
            from: self.from.clone(),
            to: self.to.clone(),
            number: self.number.clone(),
            agent: self.agent.clone(),
            limit: self.limit,
        }
    }

    fn query(&self) -> String {
        let limit = self.limit.map(|limit| limit.to_string());
        let given = [
            ("from", &self.from),
            ("to", &self.to),
            ("number", &self.number),
            ("agent", &self.agent),
            ("limit", &limit),
        ];
        let given = given
            .into_iter()
            .filter_map(|(key, value)| Some((key, value.as_ref()?)));
        let pairs: Vec<String> = given
            .map(|(key, value)| format!("{key}={}", in_path(value)))
            .collect();
        format!("/recordings?{}", pairs.join("&"))
    }
}

/// Nothing but what names and moments are made of goes into the path.
fn in_path(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_:.+".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect::<String>()
        .replace(':', "%3A")
        .replace('+', "%2B")
}
