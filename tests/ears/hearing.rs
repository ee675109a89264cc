//! Who hears whom.

use crate::ear::{amplitude, tones};
use crate::party::Party;
use crate::room::{MUSIC_HZ, Room, people, tape_row};
use tandem::wiring::{Codec, Voice};

const EVERY_TONE: [f64; 4] = [419.0, 593.0, 1_047.0, MUSIC_HZ];

fn tone_of(voice: Voice, parties: &[Party]) -> f64 {
    match voice {
        Voice::Leg(leg) => parties.iter().find(|party| party.leg == leg).unwrap().hz,
        Voice::Music => MUSIC_HZ,
        Voice::Ringback
        | Voice::Busy
        | Voice::Dial
        | Voice::Error
        | Voice::Paused
        | Voice::Resumed
        | Voice::Silence => panic!("{voice} is not one tone"),
    }
}

#[test]
fn customer_and_agent_hear_each_other_and_the_tape_hears_both() {
    let mut room = Room::new();
    let [customer, agent, _] = people();
    let tape = tape_row(room.now, &[&customer], &[&agent]);
    room.wire(
        &[customer.row(&[agent.voice()]), agent.row(&[customer.voice()])],
        Some(tape),
    );
    room.talk(&mut [customer.clone(), agent.clone()], 2_000);
    room.wire(&[], None);
    assert_eq!(tones(&room.heard_by(&customer), &EVERY_TONE), [agent.hz]);
    assert_eq!(tones(&room.heard_by(&agent), &EVERY_TONE), [customer.hz]);
    let [left, right] = room.tape();
    assert_eq!(left.len(), 16_000);
    assert_eq!(tones(&left, &EVERY_TONE), [customer.hz]);
    assert_eq!(tones(&right, &EVERY_TONE), [agent.hz]);
}

/// Every table in which each of three parties hears nobody, somebody or the music: measured, it must be the
/// table. Only the first two are on the tape.
#[test]
fn what_is_measured_is_what_the_table_says() {
    let choices = |own: usize, parties: &[Party]| -> Vec<Vec<Voice>> {
        let others = parties
            .iter()
            .enumerate()
            .filter(|(n, _)| *n != own)
            .map(|(_, party)| vec![party.voice()]);
        others.chain([vec![], vec![Voice::Music]]).collect()
    };
    let parties = people();
    let mut tables = 0;
    for first in choices(0, &parties) {
        for second in choices(1, &parties) {
            for third in choices(2, &parties) {
                measure([&first, &second, &third]);
                tables += 1;
            }
        }
    }
    assert_eq!(tables, 64);
}

fn measure(table: [&Vec<Voice>; 3]) {
    let mut room = Room::new();
    let mut parties = people();
    let tape = tape_row(room.now, &[&parties[0]], &[&parties[1]]);
    let rows: Vec<_> = parties
        .iter()
        .zip(table)
        .map(|(party, hears)| party.row(hears))
        .collect();
    room.wire(&rows, Some(tape));
    room.talk(&mut parties, 500);
    room.wire(&[], None);
    for (party, hears) in parties.iter().zip(table) {
        let expected: Vec<f64> = hears.iter().map(|voice| tone_of(*voice, &parties)).collect();
        assert_eq!(
            tones(&room.heard_by(party), &EVERY_TONE),
            expected,
            "{} under {table:?}",
            party.leg
        );
    }
    let [left, right] = room.tape();
    assert_eq!(
        tones(&left, &EVERY_TONE),
        [parties[0].hz],
        "left channel under {table:?}"
    );
    assert_eq!(
        tones(&right, &EVERY_TONE),
        [parties[1].hz],
        "right channel under {table:?}"
    );
}

#[test]
fn two_listeners_of_different_codecs_both_hear_the_speaker_cleanly() {
    let mut room = Room::new();
    let speaker = Party::new(1, 419.0, Codec::Pcmu);
    let listeners =
        [2, 3, 4].map(|leg| Party::new(leg, 0.0, if leg == 3 { Codec::Pcma } else { Codec::Pcmu }));
    let mut rows = vec![speaker.row(&[])];
    rows.extend(listeners.iter().map(|listener| listener.row(&[speaker.voice()])));
    room.wire(&rows, None);
    room.talk(&mut [speaker.clone()], 1_000);
    for listener in &listeners {
        let heard = room.heard_by(listener);
        let level = amplitude(&heard, 419.0);
        assert!(
            (level - 8_000.0).abs() < 160.0,
            "{} hears it at {level}: 0.2 dB off",
            listener.leg
        );
        let noise = heard.iter().enumerate().map(|(n, sample)| {
            let ideal = level * (std::f64::consts::TAU * 419.0 * n as f64 / 8_000.0).sin();
            (f64::from(*sample) - ideal).powi(2)
        });
        let rms = (noise.sum::<f64>() / heard.len() as f64).sqrt();
        assert!(
            rms < 150.0,
            "{} hears noise of {rms}: more than two G.711 codecs make",
            listener.leg
        );
    }
}

#[test]
fn ringback_rings_in_the_listeners_codec_with_its_cadence() {
    let mut room = Room::new();
    let [customer, ..] = people();
    room.wire(&[customer.row(&[Voice::Ringback])], None);
    room.pass(6_000);
    let heard = room.heard_by(&customer);
    assert!(
        (47_800..=48_200).contains(&heard.len()),
        "{} samples in six seconds",
        heard.len()
    );
    for start in [0, 24_000] {
        let part =
            |from_ms: usize, to_ms: usize| &heard[start + from_ms * 8..(start + to_ms * 8).min(heard.len())];
        for (from, to) in [(0, 400), (600, 1_000)] {
            assert!((amplitude(part(from, to), 400.0) - 3_600.0).abs() < 100.0);
            assert!((amplitude(part(from, to), 450.0) - 3_600.0).abs() < 100.0);
        }
        for (from, to) in [(400, 600), (1_000, 2_980)] {
            assert!(
                part(from, to).iter().all(|sample| sample.abs() <= 8),
                "a pause is silence in A-law"
            );
        }
    }
}

#[test]
fn a_customer_on_hold_hears_music_which_is_not_on_the_tape() {
    let mut room = Room::new();
    let [mut customer, mut agent, _] = people();
    let tape = |room: &Room, right: &[&Party]| Some(tape_row(room.now, &[&people()[0]], right));
    let started = tape(&room, &[&agent]);
    room.wire(
        &[customer.row(&[agent.voice()]), agent.row(&[customer.voice()])],
        started.clone(),
    );
    let mut both = [customer.clone(), agent.clone()];
    room.talk(&mut both, 1_000);
    [customer, agent] = both;
    room.heard_by(&customer);
    room.heard_by(&agent);

    let held = started
        .clone()
        .map(|row| tandem::wiring::TapeRow { right: vec![], ..row });
    room.wire(&[customer.row(&[Voice::Music]), agent.row(&[])], held);
    let mut both = [customer.clone(), agent.clone()];
    room.talk(&mut both, 2_000);
    assert_eq!(tones(&room.heard_by(&customer), &EVERY_TONE), [MUSIC_HZ]);
    assert!(room.heard_by(&agent).is_empty(), "whoever holds hears nothing");
    [customer, agent] = both;

    room.wire(
        &[customer.row(&[agent.voice()]), agent.row(&[customer.voice()])],
        started,
    );
    let mut both = [customer.clone(), agent.clone()];
    room.talk(&mut both, 1_000);
    assert_eq!(tones(&room.heard_by(&customer), &EVERY_TONE), [agent.hz]);
    room.wire(&[], None);

    let [left, right] = room.tape();
    assert_eq!(left.len(), 4 * 8_000);
    assert_eq!(tones(&left, &EVERY_TONE), [customer.hz]);
    assert_eq!(tones(&right[..8_000], &EVERY_TONE), [agent.hz]);
    assert!(
        right[8_000..24_000].iter().all(|sample| *sample == 0),
        "neither music nor the agent"
    );
    assert_eq!(tones(&right[24_000..], &EVERY_TONE), [agent.hz]);
}
