//! SIP over TCP.

use crate::town::{Town, configuration, options, soon};
use bytes::Bytes;
use std::time::Duration;
use tandem::call::Input;
use tandem::sip::{Flow, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

const RINGING: Bytes = Bytes::from_static(b"SIP/2.0 180 Ringing\r\n\r\n");

const OK: Bytes = Bytes::from_static(b"SIP/2.0 200 OK\r\n\r\n");

async fn phone(town: &Town) -> TcpStream {
    TcpStream::connect(town.address(Transport::Tcp)).await.unwrap()
}

async fn heard(phone: &mut TcpStream, expected: &[u8]) {
    let mut heard = vec![0; expected.len()];
    soon(phone.read_exact(&mut heard)).await.unwrap();
    assert_eq!(heard, expected);
}

/// The other side has closed the connection, one way or another.
async fn is_closed(phone: &mut TcpStream) {
    let mut rest = Vec::new();
    let _reset_or_end = soon(phone.read_to_end(&mut rest)).await;
    assert!(rest.is_empty(), "{rest:?}");
}

#[tokio::test]
async fn messages_are_cut_out_of_the_stream_wherever_it_was_torn() {
    let mut town = Town::open(&configuration());
    let mut phone = phone(&town).await;
    let stream = options(1) + &options(2) + &options(3);
    for piece in stream.as_bytes().chunks(options(1).len() - 7) {
        phone.write_all(piece).await.unwrap();
        phone.flush().await.unwrap();
        tokio::task::yield_now().await;
    }
    for number in 1..=3 {
        let (flow, message) = town.packet().await;
        assert_eq!(message, options(number));
        assert_eq!(flow.local, town.address(Transport::Tcp));
        assert_eq!(flow.remote, phone.local_addr().unwrap());
    }
}

#[tokio::test]
async fn a_ping_is_answered_with_a_pong() {
    let town = Town::open(&configuration());
    let mut phone = phone(&town).await;
    phone.write_all(b"\r\n\r\n").await.unwrap();
    heard(&mut phone, b"\r\n").await;
}

#[tokio::test]
async fn what_is_sent_to_a_phone_goes_over_the_connection_that_it_opened() {
    let mut town = Town::open(&configuration());
    let mut phone = phone(&town).await;
    phone.write_all(options(1).as_bytes()).await.unwrap();
    let (flow, _) = town.packet().await;
    assert!(town.transports.transmit(flow, RINGING));
    heard(&mut phone, &RINGING).await;
    assert_eq!(town.transports.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_ends_is_told_and_can_be_opened_again() {
    let mut town = Town::open(&configuration());
    let peer = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flow = Flow {
        transport: Transport::Tcp,
        local: town.address(Transport::Tcp),
        remote: peer.local_addr().unwrap(),
    };
    for _first_and_again in 0..2 {
        assert!(town.transports.transmit(flow, RINGING));
        assert!(
            town.transports.transmit(flow, RINGING),
            "while it is being opened"
        );
        let (mut accepted, from) = soon(peer.accept()).await.unwrap();
        assert_eq!(from.ip(), flow.local.ip());
        heard(&mut accepted, &[RINGING, RINGING].concat()).await;
        accepted.write_all(options(1).as_bytes()).await.unwrap();
        assert_eq!(town.packet().await, (flow, Bytes::from(options(1))));
        assert!(town.transports.transmit(flow, OK));
        heard(&mut accepted, &OK).await;
        drop(accepted);
        assert_eq!(town.closed().await, flow);
        assert_eq!(town.transports.connections(), 0);
    }
}

#[tokio::test]
async fn a_peer_that_cannot_be_reached_is_told() {
    let mut town = Town::open(&configuration());
    let nobody = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let flow = town.transports.flow_toward(Transport::Tcp, nobody).unwrap();
    assert!(town.transports.transmit(flow, RINGING));
    assert_eq!(town.closed().await, flow);
}

#[tokio::test]
async fn a_stream_that_is_not_sip_is_closed() {
    let mut town = Town::open(&configuration());
    let mut stranger = phone(&town).await;
    stranger
        .write_all(b"GET / HTTP/1.1\r\nHost: house.example\r\n\r\n")
        .await
        .unwrap();
    town.closed().await;
    is_closed(&mut stranger).await;
}

/// A phone that has just registered.
async fn known_phone(town: &mut Town, number: usize) -> TcpStream {
    let mut phone = phone(town).await;
    phone.write_all(options(number).as_bytes()).await.unwrap();
    let (flow, _) = town.packet().await;
    town.transports.recognise(flow);
    phone
}

/// What was understood before the stream broke, or before the peer said that it would say no more, is answered; so is
/// a request whose end nobody can know, as far as it has come.
#[tokio::test]
async fn what_was_understood_is_answered_before_the_connection_closes() {
    let mut town = Town::open(&configuration());
    let endless = options(2).replace("Content-Length", "X-Length");
    for (behind, packets) in [
        ("\x16\x03\x01 no SIP\r\n", 1),
        (&*endless, 2),
        (&options(2)[..90], 2),
        ("", 1),
    ] {
        let mut phone = phone(&town).await;
        phone.write_all((options(1) + behind).as_bytes()).await.unwrap();
        phone.shutdown().await.unwrap();
        for _ in 0..packets {
            let (flow, _) = town.packet().await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            assert!(town.transports.transmit(flow, OK), "behind {behind:?}");
        }
        for _ in 0..packets {
            heard(&mut phone, &OK).await;
        }
        is_closed(&mut phone).await;
        town.closed().await;
    }
}

#[tokio::test]
async fn one_source_cannot_take_all_connections() {
    let mut config = configuration();
    config.limits.max_connections_per_source = 2;
    let mut town = Town::open(&config);
    let mut phones = [known_phone(&mut town, 1).await, known_phone(&mut town, 2).await];
    let mut one_too_many = phone(&town).await;
    is_closed(&mut one_too_many).await;
    for phone in &mut phones {
        phone.write_all(options(3).as_bytes()).await.unwrap();
        town.packet().await;
    }
}

#[tokio::test]
async fn all_sources_together_cannot_open_more_than_there_is_room_for() {
    let mut config = configuration();
    config.limits.max_connections = 1;
    let mut town = Town::open(&config);
    let mut first = known_phone(&mut town, 1).await;
    let mut one_too_many = from("127.0.0.2", &town).await;
    is_closed(&mut one_too_many).await;
    first.write_all(options(2).as_bytes()).await.unwrap();
    assert_eq!(town.packet().await.1, options(2));
}

async fn from(address: &str, town: &Town) -> TcpStream {
    let elsewhere = TcpSocket::new_v4().unwrap();
    elsewhere.bind(format!("{address}:0").parse().unwrap()).unwrap();
    elsewhere.connect(town.address(Transport::Tcp)).await.unwrap()
}

/// Each of them has asked something, so that it speaks SIP, and none has shown who it is.
#[tokio::test]
async fn a_crowd_of_strangers_locks_out_neither_a_phone_nor_a_carrier_that_we_call() {
    let mut config = configuration();
    config.limits.max_connections = 20;
    let mut town = Town::open(&config);
    let mut registered = known_phone(&mut town, 1).await;
    let mut crowd = Vec::new();
    for number in 0..30 {
        let mut stranger = from(&format!("127.0.1.{}", 1 + number % 10), &town).await;
        let _written = stranger.write_all(options(number).as_bytes()).await;
        crowd.push(stranger);
    }
    let mut newcomer = from("127.0.0.2", &town).await;
    newcomer.write_all(options(777).as_bytes()).await.unwrap();
    let arrives = async {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(5), town.arrivals.recv()).await;
            if matches!(next, Ok(Some(Input::Packet(_, message))) if message == options(777)) {
                return;
            }
        }
    };
    soon(arrives).await;
    assert!(
        town.transports.connections() <= 7,
        "{}",
        town.transports.connections()
    );

    let carrier = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flow = Flow {
        transport: Transport::Tcp,
        local: town.address(Transport::Tcp),
        remote: carrier.local_addr().unwrap(),
    };
    assert!(town.transports.transmit(flow, RINGING));
    let (mut called, _) = soon(carrier.accept()).await.unwrap();
    heard(&mut called, &RINGING).await;
    registered.write_all(b"\r\n\r\n").await.unwrap();
    heard(&mut registered, b"\r\n").await;
}

/// A stranger may ask as often as it likes and has no more time for it; who has shown who it is stays while it talks.
#[tokio::test]
async fn patience_follows_authentication() {
    let mut config = configuration();
    config.limits.idle_connection = Duration::from_millis(600);
    let mut town = Town::open(&config);
    let mut registered = known_phone(&mut town, 1).await;
    let mut stranger = phone(&town).await;
    let stranger_is = stranger.local_addr().unwrap();
    let both_talk = async {
        for number in 2.. {
            let _written = stranger.write_all(options(number).as_bytes()).await;
            registered.write_all(b"\r\n\r\n").await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let is_let_go = async {
        loop {
            if let Some(Input::Closed(flow)) = town.arrivals.recv().await {
                return flow;
            }
        }
    };
    tokio::select! {
        () = both_talk => {}
        flow = is_let_go => assert_eq!(flow.remote, stranger_is),
    }
    heard(&mut registered, b"\r\n").await;
}

#[tokio::test]
async fn a_message_that_is_too_long_ends_its_stream_and_no_other() {
    let mut config = configuration();
    config.limits.max_message_bytes = 3_000;
    let mut town = Town::open(&config);
    let (mut talker, mut phone) = (phone(&town).await, phone(&town).await);
    let long = options(1).replace("Content-Length: 0", "Content-Length: 3001");
    talker.write_all(long.as_bytes()).await.unwrap();
    let (flow, _) = town.packet().await;
    assert!(town.transports.transmit(flow, OK));
    heard(&mut talker, &OK).await;
    town.closed().await;
    is_closed(&mut talker).await;
    phone.write_all(options(2).as_bytes()).await.unwrap();
    assert_eq!(town.packet().await.1, options(2));
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_let_go() {
    let mut town = Town::open(&configuration());
    let mut phone = phone(&town).await;
    phone.write_all(options(1).as_bytes()).await.unwrap();
    let (flow, _) = town.packet().await;
    let long = Bytes::from(vec![b'x'; 60_000]);
    let closed = async {
        for _ in 0..10_000 {
            // Once the connection is gone this would open a new one, so look before.
            if town.transports.connections() == 0 {
                return;
            }
            assert!(town.transports.transmit(flow, long.clone()));
            tokio::task::yield_now().await;
        }
    };
    soon(closed).await;
    assert_eq!(town.closed().await, flow);
}

#[tokio::test]
async fn who_says_nothing_whole_is_closed_after_a_while() {
    let mut config = configuration();
    config.limits.idle_connection = Duration::from_millis(300);
    let mut town = Town::open(&config);
    let mut slow = phone(&town).await;
    let trickle = async {
        while slow.write_all(b"O").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        () = trickle => panic!("the end is told before the peer can notice it"),
        _flow = town.closed() => {}
    }
}
