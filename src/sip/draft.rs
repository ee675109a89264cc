//! Writing a message: fields in the order in which they are given, Content-Length last and always true.

use super::{Message, Method, Name, Uri};
use std::fmt::Display;

/// A message being written.
#[derive(Clone, Debug)]
pub struct Draft {}

impl Draft {
    /// A request; every field is the caller's to give.
    pub fn request(method: &Method, uri: &Uri) -> Draft {
        todo!()
    }
    /// A response to `request`: Via (all, unchanged order), From, To, Call-ID and CSeq copied as they
    /// were written (RFC 3261 §8.2.6.2); Record-Route copied where a dialog may come of it (§12.1.1).
    pub fn response(request: &Message, status: u16, reason: &str) -> Draft {
        todo!()
    }
    /// Appends a field. CR, LF and NUL in the value become spaces.
    #[must_use]
    pub fn with(self, name: Name, value: impl Display) -> Draft {
        todo!()
    }
    /// Puts a field before all others of its name, or first of all.
    #[must_use]
    pub fn with_first(self, name: Name, value: impl Display) -> Draft {
        todo!()
    }
    /// Gives the To field of a response this tag, unless it has one already.
    #[must_use]
    pub fn to_tag(self, tag: &str) -> Draft {
        todo!()
    }
    /// Sets Content-Type and body.
    #[must_use]
    pub fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Draft {
        todo!()
    }
    /// The finished message.
    pub fn finish(self) -> Message {
        todo!()
    }
}
