//! What should be: a model of the conversations that knows neither messages nor the code under test, only what
//! people do and who should hear whom because of it. Where everybody sits is told by the same [`Scene`] as in the
//! stories of privacy; here it has to hold through the whole switch.

use super::people::{Person, Place};
use super::scene::{Place as Seat, Purpose, Rings, Scene};
use super::talk::{Speaker, Talk};
use crate::stage::Deed;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tandem::id::LegId;
use tandem::time::Time;

/// A party, by its place on the stage.
pub type Who = usize;

/// Nothing in a story happens between two of these moments.
pub const MOMENT: Duration = Duration::from_millis(20);

/// Everybody and everything that is going on.
#[derive(Debug)]
pub struct Model {
    pub(super) now: Time,
    pub(super) people: Vec<Person>,
    /// The phones that can be called, with the end of their registration; the last one has registered last.
    pub(super) contacts: Vec<(Who, Time)>,
    /// The conversations, oldest first.
    pub(super) talks: Vec<Talk>,
    pub(super) seats: u64,
    /// Whether it went well, of each transfer whose outcome a phone was told, by its call.
    outcomes: BTreeMap<(Who, usize), Vec<bool>>,
    /// How often something has come about.
    pub tally: BTreeMap<&'static str, usize>,
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
            outcomes: BTreeMap::new(),
            tally: BTreeMap::new(),
        }
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
        self.talks.push(Talk::new(caller.0, scene, seats));
    }

    /// Somebody does something in a call, and whether that can be. Nothing comes of it if that call is no more.
    pub fn does(&mut self, who: Who, line: usize, deed: Deed) -> bool {
        let Some((at, seat)) = self.find(who, line) else {
            return false;
        };
        let held = self.holds(at, seat);
        // Whose part is over cannot change what nobody hears any more.
        let is_leaving = matches!(self.talks[at].scene.people.get(&seat), Some(Seat::Leaving(_)));
        let speaker = self.talks[at].seats.get_mut(&seat).filter(|_| !is_leaving);
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
        if held && !self.holds(at, seat) {
            self.comes_back(at, seat);
        }
        self.tidies_up();
        can_be
    }

    fn holds(&self, at: usize, seat: LegId) -> bool {
        self.talks[at].seats.get(&seat).is_some_and(Speaker::holds)
    }

    /// Somebody describes anew what the other end describes anew at the same time, as it was. That is refused; but the
    /// phone answers as it is by now, no more open than it is asked to be.
    pub fn meets(&mut self, who: Who, line: usize, deed: Deed) {
        let Some((at, seat)) = self.find(who, line) else {
            return;
        };
        let Some(speaker) = self.talks[at].seats.get_mut(&seat) else {
            return;
        };
        let before = if speaker.holds_by_address {
            "sendonly"
        } else {
            speaker.direction
        };
        let now = match deed {
            Deed::Describe(direction) | Deed::Update(direction) => direction,
            Deed::HoldByAddress => "sendrecv",
            _ => speaker.direction,
        };
        speaker.holds_by_address = false;
        speaker.direction = match (before, now) {
            ("sendrecv", now) => now,
            (_, "inactive") | ("recvonly", "sendonly") => "inactive",
            (before, _) => before,
        };
    }

    /// Whether a call of somebody's belongs to a conversation.
    pub fn knows(&self, who: Who, line: usize) -> bool {
        self.find(who, line).is_some()
    }

    /// Whether somebody of this name takes part in a conversation: an extension, or anybody outside for a number there.
    pub fn sits(&self, number: usize, name: &str) -> bool {
        let talk = &self.talks[number];
        let members = talk.members();
        let mut people = members.iter().filter_map(|seat| talk.seats.get(seat));
        people.any(|speaker| match self.people[speaker.who].place {
            Place::House(extension) => extension == name,
            Place::Outside(_) => !name.starts_with("100"),
        })
    }

    /// The conversation of this number is ended by order.
    pub fn is_hung_up(&mut self, number: usize) {
        self.talks[number].scene.ends();
        self.tidies_up();
    }

    /// What a phone was told of its transfers in a call: whether each went well.
    pub fn outcomes(&self, who: Who, line: usize) -> &[bool] {
        self.outcomes.get(&(who, line)).map_or(&[], Vec::as_slice)
    }

    /// A phone that waits to hear how its transfer goes is told.
    pub(super) fn learns(&mut self, at: usize, seat: LegId, went_well: bool) {
        let Some(speaker) = self.talks[at].seats.get_mut(&seat) else {
            return;
        };
        if std::mem::take(&mut speaker.waits_to_hear) {
            speaker.failed_at = (!went_well).then_some(self.now);
            let call = (speaker.who, speaker.line.unwrap_or_default());
            self.outcomes.entry(call).or_default().push(went_well);
        }
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

    pub(super) fn counts(&mut self, moment: &'static str) {
        *self.tally.entry(moment).or_default() += 1;
    }

    /// Who sits nowhere any more is not there, and where nobody sits there is no conversation. Who still waited to hear
    /// of a transfer learns that nothing comes of it.
    pub(super) fn tidies_up(&mut self) {
        for at in 0..self.talks.len() {
            let talk = &self.talks[at];
            let gone: Vec<LegId> = talk
                .seats
                .keys()
                .copied()
                .filter(|seat| !talk.has(*seat))
                .collect();
            for seat in gone {
                self.learns(at, seat, false);
                self.talks[at].seats.remove(&seat);
            }
            self.talks[at].tidies_up();
        }
        self.talks.retain(|talk| !talk.scene.people.is_empty());
    }
}
