//! Transactions: one request and all responses to it (RFC 3261 §17, amended by RFC 6026).
//!
//! Each of the four machines is one file and one table: `(state, event) → (state, actions)`. A machine holds
//! no message and knows no clock. Which timers run is said by the state alone ([`Machine::waits`]): entering
//! a state starts those of its timers that were not running, leaving it stops those that the next one does
//! not have. [`Running`] is a machine together with the timers that tick for it.

pub mod client;
pub mod invite_client;
pub mod invite_server;
pub mod server;
pub mod timers;

use crate::sip::Transport;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::fmt::Debug;
use std::time::Duration;
pub use timers::{Pace, Timer, TimerSettings};

/// One of the four tables of RFC 3261 §17. The machine is its state.
pub trait Machine: Copy + Debug + Eq + 'static {
    /// What can happen to it.
    type Event: Copy + Debug + Eq + 'static;
    /// What it wants done.
    type Action: Copy + Debug + Eq + 'static;
    /// Its name in the RFC.
    const NAME: &'static str;
    /// All its states; the last one is its end.
    const STATES: &'static [Self];
    /// All events.
    const EVENTS: &'static [Self::Event];

    /// The table.
    fn on(self, event: Self::Event) -> (Self, &'static [Self::Action]);
    /// The timers that run in this state.
    fn waits(self) -> &'static [Wait<Self::Event>];

    /// Whether it has come to its end.
    fn is_over(self) -> bool {
        Self::STATES.last() == Some(&self)
    }
}

/// What a client transaction wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAction {
    /// Send the request (again).
    SendRequest,
    /// Send an ACK for the response that has just come (RFC 3261 §17.1.1.3).
    SendAck,
    /// Send a CANCEL for the request (RFC 3261 §9.1).
    SendCancel,
    /// Hand the response that has just come to the user.
    Tell,
    /// Hand on a 2xx that came after the final response: the user's dialogs must ACK it (RFC 3261 §13.2.2.4).
    TellLateOk,
    /// No answer came in time.
    TellTimedOut,
    /// The request could not be sent.
    TellFailed,
}

/// What a server transaction wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerAction {
    /// Send the response that the user has just given, and remember it.
    Send,
    /// Send the remembered response again.
    Resend,
    /// Hand on the ACK that has just come.
    TellAck,
    /// The peer cannot be reached any more.
    TellLost,
}

/// One timer of one state.
#[derive(Clone, Copy, Debug)]
pub struct Wait<Event> {
    /// Which timer.
    pub timer: Timer,
    /// What it does after it has fired, if the state still has it.
    pub pace: Pace,
    /// What its firing means to the machine.
    pub event: Event,
}

/// The moment and the circumstances in which a machine moves.
#[derive(Clone, Copy, Debug)]
pub struct Beat<'a> {
    /// The moment.
    pub now: Time,
    /// T1, T2, T4.
    pub settings: &'a TimerSettings,
    /// The transport of the transaction.
    pub transport: Transport,
}

/// A machine and the timers that tick for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Running<State> {
    state: State,
    ticking: SmallVec<[Tick; 2]>,
}

/// A timer that runs: when it fires and how long it will then have run.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Tick {
    timer: Timer,
    due: Time,
    span: Duration,
}

/// The actions of one move, in order.
pub type Actions<Action> = SmallVec<[Action; 4]>;

impl<State: Machine> Running<State> {
    /// Starts a machine in its first state.
    pub fn start(beat: Beat<'_>, state: State) -> Running<State> {
        let mut running = Running {
            state,
            ticking: SmallVec::new(),
        };
        running.start_timers(beat);
        running
    }

    /// Where the machine stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// When the next timer fires.
    pub fn due(&self) -> Option<Time> {
        self.ticking.iter().map(|tick| tick.due).min()
    }

    /// Moves the machine; a timer that fires as soon as it is started moves it further at once.
    pub fn on(&mut self, beat: Beat<'_>, event: State::Event) -> Actions<State::Action> {
        let mut actions = Actions::new();
        let mut next = Some(event);
        while let Some(event) = next {
            actions.extend_from_slice(self.step(beat, event));
            next = self.fired_at_once();
        }
        actions
    }

    /// Moves the machine by the one timer that was due first, if one is due.
    pub fn expire(&mut self, beat: Beat<'_>) -> Actions<State::Action> {
        let first = self.ticking.iter().enumerate().min_by_key(|(_, tick)| tick.due);
        let Some((index, _)) = first.filter(|(_, tick)| tick.due <= beat.now) else {
            return Actions::new();
        };
        let tick = self.ticking.remove(index);
        let Some(wait) = self.wait(tick.timer) else {
            return Actions::new();
        };
        // Counting from now and not from when it was due keeps a late wake-up from sending in bursts.
        let next = wait
            .pace
            .next(tick.span, beat.settings)
            .filter(|span| !span.is_zero());
        if let Some(span) = next {
            self.ticking.push(Tick {
                timer: tick.timer,
                due: beat.now + span,
                span,
            });
        }
        self.on(beat, wait.event)
    }

    fn step(&mut self, beat: Beat<'_>, event: State::Event) -> &'static [State::Action] {
        let (state, actions) = self.state.on(event);
        if state != self.state {
            self.state = state;
            self.ticking
                .retain(|tick| state.waits().iter().any(|wait| wait.timer == tick.timer));
            self.start_timers(beat);
        }
        actions
    }

    fn start_timers(&mut self, beat: Beat<'_>) {
        for wait in self.state.waits() {
            let runs = self.ticking.iter().any(|tick| tick.timer == wait.timer);
            let first = wait.timer.first(beat.transport, beat.settings).filter(|_| !runs);
            if let Some(span) = first {
                self.ticking.push(Tick {
                    timer: wait.timer,
                    due: beat.now + span,
                    span,
                });
            }
        }
    }

    fn fired_at_once(&mut self) -> Option<State::Event> {
        let index = self.ticking.iter().position(|tick| tick.span.is_zero())?;
        let tick = self.ticking.remove(index);
        self.wait(tick.timer).map(|wait| wait.event)
    }

    fn wait(&self, timer: Timer) -> Option<Wait<State::Event>> {
        self.state
            .waits()
            .iter()
            .copied()
            .find(|wait| wait.timer == timer)
    }
}

const fn once<Event>(timer: Timer, event: Event) -> Wait<Event> {
    Wait {
        timer,
        pace: Pace::Once,
        event,
    }
}

const fn again<Event>(timer: Timer, pace: Pace, event: Event) -> Wait<Event> {
    Wait { timer, pace, event }
}

#[cfg(test)]
mod tests;
