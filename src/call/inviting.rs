//! The INVITE that we send, and that we send again if a peer wants a longer session.

use super::conversation::Conversation;
use super::early::EarlyDialogs;
use super::leg::{Heard, Invitation, LegState};
use super::session_timer;
use super::world::{ALLOW, SUPPORTED, World};
use crate::id::LegId;
use crate::sdp::Session;
use crate::sip::{Dialog, Draft, Message, Method, Name};

impl Invitation {
    /// The INVITE for this dialog, with this offer.
    pub fn draft(&self, dialog: &Dialog, contact: &str, offer: &Session) -> Draft {
        self.dress(dialog.invite(), contact, offer)
    }

    fn dress(&self, draft: Draft, contact: &str, offer: &Session) -> Draft {
        let draft = draft
            .with(Name::MAX_FORWARDS, self.hops)
            .with(Name::CONTACT, contact);
        let draft = match self.shown.number.is_empty() {
            true => draft.with(Name::PRIVACY, "id"),
            false => draft.with(Name::P_ASSERTED_IDENTITY, self.shown.address(&self.host)),
        };
        let draft = match &self.referrer {
            Some(referrer) => draft.with(Name::REFERRED_BY, referrer),
            None => draft,
        };
        let draft = match self.least {
            Some(least) => draft.with(Name::MIN_SE, least.as_secs()),
            None => draft,
        };
        draft
            .with(Name::ALLOW, ALLOW)
            .with(Name::SUPPORTED, SUPPORTED)
            .with(Name::SESSION_EXPIRES, self.session.as_secs())
            .body("application/sdp", offer.to_string())
    }
}

impl Conversation {
    /// A 422 names the shortest session that the peer takes; we ask once more, for that one (RFC 4028 §7.3).
    /// Whether we have.
    pub fn invites_for_longer(&mut self, world: &mut World<'_>, leg: LegId, refusal: &Message) -> bool {
        let Some(leg) = self.legs.get_mut(&leg) else {
            return false;
        };
        let LegState::Asked { invitation, .. } = &leg.state else {
            return false;
        };
        let (None, Some(least)) = (invitation.least, session_timer::least(refusal)) else {
            return false;
        };
        let invitation = Invitation {
            session: invitation.session.max(least),
            least: Some(least),
            ..(**invitation).clone()
        };
        // The refusal has ended whatever dialogs there were; with the new INVITE all begins anew.
        leg.early = EarlyDialogs::default();
        let draft = leg.dialog.request(&Method::Invite);
        let draft = invitation.dress(draft, &leg.contact, &leg.media.ours);
        leg.state = LegState::Asked {
            invite: world.send(leg.flow, draft),
            heard: Heard::Nothing,
            invitation: Box::new(invitation),
        };
        true
    }
}
