//! Whoever hangs up may mean somebody else than the one who is left: the phone gives up by itself because its transfer
//! has failed; the colleague hangs up on the agent, who has left in the same moment; the agent hangs up on a colleague
//! who has never come. A customer does not pay for that: the agent is rung again.

use super::conversation::{Conversation, Story};
use super::leg::{Leg, Side};
use super::referral::Referral;
use super::story::{Aside, Handover, Search, Stage};
use super::world::World;
use crate::id::LegId;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Within this of what has changed, whoever hangs up has not learnt of it.
const UNAWARE: Duration = Duration::from_secs(1);

/// An agent has left somebody to a colleague.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The agent's extension.
    pub by: String,
    /// When.
    pub at: Time,
}

impl Conversation {
    /// An agent leaves the others to this colleague; nothing is ever asked of a customer.
    pub fn is_given(&mut self, now: Time, colleague: LegId, by: Option<String>) {
        let colleague = self.legs.get_mut(&colleague);
        if let Some(colleague) = colleague.filter(|leg| leg.side == Side::House) {
            colleague.given = by.map(|by| Given { by, at: now });
        }
    }

    /// Whom to ring for the one who is left alone because somebody else has hung up on somebody else.
    pub fn to_recall(&self, now: Time, gone: &Leg) -> Option<String> {
        let own = || gone.party.extension().map(str::to_owned);
        let is_alone = self.story.others(gone.id).is_some_and(|left| left.len() == 1);
        match &self.story {
            Story::Pair { .. } => match (&gone.referral, &gone.given) {
                (Some(Referral::Failed { at }), _) if now < *at + UNAWARE => own(),
                (_, Some(Given { by, at })) if now < *at + UNAWARE => Some(by.clone()),
                (_, _) => None,
            },
            Story::Held(held) if held.agent == gone.id && is_alone && held.why != Aside::Wanted => own(),
            Story::Summons(_)
            | Story::Ringing { .. }
            | Story::Held(_)
            | Story::Consult(_)
            | Story::Together { .. }
            | Story::Handover(_)
            | Story::Over => None,
        }
    }

    /// The agent is rung again, and those whom the one who is gone has left wait.
    pub fn ring_back(&mut self, world: &mut World<'_>, gone: LegId, agent: String) {
        let handover = Handover {
            waiting: self.story.others(gone).unwrap_or_default(),
            agent: None,
            search: Search::of(world, &agent),
            recall: Some(agent),
            stage: Stage::Recall,
            since: self.story.since().unwrap_or(world.now),
        };
        self.try_next(world, handover, Stage::Recall);
    }
}
