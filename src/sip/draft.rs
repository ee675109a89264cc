//! Writing a message: fields in the order in which they are given, Content-Length last and always true.

#[cfg(test)]
mod tests;

use super::address::Parts;
use super::{Message, Method, Name, Uri, Via, text};
use bytes::Bytes;
use std::fmt::{self, Display, Write};
use std::ops::Range;

/// A message being written.
#[derive(Clone)]
pub struct Draft {
    /// Start line and fields, each with its CRLF.
    head: Vec<u8>,
    /// Where the fields begin.
    fields: usize,
    content_type: Option<String>,
    body: Vec<u8>,
}

impl Draft {
    /// A request; every field is the caller's to give.
    pub fn request(method: &Method, uri: &Uri) -> Draft {
        Draft::begun(format_args!("{method} {uri} SIP/2.0"))
    }

    /// A response to `request`: Via (all, unchanged order), From, To, Call-ID and CSeq copied as they
    /// were written (RFC 3261 §8.2.6.2); Record-Route copied where a dialog may come of it (§12.1.1), and
    /// Timestamp into a 100 (§8.2.6.1).
    ///
    /// Values are copied byte for byte; only folds are opened. Of a malformed request that repeats From,
    /// To, Call-ID or CSeq the first counts.
    pub fn response(request: &Message, status: u16, reason: &str) -> Draft {
        let mut draft = Draft::begun(format_args!("SIP/2.0 {status} {reason}"));
        draft.copy(request, Name::VIA, usize::MAX);
        if (101..300).contains(&status) {
            draft.copy(request, Name::RECORD_ROUTE, usize::MAX);
        }
        if status == 100 {
            draft.copy(request, Name::TIMESTAMP, 1);
        }
        for name in [Name::FROM, Name::TO, Name::CALL_ID, Name::CSEQ] {
            draft.copy(request, name, 1);
        }
        draft
    }

    /// A request once more, under this number and without the Via and the credentials that it had: those are new
    /// (RFC 3261 §8.1.3.5). None if it cannot be read.
    pub fn again(request: &Message, cseq: u32) -> Option<Draft> {
        let method = request.method();
        let renewed = [
            Name::VIA,
            Name::AUTHORIZATION,
            Name::PROXY_AUTHORIZATION,
            Name::CONTENT_LENGTH,
        ];
        let mut draft = Draft::request(&method, &request.uri().ok()?);
        for (written, value) in request.fields() {
            match Name::named(written) {
                Some(Name::CSEQ) => draft = draft.with(Name::CSEQ, format_args!("{cseq} {method}")),
                Some(name) if renewed.contains(&name) => {}
                Some(_) | None => {
                    let written = std::str::from_utf8(written).ok()?;
                    draft.line(written, |head| head.extend_from_slice(value));
                }
            }
        }
        draft.body = request.body().to_vec();
        Some(draft)
    }

    /// Appends a field. CR, LF and NUL in the value become spaces. Content-Length is not the caller's to
    /// give: it is left out.
    #[must_use]
    pub fn with(self, name: Name, value: impl Display) -> Draft {
        self.with_named(name.as_str(), value)
    }

    /// Appends a field that has no [`Name`]. What is no field name by RFC 3261 §25.1 is left out.
    #[must_use]
    pub fn with_named(mut self, name: &str, value: impl Display) -> Draft {
        let ours = Name::named(name.as_bytes()) == Some(Name::CONTENT_LENGTH);
        if !ours && text::is_token(name.as_bytes()) {
            self.line(name, |head| print(head, value));
        }
        self
    }

    /// Puts a field before all others of its name, or first of all.
    #[must_use]
    pub fn with_first(mut self, name: Name, value: impl Display) -> Draft {
        let place = self.find(name).map_or(self.fields, |line| line.start);
        let end = self.head.len();
        self = self.with(name, value);
        let added = self.head.len() - end;
        self.head[place..].rotate_right(added);
        self
    }

    /// Appends all fields of this name from another message, byte for byte; folds are opened, NUL becomes a
    /// space.
    #[must_use]
    pub fn carry(mut self, from: &Message, name: Name) -> Draft {
        if name != Name::CONTENT_LENGTH {
            let start = self.head.len();
            self.copy(from, name, usize::MAX);
            self.head[start..]
                .iter_mut()
                .filter(|byte| **byte == 0)
                .for_each(|byte| *byte = b' ');
        }
        self
    }

    /// Replaces the topmost Via value, as a server does to note where a request came from (RFC 3261
    /// §18.2.1, RFC 3581 §4). The others stay as they are.
    #[must_use]
    pub fn with_top_via(mut self, via: &Via) -> Draft {
        match self.find(Name::VIA) {
            None => self.with_first(Name::VIA, via),
            Some(line) => {
                let value = self.value(&line);
                let line = std::str::from_utf8(&self.head[value.clone()]).unwrap_or("");
                let length = text::outside_quotes(line, b',');
                let end = length.map_or(value.end, |at| value.start + at);
                let mut printed = Vec::new();
                print(&mut printed, via);
                self.head.splice(value.start..end, printed);
                self
            }
        }
    }

    /// Gives the To field of a response this tag, unless it has one already.
    #[must_use]
    pub fn to_tag(mut self, tag: &str) -> Draft {
        if let Some(line) = self.find(Name::TO) {
            let value = self.value(&line);
            let has_tag =
                Parts::checked(&text::decode(&self.head[value.clone()])).is_some_and(|to| to.has_tag());
            if !has_tag {
                // Some phones leave a semicolon behind the last parameter.
                let separator = if self.head[..value.end].ends_with(b";") {
                    ""
                } else {
                    ";"
                };
                let mut param = Vec::new();
                print(&mut param, format_args!("{separator}tag={tag}"));
                self.head.splice(value.end..value.end, param);
            }
        }
        self
    }

    /// Sets Content-Type and body.
    #[must_use]
    pub fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Draft {
        Draft {
            content_type: Some(content_type.to_owned()),
            body: body.into(),
            ..self
        }
    }

    /// The finished message.
    pub fn finish(mut self) -> Message {
        if let Some(content_type) = self.content_type.take() {
            self.line(Name::CONTENT_TYPE.as_str(), |head| print(head, content_type));
        }
        let length = self.body.len();
        self.line(Name::CONTENT_LENGTH.as_str(), |head| print(head, length));
        self.head.extend_from_slice(b"\r\n");
        self.head.append(&mut self.body);
        Message::index(Bytes::from(self.head), usize::MAX)
    }

    fn begun(start_line: impl Display) -> Draft {
        // Room for a usual request with its session description, so that it grows seldom.
        let mut head = Vec::with_capacity(2048);
        print(&mut head, start_line);
        head.extend_from_slice(b"\r\n");
        Draft {
            fields: head.len(),
            head,
            content_type: None,
            body: Vec::new(),
        }
    }

    /// Copies fields exactly: what goes back to its sender must be what he sent. An indexed value holds no
    /// line break.
    fn copy(&mut self, from: &Message, name: Name, at_most: usize) {
        for value in from.raws(name).take(at_most) {
            self.line(name.as_str(), |head| head.extend_from_slice(value));
        }
    }

    fn line(&mut self, name: &str, value: impl FnOnce(&mut Vec<u8>)) {
        self.head.extend_from_slice(name.as_bytes());
        self.head.extend_from_slice(b": ");
        value(&mut self.head);
        self.head.extend_from_slice(b"\r\n");
    }

    /// The first line of this name, without its CRLF.
    fn find(&self, name: Name) -> Option<Range<usize>> {
        let mut start = self.fields;
        while let Some(length) = self.head[start..].iter().position(|byte| *byte == b'\r') {
            let line = &self.head[start..start + length];
            let written = line.split(|byte| *byte == b':').next().unwrap_or_default();
            if Name::named(written) == Some(name) {
                return Some(start..start + length);
            }
            start += length + 2;
        }
        None
    }

    fn value(&self, line: &Range<usize>) -> Range<usize> {
        let colon = self.head[line.clone()]
            .iter()
            .position(|byte| *byte == b':')
            .unwrap_or(0);
        let start = (line.start + colon + 2).min(line.end);
        start..line.end
    }
}

/// The start line only, as for [`Message`].
impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Draft({})",
            text::decode(&self.head[..self.fields]).trim_ascii()
        )
    }
}

/// What ends a line or a C string never gets out.
fn print(head: &mut Vec<u8>, value: impl Display) {
    let start = head.len();
    // Writing to a vector cannot fail; a Display that fails by itself has written what it could.
    let _ = write!(Sink(head), "{value}");
    for byte in head[start..]
        .iter_mut()
        .filter(|byte| matches!(byte, b'\r' | b'\n' | 0))
    {
        *byte = b' ';
    }
}

struct Sink<'a>(&'a mut Vec<u8>);

impl Write for Sink<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
