//! The story of a call until it is answered: who asks, who rings, who wins, and what the caller is told.

use super::caller_id::{CallerId, Wish};
use super::codes::{Keying, beginnings};
use super::conversation::{Conversation, Course, Story};
use super::early::EarlyDialogs;
use super::emergency;
use super::event::Weight;
use super::forwarding::Trail;
use super::identity::Identity;
use super::inviting::Shown;
use super::leg::{Heard, Leg, LegState, Party, Side};
use super::offer;
use super::reason::Cause;
use super::refusal::{self, Refusal, Verdict};
use super::reliable::Progress;
use super::route::{Caller, Destination, route};
use super::session_timer::SessionTimer;
use super::targets::{Target, in_words};
use super::world::{ALLOW, SUPPORTED, World, contact, shown_address};
use crate::config::Config;
use crate::id::LegId;
use crate::sip::endpoint::ServerId;
use crate::sip::{Dialog, Draft, Flow, Message, Name};
use std::collections::BTreeSet;
use std::time::Duration;

/// How far a call of ours may travel that no other INVITE has asked for (RFC 3261 §8.1.1.6).
pub const MAX_HOPS: u32 = 70;

/// An INVITE that asks for a new conversation.
#[derive(Debug)]
pub struct Ask {
    /// Who calls.
    pub caller: Caller,
    /// Over which way.
    pub flow: Flow,
    /// Its transaction.
    pub server: ServerId,
    /// The INVITE.
    pub request: Message,
}

impl Conversation {
    /// The conversation that an INVITE asks for, before anybody has been rung.
    pub fn asked_for(world: &mut World<'_>, ask: &Ask) -> Result<(Conversation, Destination), Refusal> {
        let trunk = match &ask.caller {
            Caller::Extension(_) => None,
            Caller::Trunk(name) => Some(&**name),
        };
        let dialled = world.desk.lines.dialled(trunk, &ask.request);
        let (wish, number) = match &ask.caller {
            Caller::Extension(caller) => Wish::of_invite(world.config, caller, &ask.request, &dialled),
            Caller::Trunk(_) => (Wish::default(), dialled),
        };
        let destination = route(world.config, &ask.caller, &number)?;
        let caller_id = match (&ask.caller, &destination) {
            (Caller::Extension(caller), Destination::Outside { account, .. }) => {
                match account.shows(world.config, Some(ask.flow.remote.ip())) {
                    Some(shown) => Some(shown),
                    None => Some(world.decide(caller, &wish)?),
                }
            }
            (Caller::Extension(_) | Caller::Trunk(_), _) => None,
        };
        let (course, our_number) = match (&ask.caller, &destination, &caller_id) {
            (Caller::Trunk(_), _, _) => (Course::Incoming, destination.number().to_owned()),
            (Caller::Extension(_), _, Some(shown)) => (Course::Outgoing, shown.our_number().to_owned()),
            (Caller::Extension(_), _, None) => (Course::Internal, destination.number().to_owned()),
        };
        let caller = caller_leg(world, ask, course, &our_number)?;
        let is_for_help = destination.is_for_help();
        let story = Story::Ringing {
            caller: caller.id,
            until: world.now + patience(world, is_for_help),
            refusal: None,
            trail: Trail::new(&ask.caller, &destination),
        };
        let conversation = Conversation {
            id: world.conversation_id(),
            course,
            began: world.now,
            our_number,
            caller_id,
            legs: [(caller.id, caller)].into(),
            story,
            rule: None,
            tape: None,
            aside: None,
            no_media: world.config.timers.no_media.filter(|_| !is_for_help),
            listens_for: beginnings(&world.config.codes),
            waits_with: world.config.transfer.waits_with,
        };
        Ok((conversation, destination))
    }

    /// Rings everybody the call is for, all at once.
    pub fn ring(
        &mut self,
        world: &mut World<'_>,
        ask: &Ask,
        destination: &Destination,
    ) -> Result<(), Refusal> {
        let shown = match (&ask.caller, &self.caller_id) {
            (Caller::Extension(_), Some(caller_id)) => Shown::Outside(caller_id.clone()),
            (Caller::Extension(number), None) => Shown::Inside(Identity::of_extension(world.config, number)),
            (Caller::Trunk(trunk), _) => {
                Shown::Inside(Identity::of_outsider(world.config, trunk, &ask.request))
            }
        };
        let hops = ask
            .request
            .number(Name::MAX_FORWARDS)
            .unwrap_or(70)
            .min(70)
            .saturating_sub(1);
        let targets = self.targets(world, destination)?;
        world
            .desk
            .endpoint
            .trying(world.now, ask.server, &ask.request, &mut world.out);
        let names = targets.iter().map(|target| target.party.label_and_trunk());
        let names: BTreeSet<String> = names.collect();
        self.ring_all(world, &shown, hops, targets)?;
        let who = self
            .caller()
            .map(|leg| leg.party.label_and_trunk())
            .unwrap_or_default();
        let text = format!(
            "{who} calls {}: ringing {}{}",
            destination.number(),
            in_words(names),
            self.showing(world.config)
        );
        world.tell(Weight::Story, Some(self.id), text);
        Ok(())
    }

    /// What is shown, for the log, where it is not what the house shows anyway.
    pub(super) fn showing(&self, config: &Config) -> String {
        let chosen = self.caller_id.as_ref();
        let chosen = chosen.filter(|caller_id| **caller_id != CallerId::of_house(config));
        chosen.map_or_else(String::new, |chosen| {
            format!(", showing {}", chosen.in_words(config))
        })
    }

    /// Sends an INVITE to each of these, as far as there are ports.
    pub fn ring_all(
        &mut self,
        world: &mut World<'_>,
        shown: &Shown,
        hops: u32,
        targets: Vec<Target>,
    ) -> Result<(), Refusal> {
        let mut why = None;
        for target in targets {
            match self.ring_one(world, shown, hops, target) {
                Ok(leg) => drop(self.legs.insert(leg.id, leg)),
                Err(refusal) => why = Some(refusal),
            }
        }
        match (self.rung().next(), why) {
            (None, Some(refusal)) => Err(refusal),
            (Some(_), _) | (None, None) => Ok(()),
        }
    }

    /// Somebody we ring has said something.
    pub fn rung_leg_says(&mut self, world: &mut World<'_>, leg: LegId, response: &Message) {
        match response.status().unwrap_or(0) {
            0..=100 => {}
            101..=199 => self.rings(world, leg, response),
            200..=299 => self.answers(world, leg, response),
            422 | 488 if self.invites_otherwise(world, leg, response) => {}
            300..=399 => self.redirected(world, leg, response),
            400.. => self.refuses(world, leg, Verdict::of(response)),
        }
    }

    /// Nobody has answered in time.
    pub fn ring_no_longer(&mut self, world: &mut World<'_>) {
        world.tell(Weight::Story, Some(self.id), "nobody answers".into());
        if let Story::Ringing { .. } = self.story {
            return self.refuse_caller(world, &Refusal::new(480, String::new()).because_no_answer());
        }
        self.withdraw_all(world, None);
        self.nobody_comes(world, Verdict::of_status(480), false);
    }

    /// Somebody we ring cannot or will not come. When the last one is gone the caller is told the best of
    /// the refusals.
    pub fn refuses(&mut self, world: &mut World<'_>, leg: LegId, verdict: Verdict) {
        if let Some(leg) = self.legs.remove(&leg)
            && !self.tries_elsewhere(world, &leg, verdict)
        {
            self.will_not_come(world, &leg.party, verdict);
        }
    }

    /// Somebody who was rung is out of it.
    pub fn will_not_come(&mut self, world: &mut World<'_>, party: &Party, verdict: Verdict) {
        let text = format!(
            "{} {}",
            party.label_and_trunk(),
            refusal::in_words(verdict.status)
        );
        world.tell(Weight::Story, Some(self.id), text);
        self.counts_refusal(world, verdict, party.trunk().is_some());
    }

    /// One of those we ring is out of the running.
    pub fn counts_refusal(&mut self, world: &mut World<'_>, verdict: Verdict, of_trunk: bool) {
        let Some(refusal) = self.story.refusal_mut() else {
            return;
        };
        let best = Verdict::or_better(*refusal, verdict);
        *refusal = Some(best);
        if self.rung().next().is_none() {
            self.nobody_comes(world, best, of_trunk);
        }
    }

    /// All have refused, or have rung for too long.
    fn nobody_comes(&mut self, world: &mut World<'_>, best: Verdict, of_trunk: bool) {
        let refusal = best.for_caller(of_trunk);
        match &self.story {
            Story::Summons(_) => self.nobody_to_summon(),
            Story::Ringing { .. } => self.refuse_caller(world, &refusal),
            Story::Handover(_) => self.nobody_took_over(world, &refusal),
            Story::Consult(_) => self.nobody_to_consult(),
            Story::Pair { .. } | Story::Held(_) | Story::Together { .. } | Story::Over => {}
        }
    }

    /// Tells the caller that nothing comes of it, and lets everybody else go.
    pub fn refuse_caller(&mut self, world: &mut World<'_>, refusal: &Refusal) {
        self.dismiss_caller(world, refusal);
        self.withdraw_all(world, None);
    }

    /// Tells the caller that nothing comes of it.
    pub fn dismiss_caller(&mut self, world: &mut World<'_>, refusal: &Refusal) {
        let Story::Ringing { caller, .. } = self.story else {
            return;
        };
        match self.legs.get(&caller).is_some_and(Leg::is_talking) {
            true => self.hears_in_vain(world, caller, refusal),
            false => self.turn_away(world, caller, refusal),
        }
        self.story = Story::Over;
    }

    /// Refuses the INVITE of a leg, and with it all that it was told before: a PRACK that crosses the refusal finds no
    /// dialog any more (RFC 3261 §12.3).
    pub fn turn_away(&mut self, world: &mut World<'_>, asker: LegId, refusal: &Refusal) {
        if let Some(leg) = self.legs.remove(&asker)
            && let LegState::Asking { invite, request, .. } = &leg.state
        {
            let draft = refusal.draft(request).to_tag(leg.dialog.local_tag());
            world.respond(*invite, draft);
        }
    }

    /// Withdraws every INVITE of ours that has no final answer yet (RFC 3261 §9.1), and says why.
    pub fn withdraw_all(&mut self, world: &mut World<'_>, cause: Option<Cause>) {
        let rung: Vec<LegId> = self.rung().map(|leg| leg.id).collect();
        for leg in rung {
            self.withdraw(world, leg, cause);
        }
    }

    /// Withdraws our INVITE to this leg, if it has no final answer yet.
    pub fn withdraw(&mut self, world: &mut World<'_>, leg: LegId, cause: Option<Cause>) {
        if let Some(leg) = self.legs.get_mut(&leg)
            && let LegState::Asked { invite, .. } = leg.state
        {
            let endpoint = &mut world.desk.endpoint;
            let reason = cause.map(|cause| cause.to_string());
            endpoint.cancel(world.now, invite, reason.as_deref(), &mut world.out);
            leg.state = LegState::Withdrawn { invite };
        }
    }

    /// For whom phones are rung: the one who was there first.
    pub(super) fn caller(&self) -> Option<&Leg> {
        self.story.members().first().and_then(|leg| self.legs.get(leg))
    }

    /// The caller is told once that it rings, with our answer to its offer, so that it hears what we let
    /// it hear: our ringing tone, or what the far network plays.
    fn rings(&mut self, world: &mut World<'_>, leg: LegId, response: &Message) {
        let Some(rung) = self.legs.get_mut(&leg) else {
            return;
        };
        if !rung.hears(world, response) {
            return;
        }
        // 180 makes a phone ring by itself, over whatever the far network plays; 183 does not.
        let status = match response.status() {
            Some(183) if rung.agreed().is_some() => 183,
            Some(_) | None => 180,
        };
        let LegState::Asked { heard, .. } = &mut rung.state else {
            return;
        };
        let first = *heard == Heard::Nothing;
        *heard = Heard::Ringing;
        let speaks = rung.agreed().cloned();
        if first {
            let text = format!("{} rings", rung.party.label());
            world.tell(Weight::Detail, Some(self.id), text);
        }
        let caller = match &self.story {
            Story::Ringing { caller, .. } => *caller,
            Story::Handover(handover) => {
                let agent = handover.agent.and_then(|agent| self.legs.get_mut(&agent));
                return agent.into_iter().for_each(|agent| agent.tell_outcome(world, 180));
            }
            Story::Summons(_)
            | Story::Pair { .. }
            | Story::Held(_)
            | Story::Consult(_)
            | Story::Together { .. }
            | Story::Over => {
                return;
            }
        };
        if let Some(caller) = self.legs.get_mut(&caller) {
            if speaks.is_some() {
                caller.media.settle(&world.config.media.codecs, speaks.as_ref());
            }
            caller.tell(world, status);
        }
    }

    /// The first to answer wins. The others are let go, and the caller is through.
    fn answers(&mut self, world: &mut World<'_>, winner: LegId, ok: &Message) {
        let Some(leg) = self.legs.get_mut(&winner) else {
            return;
        };
        let LegState::Asked { invitation, .. } = &leg.state else {
            return;
        };
        let session = invitation.session;
        let is_over = leg.is_answered_too_late(ok);
        let agreed = leg.is_answered(ok);
        let ack = leg
            .dialog
            .ack(ok.cseq().map(|cseq| cseq.number).unwrap_or_default());
        let way = world.way_to(leg);
        world.send_ack(way, ack);
        if is_over {
            return self.refuses(world, winner, Verdict::of_status(480));
        }
        leg.state = LegState::Talking;
        leg.timer = Some(SessionTimer::granted(ok, world.now, session));
        if let Err(why) = agreed {
            return self.answer_is_unusable(world, winner, &why);
        }
        let name = leg.party.label().to_owned();
        self.withdraw_all(world, Some(Cause::ELSEWHERE));
        world.tell(Weight::Story, Some(self.id), format!("{name} answers"));
        self.has_answered(world, winner);
    }

    /// Somebody has come for whom phones rang.
    pub fn has_answered(&mut self, world: &mut World<'_>, winner: LegId) {
        match &self.story {
            Story::Summons(_) => self.summoned(world, winner),
            Story::Ringing { caller, .. } => self.gets_through(world, *caller, winner),
            Story::Handover(_) => self.handed_over(world, winner),
            Story::Consult(_) => self.colleague_answers(winner),
            Story::Pair { .. } | Story::Held(_) | Story::Together { .. } | Story::Over => {
                self.say_bye(world, winner, None);
            }
        }
    }

    fn gets_through(&mut self, world: &mut World<'_>, caller: LegId, called: LegId) {
        self.story = Story::Pair {
            caller,
            called,
            since: world.now,
        };
        // An agent for whom we have called has been there all along.
        match self.legs.get(&caller).is_some_and(Leg::is_talking) {
            true => self.start_tape(world),
            false => self.put_through(world, caller),
        }
    }

    /// An answer that we cannot use ends that leg only (RFC 3261 §13.2.2.4): others may still answer.
    fn answer_is_unusable(&mut self, world: &mut World<'_>, leg: LegId, why: &str) {
        let text = format!("the answer cannot be used: {why}");
        world.tell(Weight::Warning, Some(self.id), text);
        self.say_bye(world, leg, None);
        self.counts_refusal(world, Verdict::of_status(488), false);
    }
}

/// How long somebody is rung. Whoever calls for help is not given up on so soon.
fn patience(world: &World<'_>, is_for_help: bool) -> Duration {
    let ring = world.config.timers.ring;
    match is_for_help {
        true => ring.max(emergency::PATIENCE),
        false => ring,
    }
}

/// A response that may open a dialog: with our tag, our Contact and what we allow (RFC 3261 §12.1.1).
pub fn opening(request: &Message, status: u16, dialog: &Dialog, contact: &str) -> Draft {
    let draft = Draft::response(request, status, refusal::phrase(status)).to_tag(dialog.local_tag());
    draft
        .with(Name::CONTACT, contact)
        .with(Name::ALLOW, ALLOW)
        .with(Name::SUPPORTED, SUPPORTED)
}

/// The leg of somebody who calls us.
pub fn caller_leg(
    world: &mut World<'_>,
    ask: &Ask,
    course: Course,
    our_number: &str,
) -> Result<Leg, Refusal> {
    SessionTimer::asked_for(&ask.request, world.now, world.config.timers.session)?;
    let tag = world.desk.chance.token(16);
    let dialog = Dialog::called(&ask.request, &tag, 0)
        .map_err(|why| Refusal::new(400, format!("the INVITE has {why}")))?;
    let shown = shown_address(world.config, &ask.flow);
    let party = match &ask.caller {
        Caller::Extension(number) => Party::Extension(Identity::of_extension(world.config, number)),
        Caller::Trunk(trunk) => Party::Outside {
            trunk: trunk.clone(),
            identity: Identity::of_outsider(world.config, trunk, &ask.request),
        },
    };
    let media = offer::answering(world, shown.ip(), &party, &ask.request)?;
    let user = match course {
        Course::Incoming | Course::Internal => our_number,
        Course::Outgoing => "",
    };
    let asked = ask.request.uri().unwrap_or_else(|_| dialog.target.clone());
    let contact = contact(&asked, shown, ask.flow.transport, user).to_string();
    let state = LegState::Asking {
        invite: ask.server,
        request: Box::new(ask.request.clone()),
        told: None,
        progress: Progress::Unsure,
    };
    let side = match ask.caller {
        Caller::Trunk(_) => Side::Customer,
        Caller::Extension(_) => Side::House,
    };
    Ok(Leg {
        id: world.leg_id(),
        party,
        side,
        account: None,
        flow: ask.flow,
        dialog,
        early: EarlyDialogs::default(),
        contact,
        state,
        shown: None,
        referral: None,
        notifies: std::collections::BTreeMap::new(),
        given: None,
        refer: None,
        leave: None,
        keying: Keying::default(),
        notice: None,
        muted: false,
        timer: None,
        allows_update: ask.request.has_token(Name::ALLOW, "UPDATE"),
        stranger: None,
        refuses_update: false,
        media,
    })
}
