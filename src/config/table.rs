//! One table, key by key: the unknown ones, the missing ones, and the others.

use super::advice::{advice, nearest};
use super::report::Problems;
use super::shape::{Given, Here, Need, Value, kind, plain, read};
use super::veil;
use toml::de::{DeTable, DeValue};

/// A table that is being read.
pub(super) struct Table<'t, 'i> {
    entries: &'t DeTable<'i>,
    known: &'t [&'static str],
    here: &'t Here,
}

impl<'t, 'i> Table<'t, 'i> {
    /// Reports every key that nobody knows, with the nearest one that somebody does.
    pub(super) fn open(
        value: &'t DeValue<'i>,
        known: &'t [&'static str],
        here: &'t Here,
        problems: &mut Problems<'_>,
    ) -> Option<Table<'t, 'i>> {
        let entries = table(value, here, problems)?;
        let holds_secrets = known.iter().any(|key| veil::names_a_secret(key));
        for (key, value) in entries {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                problems.error(
                    &key.span(),
                    format!("{} has no key `{name}`", here.name()),
                    advice(name, known),
                );
                if holds_secrets {
                    problems.veil(value.span());
                }
            }
        }
        Some(Table { entries, known, here })
    }

    /// Reads one key.
    pub(super) fn field<T: Value>(
        &self,
        key: &'static str,
        need: Need,
        problems: &mut Problems<'_>,
    ) -> Option<Given<T>> {
        let key = plain(key);
        if let Some((_, value)) = self.entries.iter().find(|(name, _)| name.get_ref() == key) {
            return read(value.get_ref(), &self.here.inside(key, value.span()), problems);
        }
        match need {
            Need::Optional => None,
            Need::Default(text) => {
                let value = DeValue::parse(text).ok()?;
                read(value.get_ref(), &self.here.default(key), problems)
            }
            Need::Required => {
                if !self.is_misspelt(key) {
                    let what = format!("{} has no `{key}`", self.here.name());
                    problems.error(&self.here.at, what, self.here.addition(key, T::EXAMPLE));
                }
                None
            }
        }
    }

    /// Whether an unknown key was reported that should have been this one.
    fn is_misspelt(&self, key: &str) -> bool {
        let names = self.entries.keys().map(|name| &**name.get_ref());
        let mut unknown = names.filter(|name| !self.known.contains(name));
        unknown.any(|name| nearest(name, self.known.iter().copied()) == Some(key))
    }
}

/// The table that should be here.
pub(super) fn table<'v, 'i>(
    value: &'v DeValue<'i>,
    here: &Here,
    problems: &mut Problems<'_>,
) -> Option<&'v DeTable<'i>> {
    if let DeValue::Table(table) = value {
        return Some(table);
    }
    let right = match value {
        DeValue::Array(items) if items.iter().all(|item| item.get_ref().is_table()) => {
            format!("write [{}] with one pair of brackets", here.path)
        }
        _ => format!("write {} on a line of its own, and its keys below", here.name()),
    };
    problems.error(
        &here.at,
        format!("`{}` is a table, not {}", here.path, kind(value)),
        right,
    );
    None
}
