//! Session timers (RFC 4028): every dialog is refreshed now and then, or it is over. Each leg has its own.

use super::refusal::Refusal;
use crate::sip::{Draft, Message, Name};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// No session is refreshed more often than this (RFC 4028 §4).
pub const MIN_SESSION: Duration = Duration::from_secs(90);

/// So long before the end of a session, or a third of it, a silent peer is given up (RFC 4028 §10).
const LAST_WORDS: Duration = Duration::from_secs(32);

/// After a refresh that was refused the next is not tried sooner.
const BREATH: Duration = Duration::from_secs(5);

/// The session timer of one dialog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTimer {
    /// The session interval, between two refreshes at most.
    pub interval: Duration,
    /// Who refreshes.
    pub refresher: Refresher,
    /// When the session is over, unless it is refreshed before.
    pub ends: Time,
    /// Whether the peer has agreed on the interval (RFC 4028 §7.2, §9). Where it has not, the interval is ours alone,
    /// and whatever the peer answers to a refresh shows that it is there.
    #[serde(default)]
    pub agreed: bool,
    /// What has become of our last refresh, if that was not a 2xx.
    #[serde(default)]
    pub failure: Option<Failure>,
}

/// Why a refresh of ours has refreshed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    /// The peer has refused it with this status.
    Refused(u16),
    /// It could not be sent.
    Unsent,
}

/// Who refreshes a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refresher {
    /// We do, at this moment.
    Us {
        /// Half of the interval after the last time (RFC 4028 §7.2).
        again: Time,
    },
    /// The peer does.
    Them,
}

/// Session-Expires as a message has it (RFC 4028 §4).
struct Wish {
    interval: Duration,
    refresher: Option<String>,
}

impl SessionTimer {
    /// The timer that our 2xx to this request starts. `ours` is the longest interval that we want.
    ///
    /// Who refreshes says RFC 4028 §9, table 2: a peer that knows timers and asks for one does it unless it
    /// wants us to; for one that knows nothing of timers we do.
    pub fn asked_for(request: &Message, now: Time, ours: Duration) -> Result<SessionTimer, Refusal> {
        let knows = knows_timers(request);
        let wish = Wish::of(request);
        let too_small = wish.as_ref().is_some_and(|wish| wish.interval < MIN_SESSION);
        if too_small && knows {
            return Err(Refusal::session_too_short(MIN_SESSION));
        }
        let least = request.number(Name::MIN_SE).map_or(MIN_SESSION, seconds);
        let wish = wish.filter(|_| !too_small);
        let interval = match &wish {
            Some(wish) => wish.interval.min(ours.max(least)),
            None => ours.max(least),
        };
        let theirs = wish.is_some_and(|wish| wish.refresher.as_deref() != Some("uas"));
        Ok(SessionTimer::new(now, interval, !(knows && theirs), knows))
    }

    /// The timer that their 2xx starts, where we have asked for this interval. If it says nothing of timers
    /// we refresh all the same: that is how a dead peer is noticed (RFC 4028 §7.2).
    pub fn granted(ok: &Message, now: Time, asked: Duration) -> SessionTimer {
        match Wish::of(ok) {
            Some(wish) => SessionTimer::new(
                now,
                wish.interval.max(MIN_SESSION),
                wish.refresher.as_deref() != Some("uas"),
                true,
            ),
            None => SessionTimer::new(now, asked, true, false),
        }
    }

    /// When something is to be done about it.
    pub fn due(&self) -> Time {
        match self.refresher {
            Refresher::Us { again } => again.min(self.ends),
            Refresher::Them => self.ends,
        }
    }

    /// A refresh of ours was refused (RFC 4028 §7.2). That ends no call: a peer that has agreed to no interval has shown
    /// that it is there, and one that has agreed is asked again while the interval lasts.
    pub fn refused(&mut self, now: Time, status: u16) {
        match self.agreed {
            true => self.put_off(now),
            false => *self = SessionTimer::new(now, self.interval, true, false),
        }
        self.failure = Some(Failure::Refused(status));
    }

    /// A refresh of ours could not be sent, which shows nothing of the peer.
    pub fn unsent(&mut self, now: Time) {
        self.put_off(now);
        self.failure = Some(Failure::Unsent);
    }

    /// Why the session of this party is over at its end. Whoever should have refreshed it is to blame, or whoever
    /// would not have it refreshed.
    pub fn why_over(&self, name: &str) -> String {
        let seconds = self.interval.as_secs();
        match (self.refresher, self.failure) {
            (Refresher::Them, _) => {
                format!("{name} has not refreshed its session within {seconds} s as agreed")
            }
            (Refresher::Us { .. }, Some(Failure::Refused(status))) => {
                format!(
                    "{name} refuses to refresh its session ({status}), and the {seconds} s that it agreed to are over"
                )
            }
            (Refresher::Us { .. }, Some(Failure::Unsent)) => {
                format!("{name} cannot be reached to refresh its session")
            }
            (Refresher::Us { .. }, None) => format!("{name} has not answered our refresh of its session"),
        }
    }

    /// Writes it into our 2xx (RFC 4028 §9).
    pub fn dress_answer(&self, ok: Draft, request: &Message) -> Draft {
        let ok = match knows_timers(request) {
            true => ok.with(Name::REQUIRE, "timer"),
            false => ok,
        };
        ok.with(Name::SESSION_EXPIRES, self.written("uas", "uac"))
    }

    /// As it stands in a request of ours that refreshes: who refreshes stays as it was (RFC 4028 §7.4).
    pub fn in_request(&self) -> String {
        self.written("uac", "uas")
    }

    /// The next refresh is tried after half of the time that is left.
    fn put_off(&mut self, now: Time) {
        if let Refresher::Us { again } = &mut self.refresher {
            *again = now + (self.ends.since(now) / 2).max(BREATH);
        }
    }

    fn new(now: Time, interval: Duration, ours: bool, agreed: bool) -> SessionTimer {
        let refresher = match ours {
            true => Refresher::Us {
                again: now + interval / 2,
            },
            false => Refresher::Them,
        };
        SessionTimer {
            interval,
            refresher,
            ends: now + (interval - LAST_WORDS.min(interval / 3)),
            agreed,
            failure: None,
        }
    }

    fn written(&self, us: &str, them: &str) -> String {
        let who = match self.refresher {
            Refresher::Us { .. } => us,
            Refresher::Them => them,
        };
        format!("{};refresher={who}", self.interval.as_secs())
    }
}

impl Wish {
    fn of(message: &Message) -> Option<Wish> {
        let mut parts = message.text(Name::SESSION_EXPIRES)?.split(';').map(str::trim);
        let interval = seconds(parts.next()?.parse().ok()?);
        let refresher = parts.find_map(|param| param.strip_prefix("refresher="));
        Some(Wish {
            interval,
            refresher: refresher.map(str::to_ascii_lowercase),
        })
    }
}

/// The interval that a 422 asks for (RFC 4028 §7.3).
pub fn least(refusal: &Message) -> Option<Duration> {
    refusal.number(Name::MIN_SE).map(seconds)
}

fn knows_timers(request: &Message) -> bool {
    request.has_token(Name::SUPPORTED, "timer") || request.has_token(Name::REQUIRE, "timer")
}

fn seconds(number: u32) -> Duration {
    Duration::from_secs(number.into())
}
