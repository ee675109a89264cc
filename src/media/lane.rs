//! One speaker's decoded speech on a timeline: what tapes and mixes read.
//!
//! Packets land where their timestamps say, whatever order they come in; what is lost, late or withheld
//! is missing. Reading is some way behind writing, and clears what it has read. Positions and lengths are in
//! ticks of the RTP clock, whatever the rate of the samples.

use crate::media::codec::{CLOCK_HZ, per_tick};
use crate::media::sound::Sound;
use crate::media::source::SpeechClock;
use crate::wiring::Rate;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How much speech a lane holds between the reader and the newest packet: 500 ms.
pub(super) const LANE_TICKS: usize = CLOCK_HZ as usize / 2;
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
/// Stands where nothing was heard. What sounds like it is one step less loud.
const MISSING: i16 = i16::MIN;

/// One speaker's speech, some of it not yet read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Lane {
    rate: Rate,
    anchor: Option<Anchor>,
    /// The samples for position `p` lie at `p % LANE_TICKS`, one or two for each tick.
    samples: Vec<i16>,
    /// Beyond the newest tick.
    end: u64,
}

/// A piece of speech as it arrived.
pub(super) struct Speech<'a> {
    /// Which count of its speaker the timestamp belongs to.
    pub(super) generation: u32,
    pub(super) timestamp: u32,
    /// How long it lasts.
    pub(super) ticks: usize,
    pub(super) sound: &'a Sound,
}

/// Ties the speaker's timestamps to positions on the timeline.
///
/// The first packet's arrival is the first guess. The least delayed packet of each window then shows how
/// far the guess is off, be it by jitter of the first packet or by a clock that runs fast or slow, and
/// the anchor is shifted by one tick per packet, which nobody can hear.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Anchor {
    generation: u32,
    /// The newest packet: its timestamp, and where it stands.
    timestamp: u32,
    position: i64,
    arrived: i64,
    least_delay: i64,
    packets: u16,
    correction: i64,
    astray_since: Option<i64>,
}

impl Lane {
    /// An empty lane of this rate. This allocates all it will ever need.
    pub(super) fn new(rate: Rate) -> Lane {
        Lane {
            rate,
            anchor: None,
            samples: vec![MISSING; LANE_TICKS * per_tick(rate)],
            end: 0,
        }
    }

    /// An empty lane for speech whose clock is known from before.
    pub(super) fn following(rate: Rate, clock: Option<SpeechClock>) -> Lane {
        Lane {
            anchor: clock.map(|clock| Anchor::new(clock.generation, clock.timestamp, clock.position)),
            ..Lane::new(rate)
        }
    }

    /// The rate of its samples.
    pub(super) fn rate(&self) -> Rate {
        self.rate
    }

    /// The same speech at another rate from now on. What has arrived already is converted by the simplest means:
    /// it is soon over.
    pub(super) fn change_rate(&mut self, rate: Rate) {
        self.samples = match (self.rate, rate) {
            (Rate::Narrow, Rate::Wide) => doubled(&self.samples),
            (Rate::Wide, Rate::Narrow) => halved(&self.samples),
            (Rate::Narrow, Rate::Narrow) | (Rate::Wide, Rate::Wide) => return,
        };
        self.rate = rate;
    }

    /// The position beyond the newest speech.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Speech has arrived at position `now`. Positions before `read` have been read already, and what was
    /// said before `since` is nobody's business. Returns where it stands.
    pub(super) fn hear(&mut self, now: u64, read: u64, since: u64, speech: &Speech<'_>) -> Option<i64> {
        if speech.ticks == 0 {
            return None;
        }
        let natural = now as i64 - speech.ticks as i64;
        let anchor = self.anchor.get_or_insert_with(|| Anchor::at(natural, speech));
        let (position, stretched) = anchor.place(natural, speech);
        let open = read.max(since)..read + LANE_TICKS as u64;
        let samples = speech.sound.at(self.rate);
        if stretched {
            self.write(
                position - 1,
                &open,
                &samples[..per_tick(self.rate).min(samples.len())],
            );
        }
        self.write(position, &open, samples);
        Some(position)
    }

    /// Takes out what stands from `position` on, `length` ticks of it, and hands each sample with its index; none where
    /// it is missing.
    pub(super) fn take(&mut self, position: u64, length: usize, mut each: impl FnMut(usize, Option<i16>)) {
        let mut index = 0;
        for part in self.ring(position, length) {
            for sample in &mut self.samples[part] {
                let heard = std::mem::replace(sample, MISSING);
                each(index, Some(heard).filter(|heard| *heard != MISSING));
                index += 1;
            }
        }
    }

    fn write(&mut self, position: i64, open: &Range<u64>, samples: &[i16]) {
        let per_tick = per_tick(self.rate);
        let from = position.max(open.start as i64);
        let to = (position + (samples.len() / per_tick) as i64).min(open.end as i64);
        if from >= to {
            return;
        }
        self.end = self.end.max(to as u64);
        let mut heard = samples[(from - position) as usize * per_tick..].iter();
        for part in self.ring(from as u64, (to - from) as usize) {
            for (sample, &heard) in self.samples[part].iter_mut().zip(&mut heard) {
                *sample = heard.max(MISSING + 1);
            }
        }
    }

    /// Where the samples for these ticks lie: in one piece, or in two around the end.
    fn ring(&self, position: u64, length: usize) -> [Range<usize>; 2] {
        let per_tick = per_tick(self.rate);
        let start = (position % LANE_TICKS as u64) as usize;
        let first = length.min(LANE_TICKS - start);
        [
            start * per_tick..(start + first) * per_tick,
            0..(length - first) * per_tick,
        ]
    }
}

impl Anchor {
    fn at(position: i64, speech: &Speech<'_>) -> Anchor {
        Anchor::new(speech.generation, speech.timestamp, position)
    }

    fn new(generation: u32, timestamp: u32, position: i64) -> Anchor {
        Anchor {
            generation,
            timestamp,
            position,
            arrived: position,
            least_delay: i64::MAX,
            packets: 0,
            correction: 0,
            astray_since: None,
        }
    }

    /// Where the speech stands, and whether a sample before it was left open by a shift. `natural` is
    /// where its arrival alone would put it.
    fn place(&mut self, natural: i64, speech: &Speech<'_>) -> (i64, bool) {
        if self.generation != speech.generation {
            *self = Anchor::at(natural, speech);
        }
        let ahead = i64::from(speech.timestamp.wrapping_sub(self.timestamp) as i32);
        let position = self.position + ahead;
        let delay = natural - position;
        if delay.abs() > ASTRAY_TICKS {
            if self.is_lost_to(natural) {
                *self = Anchor::at(natural, speech);
                return (natural, false);
            }
            return (position, false);
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
        (position + shift, shift > 0)
    }

    /// A packet is astray: is it the anchor that is wrong? One that comes after a pause says so at once,
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

/// Each sample, and one half-way to the next behind it.
fn doubled(samples: &[i16]) -> Vec<i16> {
    let pair = |n: usize| match (samples[n], samples[(n + 1) % samples.len()]) {
        (one, MISSING) => [one, one],
        (MISSING, _) => [MISSING, MISSING],
        (one, next) => [one, one.midpoint(next)],
    };
    (0..samples.len()).flat_map(pair).collect()
}

/// One sample half-way between each two.
fn halved(samples: &[i16]) -> Vec<i16> {
    let pairs = samples.chunks_exact(2);
    pairs
        .map(|pair| match *pair {
            [MISSING, other] | [other, MISSING] => other,
            [one, other] => one.midpoint(other),
            _ => MISSING,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::codec::Decoder;
    use crate::wiring::Codec;

    const LOUD: u8 = 0x80;
    const FULL: i16 = 32_124;

    fn sound(payload: &[u8]) -> Sound {
        let mut sound = Sound::new();
        let both = [Rate::Narrow, Rate::Wide].into_iter().collect();
        Decoder::default().decode(Codec::Pcmu, payload, both, &mut sound);
        sound
    }

    fn tell(n: u8) -> i16 {
        sound(&[LOUD - n]).narrow[0]
    }

    fn say(lane: &mut Lane, now: u64, read: u64, timestamp: u32, payload: &[u8]) {
        lane.hear(
            now,
            read,
            0,
            &Speech {
                generation: 1,
                timestamp,
                ticks: payload.len(),
                sound: &sound(payload),
            },
        );
    }

    fn read(lane: &mut Lane, position: u64, length: usize) -> Vec<i16> {
        let mut samples = vec![];
        lane.take(position, length, |_, sample| samples.push(sample.unwrap_or(0)));
        samples
    }

    #[test]
    fn reordered_packets_land_in_their_places_and_lost_ones_are_silence() {
        let mut lane = Lane::new(Rate::Narrow);
        for (now, n) in [(160, 0), (480, 2), (481, 1), (800, 4)] {
            say(&mut lane, now, 0, 160 * n, &[LOUD - n as u8; 160]);
        }
        let heard = read(&mut lane, 0, 800);
        let first_of_each: Vec<i16> = heard.chunks(160).map(|packet| packet[0]).collect();
        assert_eq!(first_of_each, [tell(0), tell(1), tell(2), 0, tell(4)]);
        assert_eq!(
            read(&mut lane, 0, 800),
            vec![0; 800],
            "reading leaves silence behind"
        );
    }

    #[test]
    fn what_was_read_already_and_what_is_too_far_ahead_is_cut_off() {
        let mut lane = Lane::new(Rate::Narrow);
        say(&mut lane, 160, 100, 0, &[LOUD; 160]);
        assert_eq!(read(&mut lane, 100, 100), [vec![FULL; 60], vec![0; 40]].concat());
        say(&mut lane, 320, 200, 160 + 5_000, &[LOUD; 160]);
        assert!(
            read(&mut lane, 200, LANE_TICKS).iter().all(|&sample| sample == 0),
            "astray by 625 ms"
        );
    }

    #[test]
    fn what_was_said_before_one_may_listen_is_not_heard_even_if_it_comes_late() {
        let mut lane = Lane::new(Rate::Narrow);
        lane.hear(
            400,
            0,
            300,
            &Speech {
                generation: 1,
                timestamp: 0,
                ticks: 160,
                sound: &sound(&[LOUD; 160]),
            },
        );
        assert_eq!(read(&mut lane, 240, 160), [vec![0; 60], vec![FULL; 100]].concat());
    }

    #[test]
    fn a_late_first_packet_is_forgiven_within_seconds() {
        let mut lane = Lane::new(Rate::Narrow);
        say(&mut lane, 160 + 400, 0, 0, &[LOUD; 160]);
        for n in 1..800_u32 {
            let now = 160 * u64::from(n + 1);
            let behind = now.saturating_sub(1_600);
            say(&mut lane, now, behind, 160 * n, &[LOUD; 160]);
            lane.take(behind, 160, |_, _| ());
        }
        let anchor = lane.anchor.unwrap();
        let off = anchor.position - 160 * 799;
        assert!(
            off.abs() <= TOLERANCE_TICKS,
            "50 ms of delay at first, {off} samples in the end"
        );
    }

    #[test]
    fn a_clock_that_was_stopped_in_a_pause_is_anchored_anew() {
        let mut lane = Lane::new(Rate::Narrow);
        say(&mut lane, 160, 0, 0, &[LOUD; 160]);
        let now = 80_000;
        say(&mut lane, now, now - 1_600, 160, &[LOUD; 160]);
        assert_eq!(read(&mut lane, now - 160, 160), vec![FULL; 160]);
    }

    #[test]
    fn a_burst_after_an_outage_keeps_its_place() {
        let mut lane = Lane::new(Rate::Narrow);
        say(&mut lane, 160, 0, 0, &[LOUD; 160]);
        for n in 1..=15_u32 {
            say(&mut lane, 160 * 16, 800, 160 * n, &[LOUD - n as u8; 160]);
        }
        let heard = read(&mut lane, 160 * 15, 160);
        assert_eq!(heard, vec![tell(15); 160]);
    }

    /// What has arrived but was not read yet goes on at the other rate, and what is missing stays so.
    #[test]
    fn a_change_of_rate_loses_nothing() {
        let mut lane = Lane::new(Rate::Narrow);
        say(&mut lane, 160, 0, 0, &[LOUD; 160]);
        say(&mut lane, 480, 0, 320, &[LOUD; 160]);
        lane.change_rate(Rate::Wide);
        let wide = read(&mut lane.clone(), 0, 480);
        assert_eq!(wide, [vec![FULL; 320], vec![0; 320], vec![FULL; 320]].concat());
        lane.change_rate(Rate::Narrow);
        let narrow = read(&mut lane, 0, 480);
        assert_eq!(narrow, [vec![FULL; 160], vec![0; 160], vec![FULL; 160]].concat());
    }
}
