//! What an ear makes of what it has heard: whose tone, for how long, how loud.

use super::voice::RATE;
use std::f64::consts::TAU;

/// Ears judge pieces of a tenth of a second.
const PIECE: usize = 800;
const AUDIBLE_DBFS: f64 = -40.0;

/// For how long this tone is heard.
pub(crate) fn seconds(samples: &[i16], hz: f64) -> f64 {
    let audible = samples
        .chunks_exact(PIECE)
        .filter(|piece| level(piece, hz) > AUDIBLE_DBFS);
    audible.count() as f64 * PIECE as f64 / RATE
}

/// How loud this tone is where it is loudest, in dB below full scale.
pub(crate) fn loudest(samples: &[i16], hz: f64) -> f64 {
    samples
        .chunks_exact(PIECE)
        .map(|piece| level(piece, hz))
        .fold(f64::NEG_INFINITY, f64::max)
}

/// Goertzel's filter over one piece, under a Hann window so that other tones do not leak into it.
fn level(piece: &[i16], hz: f64) -> f64 {
    let twice_cos = 2.0 * (TAU * hz / RATE).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for (at, &sample) in piece.iter().enumerate() {
        let window = 0.5 - 0.5 * (TAU * at as f64 / piece.len() as f64).cos();
        (last, before) = (f64::from(sample) * window + twice_cos * last - before, last);
    }
    let power: f64 = last * last + before * before - twice_cos * last * before;
    let amplitude = 4.0 * power.max(0.0).sqrt() / piece.len() as f64;
    20.0 * (amplitude.max(1e-3) / 32768.0).log10()
}
