//! Somebody leaves: what becomes of those who stay.

use super::conversation::{Conversation, Story};
use super::event::Weight;
use super::leg::Leg;
use super::story::{Aside, Colleague, Consult, Handover, Held, Stage};
use super::world::World;
use crate::id::LegId;
use crate::time::Time;
use crate::wiring::Voice;
use std::collections::BTreeSet;

impl Conversation {
    /// A leg is lost: its far end does not answer, or says that it knows of no call.
    pub fn loses(&mut self, world: &mut World<'_>, leg: LegId, reason: &str) {
        if let Story::Pair { caller, called, .. } = self.story
            && (leg == caller || leg == called)
        {
            return self.hang_up(world, reason);
        }
        self.say_bye(world, leg, Some(reason));
        if let Some(gone) = self.legs.get(&leg).cloned() {
            self.parts(world, &gone, reason);
        }
    }

    /// Somebody has left, with this reason for the others should it be the end.
    pub fn parts(&mut self, world: &mut World<'_>, gone: &Leg, reason: &str) {
        let leg = gone.id;
        self.tape_ends_because(reason);
        if !self.story.members().contains(&leg) {
            return self.transferor_leaves(leg);
        }
        if let Some(agent) = self.to_recall(world.now, gone) {
            return self.ring_back(world, leg, agent);
        }
        match self.story.clone() {
            Story::Ringing { .. } | Story::Pair { .. } => self.hang_up(world, reason),
            Story::Together { mut table, since, .. } => {
                table.remove(&leg);
                self.talk_on(world, table, since, reason);
            }
            Story::Held(held) if held.agent == leg => self.talk_on(world, held.waiting, held.since, reason),
            Story::Held(mut held) => {
                held.waiting.remove(&leg);
                match held.waiting.is_empty() {
                    true => self.hang_up(world, reason),
                    false => self.story = Story::Held(held),
                }
            }
            Story::Consult(consult) => self.leaves_consult(world, consult, gone, reason),
            // The carrier takes its customer out of our hands, without waiting for ours.
            Story::Handover(Handover {
                stage: Stage::Carrier { .. },
                ..
            }) if gone.refer.is_none() => {
                self.carried(world);
            }
            Story::Handover(mut handover) => {
                handover.waiting.remove(&leg);
                match handover.waiting.is_empty() {
                    true => self.hang_up(world, reason),
                    false => self.story = Story::Handover(handover),
                }
            }
            Story::Summons(_) | Story::Over => {}
        }
    }

    /// Those who stay talk with each other; one alone does not.
    pub fn talk_on(&mut self, world: &mut World<'_>, table: BTreeSet<LegId>, since: Time, reason: &str) {
        if table.len() < 2 {
            return self.hang_up(world, reason);
        }
        let names = self.names_of(&table);
        self.story = Story::of_table(table, since, self.story.host());
        world.tell(Weight::Story, Some(self.id), format!("{names} talk on"));
    }

    /// An agent has lost the colleague, or never got one: the others still wait, and do not go on air by
    /// themselves.
    pub fn is_alone(&mut self, agent: LegId, waiting: BTreeSet<LegId>, since: Time) {
        self.story = Story::Held(Held {
            agent,
            waiting,
            why: Aside::Alone,
            since,
        });
    }

    /// For the log: who these are.
    pub fn names_of(&self, legs: &BTreeSet<LegId>) -> String {
        let names = legs
            .iter()
            .filter_map(|leg| self.legs.get(leg))
            .map(|leg| leg.party.label());
        names.collect::<Vec<_>>().join(" and ")
    }

    fn leaves_consult(&mut self, world: &mut World<'_>, consult: Consult, gone: &Leg, reason: &str) {
        if gone.id == consult.agent {
            return self.agent_leaves_consult(world, consult, gone, reason);
        }
        if consult.waiting.contains(&gone.id) {
            return self.customer_leaves_consult(world, consult, gone.id, reason);
        }
        let Consult {
            agent,
            waiting,
            colleague,
            since,
        } = consult;
        match colleague {
            Colleague::Aside(_) => {
                let table = waiting.into_iter().chain([agent]).collect();
                self.talk_on(world, table, since, reason);
            }
            Colleague::With(_) | Colleague::Ringing(_) => self.is_alone(agent, waiting, since),
        }
    }

    /// An agent who hangs up while consulting has completed the transfer, also while the colleague's phones
    /// still ring.
    fn agent_leaves_consult(&mut self, world: &mut World<'_>, consult: Consult, agent: &Leg, reason: &str) {
        match consult.colleague {
            Colleague::With(colleague) | Colleague::Aside(colleague) => {
                let table = consult.waiting.into_iter().chain([colleague]).collect();
                self.is_given(world.now, colleague, agent.party.extension().map(str::to_owned));
                self.talk_on(world, table, consult.since, reason);
            }
            Colleague::Ringing(search) => {
                self.story = Story::Handover(Handover {
                    waiting: consult.waiting,
                    agent: None,
                    recall: agent.party.extension().map(str::to_owned),
                    stage: Stage::Target,
                    search,
                    since: consult.since,
                });
            }
        }
    }

    /// Agent and colleague may talk on, and they alone.
    fn customer_leaves_consult(
        &mut self,
        world: &mut World<'_>,
        mut consult: Consult,
        leg: LegId,
        reason: &str,
    ) {
        consult.waiting.remove(&leg);
        if !consult.waiting.is_empty() {
            self.story = Story::Consult(consult);
            return;
        }
        let (agent, since) = (consult.agent, consult.since);
        match consult.colleague {
            Colleague::With(colleague) | Colleague::Aside(colleague) => {
                self.talk_on(world, [agent, colleague].into(), since, reason);
                self.notifies(world.now, agent, Voice::Busy);
                self.notifies(world.now, colleague, Voice::Busy);
            }
            Colleague::Ringing(search) => {
                self.story = Story::Handover(Handover {
                    waiting: [agent].into(),
                    agent: None,
                    recall: None,
                    stage: Stage::Target,
                    search,
                    since,
                });
            }
        }
    }

    /// The one who has handed somebody on has gone: nobody waits for the outcome any more.
    fn transferor_leaves(&mut self, leg: LegId) {
        if let Story::Handover(handover) = &mut self.story {
            handover.agent = handover.agent.filter(|agent| *agent != leg);
        }
    }
}
