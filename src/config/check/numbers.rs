//! Telephone numbers: which one is meant.

use crate::config::raw;
use crate::config::report::Problems;
use crate::config::shape::Given;
use crate::config::words::Country;
use crate::number::plain;
use phonenumber::country::Id;
use phonenumber::{Mode, PhoneNumber};

/// More characters than any number has, with all the blanks and brackets that people put in.
const MAX_NUMBER_CHARACTERS: usize = 40;

/// How numbers are to be read.
pub(super) struct Numbering {
    /// Numbers without a country code belong to this country.
    country: Option<Id>,
    /// The country that the file seems to be about; good enough for advice.
    guess: Option<Id>,
}

/// A number as it was meant, or what is wrong with it.
enum Judged {
    /// E.164 with `+`.
    Sound(String),
    /// It can be read, but no such number is known to be in use.
    Doubtful(String, String),
    Wrong {
        what: String,
        right: String,
    },
}

impl Numbering {
    pub(super) fn new(country: Option<&Given<Country>>, numbers: Option<&Given<raw::Numbers>>) -> Numbering {
        let country = country.map(|country| country.value.0);
        let default = numbers.and_then(|numbers| numbers.value.default.as_ref());
        let guess = default.and_then(|number| {
            phonenumber::parse(None, clean(&number.value)?)
                .ok()?
                .country()
                .id()
        });
        Numbering {
            country,
            guess: country.or(guess),
        }
    }

    /// The country that the file is about, as far as that is clear.
    pub(super) fn home(&self) -> Option<Id> {
        self.guess
    }

    /// The number in E.164 with `+`; what is wrong with it is reported.
    pub(super) fn read(&self, number: &Given<String>, problems: &mut Problems<'_>) -> Option<String> {
        match self.judge(&number.value) {
            Judged::Sound(number) => Some(number),
            Judged::Doubtful(e164, place) => {
                let what = format!("{e164} does not look like a number of {place}");
                problems.warn(
                    &number.at,
                    what,
                    "count its digits; if the number is new, all is well",
                );
                Some(e164)
            }
            Judged::Wrong { what, right } => {
                problems.error(&number.at, what, right);
                None
            }
        }
    }

    /// The number in E.164 with `+`, if it is one.
    pub(super) fn number(&self, text: &str) -> Option<String> {
        match self.judge(text) {
            Judged::Sound(number) | Judged::Doubtful(number, _) => Some(number),
            Judged::Wrong { .. } => None,
        }
    }

    /// Whether such numbers are known to be in use.
    pub(super) fn is_in_use(&self, number: &str) -> bool {
        matches!(self.judge(number), Judged::Sound(_))
    }

    fn judge(&self, text: &str) -> Judged {
        let Some(clean) = clean(text) else {
            return Judged::Wrong {
                what: format!("{text:?} is no telephone number"),
                right: "write it with its country code, as in \"+44 20 7946 0100\"".to_owned(),
            };
        };
        if let Some(rest) = clean.strip_prefix("00") {
            return Judged::Wrong {
                what: format!("{text:?} begins with a dialling prefix"),
                right: format!("write \"+{rest}\""),
            };
        }
        if clean.starts_with('+') || self.country.is_some() {
            return self.parsed(text, &clean);
        }
        Judged::Wrong {
            what: format!("{text:?} has no country code"),
            right: self.with_code(&clean),
        }
    }

    fn parsed(&self, text: &str, clean: &str) -> Judged {
        match phonenumber::parse(self.country, clean) {
            Ok(number) if number.is_valid() => Judged::Sound(e164(&number)),
            Ok(number) => {
                let place = number.country().id().map_or_else(
                    || format!("country code {}", number.code().value()),
                    |id| id.as_ref().to_owned(),
                );
                Judged::Doubtful(e164(&number), place)
            }
            Err(error) => Judged::Wrong {
                what: format!("{text:?} is no telephone number: {error}"),
                right: "write it with its country code, as in \"+44 20 7946 0100\"".to_owned(),
            },
        }
    }

    /// What the number would be with a country code, as far as one can guess.
    fn with_code(&self, clean: &str) -> String {
        let valid = |country, text: &str| {
            phonenumber::parse(country, text)
                .ok()
                .filter(PhoneNumber::is_valid)
        };
        let national = self.guess.and_then(|id| valid(Some(id), clean));
        match national.or_else(|| valid(None, &format!("+{clean}"))) {
            Some(number) => format!("write \"{}\"", e164(&number)),
            None => "write it with `+` and its country code, or set `country` in [numbers]".to_owned(),
        }
    }
}

/// The number without what people put in for the eye; none if there is more to it than that.
pub(super) fn clean(text: &str) -> Option<String> {
    let clean = plain(text);
    let digits = clean.strip_prefix('+').unwrap_or(&clean);
    let is_number = digits.len() >= 2 && digits.bytes().all(|b| b.is_ascii_digit());
    (text.len() <= MAX_NUMBER_CHARACTERS && is_number).then_some(clean)
}

fn e164(number: &PhoneNumber) -> String {
    number.format().mode(Mode::E164).to_string()
}
