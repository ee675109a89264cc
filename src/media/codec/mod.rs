//! Voice codecs: bytes on the wire, linear samples inside.

mod g711;

use crate::wiring::Codec;

/// Samples per second of every codec that we understand today, and of our tapes.
pub(super) const SAMPLE_RATE_HZ: u32 = 8_000;
/// Samples in one packet of our own making: 20 ms.
pub(super) const FRAME_SAMPLES: usize = 160;

/// What each byte of this codec means as a 16-bit linear sample.
pub(super) fn decoder(codec: Codec) -> &'static [i16; 256] {
    match codec {
        Codec::Pcmu => &g711::PCMU_TO_LINEAR,
        Codec::Pcma => &g711::PCMA_TO_LINEAR,
    }
}

/// Writes linear samples as bytes of this codec; the shorter of the two slices decides how many.
pub(super) fn encode(codec: Codec, samples: &[i16], bytes: &mut [u8]) {
    let encode_one = match codec {
        Codec::Pcmu => g711::linear_to_pcmu,
        Codec::Pcma => g711::linear_to_pcma,
    };
    for (byte, &sample) in bytes.iter_mut().zip(samples) {
        *byte = encode_one(sample);
    }
}

/// Turns a payload of one codec into the other, in place and of the same length.
pub(super) fn transcode(from: Codec, to: Codec, payload: &mut [u8]) {
    let table = match (from, to) {
        (Codec::Pcmu, Codec::Pcma) => &g711::PCMU_TO_PCMA,
        (Codec::Pcma, Codec::Pcmu) => &g711::PCMA_TO_PCMU,
        (Codec::Pcmu, Codec::Pcmu) | (Codec::Pcma, Codec::Pcma) => return,
    };
    for byte in payload {
        *byte = table[usize::from(*byte)];
    }
}
