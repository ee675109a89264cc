//! The whole house: transports, switch, media, recordings and control interface, driven by the driver.

use crate::town::{configuration, options, soon};
use std::net::SocketAddr;
use std::sync::Arc;
use tandem::shell::client::Client;
use tandem::shell::clock::Clock;
use tandem::shell::driver::{Farewell, Signal};
use tandem::shell::run::Assembly;
use tempfile::TempDir;
use tokio::net::UdpSocket;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;

struct House {
    sip: SocketAddr,
    api: SocketAddr,
    signals: Sender<Signal>,
    driven: JoinHandle<Farewell>,
    _recordings: TempDir,
}

fn open() -> House {
    let recordings = tempfile::tempdir().unwrap();
    let mut config = configuration();
    config.recording.directory = recordings.path().to_owned();
    config.api.listen = Some("127.0.0.1:0".parse().unwrap());
    let assembly = Assembly::of(Arc::new(config), Clock::start()).unwrap();
    House {
        sip: assembly.transports.listeners().next().unwrap().1,
        api: assembly.api.unwrap(),
        signals: assembly.signals,
        driven: tokio::spawn(assembly.driver.drive(assembly.doors)),
        _recordings: recordings,
    }
}

#[tokio::test]
async fn the_house_answers_phones_and_operators_and_leaves_when_it_is_told() {
    let house = open();
    let phone = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let ping = options(1).replace("/TCP", "/UDP");
    phone.send_to(ping.as_bytes(), house.sip).await.unwrap();
    let mut answer = [0; 2_000];
    let (length, _) = soon(phone.recv_from(&mut answer)).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]);
    assert!(
        answer.starts_with("SIP/2.0 ") && answer.contains("z9hG4bK1"),
        "{answer}"
    );

    let api = house.api;
    let asked = tokio::task::spawn_blocking(move || Client::of(api, None).get("/status"));
    let status = soon(asked).await.unwrap().unwrap();
    assert!(status.contains("\"calls\":0"), "{status}");

    house.signals.send(Signal::Terminate).await.unwrap();
    assert_eq!(soon(house.driven).await.unwrap(), Farewell::InGoodOrder);
}

#[tokio::test]
async fn where_no_listener_can_be_opened_the_house_stays_closed() {
    let (udp, tcp) = (
        std::net::UdpSocket::bind("127.0.0.1:0").unwrap(),
        std::net::TcpListener::bind("127.0.0.1:0").unwrap(),
    );
    let mut config = configuration();
    config.listeners[0].address = udp.local_addr().unwrap();
    config.listeners[1].address = tcp.local_addr().unwrap();
    let sentence = Assembly::of(Arc::new(config), Clock::start())
        .unwrap_err()
        .to_string();
    assert!(sentence.starts_with("no listener could be opened"), "{sentence}");
    assert_eq!(sentence.matches("the address is in use").count(), 2, "{sentence}");
}
