//! What is worth telling: the log of a call reads like a story, and names the guilty.

use crate::id::ConversationId;
use std::fmt;

/// How much an event weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Of interest to somebody who looks closely.
    Detail,
    /// The story as it goes.
    Story,
    /// A peer misbehaved, or the configuration asks for something that cannot be.
    Warning,
    /// We are broken, or somebody's call is.
    Trouble,
    /// Somebody should look now: for money, or for a life.
    Alarm,
}

/// One sentence of the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// How much it weighs.
    pub weight: Weight,
    /// Which conversation it belongs to, if any.
    pub conversation: Option<ConversationId>,
    /// The sentence. No secret, no message body, no digits ever stand in it.
    pub text: String,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.conversation {
            Some(id) => write!(f, "{id}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}
