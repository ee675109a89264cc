//! Requests within a dialog of ours, and the moments that a conversation has asked for.

use super::conversation::Conversation;
use super::leg::LegState;
use super::refusal::{Refusal, phrase};
use super::world::{ACCEPT, ALLOW, World};
use crate::id::LegId;
use crate::sip::dialog::Misfit;
use crate::sip::endpoint::ServerId;
use crate::sip::{Draft, Flow, Message, Method, Name};

impl Conversation {
    /// A request of one of its parties.
    pub fn requested(
        &mut self,
        world: &mut World<'_>,
        leg: LegId,
        server: ServerId,
        flow: Flow,
        request: &Message,
    ) {
        if !self.admits(world, leg, server, flow, request) {
            return;
        }
        let state = self.legs.get(&leg).map(|leg| &leg.state);
        let is_asked = matches!(state, Some(LegState::Asked { .. }));
        match request.method() {
            Method::Invite => self.reinvited(world, leg, server, request),
            Method::Update if is_asked => self.updated_early(world, leg, server, request),
            Method::Update => self.updated(world, leg, server, request),
            Method::Bye if is_asked => self.leaves_early(world, leg, server, request),
            Method::Bye => self.bye(world, leg, server, request),
            Method::Prack => self.pracked(world, leg, server, request),
            Method::Options => {
                let draft = Draft::response(request, 200, phrase(200)).with(Name::ALLOW, ALLOW);
                world.respond(server, draft.with(Name::ACCEPT, ACCEPT));
            }
            Method::Info => self.informed(world, leg, server, request),
            Method::Notify => self.carrier_tells(world, leg, server, request),
            Method::Subscribe => self.subscribed(world, leg, server, request),
            Method::Ack | Method::Cancel => {}
            Method::Register
            | Method::Refer // It never comes here: it may concern two conversations.
            | Method::Message
            | Method::Publish => refuse(world, server, request, 405),
            Method::Other(_) => refuse(world, server, request, 501),
        }
    }

    /// Whether a request belongs to the dialog of this leg, and comes in order; if not it has been refused.
    pub fn admits(
        &mut self,
        world: &mut World<'_>,
        leg: LegId,
        server: ServerId,
        flow: Flow,
        request: &Message,
    ) -> bool {
        let Some(asker) = self.legs.get_mut(&leg) else {
            return false;
        };
        let misfit = match asker.admit(request) {
            Ok(()) => None,
            Err(Misfit::Stranger) => Some(481),
            Err(Misfit::OutOfOrder) => Some(500),
        };
        if let Some(status) = misfit {
            refuse(world, server, request, status);
            return false;
        }
        asker.learn(request);
        world.recognised = Some(flow);
        // A phone that comes by a new way (another port of its NAT, a new connection) is to be found there.
        if asker.party.trunk().is_none() {
            asker.flow = Flow {
                local: asker.flow.local,
                ..flow
            };
        }
        // Our BYE has ended the dialog; only theirs may cross it (RFC 3261 §15.1.1, RFC 5407 §3.2.2).
        let is_leaving = matches!(asker.state, LegState::Leaving { .. });
        if is_leaving && !matches!(request.method(), Method::Bye | Method::Ack | Method::Cancel) {
            refuse(world, server, request, 481);
            return false;
        }
        true
    }

    /// A moment has come that it asked for.
    pub fn time_has_come(&mut self, world: &mut World<'_>) {
        if self.story.rings_until().is_some_and(|until| until <= world.now) {
            self.ring_no_longer(world);
        }
        if self.story.dials_until().is_some_and(|until| until <= world.now) {
            self.number_is_complete(world);
        }
        self.pause_is_over(world);
        self.leave_the_silent(world);
        self.keys_rest(world);
        self.tell_again(world);
        self.notices_rest(world.now);
        self.confirm_again(world);
        self.subscriptions_expire(world);
        self.look_after_sessions(world);
        self.see_off(world);
    }
}

fn refuse(world: &mut World<'_>, server: ServerId, request: &Message, status: u16) {
    world.respond(server, Refusal::new(status, String::new()).draft(request));
}
