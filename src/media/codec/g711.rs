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
        let code = !(byte as u8);
        let magnitude = PCMU_CODE_TO_PCMA_CODE[(code & 0x7F) as usize];
        table[byte] = ((!code & 0x80) | magnitude) ^ PCMA_INVERSION;
        byte += 1;
    }
    table
};

/// A-law byte to μ-law byte.
pub(super) static PCMA_TO_PCMU: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let code = byte as u8 ^ PCMA_INVERSION;
        let magnitude = PCMA_CODE_TO_PCMU_CODE[(code & 0x7F) as usize];
        table[byte] = !((!code & 0x80) | magnitude);
        byte += 1;
    }
    table
};

/// G.711 table 3: the A-law magnitude for each μ-law magnitude, counted from silence. Not the nearest linear
/// value, but the same level of the line: the overload points of the laws are 0.03 dB apart.
#[rustfmt::skip]
const PCMU_CODE_TO_PCMA_CODE: [u8; 128] = [
      0,   0,   1,   1,   2,   2,   3,   3,   4,   4,   5,   5,   6,   6,   7,   7,
      8,   9,  10,  11,  12,  13,  14,  15,  16,  17,  18,  19,  20,  21,  22,  23,
     24,  26,  28,  30,  32,  33,  34,  35,  36,  37,  38,  39,  40,  41,  42,  43,
     45,  47,  48,  49,  50,  51,  52,  53,  54,  55,  56,  57,  58,  59,  60,  61,
     63,  64,  65,  66,  67,  68,  69,  70,  71,  72,  73,  74,  75,  76,  77,  78,
     80,  81,  82,  83,  84,  85,  86,  87,  88,  89,  90,  91,  92,  93,  94,  95,
     96,  97,  98,  99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111,
    112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127,
];

/// G.711 table 4: the μ-law magnitude for each A-law magnitude, counted from silence.
#[rustfmt::skip]
const PCMA_CODE_TO_PCMU_CODE: [u8; 128] = [
      1,   3,   5,   7,   9,  11,  13,  15,  16,  17,  18,  19,  20,  21,  22,  23,
     24,  25,  26,  27,  28,  29,  30,  31,  32,  32,  33,  33,  34,  34,  35,  35,
     36,  37,  38,  39,  40,  41,  42,  43,  44,  45,  46,  47,  48,  48,  49,  49,
     50,  51,  52,  53,  54,  55,  56,  57,  58,  59,  60,  61,  62,  63,  64,  64,
     65,  66,  67,  68,  69,  70,  71,  72,  73,  74,  75,  76,  77,  78,  79,  79,
     80,  81,  82,  83,  84,  85,  86,  87,  88,  89,  90,  91,  92,  93,  94,  95,
     96,  97,  98,  99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111,
    112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127,
];

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
