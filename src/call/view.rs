//! The switch as seen from outside: what the control interface shows, as plain data.

use crate::id::{ConversationId, LegId};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// How are we?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusView {
    /// When this switch started.
    pub started: Time,
    /// Live conversations.
    pub calls: usize,
    /// How many there may be.
    pub max_calls: usize,
    /// Registered contacts.
    pub registrations: usize,
    /// Transactions under way.
    pub transactions: usize,
    /// RTP ports in use.
    pub ports: usize,
    /// RTP ports in all (one per leg).
    pub max_ports: usize,
}

/// One live conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallView {
    /// Its name for `hangup`.
    pub id: ConversationId,
    /// "incoming", "outgoing" or "internal".
    pub direction: String,
    /// The story, in a word or two: "ringing", "talking", "held by 1001" …
    pub story: String,
    /// When it began.
    pub began: Time,
    /// When it was answered, if it was.
    pub answered: Option<Time>,
    /// Whether it is being recorded now.
    pub recorded: bool,
    /// The legs, caller first.
    pub legs: Vec<LegView>,
}

/// One leg of a live conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegView {
    /// Its name.
    pub id: LegId,
    /// An extension's number, or the number outside.
    pub party: String,
    /// The trunk it goes over, if it does.
    pub trunk: Option<String>,
    /// Where its signalling goes: "udp 192.0.2.11:5060".
    pub peer: String,
    /// "calling", "ringing", "talking", "holding" …
    pub state: String,
    /// The codec, if agreed.
    pub codec: Option<String>,
    /// Whom it hears, in words.
    pub hears: Vec<String>,
}

/// One registered contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationView {
    /// The extension.
    pub extension: String,
    /// The contact URI as the phone gave it.
    pub contact: String,
    /// Over which way it is reached: "udp 192.0.2.11:5060".
    pub flow: String,
    /// What the phone calls itself (User-Agent).
    pub user_agent: String,
    /// When it ends unless refreshed.
    pub expires: Time,
}

/// One trunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrunkView {
    /// Its name in the configuration.
    pub name: String,
    /// Host and port in the configuration.
    pub address: String,
    /// The flow that its calls take, if its name could be resolved.
    pub flow: Option<String>,
    /// Live calls over it.
    pub calls: usize,
}
