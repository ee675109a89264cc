//! Voice codecs: bytes on the wire, linear samples inside.
//!
//! All that we understand have one byte for each tick of the RTP clock: G.711 with one sample in it, G.722 with
//! two (RFC 3551 §4.5.2). So time is counted in ticks everywhere, and samples only where sound is made or mixed.

mod g711;
mod g722;

use crate::media::resample::{Doubling, Halving};
use crate::media::sound::{Sound, Wanted};
use crate::wiring::{Codec, Rate};
use serde::{Deserialize, Serialize};

/// Ticks per second of the RTP clock of every codec that we understand.
pub(super) const CLOCK_HZ: u32 = 8_000;
/// Ticks in one packet of our own making: 20 ms.
pub(super) const FRAME_TICKS: usize = 160;
/// Samples in it at the highest rate.
pub(super) const MAX_FRAME_SAMPLES: usize = FRAME_TICKS * per_tick(Rate::Wide);

/// Samples in one tick.
pub(super) const fn per_tick(rate: Rate) -> usize {
    match rate {
        Rate::Narrow => 1,
        Rate::Wide => 2,
    }
}

/// Makes sound of what one far end says. What it remembers belongs to the sound; none of it outlives a restart,
/// after which it settles within a few milliseconds.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Decoder {
    #[serde(skip)]
    g722: g722::Decoder,
    doubling: Doubling,
    halving: Halving,
}

/// Makes bytes of the sound that one far end is to hear.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Encoder {
    #[serde(skip)]
    g722: g722::Encoder,
    doubling: Doubling,
    halving: Halving,
}

impl Decoder {
    /// Decodes a payload into `sound`, at the rates that are wanted.
    pub(super) fn decode(&mut self, codec: Codec, payload: &[u8], wanted: Wanted, sound: &mut Sound) {
        sound.clear();
        if wanted.is_nothing() {
            return;
        }
        match codec {
            Codec::Pcmu => self.look_up(&g711::PCMU_TO_LINEAR, payload, wanted, sound),
            Codec::Pcma => self.look_up(&g711::PCMA_TO_LINEAR, payload, wanted, sound),
            Codec::G722 => {
                sound.wide.resize(2 * payload.len(), 0);
                self.g722.decode(payload, &mut sound.wide);
                if wanted.narrow {
                    sound.narrow.resize(payload.len(), 0);
                    self.halving.run(&sound.wide, &mut sound.narrow);
                }
            }
        }
    }

    fn look_up(&mut self, table: &[i16; 256], payload: &[u8], wanted: Wanted, sound: &mut Sound) {
        let samples = payload.iter().map(|byte| table[usize::from(*byte)]);
        sound.narrow.extend(samples);
        if wanted.wide {
            sound.wide.resize(2 * payload.len(), 0);
            self.doubling.run(&sound.narrow, &mut sound.wide);
        }
    }
}

impl Encoder {
    /// Writes samples of this rate as bytes of this codec, one for each tick.
    pub(super) fn encode(&mut self, codec: Codec, rate: Rate, samples: &[i16], bytes: &mut [u8]) {
        let mut frames = bytes.chunks_mut(FRAME_TICKS);
        for samples in samples.chunks(FRAME_TICKS * per_tick(rate)) {
            let Some(bytes) = frames.next() else { return };
            self.encode_frame(codec, rate, samples, bytes);
        }
    }

    fn encode_frame(&mut self, codec: Codec, rate: Rate, samples: &[i16], bytes: &mut [u8]) {
        let mut other = [0; MAX_FRAME_SAMPLES];
        let other = &mut other[..bytes.len() * per_tick(codec.rate())];
        let samples = match (rate, codec.rate()) {
            (Rate::Narrow, Rate::Narrow) | (Rate::Wide, Rate::Wide) => samples,
            (Rate::Narrow, Rate::Wide) => {
                self.doubling.run(samples, other);
                other
            }
            (Rate::Wide, Rate::Narrow) => {
                self.halving.run(samples, other);
                other
            }
        };
        match codec {
            Codec::Pcmu => each(g711::linear_to_pcmu, samples, bytes),
            Codec::Pcma => each(g711::linear_to_pcma, samples, bytes),
            Codec::G722 => self.g722.encode(samples, bytes),
        }
    }
}

fn each(encode: fn(i16) -> u8, samples: &[i16], bytes: &mut [u8]) {
    for (byte, sample) in bytes.iter_mut().zip(samples) {
        *byte = encode(*sample);
    }
}

/// Turns a payload of one of G.711's laws into the other, in place and of the same length. What is in neither law
/// stays as it is.
pub(super) fn change_law(from: Codec, to: Codec, payload: &mut [u8]) {
    let table = match (from, to) {
        (Codec::Pcmu, Codec::Pcma) => &g711::PCMU_TO_PCMA,
        (Codec::Pcma, Codec::Pcmu) => &g711::PCMA_TO_PCMU,
        (Codec::Pcmu | Codec::Pcma | Codec::G722, _) => return,
    };
    for byte in payload {
        *byte = table[usize::from(*byte)];
    }
}
