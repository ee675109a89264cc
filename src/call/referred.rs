//! A REFER arrives: a cold transfer, or an attended one that joins two conversations (RFC 3515, RFC 5589).

use super::conversation::Conversation;
use super::conversations::Place;
use super::leg::{Leg, LegState};
use super::referral::{ReferTo, Referral, Replaces};
use super::refusal::Refusal;
use super::step::Step;
use super::world::World;
use crate::id::LegId;
use crate::sip::endpoint::ServerId;
use crate::sip::{Flow, Message};

impl Step<'_> {
    /// Replaces comes first: a dialog of ours is taken over, and its URI is never dialled.
    pub(super) fn referred(&mut self, place: Place, server: ServerId, flow: Flow, request: &Message) {
        let (id, leg) = place;
        let mut admitted = false;
        self.visit(id, |conversation, world| {
            admitted = conversation.admits(world, leg, server, flow, request)
                && conversation.has_no_other(world, leg, server, request);
        });
        if !admitted {
            return;
        }
        let refer_to = match ReferTo::of(request) {
            Ok(refer_to) => refer_to,
            Err(refusal) => {
                return self.visit(id, |conversation, world| {
                    conversation.refuses_referral(world, leg, server, request, &refusal);
                });
            }
        };
        if self.is_too_late_for(&refer_to) {
            return self.visit(id, |conversation, world| {
                conversation.referral_fails(world, leg, server, request, 486);
            });
        }
        if let Some(guests) = self.guests(place, &refer_to) {
            return self.bring_in(guests, leg, server, request);
        }
        match refer_to
            .replaces
            .as_ref()
            .map(|replaces| self.conversations.of_replaces(replaces))
        {
            None => self.visit(id, |conversation, world| {
                conversation.referred_to_number(world, leg, server, request, &refer_to.number);
            }),
            Some(Some(other)) if other.0 != id => self.referred_to_dialog(place, other, server, request),
            Some(_) => self.visit(id, |conversation, world| {
                conversation.referral_fails(world, leg, server, request, 481);
            }),
        }
    }

    /// Whether a call that shall be taken over only while it rings has been answered: then it is busy (RFC 3891 §3).
    fn is_too_late_for(&self, refer_to: &ReferTo) -> bool {
        let wanted = refer_to.replaces.as_ref().filter(|replaces| replaces.early_only);
        let named = wanted.and_then(|replaces| self.conversations.of_replaces(replaces));
        let leg = named.and_then(|(id, leg)| self.conversations.get(id)?.legs.get(&leg));
        leg.is_some_and(Leg::is_talking)
    }

    /// Both legs must be the same agent's: nobody may connect calls of others.
    fn referred_to_dialog(&mut self, place: Place, other: Place, server: ServerId, request: &Message) {
        let party = |conversations: &super::conversations::Conversations, (id, leg): Place| {
            let leg = conversations.get(id)?.legs.get(&leg)?;
            leg.party.extension().map(str::to_owned)
        };
        let owner = party(self.conversations, place);
        let may = owner.is_some() && owner == party(self.conversations, other);
        if !may {
            return self.visit(place.0, |conversation, world| {
                conversation.referral_fails(world, place.1, server, request, 403);
            });
        }
        self.visit_both(place.0, other.0, |asked, named, world| {
            asked.referred_to_conversation(world, named, place.1, other.1, server, request);
        });
    }
}

impl Conversation {
    /// Whether no other REFER of the same phone is under way; otherwise this one has been refused, and the phone goes on
    /// waiting to hear of the first.
    fn has_no_other(
        &mut self,
        world: &mut World<'_>,
        leg: LegId,
        server: ServerId,
        request: &Message,
    ) -> bool {
        let referral = self.legs.get(&leg).and_then(|leg| leg.referral);
        let is_free = !matches!(referral, Some(Referral::UnderWay { .. }));
        if !is_free {
            let refusal = Refusal::new(491, "its last transfer is still under way".into());
            world.respond(server, refusal.draft(request));
        }
        is_free
    }

    fn referred_to_number(
        &mut self,
        world: &mut World<'_>,
        leg: LegId,
        server: ServerId,
        request: &Message,
        number: &str,
    ) {
        if let Err(refusal) = self.hand_over(world, leg, number) {
            let name = self.legs.get(&leg).map_or("", |leg| leg.party.label());
            let text = format!("{name} may not hand on to {number}: {}", refusal.why);
            world.tell(super::event::Weight::Warning, Some(self.id), text);
            return self.refuses_referral(world, leg, server, request, &refusal);
        }
        if let Some(transferor) = self.legs.get_mut(&leg) {
            transferor.accept_referral(world, server, request);
        }
    }

    fn refuses_referral(
        &mut self,
        world: &mut World<'_>,
        leg: LegId,
        server: ServerId,
        request: &Message,
        refusal: &Refusal,
    ) {
        if let Some(transferor) = self.legs.get_mut(&leg) {
            transferor.refuse_referral(world, server, request, refusal);
        }
    }

    /// The phone is told by NOTIFY, not by a refusal: 481 to the REFER itself would end its call
    /// (RFC 3261 §12.2.1.2).
    fn referral_fails(
        &mut self,
        world: &mut World<'_>,
        leg: LegId,
        server: ServerId,
        request: &Message,
        status: u16,
    ) {
        if let Some(transferor) = self.legs.get_mut(&leg) {
            transferor.accept_referral(world, server, request);
            transferor.tell_outcome(world, status);
        }
    }

    fn referred_to_conversation(
        &mut self,
        world: &mut World<'_>,
        named: &mut Conversation,
        leg: LegId,
        named_leg: LegId,
        server: ServerId,
        request: &Message,
    ) {
        if let Some(transferor) = self.legs.get_mut(&leg) {
            transferor.accept_referral(world, server, request);
        }
        if let Err(refusal) = self.connect(world, named, leg, named_leg)
            && let Some(transferor) = self.legs.get_mut(&leg)
        {
            transferor.tell_outcome(world, refusal.status);
        }
    }
}

impl super::conversations::Conversations {
    /// The leg whose dialog Replaces names. Tags are ours to tell apart, so they may come in either order:
    /// phones disagree on whose point of view counts (RFC 3891 §3).
    pub fn of_replaces(&self, replaces: &Replaces) -> Option<Place> {
        let named = |ours: &str, theirs: &str| {
            let (id, leg) = self.of_tag(ours)?;
            let named = self.get(id)?.legs.get(&leg)?;
            let is_with = match &named.state {
                LegState::Asked { .. } => named.early.is_with(theirs),
                LegState::Asking { .. }
                | LegState::Withdrawn { .. }
                | LegState::Talking
                | LegState::Confirming(_)
                | LegState::Changing(_)
                | LegState::BackingOff { .. }
                | LegState::Leaving { .. } => named.dialog.remote_tag() == theirs,
            };
            let fits = named.dialog.call_id == replaces.call_id && is_with;
            fits.then_some((id, leg))
        };
        named(&replaces.to_tag, &replaces.from_tag).or_else(|| named(&replaces.from_tag, &replaces.to_tag))
    }
}
