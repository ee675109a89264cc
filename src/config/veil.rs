//! Passwords and tokens are covered before any line of the file is drawn.

use std::ops::Range;

const STARS: usize = 3;

/// A text with its secrets covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Veiled {
    /// The text; all places in it are where they were.
    pub(super) text: String,
    covered: Vec<Range<usize>>,
}

impl Veiled {
    /// Covers everything that looks like a secret, and what stands at `more` places.
    ///
    /// It works on lines, not on parsed values, because a file with a syntax error is drawn too. A covered rest
    /// of a line becomes three stars and blanks, so that the secret does not even tell its length.
    pub(super) fn over(text: &str, more: &[Range<usize>]) -> Veiled {
        let mut covered = secrets(text);
        covered.extend_from_slice(more);
        let mut veiled = text.as_bytes().to_vec();
        for place in &covered {
            cover(&mut veiled, place);
        }
        // Whole characters are replaced by ASCII ones, so nothing is lost here.
        Veiled {
            text: String::from_utf8_lossy(&veiled).into_owned(),
            covered,
        }
    }

    /// The place that may be shown for this one: of a covered one only the stars, wherever in it it was.
    pub(super) fn shown(&self, place: &Range<usize>) -> Range<usize> {
        let end = place.end.min(self.text.len());
        let start = place.start.min(end);
        match self
            .covered
            .iter()
            .find(|covered| covered.start <= start && start < covered.end)
        {
            Some(covered) => covered.start..covered.end.min(covered.start + STARS),
            None => start..end,
        }
    }
}

fn cover(text: &mut [u8], place: &Range<usize>) {
    let Some(covered) = text.get_mut(place.clone()) else {
        return;
    };
    for line in covered.split_mut(|byte| *byte == b'\n') {
        for (index, byte) in line.iter_mut().enumerate() {
            *byte = if index < STARS { b'*' } else { b' ' };
        }
    }
}

/// From the `=` after each word that names a secret to the end of the line, or of a value of many lines.
fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        for (equals, _) in content.match_indices('=') {
            if names_a_secret(&content[..equals]) {
                let value = content[equals + 1..].trim_start();
                let from = start + content.len() - value.len();
                places.push(from..end_of_value(text, from, start + content.len()));
                break;
            }
        }
        start += line.len();
    }
    places
}

fn end_of_value(text: &str, from: usize, line_end: usize) -> usize {
    for quotes in ["\"\"\"", "'''"] {
        if text[from..].starts_with(quotes) {
            let inside = from + quotes.len();
            return text[inside..]
                .find(quotes)
                .map_or(text.len(), |close| (inside + close + quotes.len()).max(line_end));
        }
    }
    line_end
}

/// Whether the key that ends `before` is one whose value must not be seen; misspelt ones too.
pub(super) fn names_a_secret(before: &str) -> bool {
    let is_key = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let before = before.trim_end().trim_end_matches(['"', '\'']);
    let key = before.rsplit(|c| !is_key(c)).next().unwrap_or("").to_lowercase();
    if key.ends_with("_file") || key.ends_with("_env") {
        return false;
    }
    let tells = ["pass", "pwd", "secret", "token", "key", "auth"]
        .iter()
        .any(|word| key.contains(word));
    tells
        || ["password", "token"]
            .iter()
            .any(|word| strsim::jaro_winkler(&key, word) > 0.8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_covered_and_all_else_stays_in_place() {
        let text = "name = \"Ann\"\npassword = \"hunter2\" # mine\nx = { pasword = 'hunter2' }\nport = 1\n";
        let veiled = Veiled::over(text, &[]).text;
        assert_eq!(veiled.len(), text.len());
        assert!(!veiled.contains("unter2"), "{veiled}");
        assert!(
            veiled.contains("name = \"Ann\"\npassword = ***") && veiled.ends_with("\nport = 1\n"),
            "{veiled}"
        );
    }

    #[test]
    fn a_secret_of_many_lines_is_covered_to_its_end() {
        let veiled = Veiled::over("token = \"\"\"one\ntwo\"\"\"\nport = 1\n", &[]).text;
        assert!(!veiled.contains("one") && !veiled.contains("two"), "{veiled}");
        assert!(veiled.ends_with("\nport = 1\n"), "{veiled}");
        assert!(
            !Veiled::over("token = '''one\ntwo", &[]).text.contains("two"),
            "an unclosed one to the end of the file"
        );
    }

    #[test]
    fn the_length_of_a_secret_does_not_show() {
        let text = "password = \"hunter2\"";
        assert_eq!(Veiled::over(text, &[]).shown(&(19..20)), 11..14);
    }

    #[test]
    fn where_a_secret_is_kept_is_no_secret() {
        let text = "password_file = \"/etc/tandem/1001\"";
        assert_eq!(Veiled::over(text, &[]).text, text);
    }
}
