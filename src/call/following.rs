//! What follows from a step of the story: phones learn with whom they talk now, and the tape who is there.

use super::changing::Change;
use super::conversation::{Conversation, Story};
use super::identity::Identity;
use super::leg::{Leg, LegState, Party};
use super::world::World;
use crate::id::LegId;
use std::collections::BTreeSet;

impl Conversation {
    /// Does what follows from the story as it stands now. Doing it twice does nothing new.
    pub fn follow(&mut self, world: &mut World<'_>) {
        let members = self.story.members();
        self.let_go(world, &members);
        for leg in &members {
            self.tell_partner(world, *leg);
        }
        if self.tape.is_some() {
            self.keep_tape(world, &members);
        }
        self.keep_aside(world);
    }

    /// Nobody is left behind: who talks and is no longer part of the story hangs up, or is hung up.
    fn let_go(&mut self, world: &mut World<'_>, members: &BTreeSet<LegId>) {
        let waits = self.story.handover().and_then(|handover| handover.agent);
        let is_left = |leg: &&Leg| {
            leg.is_talking() && leg.leave.is_none() && Some(leg.id) != waits && !members.contains(&leg.id)
        };
        let left: Vec<LegId> = self.legs.values().filter(is_left).map(|leg| leg.id).collect();
        for leg in left {
            self.say_bye(world, leg, Some("Q.850;cause=16"));
        }
    }

    /// Those whose part is over, and whose phones have not hung up by themselves.
    pub fn see_off(&mut self, world: &mut World<'_>) {
        let due = |leg: &Leg| {
            let leave = leg.leave.as_ref().filter(|leave| leave.by <= world.now);
            leave
                .filter(|_| leg.is_talking())
                .map(|leave| (leg.id, leave.reason.clone()))
        };
        let due: Vec<(LegId, String)> = self.legs.values().filter_map(due).collect();
        for (leg, reason) in due {
            self.say_bye(world, leg, Some(&reason));
        }
    }

    /// A phone whose partner has changed is told by UPDATE, or by a re-INVITE with its description unchanged:
    /// P-Asserted-Identity and Remote-Party-ID (RFC 3325, RFC 4916 §1). Nobody outside is told: a carrier
    /// knows our number and nothing else.
    fn tell_partner(&mut self, world: &mut World<'_>, leg: LegId) {
        let is_phone = |leg: &&Leg| leg.is_talking() && matches!(leg.party, Party::Extension(_));
        let (Some(told), Some(partner)) = (self.legs.get(&leg).filter(is_phone), self.partner(leg)) else {
            return;
        };
        let partner = self.legs.get(&partner).map(|partner| partner.party.identity());
        let Some(partner) = partner
            .filter(|partner| told.shown.as_ref() != Some(*partner))
            .cloned()
        else {
            return;
        };
        let Some(told) = self.legs.get_mut(&leg) else {
            return;
        };
        match told.shown {
            // The first partner of a call is the one that was dialled, or who has called.
            None => told.shown = Some(partner),
            // What cannot be told now is told when nothing else is owed: all this is looked at again then.
            Some(_) if !matches!(told.state, LegState::Talking) => {}
            Some(_) => told.introduce(world, partner),
        }
    }

    /// With whom a leg talks, if it is one.
    fn partner(&self, leg: LegId) -> Option<LegId> {
        match &self.story {
            Story::Consult(consult) if consult.agent == leg => consult.colleague.leg(),
            Story::Consult(consult) if consult.colleague.leg() == Some(leg) => Some(consult.agent),
            Story::Pair { caller, called, .. } => Some(if leg == *caller { *called } else { *caller }),
            Story::Consult(_)
            | Story::Summons(_)
            | Story::Ringing { .. }
            | Story::Held(_)
            | Story::Together { .. }
            | Story::Handover(_)
            | Story::Over => None,
        }
    }

    /// Who comes to the customer's table is on the tape from then on, and until the story knows them no more.
    /// When nobody is left for whose sake there is one, the tape ends.
    fn keep_tape(&mut self, world: &World<'_>, members: &BTreeSet<LegId>) {
        let (microphones, goes_on) = (self.microphones(), !self.hosts().is_empty());
        self.keep_chronicle(world);
        let Some(tape) = self.tape.as_mut().filter(|tape| tape.runs()) else {
            return;
        };
        tape.has_only(world.now, members);
        for leg in microphones {
            if let Some(leg) = self.legs.get(&leg) {
                tape.joins(world.now, leg);
            }
        }
        if !goes_on {
            tape.ends(world.now);
        }
    }
}

impl Leg {
    /// Tells the phone with whom it talks now.
    fn introduce(&mut self, world: &mut World<'_>, partner: Identity) {
        let by = self.means();
        let change = Change {
            by,
            least: None,
            partner: Some(partner),
        };
        self.ask(world, change);
    }
}
