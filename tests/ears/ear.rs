//! Measuring what is in a sound.

use std::f64::consts::TAU;
use tandem::wiring::Rate;

/// The amplitude of one frequency in some samples at 8 kHz.
pub(crate) fn amplitude(samples: &[i16], hz: f64) -> f64 {
    amplitude_at(Rate::Narrow, samples, hz)
}

/// The amplitude of one frequency in some samples of this rate (Goertzel's algorithm).
pub(crate) fn amplitude_at(rate: Rate, samples: &[i16], hz: f64) -> f64 {
    let coefficient = 2.0 * (TAU * hz / f64::from(rate.hz())).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for &sample in samples {
        let next = f64::from(sample) + coefficient * last - before;
        (before, last) = (last, next);
    }
    let power = last * last + before * before - coefficient * last * before;
    2.0 * power.max(0.0).sqrt() / samples.len().max(1) as f64
}

/// Which of these tones one hears in the samples; each party speaks with an amplitude of 8000.
pub(crate) fn tones(samples: &[i16], candidates: &[f64]) -> Vec<f64> {
    let level = |hz: f64| amplitude(samples, hz);
    for &hz in candidates {
        let heard = level(hz);
        assert!(
            !(400.0..4_000.0).contains(&heard),
            "{hz} Hz is neither heard nor unheard: {heard}"
        );
    }
    candidates
        .iter()
        .copied()
        .filter(|hz| level(*hz) >= 4_000.0)
        .collect()
}

#[test]
fn an_ear_tells_one_tone_from_another() {
    let tone: Vec<i16> = (0..4_000)
        .map(|n| (8_000.0 * (TAU * 593.0 * f64::from(n) / 8_000.0).sin()) as i16)
        .collect();
    assert!((amplitude(&tone, 593.0) - 8_000.0).abs() < 50.0);
    assert_eq!(tones(&tone, &[419.0, 593.0, 1_047.0]), [593.0]);
}
