//! What should be: who sits where because of what people have done. It knows neither messages nor stories, only a
//! table, a private side, and a door.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tandem::id::LegId;
use tandem::time::Time;

/// How long it rings (`timers.ring`).
pub(crate) const RING: Duration = Duration::from_secs(20);
/// How long somebody whose part is over may stay at the door.
const GRACE: Duration = Duration::from_secs(4);

/// Where somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Place {
    /// With those for whose sake the conversation is.
    Table,
    /// Where those at the table must not hear a word.
    Private,
    /// Out, and waits to hear how the transfer goes.
    Door,
    /// Out, and is to hang up until then.
    Leaving(Time),
}

/// For whom phones ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    /// For a caller who has not talked with anybody.
    Call,
    /// For those at the table, who have been handed on.
    Table,
    /// For the one on the private side.
    Private,
}

/// Phones that ring.
#[derive(Clone, Debug)]
pub(crate) struct Rings {
    pub(crate) phones: BTreeSet<LegId>,
    pub(crate) purpose: Purpose,
    pub(crate) until: Time,
}

/// One conversation as it should be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scene {
    pub(crate) people: BTreeMap<LegId, Place>,
    pub(crate) customer: Option<LegId>,
    /// Who has opened the private side.
    pub(crate) host: Option<LegId>,
    pub(crate) rings: Option<Rings>,
    /// Whether it was opened as a conference, in which one may be alone until others come.
    pub(crate) is_conference: bool,
    /// Whether an agent has paused the recording, and nobody has resumed it.
    pub(crate) paused: bool,
}

impl Rings {
    pub(crate) fn new(now: Time, purpose: Purpose, phones: BTreeSet<LegId>) -> Rings {
        Rings {
            phones,
            purpose,
            until: now + RING,
        }
    }

    /// The same phones for somebody else.
    pub(crate) fn of(self, purpose: Purpose) -> Rings {
        Rings { purpose, ..self }
    }
}

impl Scene {
    /// Where somebody's voice may be heard: phones that ring are with those for whom they ring.
    pub(crate) fn room(&self, leg: LegId) -> Option<Place> {
        let ringing = self.rings.as_ref().filter(|rings| rings.phones.contains(&leg));
        match (ringing.map(|rings| rings.purpose), self.people.get(&leg)) {
            (Some(Purpose::Call | Purpose::Table), _) => Some(Place::Table),
            (Some(Purpose::Private), _) => Some(Place::Private),
            (None, Some(place @ (Place::Table | Place::Private))) => Some(*place),
            (None, Some(Place::Door | Place::Leaving(_)) | None) => None,
        }
    }

    pub(crate) fn at(&self, place: Place) -> BTreeSet<LegId> {
        let there = self.people.iter().filter(|(_, at)| **at == place);
        there.map(|(leg, _)| *leg).collect()
    }

    /// Somebody comes for whom phones have rung.
    pub(crate) fn comes(&mut self, now: Time, leg: LegId) {
        let Some(rings) = self.rings.take() else { return };
        let place = match rings.purpose {
            Purpose::Call | Purpose::Table => Place::Table,
            Purpose::Private => Place::Private,
        };
        self.people.insert(leg, place);
        for waiting in self.people.values_mut().filter(|place| **place == Place::Door) {
            *waiting = Place::Leaving(now + GRACE);
        }
    }

    /// A phone rings no more, and nobody has come by it; these are rung instead.
    pub(crate) fn refuses(&mut self, now: Time, leg: LegId, instead: BTreeSet<LegId>) {
        if let Some(rings) = &mut self.rings
            && rings.phones.remove(&leg)
            && rings.phones.is_empty()
        {
            self.nobody_comes(now, instead);
        }
    }

    /// A phone sends on the call of somebody who has not talked with anybody yet: these ring instead. Others are not
    /// sent on.
    pub(crate) fn goes_on(&mut self, now: Time, leg: LegId, instead: BTreeSet<LegId>) {
        match &mut self.rings {
            Some(rings) if rings.purpose == Purpose::Call && !instead.is_empty() => {
                rings.phones.remove(&leg);
                rings.phones.extend(instead);
                rings.until = now + RING;
            }
            _ => self.refuses(now, leg, instead),
        }
    }

    /// Nobody comes at all. Who has been handed on goes back to the agent, if there is still one.
    pub(crate) fn nobody_comes(&mut self, now: Time, instead: BTreeSet<LegId>) {
        let purpose = self.rings.take().map(|rings| rings.purpose);
        let agent = self.at(Place::Door).pop_first();
        match (purpose, agent) {
            (Some(Purpose::Table), Some(agent)) => drop(self.people.insert(agent, Place::Table)),
            (Some(Purpose::Table), None) if !instead.is_empty() => {
                self.rings = Some(Rings::new(now, Purpose::Table, instead));
            }
            (Some(Purpose::Private), _) => {}
            (Some(Purpose::Call | Purpose::Table) | None, _) => {}
        }
        self.ends_if_alone();
    }

    /// Somebody goes, and these are rung for whoever would be left alone by that.
    pub(crate) fn leaves(&mut self, now: Time, leg: LegId, instead: BTreeSet<LegId>) {
        let Some(place) = self.people.remove(&leg) else {
            return;
        };
        let waits_no_more = self.people.iter().all(|(who, place)| {
            Some(*who) == self.host || matches!(place, Place::Private | Place::Door | Place::Leaving(_))
        });
        let host_was_at_table = self
            .host
            .is_some_and(|host| self.people.get(&host) == Some(&Place::Table));
        match place {
            Place::Door | Place::Leaving(_) => return,
            _ if self.host == Some(leg) => self.opens_door_to_table(),
            Place::Private if host_was_at_table => self.host = None,
            Place::Private => {}
            Place::Table if self.host.is_some() && waits_no_more => self.opens_door_to_table(),
            Place::Table => {}
        }
        if !instead.is_empty() {
            self.rings = Some(Rings::new(now, Purpose::Table, instead));
        }
        self.ends_if_alone();
    }

    /// There is no private side any more: everybody is with those at the table.
    pub(crate) fn opens_door_to_table(&mut self) {
        for place in self.people.values_mut().filter(|place| **place == Place::Private) {
            *place = Place::Table;
        }
        if let Some(rings) = self
            .rings
            .as_mut()
            .filter(|rings| rings.purpose == Purpose::Private)
        {
            rings.purpose = Purpose::Table;
        }
        self.host = None;
    }

    /// Whoever is on the private side, but for the host, is let go, and so are the phones that ring there.
    pub(crate) fn closes_private_side(&mut self) {
        let host = self.host.take();
        self.people
            .retain(|leg, place| Some(*leg) == host || *place != Place::Private);
        self.rings = self
            .rings
            .take()
            .filter(|rings| rings.purpose != Purpose::Private);
        if let Some(host) = host {
            self.people.insert(host, Place::Table);
        }
    }

    /// Somebody puts the others aside, or asks a colleague.
    pub(crate) fn turns_aside(&mut self, agent: LegId) {
        self.people.insert(agent, Place::Private);
        self.host = Some(agent);
    }

    /// All but the customer turn aside.
    pub(crate) fn splits(&mut self, agent: LegId) {
        let customer = self.customer;
        let ours = self
            .people
            .iter_mut()
            .filter(|(leg, place)| Some(**leg) != customer && **place == Place::Table);
        ours.for_each(|(_, place)| *place = Place::Private);
        self.host = Some(agent);
    }

    /// The host turns from the private side to the table, or back.
    pub(crate) fn swaps(&mut self) {
        if let Some(place) = self.host.and_then(|host| self.people.get_mut(&host)) {
            *place = match *place {
                Place::Private => Place::Table,
                Place::Table | Place::Door | Place::Leaving(_) => Place::Private,
            };
        }
    }

    /// Somebody hands those at the table on: is out at once, or waits at the door to hear how it goes.
    pub(crate) fn hands_on(&mut self, now: Time, agent: LegId, phones: BTreeSet<LegId>, waits: bool) {
        self.closes_private_side();
        match waits {
            true => self.people.insert(agent, Place::Door),
            false => self.people.remove(&agent),
        };
        self.rings = Some(Rings::new(now, Purpose::Table, phones));
    }

    /// The part of this one is over.
    pub(crate) fn is_shown_out(&mut self, now: Time, agent: LegId) {
        self.people.insert(agent, Place::Leaving(now + GRACE));
    }

    /// Somebody is brought in, perhaps the customer of another conversation.
    pub(crate) fn welcomes(&mut self, customer: Option<LegId>) {
        let is_here = self
            .customer
            .is_some_and(|customer| self.room(customer).is_some());
        if !is_here {
            self.customer = customer.or(self.customer);
        }
    }

    /// One phone of somebody's takes over from another.
    pub(crate) fn is_replaced(&mut self, old: LegId, new: LegId) {
        if let Some(place) = self.people.remove(&old) {
            self.people.insert(new, place);
        }
        self.host = self.host.map(|host| if host == old { new } else { host });
    }

    /// Time has come until now; these phones ring where the time of others was up.
    pub(crate) fn time_passes(&mut self, now: Time, instead: BTreeSet<LegId>) {
        self.people
            .retain(|_, place| !matches!(place, Place::Leaving(until) if *until <= now));
        if self.rings.as_ref().is_some_and(|rings| rings.until <= now) {
            self.nobody_comes(now, instead);
        }
    }

    /// It is over for everybody.
    pub(crate) fn ends(&mut self) {
        *self = Scene::default();
    }

    /// One alone has nobody to talk with, unless phones ring for those at the table.
    fn ends_if_alone(&mut self) {
        let (table, aside) = (self.at(Place::Table).len(), self.at(Place::Private).len());
        let waits = self.rings.is_some() && table + aside > 0;
        let is_alone = table == 0 || table + aside < 2;
        if is_alone && !waits {
            self.ends();
        }
    }
}
