//! The lexical rules that all fields share (RFC 3261 §25.1): tokens, quotes, lists, parameters, escapes.

use memchr::{memchr, memchr2};
use std::borrow::Cow;

/// Parameters in order: name in lower case, value as written (quotes kept) if there is one.
pub(super) type Params = Vec<(String, Option<String>)>;

const TOKEN: [bool; 256] = {
    let marks = b"-.!%*_+`'~";
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut mark = 0;
    while mark < marks.len() {
        table[marks[mark] as usize] = true;
        mark += 1;
    }
    table
};

/// Whether all of it is a token: a method, a field name, a parameter name.
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| TOKEN[usize::from(*byte)])
}

/// Bytes from the wire as text. What is not UTF-8 is taken for Latin-1, which is what old phones mean
/// when they send an umlaut; nothing is lost either way.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(from_latin1(bytes)),
    }
}

/// Every byte as the character of the same number.
pub(super) fn from_latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// A decimal number without sign. One that is too large for us is as large as can be, so that the
/// caller's own limit refuses or clamps it.
pub(super) fn decimal(bytes: &[u8]) -> Option<u64> {
    let digits = !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    digits.then(|| {
        let append = |sum: u64, digit: &u8| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
        bytes.iter().fold(0, append)
    })
}

/// Cuts at a separator that stands neither in quotes nor in angle brackets, and trims the pieces.
pub(super) fn split(text: &str, separator: u8) -> Pieces<'_> {
    Pieces {
        rest: Some(text),
        separator,
    }
}

/// The pieces between separators; see [`split`].
pub(super) struct Pieces<'a> {
    rest: Option<&'a str>,
    separator: u8,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.rest.take()?;
        let end = outside_quotes(text, self.separator);
        let piece = match end.or_else(|| behind_brackets(text, self.separator)) {
            None => text,
            Some(at) => {
                self.rest = Some(&text[at + 1..]);
                &text[..at]
            }
        };
        Some(piece.trim_ascii())
    }
}

/// Where this ASCII byte first stands outside quotes and, unless it is the bracket itself, outside angle
/// brackets.
pub(super) fn outside_quotes(text: &str, wanted: u8) -> Option<usize> {
    let first = memchr(wanted, text.as_bytes())?;
    match memchr2(b'"', b'<', &text.as_bytes()[..first]) {
        None => Some(first),
        Some(_) => step_outside(text, wanted),
    }
}

/// Where quotes do not pair, a comma that follows an address in brackets ends it all the same.
fn behind_brackets(text: &str, separator: u8) -> Option<usize> {
    if separator != b',' || !ends_in_quotes(text) {
        return None;
    }
    let close = text.find('>')?;
    let next = text[close..].find('<').map_or(text.len(), |next| close + next);
    text[close..next].find(',').map(|comma| close + comma)
}

fn ends_in_quotes(text: &str) -> bool {
    let mut escaped = false;
    text.bytes().fold(false, |quoted, byte| {
        let turns = byte == b'"' && !escaped;
        escaped = quoted && byte == b'\\' && !escaped;
        quoted != turns
    })
}

/// The same, byte by byte.
fn step_outside(text: &str, wanted: u8) -> Option<usize> {
    let (mut quoted, mut angled, mut escaped) = (false, false, false);
    for (at, byte) in text.bytes().enumerate() {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
            continue;
        }
        if !angled && byte == wanted {
            return Some(at);
        }
        match byte {
            b'"' if !angled => quoted = true,
            b'<' => angled = true,
            b'>' => angled = false,
            _ => {}
        }
    }
    None
}

/// The length of the quoted string with which the text begins, both quotes counted.
pub(super) fn quoted_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    let inside = text.strip_prefix('"')?;
    let end = inside.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })?;
    Some(end + 2)
}

/// The text between the quotes, with quoted pairs resolved.
pub(super) fn unquote(quoted: &str) -> String {
    let inside = quoted.strip_prefix('"').unwrap_or(quoted);
    let inside = inside.strip_suffix('"').unwrap_or(inside);
    let mut plain = String::with_capacity(inside.len());
    let mut characters = inside.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.extend(characters.next()),
            other => plain.push(other),
        }
    }
    plain
}

/// The text in quotes; control characters, which would break or forge a line, become blanks.
pub(super) fn quote(plain: &str) -> String {
    let mut quoted = String::with_capacity(plain.len() + 2);
    quoted.push('"');
    for character in plain.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            other if other.is_control() => quoted.push(' '),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// The parameters of a text that is empty or begins with `;`. A malformed one comes out as none. One
/// semicolon too many at the very end is forgiven: some phones write it.
pub(super) fn params(text: &str) -> impl Iterator<Item = Option<(&str, Option<&str>)>> {
    let text = text.trim_ascii();
    let text = text.strip_suffix(';').unwrap_or(text);
    let begun = text.is_empty() || text.starts_with(';');
    let pieces = split(text.strip_prefix(';').unwrap_or(text), b';');
    let nothing = text.is_empty();
    pieces
        .filter(move |_| !nothing)
        .map(move |piece| param(piece).filter(|_| begun))
}

fn param(piece: &str) -> Option<(&str, Option<&str>)> {
    let (name, value) = match piece.split_once('=') {
        None => (piece, None),
        Some((name, value)) => (name.trim_ascii_end(), Some(value.trim_ascii_start())),
    };
    let whole = value.is_none_or(|value| match quoted_length(value) {
        Some(length) => length == value.len(),
        None => !value.contains('"'),
    });
    (is_token(name.as_bytes()) && whole).then_some((name, value))
}

/// The parameters, owned; none if one of them is malformed.
pub(super) fn owned_params(text: &str) -> Option<Params> {
    let own = |(name, value): (&str, Option<&str>)| (name.to_ascii_lowercase(), value.map(str::to_owned));
    params(text).map(|param| param.map(own)).collect()
}

/// A parameter's value without its quotes; "" if it has none.
pub(super) fn param_value<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    let (_, value) = params
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    let value = value.as_deref().unwrap_or("");
    let inside = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    Some(inside.unwrap_or(value))
}

/// Adds or replaces a parameter; a value that is no token or host goes in quotes.
pub(super) fn set_param(params: &mut Params, name: &str, value: &str) {
    let plain = value
        .bytes()
        .all(|byte| TOKEN[usize::from(byte)] || b"[]:".contains(&byte));
    let written = match (value.is_empty(), plain) {
        (true, _) => None,
        (false, true) => Some(value.to_owned()),
        (false, false) => Some(quote(value)),
    };
    match params
        .iter_mut()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
    {
        Some((_, old)) => *old = written,
        None => params.push((name.to_ascii_lowercase(), written)),
    }
}

/// Prints parameters, each with its semicolon.
pub(super) fn write_params(f: &mut std::fmt::Formatter<'_>, params: &Params) -> std::fmt::Result {
    params.iter().try_for_each(|(name, value)| match value {
        None => write!(f, ";{name}"),
        Some(value) => write!(f, ";{name}={value}"),
    })
}

/// Resolves `%` escapes to bytes; an incomplete escape stands for itself (RFC 3261 §19.1.2).
pub(super) fn unescape(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escaped = if *byte == b'%' {
            bytes.get(at + 1..at + 3).and_then(hex)
        } else {
            None
        };
        plain.push(escaped.unwrap_or(*byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    plain
}

fn hex(digits: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(digits)
        .ok()
        .filter(|_| digits.iter().all(u8::is_ascii_hexdigit))?;
    u8::from_str_radix(text, 16).ok()
}

/// Appends text to a URI, escaping every byte that is neither unreserved (RFC 3261 §25.1) nor among
/// those also allowed here.
pub(super) fn escape_into(uri: &mut String, text: &str, also: &[u8]) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) || also.contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_in_quotes_or_brackets_does_not_cut() {
        let list = r#""Doe, \"J, R\"" <sip:a,b@c>;x="1,2", <sip:d@e> , sip:f@g"#;
        let pieces: Vec<_> = split(list, b',').collect();
        assert_eq!(
            pieces,
            [r#""Doe, \"J, R\"" <sip:a,b@c>;x="1,2""#, "<sip:d@e>", "sip:f@g"]
        );
    }

    #[test]
    fn parameters_keep_order_and_quotes_and_lose_blanks() {
        let read = owned_params(" ; Branch =  z9 ;lr; x = \"a;b=c\" ").unwrap();
        let expected = [("branch", Some("z9")), ("lr", None), ("x", Some("\"a;b=c\""))];
        assert!(
            read.iter()
                .map(|(name, value)| (name.as_str(), value.as_deref()))
                .eq(expected)
        );
        assert_eq!(param_value(&read, "X"), Some("a;b=c"));
        assert_eq!(param_value(&read, "LR"), Some(""));
    }

    #[test]
    fn one_semicolon_too_many_is_forgiven_two_are_not() {
        assert_eq!(owned_params(";lr;").map(|params| params.len()), Some(1));
        assert_eq!(owned_params(";lr;;"), None);
        assert_eq!(owned_params(";;lr"), None);
        assert_eq!(owned_params("lr"), None);
    }

    #[test]
    fn quoting_and_unquoting_are_inverse_but_for_control_characters() {
        assert_eq!(unquote(&quote(r#"say "no\yes""#)), r#"say "no\yes""#);
        assert_eq!(quote("a\r\nEvil: header\0"), "\"a  Evil: header \"");
    }

    #[test]
    fn escapes_resolve_to_bytes_and_broken_ones_stand_for_themselves() {
        assert_eq!(unescape("%23%E2%82%ac"), "#€".as_bytes());
        assert_eq!(unescape("100%"), b"100%");
        assert_eq!(unescape("%+1%zz"), b"%+1%zz");
    }
}
