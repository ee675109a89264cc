//! The INVITE that we send, what it says about who calls, and that we send again if a peer wants a longer session.

use super::caller_id::CallerId;
use super::codes::Keying;
use super::conversation::{Conversation, Course, Story};
use super::early::EarlyDialogs;
use super::identity::Identity;
use super::leg::{Heard, Invitation, Leg, LegState, Party, Side};
use super::offer::{self, Beside, Peer};
use super::presentation::{Presentation, present};
use super::refusal::Refusal;
use super::session_timer;
use super::targets::Target;
use super::world::{ALLOW, SUPPORTED, World, contact, shown_address};
use crate::config::Config;
use crate::id::LegId;
use crate::sdp::Session;
use crate::sip::{Address, Dialog, Draft, Message, Method, Name, Uri};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Who is shown as calling, before it is clear how that is told to each of those who are rung.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shown {
    /// To phones of ours: somebody as we know them.
    Inside(Identity),
    /// To the world outside: what it may know of us.
    Outside(CallerId),
}

impl Shown {
    /// Who it is.
    pub fn identity(&self) -> Identity {
        match self {
            Shown::Inside(identity) => identity.clone(),
            Shown::Outside(caller_id) => caller_id.identity(),
        }
    }

    /// What this target is told in its INVITE; our address is `host` where a carrier is told. Whatever is known inside
    /// the house, nobody outside is told more than a caller ID.
    fn introduce(&self, config: &Config, target: &Target, host: &str) -> Result<Presentation, Refusal> {
        let called = target.uri.user().unwrap_or_default();
        match &target.party {
            Party::Outside { trunk, .. } => {
                let no_trunk = || Refusal::new(503, format!("there is no trunk {trunk}"));
                let known = config.trunks.get(trunk).ok_or_else(no_trunk)?;
                let caller_id = match self {
                    Shown::Outside(caller_id) => caller_id.clone(),
                    Shown::Inside(_) => CallerId::of_house(config),
                };
                Ok(present(config, (trunk, known), &caller_id, (&called, host))?)
            }
            Party::Extension(_) => Ok(to_phone(config, &self.identity())),
        }
    }
}

/// A phone sees who calls in From, where it looks by default, and in P-Asserted-Identity, both alike, in a form that
/// it can dial back.
fn to_phone(config: &Config, identity: &Identity) -> Presentation {
    let shown = identity.for_phones(config);
    let from = shown.address(&config.domain);
    let field = match shown.number.is_empty() {
        true => (Name::PRIVACY, "id".to_owned()),
        false => (Name::P_ASSERTED_IDENTITY, from.to_string()),
    };
    Presentation {
        from,
        fields: vec![field],
        contact: shown.number,
    }
}

impl Invitation {
    /// The INVITE for this dialog, with this offer.
    pub fn draft(&self, dialog: &Dialog, contact: &str, offer: &Session) -> Draft {
        self.dress(dialog.invite(), contact, offer)
    }

    fn dress(&self, draft: Draft, contact: &str, offer: &Session) -> Draft {
        let draft = draft
            .with(Name::MAX_FORWARDS, self.hops)
            .with(Name::CONTACT, contact);
        let fields = self.fields.iter();
        let draft = fields.fold(draft, |draft, (name, value)| draft.with_named(name, value));
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

impl Invitation {
    /// A 422 names the shortest session that the peer takes, and we ask once for that (RFC 4028 §7.3). Whether it is
    /// another one.
    fn lasts_longer(&mut self, least: Option<Duration>) -> bool {
        let (None, Some(least)) = (self.least, least) else {
            return false;
        };
        self.session = self.session.max(least);
        self.least = Some(least);
        true
    }
}

impl Conversation {
    /// Invites one of those who are rung, as it is to see the call.
    pub(super) fn ring_one(
        &self,
        world: &mut World<'_>,
        shown: &Shown,
        hops: u32,
        target: Target,
    ) -> Result<Leg, Refusal> {
        let address = shown_address(world.config, &target.flow);
        let said = shown.introduce(world.config, &target, &address.ip().to_string())?;
        let local = said.from.clone().with_param("tag", &world.desk.chance.token(16));
        let remote = match target.party.trunk() {
            Some(_) => Address::new(target.uri.clone()),
            None => Address::new(Uri::sip(Some(target.party.label()), &world.config.domain, None)),
        };
        let call_id = world.desk.chance.token(24);
        let mut dialog = Dialog::calling(call_id, local, remote, target.uri, 1);
        dialog.routes = target.routes;
        let beside = self
            .caller()
            .map_or(Beside::Nobody, |caller| caller.media.beside());
        let no_port = || Refusal::new(503, "no RTP port is free (media.ports)".into());
        let ours = offer::fresh(world, address.ip(), &target.party, &beside).ok_or_else(no_port)?;
        let contact = contact(&dialog.target, address, target.flow.transport, &said.contact).to_string();
        let in_words = |(name, value): (Name, String)| (name.as_str().to_owned(), value);
        let invitation = Invitation {
            shown: shown.identity(),
            fields: said.fields.into_iter().map(in_words).collect(),
            referrer: self.referrer(world, &target.party),
            hops,
            session: world.config.timers.session,
            least: None,
        };
        let draft = invitation.draft(&dialog, &contact, &ours.ours);
        let invite = world.send(target.flow, draft);
        if let Some(trunk) = target.party.trunk() {
            world.trunk_gets_call(trunk);
        }
        let account = target.attempt.as_ref().map(|attempt| attempt.account.clone());
        let state = LegState::Asked {
            invite,
            heard: Heard::Nothing,
            attempt: target.attempt.map(|attempt| attempt.showing(shown)),
            invitation: Box::new(invitation),
        };
        Ok(Leg {
            id: world.leg_id(),
            side: self.side_of(&target.party),
            account,
            party: target.party,
            flow: target.flow,
            dialog,
            early: EarlyDialogs::default(),
            contact,
            state,
            shown: Some(shown.identity()),
            referral: None,
            notifies: std::collections::BTreeMap::new(),
            given: None,
            refer: None,
            leave: None,
            keying: Keying::default(),
            notice: None,
            muted: false,
            timer: None,
            allows_update: false,
            stranger: None,
            refuses_update: false,
            media: ours,
        })
    }

    /// Who calls us from outside, or is called there by a new conversation, is the customer; whoever is brought
    /// into a standing one is on our side of it.
    fn side_of(&self, party: &Party) -> Side {
        match (party, &self.story) {
            (Party::Outside { .. }, Story::Ringing { .. }) if self.course == Course::Outgoing => {
                Side::Customer
            }
            (Party::Extension(_) | Party::Outside { .. }, _) => Side::House,
        }
    }

    /// A refusal may say what would be taken instead: then we ask once more, for that. Whether we have.
    pub fn invites_otherwise(&mut self, world: &mut World<'_>, leg: LegId, refusal: &Message) -> bool {
        let Some(leg) = self.legs.get_mut(&leg) else {
            return false;
        };
        let LegState::Asked {
            invitation, attempt, ..
        } = &leg.state
        else {
            return false;
        };
        let (attempt, mut invitation) = (attempt.clone(), (**invitation).clone());
        let is_other = match refusal.status() {
            Some(422) => invitation.lasts_longer(session_timer::least(refusal)),
            Some(488) => Peer::of(&leg.party) == Peer::Phone && leg.media.offers_all(world.config),
            Some(_) | None => false,
        };
        if !is_other {
            return false;
        }
        // The refusal has ended whatever dialogs there were; with the new INVITE all begins anew.
        leg.early = EarlyDialogs::default();
        let draft = leg.dialog.request(&Method::Invite);
        let draft = invitation.dress(draft, &leg.contact, &leg.media.ours);
        leg.state = LegState::Asked {
            invite: world.send(leg.flow, draft),
            heard: Heard::Nothing,
            attempt,
            invitation: Box::new(invitation),
        };
        true
    }
}
