//! Who should hear whom, read off the seats: those in one room hear each other, who is alone there hears why, and the
//! tape hears what the customer hears.

use super::model::Model;
use super::scene::{Place as Seat, Purpose};
use super::talk::{Aside, Sound, Speaker, Talk};
use std::collections::BTreeSet;
use tandem::id::LegId;
use tandem::time::Time;

/// Whom somebody hears, and what of ours while nothing comes from them.
#[derive(Default)]
struct Heard<'t> {
    voices: Vec<&'t Speaker>,
    otherwise: Option<&'static str>,
}

impl Heard<'_> {
    fn sound(sound: &'static str) -> Heard<'static> {
        Heard {
            voices: Vec::new(),
            otherwise: Some(sound),
        }
    }
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
            self.names(&talk.speaking(legs))
        };
        let (left, right) = (side(&|seat| seat == customer), side(&|seat| seat != customer));
        Some(format!("tape: left {left}, right {right}"))
    }

    fn in_words(&self, heard: &Heard<'_>) -> String {
        match (heard.voices.is_empty(), heard.otherwise) {
            (true, Some(sound)) => sound.to_owned(),
            (true, None) | (false, None | Some("silence")) => self.names(&heard.voices),
            (false, Some(sound)) => format!("{}, else {sound}", self.names(&heard.voices)),
        }
    }

    fn names(&self, speakers: &[&Speaker]) -> String {
        let name = |speaker: &&Speaker| self.people[speaker.who].name.clone();
        match speakers.is_empty() {
            true => "–".to_owned(),
            false => speakers.iter().map(name).collect::<Vec<_>>().join(" + "),
        }
    }
}

impl Talk {
    fn heard_by(&self, seat: LegId, now: Time) -> Heard<'_> {
        let Some(listener) = self.seats.get(&seat) else {
            return Heard::default();
        };
        let notice = listener.notice.filter(|(_, until)| *until > now);
        match (listener.listens() && !self.is_rung(seat), notice) {
            (false, _) => Heard::default(),
            (true, Some((tone, _))) => Heard::sound(tone),
            (true, None) => self.meant_for(seat),
        }
    }

    fn meant_for(&self, seat: LegId) -> Heard<'_> {
        let Some(room) = self.scene.room(seat) else {
            return Heard::default();
        };
        let company = self.company(seat);
        if company.is_empty() {
            return self.alone(seat, room);
        }
        let others = || company.iter().filter_map(|seat| self.seats.get(seat));
        let is_held = others().any(Speaker::holds) && !others().any(Speaker::promises_speech);
        Heard {
            voices: self.speaking(company.iter().copied()),
            otherwise: Some(if is_held { "music" } else { "silence" }),
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

    fn speaking(&self, seats: impl Iterator<Item = LegId>) -> Vec<&Speaker> {
        let speakers = seats.filter_map(|seat| self.seats.get(&seat));
        speakers.filter(|speaker| speaker.speaks()).collect()
    }

    /// What somebody hears with whom nobody is.
    fn alone(&self, seat: LegId, room: Seat) -> Heard<'_> {
        let is_host = self.scene.host == Some(seat);
        match (room, self.purpose()) {
            (Seat::Table, Some(Purpose::Call)) => self.ringing(),
            (Seat::Table, Some(Purpose::Table)) => {
                let Heard { voices, otherwise } = self.ringing();
                let otherwise = otherwise.or(Some("music"));
                Heard { voices, otherwise }
            }
            (Seat::Private, Some(Purpose::Private)) if is_host => self.ringing(),
            (Seat::Private, _) if is_host => self.aside.sound().map_or_else(Heard::default, Heard::sound),
            (Seat::Table | Seat::Private, _) => Heard::sound("music"),
            (Seat::Door | Seat::Leaving(_), _) => Heard::default(),
        }
    }

    /// The far network's own sounds where it has described any, and the ringing tone while none come.
    fn ringing(&self) -> Heard<'_> {
        let rung = || self.seats.iter().filter(|(seat, _)| self.is_rung(**seat));
        let rung = || rung().map(|(_, speaker)| speaker);
        Heard {
            voices: rung().filter(|speaker| speaker.sound == Sound::Plays).collect(),
            otherwise: rung()
                .any(|speaker| speaker.sound != Sound::None)
                .then_some("ringback"),
        }
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
