//! What comes in on a port: one stream of speech after the other, counted as RFC 3550 has it (A.1, A.3, A.8), and what
//! comes beside it under a source of its own.

mod steps;

use crate::media::codec::CLOCK_HZ;
use crate::media::rtp::Header;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use steps::Steps;

/// A sequence number further ahead than this is a source that started again (RFC 3550 A.1).
const MAX_DROPOUT_PACKETS: i16 = 3_000;
/// A packet later than this is not told apart from a source that started again. RFC 3550 A.1 suggests 100;
/// we remember one bit for each, and nobody can use a packet that is more than a second late.
const MAX_MISORDER_PACKETS: i16 = 63;
/// For so long after a change of source, and after the last word of the new one, the packets of the old one may still
/// straggle in.
const STRAGGLERS_MS: u64 = 500;
/// A timestamp this far from where both clock and sequence would put it belongs to a new count.
const TIMESTAMP_JUMP_TICKS: u32 = 2 * CLOCK_HZ;

/// A packet that is longer says nothing about the time.
const MAX_PACKET_TICKS: u32 = CLOCK_HZ / 5;

/// The streams that a far end has sent us, and the one it sends now.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Source {
    stream: Option<Stream>,
    /// What is no speech and has another source than it: keys, as a rule. Neither of the two ends the other
    /// (RFC 3550 §8.2).
    #[serde(default)]
    aside: Option<Box<Stream>>,
    /// Grows whenever sequence or timestamps start a new count.
    generation: u32,
    retired: Option<Retired>,
    /// What the streams before this one lost.
    lost_before: u64,
}

/// Everything about one synchronisation source.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Stream {
    ssrc: u32,
    /// Which count its numbers belong to.
    #[serde(default)]
    generation: u32,
    /// Sequence numbers extended by the count of their cycles; the first cycle is 1, so that a packet from
    /// before the first one still has a number.
    first: u32,
    highest: u32,
    /// Which of the 64 numbers up to `highest` have arrived, `highest` being the lowest bit.
    seen: u64,
    received: u32,
    /// The number that would confirm that the source started again.
    restart: Option<u16>,
    /// When its first packet came.
    began: Time,
    voice: Option<VoiceClock>,
    #[serde(default)]
    steps: Steps,
    transit: Transit,
    /// RFC 3550 A.8, in sixteenths of a tick.
    jitter_x16: u32,
    reported: Reported,
}

/// When the newest voice packet came, and what it said about time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct VoiceClock {
    sequence: u32,
    /// As it should be.
    timestamp: u32,
    /// As it was written.
    #[serde(default)]
    written: u32,
    ticks: u32,
    arrived: Time,
}

/// Where a timestamp of the present count stands, in ticks since the epoch, if its packet is not delayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SpeechClock {
    /// When its stream was first heard.
    pub(super) began: Time,
    pub(super) generation: u32,
    pub(super) timestamp: u32,
    pub(super) position: i64,
}

impl SpeechClock {
    /// Where another timestamp of the same count stands.
    pub(super) fn place(&self, timestamp: u32) -> i64 {
        self.position + i64::from(timestamp.wrapping_sub(self.timestamp) as i32)
    }
}

/// How far the clock of the least delayed speech of late is ahead of ours, in ticks. Two halves of the past
/// take turns, so that a clock which runs wrong is followed.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Transit {
    packets: u8,
    least: Option<u32>,
    least_before: Option<u32>,
}

/// What the last report was based on.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Reported {
    expected: u32,
    received: u32,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Retired {
    ssrc: u32,
    at: Time,
}

/// Where a packet stands in what its far end says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Which count `sequence` and the timestamp belong to.
    pub(super) generation: u32,
    /// The sequence number, extended so that it does not wrap within a generation.
    pub(super) sequence: u32,
    /// The timestamp, as it should be: some count other things than what they say.
    pub(super) timestamp: u32,
    /// So many packets right before it have not arrived.
    pub(super) missing: u16,
    /// It comes beside the speech, under a source of its own.
    pub(super) is_aside: bool,
}

/// What a receiver report says about a stream (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reception {
    pub(super) ssrc: u32,
    pub(super) fraction_lost: u8,
    pub(super) lost: u32,
    pub(super) highest: u32,
    pub(super) jitter: u32,
}

impl Source {
    /// Takes note of a packet. `voice_ticks` is how much speech it carries, `None` for an event or the
    /// like, whose timestamps say nothing about the clock. Nothing is returned for a packet that is better
    /// not heard: a duplicate, a straggler, or the lone first packet of what may be a restart.
    pub(super) fn take(&mut self, now: Time, header: &Header, voice_ticks: Option<u32>) -> Option<Place> {
        if self.is_straggler(now, header.ssrc) {
            return None;
        }
        match voice_ticks {
            Some(ticks) => self.take_speech(now, header, ticks),
            None => self.take_other(now, header),
        }
    }

    fn take_speech(&mut self, now: Time, header: &Header, ticks: u32) -> Option<Place> {
        if let Some(aside) = self.aside.take_if(|aside| aside.ssrc == header.ssrc) {
            self.retire(now, header.ssrc);
            self.stream = Some(*aside);
        }
        let counted = match self.stream.as_mut().filter(|stream| stream.ssrc == header.ssrc) {
            Some(stream) => stream.count(header.sequence)?,
            None => Counted::Restarted,
        };
        let (sequence, missing) = match counted {
            Counted::Fresh { sequence, missing } => (sequence, missing),
            Counted::Restarted => (self.begin(now, header), 0),
        };
        let stream = self.stream.as_mut()?;
        let timestamp = stream.timestamp(now, sequence, header.timestamp, ticks);
        let clock = VoiceClock {
            sequence,
            timestamp,
            written: header.timestamp,
            ticks,
            arrived: now,
        };
        if stream.voice_jumped(clock) {
            self.generation = self.generation.wrapping_add(1);
            stream.generation = self.generation;
        }
        Some(Place {
            generation: stream.generation,
            sequence,
            timestamp,
            missing,
            is_aside: false,
        })
    }

    /// What is no speech belongs to the speech if it has the same source.
    fn take_other(&mut self, now: Time, header: &Header) -> Option<Place> {
        let is_aside = self
            .stream
            .as_ref()
            .is_none_or(|stream| stream.ssrc != header.ssrc);
        let stream = match is_aside {
            true => self.aside.as_deref_mut(),
            false => self.stream.as_mut(),
        };
        let counted = match stream.filter(|stream| stream.ssrc == header.ssrc) {
            Some(stream) => stream.count(header.sequence)?,
            None => Counted::Restarted,
        };
        let (sequence, missing) = match counted {
            Counted::Fresh { sequence, missing } => (sequence, missing),
            Counted::Restarted if is_aside => (self.begin_aside(now, header), 0),
            Counted::Restarted => (self.begin(now, header), 0),
        };
        let stream = match is_aside {
            true => self.aside.as_deref()?,
            false => self.stream.as_ref()?,
        };
        Some(Place {
            generation: stream.generation,
            sequence,
            timestamp: stream.steps.corrected(header.timestamp),
            missing,
            is_aside,
        })
    }

    /// Where what is said now stands on our clock, if speech has come.
    pub(super) fn clock(&self) -> Option<SpeechClock> {
        let stream = self.stream.as_ref()?;
        let voice = stream.voice?;
        let natural = position(voice.arrived) as i64 - i64::from(voice.ticks);
        let transit = (natural as u32).wrapping_sub(voice.timestamp);
        let delay = transit.wrapping_sub(stream.transit.least()?) as i32;
        Some(SpeechClock {
            began: stream.began,
            generation: stream.generation,
            timestamp: voice.timestamp,
            position: natural - i64::from(delay),
        })
    }

    /// Packets that never arrived, over all streams (RFC 3550 A.3).
    pub(super) fn lost(&self) -> u64 {
        let streams = self.stream.iter().chain(self.aside.as_deref());
        self.lost_before + streams.map(|stream| u64::from(stream.lost())).sum::<u64>()
    }

    /// Interarrival jitter in microseconds (RFC 3550 §6.4.1).
    pub(super) fn jitter_us(&self) -> u32 {
        let ticks_x16 = self
            .stream
            .as_ref()
            .map_or(0, |stream| u64::from(stream.jitter_x16));
        u32::try_from(ticks_x16 * 1_000_000 / u64::from(16 * CLOCK_HZ)).unwrap_or(u32::MAX)
    }

    /// What the next report says; its fraction covers the time since the one before (RFC 3550 A.3).
    pub(super) fn report(&mut self) -> Option<Reception> {
        let stream = self.stream.as_mut().or(self.aside.as_deref_mut());
        stream.map(Stream::report)
    }

    fn begin(&mut self, now: Time, header: &Header) -> u32 {
        self.retire(now, header.ssrc);
        self.generation = self.generation.wrapping_add(1);
        let stream = Stream::starting_with(now, self.generation, header);
        self.stream.insert(stream).highest
    }

    fn begin_aside(&mut self, now: Time, header: &Header) -> u32 {
        self.lost_before += self.aside.as_ref().map_or(0, |aside| u64::from(aside.lost()));
        self.generation = self.generation.wrapping_add(1);
        let stream = Stream::starting_with(now, self.generation, header);
        self.aside.insert(Box::new(stream)).highest
    }

    /// The speech of another source takes the place of the present one.
    fn retire(&mut self, now: Time, successor: u32) {
        let Some(old) = self.stream.take() else { return };
        self.lost_before += u64::from(old.lost());
        let retired = Retired {
            ssrc: old.ssrc,
            at: now,
        };
        self.retired = Some(retired).filter(|old| old.ssrc != successor);
    }

    fn is_straggler(&self, now: Time, ssrc: u32) -> bool {
        let Some(old) = self.retired.filter(|old| old.ssrc == ssrc) else {
            return false;
        };
        let voice = self.stream.as_ref().and_then(|stream| stream.voice);
        let heard = voice.map_or(old.at, |voice| voice.arrived.max(old.at));
        now.since(heard) < Duration::from_millis(STRAGGLERS_MS)
    }
}

/// A packet that is of use.
enum Counted {
    /// It has this number, and so many right before it have not arrived.
    Fresh { sequence: u32, missing: u16 },
    /// The source has started again.
    Restarted,
}

impl Stream {
    fn starting_with(now: Time, generation: u32, header: &Header) -> Stream {
        let first = 0x1_0000 | u32::from(header.sequence);
        Stream {
            ssrc: header.ssrc,
            generation,
            first,
            highest: first,
            seen: 1,
            received: 1,
            restart: None,
            began: now,
            voice: None,
            steps: Steps::default(),
            transit: Transit::default(),
            jitter_x16: 0,
            reported: Reported::default(),
        }
    }

    fn count(&mut self, sequence: u16) -> Option<Counted> {
        let ahead = sequence.wrapping_sub(self.highest as u16) as i16;
        if (1..=MAX_DROPOUT_PACKETS).contains(&ahead) {
            self.seen = self.seen.checked_shl(ahead as u32).unwrap_or(0) | 1;
            self.highest = self.highest.wrapping_add(ahead as u32);
        } else if (-MAX_MISORDER_PACKETS..=0).contains(&ahead) {
            let bit = 1 << -ahead;
            if self.seen & bit != 0 {
                return None;
            }
            self.seen |= bit;
        } else if self.restart == Some(sequence) {
            return Some(Counted::Restarted);
        } else {
            self.restart = Some(sequence.wrapping_add(1));
            return None;
        }
        self.restart = None;
        self.received = self.received.wrapping_add(1);
        let sequence = self.highest.wrapping_add_signed(i32::from(ahead.min(0)));
        self.first = self.first.min(sequence);
        let missing = ahead.saturating_sub(1).max(0).unsigned_abs();
        Some(Counted::Fresh { sequence, missing })
    }

    /// The timestamp of this speech as it should be.
    fn timestamp(&mut self, now: Time, sequence: u32, written: u32, ticks: u32) -> u32 {
        let Some(old) = self.voice else {
            return self.steps.corrected(written);
        };
        let packets = sequence.wrapping_sub(old.sequence) as i32;
        let step = steps::Step {
            written: written.wrapping_sub(old.written),
            said: packets.wrapping_mul(old.ticks.min(MAX_PACKET_TICKS) as i32),
            passed: ticks_in(now.since(old.arrived)),
        };
        if packets == 1 && old.ticks == ticks {
            self.steps.compare(&step);
        }
        match self.steps.go_by_length() {
            true if packets > 0 => self
                .steps
                .correct(written, old.timestamp.wrapping_add(step.length())),
            true => old.timestamp.wrapping_add_signed(step.said),
            false => self.steps.corrected(written),
        }
    }

    /// Follows the clock of the speech. True if it has jumped: its new time fits neither the time that
    /// passed (as after silence suppression) nor the packets that were sent (as after an outage).
    fn voice_jumped(&mut self, new: VoiceClock) -> bool {
        let transit = (position(new.arrived) as u32)
            .wrapping_sub(new.ticks)
            .wrapping_sub(new.timestamp);
        let Some(old) = self.voice.replace(new) else {
            self.transit.note(transit);
            return false;
        };
        if new.sequence < old.sequence {
            self.voice = Some(old);
            return false;
        }
        let advanced = new.timestamp.wrapping_sub(old.timestamp);
        let passed = ticks_in(new.arrived.since(old.arrived));
        let sent = (new.sequence - old.sequence).wrapping_mul(old.ticks);
        if distance(advanced, passed) > TIMESTAMP_JUMP_TICKS
            && distance(advanced, sent) > TIMESTAMP_JUMP_TICKS
        {
            self.transit = Transit::default();
            self.transit.note(transit);
            return true;
        }
        self.transit.note(transit);
        let off_x16 = distance(passed, advanced).min(TIMESTAMP_JUMP_TICKS);
        self.jitter_x16 += off_x16;
        self.jitter_x16 -= (self.jitter_x16 - off_x16 + 8) >> 4;
        false
    }

    fn expected(&self) -> u32 {
        self.highest - self.first + 1
    }

    fn lost(&self) -> u32 {
        self.expected().saturating_sub(self.received)
    }

    fn report(&mut self) -> Reception {
        let now = Reported {
            expected: self.expected(),
            received: self.received,
        };
        let expected = now.expected.saturating_sub(self.reported.expected);
        let received = now.received.saturating_sub(self.reported.received);
        let fraction = (u64::from(expected.saturating_sub(received)) << 8) / u64::from(expected.max(1));
        self.reported = now;
        Reception {
            ssrc: self.ssrc,
            fraction_lost: fraction.min(255) as u8,
            lost: self.lost(),
            highest: self.highest - 0x1_0000,
            jitter: self.jitter_x16 >> 4,
        }
    }
}

impl Transit {
    /// So many packets make half of the past.
    const WINDOW_PACKETS: u8 = 128;

    fn note(&mut self, transit: u32) {
        self.least = Some(lesser(self.least, transit));
        self.packets += 1;
        if self.packets >= Transit::WINDOW_PACKETS {
            (self.packets, self.least_before, self.least) = (0, self.least, None);
        }
    }

    fn least(&self) -> Option<u32> {
        match (self.least, self.least_before) {
            (Some(least), before) => Some(lesser(before, least)),
            (None, before) => before,
        }
    }
}

/// The lesser of two numbers that wrap.
fn lesser(one: Option<u32>, other: u32) -> u32 {
    one.filter(|one| (one.wrapping_sub(other) as i32) < 0)
        .unwrap_or(other)
}

/// The moment in ticks since the epoch.
pub(super) fn position(at: Time) -> u64 {
    at.as_micros() / u64::from(1_000_000 / CLOCK_HZ)
}

/// How many ticks a span of time holds.
pub(super) fn ticks_in(span: Duration) -> u32 {
    (span.as_micros() * u128::from(CLOCK_HZ) / 1_000_000) as u32
}

/// How far apart two timestamps are.
pub(super) fn distance(one: u32, other: u32) -> u32 {
    (one.wrapping_sub(other) as i32).unsigned_abs()
}

#[cfg(test)]
mod tests;
