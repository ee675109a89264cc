//! What signalling says of where RTP may come from and go to, and what becomes of news of strangers.

use crate::stage::{Party, Stage};
use std::net::SocketAddr;
use tandem::wiring::Port;

fn thief() -> SocketAddr {
    SocketAddr::from(([203, 0, 113, 66], 6_666))
}

/// A customer of acme, talking with Alice.
fn talking(s: &mut Stage) -> (Party, Party) {
    let (acme, alice) = (s.carrier("acme"), s.registered_phone("1001"));
    acme.calls("+442079460101");
    alice.rings();
    alice.answers();
    (acme, alice)
}

/// Where we send to a party, as far as its SDP goes.
fn described_at(party: &Party) -> u16 {
    party.port().remote.unwrap().rtp.port()
}

/// It is told in the log and beside the tape, though he came before there was one.
pub fn knocks_while_it_rings(s: &mut Stage) {
    let (acme, alice) = (s.carrier("acme"), s.registered_phone("1001"));
    acme.calls("+442079460101");
    alice.plays_early_media();
    assert!(!alice.port().answered && !acme.port().answered);
    alice.meets_stranger(thief());
    alice.answers();
    for party in [&acme, &alice] {
        let Port {
            answered,
            signalling,
            remote,
            ..
        } = party.port();
        assert!(answered);
        assert_eq!(signalling, remote.map(|remote| remote.rtp.ip()));
    }
    acme.hangs_up();
    let parties = s.tapes().into_iter().flat_map(|tape| tape.parties);
    let met = parties.filter_map(|party| Some((party.party, party.stranger?.from)));
    assert_eq!(met.collect::<Vec<_>>(), [("1001".to_owned(), thief())]);
}

/// RFC 3264 §8.3.1, by whatever message a description may come, and of either side.
pub fn moves_in_every_way(s: &mut Stage) {
    let (acme, alice) = (s.carrier("acme"), s.registered_phone("1001"));
    acme.calls("+442079460101");
    alice.plays_early_media();
    alice.receives_at(7_000);
    alice.answers();
    assert_eq!(
        described_at(&alice),
        7_000,
        "another one in the 200 than in the 183"
    );
    for party in [&acme, &alice] {
        party.receives_at(7_002);
        party.describes_again("sendrecv");
        assert_eq!(described_at(party), 7_002);
        party.receives_at(7_004);
        party.updates("sendrecv");
        assert_eq!(described_at(party), 7_004);
    }
    acme.hangs_up();
}

/// Neither leg of the second call has another port to go to than those of the first.
pub fn the_last_stream_of_a_port_stays_out_of_the_next_call(s: &mut Stage) {
    s.configure(|config| (config.media.first_port, config.media.last_port) = (20_000, 20_003));
    let (acme, alice) = talking(s);
    let ports = [acme.port(), alice.port()];
    assert!(ports.iter().all(|port| port.stays_out.is_empty()));
    acme.hangs_up();
    acme.calls("+442079460101");
    alice.rings();
    alice.answers();
    for port in [acme.port(), alice.port()] {
        let before = ports.iter().find(|before| before.local == port.local).unwrap();
        let was = before.remote.as_ref().unwrap().rtp;
        let from: Vec<SocketAddr> = port.stays_out.iter().map(|stream| stream.from).collect();
        assert_eq!(from, [was]);
    }
    alice.meets_stranger(alice.port().stays_out[0].from);
    alice.hangs_up();
}

/// `symmetric = false` of one trunk says nothing of others, nor of phones.
pub fn a_trunk_that_is_not_symmetric(s: &mut Stage) {
    s.configure(|config| config.trunks.get_mut("acme").unwrap().symmetric = false);
    let (acme, alice) = talking(s);
    assert!(!acme.port().symmetric && alice.port().symmetric);
    acme.hangs_up();
    let globe = s.carrier("globe");
    alice.calls("0033123456");
    globe.answers();
    assert!(globe.port().symmetric);
    alice.hangs_up();
    alice.calls("07700900123");
    acme.answers();
    assert!(!acme.port().symmetric, "nor does it matter who calls");
    alice.hangs_up();
}
