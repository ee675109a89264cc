//! Hold music from a WAV file, brought to the one form in which the media plane plays it.

use hound::WavReader;
use std::f64::consts::PI;
use std::path::Path;
use std::sync::Arc;

/// Samples per second of what the media plane plays.
const PLAYED_RATE: u32 = 8_000;
/// More than half an hour is not music on hold but a mistake; the rest is left away.
const MAX_SECONDS: usize = 1_800;
/// Zero crossings of the filter on either side.
const CROSSINGS: f64 = 16.0;

/// The music of this file: 16-bit samples of any rate, its channels mixed into one.
pub fn read(path: &Path) -> Result<Arc<[i16]>, hound::Error> {
    let mut reader = WavReader::open(path)?;
    let spec = reader.spec();
    let channels = usize::from(spec.channels.max(1));
    let wanted = MAX_SECONDS * spec.sample_rate as usize * channels;
    let samples = reader
        .samples::<i16>()
        .take(wanted)
        .collect::<Result<Vec<_>, _>>()?;
    let mono: Vec<f64> = samples.chunks_exact(channels).map(mix).collect();
    Ok(resample(&mono, spec.sample_rate).into())
}

fn mix(frame: &[i16]) -> f64 {
    frame.iter().map(|sample| f64::from(*sample)).sum::<f64>() / frame.len() as f64
}

/// Band-limited interpolation: each new sample is the sum of the old ones under a windowed sinc, whose
/// cut-off lies below half the lower of the two rates, so that nothing folds back into the music.
fn resample(samples: &[f64], rate: u32) -> Vec<i16> {
    let step = f64::from(rate.max(1)) / f64::from(PLAYED_RATE);
    let cutoff = (1.0 / step).min(1.0) * 0.95;
    let reach = CROSSINGS / cutoff;
    let length = (samples.len() as f64 / step) as usize;
    let at = |position: usize| {
        let centre = position as f64 * step;
        let first = (centre - reach).ceil().max(0.0) as usize;
        let last = ((centre + reach) as usize + 1).min(samples.len());
        let near = samples.iter().enumerate().take(last).skip(first);
        let sum: f64 = near
            .map(|(at, sample)| sample * kernel(at as f64 - centre, cutoff, reach))
            .sum();
        sum.clamp(f64::from(i16::MIN), f64::from(i16::MAX)).round() as i16
    };
    (0..length).map(at).collect()
}

fn kernel(distance: f64, cutoff: f64, reach: f64) -> f64 {
    let window = 0.5 + 0.5 * (PI * distance / reach).cos();
    let angle = PI * cutoff * distance;
    let sinc = if angle.abs() < 1e-9 {
        1.0
    } else {
        angle.sin() / angle
    };
    cutoff * sinc * window
}

#[cfg(test)]
mod tests {
    use super::*;
    use hound::{SampleFormat, WavSpec, WavWriter};

    fn sine(hertz: f64, rate: u32) -> Vec<f64> {
        let angle = |at: u32| 2.0 * PI * hertz * f64::from(at) / f64::from(rate);
        (0..rate).map(|at| 10_000.0 * angle(at).sin()).collect()
    }

    fn loudness(samples: &[i16]) -> f64 {
        let middle = &samples[1_000..7_000];
        (middle.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / middle.len() as f64).sqrt()
    }

    #[test]
    fn a_tone_keeps_its_strength_and_what_cannot_be_played_vanishes() {
        let heard = resample(&sine(440.0, 44_100), 44_100);
        assert!((loudness(&heard) - 7_071.0).abs() < 100.0, "{}", loudness(&heard));
        let too_high = resample(&sine(5_000.0, 44_100), 44_100);
        assert!(loudness(&too_high) < 50.0, "{}", loudness(&too_high));
    }

    #[test]
    fn what_has_the_right_rate_keeps_its_length() {
        assert_eq!(resample(&sine(440.0, 8_000), 8_000).len(), 8_000);
    }

    #[test]
    fn a_stereo_file_becomes_one_voice() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("music.wav");
        let spec = WavSpec {
            channels: 2,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut writer = WavWriter::create(&file, spec).unwrap();
        for _ in 0..16_000 {
            writer.write_sample(3_000_i16).unwrap();
            writer.write_sample(1_000_i16).unwrap();
        }
        writer.finalize().unwrap();
        let music = read(&file).unwrap();
        assert_eq!(music.len(), 8_000);
        assert!((music[4_000] - 2_000).abs() < 20, "{}", music[4_000]);
    }
}
