//! Telephone numbers as people, phones and carriers write them, brought to what a telephone dials.
//!
//! Every number that somebody has written comes through here: what is dialled, referred to, forwarded to and asked for
//! by order, who calls, which number of ours is called, and what stands in the configuration. Which number of the
//! network it then is, with or without a country code, is the business of those who know the country.

/// In these countries the zero belongs to the number, also from abroad: Italy, San Marino and the Vatican.
const KEEPS_ZERO: &[&str] = &["39", "378", "379"];

/// The number without what is in it for the eye: blanks, hyphens, dots, brackets and slashes (RFC 3966 §5.1.1), the
/// marks that address books put around it, and the `(0)` behind a country code, which is dialled inside that country
/// alone. What is no number comes back without these, too.
pub fn plain(text: &str) -> String {
    let text: String = text.chars().filter(|c| !is_blank(*c)).collect();
    let number = match text.split_once("(0)") {
        Some((before, after)) => joined(&bare(before), &format!("0{}", bare(after))),
        None => bare(&text),
    };
    // A telephone that knows of nothing but `+` puts it before 0044, too.
    let digits = number.trim_start_matches('+');
    match number.starts_with('+') {
        true => format!("+{}", digits.strip_prefix("00").unwrap_or(digits)),
        false => number,
    }
}

/// The number that the user part of a URI is, as a telephone dials it: digits, `*` and `#`, with `+` before them if it
/// is international. Its parameters are read (RFC 3966 §5.1.4, RFC 3261 §19.1.6): a number that is local to a country
/// gets the code of that. None if no telephone can dial it.
pub fn dialled(user: &str) -> Option<String> {
    let number = plain(subscriber(user));
    let number = match context(user) {
        Some(code) if !number.starts_with('+') => joined(&code, &number),
        Some(_) | None => number,
    };
    can_be_dialled(&number).then_some(number)
}

/// A user part without the parameters of a telephone number, which may stand in it, too: `;phone-context=`, `;npdi`,
/// `;rn=` (RFC 3966 §3, RFC 3261 §19.1.6, RFC 4694).
pub fn subscriber(user: &str) -> &str {
    user.split_once(';').map_or(user, |(number, _)| number)
}

/// Whether a telephone can dial it (RFC 3966 §3). Nothing else goes to a carrier, whatever a rule's `*` allows.
pub fn can_be_dialled(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or(number);
    let is_key = |c: char| c.is_ascii_digit() || matches!(c, '*' | '#');
    !digits.is_empty() && digits.chars().all(is_key)
}

/// The country code to which a number is local, if it says so.
fn context(user: &str) -> Option<String> {
    let mut params = user.split(';').skip(1).filter_map(|param| param.split_once('='));
    let (_, context) = params.find(|(name, _)| name.trim().eq_ignore_ascii_case("phone-context"))?;
    let context = plain(context);
    (context.starts_with('+') && can_be_dialled(&context)).then_some(context)
}

/// A number behind its country code, without the zero that one dials inside the country.
fn joined(code: &str, number: &str) -> String {
    let digits = code.strip_prefix('+').or_else(|| code.strip_prefix("00"));
    let is_code = |digits: &&str| (1..=3).contains(&digits.len()) && can_be_dialled(digits);
    match (digits.filter(is_code), number.strip_prefix('0')) {
        (Some(digits), Some(inside)) if !KEEPS_ZERO.contains(&digits) => format!("{code}{inside}"),
        (_, _) => format!("{code}{number}"),
    }
}

fn bare(text: &str) -> String {
    let is_separator = |c: &char| matches!(c, '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}');
    text.chars().filter(|c| !is_separator(c)).collect()
}

/// Blanks of every width, and marks that cannot be seen: of directions, and between words.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_however_it_is_written() {
        for written in [
            "+442079460999",
            "+44 20 7946 0999",
            "+44-20-7946-0999",
            "+44.20.7946.0999",
            "+44 (0)20 7946 0999",
            "+44 ( 0 ) 20 7946 0999",
            "(+44) (0)20/7946-0999",
            "++44 20 7946 0999",
            "+0044 20 7946 0999",
            "\u{202d}+44 20\u{a0}7946\u{2011}0999\u{202c}",
            "2079460999;phone-context=+44",
            "02079460999;phone-context=+44",
            "+442079460999;npdi;rn=+44",
            "+442079460999;phone-context=tandem.example",
        ] {
            assert_eq!(dialled(written).as_deref(), Some("+442079460999"), "{written:?}");
        }
        assert_eq!(plain("0044 (0)20 7946 0999"), "00442079460999");
        assert_eq!(plain("(0)20 7946 0999"), "02079460999");
        assert_eq!(plain("+39 (0)6 1234 5678"), "+390612345678");
        assert_eq!(
            dialled("0044;phone-context=tandem.example").as_deref(),
            Some("0044")
        );
        assert_eq!(dialled("1-1-2").as_deref(), Some("112"));
    }

    #[test]
    fn only_what_a_telephone_can_dial_is_a_number() {
        for number in ["112", "+442079460123", "*21#", "0044"] {
            assert_eq!(dialled(number).as_deref(), Some(number));
        }
        for number in [
            "",
            "+",
            "-",
            "alice",
            "00\r\nX: y",
            "00bob",
            "0044@evil",
            "0044+1",
            "00\u{664}",
        ] {
            assert_eq!(dialled(number), None, "{number:?}");
        }
    }

    #[test]
    fn the_parameters_of_a_number_are_not_dialled() {
        assert_eq!(subscriber("+442079460123;npdi;rn=+44"), "+442079460123");
        assert_eq!(subscriber("0044;phone-context=tandem.example"), "0044");
        assert_eq!(subscriber("1002"), "1002");
    }
}
