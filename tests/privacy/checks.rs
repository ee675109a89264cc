//! What must never be, whatever happens: each rule here is one promise, read off the wiring alone.

use super::house::MAX_CALLS_OUT;
use super::scene::{Place, Purpose, Scene};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash};
use std::mem::discriminant;
use tandem::call::conversation::{Conversation, Story};
use tandem::call::leg::{Leg, LegState, Side};
use tandem::id::LegId;
use tandem::wiring::{Row, Voice, Wiring};

/// The first promise that is broken, in words.
pub(crate) fn broken_promise(talk: &Conversation, scene: &Scene, muted: &BTreeSet<LegId>) -> Option<String> {
    let wiring = talk.wiring();
    let fault = table_is_closed(&wiring)
        .or_else(|| nobody_muted_is_heard(talk, &wiring, muted))
        .or_else(|| wiring.rows.iter().find_map(|row| row_is_private(row, scene)))
        .or_else(|| tape_is_private(talk, &wiring, scene))
        .or_else(|| private_tape_is_of_the_private_side(talk, &wiring, scene))
        .or_else(|| {
            wiring
                .rows
                .iter()
                .find_map(|row| nobody_is_lost(talk, row, scene))
        })
        .or_else(|| {
            wiring
                .rows
                .iter()
                .find_map(|row| nobody_sits_in_silence(talk, row, scene))
        });
    fault.or_else(|| everybody_is_there(talk, scene))
}

/// No extension has more calls to the outside than it may, however they have come about, and there is none on nobody's
/// account.
pub(crate) fn calls_out_too_much<'t>(talks: impl Iterator<Item = &'t Conversation>) -> Option<String> {
    let mut calls: BTreeMap<&str, usize> = BTreeMap::new();
    for talk in talks {
        talk.calls_out()
            .for_each(|extension| *calls.entry(extension).or_default() += 1);
        let is_called =
            |leg: &&Leg| matches!(leg.state, LegState::Asked { .. }) && leg.party.trunk().is_some();
        let mut called = talk.legs.values().filter(is_called);
        if let Some(leg) = called.find(|leg| leg.account.is_none()) {
            return Some(format!("{} is called outside on nobody's account", leg.id));
        }
    }
    let (extension, calls) = calls.into_iter().find(|(_, calls)| *calls > MAX_CALLS_OUT)?;
    Some(format!("{extension} has {calls} calls to the outside"))
}

/// A row names only legs of its own table, each once, and never itself: nobody hears himself.
fn table_is_closed(wiring: &Wiring) -> Option<String> {
    let legs: BTreeSet<LegId> = wiring.rows.iter().map(|row| row.leg).collect();
    for row in &wiring.rows {
        let voices: Vec<LegId> = voices(row).collect();
        let once: BTreeSet<LegId> = voices.iter().copied().collect();
        if once.len() != voices.len() || once.contains(&row.leg) || !once.is_subset(&legs) {
            return Some(format!(
                "{} hears {:?} at a table of {legs:?}",
                row.leg, row.hears
            ));
        }
    }
    let stranger = on_tapes(wiring).find(|leg| !legs.contains(leg));
    stranger.map(|leg| format!("the tape hears {leg}, which is not in the table"))
}

/// Whoever wants not to be heard is heard by nobody and on no tape, until that is taken back; nobody else is muted.
fn nobody_muted_is_heard(talk: &Conversation, wiring: &Wiring, muted: &BTreeSet<LegId>) -> Option<String> {
    let mut heard = wiring.rows.iter().flat_map(voices).chain(on_tapes(wiring));
    if let Some(leg) = heard.find(|leg| muted.contains(leg)) {
        return Some(format!("{leg} is muted, and heard"));
    }
    let mut legs = talk.legs.values();
    let other = legs.find(|leg| leg.muted != muted.contains(&leg.id));
    other.map(|leg| format!("{} is muted: {}", leg.id, leg.muted))
}

/// Nobody hears a voice from another room: not the customer what is private, and not the private side what is
/// said at the table.
fn row_is_private(row: &Row, scene: &Scene) -> Option<String> {
    let room = scene.room(row.leg);
    let stranger = voices(row).find(|voice| room.is_none() || scene.room(*voice) != room);
    stranger.map(|voice| {
        let (here, there) = (room, scene.room(voice));
        format!("{} ({here:?}) hears {voice} ({there:?})", row.leg)
    })
}

/// The tape hears the customer on the left, and on the right who speaks where the customer is, and nobody else;
/// and while it is paused it hears nobody at all.
fn tape_is_private(talk: &Conversation, wiring: &Wiring, scene: &Scene) -> Option<String> {
    let tape = wiring.tape.as_ref()?;
    let Some(customer) = scene.customer.filter(|customer| scene.room(*customer).is_some()) else {
        let is_silent = tape.left.is_empty() && tape.right.is_empty();
        return (!is_silent).then(|| "the tape hears somebody though the customer has left".to_owned());
    };
    let is_silent = tape.left.is_empty() && tape.right.is_empty();
    // What is paused in private may be a pause of the private tape alone.
    let may_go_on = wiring.aside.is_some() && scene.at(Place::Private).len() > 1;
    if scene.paused && (is_silent || !may_go_on) {
        return (!is_silent).then(|| format!("the tape hears {tape:?} though it is paused"));
    }
    let speaks = |leg: &LegId| talk.legs.get(leg).is_some_and(Leg::speaks);
    let room = scene
        .room(customer)
        .map(|room| scene.at(room))
        .unwrap_or_default();
    let ours: BTreeSet<LegId> = room
        .into_iter()
        .filter(|leg| *leg != customer && speaks(leg))
        .collect();
    let right: BTreeSet<LegId> = tape.right.iter().copied().collect();
    let left = tape.left.iter().all(|leg| *leg == customer);
    (right != ours || !left).then(|| format!("the tape hears {tape:?}, and should hear {ours:?}"))
}

/// The tape of the private side hears the two who talk there, each on one side, and nobody else; and nobody at all while
/// it is paused, or while one of them is with the customer.
fn private_tape_is_of_the_private_side(
    talk: &Conversation,
    wiring: &Wiring,
    scene: &Scene,
) -> Option<String> {
    let tape = wiring.aside.as_ref()?;
    let there = scene.at(Place::Private);
    let speaks = |leg: &LegId| talk.legs.get(leg).is_some_and(Leg::speaks);
    let wanted: BTreeSet<LegId> = match there.len() > 1 && !scene.paused {
        true => there.into_iter().filter(speaks).collect(),
        false => BTreeSet::new(),
    };
    let heard: BTreeSet<LegId> = tape.left.iter().chain(&tape.right).copied().collect();
    let is_apart = tape.left.len() < 2 && tape.right.len() < 2;
    (heard != wanted || !is_apart)
        .then(|| format!("the private tape hears {tape:?}, and should hear {wanted:?}"))
}

/// Whoever has a port is known, and whoever has no part in it any more will be hung up.
fn nobody_is_lost(talk: &Conversation, row: &Row, scene: &Scene) -> Option<String> {
    let leg = talk.legs.get(&row.leg)?;
    let (rings, place) = (scene.rings.as_ref(), scene.people.get(&row.leg));
    let is_wanted = match place {
        Some(Place::Table | Place::Private) => true,
        Some(Place::Door) => rings.is_some_and(|rings| rings.purpose == Purpose::Table),
        Some(Place::Leaving(_)) => leg.leave.is_some(),
        None => rings.is_some_and(|rings| rings.phones.contains(&row.leg)),
    };
    (!is_wanted).then(|| format!("{} ({place:?}) is left behind", row.leg))
}

/// Whoever sits somewhere hears all who speak there; and where nobody speaks something else is heard, so that
/// nobody believes the call is dead.
fn nobody_sits_in_silence(talk: &Conversation, row: &Row, scene: &Scene) -> Option<String> {
    let leg = talk.legs.get(&row.leg).filter(|leg| leg.listens())?;
    // For a moment a tone that tells what has happened is all that is heard; it must be one that ends.
    if leg.notice.is_some_and(|notice| row.hears == [notice.sound]) {
        return talk
            .deadline()
            .is_none()
            .then(|| format!("{} hears a tone without end", leg.id));
    }
    let room = *scene.people.get(&row.leg)?;
    scene.room(row.leg)?;
    let others = || {
        scene
            .people
            .iter()
            .filter(|(who, at)| **at == room && **who != row.leg)
    };
    let others = || others().filter_map(|(who, _)| talk.legs.get(who));
    let heard: BTreeSet<LegId> = voices(row).collect();
    if let Some(unheard) = others().find(|other| other.speaks() && !heard.contains(&other.id)) {
        return Some(format!("{} does not hear {}, who is with it", leg.id, unheard.id));
    }
    let is_host = scene.host == Some(leg.id);
    let may_be_silent = match others().next() {
        Some(_) => !others().any(|other| other.holds() || other.muted),
        None => {
            is_host
                || scene.is_conference
                || scene
                    .rings
                    .as_ref()
                    .is_some_and(|rings| rings.purpose == Purpose::Call)
        }
    };
    if row.hears.is_empty() && !may_be_silent {
        return Some(format!("{} ({room:?}) is left in silence", leg.id));
    }
    let is_upset = leg.side == Side::Customer && row.hears.contains(&Voice::Busy);
    is_upset.then(|| format!("the customer {} hears the busy tone", leg.id))
}

/// Whoever should be there has a port.
fn everybody_is_there(talk: &Conversation, scene: &Scene) -> Option<String> {
    let is_there = |leg: &LegId| talk.legs.get(leg).is_some_and(Leg::has_port);
    let missing = scene.people.iter().find(|(leg, _)| !is_there(leg));
    missing.map(|(leg, place)| format!("{leg} should be there ({place:?})"))
}

/// What tells one state from another, as a number; names and times do not.
pub(crate) fn look(talk: &Conversation, scene: &Scene, into: &mut DefaultHasher) {
    discriminant(&talk.story).hash(into);
    match &talk.story {
        Story::Held(held) => discriminant(&held.why).hash(into),
        Story::Consult(consult) => discriminant(&consult.colleague).hash(into),
        Story::Handover(handover) => discriminant(&handover.stage).hash(into),
        Story::Summons(_)
        | Story::Ringing { .. }
        | Story::Pair { .. }
        | Story::Together { .. }
        | Story::Over => {}
    }
    talk.tape.as_ref().map(|tape| tape.ended.is_some()).hash(into);
    talk.aside.as_ref().map(|tape| tape.ended.is_some()).hash(into);
    talk.pause().is_some().hash(into);
    for leg in talk.legs.values() {
        let state: &LegState = &leg.state;
        discriminant(state).hash(into);
        let place = scene.people.get(&leg.id).map(discriminant);
        (place, leg.is_ringing(), scene.host == Some(leg.id)).hash(into);
        (
            leg.listens(),
            leg.speaks(),
            leg.holds(),
            leg.muted,
            leg.refer.is_some(),
            leg.side == Side::Customer,
        )
            .hash(into);
    }
    scene.rings.as_ref().map(|rings| rings.purpose).hash(into);
}

/// Who is on any tape.
fn on_tapes(wiring: &Wiring) -> impl Iterator<Item = LegId> {
    let tapes = wiring.tape.iter().chain(wiring.aside.as_deref());
    tapes.flat_map(|tape| tape.left.iter().chain(&tape.right).copied())
}

fn voices(row: &Row) -> impl Iterator<Item = LegId> {
    row.hears.iter().copied().filter_map(Voice::leg)
}
