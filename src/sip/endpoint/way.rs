//! The way back of a response (RFC 3261 §18.2, RFC 3581).

use crate::sip::{Flow, Message, Via};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};

/// Where the responses to one request go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Way {
    /// Over this flow,
    pub(super) flow: Flow,
    /// or over this one after that one was closed.
    fallback: Option<Flow>,
    /// The topmost Via with `received` and `rport` as we saw them.
    pub(super) via: Via,
}

impl Way {
    /// The way back to the sender of a request with this topmost Via that came over this flow.
    pub(super) fn back(came: Flow, via: Via) -> Way {
        let sent_by = SocketAddr::new(
            came.remote.ip(),
            via.port.unwrap_or(came.transport.default_port()),
        );
        let (flow, fallback) = if came.transport.is_unreliable() {
            (
                Flow {
                    remote: datagrams_to(came, &via, sent_by),
                    ..came
                },
                None,
            )
        } else {
            // The connection if it lives, else a new one to where the peer says that it listens (§18.2.2).
            let fallback = Flow {
                remote: sent_by,
                ..came
            };
            (came, Some(fallback).filter(|flow| *flow != came))
        };
        Way {
            flow,
            fallback,
            via: stamped(came, via),
        }
    }

    /// Turns to the other way, if there is one.
    pub(super) fn fall_back(&mut self) -> bool {
        let fallback = self.fallback.take();
        self.flow = fallback.unwrap_or(self.flow);
        fallback.is_some()
    }
}

fn datagrams_to(came: Flow, via: &Via, sent_by: SocketAddr) -> SocketAddr {
    let source = came.remote.ip();
    if let Some(maddr) = maddr(via, source) {
        SocketAddr::new(maddr, sent_by.port())
    } else if via.param("rport").is_some() || is_translated(via, source) {
        came.remote
    } else {
        sent_by
    }
}

/// The way on which requests reach the sender of this one. That is where it came from, for behind a NAT nothing else
/// leads there; but a sender of datagrams that asks for no rport, and whose Via and Contact name the very host from
/// which we see it come, has no NAT before it, and listens where its Contact says, whichever port it sends from
/// (RFC 3261 §18.2.2, RFC 3581 §4).
pub(super) fn to_sender(came: Flow, via: &Via, request: &Message) -> Flow {
    let source = came.remote.ip();
    let is_plain = came.transport.is_unreliable()
        && via.param("rport").is_none()
        && via.param("maddr").is_none()
        && !is_translated(via, source);
    if !is_plain {
        return came;
    }
    let default = came.transport.default_port();
    let port = match request.contacts().unwrap_or_default().first() {
        None => Some(via.port.unwrap_or(default)),
        Some(contact) => {
            let host = contact
                .uri
                .host()
                .parse::<IpAddr>()
                .map(|host| host.to_canonical());
            let is_here = host == Ok(source.to_canonical());
            is_here.then(|| contact.uri.port().unwrap_or(default))
        }
    };
    let remote = port.map_or(came.remote, |port| SocketAddr::new(source, port));
    Flow { remote, ..came }
}

/// The Via with `received` and `rport` as we saw them (RFC 3261 §18.2.1, RFC 3581 §4); what the peer claims
/// there does not count.
fn stamped(came: Flow, mut via: Via) -> Via {
    let source = came.remote.ip();
    let wants_port = via.param("rport").is_some();
    let is_elsewhere = is_translated(&via, source);
    via.params.retain(|(name, _)| name != "received");
    if wants_port {
        via = via.with_param("rport", &came.remote.port().to_string());
    }
    if wants_port || is_elsewhere {
        via = via.with_param("received", &source.to_string());
    }
    via
}

/// Whether the peer does not know the address that we see, as behind a NAT. Such a peer is answered where it
/// sent from even if it did not ask for that with rport: nothing can reach it under its own port.
fn is_translated(via: &Via, source: IpAddr) -> bool {
    via.host.parse::<IpAddr>().map(|host| host.to_canonical()) != Ok(source.to_canonical())
}

fn maddr(via: &Via, source: IpAddr) -> Option<IpAddr> {
    let maddr: IpAddr = via.param("maddr")?.parse().ok()?;
    let is_usable = !maddr.is_unspecified() && maddr.is_ipv4() == source.is_ipv4();
    is_usable.then_some(maddr)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::Transport;

    fn came(transport: Transport) -> Flow {
        Flow {
            transport,
            local: "192.0.2.1:5060".parse().unwrap(),
            remote: "203.0.113.7:40000".parse().unwrap(),
        }
    }

    fn remote_for(via: &str) -> String {
        Way::back(came(Transport::Udp), Via::parse(via).unwrap())
            .flow
            .remote
            .to_string()
    }

    #[test]
    fn a_datagram_is_answered_where_its_sender_can_be_reached() {
        for (via, remote) in [
            (
                "SIP/2.0/UDP 203.0.113.7:5062;branch=z9hG4bKa;rport",
                "203.0.113.7:40000",
            ),
            ("SIP/2.0/UDP 203.0.113.7:5062;branch=z9hG4bKa", "203.0.113.7:5062"),
            ("SIP/2.0/UDP 203.0.113.7;branch=z9hG4bKa", "203.0.113.7:5060"),
            ("SIP/2.0/UDP 10.0.0.5:5062;branch=z9hG4bKa", "203.0.113.7:40000"),
            (
                "SIP/2.0/UDP phone.example:5062;branch=z9hG4bKa",
                "203.0.113.7:40000",
            ),
            (
                "SIP/2.0/UDP 203.0.113.7:5062;branch=z9hG4bKa;maddr=203.0.113.9",
                "203.0.113.9:5062",
            ),
        ] {
            assert_eq!(remote_for(via), remote, "{via}");
        }
    }

    #[test]
    fn requests_go_where_the_sender_listens() {
        let plain = "SIP/2.0/UDP 203.0.113.7:5062;branch=z9hG4bKa";
        for (via, contact, transport, remote) in [
            (
                plain,
                "Contact: <sip:a@203.0.113.7:5064>\r\n",
                Transport::Udp,
                "203.0.113.7:5064",
            ),
            (
                plain,
                "Contact: <sip:a@203.0.113.7>\r\n",
                Transport::Udp,
                "203.0.113.7:5060",
            ),
            (plain, "", Transport::Udp, "203.0.113.7:5062"),
            (
                plain,
                "Contact: <sip:a@203.0.113.8:5064>\r\n",
                Transport::Udp,
                "203.0.113.7:40000",
            ),
            (
                plain,
                "Contact: <sip:a@phone.example>\r\n",
                Transport::Udp,
                "203.0.113.7:40000",
            ),
            (
                "SIP/2.0/UDP 203.0.113.7:5062;branch=z9hG4bKa;rport",
                "Contact: <sip:a@203.0.113.7:5064>\r\n",
                Transport::Udp,
                "203.0.113.7:40000",
            ),
            (
                "SIP/2.0/UDP 10.0.0.5:5062;branch=z9hG4bKa",
                "Contact: <sip:a@10.0.0.5:5062>\r\n",
                Transport::Udp,
                "203.0.113.7:40000",
            ),
            (
                "SIP/2.0/TCP 203.0.113.7:5062;branch=z9hG4bKa",
                "Contact: <sip:a@203.0.113.7:5064>\r\n",
                Transport::Tcp,
                "203.0.113.7:40000",
            ),
        ] {
            let text = format!(
                "REGISTER sip:h SIP/2.0\r\nVia: {via}\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:a@h>\r\nCall-ID: 1\r\n\
                 CSeq: 1 REGISTER\r\n{contact}Content-Length: 0\r\n\r\n"
            );
            let limits = crate::sip::MessageLimits {
                message_bytes: 10_000,
                header_fields: 50,
            };
            let request = Message::parse(text.into(), &limits).unwrap();
            let way = to_sender(came(transport), &Via::parse(via).unwrap(), &request);
            assert_eq!(way.remote.to_string(), remote, "{via} {contact}");
        }
    }

    #[test]
    fn a_stream_is_answered_on_itself_or_where_the_peer_listens() {
        let via = Via::parse("SIP/2.0/TCP 10.0.0.5:5070;branch=z9hG4bKa").unwrap();
        let mut way = Way::back(came(Transport::Tcp), via);
        assert_eq!(way.flow, came(Transport::Tcp));
        assert!(way.fall_back());
        assert_eq!(way.flow.remote.to_string(), "203.0.113.7:5070");
        assert!(!way.fall_back());
    }

    #[test]
    fn the_via_tells_the_sender_how_we_see_it() {
        for (via, seen) in [
            (
                "SIP/2.0/UDP 10.0.0.5:5062;rport;branch=z9hG4bKa",
                "SIP/2.0/UDP 10.0.0.5:5062;rport=40000;branch=z9hG4bKa;received=203.0.113.7",
            ),
            (
                "SIP/2.0/UDP 203.0.113.7:5062;branch=z9hG4bKa",
                "SIP/2.0/UDP 203.0.113.7:5062;branch=z9hG4bKa",
            ),
            (
                "SIP/2.0/UDP 10.0.0.5;branch=z9hG4bKa;received=198.51.100.1",
                "SIP/2.0/UDP 10.0.0.5;branch=z9hG4bKa;received=203.0.113.7",
            ),
        ] {
            assert_eq!(
                Way::back(came(Transport::Udp), Via::parse(via).unwrap())
                    .via
                    .to_string(),
                seen
            );
        }
    }
}
