//! Our numbers, who of us may show which, and how each carrier wants to be told.

pub use phonenumber::country::Id as CountryId;
use std::collections::{BTreeMap, BTreeSet};

/// What callees outside see.
#[derive(Clone, Debug)]
pub struct CallerId {
    /// The number that calls to the outside show unless somebody has another: E.164 with `+`. None only if there
    /// is no trunk.
    pub default: Option<String>,
    /// The name shown beside numbers that have none of their own; empty for none.
    pub name: String,
    /// Where we are: its numbers may be written and dialled without a country code.
    pub country: Option<CountryId>,
    /// Where we are, judged by the default number if nobody says so; good enough to tell what a call may cost.
    pub home: Option<CountryId>,
    /// Every number that can be shown, by E.164 with `+`: the default, those that ring somebody, and those that
    /// have a table.
    pub numbers: BTreeMap<String, Number>,
    /// What is dialled before a number to be shown to nobody; none if nothing is.
    pub withhold: Option<String>,
    /// What becomes of a call whose agent has chosen what may not be.
    pub refused_choice: RefusedChoice,
}

/// One number that can be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Number {
    /// What the house calls it; nobody outside is told.
    pub alias: Option<String>,
    /// The name shown beside it; the one beside all others if none is given.
    pub name: Option<String>,
    /// What is dialled before a number to show this one; none if nothing is.
    pub prefix: Option<String>,
    /// Whose it is.
    pub owner: Owner,
}

/// Whose a number is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Owner {
    /// Ours.
    #[default]
    House,
    /// Somebody else's, but the carrier has verified that we may show it.
    External,
}

/// What becomes of a call whose agent has chosen a caller ID that may not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedChoice {
    /// It is refused (403).
    Reject,
    /// It shows what the agent would have shown without a choice.
    Default,
}

/// What one extension shows to the outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Its own number, shown if nothing else is chosen; the house's default if it has none.
    pub own: Option<String>,
    /// What its agent may choose instead.
    pub allowed: BTreeSet<String>,
    /// Whether the agent may choose at all.
    pub may_choose: bool,
}

/// How a carrier is told who calls, and what it is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrunkIdentity {
    /// Whether it belongs to those who keep to themselves what they are told in confidence, and whose word on who
    /// calls is better than the caller's own (the trust domain of RFC 3325 §2.4).
    pub is_trusted: bool,
    /// Whether it takes calls without a number.
    pub takes_withheld: bool,
    /// How it wants numbers to be written.
    pub format: NumberFormat,
    /// Where it wants to read who calls, beside From.
    pub field: IdentityField,
    /// Where it wants to read that a call was forwarded.
    pub forwarded: ForwardedField,
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFormat {
    /// E.164 with `+`: +442079460100.
    Plus,
    /// E.164 without: 442079460100.
    Digits,
    /// As one dials it inside the country, 02079460100; numbers of other countries as E.164 with `+`.
    National,
}

/// The field beside From that says who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityField {
    /// P-Asserted-Identity (RFC 3325 §9.1).
    Asserted,
    /// P-Preferred-Identity (RFC 3325 §9.2): the carrier asserts it.
    Preferred,
    /// Remote-Party-ID, which was there before them.
    RemoteParty,
    /// None: From says it all.
    Nothing,
}

/// The fields that say that a call was forwarded, and by which number of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardedField {
    /// Diversion and History-Info.
    Both,
    /// Diversion (RFC 5806).
    Diversion,
    /// History-Info (RFC 7044).
    History,
    /// None.
    Nothing,
}

/// Whose number a call shows that is handed on or forwarded to the outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferShows {
    /// The house's default.
    House,
    /// That of the agent who hands it on.
    Agent,
    /// That of the customer who is handed on, if the carrier is told by whom.
    Customer,
}

impl CallerId {
    /// The number with this alias; letters may be of either case.
    pub fn named(&self, alias: &str) -> Option<&str> {
        let is_named = |number: &Number| {
            number
                .alias
                .as_ref()
                .is_some_and(|known| known.to_lowercase() == alias.to_lowercase())
        };
        let found = self.numbers.iter().find(|(_, number)| is_named(number));
        found.map(|(number, _)| number.as_str())
    }

    /// All that is dialled before a number to choose what is shown.
    pub fn prefixes(&self) -> impl Iterator<Item = &str> {
        let of_numbers = self.numbers.values().map(|number| &number.prefix);
        [&self.withhold]
            .into_iter()
            .chain(of_numbers)
            .flatten()
            .map(String::as_str)
    }
}
