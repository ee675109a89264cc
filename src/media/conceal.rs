//! What stands for speech that is missing: the last sound goes on with its own pitch, and fades away.
//!
//! After the idea of ITU-T G.711 Appendix I, as simple as can be: the period at which the last 10 ms resemble
//! what came before them is repeated, at full loudness for 10 ms and then fading for 50 ms; where real speech
//! comes back, both are blended over 4 ms. Neither end clicks, a single lost packet is hardly noticed, and a
//! speaker who is really gone is silent before he sounds like a robot.

use serde::{Deserialize, Serialize};

/// What is remembered of the past: enough to look a period back from all that is compared.
const MEMORY: usize = 256;
/// Voices are between 50 and 200 Hz deep.
const PERIODS: std::ops::RangeInclusive<usize> = 40..=160;
/// How much of the past is compared.
const ALIKE: usize = 80;
/// How long the repetition stays loud.
const LOUD: u32 = 80;
/// After so long it has faded away.
pub(super) const FADED: u32 = 480;
/// How long real speech is blended in.
const BLEND: u32 = 32;

/// Fills the holes in one speaker's speech.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Concealer {
    /// The newest real samples; the next one comes to `newest % MEMORY`.
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
    pub(super) fn new() -> Concealer {
        Concealer {
            memory: vec![0; MEMORY],
            newest: 0,
            period: *PERIODS.start(),
            missing: FADED,
            blending: 0,
        }
    }

    /// Whether nothing is to be heard because speech has been missing for long.
    pub(super) fn has_faded(&self) -> bool {
        self.missing >= FADED
    }

    /// Whether what was heard last sounds of what was said before.
    pub(super) fn repeats(&self) -> bool {
        (1..FADED).contains(&self.missing)
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
                self.blending = BLEND;
                guess
            }
            Some(real) if self.blending > 0 => {
                let guess = i32::from(self.guess());
                self.missing = self.missing.saturating_add(1);
                self.blending -= 1;
                let share = self.blending as i32 + 1;
                let blended =
                    (guess * share + i32::from(real) * (BLEND as i32 + 1 - share)) / (BLEND as i32 + 1);
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
        if self.missing >= FADED {
            return 0;
        }
        let sample = i32::from(self.past(self.period - self.missing as usize % self.period));
        let left = (FADED - self.missing.max(LOUD)) as i32;
        (sample * left / (FADED - LOUD) as i32) as i16
    }

    /// The period back from now at which the past is most like the last 10 ms.
    fn pitch(&self) -> usize {
        let likeness = |period: usize| {
            let (mut product, mut energy) = (0.0_f32, 1.0_f32);
            for back in 1..=ALIKE {
                let (now, then) = (f32::from(self.past(back)), f32::from(self.past(back + period)));
                product += now * then;
                energy += then * then;
            }
            product / energy.sqrt()
        };
        let scored = PERIODS.map(|period| (period, likeness(period)));
        let best = scored.max_by(|(_, one), (_, other)| one.total_cmp(other));
        best.map_or(*PERIODS.start(), |(period, _)| period)
    }

    /// The sample so far back, 1 being the newest.
    fn past(&self, back: usize) -> i16 {
        self.memory[(self.newest + MEMORY - back) % MEMORY]
    }

    fn remember(&mut self, sample: i16) {
        self.memory[self.newest] = sample;
        self.newest = (self.newest + 1) % MEMORY;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn voice(n: usize) -> i16 {
        let seconds = n as f64 / 8_000.0;
        let overtones = [(130.0, 6_000.0), (260.0, 3_000.0), (910.0, 1_500.0)];
        overtones
            .map(|(hz, loud)| loud * (TAU * hz * seconds).sin())
            .iter()
            .sum::<f64>() as i16
    }

    /// Speech with these samples missing, as it is heard.
    fn heard(missing: std::ops::Range<usize>, length: usize) -> Vec<i16> {
        let mut concealer = Concealer::new();
        (0..length)
            .map(|n| concealer.next((!missing.contains(&n)).then(|| voice(n))))
            .collect()
    }

    #[test]
    fn a_lost_packet_of_a_steady_voice_is_hardly_noticed() {
        let heard = heard(1_600..1_760, 3_200);
        let error: f64 = (1_600..1_800)
            .map(|n| f64::from(heard[n] - voice(n)).powi(2))
            .sum();
        let speech: f64 = (1_600..1_800).map(|n| f64::from(voice(n)).powi(2)).sum();
        assert!(error / speech < 0.15, "{} of the energy is wrong", error / speech);
        assert_eq!(heard[1_800..], (1_800..3_200).map(voice).collect::<Vec<_>>());
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
        let whole: Vec<i16> = (0..3_200).map(voice).collect();
        for length in [1, 40, 160, 333, 480, 1_000] {
            let heard = heard(1_600..1_600 + length, 3_200);
            assert!(
                steepest(&heard[100..]) <= 2 * steepest(&whole[100..]),
                "a hole of {length}"
            );
        }
    }

    #[test]
    fn who_is_gone_fades_within_60_ms_and_comes_back_softly() {
        let heard = heard(1_600..4_000, 4_800);
        assert!(heard[1_600..1_680].iter().any(|sample| sample.abs() > 4_000));
        assert!(heard[2_080..4_000].iter().all(|sample| *sample == 0));
        assert!(heard[4_000].abs() < 800);
        assert_eq!(heard[4_040], voice(4_040));
    }

    #[test]
    fn silence_stays_silence() {
        let mut concealer = Concealer::new();
        assert!(concealer.has_faded());
        assert!((0..500).all(|n| concealer.next((n % 3 == 0).then_some(0)) == 0));
    }
}
