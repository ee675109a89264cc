//! Keeping watch over a far end that should speak: it may be gone without having said so.

use crate::media::tone::on_the_grid;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Whether somebody waits for a sign of life.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) enum Vigil {
    /// Nobody does.
    #[default]
    Off,
    /// We do, since the last sign or since we were asked to.
    Waiting { patience: Duration, since: Time },
    /// We have, and it was told that none came.
    Told { patience: Duration },
}

impl Vigil {
    /// Waits from now on, or no more. What goes on as before does not begin anew.
    pub(super) fn keep(&mut self, now: Time, patience: Option<Duration>) {
        *self = match (*self, patience) {
            (_, None) => Vigil::Off,
            (Vigil::Off, Some(patience)) => Vigil::Waiting { patience, since: now },
            (Vigil::Waiting { since, .. }, Some(patience)) => Vigil::Waiting { patience, since },
            (Vigil::Told { .. }, Some(patience)) => Vigil::Told { patience },
        };
    }

    /// A sign of life.
    pub(super) fn sign(&mut self, now: Time) {
        match *self {
            Vigil::Off => {}
            Vigil::Waiting { patience, .. } | Vigil::Told { patience } => {
                *self = Vigil::Waiting { patience, since: now };
            }
        }
    }

    /// When to look again.
    pub(super) fn due(&self) -> Option<Time> {
        match *self {
            Vigil::Waiting { patience, since } => Some(on_the_grid(since + patience)),
            Vigil::Off | Vigil::Told { .. } => None,
        }
    }

    /// Whether it is to be told now that no sign has come.
    pub(super) fn is_in_vain(&mut self, now: Time) -> bool {
        match *self {
            Vigil::Waiting { patience, since } if since + patience <= now => {
                *self = Vigil::Told { patience };
                true
            }
            Vigil::Waiting { .. } | Vigil::Off | Vigil::Told { .. } => false,
        }
    }
}
