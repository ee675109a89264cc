use super::*;
use crate::wiring::Codec;

/// G.711 table 2a, column "decision value", in 14-bit units: where each of the 128 positive intervals ends.
fn pcmu_decision_values() -> Vec<i32> {
    let mut values = vec![1];
    for (step, count) in [
        (2, 15),
        (4, 16),
        (8, 16),
        (16, 16),
        (32, 16),
        (64, 16),
        (128, 16),
        (256, 16),
    ] {
        for _ in 0..count {
            values.push(values[values.len() - 1] + step);
        }
    }
    values
}

/// G.711 table 1a, column "decision value", in 13-bit units.
fn pcma_decision_values() -> Vec<i32> {
    let mut values = vec![];
    let mut end = 0;
    for (step, count) in [(2, 32), (4, 16), (8, 16), (16, 16), (32, 16), (64, 16), (128, 16)] {
        for _ in 0..count {
            end += step;
            values.push(end);
        }
    }
    values
}

/// The interval in which a magnitude lies, by walking the recommendation's table.
fn interval(decision_values: &[i32], magnitude: i32) -> u8 {
    let below = decision_values
        .iter()
        .take_while(|&&end| magnitude >= end)
        .count();
    below.min(127) as u8
}

#[test]
fn mu_law_follows_the_decision_values_of_table_2a_for_every_sample() {
    let decisions: Vec<i32> = pcmu_decision_values().iter().map(|value| value * 4).collect();
    assert_eq!(
        decisions.last(),
        Some(&(8159 * 4)),
        "the table ends at the virtual decision value 8159"
    );
    for sample in i16::MIN..=i16::MAX {
        let code = interval(&decisions, i32::from(sample).abs());
        let sign = if sample < 0 { 0x00 } else { 0x80 };
        assert_eq!(linear_to_pcmu(sample), sign | (0x7F - code), "sample {sample}");
    }
}

#[test]
fn a_law_follows_the_decision_values_of_table_1a_for_every_sample() {
    let decisions: Vec<i32> = pcma_decision_values().iter().map(|value| value * 8).collect();
    assert_eq!(
        decisions.last(),
        Some(&(4096 * 8)),
        "the table ends at the virtual decision value 4096"
    );
    for sample in i16::MIN..=i16::MAX {
        let magnitude = if sample < 0 {
            -i32::from(sample) - 1
        } else {
            i32::from(sample)
        };
        let sign = if sample < 0 { 0x00 } else { 0x80 };
        assert_eq!(
            linear_to_pcma(sample),
            (sign | interval(&decisions, magnitude)) ^ 0x55,
            "sample {sample}"
        );
    }
}

#[test]
fn mu_law_decodes_to_the_quantised_values_of_table_2a() {
    let decisions = pcmu_decision_values();
    for code in 0..128u8 {
        let expected = match usize::from(code) {
            0 => 0,
            code => (decisions[code - 1] + decisions[code]) / 2 * 4,
        };
        assert_eq!(
            i32::from(PCMU_TO_LINEAR[usize::from(0xFF - code)]),
            expected,
            "positive {code}"
        );
        assert_eq!(
            i32::from(PCMU_TO_LINEAR[usize::from(0x7F - code)]),
            -expected,
            "negative {code}"
        );
    }
}

#[test]
fn a_law_decodes_to_the_quantised_values_of_table_1a() {
    let decisions = pcma_decision_values();
    for code in 0..128u8 {
        let start = if code == 0 {
            0
        } else {
            decisions[usize::from(code) - 1]
        };
        let expected = (start + decisions[usize::from(code)]) * 8 / 2;
        assert_eq!(
            i32::from(PCMA_TO_LINEAR[usize::from((code | 0x80) ^ 0x55)]),
            expected,
            "positive {code}"
        );
        assert_eq!(
            i32::from(PCMA_TO_LINEAR[usize::from(code ^ 0x55)]),
            -expected,
            "negative {code}"
        );
    }
}

/// The tables of Sun's 1992 reference program, whose first rows every telephone in the world agrees with.
#[test]
fn known_bytes_have_known_values() {
    let mu_law = [-32124, -31100, -30076, -29052, -28028, -27004, -25980, -24956];
    assert_eq!(PCMU_TO_LINEAR[..8], mu_law);
    assert_eq!(
        (PCMU_TO_LINEAR[0x7F], PCMU_TO_LINEAR[0xFF], PCMU_TO_LINEAR[0x80]),
        (0, 0, 32124)
    );
    let a_law = [-5504, -5248, -6016, -5760, -4480, -4224, -4992, -4736];
    assert_eq!(PCMA_TO_LINEAR[..8], a_law);
    assert_eq!(
        (PCMA_TO_LINEAR[0x55], PCMA_TO_LINEAR[0xD5], PCMA_TO_LINEAR[0xAA]),
        (-8, 8, 32256)
    );
}

#[test]
fn every_byte_survives_a_round_trip() {
    for byte in 0..=255u8 {
        let again = linear_to_pcma(PCMA_TO_LINEAR[usize::from(byte)]);
        assert_eq!(again, byte, "A-law {byte:#x}");
        let again = linear_to_pcmu(PCMU_TO_LINEAR[usize::from(byte)]);
        let expected = if byte == 0x7F { 0xFF } else { byte };
        assert_eq!(
            again, expected,
            "μ-law {byte:#x}: minus zero comes back as zero, all else as it was"
        );
    }
}

/// Tables 3 and 4 a second time: bring the value to the level of the other law, whose overload point is at
/// 4096 · 8 instead of 8159 · 4, and take the nearest. Three codes differ, by one step: there the tables
/// rather keep a sample that goes forth and back what it was.
#[test]
fn changing_the_law_keeps_the_level() {
    let mut exceptions = vec![];
    for code in 0..128_u8 {
        let level = f64::from(PCMU_TO_LINEAR[usize::from(!code)]) * 32_768.0 / 32_636.0;
        let nearest = (linear_to_pcma(level as i16) ^ 0x55) & 0x7F;
        let ours = (PCMU_TO_PCMA[usize::from(!code)] ^ 0x55) & 0x7F;
        exceptions.extend((ours != nearest).then_some((Codec::Pcmu, code, ours.abs_diff(nearest))));

        let level = f64::from(PCMA_TO_LINEAR[usize::from(code ^ 0xD5)]) * 32_636.0 / 32_768.0;
        let nearest = !linear_to_pcmu(level.round() as i16) & 0x7F;
        let ours = !PCMA_TO_PCMU[usize::from(code ^ 0xD5)] & 0x7F;
        exceptions.extend((ours != nearest).then_some((Codec::Pcma, code, ours.abs_diff(nearest))));
    }
    assert_eq!(
        exceptions,
        [(Codec::Pcmu, 48, 1), (Codec::Pcmu, 49, 1), (Codec::Pcma, 79, 1)]
    );
}

#[test]
fn changing_the_law_keeps_the_sign_and_forth_and_back_is_almost_always_the_same() {
    let mut changed = 0;
    for byte in 0..=255_u8 {
        let there = PCMU_TO_PCMA[usize::from(byte)];
        assert_eq!(there & 0x80, byte & 0x80);
        let back = PCMA_TO_PCMU[usize::from(there)];
        assert_eq!(back & 0x80, byte & 0x80);
        assert!(back.abs_diff(byte) <= 1);
        changed += u32::from(back != byte);
    }
    assert_eq!(
        changed, 16,
        "eight small values of either sign, which A-law does not tell apart"
    );
}
