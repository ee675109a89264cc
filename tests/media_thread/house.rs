//! The house with its media threads, and the phones that use them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use tandem::call::recording::{TapeStory, Timeline};
use tandem::id::{ConversationId, LegId, TapeId};
use tandem::media::engine::Sounds;
use tandem::shell::clock::Clock;
use tandem::shell::media_thread::Media;
use tandem::shell::ports::PortPair;
use tandem::shell::tape_thread::{TapeLimits, TapeThread};
use tandem::time::Time;
use tandem::wiring::{Codec, MediaEvent, MediaHappening, Port, Remote, Row, Voice, Wiring};
use tokio::sync::mpsc;

pub(crate) const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub(crate) const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
pub(crate) const ANNA: LegId = LegId(1);
pub(crate) const BEN: LegId = LegId(2);
pub(crate) const CALL: ConversationId = ConversationId(3);

/// Two media threads, a tape thread and a driver that can hear so much news.
pub(crate) struct House {
    pub(crate) media: Media,
    pub(crate) tapes: TapeThread,
    pub(crate) events: mpsc::Receiver<MediaEvent>,
    pub(crate) clock: Clock,
    pub(crate) directory: tempfile::TempDir,
}

impl House {
    pub(crate) fn new(max_news: usize) -> House {
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

    pub(crate) fn next_event(&mut self) -> MediaEvent {
        let mut next = None;
        wait_until("there is news", || {
            next = self.events.try_recv().ok();
            next.is_some()
        });
        next.unwrap()
    }

    /// The next news of this leg.
    pub(crate) fn hears_of(&mut self, leg: LegId) -> MediaHappening {
        loop {
            let event = self.next_event();
            if event.leg == leg {
                return event.what;
            }
        }
    }

    /// The news that this leg is closed.
    pub(crate) fn hears_of_end(&mut self, leg: LegId) -> MediaHappening {
        loop {
            if let closed @ MediaHappening::Closed(_) = self.hears_of(leg) {
                return closed;
            }
        }
    }
}

/// A phone, and our port that it talks to.
pub(crate) struct Phone {
    pub(crate) socket: UdpSocket,
    pub(crate) port: SocketAddr,
}

/// One RTP packet as a phone gets it.
pub(crate) struct Heard {
    pub(crate) from: SocketAddr,
    pub(crate) sequence: u16,
    pub(crate) ssrc: u32,
    pub(crate) payload: Vec<u8>,
}

impl Phone {
    pub(crate) fn new(host: IpAddr) -> Phone {
        Phone {
            socket: listen((host, 0).into()),
            port: free_port(host),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    pub(crate) fn ssrc(&self) -> u32 {
        u32::from(self.port.port()) << 8
    }

    pub(crate) fn row(&self, leg: LegId, hears: Vec<Voice>) -> Row {
        let mut rtcp = self.address();
        rtcp.set_port(rtcp.port().wrapping_add(1));
        let remote = Remote {
            rtp: self.address(),
            rtcp,
            codec: Codec::Pcmu,
            payload_type: 0,
            events: None,
            accepts: vec![],
        };
        Row {
            leg,
            port: Port {
                local: self.port,
                ssrc: self.ssrc(),
                remote: Some(remote),
                offer: vec![],
                signalling: Some(self.address().ip()),
                answered: true,
                symmetric: true,
                stays_out: Vec::new(),
            },
            hears,
            otherwise: None,
            patience: None,
            holds_back: tandem::wiring::Keys::default(),
        }
    }

    /// Says 20 ms of one sound.
    pub(crate) fn say(&self, number: u16, sound: u8) {
        let mut packet = vec![0x80, 0];
        packet.extend(number.to_be_bytes());
        packet.extend((u32::from(number) * 160).to_be_bytes());
        packet.extend(0xCAFE_u32.to_be_bytes());
        packet.extend([sound; 160]);
        self.socket.send_to(&packet, self.port).unwrap();
    }

    pub(crate) fn hear(&self) -> Heard {
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

pub(crate) fn story(started: Time) -> TapeStory {
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
        timeline: Timeline::default(),
    }
}

pub(crate) fn pair(anna: &Phone, ben: &Phone) -> Wiring {
    let rows = vec![
        anna.row(ANNA, vec![Voice::Leg(BEN)]),
        ben.row(BEN, vec![Voice::Leg(ANNA)]),
    ];
    Wiring {
        rows,
        tape: None,
        aside: None,
    }
}

pub(crate) fn listen(address: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// A pair of ports that nobody has, below those that the system gives out by itself.
pub(crate) fn free_port(host: IpAddr) -> SocketAddr {
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

pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
