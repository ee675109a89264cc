//! A source of RTP is believed for what it is like, and never for being first.

use crate::ear::tones;
use crate::party::Party;
use crate::room::{Room, people};
use std::net::SocketAddr;
use tandem::id::LegId;
use tandem::wiring::{Counters, MediaHappening, Stream};

/// A blind attacker reaches every port of a range about so often.
const KNOCKS_EVERY_MS: u64 = 900;

fn elsewhere(port: u16) -> SocketAddr {
    SocketAddr::from(([203, 0, 113, 66], port))
}

/// Somebody who sends to the port of this party and shares nothing with it.
fn stranger_to(party: &Party) -> Party {
    Party {
        from: elsewhere(6_666),
        ssrc: 666,
        hz: 1_583.0,
        ..party.clone()
    }
}

fn behind_nat(mut party: Party) -> Party {
    party.from = SocketAddr::from(([192, 0, 2, 200], 61_000 + party.leg.0 as u16));
    party.signalling = party.from.ip();
    party
}

fn pair(room: &mut Room, one: &Party, other: &Party) {
    let rows = [one.row(&[other.voice()]), other.row(&[one.voice()])];
    room.wire(&rows, None);
}

/// One packet now and then for so long.
fn knock(room: &mut Room, stranger: &mut Party, ms: u64) {
    room.speak(stranger, ms, |n| match (n * 20) % KNOCKS_EVERY_MS {
        0 => vec![0],
        _ => vec![],
    });
}

fn counters(room: &mut Room, party: &Party) -> Counters {
    room.wire(&[], None);
    let told = room.happenings(party).into_iter().find_map(|what| match what {
        MediaHappening::Closed(counters) => Some(*counters),
        MediaHappening::FirstPacket { .. }
        | MediaHappening::Stranger { .. }
        | MediaHappening::Vacated { .. }
        | MediaHappening::Pressed(_)
        | MediaHappening::HeldBack(_)
        | MediaHappening::Silent
        | MediaHappening::Refused { .. } => None,
    });
    told.unwrap()
}

/// "RTP bleed": a stranger knocks at the port while it rings, be it at a trunk's or a phone's, with early media or
/// without, and goes on after the answer. He hears nothing, nobody hears him, and it is told.
#[test]
fn a_stranger_who_knocks_while_it_rings_gets_nothing_and_is_told_of() {
    let in_the_open = |party: Party| party;
    for (called, place, has_early_media) in [
        (1, in_the_open as fn(Party) -> Party, false),
        (1, behind_nat, false),
        (0, in_the_open, true),
        (0, behind_nat, true),
    ] {
        let mut room = Room::new();
        let [customer, agent, _] = people();
        let mut both = [place(customer), place(agent)];
        let mut thief = stranger_to(&both[called]);
        both[called].answered = false;
        let [one, other] = both.clone();
        let mut ringing = [one.row(&[]), other.row(&[])];
        if !has_early_media {
            ringing[called].port.remote = None;
        }
        room.wire(&ringing, None);
        knock(&mut room, &mut thief, 14 * KNOCKS_EVERY_MS);
        room.pass(14 * KNOCKS_EVERY_MS);
        both[called].answered = true;
        pair(&mut room, &both[0], &both[1]);
        knock(&mut room, &mut thief, 5_000);
        room.pass(300);
        room.talk(&mut both, 4_700);
        assert!(room.out.rtp.iter().all(|sent| sent.to != thief.from));
        let last = |party: &Party, room: &Room| room.sent_to(party).last().unwrap().to;
        assert_eq!(last(&both[0], &room), both[0].from);
        assert_eq!(last(&both[1], &room), both[1].from);
        for (party, other) in [(0, 1), (1, 0)] {
            let heard = room.heard_by(&both[party]);
            assert_eq!(tones(&heard, &[419.0, 593.0, 1_583.0]), [both[other].hz]);
        }
        let told = room.happenings(&both[called]);
        let of_stranger = told
            .iter()
            .filter(|what| matches!(what, MediaHappening::Stranger { from } if *from == thief.from));
        assert_eq!(of_stranger.count(), 1, "it is told once");
        assert!(counters(&mut room, &both[called]).strangers >= 14);
    }
}

/// What remains possible: of a far end that never sends a packet from where SDP or SIP say that it is, a stranger who
/// sends a steady stream after the answer takes the place, until the first packet of somebody better.
#[test]
fn a_steady_stranger_is_heard_only_where_nobody_better_ever_spoke() {
    let mut room = Room::new();
    let [customer, agent, _] = people();
    let mut carrier = Party {
        from: elsewhere(7_000),
        ..customer
    };
    pair(&mut room, &carrier, &agent);
    room.talk(&mut [carrier.clone(), agent.clone()], 1_000);
    assert_eq!(room.sent_to(&carrier).last().unwrap().to, carrier.from);
    let heard = room.heard_by(&agent);
    assert_eq!(tones(&heard[heard.len() - 4_000..], &[419.0, 1_583.0]), [419.0]);
    room.out.rtp.clear();
    carrier.from = carrier.remote.rtp;
    carrier.ssrc += 1;
    let better = carrier.speak();
    room.arrive(carrier.leg, carrier.from, &better);
    room.talk(&mut [stranger_to(&carrier), agent.clone()], 5_000);
    assert!(room.sent_to(&carrier).iter().all(|sent| sent.to == carrier.from));
    assert_eq!(room.sent_to(&agent).len(), 1);
}

/// RFC 3264 §8.3.1: packets of the old port are still on their way, and the new one waits to be spoken to.
#[test]
fn a_late_packet_of_the_old_port_does_not_leave_the_new_one_without_a_word() {
    for (mover, host) in [(0, 1), (0, 99), (1, 2), (1, 99)] {
        let mut room = Room::new();
        let [customer, agent, _] = people();
        let mut both = [customer, agent];
        pair(&mut room, &both[0], &both[1]);
        room.talk(&mut both, 2_500);
        let mut old = both[mover].clone();
        both[mover].remote.rtp = SocketAddr::from(([192, 0, 2, host], 7_000));
        both[mover].from = both[mover].remote.rtp;
        pair(&mut room, &both[0], &both[1]);
        room.out.rtp.clear();
        room.speak(&mut old, 60, |_| vec![0]);
        room.speak(&mut both[1 - mover], 3_000, |_| vec![0]);
        room.pass(3_000);
        let sent = room.sent_to(&both[mover]);
        assert_eq!(sent.len(), 150);
        assert!(sent.iter().all(|sent| sent.to == both[mover].from));
        assert_eq!(room.sent_to(&both[1 - mover]).len(), 3, "what is late is heard");
    }
}

/// The reports follow the far end as well.
#[test]
fn reports_go_to_the_new_address() {
    let mut room = Room::new();
    let [mut customer, agent, _] = people();
    pair(&mut room, &customer, &agent);
    let report = [0x80, 201, 0, 1, 0, 0, 0, 9];
    room.engine.rtcp(
        room.now,
        customer.leg,
        customer.remote.rtcp,
        &report,
        &mut room.out,
    );
    customer.remote.rtp = SocketAddr::from(([192, 0, 2, 99], 7_000));
    customer.remote.rtcp = SocketAddr::from(([192, 0, 2, 99], 7_001));
    pair(&mut room, &customer, &agent);
    room.pass(10_000);
    let mut to_customer = room.out.rtcp.iter().filter(|(leg, ..)| *leg == customer.leg);
    assert!(to_customer.all(|(_, to, _)| *to == customer.remote.rtcp));
}

/// A NAT forgets a binding, or a phone opens another socket: the same stream goes on from another port.
#[test]
fn a_stream_that_goes_on_from_another_port_is_followed_without_a_gap() {
    for place in [(|party| party) as fn(Party) -> Party, behind_nat] {
        let mut room = Room::new();
        let [customer, agent, _] = people();
        let mut both = [customer, place(agent)];
        pair(&mut room, &both[0], &both[1]);
        room.talk(&mut both, 3_000);
        both[1].from.set_port(55_555);
        room.out.rtp.clear();
        room.talk(&mut both, 1_000);
        assert_eq!(room.sent_to(&both[0]).len(), 50, "not a word is missing");
        let sent = room.sent_to(&both[1]);
        assert!(sent.iter().skip(1).all(|sent| sent.to == both[1].from));
    }
}

/// A carrier that receives at one port, or host, and sends from another (`symmetric = false`).
#[test]
fn a_carrier_that_does_not_listen_where_it_speaks_from_gets_its_rtp_where_its_sdp_says() {
    for (symmetric, from) in [
        (false, SocketAddr::from(([192, 0, 2, 1], 5_555))),
        (false, elsewhere(5_555)),
        (true, SocketAddr::from(([192, 0, 2, 1], 5_555))),
        (true, elsewhere(5_555)),
    ] {
        let mut room = Room::new();
        let [customer, agent, _] = people();
        let carrier = Party {
            from,
            symmetric,
            ..customer
        };
        pair(&mut room, &carrier, &agent);
        room.talk(&mut [carrier.clone(), agent.clone()], 500);
        room.out.rtp.clear();
        room.out.rtcp.clear();
        room.talk(&mut [carrier.clone(), agent.clone()], 5_000);
        let to = if symmetric { from } else { carrier.remote.rtp };
        assert!(room.sent_to(&carrier).iter().all(|sent| sent.to == to));
        let mut reports = room.out.rtcp.iter().filter(|(leg, ..)| *leg == carrier.leg);
        assert!(reports.all(|(_, to_rtcp, _)| to_rtcp.ip() == to.ip()));
        assert_eq!(tones(&room.heard_by(&agent), &[419.0]), [419.0], "and is heard");
    }
}

/// Somebody has missed that the call is over and goes on talking. The port is given to the next call, of another
/// customer of the same carrier.
#[test]
fn who_goes_on_after_the_end_is_not_heard_in_the_next_call_on_that_port() {
    let mut room = Room::new();
    let [mut old, agent, _] = people();
    pair(&mut room, &old, &agent);
    room.talk(&mut [old.clone(), agent.clone()], 1_000);
    room.wire(&[], None);
    let vacated = room.happenings(&old).into_iter().find_map(|what| match what {
        MediaHappening::Vacated { port, streams } => Some((*port, streams.clone())),
        MediaHappening::FirstPacket { .. }
        | MediaHappening::Stranger { .. }
        | MediaHappening::Closed(_)
        | MediaHappening::Pressed(_)
        | MediaHappening::HeldBack(_)
        | MediaHappening::Silent
        | MediaHappening::Refused { .. } => None,
    });
    let stream = Stream {
        from: old.from,
        ssrc: old.ssrc,
    };
    let port = old.row(&[]).port.local.port();
    assert_eq!(vacated, Some((port, vec![stream])));
    let mut new = Party {
        leg: LegId(7),
        hz: 1_583.0,
        ssrc: 77,
        stays_out: vec![stream],
        ..old.clone()
    };
    new.remote.rtp.set_port(4_444);
    new.from = new.remote.rtp;
    old.leg = new.leg;
    pair(&mut room, &new, &agent);
    room.out.rtp.clear();
    room.speak(&mut old, 4_000, |_| vec![0]);
    room.pass(2_000);
    assert!(room.sent_to(&agent).is_empty(), "nobody else has spoken yet");
    room.talk(&mut [new.clone(), agent.clone()], 2_000);
    assert!(room.sent_to(&new).iter().all(|sent| sent.to == new.from));
    assert_eq!(tones(&room.heard_by(&agent), &[419.0, 1_583.0]), [1_583.0]);
}
