//! Where one speaker's speech stands on our timeline, whatever its clock and the network do to it.

use super::Speech;
use crate::media::codec::CLOCK_HZ;
use serde::{Deserialize, Serialize};

/// A timestamp further than this from the moment of its arrival is astray.
const ASTRAY_TICKS: i64 = CLOCK_HZ as i64 / 5;
/// What stays astray for so long is where the speech is now.
const ASTRAY_PATIENCE_TICKS: i64 = CLOCK_HZ as i64 / 5;
/// After so long a pause a speaker may well have stopped its clock; we need no patience then.
const PAUSE_TICKS: i64 = CLOCK_HZ as i64;
/// How many packets show what part of their delay is jitter and what is a clock running wrong.
const WINDOW_PACKETS: u16 = 128;
/// A clock that is off by less is left alone.
const TOLERANCE_TICKS: i64 = 16;

/// Ties the speaker's timestamps to positions on the timeline.
///
/// The first packet's arrival is the first guess. The least delayed packet of each window then shows how
/// far the guess is off, be it by jitter of the first packet or by a clock that runs fast or slow, and
/// the anchor is shifted by one tick per packet, which nobody can hear.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Anchor {
    generation: u32,
    /// The newest packet: its timestamp, and where it stands.
    timestamp: u32,
    position: i64,
    arrived: i64,
    least_delay: i64,
    packets: u16,
    correction: i64,
    astray_since: Option<i64>,
    /// What held until a pause.
    #[serde(default)]
    former: Option<Former>,
}

/// An anchor that was given up because of a pause.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Former {
    timestamp: u32,
    position: i64,
    /// When it was given up.
    until: i64,
}

/// Where a piece of speech stands.
pub(super) struct Placed {
    pub(super) position: i64,
    /// A sample before it was left open by a shift.
    pub(super) is_stretched: bool,
    /// Where the speech before it ends, if what was said in between is not in its place.
    pub(super) behind: Option<i64>,
}

impl Anchor {
    pub(super) fn at(position: i64, speech: &Speech<'_>) -> Anchor {
        Anchor::new(speech.generation, speech.timestamp, position)
    }

    pub(super) fn new(generation: u32, timestamp: u32, position: i64) -> Anchor {
        Anchor {
            generation,
            timestamp,
            position,
            arrived: position,
            least_delay: i64::MAX,
            packets: 0,
            correction: 0,
            astray_since: None,
            former: None,
        }
    }

    /// Where the speech stands. `natural` is where its arrival alone would put it.
    pub(super) fn place(&mut self, natural: i64, speech: &Speech<'_>) -> Placed {
        let placed = |position| Placed {
            position,
            is_stretched: false,
            behind: None,
        };
        if self.generation != speech.generation {
            *self = Anchor::at(natural, speech);
        }
        let ahead = i64::from(speech.timestamp.wrapping_sub(self.timestamp) as i32);
        let position = self.position + ahead;
        let delay = natural - position;
        if delay.abs() > ASTRAY_TICKS {
            if delay < 0
                && let Some(former) = self.without_pause(natural, speech)
            {
                return former;
            }
            if self.is_lost_to(natural) || (speech.begins && delay > 0) {
                let former = Former {
                    timestamp: self.timestamp,
                    position: self.position,
                    until: natural,
                };
                *self = Anchor::at(natural, speech);
                self.former = Some(former);
                return placed(natural);
            }
            return placed(position);
        }
        self.astray_since = None;
        let shift = self.learn(delay);
        if ahead >= 0 {
            self.timestamp = speech.timestamp;
            self.position = position + shift;
            self.arrived = natural;
        } else {
            self.position += shift;
        }
        Placed {
            is_stretched: shift > 0,
            ..placed(position + shift)
        }
    }

    /// What comes right behind a pause, and faster than anybody speaks, was held back by the network: there has been no
    /// pause, and all stands where it was said.
    fn without_pause(&mut self, natural: i64, speech: &Speech<'_>) -> Option<Placed> {
        let former = self
            .former
            .filter(|former| natural - former.until < ASTRAY_TICKS)?;
        let ahead = i64::from(speech.timestamp.wrapping_sub(former.timestamp) as i32);
        let position = former.position + ahead;
        if position > natural {
            return None;
        }
        *self = Anchor {
            arrived: natural,
            ..Anchor::at(position, speech)
        };
        Some(Placed {
            position,
            is_stretched: false,
            behind: Some(former.position + speech.ticks as i64),
        })
    }

    /// A packet is astray: is it the anchor that is wrong? One that comes after a long pause shows it at once,
    /// a burst after an outage does not, for it ends soon.
    fn is_lost_to(&mut self, natural: i64) -> bool {
        let since = *self.astray_since.get_or_insert(natural);
        let paused = natural - self.arrived > PAUSE_TICKS;
        paused || (natural - since).abs() >= ASTRAY_PATIENCE_TICKS
    }

    fn learn(&mut self, delay: i64) -> i64 {
        if self.correction != 0 {
            let shift = self.correction.signum();
            self.correction -= shift;
            return shift;
        }
        self.least_delay = self.least_delay.min(delay);
        self.packets += 1;
        if self.packets >= WINDOW_PACKETS {
            if self.least_delay.abs() > TOLERANCE_TICKS {
                self.correction = self.least_delay;
            }
            (self.packets, self.least_delay) = (0, i64::MAX);
        }
        0
    }
}
