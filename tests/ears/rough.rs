//! A rough network, as one packet in ten is lost, others come twice or in disorder.

use crate::ear::amplitude;
use crate::party::Party;
use crate::room::{Room, people};
use std::collections::BTreeSet;
use tandem::wiring::MediaHappening;

fn pair(room: &mut Room, customer: &Party, agent: &Party) {
    room.wire(
        &[customer.row(&[agent.voice()]), agent.row(&[customer.voice()])],
        None,
    );
}

#[test]
fn of_ten_packets_nine_arrive_and_the_listener_sees_which_one_did_not() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    pair(&mut room, &customer, &agent);
    // Ten percent in no regular pattern, none of them the first or the last.
    let is_lost = |n: u64| n > 0 && n < 1_499 && (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) % 10 == 4;
    room.speak(&mut agent, 30_000, |n| if is_lost(n) { vec![] } else { vec![0] });
    room.pass(30_000);
    let lost = (0..1_500).filter(|n| is_lost(*n)).count();
    assert!((120..=180).contains(&lost), "{lost}");
    let sent = room.sent_to(&customer);
    assert_eq!(sent.len(), 1_500 - lost);
    let span = sent.last().unwrap().sequence.wrapping_sub(sent[0].sequence);
    assert_eq!(span, 1_499, "the numbers of what is missing stay free");
    let heard = room.heard_by(&customer);
    let level = amplitude(&heard, agent.hz);
    let left = 8_000.0 * (1_500 - lost) as f64 / 1_500.0;
    assert!(
        (level - left).abs() < 200.0,
        "the rest of the tone is whole: {level}"
    );
    room.wire(&[], None);
    let counters = room.happenings(&agent).into_iter().find_map(|what| match what {
        MediaHappening::Closed(counters) => Some(*counters),
        MediaHappening::FirstPacket { .. }
        | MediaHappening::Stranger { .. }
        | MediaHappening::Vacated { .. }
        | MediaHappening::Pressed(_)
        | MediaHappening::HeldBack(_)
        | MediaHappening::Silent
        | MediaHappening::Refused { .. } => None,
    });
    assert_eq!(counters.unwrap().lost, lost as u64);
}

#[test]
fn each_packet_that_comes_twice_goes_on_once() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    pair(&mut room, &customer, &agent);
    room.speak(
        &mut agent,
        2_000,
        |n| if n % 3 == 0 { vec![0, 30] } else { vec![0] },
    );
    room.pass(2_100);
    let sent = room.sent_to(&customer);
    let numbers: BTreeSet<u16> = sent.iter().map(|sent| sent.sequence).collect();
    assert_eq!((sent.len(), numbers.len()), (100, 100));
}

/// Reordered speech arrives whole: each packet keeps its number and its time, so the listener can sort them.
#[test]
fn disorder_is_passed_on_with_numbers_and_times_that_sort_it() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    pair(&mut room, &customer, &agent);
    room.speak(&mut agent, 10_000, |n| vec![n * 7_919 % 61]);
    room.pass(10_200);
    let mut sent = room.sent_to(&customer);
    assert_eq!(sent.len(), 500 - too_early(&sent, 500));
    sent.sort_by_key(|sent| sent.sequence.wrapping_sub(32_000));
    let level = amplitude(&room.heard_by(&customer), agent.hz);
    assert!(level > 7_800.0, "not a phase is broken: {level}");
}

/// Packets from before the first that arrived have no place in the listener's stream.
fn too_early(sent: &[crate::room::Sent], spoken: usize) -> usize {
    let lost = spoken - sent.len();
    assert!(lost <= 3, "{lost} were left out");
    lost
}

/// RFC 5761 §4: RTCP on the RTP port is told apart, and is neither heard nor counted as junk.
#[test]
fn rtcp_on_the_rtp_port_is_no_speech() {
    let mut room = Room::new();
    let [customer, agent, _] = people();
    pair(&mut room, &customer, &agent);
    let receiver_report = [&[0x80, 201, 0, 1][..], &agent.ssrc.to_be_bytes()].concat();
    room.arrive(agent.leg, agent.from, &receiver_report);
    assert_eq!(room.sent_to(&customer), []);
    room.wire(&[], None);
    let Some(MediaHappening::Closed(counters)) = room.happenings(&agent).last() else {
        panic!("it closes");
    };
    assert_eq!((counters.received, counters.discarded), (0, 0));
}
