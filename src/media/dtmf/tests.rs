use super::*;
use crate::media::outgoing::scatter;
use std::f32::consts::PI;

const RATE: f32 = CLOCK_HZ as f32;

/// Chance that comes out the same again: between 0 and 1.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f32 {
        self.0 += 1;
        (scatter(self.0) >> 40) as f32 / (1_u64 << 24) as f32
    }
}

/// How a key is sent.
#[derive(Clone, Copy)]
struct Sent {
    ms: usize,
    /// How far each frequency is off.
    off: [f32; 2],
    amplitude: [f32; 2],
    noise: f32,
}

const WELL: Sent = Sent {
    ms: 40,
    off: [1.0, 1.0],
    amplitude: [4_000.0, 4_000.0],
    noise: 0.0,
};

/// So many ticks of silence, a key, and 100 ms of silence.
fn key(index: usize, silence: usize, sent: Sent, chance: &mut Chance) -> Vec<i16> {
    let hz = [LOW_HZ[index / 4] * sent.off[0], HIGH_HZ[index % 4] * sent.off[1]];
    let phase = silence as f32;
    let mut sound = vec![0; silence];
    sound.extend((0..sent.ms * 8).map(|n| {
        let swing = |tone: usize| (TAU * hz[tone] * n as f32 / RATE + phase).sin() * sent.amplitude[tone];
        (swing(0) + swing(1) + (chance.next() - 0.5) * 2.0 * sent.noise) as i16
    }));
    sound.extend([0; 800]);
    sound
}

/// What is found in a sound that comes in packets of 20 ms.
fn strokes(sound: &[i16]) -> Vec<Stroke> {
    let mut detector = Detector::default();
    let mut found = vec![];
    for (n, mut packet) in sound.chunks(160).enumerate() {
        assert_eq!(detector.turn_to(160 * n as i64), (true, None));
        while !packet.is_empty() {
            match detector.hear(&mut packet) {
                Some(Finding::Released(stroke)) => found.push(stroke),
                Some(Finding::Pressed(_)) | None => {}
            }
        }
    }
    found
}

/// How many of 16 keys at ten moments each are not found, or not once, or at the wrong place.
fn missed(sent: Sent) -> usize {
    let mut chance = Chance(7);
    let mut missed = 0;
    for (index, moment) in (0..16).flat_map(|index| (0..10).map(move |moment| (index, moment))) {
        let silence = 200 + 21 * moment;
        let found = strokes(&key(index, silence, sent, &mut chance));
        let is_there = |stroke: &Stroke| {
            let (from, to) = (silence as i64, (silence + 8 * sent.ms) as i64);
            stroke.key.to_char() == KEYPAD[index]
                && (stroke.from - from).abs() <= 32
                && (stroke.to - to).abs() <= 32
        };
        missed += usize::from(!matches!(&found[..], [stroke] if is_there(stroke)));
    }
    missed
}

/// Q.24, table A-1: 40 ms are enough.
#[test]
fn every_key_is_found_once_and_where_it_was() {
    assert_eq!(missed(WELL), 0);
    assert_eq!(missed(Sent { ms: 400, ..WELL }), 0);
    let faint = [500.0, 500.0];
    assert_eq!(
        missed(Sent {
            amplitude: faint,
            ..WELL
        }),
        0
    );
    let loud = [15_000.0, 15_000.0];
    assert_eq!(
        missed(Sent {
            amplitude: loud,
            ..WELL
        }),
        0
    );
}

/// Q.23: frequencies may be off by 1.8 %, in either direction.
#[test]
fn a_key_that_is_a_little_off_is_found() {
    for off in [[1.018, 0.982], [0.982, 1.018], [1.018, 1.018], [0.982, 0.982]] {
        let mut chance = Chance(7);
        for (index, pressed) in KEYPAD.into_iter().enumerate() {
            let found = strokes(&key(index, 200, Sent { off, ..WELL }, &mut chance));
            let found: Vec<char> = found.iter().map(|stroke| stroke.key.to_char()).collect();
            assert_eq!(found, [pressed], "{off:?}");
        }
    }
}

/// Q.24: 3.5 % is another tone, and no key.
#[test]
fn a_key_that_is_far_off_is_none() {
    for off in [[1.035, 1.0], [1.0, 0.965], [0.965, 1.035]] {
        for index in 0..16 {
            let sound = key(index, 200, Sent { off, ms: 100, ..WELL }, &mut Chance(7));
            assert_eq!(strokes(&sound), [], "{off:?}");
        }
    }
}

/// Lines let high tones through less well than low ones: 6 dB either way, and some noise besides.
#[test]
fn a_key_that_is_lopsided_or_noisy_is_found() {
    let sent = |amplitude: [f32; 2], noise: f32| Sent {
        ms: 50,
        amplitude,
        noise,
        ..WELL
    };
    assert_eq!(missed(sent([2_500.0, 4_990.0], 0.0)), 0);
    assert_eq!(missed(sent([6_000.0, 3_000.0], 0.0)), 0);
    assert_eq!(missed(sent([4_000.0, 4_000.0], 900.0)), 0);
}

/// Q.24: 20 ms are no key.
#[test]
fn a_tone_of_20_ms_is_no_key() {
    assert_eq!(missed(Sent { ms: 20, ..WELL }), 160);
    for (index, moment) in (0..16).flat_map(|index| (0..20).map(move |moment| (index, moment))) {
        let sound = key(index, 200 + 11 * moment, Sent { ms: 20, ..WELL }, &mut Chance(1));
        assert_eq!(strokes(&sound), []);
    }
}

/// Q.24: 10 ms of interruption do not make two keys of one, 40 ms of pause do.
#[test]
fn a_key_is_pressed_again_after_a_pause() {
    for (pause_ms, keys) in [(5, 1), (10, 1), (40, 2), (100, 2)] {
        let one = key(5, 0, Sent { ms: 100, ..WELL }, &mut Chance(1));
        let sound = [&one[..800], &vec![0; 8 * pause_ms], &one[..]].concat();
        assert_eq!(strokes(&sound).len(), keys, "{pause_ms} ms");
    }
}

/// A lost packet in the middle of a key does not cut it in two; a pause of the whole stream ends it.
#[test]
fn a_key_goes_on_over_a_gap() {
    let sound = key(9, 0, Sent { ms: 200, ..WELL }, &mut Chance(1));
    for (gap, keys) in [(160, 1), (320, 1), (1_600, 2)] {
        let mut detector = Detector::default();
        let mut released = 0;
        for (n, mut packet) in sound.chunks(160).enumerate() {
            let after_gap = if n < 5 { 0 } else { gap };
            let (is_next, finding) = detector.turn_to(160 * n as i64 + after_gap);
            assert!(is_next);
            released += usize::from(finding.is_some());
            while !packet.is_empty() {
                let finding = detector.hear(&mut packet);
                released += usize::from(matches!(finding, Some(Finding::Released(_))));
            }
        }
        assert_eq!(released, keys, "after a gap of {gap} ticks");
    }
}

#[test]
fn what_is_sure_is_sure() {
    let mut detector = Detector::default();
    let mut silence: &[i16] = &[0; 320];
    assert_eq!(detector.hear(&mut silence), None);
    assert!(detector.is_sure_until(40) && !detector.is_sure_until(41));
    assert_eq!(detector.turn_to(480), (true, None));
    assert!(!detector.is_sure_until(160), "nothing is known behind the gap");
    assert_eq!(detector.hear(&mut &[0; 160][..]), None);
    assert!(detector.is_sure_until(160));
    assert_eq!(detector.turn_to(600), (false, None), "too late");
}

/// Twenty minutes of voices: pulses through moving formants, hisses, pauses.
#[test]
fn speech_raises_no_key() {
    assert_eq!(strokes(&speech(1_200, 11)), []);
}

fn speech(seconds: usize, seed: u64) -> Vec<i16> {
    let mut chance = Chance(seed << 32);
    let mut sound = vec![];
    while sound.len() < seconds * CLOCK_HZ as usize {
        let length = (400.0 + chance.next() * 2_400.0) as usize;
        match chance.next() {
            0.0..0.2 => sound.extend(std::iter::repeat_n(0, length)),
            kind => sound.extend(syllable(length, kind < 0.85, &mut chance)),
        }
    }
    sound
}

/// One syllable, voiced or hissed.
fn syllable(length: usize, is_voiced: bool, chance: &mut Chance) -> Vec<i16> {
    let mut between = |from: f32, to: f32| from + chance.next() * (to - from);
    let pitch = [between(80.0, 330.0), between(80.0, 330.0)];
    let formants = [(250.0, 900.0), (800.0, 2_300.0), (2_200.0, 3_100.0)]
        .map(|(low, high)| (between(low, high), between(low, high), between(60.0, 150.0)));
    let loud = between(250.0, 2_500.0);
    let glides = between(0.0, 1.0) > 0.4;
    let mut state = [[0.0_f32; 2]; 3];
    let mut phase = 0.0;
    let sample = |n: usize| {
        let way = if glides { n as f32 / length as f32 } else { 0.0 };
        phase += (pitch[0] + (pitch[1] - pitch[0]) * way) / RATE;
        let pulse = f32::from(u8::from(phase >= 1.0));
        phase -= pulse;
        let excited = if is_voiced {
            pulse
        } else {
            (chance.next() - 0.5) * 0.3
        };
        let mut sum = 0.0;
        for (n, (from, to, width)) in formants.iter().enumerate() {
            let decay = (-PI * width / RATE).exp();
            let turn = TAU * (from + (to - from) * way) / RATE;
            let next = excited + 2.0 * decay * turn.cos() * state[n][0] - decay * decay * state[n][1];
            state[n] = [next, state[n][0]];
            sum += next * [1.0, 0.6, 0.3][n];
        }
        let envelope = (n.min(length - n) as f32 / 160.0).min(1.0);
        (sum * loud * envelope).clamp(-32_000.0, 32_000.0) as i16
    };
    (0..length).map(sample).collect()
}
