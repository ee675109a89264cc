//! The REGISTER that we send, and what its answer grants.

use super::Registrant;
use crate::call::targets::outbound_proxy;
use crate::call::world::{World, contact, shown_address};
use crate::config::valid::Trunk;
use crate::sip::{Address, ClientId, Draft, Flow, Message, Method, Name, Uri};
use secrecy::ExposeSecret;
use std::time::Duration;

impl World<'_> {
    /// Sends a REGISTER over this flow.
    pub(super) fn register(
        &mut self,
        name: &str,
        trunk: &Trunk,
        registrant: &mut Registrant,
        flow: Flow,
        expiry: Duration,
    ) -> ClientId {
        let draft = self.registration(trunk, registrant, flow, expiry);
        // The nonce that we were given last is likely to be good still.
        let account = trunk.credentials.as_ref();
        let draft = match account.and_then(|account| Some((account, account.password.as_ref()?))) {
            Some((account, password)) => {
                let request = draft.clone().finish();
                let known = self.credentials(name, account, password.expose_secret(), &request);
                let with = |draft: Draft, known: &crate::sip::auth::Credential| {
                    draft.with(known.name(), &known.value)
                };
                known.iter().fold(draft, with)
            }
            None => draft,
        };
        self.send(flow, draft)
    }

    fn registration(
        &self,
        trunk: &Trunk,
        registrant: &mut Registrant,
        flow: Flow,
        expiry: Duration,
    ) -> Draft {
        let registrar = Uri::sip(None, &trunk.host, None);
        let username = trunk.credentials.as_ref().map(|account| &*account.username);
        let ours = Address::new(Uri::sip(username, &trunk.host, None));
        let here = shown_address(self.config, &flow);
        let contact = contact(&registrar, here, flow.transport, &registrant.user);
        let cseq = registrant.next_cseq();
        let draft = Draft::request(&Method::Register, &registrar);
        let draft = outbound_proxy(trunk)
            .iter()
            .fold(draft, |draft, proxy| draft.with(Name::ROUTE, proxy));
        draft
            .with(Name::FROM, ours.clone().with_param("tag", &registrant.tag))
            .with(Name::TO, ours)
            .with(Name::CALL_ID, &registrant.call_id)
            .with(Name::CSEQ, format_args!("{cseq} REGISTER"))
            .with(Name::CONTACT, contact)
            .with(Name::EXPIRES, expiry.as_secs())
    }
}

/// Our Contact among those that a 200 lists: the one with this user, or the only one. Some registrars write another
/// user into it, and a lonely Contact can be nobody else's (RFC 3261 §10.3 step 8).
pub(super) fn ours(ok: &Message, user: &str) -> Option<Address> {
    let mut contacts = ok.contacts().unwrap_or_default();
    let is_ours = |contact: &Address| contact.uri.user().as_deref() == Some(user);
    match contacts.iter().position(is_ours) {
        Some(place) => Some(contacts.swap_remove(place)),
        None if contacts.len() == 1 => contacts.pop(),
        None => None,
    }
}

/// For how long we are registered: by the word of our Contact, or by that for all (RFC 3261 §10.2.4).
pub(super) fn granted_in(ok: &Message, ours: Option<&Address>) -> Option<Duration> {
    let own = ours.and_then(|ours| ours.param("expires")?.parse().ok());
    own.or(ok.number(Name::EXPIRES))
        .map(|seconds| Duration::from_secs(seconds.into()))
}
