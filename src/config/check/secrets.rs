//! Passwords and tokens: given in the file, in a file of their own, or in the environment; and how good they are.

use crate::config::outside::Outside;
use crate::config::report::Problems;
use crate::config::shape::Given;
use secrecy::{ExposeSecret, SecretString};
use std::ops::Range;
use std::path::PathBuf;

/// Passwords that stand in the sample or at the top of every list that attackers try.
const KNOWN_TO_ALL: &[&str] = &[
    "password",
    "secret",
    "changeme",
    "letmein",
    "12345678",
    "123456789",
    "1234567890",
];
const SHORT_CHARACTERS: usize = 8;

/// The three ways to give a secret; `key` is "password" or "token".
pub(super) struct Ways<'r> {
    pub(super) key: &'static str,
    pub(super) inline: &'r Option<Given<SecretString>>,
    pub(super) file: &'r Option<Given<PathBuf>>,
    pub(super) env: &'r Option<Given<String>>,
}

/// A secret, and the place to point at when it is bad.
pub(super) struct Found {
    pub(super) secret: SecretString,
    pub(super) at: Range<usize>,
}

/// What the ways lead to.
pub(super) enum Outcome {
    /// None of them is given.
    Absent,
    /// An error was reported.
    Wrong,
    /// A fault was reported: it stands elsewhere, and cannot be read there. That is no reason to leave everybody
    /// without telephones.
    Unreadable,
    /// Here it is.
    Found(Found),
}

impl Ways<'_> {
    /// Follows the one way that is given; two are a problem, because nobody knows which one counts.
    pub(super) fn follow(&self, outside: &dyn Outside, problems: &mut Problems<'_>) -> Outcome {
        let key = self.key;
        let given: Vec<_> = [
            self.inline.as_ref().map(|it| it.at.clone()),
            self.file.as_ref().map(|it| it.at.clone()),
            self.env.as_ref().map(|it| it.at.clone()),
        ]
        .into_iter()
        .flatten()
        .collect();
        if let [first, second, ..] = &*given {
            problems.error(
                second,
                format!("the {key} is given in two ways"),
                "keep one of them",
            );
            problems.also(first, "the other one");
            return Outcome::Wrong;
        }
        let Some(at) = given.into_iter().next() else {
            return Outcome::Absent;
        };
        let secret = match (self.inline, self.file, self.env) {
            (Some(inline), ..) => Ok(inline.value.clone()),
            (_, Some(file), _) => from_file(file, outside),
            (.., Some(env)) => from_variable(env, outside),
            (None, None, None) => return Outcome::Absent,
        };
        match secret {
            Ok(secret) if secret.expose_secret().is_empty() => {
                problems.error(
                    &at,
                    format!("the {key} is empty"),
                    "anybody could come in: choose a long, random one",
                );
                Outcome::Wrong
            }
            Ok(secret) if secret.expose_secret().chars().any(char::is_control) => {
                problems.error(
                    &at,
                    format!("the {key} holds a control character"),
                    "it must be one line of plain text",
                );
                Outcome::Wrong
            }
            Ok(secret) => Outcome::Found(Found { secret, at }),
            Err((what, right)) => {
                problems.fault(&at, what, right);
                Outcome::Unreadable
            }
        }
    }
}

type Complaint = (String, String);

/// The file's content without the newline that editors put at its end.
fn from_file(file: &Given<PathBuf>, outside: &dyn Outside) -> Result<SecretString, Complaint> {
    let path = &file.value;
    match outside.secret_file(path) {
        Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).into()),
        Err(error) => Err((
            format!("{} cannot be read: {error}", path.display()),
            "let this file hold the secret, readable by the user that Tandem runs as".to_owned(),
        )),
    }
}

fn from_variable(env: &Given<String>, outside: &dyn Outside) -> Result<SecretString, Complaint> {
    outside
        .variable(&env.value)
        .map(SecretString::from)
        .map_err(|error| {
            (
                format!("the environment variable cannot be read: {error}"),
                "set it where Tandem is started, for a service in its unit file".to_owned(),
            )
        })
}

/// Why a phone's password is easily guessed, if it is.
pub(super) fn weakness(password: &str, number: &str, name: &str) -> Option<&'static str> {
    let lower = password.to_lowercase();
    match () {
        () if lower == number || lower == name.to_lowercase() => {
            Some("is the extension's own number or name")
        }
        () if lower.starts_with("sample-") => Some("is the sample's, which everybody can read"),
        () if KNOWN_TO_ALL.contains(&&*lower) => Some("is the first that attackers try"),
        () if password.chars().count() < SHORT_CHARACTERS => Some("is short"),
        () if lower.chars().all(|c| c.is_ascii_digit()) => Some("has only digits"),
        () => None,
    }
}
