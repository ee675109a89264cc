//! The server transaction of every request but INVITE and ACK (RFC 3261 §17.2.2).
//!
//! ```text
//!         request came
//!              │
//!        ┌─────▼─────┐ request: absorbed
//!    ┌───┤  Trying   ├──┐
//!    │   │           │◀─┘
//!    │   └─────┬─────┘
//!    │         │ user's 1xx: sent
//!    │   ┌─────▼─────┐ request: last 1xx again
//!    │   │Proceeding ├──┐
//!    │   │           │◀─┘ user's 1xx: sent
//!    │   └─────┬─────┘
//!    └─────────┤ 200–699: sent
//!        ┌─────▼─────┐ request: final response again
//!        │ Completed ├──┐
//!        │           │◀─┘
//!        └─────┬─────┘
//!              │ J
//!              ▼
//!          Terminated
//! ```

use super::timers::Timer;
use super::{Machine, ServerAction, Wait, once};
use serde::{Deserialize, Serialize};

/// What the transaction waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// The user's first response.
    Trying,
    /// The user's final response.
    Proceeding,
    /// Repeated requests.
    Completed,
    /// Nothing.
    Terminated,
}

/// What can happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The request came again.
    Request,
    /// The user sends a 1xx.
    Provisional,
    /// The user sends a 200–699.
    Final,
    /// A response could not be sent.
    TransportError,
    /// No more requests can come.
    TimerJ,
}

impl Machine for State {
    type Event = Event;
    type Action = ServerAction;
    const NAME: &'static str = "non-INVITE server";
    const STATES: &'static [State] = &[
        State::Trying,
        State::Proceeding,
        State::Completed,
        State::Terminated,
    ];
    const EVENTS: &'static [Event] = &[
        Event::Request,
        Event::Provisional,
        Event::Final,
        Event::TransportError,
        Event::TimerJ,
    ];

    fn on(self, event: Event) -> (State, &'static [ServerAction]) {
        use Event::{Final, Provisional, Request, TimerJ, TransportError};
        use ServerAction::{Resend, Send, TellLost};
        use State::{Completed, Proceeding, Terminated, Trying};
        match (self, event) {
            (Trying | Proceeding, Provisional) => (Proceeding, &[Send]),
            (Trying | Proceeding, Final) => (Completed, &[Send]),
            (Trying | Proceeding, TransportError) => (Terminated, &[TellLost]),
            (Proceeding | Completed, Request) => (self, &[Resend]),
            (Trying, Request) | (Trying | Proceeding, TimerJ) => (self, &[]),

            (Completed, TimerJ | TransportError) => (Terminated, &[]),
            (Completed, Provisional | Final) => (self, &[]),

            (Terminated, Request | Provisional | Final | TransportError | TimerJ) => (self, &[]),
        }
    }

    fn waits(self) -> &'static [Wait<Event>] {
        match self {
            State::Completed => &const { [once(Timer::J, Event::TimerJ)] },
            State::Trying | State::Proceeding | State::Terminated => &[],
        }
    }
}
