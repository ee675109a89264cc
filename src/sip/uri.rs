//! SIP, SIPS and tel URIs (RFC 3261 §19.1, RFC 3966); other schemes are carried as they are.

mod compare;
mod shape;
#[cfg(test)]
mod tests;

use super::text;
use serde::{Deserialize, Serialize};
pub(super) use shape::{Shape, host_and_port, printable_host};
use std::fmt;
use std::string::FromUtf8Error;

/// A URI. Parts are kept as they were written; escapes are resolved only where asked for.
///
/// `==` compares what was written. Whether two URIs mean the same is [`Uri::same_as`].
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uri {
    text: String,
    shape: Shape,
    /// The host in lower case, where it was not written so.
    lower_host: Option<Box<str>>,
}

impl Uri {
    /// Reads an addr-spec without angle brackets.
    pub fn parse(text: &str) -> Option<Uri> {
        let shape = Shape::of(text)?;
        let host = shape.host(text);
        let lower_host = host.bytes().any(|byte| byte.is_ascii_uppercase());
        let lower_host = lower_host.then(|| host.to_ascii_lowercase().into());
        let mut text = text.to_owned();
        if let Some(scheme) = text.get_mut(..shape.scheme_length()) {
            scheme.make_ascii_lowercase();
        }
        Some(Uri {
            text,
            shape,
            lower_host,
        })
    }

    /// `sip:user@host:port`, the user escaped as needed; port None is left out.
    ///
    /// An IPv6 address may come with or without brackets. Characters that cannot stand in a host are left
    /// out, and if none remains the host is `invalid` (RFC 2606).
    pub fn sip(user: Option<&str>, host: &str, port: Option<u16>) -> Uri {
        let mut text = String::from("sip:");
        if let Some(user) = user.filter(|user| !user.is_empty()) {
            text::escape_into(&mut text, user, b"&=+$,;?/");
            text.push('@');
        }
        text.push_str(&shape::printable_host(host));
        if let Some(port) = port {
            text.push_str(&format!(":{port}"));
        }
        Uri::parse(&text).unwrap_or_else(|| Uri {
            text: "sip:invalid".to_owned(),
            shape: Shape::of("sip:invalid").unwrap_or_default(),
            lower_host: None,
        })
    }

    /// The same with `sips:`, which asks for TLS on the whole way (RFC 3261 §19.1).
    pub fn sips(user: Option<&str>, host: &str, port: Option<u16>) -> Uri {
        let plain = Uri::sip(user, host, port);
        Uri::parse(&plain.text.replacen("sip:", "sips:", 1)).unwrap_or(plain)
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme in lower case: "sip", "sips", "tel" or another.
    pub fn scheme(&self) -> &str {
        self.text.get(..self.shape.scheme_length()).unwrap_or("")
    }

    /// The user part (or the number of a tel URI) with escapes resolved; none if absent or not UTF-8.
    pub fn user(&self) -> Option<String> {
        String::from_utf8(text::unescape(self.written_user()?)).ok()
    }

    /// The host, lower case; an IPv6 address without its brackets. Empty for tel.
    pub fn host(&self) -> &str {
        self.lower_host
            .as_deref()
            .unwrap_or_else(|| self.shape.host(&self.text))
    }

    /// The port if written.
    pub fn port(&self) -> Option<u16> {
        self.shape.port()
    }

    /// A uri-parameter's value ("" if it has none); names compare without case.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Adds or replaces a uri-parameter (an empty value prints as a bare name).
    #[must_use]
    pub fn with_param(self, name: &str, value: &str) -> Uri {
        let mut text = self.text[..self.shape.params_start(&self.text)].to_owned();
        for (known, value) in self
            .params()
            .filter(|(known, _)| !known.eq_ignore_ascii_case(name))
        {
            text.push_str(&format!(";{known}"));
            if !value.is_empty() {
                text.push_str(&format!("={value}"));
            }
        }
        text.push(';');
        text::escape_into(&mut text, name, b"");
        if !value.is_empty() {
            text.push('=');
            text::escape_into(&mut text, value, b"[]/:&+$");
        }
        text.push_str(&self.text[self.shape.headers_start(&self.text)..]);
        Uri::parse(&text).unwrap_or(self)
    }

    /// A URI header (after `?`), escapes resolved (RFC 3261 §19.1.1).
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers_named(name).next()?.ok()
    }

    /// Every URI header of this name, escapes resolved; one that is not UTF-8 then is an error.
    pub fn headers_named(&self, name: &str) -> impl Iterator<Item = Result<String, FromUtf8Error>> {
        let named = self
            .headers()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| String::from_utf8(text::unescape(value)))
    }

    /// The URI without its headers and without `method`: what may stand in a Request-URI.
    #[must_use]
    pub fn for_request(&self) -> Uri {
        let mut text = self.text[..self.shape.params_start(&self.text)].to_owned();
        for piece in self
            .shape
            .params(&self.text)
            .split(';')
            .filter(|piece| !piece.is_empty())
        {
            let name = piece.split('=').next().unwrap_or(piece);
            if !name.eq_ignore_ascii_case("method") {
                text.push_str(&format!(";{piece}"));
            }
        }
        Uri::parse(&text).unwrap_or_else(|| self.clone())
    }

    /// Whether it carries headers, which must not stand in a Request-URI (RFC 3261 §19.1.1).
    pub fn has_headers(&self) -> bool {
        self.headers().next().is_some()
    }

    fn written_user(&self) -> Option<&str> {
        self.shape.user(&self.text)
    }

    fn params(&self) -> impl Iterator<Item = (&str, &str)> {
        pairs(self.shape.params(&self.text), ';')
    }

    fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        pairs(self.shape.headers(&self.text), '&')
    }
}

/// `name=value` pairs; a bare name has the value "".
fn pairs(text: &str, separator: char) -> impl Iterator<Item = (&str, &str)> {
    let pieces = text.split(separator).filter(|piece| !piece.is_empty());
    pieces.map(|piece| piece.split_once('=').unwrap_or((piece, "")))
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uri({})", self.text)
    }
}

impl TryFrom<String> for Uri {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Uri, &'static str> {
        Uri::parse(&text).ok_or("this is not a URI")
    }
}

impl From<Uri> for String {
    fn from(uri: Uri) -> String {
        uri.text
    }
}
