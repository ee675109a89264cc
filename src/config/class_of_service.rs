//! Class of service: where extensions may call outside, and how much.

use std::collections::BTreeSet;
use std::fmt;

/// Where an extension may call outside, and how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassOfService {
    /// The kinds of numbers that it may call, and the rules for calls to the outside, by name, that it may use whatever
    /// the number is.
    pub allow: Rule<Allowed>,
    /// Calls to the outside at one time.
    pub max_calls: Rule<usize>,
    /// Calls to the outside within an hour.
    pub max_calls_per_hour: Rule<usize>,
    /// So many calls to the outside within an hour are told to those who run the switch.
    pub alarm_calls_per_hour: Rule<usize>,
}

/// A rule, and which key of the configuration says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule<T> {
    /// What it says.
    pub value: T,
    /// The key, in dots.
    pub key: String,
}

/// Where one may call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Numbers of these kinds.
    pub kinds: BTreeSet<Kind>,
    /// All that these rules take, by name.
    pub rules: BTreeSet<String>,
}

/// What a number outside is, as far as its bill is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A number of our country that is none of the others.
    National,
    /// A mobile of our country.
    Mobile,
    /// A number of our country that costs the caller nothing.
    Freephone,
    /// A number of our country whose cost caller and callee share.
    SharedCost,
    /// A number of another country.
    International,
    /// Premium rate, personal and pager numbers of any country.
    Premium,
    /// Satellite and other networks that belong to no country.
    Satellite,
    /// What is no number of the public network: short numbers, codes of the carrier, numbers with digits missing.
    Other,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 8] = [
        Kind::National,
        Kind::Mobile,
        Kind::Freephone,
        Kind::SharedCost,
        Kind::International,
        Kind::Premium,
        Kind::Satellite,
        Kind::Other,
    ];

    /// As it is written in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Kind::National => "national",
            Kind::Mobile => "mobile",
            Kind::Freephone => "freephone",
            Kind::SharedCost => "shared_cost",
            Kind::International => "international",
            Kind::Premium => "premium",
            Kind::Satellite => "satellite",
            Kind::Other => "other",
        }
    }
}

/// In a sentence: "premium numbers".
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::National => "national numbers",
            Kind::Mobile => "mobile numbers",
            Kind::Freephone => "freephone numbers",
            Kind::SharedCost => "shared-cost numbers",
            Kind::International => "international numbers",
            Kind::Premium => "premium numbers",
            Kind::Satellite => "satellite numbers",
            Kind::Other => "short and other numbers",
        })
    }
}
