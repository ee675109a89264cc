//! Whom a call rings: every phone that is registered for it, or the trunk that takes it.

use super::conversation::Conversation;
use super::event::Weight;
use super::failover::{Attempt, Call};
use super::identity::Identity;
use super::leg::{Leg, LegState, Party};
use super::line::Place;
use super::refusal::Refusal;
use super::route::Destination;
use super::world::World;
use crate::config::valid::{ListenTransport, Trunk};
use crate::sip::{Address, Flow, Transport, Uri};

/// Somebody to ring.
pub struct Target {
    /// Who it is.
    pub party: Party,
    /// Over which way it is reached.
    pub flow: Flow,
    /// Its Contact, or the number as the trunk is told it.
    pub uri: Uri,
    /// The proxies before it, nearest first.
    pub routes: Vec<Address>,
    /// Where else the call can be tried, if it goes outside.
    pub attempt: Option<Attempt>,
}

impl Conversation {
    /// Everybody to ring for this destination.
    pub fn targets(&self, world: &mut World<'_>, destination: &Destination) -> Result<Vec<Target>, Refusal> {
        match destination {
            Destination::Extensions { ring, .. } => {
                let mut phones = ring
                    .iter()
                    .flat_map(|number| phones(world, number))
                    .collect::<Vec<_>>();
                if phones.is_empty() {
                    let whose = in_words(ring.iter().cloned());
                    return Err(Refusal::new(480, format!("no phone of {whose} is registered")));
                }
                phones.retain(|phone| !self.is_in_use(phone));
                match phones.is_empty() {
                    true => Err(Refusal::new(486, "the only phone there is in this call".into())),
                    false => Ok(not_too_many(world, phones)),
                }
            }
            Destination::Outside { .. } => Ok(vec![self.first_place(world, destination)?]),
        }
    }

    /// Whether this conversation has the phone on the line: nobody is rung to talk with himself, and whoever calls his
    /// own extension wants his other phones. Whose part is over can be rung again.
    fn is_in_use(&self, phone: &Target) -> bool {
        let is_here = |leg: &&Leg| {
            matches!(leg.state, LegState::Asking { .. }) || (leg.is_talking() && leg.leave.is_none())
        };
        self.legs
            .values()
            .filter(is_here)
            .any(|leg| is_phone_of(phone, leg))
    }
}

/// The phones that one call may ring; the others stay silent.
fn not_too_many(world: &mut World<'_>, mut phones: Vec<Target>) -> Vec<Target> {
    let (most, all) = (world.config.limits.max_phones_per_call, phones.len());
    if all > most {
        let text = format!("a call rings {most} of {all} phones (limits.max_phones_per_call)");
        world.tell(Weight::Warning, None, text);
    }
    phones.truncate(most);
    phones
}

/// Whether this is the phone at the other end of a leg: it is reached over the same way, or, as an INVITE may have been
/// too large for UDP, it has the same Contact at the same address. Behind a proxy all come the same way.
fn is_phone_of(target: &Target, leg: &Leg) -> bool {
    let place = |uri: &Uri| (uri.user(), uri.host().to_owned(), uri.port());
    let is_named = place(&leg.dialog.target) == place(&target.uri);
    let is_same_way = target.flow == leg.flow && target.routes.is_empty();
    target.party.extension() == leg.party.extension()
        && (is_same_way || (is_named && target.flow.remote.ip() == leg.flow.remote.ip()))
}

/// The phones that are registered for an extension.
pub fn phones(world: &World<'_>, number: &str) -> Vec<Target> {
    let identity = Identity::of_extension(world.config, number);
    let bindings = world.desk.registrar.to_ring(number, world.now);
    let targets = bindings.into_iter().map(|binding| Target {
        party: Party::Extension(identity.clone()),
        flow: binding.flow,
        uri: binding.contact.uri.for_request(),
        routes: binding
            .path
            .iter()
            .filter_map(|hop| Address::parse(hop))
            .collect(),
        attempt: None,
    });
    targets.collect()
}

/// A number outside, at one place of a trunk; `left` are those where it can be tried after that.
pub fn trunk_target(world: &World<'_>, place: Place, call: Call<'_>, left: Vec<Place>) -> Target {
    let Place { trunk: name, flow } = place;
    let number = call.number;
    let trunk = world.config.trunks.get(&name);
    let host = trunk.map_or_else(|| flow.remote.ip().to_string(), |trunk| trunk.host.clone());
    let port = trunk.and_then(|trunk| trunk.port);
    let port = port.filter(|port| *port != flow.transport.default_port());
    let uri = Uri::sip(Some(number), &host, port);
    let uri = match flow.transport {
        Transport::Udp => uri,
        Transport::Tcp | Transport::Tls => uri.with_param("transport", flow.transport.in_uri()),
    };
    let identity = Identity {
        number: number.to_owned(),
        name: String::new(),
    };
    let party = Party::Outside {
        trunk: name.clone(),
        identity,
    };
    let attempt = Attempt::begun(world, &party, call, left);
    Target {
        party,
        flow,
        uri,
        routes: trunk.and_then(outbound_proxy).into_iter().collect(),
        attempt: Some(attempt),
    }
}

/// The proxy that all requests to this trunk pass, as it stands in their Route.
pub fn outbound_proxy(trunk: &Trunk) -> Option<Address> {
    let proxy = Uri::sip(None, trunk.outbound_proxy.as_ref()?, trunk.port);
    let proxy = match trunk.transport {
        ListenTransport::Udp => proxy,
        ListenTransport::Tcp => proxy.with_param("transport", "tcp"),
        ListenTransport::Tls => proxy.with_param("transport", "tls"),
    };
    Address::parse(&format!("<{proxy};lr>"))
}

/// Names as a sentence lists them.
pub fn in_words(names: impl IntoIterator<Item = String>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}
