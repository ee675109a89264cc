//! What we play ourselves: the tones of a telephone exchange and the hold music.

use crate::media::codec::{FRAME_TICKS, MAX_FRAME_SAMPLES, per_tick};
use crate::media::engine::Sounds;
use crate::media::resample::HALF_WAY;
use crate::time::Time;
use crate::wiring::{Rate, Voice};
use serde::{Deserialize, Serialize};
use std::f32::consts::TAU;
use std::sync::LazyLock;
use std::time::Duration;

/// How long one packet of ours lasts.
pub(super) const FRAME_MS: u64 = 20;
/// After a late tick so many packets are sent at once to catch up; the rest are left out.
const MAX_CATCH_UP_FRAMES: u64 = 3;

/// The British ringing tone (400 Hz and 450 Hz; 0.4 s on, 0.2 s off, 0.4 s on, 2 s off), in frames.
const RINGBACK_BURSTS_FRAMES: [std::ops::Range<u64>; 2] = [0..20, 30..50];
const RINGBACK_PERIOD_FRAMES: u64 = 150;
const RINGBACK_HZ: [f32; 2] = [400.0, 450.0];
/// Peak of each of its two tones: about -19 dBFS.
const RINGBACK_AMPLITUDE: f32 = 3_600.0;

/// The British busy tone (400 Hz; 0.38 s on, 0.38 s off), in frames.
const BUSY_BURST_FRAMES: u64 = 19;
const BUSY_PERIOD_FRAMES: u64 = 38;
const BUSY_HZ: f32 = 400.0;

/// The British dial tone: 350 Hz and 440 Hz, without end.
const DIAL_HZ: [f32; 2] = [350.0, 440.0];
/// Both swing a whole number of times in so many frames.
const DIAL_PERIOD_FRAMES: usize = 5;

/// The error tone: the busy tone's 400 Hz in hurried beeps, 0.1 s on, 0.1 s off, so that nobody takes it for a
/// colleague who is busy.
const ERROR_BURST_FRAMES: u64 = 5;
const ERROR_PERIOD_FRAMES: u64 = 10;

/// The signals of the recording: from the first pitch to the second when it is paused, and up again when it goes
/// on. Each pitch sounds for so many frames, and swings a whole number of times in each.
const SIGNAL_HZ: [f32; 2] = [800.0, 500.0];
const SIGNAL_STEP_FRAMES: u64 = 7;

/// A sound that a leg can hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Tone {
    /// Somebody is being rung.
    Ringback,
    /// Nobody is there any more.
    Busy,
    /// The listener is on hold.
    Music,
    /// A number is waited for.
    Dial,
    /// What was dialled cannot be.
    Error,
    /// The recording is paused.
    Paused,
    /// The recording goes on.
    Resumed,
    /// Nobody says anything, and yet the line is there.
    Silence,
}

/// A tone being played to one listener, a frame each 20 ms.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Player {
    pub(super) tone: Tone,
    metronome: Metronome,
}

/// Counts the frames of something that we make for one listener.
///
/// Frames fall on whole multiples of 20 ms, so that one tick serves all the listeners of a shard.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Metronome {
    started: Time,
    /// The next frame to play, counted from the start.
    frame: u64,
    /// How many have been played.
    played: u32,
}

/// Which frame it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Beat {
    /// Counted from the start, whether they were played or left out.
    pub(super) frame: u64,
    /// Counts the frames that were played.
    pub(super) sequence: u32,
    /// Counts the ticks, played or left out.
    pub(super) timestamp: u32,
}

/// The samples of one frame of any rate.
pub(super) type Samples = [i16; MAX_FRAME_SAMPLES];

/// One frame of a tone.
pub(super) struct Frame {
    /// Counts the frames that were played.
    pub(super) sequence: u32,
    /// Counts the ticks, played or left out.
    pub(super) timestamp: u32,
    /// Its sound, of which as many samples are meant as a frame of its rate has.
    pub(super) samples: Samples,
}

impl Player {
    /// Starts a tone at its beginning.
    pub(super) fn new(now: Time, tone: Tone) -> Player {
        Player {
            tone,
            metronome: Metronome::new(now),
        }
    }

    /// When the next frame is due.
    pub(super) fn due(&self) -> Time {
        self.metronome.due()
    }

    /// The next frame that is due by `now`, if one is, at this rate.
    pub(super) fn next(&mut self, now: Time, rate: Rate, sounds: &Sounds) -> Option<Frame> {
        self.metronome.ready(now)?;
        let beat = self.metronome.beat();
        Some(Frame {
            sequence: beat.sequence,
            timestamp: beat.timestamp,
            samples: self.tone.samples(rate, beat.frame, sounds),
        })
    }
}

impl Metronome {
    /// The first frame is due with the next tick.
    pub(super) fn new(now: Time) -> Metronome {
        Metronome {
            started: on_the_grid(now),
            frame: 0,
            played: 0,
        }
    }

    /// When the next frame is due.
    pub(super) fn due(&self) -> Time {
        self.started + Duration::from_millis(FRAME_MS * self.frame)
    }

    /// The moment of the next frame, if that has come. Of too many that are late some are left out.
    pub(super) fn ready(&mut self, now: Time) -> Option<Time> {
        let late = now.since(self.due()).as_millis() as u64 / FRAME_MS;
        self.frame += late.saturating_sub(MAX_CATCH_UP_FRAMES - 1);
        Some(self.due()).filter(|due| *due <= now)
    }

    /// The frame whose turn it is.
    pub(super) fn beat(&mut self) -> Beat {
        let beat = Beat {
            frame: self.frame,
            sequence: self.played,
            timestamp: self.frame.wrapping_mul(FRAME_TICKS as u64) as u32,
        };
        self.frame += 1;
        self.played = self.played.wrapping_add(1);
        beat
    }
}

impl Tone {
    /// The tone that is this voice, unless that is somebody's.
    pub(super) fn of(voice: Voice) -> Option<Tone> {
        match voice {
            Voice::Leg(_) => None,
            Voice::Ringback => Some(Tone::Ringback),
            Voice::Busy => Some(Tone::Busy),
            Voice::Music => Some(Tone::Music),
            Voice::Dial => Some(Tone::Dial),
            Voice::Error => Some(Tone::Error),
            Voice::Paused => Some(Tone::Paused),
            Voice::Resumed => Some(Tone::Resumed),
            Voice::Silence => Some(Tone::Silence),
        }
    }

    /// The voice that is this tone.
    pub(super) fn voice(self) -> Voice {
        match self {
            Tone::Ringback => Voice::Ringback,
            Tone::Busy => Voice::Busy,
            Tone::Music => Voice::Music,
            Tone::Dial => Voice::Dial,
            Tone::Error => Voice::Error,
            Tone::Paused => Voice::Paused,
            Tone::Resumed => Voice::Resumed,
            Tone::Silence => Voice::Silence,
        }
    }

    /// One frame of it at this rate.
    pub(super) fn samples(self, rate: Rate, frame: u64, sounds: &Sounds) -> Samples {
        let chords = match rate {
            Rate::Narrow => &CHORDS[0],
            Rate::Wide => &CHORDS[1],
        };
        match self {
            Tone::Ringback => chords.ringback(frame),
            Tone::Busy => chords.beeps(frame, BUSY_BURST_FRAMES, BUSY_PERIOD_FRAMES),
            Tone::Error => chords.beeps(frame, ERROR_BURST_FRAMES, ERROR_PERIOD_FRAMES),
            Tone::Paused => step(rate, frame, SIGNAL_HZ),
            Tone::Resumed => step(rate, frame, [SIGNAL_HZ[1], SIGNAL_HZ[0]]),
            Tone::Silence => [0; MAX_FRAME_SAMPLES],
            Tone::Dial => chords.dial[(frame % DIAL_PERIOD_FRAMES as u64) as usize],
            Tone::Music => match rate {
                Rate::Narrow => music(&sounds.music, frame),
                Rate::Wide => wide_music(&sounds.music, frame),
            },
        }
    }
}

/// The first moment, at or after this one, at which the ticks of all conversations meet.
pub(super) fn on_the_grid(at: Time) -> Time {
    Time::from_micros(at.as_micros().next_multiple_of(FRAME_MS * 1_000))
}

/// The tones of an exchange at one rate.
struct Chords {
    /// Swings a whole number of times in 20 ms, so one frame repeated is the tone without a seam.
    busy: Samples,
    /// So do both tones of this one.
    ringback: Samples,
    dial: [Samples; DIAL_PERIOD_FRAMES],
}

static CHORDS: LazyLock<[Chords; 2]> = LazyLock::new(|| [Rate::Narrow, Rate::Wide].map(Chords::new));

impl Chords {
    fn new(rate: Rate) -> Chords {
        Chords {
            busy: chord(rate, &[BUSY_HZ], 0),
            ringback: chord(rate, &RINGBACK_HZ, 0),
            dial: std::array::from_fn(|frame| chord(rate, &DIAL_HZ, frame)),
        }
    }

    fn ringback(&self, frame: u64) -> Samples {
        let frame = frame % RINGBACK_PERIOD_FRAMES;
        match RINGBACK_BURSTS_FRAMES.iter().any(|burst| burst.contains(&frame)) {
            true => self.ringback,
            false => [0; MAX_FRAME_SAMPLES],
        }
    }

    fn beeps(&self, frame: u64, burst_frames: u64, period_frames: u64) -> Samples {
        match frame % period_frames < burst_frames {
            true => self.busy,
            false => [0; MAX_FRAME_SAMPLES],
        }
    }
}

/// Two pitches, one after the other, and then nothing.
fn step(rate: Rate, frame: u64, pitches_hz: [f32; 2]) -> Samples {
    let pitch = usize::try_from(frame / SIGNAL_STEP_FRAMES).ok();
    match pitch.and_then(|pitch| pitches_hz.get(pitch)) {
        Some(hz) => chord(rate, &[*hz], 0),
        None => [0; MAX_FRAME_SAMPLES],
    }
}

/// The frame of this number of some tones at once.
fn chord(rate: Rate, tones_hz: &[f32], frame: usize) -> Samples {
    let start = frame * FRAME_TICKS * per_tick(rate);
    std::array::from_fn(|n| {
        let seconds = (start + n) as f32 / rate.hz() as f32;
        let swing: f32 = tones_hz.iter().map(|hz| (TAU * hz * seconds).sin()).sum();
        (swing * RINGBACK_AMPLITUDE) as i16
    })
}

fn music(loop_samples: &[i16], frame: u64) -> Samples {
    let mut samples = [0; MAX_FRAME_SAMPLES];
    let Some(start) = place_of(frame, loop_samples) else {
        return samples;
    };
    let round = loop_samples[start..].iter().chain(loop_samples.iter().cycle());
    for (sample, played) in samples[..FRAME_TICKS].iter_mut().zip(round) {
        *sample = *played;
    }
    samples
}

/// The music is of 8 kHz; at 16 kHz there is a sample half-way between each two, made of those around.
fn wide_music(loop_samples: &[i16], frame: u64) -> Samples {
    let mut samples = [0; MAX_FRAME_SAMPLES];
    let Some(start) = place_of(frame, loop_samples) else {
        return samples;
    };
    let length = loop_samples.len();
    let before = HALF_WAY.len() / 2 - 1;
    for (n, pair) in samples.chunks_exact_mut(2).enumerate() {
        let around = (start + n + length * before - before..).map(|at| f32::from(loop_samples[at % length]));
        let between: f32 = HALF_WAY
            .iter()
            .zip(around)
            .map(|(weight, sample)| weight * sample)
            .sum();
        pair[0] = loop_samples[(start + n) % length];
        pair[1] = between as i16;
    }
    samples
}

/// Where in the loop a frame begins, if there is any music.
fn place_of(frame: u64, loop_samples: &[i16]) -> Option<usize> {
    let length = loop_samples.len() as u64;
    Some((frame.wrapping_mul(FRAME_TICKS as u64).checked_rem(length)?) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Time {
        Time::EPOCH + Duration::from_millis(1_000 + ms)
    }

    fn sounds(length: i16) -> Sounds {
        Sounds {
            music: (0..length).collect(),
        }
    }

    #[test]
    fn frames_come_every_20_ms_even_if_ticks_are_late() {
        let mut player = Player::new(at(0), Tone::Ringback);
        for (tick, frames) in [(0, 1), (20, 1), (39, 0), (45, 1), (60, 1), (119, 2), (120, 1)] {
            let mut played = 0;
            while player.next(at(tick), Rate::Narrow, &sounds(0)).is_some() {
                played += 1;
            }
            assert_eq!(played, frames, "at {tick} ms");
        }
        assert_eq!(player.due(), at(140));
    }

    #[test]
    fn after_a_long_pause_a_few_frames_catch_up_and_the_rest_are_left_out() {
        let mut player = Player::new(at(0), Tone::Music);
        assert!(player.next(at(0), Rate::Narrow, &sounds(5)).is_some());
        let late = || player.next(at(1_000), Rate::Narrow, &sounds(5));
        let caught_up: Vec<Frame> = std::iter::from_fn(late).collect();
        let numbers: Vec<_> = caught_up
            .iter()
            .map(|frame| (frame.sequence, frame.timestamp / 160))
            .collect();
        assert_eq!(
            numbers,
            [(1, 48), (2, 49), (3, 50)],
            "no burst, no false loss, and back on the clock"
        );
    }

    #[test]
    fn players_of_all_listeners_tick_together() {
        assert_eq!(
            Player::new(at(3), Tone::Music).due(),
            Player::new(at(17), Tone::Music).due()
        );
    }

    #[test]
    fn music_goes_round_without_a_seam() {
        let heard: Vec<i16> = (0..40)
            .flat_map(|n| music(&sounds(1_001).music, n).into_iter().take(FRAME_TICKS))
            .collect();
        assert!(
            heard
                .iter()
                .enumerate()
                .all(|(n, &sample)| usize::from(sample as u16) == n % 1_001)
        );
        let silence = [0; MAX_FRAME_SAMPLES];
        assert_eq!(music(&[], 7), silence, "no music is silence");
        assert_eq!(wide_music(&[], 7), silence);
    }

    #[test]
    fn music_of_8_khz_goes_round_at_16_khz() {
        let tone = |seconds: f64| 8_000.0 * (f64::from(TAU) * 700.0 * seconds).sin();
        let sounds = (0..800)
            .map(|n| tone(f64::from(n) / 8_000.0) as i16)
            .collect::<Vec<_>>();
        let heard = (0..40).flat_map(|n| wide_music(&sounds, n));
        let off = heard
            .enumerate()
            .map(|(n, sample)| (f64::from(sample) - tone(n as f64 / 16_000.0)).abs());
        let furthest = off.fold(0.0, f64::max);
        assert!(furthest < 20.0, "off by {furthest:.0}");
    }

    #[test]
    fn ringback_rings_twice_and_rests_without_clicks() {
        for rate in [Rate::Narrow, Rate::Wide] {
            let mut player = Player::new(at(0), Tone::Ringback);
            let mut on = vec![];
            let mut before = 0;
            for n in 0..RINGBACK_PERIOD_FRAMES {
                let frame = player.next(at(20 * n), rate, &sounds(0)).unwrap();
                let samples = &frame.samples[..FRAME_TICKS * per_tick(rate)];
                on.push(samples.iter().any(|&sample| sample != 0));
                for &sample in samples {
                    assert!(
                        (sample - before).abs() < 2_600,
                        "a step that one would hear as a click"
                    );
                    before = sample;
                }
            }
            let lengths: Vec<usize> = on.chunk_by(|a, b| a == b).map(<[bool]>::len).collect();
            assert_eq!(lengths, [20, 10, 20, 100]);
        }
    }
}
