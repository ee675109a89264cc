//! Where a call goes: from who calls and what was dialled, by the configuration alone.

use super::numbering::international;
use crate::config::Config;
use crate::config::valid::{Group, Outgoing};
use serde::{Deserialize, Serialize};

/// Who calls, once it is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A phone of this extension, by its digest credentials.
    Extension(String),
    /// A trunk, by its source network.
    Trunk(String),
}

/// Whom a call is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Destination {
    /// Every phone of these extensions; `dialled` is the extension or the DID.
    Extensions {
        /// The number that was called.
        dialled: String,
        /// Whom to ring.
        ring: Vec<String>,
    },
    /// Somebody outside.
    Outside {
        /// The trunks that take it: the first group that can, and in a group one by weight and chance.
        trunks: Vec<Group>,
        /// The number as the trunk is told it.
        number: String,
    },
}

/// Finds whom a call is for; none if the number means nothing to this caller.
///
/// A trunk reaches DIDs and nothing else: no extension by its number, and no other trunk, or a stranger
/// could telephone at our expense.
pub fn route(config: &Config, caller: &Caller, dialled: &str) -> Option<Destination> {
    let dialled = subscriber(dialled);
    match caller {
        Caller::Trunk(_) => {
            let spellings = [
                Some(e164(dialled)),
                international(&bare(dialled), config.caller_id.country),
            ];
            let mut known = spellings
                .into_iter()
                .flatten()
                .filter(|did| config.incoming.contains_key(did));
            let did = known.next()?;
            let rule = config.incoming.get(&did)?;
            Some(Destination::Extensions {
                dialled: did,
                ring: rule.ring.clone(),
            })
        }
        Caller::Extension(_) => inside(config, dialled).or_else(|| {
            let number = Some(bare(dialled)).filter(|number| can_be_dialled(number))?;
            let rule = outgoing_rule(config, &number)?;
            Some(Destination::Outside {
                trunks: rule.trunks.clone(),
                number: rewrite(rule, &number),
            })
        }),
    }
}

/// Whom a number inside the house rings: an extension, or all of a group; none if nobody has it.
pub fn inside(config: &Config, number: &str) -> Option<Destination> {
    let group = config.groups.get(number).cloned();
    let is_extension = config.extensions.contains_key(number);
    let ring = group.or_else(|| is_extension.then(|| vec![number.to_owned()]))?;
    Some(Destination::Extensions {
        dialled: number.to_owned(),
        ring,
    })
}

impl Destination {
    /// One extension.
    pub fn extension(number: &str) -> Destination {
        Destination::Extensions {
            dialled: number.to_owned(),
            ring: vec![number.to_owned()],
        }
    }

    /// The number that the call is for.
    pub fn number(&self) -> &str {
        match self {
            Destination::Extensions { dialled, .. } => dialled,
            Destination::Outside { number, .. } => number,
        }
    }
}

/// The rule that takes a number to the outside.
pub fn outgoing_rule<'c>(config: &'c Config, number: &str) -> Option<&'c Outgoing> {
    let number = bare(number);
    config.outgoing.iter().find(|rule| fits(&rule.pattern, &number))
}

/// A number in the one form in which we compare: `+`, country code, number. Carriers write the DID with
/// `+`, with `00`, or with neither.
pub fn e164(number: &str) -> String {
    let bare = bare(number);
    let digits = bare
        .strip_prefix('+')
        .or_else(|| bare.strip_prefix("00"))
        .unwrap_or(&bare);
    format!("+{digits}")
}

/// A user part without the parameters of a telephone number, which may stand in it, too:
/// `;phone-context=`, `;npdi`, `;rn=` (RFC 3966 §3, RFC 3261 §19.1.6, RFC 4694).
pub fn subscriber(user: &str) -> &str {
    user.split_once(';').map_or(user, |(number, _)| number)
}

/// Whether a telephone can dial it (RFC 3966 §3). Nothing else goes to a carrier, whatever a rule's `*` allows.
fn can_be_dialled(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or(number);
    !digits.is_empty()
        && digits
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '*' | '#'))
}

/// A number without the visual separators that people and address books write (RFC 3966 §5.1.1).
pub fn bare(number: &str) -> String {
    number
        .chars()
        .filter(|c| !matches!(c, '-' | '.' | '(' | ')' | ' '))
        .collect()
}

/// Whether a pattern fits: characters stand for themselves, `X` for any digit, a final `*` for any rest.
fn fits(pattern: &str, number: &str) -> bool {
    let mut rest = number.chars();
    for wanted in pattern.chars() {
        match (wanted, rest.next()) {
            ('*', _) => return true,
            ('X', Some(digit)) if digit.is_ascii_digit() => {}
            (wanted, Some(digit)) if wanted == digit => {}
            (_, _) => return false,
        }
    }
    rest.next().is_none()
}

fn rewrite(rule: &Outgoing, number: &str) -> String {
    let kept: String = number.chars().skip(rule.strip).collect();
    format!("{}{kept}", rule.prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_people_read_them() {
        assert!(fits("0*", "02079460123"));
        assert!(fits("0*", "0"));
        assert!(fits("112", "112"));
        assert!(!fits("112", "1123"));
        assert!(fits("+44XXXX", "+441234"));
        assert!(!fits("+44XXXX", "+44123"));
        assert!(!fits("9X", "9a"));
    }

    #[test]
    fn numbers_are_compared_in_one_form() {
        assert_eq!(e164("+44 20 7946-0123"), "+442079460123");
        assert_eq!(e164("00442079460123"), "+442079460123");
        assert_eq!(e164("442079460123"), "+442079460123");
    }

    #[test]
    fn only_what_a_telephone_can_dial_goes_outside() {
        for number in ["112", "+442079460123", "*21#", "0044"] {
            assert!(can_be_dialled(number), "{number}");
        }
        for number in ["", "+", "00\r\nX: y", "00bob", "0044@evil", "0044+1", "00\u{664}"] {
            assert!(!can_be_dialled(number), "{number}");
        }
    }

    #[test]
    fn the_parameters_of_a_number_are_not_dialled() {
        assert_eq!(subscriber("+442079460123;npdi;rn=+44"), "+442079460123");
        assert_eq!(subscriber("0044;phone-context=tandem.example"), "0044");
        assert_eq!(subscriber("1002"), "1002");
    }

    #[test]
    fn a_rule_turns_the_national_form_into_the_international_one() {
        let rule = Outgoing {
            pattern: "0*".into(),
            trunks: vec![vec![("acme".into(), 1)]],
            strip: 1,
            prefix: "+44".into(),
        };
        assert_eq!(rewrite(&rule, "02079460123"), "+442079460123");
    }
}
