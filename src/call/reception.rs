//! Requests that stand outside of any dialog: who may come in, and to whom.

use super::conversation::Conversation;
use super::emergency::is_for_help;
use super::login;
use super::numbering::number_in;
use super::referral::{self, Replaces};
use super::refusal::{Refusal, phrase};
use super::registrar::{self, Registered, Rules, address_of_record};
use super::ringing::Ask;
use super::route::Caller;
use super::step::Step;
use super::trunk_identity;
use super::world::{ACCEPT_OUTSIDE, ALLOW, Channels, Door, SUPPORTED, World};
use crate::number::{plain, subscriber};
use crate::sip::endpoint::ServerId;
use crate::sip::{Draft, Flow, Message, Method, Name};

/// A request with its transaction and the way it came.
#[derive(Debug)]
pub struct Visit {
    /// The transaction.
    pub server: ServerId,
    /// The way.
    pub flow: Flow,
    /// The request.
    pub request: Message,
}

/// Answers a request that belongs to no dialog.
pub fn receive(step: &mut Step<'_>, visit: Visit) {
    let world = &mut step.world;
    if let Err(refusal) = understood(&visit.request) {
        return turn_away(world, &visit, &refusal);
    }
    match visit.request.method() {
        Method::Invite => invited(step, visit),
        Method::Register => register(world, &visit),
        Method::Options => {
            let draft = Draft::response(&visit.request, 200, phrase(200)).with(Name::ALLOW, ALLOW);
            let draft = draft.with(Name::SUPPORTED, SUPPORTED);
            world.respond_to_stranger(visit.server, draft.with(Name::ACCEPT, ACCEPT_OUTSIDE));
        }
        // They name a dialog that is not there, or was never opened (RFC 3261 §12.2.2, RFC 3311 §5.2).
        Method::Bye | Method::Update | Method::Prack | Method::Info | Method::Notify | Method::Cancel => {
            turn_away(world, &visit, &Refusal::new(481, String::new()));
        }
        Method::Ack => {}
        // Whoever refers must be in the call: else anybody could have calls made (RFC 3515 §5.1).
        Method::Refer => turn_away(world, &visit, &Refusal::new(403, String::new())),
        Method::Subscribe | Method::Message | Method::Publish => {
            turn_away(world, &visit, &Refusal::new(405, String::new()));
        }
        Method::Other(_) => turn_away(world, &visit, &Refusal::new(501, String::new())),
    }
}

/// Whether we understand what the request asks of us, before we ask who sends it (RFC 3261 §8.2.2, §8.2.3).
pub fn understood(request: &Message) -> Result<(), Refusal> {
    let scheme = request
        .uri()
        .map(|uri| uri.scheme().to_owned())
        .unwrap_or_default();
    if !matches!(scheme.as_str(), "sip" | "sips" | "tel") {
        return Err(Refusal::new(
            416,
            format!("the scheme {scheme}: means nothing to us"),
        ));
    }
    let required: Vec<&str> = request
        .list(Name::REQUIRE)
        .chain(request.list(Name::PROXY_REQUIRE))
        .filter(|tag| !tag.is_empty() && !is_known(&request.method(), tag))
        .collect();
    if !required.is_empty() {
        return Err(Refusal::unsupported(required.join(", ")));
    }
    let method = request.method();
    let describes = matches!(method, Method::Invite | Method::Update | Method::Prack);
    if describes && let Some(kind) = request.content().not_understood {
        return Err(Refusal::new(415, format!("{method} with a body of {kind}")));
    }
    // Whoever cannot read our answer cannot be talked to (RFC 3261 §20.1, §21.4.7).
    let readable = ["application/sdp", "application/*", "*/*"];
    let mut accepted = request.list(Name::ACCEPT).peekable();
    if describes && accepted.peek().is_some() && !accepted.any(|kind| names(kind, &readable)) {
        return Err(Refusal::new(
            406,
            format!("{method} from somebody who accepts no SDP"),
        ));
    }
    Ok(())
}

/// Whether we understand an extension that a request of this method requires.
fn is_known(method: &Method, tag: &str) -> bool {
    let ours = match method {
        Method::Register => registrar::SUPPORTED,
        Method::Refer => referral::SUPPORTED,
        _ => SUPPORTED,
    };
    ours.split(", ").any(|known| known.eq_ignore_ascii_case(tag))
}

/// Whether a media type, its parameters aside, is one of these.
fn names(kind: &str, types: &[&str]) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    types.iter().any(|wanted| kind.eq_ignore_ascii_case(wanted))
}

fn invited(step: &mut Step<'_>, visit: Visit) {
    let calls = step.conversations.iter().count();
    let channels = step.conversations.channels();
    let world = &mut step.world;
    let Some(caller) = identify(world, &visit) else {
        return;
    };
    world.recognised = Some(visit.flow);
    let is_for_help = matches!(caller, Caller::Extension(_)) && calls_for_help(world, &visit.request);
    let room = may_travel(&visit.request).and_then(|()| match is_for_help {
        true => is_open(world),
        false => has_room(world, calls).and_then(|()| has_channel(world, channels, &caller)),
    });
    if let Err(refusal) = room {
        return refuse_call(world, &visit, &caller, &refusal);
    }
    if is_for_help {
        step.makes_room_for_help();
    }
    let world = &mut step.world;
    match Replaces::of(&visit.request) {
        Ok(None) => {}
        Ok(Some(replaces)) => return picked_up(step, visit, caller, &replaces),
        Err(refusal) => return refuse_call(world, &visit, &caller, &refusal),
    }
    let ask = Ask {
        caller,
        flow: visit.flow,
        server: visit.server,
        request: visit.request.clone(),
    };
    if let Some(number) = conference_called(world, &ask) {
        let opened = step.open_conference(&ask, &number);
        return opened.unwrap_or_else(|refusal| refuse_call(&mut step.world, &visit, &ask.caller, &refusal));
    }
    let (conversation, destination) = match Conversation::asked_for(world, &ask) {
        Ok(begun) => begun,
        Err(refusal) => return refuse_call(world, &visit, &ask.caller, &refusal),
    };
    step.begin(conversation, |conversation, world| {
        if let Err(refusal) = conversation.ring(world, &ask, &destination) {
            tell_refusal(world, &ask.caller, &refusal);
            conversation.refuse_caller(world, &refusal);
        }
    });
}

/// The number that opens a conference, if a phone of ours has called it.
fn conference_called(world: &World<'_>, ask: &Ask) -> Option<String> {
    let opener = world.config.transfer.conference.clone()?;
    let dialled = number_in(&ask.request.uri().ok()?);
    (matches!(ask.caller, Caller::Extension(_)) && plain(subscriber(&dialled)) == opener).then_some(opener)
}

/// A call that shall take the place of another (RFC 3891).
fn picked_up(step: &mut Step<'_>, visit: Visit, caller: Caller, replaces: &Replaces) {
    let (server, request) = (visit.server, visit.request.clone());
    if let Err(refusal) = step.pick_up(visit, caller.clone(), replaces) {
        tell_refusal(&mut step.world, &caller, &refusal);
        step.world.respond(server, refusal.draft(&request));
    }
}

/// A trunk is known by what it shows ([`trunk_identity`]), a phone by its credentials. Who is neither is asked for
/// credentials, whoever he says he is.
fn identify(world: &mut World<'_>, visit: &Visit) -> Option<Caller> {
    match trunk_identity::of(world, visit.flow, &visit.request) {
        Some(name) => Some(Caller::Trunk(name)),
        None => login::authenticate(world, visit).map(Caller::Extension),
    }
}

fn register(world: &mut World<'_>, visit: &Visit) {
    if address_of_record(&visit.request).is_none() {
        return turn_away(world, visit, &Refusal::new(400, "REGISTER for nobody".into()));
    }
    let Some(extension) = login::authenticate(world, visit) else {
        return;
    };
    world.recognised = Some(visit.flow);
    let config = world.config;
    let rules = Rules {
        lifetime: &config.registration,
        max_contacts: config.limits.max_contacts_per_extension,
    };
    let Registered { response, events } =
        world
            .desk
            .registrar
            .register(world.now, visit.flow, &visit.request, &extension, rules);
    world.respond(visit.server, response);
    world.tells.extend(events);
}

/// Whether a request may be sent on (RFC 3261 §16.3).
fn may_travel(request: &Message) -> Result<(), Refusal> {
    match request.number(Name::MAX_FORWARDS) {
        Some(0) => Err(Refusal::new(
            483,
            "it has been forwarded too often (Max-Forwards 0)".into(),
        )),
        Some(_) | None => Ok(()),
    }
}

/// Whether somebody of ours who sends this INVITE calls for help.
pub fn calls_for_help(world: &World<'_>, invite: &Message) -> bool {
    invite.method() == Method::Invite && is_for_help(world.config, &world.desk.lines.dialled(None, invite))
}

/// Whether anybody may come in.
pub fn is_open(world: &World<'_>) -> Result<(), Refusal> {
    match world.desk.door {
        Door::Open => Ok(()),
        Door::Closing(_) | Door::Closed => Err(Refusal::new(503, "the switch is going down".into())),
    }
}

/// Whether there may be one more call than these.
pub fn has_room(world: &World<'_>, calls: usize) -> Result<(), Refusal> {
    let most = world.config.limits.max_calls;
    is_open(world)?;
    match calls >= most {
        true => Err(Refusal::new(
            503,
            format!("there are {most} calls already (limits.max_calls)"),
        )),
        false => Ok(()),
    }
}

/// A carrier takes no more of us than its channels, so that a flood over one leaves room for the others.
fn has_channel(world: &World<'_>, channels: &Channels, caller: &Caller) -> Result<(), Refusal> {
    let Caller::Trunk(name) = caller else {
        return Ok(());
    };
    let most = world.config.trunks.get(name).and_then(|trunk| trunk.max_calls);
    let taken = channels.of_trunk(name);
    match most {
        Some(most) if taken >= most => Err(Refusal::new(
            503,
            format!("it has {most} calls already (trunk.{name}.max_calls)"),
        )),
        Some(_) | None => Ok(()),
    }
}

fn refuse_call(world: &mut World<'_>, visit: &Visit, caller: &Caller, refusal: &Refusal) {
    tell_refusal(world, caller, refusal);
    match caller {
        Caller::Extension(_) => world.respond(visit.server, refusal.draft(&visit.request)),
        // It is known by its address alone, which can be forged.
        Caller::Trunk(_) => turn_away(world, visit, refusal),
    }
}

fn tell_refusal(world: &mut World<'_>, caller: &Caller, refusal: &Refusal) {
    let who = match caller {
        Caller::Extension(number) => number.clone(),
        Caller::Trunk(name) => format!("trunk {name}"),
    };
    let text = format!(
        "a call from {who} is refused with {}: {}",
        refusal.status, refusal.why
    );
    world.warn_of(&format!("{who} {}", refusal.status), text);
}

/// The refusal of somebody who has not shown who it is.
fn turn_away(world: &mut World<'_>, visit: &Visit, refusal: &Refusal) {
    world.respond_to_stranger(visit.server, refusal.draft(&visit.request));
}
