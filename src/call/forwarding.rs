//! A phone sends its callers on: a 3xx with the new number in its Contact (RFC 3261 §8.1.3.4). The call goes
//! there as if the phone's extension had called that number, so it cannot go where the extension may not. What
//! a carrier answers is never followed: a stranger could telephone at our expense.

use super::caller_id::{CallerId, Wish};
use super::conversation::{Conversation, Story};
use super::diversion::Diversion;
use super::event::Weight;
use super::inviting::Shown;
use super::leg::{Heard, Invitation, LegState, Party};
use super::numbering::number_in;
use super::refusal::{Refusal, Verdict};
use super::route::{Caller, Destination, route};
use super::targets::{Target, in_words};
use super::world::World;
use crate::id::LegId;
use crate::sip::{Address, Message};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// So often one call is sent on at most.
const MAX_FORWARDS_PER_CALL: usize = 8;

/// So many contacts of one answer are tried at most.
const MAX_CONTACTS_PER_ANSWER: usize = 10;

/// Where a call has been, so that it cannot go in circles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// The numbers that were asked, and the caller's own.
    asked: BTreeSet<String>,
    /// How often somebody has sent it on.
    forwards: usize,
}

/// A phone that sends its caller on.
struct Forwarder {
    extension: String,
    /// With which INVITE it was asked.
    invitation: Invitation,
    /// Whether it has rung before.
    has_rung: bool,
}

/// Where a call goes on.
struct Onward {
    destination: Destination,
    /// What it shows if that is outside.
    caller_id: Option<CallerId>,
    targets: Vec<Target>,
}

impl Trail {
    /// The trail of a call that has not been sent on yet.
    pub fn new(caller: &Caller, destination: &Destination) -> Trail {
        let caller = match caller {
            Caller::Extension(number) => Some(number.clone()),
            Caller::Trunk(_) => None,
        };
        Trail {
            asked: numbers(destination).into_iter().chain(caller).collect(),
            forwards: 0,
        }
    }

    /// What is new to this call of a destination: of a group, those who have not had it yet.
    fn leads_to(&self, destination: Destination) -> Result<Destination, Refusal> {
        if self.forwards >= MAX_FORWARDS_PER_CALL {
            let why = format!("the call has been forwarded {MAX_FORWARDS_PER_CALL} times already");
            return Err(Refusal::new(483, why));
        }
        let is_new = |number: &String| !self.asked.contains(number);
        match destination {
            Destination::Extensions { dialled, mut ring } => {
                ring.retain(is_new);
                match ring.is_empty() {
                    true => Err(had_already(&dialled)),
                    false => Ok(Destination::Extensions { dialled, ring }),
                }
            }
            Destination::Outside { number, .. } if !is_new(&number) => Err(had_already(&number)),
            Destination::Outside { .. } => Ok(destination),
        }
    }

    fn goes_on(&mut self, destination: &Destination) {
        self.asked.extend(numbers(destination));
        self.forwards += 1;
    }
}

impl Conversation {
    /// Somebody we ring says that the call should go elsewhere.
    pub fn redirected(&mut self, world: &mut World<'_>, leg: LegId, response: &Message) {
        let Some(forwarder) = self.forwarder(leg) else {
            return self.refuses(world, leg, Verdict::of(response));
        };
        let contacts = forward_contacts(response);
        if contacts.is_empty() {
            return self.refuses(world, leg, Verdict::of(response));
        }
        let extension = forwarder.extension.clone();
        match self.way_on(world, &forwarder, response, &contacts) {
            Ok(onward) => self.send_on(world, leg, &forwarder, onward),
            Err(refusal) => {
                let text = format!("{extension} forwards in vain: {}", refusal.why);
                world.tell(Weight::Warning, Some(self.id), text);
                self.legs.remove(&leg);
                self.counts_refusal(world, Verdict::of_status(refusal.status), false);
            }
        }
    }

    /// The phone that this is; none for a carrier, and none while people wait who were handed on: their call goes where
    /// the agent has sent it, and no further.
    fn forwarder(&self, leg: LegId) -> Option<Forwarder> {
        if !matches!(self.story, Story::Ringing { .. }) {
            return None;
        }
        let leg = self.legs.get(&leg)?;
        let Party::Extension(identity) = &leg.party else {
            return None;
        };
        let LegState::Asked {
            invitation, heard, ..
        } = &leg.state
        else {
            return None;
        };
        Some(Forwarder {
            extension: identity.number.clone(),
            invitation: (**invitation).clone(),
            has_rung: *heard == Heard::Ringing,
        })
    }

    /// The first of these contacts, best first, to which the call can go; otherwise why the best cannot.
    fn way_on(
        &self,
        world: &mut World<'_>,
        forwarder: &Forwarder,
        moved: &Message,
        contacts: &[Address],
    ) -> Result<Onward, Refusal> {
        let extension = &forwarder.extension;
        let forwards = |known: &crate::config::valid::Extension| known.forward;
        if !world.config.extensions.get(extension).is_some_and(forwards) {
            return Err(Refusal::new(
                480,
                format!("extension.{extension}.forward is false"),
            ));
        }
        if forwarder.invitation.hops == 0 {
            let why = "the call has come too far (Max-Forwards 0)".to_owned();
            return Err(Refusal::new(483, why));
        }
        let mut ways = contacts.iter().map(|contact| {
            let why = Diversion::by_phone(moved, contact, forwarder.has_rung);
            self.way_to_contact(world, extension, contact, why)
        });
        let Some(best) = ways.next() else {
            return Err(Refusal::new(480, "no number".into()));
        };
        best.or_else(|why| ways.find_map(Result::ok).ok_or(why))
    }

    fn way_to_contact(
        &self,
        world: &mut World<'_>,
        extension: &str,
        contact: &Address,
        why: Diversion,
    ) -> Result<Onward, Refusal> {
        let Story::Ringing { trail, .. } = &self.story else {
            return Err(Refusal::new(480, "the call is over".into()));
        };
        let number =
            Some(number_in(&contact.uri)).filter(|number| is_callable(contact) && !number.is_empty());
        let number = number.ok_or_else(|| Refusal::new(480, "its Contact names no number".into()))?;
        let destination = route(world.config, &Caller::Extension(extension.to_owned()), &number)
            .map_err(|why| not_there(why.into()))?;
        let destination = trail.leads_to(destination)?;
        if matches!(destination, Destination::Outside { .. }) && self.is_our_own(world.config) {
            let why = "the call is our own, come back from outside".to_owned();
            return Err(Refusal::new(482, why));
        }
        let caller_id = match &destination {
            Destination::Extensions { .. } => None,
            Destination::Outside { account, .. } => match account.shows(world.config, None) {
                Some(shown) => Some(shown),
                None => Some(self.shown_onward(world.config, extension, &Wish::default(), why)?),
            },
        };
        let targets = self.targets(world, &destination).map_err(not_there)?;
        Ok(Onward {
            destination,
            caller_id,
            targets,
        })
    }

    /// Rings there instead. The time to ring begins anew, as somebody else is asked.
    fn send_on(&mut self, world: &mut World<'_>, leg: LegId, forwarder: &Forwarder, onward: Onward) {
        let invitation = &forwarder.invitation;
        let shown = match onward.caller_id {
            None => Shown::Inside(invitation.shown.clone()),
            Some(caller_id) => Shown::Outside(caller_id),
        };
        let hops = invitation.hops.saturating_sub(1);
        let names = onward.targets.iter().map(|target| target.party.label_and_trunk());
        let whom = in_words(names.collect::<BTreeSet<String>>());
        self.legs.remove(&leg);
        if let Err(refusal) = self.ring_all(world, &shown, hops, onward.targets) {
            return self.counts_refusal(world, Verdict::of_status(refusal.status), false);
        }
        world.tell(
            Weight::Story,
            Some(self.id),
            format!("{} forwards to {whom}", forwarder.extension),
        );
        let ring = world.config.timers.ring;
        if let Story::Ringing { trail, until, .. } = &mut self.story {
            trail.goes_on(&onward.destination);
            *until = world.now + ring;
        }
        self.tell_forwarded(world);
    }

    /// 181 to the caller, unless it knows more by now.
    fn tell_forwarded(&mut self, world: &mut World<'_>) {
        let Story::Ringing { caller, .. } = self.story else {
            return;
        };
        let Some(caller) = self.legs.get_mut(&caller) else {
            return;
        };
        if let LegState::Asking { told: None, .. } = caller.state {
            caller.tell(world, 181);
        }
    }
}

/// Where a 3xx wants the call to go, best first (RFC 3261 §8.1.3.4). Only the three that name another place to
/// call count: a proxy to be used (305) or another service (380) is not where somebody can be reached.
fn forward_contacts(response: &Message) -> Vec<Address> {
    if !matches!(response.status(), Some(300..=302)) {
        return Vec::new();
    }
    let mut contacts = response.contacts().unwrap_or_default();
    contacts.truncate(MAX_CONTACTS_PER_ANSWER);
    contacts.sort_by_key(|contact| std::cmp::Reverse(thousandths(contact.param("q"))));
    contacts
}

fn is_callable(contact: &Address) -> bool {
    matches!(contact.uri.scheme(), "sip" | "sips" | "tel")
}

/// A q-value of RFC 3261 §25.1, in thousandths; 1 if it is not given or cannot be read.
fn thousandths(q: Option<&str>) -> u32 {
    let parsed = q
        .and_then(|q| q.parse::<f32>().ok())
        .filter(|q| (0.0..=1.0).contains(q));
    (parsed.unwrap_or(1.0) * 1000.0) as u32
}

/// Whoever calls is not told what the one who is called may not: there is nobody.
fn not_there(why: Refusal) -> Refusal {
    match why.status {
        403 | 404 => Refusal::new(480, why.why),
        _ => why,
    }
}

fn had_already(number: &str) -> Refusal {
    Refusal::new(482, format!("{number} has had this call already"))
}

/// Everybody who is asked if a call goes there.
fn numbers(destination: &Destination) -> Vec<String> {
    match destination {
        Destination::Extensions { ring, .. } => ring.clone(),
        Destination::Outside { number, .. } => vec![number.clone()],
    }
}
