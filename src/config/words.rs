//! The words that stand as values: texts, numbers, durations, ports, addresses, networks.

use super::shape::{Word, Wrong, kind, nearest};
use super::valid::ListenTransport;
use ipnet::IpNet;
use secrecy::SecretString;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use toml::de::DeValue;

/// Whole numbers from `MIN` to `MAX`.
pub(super) struct Whole<const MIN: u64, const MAX: u64>(pub(super) u64);

/// Durations from `MIN` to `MAX` milliseconds, written with their unit.
pub(super) struct Period<const MIN: u64, const MAX: u64>(pub(super) Duration);

/// Two ports and all between them.
#[derive(Clone, Copy)]
pub(super) struct Ports {
    pub(super) first: u16,
    pub(super) last: u16,
}

/// A host name (RFC 1123 §2.1) or an address without brackets.
pub(super) struct Host(pub(super) String);

/// An ISO 3166 country.
pub(super) struct Country(pub(super) phonenumber::country::Id);

fn wrong<T>(what: impl Into<String>, right: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong {
        what: what.into(),
        right: right.into(),
    })
}

fn text<'v>(value: &'v DeValue<'_>, example: &str) -> Result<&'v str, Wrong> {
    match value {
        DeValue::String(text) => Ok(text),
        DeValue::Integer(number) => wrong(
            "must be text, and this is a whole number",
            format!("put it in quotes, as in {example}; this would be \"{number}\""),
        ),
        other => wrong(
            format!("must be text, not {}", kind(other)),
            format!("write for example {example}"),
        ),
    }
}

impl Word for String {
    const EXAMPLE: &'static str = r#""…""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = text(value, Self::EXAMPLE)?;
        match text.chars().find(|c| c.is_control()) {
            Some(c) => wrong(
                format!("holds the control character {c:?}"),
                "take it out: it would end up in SIP messages",
            ),
            None => Ok(text.to_owned()),
        }
    }
}

impl Word for SecretString {
    const EXAMPLE: &'static str = r#""…""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        match value {
            DeValue::String(text) => Ok(text.to_string().into()),
            other => wrong(format!("must be text, not {}", kind(other)), "put it in quotes"),
        }
    }
}

impl Word for PathBuf {
    const EXAMPLE: &'static str = r#""recordings""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        match text(value, Self::EXAMPLE)? {
            "" => wrong(
                "is empty",
                "write a path; a relative one starts where Tandem was started",
            ),
            path if path.contains('\0') => wrong("holds a NUL", "no path has one: take it out"),
            path => Ok(path.into()),
        }
    }
}

impl Word for bool {
    const EXAMPLE: &'static str = "true";

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        match value {
            DeValue::Boolean(flag) => Ok(*flag),
            other => wrong(
                format!("must be true or false, not {}", kind(other)),
                "write true or false, without quotes",
            ),
        }
    }
}

impl<const MIN: u64, const MAX: u64> Word for Whole<MIN, MAX> {
    const EXAMPLE: &'static str = "1";

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let right = format!("write a whole number from {MIN} to {MAX}");
        let DeValue::Integer(integer) = value else {
            return wrong(
                format!("must be a whole number, not {}", kind(value)),
                format!("{right}, without quotes"),
            );
        };
        match u64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) if (MIN..=MAX).contains(&number) => Ok(Whole(number)),
            _ => wrong(format!("cannot be {integer}"), right),
        }
    }
}

impl<const MIN: u64, const MAX: u64> Word for Period<MIN, MAX> {
    const EXAMPLE: &'static str = r#""30s""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = match value {
            DeValue::Integer(n) => {
                return wrong(
                    "has no unit",
                    format!("say {n} of what: \"{n}s\", \"{n}ms\", \"{n}m\" or \"{n}h\""),
                );
            }
            _ => text(value, Self::EXAMPLE)?,
        };
        let Some(period) = duration(text) else {
            return wrong(
                format!("is no duration: {text:?}"),
                "write numbers and units, as in \"500ms\", \"30s\", \"5m\", \"1h30m\"",
            );
        };
        let (min, max) = (Duration::from_millis(MIN), Duration::from_millis(MAX));
        if period < min || period > max {
            let right = format!("from \"{}\" to \"{}\" can be had", spoken(min), spoken(max));
            return wrong(format!("cannot be \"{text}\""), right);
        }
        Ok(Period(period))
    }
}

fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let count: u64 = rest[..digits].parse().ok()?;
        let unit_onward = rest[digits..].trim_start();
        let unit_end = unit_onward
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(unit_onward.len());
        let millis = match &unit_onward[..unit_end] {
            "ms" => 1,
            "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        total = total.checked_add(Duration::from_millis(count.checked_mul(millis)?))?;
        rest = unit_onward[unit_end..].trim_start();
    }
    (!text.trim().is_empty()).then_some(total)
}

/// A duration as one would write it.
pub(super) fn spoken(duration: Duration) -> String {
    let millis = duration.as_millis();
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    match units
        .iter()
        .find(|(unit, _)| millis >= *unit && millis.is_multiple_of(*unit))
    {
        Some((unit, name)) => format!("{}{name}", millis / unit),
        None => format!("{millis}ms"),
    }
}

impl Word for Ports {
    const EXAMPLE: &'static str = r#""20000-29999""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = text(value, Self::EXAMPLE)?;
        let ends = text
            .split_once('-')
            .map(|(first, last)| (first.trim().parse(), last.trim().parse()));
        match ends {
            Some((Ok(first), Ok(last))) => Ports { first, last }.checked(),
            _ => wrong(
                format!("is no range of ports: {text:?}"),
                format!(
                    "write the first and the last port, up to 65535, as in {}",
                    Self::EXAMPLE
                ),
            ),
        }
    }
}

impl Ports {
    /// RTP takes even ports, and RTCP the odd ones above them (RFC 3550 §11).
    fn checked(self) -> Result<Ports, Wrong> {
        let Ports { first, last } = self;
        if first > last {
            return wrong("is out of order", format!("write \"{last}-{first}\""));
        }
        if first < 1024 {
            return wrong(
                "begins among the system's own ports, below 1024",
                format!("write for example {}", Self::EXAMPLE),
            );
        }
        if first % 2 == 1 || last % 2 == 0 {
            let (even, odd) = (first + first % 2, last - (last + 1) % 2);
            let right = match even < odd {
                true => format!("write \"{even}-{odd}\""),
                false => format!("write for example {}", Self::EXAMPLE),
            };
            return wrong(
                "must begin with an even port and end with an odd one: each leg takes such a pair",
                right,
            );
        }
        Ok(self)
    }
}

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
    if let Ok(ip) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return format!(
            "the port is missing; write for example \"{}\"",
            SocketAddr::new(ip, 5060)
        );
    }
    if let Some((ip, port)) = text.rsplit_once(':') {
        if let (Ok(ip), Ok(port)) = (ip.parse::<std::net::Ipv6Addr>(), port.parse::<u16>()) {
            return format!("put the IPv6 address in brackets: \"[{ip}]:{port}\"");
        }
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
        match text(value, Self::EXAMPLE)? {
            "udp" => Ok(ListenTransport::Udp),
            "tcp" => Ok(ListenTransport::Tcp),
            other => wrong(
                format!("is no transport: {other:?}"),
                match nearest(other, ["udp", "tcp"].into_iter()) {
                    Some(near) => format!("write \"{near}\""),
                    None => "write \"udp\" or \"tcp\"".to_owned(),
                },
            ),
        }
    }
}

impl Word for Country {
    const EXAMPLE: &'static str = r#""GB""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = text(value, Self::EXAMPLE)?;
        match text.to_ascii_uppercase().parse() {
            Ok(id) => Ok(Country(id)),
            Err(_) => wrong(
                format!("is no country: {text:?}"),
                "write its two letters of ISO 3166, as in \"GB\" or \"DE\"",
            ),
        }
    }
}
