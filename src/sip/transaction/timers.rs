//! The timers of RFC 3261 §17 (its Table 4) and RFC 6026, in one table.
//!
//! Timer C is not among them: it belongs to proxies, and how long a phone may ring is a question of policy.

use crate::sip::Transport;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The three estimates of which all timers are multiples (RFC 3261 §17.1.1.1, §17.1.2.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimerSettings {
    /// The round-trip time.
    pub t1: Duration,
    /// The longest gap between retransmissions, INVITE requests apart.
    pub t2: Duration,
    /// The longest life of a message in the network.
    pub t4: Duration,
}

impl Default for TimerSettings {
    /// The values of RFC 3261 §17.
    fn default() -> TimerSettings {
        TimerSettings {
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
        }
    }
}

/// A timer, by its letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "what each waits for stands in the table below")]
pub enum Timer {
    A,
    B,
    D,
    E,
    F,
    G,
    H,
    I,
    J,
    K,
    L,
    M,
    /// Has no letter in the RFC: the patience after a CANCEL (RFC 3261 §9.1).
    X,
}

/// A length of time as the RFC writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// The timer does not run: the transport repeats what is lost.
    Never,
    /// The timer fires as soon as it is started: there is nothing to wait for.
    AtOnce,
    /// T1.
    T1,
    /// T4.
    T4,
    /// 64·T1.
    T1Times64,
    /// 64·T1, but never less than 32 s.
    AtLeast32s,
}

/// What a timer does after it has fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pace {
    /// Nothing more.
    Once,
    /// It runs again, each time twice as long.
    Doubling,
    /// It runs again, each time twice as long until that would be longer than T2.
    DoublingToT2,
    /// It runs again for T2.
    EveryT2,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct TimerRow {
    /// Which timer.
    pub timer: Timer,
    /// What it waits for.
    pub waits_for: &'static str,
    /// Its first span over UDP.
    pub unreliable: Span,
    /// Its first span over TCP, TLS …
    pub reliable: Span,
}

/// The table, in the order of [`Timer`].
#[rustfmt::skip] // A table is read by its columns.
pub const TIMERS: [TimerRow; 13] = [
    row(Timer::A, Span::T1,         Span::Never,     "any response to our INVITE, or it goes again"),
    row(Timer::B, Span::T1Times64,  Span::T1Times64, "any response to our INVITE, or it has failed"),
    row(Timer::D, Span::AtLeast32s, Span::AtOnce,    "repeated non-2xx to our INVITE, each ACKed"),
    row(Timer::E, Span::T1,         Span::Never,     "a final response to our request, or it goes again"),
    row(Timer::F, Span::T1Times64,  Span::T1Times64, "a final response to our request, or it has failed"),
    row(Timer::G, Span::T1,         Span::Never,     "the ACK to our non-2xx, or it goes again"),
    row(Timer::H, Span::T1Times64,  Span::T1Times64, "the ACK to our non-2xx, or we give up"),
    row(Timer::I, Span::T4,         Span::AtOnce,    "repeated ACKs to our non-2xx"),
    row(Timer::J, Span::T1Times64,  Span::AtOnce,    "repeated requests that we have answered"),
    row(Timer::K, Span::T4,         Span::AtOnce,    "repeated responses to our request"),
    row(Timer::L, Span::T1Times64,  Span::T1Times64, "repeated INVITEs that we have accepted"),
    row(Timer::M, Span::T1Times64,  Span::T1Times64, "more 2xx to our INVITE, repeated or of other branches"),
    row(Timer::X, Span::T1Times64,  Span::T1Times64, "the end of an INVITE that we have cancelled"),
];

impl Timer {
    /// Its row in the table.
    pub fn row(self) -> TimerRow {
        TIMERS[self as usize]
    }

    /// How long it runs first on this transport; none if it does not run there.
    pub fn first(self, transport: Transport, settings: &TimerSettings) -> Option<Duration> {
        let row = self.row();
        let span = if transport.is_unreliable() {
            row.unreliable
        } else {
            row.reliable
        };
        span.of(settings)
    }
}

impl Span {
    /// The span in time; none for [`Span::Never`].
    pub fn of(self, settings: &TimerSettings) -> Option<Duration> {
        match self {
            Span::Never => None,
            Span::AtOnce => Some(Duration::ZERO),
            Span::T1 => Some(settings.t1),
            Span::T4 => Some(settings.t4),
            Span::T1Times64 => Some(settings.t1.saturating_mul(64)),
            Span::AtLeast32s => Some(settings.t1.saturating_mul(64).max(Duration::from_secs(32))),
        }
    }
}

impl Pace {
    /// How long the timer runs next, after it has run for `span`; none if it has done its work.
    pub fn next(self, span: Duration, settings: &TimerSettings) -> Option<Duration> {
        let doubled = span.saturating_mul(2);
        match self {
            Pace::Once => None,
            Pace::Doubling => Some(doubled),
            Pace::DoublingToT2 => Some(doubled.min(settings.t2)),
            Pace::EveryT2 => Some(settings.t2),
        }
    }
}

const fn row(timer: Timer, unreliable: Span, reliable: Span, waits_for: &'static str) -> TimerRow {
    TimerRow {
        timer,
        waits_for,
        unreliable,
        reliable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_letters() {
        for row in TIMERS {
            assert_eq!(row.timer.row().timer, row.timer);
        }
    }

    #[test]
    fn the_default_values_are_those_of_rfc_3261_table_4() {
        let first = |timer: Timer, transport| timer.first(transport, &TimerSettings::default());
        let seconds = |n| Some(Duration::from_secs(n));
        let t1 = Some(Duration::from_millis(500));
        for (timer, udp, tcp) in [
            (Timer::A, t1, None),
            (Timer::B, seconds(32), seconds(32)),
            (Timer::D, seconds(32), seconds(0)),
            (Timer::E, t1, None),
            (Timer::F, seconds(32), seconds(32)),
            (Timer::G, t1, None),
            (Timer::H, seconds(32), seconds(32)),
            (Timer::I, seconds(5), seconds(0)),
            (Timer::J, seconds(32), seconds(0)),
            (Timer::K, seconds(5), seconds(0)),
            (Timer::L, seconds(32), seconds(32)),
            (Timer::M, seconds(32), seconds(32)),
            (Timer::X, seconds(32), seconds(32)),
        ] {
            assert_eq!(first(timer, Transport::Udp), udp, "{timer:?} over UDP");
            assert_eq!(first(timer, Transport::Tcp), tcp, "{timer:?} over TCP");
        }
    }

    #[test]
    fn a_pace_without_bound_doubles_for_ever_and_the_others_stop_at_t2() {
        let settings = TimerSettings::default();
        let three = Duration::from_secs(3);
        assert_eq!(Pace::Once.next(three, &settings), None);
        assert_eq!(
            Pace::Doubling.next(three, &settings),
            Some(Duration::from_secs(6))
        );
        assert_eq!(
            Pace::DoublingToT2.next(three, &settings),
            Some(Duration::from_secs(4))
        );
        assert_eq!(
            Pace::EveryT2.next(settings.t1, &settings),
            Some(Duration::from_secs(4))
        );
    }
}
