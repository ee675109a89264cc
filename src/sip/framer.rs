//! Cutting messages out of a byte stream (RFC 3261 §18.3, RFC 5626 §3.5.1).

use super::{Malformed, MessageLimits};
use bytes::Bytes;

/// The not yet complete part of one stream.
#[derive(Debug)]
pub struct Framer {}

/// What came out of the stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// One whole message.
    Message(Bytes),
    /// A double CRLF: the peer asks whether we live; answer with one CRLF (RFC 5626 §3.5.1).
    Ping,
}

impl Framer {
    /// A framer with nothing in it.
    pub fn new(limits: MessageLimits) -> Framer {
        todo!()
    }
    /// Takes what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        todo!()
    }
    /// The next frame, none if more bytes are needed. An error means that the stream cannot be
    /// understood any more and must be closed.
    pub fn next(&mut self) -> Result<Option<Frame>, Malformed> {
        todo!()
    }
}
