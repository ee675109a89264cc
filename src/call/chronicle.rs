//! What the people do while they are on the tape: holds and transfers, noted as the story shows them.
//!
//! Nothing here is told by those who hold or hand on. After each step the story is looked at, and what is new in it
//! is written down, so that no way of asking can be forgotten.

use super::conversation::{Conversation, Story};
use super::leg::Leg;
use super::recording::Timeline;
use super::story::{Colleague, Consult, Handover, Stage};
use super::world::World;
use crate::id::LegId;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Somebody has put the others aside, by the phone or by order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Who.
    pub by: String,
    /// Since when.
    pub from: Time,
    /// Until when; none while it lasts.
    pub to: Option<Time>,
}

/// Somebody wants to hand the others on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// When it was asked for.
    pub at: Time,
    /// Who has asked.
    pub by: String,
    /// With a word to the colleague before, or without.
    pub kind: Kind,
    /// To whom, as it was dialled.
    pub to: String,
    /// What has come of it, and when; nothing yet if none.
    pub outcome: Option<(Time, Outcome)>,
}

/// The two ways to hand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// At once.
    Cold,
    /// After a word with the colleague.
    Warm,
}

/// What comes of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Who has asked is out of it, and the others talk.
    Done,
    /// The others are back with the one who has asked.
    Back,
    /// The conversation has ended with it.
    Over,
}

impl Conversation {
    /// Writes down on the tape what is new in the story.
    pub fn keep_chronicle(&mut self, world: &World<'_>) {
        let (holders, wanted, gone) = (self.holders(), self.wanted_transfer(), self.open_transfer_ends());
        let Some(tape) = self.tape.as_mut().filter(|tape| tape.runs()) else {
            return;
        };
        tape.timeline.holds_now(world.now, &holders);
        tape.timeline.transfers_now(world.now, wanted, gone);
    }

    /// An agent has connected its two calls, and is out of both.
    pub fn has_connected(&mut self, now: Time, agent: &str, to: String) {
        if let Some(tape) = self.tape.as_mut().filter(|tape| tape.runs()) {
            tape.timeline.transfers.push(Transfer {
                at: now,
                by: agent.to_owned(),
                kind: Kind::Warm,
                to,
                outcome: Some((now, Outcome::Done)),
            });
        }
    }

    fn holders(&self) -> BTreeSet<String> {
        let members = self.story.members();
        let holds = |leg: &&Leg| members.contains(&leg.id) && leg.is_talking() && leg.holds();
        let by_phone = self.legs.values().filter(holds).map(|leg| leg.id);
        let by_wish = self.story.held().map(|held| held.agent);
        by_phone.chain(by_wish).map(|leg| self.label(leg)).collect()
    }

    /// The transfer that is under way.
    fn wanted_transfer(&self) -> Option<(String, Kind, String)> {
        match &self.story {
            Story::Consult(Consult { agent, colleague, .. }) => {
                let to = match colleague {
                    Colleague::Ringing(search) => search.number.clone(),
                    Colleague::With(leg) | Colleague::Aside(leg) => self.label(*leg),
                };
                Some((self.label(*agent), Kind::Warm, to))
            }
            Story::Handover(Handover {
                agent,
                recall,
                search,
                stage: Stage::Target | Stage::Carrier { .. },
                ..
            }) => {
                let by = agent.map(|agent| self.label(agent)).or(recall.clone());
                Some((by.unwrap_or_default(), Kind::Cold, search.number.clone()))
            }
            Story::Summons(_)
            | Story::Handover(_)
            | Story::Ringing { .. }
            | Story::Pair { .. }
            | Story::Held(_)
            | Story::Together { .. }
            | Story::Over => None,
        }
    }

    /// What has come of a transfer that is not under way any more; none where three talk, who may still part.
    fn open_transfer_ends(&self) -> Option<Outcome> {
        let open = self.tape.as_ref()?.timeline.open_transfer()?;
        let members = self.story.members();
        let is_back = members.iter().any(|leg| self.label(*leg) == open.by);
        match &self.story {
            Story::Together { .. } if is_back => None,
            Story::Handover(_) | Story::Held(_) => Some(Outcome::Back),
            Story::Pair { .. } if is_back => Some(Outcome::Back),
            Story::Pair { .. } | Story::Together { .. } => Some(Outcome::Done),
            Story::Summons(_) | Story::Consult(_) | Story::Ringing { .. } | Story::Over => {
                Some(Outcome::Over)
            }
        }
    }

    fn label(&self, leg: LegId) -> String {
        let leg = self.legs.get(&leg);
        leg.map(|leg| leg.party.label().to_owned()).unwrap_or_default()
    }
}

impl Timeline {
    fn open_transfer(&self) -> Option<&Transfer> {
        self.transfers
            .last()
            .filter(|transfer| transfer.outcome.is_none())
    }

    fn holds_now(&mut self, now: Time, holders: &BTreeSet<String>) {
        for open in self.holds.iter_mut().filter(|hold| hold.to.is_none()) {
            open.to = (!holders.contains(&open.by)).then_some(now);
        }
        for by in holders {
            let is_known = |hold: &Hold| hold.to.is_none() && hold.by == *by;
            if !self.holds.iter().any(is_known) {
                let (by, from, to) = (by.clone(), now, None);
                self.holds.push(Hold { by, from, to });
            }
        }
    }

    fn transfers_now(&mut self, now: Time, wanted: Option<(String, Kind, String)>, gone: Option<Outcome>) {
        let open = self
            .transfers
            .last_mut()
            .filter(|transfer| transfer.outcome.is_none());
        match (open, wanted) {
            // A colleague who has answered is still the one who was asked, whatever number was dialled; and an
            // agent who leaves while the phones ring has asked all the same.
            (Some(open), Some((by, ..))) if open.by == by => {}
            (open, wanted) => {
                if let (Some(open), Some(outcome)) = (open, gone) {
                    open.outcome = Some((now, outcome));
                }
                self.transfers.extend(wanted.map(|(by, kind, to)| Transfer {
                    at: now,
                    by,
                    kind,
                    to,
                    outcome: None,
                }));
            }
        }
    }
}
