//! The stories: what the people of a conversation are doing. Who hears whom follows from them
//! ([`super::hearing`]), and nothing else does.

use super::caller_id::CallerId;
use super::class_of_service::Account;
use super::dialling::Dialling;
use super::forwarding::Trail;
use super::refusal::Verdict;
use super::route::Destination;
use crate::config::valid::Group;
use crate::id::LegId;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What the people are doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Story {
    /// The phones of an agent ring, for whom a call is to be made.
    Summons(Summons),
    /// The caller waits while phones ring.
    Ringing {
        /// Who calls.
        caller: LegId,
        /// When we stop ringing.
        until: Time,
        /// The best of the refusals so far, should all refuse.
        refusal: Option<Verdict>,
        /// Where the call has been.
        trail: Trail,
    },
    /// Two talk.
    Pair {
        /// Who called, or was there first.
        caller: LegId,
        /// Who answered.
        called: LegId,
        /// Since when people talk in this conversation.
        since: Time,
    },
    /// An agent has put the others aside, and talks with nobody.
    Held(Held),
    /// An agent talks with a colleague, or waits for one to answer, while the others wait.
    Consult(Consult),
    /// Three or more talk.
    Together {
        /// Who they are.
        table: BTreeSet<LegId>,
        /// Since when people talk in this conversation.
        since: Time,
        /// The agent who has brought them together, or put some of them aside last, as long as that agent is one of them.
        #[serde(default)]
        host: Option<LegId>,
    },
    /// Somebody has been handed on and waits while phones ring.
    Handover(Handover),
    /// Everybody has been told that it is over; the last words of the protocol are outstanding.
    Over,
}

/// A call that is to be made for an agent, as soon as the agent is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summons {
    /// The agent's extension.
    pub agent: String,
    /// Whom the call is for.
    pub destination: Destination,
    /// When we stop ringing.
    pub until: Time,
    /// The best of the refusals so far, should all refuse.
    pub refusal: Option<Verdict>,
}

/// An agent has put the others aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Who has.
    pub agent: LegId,
    /// Those who wait, usually one.
    pub waiting: BTreeSet<LegId>,
    /// How it came to be.
    pub why: Aside,
    /// Since when people talk in this conversation.
    pub since: Time,
}

/// How somebody came to be put aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Aside {
    /// The agent wanted it.
    Wanted,
    /// The colleague who was asked did not come, or has left; the agent hears so.
    Alone,
    /// The agent dials the number of a colleague.
    Dialling(Dialling),
    /// The number that was dialled leads nowhere; the agent hears so.
    WrongNumber,
}

/// An agent consults a colleague.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consult {
    /// Who asks.
    pub agent: LegId,
    /// Those who wait, usually one.
    pub waiting: BTreeSet<LegId>,
    /// Who is asked.
    pub colleague: Colleague,
    /// Since when people talk in this conversation.
    pub since: Time,
}

/// Where the colleague is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Colleague {
    /// Phones ring.
    Ringing(Search),
    /// There, and with the agent.
    With(LegId),
    /// There, but the agent is with the others for a while.
    Aside(LegId),
}

/// Phones that ring for somebody who is wanted in a standing conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// The number that was dialled.
    pub number: String,
    /// When we stop ringing.
    pub until: Time,
    /// The best of the refusals so far, should all refuse.
    pub refusal: Option<Verdict>,
    /// What the world outside is shown, if the number is there.
    #[serde(default)]
    pub caller_id: Option<CallerId>,
}

/// Somebody has been handed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// Those who wait, usually one.
    pub waiting: BTreeSet<LegId>,
    /// Who hands on, as long as the outcome can be told on that leg.
    pub agent: Option<LegId>,
    /// Whom to ring if nothing comes of it and the agent has gone.
    pub recall: Option<String>,
    /// Who is rung now.
    pub stage: Stage,
    /// The phones that ring.
    pub search: Search,
    /// Since when people talk in this conversation.
    pub since: Time,
}

/// How far a handover has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// This carrier has been asked to connect the two by itself.
    Carrier {
        /// The trunk's name in the configuration.
        trunk: String,
        /// The trunks that take the call if it does not.
        #[serde(default)]
        trunks: Vec<Group>,
        /// On whose account they do.
        #[serde(default)]
        account: Account,
    },
    /// The one it was meant for is rung.
    Target,
    /// The agent is rung again.
    Recall,
    /// The last resort of the configuration is rung.
    Fallback,
}

impl Story {
    /// The story of these people, who all hear each other; over if there are fewer than two. Where several talk, this one is
    /// their host, if it is one of them.
    pub fn of_table(table: BTreeSet<LegId>, since: Time, host: Option<LegId>) -> Story {
        let mut seats = table.iter().copied();
        match (seats.next(), seats.next(), seats.next()) {
            (Some(caller), Some(called), None) => Story::Pair {
                caller,
                called,
                since,
            },
            (Some(_), Some(_), Some(_)) => Story::Together {
                host: host.filter(|host| table.contains(host)),
                table,
                since,
            },
            (_, None, _) | (None, _, _) => Story::Over,
        }
    }

    /// Everybody whose session belongs to it. Phones that ring do not yet.
    pub fn members(&self) -> BTreeSet<LegId> {
        match self {
            Story::Ringing { caller, .. } => [*caller].into(),
            Story::Pair { caller, called, .. } => [*caller, *called].into(),
            Story::Held(held) => held.waiting.iter().copied().chain([held.agent]).collect(),
            Story::Consult(consult) => {
                let aside = [Some(consult.agent), consult.colleague.leg()];
                consult
                    .waiting
                    .iter()
                    .copied()
                    .chain(aside.into_iter().flatten())
                    .collect()
            }
            Story::Together { table, .. } => table.clone(),
            Story::Handover(handover) => handover.waiting.clone(),
            Story::Summons(_) | Story::Over => BTreeSet::new(),
        }
    }

    /// Those whom a leg leaves behind if it hands its call on; none if it has nobody to hand on.
    pub fn others(&self, leg: LegId) -> Option<BTreeSet<LegId>> {
        let table = match self {
            Story::Pair { caller, called, .. } => [*caller, *called].into(),
            Story::Together { table, .. } => table.clone(),
            Story::Held(Held { agent, waiting, .. }) | Story::Consult(Consult { agent, waiting, .. })
                if *agent == leg =>
            {
                waiting.iter().copied().chain([leg]).collect()
            }
            Story::Summons(_)
            | Story::Held(_)
            | Story::Consult(_)
            | Story::Ringing { .. }
            | Story::Handover(_)
            | Story::Over => BTreeSet::new(),
        };
        let others: BTreeSet<LegId> = table.iter().copied().filter(|other| *other != leg).collect();
        (table.contains(&leg) && !others.is_empty()).then_some(others)
    }

    /// Since when people talk in it; none before and after.
    pub fn since(&self) -> Option<Time> {
        match self {
            Story::Pair { since, .. }
            | Story::Together { since, .. }
            | Story::Held(Held { since, .. })
            | Story::Consult(Consult { since, .. })
            | Story::Handover(Handover { since, .. }) => Some(*since),
            Story::Summons(_) | Story::Ringing { .. } | Story::Over => None,
        }
    }

    /// When the phones that ring in it are to stop.
    pub fn rings_until(&self) -> Option<Time> {
        match self {
            Story::Summons(Summons { until, .. }) | Story::Ringing { until, .. } => Some(*until),
            Story::Consult(Consult {
                colleague: Colleague::Ringing(search),
                ..
            })
            | Story::Handover(Handover { search, .. }) => Some(search.until),
            Story::Consult(_)
            | Story::Pair { .. }
            | Story::Held(_)
            | Story::Together { .. }
            | Story::Over => None,
        }
    }

    /// When a number that is being dialled is complete, if no key follows.
    pub fn dials_until(&self) -> Option<Time> {
        match &self.held()?.why {
            Aside::Dialling(dialling) => Some(dialling.until),
            Aside::Wanted | Aside::Alone | Aside::WrongNumber => None,
        }
    }

    /// The agent who decides how it goes on, while others wait for that: who has put them aside, consults, or hands them
    /// on and can still be told of it.
    pub fn agent(&self) -> Option<LegId> {
        match self {
            Story::Held(held) => Some(held.agent),
            Story::Consult(consult) => Some(consult.agent),
            Story::Handover(handover) => handover.agent,
            Story::Summons(_)
            | Story::Ringing { .. }
            | Story::Pair { .. }
            | Story::Together { .. }
            | Story::Over => None,
        }
    }

    /// Whose wish it is if somebody wants something and does not say for whom: who decides how it goes on, or has decided so
    /// last of those who talk together.
    pub fn host(&self) -> Option<LegId> {
        match self {
            Story::Together { host, .. } => *host,
            Story::Held(_)
            | Story::Consult(_)
            | Story::Handover(_)
            | Story::Summons(_)
            | Story::Ringing { .. }
            | Story::Pair { .. }
            | Story::Over => self.agent(),
        }
    }

    /// Whom somebody has put aside.
    pub fn held(&self) -> Option<&Held> {
        match self {
            Story::Held(held) => Some(held),
            Story::Summons(_)
            | Story::Ringing { .. }
            | Story::Pair { .. }
            | Story::Consult(_)
            | Story::Together { .. }
            | Story::Handover(_)
            | Story::Over => None,
        }
    }

    /// Who has been handed on and waits.
    pub fn handover(&self) -> Option<&Handover> {
        match self {
            Story::Handover(handover) => Some(handover),
            Story::Summons(_)
            | Story::Ringing { .. }
            | Story::Pair { .. }
            | Story::Held(_)
            | Story::Consult(_)
            | Story::Together { .. }
            | Story::Over => None,
        }
    }

    /// The best of the refusals so far, where phones ring.
    pub fn refusal_mut(&mut self) -> Option<&mut Option<Verdict>> {
        match self {
            Story::Summons(Summons { refusal, .. }) | Story::Ringing { refusal, .. } => Some(refusal),
            Story::Consult(Consult {
                colleague: Colleague::Ringing(search),
                ..
            })
            | Story::Handover(Handover { search, .. }) => Some(&mut search.refusal),
            Story::Consult(_)
            | Story::Pair { .. }
            | Story::Held(_)
            | Story::Together { .. }
            | Story::Over => None,
        }
    }
}

impl Colleague {
    /// The colleague's leg, once somebody has answered.
    pub fn leg(&self) -> Option<LegId> {
        match self {
            Colleague::With(leg) | Colleague::Aside(leg) => Some(*leg),
            Colleague::Ringing(_) => None,
        }
    }

    /// Puts one leg in the place of another.
    pub fn replace(&mut self, old: LegId, new: LegId) {
        match self {
            Colleague::With(leg) | Colleague::Aside(leg) if *leg == old => *leg = new,
            Colleague::With(_) | Colleague::Aside(_) | Colleague::Ringing(_) => {}
        }
    }
}
