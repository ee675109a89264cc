//! The recordings that lie in the directory, found by their sheets, whether a switch runs or not.
//!
//! What somebody asks for is never made into a path: a day becomes a folder only after it has been read as a day, and
//! a recording is looked for among those that are there.

use super::tape_name::TapeName;
use super::tape_sheet::{Sheet, SheetParty};
use crate::number::plain;
use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A directory of recordings.
#[derive(Clone, Debug)]
pub struct Recordings {
    directory: PathBuf,
}

/// Which recordings somebody wants to see. Moments are RFC 3339, or a day or a time of day in UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// Not those that began earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Not those that began later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Those with this number, or a part of it, outside or ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Those in which this extension took part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// No more than so many, the newest first; 100 without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// One recording in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name: "2026-11-22_10-30-00_t7".
    pub id: String,
    /// When it began.
    pub started: Timestamp,
    /// How long the audio is.
    pub seconds: f64,
    /// "incoming", "outgoing" or "internal"; "consult" for what was said in private.
    pub direction: String,
    /// The number outside.
    pub customer: String,
    /// Our number.
    pub our_number: String,
    /// The extensions that took part.
    pub agents: Vec<String>,
    /// The numbers outside that took part, the customer's among them.
    #[serde(default)]
    pub outside: Vec<String>,
    /// Whether it is complete.
    pub finished: bool,
    /// How often it was paused.
    pub pauses: usize,
    /// How often audio is missing.
    pub gaps: usize,
}

/// One recording that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its name.
    pub id: String,
    /// Its sheet.
    pub sheet: Sheet,
    folder: PathBuf,
}

/// Why recordings cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum NotShown {
    /// A moment cannot be understood.
    #[error("{0:?} is no moment: write a day (2026-11-22) or a time of one (2026-11-22T10:30), in UTC")]
    Moment(String),
    /// There is none of that name.
    #[error("there is no recording {0}; `tandem recordings list` names those that are there")]
    Unknown(String),
    /// The directory or a file cannot be read.
    #[error("{} cannot be read: {why}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
}

impl Recordings {
    const USUAL_LIMIT: usize = 100;

    /// Those below this directory.
    pub fn below(directory: &Path) -> Recordings {
        Recordings {
            directory: directory.to_owned(),
        }
    }

    /// Those that are wanted, the newest first.
    pub fn list(&self, wanted: &Wanted) -> Result<Vec<Entry>, NotShown> {
        let from = wanted
            .from
            .as_deref()
            .map(|text| moment(text, Edge::First))
            .transpose()?;
        let to = wanted
            .to
            .as_deref()
            .map(|text| moment(text, Edge::Last))
            .transpose()?;
        let limit = wanted.limit.unwrap_or(Recordings::USUAL_LIMIT);
        let mut entries = Vec::new();
        let mut days = self.days()?;
        days.retain(|day| may_hold(*day, from, to));
        for day in days.into_iter().rev() {
            let found = self.of_day(day)?;
            let mut fitting: Vec<Entry> = found.iter().map(Entry::of).collect();
            fitting.retain(|entry| {
                from.is_none_or(|from| entry.started >= from)
                    && to.is_none_or(|to| entry.started <= to)
                    && wanted.fits(entry)
            });
            fitting.sort_by(|a, b| b.started.cmp(&a.started).then(b.id.cmp(&a.id)));
            entries.append(&mut fitting);
            if entries.len() >= limit {
                break;
            }
        }
        entries.truncate(limit);
        Ok(entries)
    }

    /// The one of this name.
    pub fn find(&self, id: &str) -> Result<Found, NotShown> {
        let unknown = || NotShown::Unknown(id.to_owned());
        let day = id.get(..10).and_then(|day| day.parse::<Date>().ok());
        let day = day.ok_or_else(unknown)?;
        let found = self.of_day(day).map_err(|_| unknown())?;
        found.into_iter().find(|found| found.id == id).ok_or_else(unknown)
    }

    fn days(&self) -> Result<Vec<Date>, NotShown> {
        let names = names_in(&self.directory)?;
        let mut days: Vec<Date> = names.iter().filter_map(|name| name.parse().ok()).collect();
        days.sort();
        Ok(days)
    }

    /// Whatever is no sheet of ours is passed over.
    fn of_day(&self, day: Date) -> Result<Vec<Found>, NotShown> {
        let folder = self.directory.join(day.to_string());
        let names = names_in(&folder)?;
        let stems = names.iter().filter_map(|name| name.strip_suffix(TapeName::SHEET));
        let found = stems.filter_map(|stem| {
            let text = fs::read(folder.join(format!("{stem}{}", TapeName::SHEET))).ok()?;
            Some(Found {
                id: format!("{day}_{}", short(stem)?),
                sheet: serde_json::from_slice(&text).ok()?,
                folder: folder.clone(),
            })
        });
        Ok(found.collect())
    }
}

impl Found {
    /// The files with its audio, in order.
    pub fn audio(&self) -> Vec<PathBuf> {
        let names = [&self.sheet.file].into_iter().chain(&self.sheet.further_files);
        // A sheet that somebody has written anew may name no file elsewhere.
        let is_name = |name: &&String| {
            Path::new(name.as_str())
                .file_name()
                .is_some_and(|plain| plain == name.as_str())
        };
        names.filter(is_name).map(|name| self.folder.join(name)).collect()
    }
}

impl Wanted {
    fn fits(&self, entry: &Entry) -> bool {
        let has_number = |number: &String| {
            // As it is dialled inside the country, or from anywhere: what is before it does not count.
            let digits = plain(number);
            let digits = digits.trim_start_matches(['+', '0']);
            let known = [&entry.customer, &entry.our_number];
            let mut known = known.into_iter().chain(&entry.outside);
            known.any(|known| known.contains(digits))
        };
        self.number.as_ref().is_none_or(has_number)
            && self
                .agent
                .as_ref()
                .is_none_or(|agent| entry.agents.contains(agent))
    }
}

impl Entry {
    /// What the list says of one.
    pub fn of(found: &Found) -> Entry {
        let sheet = &found.sheet;
        let (outside, inside): (Vec<_>, Vec<_>) =
            sheet.parties.iter().partition(|party| sheet.is_outside(party));
        let numbers = |parties: Vec<&SheetParty>| {
            let mut numbers: Vec<String> = Vec::new();
            for party in parties.into_iter().filter(|party| !party.party.is_empty()) {
                if !numbers.contains(&party.party) {
                    numbers.push(party.party.clone());
                }
            }
            numbers
        };
        Entry {
            id: found.id.clone(),
            started: sheet.started,
            seconds: sheet.samples as f64 / f64::from(sheet.rate.max(1)),
            direction: sheet.direction.clone(),
            customer: sheet.customer.clone(),
            our_number: sheet.our_number.clone(),
            agents: numbers(inside),
            outside: numbers(outside),
            finished: !sheet.file.ends_with(TapeName::UNFINISHED),
            pauses: sheet.pauses.len(),
            gaps: sheet.gaps.len(),
        }
    }
}

/// Which moment of a day is meant if only the day is said.
#[derive(Clone, Copy)]
enum Edge {
    First,
    Last,
}

fn moment(text: &str, edge: Edge) -> Result<Timestamp, NotShown> {
    let bad = || NotShown::Moment(text.to_owned());
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let in_utc = |time: DateTime| time.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    let time = match (text.parse::<Date>(), edge) {
        (Ok(day), Edge::First) if !text.contains([':', 'T', ' ']) => day.at(0, 0, 0, 0),
        (Ok(day), Edge::Last) if !text.contains([':', 'T', ' ']) => day.at(23, 59, 59, 999_999_999),
        _ => text.parse::<DateTime>().map_err(|_| bad())?,
    };
    in_utc(time).map_err(|_| bad())
}

fn may_hold(day: Date, from: Option<Timestamp>, to: Option<Timestamp>) -> bool {
    let day_of = |moment: Timestamp| moment.to_zoned(TimeZone::UTC).date();
    from.is_none_or(|from| day >= day_of(from)) && to.is_none_or(|to| day <= day_of(to))
}

/// The time and the number of the tape, which are enough to name it: "10-30-00_t7".
fn short(stem: &str) -> Option<String> {
    let (time, rest) = stem.split_once('_')?;
    let (_, tape) = rest.rsplit_once("_t")?;
    Some(format!("{time}_t{tape}"))
}

fn names_in(folder: &Path) -> Result<Vec<String>, NotShown> {
    let unreadable = |why| NotShown::Unreadable {
        path: folder.to_owned(),
        why,
    };
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let names = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok());
    Ok(names.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_from_its_first_to_its_last_moment() {
        let first = moment("2026-11-22", Edge::First).unwrap().to_string();
        let last = moment("2026-11-22", Edge::Last).unwrap().to_string();
        assert_eq!(first, "2026-11-22T00:00:00Z");
        assert!(last.starts_with("2026-11-22T23:59:59.9"), "{last}");
        let half_past = moment("2026-11-22T10:30", Edge::Last).unwrap().to_string();
        assert_eq!(half_past, "2026-11-22T10:30:00Z");
        assert!(moment("yesterday", Edge::First).is_err());
    }

    #[test]
    fn a_recording_is_named_without_the_numbers_of_people() {
        assert_eq!(short("10-30-00_incoming_+4989_+4930_t7").unwrap(), "10-30-00_t7");
        assert_eq!(
            short("10-30-00_incoming_+4989_+4930_t7_again2").unwrap(),
            "10-30-00_t7_again2"
        );
        assert_eq!(short("notes"), None);
    }
}
