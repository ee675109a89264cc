//! Flows that a phone keeps open for us (RFC 5626): whether a REGISTER gets what it asks for.

use super::Refusal;
use crate::sip::{Address, Flow, Message, Name};

/// The option tag of RFC 5626.
pub(super) const OUTBOUND: &str = "outbound";

/// Which flow of its device a REGISTER makes (RFC 5626 §6); none if it does not ask for that, or cannot have it
/// here. Then the reg-id means nothing, and the device has one contact as any other.
///
/// Over a stream the phone keeps its flow open with CRLFs (§3.5.1), which the transport answers. Over UDP it would
/// ask for STUN (§3.5.2), which we do not speak, and take our silence for a dead flow: so it is not promised there,
/// unless a proxy in between looks after the phone.
pub(super) fn granted(request: &Message, flow: Flow) -> Result<Option<u32>, Refusal> {
    let asks = request.has_token(Name::SUPPORTED, OUTBOUND) || requires(request);
    let contacts = request.contacts()?;
    let mut flows = contacts.iter().filter(|contact| makes_a_flow(contact));
    let wish = flows.next().and_then(reg_id).filter(|_| asks);
    if wish.is_some() && flows.next().is_some() {
        return Err(Refusal::BadRequest("More Than One Contact With reg-id"));
    }
    let is_direct = request.list(Name::VIA).count() == 1;
    if wish.is_some() && !is_direct && !first_hop_keeps_flows(request) {
        return Err(Refusal::FirstHopLacksOutbound);
    }
    let id = wish.filter(|_| !is_direct || !flow.transport.is_unreliable());
    if id.is_none() && requires(request) {
        return Err(Refusal::Unsupported(OUTBOUND));
    }
    Ok(id)
}

fn requires(request: &Message) -> bool {
    request.has_token(Name::REQUIRE, OUTBOUND)
}

/// Whoever removes a contact opens nothing.
fn makes_a_flow(contact: &Address) -> bool {
    reg_id(contact).is_some() && contact.param("expires") != Some("0")
}

/// The reg-id of a device that says who it is, from 1 (RFC 5626 §4.2).
fn reg_id(contact: &Address) -> Option<u32> {
    contact.param("+sip.instance")?;
    contact.param("reg-id")?.parse().ok().filter(|id| *id > 0)
}

/// The proxy next to the phone stands last in Path, and says by `ob` that it keeps the flow to it (RFC 5626 §5.1).
fn first_hop_keeps_flows(request: &Message) -> bool {
    let first_hop = request.list(Name::PATH).last().and_then(Address::parse);
    first_hop.is_some_and(|hop| hop.uri.param("ob").is_some())
}
