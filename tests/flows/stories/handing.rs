//! What should be when somebody hands on a call: to a number, to whom it talks with on another line, or because
//! another phone takes over.

use super::model::{Model, Who};
use super::scene::{Place as Seat, Purpose, Scene};
use super::talk::{Sound, Talk};
use std::collections::BTreeMap;
use tandem::id::LegId;

/// A conversation, and a seat in it.
type At = (usize, LegId);

impl Model {
    /// A phone hands on those whom it is with, and waits to hear how that goes.
    pub(super) fn refers(&mut self, at: usize, seat: LegId, number: &str) -> bool {
        if self.talks[at].waits_to_hear(seat) {
            return false;
        }
        let is_done = self.hands_on(at, seat, number, true);
        let failed_at = (!is_done).then_some(self.now);
        if let Some(speaker) = self.talks[at].seats.get_mut(&seat) {
            (speaker.waits_to_hear, speaker.failed_at) = (is_done, failed_at);
        }
        is_done
    }

    /// Somebody hands on those whom it is with: no further than it may call itself, and not while it asks somebody.
    pub(super) fn hands_on(&mut self, at: usize, seat: LegId, number: &str, waits: bool) -> bool {
        let talk = &self.talks[at];
        let (Some(extension), false) = (self.extension(at, seat), talk.consults()) else {
            return false;
        };
        let targets = self.reached_in(at, seat, number);
        if talk.others(seat).is_empty() || targets.is_empty() {
            return false;
        }
        let mut rung = BTreeMap::new();
        let phones = self.ring(&targets, &mut rung);
        let (now, talk) = (self.now, &mut self.talks[at]);
        talk.seats.extend(rung);
        talk.scene.hands_on(now, seat, phones, waits);
        (talk.recall, talk.is_recall) = (Some(extension), false);
        true
    }

    /// An agent's phone comes back from a hold: so does the agent who has put the others aside, or has handed them on.
    pub(super) fn comes_back(&mut self, at: usize, seat: LegId) {
        let talk = &mut self.talks[at];
        match talk.scene.people.get(&seat) {
            Some(Seat::Door) => self.takes_back(at, seat),
            _ if talk.scene.host == Some(seat) && !talk.consults() => talk.scene.closes_private_side(),
            _ => {}
        }
    }

    /// Who waits at the door to hear how it goes wants those back whom it has handed on; it is told that nothing comes of it.
    pub(super) fn takes_back(&mut self, at: usize, seat: LegId) {
        let scene = &mut self.talks[at].scene;
        scene.rings = None;
        scene.people.insert(seat, Seat::Table);
        self.learns(at, seat, false);
        self.counts("who was handed on is taken back");
    }

    /// A phone connects those whom it has on two of its lines, and has no part in it any more. If that cannot be, its
    /// calls are as they were, and it is told so.
    pub(super) fn connects(&mut self, at: usize, seat: LegId, named: Option<At>) -> bool {
        if self.talks[at].waits_to_hear(seat) {
            return false;
        }
        let named = named.filter(|named| named.0 != at && self.extension(at, seat).is_some());
        if let Some(speaker) = self.talks[at].seats.get_mut(&seat) {
            speaker.waits_to_hear = true;
        }
        let is_done = named.is_some_and(|named| self.joins((at, seat), named));
        let is_over = self.talks[at].scene.people.get(&seat) != Some(&Seat::Door);
        if is_over || !is_done {
            self.learns(at, seat, is_done);
        }
        is_done
    }

    /// The customer's conversation goes on, and the other comes into it; what still rings always comes.
    fn joins(&mut self, asked: At, named: At) -> bool {
        let rings = self.talks[named.0].purpose() == Some(Purpose::Call);
        let has_customer = |(at, _): At| self.talks[at].has_customer();
        let (into, from) = match rings || has_customer(asked) || !has_customer(named) {
            true => (asked, named),
            false => (named, asked),
        };
        let is_empty = |(at, seat): At| self.talks[at].others(seat).is_empty();
        if is_empty(into) || (!rings && is_empty(from)) {
            return false;
        }
        let (by, given) = (
            self.extension(asked.0, asked.1),
            self.talks[named.0].others(named.1),
        );
        let empty = Talk::new(0, Scene::default(), BTreeMap::new());
        let mut other = std::mem::replace(&mut self.talks[from.0], empty);
        match rings {
            true => self.takes_phones_of(into, &mut other),
            false => self.takes_people_of(into, from.1, &mut other),
        }
        self.talks[from.0] = other;
        let (now, talk) = (self.now, &mut self.talks[into.0]);
        given.into_iter().for_each(|seat| talk.gives(Some(seat), by, now));
        true
    }

    /// The phones that rang for the one who connects ring on for those whom it was with.
    fn takes_phones_of(&mut self, (at, seat): At, other: &mut Talk) {
        let extension = self.extension(at, seat);
        let talk = &mut self.talks[at];
        let Some(rings) = other.scene.rings.take() else {
            return;
        };
        let (rung, left) = std::mem::take(&mut other.seats)
            .into_iter()
            .partition(|(seat, _)| rings.phones.contains(seat));
        other.seats = left;
        talk.seats.extend::<BTreeMap<_, _>>(rung);
        talk.scene.closes_private_side();
        talk.scene.people.insert(seat, Seat::Door);
        talk.scene.welcomes(other.scene.customer);
        talk.scene.rings = Some(rings.of(Purpose::Table));
        (talk.recall, talk.is_recall) = (extension, false);
        other.scene.ends();
        self.counts("what rings is connected");
    }

    fn takes_people_of(&mut self, (at, seat): At, from: LegId, other: &mut Talk) {
        let (now, talk) = (self.now, &mut self.talks[at]);
        let brings_pause = other.scene.paused && other.has_customer();
        other.scene.closes_private_side();
        other.scene.people.remove(&from);
        let (come, customer) = (other.scene.at(Seat::Table), other.scene.customer.take());
        other.scene.people.retain(|seat, _| !come.contains(seat));
        other.scene.is_shown_out(now, from);
        talk.scene.closes_private_side();
        talk.scene.is_shown_out(now, seat);
        for seat in come {
            talk.scene.people.insert(seat, Seat::Table);
            talk.seats.extend(other.seats.remove_entry(&seat));
        }
        talk.scene.paused |= brings_pause && talk.is_recorded();
        talk.scene.welcomes(customer);
        self.counts("two calls are connected");
    }

    /// A phone calls to take over what rings at a colleague's and has said so, or its extension's own talk.
    pub fn takes_over(&mut self, who: Who, (owner, line): (Who, usize)) -> bool {
        let (taker, mut speaker) = self.takes_seat(who);
        let Some((at, seat)) = self.find(owner, line) else {
            return false;
        };
        let talk = &mut self.talks[at];
        speaker.muted = talk.seats.get(&seat).is_some_and(|old| old.muted);
        talk.seats.insert(taker, speaker);
        let is_own = self.people[who].place == self.people[owner].place;
        let can_be = self.takes(taker, (at, seat), is_own);
        self.tidies_up();
        can_be
    }

    fn takes(&mut self, taker: LegId, (at, seat): At, is_own: bool) -> bool {
        let talk = &mut self.talks[at];
        if talk.is_rung(seat) {
            let has_told = talk
                .seats
                .get(&seat)
                .is_some_and(|rung| rung.sound != Sound::None);
            let may = has_told && self.extension(at, seat).is_some();
            if may {
                self.answers(at, taker);
            }
            return may;
        }
        let is_member = talk.is_answered() && talk.members().contains(&seat);
        if is_own && is_member {
            talk.scene.is_replaced(seat, taker);
            talk.began = talk.began.map(|began| if began == seat { taker } else { began });
        }
        is_own && is_member
    }
}
