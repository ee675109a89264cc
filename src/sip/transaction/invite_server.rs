//! The INVITE server transaction (RFC 3261 §17.2.1, RFC 6026 §7.1).
//!
//! ```text
//!                     INVITE came, 100 sent
//!                             │
//!                       ┌─────▼─────┐ INVITE: last 1xx again
//!            ┌──────────┤Proceeding ├──┐
//!            │          │           │◀─┘ user's 1xx: sent
//!            │          └─────┬─────┘
//!            │ 300–699: sent  │ 2xx: sent
//!            │                └───────────────┐
//!      ┌─────▼─────┐ INVITE, G: again   ┌─────▼─────┐ INVITE: absorbed
//!      │ Completed ├──┐                 │ Accepted  ├──┐ 2xx: sent, ACK: told
//!      │           │◀─┘                 │           │◀─┘
//!      └──┬─────┬──┘                    └─────┬─────┘
//!         │ ACK │ H                           │ L
//!   ┌─────▼─────┐│                            │
//!   │ Confirmed ││                            │
//!   └─────┬─────┘│                            │
//!         │ I    │                            │
//!         └──────┴─────▶ Terminated ◀─────────┘
//! ```

use super::timers::{Pace, Timer};
use super::{Machine, ServerAction, Wait, again, once};
use serde::{Deserialize, Serialize};

/// What the transaction waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// The user's final response.
    Proceeding,
    /// The ACK to our non-2xx.
    Completed,
    /// Repeated ACKs to our non-2xx.
    Confirmed,
    /// Repeated INVITEs after our 2xx (RFC 6026); its ACK is the dialog's to await.
    Accepted,
    /// Nothing.
    Terminated,
}

/// What can happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The INVITE came again.
    Invite,
    /// An ACK came within this transaction.
    Ack,
    /// The user sends a 1xx.
    Provisional,
    /// The user sends a 2xx.
    Ok,
    /// The user sends a 300–699.
    Failure,
    /// A response could not be sent.
    TransportError,
    /// Time to send the non-2xx again.
    TimerG,
    /// The ACK to the non-2xx will not come any more.
    TimerH,
    /// No more ACKs can come.
    TimerI,
    /// No more INVITEs can come.
    TimerL,
}

impl Machine for State {
    type Event = Event;
    type Action = ServerAction;
    const NAME: &'static str = "INVITE server";
    const STATES: &'static [State] = &[
        State::Proceeding,
        State::Completed,
        State::Confirmed,
        State::Accepted,
        State::Terminated,
    ];
    const EVENTS: &'static [Event] = &[
        Event::Invite,
        Event::Ack,
        Event::Provisional,
        Event::Ok,
        Event::Failure,
        Event::TransportError,
        Event::TimerG,
        Event::TimerH,
        Event::TimerI,
        Event::TimerL,
    ];

    fn on(self, event: Event) -> (State, &'static [ServerAction]) {
        use Event::{Ack, Failure, Invite, Ok, Provisional, TimerG, TimerH, TimerI, TimerL, TransportError};
        use ServerAction::{Resend, Send, TellAck, TellLost};
        use State::{Accepted, Completed, Confirmed, Proceeding, Terminated};
        match (self, event) {
            (Proceeding, Invite) => (Proceeding, &[Resend]),
            (Proceeding, Provisional) => (Proceeding, &[Send]),
            (Proceeding, Ok) => (Accepted, &[Send]),
            (Proceeding, Failure) => (Completed, &[Send]),
            (Proceeding, TransportError) => (Terminated, &[TellLost]),
            (Proceeding, Ack | TimerG | TimerH | TimerI | TimerL) => (self, &[]),

            (Completed, Invite | TimerG) => (Completed, &[Resend]),
            (Completed, Ack) => (Confirmed, &[]),
            // Without an ACK to a refusal nothing is left behind, so there is nobody to tell.
            (Completed, TimerH | TransportError) => (Terminated, &[]),
            (Completed, Provisional | Ok | Failure | TimerI | TimerL) => (self, &[]),

            (Confirmed, TimerI) => (Terminated, &[]),
            (Confirmed, Invite | Ack | Provisional | Ok | Failure | TransportError) => (self, &[]),
            (Confirmed, TimerG | TimerH | TimerL) => (self, &[]),

            // The user repeats its 2xx until the ACK comes (§13.3.1.4); each passes through here.
            (Accepted, Ok) => (Accepted, &[Send]),
            (Accepted, Ack) => (Accepted, &[TellAck]),
            (Accepted, TimerL) => (Terminated, &[]),
            // The dialog waits for its ACK and will notice that the peer is gone.
            (Accepted, TransportError) => (self, &[]),
            (Accepted, Invite | Provisional | Failure | TimerG | TimerH | TimerI) => (self, &[]),

            (Terminated, Invite | Ack | Provisional | Ok | Failure | TransportError) => (self, &[]),
            (Terminated, TimerG | TimerH | TimerI | TimerL) => (self, &[]),
        }
    }

    fn waits(self) -> &'static [Wait<Event>] {
        match self {
            State::Completed => {
                &const {
                    [
                        again(Timer::G, Pace::DoublingToT2, Event::TimerG),
                        once(Timer::H, Event::TimerH),
                    ]
                }
            }
            State::Confirmed => &const { [once(Timer::I, Event::TimerI)] },
            State::Accepted => &const { [once(Timer::L, Event::TimerL)] },
            State::Proceeding | State::Terminated => &[],
        }
    }
}
