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
    /// The tapes that run: the conversation's, and that of the consult.
    pub fn tapes_that_run(&self) -> impl Iterator<Item = &Tape> {
        self.tape.iter().chain(&self.aside).filter(|tape| tape.runs())
    }

    /// The tape that hears those who talk: that of the consult as long as they do so in private, and the
    /// conversation's otherwise.
    pub fn tape_of_those_who_talk(&mut self) -> Option<&mut Tape> {
        let aside = self.private_side().and(self.aside.as_mut());
        let aside = aside.filter(|tape| tape.runs());
        aside.or(self.tape.as_mut().filter(|tape| tape.runs()))
    }

    /// What the tape of the private side hears, unless it is paused.
    pub fn aside_row(&self) -> Option<TapeRow> {
        let tape = self.aside.as_ref()?;
        let heard = self.private_side().into_iter().flatten();
        let speaks = |leg: &LegId| self.legs.get(leg).is_some_and(Leg::speaks);
        let is_left = |leg: &LegId| self.legs.get(leg).is_some_and(|leg| tape.is_left(leg));
        let (left, right) = heard.filter(speaks).partition(is_left);
        tape.row(left, right)
    }

    /// Each consult of a call that is recorded is a tape: it begins when the colleague answers, and ends with the
    /// consult.
    pub fn keep_aside(&mut self, world: &mut World<'_>) {
        let pause = self.pause().cloned();
        let is_recorded = self.tape.as_ref().is_some_and(Tape::runs);
        match (&self.story, self.private_side()) {
            (Story::Consult(_), Some(private)) if is_recorded => self.hears_in_private(world, private),
            (Story::Consult(_), None) if is_recorded => {}
            (_, _) => {
                if let Some(tape) = &mut self.aside {
                    tape.ends(world.now);
                }
            }
        }
        if let Some(pause) = pause {
            self.pause_goes_along(world.now, pause);
        }
    }

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

    fn hears_in_private(&mut self, world: &mut World<'_>, private: [LegId; 2]) {
        if world.config.recording.consult && !self.aside.as_ref().is_some_and(Tape::runs) {
            self.aside = Some(self.tape_of_consult(world, private));
        }
        let Some(tape) = self.aside.as_mut().filter(|tape| tape.runs()) else {
            return;
        };
        // Another phone of one of them may have taken it over.
        tape.has_only(world.now, &private.into());
        for leg in private {
            if let Some(leg) = self.legs.get(&leg) {
                tape.joins(world.now, leg);
            }
        }
    }

    fn tape_of_consult(&self, world: &mut World<'_>, [agent, _]: [LegId; 2]) -> Tape {
        let ruling = Ruling {
            allows: true,
            author: Author::House,
            key: "recording.consult".to_owned(),
        };
        let agent = self.legs.get(&agent).and_then(|leg| leg.party.extension());
        Tape {
            scope: Scope::Consult,
            caller: agent.map(str::to_owned),
            ..Tape::new(world.tape_id(), world.now, self.best_rate(), &ruling)
        }
    }
}
