//! Words about calls that are handed on.

use super::network::one_of;
use super::text;
use crate::config::shape::{Word, Wrong};
use crate::config::valid::WaitsWith;
use toml::de::DeValue;

impl Word for WaitsWith {
    const EXAMPLE: &'static str = r#""ringback""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let choices = [("ringback", WaitsWith::Ringback), ("music", WaitsWith::Music)];
        one_of(text(value, Self::EXAMPLE)?, "thing to wait with", choices)
    }
}
