//! One conversation: its legs, its story, and its tape.

use super::caller_id::CallerId;
use super::leg::{Leg, LegState, Side};
use super::recording::{Tape, TapeStory};
use super::recording_rule::Rule;
pub use super::story::Story;
use crate::config::valid::WaitsWith;
use crate::id::{ConversationId, LegId};
use crate::time::Time;
use crate::wiring::Keys;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

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
    /// What the agent who calls the world outside shows of us; none in all other calls.
    #[serde(default)]
    pub caller_id: Option<CallerId>,
    /// Its legs, in the order in which they joined.
    pub legs: BTreeMap<LegId, Leg>,
    /// What the people are doing.
    pub story: Story,
    /// Whether it is recorded, and by whose rule; none before it is answered.
    #[serde(default)]
    pub rule: Option<Rule>,
    /// Its recording, if there is one.
    pub tape: Option<Tape>,
    /// The recording of the private consult that is under way, or of the last one.
    #[serde(default)]
    pub aside: Option<Tape>,
    /// How long a party whom somebody hears may send nothing before it is taken for gone; none for ever.
    #[serde(default)]
    pub no_media: Option<Duration>,
    /// The keys with which a feature code of an agent begins.
    #[serde(default)]
    pub listens_for: Keys,
    /// What those hear who were handed on, once it rings for them.
    #[serde(default)]
    pub waits_with: WaitsWith,
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

impl Conversation {
    /// The stories of its tapes, as they stand beside the audio.
    pub fn tape_stories(&self) -> Vec<TapeStory> {
        let tapes = self.tape.iter().chain(&self.aside);
        tapes.map(|tape| tape.story(self)).collect()
    }

    /// When it wants to be looked at again.
    pub fn deadline(&self) -> Option<Time> {
        let story = [
            self.story.rings_until(),
            self.story.dials_until(),
            self.paused_until(),
        ];
        let legs = self.legs.values().flat_map(|leg| {
            [
                leg.deadline(),
                leg.keying.until(),
                leg.notice.map(|notice| notice.until),
            ]
        });
        legs.chain(story).flatten().min()
    }

    /// The leg of the customer, who is outside of the house; none in an internal call, and none once the customer
    /// has left. Where two are outside, because a phone has forwarded the call, it is the caller.
    pub fn customer(&self) -> Option<&Leg> {
        let members = self.story.members();
        let is_here = |leg: &&Leg| members.contains(&leg.id) || matches!(leg.state, LegState::Asked { .. });
        let mut customers = self.legs.values().filter(|leg| leg.side == Side::Customer);
        customers.find(is_here)
    }

    /// The legs that ring, or are about to.
    pub fn rung(&self) -> impl Iterator<Item = &Leg> {
        self.legs
            .values()
            .filter(|leg| matches!(leg.state, LegState::Asked { .. }))
    }

    /// Whether nothing at all is left of it.
    pub fn is_gone(&self) -> bool {
        self.story == Story::Over && self.legs.is_empty()
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
