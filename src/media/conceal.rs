//! What stands for speech that is missing: the last sound goes on with its own pitch, and fades away.
//!
//! After the idea of ITU-T G.711 Appendix I, as simple as can be: the period at which the last 10 ms resemble
//! what came before them is repeated, at full loudness for 10 ms and then fading for 50 ms; where real speech
//! comes back, both are blended over 4 ms. Neither end clicks, a single lost packet is hardly noticed, and a
//! speaker who is really gone is silent before he sounds like a robot.

use crate::media::codec::per_tick;
use crate::wiring::Rate;
use serde::{Deserialize, Serialize};

/// What is remembered of the past, in ticks: enough to look a period back from all that is compared.
const MEMORY_TICKS: usize = 256;
/// Voices are between 50 and 200 Hz deep.
const PERIODS_TICKS: std::ops::RangeInclusive<usize> = 40..=160;
/// How much of the past is compared.
const ALIKE_TICKS: usize = 80;
/// How long the repetition stays loud.
const LOUD_TICKS: u32 = 80;
/// After so long it has faded away.
pub(super) const FADED_TICKS: u32 = 480;
/// How long real speech is blended in.
const BLEND_TICKS: u32 = 32;

/// Fills the holes in one speaker's speech.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Concealer {
    rate: Rate,
    /// The newest real samples; the next one comes to `newest`.
    memory: Vec<i16>,
    newest: usize,
    /// The period that is repeated.
    period: usize,
    /// Samples that were missing one after the other so far.
    missing: u32,
    /// Samples that the end of the hole is still blended with.
    blending: u32,
}

impl Concealer {
    /// One that has heard nothing but silence. This allocates all it will ever need.
    pub(super) fn new(rate: Rate) -> Concealer {
        Concealer {
            rate,
            memory: vec![0; MEMORY_TICKS * per_tick(rate)],
            newest: 0,
            period: *PERIODS_TICKS.start() * per_tick(rate),
            missing: FADED_TICKS * per_tick(rate) as u32,
            blending: 0,
        }
    }

    /// One that goes on at another rate where this one is.
    pub(super) fn at_rate(&self, rate: Rate) -> Concealer {
        let (was, is) = (per_tick(self.rate), per_tick(rate));
        let oldest_first = (1..=MEMORY_TICKS * is).rev();
        Concealer {
            rate,
            memory: oldest_first
                .map(|back| self.past((back * was).div_ceil(is)))
                .collect(),
            newest: 0,
            period: self.period * is / was,
            missing: self.missing.saturating_mul(is as u32) / was as u32,
            blending: self.blending * is as u32 / was as u32,
        }
    }

    /// Whether nothing is to be heard because speech has been missing for long.
    pub(super) fn has_faded(&self) -> bool {
        self.missing >= self.samples_in(FADED_TICKS)
    }

    /// Whether what was heard last sounds of what was said before.
    pub(super) fn repeats(&self) -> bool {
        (1..self.samples_in(FADED_TICKS)).contains(&self.missing)
    }

    /// What is to be heard where this sample stands, or where one is missing.
    pub(super) fn next(&mut self, sample: Option<i16>) -> i16 {
        match sample {
            None => {
                if self.missing == 0 {
                    self.period = self.pitch();
                }
                let guess = self.guess();
                self.missing = self.missing.saturating_add(1);
                self.blending = self.samples_in(BLEND_TICKS);
                guess
            }
            Some(real) if self.blending > 0 => {
                let guess = i32::from(self.guess());
                self.missing = self.missing.saturating_add(1);
                self.blending -= 1;
                let share = self.blending as i32 + 1;
                let whole = self.samples_in(BLEND_TICKS) as i32 + 1;
                let blended = (guess * share + i32::from(real) * (whole - share)) / whole;
                if self.blending == 0 {
                    self.missing = 0;
                }
                // What was blended is heard, but what is remembered for the next hole should be whole: the memory
                // begins anew here, and its older part is at worst one blend out of step.
                self.remember(real);
                blended as i16
            }
            Some(real) => {
                self.missing = 0;
                self.remember(real);
                real
            }
        }
    }

    /// The period repeated, with the loudness that is left.
    fn guess(&self) -> i16 {
        if self.has_faded() {
            return 0;
        }
        let (loud, faded) = (self.samples_in(LOUD_TICKS), self.samples_in(FADED_TICKS));
        let sample = i32::from(self.past(self.period - self.missing as usize % self.period));
        let left = (faded - self.missing.max(loud)) as i32;
        (sample * left / (faded - loud) as i32) as i16
    }

    /// The period back from now at which the past is most like the last 10 ms. One sample of each tick is enough to
    /// find it.
    fn pitch(&self) -> usize {
        let per_tick = per_tick(self.rate);
        let likeness = |period: usize| {
            let (mut product, mut energy) = (0.0_f32, 1.0_f32);
            for back in (1..=ALIKE_TICKS).map(|back| back * per_tick) {
                let (now, then) = (f32::from(self.past(back)), f32::from(self.past(back + period)));
                product += now * then;
                energy += then * then;
            }
            product / energy.sqrt()
        };
        let periods = PERIODS_TICKS.map(|period| period * per_tick);
        let scored = periods.map(|period| (period, likeness(period)));
        let best = scored.max_by(|(_, one), (_, other)| one.total_cmp(other));
        best.map_or(self.period, |(period, _)| period)
    }

    /// The sample so far back, 1 being the newest.
    fn past(&self, back: usize) -> i16 {
        let length = self.memory.len();
        self.memory[(self.newest + length - back) % length]
    }

    fn remember(&mut self, sample: i16) {
        self.memory[self.newest] = sample;
        self.newest = (self.newest + 1) % self.memory.len();
    }

    fn samples_in(&self, ticks: u32) -> u32 {
        ticks * per_tick(self.rate) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    const RATES: [Rate; 2] = [Rate::Narrow, Rate::Wide];

    fn voice(rate: Rate, n: usize) -> i16 {
        let seconds = n as f64 / f64::from(rate.hz());
        let overtones = [(130.0, 6_000.0), (260.0, 3_000.0), (910.0, 1_500.0)];
        overtones
            .map(|(hz, loud)| loud * (TAU * hz * seconds).sin())
            .iter()
            .sum::<f64>() as i16
    }

    /// Speech with these ticks missing, as it is heard.
    fn heard(rate: Rate, missing: std::ops::Range<usize>, length: usize) -> Vec<i16> {
        let mut concealer = Concealer::new(rate);
        (0..length * per_tick(rate))
            .map(|n| concealer.next((!missing.contains(&(n / per_tick(rate)))).then(|| voice(rate, n))))
            .collect()
    }

    #[test]
    fn a_lost_packet_of_a_steady_voice_is_hardly_noticed() {
        for rate in RATES {
            let heard = heard(rate, 1_600..1_760, 3_200);
            let hole = 1_600 * per_tick(rate)..1_800 * per_tick(rate);
            let square = |sample: i16| f64::from(sample).powi(2);
            let error: f64 = hole.clone().map(|n| square(heard[n] - voice(rate, n))).sum();
            let speech: f64 = hole.clone().map(|n| square(voice(rate, n))).sum();
            assert!(error / speech < 0.15, "{} of the energy is wrong", error / speech);
            assert!((hole.end..heard.len()).all(|n| heard[n] == voice(rate, n)));
        }
    }

    #[test]
    fn neither_end_of_a_hole_clicks() {
        let steepest = |samples: &[i16]| {
            samples
                .windows(2)
                .map(|two| (two[1] - two[0]).unsigned_abs())
                .max()
                .unwrap()
        };
        for rate in RATES {
            let whole: Vec<i16> = (0..3_200 * per_tick(rate)).map(|n| voice(rate, n)).collect();
            for length in [1, 40, 160, 333, 480, 1_000] {
                let heard = heard(rate, 1_600..1_600 + length, 3_200);
                assert!(
                    steepest(&heard[200..]) <= 2 * steepest(&whole[200..]),
                    "a hole of {length} at {rate:?}"
                );
            }
        }
    }

    #[test]
    fn who_is_gone_fades_within_60_ms_and_comes_back_softly() {
        for rate in RATES {
            let (heard, whole) = (heard(rate, 1_600..4_000, 4_800), per_tick(rate));
            let part = |from: usize, to: usize| &heard[from * whole..to * whole];
            assert!(part(1_600, 1_680).iter().any(|sample| sample.abs() > 4_000));
            assert!(part(2_080, 4_000).iter().all(|sample| *sample == 0));
            assert!(heard[4_000 * whole].abs() < 800);
            assert_eq!(heard[4_040 * whole], voice(rate, 4_040 * whole));
        }
    }

    #[test]
    fn silence_stays_silence() {
        for rate in RATES {
            let mut concealer = Concealer::new(rate);
            assert!(concealer.has_faded());
            assert!((0..500).all(|n| concealer.next((n % 3 == 0).then_some(0)) == 0));
        }
    }

    /// The rate changes in the middle of a hole: what stands for the voice goes on with its pitch.
    #[test]
    fn a_hole_goes_on_at_another_rate() {
        for (was, is) in [(Rate::Narrow, Rate::Wide), (Rate::Wide, Rate::Narrow)] {
            let mut concealer = Concealer::new(was);
            for n in 0..800 * per_tick(was) {
                concealer.next(Some(voice(was, n)));
            }
            for _ in 0..20 * per_tick(was) {
                concealer.next(None);
            }
            let mut concealer = concealer.at_rate(is);
            let goes_on = (820 * per_tick(is)..860 * per_tick(is)).map(|n| (n, concealer.next(None)));
            let off = goes_on.map(|(n, heard)| (i32::from(heard) - i32::from(voice(is, n))).abs());
            assert!(off.max().unwrap() < 3_500);
            let left = (860..1_300 * per_tick(is)).map(|_| concealer.next(None));
            assert_eq!(left.last(), Some(0));
            assert!(concealer.has_faded());
        }
    }
}
