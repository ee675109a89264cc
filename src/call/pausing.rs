//! Pausing the recording, and going on: by the record key of a phone, by a feature code, or by order.
//!
//! Both are states that somebody wants, and not changes: who wants a pause while it is paused has it already. The
//! state follows the conversation wherever that goes, and the next agent can resume. It stands with the tape that hears
//! those who talk: what is paused in private is a pause of the private tape, and the conversation's from when they are
//! back.

use super::conversation::Conversation;
use super::event::Weight;
use super::leg::Party;
use super::recording::Tape;
use super::refusal::Refusal;
use super::world::World;
use crate::config::valid::WhilePaused;
use crate::id::LegId;
use crate::time::Time;
use crate::wiring::Voice;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Whether a tape that has not ended hears anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hears {
    /// It does.
    #[default]
    All,
    /// It is paused, and hears nobody.
    Nobody(Pause),
}

/// A pause of the recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Since when.
    pub since: Time,
    /// The agent who wanted it.
    pub by: String,
    /// By which means.
    pub how: Means,
    /// Where the agent's phone is that told so; none for an order.
    #[serde(default)]
    pub phone: Option<String>,
    /// When it ends by itself; none if it does not.
    pub until: Option<Time>,
    /// What the tape has of it.
    pub leaves: WhilePaused,
}

/// How a pause has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// When.
    pub at: Time,
    /// The agent who wanted it; of one that has ended by itself, who had paused.
    pub by: String,
    /// By which means.
    pub how: Means,
    /// Where the agent's phone is that told so; none for an order, and for what ends by itself.
    #[serde(default)]
    pub phone: Option<String>,
}

/// By which means somebody pauses or resumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Means {
    /// The record key of the phone (INFO with a Record header field).
    Key,
    /// A feature code.
    Code,
    /// The control interface or the command line.
    Order,
    /// The time of the pause was up (`recording.resume_after`).
    Time,
}

/// What somebody wants of the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted {
    /// That it hears nobody.
    Paused,
    /// That it goes on.
    Running,
}

impl Conversation {
    /// Pauses the recording, or goes on, for the agent on this leg, who hears what has come of it. On a refusal the
    /// recording is as it was.
    pub fn wants_recording(
        &mut self,
        world: &mut World<'_>,
        leg: LegId,
        wanted: Wanted,
        how: Means,
    ) -> Result<(), Refusal> {
        let agent = match self.may_pause(world, leg) {
            Ok(agent) => agent,
            Err(refusal) => {
                let name = self.names_of(&[leg].into());
                let text = format!("{name} may not pause or resume the recording: {}", refusal.why);
                world.tell(Weight::Story, Some(self.id), text);
                if self.is_agent(leg) {
                    self.notifies(world.now, leg, Voice::Error);
                }
                return Err(refusal);
            }
        };
        let (at, by, phone) = (world.now, agent, self.phone_behind(leg, how));
        match wanted {
            Wanted::Paused => self.pauses(
                world,
                Pause {
                    since: at,
                    by,
                    how,
                    phone,
                    until: world.config.recording.resume_after.map(|after| at + after),
                    leaves: world.config.recording.paused,
                },
            ),
            Wanted::Running => self.goes_on(world, &Resumed { at, by, how, phone }),
        }
        let signal = match wanted {
            Wanted::Paused => Voice::Paused,
            Wanted::Running => Voice::Resumed,
        };
        self.notifies(world.now, leg, signal);
        Ok(())
    }

    /// When the pause ends by itself.
    pub fn paused_until(&self) -> Option<Time> {
        self.pause()?.until
    }

    /// The pause of the recording, if it is paused.
    pub fn pause(&self) -> Option<&Pause> {
        self.tapes_that_run().find_map(Tape::pause)
    }

    /// A pause goes along with those who talk, from the tape that heard them to the one that does.
    pub fn pause_goes_along(&mut self, now: Time, pause: Pause) {
        if let Some(tape) = self.tape_of_those_who_talk() {
            tape.pauses(Pause { since: now, ..pause });
        }
    }

    /// Time has passed: a pause that has lasted long enough is over, and every agent hears so.
    pub fn pause_is_over(&mut self, world: &mut World<'_>) {
        let Some(pause) = self.pause() else { return };
        if pause.until.is_none_or(|until| until > world.now) {
            return;
        }
        let resumed = Resumed {
            at: world.now,
            by: pause.by.clone(),
            how: Means::Time,
            phone: None,
        };
        self.goes_on(world, &resumed);
        let members = self.story.members().into_iter();
        let agents: Vec<LegId> = members.filter(|leg| self.is_agent(*leg)).collect();
        for leg in agents {
            self.notifies(world.now, leg, Voice::Resumed);
        }
    }

    fn is_agent(&self, leg: LegId) -> bool {
        let leg = self.legs.get(&leg);
        leg.is_some_and(|leg| leg.party.extension().is_some())
    }

    /// The agent on this leg, if it takes part and the rules let it.
    fn may_pause(&self, world: &World<'_>, leg: LegId) -> Result<String, Refusal> {
        if !self.story.members().contains(&leg) {
            return Err(Refusal::new(481, "it is not in the call any more".into()));
        }
        let Some(Party::Extension(identity)) = self.legs.get(&leg).map(|leg| &leg.party) else {
            return Err(Refusal::new(403, "only agents may".into()));
        };
        let is_recorded = self.tape.as_ref().is_some_and(Tape::runs);
        let rule = match (&self.rule, is_recorded) {
            (Some(rule), true) => rule,
            (Some(rule), false) => {
                return Err(Refusal::new(403, format!("it is not recorded: {}", rule.record)));
            }
            (None, _) => return Err(Refusal::new(403, "it is not recorded yet".into())),
        };
        match rule.on_pausing_by(world.config, &identity.number) {
            ruling if ruling.allows => Ok(identity.number.clone()),
            ruling => Err(Refusal::new(403, ruling.to_string())),
        }
    }

    /// Where the phone is with which somebody says so; none if it is said without one.
    fn phone_behind(&self, leg: LegId, how: Means) -> Option<String> {
        match how {
            Means::Key | Means::Code => self.legs.get(&leg).map(|leg| leg.flow.to_string()),
            Means::Order | Means::Time => None,
        }
    }

    fn pauses(&mut self, world: &mut World<'_>, pause: Pause) {
        let text = format!("{} pauses the recording {}", pause.by, pause.how);
        let tape = self.tape_of_those_who_talk();
        if tape.is_some_and(|tape| tape.pauses(pause)) {
            world.tell(Weight::Story, Some(self.id), text);
        }
    }

    fn goes_on(&mut self, world: &mut World<'_>, resumed: &Resumed) {
        if self.pause().is_none() {
            return;
        }
        for tape in self.tape.iter_mut().chain(&mut self.aside) {
            tape.resumes(resumed.clone());
        }
        let Resumed { by, how, .. } = resumed;
        let text = match how {
            Means::Time => format!("the recording goes on {how}"),
            Means::Key | Means::Code | Means::Order => format!("{by} resumes the recording {how}"),
        };
        world.tell(Weight::Story, Some(self.id), text);
    }
}

impl fmt::Display for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Means::Key => "by the record key",
            Means::Code => "by code",
            Means::Order => "by order",
            Means::Time => "by itself, its time is up",
        })
    }
}
