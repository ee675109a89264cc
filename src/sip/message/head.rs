//! Start line and header section as places in the bytes. Nothing is copied and, for a message with no more
//! fields than usual, nothing allocated.

use super::Malformed;
use crate::sip::{Name, text};
use bytes::Bytes;
use memchr::memchr2;
use smallvec::SmallVec;

/// A place in the bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

/// What the start line says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    Request { method: Span, uri: Span },
    Response { status: u16, reason: Span },
}

/// One header field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// The name, if it is one that we know.
    pub(super) known: Option<Name>,
    /// The name as written.
    pub(super) name: Span,
    /// The value, folds included, without blanks at its ends.
    pub(super) value: Span,
}

/// More fields than a carrier's INVITE has.
const USUAL_FIELDS: usize = 24;

/// Start line and header section of one message.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(super) start: Start,
    pub(super) fields: SmallVec<[Field; USUAL_FIELDS]>,
    /// Where the body begins.
    pub(super) end: usize,
    /// Whether a value goes over several lines, or hides a stray CR.
    pub(super) is_folded: bool,
    /// The first thing found wrong.
    pub(super) flaw: Option<Malformed>,
}

impl Span {
    /// Messages are shorter than 4 GiB: [`super::Message::read`] sees to it.
    fn new(start: usize, end: usize) -> Span {
        Span {
            start: start as u32,
            end: end as u32,
        }
    }

    pub(super) fn of(self, bytes: &[u8]) -> &[u8] {
        bytes
            .get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }

    pub(super) fn end(self) -> usize {
        self.end as usize
    }

    /// The part of it without blanks and line breaks at its ends.
    fn trimmed(self, bytes: &[u8]) -> Span {
        let whole = self.of(bytes);
        let lead = whole.len() - whole.trim_ascii_start().len();
        let start = self.start as usize + lead;
        Span::new(start, start + whole.trim_ascii().len())
    }
}

/// One line: without its break, and where the next begins.
struct Line {
    span: Span,
    next: usize,
    has_stray_cr: bool,
}

impl Head {
    /// Reads the header section at the beginning of these bytes, and keeps going whatever it meets.
    pub(crate) fn of(bytes: &[u8], header_fields: usize) -> Head {
        let Some(line) = line_at(bytes, 0) else {
            return Head::nothing(bytes.len(), "the start line does not end");
        };
        let (start, flaw) = start_line(bytes, line.span);
        let mut head = Head {
            start,
            fields: SmallVec::new(),
            end: line.next,
            is_folded: false,
            flaw,
        };
        if line.has_stray_cr {
            head.note("a line holds a stray CR");
        }
        head.read_fields(bytes, header_fields);
        head
    }

    fn nothing(end: usize, what: &'static str) -> Head {
        let start = Start::Request {
            method: Span::default(),
            uri: Span::default(),
        };
        let flaw = Some(Malformed { what, status: 400 });
        Head {
            start,
            fields: SmallVec::new(),
            end,
            is_folded: false,
            flaw,
        }
    }

    /// Continuation lines count as well: each may move the ends of its value, so a long row of empty ones
    /// would make work without end.
    fn read_fields(&mut self, bytes: &[u8], header_fields: usize) {
        for lines in 0.. {
            let Some(line) = line_at(bytes, self.end) else {
                self.end = bytes.len();
                return self.note("the header section does not end");
            };
            self.end = line.next;
            if line.has_stray_cr {
                self.is_folded = true;
                self.note("a line holds a stray CR");
            }
            match line.span.of(bytes) {
                [] => return,
                _ if lines == header_fields => {
                    self.end = bytes.len();
                    return self.note("there are too many header fields");
                }
                [b' ' | b'\t', ..] => self.fold(bytes, line.span),
                _ => self.read_field(bytes, line.span),
            }
        }
    }

    fn read_field(&mut self, bytes: &[u8], line: Span) {
        let written = line.of(bytes);
        let Some(colon) = written.iter().position(|byte| *byte == b':') else {
            return self.note("a header line has no colon");
        };
        let start = line.start as usize;
        // RFC 3261 §7.3.1: blanks may stand before the colon.
        let name = written[..colon].trim_ascii_end();
        if !text::is_token(name) {
            return self.note("a header field has no proper name");
        }
        self.fields.push(Field {
            known: Name::named(name),
            name: Span::new(start, start + name.len()),
            value: Span::new(start + colon + 1, line.end()).trimmed(bytes),
        });
    }

    /// RFC 3261 §7.3.1: a line that begins with a blank continues the one before.
    fn fold(&mut self, bytes: &[u8], line: Span) {
        self.is_folded = true;
        match self.fields.last_mut() {
            Some(field) => {
                field.value = Span {
                    end: line.end,
                    ..field.value
                }
                .trimmed(bytes)
            }
            None => self.note("the header section begins with a blank"),
        }
    }

    /// The body: as long as Content-Length says, else all that is left.
    pub(super) fn body_span(&mut self, bytes: &[u8]) -> Span {
        let left = bytes.len() - self.end;
        let length = match self.content_length(bytes) {
            Ok(None) => left,
            Ok(Some(length)) if length <= left => length,
            Ok(Some(_)) => {
                self.note("the body is shorter than Content-Length says");
                left
            }
            Err(what) => {
                self.note(what);
                left
            }
        };
        Span::new(self.end, self.end + length)
    }

    /// What Content-Length says. Several that agree are borne; several that differ leave no way to know
    /// where the message ends (RFC 4475 §3.3.9).
    pub(crate) fn content_length(&self, bytes: &[u8]) -> Result<Option<usize>, &'static str> {
        let mut length = None;
        for field in self
            .fields
            .iter()
            .filter(|field| field.known == Some(Name::CONTENT_LENGTH))
        {
            let number = text::decimal(field.value.of(bytes)).ok_or("the Content-Length is no number")?;
            let number = usize::try_from(number).unwrap_or(usize::MAX);
            match length {
                Some(other) if other != number => return Err("there are different Content-Lengths"),
                Some(_) | None => length = Some(number),
            }
        }
        Ok(length)
    }

    /// Whether the start line is one of SIP, well formed or not.
    pub(crate) fn is_sip(&self) -> bool {
        match self.start {
            Start::Request { method, .. } => method.end > method.start,
            Start::Response { .. } => true,
        }
    }

    /// A copy in which line breaks within values are blanks, at the same places.
    pub(super) fn unfold(&self, bytes: &[u8]) -> Bytes {
        let mut copy = bytes.to_vec();
        for field in &self.fields {
            let value = copy.get_mut(field.value.start as usize..field.value.end());
            for byte in value
                .into_iter()
                .flatten()
                .filter(|byte| matches!(byte, b'\r' | b'\n'))
            {
                *byte = b' ';
            }
        }
        Bytes::from(copy)
    }

    fn note(&mut self, what: &'static str) {
        self.flaw.get_or_insert(Malformed { what, status: 400 });
    }
}

/// The line that begins here, if it ends. Lines end with CRLF; an LF alone is borne.
fn line_at(bytes: &[u8], start: usize) -> Option<Line> {
    let (mut at, mut has_stray_cr) = (start, false);
    loop {
        let found = at + memchr2(b'\r', b'\n', bytes.get(at..)?)?;
        let is_break = bytes[found] == b'\n';
        if is_break || bytes.get(found + 1) == Some(&b'\n') {
            let next = if is_break { found + 1 } else { found + 2 };
            return Some(Line {
                span: Span::new(start, found),
                next,
                has_stray_cr,
            });
        }
        has_stray_cr = true;
        at = found + 1;
    }
}

/// RFC 3261 §7.1 and §7.2: exactly one SP between the parts, none at the ends.
fn start_line(bytes: &[u8], line: Span) -> (Start, Option<Malformed>) {
    let written = line.of(bytes);
    match written.get(..4) {
        Some(first) if first.eq_ignore_ascii_case(b"SIP/") => status_line(written, line),
        Some(_) | None => request_line(written, line),
    }
}

fn request_line(written: &[u8], line: Span) -> (Start, Option<Malformed>) {
    let trimmed = written.trim_ascii_end();
    let words = trimmed
        .iter()
        .position(|byte| *byte == b' ')
        .zip(trimmed.iter().rposition(|byte| *byte == b' '));
    let (first, last) = words.unwrap_or_default();
    let (method, version) = (&trimmed[..first], trimmed.get(last + 1..).unwrap_or_default());
    let is_sip = version
        .get(..4)
        .is_some_and(|protocol| protocol.eq_ignore_ascii_case(b"SIP/"));
    let nothing = Start::Request {
        method: Span::default(),
        uri: Span::default(),
    };
    if !is_sip || !text::is_token(method) {
        return (
            nothing,
            Some(Malformed {
                what: "this is not SIP",
                status: 400,
            }),
        );
    }
    let start = line.start as usize;
    let uri = Span::new(start + (first + 1).min(last), start + last);
    let is_spaced =
        trimmed.len() != written.len() || uri.start == uri.end || trimmed[first + 1..last].contains(&b' ');
    let flaw = match version.eq_ignore_ascii_case(b"SIP/2.0") {
        false => Some(Malformed {
            what: "the version is not SIP/2.0",
            status: 505,
        }),
        true if is_spaced => Some(Malformed {
            what: "there are blanks too many in the start line",
            status: 400,
        }),
        true => None,
    };
    (
        Start::Request {
            method: Span::new(start, start + first),
            uri,
        },
        flaw,
    )
}

fn status_line(written: &[u8], line: Span) -> (Start, Option<Malformed>) {
    let end = written
        .iter()
        .position(|byte| *byte == b' ')
        .unwrap_or(written.len());
    let (version, rest) = (&written[..end], written.get(end + 1..).unwrap_or_default());
    let code = rest.split(|byte| *byte == b' ').next().unwrap_or_default();
    let number = text::decimal(code)
        .and_then(|number| u16::try_from(number).ok())
        .unwrap_or(0);
    let reason_start = (line.start as usize + end + 1 + code.len() + 1).min(line.end());
    let start = Start::Response {
        status: number,
        reason: Span::new(reason_start, line.end()),
    };
    let is_well_formed =
        version.eq_ignore_ascii_case(b"SIP/2.0") && code.len() == 3 && (100..700).contains(&number);
    (
        start,
        (!is_well_formed).then_some(Malformed {
            what: "the status line is malformed",
            status: 0,
        }),
    )
}
