//! SIP over UDP.

use crate::town::{Town, configuration, options, soon};
use bytes::Bytes;
use std::net::SocketAddr;
use tandem::call::Input;
use tandem::config::valid::{ListenTransport, Listener};
use tandem::shell::transports::Transports;
use tandem::sip::{Flow, Transport};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

fn listener(address: &str) -> Listener {
    Listener {
        transport: ListenTransport::Udp,
        address: address.parse().unwrap(),
        identity: None,
        advertise: None,
    }
}

/// A datagram comes in and its answer goes back, over the listener bound here and a phone at `phone`.
async fn talk(bound: &str, reached_at: &str, phone: &str) {
    let mut config = configuration();
    config.listeners = vec![listener(bound)];
    let mut town = Town::open(&config);
    let mut house: SocketAddr = reached_at.parse().unwrap();
    house.set_port(town.address(Transport::Udp).port());
    let phone = UdpSocket::bind(phone).await.unwrap();
    phone.send_to(options(1).as_bytes(), house).await.unwrap();

    let (flow, message) = town.packet().await;
    assert_eq!(message, options(1));
    assert_eq!((flow.local, flow.remote), (house, phone.local_addr().unwrap()));

    assert!(
        town.transports
            .transmit(flow, Bytes::from_static(b"SIP/2.0 200 OK\r\n\r\n"))
    );
    let mut answer = [0; 100];
    let (length, from) = soon(phone.recv_from(&mut answer)).await.unwrap();
    assert_eq!((&answer[..length], from), (&b"SIP/2.0 200 OK\r\n\r\n"[..], house));
}

#[tokio::test]
async fn a_phone_talks_to_one_address() {
    talk("127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0").await;
}

#[tokio::test]
async fn a_listener_on_all_addresses_tells_which_one_the_phone_reaches() {
    talk("0.0.0.0:0", "127.0.0.1:0", "127.0.0.1:0").await;
}

#[tokio::test]
async fn ipv6_is_as_good() {
    talk("[::1]:0", "[::1]:0", "[::1]:0").await;
    talk("[::]:0", "[::1]:0", "[::1]:0").await;
}

#[tokio::test]
async fn keep_alives_and_datagrams_that_are_too_long_disturb_nobody() {
    let mut config = configuration();
    config.limits.max_message_bytes = 3_000;
    let mut town = Town::open(&config);
    let phone = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    phone.connect(town.address(Transport::Udp)).await.unwrap();
    let too_long = options(1) + &"x".repeat(3_001);
    for noise in [
        &b""[..],
        b"\r\n\r\n",
        b"\0\0\0\0",
        b"\0\x01\0\0\x21\x12\xa4\x42",
        too_long.as_bytes(),
    ] {
        phone.send(noise).await.unwrap();
    }
    phone.send(options(2).as_bytes()).await.unwrap();
    assert_eq!(town.packet().await.1, options(2));
}

/// More arrives than anybody serves. The phone is known, and its datagram is the next one.
#[tokio::test]
async fn a_phone_that_is_known_is_served_before_a_flood() {
    let mut town = Town::open(&configuration());
    let (phone, stranger) = (
        UdpSocket::bind("127.0.0.1:0").await.unwrap(),
        UdpSocket::bind("127.0.0.1:0").await.unwrap(),
    );
    let house = town.address(Transport::Udp);
    phone.send_to(options(1).as_bytes(), house).await.unwrap();
    let (flow, _) = town.packet().await;
    town.transports.recognise(flow);
    for number in 2..500 {
        stranger.send_to(options(number).as_bytes(), house).await.unwrap();
        tokio::task::yield_now().await;
    }
    phone.send_to(options(777).as_bytes(), house).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(town.packet().await.1, options(777));
    assert_eq!(town.packet().await.1, options(2));
}

#[tokio::test]
async fn a_flow_that_is_not_ours_leads_nowhere() {
    let town = Town::open(&configuration());
    let flow = Flow {
        transport: Transport::Udp,
        local: "192.0.2.1:5060".parse().unwrap(),
        remote: "127.0.0.1:9".parse().unwrap(),
    };
    assert!(!town.transports.transmit(flow, Bytes::from_static(b"x")));
}

#[tokio::test]
async fn one_listener_that_cannot_be_opened_does_not_disturb_the_others() {
    let occupant = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let taken = occupant.local_addr().unwrap().to_string();
    let mut config = configuration();
    config.listeners = vec![listener(&taken), listener("127.0.0.1:0")];
    let (arrivals, _arriving) = mpsc::channel::<Input>(1);
    let (transports, failed) = Transports::open(&config, &arrivals);
    assert_eq!(transports.listeners().count(), 1);
    let sentence = failed[0].to_string();
    assert!(
        sentence.starts_with(&format!("cannot listen on udp {taken}: the address is in use")),
        "{sentence}"
    );
}

#[tokio::test]
async fn a_trunk_is_reached_from_the_listener_that_can_reach_it() {
    let mut config = configuration();
    config.listeners = vec![listener("127.0.0.1:0"), listener("[::1]:0")];
    let town = Town::open(&config);
    let toward = |remote: &str| {
        town.transports
            .flow_toward(Transport::Udp, remote.parse().unwrap())
    };
    assert_eq!(
        toward("127.0.0.7:5060").unwrap().local,
        town.address(Transport::Udp)
    );
    assert!(toward("[::1]:5060").unwrap().local.is_ipv6());
    assert_eq!(
        toward("192.0.2.1:5060"),
        None,
        "loopback does not lead into the world"
    );
    let over_tcp = town
        .transports
        .flow_toward(Transport::Tcp, "127.0.0.7:5060".parse().unwrap());
    assert_eq!(over_tcp, None, "nobody listens for TCP");
}
