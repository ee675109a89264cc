//! The words about caller ID.

use super::network::one_of;
use super::{text, wrong};
use crate::config::caller_id::{ForwardedField, IdentityField, NumberFormat, RefusedChoice, TransferShows};
use crate::config::shape::{Word, Wrong};
use toml::de::DeValue;

/// What is dialled before a number.
pub(in crate::config) struct DialPrefix(pub(in crate::config) String);

/// More keys than anybody dials before a number.
const MAX_PREFIX_KEYS: usize = 12;

impl Word for DialPrefix {
    const EXAMPLE: &'static str = r#""*31*1*""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let keys = text(value, Self::EXAMPLE)?.trim();
        let is_key = |key: &char| matches!(key, '0'..='9' | '*' | '#');
        match keys.chars().find(|key| !is_key(key)) {
            Some(key) => wrong(
                format!("holds {key:?}, which is not dialled"),
                format!("use digits, * and #, as in {}", Self::EXAMPLE),
            ),
            None if (1..=MAX_PREFIX_KEYS).contains(&keys.len()) => Ok(DialPrefix(keys.to_owned())),
            None => wrong(
                format!("has {} keys", keys.len()),
                format!("write 1 to {MAX_PREFIX_KEYS} keys, as in {}", Self::EXAMPLE),
            ),
        }
    }
}

impl Word for RefusedChoice {
    const EXAMPLE: &'static str = r#""reject""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let choices = [
            ("reject", RefusedChoice::Reject),
            ("default", RefusedChoice::Default),
        ];
        one_of(text(value, Self::EXAMPLE)?, "answer to a refused choice", choices)
    }
}

impl Word for NumberFormat {
    const EXAMPLE: &'static str = r#""+e164""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let choices = [
            ("+e164", NumberFormat::Plus),
            ("e164", NumberFormat::Digits),
            ("national", NumberFormat::National),
        ];
        one_of(text(value, Self::EXAMPLE)?, "number format", choices)
    }
}

impl Word for IdentityField {
    const EXAMPLE: &'static str = r#""p-asserted-identity""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let choices = [
            ("p-asserted-identity", IdentityField::Asserted),
            ("p-preferred-identity", IdentityField::Preferred),
            ("remote-party-id", IdentityField::RemoteParty),
            ("from", IdentityField::Nothing),
        ];
        one_of(text(value, Self::EXAMPLE)?, "field that says who calls", choices)
    }
}

impl Word for ForwardedField {
    const EXAMPLE: &'static str = r#""both""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let choices = [
            ("both", ForwardedField::Both),
            ("diversion", ForwardedField::Diversion),
            ("history-info", ForwardedField::History),
            ("off", ForwardedField::Nothing),
        ];
        one_of(text(value, Self::EXAMPLE)?, "way to say who forwards", choices)
    }
}

impl Word for TransferShows {
    const EXAMPLE: &'static str = r#""house""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let choices = [
            ("house", TransferShows::House),
            ("agent", TransferShows::Agent),
            ("customer", TransferShows::Customer),
        ];
        one_of(
            text(value, Self::EXAMPLE)?,
            "party whose number is shown",
            choices,
        )
    }
}
