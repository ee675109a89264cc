//! Calls for help: they must be possible, and found.

use super::caller_ids::OurNumbers;
use super::{missing, named};
use crate::config::raw;
use crate::config::report::Problems;
use crate::config::shape::Given;
use crate::config::valid::{Emergency, Outgoing, Site};
use phonenumber::country::Id;
use std::collections::BTreeMap;

/// What is dialled for help, whatever the country: nobody inside may have these numbers.
const EVERYWHERE: [&str; 3] = ["112", "911", "999"];

/// What is dialled for help in a country, the number for everything first (ITU-T E.129, national numbering plans).
const BY_COUNTRY: &[(&str, &[&str])] = &[
    ("GB GG JE IM IE", &["112", "999"]),
    ("US CA MX", &["911"]),
    ("DE", &["112", "110"]),
    ("AT", &["112", "122", "133", "144"]),
    ("CH LI", &["112", "117", "118", "144"]),
    ("FR", &["112", "15", "17", "18", "114"]),
    ("BE", &["112", "100", "101"]),
    ("IT SM VA", &["112", "113", "115", "118"]),
    ("GR", &["112", "100", "166", "199"]),
    ("PL", &["112", "997", "998", "999"]),
    ("CZ SK", &["112", "150", "155", "158"]),
    ("HU", &["112", "104", "105", "107"]),
    ("NO", &["112", "110", "113"]),
    (
        "ES PT NL LU DK SE FI IS EE LV LT SI HR RO BG CY MT TR UA",
        &["112"],
    ),
    ("AU", &["000", "112"]),
    ("NZ", &["111"]),
    ("JP", &["110", "119"]),
    ("KR", &["112", "119"]),
    ("CN", &["110", "119", "120"]),
    ("HK SG MY AE", &["999"]),
    ("IN", &["112", "100", "101", "108"]),
    ("IL", &["100", "101", "102"]),
    ("ZA", &["112", "10111", "10177"]),
    ("BR", &["190", "192", "193"]),
    ("RU KZ", &["112", "101", "102", "103"]),
];
/// In all others: what networks understand.
const ELSEWHERE: &[&str] = &["112", "911"];

/// Calls for help, as the file wants them; without a word in it they go over every trunk that there is.
pub(super) fn emergency(
    file: &raw::File,
    rules: &[Outgoing],
    ours: &OurNumbers<'_>,
    problems: &mut Problems<'_>,
) -> Emergency {
    let given = file.emergency.as_ref();
    let table = given.map(|given| &given.value);
    let numbers = numbers(file, ours.home(), problems);
    nobody_has(&numbers, file, problems);
    let trunks = trunks(file, &numbers, rules, problems);
    if let (None, Some((trunk, _))) = (given, named(&file.trunk).first()) {
        let what = format!(
            "nothing says from where somebody calls who dials {}",
            numbers.join(" or ")
        );
        let right = format!(
            "add [emergency] with number and address; until then they go over {} and show numbers.default",
            trunks.join(", then ")
        );
        problems.warn(&trunk.at, what, right);
    }
    let prefixes = table.and_then(|table| table.prefixes.as_ref());
    let prefixes = prefixes.map(|given| given.value.iter().map(|prefix| prefix.value.0.clone()).collect());
    Emergency {
        numbers,
        prefixes: prefixes.unwrap_or_default(),
        trunks,
        house: Site {
            number: table
                .and_then(|table| table.number.as_ref())
                .and_then(|number| ours.find(number, problems)),
            address: text(table.and_then(|table| table.address.as_ref())),
            ..Site::default()
        },
        sites: sites(file, ours, problems),
        desk: table.and_then(|table| desk(file, table.desk.as_ref()?, problems)),
        preempt: table.is_some_and(|table| table.preempt.as_ref().is_some_and(|preempt| preempt.value)),
    }
}

/// The numbers: those of the country, unless the file has others, of which those must be some.
fn numbers(file: &raw::File, home: Option<Id>, problems: &mut Problems<'_>) -> Vec<String> {
    if named(&file.trunk).is_empty() {
        return Vec::new();
    }
    let name = home.as_ref().map(AsRef::as_ref);
    let of_country = BY_COUNTRY
        .iter()
        .find(|(countries, _)| countries.split(' ').any(|country| Some(country) == name));
    let of_country = of_country.map_or(ELSEWHERE, |(_, numbers)| numbers);
    let Some(given) = file
        .emergency
        .as_ref()
        .and_then(|table| table.value.numbers.as_ref())
    else {
        return of_country.iter().map(|number| (*number).to_owned()).collect();
    };
    let numbers: Vec<String> = given.value.iter().map(|number| number.value.clone()).collect();
    for number in &given.value {
        let is_number = number.value.bytes().all(|key| key.is_ascii_digit());
        if !is_number || !(2..=6).contains(&number.value.len()) {
            let what = format!("\"{}\" is no emergency number", number.value);
            problems.error(&number.at, what, "write it as it is dialled, as in \"112\"");
        }
    }
    let left_out: Vec<&str> = of_country
        .iter()
        .copied()
        .filter(|number| !numbers.iter().any(|given| given == number))
        .collect();
    if !left_out.is_empty() {
        let place = name.map_or("any country".to_owned(), str::to_owned);
        let what = format!("{} is dialled for help in {place}, too", left_out.join(", "));
        problems.error(
            &given.at,
            what,
            "add it: nobody in need remembers which of them you have",
        );
    }
    numbers
}

/// Nobody inside has a number that is dialled for help.
fn nobody_has(numbers: &[String], file: &raw::File, problems: &mut Problems<'_>) {
    let is_for_help =
        |number: &str| EVERYWHERE.contains(&number) || numbers.iter().any(|known| known == number);
    let extensions = named(&file.extension).iter().map(|(number, _)| number);
    let groups = named(&file.group).iter().map(|(number, _)| number);
    let conference = file
        .transfer
        .as_ref()
        .and_then(|transfer| transfer.value.conference.as_ref());
    for number in extensions.chain(groups).chain(conference) {
        if is_for_help(&number.value) {
            let what = format!("{} is dialled for help", number.value);
            problems.error(&number.at, what, "take a number that nobody dials in need");
        }
    }
}

fn trunks(
    file: &raw::File,
    numbers: &[String],
    rules: &[Outgoing],
    problems: &mut Problems<'_>,
) -> Vec<String> {
    let known: Vec<&str> = named(&file.trunk).iter().map(|(name, _)| &*name.value).collect();
    let given = file
        .emergency
        .as_ref()
        .and_then(|table| table.value.trunks.as_ref());
    if let Some(given) = given {
        for trunk in &given.value {
            if !known.contains(&&*trunk.value) {
                let (what, right) = missing(&trunk.value, "trunk", "trunk", &known);
                problems.error(&trunk.at, what, right);
            }
        }
        if given.value.is_empty() && !known.is_empty() {
            problems.error(&given.at, "no trunk takes calls for help", "name at least one");
        }
        return given.value.iter().map(|trunk| trunk.value.clone()).collect();
    }
    let takes = |rule: &&Outgoing| numbers.iter().any(|number| rule.takes(number));
    let of_rules = rules
        .iter()
        .filter(takes)
        .flat_map(|rule| rule.trunks.iter().flatten());
    let mut trunks: Vec<String> = Vec::new();
    for trunk in of_rules.map(|(name, _)| &**name).chain(known) {
        if !trunks.iter().any(|other| other == trunk) {
            trunks.push(trunk.to_owned());
        }
    }
    trunks
}

fn sites(file: &raw::File, ours: &OurNumbers<'_>, problems: &mut Problems<'_>) -> BTreeMap<String, Site> {
    let extensions: Vec<&str> = named(&file.extension)
        .iter()
        .map(|(number, _)| &*number.value)
        .collect();
    let mut at: BTreeMap<&str, &Given<String>> = BTreeMap::new();
    let mut sites = BTreeMap::new();
    for (name, site) in named(&file.site) {
        let there = list_of(site.extensions.as_ref());
        for extension in there {
            if !extensions.contains(&&*extension.value) {
                let (what, right) = missing(&extension.value, "extension", "extension", &extensions);
                problems.error(&extension.at, what, right);
            }
            if let Some(earlier) = at.insert(&extension.value, extension) {
                let what = format!("{} is at two sites", extension.value);
                problems.error(&extension.at, what, "take it out of one of them");
                problems.also(&earlier.at, "the other one");
            }
        }
        let networks = site.networks.iter().flat_map(|networks| &networks.value);
        sites.insert(
            name.value.clone(),
            Site {
                number: site
                    .number
                    .as_ref()
                    .and_then(|number| ours.find(number, problems)),
                address: match text(site.address.as_ref()) {
                    address if address.is_empty() => name.value.clone(),
                    address => address,
                },
                extensions: there.iter().map(|extension| extension.value.clone()).collect(),
                networks: networks.map(|network| network.value).collect(),
            },
        );
    }
    sites
}

fn desk(file: &raw::File, desk: &Given<String>, problems: &mut Problems<'_>) -> Option<String> {
    let extensions = named(&file.extension).iter().map(|(number, _)| &*number.value);
    let groups = named(&file.group).iter().map(|(number, _)| &*number.value);
    let known: Vec<&str> = extensions.chain(groups).collect();
    if !known.contains(&&*desk.value) {
        let (what, right) = missing(&desk.value, "extension or group", "extension", &known);
        problems.error(&desk.at, what, right);
        return None;
    }
    Some(desk.value.clone())
}

fn text(given: Option<&Given<String>>) -> String {
    given
        .map(|given| given.value.trim().to_owned())
        .unwrap_or_default()
}

fn list_of(given: Option<&Given<Vec<Given<String>>>>) -> &[Given<String>] {
    given.map_or(&[], |given| &given.value)
}
