//! The words that stand as values: texts, numbers, durations, ports, countries; addresses in `network`, caller
//! ID in `identity`.

mod identity;
mod network;
mod recording;
mod transfer;

pub(super) use identity::DialPrefix;
pub(super) use network::Host;
pub(super) use recording::FileMode;

use super::shape::{Word, Wrong, kind};
use secrecy::SecretString;
use std::path::PathBuf;
use std::time::Duration;
use toml::de::DeValue;

/// Whole numbers from `MIN` to `MAX`.
pub(super) struct Whole<const MIN: u64, const MAX: u64>(pub(super) u64);

/// Durations from `MIN` to `MAX` milliseconds, written with their unit.
pub(super) struct Period<const MIN: u64, const MAX: u64>(pub(super) Duration);

/// A [`Period`], or "off".
pub(super) struct OrOff<const MIN: u64, const MAX: u64>(pub(super) Option<Duration>);

/// Trunks of equal rank: one name, or names with their weights.
pub(super) struct Group(pub(super) Vec<(String, u32)>);

/// The keys of a feature code; none for "off".
pub(super) struct CodeKeys(pub(super) Option<String>);

/// Two ports and all between them.
#[derive(Clone, Copy)]
pub(super) struct Ports {
    pub(super) first: u16,
    pub(super) last: u16,
}

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
    const EXAMPLE: &'static str = r#""path/to/it""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        match text(value, Self::EXAMPLE)? {
            "" => wrong(
                "is empty",
                "write a path; a relative one starts where Tandem was started",
            ),
            path if path.contains('\0') => wrong("holds a NUL", "no path has one: take it out"),
            path if path.contains('\n') => wrong(
                "has many lines",
                "name the file here, and keep in it what this says",
            ),
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

impl<const MIN: u64, const MAX: u64> Word for OrOff<MIN, MAX> {
    const EXAMPLE: &'static str = r#""30s" or "off""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        match value {
            DeValue::String(text) if text.trim() == "off" => Ok(OrOff(None)),
            DeValue::Boolean(false) => wrong("must be a duration or off", "write \"off\", in quotes"),
            _ => Period::<MIN, MAX>::parse(value).map(|period| OrOff(Some(period.0))),
        }
    }
}

/// More than one weighs by hand.
const MAX_WEIGHT: u32 = 1000;

impl Word for Group {
    const EXAMPLE: &'static str = r#""acme" or { acme = 3, beta = 1 }"#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let DeValue::Table(weights) = value else {
            return Ok(Group(vec![(text(value, Self::EXAMPLE)?.to_owned(), 1)]));
        };
        let mut group = Vec::new();
        for (name, weight) in weights {
            let weight = Whole::<1, { MAX_WEIGHT as u64 }>::parse(weight.get_ref())?;
            group.push((
                name.get_ref().to_string(),
                u32::try_from(weight.0).unwrap_or(MAX_WEIGHT),
            ));
        }
        match group.is_empty() {
            true => wrong("names no trunk", format!("write {}", Self::EXAMPLE)),
            false => Ok(Group(group)),
        }
    }
}

/// More keys than one presses from memory.
const MAX_CODE_KEYS: usize = 8;

impl Word for CodeKeys {
    const EXAMPLE: &'static str = r#""*1""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let keys = text(value, Self::EXAMPLE)?.trim();
        let is_key = |key: &char| matches!(key.to_ascii_uppercase(), '0'..='9' | '*' | '#' | 'A'..='D');
        match keys.chars().find(|key| !is_key(key)) {
            _ if keys == "off" => Ok(CodeKeys(None)),
            Some(key) => wrong(
                format!("holds {key:?}, which no telephone has"),
                format!(
                    "use digits, *, # and A to D, as in {}, or write \"off\"",
                    Self::EXAMPLE
                ),
            ),
            None if (1..=MAX_CODE_KEYS).contains(&keys.len()) => {
                Ok(CodeKeys(Some(keys.to_ascii_uppercase())))
            }
            None => wrong(
                format!("has {} keys", keys.len()),
                format!("write 1 to {MAX_CODE_KEYS} keys, or \"off\""),
            ),
        }
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
