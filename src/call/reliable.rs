//! What we tell a caller before our final answer, and how we make sure of it (RFC 3262).
//!
//! A caller who requires 100rel has each of our 18x for sure. One who merely supports it has the one that carries our
//! description: a lost 180 costs nothing, but a lost description is early media that nobody hears. Our description
//! stands in one reliable 18x and nowhere after it, because there it is the offer or the answer to the INVITE and
//! must not be said twice (RFC 3261 §13.2.1).

use super::conversation::{Conversation, Story};
use super::event::Weight;
use super::leg::{Leg, LegState};
use super::offer::unusable;
use super::refusal::{Refusal, phrase};
use super::ringing::opening;
use super::session_timer::SessionTimer;
use super::world::World;
use crate::config::valid::VoiceCodec;
use crate::id::LegId;
use crate::sdp::{Agreement, Session};
use crate::sip::endpoint::ServerId;
use crate::sip::{Draft, Message, Method, Name};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How many T1 we wait for the PRACK (RFC 3262 §3).
const PRACK_PATIENCE_T1: u32 = 64;

/// The first RSeq is below this, so that counting up never wraps (RFC 3262 §3).
const FIRST_RSEQ_BOUND: u64 = (1 << 31) - 1;

/// How sure a caller's knowledge is of what we have said before our final answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Progress {
    /// Nothing is sure: whatever we say carries our answer to the offer, if there was one.
    Unsure,
    /// A reliable 18x waits for its PRACK. Nothing else is said until then: a second reliable 18x must not be, and
    /// a 2xx must not if the 18x carries our description (RFC 3262 §3); one that does not is held back all the same,
    /// so that no PRACK finds its INVITE answered.
    Waiting(Unconfirmed),
    /// Our description is known for sure, and is not said again.
    Sure {
        /// The RSeq of the last reliable 18x.
        rseq: u32,
    },
}

/// A reliable 18x of ours that waits for its PRACK.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Unconfirmed {
    /// Its RSeq, which the PRACK repeats.
    pub rseq: u32,
    /// What it says about our media.
    pub carries: Carries,
    /// When to send it again.
    pub again: Time,
    /// How long to wait after that: T1 doubled each time, without end (RFC 3262 §3).
    pub gap: Duration,
    /// When to give up (64·T1).
    pub until: Time,
    /// What is to be said then.
    pub then: Then,
}

/// What a reliable 18x says about our media.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Carries {
    /// Nothing: it has been said.
    Nothing,
    /// Our answer to the offer in their INVITE.
    Answer,
    /// Our offer; the PRACK brings the answer (RFC 3262 §5).
    Offer(Box<Session>),
}

/// What is to be said once a reliable 18x is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// Another 18x with this status.
    Tell(u16),
    /// The 2xx: somebody has answered.
    Accept,
}

impl Progress {
    /// When something is to be done about it.
    pub fn due(&self) -> Option<Time> {
        match self {
            Progress::Waiting(waiting) => Some(waiting.again.min(waiting.until)),
            Progress::Unsure | Progress::Sure { .. } => None,
        }
    }

    /// Whether an offer of the caller's can be answered before the call is (RFC 3311 §5.2).
    pub fn takes_offers(&self, world: &mut World<'_>) -> Result<(), Refusal> {
        match self {
            Progress::Sure { .. }
            | Progress::Waiting(Unconfirmed {
                carries: Carries::Nothing,
                ..
            }) => Ok(()),
            Progress::Waiting(Unconfirmed {
                carries: Carries::Offer(_),
                ..
            }) => Err(Refusal::new(491, String::new())),
            // Their INVITE's offer has no answer yet that is known to have arrived.
            Progress::Unsure
            | Progress::Waiting(Unconfirmed {
                carries: Carries::Answer,
                ..
            }) => Err(Refusal::later(world.desk.chance.below(11))),
        }
    }

    /// The RSeq of the next 18x if that is to be reliable.
    fn next(&self, world: &mut World<'_>, invite: &Message) -> Option<u32> {
        let requires = invite.has_token(Name::REQUIRE, "100rel");
        let supports = invite.has_token(Name::SUPPORTED, "100rel");
        match self {
            Progress::Unsure if requires || supports => {
                Some(1 + world.desk.chance.below(FIRST_RSEQ_BOUND) as u32)
            }
            Progress::Sure { rseq } if requires => Some(rseq + 1),
            Progress::Unsure | Progress::Sure { .. } | Progress::Waiting(_) => None,
        }
    }
}

impl Unconfirmed {
    /// Whether this PRACK is for it (RFC 3262 §3, §7.2).
    fn is_confirmed_by(&self, prack: &Message, invite: &Message) -> bool {
        let mut parts = prack
            .text(Name::RACK)
            .unwrap_or_default()
            .split_ascii_whitespace();
        let mut number = || parts.next().and_then(|number| number.parse().ok());
        let (rseq, cseq): (Option<u32>, Option<u32>) = (number(), number());
        rseq == Some(self.rseq)
            && cseq == invite.cseq().ok().map(|cseq| cseq.number)
            && parts.next() == Some(Method::Invite.as_str())
    }
}

impl Leg {
    /// Tells a caller that it rings (180), or that there is something to hear (183), once each time this changes.
    pub fn tell(&mut self, world: &mut World<'_>, status: u16) {
        let LegState::Asking {
            invite,
            request,
            told,
            progress,
        } = &mut self.state
        else {
            return;
        };
        if let Progress::Waiting(waiting) = progress {
            waiting.then = match waiting.then {
                Then::Accept => Then::Accept,
                Then::Nothing | Then::Tell(_) if *told == Some(status) => Then::Nothing,
                Then::Nothing | Then::Tell(_) => Then::Tell(status),
            };
            return;
        }
        if *told == Some(status) {
            return;
        }
        *told = Some(status);
        let draft = opening(request, status, &self.dialog, &self.contact);
        // What says nothing yet of the media need not be confirmed.
        let rseq = match self.media.open {
            Some(_) => None,
            None => progress.next(world, request),
        };
        let carries = match (&*progress, &self.media.agreed) {
            (Progress::Unsure, Some(_)) => Carries::Answer,
            (Progress::Unsure, None) if rseq.is_some() => Carries::Offer(Box::new(self.media.ours.clone())),
            (Progress::Unsure | Progress::Sure { .. } | Progress::Waiting(_), _) => Carries::Nothing,
        };
        let draft = match carries {
            Carries::Answer | Carries::Offer(_) => draft.body("application/sdp", self.media.ours.to_string()),
            Carries::Nothing => draft,
        };
        let Some(rseq) = rseq else {
            return world.respond(*invite, draft);
        };
        world.respond(
            *invite,
            draft.with(Name::REQUIRE, "100rel").with(Name::RSEQ, rseq),
        );
        let t1 = world.config.timers.t1;
        *progress = Progress::Waiting(Unconfirmed {
            rseq,
            carries,
            again: world.now + t1,
            gap: t1,
            until: world.now + t1 * PRACK_PATIENCE_T1,
            then: Then::Nothing,
        });
    }

    /// Whether our 2xx may be sent now. If not it is sent as soon as it may.
    pub fn may_accept(&mut self) -> bool {
        if let LegState::Asking {
            progress: Progress::Waiting(waiting),
            ..
        } = &mut self.state
        {
            waiting.then = Then::Accept;
            return false;
        }
        true
    }

    /// The 18x that this PRACK confirms, if it waits for one.
    fn confirmed_by(&self, prack: &Message) -> Option<Unconfirmed> {
        let LegState::Asking {
            request,
            progress: Progress::Waiting(waiting),
            ..
        } = &self.state
        else {
            return None;
        };
        waiting.is_confirmed_by(prack, request).then(|| waiting.clone())
    }

    /// What the PRACK to a reliable 18x says about media: the answer to our offer, an offer of theirs (RFC 3262
    /// §5), or nothing. With it comes our answer, if one is due.
    fn take_description(
        &mut self,
        codecs: &[VoiceCodec],
        carries: &Carries,
        body: &[u8],
    ) -> Result<Option<String>, Refusal> {
        match carries {
            Carries::Offer(offer) => {
                self.media.accept(offer, body).map_err(unusable)?;
                Ok(None)
            }
            Carries::Nothing | Carries::Answer if body.is_empty() => Ok(None),
            Carries::Nothing | Carries::Answer => {
                self.media.answer_again(codecs, body)?;
                Ok(Some(self.media.ours.to_string()))
            }
        }
    }
}

impl Conversation {
    /// A PRACK. One that fits nothing, or that fits what is confirmed already, is refused (RFC 3262 §3).
    pub fn pracked(&mut self, world: &mut World<'_>, leg: LegId, server: ServerId, prack: &Message) {
        let Some(caller) = self.legs.get_mut(&leg) else {
            return;
        };
        let Some(waiting) = caller.confirmed_by(prack) else {
            return world.respond(server, Refusal::new(481, String::new()).draft(prack));
        };
        let described =
            caller.take_description(&world.config.media.codecs, &waiting.carries, prack.description());
        let ok = Draft::response(prack, 200, phrase(200));
        match &described {
            Ok(Some(ours)) => world.respond(server, ok.body("application/sdp", ours.clone())),
            Ok(None) => world.respond(server, ok),
            Err(refusal) => world.respond(server, refusal.draft(prack)),
        }
        if let Err(refusal) = described {
            let name = caller.party.label();
            let text = format!(
                "what {name} says of its media in its PRACK cannot be used: {}",
                refusal.why
            );
            world.tell(Weight::Warning, Some(self.id), text);
            // An offer of theirs that is refused changes nothing. A missing answer to ours leaves no session.
            if let Carries::Offer(_) = waiting.carries {
                return self.refuse_asker(world, leg, &Refusal::new(488, String::new()));
            }
        }
        self.confirmed(world, leg, &waiting);
    }

    fn confirmed(&mut self, world: &mut World<'_>, leg: LegId, was: &Unconfirmed) {
        let Some(caller) = self.legs.get_mut(&leg) else {
            return;
        };
        if let LegState::Asking { progress, .. } = &mut caller.state {
            *progress = Progress::Sure { rseq: was.rseq };
        }
        match was.then {
            Then::Nothing => {}
            Then::Tell(status) => caller.tell(world, status),
            Then::Accept => self.put_through(world, leg),
        }
    }

    /// Somebody has answered: so do we, now or as soon as the caller has confirmed what it was told before.
    pub fn put_through(&mut self, world: &mut World<'_>, caller: LegId) {
        let speaks = self.spoken_beside(caller);
        let Some(leg) = self.legs.get_mut(&caller) else {
            return;
        };
        if !leg.may_accept() {
            return;
        }
        leg.media.settle(&world.config.media.codecs, speaks.as_ref());
        let LegState::Asking {
            invite,
            request,
            progress,
            ..
        } = &leg.state
        else {
            return;
        };
        let (invite, request) = (*invite, request.clone());
        let is_described = matches!(progress, Progress::Sure { .. });
        let ok = opening(&request, 200, &leg.dialog, &leg.contact);
        let timer = SessionTimer::asked_for(&request, world.now, world.config.timers.session).ok();
        let ok = match &timer {
            Some(timer) => timer.dress_answer(ok, &request),
            None => ok,
        };
        leg.timer = timer;
        let ok = match is_described {
            true => ok,
            false => ok.body("application/sdp", leg.media.ours.to_string()),
        };
        let offer = leg.media.agreed.is_none().then(|| leg.media.ours.clone());
        leg.confirm(world, invite, &request, ok, offer);
        self.start_tape(world);
    }

    /// What those speak who are there already.
    fn spoken_beside(&self, leg: LegId) -> Option<Agreement> {
        let others = self
            .legs
            .values()
            .filter(|other| other.id != leg && other.is_talking());
        others.filter_map(|other| other.media.agreed.clone()).next()
    }

    /// A reliable 18x is sent again until its PRACK comes; without one the INVITE is refused, and nobody is kept
    /// ringing for it (RFC 3262 §3).
    pub fn tell_again(&mut self, world: &mut World<'_>) {
        let now = world.now;
        for leg in self.legs.keys().copied().collect::<Vec<_>>() {
            let Some(caller) = self.legs.get_mut(&leg) else {
                continue;
            };
            let LegState::Asking {
                invite,
                progress: Progress::Waiting(waiting),
                ..
            } = &mut caller.state
            else {
                continue;
            };
            if waiting.until <= now {
                let text = format!(
                    "{} never confirmed that it rings (no PRACK)",
                    caller.party.label()
                );
                world.tell(Weight::Warning, Some(self.id), text);
                self.refuse_asker(world, leg, &Refusal::new(504, String::new()));
            } else if waiting.again <= now {
                waiting.gap *= 2;
                waiting.again = now + waiting.gap;
                world.desk.endpoint.repeat(now, *invite, &mut world.out);
            }
        }
    }

    /// Refuses the INVITE of a caller, whether or not somebody has answered it meanwhile, and so ends it for all.
    pub fn refuse_asker(&mut self, world: &mut World<'_>, leg: LegId, refusal: &Refusal) {
        if let Story::Ringing { .. } = self.story {
            return self.refuse_caller(world, refusal);
        }
        self.turn_away(world, leg, refusal);
        self.hang_up(world, &format!("SIP;cause={}", refusal.status));
    }
}
