//! Session descriptions: read what real devices send, agree on one codec, write our own (RFC 8866, RFC 3264).

mod negotiate;
mod normalise;
mod numbers;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use numbers::Numbers;

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
    /// The host that `c=` names, if it gives a name instead of an address (RFC 8866 §5.7): `rtp` then has the port alone.
    #[serde(default)]
    pub host: Option<String>,
    /// RTP goes here. `0.0.0.0` is the old way to hold (RFC 3264 §8.4): nothing can be sent there, so
    /// the direction reads as [`Direction::SendOnly`] or [`Direction::Inactive`], as the attributes say.
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
    /// Channels: 1 unless the rtpmap says otherwise.
    pub channels: u8,
    /// `a=fmtp` parameters as written.
    pub fmtp: Option<String>,
}

impl Format {
    /// Whether both name the same thing, whatever payload type it has.
    fn is_same_as(&self, other: &Format) -> bool {
        self.encoding == other.encoding && self.rate == other.rate && self.channels == other.channels
    }
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

impl Direction {
    /// The direction with these two halves.
    pub fn of(sends: bool, listens: bool) -> Direction {
        match (sends, listens) {
            (true, true) => Direction::SendRecv,
            (true, false) => Direction::SendOnly,
            (false, true) => Direction::RecvOnly,
            (false, false) => Direction::Inactive,
        }
    }

    /// Whether the describer sends.
    pub fn sends(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::SendOnly)
    }

    /// Whether the describer listens.
    pub fn listens(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::RecvOnly)
    }

    /// The same stream as the other side must describe it (RFC 3264 §6.1).
    #[must_use]
    pub fn reversed(self) -> Direction {
        Direction::of(self.listens(), self.sends())
    }

    /// As an attribute (RFC 8866 §6.7).
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::RecvOnly => "recvonly",
            Direction::Inactive => "inactive",
        }
    }
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
    /// The voice codec, with the payload type under which they take it.
    pub voice: Format,
    /// telephone-event, with the payload type under which they take it, if agreed (RFC 4733).
    pub events: Option<Format>,
    /// The name of the host where the far end listens, if it gives no address. Until that is found, `rtp` and `rtcp` have
    /// none.
    #[serde(default)]
    pub host: Option<String>,
    /// Where the far end listens.
    pub rtp: SocketAddr,
    /// Where the far end listens for RTCP.
    pub rtcp: SocketAddr,
    /// From the far end's point of view: SendOnly and Inactive mean that it holds us.
    pub direction: Direction,
}

impl Agreement {
    /// The host whose address has yet to be found.
    pub fn sought(&self) -> Option<&str> {
        let is_sought = self.rtp.ip().is_unspecified() || self.rtcp.ip().is_unspecified();
        self.host.as_deref().filter(|_| is_sought)
    }

    /// The host is at this address.
    pub fn is_at(&mut self, address: IpAddr) {
        let places = [&mut self.rtp, &mut self.rtcp];
        for place in places.into_iter().filter(|place| place.ip().is_unspecified()) {
            place.set_ip(address);
        }
    }
}

/// The voice codecs that we can speak.
pub const OUR_CODECS: [&str; 3] = ["G722", "PCMU", "PCMA"];

/// telephone-event (RFC 4733), in upper case as all encodings are kept.
pub const EVENTS: &str = "TELEPHONE-EVENT";
