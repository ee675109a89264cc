//! Mute: an agent who hears and is not heard, by nobody and on no tape.
//!
//! It is a state of the leg and of nothing else, so it stays through hold, consult, three-way and transfer until
//! the agent wants to be heard again: nobody is on air by surprise.

use super::conversation::Conversation;
use super::event::Weight;
use super::leg::Leg;
use super::refusal::Refusal;
use super::world::World;
use crate::id::LegId;

impl Conversation {
    /// From now on an agent is muted, or is heard again. Twice is once. On a refusal nothing has changed.
    pub fn mute(&mut self, world: &mut World<'_>, agent: LegId, muted: bool) -> Result<(), Refusal> {
        let members = self.story.members();
        let is_here = |leg: &&mut Leg| leg.is_talking() && members.contains(&leg.id);
        let Some(leg) = self.legs.get_mut(&agent).filter(is_here) else {
            return Err(Refusal::new(491, "only who talks can be muted".into()));
        };
        if std::mem::replace(&mut leg.muted, muted) != muted {
            let what = if muted { "is muted" } else { "is heard again" };
            let text = format!("{} {what}", leg.party.label());
            world.tell(Weight::Story, Some(self.id), text);
        }
        Ok(())
    }
}
