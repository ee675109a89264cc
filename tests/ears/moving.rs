//! A far end that moves in mid-call and says so by a new description (RFC 3264 §8.3.1).

use crate::party::Party;
use crate::room::{Room, people};
use std::net::SocketAddr;

fn pair(room: &mut Room, customer: &Party, agent: &Party) {
    room.wire(
        &[customer.row(&[agent.voice()]), agent.row(&[customer.voice()])],
        None,
    );
}

fn thief(of: &Party) -> Party {
    Party {
        from: SocketAddr::from(([203, 0, 113, 66], 6_666)),
        ssrc: 666,
        hz: 1_583.0,
        ..of.clone()
    }
}

/// Each side moves once, with a new source as a restarted phone has it, while somebody else tries to step in.
#[test]
fn rtp_follows_within_100_ms_in_one_stream_that_nobody_can_take_over() {
    for mover in [0, 1] {
        let mut room = Room::new();
        let [customer, agent, _] = people();
        let mut both = [customer, agent];
        pair(&mut room, &both[0], &both[1]);
        room.talk(&mut both, 3_000);
        let moved_at = room.now;
        let new = SocketAddr::from(([192, 0, 2, 77], 7_000));
        both[mover].from = new;
        both[mover].remote.rtp = new;
        both[mover].ssrc += 1;
        let mut intruder = thief(&both[mover]);
        pair(&mut room, &both[0], &both[1]);
        // The intruder speaks first and all the time, the mover only after a while.
        room.speak(&mut intruder, 1_000, |_| vec![0]);
        let other = 1 - mover;
        room.speak(&mut both[other], 1_000, |_| vec![0]);
        room.speak(&mut both[mover], 1_000, |_| vec![90]);
        room.pass(1_100);
        let to_mover = room.sent_to(&both[mover]);
        let strayed = to_mover
            .iter()
            .filter(|sent| sent.at.since(moved_at).as_millis() > 100 && sent.to != new);
        assert_eq!(strayed.count(), 0);
        assert!(to_mover.iter().all(|sent| sent.to != intruder.from));
        for party in &both {
            let sent = room.sent_to(party);
            assert!(sent.iter().all(|sent| sent.ssrc == sent_ssrc(party)));
            assert!(
                sent.windows(2)
                    .all(|two| two[1].sequence == two[0].sequence.wrapping_add(1))
            );
            assert!(
                sent.windows(2)
                    .all(|two| (two[1].timestamp.wrapping_sub(two[0].timestamp) as i32) > 0),
                "time never runs backwards"
            );
        }
        let heard = room.heard_by(&both[other]);
        let tail = &heard[heard.len() - 4_000..];
        assert_eq!(
            crate::ear::tones(tail, &[419.0, 593.0, 1_583.0]),
            [both[mover].hz]
        );
    }
}

fn sent_ssrc(party: &Party) -> u32 {
    0xA000 + party.leg.0 as u32
}

/// Behind a NAT the new private address says nothing; the NAT's own address does.
#[test]
fn a_phone_behind_a_nat_that_moves_is_answered_where_it_speaks_from() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    let nat = |port| SocketAddr::from(([203, 0, 113, 5], port));
    agent.from = nat(61_001);
    agent.signalling = agent.from.ip();
    pair(&mut room, &customer, &agent);
    let mut both = [customer, agent];
    room.talk(&mut both, 3_000);
    both[1].from = nat(61_777);
    both[1].remote.rtp.set_port(4_100);
    pair(&mut room, &both[0], &both[1]);
    room.out.rtp.clear();
    room.talk(&mut both, 500);
    let late = room.sent_to(&both[1]).into_iter().skip(2);
    assert!(late.into_iter().all(|sent| sent.to == nat(61_777)));
}
