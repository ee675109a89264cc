//! Who is there, at home where, and whose phones ring when somebody dials a number.

use super::model::{Model, Who};
use super::talk::Speaker;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tandem::id::LegId;

/// For how long the phones register.
const REGISTRATION: Duration = Duration::from_secs(600);

#[derive(Debug)]
pub struct Person {
    pub name: String,
    pub place: Place,
    lines: usize,
    pub silent: bool,
    /// Whether it says that it confirms provisional responses.
    pub confirms: bool,
}

/// Where a party is at home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A phone of this extension.
    House(&'static str),
    /// Behind this trunk.
    Outside(&'static str),
}

impl Model {
    /// Somebody enters.
    pub fn enter(&mut self, name: &str, place: Place) {
        let name = name.to_owned();
        self.people.push(Person {
            name,
            place,
            lines: 0,
            silent: false,
            confirms: false,
        });
    }

    /// Somebody confirms provisional responses in the calls that it makes.
    pub fn confirms(&mut self, who: Who) {
        self.people[who].confirms = true;
    }

    /// A phone registers anew.
    pub fn registers(&mut self, who: Who) {
        self.unregisters(who);
        self.contacts.push((who, self.now + REGISTRATION));
    }

    /// A phone takes its registration back.
    pub fn unregisters(&mut self, who: Who) {
        self.contacts.retain(|(contact, _)| *contact != who);
    }

    /// Somebody is cut off for good.
    pub fn falls_silent(&mut self, who: Who) {
        self.people[who].silent = true;
    }

    /// The other phone of the same extension.
    pub fn twin(&self, who: Who) -> Who {
        let is_twin = |other: &Who| *other != who && self.people[*other].place == self.people[who].place;
        (0..self.people.len()).find(is_twin).unwrap_or(who)
    }

    /// Rings these phones, each on a new line of its own.
    pub(super) fn ring(&mut self, phones: &[Who], seats: &mut BTreeMap<LegId, Speaker>) -> BTreeSet<LegId> {
        let rung: Vec<(LegId, Speaker)> = phones.iter().map(|phone| self.takes_seat(*phone)).collect();
        let names = rung.iter().map(|(seat, _)| *seat).collect();
        seats.extend(rung);
        names
    }

    /// Whom somebody in a conversation reaches there with this number: nobody who is in it already.
    pub(super) fn reached_in(&self, at: usize, seat: LegId, number: &str) -> Vec<Who> {
        let talk = &self.talks[at];
        let mut reached = self.reached(talk.seats[&seat].who, number);
        let is_phone = |who: &Who| matches!(self.people[*who].place, Place::House(_));
        reached.retain(|who| !is_phone(who) || !talk.has_on_the_line(*who));
        reached
    }

    /// Whose phones ring when this one dials this number, in the order in which they do.
    pub(super) fn reached(&self, who: Who, number: &str) -> Vec<Who> {
        let trunk = |name| {
            let mut people = self.people.iter();
            people
                .position(|person| person.place == Place::Outside(name))
                .into_iter()
                .collect()
        };
        // What is dialled before a number chooses what it shows, and leads nowhere else.
        let number = number.trim_start_matches("*31*1*").trim_start_matches("*31#");
        let rung: &[&'static str] = match (&self.people[who].place, number) {
            (Place::Outside(_), "+442079460100") => &["1001", "1002"],
            (Place::Outside(_), "+442079460101") => &["1001"],
            (Place::House(_), "1001") => &["1001"],
            (Place::House(_), "1002") => &["1002"],
            (Place::House(_), "1003") => &["1003"],
            (Place::House(_), number) if number.starts_with("00") => return trunk("globe"),
            (Place::House(_), number) if number.starts_with('0') => return trunk("acme"),
            (Place::House(_) | Place::Outside(_), _) => &[],
        };
        rung.iter().flat_map(|extension| self.phones(extension)).collect()
    }

    pub(super) fn phones(&self, extension: &'static str) -> Vec<Who> {
        let contacts = self.contacts.iter().map(|(who, _)| *who);
        contacts
            .filter(|who| self.people[*who].place == Place::House(extension))
            .collect()
    }

    /// The extension on whose phone this seat is, if it is one of ours.
    pub(super) fn extension(&self, at: usize, seat: LegId) -> Option<&'static str> {
        match self.people[self.talks[at].seats.get(&seat)?.who].place {
            Place::House(extension) => Some(extension),
            Place::Outside(_) => None,
        }
    }

    pub(super) fn takes_seat(&mut self, who: Who) -> (LegId, Speaker) {
        let person = &mut self.people[who];
        let line = (!person.silent).then_some(person.lines);
        person.lines += 1;
        self.seats += 1;
        let is_outside = matches!(person.place, Place::Outside(_));
        (LegId(self.seats), Speaker::new(who, is_outside, line))
    }
}
