//! Feature codes: each must be told from the others by its keys alone.

use super::caller_ids;
use crate::config::raw;
use crate::config::report::Problems;
use crate::config::shape::Given;
use crate::config::valid::{Code, Codes};
use crate::config::words::CodeKeys;
use std::collections::BTreeMap;

/// All codes, by their keys.
pub(super) fn codes(file: &raw::File, raw: &raw::Codes, problems: &mut Problems<'_>) -> Option<Codes> {
    let wanted = [
        (Code::Cold, &raw.cold),
        (Code::Warm, &raw.warm),
        (Code::Merge, &raw.merge),
        (Code::Swap, &raw.swap),
        (Code::Cancel, &raw.cancel),
        (Code::Complete, &raw.complete),
        (Code::PauseRecording, &raw.pause_recording),
        (Code::ResumeRecording, &raw.resume_recording),
    ];
    let enabled = raw.enabled.as_ref().is_some_and(|enabled| enabled.value);
    let mut known: Vec<(Code, &str)> = Vec::new();
    for (code, given) in wanted {
        let Some(given) = given else { continue };
        let Some(keys) = &given.value.0 else { continue };
        if let Some((other, others)) = known.iter().find(|(_, known)| overlap(known, keys)) {
            collide(given, (code, keys), (*other, others), problems);
        } else if enabled && keys.starts_with(|key: char| key.is_ascii_digit()) {
            let what = format!("codes.{code}, \"{keys}\", begins with a digit");
            let right =
                "each such digit reaches the far end late, and none is left for its menus: begin with *";
            problems.warn(&given.at, what, right);
        }
        known.push((code, keys));
    }
    if enabled {
        hidden_prefixes(file, &known, problems);
    }
    let by_keys: BTreeMap<String, Code> = known
        .into_iter()
        .filter(|_| enabled)
        .map(|(code, keys)| (keys.to_owned(), code))
        .collect();
    Some(Codes {
        by_keys,
        pause: raw.pause.as_ref()?.value.0,
        number_pause: raw.number_pause.as_ref()?.value.0,
    })
}

/// Behind a code that hands on, a number can have a prefix that chooses the caller ID, unless a code comes before it.
fn hidden_prefixes(file: &raw::File, codes: &[(Code, &str)], problems: &mut Problems<'_>) {
    let asks_for_number = |(code, _): &(Code, &str)| matches!(code, Code::Cold | Code::Warm);
    if !codes.iter().any(asks_for_number) {
        return;
    }
    for prefix in caller_ids::prefixes(file) {
        let keys = &prefix.value.0;
        let is_in_the_way =
            |(code, known): &&(Code, &str)| code.is_one_while_dialling() && overlap(known, keys);
        if let Some((code, known)) = codes.iter().find(is_in_the_way) {
            let what = format!(
                "the prefix \"{keys}\" cannot be told from codes.{code}, \"{known}\", in a number behind codes.cold or codes.warm"
            );
            let right = "there the code is meant: choose other keys, if agents are to choose a number for transfers, too";
            problems.warn(&prefix.at, what, right);
        }
    }
}

/// Whether one of them is the beginning of the other: then the longer one could never be pressed to its end.
fn overlap(one: &str, other: &str) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

fn collide(
    given: &Given<CodeKeys>,
    (code, keys): (Code, &str),
    (other, others): (Code, &str),
    problems: &mut Problems<'_>,
) {
    let what = match keys == others {
        true => format!("codes.{code} is \"{keys}\", and so is codes.{other}"),
        false => format!("codes.{code}, \"{keys}\", cannot be told from codes.{other}, \"{others}\""),
    };
    let right =
        "no code may be the beginning of another: choose other keys for one of them, or write \"off\"";
    problems.error(&given.at, what, right);
}
