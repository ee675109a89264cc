//! The guard at the door: who tries wrong passwords, and for how long nobody listens to it.
//!
//! It counts by source and not by extension, or anybody could lock anybody out. What is counted is an answer to a
//! challenge that was sent to that very source, or a forged address would be enough to lock out a whole house.

use super::event::{Event, Weight};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// The time in which failures are counted, and in which one line at most is written about one source.
const MINUTE: Duration = Duration::from_secs(60);

/// Sources that are known at one time. When one more comes, the one that was to be forgotten first is forgotten.
const MAX_SOURCES: usize = 10_000;

/// Everybody who has given wrong credentials of late.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Guard {
    sources: BTreeMap<IpAddr, Suspect>,
    /// Nobody is looked at again before this moment. It may be too early, but never too late.
    soonest: Option<Time>,
}

/// When the guard stops listening.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// So many wrong answers of one source within a minute are heard.
    pub max_failures_per_minute: usize,
    /// How long a source that has given more is not listened to.
    pub ban: Duration,
}

/// One source that has given wrong credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Suspect {
    /// It is heard.
    Heard {
        /// When this minute ends.
        until: Time,
        /// Failures in this minute.
        failures: usize,
        /// Those of them that no line has told yet.
        untold: usize,
        /// What the last of them was.
        last: String,
    },
    /// It is not listened to.
    Banned {
        /// Until then.
        until: Time,
        /// What it has asked in vain.
        ignored: usize,
    },
}

impl Guard {
    /// How long this source is still not listened to; none if it is.
    pub fn ban_left(&mut self, now: Time, source: IpAddr) -> Option<Duration> {
        match self.sources.get_mut(&network(source))? {
            Suspect::Banned { until, ignored } if *until > now => {
                *ignored += 1;
                Some(until.since(now))
            }
            Suspect::Banned { .. } | Suspect::Heard { .. } => None,
        }
    }

    /// Somebody at this source has given wrong credentials; `what` says with which request for whom.
    pub fn failed(&mut self, now: Time, source: IpAddr, what: String, rules: Rules) -> Vec<Event> {
        let mut events = self.expire(now);
        let source = network(source);
        self.make_room(source);
        let (failures, untold) = match self.sources.get(&source) {
            Some(Suspect::Heard { failures, untold, .. }) => (*failures + 1, *untold + 1),
            // A registered phone behind the same NAT may still mistype; that neither ends nor prolongs the ban.
            Some(Suspect::Banned { .. }) => return events,
            None => {
                events.push(warning(format!("{source} gave wrong credentials with {what}")));
                (1, 0)
            }
        };
        let suspect = if failures > rules.max_failures_per_minute {
            let seconds = rules.ban.as_secs();
            events.push(warning(format!(
                "{source} gave wrong credentials {failures} times within a minute, last with {what}: nobody there is \
                 let in for {seconds} s but phones that are registered (limits.max_failed_logins_per_minute)"
            )));
            Suspect::Banned {
                until: now + rules.ban,
                ignored: 0,
            }
        } else {
            Suspect::Heard {
                until: self.sources.get(&source).map_or(now + MINUTE, Suspect::until),
                failures,
                untold,
                last: what,
            }
        };
        self.soonest = self.soonest.into_iter().chain([suspect.until()]).min();
        self.sources.insert(source, suspect);
        events
    }

    /// Looks at those whose time has come: what is still untold is told, and they are forgotten. Cheap if there
    /// are none.
    pub fn expire(&mut self, now: Time) -> Vec<Event> {
        if self.soonest.is_none_or(|soonest| soonest > now) {
            return Vec::new();
        }
        let mut events = Vec::new();
        let done: Vec<_> = self
            .sources
            .extract_if(.., |_, suspect| suspect.until() <= now)
            .collect();
        for (source, suspect) in done {
            events.extend(suspect.last_words(source));
            self.sources
                .extend(suspect.after_that().map(|next| (source, next)));
        }
        self.soonest = self.sources.values().map(Suspect::until).min();
        events
    }

    /// When [`Guard::expire`] wants to be called next.
    pub fn deadline(&self) -> Option<Time> {
        self.soonest
    }

    fn make_room(&mut self, newcomer: IpAddr) {
        if self.sources.len() < MAX_SOURCES || self.sources.contains_key(&newcomer) {
            return;
        }
        let first = self.sources.iter().min_by_key(|(_, suspect)| suspect.until());
        if let Some(source) = first.map(|(source, _)| *source) {
            self.sources.remove(&source);
        }
    }
}

impl Suspect {
    fn until(&self) -> Time {
        match self {
            Suspect::Heard { until, .. } | Suspect::Banned { until, .. } => *until,
        }
    }

    /// What no line has told yet.
    fn last_words(&self, source: IpAddr) -> Option<Event> {
        match self {
            Suspect::Heard { untold: 0, .. } | Suspect::Banned { ignored: 0, .. } => None,
            Suspect::Heard { untold: 1, last, .. } => Some(warning(format!(
                "{source} gave wrong credentials once more, with {last}"
            ))),
            Suspect::Heard { untold, last, .. } => Some(warning(format!(
                "{source} gave wrong credentials {untold} more times within a minute, last with {last}"
            ))),
            Suspect::Banned { ignored, .. } => Some(warning(format!(
                "{source} is listened to again; {ignored} requests of it were turned away"
            ))),
        }
    }

    /// A line was written just now, so that the next must wait a minute.
    fn after_that(self) -> Option<Suspect> {
        match self {
            Suspect::Heard {
                until,
                untold: 1..,
                last,
                ..
            } => Some(Suspect::Heard {
                until: until + MINUTE,
                failures: 0,
                untold: 0,
                last,
            }),
            Suspect::Heard { .. } | Suspect::Banned { .. } => None,
        }
    }
}

/// Whom an address counts for: one IPv6 network of 64 bits is as easily had as one IPv4 address.
fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
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
mod tests;
