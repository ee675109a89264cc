//! Where the messages of a dialog come from. Call-ID and tags are no secret: whoever reads the wire knows them. So a request
//! belongs to a dialog only if it comes from where the far end is; a phone that has moved proves by its password who it is.
//! Addresses count and ports do not: a phone behind a NAT gets another port, and goes over to TCP where a request is large.

use super::conversations::Place;
use super::event::Weight;
use super::leg::{Leg, Party};
use super::login;
use super::reception::Visit;
use super::refusal::Refusal;
use super::step::Step;
use super::world::World;
use crate::sip::endpoint::ServerId;
use crate::sip::{Dialog, Flow, Message};
use std::net::IpAddr;

impl World<'_> {
    /// Whether the far end of this leg is where this flow comes from: where its messages have come from until now, where its
    /// phones are registered or its trunk is, or where it has said that it is to be found.
    pub fn is_from(&self, leg: &Leg, flow: Flow) -> bool {
        let source = address(flow);
        let is_at_home = match &leg.party {
            Party::Extension(identity) => {
                let mut known = self.desk.registrar.contacts(&identity.number, self.now);
                known.any(|binding| address(binding.flow) == source)
            }
            Party::Outside { trunk, .. } => self.is_at(trunk, source),
        };
        is_at_home || address(leg.flow) == source || names(&leg.dialog, source)
    }

    /// Whether an answer, or a CANCEL, may come over one of these flows when what it belongs to went over the other: from the
    /// same host, or from another one of the same trunk.
    pub fn belong_together(&self, one: Flow, other: Flow) -> bool {
        let (one, other) = (address(one), address(other));
        let mut trunks = self.config.trunks.keys();
        one == other || trunks.any(|trunk| self.is_at(trunk, one) && self.is_at(trunk, other))
    }

    /// Whether a trunk is at this address, or calls from there.
    fn is_at(&self, trunk: &str, source: IpAddr) -> bool {
        let calls_from = self.config.trunks.get(trunk).map(|trunk| &trunk.sources);
        let mut calls_from = calls_from.into_iter().flatten();
        let line = self.desk.lines.get(trunk);
        let mut flows = line.into_iter().flat_map(|line| line.all_flows());
        calls_from.any(|network| network.contains(&source)) || flows.any(|flow| address(flow) == source)
    }
}

impl Step<'_> {
    /// Whether a request comes from the far end of its dialog. If not it has been refused, or the phone has been asked who
    /// it is (RFC 3261 §22.1).
    pub(super) fn is_from_far_end(
        &mut self,
        place: Place,
        server: ServerId,
        flow: Flow,
        request: &Message,
    ) -> bool {
        let Some(leg) = self.leg_at(place) else {
            return true;
        };
        if self.world.is_from(leg, flow) {
            return true;
        }
        let (label, extension) = (
            leg.party.label_and_trunk(),
            leg.party.extension().map(str::to_owned),
        );
        let is_known = extension.map(|extension| {
            let request = request.clone();
            let visit = Visit {
                server,
                flow,
                request,
            };
            login::authenticate(&mut self.world, &visit).map(|known| known == extension)
        });
        match is_known {
            Some(Some(true)) => return true,
            // Who has not shown who it is has been asked.
            Some(None) => return false,
            Some(Some(false)) | None => {}
        }
        let what = request.method();
        let text = format!(
            "{what} in the call of {label} comes from {}, where {label} is not",
            flow.remote
        );
        self.world.tell(Weight::Warning, Some(place.0), text);
        let refusal = Refusal::new(403, String::new());
        self.world.respond(server, refusal.draft(request));
        false
    }

    /// Whether an ACK is from the far end of its dialog, as far as that matters: one that answers an offer of ours says where
    /// media goes, and every other one says only that our 2xx has come.
    pub(super) fn may_acknowledge(&self, place: Place, flow: Flow, ack: &Message) -> bool {
        let is_from = |leg| self.world.is_from(leg, flow);
        ack.body().is_empty() || self.leg_at(place).is_none_or(is_from)
    }

    fn leg_at(&self, (id, leg): Place) -> Option<&Leg> {
        self.conversations.get(id)?.legs.get(&leg)
    }
}

fn address(flow: Flow) -> IpAddr {
    flow.remote.ip().to_canonical()
}

/// Whether the far end has said that its requests are to go there: a proxy that stays out of the way of what follows an
/// INVITE leaves it to the phone behind it.
fn names(dialog: &Dialog, source: IpAddr) -> bool {
    let hosts = [dialog.target.host(), dialog.next_hop().host()];
    hosts
        .iter()
        .any(|host| host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical() == source))
}
