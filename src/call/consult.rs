//! The warm transfer: an agent consults a colleague in private while the others wait, and then brings all
//! together, swaps, lets the colleague go, or leaves.

use super::conversation::{Conversation, Story};
use super::event::Weight;
use super::inviting::Shown;
use super::leg::{Leg, Side};
use super::refusal::Refusal;
use super::ringing::MAX_HOPS;
use super::story::{Aside, Colleague, Consult, Held, Search};
use super::world::World;
use crate::id::LegId;
use std::collections::BTreeSet;

impl Conversation {
    /// Rings a colleague for the agent; those whom the agent was with wait. On a refusal nothing has changed.
    pub fn consult(&mut self, world: &mut World<'_>, agent: LegId, number: &str) -> Result<(), Refusal> {
        if let Story::Consult(_) = self.story {
            return Err(Refusal::new(491, "a colleague is being consulted already".into()));
        }
        let waiting = self.story.others(agent).ok_or_else(not_possible)?;
        let (destination, caller_id) = self.transfer_destination(world, agent, number)?;
        let shown = match (&caller_id, self.legs.get(&agent)) {
            (Some(caller_id), _) => Shown::Outside(caller_id.clone()),
            (None, Some(leg)) => Shown::Inside(leg.party.identity().clone()),
            (None, None) => return Err(not_possible()),
        };
        let targets = self.targets(world, &destination)?;
        let consult = Consult {
            agent,
            waiting,
            colleague: Colleague::Ringing(Search {
                caller_id,
                ..Search::of(world, destination.number())
            }),
            since: self.story.since().unwrap_or(world.now),
        };
        let text = format!(
            "{} asks {}, {} waiting",
            self.names_of(&[agent].into()),
            destination.number(),
            self.names_of(&consult.waiting)
        );
        let before = std::mem::replace(&mut self.story, Story::Consult(consult));
        if let Err(refusal) = self.ring_all(world, &shown, MAX_HOPS, targets) {
            self.story = before;
            return Err(refusal);
        }
        world.tell(Weight::Story, Some(self.id), text);
        Ok(())
    }

    /// The colleague has answered, and is with the agent.
    pub fn colleague_answers(&mut self, winner: LegId) {
        if let Story::Consult(consult) = &mut self.story {
            consult.colleague = Colleague::With(winner);
        }
    }

    /// The colleague will not come. The agent hears so; the others wait on.
    pub fn nobody_to_consult(&mut self) {
        let Story::Consult(consult) = self.story.clone() else {
            return;
        };
        self.is_alone(consult.agent, consult.waiting, consult.since);
    }

    /// Brings the agent, the colleague and those who wait together.
    pub fn merge(&mut self, world: &mut World<'_>) -> Result<(), Refusal> {
        let Story::Consult(consult) = &self.story else {
            return Err(not_possible());
        };
        let Some(colleague) = consult.colleague.leg() else {
            return Err(Refusal::new(491, "the colleague has not answered yet".into()));
        };
        let table: BTreeSet<LegId> = consult
            .waiting
            .iter()
            .copied()
            .chain([consult.agent, colleague])
            .collect();
        let most = world.config.transfer.max_together;
        if table.len() > most {
            let why = format!("no more than {most} may be together (transfer.max_together)");
            return Err(Refusal::new(403, why));
        }
        let since = consult.since;
        self.talk_on(world, table, since, "");
        Ok(())
    }

    /// The agent takes the colleague aside again; the customer waits.
    pub fn split(&mut self, world: &mut World<'_>, agent: LegId) -> Result<(), Refusal> {
        let Story::Together { table, since, .. } = self.story.clone() else {
            return Err(not_possible());
        };
        let is_ours = |leg: &LegId| self.legs.get(leg).is_some_and(|leg| leg.side == Side::House);
        let (ours, waiting): (BTreeSet<LegId>, BTreeSet<LegId>) = table.iter().partition(|leg| is_ours(leg));
        let mut colleagues = ours.into_iter().filter(|leg| *leg != agent);
        let (Some(colleague), None) = (colleagues.next(), colleagues.next()) else {
            return Err(Refusal::new(409, "it is not clear with whom".into()));
        };
        if waiting.is_empty() || waiting.contains(&agent) {
            return Err(not_possible());
        }
        let names = [agent, colleague].into();
        let text = format!(
            "{} turn aside, {} waiting",
            self.names_of(&names),
            self.names_of(&waiting)
        );
        self.story = Story::Consult(Consult {
            agent,
            waiting,
            colleague: Colleague::With(colleague),
            since,
        });
        world.tell(Weight::Story, Some(self.id), text);
        Ok(())
    }

    /// The agent turns from the colleague to the others, or back.
    pub fn swap(&mut self, world: &mut World<'_>) -> Result<(), Refusal> {
        let Story::Consult(consult) = &mut self.story else {
            return Err(not_possible());
        };
        consult.colleague = match consult.colleague {
            Colleague::With(colleague) => Colleague::Aside(colleague),
            Colleague::Aside(colleague) => Colleague::With(colleague),
            Colleague::Ringing(_) => {
                return Err(Refusal::new(491, "the colleague has not answered yet".into()));
            }
        };
        let with = match &consult.colleague {
            Colleague::With(colleague) => [*colleague].into(),
            Colleague::Aside(_) | Colleague::Ringing(_) => consult.waiting.clone(),
        };
        let agent = [consult.agent].into();
        let text = format!("{} turns to {}", self.names_of(&agent), self.names_of(&with));
        world.tell(Weight::Story, Some(self.id), text);
        Ok(())
    }

    /// The colleague is let go, and the agent is back with the others.
    pub fn cancel_consult(&mut self, world: &mut World<'_>) -> Result<(), Refusal> {
        let Story::Consult(consult) = self.story.clone() else {
            return self.take_back(world);
        };
        match consult.colleague.leg() {
            Some(colleague) => self.say_bye(world, colleague, Some("Q.850;cause=16")),
            None => self.withdraw_all(world, None),
        }
        let table = consult.waiting.into_iter().chain([consult.agent]).collect();
        self.talk_on(world, table, consult.since, "");
        Ok(())
    }

    /// The agent leaves; the others talk on, or wait for the colleague whose phones still ring.
    pub fn complete(&mut self, world: &mut World<'_>) -> Result<(), Refusal> {
        let Story::Consult(Consult { agent, .. }) = self.story else {
            return Err(not_possible());
        };
        self.leave(world, agent)
    }

    /// A party of the conversation leaves it, and the others talk on.
    pub fn leave(&mut self, world: &mut World<'_>, leg: LegId) -> Result<(), Refusal> {
        let is_in = |leg: LegId| self.story.members().contains(&leg) || self.story.agent() == Some(leg);
        let is_here = |leaver: &&Leg| leaver.is_talking() && is_in(leaver.id);
        let leaver = self.legs.get(&leg).filter(is_here);
        let Some(leaver) = leaver.cloned() else {
            return Err(not_possible());
        };
        world.tell(
            Weight::Story,
            Some(self.id),
            format!("{} leaves", leaver.party.label()),
        );
        self.say_bye(world, leg, Some("Q.850;cause=16"));
        self.parts(world, &leaver, "Q.850;cause=16");
        Ok(())
    }

    /// The agent puts the others aside.
    pub fn hold(&mut self, world: &mut World<'_>, agent: LegId) -> Result<(), Refusal> {
        if let Story::Held(_) | Story::Consult(_) = self.story {
            return Err(not_possible());
        }
        let waiting = self.story.others(agent).ok_or_else(not_possible)?;
        let text = format!(
            "{} puts {} on hold",
            self.names_of(&[agent].into()),
            self.names_of(&waiting)
        );
        self.story = Story::Held(Held {
            agent,
            waiting,
            why: Aside::Wanted,
            since: self.story.since().unwrap_or(world.now),
        });
        world.tell(Weight::Story, Some(self.id), text);
        Ok(())
    }

    /// The agent is back with those who were put aside.
    pub fn resume(&mut self, world: &mut World<'_>) -> Result<(), Refusal> {
        let Story::Held(held) = self.story.clone() else {
            return self.take_back(world);
        };
        let table = held.waiting.into_iter().chain([held.agent]).collect();
        self.talk_on(world, table, held.since, "");
        Ok(())
    }
}

pub(super) fn not_possible() -> Refusal {
    Refusal::new(491, "that cannot be done now".into())
}
