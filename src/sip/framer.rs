//! Cutting messages out of a byte stream (RFC 3261 §18.3, RFC 5626 §3.5.1).

#[cfg(test)]
mod tests;

use super::message::Head;
use super::{Malformed, MessageLimits};
use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr;

/// The not yet complete part of one stream.
///
/// Drain it with [`Framer::next_frame`] after every [`Framer::push`]: then it never holds more than one unfinished
/// message, and that is bounded by the limits.
#[derive(Debug)]
pub struct Framer {
    limits: MessageLimits,
    buffer: BytesMut,
    waiting: Waiting,
}

/// What came out of the stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// One whole message.
    Message(Bytes),
    /// A double CRLF: the peer asks whether we live; answer with one CRLF (RFC 5626 §3.5.1).
    Ping,
}

/// What the framer waits for.
#[derive(Debug)]
enum Waiting {
    /// Anything but an empty line.
    Start,
    /// The empty line that ends the header section.
    HeadEnd {
        /// Where the line begins that is not yet known to be the last.
        line: usize,
        /// Up to here it holds no line end.
        scanned: usize,
    },
    /// So many bytes, the whole message.
    Message { bytes: usize },
    /// Nothing more: the stream cannot be understood.
    Nothing(Malformed),
}

impl Framer {
    /// A framer with nothing in it.
    pub fn new(limits: MessageLimits) -> Framer {
        Framer {
            limits,
            buffer: BytesMut::new(),
            waiting: Waiting::Start,
        }
    }

    /// Takes what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        match self.waiting {
            Waiting::Start | Waiting::HeadEnd { .. } | Waiting::Message { .. } => {
                self.buffer.extend_from_slice(bytes);
            }
            Waiting::Nothing(_) => {}
        }
    }

    /// The next frame, none if more bytes are needed. An error means that the stream cannot be
    /// understood any more and must be closed. A message whose end nobody can know comes first, as far as its
    /// header section goes, so that it can be refused.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, Malformed> {
        let frame = self.step();
        if let Err(malformed) = &frame {
            self.waiting = Waiting::Nothing(*malformed);
            self.buffer = BytesMut::new();
        }
        frame
    }

    /// The stream has ended: what it had begun to say, to be refused.
    pub fn rest(&mut self) -> Option<Frame> {
        let is_begun = match self.waiting {
            Waiting::HeadEnd { line, .. } => line > 0,
            Waiting::Message { .. } => true,
            Waiting::Start | Waiting::Nothing(_) => false,
        };
        self.waiting = Waiting::Nothing(broken("the stream has ended"));
        is_begun.then(|| Frame::Message(self.take(self.buffer.len())))
    }

    fn step(&mut self) -> Result<Option<Frame>, Malformed> {
        loop {
            match self.waiting {
                Waiting::Start => match self.skip_empty_lines() {
                    Skipped::Ping => return Ok(Some(Frame::Ping)),
                    Skipped::NeedsMore => return Ok(None),
                    Skipped::All => self.waiting = Waiting::HeadEnd { line: 0, scanned: 0 },
                },
                Waiting::HeadEnd { line, scanned } => match self.find_head_end(line, scanned)? {
                    None => return Ok(None),
                    Some(end) => match self.message_length(end) {
                        Ok(bytes) => self.waiting = Waiting::Message { bytes },
                        Err(malformed) => {
                            self.waiting = Waiting::Nothing(malformed);
                            return Ok(Some(Frame::Message(self.take(end))));
                        }
                    },
                },
                Waiting::Message { bytes } if self.buffer.len() < bytes => return Ok(None),
                Waiting::Message { bytes } => {
                    self.waiting = Waiting::Start;
                    return Ok(Some(Frame::Message(self.take(bytes))));
                }
                Waiting::Nothing(malformed) => return Err(malformed),
            }
        }
    }

    /// A copy, so that a message which is kept for long does not keep the whole buffer, and the buffer is
    /// ours alone to fill again.
    fn take(&mut self, bytes: usize) -> Bytes {
        let message = Bytes::copy_from_slice(&self.buffer[..bytes]);
        self.buffer.advance(bytes);
        message
    }

    /// RFC 3261 §7.5: empty lines before a message are ignored, but for the two that are a ping.
    fn skip_empty_lines(&mut self) -> Skipped {
        const PING: &[u8] = b"\r\n\r\n";
        loop {
            let bytes: &[u8] = &self.buffer;
            if bytes.starts_with(PING) {
                self.buffer.advance(PING.len());
                return Skipped::Ping;
            }
            if PING.starts_with(bytes) {
                return Skipped::NeedsMore;
            }
            match bytes {
                [b'\r', b'\n', ..] => self.buffer.advance(2),
                [b'\n', ..] => self.buffer.advance(1),
                _ => return Skipped::All,
            }
        }
    }

    /// Looks at every byte once, however they trickle in.
    fn find_head_end(&mut self, mut line: usize, mut scanned: usize) -> Result<Option<usize>, Malformed> {
        while let Some(found) = memchr(b'\n', &self.buffer[scanned..]) {
            let end = scanned + found;
            let is_empty = matches!(&self.buffer[line..end], [] | [b'\r']);
            if line == 0 {
                self.check_start_line(end + 1)?;
            }
            (line, scanned) = (end + 1, end + 1);
            if is_empty {
                return self.within_limit(line).map(Some);
            }
        }
        scanned = self.within_limit(self.buffer.len())?;
        self.check_first_byte()?;
        self.waiting = Waiting::HeadEnd { line, scanned };
        Ok(None)
    }

    /// What is not SIP is not waited for.
    fn check_start_line(&self, end: usize) -> Result<(), Malformed> {
        let head = Head::of(&self.buffer[..end], 0);
        if head.is_sip() {
            Ok(())
        } else {
            Err(broken("this is not SIP"))
        }
    }

    /// Both start lines begin with a letter or another token character, TLS and most garbage does not.
    fn check_first_byte(&self) -> Result<(), Malformed> {
        match self.buffer.first() {
            Some(byte) if !super::text::is_token(&[*byte]) => Err(broken("this is not SIP")),
            Some(_) | None => Ok(()),
        }
    }

    /// RFC 3261 §18.3: on a stream, Content-Length is what ends a message.
    fn message_length(&self, head_end: usize) -> Result<usize, Malformed> {
        let head = &self.buffer[..head_end];
        let length = Head::of(head, self.limits.header_fields)
            .content_length(head)
            .map_err(broken)?;
        let length = length.ok_or(broken("there is no Content-Length on a stream"))?;
        self.within_limit(head_end.saturating_add(length))
    }

    fn within_limit(&self, length: usize) -> Result<usize, Malformed> {
        if length > self.limits.message_bytes {
            Err(broken("the message is too long"))
        } else {
            Ok(length)
        }
    }
}

enum Skipped {
    All,
    Ping,
    NeedsMore,
}

/// What breaks a stream is nothing to be answered by itself.
fn broken(what: &'static str) -> Malformed {
    Malformed { what, status: 0 }
}
