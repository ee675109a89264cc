//! One SIP message: the bytes as they came, and an index into them.

use super::{Address, CSeq, Method, Name, Uri, Via};
use bytes::Bytes;

/// What we accept of one message, so that no sender can make us work without end.
#[derive(Clone, Debug)]
pub struct MessageLimits {
    /// The whole message, start line to end of body.
    pub message_bytes: usize,
    /// Header fields, each line counted once.
    pub header_fields: usize,
}

/// Why some bytes are not a SIP message, and what may be said back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Malformed {
    /// What is wrong, in words for the log and for a Reason phrase.
    pub what: &'static str,
    /// The status with which to refuse it, if it is a request with enough in it to be answered.
    pub status: u16,
}

/// One message: lossless, lazily typed. Cloning is cheap (the bytes are shared).
///
/// Serialises as text in which every byte is the character of the same number (Latin-1), which loses
/// nothing and stays readable in a snapshot.
#[derive(Clone)]
pub struct Message {}

impl Message {
    /// Reads one datagram, or one message cut out of a stream by the framer.
    /// Octets after the body of a datagram are dropped (RFC 3261 §18.3).
    pub fn parse(bytes: Bytes, limits: &MessageLimits) -> Result<Message, Malformed> {
        todo!()
    }
    /// The bytes as they came or as they go.
    pub fn bytes(&self) -> &Bytes {
        todo!()
    }
    /// Whether it is a request.
    pub fn is_request(&self) -> bool {
        todo!()
    }
    /// The method of a request; of a response, the method in its CSeq.
    pub fn method(&self) -> Method {
        todo!()
    }
    /// The status code of a response (100..=699); none for a request.
    pub fn status(&self) -> Option<u16> {
        todo!()
    }
    /// The reason phrase of a response, lossily decoded; empty for a request.
    pub fn reason(&self) -> &str {
        todo!()
    }
    /// The Request-URI of a request.
    pub fn uri(&self) -> Result<Uri, Malformed> {
        todo!()
    }
    /// The first field of this name: the value unfolded and trimmed, if it is UTF-8.
    pub fn text(&self, name: Name) -> Option<&str> {
        todo!()
    }
    /// Every value of this name in order, comma-separated lists taken apart (RFC 3261 §7.3.1).
    pub fn list(&self, name: Name) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }
    /// All fields in their order: name as written, value as written.
    pub fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        std::iter::empty()
    }
    /// The From field.
    pub fn from(&self) -> Result<Address, Malformed> {
        todo!()
    }
    /// The To field.
    pub fn to(&self) -> Result<Address, Malformed> {
        todo!()
    }
    /// The Call-ID.
    pub fn call_id(&self) -> Result<&str, Malformed> {
        todo!()
    }
    /// The CSeq.
    pub fn cseq(&self) -> Result<CSeq, Malformed> {
        todo!()
    }
    /// The topmost Via.
    pub fn via(&self) -> Result<Via, Malformed> {
        todo!()
    }
    /// The Contact addresses; `*` is not among them, see [`Message::text`].
    pub fn contacts(&self) -> Result<Vec<Address>, Malformed> {
        todo!()
    }
    /// The value of a field that is one decimal number (Expires, Max-Forwards, Min-Expires …).
    pub fn number(&self, name: Name) -> Option<u32> {
        todo!()
    }
    /// Whether a comma list of tokens (Supported, Require, Allow …) holds this one.
    pub fn has_token(&self, name: Name, token: &str) -> bool {
        todo!()
    }
    /// The body.
    pub fn body(&self) -> &[u8] {
        todo!()
    }
}
