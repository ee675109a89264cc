//! One speaker's decoded speech on a timeline: what tapes and mixes read.
//!
//! Packets land where their timestamps say, whatever order they come in; what is lost, late or withheld
//! is missing. Reading is some way behind writing, and clears what it has read. Positions and lengths are in
//! ticks of the RTP clock, whatever the rate of the samples.

mod anchor;

use crate::media::codec::per_tick;
use crate::media::sound::Sound;
use crate::media::source::SpeechClock;
use crate::wiring::Rate;
use anchor::{Anchor, Placed};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::ops::Range;

/// Stretches that are missing and have yet to be told.
const MAX_LACKS: usize = 32;
/// Stands where nothing was heard. What sounds like it is one step less loud.
const MISSING: i16 = i16::MIN;

/// One speaker's speech, some of it not yet read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Lane {
    rate: Rate,
    anchor: Option<Anchor>,
    /// The samples for position `p` lie at `p` modulo its length, one or two for each tick.
    samples: Vec<i16>,
    /// Beyond the newest tick.
    end: u64,
    /// Where something was said that is not here: its packets are lost, or came when it was too late.
    #[serde(default)]
    lacks: VecDeque<Range<u64>>,
}

/// A piece of speech as it arrived.
pub(super) struct Speech<'a> {
    /// Which count of its speaker the timestamp belongs to.
    pub(super) generation: u32,
    pub(super) timestamp: u32,
    /// How long it lasts.
    pub(super) ticks: usize,
    /// So many packets right before it have not arrived.
    pub(super) missing: u16,
    /// Its speaker says that it begins after a pause (RFC 3551 §4.1).
    pub(super) begins: bool,
    pub(super) sound: &'a Sound,
}

impl Lane {
    /// An empty lane of this rate, which holds so much speech between the reader and the newest packet. This allocates
    /// all it will ever need.
    pub(super) fn new(rate: Rate, ticks: usize) -> Lane {
        Lane {
            rate,
            anchor: None,
            samples: vec![MISSING; ticks * per_tick(rate)],
            end: 0,
            lacks: VecDeque::with_capacity(MAX_LACKS),
        }
    }

    /// An empty lane for speech whose clock is known from before.
    pub(super) fn following(rate: Rate, ticks: usize, clock: Option<SpeechClock>) -> Lane {
        Lane {
            anchor: clock.map(|clock| Anchor::new(clock.generation, clock.timestamp, clock.position)),
            ..Lane::new(rate, ticks)
        }
    }

    /// How much it holds.
    fn length(&self) -> usize {
        self.samples.len() / per_tick(self.rate)
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
        let placed = anchor.place(natural, speech);
        let position = placed.position;
        let open = read.max(since)..read + self.length() as u64;
        self.note_lacks(&placed, read, since, speech);
        let samples = speech.sound.at(self.rate);
        if placed.is_stretched {
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

    /// The next stretch that is missing and ends before this position.
    pub(super) fn next_lack(&mut self, before: u64) -> Option<Range<u64>> {
        self.lacks.pop_front_if(|lack| lack.end <= before)
    }

    /// Keeps in mind what this speech shows to be missing: the packets before it, and what of it has been read already.
    fn note_lacks(&mut self, placed: &Placed, read: u64, since: u64, speech: &Speech<'_>) {
        let (position, ticks) = (placed.position, speech.ticks as i64);
        let before = placed
            .behind
            .unwrap_or(position - i64::from(speech.missing) * ticks);
        let at = |position: i64| u64::try_from(position).unwrap_or(0);
        self.fills(at(position).max(read)..at(position + ticks));
        self.lacks(at(before).max(since)..at(position));
        self.lacks(at(position).max(since)..at(position + ticks).min(read));
    }

    fn lacks(&mut self, stretch: Range<u64>) {
        if stretch.is_empty() {
            return;
        }
        let has_room = self.lacks.len() < MAX_LACKS;
        match self.lacks.back_mut() {
            Some(last) if (last.start..=last.end).contains(&stretch.start) => {
                last.end = last.end.max(stretch.end);
            }
            Some(_) | None if has_room => self.lacks.push_back(stretch),
            Some(_) | None => {}
        }
    }

    /// What was missing has come after all.
    fn fills(&mut self, stretch: Range<u64>) {
        for _ in 0..self.lacks.len() {
            let Some(lack) = self.lacks.pop_front() else {
                return;
            };
            if stretch.is_empty() || lack.end <= stretch.start || stretch.end <= lack.start {
                self.lacks.push_back(lack);
                continue;
            }
            let rest = [lack.start..stretch.start, stretch.end..lack.end];
            self.lacks
                .extend(rest.into_iter().filter(|rest| !rest.is_empty()));
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
        let start = (position % self.length() as u64) as usize;
        let first = length.min(self.length() - start);
        [
            start * per_tick..(start + first) * per_tick,
            0..(length - first) * per_tick,
        ]
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

    const LANE_TICKS: usize = 4_000;
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

    /// Where it stands.
    fn say(lane: &mut Lane, now: u64, read: u64, timestamp: u32, payload: &[u8]) -> i64 {
        let said = lane.hear(
            now,
            read,
            0,
            &Speech {
                generation: 1,
                timestamp,
                ticks: payload.len(),
                missing: 0,
                begins: false,
                sound: &sound(payload),
            },
        );
        said.unwrap()
    }

    fn read(lane: &mut Lane, position: u64, length: usize) -> Vec<i16> {
        let mut samples = vec![];
        lane.take(position, length, |_, sample| samples.push(sample.unwrap_or(0)));
        samples
    }

    #[test]
    fn reordered_packets_land_in_their_places_and_lost_ones_are_silence() {
        let mut lane = Lane::new(Rate::Narrow, LANE_TICKS);
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
        let mut lane = Lane::new(Rate::Narrow, LANE_TICKS);
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
        let mut lane = Lane::new(Rate::Narrow, LANE_TICKS);
        lane.hear(
            400,
            0,
            300,
            &Speech {
                generation: 1,
                timestamp: 0,
                ticks: 160,
                missing: 0,
                begins: false,
                sound: &sound(&[LOUD; 160]),
            },
        );
        assert_eq!(read(&mut lane, 240, 160), [vec![0; 60], vec![FULL; 100]].concat());
    }

    #[test]
    fn a_late_first_packet_is_forgiven_within_seconds() {
        let mut lane = Lane::new(Rate::Narrow, LANE_TICKS);
        let mut stands = say(&mut lane, 160 + 400, 0, 0, &[LOUD; 160]);
        for n in 1..800_u32 {
            let now = 160 * u64::from(n + 1);
            let behind = now.saturating_sub(1_600);
            stands = say(&mut lane, now, behind, 160 * n, &[LOUD; 160]);
            lane.take(behind, 160, |_, _| ());
        }
        let off = stands - 160 * 799;
        assert!(
            off.abs() <= 16,
            "50 ms of delay at first, {off} samples in the end"
        );
    }

    #[test]
    fn a_clock_that_was_stopped_in_a_pause_is_anchored_anew() {
        let mut lane = Lane::new(Rate::Narrow, LANE_TICKS);
        say(&mut lane, 160, 0, 0, &[LOUD; 160]);
        let now = 80_000;
        say(&mut lane, now, now - 1_600, 160, &[LOUD; 160]);
        assert_eq!(read(&mut lane, now - 160, 160), vec![FULL; 160]);
    }

    #[test]
    fn a_burst_after_an_outage_keeps_its_place() {
        let mut lane = Lane::new(Rate::Narrow, LANE_TICKS);
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
        let mut lane = Lane::new(Rate::Narrow, LANE_TICKS);
        say(&mut lane, 160, 0, 0, &[LOUD; 160]);
        say(&mut lane, 480, 0, 320, &[LOUD; 160]);
        lane.change_rate(Rate::Wide);
        let wide = read(&mut lane.clone(), 0, 480);
        assert_eq!(wide, [vec![FULL; 320], vec![0; 320], vec![FULL; 320]].concat());
        lane.change_rate(Rate::Narrow);
        let narrow = read(&mut lane, 0, 480);
        assert_eq!(narrow, [vec![FULL; 160], vec![0; 160], vec![FULL; 160]].concat());
    }

    /// What is missing is known by the numbers of what comes after it, and told unless it comes after all.
    #[test]
    fn what_is_lost_or_too_late_is_told_and_what_is_overtaken_is_not() {
        let mut lane = Lane::new(Rate::Narrow, LANE_TICKS);
        let sound = sound(&[LOUD; 160]);
        let hear = |lane: &mut Lane, read, n: u32, missing| {
            let speech = Speech {
                generation: 1,
                timestamp: 160 * n,
                ticks: 160,
                missing,
                begins: false,
                sound: &sound,
            };
            lane.hear(160 * u64::from(n + 1), read, 0, &speech);
        };
        hear(&mut lane, 0, 0, 0);
        hear(&mut lane, 0, 4, 3);
        hear(&mut lane, 0, 2, 0);
        assert_eq!(lane.next_lack(300), None);
        assert_eq!(
            [lane.next_lack(700), lane.next_lack(700)],
            [Some(160..320), Some(480..640)]
        );
        hear(&mut lane, 1_000, 5, 0);
        assert_eq!(lane.next_lack(1_000), Some(800..960));
        assert_eq!(lane.next_lack(u64::MAX), None);
    }
}
