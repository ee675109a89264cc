//! What should be: a model of the conversations that knows neither messages nor the code under test, only what
//! people do and who should hear whom because of it. Where everybody sits is told by the same [`Scene`] as in the
//! stories of privacy; here it has to hold through the whole switch.

use super::scene::{Place as Seat, Purpose, Rings, Scene};
use super::talk::{Aside, Sound, Speaker, Talk, Told};
use crate::stage::Deed;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tandem::id::LegId;
use tandem::time::Time;

/// A party, by its place on the stage.
pub type Who = usize;

/// How long an answer may stay unconfirmed: 64·T1 (RFC 3261 §13.3.1.4).
const CONFIRM: Duration = Duration::from_secs(32);
/// How long an 18x may stay unconfirmed: 64·T1 (RFC 3262 §3).
const CONFIRM_RINGING: Duration = Duration::from_secs(32);
/// For how long the phones register.
const REGISTRATION: Duration = Duration::from_secs(600);
/// Nothing in a story happens between two of these moments.
pub const MOMENT: Duration = Duration::from_millis(20);

/// Everybody and everything that is going on.
#[derive(Debug)]
pub struct Model {
    pub(super) now: Time,
    pub(super) people: Vec<Person>,
    /// The phones that can be called, with the end of their registration; the last one has registered last.
    contacts: Vec<(Who, Time)>,
    /// The conversations, oldest first.
    pub(super) talks: Vec<Talk>,
    seats: u64,
    /// How often something has come about.
    pub tally: BTreeMap<&'static str, usize>,
}

#[derive(Debug)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) place: Place,
    lines: usize,
    silent: bool,
    /// Whether it says that it confirms provisional responses.
    confirms: bool,
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
    /// Nobody is there yet.
    pub fn new() -> Model {
        Model {
            now: Time::from_micros(0),
            people: Vec::new(),
            contacts: Vec::new(),
            talks: Vec::new(),
            seats: 0,
            tally: BTreeMap::new(),
        }
    }

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

    /// Somebody calls a number.
    pub fn calls(&mut self, who: Who, number: &str) {
        let (caller, speaker) = self.takes_seat(who);
        let mut targets = self.reached(who, number);
        // Whoever calls his own extension wants his other phones.
        targets.retain(|phone| *phone != who);
        if targets.is_empty() {
            return;
        }
        let mut seats = BTreeMap::from([(caller, speaker)]);
        let phones = self.ring(&targets, &mut seats);
        let is_outside = |who: Who| matches!(self.people[who].place, Place::Outside(_));
        let customer = match is_outside(who) {
            true => Some(caller),
            false => phones.first().copied().filter(|_| is_outside(targets[0])),
        };
        let scene = Scene {
            people: [(caller, Seat::Table)].into(),
            customer,
            rings: Some(Rings::new(self.now, Purpose::Call, phones)),
            ..Scene::default()
        };
        self.talks.push(Talk::new(scene, seats));
    }

    /// Somebody does something in a call, and whether that can be. Nothing comes of it if that call is no more.
    pub fn does(&mut self, who: Who, line: usize, deed: Deed) -> bool {
        let Some((at, seat)) = self.find(who, line) else {
            return false;
        };
        let speaker = self.talks[at].seats.get_mut(&seat);
        let mut can_be = true;
        match (deed, speaker) {
            (Deed::Ring | Deed::PlayEarly, _) => self.rings_out(at, seat, deed),
            (Deed::Answer, _) => self.answers(at, seat),
            (Deed::AnswerForeign | Deed::Reject(_), _) => self.refuses(at, seat),
            (Deed::Cancel | Deed::EndEarly, _) => self.talks[at].scene.ends(),
            (Deed::HangUp, _) => self.hangs_up(at, seat),
            (Deed::Describe(direction) | Deed::Update(direction), Some(speaker)) => {
                (speaker.direction, speaker.holds_by_address) = (direction, false);
            }
            (Deed::HoldByAddress, Some(speaker)) => {
                (speaker.direction, speaker.holds_by_address) = ("sendrecv", true);
            }
            (Deed::AskForOffer, Some(speaker)) => speaker.holds_by_address = false,
            (Deed::Refer(number), _) => can_be = self.refers(at, seat, number),
            (Deed::Connect(named), _) => can_be = self.connects(at, seat, self.find(who, named)),
            (Deed::Record(wanted), _) => can_be = self.wants_recording(at, seat, wanted),
            (Deed::Describe(_) | Deed::Update(_) | Deed::HoldByAddress | Deed::AskForOffer, None)
            | (Deed::Press(_) | Deed::Ask(_), _) => {}
        }
        self.tidies_up();
        can_be
    }

    /// Whether a call of somebody's belongs to a conversation.
    pub fn knows(&self, who: Who, line: usize) -> bool {
        self.find(who, line).is_some()
    }

    /// The conversation of this number is ended by order.
    pub fn is_hung_up(&mut self, number: usize) {
        self.talks[number].scene.ends();
        self.tidies_up();
    }

    /// Time passes.
    pub fn waits(&mut self, span: Duration) {
        let until = self.now + span;
        while self.now < until {
            self.now = self.now + MOMENT;
            let now = self.now;
            self.contacts.retain(|(_, until)| *until > now);
            (0..self.talks.len()).for_each(|at| self.time_has_come(at));
            self.tidies_up();
        }
    }

    fn time_has_come(&mut self, at: usize) {
        let (now, talk) = (self.now, &mut self.talks[at]);
        if talk.unless_confirmed.is_some_and(|until| until <= now) {
            return talk.scene.ends();
        }
        let is_over = talk.scene.rings.as_ref().is_some_and(|rings| rings.until <= now);
        let instead = match is_over {
            true => self.rung_instead(at),
            false => BTreeSet::new(),
        };
        if is_over {
            self.counts("it rings for too long");
        }
        self.in_vain(at, |scene| scene.time_passes(now, instead));
        self.dialling_rests(at);
    }

    /// Where a call of somebody's belongs.
    pub(super) fn find(&self, who: Who, line: usize) -> Option<(usize, LegId)> {
        self.talks.iter().enumerate().find_map(|(at, talk)| {
            let mut seats = talk.seats.iter();
            let (seat, _) = seats.find(|(_, speaker)| speaker.is(who, line))?;
            Some((at, *seat))
        })
    }

    fn rings_out(&mut self, at: usize, seat: LegId, deed: Deed) {
        let tells = self.tells(at);
        let talk = &mut self.talks[at];
        if let Some(speaker) = talk.seats.get_mut(&seat) {
            speaker.sound = match (deed, speaker.sound) {
                (Deed::PlayEarly, _) | (_, Sound::Plays) => Sound::Plays,
                (_, Sound::None | Sound::Rings) => Sound::Rings,
            };
        }
        if talk.purpose() == Some(Purpose::Call) && talk.told == Told::Nothing {
            talk.told = tells;
        }
    }

    /// How sure it is that the caller has heard that it rings.
    fn tells(&self, at: usize) -> Told {
        let caller = self.talks[at].caller().map(|caller| &self.people[caller.who]);
        match caller.is_some_and(|caller| caller.silent && caller.confirms) {
            true => Told::Unsure(self.now + CONFIRM_RINGING),
            false => Told::Ringing,
        }
    }

    /// Somebody comes for whom phones have rung.
    pub(super) fn answers(&mut self, at: usize, seat: LegId) {
        let (now, talk) = (self.now, &mut self.talks[at]);
        let moment = match talk.purpose() {
            None => return,
            Some(Purpose::Call) => "a call is answered",
            Some(Purpose::Private) => "a colleague comes to be asked",
            Some(Purpose::Table) if talk.is_recall => "the agent is rung again, and answers",
            Some(Purpose::Table) => "somebody takes over",
        };
        if talk.purpose() == Some(Purpose::Call) {
            let silent = talk.caller().is_some_and(|caller| self.people[caller.who].silent);
            // Nobody is recorded before he knows that he is answered.
            (talk.unless_confirmed, talk.is_sure) = match talk.told {
                Told::Unsure(until) => (Some(until), false),
                Told::Nothing | Told::Ringing => (silent.then_some(now + CONFIRM), true),
            };
        }
        if talk.purpose() == Some(Purpose::Table) && !talk.is_recall {
            talk.gives(Some(seat), talk.recall, now);
        }
        talk.scene.comes(now, seat);
        self.counts(moment);
    }

    fn refuses(&mut self, at: usize, seat: LegId) {
        let rings = self.talks[at].scene.rings.as_ref();
        let instead = match rings.is_some_and(|rings| rings.phones.len() == 1) {
            true => self.rung_instead(at),
            false => BTreeSet::new(),
        };
        let now = self.now;
        self.in_vain(at, |scene| scene.refuses(now, seat, instead));
    }

    /// Whom it goes back to if nobody comes: nobody, or the phones of the agent who has handed on and has gone.
    fn rung_instead(&mut self, at: usize) -> BTreeSet<LegId> {
        let talk = &mut self.talks[at];
        talk.is_recall = true;
        let agent_waits = !talk.scene.at(Seat::Door).is_empty();
        if talk.purpose() != Some(Purpose::Table) || agent_waits {
            return BTreeSet::new();
        }
        let recall = talk.recall.take();
        self.rings_back(at, recall)
    }

    /// The phones of an extension ring in a conversation.
    fn rings_back(&mut self, at: usize, extension: Option<&'static str>) -> BTreeSet<LegId> {
        let mut phones = extension
            .map(|extension| self.phones(extension))
            .unwrap_or_default();
        phones.retain(|phone| !self.talks[at].has_on_the_line(*phone));
        let mut seats = std::mem::take(&mut self.talks[at].seats);
        let rung = self.ring(&phones, &mut seats);
        self.talks[at].seats = seats;
        rung
    }

    /// Phones may have rung in vain: who waits at the door is back at the table, and who has asked is alone.
    fn in_vain(&mut self, at: usize, act: impl FnOnce(&mut Scene)) {
        let (now, talk) = (self.now, &mut self.talks[at]);
        let (purpose, agent) = (talk.purpose(), talk.scene.at(Seat::Door).pop_first());
        act(&mut talk.scene);
        if talk.scene.rings.is_some() {
            return;
        }
        match (purpose, agent.and_then(|agent| talk.seats.get_mut(&agent))) {
            (Some(Purpose::Table), Some(agent)) => {
                agent.failed_at = Some(now);
                self.counts("nobody takes over, and the agent is back");
            }
            (Some(Purpose::Private), _) => {
                talk.aside = Aside::Alone;
                self.counts("no colleague comes");
            }
            (Some(Purpose::Call | Purpose::Table) | None, _) => {}
        }
    }

    /// Hangs up. Whoever does so while dialling has dialled.
    fn hangs_up(&mut self, at: usize, seat: LegId) {
        let talk = &self.talks[at];
        if talk.scene.host == Some(seat) && talk.aside.has_digits() {
            self.number_is_complete(at, true);
        }
        self.leaves(at, seat);
    }

    /// Goes. If that was not meant for the one who is left alone, an agent is rung for that one.
    pub(super) fn leaves(&mut self, at: usize, seat: LegId) {
        let (now, extension) = (self.now, self.extension(at, seat));
        let talk = &mut self.talks[at];
        let meant = talk.meant_for_another(seat, extension, now);
        let Scene { host, .. } = talk.scene;
        let (colleague, purpose) = (talk.colleague(), talk.purpose());
        let was_at = talk.scene.people.remove(&seat);
        let instead = self.rings_back(at, meant);
        let talk = &mut self.talks[at];
        if !instead.is_empty() {
            (talk.recall, talk.is_recall) = (None, true);
        }
        talk.scene.people.extend(was_at.map(|was_at| (seat, was_at)));
        let is_rung = !instead.is_empty();
        talk.scene.leaves(now, seat, instead);
        match (was_at, host) {
            (Some(Seat::Private), Some(host)) if host != seat => talk.aside = Aside::Alone,
            (Some(Seat::Table | Seat::Private), Some(host)) if host == seat && !is_rung => {
                (talk.recall, talk.is_recall) = (extension, false);
                talk.gives(colleague, extension, now);
            }
            // The customer has gone: they hear so, and talk on.
            (Some(Seat::Table), Some(host)) if talk.scene.host.is_none() && purpose.is_none() => {
                let both = [Some(host), colleague].into_iter().flatten();
                both.for_each(|seat| talk.notify(seat, "busy", now));
            }
            (Some(Seat::Table), Some(_)) if talk.scene.host.is_none() => {
                (talk.recall, talk.is_recall) = (None, false);
            }
            _ => {}
        }
        if is_rung {
            self.counts("an agent is rung again, who was not meant by hanging up");
        }
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

    fn phones(&self, extension: &'static str) -> Vec<Who> {
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
        (LegId(self.seats), Speaker::new(who, line))
    }

    pub(super) fn counts(&mut self, moment: &'static str) {
        *self.tally.entry(moment).or_default() += 1;
    }

    /// Who sits nowhere any more is not there, and where nobody sits there is no conversation.
    pub(super) fn tidies_up(&mut self) {
        self.talks.iter_mut().for_each(Talk::tidies_up);
        self.talks.retain(|talk| !talk.scene.people.is_empty());
    }
}
