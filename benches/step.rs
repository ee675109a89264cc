//! What one whole call costs in the switch: a carrier calls, a phone rings and answers, they hang up.
//!
//! All thirteen messages of it are parsed, all stories and transactions run, all answers are printed; only the
//! sockets are missing.

#![allow(missing_docs, reason = "criterion makes a public function")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench that cannot go on says so by a panic"
)]

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;
use tandem::call::line::{Found, Server};
use tandem::call::{Effect, Effects, Input, Lookup, Switch};
use tandem::config::{self, Config};
use tandem::shell::surroundings::Surroundings;
use tandem::sip::auth::{Asked, Challenge, Credentials};
use tandem::sip::{Flow, Message, MessageLimits, Name, Transport};
use tandem::time::Time;

const HOUSE: &str = r#"
[switch]
domain = "tandem.example"
[[listen]]
transport = "udp"
address = "192.0.2.1:5060"
[media]
ports = "20000-29999"
[extension.1001]
name = "Alice"
password = "a password for 1001"
[trunk.acme]
host = "198.51.100.201"
[[incoming]]
number = "+442079460100"
ring = ["1001"]
[numbers]
default = "+442079460100"
[recording]
incoming = true
"#;

const SDP: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
                   m=audio 40000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n\
                   a=ptime:20\r\na=sendrecv\r\n";

/// A hundred calls in a second, so that some ten thousand transactions wait for their end at any moment.
const BETWEEN_CALLS: Duration = Duration::from_millis(10);

/// A switch with one phone and one carrier.
struct House {
    switch: Switch,
    now: Time,
    effects: Effects,
    calls: u64,
}

impl House {
    fn new() -> House {
        let config = Arc::new(house());
        let (now, mut effects) = (Time::from_micros(1_000_000), Vec::new());
        let switch = Switch::new(config, [7; 32], now, &mut effects);
        let mut house = House {
            switch,
            now,
            effects,
            calls: 0,
        };
        let found = Found {
            servers: vec![Server {
                priority: 0,
                weight: 0,
                flows: vec![carrier()],
            }],
            lasts: Duration::from_secs(3600),
        };
        house.step(Input::Answer(Lookup::Trunk {
            name: "acme".into(),
            found: Ok(found),
        }));
        house.register();
        house
    }

    fn register(&mut self) {
        let challenge = self.says(phone(), register(""));
        let fields = challenge[0].list(Name::WWW_AUTHENTICATE);
        let asked = Asked {
            method: "REGISTER",
            uri: "sip:tandem.example",
            body: b"",
        };
        let who = Credentials {
            user: "1001",
            password: "a password for 1001",
        };
        let answer = Challenge::best(fields).unwrap().answer(asked, who, "c0ffee", 1);
        let granted = self.says(phone(), register(&format!("Authorization: {answer}\r\n")));
        assert_eq!(granted[0].status(), Some(200));
    }

    fn call(&mut self) {
        self.calls += 1;
        let id = self.calls;
        let rung = self.says(carrier(), from_carrier("INVITE", id, 1, "", SDP));
        let invite = rung.into_iter().find(Message::is_request).unwrap();
        self.says(phone(), answer(&invite, "180 Ringing", ""));
        let answered = self.says(phone(), answer(&invite, "200 OK", SDP));
        let ok = answered
            .into_iter()
            .find(|message| message.status() == Some(200))
            .unwrap();
        let tag = format!(";tag={}", ok.to().unwrap().tag().unwrap());
        self.says(carrier(), from_carrier("ACK", id, 1, &tag, ""));
        let ended = self.says(carrier(), from_carrier("BYE", id, 2, &tag, ""));
        let bye = ended.into_iter().find(Message::is_request).unwrap();
        self.says(phone(), answer(&bye, "200 OK", ""));
        self.pass(BETWEEN_CALLS);
    }

    /// Time passes, and transactions run out.
    fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        while self.switch.deadline().is_some_and(|due| due <= self.now) {
            self.step(Input::Deadline);
        }
    }

    fn says(&mut self, flow: Flow, text: String) -> Vec<Message> {
        self.step(Input::Packet(flow, Bytes::from(text)));
        let limits = MessageLimits {
            message_bytes: 65_535,
            header_fields: 256,
        };
        let sent = self.effects.drain(..).filter_map(|effect| match effect {
            Effect::Transmit(_, bytes) => Message::parse(bytes, &limits).ok(),
            Effect::Wire(..)
            | Effect::Press(..)
            | Effect::LetPass(..)
            | Effect::Recognise(_)
            | Effect::LookUp(_)
            | Effect::Keep(_)
            | Effect::Reply(..)
            | Effect::Tell(_) => None,
        });
        sent.collect()
    }

    fn step(&mut self, input: Input) {
        self.switch.step(self.now, input, &mut self.effects);
    }
}

fn phone() -> Flow {
    flow("192.0.2.11:5060")
}

fn carrier() -> Flow {
    flow("198.51.100.201:5060")
}

fn flow(remote: &str) -> Flow {
    let local = "192.0.2.1:5060".parse().unwrap();
    Flow {
        transport: Transport::Udp,
        local,
        remote: remote.parse().unwrap(),
    }
}

fn register(authorization: &str) -> String {
    let branch = authorization.len();
    format!(
        "REGISTER sip:tandem.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.11;rport;branch=z9hG4bK{branch}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:1001@tandem.example>;tag=a\r\nTo: <sip:1001@tandem.example>\r\n\
         Call-ID: registration\r\nCSeq: {} REGISTER\r\nContact: <sip:1001@192.0.2.11>\r\nExpires: 3600\r\n\
         {authorization}Content-Length: 0\r\n\r\n",
        branch + 1
    )
}

fn from_carrier(method: &str, call: u64, cseq: u32, tag: &str, sdp: &str) -> String {
    format!(
        "{method} sip:+442079460100@192.0.2.1 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 198.51.100.201:5060;rport;branch=z9hG4bK{call}{method}\r\nMax-Forwards: 70\r\n\
         From: \"A customer\" <sip:+447700900123@198.51.100.201>;tag=c{call}\r\n\
         To: <sip:+442079460100@192.0.2.1>{tag}\r\nCall-ID: call-{call}@198.51.100.201\r\nCSeq: {cseq} {method}\r\n\
         Contact: <sip:198.51.100.201:5060>\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE\r\n\
         Supported: timer, 100rel\r\nUser-Agent: carrier\r\nContent-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    )
}

fn answer(request: &Message, status: &str, sdp: &str) -> String {
    let field = |name: Name| request.text(name).unwrap_or_default().to_owned();
    format!(
        "SIP/2.0 {status}\r\nVia: {}\r\nFrom: {}\r\nTo: {};tag=p\r\nCall-ID: {}\r\nCSeq: {}\r\n\
         Contact: <sip:1001@192.0.2.11>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        field(Name::VIA),
        field(Name::FROM),
        field(Name::TO).split(";tag=p").next().unwrap_or_default(),
        field(Name::CALL_ID),
        field(Name::CSEQ),
        sdp.len()
    )
}

fn house() -> Config {
    let reading =
        config::read("house.toml", HOUSE, &Surroundings).unwrap_or_else(|report| panic!("{report}"));
    reading.config
}

fn step(criterion: &mut Criterion) {
    let mut house = House::new();
    criterion.bench_function("one whole call, thirteen messages", |bencher| {
        bencher.iter(|| black_box(&mut house).call());
    });
    // Nothing may be left, or a long measurement would pay for it.
    house.pass(Duration::from_secs(60));
    assert_eq!(house.switch.census().transactions, 0);
}

criterion_group!(benches, step);
criterion_main!(benches);
