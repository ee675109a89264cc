//! The tape of a conversation: two channels on one wall-clock timeline.
//!
//! The sample for moment `t` stands at `t - started`, whatever was held, lost or paused in between. Blocks
//! of 100 ms (50 ms at 16 kHz) leave well behind the clock, for nobody waits for them, and a network that stalls may
//! bring all that it held back. They leave without a gap, silent or not: the tape is as long as the conversation. What
//! was said and is not on it is told with them.

use crate::id::{LegId, TapeId};
use crate::media::codec::{CLOCK_HZ, per_tick};
use crate::media::engine::{Outlet, TapeBlock};
use crate::media::lane::{Lane, Speech};
use crate::media::tone::on_the_grid;
use crate::time::Time;
use crate::wiring::{Rate, TapeRow};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

/// How far the tape stays behind the clock, so that what comes late finds its place: 800 ms. A crash costs as much.
const DELAY_TICKS: u64 = CLOCK_HZ as u64 * 8 / 10;
/// What lies between the tape and the newest packet, which may be ahead of its time.
const LANE_TICKS: usize = DELAY_TICKS as usize + CLOCK_HZ as usize * 3 / 10;
/// What is missing for less is the usual loss of a network, and is not told: 100 ms.
const NOTABLE_TICKS: u64 = CLOCK_HZ as u64 / 10;
/// Stretches that are missing and have yet to be told.
const MAX_LACKS: usize = 32;
/// A timeline that began longer ago was written by somebody else until now (before a restart), or by
/// nobody (while the machine slept): we go on at the present instead of writing hours of silence at once.
const MAX_BEHIND_TICKS: u64 = CLOCK_HZ as u64 * 5;
const MICROS_PER_TICK: u64 = 1_000_000 / CLOCK_HZ as u64;

/// One running tape.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Tape {
    pub(super) id: TapeId,
    started: Time,
    /// Of the first row, and for as long as it runs: one file cannot change it.
    rate: Rate,
    /// Everything before this position has left, in ticks.
    written: u64,
    seats: Vec<Seat>,
    /// Where somebody has spoken who is not on the tape, in ticks, to be told with the next block.
    #[serde(default)]
    lacks: VecDeque<Range<u64>>,
}

/// One leg before the microphones.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Seat {
    leg: LegId,
    channel: Channel,
    presence: Presence,
    lane: Lane,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Channel {
    Left,
    Right,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Presence {
    /// It is heard from this position on, and what it had said before stays private.
    Recorded { since: u64 },
    /// Nothing more is heard of it; what it said until this position has yet to leave.
    Gone { until: u64 },
}

impl Tape {
    /// Starts recording what the row names.
    pub(super) fn new(now: Time, row: &TapeRow) -> Tape {
        let mut tape = Tape {
            id: row.tape,
            started: row.started,
            rate: row.rate,
            written: 0,
            seats: vec![],
            lacks: VecDeque::new(),
        };
        tape.skip_what_nobody_wrote(now);
        tape.rewire(now, row);
        tape
    }

    /// Records the legs that the row names, and no other from now on. What a leg that is gone had said
    /// until now stays on the tape.
    pub(super) fn rewire(&mut self, now: Time, row: &TapeRow) {
        let position = self.position(now);
        for seat in &mut self.seats {
            seat.presence = match seat.presence {
                Presence::Recorded { .. } if !names(row, seat.leg, seat.channel) => {
                    Presence::Gone { until: position }
                }
                unchanged @ (Presence::Recorded { .. } | Presence::Gone { .. }) => unchanged,
            };
        }
        for (channel, legs) in [(Channel::Left, &row.left), (Channel::Right, &row.right)] {
            for &leg in legs {
                self.seat(leg, channel, position);
            }
        }
    }

    /// Whether it wants to hear this leg, and at which rate.
    pub(super) fn wants(&self, leg: LegId) -> Option<Rate> {
        let is_heard = |seat: &Seat| seat.leg == leg && matches!(seat.presence, Presence::Recorded { .. });
        self.seats.iter().any(is_heard).then_some(self.rate)
    }

    /// A leg says something. It is heard if the tape is to hear it.
    pub(super) fn hear(&mut self, now: Time, leg: LegId, speech: &Speech<'_>) {
        let (position, written) = (self.position(now), self.written);
        for seat in self.seats.iter_mut().filter(|seat| seat.leg == leg) {
            match seat.presence {
                Presence::Recorded { since } => {
                    seat.lane.hear(position, written, since, speech);
                }
                Presence::Gone { .. } => {}
            }
        }
    }

    /// When the next block can leave.
    pub(super) fn due(&self) -> Time {
        let complete = self.written + self.block_ticks() + DELAY_TICKS;
        on_the_grid(self.started + Duration::from_micros(complete * MICROS_PER_TICK))
    }

    /// Lets the blocks leave that are complete by now.
    pub(super) fn tick(&mut self, now: Time, out: &mut dyn Outlet) {
        self.skip_what_nobody_wrote(now);
        let complete = self.position(now).saturating_sub(DELAY_TICKS);
        while self.written + self.block_ticks() <= complete {
            self.emit(self.block_ticks(), out);
        }
        let written = self.written;
        self.seats.retain(|seat| match seat.presence {
            Presence::Recorded { .. } => true,
            Presence::Gone { until } => written < until,
        });
    }

    /// The tape ends now: all that was said until now leaves.
    pub(super) fn finish(mut self, now: Time, out: &mut dyn Outlet) {
        self.skip_what_nobody_wrote(now);
        let end = self.position(now);
        while self.written < end {
            self.emit((end - self.written).min(self.block_ticks()), out);
        }
    }

    fn seat(&mut self, leg: LegId, channel: Channel, since: u64) {
        let presence = Presence::Recorded { since };
        let taken = self
            .seats
            .iter_mut()
            .find(|seat| seat.leg == leg && seat.channel == channel);
        match taken.map(|seat| &mut seat.presence) {
            Some(Presence::Recorded { .. }) => {}
            Some(gone @ Presence::Gone { .. }) => *gone = presence,
            None => self.seats.push(Seat {
                leg,
                channel,
                presence,
                lane: Lane::new(self.rate, LANE_TICKS),
            }),
        }
    }

    fn emit(&mut self, ticks: u64, out: &mut dyn Outlet) {
        let mut block = TapeBlock {
            tape: self.id,
            rate: self.rate.hz(),
            position: self.written * per_tick(self.rate) as u64,
            length: ticks as usize * per_tick(self.rate),
            samples: [[0; 2]; TapeBlock::CAPACITY],
            missing: None,
        };
        for seat in &mut self.seats {
            let side = match seat.channel {
                Channel::Left => 0,
                Channel::Right => 1,
            };
            let add = |index: usize, sample: Option<i16>| {
                let sum = &mut block.samples[index][side];
                *sum = sum.saturating_add(sample.unwrap_or(0));
            };
            seat.lane.take(self.written, ticks as usize, add);
            while let Some(lack) = seat.lane.next_lack(self.written + ticks) {
                if lack.end - lack.start >= NOTABLE_TICKS && self.lacks.len() < MAX_LACKS {
                    self.lacks.push_back(lack);
                }
            }
        }
        self.written += ticks;
        block.missing = self.next_lack();
        out.tape(&block);
    }

    /// What is to be told next, in samples.
    fn next_lack(&mut self) -> Option<(u64, u64)> {
        let samples = |ticks: u64| ticks * per_tick(self.rate) as u64;
        let lack = self.lacks.pop_front()?;
        Some((samples(lack.start), samples(lack.end)))
    }

    fn skip_what_nobody_wrote(&mut self, now: Time) {
        let position = self.position(now);
        if position.saturating_sub(self.written) > MAX_BEHIND_TICKS {
            self.written = position;
            for seat in &mut self.seats {
                seat.lane = Lane::new(self.rate, LANE_TICKS);
            }
        }
    }

    fn block_ticks(&self) -> u64 {
        (TapeBlock::CAPACITY / per_tick(self.rate)) as u64
    }

    fn position(&self, at: Time) -> u64 {
        at.since(self.started).as_micros() as u64 / MICROS_PER_TICK
    }
}

/// Whether the row wants to hear this leg on this channel.
fn names(row: &TapeRow, leg: LegId, channel: Channel) -> bool {
    match channel {
        Channel::Left => row.left.contains(&leg),
        Channel::Right => row.right.contains(&leg),
    }
}
