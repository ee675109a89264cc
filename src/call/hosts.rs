//! Hosts that a description gives by name (RFC 8866 §5.7). They are looked up beside the call, which does not wait: until
//! a host is found, it is taken to be where its SIP comes from, and what its packets show counts more.

use super::conversation::Conversation;
use super::event::Weight;
use super::io::{Effect, Effects, Query};
use super::world::World;
use crate::id::ConversationId;
use std::collections::BTreeSet;
use std::net::IpAddr;

impl Conversation {
    /// Asks for each host that is not known, once.
    pub fn seek_hosts(&mut self, effects: &mut Effects) {
        let id: ConversationId = self.id;
        let mut sought = BTreeSet::new();
        for media in self.legs.values_mut().flat_map(|leg| leg.all_media()) {
            let host = media.agreed.as_ref().and_then(|agreed| agreed.sought());
            let Some(host) = host.filter(|host| media.asked.as_deref() != Some(host)) else {
                continue;
            };
            media.asked = Some(host.to_owned());
            sought.insert(host.to_owned());
        }
        let query = |name| Query::Host {
            conversation: id,
            name,
        };
        effects.extend(sought.into_iter().map(query).map(Effect::LookUp));
    }

    /// What was found about a host. An address of the family that a leg speaks is taken; where there is none, the host
    /// goes on to be taken for the one that its SIP comes from.
    pub fn host_is_found(&mut self, world: &mut World<'_>, name: &str, found: &Result<Vec<IpAddr>, String>) {
        let mut unreached = BTreeSet::new();
        for leg in self.legs.values_mut() {
            let (label, signalling) = (leg.party.label().to_owned(), leg.flow.remote.ip());
            for media in leg.all_media() {
                let is_ipv4 = media.shown.is_ipv4();
                let Some(agreed) = media
                    .agreed
                    .as_mut()
                    .filter(|agreed| agreed.sought() == Some(name))
                else {
                    continue;
                };
                let mut addresses = found.iter().flatten();
                let address = addresses.find(|address| address.is_ipv4() == is_ipv4);
                if address.is_none() {
                    unreached.insert(label.clone());
                }
                agreed.is_at(address.copied().unwrap_or(signalling));
            }
        }
        let why = found.as_ref().err();
        let why = why.map_or("it has no address that we can reach", String::as_str);
        for label in unreached {
            let text = format!(
                "{label} listens at {name}, which cannot be found: {why}; its media goes to where its SIP or its RTP comes from"
            );
            world.tell(Weight::Warning, Some(self.id), text);
        }
    }
}
