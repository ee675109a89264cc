//! One conversation: its legs, its story, and the wiring that follows from both.

use super::leg::{Leg, Party};
use super::recording::{Tape, TapeStory};
use crate::id::{ConversationId, LegId};
use crate::time::Time;
use crate::wiring::{Row, TapeRow, Voice, Wiring};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The people who may talk with each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Conversation {
    /// Its name.
    pub id: ConversationId,
    /// Which side of the house it began on.
    pub course: Course,
    /// When it began.
    pub began: Time,
    /// Our number: the DID or extension that was called, or the caller ID that is shown.
    pub our_number: String,
    /// Its legs, in the order in which they joined.
    pub legs: BTreeMap<LegId, Leg>,
    /// What the people are doing.
    pub story: Story,
    /// Its recording, if there is one.
    pub tape: Option<Tape>,
}

/// Which side of the house a conversation began on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Course {
    /// A trunk called us.
    Incoming,
    /// An extension called the world.
    Outgoing,
    /// An extension called another.
    Internal,
}

/// What the people are doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Story {
    /// The caller waits while phones ring.
    Ringing {
        /// Who calls.
        caller: LegId,
        /// When we stop ringing.
        until: Time,
        /// The best of the refusals so far, should all refuse.
        refusal: Option<u16>,
    },
    /// Two talk.
    Pair {
        /// Who called.
        caller: LegId,
        /// Who answered.
        called: LegId,
        /// Since when.
        since: Time,
    },
    /// Everybody has been told that it is over; the last words of the protocol are outstanding.
    Over,
}

impl Conversation {
    /// Who hears whom. This is the whole table of the design, and it is never remembered.
    pub fn wiring(&self) -> Wiring {
        let with_port = self.legs.values().filter(|leg| leg.has_port());
        let rows = with_port.map(|leg| Row {
            leg: leg.id,
            port: leg.port(),
            hears: self.hears(leg),
        });
        Wiring {
            rows: rows.collect(),
            tape: self.tape_row(),
        }
    }

    /// The story of its tape, as it stands beside the audio.
    pub fn tape_story(&self) -> Option<TapeStory> {
        self.tape.as_ref().map(|tape| tape.story(self))
    }

    /// When it wants to be looked at again.
    pub fn deadline(&self) -> Option<Time> {
        let ring = match self.story {
            Story::Ringing { until, .. } => Some(until),
            Story::Pair { .. } | Story::Over => None,
        };
        self.legs.values().filter_map(Leg::deadline).chain(ring).min()
    }

    /// The leg of the customer, who is outside of the house; none in an internal call.
    pub fn customer(&self) -> Option<&Leg> {
        self.legs
            .values()
            .find(|leg| matches!(leg.party, Party::Outside { .. }))
    }

    /// The other one of a pair.
    pub fn partner(&self, leg: LegId) -> Option<LegId> {
        match self.story {
            Story::Pair { caller, called, .. } if leg == caller => Some(called),
            Story::Pair { caller, called, .. } if leg == called => Some(caller),
            Story::Pair { .. } | Story::Ringing { .. } | Story::Over => None,
        }
    }

    /// The legs that ring, or are about to.
    pub fn rung(&self) -> impl Iterator<Item = &Leg> {
        self.legs
            .values()
            .filter(|leg| matches!(leg.state, super::leg::LegState::Asked { .. }))
    }

    /// Whether nothing at all is left of it.
    pub fn is_gone(&self) -> bool {
        self.story == Story::Over && self.legs.is_empty()
    }

    fn hears(&self, leg: &Leg) -> Vec<Voice> {
        let voice = match self.story {
            Story::Ringing { caller, .. } if caller == leg.id => self.ringing_sound(),
            Story::Ringing { .. } | Story::Over => None,
            Story::Pair { .. } => self.partner(leg.id).and_then(|other| self.voice_of(other)),
        };
        voice.filter(|_| leg.listens()).into_iter().collect()
    }

    /// A caller hears the network's own sounds if the called side sends any, and our ringing tone otherwise.
    fn ringing_sound(&self) -> Option<Voice> {
        let early = self.rung().find(|leg| leg.speaks()).map(|leg| Voice::Leg(leg.id));
        early.or_else(|| self.rung().any(Leg::is_ringing).then_some(Voice::Ringback))
    }

    fn voice_of(&self, leg: LegId) -> Option<Voice> {
        let leg = self.legs.get(&leg)?;
        if leg.holds() {
            return Some(Voice::Music);
        }
        leg.speaks().then_some(Voice::Leg(leg.id))
    }

    fn tape_row(&self) -> Option<TapeRow> {
        let tape = self.tape.as_ref()?;
        let Story::Pair { .. } = self.story else {
            return None;
        };
        let speaking = || self.legs.values().filter(|leg| leg.is_talking() && leg.speaks());
        let side = |outside: bool| {
            let of_side = speaking().filter(|leg| matches!(leg.party, Party::Outside { .. }) == outside);
            of_side.map(|leg| leg.id).collect()
        };
        Some(TapeRow {
            tape: tape.id,
            started: tape.started,
            left: side(true),
            right: side(false),
        })
    }
}

impl fmt::Display for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Course::Incoming => "incoming",
            Course::Outgoing => "outgoing",
            Course::Internal => "internal",
        })
    }
}
