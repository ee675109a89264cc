//! INVITE with Replaces: a phone takes over a call that rings elsewhere, or its own call from another phone of
//! the same extension (RFC 3891, RFC 5359 §2.16).

use super::conversation::{Conversation, Story};
use super::conversations::Place;
use super::event::Weight;
use super::leg::LegState;
use super::reason::Cause;
use super::reception::Visit;
use super::referral::Replaces;
use super::refusal::Refusal;
use super::ringing::{Ask, caller_leg};
use super::route::Caller;
use super::step::Step;
use super::world::World;
use crate::id::LegId;
use crate::sip::{Message, Name};

/// How far the dialog that is to be taken over has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// Its phone rings.
    Rings,
    /// Its phone talks.
    Talks,
}

impl Replaces {
    /// The Replaces of an INVITE, if it has one; no more than one is allowed (RFC 3891 §3).
    pub fn of(invite: &Message) -> Result<Option<Replaces>, Refusal> {
        let bad = || Refusal::new(400, "its Replaces cannot be read, or there are several".into());
        match (invite.raws(Name::REPLACES).count(), invite.text(Name::REPLACES)) {
            (0, _) => Ok(None),
            (1, Some(value)) => Replaces::parse(value).map(Some).ok_or_else(bad),
            (_, _) => Err(bad()),
        }
    }
}

impl Step<'_> {
    /// Takes over what Replaces names, if this caller may.
    pub(super) fn pick_up(
        &mut self,
        visit: Visit,
        caller: Caller,
        replaces: &Replaces,
    ) -> Result<(), Refusal> {
        let gone = || Refusal::new(481, "there is no such call to take over".into());
        let place = self.conversations.of_replaces(replaces).ok_or_else(gone)?;
        let stand = self.may_take(place, &caller)?;
        if stand == Stand::Talks && replaces.early_only {
            return Err(Refusal::new(486, "the call has been answered already".into()));
        }
        let ask = Ask {
            caller,
            flow: visit.flow,
            server: visit.server,
            request: visit.request,
        };
        let mut result = Ok(());
        self.visit(place.0, |conversation, world| {
            result = conversation.is_taken_over(world, &ask, place.1, stand);
        });
        result
    }

    /// What rings may be taken by any colleague, if the house lets them; who talks is taken only by another
    /// phone of the same extension. A carrier takes nothing.
    fn may_take(&self, (id, leg): Place, caller: &Caller) -> Result<Stand, Refusal> {
        let over = || Refusal::new(603, "that call is over".into());
        let forbidden = |why: &str| Refusal::new(403, why.to_owned());
        let Caller::Extension(extension) = caller else {
            return Err(forbidden("a carrier may not take over calls"));
        };
        let leg = self
            .conversations
            .get(id)
            .and_then(|talk| talk.legs.get(&leg))
            .ok_or_else(over)?;
        let is_own = leg.party.extension() == Some(extension);
        let is_summoned = self
            .conversations
            .get(id)
            .is_some_and(|talk| matches!(talk.story, Story::Summons(_)));
        if is_summoned && !is_own {
            return Err(forbidden(
                "a call that is to be made for somebody cannot be picked up",
            ));
        }
        match leg.state {
            LegState::Asked { .. } if leg.party.extension().is_none() => {
                Err(forbidden("what rings outside cannot be picked up"))
            }
            LegState::Asked { .. } if is_own || self.world.config.transfer.pickup => Ok(Stand::Rings),
            LegState::Asked { .. } => Err(forbidden("calls may not be picked up (transfer.pickup)")),
            LegState::Talking
            | LegState::Confirming(_)
            | LegState::Changing(_)
            | LegState::BackingOff { .. }
                if is_own =>
            {
                Ok(Stand::Talks)
            }
            LegState::Talking
            | LegState::Confirming(_)
            | LegState::Changing(_)
            | LegState::BackingOff { .. } => Err(forbidden("only its own phones may take over a call")),
            LegState::Withdrawn { .. } | LegState::Leaving { .. } => Err(over()),
            LegState::Asking { .. } => {
                Err(Refusal::new(481, "its own call has not been answered yet".into()))
            }
        }
    }
}

impl Conversation {
    /// The phone that asks takes the place of the one whose leg this is. On a refusal nothing has changed.
    pub fn is_taken_over(
        &mut self,
        world: &mut World<'_>,
        ask: &Ask,
        taken: LegId,
        stand: Stand,
    ) -> Result<(), Refusal> {
        // Who is being seen off, or waits to hear how a transfer goes, has no call any more.
        if stand == Stand::Talks && !self.story.members().contains(&taken) {
            return Err(Refusal::new(603, "that call is over".into()));
        }
        let mut leg = caller_leg(world, ask, self.course, &self.our_number)?;
        let (taker, name) = (leg.id, leg.party.label().to_owned());
        let old = self.legs.get(&taken);
        // An agent who is muted is so on whichever phone.
        leg.muted = old.is_some_and(|old| old.muted);
        let old = old.map(|leg| leg.party.identity().clone());
        // Its phone believes to talk with the one whose call it takes, and is to learn better.
        leg.shown = old.clone();
        let old = old.map(|old| old.label().to_owned()).unwrap_or_default();
        self.legs.insert(taker, leg);
        self.put_through(world, taker);
        match stand {
            Stand::Rings => {
                world.tell(
                    Weight::Story,
                    Some(self.id),
                    format!("{name} picks up what rings at {old}"),
                );
                self.withdraw_all(world, Some(Cause::ELSEWHERE));
                self.has_answered(world, taker);
            }
            Stand::Talks => {
                world.tell(
                    Weight::Story,
                    Some(self.id),
                    format!("{name} takes over the call of {old}"),
                );
                self.story.replace(taken, taker);
                self.say_bye(world, taken, Some(&Cause::ELSEWHERE.to_string()));
            }
        }
        Ok(())
    }
}

impl Story {
    /// Puts one leg in the place of another.
    fn replace(&mut self, old: LegId, new: LegId) {
        let swapped = |leg: &mut LegId| {
            if *leg == old {
                *leg = new;
            }
        };
        let moved = |table: &mut std::collections::BTreeSet<LegId>| {
            if table.remove(&old) {
                table.insert(new);
            }
        };
        match self {
            Story::Pair { caller, called, .. } => {
                swapped(caller);
                swapped(called);
            }
            Story::Held(held) => {
                swapped(&mut held.agent);
                moved(&mut held.waiting);
            }
            Story::Consult(consult) => {
                swapped(&mut consult.agent);
                moved(&mut consult.waiting);
                consult.colleague.replace(old, new);
            }
            Story::Together { table, host, .. } => {
                moved(table);
                host.iter_mut().for_each(swapped);
            }
            Story::Handover(handover) => moved(&mut handover.waiting),
            Story::Summons(_) | Story::Ringing { .. } | Story::Over => {}
        }
    }
}
