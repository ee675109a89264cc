//! One SIP message: the bytes as they came, and an index into them.

mod check;
mod content;
mod head;
mod keep;
#[cfg(test)]
mod tests;

use super::{Address, CSeq, Method, Name, Uri, Via, text};
use bytes::Bytes;
pub use content::Content;
pub(super) use head::Head;
use head::{Field, Span, Start};
use std::fmt;

/// What we accept of one message, so that no sender can make us work without end.
#[derive(Clone, Debug)]
pub struct MessageLimits {
    /// The whole message, start line to end of body.
    pub message_bytes: usize,
    /// Lines of the header section: fields, and the lines over which they are folded.
    pub header_fields: usize,
}

/// Why some bytes are not a SIP message, and what may be said back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Malformed {
    /// What is wrong, in words for the log and for a Reason phrase.
    pub what: &'static str,
    /// The status with which to refuse it, if it is a request with enough in it to be answered; 0 if it
    /// must be dropped in silence: a response, an ACK, a request without Via, no SIP at all.
    pub status: u16,
}

/// One message: lossless, lazily typed. Cloning is cheap (the bytes are shared).
///
/// Serialises as text in which every byte is the character of the same number (Latin-1), which loses
/// nothing and stays readable in a snapshot.
#[derive(Clone)]
pub struct Message {
    bytes: Bytes,
    /// The same bytes with blanks in place of line breaks, where a field goes over several lines: there
    /// every span finds a value that can be read.
    unfolded: Option<Bytes>,
    head: Head,
    body: Span,
}

impl Message {
    /// Reads one datagram, or one message cut out of a stream by the framer, and refuses it unless all that
    /// is needed to deal with it is there and well formed (RFC 3261 §8.1.1, §16.3, RFC 4475).
    /// Octets after the body of a datagram are dropped (RFC 3261 §18.3).
    pub fn parse(bytes: Bytes, limits: &MessageLimits) -> Result<Message, Malformed> {
        let message = Message::read(bytes, limits)?;
        message.check()?;
        Ok(message)
    }

    /// Reads what can be read, without judging it: [`Message::check`] does that. So there is something from
    /// which to write the refusal of a malformed request.
    ///
    /// An error means that there is nothing to answer: no bytes at all, or too many.
    pub fn read(mut bytes: Bytes, limits: &MessageLimits) -> Result<Message, Malformed> {
        if bytes.len() > limits.message_bytes.min(u32::MAX as usize) {
            return Err(Malformed {
                what: "the message is too long",
                status: 0,
            });
        }
        // RFC 3261 §7.5: empty lines before the start line are ignored.
        match bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')) {
            None => {
                return Err(Malformed {
                    what: "the datagram is empty",
                    status: 0,
                });
            }
            Some(start) => drop(bytes.split_to(start)),
        }
        Ok(Message::index(bytes, limits.header_fields))
    }

    /// What [`Message::parse`] would have said of it.
    pub fn check(&self) -> Result<(), Malformed> {
        match self.flaw() {
            None => Ok(()),
            Some(flaw) if self.can_be_refused() => Err(flaw),
            Some(flaw) => Err(Malformed { status: 0, ..flaw }),
        }
    }

    /// Whether it says where it ends, as it must on a stream (RFC 3261 §18.3, §20.14).
    pub fn check_end(&self) -> Result<(), Malformed> {
        match self.raw(Name::CONTENT_LENGTH) {
            Some(_) => Ok(()),
            None => Err(self.malformed("there is no Content-Length on a stream")),
        }
    }

    /// The bytes as they came or as they go.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Whether it is a request.
    pub fn is_request(&self) -> bool {
        self.status().is_none()
    }

    /// The method of a request; of a response, the method in its CSeq.
    pub fn method(&self) -> Method {
        match self.head.start {
            Start::Request { method, .. } => Method::named(&text::decode(method.of(&self.bytes))),
            Start::Response { .. } => self.cseq().map_or(Method::Other("".into()), |cseq| cseq.method),
        }
    }

    /// The status code of a response (100..=699); none for a request.
    pub fn status(&self) -> Option<u16> {
        match self.head.start {
            Start::Request { .. } => None,
            Start::Response { status, .. } => Some(status),
        }
    }

    /// The reason phrase of a response, as far as it is UTF-8; empty for a request.
    pub fn reason(&self) -> &str {
        match self.head.start {
            Start::Request { .. } => "",
            Start::Response { reason, .. } => utf8_part(reason.of(&self.bytes)),
        }
    }

    /// The Request-URI of a request.
    pub fn uri(&self) -> Result<Uri, Malformed> {
        let uri = match self.head.start {
            Start::Request { uri, .. } => Uri::parse(&text::decode(uri.of(&self.bytes))),
            Start::Response { .. } => None,
        };
        uri.ok_or(self.malformed("the Request-URI is malformed"))
    }

    /// The first field of this name: the value unfolded and trimmed, if it is UTF-8.
    pub fn text(&self, name: Name) -> Option<&str> {
        std::str::from_utf8(self.raw(name)?).ok()
    }

    /// The first field of this name: the value unfolded and trimmed.
    pub fn raw(&self, name: Name) -> Option<&[u8]> {
        self.raws(name).next()
    }

    /// Every field of this name in order: the values unfolded and trimmed, lists left as they are.
    pub fn raws(&self, name: Name) -> impl Iterator<Item = &[u8]> {
        self.indexed(name).map(|field| field.value.of(self.readable()))
    }

    /// Every value of this name in order, comma-separated lists taken apart (RFC 3261 §7.3.1) where the
    /// field takes lists ([`Name::takes_lists`]). Values that are not UTF-8 are left out.
    pub fn list(&self, name: Name) -> impl Iterator<Item = &str> {
        // A separator that never occurs leaves the value whole.
        let separator = if name.takes_lists() { b',' } else { b'\n' };
        let texts = self
            .raws(name)
            .filter_map(|value| std::str::from_utf8(value).ok());
        texts
            .flat_map(move |value| text::split(value, separator))
            .filter(|value| !value.is_empty())
    }

    /// All fields in their order: name as written, value as written.
    pub fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.head
            .fields
            .iter()
            .map(|field| (field.name.of(&self.bytes), field.value.of(&self.bytes)))
    }

    /// The From field.
    pub fn from(&self) -> Result<Address, Malformed> {
        self.address(Name::FROM)
            .ok_or(self.malformed("the From is malformed"))
    }

    /// The To field.
    pub fn to(&self) -> Result<Address, Malformed> {
        self.address(Name::TO)
            .ok_or(self.malformed("the To is malformed"))
    }

    /// The Call-ID.
    pub fn call_id(&self) -> Result<&str, Malformed> {
        let call_id = self.text(Name::CALL_ID).filter(|id| !id.is_empty());
        call_id.ok_or(self.malformed("the Call-ID is missing or malformed"))
    }

    /// The CSeq.
    pub fn cseq(&self) -> Result<CSeq, Malformed> {
        let cseq = self.text(Name::CSEQ).and_then(CSeq::parse);
        cseq.ok_or(self.malformed("the CSeq is missing or malformed"))
    }

    /// The topmost Via.
    pub fn via(&self) -> Result<Via, Malformed> {
        let via = self.top_via().and_then(Via::parse);
        via.ok_or(self.malformed("the Via is missing or malformed"))
    }

    /// The Contact addresses; `*` is not among them, see [`Message::text`].
    pub fn contacts(&self) -> Result<Vec<Address>, Malformed> {
        self.addresses(Name::CONTACT)
    }

    /// All addresses of a field that holds such: Contact, Route, Record-Route, P-Asserted-Identity … A
    /// Contact of `*` is not among them.
    pub fn addresses(&self, name: Name) -> Result<Vec<Address>, Malformed> {
        let mut addresses = Vec::new();
        for value in self.raws(name).map(text::decode) {
            let separator = if name.takes_lists() { b',' } else { b'\n' };
            for piece in text::split(&value, separator).filter(|piece| !matches!(*piece, "" | "*")) {
                addresses.push(Address::parse(piece).ok_or(self.malformed("an address is malformed"))?);
            }
        }
        Ok(addresses)
    }

    /// The value of a field that is one decimal number (Expires, Max-Forwards, Min-Expires …), whatever
    /// parameters or comment follow. A number too large is as large as can be (RFC 4475 §3.1.2.4).
    pub fn number(&self, name: Name) -> Option<u32> {
        let value = self.raw(name)?;
        let digits = value.split(|byte| b" \t;(".contains(byte)).next()?;
        text::decimal(digits).map(|number| u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// Whether a comma list of tokens (Supported, Require, Allow …) holds this one.
    pub fn has_token(&self, name: Name, token: &str) -> bool {
        self.list(name).any(|known| known.eq_ignore_ascii_case(token))
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        self.body.of(&self.bytes)
    }

    /// Indexes bytes that begin with a start line, whatever they hold.
    pub(super) fn index(mut bytes: Bytes, header_fields: usize) -> Message {
        let mut head = Head::of(&bytes, header_fields);
        let body = head.body_span(&bytes);
        bytes.truncate(body.end());
        let unfolded = head.is_folded.then(|| head.unfold(&bytes));
        Message {
            bytes,
            unfolded,
            head,
            body,
        }
    }

    /// The bytes in which values can be read.
    fn readable(&self) -> &[u8] {
        self.unfolded.as_ref().unwrap_or(&self.bytes)
    }

    fn indexed(&self, name: Name) -> impl Iterator<Item = &Field> {
        self.head
            .fields
            .iter()
            .filter(move |field| field.known == Some(name))
    }

    fn address(&self, name: Name) -> Option<Address> {
        Address::parse(&text::decode(self.raw(name)?))
    }

    /// The first Via value. Unlike a name, a Via has no excuse for not being UTF-8: it must go back exactly
    /// as it came.
    fn top_via(&self) -> Option<&str> {
        let line = self.text(Name::VIA)?;
        let end = text::outside_quotes(line, b',').unwrap_or(line.len());
        Some(&line[..end])
    }

    fn malformed(&self, what: &'static str) -> Malformed {
        Malformed {
            what,
            status: if self.can_be_refused() { 400 } else { 0 },
        }
    }
}

fn utf8_part(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or(""),
    }
}

/// The start line only: a message may hold credentials, and always holds who called whom.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.head.start {
            Start::Request { .. } => write!(f, "Message({})", self.method()),
            Start::Response { status, .. } => write!(f, "Message({status} {:?})", self.reason()),
        }
    }
}

/// Two messages are equal if their bytes are.
impl PartialEq for Message {
    fn eq(&self, other: &Message) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Message {}
