//! The endpoint: transactions as those who make calls use them.
//!
//! It stands between the bytes of the transports and the dialogs of `call`. Retransmissions, 100 Trying, the
//! ACK to a refusal, CANCEL and its 200, and the routing of responses are done in here. What is left is a
//! request to answer, and one final [`Indication`] for each request of ours: its final response, a time-out
//! or a failure.
//!
//! ```
//! use tandem::sip::{Chance, Draft, Endpoint, EndpointSettings, Flow, Indication, Transport};
//! use tandem::time::Time;
//!
//! let mut chance = Chance::new([1; 32]);
//! let mut endpoint = Endpoint::new(EndpointSettings::default(), &mut chance);
//! let flow = Flow {
//!     transport: Transport::Udp,
//!     local: "192.0.2.1:5060".parse().unwrap(),
//!     remote: "192.0.2.11:5060".parse().unwrap(),
//! };
//! let ping = "OPTIONS sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.11:5060;branch=z9hG4bK1;rport\r\n\
//!             From: <sip:1001@example.com>;tag=a\r\nTo: <sip:example.com>\r\nCall-ID: 1\r\n\
//!             CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
//!
//! let mut out = Vec::new();
//! match endpoint.receive(Time::EPOCH, flow, ping.into(), &mut out) {
//!     Some(Indication::Request { server, message, .. }) => {
//!         endpoint.respond(Time::EPOCH, server, Draft::response(&message, 200, "OK"), &mut out);
//!     }
//!     other => unreachable!("{other:?}"),
//! }
//! assert!(out[0].bytes.starts_with(b"SIP/2.0 200 OK\r\n"));
//! assert_eq!(out[0].flow, flow);
//!
//! // The answered request stays known for a while, to answer its retransmissions.
//! let over = endpoint.deadline().unwrap();
//! endpoint.expire(over, &mut out);
//! assert!(endpoint.is_empty());
//! ```

mod arrival;
mod clients;
mod matching;
mod servers;
mod table;
mod way;

use super::chance::{Chance, Key};
use super::transaction::{Beat, TimerSettings};
use super::{Flow, Message, MessageLimits, Method};
use crate::time::Time;
use bytes::Bytes;
use clients::Client;
use matching::{client_key, server_key};
use serde::{Deserialize, Serialize};
use servers::Server;
use std::fmt;
use table::Table;

/// All transactions of one switch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Endpoint {
    settings: EndpointSettings,
    /// Makes the To tags of the responses that the endpoint gives by itself.
    tags: Key,
    /// The next number of a transaction.
    next: u64,
    clients: Table<Client>,
    servers: Table<Server>,
    /// Requests that were refused for lack of room since somebody last asked.
    #[serde(default)]
    shed: u64,
}

/// What ops may turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointSettings {
    /// T1, T2 and T4.
    pub timers: TimerSettings,
    /// Bytes of one message.
    pub max_message_bytes: usize,
    /// Header fields of one message.
    pub max_header_fields: usize,
    /// Transactions at one time, ours and theirs. When there are more, those whose work is done are forgotten before
    /// their time; when all are at work, requests that belong to no call are refused with 503. What belongs to a call
    /// always comes in.
    pub max_transactions: usize,
}

/// One request of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClientId(pub u64);

/// One request of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ServerId(pub u64);

/// A message that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Over which way.
    pub flow: Flow,
    /// The message.
    pub bytes: Bytes,
}

/// What the endpoint has to tell. For each [`ClientId`] exactly one of a final `Response`, `Challenged`, `TimedOut`
/// and `Failed` comes, and nothing after it unless it is sent again.
#[derive(Clone, Debug)]
pub enum Indication {
    /// A request other than ACK and CANCEL came. It must be answered with [`Endpoint::respond`], an INVITE at
    /// leisure (say so with [`Endpoint::trying`]), others at once.
    Request {
        /// Names the request when it is answered.
        server: ServerId,
        /// On which way its sender is reached: the one over which it came, or, where no NAT can be in between, the one
        /// to where the sender listens.
        flow: Flow,
        /// The request as it was written. Where it really came from (RFC 3261 §18.2.1) says the flow.
        message: Message,
    },
    /// An ACK came that is not part of a transaction: the one to a 2xx, or a stray one.
    Ack {
        /// Over which way it came.
        flow: Flow,
        /// The ACK.
        message: Message,
    },
    /// The peer has withdrawn its unanswered INVITE; the CANCEL has its 200. Answer the INVITE with 487 (RFC
    /// 3261 §9.2).
    Cancelled {
        /// The INVITE.
        server: ServerId,
        /// The CANCEL, which may say why (RFC 3326).
        message: Message,
    },
    /// The peer of an unanswered request cannot be reached any more; the transaction is gone.
    Lost {
        /// The request.
        server: ServerId,
    },
    /// A response came to a request of ours.
    Response {
        /// The request.
        client: ClientId,
        /// Over which way it went.
        flow: Flow,
        /// The response.
        message: Message,
    },
    /// The peer wants to know who sends this request of ours (401, 407). Send it again with
    /// [`Endpoint::request_again`], or take this for its final response.
    Challenged {
        /// The request.
        client: ClientId,
        /// Over which way it went.
        flow: Flow,
        /// The response.
        message: Message,
        /// The request as it was sent.
        request: Box<Message>,
        /// How often it has been sent again for such a reason.
        round: u32,
    },
    /// A 2xx to INVITE came that is not the first final response: repeated because our ACK was lost, from
    /// another branch of a fork, or stray. Repeat the ACK if its dialog is known; otherwise ACK it and send
    /// BYE (RFC 3261 §13.2.2.4).
    StrayOk {
        /// Over which way it came.
        flow: Flow,
        /// The 2xx.
        message: Message,
        /// Whether its dialog was told of before: then it only wants another ACK.
        is_repeated: bool,
    },
    /// A request of ours got no final response in time: treat as 408 (RFC 3261 §8.1.3.1).
    TimedOut {
        /// The request.
        client: ClientId,
    },
    /// A request of ours could not be sent: treat as 503 (RFC 3261 §8.1.3.1).
    Failed {
        /// The request.
        client: ClientId,
    },
}

impl Endpoint {
    /// An endpoint without transactions.
    pub fn new(settings: EndpointSettings, chance: &mut Chance) -> Endpoint {
        Endpoint {
            settings,
            tags: chance.key(),
            next: 1,
            clients: Table::default(),
            servers: Table::default(),
            shed: 0,
        }
    }

    /// Goes on under other settings, as after a restart with a changed configuration.
    /// Timers that run keep their deadline.
    pub fn set_up(&mut self, settings: EndpointSettings) {
        self.settings = settings;
    }

    /// Takes one message as it came from the network.
    pub fn receive(
        &mut self,
        now: Time,
        flow: Flow,
        bytes: Bytes,
        out: &mut Vec<Outgoing>,
    ) -> Option<Indication> {
        let message = self.read(flow, bytes, out)?;
        self.take(now, flow, message, out)
    }

    /// Reads one message as it came from the network. What cannot be read is refused, if it can be answered.
    pub fn read(&self, flow: Flow, bytes: Bytes, out: &mut Vec<Outgoing>) -> Option<Message> {
        let message = Message::read(bytes, &self.settings.message_limits()).ok()?;
        let checked = message.check();
        let checked = match flow.transport.is_unreliable() {
            true => checked,
            false => checked.and_then(|()| message.check_end()),
        };
        match checked {
            Ok(()) => Some(message),
            Err(malformed) => {
                if malformed.status != 0 {
                    self.refuse_at_once(flow, message, malformed.status, malformed.what, out);
                }
                None
            }
        }
    }

    /// Takes one message that has been read.
    pub fn take(
        &mut self,
        now: Time,
        flow: Flow,
        message: Message,
        out: &mut Vec<Outgoing>,
    ) -> Option<Indication> {
        match message.is_request() {
            true => self.request_came(now, flow, message, out),
            false => self.response_came(now, flow, message, out),
        }
    }

    /// The way of the request that a response answers or a CANCEL withdraws; none if there is no such transaction, or it is
    /// another message.
    pub fn belongs_to(&self, message: &Message) -> Option<Flow> {
        let via = message.via().ok()?;
        match message.is_request() {
            true if message.method() == Method::Cancel => {
                let invite = server_key(message, &via, &Method::Invite)?;
                Some(self.servers.get(self.servers.find(&invite)?)?.flow())
            }
            true => None,
            false => {
                let request = client_key(&via, &message.cseq().ok()?.method)?;
                Some(self.clients.get(self.clients.find(&request)?)?.flow())
            }
        }
    }

    /// This flow is gone: the connection closed or the network refused a datagram.
    pub fn closed(&mut self, now: Time, flow: Flow, out: &mut Vec<Outgoing>) -> Vec<Indication> {
        let mut told = self.client_flow_closed(now, flow, out);
        told.extend(self.server_flow_closed(now, flow, out));
        told
    }

    /// When [`Endpoint::expire`] is due; none if no timer runs.
    pub fn deadline(&self) -> Option<Time> {
        self.clients
            .first_due()
            .into_iter()
            .chain(self.servers.first_due())
            .min()
    }

    /// Lets all timers fire that are due.
    pub fn expire(&mut self, now: Time, out: &mut Vec<Outgoing>) -> Vec<Indication> {
        let mut told = self.expire_clients(now, out);
        told.extend(self.expire_servers(now, out));
        told
    }

    /// How many transactions there are, those included that only wait for retransmissions.
    pub fn len(&self) -> usize {
        self.clients.len() + self.servers.len()
    }

    /// Whether there is no transaction at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many requests were refused for lack of room since this was last asked.
    pub fn take_shed(&mut self) -> u64 {
        std::mem::take(&mut self.shed)
    }

    fn next_id(&mut self) -> u64 {
        let id = self.next;
        self.next += 1;
        id
    }
}

impl EndpointSettings {
    fn message_limits(&self) -> MessageLimits {
        MessageLimits {
            message_bytes: self.max_message_bytes,
            header_fields: self.max_header_fields,
        }
    }

    fn beat(&self, now: Time, flow: Flow) -> Beat<'_> {
        Beat {
            now,
            settings: &self.timers,
            transport: flow.transport,
        }
    }
}

impl Default for EndpointSettings {
    /// What suits a middle-sized house.
    fn default() -> EndpointSettings {
        EndpointSettings {
            timers: TimerSettings::default(),
            max_message_bytes: 65_535,
            max_header_fields: 256,
            max_transactions: 20_000,
        }
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "client {}", self.0)
    }
}

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "server {}", self.0)
    }
}

fn send(out: &mut Vec<Outgoing>, flow: Flow, message: &Message) {
    out.push(Outgoing {
        flow,
        bytes: message.bytes().clone(),
    });
}
