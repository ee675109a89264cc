//! name-addr and addr-spec with header parameters: From, To, Contact, Route … (RFC 3261 §20.10).

use super::Uri;
use super::text::{self, Params};
use super::uri::Shape;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A display name, a URI and the parameters behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The display name with quoting resolved; empty if there is none.
    pub display: String,
    /// The URI.
    pub uri: Uri,
    /// The header parameters in order: name in lower case, value as written (quotes kept) if any.
    pub params: Vec<(String, Option<String>)>,
}

impl Address {
    /// An address without display name and parameters.
    pub fn new(uri: Uri) -> Address {
        Address {
            display: String::new(),
            uri,
            params: Params::new(),
        }
    }

    /// Reads one value of From, To, Contact, Route, P-Asserted-Identity …
    ///
    /// A display name with a comma or another mark in it but without quotes is taken as it is meant, and
    /// printed with quotes; so is one with quotes too many (`"O"Neil"`, `""unknown""`). Parameters behind a URI without angle brackets belong to the field, not to the
    /// URI (RFC 3261 §20).
    pub fn parse(text: &str) -> Option<Address> {
        let parts = Parts::of(text)?;
        Some(Address {
            display: parts.display_name(),
            uri: Uri::parse(parts.uri)?,
            params: text::owned_params(parts.params)?,
        })
    }

    /// The display name replaced. Printed quoted and escaped; CR, LF and NUL can never get out.
    #[must_use]
    pub fn with_display(self, display: &str) -> Address {
        Address {
            display: display.to_owned(),
            ..self
        }
    }

    /// A parameter's value, quotes removed; "" if it has none.
    pub fn param(&self, name: &str) -> Option<&str> {
        text::param_value(&self.params, name)
    }

    /// Adds or replaces a parameter; an empty value prints as a bare name.
    #[must_use]
    pub fn with_param(mut self, name: &str, value: &str) -> Address {
        text::set_param(&mut self.params, name, value);
        self
    }

    /// The tag parameter of From and To.
    pub fn tag(&self) -> Option<&str> {
        self.param("tag").filter(|tag| !tag.is_empty())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.display.is_empty() {
            write!(f, "{} ", text::quote(&self.display))?;
        }
        write!(f, "<{}>", self.uri)?;
        text::write_params(f, &self.params)
    }
}

/// So many brackets of one address are looked at, from the last: more than one stand there only in parameters.
const MAX_BRACKETS: usize = 8;

/// The parts of an address as they are written.
pub(super) struct Parts<'a> {
    display: &'a str,
    uri: &'a str,
    params: &'a str,
}

impl<'a> Parts<'a> {
    /// The angle brackets are looked for outside the quotes, so that what a caller writes into his display
    /// name can never be taken for his address.
    fn of(text: &'a str) -> Option<Parts<'a>> {
        let text = text.trim_ascii();
        match text::outside_quotes(text, b'<') {
            Some(open) => Parts::in_brackets(text, open),
            None => Parts::behind_odd_quotes(text).or_else(|| Parts::bare(text)),
        }
    }

    fn in_brackets(text: &'a str, open: usize) -> Option<Parts<'a>> {
        let display = text[..open].trim_ascii();
        let quoted = text::quoted_length(display).is_some_and(|length| length == display.len());
        let close = open + text[open..].find('>')?;
        let parts = Parts {
            display,
            uri: text[open + 1..close].trim_ascii(),
            params: text[close + 1..].trim_ascii(),
        };
        match quoted || !display.contains('"') {
            true => Some(parts),
            false => Parts::behind_odd_quotes(text),
        }
    }

    /// Where the quotes of a display name do not pair, the address is the last thing in brackets behind which nothing
    /// but parameters stands: a caller's name always stands before it. A quote that never ends is refused (RFC 4475
    /// §3.1.2.6).
    fn behind_odd_quotes(text: &'a str) -> Option<Parts<'a>> {
        let mut brackets = text.rmatch_indices('<').take(MAX_BRACKETS);
        brackets.find_map(|(open, _)| {
            let close = open + text[open..].find('>')?;
            let parts = Parts {
                display: text[..open].trim_ascii(),
                uri: text[open + 1..close].trim_ascii(),
                params: text[close + 1..].trim_ascii(),
            };
            let name = parts.display.strip_prefix('"');
            let is_quoted = name.is_some_and(|name| name.ends_with('"'));
            let is_address =
                Shape::of(parts.uri).is_some() && text::params(parts.params).all(|param| param.is_some());
            (is_quoted && is_address).then_some(parts)
        })
    }

    /// The display name as it is meant.
    fn display_name(&self) -> String {
        match text::quoted_length(self.display) {
            Some(length) if length == self.display.len() => text::unquote(self.display),
            Some(_) | None => self.display.trim_matches('"').trim_ascii().to_owned(),
        }
    }

    /// Without brackets a URI must hold no comma, question mark or semicolon (RFC 3261 §20).
    fn bare(text: &'a str) -> Option<Parts<'a>> {
        let end = text.find(';').unwrap_or(text.len());
        let uri = text[..end].trim_ascii();
        let parts = Parts {
            display: "",
            uri,
            params: &text[end..],
        };
        (!uri.contains([',', '?'])).then_some(parts)
    }

    /// The parts of a From or To, if all of them are well formed; allocates nothing.
    pub(super) fn checked(text: &'a str) -> Option<Parts<'a>> {
        let parts = Parts::of(text)?;
        let mut params = text::params(parts.params);
        let params_are_well_formed = params.all(|param| param.is_some_and(|param| !is_empty_tag(param)));
        (params_are_well_formed && Shape::of(parts.uri).is_some()).then_some(parts)
    }

    /// Whether there is a tag, without which a To names no dialog.
    pub(super) fn has_tag(&self) -> bool {
        text::params(self.params)
            .flatten()
            .any(|(name, _)| name.eq_ignore_ascii_case("tag"))
    }
}

/// A tag that says nothing is worse than none: nobody could tell the dialog.
fn is_empty_tag((name, value): (&str, Option<&str>)) -> bool {
    name.eq_ignore_ascii_case("tag") && value.is_none_or(|value| value.trim_matches('"').is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap_or_else(|| panic!("{text} is an address"))
    }

    #[test]
    fn every_form_has_its_display_uri_and_tag() {
        let forms = [
            (
                r#""Bob \"B\" Doe" <sip:bob@h>;tag=1"#,
                "Bob \"B\" Doe",
                "sip:bob@h",
                Some("1"),
            ),
            (
                "Bob Doe <sip:bob@h;lr>;x;TAG = 1",
                "Bob Doe",
                "sip:bob@h;lr",
                Some("1"),
            ),
            ("Bob<sip:bob@h>", "Bob", "sip:bob@h", None),
            ("<sip:bob@h;tag=no>", "", "sip:bob@h;tag=no", None),
            ("sip:bob@h;tag=1", "", "sip:bob@h", Some("1")),
            ("sip:bob@h;x=\"<urn:f>\";tag=1", "", "sip:bob@h", Some("1")),
            ("\"\" <sip:bob@h> ; tag=\"1\" ", "", "sip:bob@h", Some("1")),
            (
                "<tel:+49;phone-context=x>;tag=1",
                "",
                "tel:+49;phone-context=x",
                Some("1"),
            ),
            (
                "\"Müller, Jürgen\" < sip:m@h >;tag=",
                "Müller, Jürgen",
                "sip:m@h",
                None,
            ),
        ];
        for (text, display, uri, tag) in forms {
            let read = address(text);
            assert_eq!(
                (read.display.as_str(), read.uri.to_string().as_str(), read.tag()),
                (display, uri, tag)
            );
        }
    }

    #[test]
    fn a_display_name_cannot_pose_as_the_address() {
        let honest = [
            r#""x <sip:evil@e.com>" <sip:alice@h>"#,
            r#""x\" <sip:evil@e.com>" <sip:alice@h>"#,
            r#""<sip:evil@e.com>;tag=9, " <sip:alice@h>"#,
        ];
        for text in honest {
            assert_eq!(address(text).uri.user().as_deref(), Some("alice"), "{text}");
            assert_eq!(address(text).tag(), None, "{text}");
        }
        for text in [
            r#"Bob "x <sip:evil@e>" <sip:alice@h>"#,
            r#""x <sip:evil@e>"#,
            r#""a" <sip:a@h>,<sip:b@h>"#,
            r#""a" <sip:a@h>;x="" <sip:b@h>"#,
        ] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }

    /// Phones and carriers that do not escape what stands between their quotes.
    #[test]
    fn quotes_that_do_not_pair_are_letters_of_the_name() {
        for (text, display, rest) in [
            (r#""O"Neil" <sip:alice@h>;tag=1"#, r#"O"Neil"#, ";tag=1"),
            (r#"""unknown"" <sip:alice@h>"#, "unknown", ""),
            (r#""a" "b" <sip:alice@h>"#, r#"a" "b"#, ""),
            (
                r#""O"Neil" <sip:alice@h>;x="<urn:f>""#,
                r#"O"Neil"#,
                ";x=\"<urn:f>\"",
            ),
        ] {
            let read = address(text);
            assert_eq!(
                (read.display.as_str(), read.uri.user().as_deref()),
                (display, Some("alice")),
                "{text}"
            );
            assert_eq!(
                read.to_string(),
                format!("{} <sip:alice@h>{rest}", text::quote(display))
            );
            assert_eq!(address(&read.to_string()), read);
        }
    }

    #[test]
    fn a_display_name_cannot_forge_a_field() {
        let printed = address("<sip:a@h>")
            .with_display("Eve\"\r\nContact: <sip:evil@e>\0\\")
            .to_string();
        assert_eq!(printed, "\"Eve\\\"  Contact: <sip:evil@e> \\\\\" <sip:a@h>");
        assert_eq!(address(&printed).uri.user().as_deref(), Some("a"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let broken = [
            "",
            "<>",
            "bob",
            "<sip:a@h",
            "sip:a@h>",
            "<sip:a@h> x",
            "<sip:a@h>;;tag=1",
            "<sip:a@h>,<sip:b@h>",
            "sip:a@h?Route=x",
            "sip:a@h,b",
            "\"Bob <sip:a@h>",
            "\" <sip:a@h>",
            "<sip:a@h>;tag=\"1",
            "<sip:<a>@h>",
            "*",
        ];
        for text in broken {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }

    #[test]
    fn parameters_are_kept_found_and_replaced() {
        let contact = "<sip:a@h>;+sip.instance=\"<urn:uuid:f81d>\";expires=60";
        let read = address(contact);
        assert_eq!(read.param("+SIP.instance"), Some("<urn:uuid:f81d>"));
        assert_eq!(read.to_string(), contact);
        let changed = read
            .with_param("Expires", "3600")
            .with_param("text", "a;b\"")
            .with_param("ob", "");
        assert_eq!(
            changed.to_string(),
            "<sip:a@h>;+sip.instance=\"<urn:uuid:f81d>\";expires=3600;text=\"a;b\\\"\";ob"
        );
    }
}
