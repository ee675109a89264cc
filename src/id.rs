//! Names for the things that live longer than one message.
//!
//! All of them are plain counters handed out by the switch, so that two runs of the same story name
//! the same things alike, and a snapshot needs no pointers.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $letter:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{}"), self.0)
            }
        }
    };
}

id!(
    /// One conversation: the people who may talk with each other, through every transfer.
    ConversationId,
    "c"
);
id!(
    /// One leg: our dialog with one phone or trunk, and the media port that belongs to it.
    LegId,
    "l"
);
id!(
    /// One tape: the recording of one conversation.
    TapeId,
    "t"
);
