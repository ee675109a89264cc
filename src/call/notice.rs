//! Short tones that tell one party what has happened, and nobody else.

use super::conversation::Conversation;
use crate::id::LegId;
use crate::time::Time;
use crate::wiring::Voice;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a tone is heard before everything is as it was.
const TONE: Duration = Duration::from_secs(1);
/// How long a signal of the recording is heard: whoever hears it is in the middle of a talk.
const SIGNAL: Duration = Duration::from_millis(280);

/// What one leg hears for a moment, in place of all else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The tone.
    pub sound: Voice,
    /// Until when.
    pub until: Time,
}

impl Conversation {
    /// Lets one leg hear a tone for a moment. A newer one takes the place of an older.
    pub fn notifies(&mut self, now: Time, leg: LegId, sound: Voice) {
        if let Some(leg) = self.legs.get_mut(&leg) {
            let lasts = match sound {
                Voice::Paused | Voice::Resumed => SIGNAL,
                Voice::Leg(_)
                | Voice::Ringback
                | Voice::Busy
                | Voice::Music
                | Voice::Dial
                | Voice::Error
                | Voice::Silence => TONE,
            };
            let until = now + lasts;
            leg.notice = Some(Notice { sound, until });
        }
    }

    /// Ends the tones whose moment is over.
    pub fn notices_rest(&mut self, now: Time) {
        for leg in self.legs.values_mut() {
            leg.notice = leg.notice.filter(|notice| notice.until > now);
        }
    }
}
