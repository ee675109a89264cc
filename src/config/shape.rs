//! How tables are read: one description names every key, its type and its default, and everything else
//! follows from it: the unknown keys, the missing ones, the wrong types, and the list of all keys.

use super::report::Problems;
use super::{raw, veil};
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// Something that can stand on the right of a `=`.
pub(super) trait Value: Sized {
    /// How one would write it, in TOML.
    const EXAMPLE: &'static str;

    /// Reads it; what is wrong goes to `problems`, and then there may be no value.
    fn read(value: &DeValue<'_>, here: &Here, problems: &mut Problems<'_>) -> Option<Self>;

    /// The keys inside, for a table.
    fn keys(_path: &str, _keys: &mut Vec<Key>) {}
}

/// A value without keys inside.
pub(super) trait Word: Sized {
    /// How one would write it, in TOML.
    const EXAMPLE: &'static str;

    /// Reads it, or says what is wrong with it.
    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong>;
}

/// What is wrong with a value (a sentence that begins after its name), and what would be right.
pub(super) struct Wrong {
    pub(super) what: String,
    pub(super) right: String,
}

/// Where we are in the file.
#[derive(Clone)]
pub(super) struct Here {
    /// In dots: "media.ports". Empty for the whole file.
    pub(super) path: String,
    /// The bytes of the value.
    pub(super) at: Range<usize>,
    is_default: bool,
}

/// A value and the place where it was given; for a default, the place where it could have been.
#[derive(Clone, Debug)]
pub(super) struct Given<T> {
    pub(super) value: T,
    pub(super) at: Range<usize>,
}

/// Tables that carry their own names, in the order of their names.
pub(super) struct Named<T>(pub(super) Vec<(Given<String>, T)>);

/// What happens if a key is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It must be there.
    Required,
    /// It may be left out, which has a meaning of its own.
    Optional,
    /// This is taken instead, in TOML.
    Default(&'static str),
}

/// One key that the file may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// In dots; `*` stands for a name that ops choose, or for each table of a list.
    pub path: String,
    /// What happens without it.
    pub need: Need,
}

/// Declares tables: `key: Type = what happens without it,` where that is `required`, `optional` or a default.
/// Each becomes a struct with one `Option<Given<Type>>` per key, which is `None` if the key is optional and
/// absent, or if a problem was reported.
macro_rules! tables {
    ($($(#[$about:meta])* $table:ident { $($(#[$doc:meta])* $key:ident: $type:ty = $need:tt,)* })*) => {
        $(
            $(#[$about])*
            pub(super) struct $table {
                $($(#[$doc])* pub(super) $key: Option<Given<$type>>,)*
            }

            impl Value for $table {
                const EXAMPLE: &'static str = "{ … }";

                fn read(value: &DeValue<'_>, here: &Here, problems: &mut Problems<'_>) -> Option<Self> {
                    let table = shape::table(value, here, problems)?;
                    shape::refuse_unknown(table, &[$(shape::plain(stringify!($key))),*], here, problems);
                    Some($table { $($key: shape::field(table, stringify!($key), tables!(@ $need), here, problems),)* })
                }

                fn keys(path: &str, keys: &mut Vec<Key>) {
                    $(shape::list::<$type>(path, stringify!($key), tables!(@ $need), keys);)*
                }
            }
        )*
    };
    (@ required) => { Need::Required };
    (@ optional) => { Need::Optional };
    (@ $default:tt) => { Need::Default(stringify!($default)) };
}
pub(super) use tables;

/// A key as it stands in the file; `match` is a word of Rust's own and carries a mark there.
pub(super) fn plain(key: &'static str) -> &'static str {
    key.strip_prefix("r#").unwrap_or(key)
}

/// Reads one key of a table.
pub(super) fn field<T: Value>(
    table: &DeTable<'_>,
    key: &'static str,
    need: Need,
    here: &Here,
    problems: &mut Problems<'_>,
) -> Option<Given<T>> {
    let key = plain(key);
    if let Some((_, value)) = table.iter().find(|(name, _)| name.get_ref() == key) {
        return read(value.get_ref(), &here.inside(key, value.span()), problems);
    }
    match need {
        Need::Optional => None,
        Need::Default(text) => {
            let value = DeValue::parse(text).ok()?;
            read(value.get_ref(), &here.default(key), problems)
        }
        Need::Required => {
            let what = format!("{} has no `{key}`", here.name());
            problems.error(&here.at, what, format!("add {key} = {}", T::EXAMPLE));
            None
        }
    }
}

fn read<T: Value>(value: &DeValue<'_>, here: &Here, problems: &mut Problems<'_>) -> Option<Given<T>> {
    T::read(value, here, problems).map(|value| Given {
        value,
        at: here.at.clone(),
    })
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
        _ => format!("write [{}] on a line of its own, and its keys below", here.path),
    };
    problems.error(
        &here.at,
        format!("`{}` is a table, not {}", here.path, kind(value)),
        right,
    );
    None
}

/// Reports every key that nobody knows, with the nearest one that somebody does.
pub(super) fn refuse_unknown(table: &DeTable<'_>, known: &[&str], here: &Here, problems: &mut Problems<'_>) {
    for (key, value) in table.iter() {
        let name: &str = key.get_ref();
        if !known.contains(&name) {
            // It may be a secret under a misspelt name.
            problems.veil(value_without_keys(value));
            problems.error(
                &key.span(),
                format!("{} has no key `{name}`", here.name()),
                advice(name, known),
            );
        }
    }
}

fn value_without_keys(value: &toml::Spanned<DeValue<'_>>) -> Range<usize> {
    match value.get_ref() {
        DeValue::Table(_) => 0..0,
        _ => value.span(),
    }
}

fn advice(name: &str, known: &[&str]) -> String {
    if let Some(near) = nearest(name, known.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    let keys = raw::keys();
    let elsewhere = keys
        .iter()
        .filter_map(|key| key.path.rsplit_once('.'))
        .find(|(_, last)| *last == name);
    match elsewhere {
        Some((table, _)) => format!("`{name}` belongs to [{}]", table.trim_end_matches(".*")),
        None => format!("the keys here are {}", known.join(", ")),
    }
}

/// The known word that was probably meant.
pub(super) fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let name = name.to_lowercase().replace('-', "_");
    known
        .map(|word| (strsim::jaro_winkler(&name, &word.to_lowercase()), word))
        .filter(|(likeness, word)| *likeness > 0.82 || strsim::damerau_levenshtein(&name, word) == 1)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, word)| word)
}

/// Adds this key, or the keys inside it, to the list of all.
pub(super) fn list<T: Value>(path: &str, key: &'static str, need: Need, keys: &mut Vec<Key>) {
    let path = join(path, plain(key));
    let before = keys.len();
    T::keys(&path, keys);
    if keys.len() == before {
        keys.push(Key { path, need });
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// What a value is, in words.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl Here {
    /// The whole file.
    pub(super) fn top() -> Here {
        Here {
            path: String::new(),
            at: 0..0,
            is_default: false,
        }
    }

    fn inside(&self, key: &str, at: Range<usize>) -> Here {
        let at = if self.is_default { self.at.clone() } else { at };
        Here {
            path: join(&self.path, key),
            at,
            is_default: self.is_default,
        }
    }

    fn default(&self, key: &str) -> Here {
        Here {
            path: join(&self.path, key),
            at: self.at.clone(),
            is_default: true,
        }
    }

    fn name(&self) -> String {
        if self.path.is_empty() {
            "the file".to_owned()
        } else {
            format!("[{}]", self.path)
        }
    }
}

impl<T: Value> Value for Vec<Given<T>> {
    const EXAMPLE: &'static str = "[ … ]";

    fn read(value: &DeValue<'_>, here: &Here, problems: &mut Problems<'_>) -> Option<Self> {
        let DeValue::Array(items) = value else {
            let right = match value {
                DeValue::Table(_) => format!(
                    "write [[{}]] with two pairs of brackets, once for each",
                    here.path
                ),
                _ => format!("put it into brackets: [{}]", T::EXAMPLE),
            };
            problems.error(
                &here.at,
                format!("`{}` is a list, not {}", here.path, kind(value)),
                right,
            );
            return None;
        };
        let item = |item: &toml::Spanned<DeValue<'_>>| {
            let at = if here.is_default {
                here.at.clone()
            } else {
                item.span()
            };
            read(item.get_ref(), &Here { at, ..here.clone() }, problems)
        };
        Some(items.iter().filter_map(item).collect())
    }

    fn keys(path: &str, keys: &mut Vec<Key>) {
        T::keys(&join(path, "*"), keys);
    }
}

impl<T: Value> Value for Named<T> {
    const EXAMPLE: &'static str = "{ … }";

    fn read(value: &DeValue<'_>, here: &Here, problems: &mut Problems<'_>) -> Option<Self> {
        let mut named = Vec::new();
        for (key, value) in table(value, here, problems)? {
            let inner = here.inside(key.get_ref(), value.span());
            if let Some(value) = T::read(value.get_ref(), &inner, problems) {
                named.push((
                    Given {
                        value: key.get_ref().to_string(),
                        at: key.span(),
                    },
                    value,
                ));
            }
        }
        Some(Named(named))
    }

    fn keys(path: &str, keys: &mut Vec<Key>) {
        T::keys(&join(path, "*"), keys);
    }
}

impl<W: Word> Value for W {
    const EXAMPLE: &'static str = W::EXAMPLE;

    fn read(value: &DeValue<'_>, here: &Here, problems: &mut Problems<'_>) -> Option<Self> {
        let wrong = match W::parse(value) {
            Ok(word) => return Some(word),
            Err(wrong) => wrong,
        };
        if veil::names_a_secret(&here.path) {
            problems.veil(here.at.clone());
        }
        problems.error(&here.at, format!("`{}` {}", here.path, wrong.what), wrong.right);
        None
    }
}
