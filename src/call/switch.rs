//! The switch: one value that holds all signalling state, moved on by one function.

use super::{Effects, Input};
use crate::config::Config;
use crate::time::Time;
use std::sync::Arc;

/// All signalling state. One thread owns it, so there is nothing to lock and nothing to race.
#[derive(Debug)]
pub struct Switch {}

/// How many things the switch holds; all zero after every story, or something leaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Live conversations.
    pub conversations: usize,
    /// Their legs.
    pub legs: usize,
    /// SIP transactions.
    pub transactions: usize,
    /// RTP ports in use or draining.
    pub ports: usize,
}

/// A snapshot that cannot be taken up again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the snapshot cannot be read: {0}")]
pub struct SnapshotError(pub String);

impl Switch {
    /// A switch without calls. `seed` is the source of all its tags, branches, Call-IDs and nonces.
    pub fn new(config: Arc<Config>, seed: [u8; 32], now: Time, effects: &mut Effects) -> Switch {
        todo!()
    }

    /// One step: something has happened, and this is what is to be done about it.
    pub fn step(&mut self, now: Time, input: Input, effects: &mut Effects) {
        todo!()
    }

    /// When [`Input::Deadline`] is due, unless something else happens before.
    pub fn deadline(&self) -> Option<Time> {
        todo!()
    }

    /// All state as text (JSON), to be taken up by [`Switch::restore`].
    pub fn snapshot(&self) -> Vec<u8> {
        todo!()
    }

    /// The switch that wrote this snapshot; every wiring is sent again.
    pub fn restore(
        config: Arc<Config>,
        snapshot: &[u8],
        now: Time,
        effects: &mut Effects,
    ) -> Result<Switch, SnapshotError> {
        todo!()
    }

    /// How many things it holds.
    pub fn census(&self) -> Census {
        todo!()
    }
}
