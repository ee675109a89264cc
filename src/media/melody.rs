//! The hold music that comes with the house: sixteen seconds of slow broken chords, soft enough to talk
//! over and made to go round without a seam.

use crate::wiring::Rate;
use std::f32::consts::TAU;

/// The telephone's own rate: there is nothing above 3.4 kHz in it.
const SAMPLE_RATE_HZ: u32 = Rate::Narrow.hz();

/// Four bars of eight notes.
const NOTE_MS: usize = 500;
/// As MIDI notes: C major 7, A minor 9, F major 7, G 6. One bar each, up and down again.
const BARS: [[u8; 8]; 4] = [
    [60, 64, 67, 71, 76, 71, 67, 64],
    [57, 64, 67, 71, 72, 71, 67, 64],
    [65, 69, 72, 76, 79, 76, 72, 69],
    [62, 67, 71, 74, 76, 74, 71, 67],
];
/// Fundamental and overtones: close to a kalimba, and all within the telephone's 3.4 kHz.
const OVERTONES: [(f32, f32); 3] = [(1.0, 1.0), (2.0, 0.25), (3.0, 0.08)];
const ATTACK_SECONDS: f32 = 0.02;
const DECAY_SECONDS: f32 = 0.55;
/// A note is let ring into the ones that follow it.
const RING_SECONDS: f32 = 3.0;
/// Loudness: -18 dB below a full-scale square.
const RMS: f32 = 4_125.0;

/// Renders the loop.
pub(super) fn render() -> Vec<i16> {
    let note_samples = NOTE_MS * SAMPLE_RATE_HZ as usize / 1_000;
    let notes: Vec<u8> = BARS.into_iter().flatten().collect();
    let mut mixed = vec![0.0; notes.len() * note_samples];
    for (n, note) in notes.into_iter().enumerate() {
        ring(&mut mixed, n * note_samples, note);
    }
    let power = mixed.iter().map(|sample| sample * sample).sum::<f32>() / mixed.len() as f32;
    let gain = RMS / power.sqrt();
    mixed.into_iter().map(|sample| (sample * gain) as i16).collect()
}

/// Adds one note; what rings beyond the end of the loop rings into its beginning.
fn ring(mixed: &mut [f32], start: usize, note: u8) {
    let hz = 440.0 * 2_f32.powf((f32::from(note) - 69.0) / 12.0);
    let length = (RING_SECONDS * SAMPLE_RATE_HZ as f32) as usize;
    for n in 0..length {
        let seconds = n as f32 / SAMPLE_RATE_HZ as f32;
        let attack = (seconds / ATTACK_SECONDS).min(1.0);
        let release = ((RING_SECONDS - seconds) / ATTACK_SECONDS).min(1.0);
        let loudness = attack * release * (-seconds / DECAY_SECONDS).exp();
        let tone: f32 = OVERTONES
            .iter()
            .map(|(over, share)| share * (TAU * hz * over * seconds).sin())
            .sum();
        mixed[(start + n) % mixed.len()] += loudness * tone;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_music_is_quiet_never_clipped_and_has_no_click_even_at_the_seam() {
        let music = render();
        assert_eq!(music.len(), 16 * 8_000);
        let peak = music.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
        assert!((8_000..28_000).contains(&peak), "peak {peak}");
        let sample = |n: usize| i32::from(music[n % music.len()]);
        let bend = |n: usize| (sample(n) - 2 * sample(n + 1) + sample(n + 2)).abs();
        let within = (0..music.len() - 2).map(bend).max().unwrap();
        let seam = bend(music.len() - 2).max(bend(music.len() - 1));
        assert!(
            seam <= within / 2,
            "the wave bends by {seam} at the seam and by up to {within} elsewhere"
        );
    }
}
