//! Which of our numbers a call to the outside shows: what an agent may choose, and what is shown without a choice.
//!
//! An agent chooses by a prefix before the number, by the account of the phone (From), by a wish of the phone
//! (P-Preferred-Identity, Privacy), or by order. All of these come through the one gate here. How a carrier is told
//! stands in [`super::presentation`].

use super::diversion::Diversion;
use super::identity::{Identity, asks_privacy};
use super::numbering::{international, number_in};
use super::refusal::Refusal;
use crate::config::Config;
use crate::config::valid::{Choice, RefusedChoice};
use crate::number::{self, plain, subscriber};
use crate::sip::{Address, Message, Name};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest name of a number that a phone may say, in characters.
const MAX_NAME_CHARS: usize = 64;

/// What somebody outside is shown of us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallerId {
    /// One of our numbers, in E.164 with `+`.
    Shown(Identity),
    /// Nobody. The carrier may be told in confidence that it is this number of ours.
    Withheld(Identity),
    /// Somebody else, whose call we send on.
    Forwarded {
        /// Who it is; without a number if that is withheld.
        customer: Identity,
        /// The number of ours that sends the call on.
        by: String,
        /// Why it does.
        #[serde(default)]
        why: Diversion,
    },
}

/// What an agent wants a call to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// A number, if one was named.
    pub number: Option<Named>,
    /// Whether it is to be shown to nobody.
    pub withheld: bool,
}

/// A number as it was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The number or its alias.
    pub name: String,
    /// By what it was named.
    pub by: Means,
}

/// By what an agent chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// A prefix before the number.
    Prefix,
    /// The account of the phone: the From of its INVITE.
    Account,
    /// P-Preferred-Identity (RFC 3325 §9.2).
    Preferred,
    /// An order.
    Order,
}

/// What a call shows, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What it shows.
    pub caller_id: CallerId,
    /// Why, after "because".
    pub why: String,
    /// Why the agent's choice was not followed, if it was not.
    pub instead: Option<String>,
}

/// Why a call cannot show what was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MayNotBeShown {
    /// In words.
    pub why: String,
    /// The key of the configuration that says so; none if nothing there is called like that.
    pub key: Option<String>,
}

impl CallerId {
    /// The house's default.
    pub fn of_house(config: &Config) -> CallerId {
        CallerId::Shown(ours(
            config,
            &config.caller_id.default.clone().unwrap_or_default(),
        ))
    }

    /// Who is shown, as far as anybody is.
    pub fn identity(&self) -> Identity {
        match self {
            CallerId::Shown(identity) => identity.clone(),
            CallerId::Withheld(_) => Identity::withheld(),
            CallerId::Forwarded { customer, .. } => customer.clone(),
        }
    }

    /// The number of ours that stands for it, shown or not.
    pub fn our_number(&self) -> &str {
        match self {
            CallerId::Shown(ours) | CallerId::Withheld(ours) => &ours.number,
            CallerId::Forwarded { by, .. } => by,
        }
    }

    /// In words for the log and for lists, with the alias of a number that has one.
    pub fn in_words(&self, config: &Config) -> String {
        match self {
            CallerId::Shown(ours) => label(config, &ours.number),
            CallerId::Withheld(ours) => format!("no number, {} withheld", label(config, &ours.number)),
            CallerId::Forwarded { customer, by, .. } => {
                format!("{} forwarded by {}", customer.label(), label(config, by))
            }
        }
    }
}

impl Wish {
    /// What a phone wants by its INVITE, and the number that it has dialled without the prefix that chooses.
    pub fn of_invite(config: &Config, extension: &str, invite: &Message, dialled: &str) -> (Wish, String) {
        let (wish, number) = Wish::dialled(config, dialled);
        let said = Wish::said(config, extension, invite);
        let wish = Wish {
            number: wish.number.or(said.number),
            withheld: wish.withheld || said.withheld,
        };
        (wish, number)
    }

    /// What the prefix before a number chooses, and the number behind it.
    pub fn dialled(config: &Config, dialled: &str) -> (Wish, String) {
        let ids = &config.caller_id;
        let keys = plain(subscriber(dialled));
        let behind = |prefix: &Option<String>| Some(keys.strip_prefix(prefix.as_ref()?)?.to_owned());
        if let Some(number) = behind(&ids.withhold) {
            let wish = Wish {
                withheld: true,
                ..Wish::default()
            };
            return (wish, number);
        }
        let chosen = ids
            .numbers
            .iter()
            .find_map(|(ours, known)| Some((ours, behind(&known.prefix)?)));
        match chosen {
            Some((ours, number)) => (Wish::of(ours, Means::Prefix), number),
            None => (Wish::default(), dialled.to_owned()),
        }
    }

    /// To show this number.
    pub fn of(name: &str, by: Means) -> Wish {
        Wish {
            number: Some(Named {
                name: name.to_owned(),
                by,
            }),
            withheld: false,
        }
    }

    /// A wish that is said in so many words is one, whatever it names. From is one if it names a number of ours:
    /// otherwise it is only what the phone calls itself, which nobody believes.
    fn said(config: &Config, extension: &str, invite: &Message) -> Wish {
        let preferred = invite.list(Name::P_PREFERRED_IDENTITY).find_map(Address::parse);
        let preferred = preferred.and_then(|address| named(&address, Means::Preferred));
        let from = invite.from().ok();
        let account = from.as_ref().and_then(|from| named(from, Means::Account));
        let is_ours = |named: &Named| named.name != extension && find(config, &named.name).is_some();
        let is_anonymous = from.is_some_and(|from| Identity::is_anonymous(&from));
        Wish {
            number: preferred.or(account.filter(is_ours)),
            withheld: asks_privacy(invite) || is_anonymous,
        }
    }
}

/// What a call of this extension shows. A choice that may not be is refused, or not followed, as the configuration
/// says.
///
/// # Errors
/// If a choice is refused.
pub fn decide(config: &Config, extension: &str, wish: &Wish) -> Result<Decision, MayNotBeShown> {
    let chosen = wish.number.as_ref().map(|named| {
        let number = chosen(config, extension, named);
        number.map(|number| (number, format!("{} names it", named.by)))
    });
    let (number, why, instead) = match chosen {
        Some(Ok((number, why))) => (number, why, None),
        Some(Err(why)) if config.caller_id.refused_choice == RefusedChoice::Reject => {
            return Err(why);
        }
        other => {
            let (number, why) = own(config, extension);
            (
                number,
                why,
                other.and_then(Result::err).map(|why| why.to_string()),
            )
        }
    };
    let ours = ours(config, &number);
    Ok(Decision {
        caller_id: match wish.withheld {
            true => CallerId::Withheld(ours),
            false => CallerId::Shown(ours),
        },
        why,
        instead,
    })
}

/// The number that this extension shows without a choice, and why.
fn own(config: &Config, extension: &str) -> (String, String) {
    let own = config
        .extensions
        .get(extension)
        .and_then(|known| known.choice.own.clone());
    match own {
        Some(number) => (number, format!("it is extension.{extension}.number")),
        None => {
            let number = config.caller_id.default.clone().unwrap_or_default();
            (number, "it is numbers.default".to_owned())
        }
    }
}

/// The number that this extension has chosen, or why it may not.
fn chosen(config: &Config, extension: &str, named: &Named) -> Result<String, MayNotBeShown> {
    let Some(number) = find(config, &named.name) else {
        return Err(MayNotBeShown {
            why: format!("{} is none of our numbers", named.name),
            key: None,
        });
    };
    let choice = config.extensions.get(extension).map(|known| &known.choice);
    let may = |choice: &Choice| choice.may_choose && choice.allowed.contains(&number);
    if number == own(config, extension).0 || choice.is_some_and(may) {
        return Ok(number);
    }
    let key = match choice {
        Some(choice) if !choice.may_choose => "choose",
        Some(_) | None => "numbers",
    };
    Err(MayNotBeShown {
        why: format!("{extension} may not show {}", label(config, &number)),
        key: Some(format!("extension.{extension}.{key}")),
    })
}

/// The number of ours that has this alias, or is written so.
fn find(config: &Config, name: &str) -> Option<String> {
    if let Some(number) = config.caller_id.named(name) {
        return Some(number.to_owned());
    }
    let number = international(&plain(name), config.caller_id.country)?;
    config.caller_id.numbers.contains_key(&number).then_some(number)
}

/// The user part of an address as a name; what cannot be one falls away, as it may come to stand in our answer.
fn named(address: &Address, by: Means) -> Option<Named> {
    let user = number_in(&address.uri);
    let can_stand = |c: &char| c.is_alphanumeric() || matches!(c, '+' | '-' | '_' | '.' | ' ');
    let number = number::dialled(&user).unwrap_or_else(|| subscriber(&user).to_owned());
    let name: String = number.chars().filter(can_stand).take(MAX_NAME_CHARS).collect();
    let is_named = !name.is_empty() && !Identity::is_anonymous(address);
    is_named.then_some(Named { name, by })
}

/// A number of ours with the name beside it.
pub fn ours(config: &Config, number: &str) -> Identity {
    let known = config.caller_id.numbers.get(number);
    let name = known
        .and_then(|known| known.name.as_ref())
        .unwrap_or(&config.caller_id.name);
    Identity {
        number: number.to_owned(),
        name: name.clone(),
    }
}

fn label(config: &Config, number: &str) -> String {
    let known = config.caller_id.numbers.get(number);
    match known.and_then(|known| known.alias.as_deref()) {
        Some(alias) => format!("{number} ({alias})"),
        None => number.to_owned(),
    }
}

impl fmt::Display for MayNotBeShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "{} ({key})", self.why),
            None => f.write_str(&self.why),
        }
    }
}

/// The phone is told why.
impl From<MayNotBeShown> for Refusal {
    fn from(why: MayNotBeShown) -> Refusal {
        Refusal::forbidden(&why.to_string())
    }
}

impl fmt::Display for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Means::Prefix => "the prefix that was dialled",
            Means::Account => "the phone's account (From)",
            Means::Preferred => "the phone (P-Preferred-Identity)",
            Means::Order => "the order",
        })
    }
}
