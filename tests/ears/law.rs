//! G.711 a second time, written from the text of the recommendation and not from the engine: a sample is
//! the code whose value is nearest. Ears that shared the engine's tables would share its errors.

use audio_codec::g722::{G722Decoder, G722Encoder};
use audio_codec::{Decoder, Encoder};
use std::sync::LazyLock;
use tandem::wiring::Codec;

/// The value of each byte.
pub(crate) fn decode(codec: Codec, byte: u8) -> i16 {
    laws(codec).values[usize::from(byte)]
}

/// The byte whose value is nearest.
pub(crate) fn encode(codec: Codec, sample: i16) -> u8 {
    let by_value = &laws(codec).by_value;
    let above = by_value.partition_point(|(value, _)| *value < sample);
    let candidates = &by_value[above.saturating_sub(1)..(above + 1).min(by_value.len())];
    candidates
        .iter()
        .min_by_key(|(value, _)| value.abs_diff(sample))
        .unwrap()
        .1
}

struct Law {
    values: Vec<i16>,
    by_value: Vec<(i16, u8)>,
}

fn laws(codec: Codec) -> &'static Law {
    static PCMU: LazyLock<Law> = LazyLock::new(|| Law::new(mu_law));
    static PCMA: LazyLock<Law> = LazyLock::new(|| Law::new(a_law));
    match codec {
        Codec::Pcmu => &PCMU,
        Codec::Pcma => &PCMA,
        Codec::G722 => panic!("G.722 has no law: each byte depends on those before it"),
    }
}

/// Says things in G.722. There is no second codec worth having for it: what the engine uses was held against
/// another library once, bit by bit (`src/media/codec/g722.rs`). A copy begins anew.
#[derive(Default)]
pub(crate) struct Mouth(G722Encoder);

impl Mouth {
    /// Two samples for each byte.
    pub(crate) fn say(&mut self, samples: &[i16]) -> Vec<u8> {
        let mut bytes = vec![0; samples.len() / 2];
        self.0.encode_into(samples, &mut bytes).unwrap();
        bytes
    }
}

impl Clone for Mouth {
    fn clone(&self) -> Mouth {
        Mouth::default()
    }
}

impl std::fmt::Debug for Mouth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mouth")
    }
}

/// What one hears in a payload of this codec, at its own rate, after those before it.
pub(crate) fn listen(ear: &mut G722Decoder, codec: Codec, payload: &[u8]) -> Vec<i16> {
    if codec != Codec::G722 {
        return payload.iter().map(|byte| decode(codec, *byte)).collect();
    }
    let mut samples = vec![0; 2 * payload.len()];
    ear.decode_into(payload, &mut samples).unwrap();
    samples
}

impl Law {
    fn new(value_of: fn(u8) -> i16) -> Law {
        let values: Vec<i16> = (0..=255).map(value_of).collect();
        let mut by_value: Vec<(i16, u8)> = (0..=255).map(|byte| (value_of(byte), byte)).collect();
        by_value.sort();
        Law { values, by_value }
    }
}

/// μ-law: chord `c` holds 16 steps of `2^(c+1)` and starts at `33 · 2^c - 33`, in units of a 14-bit sample.
fn mu_law(byte: u8) -> i16 {
    let (chord, step) = (u32::from(!byte >> 4 & 7), i32::from(!byte & 15));
    let magnitude = (33 + 2 * step) * 2_i32.pow(chord) - 33;
    let value = (magnitude * 4) as i16;
    if byte & 0x80 == 0 { -value } else { value }
}

/// A-law: the two lowest chords have steps of 2, each further one doubles them, in units of a 13-bit sample;
/// the value is the middle of the step.
fn a_law(byte: u8) -> i16 {
    let code = byte ^ 0x55;
    let (chord, step) = (u32::from(code >> 4 & 7), i32::from(code & 15));
    let middle = match chord {
        0 => 2 * step + 1,
        _ => (33 + 2 * step) * 2_i32.pow(chord - 1),
    };
    let value = (middle * 8) as i16;
    if code & 0x80 == 0 { -value } else { value }
}
