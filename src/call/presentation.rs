//! What a carrier is told about who calls: the one table of it.
//!
//! | whom the call shows | the trunk | From | the identity field | Privacy | Diversion, History-Info |
//! |---|---|---|---|---|---|
//! | a number of ours | any | it | it | – | – |
//! | nobody | takes such calls, trusted | anonymous | our number | `id` | – |
//! | nobody | takes such calls, not trusted | anonymous | – | `id` | – |
//! | nobody | takes no such calls | refused, or a number of ours, as `numbers.refused_choice` says ||||
//! | a customer, sent on | is told who sends on | the customer | the customer | – | the number of ours that does, and why |
//! | a customer without a number | is told, and takes such calls | anonymous | – | `id` | the number of ours, and why |
//! | any customer | otherwise | the number of ours that sends on | the same | – | – |
//!
//! All numbers are written as the trunk wants them, in From and in all other fields. Every URI has our own address as
//! its host: nothing of the other side's network, and nothing that a phone has written, is in any of them.

use super::caller_id::{CallerId, MayNotBeShown};
use super::diversion::Diversion;
use super::identity::Identity;
use super::numbering::written;
use crate::config::Config;
use crate::config::valid::{CountryId, ForwardedField, IdentityField, RefusedChoice, Trunk, TrunkIdentity};
use crate::sip::{Address, Name, Uri};

/// What an INVITE to a trunk says about who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presentation {
    /// From, without a tag.
    pub from: Address,
    /// The other fields, in this order.
    pub fields: Vec<(Name, String)>,
    /// The user of our Contact; empty for none.
    pub contact: String,
}

/// How one trunk is spoken to.
struct Manner<'a> {
    trunk: &'a TrunkIdentity,
    country: Option<CountryId>,
    host: &'a str,
}

/// One row of the table: who is shown, and what else is said.
enum Row {
    /// This number, and nothing about any other.
    Shown(Identity),
    /// Nobody; in confidence it is this number.
    Withheld(Option<Identity>),
    /// Somebody whom this number of ours sends on.
    Forwarded(Identity, SentOn),
    /// Somebody without a number whom this number of ours sends on.
    WithheldForwarded(SentOn),
}

/// The number of ours that sends a call on, and why.
struct SentOn {
    by: String,
    why: Diversion,
}

/// What this trunk is told, in which our address is `host`; `called` is the number that is called, as the trunk is told
/// it.
///
/// # Errors
/// If the number is to be withheld, the trunk takes no such calls, and the configuration wants that to be refused.
pub fn present(
    config: &Config,
    (name, trunk): (&str, &Trunk),
    caller_id: &CallerId,
    (called, host): (&str, &str),
) -> Result<Presentation, MayNotBeShown> {
    let manner = Manner {
        trunk: &trunk.identity,
        country: config.caller_id.country,
        host,
    };
    let row = row(config, name, &trunk.identity, caller_id)?;
    Ok(manner.says(&row, called))
}

fn row(
    config: &Config,
    trunk: &str,
    says: &TrunkIdentity,
    caller_id: &CallerId,
) -> Result<Row, MayNotBeShown> {
    let is_told = says.forwarded != ForwardedField::Nothing;
    let refuses = config.caller_id.refused_choice == RefusedChoice::Reject;
    Ok(match caller_id {
        CallerId::Shown(ours) => Row::Shown(ours.clone()),
        CallerId::Withheld(ours) if says.takes_withheld => {
            Row::Withheld(says.is_trusted.then(|| ours.clone()))
        }
        CallerId::Withheld(_) if refuses => {
            return Err(MayNotBeShown {
                why: format!("no number may be withheld over {trunk}"),
                key: Some(format!("trunk.{trunk}.withhold")),
            });
        }
        CallerId::Withheld(ours) => Row::Shown(ours.clone()),
        CallerId::Forwarded { customer, by, why } if is_told && !customer.number.is_empty() => {
            Row::Forwarded(customer.clone(), SentOn::new(by, *why))
        }
        CallerId::Forwarded { by, why, .. } if is_told && says.takes_withheld => {
            Row::WithheldForwarded(SentOn::new(by, *why))
        }
        CallerId::Forwarded { by, .. } => Row::Shown(super::caller_id::ours(config, by)),
    })
}

impl SentOn {
    fn new(by: &str, why: Diversion) -> SentOn {
        SentOn {
            by: by.to_owned(),
            why,
        }
    }
}

impl Manner<'_> {
    fn says(&self, row: &Row, called: &str) -> Presentation {
        let privacy = || (Name::PRIVACY, "id".to_owned());
        match row {
            Row::Shown(ours) => Presentation {
                from: self.address(ours),
                fields: self.identity(ours, "off").into_iter().collect(),
                contact: self.number(&ours.number),
            },
            Row::Withheld(ours) => Presentation {
                from: self.address(&Identity::withheld()),
                fields: [privacy()]
                    .into_iter()
                    .chain(ours.as_ref().and_then(|ours| self.identity(ours, "full")))
                    .collect(),
                contact: String::new(),
            },
            Row::Forwarded(customer, sent_on) => Presentation {
                from: self.address(customer),
                fields: self
                    .identity(customer, "off")
                    .into_iter()
                    .chain(self.sent_on(sent_on, called))
                    .collect(),
                contact: self.number(&sent_on.by),
            },
            Row::WithheldForwarded(sent_on) => Presentation {
                from: self.address(&Identity::withheld()),
                fields: [privacy()]
                    .into_iter()
                    .chain(self.sent_on(sent_on, called))
                    .collect(),
                contact: self.number(&sent_on.by),
            },
        }
    }

    /// The field beside From that says who calls.
    fn identity(&self, who: &Identity, privacy: &str) -> Option<(Name, String)> {
        let address = self.address(who);
        match self.trunk.field {
            IdentityField::Asserted => Some((Name::P_ASSERTED_IDENTITY, address.to_string())),
            IdentityField::Preferred => Some((Name::P_PREFERRED_IDENTITY, address.to_string())),
            IdentityField::RemoteParty => {
                let value = format!("{address};party=calling;privacy={privacy};screen=yes");
                Some((Name::REMOTE_PARTY_ID, value))
            }
            IdentityField::Nothing => None,
        }
    }

    /// That this number of ours has sent the call on to the one that is called, and why: in the field of RFC 5806 §4, and
    /// in that of RFC 7044 §5, where the Reason is that it was redirected, and the cause is why.
    fn sent_on(&self, SentOn { by, why }: &SentOn, called: &str) -> Vec<(Name, String)> {
        let uri = |number: &str| Uri::sip(Some(number), self.host, None);
        let by = uri(&self.number(by));
        let diversion = (Name::DIVERSION, format!("<{by}>;reason={};counter=1", why.word()));
        let onward = uri(called).with_param("cause", &why.cause().to_string());
        let history = format!("<{by}?Reason=SIP%3Bcause%3D302>;index=1, <{onward}>;index=1.1;mp=1");
        let history = (Name::HISTORY_INFO, history);
        match self.trunk.forwarded {
            ForwardedField::Both => vec![diversion, history],
            ForwardedField::Diversion => vec![diversion],
            ForwardedField::History => vec![history],
            ForwardedField::Nothing => Vec::new(),
        }
    }

    fn address(&self, who: &Identity) -> Address {
        let written = Identity {
            number: self.number(&who.number),
            name: who.name.clone(),
        };
        written.address(self.host)
    }

    fn number(&self, number: &str) -> String {
        written(number, self.trunk.format, self.country)
    }
}

#[cfg(test)]
mod tests;
