//! When we register, and what becomes of it: again before it ends, at another server where one is of no use, and after a
//! while where all is in vain.

use super::request::{granted_in, ours};
use super::{Granted, Registrant, Stage, jitter};
use crate::call::event::Weight;
use crate::call::refusal::phrase;
use crate::call::world::World;
use crate::config::valid::Trunk;
use crate::sip::{ClientId, Flow, Message, Name};
use std::time::Duration;

/// Nobody is registered for longer, whatever a 423 asks for.
const MAX_EXPIRY: Duration = Duration::from_secs(86_400);

/// How long we wait before we try again, where nobody answers or has room: at first, and at most.
const AGAIN: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(300));
/// The same where the carrier does not want us: it will not before somebody has changed the configuration, and some
/// carriers lock out who tries too often.
const AGAIN_WHEN_UNWANTED: (Duration, Duration) = (Duration::from_secs(300), Duration::from_secs(3600));

impl World<'_> {
    /// Sees to it that we are registered where we are to be. When we go down, that we no longer are.
    pub fn look_after_registrations(&mut self) {
        self.with_each_registrant(World::look_after);
    }

    /// We go down: the carriers need send us no more calls.
    pub fn leave_registrars(&mut self) {
        self.with_each_registrant(World::leave);
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

    /// The trunk with which this request of ours registers.
    pub fn registers_by(&self, client: ClientId) -> Option<String> {
        let mut lines = self.desk.lines.iter();
        let asks = |registrant: &Registrant| registrant.asks(client);
        let found = lines.find(|(_, line)| line.registrant.as_ref().is_some_and(asks));
        found.map(|(name, _)| name.to_owned())
    }

    /// Our registrations with all carriers that want one take a step.
    fn with_each_registrant(&mut self, step: impl Fn(&mut Self, &str, &Trunk, &mut Registrant)) {
        let trunks = self.config.trunks.iter();
        for (name, trunk) in trunks.filter(|(_, trunk)| trunk.register.is_some()) {
            let mut registrant = self.registrant(name, trunk);
            step(self, name, trunk, &mut registrant);
            self.keep(name, registrant);
        }
    }

    fn leave(&mut self, name: &str, trunk: &Trunk, registrant: &mut Registrant) {
        registrant.stage = match registrant.granted(self.now) {
            Some(Granted { flow, .. }) => Stage::Leaving {
                client: self.register(name, trunk, registrant, flow, Duration::ZERO),
                until: self.now + trunk.timeout,
            },
            None => Stage::Left,
        };
        registrant.granted = None;
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
        let contact = ok.and_then(|ok| ours(ok, &registrant.user));
        let span = ok.and_then(|ok| granted_in(ok, contact.as_ref()));
        let span = span.unwrap_or(registrant.expiry);
        if span.is_zero() {
            return self.is_unwanted(name, registrant, 200);
        }
        let was = registrant.granted(self.now).map(|granted| granted.flow);
        if was != Some(flow) || registrant.trouble.is_some() {
            let text = format!("trunk {name}: registered at {flow} for {} s", span.as_secs());
            self.tell(Weight::Story, None, text);
        }
        let listed = contact.map(|contact| contact.uri.user().unwrap_or_default());
        registrant.renamed = listed.filter(|user| *user != registrant.user);
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
