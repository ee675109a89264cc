//! What an agent can do with a standing conversation, however it was asked for: from outside by order, or
//! with feature codes on the phone.

use super::conversation::{Conversation, Story};
use super::pausing::{Means, Wanted};
use super::refusal::Refusal;
use super::world::World;
use crate::id::LegId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One gesture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gesture {
    /// Hand the others on to this number, and be out of it at once.
    Cold {
        /// The number as the agent would dial it.
        to: String,
    },
    /// Ask at this number in private, while the others wait.
    Warm {
        /// The number as the agent would dial it.
        to: String,
    },
    /// Bring the colleague and the others together.
    Merge,
    /// Take the colleague aside again, while the customer waits.
    Split,
    /// Turn from the colleague to the others, or back.
    Swap,
    /// Let the colleague go, and be back with the others.
    Cancel,
    /// Leave the others and the colleague to each other.
    Complete,
    /// Put the others aside.
    Hold,
    /// Be back with those who were put aside.
    Resume,
    /// Leave the conversation; the others talk on.
    Leave,
    /// Hear the others and be heard by nobody.
    Mute,
    /// Be heard again.
    Unmute,
    /// Pause the recording.
    #[serde(rename = "pause_recording")]
    PauseRecording,
    /// Go on recording.
    #[serde(rename = "resume_recording")]
    ResumeRecording,
}

impl Conversation {
    /// Does what an agent wants; without a name it is clear whom that means only if there is one agent. On a
    /// refusal nothing has changed.
    pub fn gesture(
        &mut self,
        world: &mut World<'_>,
        agent: Option<&str>,
        gesture: &Gesture,
    ) -> Result<(), Refusal> {
        let leg = self.agent_leg(agent)?;
        self.gesture_of(world, leg, gesture)
    }

    /// Does what the agent on this leg wants. On a refusal nothing has changed.
    pub fn gesture_of(
        &mut self,
        world: &mut World<'_>,
        leg: LegId,
        gesture: &Gesture,
    ) -> Result<(), Refusal> {
        match gesture {
            Gesture::Cold { to } => {
                self.hand_over(world, leg, to)?;
                self.is_out(world, leg);
                Ok(())
            }
            Gesture::Warm { to } => self.consult(world, leg, to),
            Gesture::Merge => self.is_up_to(leg).and_then(|()| self.merge(world)),
            Gesture::Split => self.split(world, leg),
            // Who talks with all turns aside with the colleague, and leaves all the others to each other.
            Gesture::Swap if self.are_together() => self.split(world, leg),
            Gesture::Complete if self.are_together() => self.leave(world, leg),
            Gesture::Swap => self.is_up_to(leg).and_then(|()| self.swap(world)),
            Gesture::Cancel => self.is_up_to(leg).and_then(|()| self.cancel_consult(world)),
            Gesture::Complete => self.is_up_to(leg).and_then(|()| self.complete(world)),
            Gesture::Hold => self.hold(world, leg),
            Gesture::Resume => self.is_up_to(leg).and_then(|()| self.resume(world)),
            Gesture::Leave => self.leave(world, leg),
            Gesture::Mute => self.mute(world, leg, true),
            Gesture::Unmute => self.mute(world, leg, false),
            Gesture::PauseRecording => self.wants_recording(world, leg, Wanted::Paused, Means::Order),
            Gesture::ResumeRecording => self.wants_recording(world, leg, Wanted::Running, Means::Order),
        }
    }

    /// The leg of the agent who wants something. If nobody is named it is the one for whom others wait, or who has brought
    /// them together.
    fn agent_leg(&self, agent: Option<&str>) -> Result<LegId, Refusal> {
        let is_agent = |leg: &LegId| {
            self.legs
                .get(leg)
                .is_some_and(|leg| leg.party.extension().is_some())
        };
        if let (Some(leg), None) = (self.story.host().filter(is_agent), agent) {
            return Ok(leg);
        }
        let members: BTreeSet<LegId> = self
            .story
            .members()
            .into_iter()
            .chain(self.story.agent())
            .collect();
        let agents = members.iter().filter_map(|leg| {
            let extension = self.legs.get(leg)?.party.extension()?;
            agent
                .is_none_or(|agent| agent == extension)
                .then_some((*leg, extension))
        });
        let agents: Vec<(LegId, &str)> = agents.collect();
        match (&*agents, agent) {
            ([(leg, _)], _) => Ok(*leg),
            ([], Some(agent)) => Err(Refusal::new(404, format!("{agent} is not in {}", self.id))),
            ([], None) => Err(Refusal::new(404, format!("no agent is in {}", self.id))),
            (several, _) => {
                let names: Vec<&str> = several.iter().map(|(_, name)| *name).collect();
                Err(Refusal::new(
                    409,
                    format!("say which agent: {}", names.join(" or ")),
                ))
            }
        }
    }

    fn are_together(&self) -> bool {
        matches!(self.story, Story::Together { .. })
    }

    /// Who waits and who is merely asked have no say in how it goes on: the agent has for whom they do.
    fn is_up_to(&self, leg: LegId) -> Result<(), Refusal> {
        let Some(whose) = self.story.agent() else {
            return Ok(());
        };
        let name = self.names_of(&[whose].into());
        match whose == leg {
            true => Ok(()),
            false => Err(Refusal::new(403, format!("that is for {name} to say"))),
        }
    }

    /// Who hands on by order is out at once; the phone has nothing to wait for.
    fn is_out(&mut self, world: &mut World<'_>, leg: LegId) {
        if let Story::Handover(handover) = &mut self.story {
            handover.agent = None;
        }
        self.say_bye(world, leg, Some("Q.850;cause=16"));
    }
}
