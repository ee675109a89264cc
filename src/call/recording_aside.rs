//! The private consult as a recording of its own, where the house wants one. It is marked as such, and nothing of it
//! is ever on the tape of the conversation.

use super::conversation::{Conversation, Story};
use super::leg::Leg;
use super::recording::{Scope, Tape};
use super::recording_rule::{Author, Ruling};
use super::story::{Colleague, Consult};
use super::world::World;
use crate::id::LegId;
use crate::wiring::TapeRow;

impl Conversation {
    /// Who talk in private now, those who ask first; none if nobody does.
    fn private_side(&self) -> Option<[LegId; 2]> {
        match &self.story {
            Story::Consult(Consult {
                agent,
                colleague: Colleague::With(colleague),
                ..
            }) => Some([*agent, *colleague]),
            Story::Consult(_)
            | Story::Ringing { .. }
            | Story::Summons(_)
            | Story::Pair { .. }
            | Story::Held(_)
            | Story::Together { .. }
            | Story::Handover(_)
            | Story::Over => None,
        }
    }

    /// What the tape of the private side hears, unless the recording is paused.
    pub fn aside_row(&self) -> Option<TapeRow> {
        let tape = self.aside.as_ref()?;
        let heard = self.private_side().filter(|_| self.pause().is_none());
        let speaks = |leg: &LegId| self.legs.get(leg).is_some_and(Leg::speaks);
        let heard = heard.into_iter().flatten().filter(speaks);
        let is_left = |leg: &LegId| self.legs.get(leg).is_some_and(|leg| tape.is_left(leg));
        let (left, right) = heard.partition(is_left);
        tape.row(left, right)
    }

    /// Each consult is a tape: it begins when the colleague answers, and ends with the consult.
    pub fn keep_aside(&mut self, world: &mut World<'_>) {
        let is_recorded = self.tape.as_ref().is_some_and(|tape| tape.ended.is_none());
        let private = self.private_side();
        let runs = self.aside.as_ref().is_some_and(|tape| tape.ended.is_none());
        match (&self.story, private) {
            (_, Some([agent, _])) if !runs && is_recorded && world.config.recording.consult => {
                let ruling = Ruling {
                    allows: true,
                    author: Author::House,
                    key: "recording.consult".to_owned(),
                };
                let mut tape = Tape::new(world.tape_id(), world.now, self.best_rate(), &ruling);
                tape.scope = Scope::Consult;
                tape.caller = self
                    .legs
                    .get(&agent)
                    .and_then(|leg| leg.party.extension())
                    .map(str::to_owned);
                self.aside = Some(tape);
            }
            (Story::Consult(_), _) => {}
            (_, _) => {
                if let Some(tape) = &mut self.aside {
                    tape.ends(world.now);
                }
            }
        }
        let Some(tape) = self.aside.as_mut().filter(|tape| tape.ended.is_none()) else {
            return;
        };
        for leg in private.into_iter().flatten() {
            if let Some(leg) = self.legs.get(&leg) {
                tape.joins(world.now, leg);
            }
        }
    }
}
