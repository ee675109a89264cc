//! Who is shown to whom: the From and P-Asserted-Identity of every leg that we open (RFC 3325, RFC 3323).
//!
//! What a phone says about itself is never believed: its extension is known by its credentials. What a
//! trunk says is passed on as a number and a name and nothing else.

use super::numbering::{dialable, international, number_in};
use crate::config::Config;
use crate::config::valid::CountryId;
use crate::number::{dialled, subscriber};
use crate::sip::{Address, Message, Name, Uri};
use serde::{Deserialize, Serialize};

/// The longest name that is passed on, in characters.
const MAX_NAME_CHARS: usize = 64;

/// The users that stand for nobody.
const NOBODY: &[&str] = &["anonymous", "restricted", "unavailable", "unknown"];

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

    /// A caller from outside, by the carrier's word where the carrier is trusted: P-Asserted-Identity before From
    /// (RFC 3325 §9.1), and by the caller's own otherwise; nobody if the caller wants privacy (RFC 3323 §4.2).
    pub fn of_outsider(config: &Config, trunk: &str, invite: &Message) -> Identity {
        let is_trusted = config
            .trunks
            .get(trunk)
            .is_some_and(|trunk| trunk.identity.is_trusted);
        let asserted = invite.list(Name::P_ASSERTED_IDENTITY).find_map(Address::parse);
        let address = asserted.filter(|_| is_trusted).or_else(|| invite.from().ok());
        match address {
            Some(address) if !asks_privacy(invite) => {
                Identity::of_address(&address, config.caller_id.country)
            }
            Some(_) | None => Identity::withheld(),
        }
    }

    /// Whether an address says that it is nobody's (RFC 3323 §4.1.1.3), in one of the ways in which carriers do.
    pub fn is_anonymous(address: &Address) -> bool {
        let user = address.uri.user().unwrap_or_default().to_lowercase();
        address.uri.host().eq_ignore_ascii_case("anonymous.invalid") || NOBODY.contains(&user.as_str())
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

    /// As a phone of ours is to see it: with a number that it can dial back.
    #[must_use]
    pub fn for_phones(&self, config: &Config) -> Identity {
        Identity {
            number: dialable(config, &self.number),
            name: self.name.clone(),
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

    fn of_address(address: &Address, country: Option<CountryId>) -> Identity {
        if Identity::is_anonymous(address) {
            return Identity::withheld();
        }
        let user = number_in(&address.uri);
        // In a telephone number dots and hyphens are for the eye; in a name they belong to it (RFC 3966 §5.1.1).
        let keep = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '*' | '#' | '.' | '-' | '_');
        let number = dialled(&user).unwrap_or_else(|| subscriber(&user).chars().filter(keep).collect());
        let name: String = address
            .display
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_NAME_CHARS)
            .collect();
        let number: String = number.chars().take(MAX_NAME_CHARS).collect();
        Identity {
            number: international(&number, country).unwrap_or(number),
            name,
        }
    }
}

/// Whether the sender does not want to be known. Privacy values are separated by semicolons (RFC 3323 §4.2).
pub fn asks_privacy(invite: &Message) -> bool {
    let values = invite.text(Name::PRIVACY).unwrap_or_default();
    let hides = |value: &str| {
        ["id", "user", "header"]
            .iter()
            .any(|hides| value.eq_ignore_ascii_case(hides))
    };
    values.split(';').any(|value| hides(value.trim()))
}
