//! One speaker's speech as those hear it who hear several: taken apart from the network's timing, 20 ms at a time.
//!
//! The delay is as long as the network makes it: the packet of the last seconds that came latest still came
//! 5 ms before its turn. It grows at once when one comes later, by what concealment can bridge, and shrinks by a
//! tick per frame, which nobody hears, or at once when nothing is to be heard. On a quiet network that is
//! between 5 and 25 ms behind the arrival; more than 120 ms are never waited for.

use crate::id::LegId;
use crate::media::codec::{CLOCK_HZ, FRAME_TICKS, MAX_FRAME_SAMPLES, per_tick};
use crate::media::conceal::{Concealer, FADED_TICKS};
use crate::media::lane::{Lane, Speech};
use crate::media::source::{SpeechClock, position};
use crate::media::tone::on_the_grid;
use crate::time::Time;
use crate::wiring::Rate;
use serde::{Deserialize, Serialize};

const FRAME: i64 = FRAME_TICKS as i64;
/// How much earlier than needed the latest packet is to be there.
const SPARE_TICKS: i64 = 40;
/// A delay that is longer than needed by no more than this stays.
const IDLE_TICKS: i64 = 40;
/// What has arrived and was not heard yet: no more than 500 ms.
const LANE_TICKS: usize = CLOCK_HZ as usize / 2;
/// The longest that we wait for a late packet.
const MAX_DELAY_TICKS: i64 = CLOCK_HZ as i64 * 12 / 100;
/// So many packets make half of the past by which the delay is chosen.
const WINDOW_PACKETS: u32 = 64;
/// Further off than this the reader has been left behind, by a stopped clock or a machine that slept.
const LEFT_BEHIND_TICKS: i64 = CLOCK_HZ as i64 / 5;
/// What is left unheard of a speaker at the end is no longer than this.
const MAX_REST_TICKS: u64 = CLOCK_HZ as u64 / 5;

/// One speaker's speech, smoothed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Playout {
    pub(super) leg: LegId,
    lane: Lane,
    /// What was said before this position is nobody's business: it was said to others.
    since: u64,
    /// The next position to be heard.
    read: u64,
    /// Where the last frame was taken, or could have been, by the clock.
    ticked: i64,
    lateness: Lateness,
    /// How far behind the clock speech is heard, once there is any.
    delay: Option<i64>,
    concealer: Concealer,
    /// The newest frame, and the position of its first tick.
    frame: Vec<i16>,
    frame_at: u64,
    /// Whether some of it was said before, and only stands for what is missing.
    repeats: bool,
}

/// How long after its time, seen from the tick before, the latest packet of the last seconds came.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Lateness {
    packets: u32,
    worst: Option<i64>,
    worst_before: Option<i64>,
}

impl Playout {
    /// A speaker who is heard since then, in a mix of this rate from now on, and whose timestamps have been followed
    /// so far if it has spoken.
    /// This allocates all it will ever need.
    pub(super) fn new(now: Time, leg: LegId, rate: Rate, since: Time, clock: Option<SpeechClock>) -> Playout {
        Playout {
            leg,
            lane: Lane::following(rate, LANE_TICKS, clock),
            since: position(since),
            read: 0,
            ticked: position(on_the_grid(now)) as i64 - FRAME,
            lateness: Lateness::default(),
            delay: None,
            concealer: Concealer::new(rate),
            frame: vec![0; FRAME_TICKS * per_tick(rate)],
            frame_at: position(now),
            repeats: false,
        }
    }

    /// The rate of its samples.
    pub(super) fn rate(&self) -> Rate {
        self.lane.rate()
    }

    /// The mix has another rate from now on. The speaker goes on where it is.
    pub(super) fn change_rate(&mut self, rate: Rate) {
        if rate != self.rate() {
            self.lane.change_rate(rate);
            self.concealer = self.concealer.at_rate(rate);
            self.frame = vec![0; FRAME_TICKS * per_tick(rate)];
        }
    }

    /// The speaker says something.
    pub(super) fn hear(&mut self, now: Time, speech: &Speech<'_>) {
        if let Some(at) = self.lane.hear(position(now), self.read, self.since, speech) {
            self.lateness.note(self.ticked - at);
        }
    }

    /// Takes the frame whose turn it is.
    pub(super) fn advance(&mut self, tick: Time) {
        self.ticked = position(tick) as i64;
        let Some(needed) = self.lateness.delay() else {
            return;
        };
        let delay = match self.delay {
            Some(delay) if !self.concealer.has_faded() => adapted(delay, needed),
            Some(_) | None => needed,
        };
        let end = self.ticked - delay;
        let wanted = end - self.read as i64;
        let is_lost = (wanted - FRAME).abs() > LEFT_BEHIND_TICKS;
        let wanted = match is_lost || self.concealer.has_faded() {
            true => {
                self.read = u64::try_from(end - FRAME).unwrap_or(0);
                FRAME
            }
            false => wanted,
        };
        self.delay = Some(delay);
        self.frame_at = self.read;
        match wanted {
            // The delay has to grow by more than can be stretched: what is there must wait.
            ..=119 => self.wait((FRAME - wanted).min(FRAME) as usize),
            120..FRAME => self.stretch(FRAME_TICKS - 1),
            FRAME => self.wait(0),
            _ => self.stretch(FRAME_TICKS + 1),
        }
    }

    /// Adds the newest frame to a mix, as far as it was said at `since` or later. What conceals a hole sounds of
    /// what was said before it, so whoever has just come is spared that.
    pub(super) fn add_to(&self, mix: &mut [i32], since: Time) {
        let echo = if self.repeats { u64::from(FADED_TICKS) } else { 0 };
        let private = match position(since) {
            since if since <= self.since => since.saturating_sub(self.frame_at),
            since => (since + echo).saturating_sub(self.frame_at),
        };
        let private = usize::try_from(private).unwrap_or(FRAME_TICKS).min(FRAME_TICKS);
        let private = private * per_tick(self.rate());
        for (sum, sample) in mix.iter_mut().zip(&self.frame).skip(private) {
            *sum += i32::from(*sample);
        }
    }

    /// What has arrived and was not heard yet.
    pub(super) fn rest(&mut self) -> Vec<i16> {
        let length = self.lane.end().saturating_sub(self.read).min(MAX_REST_TICKS);
        let mut rest = Vec::with_capacity(length as usize * per_tick(self.rate()));
        let (lane, concealer) = (&mut self.lane, &mut self.concealer);
        lane.take(self.read, length as usize, |_, sample| {
            rest.push(concealer.next(sample))
        });
        self.read += length;
        rest
    }

    /// A frame that begins with so many ticks in which nobody said anything.
    fn wait(&mut self, ticks: usize) {
        let samples = ticks * per_tick(self.rate());
        for sample in &mut self.frame[..samples] {
            *sample = self.concealer.next(None);
        }
        let mut repeats = self.concealer.repeats();
        let (frame, concealer) = (&mut self.frame[samples..], &mut self.concealer);
        let length = FRAME_TICKS - ticks;
        self.lane.take(self.read, length, |index, sample| {
            frame[index] = concealer.next(sample);
            repeats |= concealer.repeats();
        });
        self.repeats = repeats;
        self.read += length as u64;
    }

    /// A frame made of one tick more or less than it has.
    fn stretch(&mut self, length: usize) {
        let mut said = [0; MAX_FRAME_SAMPLES + per_tick(Rate::Wide)];
        let (concealer, mut repeats) = (&mut self.concealer, false);
        self.lane.take(self.read, length, |index, sample| {
            said[index] = concealer.next(sample);
            repeats |= concealer.repeats();
        });
        self.repeats = repeats;
        self.read += length as u64;
        let last = length * per_tick(self.rate()) - 1;
        for (index, sample) in self.frame.iter_mut().enumerate() {
            let (whole, part) = (index * length / FRAME_TICKS, index * length % FRAME_TICKS);
            let (one, other) = (i32::from(said[whole]), i32::from(said[last.min(whole + 1)]));
            *sample = (one + (other - one) * part as i32 / FRAME_TICKS as i32) as i16;
        }
    }
}

/// The delay of the next frame: it grows at once, and shrinks only if that is worth it.
fn adapted(delay: i64, needed: i64) -> i64 {
    match delay - needed {
        ..=0 => needed,
        1..=IDLE_TICKS => delay,
        _ => delay - 1,
    }
}

impl Lateness {
    /// What comes too late to be waited for does not count.
    fn note(&mut self, lateness: i64) {
        if lateness + SPARE_TICKS > MAX_DELAY_TICKS + FRAME && self.delay().is_some() {
            return;
        }
        self.worst = self.worst.max(Some(lateness));
        self.packets += 1;
        if self.packets >= WINDOW_PACKETS {
            (self.packets, self.worst_before, self.worst) = (0, self.worst, None);
        }
    }

    /// How far behind the clock is to be heard; none before anything was said.
    fn delay(&self) -> Option<i64> {
        let worst = self.worst.max(self.worst_before)?;
        Some((worst + SPARE_TICKS).min(MAX_DELAY_TICKS + FRAME))
    }
}

#[cfg(test)]
mod tests;
