//! The client transaction of every request but INVITE and ACK (RFC 3261 §17.1.2).
//!
//! ```text
//!              request sent
//!                   │
//!             ┌─────▼─────┐ E: request again
//!    ┌────────┤  Trying   ├──┐
//!    │        │           │◀─┘
//!    │        └─┬───────┬─┘
//!    │          │ 1xx   │ F: timed out
//!    │    ┌─────▼─────┐ │
//!    │    │Proceeding ├─┼──┐ E: request again
//!    │    │           │◀┼──┘ 1xx: told
//!    │    └─┬───────┬─┘ │
//!    └──────┤200–699│ F │
//!     ┌─────▼─────┐ │   │
//!     │ Completed │ │   │
//!     └─────┬─────┘ │   │
//!           │ K     │   │
//!           └──▶ Terminated
//! ```

use super::timers::{Pace, Timer};
use super::{ClientAction, Machine, Wait, again, once};
use serde::{Deserialize, Serialize};

/// What the transaction waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// The first response.
    Trying,
    /// The final response.
    Proceeding,
    /// Repeated final responses.
    Completed,
    /// Nothing.
    Terminated,
}

/// What can happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A 1xx.
    Provisional,
    /// A 200–699.
    Final,
    /// The request could not be sent.
    TransportError,
    /// Time to send the request again.
    TimerE,
    /// No final response.
    TimerF,
    /// No more retransmissions of the final response can come.
    TimerK,
}

impl Machine for State {
    type Event = Event;
    type Action = ClientAction;
    const NAME: &'static str = "non-INVITE client";
    const STATES: &'static [State] = &[
        State::Trying,
        State::Proceeding,
        State::Completed,
        State::Terminated,
    ];
    const EVENTS: &'static [Event] = &[
        Event::Provisional,
        Event::Final,
        Event::TransportError,
        Event::TimerE,
        Event::TimerF,
        Event::TimerK,
    ];

    fn on(self, event: Event) -> (State, &'static [ClientAction]) {
        use ClientAction::{SendRequest, Tell, TellFailed, TellTimedOut};
        use Event::{Final, Provisional, TimerE, TimerF, TimerK, TransportError};
        use State::{Completed, Proceeding, Terminated, Trying};
        match (self, event) {
            (Trying | Proceeding, Provisional) => (Proceeding, &[Tell]),
            (Trying | Proceeding, Final) => (Completed, &[Tell]),
            (Trying | Proceeding, TimerE) => (self, &[SendRequest]),
            (Trying | Proceeding, TimerF) => (Terminated, &[TellTimedOut]),
            (Trying | Proceeding, TransportError) => (Terminated, &[TellFailed]),
            (Trying | Proceeding, TimerK) => (self, &[]),

            (Completed, TimerK) => (Terminated, &[]),
            (Completed, Provisional | Final | TransportError | TimerE | TimerF) => (self, &[]),

            (Terminated, Provisional | Final | TransportError | TimerE | TimerF | TimerK) => (self, &[]),
        }
    }

    fn waits(self) -> &'static [Wait<Event>] {
        match self {
            State::Trying => {
                &const {
                    [
                        again(Timer::E, Pace::DoublingToT2, Event::TimerE),
                        once(Timer::F, Event::TimerF),
                    ]
                }
            }
            // A provisional response shows that the request has arrived, so there is less haste.
            State::Proceeding => {
                &const {
                    [
                        again(Timer::E, Pace::EveryT2, Event::TimerE),
                        once(Timer::F, Event::TimerF),
                    ]
                }
            }
            State::Completed => &const { [once(Timer::K, Event::TimerK)] },
            State::Terminated => &[],
        }
    }
}
