//! Addresses, networks, hosts and transports, as ops write them.

use super::{text, wrong};
use crate::config::advice::nearest;
use crate::config::shape::{Word, Wrong};
use crate::config::valid::{Digest, ListenTransport, VoiceCodec};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use toml::de::DeValue;

/// A host name (RFC 1123 §2.1) or an address without brackets.
pub(in crate::config) struct Host(pub(in crate::config) String);

impl Word for SocketAddr {
    const EXAMPLE: &'static str = r#""0.0.0.0:5060""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = text(value, Self::EXAMPLE)?;
        match text.parse::<SocketAddr>() {
            Ok(address) if address.port() == 0 => wrong(
                "has port 0, which means any port",
                "name the port that peers are to use",
            ),
            Ok(address) => Ok(address),
            Err(_) => wrong(
                format!("is no address with a port: {text:?}"),
                address_advice(text),
            ),
        }
    }
}

fn address_advice(text: &str) -> String {
    let end = text.rsplit_once(':');
    // "::1:5060" is an address too, but hardly the one that was meant.
    if let Some((Ok(ip), Ok(port @ 1024..))) =
        end.map(|(ip, port)| (ip.parse::<Ipv6Addr>(), port.parse::<u16>()))
    {
        return format!("put the IPv6 address in brackets: \"[{ip}]:{port}\"");
    }
    if let Ok(ip) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return format!(
            "the port is missing; write for example \"{}\"",
            SocketAddr::new(ip, 5060)
        );
    }
    if let Some((ip, port)) = end {
        if let (Ok(_), Err(_)) = (ip.parse::<IpAddr>(), port.parse::<u16>()) {
            return "a port is a number from 1 to 65535".to_owned();
        }
        if ip == "localhost" {
            return format!("write the address itself: \"127.0.0.1:{port}\"");
        }
        if ip.is_empty() || ip == "*" {
            return format!("for all addresses write \"0.0.0.0:{port}\", and \"[::]:{port}\" for IPv6");
        }
    }
    "write an address of this machine and a port, as in \"0.0.0.0:5060\" or \"[::]:5060\"".to_owned()
}

impl Word for IpAddr {
    const EXAMPLE: &'static str = r#""198.51.100.7""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = text(value, Self::EXAMPLE)?;
        match (text.parse(), text.parse::<SocketAddr>()) {
            (Ok(ip), _) => Ok(ip),
            (_, Ok(address)) => wrong(
                "has a port, and takes none",
                format!("write \"{}\"", address.ip()),
            ),
            _ => wrong(
                format!("is no IP address: {text:?}"),
                format!("write for example {}", Self::EXAMPLE),
            ),
        }
    }
}

impl Word for IpNet {
    const EXAMPLE: &'static str = r#""198.51.100.0/24""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = text(value, Self::EXAMPLE)?;
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Ok(ip.into());
        }
        match text.parse::<IpNet>() {
            Ok(net) if net.addr() != net.network() => wrong(
                format!("is an address inside a network: {text:?}"),
                format!(
                    "for the whole network write \"{}\", for the one address \"{}\"",
                    net.trunc(),
                    net.addr()
                ),
            ),
            Ok(net) => Ok(net),
            Err(_) => wrong(
                format!("is no network: {text:?}"),
                format!(
                    "write an address, or a network as in {}; names are not looked up here",
                    Self::EXAMPLE
                ),
            ),
        }
    }
}

impl Word for Host {
    const EXAMPLE: &'static str = r#""sip.example.com""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = text(value, Self::EXAMPLE)?;
        if text.parse::<IpAddr>().is_ok() || is_host_name(text) {
            return Ok(Host(text.to_owned()));
        }
        let right = match text.strip_prefix("sip:").or(text.strip_prefix("sips:")) {
            Some(host) => format!("leave the scheme out: {host:?}"),
            None if text.contains(':') => {
                "the port goes into its own key, and an IPv6 address needs no brackets".to_owned()
            }
            None => format!(
                "write a name of letters, digits, `-` and dots, as in {}, or an IP address",
                Self::EXAMPLE
            ),
        };
        wrong(format!("is no host: {text:?}"), right)
    }
}

fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let edges = !label.starts_with('-') && !label.ends_with('-');
        (1..=63).contains(&label.len())
            && edges
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    // A name whose last label is a number is an address gone wrong: 192.0.2.300.
    let last = text.rsplit('.').next().unwrap_or("");
    text.len() <= 253 && text.split('.').all(is_label) && !last.bytes().all(|b| b.is_ascii_digit())
}

impl Word for ListenTransport {
    const EXAMPLE: &'static str = r#""udp""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let choices = [
            ("udp", ListenTransport::Udp),
            ("tcp", ListenTransport::Tcp),
            ("tls", ListenTransport::Tls),
        ];
        one_of(text(value, Self::EXAMPLE)?, "transport", choices)
    }
}

impl Word for Digest {
    const EXAMPLE: &'static str = r#""sha-256""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let choices = [
            ("sha-256", Digest::Sha256),
            ("md5", Digest::Md5),
            ("md5-only", Digest::Md5Only),
        ];
        one_of(text(value, Self::EXAMPLE)?, "digest algorithm", choices)
    }
}

impl Word for VoiceCodec {
    const EXAMPLE: &'static str = r#""pcma""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let choices = [
            ("g722", VoiceCodec::G722),
            ("pcmu", VoiceCodec::Pcmu),
            ("pcma", VoiceCodec::Pcma),
        ];
        one_of(text(value, Self::EXAMPLE)?, "voice codec", choices)
    }
}

/// One of a few words.
pub(super) fn one_of<T, const N: usize>(word: &str, what: &str, choices: [(&str, T); N]) -> Result<T, Wrong> {
    let names = choices.each_ref().map(|(name, _)| *name);
    let chosen = choices.into_iter().find(|(name, _)| *name == word);
    chosen.map(|(_, value)| Ok(value)).unwrap_or_else(|| {
        let hint = match nearest(word, names.into_iter()) {
            Some(near) => format!("write \"{near}\""),
            None => format!("write {}", names.map(|name| format!("\"{name}\"")).join(" or ")),
        };
        wrong(format!("is no {what}: {word:?}"), hint)
    })
}
