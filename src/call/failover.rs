//! A call to the outside is tried at one place after the other, until one takes it or has the last word on it. The
//! caller sees one call that rings.

use super::class_of_service::Account;
use super::conversation::Conversation;
use super::event::Weight;
use super::inviting::Shown;
use super::leg::{Heard, Leg, LegState, Party};
use super::line::Place;
use super::refusal::{Refusal, Verdict};
use super::route::Destination;
use super::targets::{Target, trunk_target};
use super::trunk_health::Condition;
use super::world::World;
use crate::id::LegId;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// A call to the outside that is tried at one place, and may be tried at others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The number as it was dialled and rewritten.
    pub number: String,
    /// On whose account.
    #[serde(default)]
    pub account: Account,
    /// Who is shown as calling; each carrier is told in its own way.
    pub shown: Option<Shown>,
    /// Where else it can be tried, in this order. No place is tried twice.
    pub left: Vec<Place>,
    /// How long this place may say nothing at all; none once it has spoken, or if there is nowhere else to go.
    pub silent_until: Option<Time>,
}

/// What is called, wherever it is tried.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The number as trunks are told it.
    pub number: &'a str,
    /// On whose account.
    pub account: &'a Account,
}

impl Conversation {
    /// The place that gets this call first, if there may be one more on this account.
    pub fn first_place(&self, world: &mut World<'_>, destination: &Destination) -> Result<Target, Refusal> {
        let Destination::Outside {
            trunks,
            number,
            account,
        } = destination
        else {
            return Err(Refusal::new(500, "that is nowhere outside".into()));
        };
        self.may_call_out(world, account)?;
        let desk = &mut *world.desk;
        let places = desk.lines.places(trunks, &mut desk.chance);
        let call = Call { number, account };
        let place = match places.is_empty() {
            true => {
                let names: Vec<&str> = trunks.iter().flatten().map(|(name, _)| &**name).collect();
                let why = format!("trunk {} cannot be reached", names.join(", "));
                Err(Refusal::new(503, why))
            }
            false => self.next_place(world, call, places),
        };
        if let Account::Emergency(extension) = account {
            self.calls_for_help(world, extension, number);
            if let Err(refusal) = &place {
                self.gets_no_help(world, extension, number, &refusal.why);
            }
        }
        place
    }

    /// An answer that is no person's, and no word on the number, but on the place: another may do better. Whether the
    /// call is tried elsewhere now.
    pub fn tries_elsewhere(&mut self, world: &mut World<'_>, failed: &Leg, verdict: Verdict) -> bool {
        let (Some(trunk), LegState::Asked { attempt, heard, .. }) = (failed.party.trunk(), &failed.state)
        else {
            return false;
        };
        let trunk = trunk.to_owned();
        let place = Place {
            trunk,
            flow: failed.flow,
        };
        if let (503, Some(seconds)) = (verdict.status, verdict.retry_after) {
            world.place_rests(&place, seconds);
        }
        if *heard == Heard::Nothing && matches!(verdict.status, 408 | 503) {
            world.place_fails(&place);
        }
        let (status, heard, is_open) = (verdict.status, *heard, self.story.refusal_mut().is_some());
        let is_of_place =
            |attempt: &Attempt| is_open && (attempt.account.is_for_help() || is_of_the_place(status, heard));
        let Some(attempt) = attempt.clone().filter(is_of_place) else {
            return false;
        };
        let why = super::refusal::in_words(status);
        let call = (attempt.account.clone(), attempt.number.clone());
        let is_tried = self.tries_next(world, failed, attempt, &why);
        if let (false, (Account::Emergency(extension), number)) = (is_tried, call) {
            self.gets_no_help(world, &extension, &number, &format!("the last trunk {why}"));
        }
        is_tried
    }

    /// Leaves the places that have said nothing at all to an INVITE, if there is another one for it.
    pub fn leave_the_silent(&mut self, world: &mut World<'_>) {
        let now = world.now;
        let is_due = |leg: &&Leg| leg.silent_until().is_some_and(|until| until <= now);
        let silent: Vec<LegId> = self.rung().filter(is_due).map(|leg| leg.id).collect();
        for id in silent {
            let Some(leg) = self.legs.get_mut(&id) else {
                continue;
            };
            let LegState::Asked {
                attempt: Some(attempt),
                ..
            } = &mut leg.state
            else {
                continue;
            };
            attempt.silent_until = None;
            let (attempt, leg) = (attempt.clone(), leg.clone());
            let trunk = leg.party.trunk().unwrap_or_default().to_owned();
            world.place_fails(&Place {
                trunk,
                flow: leg.flow,
            });
            if self.tries_next(world, &leg, attempt, "says nothing") {
                self.withdraw(world, id, None);
            }
        }
    }

    fn tries_next(&mut self, world: &mut World<'_>, failed: &Leg, attempt: Attempt, why: &str) -> bool {
        let LegState::Asked { invitation, .. } = &failed.state else {
            return false;
        };
        let Ok(target) = self.next_place(world, attempt.call(), attempt.left.clone()) else {
            return false;
        };
        let next = target.party.trunk().unwrap_or_default().to_owned();
        let text = format!(
            "{} at {} {why}: trying {next} at {}",
            failed.party.trunk().unwrap_or_default(),
            failed.flow,
            target.flow
        );
        let Some(shown) = attempt.shown else { return false };
        let Ok(leg) = self.ring_one(world, &shown, invitation.hops, target) else {
            return false;
        };
        world.tell(Weight::Warning, Some(self.id), text);
        self.legs.insert(leg.id, leg);
        true
    }

    /// The best of these places that may have one more call: one that is up, else one that is down. The others are kept
    /// for later. A call for help may always be one more, and goes to what is full or down if there is nothing else.
    fn next_place(&self, world: &World<'_>, call: Call<'_>, mut left: Vec<Place>) -> Result<Target, Refusal> {
        let obstacles: Vec<_> = left.iter().map(|place| self.obstacle(world, place)).collect();
        let is_up = |place: &Place| world.health(place).condition() == Condition::Up;
        let is_free = |at: &usize| obstacles[*at].is_none();
        let may = |at: &usize| is_free(at) || call.account.is_for_help();
        let best = (0..left.len())
            .filter(may)
            .min_by_key(|at| (!is_free(at), !is_up(&left[*at])));
        let Some(best) = best else {
            let why = obstacles.into_iter().flatten().next().unwrap_or_default();
            return Err(Refusal::new(503, why));
        };
        let place = left.remove(best);
        Ok(trunk_target(world, place, call, left))
    }

    /// Why a place cannot have one more call now, if it cannot.
    fn obstacle(&self, world: &World<'_>, place: &Place) -> Option<String> {
        let Place { trunk: name, flow } = place;
        if world.health(place).is_resting(world.now) {
            return Some(format!("trunk {name} wants to be left alone at {flow}"));
        }
        let (line, trunk) = (world.desk.lines.get(name)?, world.config.trunks.get(name)?);
        let own = self
            .legs
            .values()
            .filter(|leg| leg.channel() == Some(name))
            .count();
        line.is_full(world.now, name, trunk, own + world.channels_elsewhere(name))
    }
}

impl Leg {
    /// The trunk of which it takes a channel, if it does.
    pub fn channel(&self) -> Option<&str> {
        self.party.trunk().filter(|_| self.has_port())
    }

    /// How long its place may say nothing at all before the call is tried elsewhere.
    pub fn silent_until(&self) -> Option<Time> {
        match &self.state {
            LegState::Asked {
                attempt: Some(attempt),
                ..
            } => attempt.silent_until,
            _ => None,
        }
    }

    /// Its place has spoken.
    pub fn has_spoken(&mut self) {
        if let LegState::Asked {
            attempt: Some(attempt),
            ..
        } = &mut self.state
        {
            attempt.silent_until = None;
        }
    }
}

impl Attempt {
    /// The call that it is an attempt at.
    fn call(&self) -> Call<'_> {
        Call {
            number: &self.number,
            account: &self.account,
        }
    }

    /// The attempt that shows this.
    #[must_use]
    pub fn showing(self, shown: &Shown) -> Attempt {
        Attempt {
            shown: Some(shown.clone()),
            ..self
        }
    }

    /// How long the place may be silent: only if there is another one.
    pub fn begun(world: &World<'_>, party: &Party, call: Call<'_>, left: Vec<Place>) -> Attempt {
        let trunk = party.trunk().and_then(|trunk| world.config.trunks.get(trunk));
        let patience = trunk.map(|trunk| trunk.timeout).filter(|_| !left.is_empty());
        Attempt {
            number: call.number.to_owned(),
            account: call.account.clone(),
            shown: None,
            left,
            silent_until: patience.map(|patience| world.now + patience),
        }
    }
}

/// Whether a refusal is about the place, and not about whom is called. Once it has rung, the two that mean that nobody
/// is there are a person's answer.
fn is_of_the_place(status: u16, heard: Heard) -> bool {
    match (status, heard) {
        (500 | 503 | 504, _) => true,
        (408 | 480, Heard::Nothing) => true,
        (408 | 480, Heard::Ringing) => false,
        (_, _) => false,
    }
}
