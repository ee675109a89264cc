//! Over which way a message came or goes.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;

/// How the bytes travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Transport {
    /// Datagrams; the transaction layer retransmits.
    Udp,
    /// A stream; the transport retransmits.
    Tcp,
    /// A stream within TLS (RFC 3261 §26.2.1).
    Tls,
}

/// One way between us and a peer (RFC 5626 §1): the transport, our address and theirs.
///
/// For a stream it names one connection: `local` is the address of the listener that accepted it, or on
/// whose behalf it was opened, so that a flow can be named before it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Flow {
    /// How the bytes travel.
    pub transport: Transport,
    /// Our end: a concrete address of this machine (never a wildcard) and the listener's port.
    pub local: SocketAddr,
    /// The peer's end, as seen in the packets.
    pub remote: SocketAddr,
}

impl Transport {
    /// Whether messages on it can be lost, so that we must send them again (RFC 3261 §17).
    pub fn is_unreliable(self) -> bool {
        matches!(self, Transport::Udp)
    }

    /// As it stands in a Via (RFC 3261 §20.42).
    pub fn in_via(self) -> &'static str {
        match self {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Tls => "TLS",
        }
    }

    /// As it stands in a URI's transport parameter (RFC 3261 §19.1.1). `tls` is deprecated there (§26.2.2) and
    /// yet what every phone and carrier writes and expects.
    pub fn in_uri(self) -> &'static str {
        match self {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
            Transport::Tls => "tls",
        }
    }

    /// The port that is meant where none is named (RFC 3261 §18.2.2, §19.1.2).
    pub fn default_port(self) -> u16 {
        match self {
            Transport::Udp | Transport::Tcp => 5060,
            Transport::Tls => 5061,
        }
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.transport.in_uri(), self.remote)
    }
}
