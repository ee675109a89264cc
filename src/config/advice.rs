//! What was probably meant.

use super::raw;

/// Likelier than this, by Jaro and Winkler's measure, is worth a question.
const LIKENESS: f64 = 0.82;

/// What to write instead of a key that nobody knows.
pub(super) fn advice(name: &str, known: &[&str]) -> String {
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
pub fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let name = name.to_lowercase().replace('-', "_");
    known
        .map(|word| (strsim::jaro_winkler(&name, &word.to_lowercase()), word))
        .filter(|(likeness, word)| *likeness > LIKENESS || strsim::damerau_levenshtein(&name, word) == 1)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, word)| word)
}
