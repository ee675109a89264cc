//! Far ends from which nothing comes, though somebody waits for it.

use crate::party::Party;
use crate::room::{Room, people};
use std::time::Duration;
use tandem::wiring::{MediaHappening, Row};

const PATIENCE: Duration = Duration::from_secs(30);

fn rows(customer: &Party, agent: &Party, patience: Option<Duration>) -> [Row; 2] {
    let patient = |row: Row| Row { patience, ..row };
    [
        patient(customer.row(&[agent.voice()])),
        patient(agent.row(&[customer.voice()])),
    ]
}

/// The moments, in seconds since `room` began, at which a party was told to be silent so far.
fn times_silent(room: &Room, party: &Party) -> usize {
    let happenings = room.happenings(party);
    happenings
        .iter()
        .filter(|what| ***what == MediaHappening::Silent)
        .count()
}

#[test]
fn who_never_speaks_is_told_once() {
    let mut room = Room::new();
    let [mut customer, agent, _] = people();
    room.wire(&rows(&customer, &agent, Some(PATIENCE)), None);
    room.speak(&mut customer, 100_000, |_| vec![0]);
    room.pass(29_900);
    assert_eq!(times_silent(&room, &agent), 0);
    room.pass(200);
    assert_eq!(times_silent(&room, &agent), 1);
    room.pass(60_000);
    assert_eq!(times_silent(&room, &agent), 1);
    assert_eq!(times_silent(&room, &customer), 0);
}

#[test]
fn who_stops_is_told_after_the_patience_and_may_be_told_again_after_a_word() {
    let mut room = Room::new();
    let [customer, agent, _] = people();
    room.wire(&rows(&customer, &agent, Some(PATIENCE)), None);
    let mut agents = [agent];
    room.talk(&mut agents, 10_000);
    room.pass(29_900);
    assert_eq!(times_silent(&room, &agents[0]), 0);
    room.pass(200);
    assert_eq!(times_silent(&room, &agents[0]), 1);
    room.talk(&mut agents, 20);
    room.pass(31_000);
    assert_eq!(times_silent(&room, &agents[0]), 2);
}

/// A phone whose microphone is off may send no speech, but its RTCP says that it is there.
#[test]
fn rtcp_is_a_sign_of_life_and_a_strangers_packet_is_none() {
    let mut room = Room::new();
    let [customer, agent, _] = people();
    room.wire(&rows(&customer, &agent, Some(PATIENCE)), None);
    let mut agents = [agent.clone()];
    room.talk(&mut agents, 3_000);
    let receiver_report = [&[0x80, 201, 0, 1][..], &agent.ssrc.to_be_bytes()].concat();
    for _ in 0..12 {
        room.pass(5_000);
        room.engine.rtcp(
            room.now,
            agent.leg,
            agent.remote.rtcp,
            &receiver_report,
            &mut room.out,
        );
    }
    assert_eq!(times_silent(&room, &agent), 0);
    let mut stranger = Party {
        from: "203.0.113.66:6666".parse().unwrap(),
        ..agents[0].clone()
    };
    room.speak(&mut stranger, 40_000, |_| vec![0]);
    room.pass(40_000);
    assert_eq!(times_silent(&room, &agent), 1);
}

/// On hold nobody waits for anybody; afterwards the waiting begins anew. The same table again does not.
#[test]
fn the_table_says_when_we_wait() {
    let mut room = Room::new();
    let [customer, agent, _] = people();
    room.wire(&rows(&customer, &agent, None), None);
    room.pass(600_000);
    room.wire(&rows(&customer, &agent, Some(PATIENCE)), None);
    for _ in 0..5 {
        room.pass(5_000);
        room.wire(&rows(&customer, &agent, Some(PATIENCE)), None);
    }
    assert_eq!(times_silent(&room, &agent), 0);
    room.pass(5_100);
    assert_eq!(times_silent(&room, &agent), 1);
}
