//! Session descriptions: read what real devices send, agree on one codec, write our own (RFC 8866, RFC 3264).

use std::net::{IpAddr, SocketAddr};

/// One audio description, theirs or ours, reduced to what we act on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Session {
    /// `o=` session id and version. Ours: the version rises by one with every change (RFC 3264 §8).
    pub origin: (u64, u64),
    /// Where the describer listens for RTP; none if the audio stream is refused (port 0) or absent.
    pub audio: Option<Audio>,
    /// The media lines besides the first usable audio, refused in our answer in their places (RFC 3264 §6).
    pub others: Vec<OtherMedia>,
}

/// An audio stream.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Audio {
    /// Index of this `m=` line.
    pub index: usize,
    /// RTP goes here. `0.0.0.0` is the old way to hold (RFC 3264 §8.4) and reads as [`Direction::Inactive`]
    /// or SendOnly as the attributes say.
    pub rtp: SocketAddr,
    /// RTCP goes here (`a=rtcp`, or the next higher port).
    pub rtcp: SocketAddr,
    /// The formats in order of preference.
    pub formats: Vec<Format>,
    /// From the describer's point of view.
    pub direction: Direction,
    /// `a=ptime` in milliseconds, if given.
    pub ptime_ms: Option<u16>,
}

/// One RTP format.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Format {
    /// The payload type.
    pub payload_type: u8,
    /// Encoding name in upper case: "PCMU", "PCMA", "TELEPHONE-EVENT" …
    pub encoding: String,
    /// Clock rate in Hz.
    pub rate: u32,
    /// `a=fmtp` parameters as written.
    pub fmtp: Option<String>,
}

/// Who sends, from the describer's point of view (RFC 3264 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Direction {
    /// Both ways.
    SendRecv,
    /// The describer only sends: we are on hold.
    SendOnly,
    /// The describer only listens.
    RecvOnly,
    /// Nobody sends.
    Inactive,
}

/// A media line that we do not take up.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OtherMedia {
    /// Index of this `m=` line.
    pub index: usize,
    /// "video", "image", "audio" …
    pub media: String,
    /// "RTP/AVP", "udptl" …
    pub proto: String,
    /// The formats as written.
    pub formats: String,
}

/// Why a description cannot be used; the answer is 488 (RFC 3261 §21.4.26) or 400.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Not an SDP at all.
    #[error("the session description cannot be read: {0}")]
    Unreadable(String),
    /// No audio stream over RTP/AVP in it.
    #[error("no audio stream over RTP/AVP is offered")]
    NoAudio,
    /// No codec in common.
    #[error("no codec in common: {offered} is offered")]
    NoCodec {
        /// The encodings that were offered, comma-separated.
        offered: String,
    },
}

/// What both sides have agreed on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Agreement {
    /// The voice codec, with the payload type on the wire.
    pub voice: Format,
    /// telephone-event, with the payload type on the wire, if agreed (RFC 4733).
    pub events: Option<Format>,
    /// Where the far end listens.
    pub rtp: SocketAddr,
    /// Where the far end listens for RTCP.
    pub rtcp: SocketAddr,
    /// From the far end's point of view: SendOnly and Inactive mean that it holds us.
    pub direction: Direction,
}

/// The voice codecs that we speak, best first.
pub const OUR_CODECS: [&str; 2] = ["PCMU", "PCMA"];

impl Session {
    /// Reads a description, after mending what real devices are known to get wrong.
    pub fn parse(body: &[u8]) -> Result<Session, Unusable> {
        todo!()
    }

    /// Our offer: all our codecs in the order of `codecs`, telephone-event at 101, `a=sendrecv`, ptime 20.
    pub fn offer(origin: (u64, u64), address: IpAddr, port: u16, codecs: &[&str]) -> Session {
        todo!()
    }

    /// Our answer to their offer, and what is agreed by it. The first codec of theirs that we speak is
    /// taken (alone: one codec, no switching in the call), with their payload types; sendonly is answered
    /// with recvonly, inactive with inactive; every other media line is refused in its place.
    pub fn answer(
        offer: &Session,
        origin: (u64, u64),
        address: IpAddr,
        port: u16,
    ) -> Result<(Session, Agreement), Unusable> {
        todo!()
    }

    /// What is agreed when they answered our offer like this.
    pub fn accept(offer: &Session, answer: &Session) -> Result<Agreement, Unusable> {
        todo!()
    }
}

impl std::fmt::Display for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}
