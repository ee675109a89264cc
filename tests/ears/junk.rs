//! No bytes from the network may panic the engine or disturb another call.

use crate::ear::tones;
use crate::room::{Room, people, tape_row};
use proptest::prelude::*;
use tandem::wiring::{Row, Voice};

/// Bytes that look like RTP or RTCP often enough to get somewhere.
fn packet() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![Just(0x80_u8), any::<u8>()];
    let second = prop_oneof![
        Just(0_u8),
        Just(8),
        Just(101),
        Just(13),
        200..=204_u8,
        any::<u8>()
    ];
    let numbers = prop_oneof![Just([0_u8; 10]), Just([0xFF; 10]), any::<[u8; 10]>()];
    let rest = prop::collection::vec(any::<u8>(), 0..400);
    (first, second, numbers, rest)
        .prop_map(|(first, second, numbers, rest)| [&[first, second][..], &numbers, &rest].concat())
}

fn hearing() -> impl Strategy<Value = Vec<Voice>> {
    let voice = prop_oneof![
        Just(Voice::Music),
        Just(Voice::Ringback),
        (1..=4_u64).prop_map(|leg| Voice::Leg(tandem::id::LegId(leg))),
    ];
    prop::collection::vec(voice, 0..3)
}

/// Something that happens to the room, and the milliseconds until the next thing does.
#[derive(Clone, Debug)]
enum Step {
    Arrive(usize, Vec<u8>),
    Report(usize, Vec<u8>),
    Wire([Option<Vec<Voice>>; 3], bool),
}

fn step() -> impl Strategy<Value = (Step, u64)> {
    let table = [(); 3].map(|()| prop::option::weighted(0.8, hearing()));
    let step = prop_oneof![
        8 => (0..3_usize, packet()).prop_map(|(who, bytes)| Step::Arrive(who, bytes)),
        2 => (0..3_usize, packet()).prop_map(|(who, bytes)| Step::Report(who, bytes)),
        1 => (table, any::<bool>()).prop_map(|(table, recorded)| Step::Wire(table, recorded)),
    ];
    (step, prop_oneof![8 => 0..40_u64, 1 => 0..10_000_u64])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_comes_the_engine_lives_and_comes_to_rest(steps in prop::collection::vec(step(), 1..120)) {
        let mut room = Room::new();
        let parties = people();
        let tape = tape_row(room.now, &[&parties[0]], &[&parties[1], &parties[2]]);
        for (step, ms) in steps {
            match step {
                Step::Arrive(who, bytes) => room.arrive(parties[who].leg, parties[who].from, &bytes),
                Step::Report(who, bytes) => {
                    let from = parties[who].remote.rtcp;
                    room.engine.rtcp(room.now, parties[who].leg, from, &bytes, &mut room.out);
                }
                Step::Wire(table, recorded) => {
                    let rows: Vec<Row> = parties
                        .iter()
                        .zip(table)
                        .filter_map(|(party, hears)| Some(party.row(&hears?)))
                        .collect();
                    room.wire(&rows, recorded.then(|| tape.clone()));
                }
            }
            room.pass(ms);
        }
        room.wire(&[], None);
        prop_assert!(room.engine.deadline().is_none());
    }
}

#[test]
fn a_far_end_gone_mad_disturbs_only_itself() {
    let mut room = Room::new();
    let [mut customer, mut agent, mut mad] = people();
    let rows = [
        customer.row(&[agent.voice()]),
        agent.row(&[customer.voice()]),
        mad.row(&[Voice::Music]),
    ];
    room.wire(&rows, None);
    room.speak(&mut customer, 2_000, |_| vec![0]);
    room.speak(&mut agent, 2_000, |_| vec![0]);
    for n in 0..20_000_u32 {
        (mad.ssrc, mad.timestamp) = (n.wrapping_mul(2_654_435_761), n.wrapping_mul(40_503_000));
        mad.sequence = mad.ssrc as u16;
        let packet = mad.packet((n % 128) as u8, n % 2 == 0, mad.timestamp, &[n as u8; 20]);
        room.post(
            room.now + std::time::Duration::from_micros(u64::from(n) * 100),
            &mad,
            &packet,
        );
    }
    room.pass(2_000);
    assert_eq!(
        tones(&room.heard_by(&customer), &[customer.hz, agent.hz, mad.hz]),
        [agent.hz]
    );
    assert_eq!(
        tones(&room.heard_by(&agent), &[customer.hz, agent.hz, mad.hz]),
        [customer.hz]
    );
}
