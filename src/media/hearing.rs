//! What somebody hears: nobody, one voice as it comes, a tone, or several at once.

use crate::id::LegId;
use crate::media::mix::Mix;
use crate::media::tone::{Player, Tone};
use crate::time::Time;
use crate::wiring::{Row, Voice};
use serde::{Deserialize, Serialize};

/// What the far end of a port is to hear.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Hearing {
    Nobody,
    Leg(LegId),
    Tone(Player),
    Mix(Mix),
}

impl Hearing {
    /// Hearing these voices from now on.
    pub(super) fn of(now: Time, voices: &[Voice]) -> Hearing {
        match *voices {
            [] => Hearing::Nobody,
            [Voice::Leg(leg)] => Hearing::Leg(leg),
            [voice] => Tone::of(voice).map_or(Hearing::Nobody, |tone| Hearing::Tone(Player::new(now, tone))),
            _ => Hearing::Mix(Mix::new(now, voices)),
        }
    }

    /// What is heard.
    pub(super) fn voices(&self) -> Vec<Voice> {
        match self {
            Hearing::Nobody => vec![],
            Hearing::Leg(leg) => vec![Voice::Leg(*leg)],
            Hearing::Tone(player) => vec![player.tone.voice()],
            Hearing::Mix(mix) => mix.voices().collect(),
        }
    }
}

/// The voices that are heard: each once, and never one's own.
pub(super) fn voices(row: &Row) -> Vec<Voice> {
    let mut voices = vec![];
    for &voice in &row.hears {
        if voice != Voice::Leg(row.leg) && !voices.contains(&voice) {
            voices.push(voice);
        }
    }
    voices
}
