//! What arrives somewhere, and what can be heard in it.

use super::expected::Span;
use super::hall::LOUDNESS;
use std::f64::consts::TAU;
use std::time::Duration;
use tandem::id::LegId;
use tandem::time::Time;

/// Samples in a second.
pub const RATE_HZ: f64 = 8_000.0;
/// Within this time a change is heard, and what was said before it has passed.
const AT_ONCE: Duration = Duration::from_millis(100);
/// Whoever is heard all the while is missed for no longer.
const MAX_GAP_MS: usize = 40;
/// A tone is looked for in every 5 ms, in 20 ms of sound.
const STEP: usize = 40;
const SHORT: usize = 160;
/// A tone is missed in 100 ms of sound: a single packet of it would show.
const LONG: usize = 800;
/// So weak sounds a window in the middle of which half is silent.
const WEAK: f64 = LOUDNESS / 3.0;
/// What a voice that breaks off or is stretched leaves of itself among the others.
const UNHEARD: f64 = LOUDNESS / 16.0;
/// Something that can be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sound {
    /// The tone of this leg.
    Voice(LegId),
    /// Our music, which is a tone here.
    Music,
    /// Our ringing, busy, dial or error tone.
    Beeps,
    /// That the recording is paused, or goes on.
    Signal,
}

/// All that arrived somewhere.
#[derive(Debug, Default)]
pub struct Ear {
    samples: Vec<i16>,
    marks: Vec<Mark>,
    /// When the first sample is, where that is known beforehand.
    began: Option<Time>,
    /// Whether it is a tape that leaves pauses out, and so has a time of its own.
    pub is_cut: bool,
}

/// A packet: when it arrived, and where its samples stand.
#[derive(Debug)]
struct Mark {
    at: Time,
    position: usize,
    length: usize,
}

impl Sound {
    /// Its frequency. All swing a whole number of times in 20 ms, but for our dial tone of 350 and 440 Hz.
    pub fn hz(self) -> f64 {
        match self {
            Sound::Voice(leg) => 900.0 + 200.0 * (leg.0 % 14) as f64,
            Sound::Music => 600.0,
            Sound::Beeps => 400.0,
            Sound::Signal => 800.0,
        }
    }

    /// What comes and goes has come after so long.
    fn comes_within(self) -> Option<Duration> {
        match self {
            Sound::Voice(_) | Sound::Music => None,
            Sound::Beeps => Some(Duration::from_millis(3_200)),
            Sound::Signal => Some(Duration::from_millis(600)),
        }
    }
}

impl Ear {
    /// A tape begins then.
    pub fn begins(&mut self, at: Time) {
        self.is_cut |= self.began.is_some_and(|began| began != at);
        self.began = Some(at);
    }

    /// Samples arrive that belong there.
    pub fn arrives(&mut self, at: Time, position: usize, samples: impl Iterator<Item = i16>) {
        let length = self.is_written(position, samples);
        self.marks.push(Mark { at, position, length });
    }

    /// Samples are written there, so many.
    pub fn is_written(&mut self, position: usize, samples: impl Iterator<Item = i16>) -> usize {
        let samples: Vec<i16> = samples.collect();
        let end = position + samples.len();
        self.samples.resize(self.samples.len().max(end), 0);
        self.samples[position..end].copy_from_slice(&samples);
        samples.len()
    }

    /// What is wrong if this sound should be heard all the time.
    pub fn hears(&self, sound: Sound, span: &Span) -> Option<String> {
        let (from, length) = (span.from + AT_ONCE, span.to.since(span.from));
        if length < sound.comes_within().unwrap_or(2 * AT_ONCE) {
            return None;
        }
        if sound.comes_within().is_some() {
            let all = self.between(span.from, span.to);
            let mut windows = all.chunks_exact(LONG);
            let is_there = windows.any(|window| level(window, sound.hz()) > UNHEARD);
            return (!is_there).then(|| "is not heard".to_owned());
        }
        let heard = self.between(from, span.to);
        let ms = heard.len() / 8 + MAX_GAP_MS;
        if Duration::from_millis(ms as u64) + AT_ONCE < span.to.since(from) {
            return Some(format!("only {} ms have arrived", heard.len() / 8));
        }
        let starts = (0..heard.len().saturating_sub(SHORT)).step_by(STEP);
        let is_weak = starts.map(|start| level(&heard[start..start + SHORT], sound.hz()) < WEAK);
        let gap = longest_run(is_weak) * STEP / 8;
        (gap > MAX_GAP_MS).then(|| format!("is missed for {gap} ms"))
    }

    /// What is wrong if this sound should not be heard.
    pub fn does_not_hear(&self, sound: Sound, span: &Span) -> Option<String> {
        if span.to.since(span.from) < 2 * AT_ONCE {
            return None;
        }
        let heard = self.between(span.from + AT_ONCE, span.to);
        let starts = (0..heard.len().saturating_sub(LONG)).step_by(LONG / 2);
        let mut levels = starts.map(|start| (start, level(&heard[start..start + LONG], sound.hz())));
        let leak = levels.find(|(_, level)| *level > UNHEARD);
        leak.map(|(start, level)| format!("is heard at {level:.0} after {} ms", start / 8))
    }

    /// What has arrived from then to then.
    fn between(&self, from: Time, to: Time) -> &[i16] {
        let (from, to) = match self.began {
            Some(began) => (samples_since(began, from), samples_since(began, to)),
            None => {
                let first = self.marks.partition_point(|mark| mark.at < from);
                let behind = self.marks.partition_point(|mark| mark.at < to);
                let inside = &self.marks[first.min(behind)..behind];
                let first = inside.first().map_or(0, |mark| mark.position);
                (first, inside.last().map_or(0, |mark| mark.position + mark.length))
            }
        };
        let to = to.min(self.samples.len());
        &self.samples[from.min(to)..to]
    }
}

fn samples_since(began: Time, at: Time) -> usize {
    (at.since(began).as_micros() / 125) as usize
}

/// How loud a tone is in some samples, whose ends count less than their middle so that other tones do not show.
fn level(samples: &[i16], hz: f64) -> f64 {
    let length = samples.len() as f64;
    let coefficient = 2.0 * (TAU * hz / RATE_HZ).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for (n, sample) in samples.iter().enumerate() {
        let weight = 1.0 - (TAU * (n as f64 + 0.5) / length).cos();
        let next = weight * f64::from(*sample) + coefficient * last - before;
        (before, last) = (last, next);
    }
    let power: f64 = last * last + before * before - coefficient * last * before;
    2.0 * power.max(0.0).sqrt() / length
}

fn longest_run(is_weak: impl Iterator<Item = bool>) -> usize {
    let (mut longest, mut run) = (0, 0);
    for is_weak in is_weak {
        run = if is_weak { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}
