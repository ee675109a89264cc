//! The smaller typed header fields.

use super::text;
use super::{Method, uri};
use serde::{Deserialize, Serialize};
use std::fmt;

/// CSeq (RFC 3261 §20.16). Numbers of 2^31 and more are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CSeq {
    /// The sequence number.
    pub number: u32,
    /// The method.
    pub method: Method,
}

impl CSeq {
    /// Reads the field's value.
    pub fn parse(text: &str) -> Option<CSeq> {
        let (number, method) = CSeq::split(text)?;
        Some(CSeq {
            number,
            method: Method::named(method),
        })
    }

    /// Number and method; allocates nothing.
    pub(super) fn split(text: &str) -> Option<(u32, &str)> {
        let mut words = text.split_ascii_whitespace();
        let (number, method) = (text::decimal(words.next()?.as_bytes())?, words.next()?);
        let number = u32::try_from(number).ok().filter(|number| *number < 1 << 31)?;
        let whole = words.next().is_none() && text::is_token(method.as_bytes());
        whole.then_some((number, method))
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

/// One Via value (RFC 3261 §20.42).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Via {
    /// "UDP", "TCP" … in upper case.
    pub transport: String,
    /// sent-by host; an IPv6 address without its brackets.
    pub host: String,
    /// sent-by port if written.
    pub port: Option<u16>,
    /// The parameters in order: name in lower case, value if any.
    pub params: Vec<(String, Option<String>)>,
}

impl Via {
    /// Reads one Via value. Blanks may stand round every separator.
    pub fn parse(text: &str) -> Option<Via> {
        let parts = ViaParts::of(text)?;
        Some(Via {
            transport: parts.transport.to_ascii_uppercase(),
            host: parts.host.to_owned(),
            port: parts.port,
            params: text::owned_params(parts.params)?,
        })
    }

    /// A parameter's value; "" if it has none.
    pub fn param(&self, name: &str) -> Option<&str> {
        text::param_value(&self.params, name)
    }

    /// Adds or replaces a parameter (`received`, `rport`); an empty value prints as a bare name.
    #[must_use]
    pub fn with_param(mut self, name: &str, value: &str) -> Via {
        text::set_param(&mut self.params, name, value);
        self
    }

    /// The branch.
    pub fn branch(&self) -> Option<&str> {
        self.param("branch").filter(|branch| !branch.is_empty())
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SIP/2.0/{} {}",
            self.transport,
            uri::printable_host(&self.host)
        )?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        text::write_params(f, &self.params)
    }
}

/// The parts of a Via value as they are written.
pub(super) struct ViaParts<'a> {
    transport: &'a str,
    host: &'a str,
    port: Option<u16>,
    params: &'a str,
}

impl<'a> ViaParts<'a> {
    fn of(text: &'a str) -> Option<ViaParts<'a>> {
        let end = text.find(';').unwrap_or(text.len());
        let (protocol, rest) = text[..end].split_once('/')?;
        let (version, rest) = rest.split_once('/')?;
        let (transport, sent_by) = rest.trim_ascii().split_once([' ', '\t'])?;
        let (host, port) = sent_by_parts(sent_by.trim_ascii())?;
        // Another version is refused with 505 (RFC 3261 §21.5.6), and that needs a Via to go by.
        let is_sip = protocol.trim_ascii().eq_ignore_ascii_case("SIP");
        let ours = is_sip && text::is_token(version.trim_ascii().as_bytes());
        let parts = ViaParts {
            transport,
            host,
            port,
            params: &text[end..],
        };
        (ours && text::is_token(transport.as_bytes())).then_some(parts)
    }

    /// Whether this is a well-formed Via value; allocates nothing.
    pub(super) fn are_in(text: &'a str) -> bool {
        ViaParts::of(text).is_some_and(|parts| text::params(parts.params).all(|param| param.is_some()))
    }
}

/// The colon before the port may have blanks round it (`sent-by = host [ COLON port ]`).
fn sent_by_parts(sent_by: &str) -> Option<(&str, Option<u16>)> {
    if let Some((host, port)) = uri::host_and_port(sent_by) {
        return Some((&sent_by[host], port));
    }
    let (host, port) = sent_by.rsplit_once(':')?;
    let host = host.trim_ascii_end();
    let (range, none) = uri::host_and_port(host)?;
    let port = text::decimal(port.trim_ascii_start().as_bytes())?;
    none.is_none()
        .then_some((&host[range], Some(u16::try_from(port).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cseq_is_a_number_below_two_to_the_31_and_a_method() {
        assert_eq!(
            CSeq::parse("0009 \t INVITE"),
            Some(CSeq {
                number: 9,
                method: Method::Invite
            })
        );
        assert_eq!(
            CSeq::parse("2147483647 x").map(|cseq| cseq.to_string()),
            Some("2147483647 x".to_owned())
        );
        for broken in [
            "",
            "1",
            "INVITE",
            "-1 INVITE",
            "+1 INVITE",
            "2147483648 INVITE",
            "1 INVITE x",
            "1 INV/ITE",
        ] {
            assert_eq!(CSeq::parse(broken), None, "{broken}");
        }
        assert_eq!(CSeq::parse("36893488147419103232 REGISTER"), None);
    }

    #[test]
    fn a_via_is_read_however_it_is_spaced() {
        let via =
            Via::parse("SIP  / 2.0\t/ udp  pc33.h : 5066 ; branch =  z9hG4bK1 ;rport; received=::1").unwrap();
        assert_eq!(
            (via.transport.as_str(), via.host.as_str(), via.port),
            ("UDP", "pc33.h", Some(5066))
        );
        assert_eq!(
            (via.branch(), via.param("rport"), via.param("received")),
            (Some("z9hG4bK1"), Some(""), Some("::1"))
        );
        assert_eq!(
            via.to_string(),
            "SIP/2.0/UDP pc33.h:5066;branch=z9hG4bK1;rport;received=::1"
        );
    }

    #[test]
    fn a_via_knows_ipv6_with_and_without_port() {
        for text in [
            "SIP/2.0/TCP [2001:db8::9:1]:6050;branch=z9",
            "SIP/2.0/TCP [::1];received=[2001:db8::9:255]",
        ] {
            let via = Via::parse(text).unwrap();
            assert!(!via.host.contains('['));
            assert_eq!(via.to_string(), text);
        }
    }

    #[test]
    fn received_and_rport_are_filled_in_where_they_stand() {
        let via = Via::parse("SIP/2.0/UDP h;rport;branch=z9").unwrap();
        let via = via
            .with_param("rport", "5061")
            .with_param("received", "2001:db8::1");
        assert_eq!(
            via.to_string(),
            "SIP/2.0/UDP h;rport=5061;branch=z9;received=2001:db8::1"
        );
    }

    #[test]
    fn what_is_no_via_is_refused() {
        let broken = [
            "",
            "SIP/2.0/UDP",
            "SIP/2.0 UDP h",
            "SIP/2.0/UDP h;;",
            "SIP/3 0/UDP h",
            "HTTP/2.0/UDP h",
            "SIP/2.0/UDP h:x",
            "SIP/2.0/UDP ::1",
            "SIP/2.0/UDP h:99999",
            "SIP/2.0/UDP a b",
            ";",
        ];
        for text in broken {
            assert_eq!(Via::parse(text), None, "{text}");
        }
    }
}
