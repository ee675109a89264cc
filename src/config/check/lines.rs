//! Which calls from outside ring whom, and which calls to the outside go over which trunks.

use super::numbers::Numbering;
use super::{list, missing, named};
use crate::config::raw;
use crate::config::report::Problems;
use crate::config::shape::Given;
use crate::config::valid::{Group, Incoming, Outgoing};
use std::collections::{BTreeMap, BTreeSet};

/// Whom each DID rings.
pub(super) fn incoming(
    file: &raw::File,
    groups: &BTreeMap<String, Vec<String>>,
    numbering: &Numbering,
    problems: &mut Problems<'_>,
) -> BTreeMap<String, Incoming> {
    let mut first: BTreeMap<String, &Given<String>> = BTreeMap::new();
    let mut incoming = BTreeMap::new();
    for table in list(&file.incoming) {
        let ring = table
            .value
            .ring
            .as_ref()
            .map(|ring| whom(ring, named(&file.extension), groups, problems));
        let Some(number) = &table.value.number else {
            continue;
        };
        let Some(did) = numbering.read(number, problems) else {
            continue;
        };
        if let Some(earlier) = first.get(&did) {
            let right = "keep one [[incoming]] for it, which rings all that are to ring";
            problems.error(&number.at, format!("{did} is given twice"), right);
            problems.also(&earlier.at, "the first one");
            continue;
        }
        first.insert(did.clone(), number);
        incoming.insert(
            did,
            Incoming {
                ring: ring.unwrap_or_default(),
            },
        );
    }
    incoming
}

/// The extensions that a number rings, whether they are named or come with a group.
pub(super) fn whom(
    ring: &Given<Vec<Given<String>>>,
    extensions: &[(Given<String>, raw::Extension)],
    groups: &BTreeMap<String, Vec<String>>,
    problems: &mut Problems<'_>,
) -> Vec<String> {
    if ring.value.is_empty() {
        problems.error(
            &ring.at,
            "this number rings nobody",
            "name at least one extension, as in [\"1001\"]",
        );
    }
    let known: Vec<&str> = extensions.iter().map(|(number, _)| &*number.value).collect();
    let mut whom: Vec<String> = Vec::new();
    for extension in &ring.value {
        if let Some(members) = groups.get(&extension.value) {
            whom.extend(members.iter().cloned());
        } else if !known.contains(&&*extension.value) {
            let (what, right) = missing(&extension.value, "extension", "extension", &known);
            problems.error(&extension.at, what, right);
        } else if whom.contains(&extension.value) {
            let what = format!("\"{}\" is named twice", extension.value);
            problems.warn(&extension.at, what, "it rings once all the same: take one out");
        } else {
            whom.push(extension.value.clone());
        }
    }
    let mut seen = BTreeSet::new();
    whom.retain(|extension| seen.insert(extension.clone()));
    whom
}

/// The rules for calls to the outside, in the order of the file.
pub(super) fn outgoing(
    tables: &[Given<raw::Outgoing>],
    trunks: &[(Given<String>, raw::Trunk)],
    problems: &mut Problems<'_>,
) -> Vec<Outgoing> {
    let known: Vec<&str> = trunks.iter().map(|(name, _)| &*name.value).collect();
    let mut rules: Vec<(Outgoing, &Given<String>)> = Vec::new();
    for table in tables {
        let trunks = whose(table, &known, problems);
        let Some((rule, pattern)) = rule(&table.value, trunks, problems) else {
            continue;
        };
        if let Some((earlier, place)) = rules
            .iter()
            .find(|(earlier, _)| covers(&earlier.pattern, &rule.pattern))
        {
            let what = format!(
                "no call gets here: \"{}\" takes all that \"{}\" would",
                earlier.pattern, rule.pattern
            );
            problems.warn(
                &pattern.at,
                what,
                "the first rule that fits wins: put the narrower one first",
            );
            problems.also(&place.at, "this one wins");
        }
        rules.push((rule, pattern));
    }
    rules.into_iter().map(|(rule, _)| rule).collect()
}

/// The trunks of a rule, all of which must be there, and none twice.
fn whose(table: &Given<raw::Outgoing>, known: &[&str], problems: &mut Problems<'_>) -> Vec<Group> {
    let single = table
        .value
        .trunk
        .iter()
        .map(|trunk| (&trunk.at, vec![(trunk.value.clone(), 1)]));
    let several = table.value.trunks.iter().flat_map(|list| &list.value);
    let several = several.map(|group| (&group.at, group.value.0.clone()));
    let groups: Vec<_> = single.chain(several).collect();
    match (&table.value.trunk, &table.value.trunks) {
        (Some(trunk), Some(trunks)) => {
            problems.error(
                &trunks.at,
                "the trunks are given in two ways",
                "keep one of `trunk` and `trunks`",
            );
            problems.also(&trunk.at, "the other one");
        }
        (None, _) if groups.is_empty() && !table.is_faulty => {
            let right = "add trunk = \"…\", or trunks = [\"…\", \"…\"] with the first choice first";
            problems.error(&table.at, "no trunk takes these calls", right);
        }
        (Some(_), None) | (None, Some(_) | None) => {}
    }
    let mut seen = BTreeSet::new();
    for (at, (name, _)) in groups
        .iter()
        .flat_map(|(at, group)| group.iter().map(move |one| (at, one)))
    {
        if !known.contains(&&**name) {
            let (what, right) = missing(name, "trunk", "trunk", known);
            problems.error(at, what, right);
        } else if !seen.insert(name) {
            problems.error(
                at,
                format!("\"{name}\" is named twice"),
                "a call is tried once over each trunk: take one out",
            );
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn rule<'r>(
    raw: &'r raw::Outgoing,
    trunks: Vec<Group>,
    problems: &mut Problems<'_>,
) -> Option<(Outgoing, &'r Given<String>)> {
    let pattern = raw.r#match.as_ref()?;
    let (strip, prefix) = (raw.strip.as_ref()?, raw.prefix.as_ref()?);
    let fixed = judge_pattern(pattern, problems)?;
    let strip_characters = super::house::size(strip.value.0);
    if strip_characters > fixed {
        let what = format!(
            "\"{}\" is sure of {fixed} characters, and {strip_characters} are to fall away",
            pattern.value
        );
        problems.error(&strip.at, what, format!("strip at most {fixed}"));
    }
    if !prefix.value.chars().all(|c| c.is_ascii_digit() || c == '+') {
        let what = format!("{:?} cannot stand in front of a number", prefix.value);
        problems.error(&prefix.at, what, "use digits and `+`");
    }
    let rule = Outgoing {
        name: raw.name.as_ref().map(|name| name.value.clone()),
        pattern: pattern.value.clone(),
        trunks,
        strip: strip_characters,
        prefix: prefix.value.clone(),
    };
    Some((rule, pattern))
}

/// How many characters a number that fits has at least.
fn judge_pattern(pattern: &Given<String>, problems: &mut Problems<'_>) -> Option<usize> {
    let fixed = pattern.value.strip_suffix('*').unwrap_or(&pattern.value);
    let right = match fixed.find(|c: char| !(c.is_ascii_digit() || c == '+' || c == 'X')) {
        None if pattern.value.is_empty() => "write \"*\" for every number",
        None => return Some(fixed.len()),
        Some(at) if fixed[at..].starts_with('*') => "a `*` can only be the last character",
        Some(at) if fixed[at..].starts_with(['x', 'N', 'Z', '.', '_']) => {
            "`X` stands for any digit, a final `*` for any rest"
        }
        Some(_) => "use digits, `+`, `X` for any digit and a final `*` for any rest, without blanks",
    };
    problems.error(&pattern.at, format!("{:?} fits no number", pattern.value), right);
    None
}

/// Whether every number that fits `narrow` also fits `wide`.
fn covers(wide: &str, narrow: &str) -> bool {
    let (wide_open, narrow_open) = (wide.ends_with('*'), narrow.ends_with('*'));
    let (wide, narrow) = (wide.trim_end_matches('*'), narrow.trim_end_matches('*'));
    let fits = |(w, n): (u8, u8)| w == n || (w == b'X' && n.is_ascii_digit());
    let long_enough = if wide_open {
        narrow.len() >= wide.len()
    } else {
        narrow.len() == wide.len() && !narrow_open
    };
    long_enough && wide.bytes().zip(narrow.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_rule_hides_the_narrower_ones_behind_it() {
        assert!(covers("*", "0XXX") && covers("0*", "00*") && covers("0X", "01") && covers("0X", "0X"));
        assert!(!covers("00*", "0*") && !covers("01", "0X") && !covers("0X", "0*") && !covers("0X", "0+"));
    }
}
