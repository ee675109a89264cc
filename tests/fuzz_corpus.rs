//! The fuzzer's bodies over a small corpus: messages of the torture tests, descriptions and packets as devices send
//! them, and each of them spoilt at many places. The fuzzer itself stands in `tests/fuzz`.

#![allow(
    clippy::unwrap_used,
    reason = "what was understood must be readable, or the body has failed"
)]
#![allow(unreachable_pub, reason = "the bodies are public for the fuzzer")]

#[path = "fuzz/bodies.rs"]
mod bodies;

use bodies::BODIES;

/// In how many ways each seed is spoilt if nobody asks for more by `TANDEM_SPOILT`.
const SPOILT: u64 = 60;

const TEXTS: [&str; 9] = [
    "sip:alice@example.com;transport=tcp;lr?Replaces=a%40b%3Bto-tag%3D1&X=",
    "\"A \\\" B\" <sips:%61lice:pw@[2001:db8::1]:5061;user=phone>;tag=a;q=0.5",
    "tel:+44-20-7946-0100;phone-context=example.com",
    "SIP / 2.0 / UDP first.example:4000;ttl=16;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1",
    "Digest username=\"1001\", realm=\"tandem.example\", nonce=\"abc\", uri=\"sip:tandem.example\", \
     response=\"0123456789abcdef0123456789abcdef\", qop=auth, nc=00000001, cnonce=\"x\\\"y\", algorithm=MD5",
    "Digest realm=\"a\", nonce=\"b\", qop=\"auth,auth-int\", algorithm=SHA-256, stale=TRUE",
    "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\nm=audio 4000/2 RTP/AVP 8 0 101\r\n\
     a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=rtcp:4001 IN IP6 ::1\r\na=sendonly\r\na=ptime:20\r\n\
     m=video 0 RTP/AVP 31\r\n",
    "v=0\no=x 99999999999999999999 1 IN IP6 ::1\ns= \nt=0 0\nm=audio 9 RTP/SAVPF 111\nc=IN IP4 0.0.0.0\n",
    "\r\n\r\nOPTIONS sip:a SIP/2.0\r\nl:2\r\n\r\nhiBYE sip:b SIP/2.0\r\nContent-Length: 0\r\n\r\n",
];

/// An RTP packet, one with everything that a header can have, DTMF, and RTCP, each with its length before it.
const PACKETS: [&[u8]; 4] = [
    &[
        20, 0x80, 0, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    ],
    &[
        28, 0xB1, 0x80, 0xFF, 0xFF, 0, 0, 0, 0, 1, 2, 3, 4, 9, 9, 9, 9, 0xBE, 0xDE, 0, 1, 1, 2, 3, 4, 0xD5,
        0, 0, 3,
    ],
    &[16, 0x80, 0xE5, 0, 2, 0, 0, 1, 0, 1, 2, 3, 4, 5, 0x8A, 3, 0x20],
    &[
        32, 0x81, 201, 0, 7, 1, 2, 3, 4, 0, 0, 0, 1, 9, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0,
        1,
    ],
];

#[test]
fn every_body_survives_the_corpus_and_what_is_nearly_it() {
    let corpus = corpus();
    let wanted = std::env::var("TANDEM_SPOILT").ok();
    let most: u64 = wanted.and_then(|number| number.parse().ok()).unwrap_or(SPOILT);
    for (name, body) in BODIES {
        for (at, seed) in corpus.iter().enumerate() {
            body(seed);
            for spoilt in 0..most {
                let bytes = spoil(seed, spoilt + (at as u64) * 1_000_003);
                let survived = std::panic::catch_unwind(|| body(&bytes));
                assert!(survived.is_ok(), "{name}: {}", bytes.escape_ascii());
            }
        }
    }
}

/// The fuzzer begins with the same seeds: `tests/fuzz/run.sh` names the folder for them.
#[test]
fn the_corpus_is_written_down_for_the_fuzzer_if_it_asks() {
    let Some(folder) = std::env::var_os("TANDEM_SEEDS") else {
        return;
    };
    let folder = std::path::Path::new(&folder);
    for (at, seed) in corpus().iter().enumerate() {
        std::fs::write(folder.join(format!("{at:03}")), seed).unwrap();
    }
}

fn corpus() -> Vec<Vec<u8>> {
    let rfc_4475 = sipx_testkit::rfc4475::CASES
        .iter()
        .map(|case| case.bytes.to_vec());
    let rfc_5118 = sipx_testkit::rfc5118::CASES
        .iter()
        .map(|case| case.wire().to_vec());
    let texts = TEXTS.iter().map(|text| text.as_bytes().to_vec());
    let packets = PACKETS.iter().map(|packet| packet.repeat(3));
    rfc_4475.chain(rfc_5118).chain(texts).chain(packets).collect()
}

/// A few bytes changed, taken out, or said twice, at places that the number decides.
fn spoil(seed: &[u8], number: u64) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut roll = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    for _ in 0..=roll(3) {
        let at = roll(bytes.len());
        let until = (at + roll(20)).min(bytes.len());
        match roll(4) {
            0 if at < bytes.len() => bytes[at] ^= 1 << roll(8),
            1 => drop(bytes.drain(at..until)),
            2 => {
                let piece = bytes[at..until].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => bytes.insert(at, *b"\r\n;,<>\"%:=\0\xFF@ ".get(roll(14)).unwrap_or(&b' ')),
        }
    }
    bytes
}
