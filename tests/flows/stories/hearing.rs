//! Who should hear whom, read off the seats: those in one room hear each other, who is alone there hears why, and the
//! tape hears what the customer hears.

use super::model::Model;
use super::scene::{Place as Seat, Purpose};
use super::talk::{Aside, Sound, Speaker, Talk};
use std::collections::BTreeSet;
use tandem::id::LegId;
use tandem::time::Time;

/// Something to be heard.
enum Voice<'t> {
    Of(&'t Speaker),
    Sound(&'static str),
}

impl Model {
    /// Who hears whom in each conversation, oldest first, in the words of [`crate::stage`].
    pub fn picture(&self) -> Vec<String> {
        self.talks.iter().map(|talk| self.picture_of(talk)).collect()
    }

    fn picture_of(&self, talk: &Talk) -> String {
        let row = |(seat, speaker): (&LegId, &Speaker)| {
            let hears = self.in_words(&talk.heard_by(*seat, self.now));
            format!("{} hears {hears}", self.people[speaker.who].name)
        };
        let mut rows: Vec<String> = talk.seats.iter().map(row).collect();
        rows.sort();
        rows.extend(self.tape(talk));
        rows.join(" · ")
    }

    fn tape(&self, talk: &Talk) -> Option<String> {
        let customer = talk.scene.customer.filter(|_| talk.is_recorded())?;
        let heard = match talk.scene.paused {
            true => BTreeSet::new(),
            false => &talk.company(customer) | &[customer].into(),
        };
        let side = |is_wanted: &dyn Fn(LegId) -> bool| {
            let legs = heard.iter().copied().filter(|seat| is_wanted(*seat));
            self.in_words(&talk.speaking(legs))
        };
        let (left, right) = (side(&|seat| seat == customer), side(&|seat| seat != customer));
        Some(format!("tape: left {left}, right {right}"))
    }

    fn in_words(&self, voices: &[Voice<'_>]) -> String {
        let name = |voice: &Voice<'_>| match voice {
            Voice::Of(speaker) => self.people[speaker.who].name.clone(),
            Voice::Sound(sound) => (*sound).to_owned(),
        };
        match voices.is_empty() {
            true => "–".to_owned(),
            false => voices.iter().map(name).collect::<Vec<_>>().join(" + "),
        }
    }
}

impl Talk {
    fn heard_by(&self, seat: LegId, now: Time) -> Vec<Voice<'_>> {
        let Some(listener) = self.seats.get(&seat) else {
            return Vec::new();
        };
        let notice = listener.notice.filter(|(_, until)| *until > now);
        match (listener.listens() && !self.is_rung(seat), notice) {
            (false, _) => Vec::new(),
            (true, Some((tone, _))) => vec![Voice::Sound(tone)],
            (true, None) => self.meant_for(seat),
        }
    }

    fn meant_for(&self, seat: LegId) -> Vec<Voice<'_>> {
        let Some(room) = self.scene.room(seat) else {
            return Vec::new();
        };
        let company = self.company(seat);
        if company.is_empty() {
            return self.alone(seat, room).into_iter().collect();
        }
        let speaking = self.speaking(company.iter().copied());
        let others = || company.iter().filter_map(|seat| self.seats.get(seat));
        match speaking.is_empty() {
            true if others().any(Speaker::holds) => vec![Voice::Sound("music")],
            true if others().any(|other| other.muted) => vec![Voice::Sound("silence")],
            true | false => speaking,
        }
    }

    /// Who sits in one room with somebody.
    fn company(&self, seat: LegId) -> BTreeSet<LegId> {
        let Some(room @ (Seat::Table | Seat::Private)) = self.scene.people.get(&seat).copied() else {
            return BTreeSet::new();
        };
        let others = self.scene.at(room).into_iter();
        others.filter(|other| *other != seat).collect()
    }

    fn speaking(&self, seats: impl Iterator<Item = LegId>) -> Vec<Voice<'_>> {
        let speakers = seats.filter_map(|seat| self.seats.get(&seat));
        speakers
            .filter(|speaker| speaker.speaks())
            .map(Voice::Of)
            .collect()
    }

    /// What somebody hears with whom nobody is.
    fn alone(&self, seat: LegId, room: Seat) -> Option<Voice<'_>> {
        let is_host = self.scene.host == Some(seat);
        match (room, self.purpose()) {
            (Seat::Table, Some(Purpose::Call)) => self.ringing(),
            (Seat::Table, Some(Purpose::Table)) => self.ringing().or(Some(Voice::Sound("music"))),
            (Seat::Private, Some(Purpose::Private)) if is_host => self.ringing(),
            (Seat::Private, _) if is_host => self.aside.sound().map(Voice::Sound),
            (Seat::Table | Seat::Private, _) => Some(Voice::Sound("music")),
            (Seat::Door | Seat::Leaving(_), _) => None,
        }
    }

    /// The far network's own sounds, if there are any, and else the ringing tone.
    fn ringing(&self) -> Option<Voice<'_>> {
        let rung = || self.seats.iter().filter(|(seat, _)| self.is_rung(**seat));
        let plays = rung().find(|(_, speaker)| speaker.sound == Sound::Plays);
        let rings = rung().any(|(_, speaker)| speaker.sound == Sound::Rings);
        plays
            .map(|(_, speaker)| Voice::Of(speaker))
            .or(rings.then_some(Voice::Sound("ringback")))
    }
}

impl Aside {
    fn sound(&self) -> Option<&'static str> {
        match self {
            Aside::Alone => Some("busy"),
            Aside::WrongNumber => Some("error tone"),
            Aside::Dials(dialled) if dialled.digits.is_empty() => Some("dial tone"),
            Aside::Dials(_) | Aside::Wanted => None,
        }
    }
}
