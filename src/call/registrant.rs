//! We register with a carrier, so that it knows where to send our calls (RFC 3261 §10.2): it is the registrar, and we
//! are what a phone is to us.

mod request;
mod rounds;

use crate::sip::{Chance, ClientId, Flow};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Our registration with one carrier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registrant {
    /// One for all of its life, with the tag and the CSeq (RFC 3261 §10.2).
    call_id: String,
    tag: String,
    cseq: u32,
    /// The user part of our Contact, which nobody but the carrier knows: what is sent there is the carrier's.
    pub user: String,
    /// What the registrar has put in the place of that user, if it has: calls come there.
    #[serde(default)]
    renamed: Option<String>,
    /// For how long we ask.
    expiry: Duration,
    /// What it waits for.
    stage: Stage,
    /// What the carrier has granted us.
    granted: Option<Granted>,
    /// Where we have tried in vain since we were last registered.
    tried: Vec<Flow>,
    /// How often all has been in vain.
    failures: u32,
    /// Why we are not registered, or not for long any more.
    pub trouble: Option<String>,
}

/// What a registration waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    /// The moment to register, again or for the first time.
    Due(Time),
    /// The answer to our REGISTER.
    Asked {
        client: ClientId,
        flow: Flow,
        /// How long the server may say nothing at all; none if there is no other.
        silent_until: Option<Time>,
    },
    /// The answer to the REGISTER with which we leave.
    Leaving { client: ClientId, until: Time },
    /// Nothing: we have left.
    Left,
}

/// A registration that the carrier has granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// Until when.
    pub until: Time,
    /// Over which flow: calls come from its far end.
    pub flow: Flow,
}

impl Registrant {
    fn new(chance: &mut Chance, expiry: Duration, now: Time) -> Registrant {
        Registrant {
            call_id: chance.token(24),
            tag: chance.token(16),
            cseq: 0,
            user: chance.token(16),
            renamed: None,
            expiry,
            stage: Stage::Due(now),
            granted: None,
            tried: Vec::new(),
            failures: 0,
            trouble: None,
        }
    }

    /// What the carrier has granted us, as long as it stands.
    pub fn granted(&self, now: Time) -> Option<Granted> {
        self.granted.filter(|granted| granted.until > now)
    }

    /// Whether this is the user of our Contact, as we have written it or as the registrar has.
    pub fn is_contact(&self, user: &str) -> bool {
        self.user == user || self.renamed.as_deref() == Some(user)
    }

    /// When it is to be looked after.
    pub fn deadline(&self) -> Option<Time> {
        match self.stage {
            Stage::Due(at) => Some(at),
            Stage::Asked { silent_until, .. } => silent_until,
            Stage::Leaving { until, .. } => Some(until),
            Stage::Left => None,
        }
    }

    /// The trunk is found: nothing else is to be waited for.
    pub fn hurries(&mut self, now: Time) {
        if let Stage::Due(_) = self.stage {
            self.stage = Stage::Due(now);
        }
    }

    /// Whether it waits for an answer before we can go.
    pub fn is_leaving(&self) -> bool {
        matches!(self.stage, Stage::Leaving { .. })
    }

    /// Whether this request of ours is its.
    pub fn asks(&self, by: ClientId) -> bool {
        match self.stage {
            Stage::Asked { client, .. } | Stage::Leaving { client, .. } => client == by,
            Stage::Due(_) | Stage::Left => false,
        }
    }

    fn next_cseq(&mut self) -> u32 {
        self.cseq += 1;
        self.cseq
    }

    /// Where we register next: where we are registered, else at the first server that we have not tried.
    fn next_flow(&self, flows: &[Flow]) -> Option<Flow> {
        let is_open = |flow: &Flow| !self.tried.contains(flow);
        let home = self
            .granted
            .map(|granted| granted.flow)
            .filter(|flow| flows.contains(flow));
        home.filter(is_open)
            .or_else(|| flows.iter().copied().find(is_open))
    }

    /// How long to wait after so many failures: ever longer, up to a cap, and never all trunks at once.
    fn back_off(&mut self, (first, most): (Duration, Duration), chance: &mut Chance) -> Duration {
        let doubled = first.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        self.tried.clear();
        let span = doubled.min(most);
        span / 2 + jitter(span / 2, chance)
    }
}

fn jitter(span: Duration, chance: &mut Chance) -> Duration {
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(chance.below(millis))
}
