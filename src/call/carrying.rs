//! Handing a call on inside the carrier's network: a REFER to the carrier whose customer waits, where the
//! configuration says that it takes one. It saves two channels, and nothing else; whatever goes wrong with it,
//! we connect the two ourselves.

use super::caller_id::CallerId;
use super::conversation::{Conversation, Story};
use super::event::Weight;
use super::refusal::{Refusal, phrase};
use super::route::Destination;
use super::story::{Handover, Stage};
use super::world::World;
use crate::config::valid::Group;
use crate::id::LegId;
use crate::sip::endpoint::ServerId;
use crate::sip::{Address, Draft, Message, Method, Name, Uri};

impl Conversation {
    /// Asks the carrier of the one who waits to connect it with a number that it serves, too. Whether it was asked.
    ///
    /// # Errors
    /// If there may be no more calls on this account.
    pub fn ask_carrier(&mut self, world: &mut World<'_>, destination: &Destination) -> Result<bool, Refusal> {
        let Destination::Outside {
            trunks,
            number,
            account,
        } = destination
        else {
            return Ok(false);
        };
        let Some((waiting, trunk)) = self.carried_by(trunks) else {
            return Ok(false);
        };
        let known = world.config.trunks.get(&trunk);
        let Some(known) = known.filter(|known| known.takes_transfers) else {
            return Ok(false);
        };
        self.may_call_out(world, account)?;
        let (Story::Handover(handover), Some(leg)) = (&mut self.story, self.legs.get_mut(&waiting)) else {
            return Ok(false);
        };
        let to = Address::new(Uri::sip(Some(number), &known.host, None));
        let by = CallerId::of_house(world.config)
            .identity()
            .address(&world.config.domain);
        let contact = leg.contact.clone();
        let asked = world.request(leg, &Method::Refer, |draft| {
            let draft = draft.with(Name::REFER_TO, to).with(Name::REFERRED_BY, by);
            draft.with(Name::CONTACT, contact)
        });
        leg.refer = Some(asked);
        handover.stage = Stage::Carrier {
            trunk,
            trunks: trunks.clone(),
            account: account.clone(),
        };
        Ok(true)
    }

    /// The one who waits, and whose carrier serves these trunks' numbers, too.
    fn carried_by(&self, trunks: &[Group]) -> Option<(LegId, String)> {
        let mut waiting = self.story.handover()?.waiting.iter();
        let (Some(leg), None) = (waiting.next(), waiting.next()) else {
            return None;
        };
        let is_served = |trunk: &&str| trunks.iter().flatten().any(|(name, _)| name == trunk);
        let trunk = self.legs.get(leg)?.party.trunk().filter(is_served)?;
        Some((*leg, trunk.to_owned()))
    }

    /// The carrier's answer to our REFER.
    pub fn carrier_answers(&mut self, world: &mut World<'_>, leg: LegId, status: u16) {
        if status < 200 {
            return;
        }
        if let Some(asked) = self.legs.get_mut(&leg) {
            asked.refer = None;
        }
        if status >= 300 {
            self.connect_ourselves(world, status);
        }
    }

    /// A NOTIFY: how the carrier gets on with our REFER (RFC 3515 §2.4.5).
    pub fn carrier_tells(&mut self, world: &mut World<'_>, leg: LegId, server: ServerId, notify: &Message) {
        let Story::Handover(Handover {
            stage: Stage::Carrier { .. },
            agent,
            waiting,
            ..
        }) = &self.story
        else {
            return world.respond(server, Draft::response(notify, 481, phrase(481)));
        };
        let (agent, is_meant) = (*agent, waiting.contains(&leg));
        world.respond(server, Draft::response(notify, 200, phrase(200)));
        let status = told(notify.body()).filter(|_| is_meant).unwrap_or(100);
        match status {
            0..=179 => {}
            180..=199 => {
                let agent = agent.and_then(|agent| self.legs.get_mut(&agent));
                agent.into_iter().for_each(|agent| agent.tell_outcome(world, 180));
            }
            200..=299 => self.carried(world),
            300.. => self.nobody_took_over(world, &Refusal::new(status, String::new())),
        }
    }

    /// The carrier has connected the two, and we are out of it.
    pub fn carried(&mut self, world: &mut World<'_>) {
        let Story::Handover(Handover {
            stage: Stage::Carrier { trunk, .. },
            agent,
            search,
            ..
        }) = &self.story
        else {
            return;
        };
        let text = format!("{trunk} has connected them with {}", search.number);
        let agent = *agent;
        world.tell(Weight::Story, Some(self.id), text);
        if let Some(agent) = agent {
            self.dismiss(world, agent, 200);
        }
        self.has_carried(world.now);
        self.hang_up(world, "Q.850;cause=16");
    }

    fn connect_ourselves(&mut self, world: &mut World<'_>, status: u16) {
        let Story::Handover(handover) = &mut self.story else {
            return;
        };
        let Stage::Carrier {
            trunk,
            trunks,
            account,
        } = &handover.stage
        else {
            return;
        };
        let text = format!("{trunk} does not take the transfer ({status}); we connect them ourselves");
        let destination = Destination::Outside {
            trunks: trunks.clone(),
            number: handover.search.number.clone(),
            account: account.clone(),
        };
        handover.stage = Stage::Target;
        world.tell(Weight::Warning, Some(self.id), text);
        if let Err(refusal) = self.ring_for_handover(world, &destination) {
            self.nobody_took_over(world, &refusal);
        }
    }
}

/// The status in a message/sipfrag (RFC 3420).
fn told(body: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(body).ok()?.lines().next()?;
    line.strip_prefix("SIP/2.0 ")?.split(' ').next()?.parse().ok()
}
