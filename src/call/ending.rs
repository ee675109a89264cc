//! The end: somebody hangs up, gives up, vanishes, or is told to go.

use super::conversation::{Conversation, Story};
use super::event::Weight;
use super::leg::{Leg, LegState};
use super::reason::Cause;
use super::refusal::{Refusal, Verdict};
use super::world::World;
use crate::id::LegId;
use crate::sip::endpoint::{ClientId, ServerId};
use crate::sip::{Message, Method, Name};
use std::time::Duration;

impl Conversation {
    /// A party hangs up.
    pub fn bye(&mut self, world: &mut World<'_>, leg: LegId, server: ServerId, request: &Message) {
        let Some(gone) = self.legs.get(&leg) else { return };
        let name = gone.party.label().to_owned();
        world.respond(server, crate::sip::Draft::response(request, 200, "OK"));
        // Our INVITE or theirs may still be open (BYE on an early dialog, RFC 3261 §15): it ends with it.
        if let LegState::Asking { invite, request, .. } = &gone.state {
            let draft = Refusal::new(487, String::new())
                .draft(request)
                .to_tag(gone.dialog.local_tag());
            world.respond(*invite, draft);
        }
        self.hangs_up_dialling(world, leg);
        let Some(gone) = self.legs.remove(&leg) else {
            return;
        };
        match self.story.since() {
            Some(since) => {
                let text = format!("{name} hangs up after {}", in_words(world.now.since(since)));
                world.tell(Weight::Story, Some(self.id), text);
            }
            None if self.story == Story::Over => {}
            None => world.tell(Weight::Story, Some(self.id), format!("{name} gives up")),
        }
        let cause = Cause::said_in(request);
        if let Story::Ringing { .. } = self.story
            && let LegState::Asking { .. } = gone.state
        {
            self.withdraw_all(world, cause);
        }
        let reason = cause.unwrap_or(Cause::CLEARING).to_string();
        match gone.state {
            // A called phone may not end its early dialog by BYE, but if it does it is not there any more.
            LegState::Asked { .. } => {
                self.counts_refusal(world, Verdict::of_status(480), gone.party.trunk().is_some())
            }
            LegState::Asking { .. }
            | LegState::Withdrawn { .. }
            | LegState::Talking
            | LegState::Confirming(_)
            | LegState::Changing(_)
            | LegState::BackingOff { .. }
            | LegState::Leaving { .. } => self.parts(world, &gone, &reason),
        }
    }

    /// The caller has given up before anybody answered (RFC 3261 §9.2), and may have said why.
    pub fn cancelled(&mut self, world: &mut World<'_>, leg: LegId, cause: Option<Cause>) {
        let Some(caller) = self.legs.get(&leg) else { return };
        if !matches!(caller.state, LegState::Asking { .. }) {
            return;
        }
        let text = format!("{} gives up", caller.party.label());
        world.tell(Weight::Story, Some(self.id), text);
        let refusal = Refusal::new(487, String::new());
        match self.story {
            Story::Ringing { .. } => {
                self.dismiss_caller(world, &refusal);
                self.withdraw_all(world, cause);
            }
            Story::Summons(_)
            | Story::Pair { .. }
            | Story::Held(_)
            | Story::Consult(_)
            | Story::Together { .. }
            | Story::Handover(_)
            | Story::Over => self.refuse_asker(world, leg, &refusal),
        }
    }

    /// Ends it for everybody who is still in it.
    pub fn hang_up(&mut self, world: &mut World<'_>, reason: &str) {
        if let Story::Ringing { .. } = self.story {
            self.refuse_caller(world, &Refusal::new(480, String::new()));
        }
        self.turn_away_all(world, &Refusal::new(480, String::new()));
        self.story = Story::Over;
        self.tape_ends_because(reason);
        self.withdraw_all(world, None);
        for leg in self.legs.values_mut() {
            leg.tell_outcome(world, 487);
        }
        let talking: Vec<LegId> = self
            .legs
            .values()
            .filter(|leg| leg.is_talking())
            .map(|leg| leg.id)
            .collect();
        for leg in talking {
            self.say_bye(world, leg, Some(reason));
        }
    }

    /// Refuses whoever was never told that somebody has answered, because its 18x is not confirmed.
    fn turn_away_all(&mut self, world: &mut World<'_>, refusal: &Refusal) {
        let is_asking = |leg: &&Leg| matches!(leg.state, LegState::Asking { .. });
        let asking: Vec<LegId> = self.legs.values().filter(is_asking).map(|leg| leg.id).collect();
        for leg in asking {
            self.turn_away(world, leg, refusal);
        }
    }

    /// Ends one leg's session.
    pub fn say_bye(&mut self, world: &mut World<'_>, leg: LegId, reason: Option<&str>) {
        let Some(leaver) = self.legs.get_mut(&leg) else {
            return;
        };
        let bye = world.request(leaver, &Method::Bye, |draft| match reason {
            Some(reason) => draft.with(Name::REASON, reason),
            None => draft,
        });
        leaver.state = LegState::Leaving { bye };
    }

    /// A request of ours was never answered, or could not be sent.
    pub fn unanswered(&mut self, world: &mut World<'_>, leg: LegId, client: ClientId, status: u16) {
        let Some(silent) = self.legs.get_mut(&leg) else {
            return;
        };
        if silent.notify_answered(client, status) {
            return;
        }
        if silent.refer == Some(client) {
            return self.carrier_answers(world, leg, status);
        }
        match silent.state {
            LegState::Asked { invite, .. } if invite != client => {
                self.prack_answered(world, leg, client, status);
            }
            LegState::Asked { .. } => self.refuses(world, leg, Verdict::of_status(status)),
            LegState::Withdrawn { .. } | LegState::Leaving { .. } => {
                self.legs.remove(&leg);
            }
            LegState::Changing(_) => self.change_unanswered(world, leg, status),
            LegState::Asking { .. }
            | LegState::Talking
            | LegState::BackingOff { .. }
            | LegState::Confirming(_) => {}
        }
    }

    /// A port could not be opened: the call cannot be, and it is our fault.
    pub fn port_refused(&mut self, world: &mut World<'_>, id: LegId, why: &str) {
        let Some(leg) = self.legs.get(&id) else { return };
        let text = format!("RTP port {} cannot be opened: {why}", leg.media.port);
        world.tell(Weight::Trouble, Some(self.id), text);
        // Only a call that is to be: those who talk already are not concerned.
        if matches!(leg.state, LegState::Asked { .. }) && self.story.since().is_some() {
            self.withdraw(world, id, None);
            return self.counts_refusal(world, Verdict::of_status(503), false);
        }
        if let Story::Ringing { .. } = self.story {
            self.refuse_caller(world, &Refusal::new(503, String::new()));
        }
        self.turn_away_all(world, &Refusal::new(503, String::new()));
        self.hang_up(world, "SIP;cause=503");
    }

    /// An answer to one of our requests, by what its leg waits for.
    pub fn responded(&mut self, world: &mut World<'_>, leg: LegId, client: ClientId, response: &Message) {
        let Some(answering) = self.legs.get_mut(&leg) else {
            return;
        };
        answering.learn(response);
        let status = response.status().unwrap_or(0);
        if answering.notify_answered(client, status) {
            return;
        }
        if answering.refer == Some(client) {
            return self.carrier_answers(world, leg, status);
        }
        match answering.state {
            LegState::Asked { invite, .. } if invite != client && status < 200 => {}
            LegState::Asked { invite, .. } if invite != client => {
                self.prack_answered(world, leg, client, status);
            }
            LegState::Asked { .. } => {
                answering.has_spoken();
                self.rung_leg_says(world, leg, response);
            }
            LegState::Withdrawn { .. } if status < 200 => {}
            // The answer crossed our CANCEL: it is taken up and put down (RFC 3261 §9.1, §13.2.2.4).
            LegState::Withdrawn { .. } if status < 300 => self.too_late(world, leg, response),
            LegState::Leaving { .. } if status < 200 => {}
            LegState::Withdrawn { .. } | LegState::Leaving { .. } => {
                self.legs.remove(&leg);
            }
            LegState::Changing(_) if status < 200 => {}
            LegState::Changing(_) => self.change_answered(world, leg, response),
            LegState::Asking { .. }
            | LegState::Talking
            | LegState::BackingOff { .. }
            | LegState::Confirming(_) => {}
        }
    }

    fn too_late(&mut self, world: &mut World<'_>, leg: LegId, ok: &Message) {
        let Some(late) = self.legs.get_mut(&leg) else {
            return;
        };
        let is_over = late.is_answered_too_late(ok);
        // Whether it could be talked to does not matter any more.
        let _ = late.is_answered(ok);
        let ack = late
            .dialog
            .ack(ok.cseq().map(|cseq| cseq.number).unwrap_or_default());
        let way = world.way_to(late);
        world.send_ack(way, ack);
        match is_over {
            true => drop(self.legs.remove(&leg)),
            false => self.say_bye(world, leg, None),
        }
    }
}

/// A span as people say it: 42 s, 3 min 12 s.
fn in_words(span: Duration) -> String {
    match (span.as_secs() / 60, span.as_secs() % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}
