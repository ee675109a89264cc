//! What others can cause at will is counted, and told at a bounded rate with its count.

use super::event::{Event, Weight};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The time in which the same kind of thing is told so often and no more.
const PERIOD: Duration = Duration::from_secs(10);

/// Of one kind so many are told one by one within a period, and the rest with their count at its end.
const MAX_LINES_PER_PERIOD: u32 = 3;

/// Kinds that are counted at one time; what is of one more kind is counted as [`OTHERS`].
const MAX_KINDS: usize = 1000;

/// The kind of what is of too many kinds.
const OTHERS: &str = "others";

/// How often each kind of thing has happened of late.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tallies(BTreeMap<String, Tally>);

/// How often one kind of thing has happened in this period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Tally {
    /// When the period ends.
    until: Time,
    /// Lines that were written in it.
    lines: u32,
    /// Of how many no line has told yet.
    untold: u64,
    /// What was to be said of the last of those.
    last: String,
}

impl Tallies {
    /// Something of this kind has happened. The line to write, if it is one of the first of its period; it is
    /// counted otherwise, and told by [`Tallies::expire`].
    pub fn note(&mut self, now: Time, kind: &str, text: String) -> Option<Event> {
        if !self.0.contains_key(kind) {
            self.0.retain(|_, tally| tally.until > now || tally.untold > 0);
        }
        let kind = match self.0.len() < MAX_KINDS || self.0.contains_key(kind) {
            true => kind,
            false => OTHERS,
        };
        let tally = self.0.entry(kind.to_owned()).or_insert_with(|| Tally::from(now));
        if tally.until <= now && tally.untold == 0 {
            *tally = Tally::from(now);
        }
        if tally.lines < MAX_LINES_PER_PERIOD {
            tally.lines += 1;
            return Some(warning(text));
        }
        tally.untold += 1;
        tally.last = text;
        None
    }

    /// Tells of what was counted in the periods that have ended.
    pub fn expire(&mut self, now: Time) -> Vec<Event> {
        if self.deadline().is_none_or(|due| due > now) {
            return Vec::new();
        }
        let mut lines = Vec::new();
        self.0.retain(|_, tally| {
            let is_over = tally.until <= now;
            if is_over && tally.untold > 0 {
                lines.push(warning(tally.line()));
                // That line was the next period's first.
                *tally = Tally {
                    lines: MAX_LINES_PER_PERIOD,
                    ..Tally::from(now)
                };
                return true;
            }
            !is_over
        });
        lines
    }

    /// When [`Tallies::expire`] has something to tell.
    pub fn deadline(&self) -> Option<Time> {
        let waiting = self.0.values().filter(|tally| tally.untold > 0);
        waiting.map(|tally| tally.until).min()
    }
}

impl Tally {
    fn from(now: Time) -> Tally {
        Tally {
            until: now + PERIOD,
            lines: 0,
            untold: 0,
            last: String::new(),
        }
    }

    fn line(&self) -> String {
        match self.untold {
            1 => format!("once more within {} s: {}", PERIOD.as_secs(), self.last),
            times => format!(
                "{times} more times within {} s, last: {}",
                PERIOD.as_secs(),
                self.last
            ),
        }
    }
}

fn warning(text: String) -> Event {
    Event {
        weight: Weight::Warning,
        conversation: None,
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::from_micros(seconds * 1_000_000)
    }

    fn lines(events: impl IntoIterator<Item = Event>) -> Vec<String> {
        events.into_iter().map(|event| event.text).collect()
    }

    #[test]
    fn a_flood_is_three_lines_and_one_more_in_each_period_with_all_of_it_counted() {
        let mut tallies = Tallies::default();
        let told = (0..100).filter_map(|_| tallies.note(at(1), "flood", "a drop".into()));
        assert_eq!(lines(told).len(), 3);
        assert_eq!(tallies.deadline(), Some(at(11)));
        assert!(tallies.expire(at(10)).is_empty());
        assert_eq!(
            lines(tallies.expire(at(11))),
            ["97 more times within 10 s, last: a drop"]
        );
        let told = (0..50).filter_map(|_| tallies.note(at(12), "flood", "a drop".into()));
        assert_eq!(told.count(), 0, "the line with the count was this period's");
        assert_eq!(
            lines(tallies.expire(at(21))),
            ["50 more times within 10 s, last: a drop"]
        );
    }

    #[test]
    fn what_is_seldom_is_told_each_time_and_leaves_nothing_behind() {
        let mut tallies = Tallies::default();
        for second in [0, 20, 40] {
            assert!(tallies.note(at(second), "drop", "a drop".into()).is_some());
            assert_eq!(tallies.deadline(), None);
        }
    }

    #[test]
    fn one_kind_does_not_hide_another_and_too_many_kinds_are_one() {
        let mut tallies = Tallies::default();
        for kind in 0..2 * MAX_KINDS {
            let _told = tallies.note(at(0), &kind.to_string(), format!("kind {kind}"));
        }
        assert_eq!(tallies.0.len(), MAX_KINDS + 1);
        assert!(tallies.note(at(0), "7", "one of the first".into()).is_some());
        assert_eq!(lines(tallies.expire(at(10))).len(), 1);
    }
}
