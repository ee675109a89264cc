//! Telephone numbers in the one form in which we think of them, E.164 with `+`, and in those in which others do.

use super::route::{inside, outgoing};
use crate::config::Config;
use crate::config::valid::{CountryId, NumberFormat};
use crate::sip::Uri;
use phonenumber::{Mode, PhoneNumber};

/// Shorter ones are no numbers of the public network that could be told apart without knowing the country.
const MIN_DIGITS: usize = 5;
/// E.164 allows 15, and nobody dials more than 4 before them.
const MAX_DIGITS: usize = 19;

/// The number in E.164 with `+`, however it is written: with `+`, `00` or neither, or as one dials it inside the
/// country. None if it is not clear which one is meant.
pub fn international(number: &str, country: Option<CountryId>) -> Option<String> {
    let digits = number.strip_prefix('+').unwrap_or(number);
    let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
    if !is_number || !(MIN_DIGITS..=MAX_DIGITS).contains(&digits.len()) {
        return None;
    }
    if number.starts_with('+') {
        return Some(number.to_owned());
    }
    if let Some(rest) = number.strip_prefix("00") {
        return Some(format!("+{rest}"));
    }
    let inside = country.and_then(|country| valid(Some(country), number));
    let found = inside.or_else(|| valid(None, &format!("+{number}")))?;
    Some(found.format().mode(Mode::E164).to_string())
}

/// The number that a URI names, with the country that it may be local to (RFC 3966 §5.1.5, RFC 3261 §19.1.6); or
/// whatever else its user is.
pub fn number_in(uri: &Uri) -> String {
    let user = uri.user().unwrap_or_default();
    match uri.param("phone-context").filter(|_| uri.scheme() == "tel") {
        Some(context) => format!("{user};phone-context={context}"),
        None => user,
    }
}

/// A number of ours or of somebody outside, in the form that a carrier wants.
pub fn written(number: &str, format: NumberFormat, country: Option<CountryId>) -> String {
    match format {
        NumberFormat::Plus => number.to_owned(),
        NumberFormat::Digits => number.strip_prefix('+').unwrap_or(number).to_owned(),
        NumberFormat::National => national(number, country).unwrap_or_else(|| number.to_owned()),
    }
}

/// A number from outside in the form in which a phone of ours can dial it back: as one dials it inside the country,
/// with `+`, or with `00`; the first of them that the rules take to the same place.
pub fn dialable(config: &Config, number: &str) -> String {
    let Some(digits) = number.strip_prefix('+') else {
        return number.to_owned();
    };
    let leads_back = |form: &String| {
        let sent = match inside(config, form) {
            Some(_) => None,
            None => outgoing(config, form).map(|(_, sent)| sent),
        };
        sent.and_then(|sent| international(&sent, config.caller_id.country))
            .as_deref()
            == Some(number)
    };
    let inside = national(number, config.caller_id.country);
    let forms = inside
        .into_iter()
        .chain([number.to_owned(), format!("00{digits}")]);
    forms
        .into_iter()
        .find(leads_back)
        .unwrap_or_else(|| number.to_owned())
}

/// As one dials it inside this country; none if it is a number of another.
fn national(number: &str, country: Option<CountryId>) -> Option<String> {
    let here = country?;
    let number = phonenumber::parse(None, number).ok()?;
    let code = phonenumber::metadata::DATABASE
        .by_id(here.as_ref())?
        .country_code();
    let is_here = number.country().code() == code;
    let shown = number.format().mode(Mode::National).to_string();
    is_here.then(|| shown.chars().filter(char::is_ascii_digit).collect())
}

fn valid(country: Option<CountryId>, number: &str) -> Option<PhoneNumber> {
    phonenumber::parse(country, number)
        .ok()
        .filter(PhoneNumber::is_valid)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: Option<CountryId> = Some(CountryId::GB);

    #[test]
    fn a_number_is_understood_however_it_is_written() {
        for spelling in ["+442079460999", "00442079460999", "442079460999", "02079460999"] {
            assert_eq!(
                international(spelling, GB).as_deref(),
                Some("+442079460999"),
                "{spelling}"
            );
        }
        assert_eq!(
            international("442079460999", None).as_deref(),
            Some("+442079460999")
        );
        for unclear in [
            "02079460999",
            "1002",
            "112",
            "alice",
            "",
            "+",
            "+44x20",
            "*21#99999",
            "999999999999999999999",
        ] {
            assert_eq!(international(unclear, None), None, "{unclear}");
        }
    }

    #[test]
    fn each_carrier_has_its_own_spelling() {
        let written = |format| written("+442079460100", format, GB);
        assert_eq!(written(NumberFormat::Plus), "+442079460100");
        assert_eq!(written(NumberFormat::Digits), "442079460100");
        assert_eq!(written(NumberFormat::National), "02079460100");
        assert_eq!(
            super::written("+4930901820", NumberFormat::National, GB),
            "+4930901820"
        );
        assert_eq!(
            super::written("+390612345678", NumberFormat::National, Some(CountryId::IT)),
            "0612345678"
        );
    }
}
