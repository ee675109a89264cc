//! Who hears whom: the one word that call control and the media plane share.
//!
//! A [`Wiring`] is a whole table, never a change to one. Sending the same table twice means nothing
//! new, which is why a restart simply sends it again.

use crate::id::{ConversationId, LegId, TapeId};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The table of one conversation: every leg that has a port, what it hears, and what the tape hears.
/// A leg that is no longer in the table has no port any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wiring {
    /// One row per leg with a port, in the order in which the legs joined.
    pub rows: Vec<Row>,
    /// What is recorded, if anything is.
    pub tape: Option<TapeRow>,
    /// What is recorded apart, because it is private.
    #[serde(default)]
    pub aside: Option<Box<TapeRow>>,
}

impl Wiring {
    /// Everything that is recorded.
    pub fn tapes(&self) -> impl Iterator<Item = &TapeRow> {
        self.tape.iter().chain(self.aside.as_deref())
    }
}

/// One leg: where its media lives, and whom it hears. Hearing nobody means that nothing is sent to it.
///
/// A description only says who may speak; who does is known by what arrives (RFC 3264 §5.1, RFC 3960 §3.2).
/// So a row names all that may be heard, and what stands in for them while nothing comes: the media plane
/// goes from one to the other by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The leg of this row.
    pub leg: LegId,
    /// Its end of the RTP session.
    pub port: Port,
    /// The voices it hears, each at most once. Never its own.
    pub hears: Vec<Voice>,
    /// A sound of ours that it hears in their place while nothing arrives from any of the legs among them.
    #[serde(default)]
    pub otherwise: Option<Voice>,
    /// After so long without a sign of life from it we want to be told ([`MediaHappening::Silent`]); none
    /// while nobody expects it to speak.
    pub patience: Option<Duration>,
    /// The keys of it that reach nobody and are told as [`MediaHappening::HeldBack`] instead, because they may
    /// be the beginning of a feature code. All others pass.
    #[serde(default)]
    pub holds_back: Keys,
}

/// Something that can be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Voice {
    /// What this leg says.
    Leg(LegId),
    /// Our ringing tone.
    Ringback,
    /// Our busy tone.
    Busy,
    /// Our hold music.
    Music,
    /// Our dial tone: a number is waited for.
    Dial,
    /// Our error tone: what was dialled cannot be.
    Error,
    /// Our falling signal: the recording is paused.
    Paused,
    /// Our rising signal: the recording goes on.
    Resumed,
    /// Nothing at all, in packets that say so: carriers drop a call, and routers forget it, where none come for long.
    Silence,
}

impl Voice {
    /// The leg that says it; none for a sound of ours.
    pub fn leg(self) -> Option<LegId> {
        match self {
            Voice::Leg(leg) => Some(leg),
            Voice::Ringback
            | Voice::Busy
            | Voice::Music
            | Voice::Dial
            | Voice::Error
            | Voice::Paused
            | Voice::Resumed
            | Voice::Silence => None,
        }
    }
}

/// One leg's RTP and RTCP pair (RTCP on the next higher port, RFC 3550 §11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// Where we listen for RTP: the address that our SDP shows, or the one behind it if we are
    /// advertised under another.
    pub local: SocketAddr,
    /// The synchronisation source under which we speak on this port.
    pub ssrc: u32,
    /// What the far end's SDP says; none until it has spoken.
    pub remote: Option<Remote>,
    /// Our offer, as long as the far end has not answered it: whoever offers is ready to receive what it offers from
    /// that moment on, under these payload types (RFC 3264 §5.1).
    #[serde(default)]
    pub offer: Vec<(u8, Payload)>,
    /// The host that its SIP comes from: behind a NAT, its RTP comes from there as well.
    #[serde(default)]
    pub signalling: Option<IpAddr>,
    /// Whether the call is answered on this leg. Until then its RTP comes from where its SDP or its SIP comes from,
    /// and from nobody else.
    #[serde(default)]
    pub answered: bool,
    /// Whether we send to where its RTP comes from (RFC 4961), or only to where its SDP says.
    #[serde(default = "is_symmetric")]
    pub symmetric: bool,
    /// Streams of an earlier call on this port: they may go on, and are not heard.
    #[serde(default)]
    pub stays_out: Vec<Stream>,
}

/// A stream of RTP as it is told from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// Where it comes from.
    pub from: SocketAddr,
    /// Its synchronisation source (RFC 3550 §3).
    pub ssrc: u32,
}

/// The far end of a port as its SDP describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remote {
    /// Where it says it listens for RTP. What really arrives may teach us better (latching).
    pub rtp: SocketAddr,
    /// Where it listens for RTCP (`a=rtcp`, RFC 3605, or the next higher port).
    pub rtcp: SocketAddr,
    /// The codec that was agreed.
    pub codec: Codec,
    /// The payload type under which it takes that codec, and may send it.
    pub payload_type: u8,
    /// The payload type under which it takes telephone-event (RFC 4733), and may send it, if agreed.
    pub events: Option<u8>,
    /// What else it may send: the payload types that our own descriptions have named, and those of its former ones
    /// (RFC 3264 §5.1, §8.3.2).
    #[serde(default)]
    pub accepts: Vec<(u8, Payload)>,
}

/// What a payload type stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payload {
    /// Speech in this codec.
    Voice(Codec),
    /// Telephone keys.
    Event,
}

/// A voice codec that we understand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Codec {
    /// G.711 μ-law, 8 kHz (RFC 3551 §4.5.14).
    Pcmu,
    /// G.711 A-law, 8 kHz (RFC 3551 §4.5.14).
    Pcma,
    /// G.722 at 64 kbit/s, 16 kHz, though its RTP clock runs at 8 kHz (RFC 3551 §4.5.2).
    G722,
}

/// How many samples a second of sound has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Rate {
    /// 8 kHz: the telephone as it always was.
    #[default]
    Narrow,
    /// 16 kHz.
    Wide,
}

/// What the tape of a conversation hears.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TapeRow {
    /// Which tape.
    pub tape: TapeId,
    /// When its timeline began: the sample for moment `t` stands at `t - started`, whoever writes it.
    pub started: Time,
    /// How finely it is recorded. One tape has one rate for as long as it runs, whoever comes and goes.
    #[serde(default)]
    pub rate: Rate,
    /// The left channel: the customer.
    pub left: Vec<LegId>,
    /// The right channel: our side.
    pub right: Vec<LegId>,
}

/// A key of a telephone: `0` to `9`, `*`, `#`, `A` to `D` (RFC 4733 §3.2, events 0 to 15).
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key(u8);

/// Some of the keys, a bit for each by its event number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys(u16);

/// A key that was pressed, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Press {
    /// Which key.
    pub key: Key,
    /// How long it was down, in milliseconds.
    pub ms: u32,
    /// How loud, in dB below 0 dBm0 (RFC 4733 §2.3.4).
    pub volume: u8,
}

/// What the media plane has to tell call control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaEvent {
    /// The conversation whose wiring named the leg.
    pub conversation: ConversationId,
    /// The leg it happened on.
    pub leg: LegId,
    /// What happened.
    pub what: MediaHappening,
}

/// What can happen on a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MediaHappening {
    /// The port could not be opened: somebody else has it, or the machine has no more.
    Refused {
        /// The operating system's words.
        why: String,
    },
    /// The first packet from the far end has arrived from this address.
    FirstPacket {
        /// Where it came from.
        from: SocketAddr,
    },
    /// RTP has come from this address and is not heard: neither SDP nor SIP of the far end names it, or it is of an
    /// earlier call. It is told once for a port.
    Stranger {
        /// Where it came from.
        from: SocketAddr,
    },
    /// A key was pressed and let go at the far end, and those who hear it and take RTP events have it.
    Pressed(Press),
    /// A key was pressed and let go at the far end, and nobody has it: its row said so
    /// ([`Row::holds_back`]), or others before it are still on their way to the listeners.
    HeldBack(Press),
    /// The far end has given no sign of life, neither RTP nor RTCP, for as long as its row has patience.
    /// It is told once; after the next sign of life it may be told again.
    Silent,
    /// The port is closed for good; these streams were heard there last and may go on.
    Vacated {
        /// Its number.
        port: u16,
        /// They are not to be heard by whoever has the port next.
        streams: Vec<Stream>,
    },
    /// The port is closed for good; this is what went over it.
    Closed(Counters),
}

/// What went over one port, counted on our side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// RTP packets that arrived and were accepted.
    pub received: u64,
    /// RTP packets that we sent.
    pub sent: u64,
    /// Packets that never arrived, by their sequence numbers (RFC 3550 A.3).
    pub lost: u64,
    /// Packets malformed, of unknown payload, or from where the far end could be and is not, thrown away.
    pub discarded: u64,
    /// RTP packets from strangers, thrown away.
    #[serde(default)]
    pub strangers: u64,
    /// Interarrival jitter at the end, in microseconds (RFC 3550 §6.4.1).
    pub jitter_us: u32,
    /// Share of our packets that the far end said it lost, in 1/256 (RTCP receiver reports).
    pub remote_loss: u8,
    /// How long to the far end and back, in microseconds, if it has told us (RTCP receiver reports).
    pub round_trip_us: Option<u32>,
}

/// As nearly everybody sends.
fn is_symmetric() -> bool {
    true
}

impl Codec {
    /// How finely it samples.
    pub fn rate(self) -> Rate {
        match self {
            Codec::Pcmu | Codec::Pcma => Rate::Narrow,
            Codec::G722 => Rate::Wide,
        }
    }
}

impl Rate {
    /// Samples per second.
    pub const fn hz(self) -> u32 {
        match self {
            Rate::Narrow => 8_000,
            Rate::Wide => 16_000,
        }
    }
}

impl Key {
    /// The keys by their event numbers.
    const KEYS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D',
    ];

    /// The key with this event number. There are others, from the hook flash on, which are no keys.
    pub fn of_event(event: u8) -> Option<Key> {
        (usize::from(event) < Key::KEYS.len()).then_some(Key(event))
    }

    /// The key with this on it.
    pub fn of_char(key: char) -> Option<Key> {
        let event = Key::KEYS
            .iter()
            .position(|known| *known == key.to_ascii_uppercase())?;
        Some(Key(event as u8))
    }

    /// Its event number.
    pub fn event(self) -> u8 {
        self.0
    }

    /// What is on it.
    pub fn to_char(self) -> char {
        Key::KEYS[usize::from(self.0 & 0x0F)]
    }
}

impl Keys {
    /// Every key there is.
    pub const ALL: Keys = Keys(u16::MAX);

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether this key is one of them.
    pub fn contains(self, key: Key) -> bool {
        self.0 & (1 << (key.0 & 0x0F)) != 0
    }
}

impl FromIterator<Key> for Keys {
    fn from_iter<T: IntoIterator<Item = Key>>(keys: T) -> Keys {
        Keys(keys.into_iter().fold(0, |all, key| all | 1 << (key.0 & 0x0F)))
    }
}

/// Keys may be those of a card number, and what is printed for debugging ends up in logs.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(_)")
    }
}

impl fmt::Display for Voice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Voice::Leg(leg) => leg.fmt(f),
            Voice::Ringback => f.write_str("ringback"),
            Voice::Busy => f.write_str("busy"),
            Voice::Music => f.write_str("music"),
            Voice::Dial => f.write_str("dial tone"),
            Voice::Error => f.write_str("error tone"),
            Voice::Paused => f.write_str("pause tone"),
            Voice::Resumed => f.write_str("resume tone"),
            Voice::Silence => f.write_str("silence"),
        }
    }
}
