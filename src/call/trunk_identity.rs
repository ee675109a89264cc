//! Which trunk a call from outside belongs to. Several may be at one address: the more specific sign decides.

use super::world::World;
use crate::config::valid::Trunk;
use crate::sip::{Flow, Message};

/// What shows that a request comes from a trunk; what stands below is more specific.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sign {
    /// It comes from a network of the trunk, with so many bits.
    Network(u8),
    /// It comes over the flow on which we are registered there.
    Flow,
    /// Its connection has shown the certificate that the trunk must show.
    Certificate,
    /// It is for the Contact that we have registered there (RFC 3261 §10.2).
    Contact,
}

/// The trunk that a request belongs to, if it belongs to one. Of two with equal signs it is the one whose account it
/// names, else the first by name; `tandem check` warns of those.
pub fn of(world: &World<'_>, flow: Flow, request: &Message) -> Option<String> {
    let signs = world.config.trunks.iter().filter_map(|(name, trunk)| {
        let sign = sign(world, name, trunk, flow, request)?;
        Some((name, (sign, names_account(trunk, request))))
    });
    // Of equals the last is taken.
    let best = signs.rev().max_by_key(|(_, sign)| *sign);
    best.map(|(name, _)| name.clone())
}

/// The best sign that a request is of this trunk. One that must show a certificate is known by nothing without it.
fn sign(world: &World<'_>, name: &str, trunk: &Trunk, flow: Flow, request: &Message) -> Option<Sign> {
    let is_proven = trunk.proof.is_some() && world.desk.proven.is(flow, name);
    if trunk.proof.is_some() && !is_proven {
        return None;
    }
    let source = flow.remote.ip().to_canonical();
    let networks = trunk.sources.iter().filter(|network| network.contains(&source));
    let by_network = networks.map(|network| Sign::Network(network.prefix_len())).max();
    let registration = by_registration(world, name, flow, request, by_network.is_some());
    let known = by_network.max(registration);
    known.map(|sign| sign.max(if is_proven { Sign::Certificate } else { sign }))
}

/// The user of our Contact is a secret between the carrier and us, so that alone shows who sends. One that the
/// registrar has put in its place may be a number that everybody knows: it tells apart who comes from there.
fn by_registration(
    world: &World<'_>,
    name: &str,
    flow: Flow,
    request: &Message,
    is_near: bool,
) -> Option<Sign> {
    let registrant = world.desk.lines.get(name)?.registrant.as_ref()?;
    let home = registrant.granted(world.now)?.flow;
    let is_home = (home.transport, home.remote) == (flow.transport, flow.remote);
    let is_near = is_near || is_home || home.remote.ip() == flow.remote.ip();
    let user = request.uri().ok().and_then(|uri| uri.user()).unwrap_or_default();
    if user == registrant.user || (is_near && registrant.is_contact(&user)) {
        return Some(Sign::Contact);
    }
    is_home.then_some(Sign::Flow)
}

/// Whether the Request-URI or To names our account with this trunk.
fn names_account(trunk: &Trunk, request: &Message) -> bool {
    let Some(account) = &trunk.credentials else {
        return false;
    };
    let users = [request.uri().ok(), request.to().ok().map(|to| to.uri)];
    let mut users = users.into_iter().flatten().filter_map(|uri| uri.user());
    users.any(|user| user == account.username)
}
