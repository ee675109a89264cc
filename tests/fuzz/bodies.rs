//! What is done with bytes that may be anything, one function for each door by which they come in. None may panic,
//! and what was understood must survive being written down and read again.
//!
//! The fuzzer calls these (`tests/fuzz/fuzz_targets`), and so do the plain tests with a small corpus
//! (`tests/fuzz_corpus.rs`).

use bytes::Bytes;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tandem::id::{ConversationId, LegId};
use tandem::media::engine::{Engine, Outlet, Sounds, TapeBlock};
use tandem::sdp::Session;
use tandem::sip::auth::{Challenge, Challenger, Offer, Terms};
use tandem::sip::framer::{Frame, Framer};
use tandem::sip::{Address, Chance, Draft, Message, MessageLimits, Method, Name, Uri, Via};
use tandem::time::Time;
use tandem::wiring::{Codec, MediaEvent, Port, Remote, Row, Voice, Wiring};

const LIMITS: MessageLimits = MessageLimits {
    message_bytes: 65_535,
    header_fields: 100,
};

/// One body: what bytes may do.
pub type Body = fn(&[u8]);

/// All of them by name.
pub const BODIES: [(&str, Body); 7] = [
    ("message", message),
    ("uri", uri),
    ("sdp", sdp),
    ("rtp", rtp),
    ("rtcp", rtcp),
    ("digest", digest),
    ("framer", framer),
];

/// A message: every field is read, and a refusal of it is written.
pub fn message(data: &[u8]) {
    let Ok(message) = Message::read(Bytes::copy_from_slice(data), &LIMITS) else {
        return;
    };
    let _ = (
        message.uri(),
        message.contacts(),
        message.number(Name::EXPIRES),
        message.body().len(),
    );
    let _ = (message.list(Name::REQUIRE).count(), message.fields().count());
    if message.check().is_err() {
        return;
    }
    let (from, to) = (message.from().unwrap(), message.to().unwrap());
    let (via, cseq) = (message.via().unwrap(), message.cseq().unwrap());
    assert!(Via::parse(&via.to_string()).is_some(), "{via}");
    assert!(message.call_id().is_ok() && cseq.to_string().contains(' '));
    for address in [from, to] {
        assert!(Address::parse(&address.to_string()).is_some(), "{address}");
    }
    if message.is_request() && message.method() != Method::Ack {
        let refusal = Draft::response(&message, 404, "Not Found").to_tag("t").finish();
        let again = Message::parse(refusal.bytes().clone(), &LIMITS);
        assert!(again.is_ok(), "{again:?}");
    }
}

/// A URI, and an address with it: what is printed is read again as the same.
pub fn uri(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Some(uri) = Uri::parse(text) {
        let again = Uri::parse(&uri.to_string());
        assert!(again.is_some_and(|again| again.same_as(&uri)), "{uri}");
        let _ = (
            uri.user(),
            uri.host(),
            uri.port(),
            uri.param("lr"),
            uri.header("Replaces"),
        );
        assert!(Uri::parse(&uri.for_request().to_string()).is_some(), "{uri}");
    }
    if let Some(address) = Address::parse(text) {
        let again = Address::parse(&address.to_string());
        assert!(
            again.is_some_and(|again| again.uri.same_as(&address.uri)),
            "{address}"
        );
    }
    let _ = Via::parse(text);
}

/// A session description: offered to us, and as the answer to our offer.
pub fn sdp(data: &[u8]) {
    let Ok(session) = Session::parse(data) else {
        return;
    };
    let (ours, origin) = (IpAddr::V4(Ipv4Addr::LOCALHOST), (1, 1));
    let groups = [tandem::sdp::OUR_CODECS.to_vec()];
    if let Ok((answer, _)) = Session::answer(&session, origin, ours, 20_000, &groups) {
        let text = answer.to_string();
        let again = Session::parse(text.as_bytes());
        assert!(again.is_ok(), "{again:?}: {text}");
    }
    let offer = Session::offer(origin, ours, 20_000, &tandem::sdp::OUR_CODECS);
    let _ = Session::accept(&offer, &session);
}

/// RTP packets, each with a byte for its length before it, from the far end of a call.
pub fn rtp(data: &[u8]) {
    media(data, |engine, now, packet| {
        let mut packet = packet.to_vec();
        engine.rtp(now, LegId(1), far_end(1), &mut packet, &mut Nowhere);
    });
}

/// RTCP packets in the same way.
pub fn rtcp(data: &[u8]) {
    media(data, |engine, now, packet| {
        let from = SocketAddr::new(far_end(1).ip(), far_end(1).port() + 1);
        engine.rtcp(now, LegId(1), from, packet, &mut Nowhere);
    });
}

/// The value of an Authorization field, and of a WWW-Authenticate field.
pub fn digest(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if text.contains(['\r', '\n']) {
        return;
    }
    let request = format!(
        "REGISTER sip:tandem.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKa\r\nFrom: <sip:1001@a>;tag=a\r\n\
         To: <sip:1001@a>\r\nCall-ID: a\r\nCSeq: 1 REGISTER\r\nAuthorization: {text}\r\nContent-Length: 0\r\n\r\n"
    );
    let terms = Terms {
        realm: "tandem.example".to_owned(),
        lifetime: Duration::from_secs(300),
        max_nonces: 10,
        offer: Offer::Sha256First,
    };
    let mut chance = Chance::new([7; 32]);
    let mut challenger = Challenger::new(terms, &mut chance);
    if let Ok(request) = Message::parse(Bytes::from(request), &LIMITS) {
        let known = |user: &str| (user == "1001").then_some("secret");
        let source = std::net::Ipv4Addr::LOCALHOST.into();
        let verdict = challenger.verify(Time::EPOCH, source, &request, known);
        assert!(verdict.is_err(), "nobody was given a nonce: {text}");
    }
    let _ = Challenge::best([text].into_iter());
}

/// A stream: however it is cut into pieces, the same messages come out of it.
pub fn framer(data: &[u8]) {
    let whole = frames(data, data.len().max(1));
    for size in [1, 7] {
        assert_eq!(frames(data, size), whole);
    }
}

/// The frames of a stream that arrives in pieces of this size, and whether it ends in an error.
fn frames(data: &[u8], size: usize) -> (Vec<Frame>, bool) {
    let mut framer = Framer::new(LIMITS);
    let mut frames = Vec::new();
    for piece in data.chunks(size) {
        framer.push(piece);
        loop {
            match framer.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(_) => return (frames, true),
            }
        }
    }
    (frames, false)
}

/// Two people in a call, one of whom sends what the data says; in the end nobody is left in the engine.
fn media(data: &[u8], arrive: impl Fn(&mut Engine, Time, &[u8])) {
    let mut engine = Engine::new(Sounds {
        music: vec![0; 160].into(),
    });
    let id = ConversationId(1);
    let mut now = Time::from_micros(1_000_000);
    engine.wire(now, id, &talk(), &mut Nowhere);
    let mut rest = data;
    while let Some((length, behind)) = rest.split_first() {
        let (packet, behind) = behind.split_at(behind.len().min(usize::from(*length)));
        rest = behind;
        arrive(&mut engine, now, packet);
        now = now + Duration::from_millis(u64::from(length % 41));
        engine.tick(now, &mut Nowhere);
    }
    engine.wire(now, id, &Wiring::default(), &mut Nowhere);
    for _ in 0..10 {
        if let Some(due) = engine.deadline() {
            engine.tick(due, &mut Nowhere);
        }
    }
    assert_eq!(engine.deadline(), None);
}

fn talk() -> Wiring {
    let row = |leg: u64, other: u64| Row {
        leg: LegId(leg),
        port: Port {
            local: SocketAddr::from(([192, 0, 2, 1], 20_000 + leg as u16 * 2)),
            ssrc: leg as u32,
            offer: vec![],
            remote: Some(Remote {
                rtp: far_end(leg),
                rtcp: SocketAddr::new(far_end(leg).ip(), far_end(leg).port() + 1),
                codec: if leg == 1 { Codec::Pcmu } else { Codec::G722 },
                payload_type: if leg == 1 { 0 } else { 9 },
                events: Some(101),
                accepts: vec![],
            }),
            signalling: Some(far_end(leg).ip()),
            answered: true,
            symmetric: true,
            stays_out: Vec::new(),
        },
        hears: vec![Voice::Leg(LegId(other))],
        otherwise: Some(Voice::Silence),
        patience: None,
        holds_back: tandem::wiring::Keys::default(),
    };
    Wiring {
        rows: vec![row(1, 2), row(2, 1)],
        tape: None,
        aside: None,
    }
}

fn far_end(leg: u64) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, leg as u8], 30_000))
}

/// Nobody hears it.
struct Nowhere;

impl Outlet for Nowhere {
    fn rtp(&mut self, _leg: LegId, _to: SocketAddr, packet: &[u8]) {
        assert!(packet.len() >= 12, "a packet without a header");
    }
    fn rtcp(&mut self, _leg: LegId, _to: SocketAddr, _packet: &[u8]) {}
    fn tape(&mut self, _block: &TapeBlock) {}
    fn event(&mut self, _event: MediaEvent) {}
}
