//! What somebody hears who hears several voices at once: a frame each 20 ms, the sum of all of them.

use crate::id::LegId;
use crate::media::codec::{FRAME_TICKS, MAX_FRAME_SAMPLES, per_tick};
use crate::media::engine::Sounds;
use crate::media::playout::Playout;
use crate::media::tone::{Beat, Metronome, Tone};
use crate::time::Time;
use crate::wiring::{Rate, Voice};
use serde::{Deserialize, Serialize};

/// A mix for one listener.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Mix {
    parts: Vec<Part>,
    metronome: Metronome,
}

/// One voice in a mix, heard since that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Part {
    voice: Voice,
    since: Time,
}

impl Mix {
    /// A mix of these voices from now on, each heard since its moment.
    pub(super) fn new(now: Time, voices: impl Iterator<Item = (Voice, Time)>) -> Mix {
        Mix {
            parts: voices.map(|(voice, since)| Part { voice, since }).collect(),
            metronome: Metronome::new(now),
        }
    }

    /// Other voices from now on. Those that stay go on without a break.
    pub(super) fn change(&mut self, now: Time, voices: &[Voice]) {
        let before = std::mem::take(&mut self.parts);
        self.parts.extend(voices.iter().map(|&voice| {
            let stays = before.iter().find(|part| part.voice == voice);
            stays.copied().unwrap_or(Part { voice, since: now })
        }));
    }

    /// Since when this voice is heard, if it is in it.
    pub(super) fn since(&self, voice: Voice) -> Option<Time> {
        let part = self.parts.iter().find(|part| part.voice == voice)?;
        Some(part.since)
    }

    /// Whether this leg is in it.
    pub(super) fn hears(&self, leg: LegId) -> bool {
        self.voices().any(|voice| voice == Voice::Leg(leg))
    }

    /// What is in it.
    pub(super) fn voices(&self) -> impl Iterator<Item = Voice> {
        self.parts.iter().map(|part| part.voice)
    }

    /// The legs in it.
    pub(super) fn legs(&self) -> impl Iterator<Item = LegId> {
        self.voices().filter_map(Voice::leg)
    }

    /// When the next frame is due.
    pub(super) fn due(&self) -> Time {
        self.metronome.due()
    }

    /// The moment of the next frame that is due by `now`, if one is.
    pub(super) fn ready(&mut self, now: Time) -> Option<Time> {
        self.metronome.ready(now)
    }

    /// The next frame's place, for speech that is sent before its time.
    pub(super) fn beat(&mut self) -> Beat {
        self.metronome.beat()
    }

    /// The frame that is due, at the rate of all its speakers. What would be too loud is as loud as can be. Only
    /// as many samples are meant as a frame of that rate has.
    pub(super) fn frame(
        &mut self,
        rate: Rate,
        speakers: &[Playout],
        sounds: &Sounds,
    ) -> (Beat, [i16; MAX_FRAME_SAMPLES]) {
        let beat = self.metronome.beat();
        let mut sum = [0_i32; MAX_FRAME_SAMPLES];
        for part in &self.parts {
            if let Some(tone) = Tone::of(part.voice) {
                let samples = tone.samples(rate, beat.frame, sounds);
                add(&mut sum, &samples[..FRAME_TICKS * per_tick(rate)]);
            } else if let Some(speaker) = speakers
                .iter()
                .find(|speaker| part.voice.leg() == Some(speaker.leg))
            {
                speaker.add_to(&mut sum, part.since);
            }
        }
        let saturated = sum.map(|sample| sample.clamp(i16::MIN.into(), i16::MAX.into()) as i16);
        (beat, saturated)
    }
}

fn add(sum: &mut [i32], samples: &[i16]) {
    for (sum, sample) in sum.iter_mut().zip(samples) {
        *sum += i32::from(*sample);
    }
}
