//! The cold transfer: somebody is handed on, waits while phones ring, and is never left alone.
//!
//! If nobody comes, the waiting go back to the agent; if the agent's phone has gone, it is rung again; if that
//! fails, too, the last resort of the configuration is rung; and only then is it over.

use super::caller_id::{CallerId, Wish};
use super::consult::not_possible;
use super::conversation::{Conversation, Story};
use super::diversion::Diversion;
use super::event::Weight;
use super::identity::Identity;
use super::inviting::Shown;
use super::leg::{Leave, Party};
use super::reason::Cause;
use super::referral::GRACE;
use super::refusal::{Refusal, Verdict};
use super::route::{Caller, Destination, inside, route};
use super::story::{Handover, Search, Stage};
use super::world::World;
use crate::id::LegId;
use crate::sip::Address;
use std::collections::BTreeSet;

impl Conversation {
    /// A leg hands on those whom it is with. On a refusal nothing has changed.
    pub fn hand_over(&mut self, world: &mut World<'_>, agent: LegId, number: &str) -> Result<(), Refusal> {
        // The colleague who is being asked would be left with nobody.
        if let Story::Consult(_) = self.story {
            return Err(Refusal::new(491, "a colleague is being consulted".into()));
        }
        let nobody = || Refusal::new(491, "there is nobody to hand on".into());
        let waiting = self.story.others(agent).ok_or_else(nobody)?;
        let (destination, caller_id) = self.transfer_destination(world, agent, number)?;
        let party = self.legs.get(&agent).map(|leg| &leg.party);
        let recall = party.and_then(Party::extension).map(str::to_owned);
        let name = party.map(|party| party.label().to_owned()).unwrap_or_default();
        let handover = Handover {
            waiting,
            agent: Some(agent),
            recall,
            stage: Stage::Target,
            search: Search {
                caller_id,
                ..Search::of(world, destination.number())
            },
            since: self.story.since().unwrap_or(world.now),
        };
        let text = format!(
            "{name} hands {} on to {}",
            self.names_of(&handover.waiting),
            destination.number()
        );
        let before = std::mem::replace(&mut self.story, Story::Handover(handover));
        let rung = match self.ask_carrier(world, &destination) {
            Ok(false) => self.ring_for_handover(world, &destination),
            Ok(true) => Ok(()),
            Err(refusal) => Err(refusal),
        };
        if let Err(refusal) = rung {
            self.story = before;
            return Err(refusal);
        }
        world.tell(Weight::Story, Some(self.id), text);
        Ok(())
    }

    /// Where a transfer goes, no further than the one who asks for it may call, and what it shows if that is outside.
    pub fn transfer_destination(
        &self,
        world: &World<'_>,
        agent: LegId,
        number: &str,
    ) -> Result<(Destination, Option<CallerId>), Refusal> {
        let forbidden = |trunk: &str| {
            Refusal::new(
                403,
                format!("trunk {trunk} may not transfer (trunk.{trunk}.transfers)"),
            )
        };
        let caller = match self.legs.get(&agent).map(|leg| &leg.party) {
            Some(Party::Extension(identity)) => Caller::Extension(identity.number.clone()),
            Some(Party::Outside { trunk, .. }) => {
                let may = world
                    .config
                    .trunks
                    .get(trunk)
                    .is_some_and(|known| known.transfers);
                may.then(|| Caller::Trunk(trunk.clone()))
                    .ok_or_else(|| forbidden(trunk))?
            }
            None => return Err(Refusal::new(481, String::new())),
        };
        let (wish, number) = match &caller {
            Caller::Extension(_) => Wish::dialled(world.config, number),
            Caller::Trunk(_) => (Wish::default(), number.to_owned()),
        };
        let destination = route(world.config, &caller, &number)?;
        let caller_id = match (&caller, &destination) {
            (Caller::Extension(number), Destination::Outside { account, .. }) => {
                let phone = self.legs.get(&agent).map(|leg| leg.flow.remote.ip());
                match account.shows(world.config, phone) {
                    Some(shown) => Some(shown),
                    None => Some(self.shown_onward(world.config, number, &wish, Diversion::Unconditional)?),
                }
            }
            (Caller::Extension(_) | Caller::Trunk(_), _) => None,
        };
        Ok((destination, caller_id))
    }

    /// Somebody has answered: the waiting talk with them, and the agent is told and let go.
    pub fn handed_over(&mut self, world: &mut World<'_>, winner: LegId) {
        let Story::Handover(handover) = self.story.clone() else {
            return;
        };
        self.withdraw_all(world, Some(Cause::ELSEWHERE));
        let table: BTreeSet<LegId> = handover.waiting.iter().copied().chain([winner]).collect();
        self.talk_on(world, table, handover.since, "");
        self.start_tape(world);
        if handover.stage == Stage::Target {
            self.is_given(world.now, winner, handover.recall);
        }
        if let Some(agent) = handover.agent {
            self.dismiss(world, agent, 200);
        }
    }

    /// Nobody has come. The truth is told, and the next to be rung is rung.
    pub fn nobody_took_over(&mut self, world: &mut World<'_>, refusal: &Refusal) {
        let Story::Handover(handover) = self.story.clone() else {
            return;
        };
        let agent = handover
            .agent
            .filter(|agent| self.legs.get(agent).is_some_and(|leg| leg.is_talking()));
        match (&handover.stage, agent) {
            (Stage::Target | Stage::Carrier { .. }, Some(agent)) => {
                self.is_back(world, agent, &handover, refusal.status);
            }
            (Stage::Target | Stage::Carrier { .. }, None) => self.try_next(world, handover, Stage::Recall),
            (Stage::Recall, _) => self.try_next(world, handover, Stage::Fallback),
            (Stage::Fallback, _) => self.nobody_at_all(world, handover, &refusal.reason()),
        }
    }

    /// A leg whose part is over: its phone is told so, and has a moment to hang up by itself.
    pub fn dismiss(&mut self, world: &mut World<'_>, leg: LegId, status: u16) {
        if let Some(leaver) = self.legs.get_mut(&leg) {
            leaver.tell_outcome(world, status);
            leaver.leave = Some(Leave::done(world.now + GRACE));
        }
    }

    /// Who has handed on those who wait, as the one who is rung for them may know (RFC 3892): a colleague, and
    /// nobody outside.
    pub fn referrer(&self, world: &World<'_>, rung: &Party) -> Option<Address> {
        let Story::Handover(Handover {
            recall,
            stage: Stage::Target,
            ..
        }) = &self.story
        else {
            return None;
        };
        let number = recall.as_deref().filter(|_| rung.extension().is_some())?;
        Some(Identity::of_extension(world.config, number).address(&world.config.domain))
    }

    /// The agent wants those back who were handed on: the phones that ring are let go. A carrier that was asked to
    /// connect them may do so all the same, and takes its customer away then.
    pub fn take_back(&mut self, world: &mut World<'_>) -> Result<(), Refusal> {
        let handover = self.story.handover().cloned();
        let Some((handover, agent)) = handover.and_then(|it| it.agent.map(|agent| (it, agent))) else {
            return Err(not_possible());
        };
        let text = format!(
            "{} takes {} back",
            self.names_of(&[agent].into()),
            self.names_of(&handover.waiting)
        );
        world.tell(Weight::Story, Some(self.id), text);
        self.withdraw_all(world, None);
        self.is_back(world, agent, &handover, 487);
        Ok(())
    }

    fn is_back(&mut self, world: &mut World<'_>, agent: LegId, handover: &Handover, status: u16) {
        if let Some(leg) = self.legs.get_mut(&agent) {
            leg.tell_outcome(world, status);
        }
        let table = handover.waiting.iter().copied().chain([agent]).collect();
        self.talk_on(world, table, handover.since, "");
    }

    /// Rings the next one; who cannot be rung is skipped. The last resort is there for those whom an agent has handed on.
    pub(super) fn try_next(&mut self, world: &mut World<'_>, handover: Handover, stage: Stage) {
        let number = match stage {
            Stage::Target | Stage::Carrier { .. } => None,
            Stage::Recall => handover.recall.clone(),
            Stage::Fallback => world
                .config
                .transfer
                .fallback
                .clone()
                .filter(|_| handover.recall.is_some()),
        };
        let rung = number.map(|number| self.ring_again(world, &handover, stage.clone(), &number));
        match (rung, stage) {
            (Some(Ok(())), _) => {}
            (Some(Err(_)) | None, Stage::Target | Stage::Carrier { .. } | Stage::Recall) => {
                self.try_next(world, handover, Stage::Fallback);
            }
            (Some(Err(_)) | None, Stage::Fallback) => {
                let verdict = handover.search.refusal.unwrap_or(Verdict::of_status(480));
                self.nobody_at_all(world, handover, &verdict.reason());
            }
        }
    }

    /// It is over for who has waited alone. Several have each other.
    fn nobody_at_all(&mut self, world: &mut World<'_>, handover: Handover, cause: &str) {
        self.talk_on(world, handover.waiting, handover.since, cause);
    }

    fn ring_again(
        &mut self,
        world: &mut World<'_>,
        handover: &Handover,
        stage: Stage,
        number: &str,
    ) -> Result<(), Refusal> {
        let nobody = || Refusal::new(404, format!("nobody has the number {number}"));
        let destination = inside(world.config, number).ok_or_else(nobody)?;
        let way = match stage {
            Stage::Fallback => "goes to the last resort,",
            Stage::Target | Stage::Carrier { .. } | Stage::Recall => "goes back to",
        };
        self.story = Story::Handover(Handover {
            stage,
            search: Search::of(world, number),
            ..handover.clone()
        });
        self.ring_for_handover(world, &destination)?;
        let text = format!("{} {way} {number}", self.names_of(&handover.waiting));
        world.tell(Weight::Story, Some(self.id), text);
        Ok(())
    }

    /// Rings on behalf of those who wait: colleagues see who that is; the world outside sees the house.
    pub fn ring_for_handover(
        &mut self,
        world: &mut World<'_>,
        destination: &Destination,
    ) -> Result<(), Refusal> {
        let waiting = self.story.members();
        let waiting = waiting.first().and_then(|leg| self.legs.get(leg));
        let handover = self.story.handover();
        let caller_id = handover.and_then(|handover| handover.search.caller_id.clone());
        let shown = match (destination, waiting, caller_id) {
            (Destination::Extensions { .. }, Some(leg), _) => Shown::Inside(leg.party.identity().clone()),
            (Destination::Outside { .. }, _, Some(caller_id)) => Shown::Outside(caller_id),
            (Destination::Extensions { .. } | Destination::Outside { .. }, _, _) => {
                Shown::Outside(CallerId::of_house(world.config))
            }
        };
        let targets = self.targets(world, destination)?;
        self.ring_all(world, &shown, super::ringing::MAX_HOPS, targets)
    }
}

impl Search {
    /// A search for this number that begins now.
    pub fn of(world: &World<'_>, number: &str) -> Search {
        Search {
            number: number.to_owned(),
            until: world.now + world.config.timers.ring,
            refusal: None,
            caller_id: None,
        }
    }
}
