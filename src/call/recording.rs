//! The tape belongs to the conversation: what is recorded, and the story that stands beside the audio.

use crate::id::{ConversationId, TapeId};
use crate::time::Time;
use serde::{Deserialize, Serialize};

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
