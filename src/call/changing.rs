//! What we ask of a standing session: a re-INVITE or an UPDATE of ours, and the refreshes of its timer.

use super::conversation::Conversation;
use super::event::Weight;
use super::identity::Identity;
use super::leg::{Leg, LegState};
use super::session_timer::{self, SessionTimer};
use super::world::{ALLOW, SUPPORTED_WITHIN, World};
use crate::id::LegId;
use crate::sdp::Session;
use crate::sip::dialog::Opener;
use crate::sip::endpoint::ClientId;
use crate::sip::{Address, Draft, Message, Method, Name};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A change of ours that waits for its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Changing {
    /// Its transaction.
    pub asked: ClientId,
    /// What it asks for, should it have to be asked for again.
    pub change: Change,
}

/// What we want of a standing session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Change {
    /// By which request.
    pub by: Means,
    /// The shortest session interval that the peer takes, once it has said so (422, RFC 4028 §7.3).
    pub least: Option<Duration>,
    /// With whom the phone talks now, if that is what it shall learn.
    pub partner: Option<Identity>,
}

/// The request that carries a change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Means {
    /// A re-INVITE with this offer (RFC 3261 §14.1).
    Reinvite(Box<Session>),
    /// An UPDATE without an offer (RFC 3311 §5.1).
    Update,
}

impl Leg {
    /// Asks for a change. Only a session that owes nothing ([`LegState::Talking`]) may be asked.
    pub fn ask(&mut self, world: &mut World<'_>, change: Change) {
        let method = match change.by {
            Means::Reinvite(_) => Method::Invite,
            Means::Update => Method::Update,
        };
        let contact = self.contact.clone();
        let timer = self.timer.clone();
        let host = world.config.domain.clone();
        let partner = change
            .partner
            .as_ref()
            .map(|partner| partner.for_phones(world.config));
        let asked = world.request(self, &method, |draft| {
            let draft = draft
                .with(Name::CONTACT, contact)
                .with(Name::ALLOW, ALLOW)
                .with(Name::SUPPORTED, SUPPORTED_WITHIN);
            let draft = match timer {
                Some(timer) => draft.with(Name::SESSION_EXPIRES, timer.in_request()),
                None => draft,
            };
            let draft = match &partner {
                Some(partner) => introducing(draft, &partner.address(&host)),
                None => draft,
            };
            let draft = match change.least {
                Some(least) => draft.with(Name::MIN_SE, least.as_secs()),
                None => draft,
            };
            match &change.by {
                Means::Reinvite(offer) => draft.body("application/sdp", offer.to_string()),
                Means::Update => draft,
            }
        });
        self.state = LegState::Changing(Changing { asked, change });
    }

    /// Asks for nothing new, so that both sides know of each other (RFC 4028 §7.4).
    fn refresh(&mut self, world: &mut World<'_>) {
        let by = self.means();
        self.ask(
            world,
            Change {
                by,
                least: None,
                partner: None,
            },
        );
    }

    /// How it is asked for what leaves the description as it is: by UPDATE if it allows that and has never refused
    /// one for what it is, else by a re-INVITE with our description unchanged.
    pub fn means(&self) -> Means {
        match self.allows_update && !self.refuses_update {
            true => Means::Update,
            false => Means::Reinvite(Box::new(self.media.ours.clone())),
        }
    }

    /// They agree. An answer that cannot be used leaves the session as it was.
    fn change_agreed(&mut self, world: &mut World<'_>, change: Change, ok: &Message) -> Result<(), String> {
        self.state = LegState::Talking;
        self.has_learnt(&change);
        self.dialog.refresh_target(ok);
        let asked = self.timer.as_ref().map(|timer| timer.interval);
        let asked = asked.unwrap_or(world.config.timers.session);
        self.timer = Some(SessionTimer::granted(ok, world.now, asked));
        let Means::Reinvite(offer) = change.by else {
            return Ok(());
        };
        let ack = self
            .dialog
            .ack(ok.cseq().map(|cseq| cseq.number).unwrap_or_default());
        let way = world.way_to(self);
        world.send_ack(way, ack);
        let accepted = self.media.accept(&offer, ok.description());
        accepted.map_err(|why| why.to_string())
    }

    /// With whom the phone talks now it has been told, as far as it wants to know.
    fn has_learnt(&mut self, change: &Change) {
        self.shown = change.partner.clone().or(self.shown.take());
    }

    /// When both sides have asked at once, each waits for a while of its own (RFC 3261 §14.1).
    fn back_off(&mut self, world: &mut World<'_>, change: Change) {
        let chance = &mut world.desk.chance;
        let wait = match self.dialog.opener {
            Opener::Us => 2_100 + 10 * chance.below(191),
            Opener::Them => 10 * chance.below(201),
        };
        self.state = LegState::BackingOff {
            change,
            again: world.now + Duration::from_millis(wait),
        };
    }

    /// The peer will not; the session stays as it was (RFC 3261 §14.1). Who does not want it by UPDATE is asked by
    /// re-INVITE, which every peer knows, and everybody else is not asked again.
    fn change_refused(&mut self, world: &mut World<'_>, change: Change, status: u16) {
        self.state = LegState::Talking;
        if let Some(timer) = &mut self.timer {
            timer.refused(world.now, status);
        }
        if !(matches!(change.by, Means::Update) && concerns_the_method(status)) {
            return self.has_learnt(&change);
        }
        self.refuses_update = true;
        let by = self.means();
        self.ask(world, Change { by, ..change });
    }
}

/// Whether a refusal may be about the method, or about what a request of that method may hold, rather than about what
/// it asks for. Phones and carriers whose Allow promises UPDATE are known to say each of these.
fn concerns_the_method(status: u16) -> bool {
    matches!(status, 400 | 405 | 415 | 420 | 488 | 500 | 501)
}

/// Phones look for their partner's name in one of these (RFC 3325 §9.1, and what was there before it).
fn introducing(draft: Draft, partner: &Address) -> Draft {
    let draft = draft.with(Name::P_ASSERTED_IDENTITY, partner);
    draft.with_named(
        "Remote-Party-ID",
        format_args!("{partner};party=calling;privacy=off;screen=yes"),
    )
}

impl Conversation {
    /// The final answer to a change that we have asked for.
    pub fn change_answered(&mut self, world: &mut World<'_>, leg: LegId, response: &Message) {
        let Some(asked) = self.legs.get_mut(&leg) else {
            return;
        };
        let LegState::Changing(Changing { change, .. }) = &asked.state else {
            return;
        };
        let (change, held) = (change.clone(), asked.holds());
        match response.status().unwrap_or(500) {
            200..=299 => {
                if let Err(why) = asked.change_agreed(world, change, response) {
                    let text = format!("the answer to our re-INVITE cannot be used: {why}");
                    world.tell(Weight::Warning, Some(self.id), text);
                }
                self.hold_changes(world, leg, held);
            }
            // Once, or a peer that wants ever more would keep us asking.
            422 if change.least.is_none() && session_timer::least(response).is_some() => {
                let least = session_timer::least(response);
                if let (Some(timer), Some(least)) = (&mut asked.timer, least) {
                    timer.interval = timer.interval.max(least);
                }
                asked.ask(world, Change { least, ..change });
            }
            491 => asked.back_off(world, change),
            status @ (408 | 481) => {
                asked.state = LegState::Talking;
                let text = format!(
                    "{} no longer knows of its call ({status} to our refresh)",
                    asked.party.label()
                );
                self.has_lost(world, leg, text);
            }
            status => asked.change_refused(world, change, status),
        }
    }

    /// A change that we have asked for has no answer, or could not be sent. Who says nothing at all is gone
    /// (RFC 3261 §12.2.1.2).
    pub fn change_unanswered(&mut self, world: &mut World<'_>, leg: LegId, status: u16) {
        let Some(asked) = self.legs.get_mut(&leg) else {
            return;
        };
        let LegState::Changing(Changing { change, .. }) = &asked.state else {
            return;
        };
        let change = change.clone();
        asked.state = LegState::Talking;
        asked.has_learnt(&change);
        if status == 408 {
            let text = format!("{} is gone: it does not answer our refresh", asked.party.label());
            return self.has_lost(world, leg, text);
        }
        if let Some(timer) = &mut asked.timer {
            timer.unsent(world.now);
        }
    }

    fn has_lost(&mut self, world: &mut World<'_>, leg: LegId, why: String) {
        world.tell(Weight::Warning, Some(self.id), why);
        self.loses(world, leg, "Q.850;cause=102;text=\"Session lost\"");
    }

    /// Refreshes what is due, asks again what had to wait, and ends what nobody has refreshed.
    pub fn look_after_sessions(&mut self, world: &mut World<'_>) {
        let now = world.now;
        let ids: Vec<LegId> = self.legs.keys().copied().collect();
        for id in ids {
            let Some(leg) = self.legs.get_mut(&id) else {
                continue;
            };
            let timer = leg.timer.as_ref().filter(|_| leg.is_talking());
            if let Some(over) = timer.filter(|timer| timer.ends <= now) {
                let text = over.why_over(leg.party.label());
                world.tell(Weight::Warning, Some(self.id), text);
                self.loses(world, id, "Q.850;cause=102;text=\"Session expired\"");
                continue;
            }
            let is_due = timer.is_some_and(|timer| timer.due() <= now);
            match &leg.state {
                LegState::Talking if is_due => leg.refresh(world),
                // With whom the phone talks may be another by now, or nobody: what is to be told is found anew.
                LegState::BackingOff { change, again } if *again <= now && change.partner.is_some() => {
                    leg.state = LegState::Talking;
                }
                // So is what we say of our media: an UPDATE of theirs may have changed it meanwhile.
                LegState::BackingOff { again, .. } if *again <= now => leg.refresh(world),
                LegState::BackingOff { .. }
                | LegState::Talking
                | LegState::Changing(_)
                | LegState::Confirming(_)
                | LegState::Asking { .. }
                | LegState::Asked { .. }
                | LegState::Withdrawn { .. }
                | LegState::Leaving { .. } => {}
            }
        }
    }
}
