//! SIP over TLS: who comes in, who is turned away, and whom we believe.

use crate::town::{Town, configuration, options, soon};
use bytes::Bytes;
use rcgen::{CertificateParams, KeyPair};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tandem::call::Input;
use tandem::config::valid::{
    self, ForwardedField, Identity, IdentityField, ListenTransport, Listener, NumberFormat, Trunk,
    TrunkIdentity, Trust,
};
use tandem::config::{Config, NoIdentity};
use tandem::shell::tls;
use tandem::sip::{Flow, Transport};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

const RINGING: Bytes = Bytes::from_static(b"SIP/2.0 180 Ringing\r\n\r\n");

/// The files of one who can prove a name, signed by nobody else.
struct Proof {
    folder: TempDir,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Proof {
    fn of(name: &str) -> Proof {
        Proof::made(name, |_| {})
    }

    fn made(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Proof {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("certificate"), certificate.pem()).unwrap();
        std::fs::write(folder.path().join("key"), key.serialize_pem()).unwrap();
        Proof {
            certificate: certificate.der().clone(),
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            folder,
        }
    }

    fn certificate_file(&self) -> PathBuf {
        self.folder.path().join("certificate")
    }

    fn identity(&self) -> Identity {
        Identity {
            certificate: self.certificate_file(),
            key: self.folder.path().join("key"),
        }
    }

    /// As a phone that believes this one, and no other.
    fn believer(&self) -> TlsConnector {
        self.believer_showing(None)
    }

    /// As a carrier that believes this one, and shows its own.
    fn believer_showing(&self, own: Option<&Proof>) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(crypto())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = match own {
            Some(own) => builder
                .with_client_auth_cert(vec![own.certificate.clone()], own.key.clone_key())
                .unwrap(),
            None => builder.with_no_client_auth(),
        };
        TlsConnector::from(Arc::new(config))
    }

    /// As a carrier that shows it.
    fn acceptor(&self) -> TlsAcceptor {
        let config = ServerConfig::builder_with_provider(crypto())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], self.key.clone_key())
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

fn crypto() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// A configuration with a TLS listener that shows this.
fn shown(proof: &Proof) -> Config {
    let mut config = configuration();
    config.listeners.push(Listener {
        transport: ListenTransport::Tls,
        address: "127.0.0.1:0".parse().unwrap(),
        identity: Some(proof.identity()),
        advertise: None,
    });
    config
}

async fn phone(town: &Town, house: &Proof) -> TlsStream<TcpStream> {
    let stream = TcpStream::connect(town.address(Transport::Tls)).await.unwrap();
    let name = ServerName::try_from("house.example").unwrap();
    soon(house.believer().connect(name, stream)).await.unwrap()
}

#[tokio::test]
async fn a_phone_is_answered_on_the_connection_that_it_opened() {
    let house = Proof::of("house.example");
    let mut town = Town::open(&shown(&house));
    let mut phone = phone(&town, &house).await;
    phone.write_all(options(1).as_bytes()).await.unwrap();
    let (flow, message) = town.packet().await;
    assert_eq!(message, options(1));
    assert_eq!(
        (flow.transport, flow.local),
        (Transport::Tls, town.address(Transport::Tls))
    );
    assert!(town.transports.transmit(flow, RINGING));
    let mut heard = vec![0; RINGING.len()];
    soon(phone.read_exact(&mut heard)).await.unwrap();
    assert_eq!(heard, RINGING);

    phone.shutdown().await.unwrap();
    assert_eq!(town.closed().await, flow);
    assert!(
        !town.transports.transmit(flow, RINGING),
        "nobody can be called who has nothing to prove"
    );
}

#[tokio::test]
async fn a_phone_is_told_when_we_close() {
    let house = Proof::of("house.example");
    let mut config = shown(&house);
    config.limits.idle_connection = Duration::from_millis(300);
    let town = Town::open(&config);
    let mut phone = phone(&town, &house).await;
    let mut rest = Vec::new();
    soon(phone.read_to_end(&mut rest))
        .await
        .expect("close_notify, not a cut");
}

#[tokio::test]
async fn plain_text_is_not_spoken_here() {
    let house = Proof::of("house.example");
    let mut town = Town::open(&shown(&house));
    let mut stranger = TcpStream::connect(town.address(Transport::Tls)).await.unwrap();
    stranger.write_all(options(1).as_bytes()).await.unwrap();
    assert_eq!(town.closed().await.remote, stranger.local_addr().unwrap());
    assert_eq!(town.transports.connections(), 0);
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_ended() {
    let house = Proof::of("house.example");
    let mut config = shown(&house);
    config.limits.idle_connection = Duration::from_millis(300);
    let mut town = Town::open(&config);
    let mut stranger = TcpStream::connect(town.address(Transport::Tls)).await.unwrap();
    // The first bytes of a ClientHello, and no more.
    stranger.write_all(&[22, 3, 1, 2, 0, 1]).await.unwrap();
    assert_eq!(town.closed().await.remote, stranger.local_addr().unwrap());
}

#[tokio::test]
async fn handshakes_take_seats_like_all_connections() {
    let house = Proof::of("house.example");
    let mut config = shown(&house);
    config.limits.max_connections_per_source = 1;
    let town = Town::open(&config);
    let mut silent = TcpStream::connect(town.address(Transport::Tls)).await.unwrap();
    let _second = TcpStream::connect(town.address(Transport::Tls)).await.unwrap();
    let mut rest = Vec::new();
    let _reset_or_end = soon(silent.read_to_end(&mut rest)).await;
    assert_eq!(town.transports.connections(), 1);
}

/// A house with one carrier over TLS, and the carrier's door.
async fn carrier(trust: Trust) -> (Town, TcpListener, Flow) {
    let house = Proof::of("house.example");
    let mut config = shown(&house);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let remote = listener.local_addr().unwrap();
    config
        .trunks
        .insert("acme".to_owned(), trunk("sip.acme.example", remote, trust));
    let town = Town::open(&config);
    let mut flows = vec![town.transports.flow_toward(Transport::Tls, remote).unwrap()];
    town.transports.found("acme", &mut flows);
    (town, listener, flows[0])
}

fn trunk(host: &str, remote: SocketAddr, trust: Trust) -> Trunk {
    Trunk {
        host: host.to_owned(),
        port: Some(remote.port()),
        servers: vec![host.to_owned()],
        outbound_proxy: None,
        transport: ListenTransport::Tls,
        trust,
        large_over_tcp: false,
        transfers: false,
        takes_transfers: false,
        symmetric: true,
        identity: TrunkIdentity {
            is_trusted: true,
            takes_withheld: false,
            format: NumberFormat::Plus,
            field: IdentityField::Asserted,
            forwarded: ForwardedField::Both,
        },
        credentials: None,
        register: None,
        qualify: None,
        timeout: Duration::from_secs(4),
        max_calls: None,
        max_calls_per_second: None,
        sources: Vec::new(),
        proof: None,
        recording: Default::default(),
    }
}

/// Whether the carrier that shows this hears what we say.
async fn is_spoken_to(carrier_shows: &Proof, trust: Trust) -> bool {
    let (mut town, listener, flow) = carrier(trust).await;
    assert!(
        town.transports.transmit(flow, RINGING),
        "while it is being opened"
    );
    let (stream, _) = soon(listener.accept()).await.unwrap();
    let Ok(mut stream) = soon(carrier_shows.acceptor().accept(stream)).await else {
        assert_eq!(town.closed().await, flow);
        return false;
    };
    let mut heard = vec![0; RINGING.len()];
    // With TLS 1.3 the carrier learns only now that it was not believed.
    if soon(stream.read_exact(&mut heard)).await.is_err() {
        assert_eq!(town.closed().await, flow);
        return false;
    }
    heard == RINGING
}

#[tokio::test]
async fn a_carrier_must_prove_its_name() {
    let (acme, other) = (Proof::of("sip.acme.example"), Proof::of("sip.other.example"));
    let of = |proof: &Proof| Trust::Authorities(proof.certificate_file());
    assert!(is_spoken_to(&acme, of(&acme)).await);
    assert!(!is_spoken_to(&other, of(&other)).await, "another's name");
    assert!(!is_spoken_to(&acme, of(&other)).await, "signed by somebody else");
    assert!(
        !is_spoken_to(&acme, Trust::Machine).await,
        "no authority knows it"
    );
    assert!(
        is_spoken_to(&other, Trust::Anybody).await,
        "we were told not to care"
    );
}

/// Whose proof we see in what a peer shows when it connects. Everybody is let in.
async fn is_seen_as(shows: Option<&Proof>, wanted: &Proof) -> Vec<String> {
    let house = Proof::of("house.example");
    let mut config = shown(&house);
    let mut acme = trunk(
        "sip.acme.example",
        "127.0.0.1:5061".parse().unwrap(),
        Trust::Machine,
    );
    acme.proof = Some(valid::Proof {
        authorities: wanted.certificate_file(),
        name: "sbc.acme.example".to_owned(),
    });
    config.trunks.insert("acme".to_owned(), acme);
    let mut town = Town::open(&config);
    let stream = TcpStream::connect(town.address(Transport::Tls)).await.unwrap();
    let name = ServerName::try_from("house.example").unwrap();
    let connecting = house.believer_showing(shows).connect(name, stream);
    let mut carrier = soon(connecting).await.unwrap();
    carrier.write_all(options(1).as_bytes()).await.unwrap();
    let seen = match soon(town.arrivals.recv()).await {
        Some(Input::Proven(_, trunks)) => trunks,
        other => panic!("the proof comes before the first message, and not {other:?}"),
    };
    assert_eq!(town.packet().await.1, options(1));
    seen
}

#[tokio::test]
async fn a_carrier_that_calls_is_known_by_its_certificate() {
    let sbc = Proof::of("sbc.acme.example");
    let (other_name, other_key) = (Proof::of("sbc.other.example"), Proof::of("sbc.acme.example"));
    assert_eq!(is_seen_as(Some(&sbc), &sbc).await, ["acme"]);
    assert!(is_seen_as(None, &sbc).await.is_empty(), "it shows nothing");
    assert!(
        is_seen_as(Some(&other_key), &sbc).await.is_empty(),
        "signed by somebody else"
    );
    assert!(
        is_seen_as(Some(&other_name), &other_name).await.is_empty(),
        "another's name"
    );
}

#[tokio::test]
async fn a_bad_certificate_closes_one_listener_only() {
    let house = Proof::of("house.example");
    let mut config = shown(&house);
    std::fs::write(house.identity().key, "this is no key").unwrap();
    config.listeners[2].address = "127.0.0.1:5061".parse::<SocketAddr>().unwrap();
    let (arrivals, _arriving) = tokio::sync::mpsc::channel(1);
    let (transports, failed) = tandem::shell::transports::Transports::open(&config, &arrivals);
    assert_eq!(transports.listeners().count(), 2);
    let told: Vec<_> = failed.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["cannot listen on tls 127.0.0.1:5061: the key cannot be used: there is no private key in it"]
    );
}

#[test]
fn what_is_wrong_with_a_certificate_is_said_plainly() {
    let (house, other) = (Proof::of("house.example"), Proof::of("other.example"));
    let mixed = Identity {
        certificate: house.certificate_file(),
        key: other.identity().key,
    };
    let wrong = |identity: &Identity| tls::identify(identity, &tls::Guests::default()).unwrap_err();
    assert_eq!(
        wrong(&mixed),
        NoIdentity::Key("it is not the key of the certificate".to_owned())
    );
    let swapped = Identity {
        certificate: house.identity().key,
        key: house.certificate_file(),
    };
    assert_eq!(
        wrong(&swapped),
        NoIdentity::Certificate("there is no certificate in it".to_owned())
    );
    let nowhere = Identity {
        certificate: "/nowhere".into(),
        ..house.identity()
    };
    assert!(matches!(wrong(&nowhere), NoIdentity::Certificate(why) if why.starts_with("No such file")));
}

#[test]
fn an_old_certificate_is_a_worry() {
    let old = Proof::made("house.example", |params| {
        params.not_after = rcgen::date_time_ymd(2020, 2, 29);
    });
    let worry = |at: SystemTime| tls::worry(&old.identity(), at);
    let day = |day: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(day * 24 * 3600);
    assert_eq!(
        worry(SystemTime::now()).as_deref(),
        Some("it expired on 2020-02-29")
    );
    assert_eq!(worry(day(18_310)).as_deref(), Some("it expires on 2020-02-29"));
    assert_eq!(worry(day(18_000)), None);
    let shown = tls::identify(&old.identity(), &tls::Guests::default());
    assert!(shown.is_ok(), "it is shown all the same");
}
