//! G.711 μ-law and A-law, computed from the recommendation's segments.
//!
//! Both laws cut the range into eight segments of sixteen equal steps; a step of one segment is twice
//! as wide as in the one below. μ-law shifts the magnitude by a bias so that every segment starts at a
//! power of two; A-law has two segments of the same width at the bottom instead.

/// μ-law byte to linear.
pub(super) static PCMU_TO_LINEAR: [i16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = pcmu_to_linear(byte as u8);
        byte += 1;
    }
    table
};

/// A-law byte to linear.
pub(super) static PCMA_TO_LINEAR: [i16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = pcma_to_linear(byte as u8);
        byte += 1;
    }
    table
};

/// μ-law byte to A-law byte.
pub(super) static PCMU_TO_PCMA: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = linear_to_pcma(pcmu_to_linear(byte as u8));
        byte += 1;
    }
    table
};

/// A-law byte to μ-law byte.
pub(super) static PCMA_TO_PCMU: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = linear_to_pcmu(pcma_to_linear(byte as u8));
        byte += 1;
    }
    table
};

/// The bias of μ-law: 33 of G.711's 14-bit units, in our 16-bit ones.
const PCMU_BIAS: u32 = 132;
/// The largest magnitude that μ-law can tell: 8158 of its 14-bit units and a fraction.
const PCMU_CLIP: u32 = 32_635;
/// A-law bytes travel with every other bit inverted (G.711 §3.2, table 1a note 2).
const PCMA_INVERSION: u8 = 0x55;

/// One linear sample as a μ-law byte (G.711 table 2a).
pub(super) const fn linear_to_pcmu(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0x00 };
    let magnitude = sample.unsigned_abs() as u32;
    let clipped = if magnitude > PCMU_CLIP {
        PCMU_CLIP
    } else {
        magnitude
    };
    let biased = clipped + PCMU_BIAS;
    let segment = biased.ilog2() - 7;
    let step = (biased >> (segment + 3)) & 0x0F;
    !(sign | (segment << 4) as u8 | step as u8)
}

/// One linear sample as an A-law byte (G.711 table 1a). A-law has no zero: what is below it is negative.
pub(super) const fn linear_to_pcma(sample: i16) -> u8 {
    let (sign, magnitude) = if sample < 0 {
        (0x00, !sample as u32)
    } else {
        (0x80, sample as u32)
    };
    let segment = if magnitude < 256 { 0 } else { magnitude.ilog2() - 7 };
    let width = if segment == 0 { 4 } else { segment + 3 };
    let step = (magnitude >> width) & 0x0F;
    (sign | (segment << 4) as u8 | step as u8) ^ PCMA_INVERSION
}

const fn pcmu_to_linear(byte: u8) -> i16 {
    let code = !byte;
    let segment = (code >> 4) & 0x07;
    let middle = ((((code & 0x0F) as i32) << 3) + PCMU_BIAS as i32) << segment;
    let magnitude = (middle - PCMU_BIAS as i32) as i16;
    if code & 0x80 == 0 { magnitude } else { -magnitude }
}

const fn pcma_to_linear(byte: u8) -> i16 {
    let code = byte ^ PCMA_INVERSION;
    let segment = (code >> 4) & 0x07;
    let step = ((code & 0x0F) as i16) << 4;
    let magnitude = if segment == 0 {
        step + 8
    } else {
        (step + 0x108) << (segment - 1)
    };
    if code & 0x80 == 0 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests;
