//! What a message carries beside its fields: one body, or several parts of which one describes the session (RFC 5621).
//!
//! Carriers put what their network knows (ISUP, locations) beside the session description, in any order, and wrap one
//! into another. A part that we do not understand is no reason to refuse a message unless it must be understood.

use super::Message;
use crate::sip::{Name, text};
use std::ops::Range;

/// More parts than this of one body are not looked at,
const MAX_PARTS: usize = 32;
/// nor deeper ones.
const MAX_DEPTH: usize = 4;

/// What is found in a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content<'a> {
    /// The session description.
    pub description: Option<&'a [u8]>,
    /// The media type of the first part that must be understood and is not (RFC 3261 §20.11, RFC 5621 §8).
    pub not_understood: Option<String>,
}

/// One body, or one part of it.
struct Part<'a> {
    /// The media type in lower case, its parameters aside.
    kind: String,
    /// What stands between the parts of a multipart.
    boundary: Option<String>,
    /// What it is for, in lower case; empty if that is not said.
    disposition: String,
    /// Whether it may be ignored by those who do not understand it.
    is_optional: bool,
    /// Whether it has to be decoded first, which we do not.
    is_encoded: bool,
    bytes: &'a [u8],
}

impl Message {
    /// What it carries.
    pub fn content(&self) -> Content<'_> {
        if self.body().is_empty() {
            return Content::default();
        }
        let whole = Part::new(
            self.text(Name::CONTENT_TYPE).unwrap_or("application/sdp"),
            self.text(Name::CONTENT_DISPOSITION).unwrap_or_default(),
            self.text(Name::CONTENT_ENCODING).unwrap_or_default(),
            self.body(),
        );
        whole.content(0)
    }

    /// The session description that it carries, wherever in its body that stands; empty if there is none.
    pub fn description(&self) -> &[u8] {
        self.content().description.unwrap_or_default()
    }
}

impl<'a> Part<'a> {
    fn new(kind: &str, disposition: &str, encoding: &str, bytes: &'a [u8]) -> Part<'a> {
        let (kind, boundary) = with_param(kind, "boundary");
        let (disposition, handling) = with_param(disposition, "handling");
        let is_referred_to = disposition == "by-reference" && handling.is_none();
        let plain = ["", "identity", "binary", "7bit", "8bit"];
        Part {
            kind,
            boundary,
            is_optional: is_referred_to || handling.is_some_and(|it| it.eq_ignore_ascii_case("optional")),
            disposition,
            is_encoded: !plain.contains(&encoding.trim().to_ascii_lowercase().as_str()),
            bytes,
        }
    }

    /// A part of a multipart: its fields, an empty line, its bytes (RFC 2046 §5.1).
    fn read(bytes: &'a [u8]) -> Part<'a> {
        let (fields, body) = head_and_body(bytes);
        let field = |name: &str| {
            let mut known = fields.iter();
            let found = known.find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map_or("", |(_, value)| value.as_str())
        };
        let kind = match field("Content-Type") {
            "" => "text/plain",
            kind => kind,
        };
        let encoding = match field("Content-Encoding") {
            "" => field("Content-Transfer-Encoding"),
            encoding => encoding,
        };
        Part::new(kind, field("Content-Disposition"), encoding, body)
    }

    fn content(&self, depth: usize) -> Content<'a> {
        let is_session = matches!(self.disposition.as_str(), "" | "session" | "render");
        let parts = match &self.boundary {
            Some(boundary) if depth < MAX_DEPTH => parts(self.bytes, boundary),
            Some(_) | None => Vec::new(),
        };
        let contents = parts.into_iter().map(|part| Part::read(part).content(depth + 1));
        let content = match self.kind.split_once('/') {
            Some(("application", "sdp")) if is_session && !self.is_encoded => Content {
                description: Some(self.bytes),
                not_understood: None,
            },
            Some(("multipart", "alternative")) => self.one_of(contents.collect()),
            Some(("multipart", _)) => self.all_of(contents.collect()),
            Some(_) | None => self.unknown(),
        };
        Content {
            not_understood: content.not_understood.filter(|_| !self.is_optional),
            ..content
        }
    }

    /// The same in several forms: the last that we understand (RFC 2046 §5.1.4).
    fn one_of(&self, contents: Vec<Content<'a>>) -> Content<'a> {
        let mut known = contents.into_iter().rev();
        let best = known.find(|content| content.not_understood.is_none());
        best.unwrap_or_else(|| self.unknown())
    }

    /// Several things: the first that describes the session does.
    fn all_of(&self, contents: Vec<Content<'a>>) -> Content<'a> {
        if contents.is_empty() {
            return self.unknown();
        }
        Content {
            description: contents.iter().find_map(|content| content.description),
            not_understood: contents.into_iter().find_map(|content| content.not_understood),
        }
    }

    fn unknown(&self) -> Content<'a> {
        Content {
            description: None,
            not_understood: Some(self.kind.clone()),
        }
    }
}

/// The parts between the boundaries. What stands before the first and after the last is for nobody, and a last boundary
/// that is missing is not missed.
fn parts<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let delimiter = [b"--", boundary.as_bytes()].concat();
    let mut parts = Vec::new();
    let mut begun: Option<usize> = None;
    for line in lines(body) {
        let Some(rest) = body[line.clone()].strip_prefix(delimiter.as_slice()) else {
            continue;
        };
        let is_last = rest.starts_with(b"--");
        if !is_last && !rest.trim_ascii().is_empty() {
            continue;
        }
        if let Some(begun) = begun {
            parts.push(without_line_break(&body[begun..line.start.max(begun)]));
        }
        begun = (!is_last).then_some(line.end);
        if is_last || parts.len() >= MAX_PARTS {
            return parts;
        }
    }
    parts.extend(begun.map(|begun| without_line_break(&body[begun..])));
    parts
}

/// The fields of a part, unfolded, and what follows the empty line behind them.
fn head_and_body(part: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in lines(part) {
        let written = text::decode(&part[line.clone()]);
        match (written.trim_end(), written.split_once(':')) {
            ("", _) => return (fields, &part[line.end..]),
            (more, _) if more.starts_with([' ', '\t']) => {
                if let Some((_, value)) = fields.last_mut() {
                    value.push_str(more);
                }
            }
            (_, Some((name, value))) => fields.push((name.trim().to_owned(), value.trim().to_owned())),
            (_, None) => {}
        }
    }
    (fields, &[])
}

/// Where each line stands, its line break counted.
fn lines(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    bytes.split_inclusive(|byte| *byte == b'\n').map(move |line| {
        let whole = start..start + line.len();
        start = whole.end;
        whole
    })
}

/// The line break before a boundary belongs to the boundary.
fn without_line_break(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

/// The value in lower case without its parameters, and one of these.
fn with_param(value: &str, name: &str) -> (String, Option<String>) {
    let mut pieces = text::split(value, b';');
    let plain = pieces.next().unwrap_or_default().to_ascii_lowercase();
    let named = pieces.find_map(|piece| {
        let (known, value) = piece.split_once('=')?;
        known
            .trim()
            .eq_ignore_ascii_case(name)
            .then(|| text::unquote(value.trim()))
    });
    (plain, named)
}

#[cfg(test)]
mod tests {
    use crate::sip::{Message, MessageLimits};

    const SDP: &str = "Content-Type: application/sdp\r\n\r\nv=0\r\n";
    const ISUP: &str = "Content-Type: application/isup;version=x\r\nContent-Disposition: signal;\r\n handling=optional\r\n\r\n\u{1}--b\r\n";

    fn message(kind: &str, body: &str) -> Message {
        let text = format!(
            "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.11;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=a\r\n\
             To: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let limits = MessageLimits {
            message_bytes: 10_000,
            header_fields: 50,
        };
        Message::parse(text.into(), &limits).unwrap()
    }

    fn multipart(kind: &str, boundary: &str, parts: &[&str]) -> String {
        let parts: String = parts
            .iter()
            .map(|part| format!("--{boundary}\r\n{part}\r\n"))
            .collect();
        format!("Content-Type: multipart/{kind}; boundary=\"{boundary}\"\r\n\r\n{parts}--{boundary}--\r\n")
    }

    /// The description and what is not understood of a body that begins with its own Content-Type.
    fn found(part: &str) -> (String, Option<String>) {
        let (kind, body) = part.split_once("\r\n\r\n").unwrap();
        let message = message(&format!("{kind}\r\n"), body);
        let content = message.content();
        let description = content.description.unwrap_or_default();
        (
            String::from_utf8(description.to_vec()).unwrap(),
            content.not_understood,
        )
    }

    fn described() -> (String, Option<String>) {
        ("v=0\r\n".to_owned(), None)
    }

    #[test]
    fn the_description_is_found_in_any_order_and_depth() {
        assert_eq!(found(SDP), described());
        for kind in ["mixed", "related", "whatever"] {
            assert_eq!(found(&multipart(kind, "b", &[SDP, ISUP])), described());
            assert_eq!(found(&multipart(kind, "b", &[ISUP, SDP])), described());
        }
        let inner = multipart("alternative", "inner", &["\r\nplain words", SDP]);
        assert_eq!(found(&multipart("mixed", "b", &[ISUP, &inner])), described());
        let inner = multipart("mixed", "inner", &[ISUP, SDP]);
        assert_eq!(
            found(&multipart("alternative", "b", &["\r\nplain words", &inner])),
            described()
        );
    }

    #[test]
    fn what_must_be_understood_and_is_not_is_named() {
        let pidf = "Content-Type: application/pidf+xml\r\n";
        let isup = Some("application/pidf+xml".to_owned());
        let (sdp, unknown) = found(&multipart("mixed", "b", &[&format!("{pidf}\r\n<x/>"), SDP]));
        assert_eq!((sdp.as_str(), unknown), ("v=0\r\n", isup.clone()));
        let required = format!("{pidf}Content-Disposition: render;handling=required\r\n\r\n<x/>");
        assert_eq!(found(&multipart("mixed", "b", &[SDP, &required])).1, isup);
        let referred_to = format!("{pidf}Content-Disposition: by-reference\r\n\r\n<x/>");
        assert_eq!(found(&multipart("mixed", "b", &[SDP, &referred_to])), described());
        let alone = format!("{pidf}Content-Disposition: by-reference;handling=optional\r\n\r\n<x/>");
        assert_eq!(found(&alone), (String::new(), None));
        assert_eq!(
            found("Content-Type: application/sdp\r\nContent-Encoding: gzip\r\n\r\nx")
                .1
                .as_deref(),
            Some("application/sdp")
        );
        let early = "Content-Type: application/sdp\r\nContent-Disposition: early-session;handling=optional\r\n\r\nv=1\r\n";
        assert_eq!(found(&multipart("mixed", "b", &[early, SDP])), described());
    }

    #[test]
    fn what_is_broken_is_read_as_far_as_it_goes() {
        let whole = multipart("mixed", "b", &[ISUP, SDP]);
        assert_eq!(found(whole.trim_end_matches("--b--\r\n")), described());
        assert_eq!(
            found(
                &whole
                    .replace("\r\n", "\n")
                    .replacen('\n', "\r\n", 1)
                    .replacen("\r\n\n", "\r\n\r\n", 1)
            )
            .0,
            "v=0\n"
        );
        for broken in [
            "Content-Type: multipart/mixed\r\n\r\n--b\r\n",
            "Content-Type: multipart/mixed;boundary=b\r\n\r\n--c\r\n",
        ] {
            assert_eq!(found(broken), (String::new(), Some("multipart/mixed".to_owned())));
        }
        let mut deep = SDP.to_owned();
        for level in 0..10 {
            deep = multipart("mixed", &format!("b{level}"), &[&deep]);
        }
        assert_eq!(found(&deep), (String::new(), Some("multipart/mixed".to_owned())));
        let many: Vec<&str> = std::iter::repeat_n(ISUP, 40).chain([SDP]).collect();
        assert_eq!(found(&multipart("mixed", "b", &many)), (String::new(), None));
    }
}
