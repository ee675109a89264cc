//! What somebody hears: nobody, one voice as it comes, a tone, or several at once; and what stands in for them while
//! nothing comes.

use crate::id::LegId;
use crate::media::mix::Mix;
use crate::media::tone::{Player, Tone, on_the_grid};
use crate::time::Time;
use crate::wiring::{Row, Voice};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Who has sent nothing for so long has stopped. No stutter of a network lasts longer, and neither does a breath.
const QUIET_MS: u64 = 1_000;
/// A sound of ours begins so much later than it could: the first packet of what it stands in for may be on its way, and
/// nobody wants a beep before it.
const FORBEARANCE_MS: u64 = 200;

/// What the far end of a port is to hear, by its row.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Hearing {
    meant: Meant,
    /// What is heard while nothing arrives from the legs that are meant.
    otherwise: Option<Tone>,
    /// That, while nothing does.
    stand_in: Option<Player>,
}

/// What is meant to be heard.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
enum Meant {
    #[default]
    Nobody,
    Leg {
        leg: LegId,
        /// Since when.
        since: Time,
    },
    Tone(Player),
    Mix(Mix),
}

/// What the far end hears at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sounding {
    Nobody,
    Leg(LegId),
    Tone(Tone),
    Mix,
}

impl Hearing {
    /// What this row says from now on. Whose voice is heard already is heard since before, and a tone that goes on is
    /// not begun again.
    pub(super) fn follow(&mut self, now: Time, row: &Row) {
        let voices = voices(row);
        // A mix is a stream by itself, though nobody speaks in it.
        let is_needed = |tone: &Tone| voices.len() == 1 || *tone != Tone::Silence;
        self.otherwise = row.otherwise.and_then(Tone::of).filter(is_needed);
        if self.voices() == voices {
            return;
        }
        if let (Meant::Mix(mix), [_, _, ..]) = (&mut self.meant, &*voices) {
            return mix.change(now, &voices);
        }
        let next = self.meant(now, &voices);
        let played = match std::mem::replace(&mut self.meant, next) {
            Meant::Tone(player) => Some(player),
            Meant::Nobody | Meant::Leg { .. } | Meant::Mix(_) => self.stand_in.take(),
        };
        match (&mut self.meant, played) {
            (Meant::Tone(player), Some(played)) if player.tone == played.tone => *player = played,
            (_, played) => self.stand_in = played.filter(|played| Some(played.tone) == self.otherwise),
        }
    }

    /// Something has arrived from a leg: if it is heard, nothing stands in for it any more.
    pub(super) fn arrives(&mut self, from: LegId) {
        if self.stand_in.is_some() && (self.relays(from) || self.mixes(from)) {
            self.stand_in = None;
        }
    }

    /// Something else is heard from now on if nothing has arrived from those who are heard since then, or ever.
    pub(super) fn wait(&mut self, now: Time, heard: Option<Time>) {
        let is_quiet = heard.is_none_or(|heard| heard + Duration::from_millis(QUIET_MS) <= now);
        let tone = self.otherwise.filter(|_| is_quiet);
        if self.stand_in.as_ref().map(|player| player.tone) != tone {
            let begins = |tone: &Tone| match (heard, tone) {
                (Some(_), _) | (None, Tone::Silence) => now,
                (None, _) => now + Duration::from_millis(FORBEARANCE_MS),
            };
            self.stand_in = tone.map(|tone| Player::new(begins(&tone), tone));
        }
    }

    /// Until when those who are heard may send nothing before something stands in for them, if they were heard then.
    pub(super) fn waits_until(&self, heard: Option<Time>) -> Option<Time> {
        let waits = self.otherwise.is_some() && self.stand_in.is_none();
        let heard = heard.filter(|_| waits)?;
        Some(on_the_grid(heard + Duration::from_millis(QUIET_MS)))
    }

    /// What is heard now.
    pub(super) fn sounding(&self) -> Sounding {
        match (&self.stand_in, &self.meant) {
            (Some(player), _) | (None, Meant::Tone(player)) => Sounding::Tone(player.tone),
            (None, Meant::Nobody) => Sounding::Nobody,
            (None, Meant::Leg { leg, .. }) => Sounding::Leg(*leg),
            (None, Meant::Mix(_)) => Sounding::Mix,
        }
    }

    /// The tone that is heard now.
    pub(super) fn player(&mut self) -> Option<&mut Player> {
        match (&mut self.stand_in, &mut self.meant) {
            (Some(player), _) | (None, Meant::Tone(player)) => Some(player),
            (None, Meant::Nobody | Meant::Leg { .. } | Meant::Mix(_)) => None,
        }
    }

    /// Those who are heard together, be it that nothing arrives from any of them now.
    pub(super) fn mix(&mut self) -> Option<&mut Mix> {
        match &mut self.meant {
            Meant::Mix(mix) => Some(mix),
            Meant::Nobody | Meant::Leg { .. } | Meant::Tone(_) => None,
        }
    }

    /// Whether several are heard together.
    pub(super) fn is_mix(&self) -> bool {
        matches!(self.meant, Meant::Mix(_))
    }

    /// Whether what that leg says is heard, and nobody else.
    pub(super) fn relays(&self, speaker: LegId) -> bool {
        matches!(self.meant, Meant::Leg { leg, .. } if leg == speaker)
    }

    /// Whether what that leg says is heard, among others.
    pub(super) fn mixes(&self, speaker: LegId) -> bool {
        matches!(&self.meant, Meant::Mix(mix) if mix.hears(speaker))
    }

    /// The legs that are heard together.
    pub(super) fn mixed(&self) -> impl Iterator<Item = LegId> {
        let mix = match &self.meant {
            Meant::Mix(mix) => Some(mix),
            Meant::Nobody | Meant::Leg { .. } | Meant::Tone(_) => None,
        };
        mix.into_iter().flat_map(Mix::legs)
    }

    /// Since when this voice is heard, if it is somebody's.
    pub(super) fn since(&self, voice: Voice) -> Option<Time> {
        match &self.meant {
            Meant::Leg { leg, since } if voice == Voice::Leg(*leg) => Some(*since),
            Meant::Mix(mix) => mix.since(voice),
            Meant::Nobody | Meant::Leg { .. } | Meant::Tone(_) => None,
        }
    }

    /// When there is something to be played.
    pub(super) fn due(&self) -> Option<Time> {
        let stand_in = self.stand_in.as_ref().map(Player::due);
        let meant = match &self.meant {
            Meant::Tone(player) => Some(player.due()),
            Meant::Mix(mix) => Some(mix.due()),
            Meant::Nobody | Meant::Leg { .. } => None,
        };
        stand_in.into_iter().chain(meant).min()
    }

    fn voices(&self) -> Vec<Voice> {
        match &self.meant {
            Meant::Nobody => vec![],
            Meant::Leg { leg, .. } => vec![Voice::Leg(*leg)],
            Meant::Tone(player) => vec![player.tone.voice()],
            Meant::Mix(mix) => mix.voices().collect(),
        }
    }

    fn meant(&self, now: Time, voices: &[Voice]) -> Meant {
        let since = |voice: Voice| self.since(voice).unwrap_or(now);
        match *voices {
            [] => Meant::Nobody,
            [voice @ Voice::Leg(leg)] => Meant::Leg {
                leg,
                since: since(voice),
            },
            [voice] => Tone::of(voice).map_or(Meant::Nobody, |tone| Meant::Tone(Player::new(now, tone))),
            _ => Meant::Mix(Mix::new(now, voices.iter().map(|&voice| (voice, since(voice))))),
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
