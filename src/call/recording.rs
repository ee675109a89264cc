//! The tape belongs to the conversation: what is recorded, and the story that stands beside the audio.

use super::conversation::{Conversation, Course};
use super::leg::{Leg, Side};
use super::world::World;
use crate::config::valid::Recording;
use crate::id::{ConversationId, LegId, TapeId};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The recording of one conversation, from its first word to its last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tape {
    /// Its name.
    pub id: TapeId,
    /// When its timeline began.
    pub started: Time,
    /// When it ended; none while it runs.
    pub ended: Option<Time>,
    /// Why it ended, in the words of a Reason header field (RFC 3326); while it runs, why somebody left last.
    #[serde(default)]
    pub reason: Option<String>,
    /// The rule that decided that there is one.
    pub policy: String,
    /// Who was in, and when.
    pub parties: BTreeMap<LegId, TapeParty>,
}

/// The story of one tape, kept as JSON beside the WAV. Each new one replaces the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TapeStory {
    /// Which tape.
    pub tape: TapeId,
    /// The conversation it belongs to.
    pub conversation: ConversationId,
    /// "incoming" or "outgoing".
    pub direction: String,
    /// When the timeline began: sample 0.
    pub started: Time,
    /// When it ended; none while it runs. After this the file is finished.
    pub ended: Option<Time>,
    /// Why it ended, in the words of a Reason header field (RFC 3326); none while it runs.
    pub reason: Option<String>,
    /// The number outside (the customer).
    pub customer: String,
    /// Our number: the DID that was called, or the caller ID that was shown.
    pub our_number: String,
    /// The rule that decided that there is a tape, in the configuration's words.
    pub policy: String,
    /// Who was in, and when.
    pub parties: Vec<TapeParty>,
}

/// One party's stay in the conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TapeParty {
    /// An extension's number, or the number outside.
    pub party: String,
    /// The name, if we know one.
    pub name: String,
    /// "left" (the customer) or "right" (our side).
    pub channel: String,
    /// When the party joined.
    pub joined: Time,
    /// When the party left; none while it is there.
    pub left: Option<Time>,
}

/// The rule that wants this course of conversation on tape, in the configuration's words; none if no rule
/// does.
pub fn policy(recording: &Recording, course: Course) -> Option<&'static str> {
    match course {
        Course::Incoming if recording.incoming => Some("recording.incoming = true"),
        Course::Outgoing if recording.outgoing => Some("recording.outgoing = true"),
        Course::Incoming | Course::Outgoing | Course::Internal => None,
    }
}

impl Conversation {
    /// The recording begins, if the rules want one.
    pub fn start_tape(&mut self, world: &mut World<'_>) {
        if self.tape.is_some() {
            return;
        }
        let Some(policy) = policy(&world.config.recording, self.course) else {
            return;
        };
        self.tape = Some(Tape::new(world.tape_id(), world.now, policy));
    }

    /// Somebody leaves for this reason; should it be the end of the tape, that is why.
    pub fn tape_ends_because(&mut self, reason: &str) {
        if let Some(tape) = self.tape.as_mut().filter(|tape| tape.ended.is_none()) {
            tape.reason = Some(reason.to_owned());
        }
    }
}

impl Tape {
    /// A tape that begins now, with nobody on it.
    pub fn new(id: TapeId, now: Time, policy: &str) -> Tape {
        Tape {
            id,
            started: now,
            ended: None,
            reason: None,
            policy: policy.to_owned(),
            parties: BTreeMap::new(),
        }
    }

    /// Somebody has joined.
    pub fn joins(&mut self, now: Time, leg: &Leg) {
        let channel = match leg.side {
            Side::Customer => "left",
            Side::House => "right",
        };
        let identity = leg.party.identity();
        let party = TapeParty {
            party: identity.number.clone(),
            name: identity.name.clone(),
            channel: channel.to_owned(),
            joined: now,
            left: None,
        };
        self.parties.entry(leg.id).or_insert(party);
    }

    /// Somebody has left.
    pub fn leaves(&mut self, now: Time, leg: LegId) {
        if let Some(party) = self.parties.get_mut(&leg) {
            party.left.get_or_insert(now);
        }
    }

    /// The conversation is over.
    pub fn ends(&mut self, now: Time) {
        self.ended.get_or_insert(now);
        for party in self.parties.values_mut() {
            party.left.get_or_insert(now);
        }
    }

    /// Its story, as it stands beside the audio.
    pub fn story(&self, conversation: &Conversation) -> TapeStory {
        let customer = self.parties.values().find(|party| party.channel == "left");
        TapeStory {
            tape: self.id,
            conversation: conversation.id,
            direction: conversation.course.to_string(),
            started: self.started,
            ended: self.ended,
            reason: self.ended.and(self.reason.clone()),
            customer: customer.map(|party| party.party.clone()).unwrap_or_default(),
            our_number: conversation.our_number.clone(),
            policy: self.policy.clone(),
            parties: self.parties.values().cloned().collect(),
        }
    }
}
