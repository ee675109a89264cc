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
    Leg {
        leg: LegId,
        /// Since when.
        since: Time,
    },
    Tone(Player),
    Mix(Mix),
}

impl Hearing {
    /// These voices from now on. Whose voice is heard already is heard since before.
    pub(super) fn followed_by(&self, now: Time, voices: &[Voice]) -> Hearing {
        let since = |voice: Voice| self.since(voice).unwrap_or(now);
        match *voices {
            [] => Hearing::Nobody,
            [voice @ Voice::Leg(leg)] => Hearing::Leg {
                leg,
                since: since(voice),
            },
            [voice] => Tone::of(voice).map_or(Hearing::Nobody, |tone| Hearing::Tone(Player::new(now, tone))),
            _ => Hearing::Mix(Mix::new(now, voices.iter().map(|&voice| (voice, since(voice))))),
        }
    }

    /// Since when this voice is heard, if it is somebody's.
    pub(super) fn since(&self, voice: Voice) -> Option<Time> {
        match self {
            Hearing::Leg { leg, since } if voice == Voice::Leg(*leg) => Some(*since),
            Hearing::Mix(mix) => mix.since(voice),
            Hearing::Nobody | Hearing::Leg { .. } | Hearing::Tone(_) => None,
        }
    }

    /// What is heard.
    pub(super) fn voices(&self) -> Vec<Voice> {
        match self {
            Hearing::Nobody => vec![],
            Hearing::Leg { leg, .. } => vec![Voice::Leg(*leg)],
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
