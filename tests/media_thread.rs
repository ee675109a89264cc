//! Media threads with real sockets on the loopback: what phones hear, and what the driver is told.

#![expect(
    clippy::disallowed_methods,
    reason = "real threads are watched by the real clock"
)]
#![expect(clippy::unwrap_used, reason = "a surprise ends the test, and says where")]

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use tandem::call::recording::TapeStory;
use tandem::id::{ConversationId, LegId, TapeId};
use tandem::media::engine::Sounds;
use tandem::shell::clock::Clock;
use tandem::shell::media_thread::Media;
use tandem::shell::ports::PortPair;
use tandem::shell::tape_thread::{TapeLimits, TapeThread};
use tandem::time::Time;
use tandem::wiring::{Codec, MediaEvent, MediaHappening, Port, Remote, Row, TapeRow, Voice, Wiring};
use tokio::sync::mpsc;

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
const PATIENCE: Duration = Duration::from_secs(10);
const ANNA: LegId = LegId(1);
const BEN: LegId = LegId(2);
const CALL: ConversationId = ConversationId(3);

#[test]
fn two_phones_hear_each_other() {
    for host in [V4, V6] {
        let mut house = House::new(64);
        let (anna, ben) = (Phone::new(host), Phone::new(host));
        assert_eq!(house.media.wire(CALL, pair(&anna, &ben)), []);
        for number in 0..5 {
            anna.say(number, 11);
            assert_eq!(ben.hear().payload, [11; 160]);
            ben.say(number, 22);
            assert_eq!(anna.hear().payload, [22; 160]);
        }
        anna.say(5, 33);
        let heard = ben.hear();
        assert_eq!(
            (heard.from, heard.ssrc),
            (ben.port, ben.ssrc()),
            "it comes from the port in Ben's wiring"
        );
        assert_eq!(
            house.hears_of(ANNA),
            MediaHappening::FirstPacket { from: anna.address() }
        );
    }
}

#[test]
fn the_port_is_there_before_anybody_is_told_and_free_when_all_is_over() {
    let mut house = House::new(64);
    let (anna, ben) = (Phone::new(V4), Phone::new(V4));
    house.media.wire(CALL, pair(&anna, &ben));
    assert_eq!(
        PortPair::bind(anna.port).unwrap_err().kind(),
        ErrorKind::AddrInUse
    );
    anna.say(0, 11);
    ben.hear();

    house.media.wire(CALL, Wiring::default());
    let MediaHappening::Closed(counters) = house.hears_of_end(ANNA) else {
        unreachable!()
    };
    assert_eq!((counters.received, counters.lost), (1, 0));
    let MediaHappening::Closed(counters) = house.hears_of_end(BEN) else {
        unreachable!()
    };
    assert_eq!(counters.sent, 1);
    wait_until("the ports are free again", || {
        PortPair::bind(anna.port).is_ok() && PortPair::bind(ben.port).is_ok()
    });
}

#[test]
fn a_port_that_somebody_else_has_is_refused_and_the_others_go_on() {
    let mut house = House::new(64);
    let (anna, ben) = (Phone::new(V4), Phone::new(V4));
    let thief = UdpSocket::bind((V4, anna.port.port() + 1)).unwrap();
    let refused = house.media.wire(CALL, pair(&anna, &ben));
    let [
        MediaEvent {
            conversation: CALL,
            leg: ANNA,
            what: MediaHappening::Refused { why },
        },
    ] = &refused[..]
    else {
        panic!("{refused:?}")
    };
    assert!(
        why.contains("in use") && why.contains(&anna.port.to_string()),
        "{why}"
    );

    let music = Wiring {
        rows: vec![ben.row(BEN, vec![Voice::Music])],
        tape: None,
    };
    assert_eq!(house.media.wire(CALL, music), []);
    ben.hear();

    drop(thief);
    assert_eq!(
        house.media.wire(CALL, pair(&anna, &ben)),
        [],
        "the next wiring tries again"
    );
    anna.say(0, 11);
    wait_until("Ben hears Anna instead of the music", || {
        ben.hear().payload == [11; 160]
    });
}

#[test]
fn music_keeps_its_time() {
    let mut house = House::new(64);
    let ben = Phone::new(V4);
    house.media.wire(
        CALL,
        Wiring {
            rows: vec![ben.row(BEN, vec![Voice::Music])],
            tape: None,
        },
    );
    let first = ben.hear();
    let began = Instant::now();
    for number in 1..=50 {
        assert_eq!(ben.hear().sequence.wrapping_sub(first.sequence), number);
    }
    assert!(
        began.elapsed() > Duration::from_millis(900),
        "50 packets are a second: {:?}",
        began.elapsed()
    );
}

#[test]
fn a_phone_that_is_gone_for_a_while_disturbs_nobody() {
    let mut house = House::new(64);
    let (anna, ben) = (Phone::new(V4), Phone::new(V4));
    house.media.wire(CALL, pair(&anna, &ben));
    let address = ben.address();
    let port = ben.port;
    drop(ben);
    for number in 0..20 {
        anna.say(number, 11);
        std::thread::sleep(Duration::from_millis(2));
    }
    let ben = Phone {
        socket: listen(address),
        port,
    };
    anna.say(20, 22);
    wait_until("Ben hears again", || ben.hear().payload == [22; 160]);
    ben.say(0, 33);
    assert_eq!(anna.hear().payload, [33; 160]);
}

#[test]
fn many_packets_all_arrive_soon_and_in_order() {
    let mut house = House::new(64);
    let (anna, ben) = (Phone::new(V4), Phone::new(V4));
    house.media.wire(CALL, pair(&anna, &ben));
    let listener = std::thread::spawn(move || {
        let heard = (0..900).map(|_| (ben.hear(), Instant::now())).collect::<Vec<_>>();
        (ben, heard)
    });
    let said: Vec<Instant> = (0..900_u16)
        .map(|number| {
            let now = Instant::now();
            anna.say(number, 11);
            // Five thousand a second, so that the thread begins to gather them.
            if number % 10 == 9 {
                std::thread::sleep(Duration::from_millis(2));
            }
            now
        })
        .collect();
    let (_ben, heard) = listener.join().unwrap();
    let first = heard[0].0.sequence;
    let mut delays: Vec<Duration> = Vec::new();
    for (index, (packet, at)) in heard.iter().enumerate() {
        assert_eq!(
            usize::from(packet.sequence.wrapping_sub(first)),
            index,
            "in order, none lost"
        );
        delays.push(at.duration_since(said[index]));
    }
    delays.sort();
    println!(
        "delay: half below {:?}, 99 in 100 below {:?}",
        delays[450], delays[890]
    );
    assert!(delays[450] < Duration::from_millis(50));
}

#[test]
fn a_driver_that_does_not_listen_loses_only_what_is_nice_to_know() {
    let mut house = House::new(1);
    let (anna, ben) = (Phone::new(V4), Phone::new(V4));
    house.media.wire(CALL, pair(&anna, &ben));
    anna.say(0, 11);
    ben.hear();
    ben.say(0, 11);
    anna.hear();
    wait_until("the second first packet is not told", || {
        house.media.counts().unheard_events.load(Ordering::Relaxed) == 1
    });
    house.media.wire(CALL, Wiring::default());
    assert!(matches!(
        house.next_event().what,
        MediaHappening::FirstPacket { .. }
    ));
    assert!(matches!(house.next_event().what, MediaHappening::Closed(_)));
    assert!(matches!(house.next_event().what, MediaHappening::Closed(_)));
}

#[test]
fn a_leg_keeps_its_port_when_it_goes_to_a_conversation_on_another_thread() {
    let mut house = House::new(64);
    let (anna, ben) = (Phone::new(V4), Phone::new(V4));
    let (old, new) = (ConversationId(4), ConversationId(5));
    house.media.wire(
        old,
        Wiring {
            rows: vec![anna.row(ANNA, vec![])],
            tape: None,
        },
    );
    assert_eq!(house.media.wire(new, pair(&anna, &ben)), []);
    house.media.wire(old, Wiring::default());
    for number in 0..20 {
        anna.say(number, 11);
        assert_eq!(ben.hear().payload, [11; 160]);
    }
}

#[test]
fn what_is_said_until_the_switch_stops_is_on_the_tape() {
    let mut house = House::new(64);
    let (anna, ben) = (Phone::new(V4), Phone::new(V4));
    let started = house.clock.now();
    let tape = TapeRow {
        tape: TapeId(1),
        started,
        left: vec![ANNA],
        right: vec![BEN],
    };
    house.tapes.keep(story(started));
    house.media.wire(
        CALL,
        Wiring {
            tape: Some(tape),
            ..pair(&anna, &ben)
        },
    );
    for number in 0..25 {
        // 0x80 is as loud as PCMU can be.
        anna.say(number, 0x80);
        std::thread::sleep(Duration::from_millis(20));
    }
    house.media.stop();
    let length = house.clock.now().since(started);
    let House {
        tapes,
        directory,
        media,
        ..
    } = house;
    drop(media);
    tapes.finish();

    let day = std::fs::read_dir(directory.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let files = std::fs::read_dir(day).unwrap().map(|entry| entry.unwrap().path());
    let wav = files
        .into_iter()
        .find(|path| path.extension().is_some_and(|ending| ending == "wav"))
        .unwrap();
    let samples: Vec<i16> = hound::WavReader::open(wav)
        .unwrap()
        .samples()
        .map(Result::unwrap)
        .collect();
    let seconds = samples.len() as f64 / 2.0 / 8000.0;
    assert!(
        (seconds - length.as_secs_f64()).abs() < 0.2,
        "{seconds} s on tape of {length:?}"
    );
    let loud = samples
        .iter()
        .step_by(2)
        .filter(|left| left.unsigned_abs() > 30_000)
        .count();
    assert!(loud > 20 * 160, "Anna is on the left: {loud} samples");
    assert!(
        samples.iter().skip(1).step_by(2).all(|right| *right == 0),
        "Ben has said nothing"
    );
}

/// Two media threads, a tape thread and a driver that can hear so much news.
struct House {
    media: Media,
    tapes: TapeThread,
    events: mpsc::Receiver<MediaEvent>,
    clock: Clock,
    directory: tempfile::TempDir,
}

impl House {
    fn new(max_news: usize) -> House {
        let directory = tempfile::tempdir().unwrap();
        let tapes = TapeThread::start(directory.path().to_owned(), TapeLimits::for_calls(10)).unwrap();
        let (news, events) = mpsc::channel(max_news);
        let clock = Clock::start();
        let media = Media::start(2, clock, Sounds::built_in(), tapes.sender(), news).unwrap();
        House {
            media,
            tapes,
            events,
            clock,
            directory,
        }
    }

    fn next_event(&mut self) -> MediaEvent {
        let mut next = None;
        wait_until("there is news", || {
            next = self.events.try_recv().ok();
            next.is_some()
        });
        next.unwrap()
    }

    /// The next news of this leg.
    fn hears_of(&mut self, leg: LegId) -> MediaHappening {
        loop {
            let event = self.next_event();
            if event.leg == leg {
                return event.what;
            }
        }
    }

    /// The news that this leg is closed.
    fn hears_of_end(&mut self, leg: LegId) -> MediaHappening {
        loop {
            if let closed @ MediaHappening::Closed(_) = self.hears_of(leg) {
                return closed;
            }
        }
    }
}

/// A phone, and our port that it talks to.
struct Phone {
    socket: UdpSocket,
    port: SocketAddr,
}

/// One RTP packet as a phone gets it.
struct Heard {
    from: SocketAddr,
    sequence: u16,
    ssrc: u32,
    payload: Vec<u8>,
}

impl Phone {
    fn new(host: IpAddr) -> Phone {
        Phone {
            socket: listen((host, 0).into()),
            port: free_port(host),
        }
    }

    fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    fn ssrc(&self) -> u32 {
        u32::from(self.port.port()) << 8
    }

    fn row(&self, leg: LegId, hears: Vec<Voice>) -> Row {
        let mut rtcp = self.address();
        rtcp.set_port(rtcp.port().wrapping_add(1));
        let remote = Remote {
            rtp: self.address(),
            rtcp,
            codec: Codec::Pcmu,
            payload_type: 0,
            events: None,
        };
        Row {
            leg,
            port: Port {
                local: self.port,
                ssrc: self.ssrc(),
                remote: Some(remote),
            },
            hears,
            patience: None,
        }
    }

    /// Says 20 ms of one sound.
    fn say(&self, number: u16, sound: u8) {
        let mut packet = vec![0x80, 0];
        packet.extend(number.to_be_bytes());
        packet.extend((u32::from(number) * 160).to_be_bytes());
        packet.extend(0xCAFE_u32.to_be_bytes());
        packet.extend([sound; 160]);
        self.socket.send_to(&packet, self.port).unwrap();
    }

    fn hear(&self) -> Heard {
        let mut packet = [0; 2000];
        let (length, from) = self.socket.recv_from(&mut packet).unwrap();
        Heard {
            from,
            sequence: u16::from_be_bytes([packet[2], packet[3]]),
            ssrc: u32::from_be_bytes([packet[8], packet[9], packet[10], packet[11]]),
            payload: packet[12..length].to_vec(),
        }
    }
}

fn story(started: Time) -> TapeStory {
    TapeStory {
        tape: TapeId(1),
        conversation: CALL,
        direction: "incoming".to_owned(),
        started,
        ended: None,
        reason: None,
        customer: "anna".to_owned(),
        our_number: "+4930555".to_owned(),
        policy: String::new(),
        parties: vec![],
    }
}

fn pair(anna: &Phone, ben: &Phone) -> Wiring {
    let rows = vec![
        anna.row(ANNA, vec![Voice::Leg(BEN)]),
        ben.row(BEN, vec![Voice::Leg(ANNA)]),
    ];
    Wiring { rows, tape: None }
}

fn listen(address: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// A pair of ports that nobody has, below those that the system gives out by itself.
fn free_port(host: IpAddr) -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 20_000 + (std::process::id() % 1000) as u16 * 10;
    loop {
        let port = start + NEXT.fetch_add(2, Ordering::Relaxed) % 2000;
        let address = SocketAddr::new(host, port);
        if PortPair::bind(address).is_ok() {
            return address;
        }
    }
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
