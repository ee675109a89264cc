//! How far apart two packets of speech are, where the timestamps of a far end count something else.
//!
//! G.722 has a clock of 8 kHz though it samples twice as often (RFC 3551 §4.5.2), and some phones count the samples, or
//! half of what they say. Where each packet follows its predecessor and is as long as the time that has passed, and the
//! timestamps never agree with that, the length counts.

use crate::media::codec::CLOCK_HZ;
use serde::{Deserialize, Serialize};

/// So many steps that are wrong, one right after the other, and timestamps that were right once are so no more.
const DOUBTS: u8 = 8;
/// So many that are right, and timestamps that were wrong are right again.
const ASSENTS: u8 = 8;
/// Who says nothing for longer has paused, though nothing but our clock says so.
const PAUSE_TICKS: u32 = CLOCK_HZ / 5;

/// What we know of the steps of a far end's timestamps.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Steps {
    trust: Trust,
    /// What a written timestamp lacks.
    shift: u32,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
enum Trust {
    /// None has been compared yet.
    #[default]
    Unknown,
    /// They are right, but for this many of late.
    Right { doubts: u8 },
    /// They are wrong, but for this many of late.
    Wrong { assents: u8 },
}

/// From one packet to another, in ticks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// By their timestamps.
    pub(super) written: u32,
    /// By what the packets between them say.
    pub(super) said: i32,
    /// By our clock, from arrival to arrival.
    pub(super) passed: u32,
}

impl Steps {
    /// A packet has followed right behind another of the same length.
    pub(super) fn compare(&mut self, step: &Step) {
        let (is_right, is_wrong) = (step.is_right(), step.is_wrong());
        self.trust = match self.trust {
            Trust::Unknown | Trust::Right { .. } if is_right => Trust::Right { doubts: 0 },
            Trust::Unknown if is_wrong => Trust::Wrong { assents: 0 },
            Trust::Right { doubts } if is_wrong && doubts >= DOUBTS => Trust::Wrong { assents: 0 },
            Trust::Right { doubts } if is_wrong => Trust::Right { doubts: doubts + 1 },
            Trust::Wrong { assents } if is_right && assents >= ASSENTS => Trust::Right { doubts: 0 },
            Trust::Wrong { assents } if is_right => Trust::Wrong { assents: assents + 1 },
            Trust::Wrong { .. } if is_wrong => Trust::Wrong { assents: 0 },
            unclear @ (Trust::Unknown | Trust::Right { .. } | Trust::Wrong { .. }) => unclear,
        };
    }

    /// Whether the timestamps say nothing.
    pub(super) fn go_by_length(&self) -> bool {
        matches!(self.trust, Trust::Wrong { .. })
    }

    /// A timestamp that stood here was to have been this one, and so with those that follow.
    pub(super) fn correct(&mut self, written: u32, right: u32) -> u32 {
        self.shift = right.wrapping_sub(written);
        right
    }

    /// What this timestamp was to have been.
    pub(super) fn corrected(&self, written: u32) -> u32 {
        written.wrapping_add(self.shift)
    }
}

impl Step {
    /// How far it is, without the timestamps.
    pub(super) fn length(&self) -> u32 {
        let said = self.said.unsigned_abs();
        match self.passed > said + PAUSE_TICKS {
            true => self.passed,
            false => said,
        }
    }

    fn is_right(&self) -> bool {
        self.written == self.said.unsigned_abs()
    }

    /// Whether our clock says that it is rather as far as what was said.
    fn is_wrong(&self) -> bool {
        let off = |ticks: u32| (self.passed.wrapping_sub(ticks) as i32).unsigned_abs();
        !self.is_right() && off(self.said.unsigned_abs()) < off(self.written)
    }
}
