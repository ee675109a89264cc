//! From text to TOML: what is no TOML at all, said so that one who does not know TOML can mend it.

use super::report::Problems;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// How many syntax errors are shown; behind the first few there are mostly consequences.
const MAX_SYNTAX_ERRORS: usize = 5;

/// The file as a table. Keys given twice are reported and the rest is still worth reading; with any other
/// error nobody knows what the rest means.
pub(super) fn parse<'t>(text: &'t str, problems: &mut Problems<'_>) -> Option<DeValue<'t>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let is_twice = |error: &&toml::de::Error| error.message() == "duplicate key";
    let (twice, other): (Vec<_>, Vec<_>) = errors.iter().partition(is_twice);
    for error in &twice {
        given_twice(text, place(error), problems);
    }
    let mut last_line = None;
    for error in other.iter().take(MAX_SYNTAX_ERRORS) {
        let at = seen(text, place(error));
        let line = text.get(..at.start).map(|before| before.matches('\n').count());
        if line != last_line {
            problems.error(
                &at,
                format!("this is no TOML: {}", error.message()),
                advice(error.message(), text, &at),
            );
        }
        last_line = line;
    }
    other.is_empty().then(|| DeValue::Table(table.into_inner()))
}

fn place(error: &toml::de::Error) -> Range<usize> {
    error.span().unwrap_or(0..0)
}

/// Something that can be underlined: an empty place in the text takes the character before it with it.
fn seen(text: &str, at: Range<usize>) -> Range<usize> {
    let before = text.get(..at.start).unwrap_or("").trim_end_matches(['\r', '\n']);
    match before.chars().next_back() {
        Some(last) if at.is_empty() => before.len() - last.len_utf8()..before.len(),
        _ => at,
    }
}

fn given_twice(text: &str, at: Range<usize>, problems: &mut Problems<'_>) {
    let key = text.get(at.clone()).unwrap_or("").to_owned();
    let line_start = text
        .get(..at.start)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |newline| newline + 1);
    let is_header = text
        .get(line_start..)
        .is_some_and(|line| line.trim_start().starts_with('['));
    let (what, right) = if is_header {
        let header = text
            .get(line_start..)
            .and_then(|rest| rest.lines().next())
            .unwrap_or("")
            .trim();
        (
            format!("{header} stands in the file twice"),
            "put all its keys under the first one, or give this one another name",
        )
    } else {
        (format!("`{key}` is given twice"), "keep one of the two")
    };
    problems.error(&at, what, right);
    if let Some(first) = first_given(text, line_start, &key, is_header) {
        problems.also(&first, "the first one");
    }
}

/// Where the key that is given again on the line at `line_start` was given first.
fn first_given(text: &str, line_start: usize, key: &str, is_header: bool) -> Option<Range<usize>> {
    let again = text.get(line_start..)?.lines().next()?.trim();
    let mut end = line_start;
    let mut first = None;
    for line in text.get(..line_start)?.split_inclusive('\n').rev() {
        end -= line.len();
        let content = line.trim();
        let start = end + (line.len() - line.trim_start().len());
        if is_header && content == again {
            first = Some(start..start + content.len());
        }
        if !is_header
            && content
                .strip_prefix(key)
                .is_some_and(|rest| rest.trim_start().starts_with('='))
        {
            return Some(start..start + key.len());
        }
        if !is_header && content.starts_with('[') {
            return None;
        }
    }
    first
}

fn advice(message: &str, text: &str, at: &Range<usize>) -> String {
    let word = text.get(at.clone()).unwrap_or("").trim();
    let line = text
        .get(at.start..)
        .and_then(|rest| rest.lines().next())
        .unwrap_or("");
    let is_plain = |word: &str| !word.is_empty() && !word.contains(['"', '\'', '=']);
    match message {
        m if m.contains("must be quoted") => match word {
            "yes" | "on" | "True" => "write true".to_owned(),
            "no" | "off" | "False" => "write false".to_owned(),
            _ if is_plain(word) => "text stands in quotes: \"…\"".to_owned(),
            _ => "text stands in quotes".to_owned(),
        },
        m if m.contains("basic string") || m.contains("literal string") => {
            "close the quotes on the line where they were opened; a \\ inside \"…\" is written \\\\"
                .to_owned()
        }
        m if m.contains("unclosed table") => "close the brackets: [name]".to_owned(),
        m if m.contains("unclosed array") => "close the list with ]".to_owned(),
        m if m.contains("leading zero") => {
            "a number with a leading zero is text: put it in quotes".to_owned()
        }
        m if m.contains("float") || m.contains("integer") || m.contains("date") => {
            "addresses, telephone numbers and durations are text: put them in quotes".to_owned()
        }
        m if m.contains("comma") || line.starts_with(',') => "put a comma between the entries".to_owned(),
        m if m.contains("unquoted key") => {
            "a key is made of letters, digits, `-` and `_`; put others in quotes".to_owned()
        }
        _ => "write one `key = value` on each line, under the [table] that it belongs to".to_owned(),
    }
}
