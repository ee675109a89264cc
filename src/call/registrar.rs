//! The registrar: which phones an extension has, and how each of them is reached (RFC 3261 §10.3).
//!
//! Who the phone is has been settled before: the extension given here is the one whose password the
//! request proved to know.

mod contacts;
mod outbound;

use self::contacts::{After, ContactList};
use super::binding::{Binding, Precedence};
use super::view::RegistrationView;
use super::{Event, Weight};
use crate::config::valid::Registration;
use crate::sip::{Address, CSeq, Draft, Flow, Malformed, Message, Name};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Every binding of every extension.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registrar {
    extensions: BTreeMap<String, Vec<Binding>>,
    /// No binding ends before this moment. It may be too early, after a refresh, but never too late.
    soonest_end: Option<Time>,
}

/// What comes of one REGISTER.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The response, complete but for the To tag.
    pub response: Draft,
    /// What the log should know.
    pub events: Vec<Event>,
}

/// What REGISTER may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// How long a binding may live.
    pub lifetime: &'a Registration,
    /// Contacts registered at one time for one extension; the next takes an older one's place.
    pub max_contacts: usize,
}

/// The extensions that a REGISTER may require (RFC 3327, RFC 5626).
pub const SUPPORTED: &str = "path, outbound";

/// Longer names of phones are cut, in characters.
const MAX_USER_AGENT_CHARS: usize = 120;

/// Shorter lives than this are the only ones that may be called too brief (RFC 3261 §10.3 step 7).
const NEVER_TOO_BRIEF: Duration = Duration::from_secs(3600);

impl Registrar {
    /// A registrar that knows nobody yet.
    pub fn new() -> Registrar {
        Registrar::default()
    }

    /// Does what a REGISTER asks for, all of it or nothing (RFC 3261 §10.3). `extension` is whom the
    /// sender proved to be; a To that names somebody else is refused with 403 (step 4).
    pub fn register(
        &mut self,
        now: Time,
        flow: Flow,
        request: &Message,
        extension: &str,
        rules: Rules<'_>,
    ) -> Registered {
        let mut events = self.expire(now);
        let known = self.extensions.get(extension).map_or(&[][..], Vec::as_slice);
        let response = match after(known, now, flow, request, extension, rules) {
            Ok(After { bindings, displaced }) => {
                events.extend(changes(extension, known, &displaced, &bindings));
                let response = success(now, flow, request, &bindings);
                self.keep(extension, bindings);
                response
            }
            Err(refusal) => {
                events.push(refusal.event(extension, flow));
                refusal.response(request)
            }
        };
        Registered { response, events }
    }

    /// The contacts of an extension that can be called now, the least recently refreshed first.
    pub fn contacts(&self, extension: &str, now: Time) -> impl Iterator<Item = &Binding> {
        let bindings = self.extensions.get(extension).into_iter().flatten();
        bindings.filter(move |binding| binding.expires > now && binding.can_be_called())
    }

    /// The contacts that a call rings: of each device only the flow that it refreshed last (RFC 5626 §7), or it would
    /// ring twice. The others are there for when that one is gone.
    pub fn to_ring(&self, extension: &str, now: Time) -> Vec<&Binding> {
        let all: Vec<&Binding> = self.contacts(extension, now).collect();
        let is_last = |(at, binding): &(usize, &&Binding)| {
            let later = &all[at + 1..];
            !later.iter().any(|other| other.is_another_flow_of(binding))
        };
        let last = all.iter().enumerate().filter(is_last);
        last.map(|(_, binding)| *binding).collect()
    }

    /// A connection has closed: phones that registered over it cannot be reached any more, for nobody can
    /// connect to a phone behind a NAT (RFC 5626 §5.3). A refused datagram proves no such thing.
    pub fn flow_closed(&mut self, flow: Flow) -> Vec<Event> {
        if flow.transport.is_unreliable() {
            return Vec::new();
        }
        self.forget(|binding| binding.flow == flow, "the connection closed")
    }

    /// Drops what has ended. Cheap if nothing has.
    pub fn expire(&mut self, now: Time) -> Vec<Event> {
        if self.soonest_end.is_none_or(|end| end > now) {
            return Vec::new();
        }
        let events = self.forget(|binding| binding.expires <= now, "not refreshed in time");
        self.soonest_end = self.bindings().map(|(_, binding)| binding.expires).min();
        events
    }

    /// When [`Registrar::expire`] wants to be called next.
    pub fn deadline(&self) -> Option<Time> {
        self.soonest_end
    }

    /// Every binding with its extension, as the control interface shows them.
    pub fn views(&self) -> Vec<RegistrationView> {
        self.bindings()
            .map(|(extension, binding)| binding.view(extension))
            .collect()
    }

    /// How many contacts are registered.
    pub fn len(&self) -> usize {
        self.extensions.values().map(Vec::len).sum()
    }

    /// Whether nobody is registered.
    pub fn is_empty(&self) -> bool {
        self.extensions.is_empty()
    }

    fn bindings(&self) -> impl Iterator<Item = (&str, &Binding)> {
        self.extensions
            .iter()
            .flat_map(|(name, list)| list.iter().map(move |binding| (name.as_str(), binding)))
    }

    fn keep(&mut self, extension: &str, bindings: Vec<Binding>) {
        let ends = bindings.iter().map(|binding| binding.expires);
        self.soonest_end = ends.chain(self.soonest_end).min();
        if bindings.is_empty() {
            self.extensions.remove(extension);
        } else {
            self.extensions.insert(extension.to_owned(), bindings);
        }
    }

    fn forget(&mut self, lost: impl Fn(&Binding) -> bool, why: &str) -> Vec<Event> {
        let mut events = Vec::new();
        self.extensions.retain(|extension, bindings| {
            for binding in bindings.extract_if(.., |binding| lost(binding)) {
                events.push(gone(extension, &binding, why));
            }
            !bindings.is_empty()
        });
        events
    }
}

/// The extension that a REGISTER is about: the user part of its To (RFC 3261 §10.3 step 5).
pub fn address_of_record(request: &Message) -> Option<String> {
    request.to().ok()?.uri.user()
}

/// Why a REGISTER is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error("{0}")]
    BadRequest(&'static str),
    #[error("it asked to register somebody else")]
    NotYours,
    #[error("too many contacts")]
    TooManyContacts,
    #[error("it wants to be called over TLS, and does not register over TLS")]
    NotOverTls,
    #[error("it came through a proxy that does not keep its flow (RFC 5626)")]
    FirstHopLacksOutbound,
    #[error("it requires {0}")]
    Unsupported(&'static str),
    #[error("it asked for less than {} s", .0.as_secs())]
    TooBrief(Duration),
    #[error("a later REGISTER has overtaken it")]
    Overtaken,
}

impl Refusal {
    fn response(self, request: &Message) -> Draft {
        match self {
            Refusal::BadRequest(what) => Draft::response(request, 400, what),
            Refusal::NotYours => Draft::response(request, 403, "Forbidden"),
            Refusal::TooManyContacts => Draft::response(request, 403, "Too Many Contacts"),
            Refusal::NotOverTls => Draft::response(request, 403, "Contact Needs Registration Over TLS"),
            Refusal::FirstHopLacksOutbound => {
                Draft::response(request, 439, "First Hop Lacks Outbound Support")
            }
            Refusal::Unsupported(what) => {
                Draft::response(request, 420, "Bad Extension").with(Name::UNSUPPORTED, what)
            }
            Refusal::TooBrief(least) => {
                Draft::response(request, 423, "Interval Too Brief").with(Name::MIN_EXPIRES, least.as_secs())
            }
            Refusal::Overtaken => Draft::response(request, 500, "CSeq Out Of Order"),
        }
    }

    fn event(self, extension: &str, flow: Flow) -> Event {
        tell(
            Weight::Warning,
            format!("REGISTER of {extension} from {flow} refused: {self}"),
        )
    }
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Refusal {
        Refusal::BadRequest(malformed.what)
    }
}

/// The bindings as they stand after this REGISTER.
fn after(
    known: &[Binding],
    now: Time,
    flow: Flow,
    request: &Message,
    extension: &str,
    rules: Rules<'_>,
) -> Result<After, Refusal> {
    if address_of_record(request).as_deref() != Some(extension) {
        return Err(Refusal::NotYours);
    }
    let (call_id, cseq) = (request.call_id()?, request.cseq()?);
    if request.list(Name::CONTACT).any(|value| value == "*") {
        return all_removed(known, request, call_id, &cseq);
    }
    let mut list = ContactList::of(known);
    let reg_id = outbound::granted(request, flow)?;
    for contact in request.contacts()? {
        let life = lifetime(&contact, request, rules.lifetime)?;
        let wish = binding(contact, reg_id, now + life, flow, request, call_id, &cseq);
        if !life.is_zero() && !wish.is_reached_as_it_asks() {
            return Err(Refusal::NotOverTls);
        }
        list.update(wish, &cseq, life.is_zero())?;
    }
    list.settled(flow.remote.ip(), rules.max_contacts)
}

/// `Contact: *` stands alone and only with `Expires: 0` (RFC 3261 §10.2.2 and §10.3 step 6).
fn all_removed(known: &[Binding], request: &Message, call_id: &str, cseq: &CSeq) -> Result<After, Refusal> {
    if request.list(Name::CONTACT).count() != 1 || request.number(Name::EXPIRES) != Some(0) {
        return Err(Refusal::BadRequest(
            "Contact * Needs Expires 0 And No Other Contact",
        ));
    }
    let overtaken = known
        .iter()
        .any(|binding| binding.precedence(call_id, cseq) == Precedence::Overtaken);
    if overtaken {
        Err(Refusal::Overtaken)
    } else {
        Ok(After {
            bindings: Vec::new(),
            displaced: Vec::new(),
        })
    }
}

/// How long this contact shall live; zero to remove it. What is malformed counts as not said
/// (RFC 3261 §10.2.1.1, §20.19).
fn lifetime(contact: &Address, request: &Message, rules: &Registration) -> Result<Duration, Refusal> {
    let own = contact.param("expires").map(|text| text.parse::<u32>().ok());
    let wish = own.unwrap_or_else(|| request.number(Name::EXPIRES));
    let wish = wish.map_or(rules.default_expiry, |seconds| {
        Duration::from_secs(seconds.into())
    });
    if !wish.is_zero() && wish < rules.min_expiry && wish < NEVER_TOO_BRIEF {
        return Err(Refusal::TooBrief(rules.min_expiry));
    }
    Ok(wish.min(rules.max_expiry))
}

fn binding(
    mut contact: Address,
    reg_id: Option<u32>,
    expires: Time,
    flow: Flow,
    request: &Message,
    call_id: &str,
    cseq: &CSeq,
) -> Binding {
    contact.params.retain(|(name, _)| name != "expires");
    let contact_says_reg_id = contact.param("reg-id").is_some();
    let user_agent = request.text(Name::USER_AGENT).unwrap_or_default();
    Binding {
        contact,
        flow,
        call_id: call_id.to_owned(),
        cseq: cseq.number,
        expires,
        path: request.list(Name::PATH).map(str::to_owned).collect(),
        reg_id: reg_id.filter(|_| contact_says_reg_id),
        user_agent: user_agent.chars().take(MAX_USER_AGENT_CHARS).collect(),
    }
}

/// 200 with every binding and the Path as it came (RFC 3261 §10.3 step 8, RFC 3327 §5.3). A Path is taken even if the
/// phone does not say that it knows it: the proxy that adds it stands on the way of every request anyway.
fn success(now: Time, flow: Flow, request: &Message, bindings: &[Binding]) -> Draft {
    let draft = Draft::response(request, 200, "OK").with(Name::SUPPORTED, SUPPORTED);
    let draft = match outbound::granted(request, flow) {
        Ok(Some(_)) => draft.with(Name::REQUIRE, outbound::OUTBOUND),
        Ok(None) | Err(_) => draft,
    };
    let paths = request.list(Name::PATH);
    let draft = paths.fold(draft, |draft, path| draft.with(Name::PATH, path));
    bindings.iter().fold(draft, |draft, binding| {
        draft.with(Name::CONTACT, binding.listed(now))
    })
}

/// The sentences about what is new and what is gone; mere refreshing is a detail.
fn changes(extension: &str, before: &[Binding], displaced: &[Binding], now: &[Binding]) -> Vec<Event> {
    let stayed =
        |binding: &Binding, list: &[Binding]| list.iter().any(|other| other.is_same_contact(binding));
    let lost = before.iter().filter(|old| !stayed(old, now));
    let lost = lost.map(|old| match displaced.contains(old) {
        true => gone(
            extension,
            old,
            "a newer one took its place (limits.max_contacts_per_extension)",
        ),
        false => gone(extension, old, "the phone took it back or moved"),
    });
    let here = now.iter().filter(|new| !before.contains(new)).map(|new| {
        let weight = if stayed(new, before) {
            Weight::Detail
        } else {
            Weight::Story
        };
        let Binding { contact, flow, .. } = new;
        let text = format!("{extension} registered {} over {flow}", contact.uri);
        let text = match new.user_agent.as_str() {
            "" => text,
            name => format!("{text} ({name})"),
        };
        tell(weight, text)
    });
    lost.chain(here).collect()
}

fn gone(extension: &str, binding: &Binding, why: &str) -> Event {
    let Binding { contact, flow, .. } = binding;
    tell(
        Weight::Story,
        format!("{extension} lost {} over {flow}: {why}", contact.uri),
    )
}

fn tell(weight: Weight, text: String) -> Event {
    Event {
        weight,
        conversation: None,
        text,
    }
}

#[cfg(test)]
mod tests;
