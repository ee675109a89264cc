//! How tables are read: one description names every key, its type and its default, and everything else
//! follows from it: the unknown keys, the missing ones, the wrong types, and the list of all keys.

use super::report::Problems;
use super::table::table;
use super::veil;
use std::ops::Range;
use toml::de::DeValue;

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
    is_in_list: bool,
}

/// A value and the place where it was given; for a default, the place where it could have been.
#[derive(Clone, Debug)]
pub(super) struct Given<T> {
    pub(super) value: T,
    pub(super) at: Range<usize>,
    /// Whether a problem was reported inside: then what seems to be absent may only be misspelt.
    pub(super) is_faulty: bool,
}

/// Tables that carry their own names, in the order of the file.
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
                    let known = [$(shape::plain(stringify!($key))),*];
                    let table = Table::open(value, &known, here, problems)?;
                    Some($table {
                        $($key: table.field(stringify!($key), tables!(@ $need), problems),)*
                    })
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

/// Reads one value, and keeps its place with it.
pub(super) fn read<T: Value>(
    value: &DeValue<'_>,
    here: &Here,
    problems: &mut Problems<'_>,
) -> Option<Given<T>> {
    let errors_before = problems.errors();
    let value = T::read(value, here, problems)?;
    Some(Given {
        value,
        at: here.at.clone(),
        is_faulty: problems.errors() > errors_before,
    })
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
            is_in_list: false,
        }
    }

    pub(super) fn inside(&self, key: &str, at: Range<usize>) -> Here {
        let at = if self.is_default { self.at.clone() } else { at };
        Here {
            path: join(&self.path, key),
            at,
            is_default: self.is_default,
            is_in_list: false,
        }
    }

    pub(super) fn default(&self, key: &str) -> Here {
        Here {
            is_default: true,
            ..self.inside(key, self.at.clone())
        }
    }

    fn item(&self, at: Range<usize>) -> Here {
        let at = if self.is_default { self.at.clone() } else { at };
        Here {
            at,
            is_in_list: true,
            ..self.clone()
        }
    }

    pub(super) fn name(&self) -> String {
        match (&*self.path, self.is_in_list) {
            ("", _) => "the file".to_owned(),
            (path, true) => format!("[[{path}]]"),
            (path, false) => format!("[{path}]"),
        }
    }

    pub(super) fn addition(&self, key: &str, example: &str) -> String {
        if self.is_default {
            format!("add {} and below it {key} = {example}", self.name())
        } else {
            format!("add {key} = {example}")
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
        let item =
            |item: &toml::Spanned<DeValue<'_>>| read(item.get_ref(), &here.item(item.span()), problems);
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
            if let Some(Given { value, is_faulty, .. }) = read::<T>(value.get_ref(), &inner, problems) {
                named.push((
                    Given {
                        value: key.get_ref().to_string(),
                        at: key.span(),
                        is_faulty,
                    },
                    value,
                ));
            }
        }
        named.sort_by_key(|(name, _)| name.at.start);
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
