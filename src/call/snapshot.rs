//! Putting the switch down and taking it up again: one value, written whole and read whole.

use super::io::{Effect, Effects};
use super::switch::{State, Switch};
use crate::config::Config;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The version that this program writes. Older ones must load for ever.
const VERSION: u32 = 1;

/// A snapshot that cannot be taken up again.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// It is damaged, or not a snapshot.
    #[error("the snapshot cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// It was written by a newer program.
    #[error("the snapshot has version {0}, and this program knows versions up to {VERSION}")]
    Unknown(u32),
}

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    state: &'a State,
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Deserialize)]
struct Read {
    state: State,
}

impl Switch {
    /// All state as text (JSON), to be taken up by [`Switch::restore`].
    pub fn snapshot(&self) -> Result<Vec<u8>, SnapshotError> {
        Ok(serde_json::to_vec(&Written {
            version: VERSION,
            state: &self.state,
        })?)
    }

    /// The switch that wrote this snapshot; every wiring is sent again, with the story of its tape.
    pub fn restore(
        config: Arc<Config>,
        snapshot: &[u8],
        _now: Time,
        effects: &mut Effects,
    ) -> Result<Switch, SnapshotError> {
        let Version { version } = serde_json::from_slice(snapshot)?;
        if version > VERSION {
            return Err(SnapshotError::Unknown(version));
        }
        let Read { state } = serde_json::from_slice(snapshot)?;
        for conversation in state.conversations.iter() {
            effects.extend(conversation.tape_stories().into_iter().map(Effect::Keep));
            effects.push(Effect::Wire(conversation.id, conversation.wiring()));
        }
        Ok(Switch::resumed(config, state))
    }
}
