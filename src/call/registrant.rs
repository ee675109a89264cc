//! We register with a carrier, so that it knows where to send our calls (RFC 3261 §10.2): it is the registrar, and we
//! are what a phone is to us.

use super::event::Weight;
use super::refusal::phrase;
use super::targets::outbound_proxy;
use super::world::{World, contact, shown_address};
use crate::config::valid::Trunk;
use crate::sip::{Address, Chance, ClientId, Draft, Flow, Message, Method, Name, Uri};
use crate::time::Time;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Nobody is registered for longer, whatever a 423 asks for.
const MAX_EXPIRY: Duration = Duration::from_secs(86_400);

/// How long we wait before we try again, where nobody answers or has room: at first, and at most.
const AGAIN: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(300));
/// The same where the carrier does not want us: it will not before somebody has changed the configuration, and some
/// carriers lock out who tries too often.
const AGAIN_WHEN_UNWANTED: (Duration, Duration) = (Duration::from_secs(300), Duration::from_secs(3600));

/// Our registration with one carrier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registrant {
    /// One for all of its life, with the tag and the CSeq (RFC 3261 §10.2).
    call_id: String,
    tag: String,
    cseq: u32,
    /// The user part of our Contact, which nobody but the carrier knows: what is sent there is the carrier's.
    pub user: String,
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

impl World<'_> {
    /// Sees to it that we are registered where we are to be. When we go down, that we no longer are.
    pub fn look_after_registrations(&mut self) {
        let names: Vec<String> = self.config.trunks.keys().cloned().collect();
        for name in names {
            let Some(trunk) = self
                .config
                .trunks
                .get(&name)
                .filter(|trunk| trunk.register.is_some())
            else {
                continue;
            };
            let mut registrant = self.registrant(&name, trunk);
            self.look_after(&name, trunk, &mut registrant);
            self.keep(&name, registrant);
        }
    }

    /// The answer to a REGISTER of ours, or that there is none. Whether it was one.
    pub fn registration_answered(
        &mut self,
        client: ClientId,
        status: u16,
        response: Option<&Message>,
    ) -> bool {
        let Some(name) = self.registers_by(client) else {
            return false;
        };
        let Some(trunk) = self.config.trunks.get(&name) else {
            return true;
        };
        let mut registrant = self.registrant(&name, trunk);
        match registrant.stage {
            Stage::Asked { flow, .. } if status >= 200 => {
                self.answered(&name, trunk, &mut registrant, (flow, status, response));
            }
            // It is there, and may take its time.
            Stage::Asked { client, flow, .. } => {
                registrant.stage = Stage::Asked {
                    client,
                    flow,
                    silent_until: None,
                };
            }
            Stage::Leaving { .. } if status >= 200 => registrant.stage = Stage::Left,
            Stage::Leaving { .. } | Stage::Due(_) | Stage::Left => {}
        }
        self.keep(&name, registrant);
        true
    }

    /// The number under which our REGISTER goes again with what it was asked for.
    pub fn next_registration_number(&mut self, trunk: &str) -> Option<u32> {
        let registrant = self.desk.lines.get_mut(trunk)?.registrant.as_mut()?;
        if let Stage::Asked { silent_until, .. } = &mut registrant.stage {
            *silent_until = None;
        }
        Some(registrant.next_cseq())
    }

    /// We go down: the carriers need send us no more calls.
    pub fn leave_registrars(&mut self) {
        let names: Vec<String> = self.config.trunks.keys().cloned().collect();
        for name in names {
            let Some(trunk) = self
                .config
                .trunks
                .get(&name)
                .filter(|trunk| trunk.register.is_some())
            else {
                continue;
            };
            let mut registrant = self.registrant(&name, trunk);
            registrant.stage = match registrant.granted(self.now) {
                Some(Granted { flow, .. }) => Stage::Leaving {
                    client: self.register(&name, trunk, &mut registrant, flow, Duration::ZERO),
                    until: self.now + trunk.timeout,
                },
                None => Stage::Left,
            };
            registrant.granted = None;
            self.keep(&name, registrant);
        }
    }

    fn look_after(&mut self, name: &str, trunk: &Trunk, registrant: &mut Registrant) {
        match registrant.stage {
            Stage::Due(at) if at <= self.now => self.begin(name, trunk, registrant),
            Stage::Asked {
                flow,
                silent_until: Some(until),
                ..
            } if until <= self.now => {
                self.is_in_vain(name, trunk, registrant, flow, "does not respond", None)
            }
            Stage::Leaving { until, .. } if until <= self.now => registrant.stage = Stage::Left,
            Stage::Due(_) | Stage::Asked { .. } | Stage::Leaving { .. } | Stage::Left => {}
        }
    }

    fn begin(&mut self, name: &str, trunk: &Trunk, registrant: &mut Registrant) {
        let desk = &mut *self.desk;
        let line = desk.lines.get(name);
        let flows = line.map(|line| line.flows(&mut desk.chance)).unwrap_or_default();
        let Some(flow) = registrant.next_flow(&flows) else {
            // As soon as it is found, it is told so.
            registrant.stage = Stage::Due(self.now + AGAIN.1);
            return;
        };
        let expiry = registrant.expiry;
        let client = self.register(name, trunk, registrant, flow, expiry);
        let others = flows
            .iter()
            .filter(|other| **other != flow && !registrant.tried.contains(other));
        let silent_until = (others.count() > 0).then_some(self.now + trunk.timeout);
        registrant.stage = Stage::Asked {
            client,
            flow,
            silent_until,
        };
    }

    fn answered(
        &mut self,
        name: &str,
        trunk: &Trunk,
        registrant: &mut Registrant,
        (flow, status, response): (Flow, u16, Option<&Message>),
    ) {
        let number = |field| response.and_then(|response| response.number(field));
        let least = number(Name::MIN_EXPIRES).map(|seconds| Duration::from_secs(seconds.into()));
        match (status, least) {
            (200..=299, _) => self.is_registered(name, registrant, flow, response),
            (423, Some(least)) if least <= MAX_EXPIRY => {
                // At once the first time; a carrier that wants ever more would keep us asking.
                let is_new = trunk.register == Some(registrant.expiry) && least > registrant.expiry;
                registrant.expiry = least;
                match is_new {
                    true => self.begin(name, trunk, registrant),
                    false => self.is_in_vain(name, trunk, registrant, flow, "wants another expiry", None),
                }
            }
            (408 | 430 | 480 | 500..=599, _) => {
                let why = format!("answers {status} {}", phrase(status));
                self.is_in_vain(name, trunk, registrant, flow, &why, number(Name::RETRY_AFTER));
            }
            (_, _) => self.is_unwanted(name, registrant, status),
        }
    }

    fn is_registered(&mut self, name: &str, registrant: &mut Registrant, flow: Flow, ok: Option<&Message>) {
        let span = ok.and_then(|ok| granted_in(ok, &registrant.user));
        let span = span.unwrap_or(registrant.expiry);
        if span.is_zero() {
            return self.is_unwanted(name, registrant, 200);
        }
        let was = registrant.granted(self.now).map(|granted| granted.flow);
        if was != Some(flow) || registrant.trouble.is_some() {
            let text = format!("trunk {name}: registered at {flow} for {} s", span.as_secs());
            self.tell(Weight::Story, None, text);
        }
        registrant.granted = Some(Granted {
            until: self.now + span,
            flow,
        });
        registrant.tried.clear();
        registrant.failures = 0;
        registrant.trouble = None;
        // Between 70 and 90 per cent, so that not all come at once after a restart of the carrier's.
        let refresh = span * 7 / 10 + jitter(span / 5, &mut self.desk.chance);
        registrant.stage = Stage::Due(self.now + refresh);
    }

    /// This server is of no use now. Another one is tried at once; if there is none, all again after a while.
    fn is_in_vain(
        &mut self,
        name: &str,
        trunk: &Trunk,
        registrant: &mut Registrant,
        flow: Flow,
        why: &str,
        retry_after: Option<u32>,
    ) {
        registrant.tried.push(flow);
        self.trouble(name, registrant, format!("{flow} {why}"));
        let flows: Vec<Flow> = self
            .desk
            .lines
            .get(name)
            .into_iter()
            .flat_map(|line| line.all_flows())
            .collect();
        if registrant.next_flow(&flows).is_some() {
            return self.begin(name, trunk, registrant);
        }
        let wanted = Duration::from_secs(retry_after.unwrap_or(0).into()).min(AGAIN_WHEN_UNWANTED.1);
        let wait = registrant.back_off(AGAIN, &mut self.desk.chance);
        registrant.stage = Stage::Due(self.now + wait.max(wanted));
    }

    /// It does not want us as we are.
    fn is_unwanted(&mut self, name: &str, registrant: &mut Registrant, status: u16) {
        let why = match status {
            401 | 407 => format!("it does not accept trunk.{name}.username and its password"),
            200..=299 => "it has granted no time at all".to_owned(),
            _ => {
                let phrase = phrase(status);
                format!("it refuses with {status} {phrase}: see trunk.{name}.username")
            }
        };
        self.trouble(name, registrant, why);
        let wait = registrant.back_off(AGAIN_WHEN_UNWANTED, &mut self.desk.chance);
        registrant.stage = Stage::Due(self.now + wait);
    }

    /// Told once, and not at every attempt.
    fn trouble(&mut self, name: &str, registrant: &mut Registrant, why: String) {
        if registrant.trouble.as_ref() != Some(&why) {
            let text = format!("trunk {name}: we cannot register: {why}");
            self.tell(Weight::Warning, None, text);
        }
        registrant.trouble = Some(why);
    }

    fn register(
        &mut self,
        name: &str,
        trunk: &Trunk,
        registrant: &mut Registrant,
        flow: Flow,
        expiry: Duration,
    ) -> ClientId {
        let draft = self.registration(trunk, registrant, flow, expiry);
        // The nonce that we were given last is likely to be good still.
        let account = trunk.credentials.as_ref();
        let draft = match account.and_then(|account| Some((account, account.password.as_ref()?))) {
            Some((account, password)) => {
                let request = draft.clone().finish();
                let known = self.credentials(name, account, password.expose_secret(), &request);
                let with = |draft: Draft, known: &crate::sip::auth::Credential| {
                    draft.with(known.name(), &known.value)
                };
                known.iter().fold(draft, with)
            }
            None => draft,
        };
        self.send(flow, draft)
    }

    fn registration(
        &self,
        trunk: &Trunk,
        registrant: &mut Registrant,
        flow: Flow,
        expiry: Duration,
    ) -> Draft {
        let registrar = Uri::sip(None, &trunk.host, None);
        let username = trunk.credentials.as_ref().map(|account| &*account.username);
        let ours = Address::new(Uri::sip(username, &trunk.host, None));
        let here = shown_address(self.config, &flow);
        let contact = contact(&registrar, here, flow.transport, &registrant.user);
        let cseq = registrant.next_cseq();
        let draft = Draft::request(&Method::Register, &registrar);
        let draft = outbound_proxy(trunk)
            .iter()
            .fold(draft, |draft, proxy| draft.with(Name::ROUTE, proxy));
        draft
            .with(Name::FROM, ours.clone().with_param("tag", &registrant.tag))
            .with(Name::TO, ours)
            .with(Name::CALL_ID, &registrant.call_id)
            .with(Name::CSEQ, format_args!("{cseq} REGISTER"))
            .with(Name::CONTACT, contact)
            .with(Name::EXPIRES, expiry.as_secs())
    }

    /// The trunk with which this request of ours registers.
    pub fn registers_by(&self, client: ClientId) -> Option<String> {
        let mut lines = self.desk.lines.iter();
        let asks = |registrant: &Registrant| registrant.asks(client);
        let found = lines.find(|(_, line)| line.registrant.as_ref().is_some_and(asks));
        found.map(|(name, _)| name.to_owned())
    }

    fn registrant(&mut self, name: &str, trunk: &Trunk) -> Registrant {
        let desk = &mut *self.desk;
        let known = desk.lines.get(name).and_then(|line| line.registrant.clone());
        let expiry = trunk.register.unwrap_or(MAX_EXPIRY);
        known.unwrap_or_else(|| Registrant::new(&mut desk.chance, expiry, self.now))
    }

    fn keep(&mut self, name: &str, registrant: Registrant) {
        if let Some(line) = self.desk.lines.get_mut(name) {
            line.registrant = Some(registrant);
        }
    }
}

/// For how long the Contact with this user is registered: by its own word, or by that for all (RFC 3261 §10.2.4).
fn granted_in(ok: &Message, user: &str) -> Option<Duration> {
    let contacts = ok.contacts().unwrap_or_default();
    let ours = contacts
        .iter()
        .find(|contact| contact.uri.user().as_deref() == Some(user));
    let own = ours.and_then(|ours| ours.param("expires")?.parse().ok());
    own.or(ok.number(Name::EXPIRES))
        .map(|seconds| Duration::from_secs(seconds.into()))
}

fn jitter(span: Duration, chance: &mut Chance) -> Duration {
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(chance.below(millis))
}
