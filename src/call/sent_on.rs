//! What the world outside is shown of a call that is handed on or forwarded to it: the house's number, the agent's,
//! or the customer's, as `transfer.shows` says.

use super::caller_id::{CallerId, Wish, decide};
use super::conversation::Conversation;
use super::diversion::Diversion;
use super::leg::Party;
use super::numbering::{international, number_in};
use super::refusal::Refusal;
use crate::config::Config;
use crate::config::valid::{Owner, TransferShows};
use crate::number::dialled;
use crate::sip::{Address, Message, Name};

impl Conversation {
    /// What is shown of this conversation where this extension sends it. What the agent has chosen for just this comes
    /// before what the house does.
    pub fn shown_onward(
        &self,
        config: &Config,
        extension: &str,
        wish: &Wish,
        why: Diversion,
    ) -> Result<CallerId, Refusal> {
        if *wish != Wish::default() {
            return Ok(decide(config, extension, wish)?.caller_id);
        }
        match config.transfer.shows {
            TransferShows::House => Ok(CallerId::of_house(config)),
            TransferShows::Agent => self.shown_by(config, extension),
            TransferShows::Customer => match self.customer().map(|leg| &leg.party) {
                Some(Party::Outside { identity, .. }) => Ok(CallerId::Forwarded {
                    customer: identity.clone(),
                    by: self.forwards_by(config),
                    why,
                }),
                Some(Party::Extension(_)) | None => self.shown_by(config, extension),
            },
        }
    }

    /// What the agent shows: what was chosen for this call, if it is the agent's own, or the agent's number.
    fn shown_by(&self, config: &Config, extension: &str) -> Result<CallerId, Refusal> {
        let mut legs = self.legs.values();
        let caller = legs.next().and_then(|leg| leg.party.extension());
        match &self.caller_id {
            Some(chosen) if caller == Some(extension) => Ok(chosen.clone()),
            Some(_) | None => Ok(decide(config, extension, &Wish::default())?.caller_id),
        }
    }

    /// The number of ours that sends the call on: the one that the customer has called or been shown.
    fn forwards_by(&self, config: &Config) -> String {
        match config.caller_id.numbers.contains_key(&self.our_number) {
            true => self.our_number.clone(),
            false => CallerId::of_house(config).our_number().to_owned(),
        }
    }

    /// Whether it is one of our own calls that calls us from outside, because a carrier has brought it back. Sent out
    /// once more it might go round for ever, with carriers that count no hops. Its number says so, or, where we have
    /// shown somebody else's, the number of ours that has sent it on.
    pub fn is_our_own(&self, config: &Config) -> bool {
        let Some(caller) = self.caller() else { return false };
        let Party::Outside { identity, .. } = &caller.party else {
            return false;
        };
        is_house(config, &identity.number)
            || caller
                .asks()
                .is_some_and(|(_, invite)| was_sent_on(config, invite))
    }
}

/// Whether a number of ours has sent this call on before: all entries of History-Info but the last, which is the number
/// that is called now, and all of Diversion (RFC 7044 §5, RFC 5806 §4).
fn was_sent_on(config: &Config, invite: &Message) -> bool {
    let diverted = invite.list(Name::DIVERSION);
    let mut history: Vec<&str> = invite.list(Name::HISTORY_INFO).collect();
    history.pop();
    let mut by = diverted.chain(history).filter_map(Address::parse);
    by.any(|by| is_house(config, &number_in(&by.uri)))
}

/// Whether a number is the house's own, as a carrier writes it.
fn is_house(config: &Config, number: &str) -> bool {
    let number = dialled(number).and_then(|number| international(&number, config.caller_id.country));
    let known = number.and_then(|number| config.caller_id.numbers.get(&number));
    known.is_some_and(|known| known.owner == Owner::House)
}
