//! Who is it? A phone proves it by its password; whoever guesses is not listened to for a while.

use super::guard;
use super::reception::{Visit, calls_for_help};
use super::refusal::phrase;
use super::world::World;
use crate::sip::auth::{Doubt, Why};
use crate::sip::{Draft, Message, Name};
use secrecy::ExposeSecret;
use std::time::Duration;

/// The extension whose password the sender knows. If it knows none it has been challenged, in the same words
/// whether the extension exists or not (RFC 3261 §22.1).
pub fn authenticate(world: &mut World<'_>, visit: &Visit) -> Option<String> {
    let source = visit.flow.remote.ip();
    let user = claimed(world, &visit.request);
    if !is_known_phone(world, visit)
        && let Some(left) = world.desk.guard.ban_left(world.now, source, &user)
    {
        turn_away(world, visit, left);
        return None;
    }
    let desk = &mut *world.desk;
    let extensions = &world.config.extensions;
    let password_of = |user: &str| {
        let extension = extensions.get(user);
        extension.map(|extension| extension.password.expose_secret())
    };
    let (now, request) = (world.now, &visit.request);
    let verdict = desk.challenger.verify(now, source, request, password_of);
    verdict.map_err(|doubt| challenge(world, visit, &doubt)).ok()
}

/// A phone that is registered, and asks for nobody but itself, is heard even if somebody behind the same NAT guesses
/// passwords: it comes over the way on which it registered, or refreshes that registration over a new one, and its
/// Call-ID is known to nobody else. For a call for help it is enough that its extension is registered from its address.
fn is_known_phone(world: &World<'_>, visit: &Visit) -> bool {
    let from = || visit.request.from().ok().and_then(|from| from.uri.user());
    let claimed = world.desk.challenger.claimed(&visit.request).or_else(from);
    let is_for_help = calls_for_help(world, &visit.request);
    claimed.is_some_and(|extension| {
        let mut contacts = world.desk.registrar.contacts(&extension, world.now);
        contacts.any(|binding| {
            let same_call_id = visit.request.call_id().is_ok_and(|id| id == binding.call_id);
            let is_near = binding.flow.remote.ip() == visit.flow.remote.ip();
            binding.flow == visit.flow || (is_near && (same_call_id || is_for_help))
        })
    })
}

/// 503 with the time that is left, and not 403: a good phone that starts up behind the same NAT comes back by itself
/// then, and does not tell its user that the password is wrong. Nothing is verified and nothing kept. Silence would
/// spare no more, for good phones would repeat themselves.
fn turn_away(world: &mut World<'_>, visit: &Visit, left: Duration) {
    let seconds = left.as_secs().max(1);
    let draft = Draft::response(&visit.request, 503, phrase(503)).with(Name::RETRY_AFTER, seconds);
    world.respond_to_stranger(visit.server, draft);
}

fn challenge(world: &mut World<'_>, visit: &Visit, doubt: &Doubt) {
    if doubt.why == Why::Elsewhere {
        return misdirected(world, visit);
    }
    let draft = Draft::response(&visit.request, 401, phrase(401));
    let draft = doubt
        .challenges
        .iter()
        .fold(draft, |draft, field| draft.with(Name::WWW_AUTHENTICATE, field));
    match doubt.why {
        Why::Unasked | Why::Stale | Why::Elsewhere => world.respond_to_stranger(visit.server, draft),
        // It is where it says it is, and what comes again is not to count again.
        Why::Wrong => {
            world.respond(visit.server, draft);
            failed(world, visit);
        }
    }
}

/// The password is right and the request is not the one that was signed. Asking again would bring the same, so it is
/// refused (RFC 2617 §3.2.2.5), and nothing is held against anybody.
fn misdirected(world: &mut World<'_>, visit: &Visit) {
    let draft = Draft::response(&visit.request, 400, "The Digest Is For Another Request-URI");
    world.respond_to_stranger(visit.server, draft);
    let source = visit.flow.remote.ip();
    let text = format!(
        "{} at {source} signs another Request-URI than has come: a proxy before it must leave the host as it is, or write {}",
        claimed(world, &visit.request),
        world.config.domain
    );
    world.warn_of(&format!("{source} 400"), text);
}

fn failed(world: &mut World<'_>, visit: &Visit) {
    let limits = &world.config.limits;
    let rules = guard::Rules {
        max_failures_per_minute: limits.max_failed_logins_per_minute,
        ban: limits.failed_login_ban,
    };
    let user = claimed(world, &visit.request);
    let what = format!("{} for {user}", visit.request.method());
    let events = world
        .desk
        .guard
        .failed(world.now, visit.flow.remote.ip(), &user, what, rules);
    world.tells.extend(events);
}

/// Which of our extensions the sender says it is, for whoever has to find the phone with the old password.
fn claimed(world: &World<'_>, request: &Message) -> String {
    let from = || request.from().ok().and_then(|from| from.uri.user());
    let user = world.desk.challenger.claimed(request).or_else(from);
    let known = user.filter(|user| world.config.extensions.contains_key(user));
    known.unwrap_or_else(|| "nobody of ours".to_owned())
}
