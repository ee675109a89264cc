//! Where a call goes: from who calls and what was dialled, by the configuration alone.

use super::class_of_service::{Account, Forbidden, may_go};
use super::emergency::{destination, number_for_help};
use super::numbering::international;
use super::refusal::Refusal;
use crate::config::Config;
use crate::config::valid::{Group, Outgoing};
use crate::number::{self, can_be_dialled, plain, subscriber};
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
        /// On whose account.
        #[serde(default)]
        account: Account,
    },
}

/// Why a call goes nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoRoute {
    /// The number means nothing to this caller.
    Nobody(String),
    /// The caller's class of service does not allow it.
    Forbidden(Forbidden),
}

/// Finds whom a call is for.
///
/// A trunk reaches DIDs and nothing else: no extension by its number, and no other trunk, or a stranger
/// could telephone at our expense. An extension reaches outside what its class of service allows.
///
/// # Errors
/// If the number means nothing to this caller, or is not for it to call.
pub fn route(config: &Config, caller: &Caller, dialled: &str) -> Result<Destination, NoRoute> {
    let found = match caller {
        Caller::Trunk(_) => Ok(did(config, dialled)),
        Caller::Extension(extension) => match (number_for_help(config, dialled), inside(config, dialled)) {
            (Some(number), _) => Ok(Some(destination(config, extension, number))),
            (None, Some(inside)) => Ok(Some(inside)),
            (None, None) => outside(config, extension, dialled),
        },
    };
    found?.ok_or_else(|| NoRoute::Nobody(dialled.to_owned()))
}

/// Whom one of our numbers rings, however a carrier writes it.
fn did(config: &Config, dialled: &str) -> Option<Destination> {
    let number = number::dialled(dialled)?;
    let spellings = [
        Some(e164(&number)),
        international(&number, config.caller_id.country),
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

fn outside(config: &Config, extension: &str, dialled: &str) -> Result<Option<Destination>, NoRoute> {
    let Some((rule, sent)) = number::dialled(dialled).and_then(|number| outgoing(config, &number)) else {
        return Ok(None);
    };
    may_go(config, extension, rule, (dialled, &sent)).map_err(NoRoute::Forbidden)?;
    Ok(Some(Destination::Outside {
        trunks: rule.trunks.clone(),
        number: sent,
        account: Account::Extension(extension.to_owned()),
    }))
}

/// The rule that takes a number to the outside, and the number as it is sent there; none if nothing that a telephone
/// can dial is left of it.
pub fn outgoing<'c>(config: &'c Config, number: &str) -> Option<(&'c Outgoing, String)> {
    let rule = config.outgoing.iter().find(|rule| rule.takes(number))?;
    let sent = rule.rewrites(number);
    can_be_dialled(&sent).then_some((rule, sent))
}

/// Whom a number inside the house rings: an extension, or all of a group; none if nobody has it.
pub fn inside(config: &Config, number: &str) -> Option<Destination> {
    let number = plain(subscriber(number));
    let group = config.groups.get(&number).cloned();
    let is_extension = config.extensions.contains_key(&number);
    let ring = group.or_else(|| is_extension.then(|| vec![number.clone()]))?;
    Some(Destination::Extensions {
        dialled: number,
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

    /// Whether it is an emergency service.
    pub fn is_for_help(&self) -> bool {
        match self {
            Destination::Extensions { .. } => false,
            Destination::Outside { account, .. } => account.is_for_help(),
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

/// A number in the one form in which we compare: `+`, country code, number. Carriers write the DID with
/// `+`, with `00`, or with neither.
fn e164(number: &str) -> String {
    let digits = number
        .strip_prefix('+')
        .or_else(|| number.strip_prefix("00"))
        .unwrap_or(number);
    format!("+{digits}")
}

impl From<NoRoute> for Refusal {
    fn from(why: NoRoute) -> Refusal {
        match why {
            NoRoute::Nobody(number) => Refusal::new(404, format!("nobody has the number {number}")),
            NoRoute::Forbidden(forbidden) => forbidden.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_in_one_form() {
        assert_eq!(e164("+442079460123"), "+442079460123");
        assert_eq!(e164("00442079460123"), "+442079460123");
        assert_eq!(e164("442079460123"), "+442079460123");
    }
}
