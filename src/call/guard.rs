//! The guard at the door: who tries wrong passwords, and for how long nobody listens to it.
//!
//! It counts by user and source together: by user alone anybody could lock anybody out, and by source alone one phone
//! with an old password would lock out all others behind its address. Who tries many users is known by the source, and
//! locks out all that is there. What is counted is an answer to a challenge that was sent to that very source, or a
//! forged address would be enough to lock out a whole house.

use super::event::{Event, Weight};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// The time in which failures are counted, and in which one line at most is written about one source.
const MINUTE: Duration = Duration::from_secs(60);

/// A source is not listened to for anybody, when its users together have failed so many times as often as one may.
const USERS_PER_SOURCE: usize = 5;

/// Sources, and users there, that are known at one time. When one more comes, the one that was to be forgotten first is forgotten.
const MAX_SUSPECTS: usize = 10_000;

/// Everybody who has given wrong credentials of late.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Guard {
    /// By what they are called in the log: `192.0.2.7`, and `1001 at 192.0.2.7`.
    #[serde(rename = "sources")]
    suspects: BTreeMap<String, Suspect>,
    /// Nobody is looked at again before this moment. It may be too early, but never too late.
    soonest: Option<Time>,
}

/// When the guard stops listening.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// So many wrong answers of one user at one source within a minute are heard.
    pub max_failures_per_minute: usize,
    /// How long one that has given more is not listened to.
    pub ban: Duration,
}

/// One source, or one user there, that has given wrong credentials.
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
    /// How long this user at this source is still not listened to; none if it is.
    pub fn ban_left(&mut self, now: Time, source: IpAddr, user: &str) -> Option<Duration> {
        let (source, user) = names(source, user);
        [source, user]
            .iter()
            .filter_map(|name| self.ban_of(now, name))
            .max()
    }

    /// This user at this source has given wrong credentials; `what` says with which request for whom.
    pub fn failed(
        &mut self,
        now: Time,
        source: IpAddr,
        user: &str,
        what: String,
        rules: Rules,
    ) -> Vec<Event> {
        let mut events = self.expire(now);
        let (source, user) = names(source, user);
        // A registered phone may still mistype during a ban; that neither ends nor prolongs it.
        let is_banned = |name: &String| matches!(self.suspects.get(name), Some(Suspect::Banned { .. }));
        if is_banned(&source) || is_banned(&user) {
            return events;
        }
        events.extend(self.counts_source(now, &source, &what, rules));
        let banned = self.counts(now, &user, &what, rules.max_failures_per_minute, rules.ban);
        // What it has failed is told with its source.
        self.has_told(&user);
        if let Some(failures) = banned {
            self.has_told(&source);
            let seconds = rules.ban.as_secs();
            events.push(warning(format!(
                "{user} gave wrong credentials {failures} times within a minute, last with {what}: it is not let in from \
                 there for {seconds} s unless it is registered (limits.max_failed_logins_per_minute)"
            )));
        }
        events
    }

    /// Counts it for the whole source, of which the log tells once a minute.
    fn counts_source(&mut self, now: Time, source: &str, what: &str, rules: Rules) -> Option<Event> {
        let is_new = !self.suspects.contains_key(source);
        let most = rules.max_failures_per_minute.saturating_mul(USERS_PER_SOURCE);
        let banned = self.counts(now, source, what, most, rules.ban);
        if let Some(failures) = banned {
            let seconds = rules.ban.as_secs();
            return Some(warning(format!(
                "{source} gave wrong credentials {failures} times within a minute, last with {what}: nobody there is \
                 let in for {seconds} s but phones that are registered (limits.max_failed_logins_per_minute)"
            )));
        }
        if is_new {
            self.has_told(source);
        }
        is_new.then(|| warning(format!("{source} gave wrong credentials with {what}")))
    }

    /// Counts one more failure of this suspect, and says how many there were if these are too many now.
    fn counts(&mut self, now: Time, name: &str, what: &str, most: usize, ban: Duration) -> Option<usize> {
        self.make_room(name);
        let (failures, untold) = match self.suspects.get(name) {
            Some(Suspect::Heard { failures, untold, .. }) => (*failures + 1, *untold + 1),
            Some(Suspect::Banned { .. }) | None => (1, 1),
        };
        let is_too_many = failures > most;
        let suspect = match is_too_many {
            true => Suspect::Banned {
                until: now + ban,
                ignored: 0,
            },
            false => Suspect::Heard {
                until: self.suspects.get(name).map_or(now + MINUTE, Suspect::until),
                failures,
                untold,
                last: what.to_owned(),
            },
        };
        self.soonest = self.soonest.into_iter().chain([suspect.until()]).min();
        self.suspects.insert(name.to_owned(), suspect);
        is_too_many.then_some(failures)
    }

    /// A line has just told all there is of this one.
    fn has_told(&mut self, name: &str) {
        if let Some(Suspect::Heard { untold, .. }) = self.suspects.get_mut(name) {
            *untold = 0;
        }
    }

    fn ban_of(&mut self, now: Time, name: &str) -> Option<Duration> {
        match self.suspects.get_mut(name)? {
            Suspect::Banned { until, ignored } if *until > now => {
                *ignored += 1;
                Some(until.since(now))
            }
            Suspect::Banned { .. } | Suspect::Heard { .. } => None,
        }
    }

    /// Looks at those whose time has come: what is still untold is told, and they are forgotten. Cheap if there
    /// are none.
    pub fn expire(&mut self, now: Time) -> Vec<Event> {
        if self.soonest.is_none_or(|soonest| soonest > now) {
            return Vec::new();
        }
        let mut events = Vec::new();
        let done: Vec<_> = self
            .suspects
            .extract_if(.., |_, suspect| suspect.until() <= now)
            .collect();
        for (name, suspect) in done {
            events.extend(suspect.last_words(&name));
            self.suspects
                .extend(suspect.after_that().map(|next| (name, next)));
        }
        self.soonest = self.suspects.values().map(Suspect::until).min();
        events
    }

    /// When [`Guard::expire`] wants to be called next.
    pub fn deadline(&self) -> Option<Time> {
        self.soonest
    }

    fn make_room(&mut self, newcomer: &str) {
        if self.suspects.len() < MAX_SUSPECTS || self.suspects.contains_key(newcomer) {
            return;
        }
        let first = self.suspects.iter().min_by_key(|(_, suspect)| suspect.until());
        if let Some(name) = first.map(|(name, _)| name.clone()) {
            self.suspects.remove(&name);
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
    fn last_words(&self, source: &str) -> Option<Event> {
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

/// What a source, and a user there, is called.
fn names(source: IpAddr, user: &str) -> (String, String) {
    let source = network(source).to_string();
    let user = format!("{user} at {source}");
    (source, user)
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
