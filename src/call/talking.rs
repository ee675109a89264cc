//! The standing session: our 2xx until it is confirmed, and every change of the session after that.

use super::changing::{Change, Changing, Means};
use super::conversation::{Conversation, Story};
use super::event::Weight;
use super::leg::{Confirming, Leg, LegState};
use super::refusal::Refusal;
use super::ringing::opening;
use super::session_timer::SessionTimer;
use super::world::World;
use crate::id::LegId;
use crate::sdp::Session;
use crate::sip::endpoint::ServerId;
use crate::sip::{Draft, Message};

/// How many T1 we wait for the ACK to our 2xx (RFC 3261 §13.3.1.4).
const ACK_PATIENCE_T1: u32 = 64;

impl Leg {
    /// Whether an offer of theirs can be answered now (RFC 3261 §14.2, RFC 3311 §5.2).
    fn takes_offers(&self, world: &mut World<'_>) -> Result<(), Refusal> {
        match &self.state {
            // Its part is over: what it asks for could be granted, and nothing would be heard.
            _ if self.leave.is_some() => Err(Refusal::new(481, "its call has gone to somebody else".into())),
            // Offer and answer were complete with our 2xx; a lost ACK must not keep a quick hand from holding.
            LegState::Talking
            | LegState::BackingOff { .. }
            | LegState::Confirming(Confirming { offer: None, .. }) => Ok(()),
            // An UPDATE of ours without an offer stands in nobody's way; theirs is as good a refresh.
            LegState::Changing(Changing {
                change: Change {
                    by: Means::Update, ..
                },
                ..
            }) => Ok(()),
            // Two offers at once: theirs waits until ours is answered.
            LegState::Confirming(Confirming { offer: Some(_), .. })
            | LegState::Changing(Changing {
                change:
                    Change {
                        by: Means::Reinvite(_),
                        ..
                    },
                ..
            })
            | LegState::Asked { .. } => Err(Refusal::new(491, String::new())),
            LegState::Asking { progress, .. } => progress.takes_offers(world),
            LegState::Withdrawn { .. } | LegState::Leaving { .. } => Err(Refusal::new(481, String::new())),
        }
    }

    /// Answers an INVITE with 2xx and waits for its ACK. `offer` is ours, if the 2xx carries one.
    pub fn confirm(
        &mut self,
        world: &mut World<'_>,
        invite: ServerId,
        request: &Message,
        ok: Draft,
        offer: Option<Session>,
    ) {
        world.respond(invite, ok);
        let timers = &world.config.timers;
        self.state = LegState::Confirming(Confirming {
            cseq: request.cseq().map(|cseq| cseq.number).unwrap_or_default(),
            invite,
            again: world.now + timers.t1,
            gap: timers.t1,
            until: world.now + timers.t1 * ACK_PATIENCE_T1,
            offer,
        });
    }
}

impl Conversation {
    /// The ACK to our 2xx has come. If the 2xx carried our offer, this carries their answer.
    pub fn acknowledged(&mut self, world: &mut World<'_>, leg: LegId, ack: &Message) {
        let Some(talker) = self.legs.get_mut(&leg) else {
            return;
        };
        let LegState::Confirming(confirming) = &talker.state else {
            return;
        };
        if ack.cseq().map(|cseq| cseq.number) != Ok(confirming.cseq) {
            return;
        }
        let (offer, held) = (confirming.offer.clone(), talker.holds());
        talker.state = LegState::Talking;
        let Some(offer) = offer else { return };
        if let Err(why) = talker.media.accept(&offer, ack.description()) {
            let text = match ack.description().is_empty() {
                true => format!("{} gave no answer to our offer in its ACK", talker.party.label()),
                false => format!("the answer in the ACK cannot be used: {why}"),
            };
            world.tell(Weight::Warning, Some(self.id), text);
            return self.loses(world, leg, "SIP;cause=488");
        }
        self.hold_changes(world, leg, held);
    }

    /// Our 2xx is sent again until its ACK comes; without one the call is over (RFC 3261 §13.3.1.4).
    pub fn confirm_again(&mut self, world: &mut World<'_>) {
        let now = world.now;
        let due: Vec<LegId> = self
            .legs
            .values()
            .filter(|leg| matches!(&leg.state, LegState::Confirming(waiting) if waiting.due() <= now))
            .map(|leg| leg.id)
            .collect();
        for id in due {
            let Some(leg) = self.legs.get_mut(&id) else {
                continue;
            };
            let LegState::Confirming(confirming) = &mut leg.state else {
                continue;
            };
            if confirming.until > now {
                confirming.gap = (confirming.gap * 2).min(world.config.timers.t2);
                confirming.again = now + confirming.gap;
                world.desk.endpoint.repeat(now, confirming.invite, &mut world.out);
                continue;
            }
            let text = format!("{} never confirmed our answer (no ACK)", leg.party.label());
            leg.state = LegState::Talking;
            world.tell(Weight::Warning, Some(self.id), text);
            self.loses(world, id, "SIP;cause=408;text=\"No ACK\"");
        }
    }

    /// They want to change the session: hold, resume, another address or codec (RFC 3261 §14.2). It is
    /// between them and us; the other legs learn of it by the wiring alone.
    pub fn reinvited(&mut self, world: &mut World<'_>, leg: LegId, server: ServerId, request: &Message) {
        let Some(talker) = self.legs.get_mut(&leg) else {
            return;
        };
        if let Err(refusal) = talker.takes_offers(world) {
            return world.respond(server, refusal.draft(request));
        }
        let timer = SessionTimer::asked_for(request, world.now, world.config.timers.session);
        let timer = match timer {
            Ok(timer) => timer,
            Err(refusal) => return self.cannot_change(world, leg, server, request, &refusal),
        };
        let held = talker.holds();
        let offer = match request.description().is_empty() {
            true => Some(talker.media.offer_again(&world.config.media.codecs)),
            false => None,
        };
        if offer.is_none()
            && let Err(refusal) = talker
                .media
                .answer_again(&world.config.media.codecs, request.description())
        {
            return self.cannot_change(world, leg, server, request, &refusal);
        }
        talker.dialog.refresh_target(request);
        let ok = timer.dress_answer(opening(request, 200, &talker.dialog, &talker.contact), request);
        let ok = ok.body(
            "application/sdp",
            offer.as_ref().unwrap_or(&talker.media.ours).to_string(),
        );
        talker.timer = Some(timer);
        talker.confirm(world, server, request, ok, offer);
        self.hold_changes(world, leg, held);
    }

    /// UPDATE does what a re-INVITE does, in one round; without a description it only says where they are
    /// now (RFC 3311 §5.2).
    pub fn updated(&mut self, world: &mut World<'_>, leg: LegId, server: ServerId, request: &Message) {
        let Some(talker) = self.legs.get_mut(&leg) else {
            return;
        };
        let describes = !request.description().is_empty();
        if describes && let Err(refusal) = talker.takes_offers(world) {
            return world.respond(server, refusal.draft(request));
        }
        // Before the answer there is no session to be refreshed (RFC 4028 §7.4).
        let timer = SessionTimer::asked_for(request, world.now, world.config.timers.session);
        let timer = match talker.is_talking().then_some(timer).transpose() {
            Ok(timer) => timer,
            Err(refusal) => return self.cannot_change(world, leg, server, request, &refusal),
        };
        let held = talker.holds();
        let codecs = &world.config.media.codecs;
        if describes && let Err(refusal) = talker.media.answer_again(codecs, request.description()) {
            return self.cannot_change(world, leg, server, request, &refusal);
        }
        talker.dialog.refresh_target(request);
        let ok = opening(request, 200, &talker.dialog, &talker.contact);
        let ok = match &timer {
            Some(timer) => timer.dress_answer(ok, request),
            None => ok,
        };
        let ok = match describes {
            true => ok.body("application/sdp", talker.media.ours.to_string()),
            false => ok,
        };
        talker.timer = timer.or(talker.timer.take());
        world.respond(server, ok);
        self.hold_changes(world, leg, held);
    }

    /// Refuses a change, and says why to those who run the switch.
    pub fn cannot_change(
        &mut self,
        world: &mut World<'_>,
        leg: LegId,
        server: ServerId,
        request: &Message,
        refusal: &Refusal,
    ) {
        world.respond(server, refusal.draft(request));
        let name = self.legs.get(&leg).map_or("", |leg| leg.party.label());
        let text = format!("{name} wants a change that cannot be: {}", refusal.why);
        world.tell(Weight::Warning, Some(self.id), text);
    }

    /// A hold may have begun or ended; `held` is how it was before. Whoever comes back from one is back with those who wait:
    /// nobody is granted to hear them and left in silence.
    pub fn hold_changes(&mut self, world: &mut World<'_>, leg: LegId, held: bool) {
        let Some(talker) = self.legs.get(&leg) else { return };
        let name = talker.party.label();
        match (held, talker.holds()) {
            (false, true) => world.tell(Weight::Story, Some(self.id), format!("{name} holds")),
            (true, false) => {
                world.tell(Weight::Story, Some(self.id), format!("{name} is back from hold"));
                self.comes_back(world, leg);
            }
            (true, true) | (false, false) => {}
        }
    }

    /// What an agent who has put the others aside, or handed them on, wants when the phone resumes. A colleague who is
    /// asked is heard, or heard to ring: that goes on.
    fn comes_back(&mut self, world: &mut World<'_>, leg: LegId) {
        let waits = matches!(self.story, Story::Held(_) | Story::Handover(_));
        if waits && self.story.agent() == Some(leg) {
            // Refused only if there is nobody to be back with.
            let _ = self.resume(world);
        }
    }
}
