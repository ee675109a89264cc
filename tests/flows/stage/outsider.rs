//! Somebody whose bytes may be anything: no party, for it understands nothing and reacts to nothing.

use super::house;
use super::world::World;
use bytes::Bytes;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use tandem::call::Input;
use tandem::sip::framer::{Frame, Framer};
use tandem::sip::{Flow, MessageLimits, Transport};

/// Where bytes come from.
#[derive(Clone, Copy, Debug)]
pub struct Outsider(&'static str);

impl Outsider {
    /// Somebody whom nobody knows.
    pub const STRANGER: Outsider = Outsider("203.0.113.66:5060");
    /// The network of a carrier.
    pub const CARRIER: Outsider = Outsider("198.51.100.201:5060");

    /// How its bytes come to the switch.
    pub fn flow(self, transport: Transport) -> Flow {
        let remote: SocketAddr = self.0.parse().unwrap();
        house::flow(transport, remote)
    }
}

/// What was sent to an outsider, wherever at its address.
#[derive(Debug, Default)]
pub struct Letterbox {
    owner: Option<Flow>,
    letters: Vec<Bytes>,
}

impl Letterbox {
    /// Keeps what is sent to the outsider behind this flow; says whether that is whose it is.
    pub fn keeps(&mut self, flow: Flow, bytes: &Bytes) -> bool {
        let is_his = self
            .owner
            .is_some_and(|owner| owner.remote.ip() == flow.remote.ip());
        if is_his {
            self.letters.push(bytes.clone());
        }
        is_his
    }
}

impl Letterbox {
    /// What was sent so far does not count any more.
    pub fn empties(&mut self) {
        self.letters.clear();
    }
}

impl World {
    /// Bytes arrive that may be anything. Says with which final statuses they are answered in due time.
    pub fn throw(&mut self, flow: Flow, bytes: &[u8]) {
        self.letterbox.owner = Some(flow);
        match flow.transport {
            Transport::Udp => self.happen(Input::Packet(flow, Bytes::copy_from_slice(bytes))),
            Transport::Tcp | Transport::Tls => self.write(flow, bytes),
        }
    }

    /// The final statuses among what was sent to the outsider.
    pub fn finals(&self) -> BTreeSet<u16> {
        let letters = self.letterbox.letters.iter();
        letters
            .filter_map(|letter| std::str::from_utf8(letter.get(8..11)?).ok()?.parse().ok())
            .filter(|status| *status >= 200)
            .collect()
    }

    /// A stream is cut into messages, and closed when it cannot be understood any more. The outsider says no more after
    /// that, and waits for what is said to it.
    fn write(&mut self, flow: Flow, bytes: &[u8]) {
        let mut framer = Framer::new(MessageLimits {
            message_bytes: self.config.limits.max_message_bytes,
            header_fields: self.config.limits.max_header_fields,
        });
        framer.push(bytes);
        loop {
            match framer.next_frame() {
                Ok(Some(Frame::Message(message))) => self.happen(Input::Packet(flow, message)),
                Ok(Some(Frame::Ping)) => {}
                Ok(None) => match framer.rest() {
                    Some(Frame::Message(message)) => return self.happen(Input::Packet(flow, message)),
                    Some(Frame::Ping) | None => return,
                },
                Err(_) => return self.happen(Input::Closed(flow)),
            }
        }
    }
}
