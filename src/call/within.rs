//! Requests within a dialog of ours, and the moments that a conversation has asked for.

use super::conversation::{Conversation, Story};
use super::leg::LegState;
use super::refusal::{Refusal, phrase};
use super::world::{ALLOW, World};
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
        let Some(asker) = self.legs.get_mut(&leg) else {
            return;
        };
        match asker.dialog.admit(request) {
            Ok(()) => {}
            Err(Misfit::Stranger) => return refuse(world, server, request, 481),
            Err(Misfit::OutOfOrder) => return refuse(world, server, request, 500),
        }
        asker.learn(request);
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
            return refuse(world, server, request, 481);
        }
        match request.method() {
            Method::Invite => self.reinvited(world, leg, server, request),
            Method::Update => self.updated(world, leg, server, request),
            Method::Bye => self.bye(world, leg, server, request),
            Method::Options => {
                let draft = Draft::response(request, 200, phrase(200)).with(Name::ALLOW, ALLOW);
                world.respond(server, draft.with(Name::ACCEPT, "application/sdp"));
            }
            Method::Ack | Method::Cancel => {}
            Method::Register
            | Method::Prack
            | Method::Info
            | Method::Refer
            | Method::Notify
            | Method::Subscribe
            | Method::Message
            | Method::Publish => refuse(world, server, request, 405),
            Method::Other(_) => refuse(world, server, request, 501),
        }
    }

    /// A moment has come that it asked for.
    pub fn time_has_come(&mut self, world: &mut World<'_>) {
        match self.story {
            Story::Ringing { until, .. } if until <= world.now => self.ring_no_longer(world),
            Story::Ringing { .. } | Story::Pair { .. } | Story::Over => {}
        }
        self.confirm_again(world);
        self.look_after_sessions(world);
    }
}

fn refuse(world: &mut World<'_>, server: ServerId, request: &Message, status: u16) {
    world.respond(server, Refusal::new(status, String::new()).draft(request));
}
