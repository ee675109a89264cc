//! Caller ID: which numbers can be shown to the outside, and who of us may show which.

use super::named;
use super::numbers::{Numbering, clean};
use crate::config::advice::nearest;
use crate::config::raw;
use crate::config::report::Problems;
use crate::config::shape::Given;
use crate::config::valid::{
    CallerId, Choice, CountryId, ForwardedField, Incoming, Number, NumberFormat, Owner, TransferShows, Trunk,
};
use crate::config::words::DialPrefix;
use std::collections::BTreeMap;

/// Every number that can be shown, and by which names the file calls it.
pub(super) struct OurNumbers<'f> {
    numbering: &'f Numbering,
    known: BTreeMap<String, Number>,
}

/// What callees outside see, extension by extension aside.
pub(super) fn caller_id(
    file: &raw::File,
    numbers: &Given<raw::Numbers>,
    ours: &OurNumbers<'_>,
    problems: &mut Problems<'_>,
) -> Option<CallerId> {
    let default = default(file, numbers, ours.numbering, problems)?;
    let raw = &numbers.value;
    judge_prefixes(file, problems);
    Some(CallerId {
        default,
        name: raw.name.as_ref()?.value.clone(),
        country: raw.country.as_ref().map(|country| country.value.0),
        home: ours.numbering.home(),
        numbers: ours.known.clone(),
        withhold: raw.withhold_prefix.as_ref().map(|prefix| prefix.value.0.clone()),
        refused_choice: raw.refused_choice.as_ref()?.value,
    })
}

fn default(
    file: &raw::File,
    numbers: &Given<raw::Numbers>,
    numbering: &Numbering,
    problems: &mut Problems<'_>,
) -> Option<Option<String>> {
    match (&numbers.value.default, named(&file.trunk).first()) {
        // What is wrong with it is told where the numbers are collected.
        (Some(number), _) => numbering.number(&number.value).map(Some),
        (None, None) => Some(None),
        (None, Some(_)) if numbers.is_faulty => None,
        (None, Some((trunk, _))) => {
            let what = format!("calls over {} have no number to show", trunk.value);
            let right = "add default = \"+44…\", one of your own numbers, to [numbers]";
            problems.error(&trunk.at, what, right);
            None
        }
    }
}

impl<'f> OurNumbers<'f> {
    /// The default, the numbers that ring somebody, and those that have a table.
    pub(super) fn of(
        file: &raw::File,
        incoming: &BTreeMap<String, Incoming>,
        numbering: &'f Numbering,
        problems: &mut Problems<'_>,
    ) -> OurNumbers<'f> {
        let numbers = file.numbers.as_ref().map(|numbers| &numbers.value);
        let default = numbers.and_then(|numbers| numbers.default.as_ref());
        let default = default.and_then(|number| numbering.read(number, problems));
        let plain = incoming.keys().cloned().chain(default);
        let mut ours = OurNumbers {
            numbering,
            known: plain.map(|number| (number, Number::default())).collect(),
        };
        let mut tables: BTreeMap<String, &Given<String>> = BTreeMap::new();
        for (given, table) in named(&file.number) {
            // What is not ours is judged more strictly, below.
            let number = match is_external(table) {
                true => numbering.number(&given.value),
                false => None,
            };
            let Some(number) = number.or_else(|| numbering.read(given, problems)) else {
                continue;
            };
            if let Some(earlier) = tables.insert(number.clone(), given) {
                problems.error(&given.at, format!("{number} has two tables"), "make one of them");
                problems.also(&earlier.at, "the first one");
            }
            ours.add(given, number, table, problems);
        }
        ours
    }

    /// The country that the file is about, as far as that is clear.
    pub(super) fn home(&self) -> Option<CountryId> {
        self.numbering.home()
    }

    /// What an extension shows, and what its agent may choose instead.
    pub(super) fn choice(
        &self,
        extension: &Given<String>,
        raw: &raw::Extension,
        problems: &mut Problems<'_>,
    ) -> Option<Choice> {
        let own = raw.number.as_ref().map(|number| self.find(number, problems));
        let listed = raw.numbers.as_ref()?;
        let allowed = listed
            .value
            .iter()
            .map(|number| self.find(number, problems))
            .collect::<Vec<_>>();
        let may_choose = raw.choose.as_ref()?.value;
        if !may_choose && !allowed.is_empty() {
            let what = format!("the agent of {} may not choose among these", extension.value);
            let right = "`choose` is false: only `number` is shown, and these are for later";
            problems.warn(&listed.at, what, right);
        }
        Some(Choice {
            own: own.map_or(Some(None), |own| own.map(Some))?,
            allowed: allowed.into_iter().collect::<Option<_>>()?,
            may_choose,
        })
    }

    fn add(
        &mut self,
        given: &Given<String>,
        number: String,
        table: &raw::Number,
        problems: &mut Problems<'_>,
    ) {
        if is_external(table) {
            self.judge_external(given, &number, problems);
        }
        let alias = table
            .alias
            .as_ref()
            .filter(|alias| self.is_alias(alias, problems));
        let number_of_ours = Number {
            alias: alias.map(|alias| alias.value.trim().to_owned()),
            name: table.name.as_ref().map(|name| name.value.clone()),
            prefix: table.prefix.as_ref().map(|prefix| prefix.value.0.clone()),
            owner: match is_external(table) {
                true => Owner::External,
                false => Owner::House,
            },
        };
        self.known.insert(number, number_of_ours);
    }

    /// A slip in a number that is not ours would show somebody else's.
    fn judge_external(&self, given: &Given<String>, number: &str, problems: &mut Problems<'_>) {
        if self
            .known
            .get(number)
            .is_some_and(|known| known.owner == Owner::House)
        {
            let what = format!("{number} is ours: it is the default, or there is an [[incoming]] for it");
            problems.error(&given.at, what, "take out external = true");
        }
        if !given.value.trim_start().starts_with('+') {
            let what = format!("{:?} is not ours, and has no country code", given.value);
            problems.error(&given.at, what, format!("write \"{number}\", if that is the one"));
        }
        if !self.numbering.is_in_use(number) {
            let what = format!("{number} is no number that a carrier could verify");
            problems.error(&given.at, what, "count its digits");
        }
    }

    fn is_alias(&self, alias: &Given<String>, problems: &mut Problems<'_>) -> bool {
        let name = alias.value.trim();
        let taken = self.known.iter().find(|(_, known)| {
            known
                .alias
                .as_ref()
                .is_some_and(|known| known.to_lowercase() == name.to_lowercase())
        });
        let (what, right) = match taken {
            _ if name.is_empty() => ("an alias cannot be empty".to_owned(), "leave it out".to_owned()),
            _ if clean(name).is_some() => (
                format!("the alias {name:?} looks like a number"),
                "take a word: aliases are chosen where numbers can be, too".to_owned(),
            ),
            Some((number, _)) => (
                format!("{number} is called {name:?} already"),
                "choose another alias for one of them".to_owned(),
            ),
            None => return true,
        };
        problems.error(&alias.at, what, right);
        false
    }

    /// The number that is named here, by itself or by its alias.
    pub(super) fn find(&self, named: &Given<String>, problems: &mut Problems<'_>) -> Option<String> {
        let name = named.value.trim();
        let by_alias = self.known.iter().find(|(_, known)| {
            known
                .alias
                .as_ref()
                .is_some_and(|alias| alias.to_lowercase() == name.to_lowercase())
        });
        if let Some((number, _)) = by_alias {
            return Some(number.clone());
        }
        let number = match clean(name) {
            Some(_) => self.numbering.read(named, problems)?,
            None => name.to_owned(),
        };
        if self.known.contains_key(&number) {
            return Some(number);
        }
        let aliases = self.known.values().filter_map(|known| known.alias.as_deref());
        let names: Vec<&str> = self.known.keys().map(String::as_str).chain(aliases).collect();
        let right = match nearest(&number, names.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None if clean(name).is_some() => format!("add a table [number.\"{number}\"]"),
            None => format!("name one of {}", names.join(", ")),
        };
        problems.error(&named.at, format!("we have no number \"{}\"", named.value), right);
        None
    }
}

fn is_external(table: &raw::Number) -> bool {
    table.external.as_ref().is_some_and(|external| external.value)
}

/// All that is dialled before numbers to choose what is shown.
pub(super) fn prefixes(file: &raw::File) -> impl Iterator<Item = &Given<DialPrefix>> {
    let numbers = file.numbers.iter();
    let withhold = numbers.filter_map(|numbers| numbers.value.withhold_prefix.as_ref());
    let tables = named(&file.number).iter();
    withhold.chain(tables.filter_map(|(_, table)| table.prefix.as_ref()))
}

/// What is dialled before numbers can be told apart, and does not hide a colleague.
fn judge_prefixes(file: &raw::File, problems: &mut Problems<'_>) {
    let mut known: Vec<&Given<DialPrefix>> = Vec::new();
    for given in prefixes(file) {
        let keys = &given.value.0;
        let is_near =
            |other: &&&Given<DialPrefix>| keys.starts_with(&other.value.0) || other.value.0.starts_with(keys);
        if let Some(other) = known.iter().find(is_near) {
            let what = format!("\"{keys}\" cannot be told from \"{}\"", other.value.0);
            problems.error(&given.at, what, "no prefix may be the beginning of another");
            problems.also(&other.at, "the other one");
        }
        let hidden = named(&file.extension)
            .iter()
            .find(|(number, _)| number.value.starts_with(keys));
        if let Some((extension, _)) = hidden {
            let what = format!(
                "nobody could call {} any more: it begins with \"{keys}\"",
                extension.value
            );
            problems.error(&given.at, what, "begin with *, as in \"*31*1*\"");
        } else if keys.starts_with(|key: char| key.is_ascii_digit()) {
            let what = format!("numbers that begin with \"{keys}\" cannot be called any more");
            problems.warn(&given.at, what, "begin with *, as in \"*31*1*\"");
        }
        known.push(given);
    }
}

/// What carriers want to be told can be said.
pub(super) fn sayable(file: &raw::File, trunks: &BTreeMap<String, Trunk>, problems: &mut Problems<'_>) {
    let numbers = file.numbers.as_ref().map(|numbers| &numbers.value);
    let has_country = numbers.is_some_and(|numbers| numbers.country.is_some());
    let shows = file
        .transfer
        .as_ref()
        .and_then(|transfer| transfer.value.shows.as_ref());
    for (name, table) in named(&file.trunk) {
        let Some(trunk) = trunks.get(&name.value) else {
            continue;
        };
        if let (NumberFormat::National, Some(format), false) =
            (trunk.identity.format, &table.number_format, has_country)
        {
            let what = format!(
                "{} wants national numbers, and nobody knows of which country",
                name.value
            );
            problems.error(&format.at, what, "add country = \"GB\" (or yours) to [numbers]");
        }
        if let (ForwardedField::Nothing, Some(forwarded), Some(TransferShows::Customer)) = (
            trunk.identity.forwarded,
            &table.forwarded,
            shows.map(|shows| shows.value),
        ) {
            let what = format!("over {} no customer's number is shown, only ours", name.value);
            let right = "a carrier takes it only with the number of ours that forwards the call: not \"off\"";
            problems.warn(&forwarded.at, what, right);
        }
    }
}
