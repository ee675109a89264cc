//! One conversation as it should be: who sits where, and what each of them says about hearing and being heard.

use super::model::Who;
use super::scene::{Place as Seat, Purpose, Scene};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tandem::id::LegId;
use tandem::time::Time;

/// How long a tone lasts that tells what has happened, and a signal of the recorder.
const TONE: Duration = Duration::from_secs(1);
const SIGNAL: Duration = Duration::from_millis(280);
/// Whoever hangs up so soon after a change has not learnt of it.
const UNAWARE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct Talk {
    pub name: u64,
    pub scene: Scene,
    /// Who sits on which seat; phones that ring have one, too. Seats are numbered as they were taken.
    pub seats: BTreeMap<LegId, Speaker>,
    pub told: Told,
    /// A caller who is silent never confirms the answer; then it is over.
    pub unless_confirmed: Option<Time>,
    /// Whether the caller knows for sure that it was answered.
    pub is_sure: bool,
    /// Who has decided last how it goes on, as long as that one is with several.
    pub began: Option<LegId>,
    /// Why somebody has put the others aside.
    pub aside: Aside,
    /// Whom to ring again if nobody comes for those who were handed on.
    pub recall: Option<&'static str>,
    /// Whether it is the agent who is rung again.
    pub is_recall: bool,
}

/// What the caller knows before somebody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Nothing,
    /// That it rings.
    Ringing,
    /// That it rings, if it is still there to hear it; it was to confirm it until then.
    Unsure(Time),
}

/// What an agent does who has put the others aside, and is with nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aside {
    /// Waits.
    Wanted,
    /// Hears that no colleague has come, or that the colleague has gone.
    Alone,
    /// Dials a number, to hand on or to ask; it is complete at this time, if no key follows.
    Dials(Dialled),
    /// Hears that the number was wrong.
    WrongNumber,
}

impl Aside {
    pub fn has_digits(&self) -> bool {
        matches!(self, Aside::Dials(dialled) if !dialled.digits.is_empty())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialled {
    pub is_cold: bool,
    pub digits: String,
    pub until: Time,
}

/// What people in a conversation are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Two,
    Together,
    Aside,
    Asking,
    Waiting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    None,
    Rings,
    Plays,
}

/// One end of a conversation.
#[derive(Debug)]
pub struct Speaker {
    pub who: Who,
    /// Whether a carrier is between us.
    pub is_outside: bool,
    /// Which of its calls; none if it never heard of this one.
    pub line: Option<usize>,
    /// What it has described.
    pub direction: &'static str,
    pub holds_by_address: bool,
    /// Whether an order has made it unheard.
    pub muted: bool,
    /// What its phone lets be heard while it rings.
    pub sound: Sound,
    /// What it hears for a moment, in place of all else.
    pub notice: Option<(&'static str, Time)>,
    /// Whether its phone has asked for a transfer whose outcome is open.
    pub waits_to_hear: bool,
    /// When it learned that what it wanted to hand on could not be.
    pub failed_at: Option<Time>,
    /// Who has left others to it, and when.
    pub given: Option<(&'static str, Time)>,
}

impl Talk {
    pub fn new(name: u64, scene: Scene, seats: BTreeMap<LegId, Speaker>) -> Talk {
        Talk {
            name,
            scene,
            seats,
            told: Told::Nothing,
            unless_confirmed: None,
            is_sure: true,
            began: None,
            aside: Aside::Wanted,
            recall: None,
            is_recall: false,
        }
    }

    /// For whom phones ring, if any do.
    pub fn purpose(&self) -> Option<Purpose> {
        self.scene.rings.as_ref().map(|rings| rings.purpose)
    }

    /// Whether anybody has talked with anybody in it.
    pub fn is_answered(&self) -> bool {
        self.purpose() != Some(Purpose::Call)
    }

    pub fn is_rung(&self, seat: LegId) -> bool {
        let rings = self.scene.rings.as_ref();
        rings.is_some_and(|rings| rings.phones.contains(&seat))
    }

    /// Who has called, as long as nobody has answered.
    pub fn caller(&self) -> Option<&Speaker> {
        let caller = self.scene.people.keys().next()?;
        self.seats.get(caller)
    }

    /// The colleague who is being asked in private, and has come.
    pub fn colleague(&self) -> Option<LegId> {
        let aside = self.scene.at(Seat::Private);
        aside.into_iter().find(|seat| self.scene.host != Some(*seat))
    }

    /// What people are about, as far as it says what they are likely to want.
    pub fn mood(&self) -> Mood {
        match (self.scene.host, self.members().len()) {
            (Some(_), _) if self.consults() => Mood::Asking,
            (Some(_), _) => Mood::Aside,
            (None, 3..) if self.scene.rings.is_none() => Mood::Together,
            (None, 2) if self.scene.rings.is_none() => Mood::Two,
            (None, _) => Mood::Waiting,
        }
    }

    /// Whether somebody asks a colleague, or waits for one.
    pub fn consults(&self) -> bool {
        self.scene.host.is_some() && (self.colleague().is_some() || self.purpose() == Some(Purpose::Private))
    }

    /// Whether three or more talk with each other, and nobody waits.
    pub fn are_together(&self) -> bool {
        self.scene.host.is_none() && self.scene.rings.is_none() && self.members().len() > 2
    }

    /// Who takes part in it.
    pub fn members(&self) -> BTreeSet<LegId> {
        &self.scene.at(Seat::Table) | &self.scene.at(Seat::Private)
    }

    /// Who decides how it goes on: who has put the others aside, or has handed them on and waits to hear how that goes.
    pub fn decides(&self) -> Option<LegId> {
        self.scene.host.or_else(|| self.scene.at(Seat::Door).pop_first())
    }

    /// Whom somebody leaves behind who hands on; nobody if there is nothing that could be handed on.
    pub fn others(&self, seat: LegId) -> BTreeSet<LegId> {
        let table = self.scene.at(Seat::Table);
        let may = match self.scene.host {
            Some(host) => host == seat,
            None => self.scene.rings.is_none() && table.contains(&seat),
        };
        match may {
            true => table.into_iter().filter(|other| *other != seat).collect(),
            false => BTreeSet::new(),
        }
    }

    /// Whether the phone on this seat has asked for a transfer, and does not know yet how it goes.
    pub fn waits_to_hear(&self, seat: LegId) -> bool {
        self.seats.get(&seat).is_some_and(|speaker| speaker.waits_to_hear)
    }

    /// Whether this phone is in it, unless its part is over.
    pub fn has_on_the_line(&self, phone: Who) -> bool {
        let is_in = |seat: &LegId| match self.scene.people.get(seat) {
            Some(Seat::Table | Seat::Private | Seat::Door) => true,
            Some(Seat::Leaving(_)) | None => false,
        };
        self.seats
            .iter()
            .any(|(seat, speaker)| speaker.who == phone && is_in(seat))
    }

    /// An agent leaves the others to this one, unless that is the customer.
    pub fn gives(&mut self, to: Option<LegId>, agent: Option<&'static str>, now: Time) {
        let to = to.filter(|seat| self.scene.customer != Some(*seat));
        if let Some(speaker) = to.and_then(|seat| self.seats.get_mut(&seat)) {
            speaker.given = agent.map(|agent| (agent, now));
        }
    }

    /// Which extension is to be rung when this one goes: of an agent who was meant by that, or who has gone without
    /// meaning it. The one who is left alone is not to pay for that.
    pub fn meant_for_another(
        &self,
        seat: LegId,
        own: Option<&'static str>,
        now: Time,
    ) -> Option<&'static str> {
        let speaker = self.seats.get(&seat)?;
        let is_unaware = |at: Time| now < at + UNAWARE;
        let is_alone = self.others(seat).len() == 1;
        match self.scene.host {
            None if !is_alone => None,
            None if speaker.failed_at.is_some_and(is_unaware) => own,
            None => speaker
                .given
                .filter(|(_, at)| is_unaware(*at))
                .map(|(agent, _)| agent),
            Some(host) => {
                let was_asking = !self.consults() && self.aside != Aside::Wanted;
                own.filter(|_| host == seat && is_alone && was_asking)
            }
        }
    }

    /// Whether somebody outside is there for whose sake all of it is.
    pub fn has_customer(&self) -> bool {
        let customer = self.scene.customer;
        customer.is_some_and(|customer| self.scene.room(customer).is_some())
    }

    /// Whether there is a tape that runs: every talk with a customer is recorded, from the answer on.
    pub fn is_recorded(&self) -> bool {
        let customer = self.scene.customer;
        self.is_answered()
            && self.is_sure
            && customer.is_some_and(|customer| self.members().contains(&customer))
    }

    /// Lets somebody hear a tone for a moment.
    pub fn notify(&mut self, seat: LegId, tone: &'static str, now: Time) {
        let lasts = match tone {
            "pause tone" | "resume tone" => SIGNAL,
            _ => TONE,
        };
        if let Some(speaker) = self.seats.get_mut(&seat) {
            speaker.notice = Some((tone, now + lasts));
        }
    }

    /// Whether somebody sits on this seat, or it is that of a phone that rings.
    pub fn has(&self, seat: LegId) -> bool {
        self.scene.people.contains_key(&seat) || self.is_rung(seat)
    }

    pub fn tidies_up(&mut self) {
        if self.scene.host.is_none() {
            self.aside = Aside::Wanted;
        }
        let members = self.members();
        let talks_on = self.scene.rings.is_none() && members.len() > 2;
        let began = self.began.filter(|began| talks_on && members.contains(began));
        self.began = self.decides().or(began);
    }
}

impl Speaker {
    pub fn new(who: Who, is_outside: bool, line: Option<usize>) -> Speaker {
        Speaker {
            who,
            is_outside,
            line,
            direction: "sendrecv",
            holds_by_address: false,
            muted: false,
            sound: Sound::None,
            notice: None,
            waits_to_hear: false,
            failed_at: None,
            given: None,
        }
    }

    pub fn is(&self, who: Who, line: usize) -> bool {
        self.who == who && self.line == Some(line)
    }

    pub fn listens(&self) -> bool {
        !self.holds_by_address && ["sendrecv", "recvonly"].contains(&self.direction)
    }

    /// A carrier is heard whatever it says about itself, as long as something comes from it.
    pub fn speaks(&self) -> bool {
        !self.muted && (self.is_outside || self.promises_speech())
    }

    pub fn promises_speech(&self) -> bool {
        !self.muted && !self.holds_by_address && self.direction == "sendrecv"
    }

    pub fn holds(&self) -> bool {
        self.holds_by_address || ["sendonly", "inactive"].contains(&self.direction)
    }
}
