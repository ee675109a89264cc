//! Who is shown to whom: the From and P-Asserted-Identity of every leg that we open (RFC 3325, RFC 3323).
//!
//! What a phone says about itself is never believed: its extension is known by its credentials. What a
//! trunk says is passed on as a number and a name and nothing else.

use super::route::subscriber;
use crate::config::Config;
use crate::sip::{Address, Message, Name, Uri};
use serde::{Deserialize, Serialize};

/// The longest name that is passed on, in characters.
const MAX_NAME_CHARS: usize = 64;

/// A party as another party sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// An extension or a number; empty if withheld.
    pub number: String,
    /// The name beside it; empty if there is none.
    pub name: String,
}

impl Identity {
    /// An extension, as its colleagues see it.
    pub fn of_extension(config: &Config, number: &str) -> Identity {
        let name = config
            .extensions
            .get(number)
            .map(|extension| extension.name.clone());
        Identity {
            number: number.to_owned(),
            name: name.unwrap_or_default(),
        }
    }

    /// The house, as the world outside sees it: the default number, never the extension.
    pub fn of_house(config: &Config) -> Identity {
        Identity {
            number: config.caller_id.default.clone().unwrap_or_default(),
            name: config.caller_id.name.clone(),
        }
    }

    /// A caller from outside, by the carrier's word: P-Asserted-Identity before From (RFC 3325 §9.1),
    /// nobody if the caller wants privacy (RFC 3323 §4.2).
    pub fn of_outsider(invite: &Message) -> Identity {
        let asserted = invite.list(Name::P_ASSERTED_IDENTITY).find_map(Address::parse);
        let address = asserted.or_else(|| invite.from().ok());
        let wants_privacy = ["id", "user", "header"]
            .iter()
            .any(|token| asks_privacy(invite, token));
        match address {
            Some(address) if !wants_privacy => Identity::of_address(&address),
            Some(_) | None => Identity::withheld(),
        }
    }

    /// Somebody who does not want to be known.
    pub fn withheld() -> Identity {
        Identity {
            number: String::new(),
            name: String::new(),
        }
    }

    /// As it stands in From, without a tag. The host is ours: nothing of the other side's network is shown.
    pub fn address(&self, host: &str) -> Address {
        match self.number.is_empty() {
            true => {
                Address::new(Uri::sip(Some("anonymous"), "anonymous.invalid", None)).with_display("Anonymous")
            }
            false => Address::new(Uri::sip(Some(&self.number), host, None)).with_display(&self.name),
        }
    }

    /// For the log and for lists.
    pub fn label(&self) -> &str {
        if self.number.is_empty() {
            "a withheld number"
        } else {
            &self.number
        }
    }

    fn of_address(address: &Address) -> Identity {
        let user = address.uri.user().unwrap_or_default();
        let number = subscriber(&user);
        if number.eq_ignore_ascii_case("anonymous") {
            return Identity::withheld();
        }
        // In a telephone number dots and hyphens are for the eye; in a name they belong to it (RFC 3966 §5.1.1).
        let is_tel = address.uri.scheme() == "tel";
        let keep = |c: &char| {
            c.is_ascii_alphanumeric()
                || matches!(c, '+' | '*' | '#')
                || (!is_tel && matches!(c, '.' | '-' | '_'))
        };
        let name: String = address
            .display
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_NAME_CHARS)
            .collect();
        Identity {
            number: number.chars().filter(keep).take(MAX_NAME_CHARS).collect(),
            name,
        }
    }
}

/// Privacy values are separated by semicolons (RFC 3323 §4.2).
fn asks_privacy(invite: &Message, wanted: &str) -> bool {
    let values = invite.text(Name::PRIVACY).unwrap_or_default();
    values
        .split(';')
        .any(|value| value.trim().eq_ignore_ascii_case(wanted))
}
