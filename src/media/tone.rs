//! What we play ourselves: the tones of a telephone exchange and the hold music.

use crate::media::codec::{FRAME_SAMPLES, SAMPLE_RATE_HZ};
use crate::media::engine::Sounds;
use crate::time::Time;
use crate::wiring::Voice;
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
    /// Counts the samples, played or left out.
    pub(super) timestamp: u32,
}

/// One frame of a tone.
pub(super) struct Frame {
    /// Counts the frames that were played.
    pub(super) sequence: u32,
    /// Counts the samples, played or left out.
    pub(super) timestamp: u32,
    /// Its sound.
    pub(super) samples: [i16; FRAME_SAMPLES],
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

    /// The next frame that is due by `now`, if one is.
    pub(super) fn next(&mut self, now: Time, sounds: &Sounds) -> Option<Frame> {
        self.metronome.ready(now)?;
        let beat = self.metronome.beat();
        Some(Frame {
            sequence: beat.sequence,
            timestamp: beat.timestamp,
            samples: self.tone.samples(beat.frame, sounds),
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
            timestamp: self.frame.wrapping_mul(FRAME_SAMPLES as u64) as u32,
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
        }
    }

    /// One frame of it.
    pub(super) fn samples(self, frame: u64, sounds: &Sounds) -> [i16; FRAME_SAMPLES] {
        match self {
            Tone::Ringback => ringback(frame),
            Tone::Busy => beeps(frame, BUSY_BURST_FRAMES, BUSY_PERIOD_FRAMES),
            Tone::Error => beeps(frame, ERROR_BURST_FRAMES, ERROR_PERIOD_FRAMES),
            Tone::Paused => step(frame, SIGNAL_HZ),
            Tone::Resumed => step(frame, [SIGNAL_HZ[1], SIGNAL_HZ[0]]),
            Tone::Dial => DIAL_FRAMES[(frame % DIAL_PERIOD_FRAMES as u64) as usize],
            Tone::Music => music(&sounds.music, frame),
        }
    }
}

/// The first moment, at or after this one, at which the ticks of all conversations meet.
pub(super) fn on_the_grid(at: Time) -> Time {
    Time::from_micros(at.as_micros().next_multiple_of(FRAME_MS * 1_000))
}

fn ringback(frame: u64) -> [i16; FRAME_SAMPLES] {
    let frame = frame % RINGBACK_PERIOD_FRAMES;
    match RINGBACK_BURSTS_FRAMES.iter().any(|burst| burst.contains(&frame)) {
        true => *RINGBACK_FRAME,
        false => [0; FRAME_SAMPLES],
    }
}

fn beeps(frame: u64, burst_frames: u64, period_frames: u64) -> [i16; FRAME_SAMPLES] {
    match frame % period_frames < burst_frames {
        true => *BUSY_FRAME,
        false => [0; FRAME_SAMPLES],
    }
}

/// Two pitches, one after the other, and then nothing.
fn step(frame: u64, pitches_hz: [f32; 2]) -> [i16; FRAME_SAMPLES] {
    let pitch = usize::try_from(frame / SIGNAL_STEP_FRAMES).ok();
    match pitch.and_then(|pitch| pitches_hz.get(pitch)) {
        Some(hz) => std::array::from_fn(|n| {
            let seconds = n as f32 / SAMPLE_RATE_HZ as f32;
            ((TAU * hz * seconds).sin() * RINGBACK_AMPLITUDE) as i16
        }),
        None => [0; FRAME_SAMPLES],
    }
}

/// It swings a whole number of times in 20 ms, too.
static BUSY_FRAME: LazyLock<[i16; FRAME_SAMPLES]> = LazyLock::new(|| {
    std::array::from_fn(|n| {
        let seconds = n as f32 / SAMPLE_RATE_HZ as f32;
        ((TAU * BUSY_HZ * seconds).sin() * RINGBACK_AMPLITUDE) as i16
    })
});

/// Both tones swing a whole number of times in 20 ms, so one frame repeated is the tone without a seam.
static RINGBACK_FRAME: LazyLock<[i16; FRAME_SAMPLES]> = LazyLock::new(|| chord(RINGBACK_HZ, 0));

static DIAL_FRAMES: LazyLock<[[i16; FRAME_SAMPLES]; DIAL_PERIOD_FRAMES]> =
    LazyLock::new(|| std::array::from_fn(|frame| chord(DIAL_HZ, frame)));

/// The frame of this number of two tones at once.
fn chord(tones_hz: [f32; 2], frame: usize) -> [i16; FRAME_SAMPLES] {
    std::array::from_fn(|n| {
        let seconds = (frame * FRAME_SAMPLES + n) as f32 / SAMPLE_RATE_HZ as f32;
        let swing: f32 = tones_hz.iter().map(|hz| (TAU * hz * seconds).sin()).sum();
        (swing * RINGBACK_AMPLITUDE) as i16
    })
}

fn music(loop_samples: &[i16], frame: u64) -> [i16; FRAME_SAMPLES] {
    let mut samples = [0; FRAME_SAMPLES];
    if loop_samples.is_empty() {
        return samples;
    }
    let length = loop_samples.len() as u64;
    let start = frame.wrapping_mul(FRAME_SAMPLES as u64) % length;
    for (sample, position) in samples.iter_mut().zip(start..) {
        *sample = loop_samples[(position % length) as usize];
    }
    samples
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
            while player.next(at(tick), &sounds(0)).is_some() {
                played += 1;
            }
            assert_eq!(played, frames, "at {tick} ms");
        }
        assert_eq!(player.due(), at(140));
    }

    #[test]
    fn after_a_long_pause_a_few_frames_catch_up_and_the_rest_are_left_out() {
        let mut player = Player::new(at(0), Tone::Music);
        assert!(player.next(at(0), &sounds(5)).is_some());
        let caught_up: Vec<Frame> = std::iter::from_fn(|| player.next(at(1_000), &sounds(5))).collect();
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
        let mut player = Player::new(at(0), Tone::Music);
        let heard: Vec<i16> = (0..40)
            .flat_map(|n| player.next(at(20 * n), &sounds(1_001)).unwrap().samples)
            .collect();
        assert!(
            heard
                .iter()
                .enumerate()
                .all(|(n, &sample)| usize::from(sample as u16) == n % 1_001)
        );
        assert_eq!(music(&[], 7), [0; FRAME_SAMPLES], "no music is silence");
    }

    #[test]
    fn ringback_rings_twice_and_rests_without_clicks() {
        let mut player = Player::new(at(0), Tone::Ringback);
        let mut on = vec![];
        let mut before = 0;
        for n in 0..RINGBACK_PERIOD_FRAMES {
            let frame = player.next(at(20 * n), &sounds(0)).unwrap();
            on.push(frame.samples.iter().any(|&sample| sample != 0));
            for sample in frame.samples {
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
