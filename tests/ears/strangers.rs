//! Packets from those who have no business here, and packets that are none.

use crate::party::Party;
use crate::room::{Room, people};
use std::net::SocketAddr;
use tandem::wiring::{Counters, MediaHappening};

fn thief() -> SocketAddr {
    SocketAddr::from(([203, 0, 113, 66], 6_666))
}

fn pair(room: &mut Room, customer: &Party, agent: &Party) {
    room.wire(
        &[customer.row(&[agent.voice()]), agent.row(&[customer.voice()])],
        None,
    );
}

fn counters(room: &mut Room, party: &Party) -> Counters {
    room.wire(&[], None);
    let counters = room.happenings(party).into_iter().find_map(|what| match what {
        MediaHappening::Closed(counters) => Some(*counters),
        MediaHappening::FirstPacket { .. }
        | MediaHappening::Stranger { .. }
        | MediaHappening::Vacated { .. }
        | MediaHappening::Pressed(_)
        | MediaHappening::HeldBack(_)
        | MediaHappening::Silent
        | MediaHappening::Refused { .. } => None,
    });
    counters.unwrap()
}

#[test]
fn a_third_party_neither_diverts_a_stream_nor_is_heard() {
    let mut room = Room::new();
    let [customer, agent, _] = people();
    pair(&mut room, &customer, &agent);
    let mut intruder = Party {
        from: thief(),
        ssrc: 666,
        hz: 1_583.0,
        ..agent.clone()
    };
    room.speak(&mut intruder, 5_000, |_| vec![3]);
    room.talk(&mut [customer.clone(), agent.clone()], 5_000);
    assert!(room.sent_to(&agent).iter().all(|sent| sent.to == agent.from));
    assert_eq!(
        crate::ear::tones(&room.heard_by(&customer), &[593.0, 1_583.0]),
        [593.0]
    );
    assert!(counters(&mut room, &agent).strangers >= 249);
}

#[test]
fn a_phone_behind_a_nat_is_answered_where_it_speaks_from() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    agent.from = SocketAddr::from(([203, 0, 113, 5], 61_001));
    agent.signalling = agent.from.ip();
    pair(&mut room, &customer, &agent);
    room.talk(&mut [customer.clone(), agent.clone()], 1_000);
    let sent = room.sent_to(&agent);
    assert_eq!(sent[0].to, agent.remote.rtp);
    assert!(sent.iter().skip(6).all(|sent| sent.to == agent.from));
    assert_eq!(
        room.happenings(&agent),
        [&MediaHappening::FirstPacket { from: agent.from }]
    );
}

#[test]
fn whoever_comes_first_gives_way_to_the_address_in_the_sdp() {
    let mut room = Room::new();
    let [customer, agent, _] = people();
    pair(&mut room, &customer, &agent);
    let early = Party {
        from: thief(),
        ssrc: 666,
        ..agent.clone()
    };
    room.talk(&mut [early, customer.clone()], 500);
    room.out.rtp.clear();
    room.talk(&mut [customer, agent.clone()], 1_000);
    assert!(
        room.sent_to(&agent)
            .iter()
            .skip(1)
            .all(|sent| sent.to == agent.remote.rtp)
    );
}

#[test]
fn a_new_description_moves_the_far_end_and_keeps_our_stream() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    pair(&mut room, &customer, &agent);
    room.talk(&mut [customer.clone(), agent.clone()], 3_000);
    let before = room.sent_to(&agent).last().cloned().unwrap();
    agent.from = SocketAddr::from(([192, 0, 2, 99], 7_000));
    agent.remote.rtp = agent.from;
    pair(&mut room, &customer, &agent);
    room.out.rtp.clear();
    let mut speaking = customer.clone();
    (speaking.sequence, speaking.timestamp) = (customer.sequence + 150, customer.timestamp + 24_000);
    room.talk(&mut [speaking], 100);
    let sent = room.sent_to(&agent);
    assert!(
        sent.iter()
            .all(|sent| sent.to == agent.from && sent.ssrc == before.ssrc)
    );
    assert_eq!(sent[0].sequence, before.sequence.wrapping_add(1));
    assert_eq!(sent[0].timestamp, before.timestamp.wrapping_add(160));
}

#[test]
fn nothing_is_sent_to_an_address_that_means_hold() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    agent.remote.rtp = SocketAddr::from(([0, 0, 0, 0], 4_000));
    pair(&mut room, &customer, &agent);
    room.talk(&mut [customer], 200);
    assert_eq!(room.sent_to(&agent), []);
}

#[test]
fn junk_on_a_port_is_counted_and_disturbs_nobody() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    pair(&mut room, &customer, &agent);
    let good = agent.speak();
    let stun = [&[0, 1, 0, 8, 0x21, 0x12, 0xA4, 0x42][..], &[7; 20]].concat();
    let dtls = [&[22, 0xFE, 0xFD][..], &[0; 60]].concat();
    let version_1 = [&[0x40][..], &good[1..]].concat();
    let unknown_payload = agent.packet(55, false, 0, &[1; 160]);
    let short_event = agent.packet(101, false, 0, &[5, 10]);
    let empty = agent.packet(0, false, 0, &[]);
    let huge = agent.packet(0, false, 0, &[0; 2_000]);
    let all_but_a_byte = &good[..11];
    let junk: [&[u8]; 10] = [
        &[],
        &[0x80],
        &stun,
        &dtls,
        &version_1,
        &unknown_payload,
        &short_event,
        &empty,
        &huge,
        all_but_a_byte,
    ];
    room.pass(20);
    for packet in junk {
        room.arrive(agent.leg, agent.from, packet);
    }
    assert_eq!(room.sent_to(&customer), []);
    room.arrive(agent.leg, agent.from, &good);
    assert_eq!(room.sent_to(&customer).len(), 1);
    room.arrive(tandem::id::LegId(99), agent.from, &good);
    assert_eq!(counters(&mut room, &agent).discarded, 10);
}

#[test]
fn before_a_far_end_has_described_itself_nobody_is_expected() {
    let mut room = Room::new();
    let [customer, agent, _] = people();
    let mut row = agent.row(&[customer.voice()]);
    row.port.remote = None;
    room.wire(&[customer.row(&[agent.voice()]), row], None);
    room.talk(&mut [customer.clone(), agent.clone()], 200);
    assert_eq!(room.out.rtp, []);
    assert_eq!(room.happenings(&agent), [] as [&MediaHappening; 0]);
}

/// A packet of 1500 bytes of payload is odd, but somebody's idea of saving headers.
#[test]
fn a_long_packet_passes() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    pair(&mut room, &customer, &agent);
    room.pass(200);
    let long = agent.packet(0, false, 0, &[0xFF; 1_500]);
    room.arrive(agent.leg, agent.from, &long);
    assert_eq!(
        room.sent_to(&customer)[0].payload,
        vec![0xD5; 1_500],
        "and silence stays silence"
    );
}
