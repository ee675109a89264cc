//! A carrier's INVITE of 1251 bytes, 17 fields and a session description: read, asked, written.

// Criterion's macros write functions without docs, and a bench may fail loudly.
#![allow(missing_docs, reason = "criterion makes a public function")]
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on says so by a panic")]

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use tandem::sip::{Draft, Message, MessageLimits, Name};

const LIMITS: MessageLimits = MessageLimits {
    message_bytes: 65_535,
    header_fields: 100,
};

const INVITE: &str = "INVITE sip:+493012345678@203.0.113.10:5060;user=phone SIP/2.0\r\n\
    Via: SIP/2.0/UDP 198.51.100.23:5060;branch=z9hG4bK0a1b2c3d4e5f60718293a4b5c6d7e8f9;rport\r\n\
    Record-Route: <sip:198.51.100.23;lr;ftag=SD7kl2901-gK0c1a2b3c>\r\n\
    Max-Forwards: 66\r\n\
    From: \"+4989987654321\" <sip:+4989987654321@sbc.carrier.example;user=phone>;tag=gK0c1a2b3c\r\n\
    To: <sip:+493012345678@203.0.113.10;user=phone>\r\n\
    Call-ID: 1342177283_118273645@198.51.100.23\r\n\
    CSeq: 778291 INVITE\r\n\
    Contact: <sip:+4989987654321@198.51.100.23:5060;transport=udp>\r\n\
    Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY\r\n\
    Supported: 100rel, timer, replaces, histinfo\r\n\
    Session-Expires: 1800;refresher=uac\r\n\
    Min-SE: 90\r\n\
    P-Asserted-Identity: <sip:+4989987654321@sbc.carrier.example;user=phone;cpc=ordinary;otg=CARRIER-TRUNK-GROUP-0017>\r\n\
    P-Early-Media: supported\r\n\
    User-Agent: Carrier-SBC/9.2.1 (build 4711 release 2.1400)\r\n\
    Content-Type: application/sdp\r\n\
    Content-Length: 254\r\n\
    \r\n";

fn invite() -> Bytes {
    let body = "v=0\r\no=SBC 1701245 982734 IN IP4 198.51.100.24\r\ns=SIP Media Capabilities\r\n\
        c=IN IP4 198.51.100.24\r\nt=0 0\r\nm=audio 31254 RTP/AVP 8 0 18 101\r\na=rtpmap:8 PCMA/8000\r\n\
        a=rtpmap:0 PCMU/8000\r\na=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\na=rtpmap:101 telephone-event/8000\r\n\
        a=fmtp:101 0-15\r\na=ptime:20\r\na=maxptime:40\r\na=sendrecv\r\n";
    let head = INVITE.replace("254", &body.len().to_string());
    let bytes = Bytes::from(format!("{head}{body}"));
    assert_eq!(bytes.len(), 1251);
    bytes
}

/// What a B2BUA says to the other side: the fields of its own, the rest carried over.
fn onward(message: &Message) -> Message {
    Draft::request(&message.method(), &message.uri().unwrap())
        .with(Name::VIA, message.via().unwrap())
        .with(Name::MAX_FORWARDS, 65)
        .with(Name::FROM, message.from().unwrap())
        .with(Name::TO, message.to().unwrap())
        .with(Name::CALL_ID, message.call_id().unwrap())
        .with(Name::CSEQ, message.cseq().unwrap())
        .carry(message, Name::CONTACT)
        .carry(message, Name::ALLOW)
        .carry(message, Name::SUPPORTED)
        .carry(message, Name::P_ASSERTED_IDENTITY)
        .body("application/sdp", message.body())
        .finish()
}

fn bench(criterion: &mut Criterion) {
    let bytes = invite();
    let message = Message::parse(bytes.clone(), &LIMITS).unwrap();
    let mut group = criterion.benchmark_group("sip");
    group.throughput(criterion::Throughput::Bytes(bytes.len() as u64));
    group.bench_function("read without judging", |b| {
        b.iter(|| Message::read(black_box(bytes.clone()), &LIMITS))
    });
    group.bench_function("parse", |b| {
        b.iter(|| Message::parse(black_box(bytes.clone()), &LIMITS))
    });
    group.bench_function("Via, From, To and CSeq", |b| {
        b.iter(|| {
            (
                message.via(),
                message.from(),
                message.to(),
                black_box(&message).cseq(),
            )
        });
    });
    group.bench_function("write a response", |b| {
        b.iter(|| {
            Draft::response(black_box(&message), 180, "Ringing")
                .to_tag("as5f3c")
                .finish()
        });
    });
    group.bench_function("write a request", |b| b.iter(|| onward(black_box(&message))));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
