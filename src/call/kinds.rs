//! What kind of number somebody outside has, as far as the bill is concerned, by the metadata of the phonenumber library.
//!
//! It is asked once for each call to the outside, and nothing else of it than the patterns of the number's own country.
//! These are compiled at their first use and kept by the library, in a cache that nobody else contends for in a step.

use super::numbering::international;
use crate::config::valid::{CountryId, Kind};
use phonenumber::Metadata;
use phonenumber::Type;
use phonenumber::metadata::DATABASE;

/// Country codes have at most so many digits.
const MAX_CODE_DIGITS: usize = 3;
/// The country code that countries of their own share, which call each other abroad.
const NORTH_AMERICA: u16 = 1;
/// Networks that belong to no country: Inmarsat, universal personal numbers, satellites, networks of several countries,
/// disaster relief (ITU-T E.164, its list of assigned codes).
const NOWHERE: &[u16] = &[870, 878, 881, 882, 883, 888];
/// Freephone, shared cost and premium rate of all countries.
const FREEPHONE_EVERYWHERE: u16 = 800;
const SHARED_COST_EVERYWHERE: u16 = 808;
const PREMIUM_EVERYWHERE: u16 = 979;

/// The types in which the library knows numbers, in the order in which one of several counts.
const TYPES: &[Type] = &[
    Type::PremiumRate,
    Type::PersonalNumber,
    Type::Pager,
    Type::TollFree,
    Type::SharedCost,
    Type::Voip,
    Type::Uan,
    Type::Voicemail,
    Type::FixedLine,
    Type::Mobile,
];

/// The kind of the number that is called: as it was dialled, and as it is sent. Where the two are read as numbers of
/// different kinds both are named.
pub fn kinds(home: Option<CountryId>, dialled: &str, sent: &str) -> Vec<Kind> {
    let readings = [sent, dialled].map(|number| international(number, home));
    let mut kinds: Vec<Kind> = readings
        .iter()
        .flatten()
        .map(|number| kind(home, number))
        .collect();
    kinds.dedup();
    match kinds.is_empty() {
        true => vec![Kind::Other],
        false => kinds,
    }
}

/// The kind of a number in E.164 with `+`.
fn kind(home: Option<CountryId>, number: &str) -> Kind {
    let digits = number.trim_start_matches('+');
    let codes = (1..=MAX_CODE_DIGITS).filter_map(|length| digits.split_at_checked(length));
    let mut codes = codes.filter_map(|(code, national)| Some((code.parse::<u16>().ok()?, national)));
    let Some((code, national)) = codes.find(|(code, _)| DATABASE.by_code(code).is_some()) else {
        return Kind::Other;
    };
    match code {
        FREEPHONE_EVERYWHERE => Kind::Freephone,
        SHARED_COST_EVERYWHERE => Kind::SharedCost,
        PREMIUM_EVERYWHERE => Kind::Premium,
        _ if NOWHERE.contains(&code) => Kind::Satellite,
        _ => kind_inside(home, code, national),
    }
}

/// The kind of a number behind the code of its country.
fn kind_inside(home: Option<CountryId>, code: u16, national: &str) -> Kind {
    let found = assigned(code, national);
    let home_code = home.and_then(|home| Some(DATABASE.by_id(home.as_ref())?.country_code()));
    let is_home = match (code, &found, home) {
        (NORTH_AMERICA, Some((country, _)), Some(home)) => *country == home.as_ref(),
        (_, _, _) => home_code == Some(code),
    };
    match (found.map(|(_, kind)| kind), is_home) {
        (Some(Type::PremiumRate | Type::PersonalNumber | Type::Pager), _) => Kind::Premium,
        (_, false) => Kind::International,
        (Some(Type::TollFree), true) => Kind::Freephone,
        (Some(Type::SharedCost), true) => Kind::SharedCost,
        (Some(Type::Mobile), true) => Kind::Mobile,
        // Numbers that the metadata does not know yet, too.
        (_, true) => Kind::National,
    }
}

/// The country and the type of a number. One that goes on where a number ends is that number: exchanges take no notice
/// of the digits behind it.
fn assigned(code: u16, national: &str) -> Option<(&'static str, Type)> {
    let mut countries = DATABASE.by_code(&code)?;
    countries.retain(|country| may_be_in(country, national));
    (1..=national.len()).rev().find_map(|length| {
        let national = national.get(..length)?;
        let mut known = countries
            .iter()
            .filter_map(|country| Some((country.id(), type_in(country, national)?)));
        known.next()
    })
}

/// Of countries that share a code most are told by the first digits.
fn may_be_in(country: &Metadata, national: &str) -> bool {
    let first = country.leading_digits();
    first.is_none_or(|digits| digits.find(national).is_some_and(|found| found.start() == 0))
}

fn type_in(country: &Metadata, national: &str) -> Option<Type> {
    let known = country.descriptors();
    let fits = |kind: &Type| known.get(*kind).is_some_and(|known| known.is_match(national));
    let is_one = known.general().is_match(national);
    TYPES.iter().copied().find(fits).filter(|_| is_one)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: Option<CountryId> = Some(CountryId::GB);

    #[test]
    fn numbers_are_told_apart_by_what_they_cost() {
        for (number, expected) in [
            ("+442079460999", Kind::National),
            ("+447911123456", Kind::Mobile),
            ("+447400123456", Kind::Mobile),
            ("+448001111111", Kind::Freephone),
            ("+449098790000", Kind::Premium),
            ("+447012345678", Kind::Premium),
            ("+33123456789", Kind::International),
            ("+33612345678", Kind::International),
            ("+33899123456", Kind::Premium),
            ("+12025550123", Kind::International),
            ("+18765551234", Kind::International),
            ("+19002345678", Kind::Premium),
            ("+15550123", Kind::International),
            ("+80012345678", Kind::Freephone),
            ("+979123456789", Kind::Premium),
            ("+870773123456", Kind::Satellite),
            ("+8816312345", Kind::Satellite),
            ("+88299123456", Kind::Satellite),
            ("+883510001234567", Kind::Satellite),
            ("+2109999999", Kind::Other),
        ] {
            assert_eq!(kind(GB, number), expected, "{number}");
        }
    }

    #[test]
    fn what_is_ours_is_judged_by_our_country() {
        let germany = Some(CountryId::DE);
        assert_eq!(kind(germany, "+491801234567"), Kind::SharedCost);
        assert_eq!(kind(germany, "+442079460999"), Kind::International);
        assert_eq!(kind(None, "+442079460999"), Kind::International);
    }

    /// Whoever dials on is billed for the number that he has dialled all the same.
    #[test]
    fn digits_behind_the_end_of_a_number_do_not_make_another_of_it() {
        assert_eq!(kind(GB, "+4490987900001234"), Kind::Premium);
        assert_eq!(kind(GB, "+338991234567"), Kind::Premium);
        assert_eq!(kind(GB, "+44207946099912"), Kind::National);
    }

    #[test]
    fn what_was_dialled_and_what_is_sent_are_both_judged() {
        assert_eq!(kinds(GB, "02079460999", "+442079460999"), [Kind::National]);
        assert_eq!(kinds(GB, "0088299123456", "88299123456"), [Kind::Satellite]);
        assert_eq!(
            kinds(GB, "0088299123456", "7911123456"),
            [Kind::Mobile, Kind::Satellite]
        );
        assert_eq!(kinds(GB, "118500", "118500"), [Kind::Other]);
        assert_eq!(kinds(GB, "*21#07911123456", "*21#07911123456"), [Kind::Other]);
        assert_eq!(kinds(GB, "9011", "0909 8790000"), [Kind::Other]);
        let us = Some(CountryId::US);
        assert_eq!(kinds(us, "12025550123", "+12025550123"), [Kind::National]);
        assert_eq!(kinds(us, "18765551234", "+18765551234"), [Kind::International]);
    }
}
