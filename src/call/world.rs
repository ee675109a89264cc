//! What a conversation may touch while it takes a step: the rest of the switch, and the way out.

use super::caller_id::{CallerId, Wish, decide};
use super::class_of_service::CallsOut;
use super::conversation::Conversation;
use super::event::{Event, Weight};
use super::guard::Guard;
use super::io::OrderId;
use super::leg::{Leg, Party};
use super::line::{Line, Lines, Place};
use super::ports::Ports;
use super::proven::Proven;
use super::refusal::Refusal;
use super::registrar::Registrar;
use super::tally::Tallies;
use super::trunk_health::Health;
use crate::config::Config;
use crate::config::valid::{Digest, ListenTransport, Listener};
use crate::id::{ConversationId, LegId, TapeId};
use crate::sip::auth::{Challenger, Offer, Terms};
use crate::sip::{
    Address, Chance, ClientId, Dialog, Draft, Endpoint, EndpointSettings, Flow, Message, Method, Name,
    Outgoing, ServerId, TimerSettings, Transport, Uri,
};
use crate::time::Time;
use crate::wiring::Press;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// What the methods that we understand are called.
pub const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, REGISTER, UPDATE, REFER, INFO";

/// The bodies that we understand.
pub const ACCEPT: &str =
    "application/sdp, multipart/mixed, multipart/alternative, application/dtmf-relay, application/dtmf";
/// The media types that we read where there is no dialog (RFC 5621 §3.1).
pub const ACCEPT_OUTSIDE: &str = "application/sdp, multipart/mixed, multipart/alternative";

/// The extensions that we understand, where a peer may want to use them (RFC 4028 §7.1, RFC 3262 §4,
/// RFC 3891 §3).
pub const SUPPORTED: &str = "timer, 100rel, replaces";

/// The extensions that are of use in a standing session. Machines answer a re-INVITE at once, so nothing
/// provisional about it need be reliable.
pub const SUPPORTED_WITHIN: &str = "timer";

/// Digest nonces that are remembered; a phone whose nonce is forgotten is asked once more.
const MAX_NONCES: usize = 10_000;

/// Requests that are larger do not fit the path for sure (RFC 3261 §18.1.1).
const MAX_DATAGRAM_BYTES: usize = 1300;
/// What the Via and Max-Forwards add that a request gets on its way out.
const VIA_BYTES: usize = 120;

/// What we call ourselves.
const PRODUCT: &str = "Tandem";

/// Everything of the switch but its conversations.
#[derive(Debug, Serialize, Deserialize)]
pub struct Desk {
    /// The transactions.
    pub endpoint: Endpoint,
    /// The one source of tags, branches, Call-IDs and nonces.
    pub chance: Chance,
    /// Who is registered where.
    pub registrar: Registrar,
    /// The nonces that we have given out.
    pub challenger: Challenger,
    /// Who tries wrong passwords.
    #[serde(default)]
    pub guard: Guard,
    /// What others can cause at will, and how often they have of late.
    #[serde(default)]
    pub tallies: Tallies,
    /// Which connections have shown the certificate of which trunks.
    #[serde(default)]
    pub proven: Proven,
    /// The RTP ports.
    pub ports: Ports,
    /// The lines to the outside.
    #[serde(default)]
    pub lines: Lines,
    /// How much extensions have called outside.
    #[serde(default)]
    pub calls_out: CallsOut,
    /// When we started.
    pub started: Time,
    /// Whether anybody may come in.
    pub door: Door,
    /// The last numbers given away.
    pub ids: Ids,
}

/// Whether anybody may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Door {
    /// Calls come in.
    Open,
    /// We go down: nobody comes in, and when the last has left, whoever ordered it is told.
    Closing(OrderId),
    /// All have left.
    Closed,
}

/// The last numbers given away.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Ids {
    conversations: u64,
    legs: u64,
    tapes: u64,
}

/// What a conversation may touch while it takes a step.
#[derive(Debug)]
pub struct World<'a> {
    /// The moment of the step.
    pub now: Time,
    /// The configuration.
    pub config: &'a Config,
    /// The rest of the switch.
    pub desk: &'a mut Desk,
    /// What is to be sent.
    pub out: Vec<Outgoing>,
    /// What is to be told.
    pub tells: Vec<Event>,
    /// Keys that were pressed by other means than RTP.
    pub presses: Vec<(ConversationId, LegId, Press)>,
    /// Keys that were held back, and are to be heard after all.
    pub let_pass: Vec<(ConversationId, LegId, Press)>,
    /// The flow over which somebody has shown who it is.
    pub recognised: Option<Flow>,
    /// What the conversations take that do not take this step.
    pub channels: Channels,
}

/// What is taken by calls.
#[derive(Debug, Default)]
pub struct Channels {
    trunks: BTreeMap<String, usize>,
    extensions: BTreeMap<String, usize>,
}

impl Channels {
    /// Nothing is taken.
    pub fn new() -> Channels {
        Channels::default()
    }

    /// How many channels of this trunk.
    pub fn of_trunk(&self, trunk: &str) -> usize {
        self.trunks.get(trunk).copied().unwrap_or(0)
    }

    /// How many calls to the outside on the account of this extension.
    pub fn of_extension(&self, extension: &str) -> usize {
        self.extensions.get(extension).copied().unwrap_or(0)
    }

    /// A conversation takes what it needs.
    pub fn take(&mut self, conversation: &Conversation) {
        for trunk in conversation.legs.values().filter_map(Leg::channel) {
            *self.trunks.entry(trunk.to_owned()).or_default() += 1;
        }
        for extension in conversation.calls_out() {
            *self.extensions.entry(extension.to_owned()).or_default() += 1;
        }
    }

    /// A conversation gives back what it has taken; what nothing is taken of is forgotten.
    pub fn give_back(&mut self, conversation: &Conversation) {
        for trunk in conversation.legs.values().filter_map(Leg::channel) {
            give_back(&mut self.trunks, trunk);
        }
        for extension in conversation.calls_out() {
            give_back(&mut self.extensions, extension);
        }
    }
}

fn give_back(taken: &mut BTreeMap<String, usize>, name: &str) {
    if let Some(count) = taken.get_mut(name) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            taken.remove(name);
        }
    }
}

impl World<'_> {
    /// Tells the people who run the switch.
    pub fn tell(&mut self, weight: Weight, conversation: Option<ConversationId>, text: String) {
        self.tells.push(Event {
            weight,
            conversation,
            text,
        });
    }

    /// Warns of something of this kind that others can cause at will: at a bounded rate, with its count.
    pub fn warn_of(&mut self, kind: &str, text: String) {
        let told = self.desk.tallies.note(self.now, kind, text);
        self.tells.extend(told);
    }

    /// What a call of this extension shows to the outside. A choice that is not followed is told.
    pub fn decide(&mut self, extension: &str, wish: &Wish) -> Result<CallerId, Refusal> {
        let decision = decide(self.config, extension, wish)?;
        if let Some(why) = decision.instead {
            let shown = decision.caller_id.in_words(self.config);
            self.tell(Weight::Warning, None, format!("{why}: it shows {shown} instead"));
        }
        Ok(decision.caller_id)
    }

    /// A new name for a conversation.
    pub fn conversation_id(&mut self) -> ConversationId {
        self.desk.ids.conversations += 1;
        ConversationId(self.desk.ids.conversations)
    }

    /// A new name for a leg.
    pub fn leg_id(&mut self) -> LegId {
        self.desk.ids.legs += 1;
        LegId(self.desk.ids.legs)
    }

    /// A new name for a tape.
    pub fn tape_id(&mut self) -> TapeId {
        self.desk.ids.tapes += 1;
        TapeId(self.desk.ids.tapes)
    }

    /// Answers a request of theirs.
    pub fn respond(&mut self, server: ServerId, response: Draft) {
        let response = response.with(Name::SERVER, PRODUCT);
        self.desk
            .endpoint
            .respond(self.now, server, response, &mut self.out);
    }

    /// Answers a request of somebody who has not shown who it is, and keeps nothing of it.
    pub fn respond_to_stranger(&mut self, server: ServerId, response: Draft) {
        let response = response.with(Name::SERVER, PRODUCT);
        self.desk
            .endpoint
            .respond_to_stranger(server, response, &mut self.out);
    }

    /// Sends the next request of a leg's dialog.
    pub fn request(
        &mut self,
        leg: &mut Leg,
        method: &Method,
        dress: impl FnOnce(Draft) -> Draft,
    ) -> ClientId {
        let draft = dress(leg.dialog.request(method));
        self.send(self.way_to(leg), draft)
    }

    /// Sends a request that asks for a dialog, or stands outside of any.
    pub fn send(&mut self, flow: Flow, draft: Draft) -> ClientId {
        let shown = shown_address(self.config, &flow);
        let draft = draft.with(Name::USER_AGENT, PRODUCT);
        let flow = self.way_for_size(flow, &draft);
        let desk = &mut *self.desk;
        desk.endpoint
            .request(self.now, &mut desk.chance, flow, shown, draft, &mut self.out)
    }

    /// Sends the ACK to a 2xx, which belongs to no transaction (RFC 3261 §13.2.2.4).
    pub fn send_ack(&mut self, flow: Flow, draft: Draft) {
        let shown = shown_address(self.config, &flow);
        let desk = &mut *self.desk;
        desk.endpoint
            .send_ack(&mut desk.chance, flow, shown, draft, &mut self.out);
    }

    /// How well a place is.
    pub fn health(&self, place: &Place) -> Health {
        let line = self.desk.lines.get(&place.trunk);
        line.map(|line| line.health(place.flow)).unwrap_or_default()
    }

    /// The answer to a request of ours that belongs to a trunk and to no call, or that there is none. Whether it was
    /// one.
    pub fn line_answers(&mut self, client: ClientId, status: u16, response: Option<&Message>) -> bool {
        self.probe_answered(client, status) || self.registration_answered(client, status, response)
    }

    /// A trunk gets one more call.
    pub fn trunk_gets_call(&mut self, name: &str) {
        if let (Some(line), Some(trunk)) = (self.desk.lines.get_mut(name), self.config.trunks.get(name)) {
            line.gets_call(self.now, trunk);
        }
    }

    /// How many channels of a trunk the other conversations take.
    pub fn channels_elsewhere(&self, trunk: &str) -> usize {
        self.channels.of_trunk(trunk)
    }

    /// Over which way the next request of this leg goes. A phone is reached over the flow on which it
    /// came, which may be the only way through its NAT. A carrier may name another host of its own in
    /// Contact or Record-Route; over TLS it stays where it has proven who it is (RFC 5923 §8.2).
    pub fn way_to(&self, leg: &Leg) -> Flow {
        self.way_along(leg, &leg.dialog)
    }

    /// Over which way the next request in this dialog of a leg goes: its own, or an early one.
    pub fn way_along(&self, leg: &Leg, dialog: &Dialog) -> Flow {
        match &leg.party {
            Party::Extension(identity) => self.way_to_phone(leg, dialog, &identity.number),
            Party::Outside { .. } if leg.flow.transport == Transport::Tls => leg.flow,
            Party::Outside { .. } => {
                let hop = dialog.next_hop();
                match hop.host().parse::<IpAddr>() {
                    Ok(ip) if ip.is_ipv4() == leg.flow.local.is_ipv4() => Flow {
                        remote: SocketAddr::new(ip, hop.port().unwrap_or(leg.flow.transport.default_port())),
                        ..leg.flow
                    },
                    Ok(_) | Err(_) => leg.flow,
                }
            }
        }
    }

    /// A connection can end while the call goes on, and nobody can connect to a phone behind a NAT. If the
    /// phone is registered over another way, its requests go there: if its Contact says so, or if no other phone
    /// of this extension is at its address.
    fn way_to_phone(&self, leg: &Leg, dialog: &Dialog, extension: &str) -> Flow {
        if leg.flow.transport.is_unreliable() {
            return leg.flow;
        }
        let known = self.desk.registrar.contacts(extension, self.now);
        let at_home: Vec<_> = known
            .filter(|binding| binding.flow.remote.ip() == leg.flow.remote.ip())
            .collect();
        let named = at_home
            .iter()
            .find(|binding| binding.contact.uri == dialog.target);
        match (&*at_home, named) {
            (bindings, _) if bindings.iter().any(|binding| binding.flow == leg.flow) => leg.flow,
            (_, Some(binding)) | ([binding], None) => binding.flow,
            (_, None) => leg.flow,
        }
    }

    /// Requests of more than 1300 bytes go over TCP by RFC 3261 §18.1.1. To a carrier they do so if the
    /// configuration says that it listens there, for many do not. To a phone they go over UDP all the same: the
    /// flow on which it registered is the only sure way through its NAT, and fragments arrive more often than a
    /// connection from outside.
    fn way_for_size(&self, flow: Flow, draft: &Draft) -> Flow {
        let takes_tcp = |(name, line): (&str, &Line)| {
            let trunk = self.config.trunks.get(name);
            trunk.is_some_and(|trunk| trunk.large_over_tcp)
                && line.all_flows().any(|known| known.remote == flow.remote)
        };
        let may_choose = flow.transport == Transport::Udp && self.desk.lines.iter().any(takes_tcp);
        if !may_choose || draft.clone().finish().bytes().len() + VIA_BYTES <= MAX_DATAGRAM_BYTES {
            return flow;
        }
        Flow {
            transport: Transport::Tcp,
            ..flow
        }
    }
}

/// The address that the peer of this flow reaches us under: the advertised one of its listener for peers
/// beyond our own networks, our own otherwise.
pub fn shown_address(config: &Config, flow: &Flow) -> SocketAddr {
    let is_at = |listener: &&Listener| {
        listener.address.port() == flow.local.port()
            && (listener.address.ip() == flow.local.ip() || listener.address.ip().is_unspecified())
            && listener.address.is_ipv4() == flow.local.is_ipv4()
    };
    let speaks = |listener: &&Listener| match listener.transport {
        ListenTransport::Udp => flow.transport == Transport::Udp,
        ListenTransport::Tcp => flow.transport == Transport::Tcp,
        ListenTransport::Tls => flow.transport == Transport::Tls,
    };
    let here = || config.listeners.iter().filter(is_at);
    // A large request goes over TCP to a carrier though we may listen for UDP alone.
    let listener = here().find(speaks).or_else(|| here().next());
    match listener.and_then(|listener| listener.advertise) {
        Some(ip) if !is_private(flow.remote.ip()) => SocketAddr::new(ip, flow.local.port()),
        Some(_) | None => flow.local,
    }
}

/// The Contact that we show over this flow: how the peer reaches us, and nothing about the other side. Where the
/// request asks for `sips:`, so does our Contact (RFC 3261 §8.1.1.8, §12.1.1).
pub fn contact(asked: &Uri, shown: SocketAddr, transport: Transport, user: &str) -> Address {
    let user = Some(user).filter(|user| !user.is_empty());
    let (host, port) = (shown.ip().to_string(), Some(shown.port()));
    Address::new(match transport {
        Transport::Tls if asked.scheme() == "sips" => Uri::sips(user, &host, port),
        Transport::Udp => Uri::sip(user, &host, port),
        Transport::Tcp | Transport::Tls => {
            Uri::sip(user, &host, port).with_param("transport", transport.in_uri())
        }
    })
}

/// What the transactions go by.
pub fn endpoint_settings(config: &Config) -> EndpointSettings {
    let (timers, limits) = (&config.timers, &config.limits);
    EndpointSettings {
        timers: TimerSettings {
            t1: timers.t1,
            t2: timers.t2,
            t4: timers.t4,
        },
        max_message_bytes: limits.max_message_bytes,
        max_header_fields: limits.max_header_fields,
        max_transactions: limits.max_transactions,
    }
}

/// On which terms phones prove who they are.
pub fn terms(config: &Config) -> Terms {
    Terms {
        realm: config.domain.clone(),
        lifetime: config.registration.nonce_lifetime,
        max_nonces: MAX_NONCES,
        offer: match config.registration.digest {
            Digest::Sha256 => Offer::Sha256First,
            Digest::Md5 => Offer::Md5First,
            Digest::Md5Only => Offer::Md5Only,
        },
    }
}

/// Whether an address is of our own networks, behind the NAT with us (RFC 1918, RFC 6598, RFC 4193, RFC 3927).
fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local() || is_shared(ip),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// 100.64.0.0/10, between a provider and its customers (RFC 6598): no advertised address leads there.
fn is_shared(ip: Ipv4Addr) -> bool {
    let [first, second, ..] = ip.octets();
    first == 100 && (64..128).contains(&second)
}
