//! The INVITE client transaction (RFC 3261 §17.1.1, RFC 6026 §7.2), with the CANCEL of §9.1 drawn in.
//!
//! ```text
//!                          INVITE sent
//!                              │
//!      A: INVITE again   ┌─────▼──────┐  cancel   ┌──────────────┐  A: INVITE again
//!              ┌─────────┤  Calling   ├──────────▶│ Withdrawing  ├────────┐
//!              └────────▶│            │           │ no 1xx yet   │◀───────┘
//!                        └─┬──┬──┬────┘           └─┬──┬──┬──────┘
//!      B: timed out ◀──────┘  │  │ 1xx              │  │  └────────▶ B: timed out
//!                             │  │                  │  │ 1xx: CANCEL
//!                             │ ┌▼───────────┐ cancel: ┌▼─────────┐
//!                             │ │ Proceeding ├─CANCEL─▶│Cancelled │─▶ X: timed out
//!                             │ └─┬────────┬─┘      │  └┬────────┬┘
//!                             ▼   ▼        │        ▼   ▼        │
//!            300–699: ACK, told            └─ 2xx: told ─────────┤
//!                        │                                       │
//!                 ┌──────▼─────┐                           ┌─────▼──────┐
//!   300–699: ACK ─┤ Completed  │                           │  Accepted  ├─ 2xx: told as late
//!                 └──────┬─────┘                           └─────┬──────┘
//!                        │ D                                     │ M
//!                        └──────────────▶ Terminated ◀───────────┘
//! ```

use super::timers::{Pace, Timer};
use super::{ClientAction, Machine, Wait, again, once};
use serde::{Deserialize, Serialize};

/// What the transaction waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// The first response.
    Calling,
    /// The first response, to send the CANCEL after it.
    Withdrawing,
    /// The final response.
    Proceeding,
    /// The final response, after our CANCEL.
    Cancelled,
    /// Repeated non-2xx responses, to ACK each.
    Completed,
    /// Further 2xx responses (RFC 6026).
    Accepted,
    /// Nothing.
    Terminated,
}

/// What can happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A 1xx.
    Provisional,
    /// A 2xx.
    Ok,
    /// A 300–699.
    Failure,
    /// The user wants the request withdrawn.
    Cancel,
    /// The request or an ACK could not be sent.
    TransportError,
    /// Time to send the INVITE again.
    TimerA,
    /// No response at all.
    TimerB,
    /// No more retransmissions of the non-2xx can come.
    TimerD,
    /// No more 2xx can come.
    TimerM,
    /// No final response after our CANCEL.
    TimerX,
}

impl Machine for State {
    type Event = Event;
    type Action = ClientAction;
    const NAME: &'static str = "INVITE client";
    const STATES: &'static [State] = &[
        State::Calling,
        State::Withdrawing,
        State::Proceeding,
        State::Cancelled,
        State::Completed,
        State::Accepted,
        State::Terminated,
    ];
    const EVENTS: &'static [Event] = &[
        Event::Provisional,
        Event::Ok,
        Event::Failure,
        Event::Cancel,
        Event::TransportError,
        Event::TimerA,
        Event::TimerB,
        Event::TimerD,
        Event::TimerM,
        Event::TimerX,
    ];

    fn on(self, event: Event) -> (State, &'static [ClientAction]) {
        use ClientAction::{SendAck, SendCancel, SendRequest, Tell, TellFailed, TellLateOk, TellTimedOut};
        use Event::{
            Cancel, Failure, Ok, Provisional, TimerA, TimerB, TimerD, TimerM, TimerX, TransportError,
        };
        use State::{Accepted, Calling, Cancelled, Completed, Proceeding, Terminated, Withdrawing};
        match (self, event) {
            (Calling, Provisional) => (Proceeding, &[Tell]),
            (Calling, Cancel) => (Withdrawing, &[]),
            (Withdrawing, Provisional) => (Cancelled, &[SendCancel, Tell]),
            (Calling | Withdrawing, TimerA) => (self, &[SendRequest]),
            (Calling | Withdrawing, TimerB) => (Terminated, &[TellTimedOut]),
            (Calling | Withdrawing, TransportError) => (Terminated, &[TellFailed]),
            (Withdrawing, Cancel) | (Calling | Withdrawing, TimerD | TimerM | TimerX) => (self, &[]),

            (Proceeding | Cancelled, Provisional) => (self, &[Tell]),
            (Proceeding, Cancel) => (Cancelled, &[SendCancel]),
            (Cancelled, TimerX) => (Terminated, &[TellTimedOut]),
            // The INVITE has arrived; its answer may still come over another connection (§18.2.2).
            (Proceeding | Cancelled, TransportError) => (self, &[]),
            (Proceeding | Cancelled, TimerA | TimerB | TimerD | TimerM) => (self, &[]),
            (Proceeding, TimerX) | (Cancelled, Cancel) => (self, &[]),

            // A 2xx after our CANCEL is told as any other: the two have crossed, and the dialog must be
            // ended.
            (Calling | Withdrawing | Proceeding | Cancelled, Ok) => (Accepted, &[Tell]),
            (Calling | Withdrawing | Proceeding | Cancelled, Failure) => (Completed, &[SendAck, Tell]),

            (Completed, Failure) => (Completed, &[SendAck]),
            // A forking proxy passes on every 2xx, even after it has passed on a failure (§16.7 step 5).
            (Completed | Accepted, Ok) => (self, &[TellLateOk]),
            (Completed, TimerD) | (Accepted, TimerM) => (Terminated, &[]),
            // The user has its final response: that the ACK is lost is no news for it.
            (Completed, TransportError) => (Terminated, &[]),
            (Completed, Provisional | Cancel | TimerA | TimerB | TimerM | TimerX) => (self, &[]),
            (Accepted, Provisional | Failure | Cancel | TransportError) => (self, &[]),
            (Accepted, TimerA | TimerB | TimerD | TimerX) => (self, &[]),

            (Terminated, Provisional | Ok | Failure | Cancel | TransportError) => (self, &[]),
            (Terminated, TimerA | TimerB | TimerD | TimerM | TimerX) => (self, &[]),
        }
    }

    fn waits(self) -> &'static [Wait<Event>] {
        match self {
            State::Calling | State::Withdrawing => {
                &const {
                    [
                        again(Timer::A, Pace::Doubling, Event::TimerA),
                        once(Timer::B, Event::TimerB),
                    ]
                }
            }
            State::Cancelled => &const { [once(Timer::X, Event::TimerX)] },
            State::Completed => &const { [once(Timer::D, Event::TimerD)] },
            State::Accepted => &const { [once(Timer::M, Event::TimerM)] },
            State::Proceeding | State::Terminated => &[],
        }
    }
}
