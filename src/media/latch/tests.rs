//! What may be believed, and what remains possible.

use super::*;
use crate::wiring::{Codec, Remote};
use proptest::prelude::*;

const PHONE: &str = "192.168.1.20:4000";
const NAT: &str = "203.0.113.9:61000";
const THIEF: &str = "198.51.100.66:9";

/// A latch, what is said to it, and what came of it.
struct Scene {
    latch: Latch,
    port: Port,
    now: Time,
}

impl Scene {
    /// A phone says in its SDP that it is at `rtp`, and its SIP comes from `signalling`.
    fn new(rtp: &str, signalling: &str) -> Scene {
        let mut scene = Scene {
            latch: Latch::default(),
            port: Port {
                offer: vec![],
                local: addr("198.51.100.1:20000"),
                ssrc: 1,
                remote: Some(remote(rtp)),
                signalling: Some(signalling.parse().unwrap()),
                answered: true,
                symmetric: true,
                stays_out: vec![],
            },
            now: Time::EPOCH + Duration::from_secs(1_000),
        };
        scene.latch.expect(&scene.port);
        scene
    }

    fn direct() -> Scene {
        Scene::new(PHONE, "192.168.1.20")
    }

    fn behind_nat() -> Scene {
        Scene::new(PHONE, "203.0.113.9")
    }

    fn unanswered(mut self) -> Scene {
        self.port.answered = false;
        self.latch.expect(&self.port);
        self
    }

    fn describe(&mut self, rtp: &str) {
        self.port.remote = Some(remote(rtp));
        self.latch.expect(&self.port);
    }

    fn pass(&mut self, ms: u64) {
        self.now = self.now + Duration::from_millis(ms);
    }

    /// Whether this packet of the one who speaks from there is heard.
    fn hears(&mut self, from: &str, sequence: u16) -> bool {
        self.hears_stream(addr(from), ssrc(from), sequence)
    }

    fn hears_stream(&mut self, from: SocketAddr, ssrc: u32, sequence: u16) -> bool {
        self.judges(from, ssrc, sequence) == Verdict::Heard
    }

    fn judges(&mut self, from: SocketAddr, ssrc: u32, sequence: u16) -> Verdict {
        self.latch.judge(self.now, from, &header(ssrc, sequence))
    }

    /// So many packets of a steady stream: whether the last is heard.
    fn hears_all(&mut self, from: &str, sequences: std::ops::Range<u16>) -> bool {
        let mut last = false;
        for sequence in sequences {
            self.pass(20);
            last = self.hears(from, sequence);
        }
        last
    }

    fn sends_to(&self) -> String {
        let to = self.latch.destination();
        to.map_or("nobody".to_owned(), |to| to.to_string())
    }
}

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// Another for each address.
fn ssrc(from: &str) -> u32 {
    from.bytes()
        .fold(0, |sum, byte| sum * 31 % 1_000_003 + u32::from(byte))
}

fn remote(rtp: &str) -> Remote {
    Remote {
        rtp: addr(rtp),
        rtcp: addr(rtp),
        codec: Codec::Pcmu,
        payload_type: 0,
        events: None,
        accepts: vec![],
    }
}

fn header(ssrc: u32, sequence: u16) -> Header {
    Header {
        marker: false,
        payload_type: 0,
        sequence,
        timestamp: 0,
        ssrc,
    }
}

#[test]
fn the_address_in_the_sdp_is_believed_at_once_and_nobody_else_from_then_on() {
    let mut scene = Scene::direct();
    assert_eq!(scene.sends_to(), PHONE);
    assert!(scene.hears(PHONE, 1));
    assert!(!scene.hears_all(THIEF, 0..500));
    assert!(scene.hears(PHONE, 2));
    assert!(
        !scene.hears("192.168.1.20:5555", 1),
        "while it speaks, not even its own host"
    );
    assert_eq!(scene.sends_to(), PHONE);
}

#[test]
fn behind_a_nat_the_host_of_its_sip_is_answered_at_once() {
    let mut scene = Scene::behind_nat().unanswered();
    assert_eq!(scene.sends_to(), PHONE);
    assert!(scene.hears(NAT, 1));
    assert_eq!(scene.sends_to(), NAT);
}

#[test]
fn a_better_source_takes_over_at_once_and_a_worse_one_does_not() {
    let mut scene = Scene::behind_nat();
    assert!(scene.hears_all(THIEF, 0..20), "nobody better has come");
    assert!(scene.hears("192.168.1.20:5555", 1));
    assert!(scene.hears("203.0.113.9:4000", 1), "a NAT that keeps ports");
    assert!(!scene.hears(NAT, 1));
    assert!(scene.hears(PHONE, 1));
    assert!(!scene.hears("203.0.113.9:4000", 2));
    assert!(!scene.hears_all(THIEF, 20..500));
    assert_eq!(scene.sends_to(), PHONE);
}

#[test]
fn a_stranger_who_looks_for_open_ports_is_never_heard() {
    for mut scene in [Scene::direct(), Scene::behind_nat()] {
        for sequence in 0..20 {
            scene.pass(900);
            assert!(!scene.hears(THIEF, sequence));
        }
        assert_eq!(scene.sends_to(), PHONE);
    }
}

#[test]
fn a_stranger_is_heard_once_it_is_steady_if_nobody_else_ever_came() {
    let mut scene = Scene::behind_nat().unanswered();
    assert!(!scene.hears_all(THIEF, 0..500), "not before the answer");
    scene.port.answered = true;
    scene.latch.expect(&scene.port);
    assert!(!scene.hears_all(THIEF, 500..509));
    assert!(scene.hears_all(THIEF, 509..510));
    assert_eq!(scene.sends_to(), THIEF);
    assert!(
        !scene.hears_all("198.51.100.77:9", 0..100),
        "another stranger is no better"
    );
}

#[test]
fn a_second_stranger_does_not_keep_the_first_from_proving_itself() {
    let mut scene = Scene::behind_nat();
    for sequence in 0..20 {
        scene.pass(20);
        scene.hears("198.51.100.77:9", sequence * 100);
        scene.hears(THIEF, sequence);
    }
    assert_eq!(
        scene.sends_to(),
        PHONE,
        "the slot is taken by one who never proves itself"
    );
    scene.pass(250);
    assert!(scene.hears_all(THIEF, 20..30));
}

/// Whoever sits behind the same NAT, or on the same host, is no stranger. One who only looks for open ports gives
/// way to one who speaks.
#[test]
fn a_steady_stream_wins_over_stray_packets_of_its_like() {
    let mut scene = Scene::behind_nat();
    assert!(scene.hears("203.0.113.9:7", 1));
    assert!(!scene.hears_all(NAT, 0..9));
    assert!(scene.hears_all(NAT, 9..10));
    assert!(!scene.hears_all("203.0.113.9:7", 2..100));
}

#[test]
fn after_a_silence_its_like_may_come_back_from_elsewhere_and_a_stranger_may_not() {
    let mut scene = Scene::behind_nat();
    scene.hears_all(NAT, 0..20);
    scene.pass(2_900);
    assert!(!scene.hears("203.0.113.9:62001", 1));
    scene.pass(100);
    assert!(!scene.hears_all(THIEF, 0..20));
    assert!(scene.hears("203.0.113.9:62001", 1), "a new NAT binding");
    assert_eq!(scene.sends_to(), "203.0.113.9:62001");
}

#[test]
fn a_stream_that_goes_on_from_another_port_is_followed_at_once() {
    for (mut scene, before, after) in [
        (Scene::direct(), PHONE, "192.168.1.20:5555"),
        (Scene::behind_nat(), NAT, "203.0.113.9:62001"),
    ] {
        let ssrc = ssrc(before);
        scene.hears_all(before, 0..20);
        assert!(!scene.hears_stream(addr(after), 5, 20), "another stream");
        assert!(!scene.hears_stream(addr(after), ssrc, 500), "not its next packet");
        assert!(
            !scene.hears_stream(addr(THIEF), ssrc, 20),
            "no stranger, whatever it knows"
        );
        assert!(scene.hears_stream(addr(after), ssrc, 22));
        assert_eq!(scene.sends_to(), after);
        assert!(
            scene.hears_stream(addr(before), ssrc, 21),
            "a packet that was on its way is heard"
        );
        assert_eq!(scene.sends_to(), after, "and says where it was");
    }
}

/// RFC 3264 §8.3.1.
#[test]
fn what_comes_from_the_old_address_is_heard_and_proves_nothing_about_the_new_one() {
    let mut scene = Scene::direct();
    scene.hears_all(PHONE, 0..20);
    for new in ["192.168.1.20:4444", "192.168.1.99:4000"] {
        scene.describe(new);
        assert!(scene.hears_all(PHONE, 20..40), "it has not stopped yet");
        assert_eq!(scene.sends_to(), new);
    }
    assert!(scene.hears("192.168.1.99:4000", 1));
    assert!(!scene.hears(PHONE, 40));
    scene.describe(PHONE);
    assert_eq!(scene.sends_to(), PHONE);
    assert!(scene.hears(PHONE, 41), "it has come back");
}

#[test]
fn after_a_move_another_port_of_the_new_host_is_answered_though_the_old_one_goes_on() {
    let mut scene = Scene::direct();
    scene.hears_all(PHONE, 0..20);
    scene.describe("192.168.1.20:4444");
    scene.hears_all(PHONE, 20..40);
    assert!(scene.hears("192.168.1.20:5555", 1));
    assert_eq!(scene.sends_to(), "192.168.1.20:5555");
}

#[test]
fn behind_a_nat_the_old_source_is_as_good_as_before() {
    let mut scene = Scene::behind_nat();
    scene.hears_all(NAT, 0..20);
    scene.describe("192.168.1.20:4444");
    assert_eq!(scene.sends_to(), "192.168.1.20:4444");
    assert!(scene.hears(NAT, 20));
    assert_eq!(scene.sends_to(), NAT, "its SDP never said where it is");
    assert!(!scene.hears_all(THIEF, 0..500));
}

#[test]
fn a_hold_of_the_old_kind_is_no_move() {
    let mut scene = Scene::behind_nat();
    scene.hears_all(NAT, 0..20);
    for nowhere in ["0.0.0.0:4000", "192.0.2.1:0"] {
        scene.describe(nowhere);
        assert_eq!(scene.sends_to(), "nobody");
        scene.describe(PHONE);
        assert_eq!(scene.sends_to(), NAT, "though it has not spoken since");
    }
}

#[test]
fn a_trunk_that_listens_where_its_sdp_says_gets_its_rtp_there() {
    let mut scene = Scene::direct();
    scene.port.symmetric = false;
    scene.latch.expect(&scene.port);
    assert!(scene.hears_all("192.168.1.20:5555", 0..100));
    assert_eq!(scene.sends_to(), PHONE);
}

#[test]
fn a_stream_of_an_earlier_call_stays_out_unless_the_sdp_names_it() {
    let old = Stream {
        from: addr("192.168.1.20:5555"),
        ssrc: ssrc("192.168.1.20:5555"),
    };
    let mut scene = Scene::direct();
    scene.port.stays_out = vec![old];
    scene.latch.expect(&scene.port);
    assert!(!scene.hears_all("192.168.1.20:5555", 0..100));
    assert!(scene.hears(PHONE, 1));
    let lingering = Scene {
        latch: scene.latch.clone(),
        ..scene
    };
    let streams = lingering.latch.lingering();
    assert_eq!(
        streams,
        [
            old,
            Stream {
                from: addr(PHONE),
                ssrc: ssrc(PHONE)
            }
        ],
        "both may go on"
    );
}

#[test]
fn whoever_calls_again_from_where_it_spoke_before_is_heard() {
    let mut scene = Scene::direct();
    scene.port.stays_out = vec![Stream {
        from: addr(PHONE),
        ssrc: ssrc(PHONE),
    }];
    scene.latch.expect(&scene.port);
    assert!(scene.hears(PHONE, 1));
}

/// Nobody is alarmed by what a far end sends that has moved, or has several ports.
#[test]
fn only_who_has_no_business_here_is_a_stranger() {
    let mut scene = Scene::behind_nat();
    scene.port.stays_out = vec![Stream {
        from: addr("203.0.113.9:7"),
        ssrc: 7,
    }];
    scene.describe("192.168.1.20:4444");
    scene.hears("192.168.1.20:4444", 1);
    scene.describe(PHONE);
    scene.hears(PHONE, 1);
    for unheard in ["192.168.1.20:4444", "192.168.1.20:5555", NAT] {
        assert_eq!(scene.judges(addr(unheard), 1, 1), Verdict::Unheard, "{unheard}");
    }
    assert_eq!(scene.judges(addr("203.0.113.9:7"), 7, 1), Verdict::Stranger);
    assert_eq!(scene.judges(addr(THIEF), 1, 1), Verdict::Stranger);
}

/// One thing that may happen on a port.
#[derive(Clone, Debug)]
enum Happens {
    /// A packet comes from one of the places, as the next of its stream or as any other.
    Packet { place: usize, jump: u16 },
    /// Time passes.
    Passes { ms: u64 },
    /// The far end describes itself as being at one of the places.
    Moves { place: usize },
    /// The call is answered.
    Answered,
}

/// Places in the order of their likeness: what the SDP may name, its host and that of its SIP, and strangers.
const PLACES: [&str; 8] = [
    "192.168.1.20:4000",
    "192.168.1.20:4002",
    "192.168.1.20:5555",
    "203.0.113.9:4000",
    "203.0.113.9:61000",
    "198.51.100.66:9",
    "198.51.100.66:4000",
    "198.51.100.77:4000",
];
const DESCRIBED: usize = 2;
const NAMED: usize = 5;

fn happens() -> impl Strategy<Value = Happens> {
    let jump = prop_oneof![8 => Just(1_u16), 1 => Just(0), 1 => any::<u16>()];
    prop_oneof![
        20 => (0..PLACES.len(), jump).prop_map(|(place, jump)| Happens::Packet { place, jump }),
        8 => prop_oneof![Just(20_u64), Just(250), Just(3_000)].prop_map(|ms| Happens::Passes { ms }),
        1 => (0..DESCRIBED).prop_map(|place| Happens::Moves { place }),
        1 => Just(Happens::Answered),
    ]
}

/// What is true of any order of packets, and so what remains possible.
fn holds(story: &[Happens]) {
    let mut scene = Scene::new(PLACES[0], "203.0.113.9").unanswered();
    let mut sequences = [0_u16; PLACES.len()];
    let (mut promised, mut was_named) = (0, false);
    let mut heard_since_move = vec![];
    for happens in story {
        match *happens {
            Happens::Packet { place, jump } => {
                sequences[place] = sequences[place].wrapping_add(jump);
                let is_heard = scene.hears_stream(addr(PLACES[place]), place as u32, sequences[place]);
                if place >= NAMED && is_heard {
                    assert!(scene.port.answered, "a stranger is heard before the answer");
                    assert!(!was_named, "a stranger is heard though somebody better has come");
                }
                if place == promised {
                    assert!(is_heard, "the address in the SDP is not heard");
                    assert_eq!(scene.sends_to(), PLACES[place]);
                }
                if is_heard {
                    was_named |= place < NAMED;
                    heard_since_move.push(place);
                }
            }
            Happens::Passes { ms } => scene.pass(ms),
            Happens::Moves { place } if place == promised => {}
            Happens::Moves { place } => {
                promised = place;
                scene.describe(PLACES[place]);
                heard_since_move.clear();
                assert_eq!(scene.sends_to(), PLACES[place], "until something new comes");
            }
            Happens::Answered => {
                scene.port.answered = true;
                scene.latch.expect(&scene.port);
            }
        }
        let to = scene.sends_to();
        let has_been_heard = heard_since_move.iter().any(|place| PLACES[*place] == to);
        assert!(
            to == PLACES[promised] || has_been_heard,
            "RTP goes to {to}, which nothing speaks for"
        );
    }
}

proptest! {
    #[test]
    fn in_any_order_of_packets_only_who_is_like_the_far_end_is_heard_and_sent_to(
        story in proptest::collection::vec(happens(), 1..200)
    ) {
        holds(&story);
    }
}
