//! What the people do while they are on the tape: holds and transfers, noted as the story shows them.
//!
//! Nothing here is told by those who hold or hand on. After each step the story is looked at, and what is new in it
//! is written down, so that no way of asking can be forgotten.

use super::conversation::{Conversation, Story};
use super::leg::Leg;
use super::recording::Timeline;
use super::story::{Colleague, Handover, Stage};
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
    /// Who is handed on.
    #[serde(default)]
    pub who: BTreeSet<String>,
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
    /// Those who were to be handed on have left, or the recording has ended.
    Over,
}

/// What the story says about a transfer.
struct Wish {
    by: String,
    kind: Kind,
    to: String,
    who: BTreeSet<String>,
}

impl Conversation {
    /// Writes down on the tape what is new in the story.
    pub fn keep_chronicle(&mut self, world: &World<'_>) {
        let (holders, wish) = (self.holders(), self.wish());
        let open = self.tape.as_ref().and_then(|tape| tape.timeline.open_transfer());
        let ending = open.and_then(|open| self.ending(open));
        let Some(tape) = self.tape.as_mut().filter(|tape| tape.runs()) else {
            return;
        };
        tape.timeline.holds_now(world.now, &holders);
        if let Some(outcome) = ending {
            tape.timeline.transfer_ends(world.now, outcome);
        }
        if tape.timeline.open_transfer().is_none() {
            tape.timeline
                .transfers
                .extend(wish.map(|wish| Transfer::new(world.now, wish)));
        }
    }

    /// An agent has connected its two calls, and is out of both. A colleague whom it asked in private meanwhile need not
    /// come; one with whom all talked stays.
    pub fn has_connected(&mut self, now: Time, agent: &str, to: String, who: &BTreeSet<LegId>) {
        let before = match self.story {
            Story::Together { .. } => Outcome::Done,
            Story::Summons(_)
            | Story::Ringing { .. }
            | Story::Pair { .. }
            | Story::Held(_)
            | Story::Consult(_)
            | Story::Handover(_)
            | Story::Over => Outcome::Back,
        };
        let wish = Wish {
            by: agent.to_owned(),
            kind: Kind::Warm,
            to,
            who: self.labels(who),
        };
        if let Some(tape) = self.tape.as_mut().filter(|tape| tape.runs()) {
            tape.timeline.transfer_ends(now, before);
            tape.timeline.transfers.push(Transfer::new(now, wish));
            tape.timeline.transfer_ends(now, Outcome::Done);
        }
    }

    /// A carrier has connected those who waited: they are handed on, and have left with that.
    pub fn has_carried(&mut self, now: Time) {
        if let Some(tape) = self.tape.as_mut().filter(|tape| tape.runs()) {
            tape.timeline.transfer_ends(now, Outcome::Done);
        }
    }

    fn holders(&self) -> BTreeSet<String> {
        let members = self.story.members();
        let holds = |leg: &&Leg| members.contains(&leg.id) && leg.is_talking() && leg.holds();
        let by_phone = self.legs.values().filter(holds).map(|leg| leg.id);
        let by_wish = self.story.held().map(|held| held.agent);
        by_phone.chain(by_wish).map(|leg| self.label(leg)).collect()
    }

    /// The transfer that somebody wants now.
    fn wish(&self) -> Option<Wish> {
        match &self.story {
            Story::Consult(consult) => Some(Wish {
                by: self.label(consult.agent),
                kind: Kind::Warm,
                to: match &consult.colleague {
                    Colleague::Ringing(search) => search.number.clone(),
                    Colleague::With(leg) | Colleague::Aside(leg) => self.label(*leg),
                },
                who: self.labels(&consult.waiting),
            }),
            Story::Handover(handover) => match handover.stage {
                Stage::Target | Stage::Carrier { .. } => Some(Wish {
                    by: self.who_hands_on(handover)?,
                    kind: Kind::Cold,
                    to: handover.search.number.clone(),
                    who: self.labels(&handover.waiting),
                }),
                Stage::Recall | Stage::Fallback => None,
            },
            Story::Summons(_)
            | Story::Ringing { .. }
            | Story::Pair { .. }
            | Story::Held(_)
            | Story::Together { .. }
            | Story::Over => None,
        }
    }

    /// What has come of a transfer; nothing yet if it is under way, if those whom it is about wait for somebody to come
    /// instead, or if all talk with each other, who may still part.
    fn ending(&self, open: &Transfer) -> Option<Outcome> {
        let members = self.story.members();
        let here = self.labels(&members);
        if here.is_disjoint(&open.who) {
            return Some(Outcome::Over);
        }
        let goes_on = match &self.story {
            Story::Consult(consult) => self.label(consult.agent) == open.by,
            Story::Handover(handover) => self.is_under_way(open, handover),
            // A colleague who was asked has come; without one the others are simply back.
            Story::Together { .. } => {
                let has_come = here
                    .iter()
                    .any(|name| *name != open.by && !open.who.contains(name));
                here.contains(&open.by) && open.kind == Kind::Warm && has_come
            }
            Story::Summons(_) | Story::Ringing { .. } | Story::Pair { .. } | Story::Held(_) | Story::Over => {
                false
            }
        };
        let hands_on = self.story.handover().and_then(|it| self.who_hands_on(it));
        match goes_on {
            true => None,
            false if here.contains(&open.by) || hands_on.as_ref() == Some(&open.by) => Some(Outcome::Back),
            false => Some(Outcome::Done),
        }
    }

    /// Whether a handover is this transfer, be it that somebody is rung by now because it has come to nothing.
    fn is_under_way(&self, open: &Transfer, handover: &Handover) -> bool {
        let is_meant = match handover.stage {
            Stage::Target | Stage::Carrier { .. } => handover.search.number == open.to,
            Stage::Recall | Stage::Fallback => true,
        };
        let by = self.who_hands_on(handover);
        is_meant && by.is_none_or(|by| by == open.by) && !self.labels(&handover.waiting).contains(&open.by)
    }

    /// Who hands on; none if an outsider has, and has gone.
    fn who_hands_on(&self, handover: &Handover) -> Option<String> {
        let agent = handover.agent.map(|agent| self.label(agent));
        agent.or_else(|| handover.recall.clone())
    }

    fn labels(&self, legs: &BTreeSet<LegId>) -> BTreeSet<String> {
        legs.iter().map(|leg| self.label(*leg)).collect()
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

    /// The transfer that is under way, if there is one, has come to this.
    pub fn transfer_ends(&mut self, now: Time, outcome: Outcome) {
        let open = self.transfers.last_mut();
        if let Some(open) = open.filter(|transfer| transfer.outcome.is_none()) {
            open.outcome = Some((now, outcome));
        }
    }
}

impl Transfer {
    fn new(at: Time, wish: Wish) -> Transfer {
        let Wish { by, kind, to, who } = wish;
        Transfer {
            at,
            by,
            kind,
            to,
            who,
            outcome: None,
        }
    }
}
