//! Tapes that have to do with each other: of calls that become one, and of a call that somebody makes while another call of
//! the same extension waits. Each says so of the other, so that either is found from the other.

use super::conversation::Conversation;
use super::recording::Tape;
use crate::id::TapeId;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Another tape that has to do with this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// In which way.
    pub how: Relation,
    /// The other tape.
    pub tape: TapeId,
    /// When that began, which is a part of its name on the disk.
    pub started: Time,
}

/// In which way another tape has to do with this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Relation {
    /// It ran when this one began, with the same agent in both: this is a call on another line.
    During,
    /// It began while this one ran, with the same agent in both.
    Meanwhile,
    /// Those whom it heard went over to that one.
    GoesOnIn,
    /// Those whom that one heard came over to this one.
    CameFrom,
}

impl Tape {
    fn relates(&mut self, how: Relation, (tape, started): (TapeId, Time)) {
        let related = Related { how, tape, started };
        if !self.timeline.related.contains(&related) {
            self.timeline.related.push(related);
        }
    }

    fn name(&self) -> (TapeId, Time) {
        (self.id, self.started)
    }
}

impl Conversation {
    /// The people of another conversation come over to this one.
    pub fn joins_tapes(&mut self, other: &mut Conversation) {
        let (Some(here), Some(there)) = (self.running_tape(), other.running_tape()) else {
            return;
        };
        let (name, of_other) = (here.name(), there.name());
        here.relates(Relation::CameFrom, of_other);
        there.relates(Relation::GoesOnIn, name);
    }

    /// The tape of this conversation has just begun. Whether an agent of it is on the running tape of the other one as well,
    /// and has made this call meanwhile.
    pub fn is_meanwhile(&mut self, other: &mut Conversation) -> bool {
        let is_of_both = !self.extensions().is_disjoint(&other.extensions());
        let (true, Some(here), Some(there)) = (is_of_both, self.running_tape(), other.running_tape()) else {
            return false;
        };
        let (name, of_other) = (here.name(), there.name());
        here.relates(Relation::During, of_other);
        there.relates(Relation::Meanwhile, name);
        true
    }

    fn running_tape(&mut self) -> Option<&mut Tape> {
        self.tape.as_mut().filter(|tape| tape.runs())
    }

    fn extensions(&self) -> BTreeSet<&str> {
        let members = self.story.members();
        let legs = members.iter().filter_map(|leg| self.legs.get(leg));
        legs.filter_map(|leg| leg.party.extension()).collect()
    }
}
