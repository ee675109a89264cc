//! What people do beside the keys of their phones and the gestures of their desktops: they open conferences, press
//! feature codes, forward what rings at theirs; and carriers connect those who were handed on by themselves.

use super::house;
use super::scene::{Place, Purpose, Rings};
use super::story::{At, MAX_TALKS, Teller};
use std::collections::BTreeSet;
use tandem::call::conversation::Story;
use tandem::call::dialling::Transfer;
use tandem::call::leg::{Leg, LegState};
use tandem::call::route::Caller;
use tandem::call::story::{Aside, Stage};
use tandem::id::{ConversationId, LegId};
use tandem::sip::ServerId;
use tandem::wiring::{Key, Press};

/// Codes, with numbers behind them or without, numbers alone, and what is neither.
const KEYS: [&str; 10] = [
    "*1",
    "*2",
    "*4",
    "*6",
    "*11002#",
    "*21003#",
    "*21004#",
    "*10033123456789#",
    "*",
    "7",
];
/// The same for those who have put others aside.
const KEYS_OF_HOSTS: [&str; 10] = ["*3", "*3", "*4", "*4", "*5", "*6", "1003#", "10", "*21002#", "#"];

impl Teller<'_> {
    /// Somebody opens a conference, or brings others into it.
    pub(crate) fn somebody_confers(&mut self) {
        let room = self.anybody(|leg| leg.is_talking() && leg.is_with_focus());
        match room.filter(|_| self.dice.roll(4) > 0) {
            Some(room) => self.somebody_comes_into(room),
            None if self.scenes.len() < MAX_TALKS => self.somebody_opens_a_conference(),
            None => self.somebody_rung_does_something(),
        }
    }

    /// A phone calls the number that opens conferences.
    fn somebody_opens_a_conference(&mut self) {
        let phone = self.dice.roll(house::PHONES.len());
        self.acts.push(format!("phone {phone} opens a conference"));
        let caller = Caller::Extension(house::PHONES[phone].to_owned());
        let ask = house::ask(&caller, house::phone(phone), house::CONFERENCE);
        let opened = self
            .house
            .step(|step| step.open_conference(&ask, house::CONFERENCE));
        let newest = self.house.conversations.iter().last();
        let room = newest.and_then(|talk| Some((talk.id, *talk.legs.keys().next()?)));
        if let (Ok(()), Some((id, leg))) = (opened, room) {
            let scene = self.scene(id);
            scene.people.insert(leg, Place::Table);
            scene.is_conference = true;
        }
    }

    /// The owner of a conference brings the others of another call into it.
    fn somebody_comes_into(&mut self, room: At) {
        let owner = self
            .leg(room)
            .and_then(|leg| leg.party.extension().map(str::to_owned));
        let is_own = |leg: &Leg| leg.party.extension() == owner.as_deref() && !leg.is_with_focus();
        let Some(line) = self.anybody(is_own).filter(|line| line.0 != room.0) else {
            return;
        };
        self.acts.push(format!(
            "{} {} is brought into the conference {}",
            line.0, line.1, room.0
        ));
        let into_room = self.absorbs(room.0, line.0);
        let mut result = None;
        self.house.step(|step| {
            step.visit_both(room.0, line.0, |room, talk, world| {
                result = Some(room.takes_guests(world, talk, line.1));
            });
        });
        match result {
            Some(Ok(())) if into_room => self.joins(room.0, line),
            Some(Ok(())) => self.is_joined_by(line, room.0),
            Some(Err(refusal)) => assert!(house::is_sensible(&refusal), "{refusal:?}"),
            None => {}
        }
    }

    fn joins(&mut self, room: ConversationId, (line, agent): At) {
        let (now, brings_pause) = (self.house.now, self.brings_pause(line));
        let from = self.scene(line);
        from.closes_private_side();
        from.is_shown_out(now, agent);
        let (come, customer) = (from.at(Place::Table), from.customer.take());
        from.people.retain(|leg, _| !come.contains(leg));
        let scene = self.scene(room);
        let come = come.into_iter().map(|leg| (leg, Place::Table));
        scene.people.extend(come);
        scene.paused |= brings_pause;
        scene.welcomes(customer);
    }

    fn is_joined_by(&mut self, (line, agent): At, room: ConversationId) {
        let now = self.house.now;
        let from = self.scene(room);
        let come = from.at(Place::Table);
        from.people.retain(|leg, _| !come.contains(leg));
        let scene = self.scene(line);
        scene.closes_private_side();
        scene.is_shown_out(now, agent);
        let come = come.into_iter().map(|leg| (leg, Place::Table));
        scene.people.extend(come);
    }

    /// An agent presses some keys; who has put others aside or asks a colleague is the likeliest to do so.
    pub(crate) fn somebody_presses_keys(&mut self) {
        let hosts = self
            .scenes
            .iter()
            .filter_map(|(id, scene)| Some((*id, scene.host?)));
        let hosts: Vec<At> = hosts.collect();
        let is_agent = |leg: &Leg| leg.is_talking() && leg.party.extension().is_some();
        let (presser, keys) = match hosts.is_empty() || self.dice.roll(3) == 0 {
            true => (self.anybody(is_agent), self.dice.pick(&KEYS)),
            false => (Some(self.dice.pick(&hosts)), self.dice.pick(&KEYS_OF_HOSTS)),
        };
        let Some((id, leg)) = presser else { return };
        self.acts.push(format!("{id} {leg} presses {keys}"));
        for key in keys.chars().filter_map(Key::of_char) {
            self.presses((id, leg), key);
        }
    }

    fn presses(&mut self, (id, leg): At, key: Key) {
        let (before, dials) = (self.ringing(id), self.dialled_in(id));
        let press = Press {
            key,
            ms: 160,
            volume: 10,
        };
        self.house.visit(id, |talk, world| {
            let is_held_back = talk
                .legs
                .get(&leg)
                .is_some_and(|leg| talk.holds_back(leg).contains(key));
            match is_held_back {
                true => talk.held_back(world, leg, press),
                false => talk.pressed(world, leg, press),
            }
        });
        let code = self.house.told(id, "presses the code for ");
        match code.filter(|_| self.house.told(id, "hears that it cannot be").is_none()) {
            Some(code) => self.obeys((id, leg), &code),
            None => dials
                .into_iter()
                .for_each(|dials| self.has_dialled(id, dials, &before)),
        }
    }

    fn obeys(&mut self, (id, leg): At, code: &str) {
        let now = self.house.now;
        let scene = self.scene(id);
        let host = scene.host;
        match (code, host) {
            ("cold" | "warm", _) => scene.turns_aside(leg),
            ("merge", _) => scene.opens_door_to_table(),
            ("swap", Some(_)) => scene.swaps(),
            ("swap", None) => scene.splits(leg),
            ("cancel", _) => scene.closes_private_side(),
            ("complete", host) => scene.leaves(now, host.unwrap_or(leg), BTreeSet::new()),
            ("pause_recording", _) => scene.paused = true,
            ("resume_recording", _) => scene.paused = false,
            (other, _) => panic!("no code is called {other}"),
        }
    }

    /// Who dials a number in this conversation, and what for.
    pub(crate) fn dialled_in(&self, id: ConversationId) -> Option<(LegId, Transfer)> {
        match &self.house.conversations.get(id)?.story {
            Story::Held(held) => match &held.why {
                Aside::Dialling(dialling) => Some((held.agent, dialling.transfer)),
                Aside::Wanted | Aside::Alone | Aside::WrongNumber => None,
            },
            _ => None,
        }
    }

    /// Somebody has dialled in this conversation; if the number is complete, and leads anywhere, it rings there.
    pub(crate) fn has_dialled(
        &mut self,
        id: ConversationId,
        (agent, transfer): (LegId, Transfer),
        before: &BTreeSet<LegId>,
    ) {
        let is_done = self.dialled_in(id).is_none();
        if !is_done || self.house.told(id, "has dialled in vain").is_some() {
            return;
        }
        let (now, phones) = (self.house.now, &self.ringing(id) - before);
        let scene = self.scene(id);
        match transfer {
            Transfer::Cold => scene.hands_on(now, agent, phones, false),
            Transfer::Warm => scene.rings = Some(Rings::new(now, Purpose::Private, phones)),
        }
    }

    /// A phone that rings sends its caller on.
    pub(crate) fn forwards(&mut self, (id, leg): At) {
        let before = self.ringing(id);
        let words = &self.house.ground.words;
        let onward = self.dice.pick(&words.forwards);
        self.says((id, leg), "forwards", &onward);
        let (now, instead) = (self.house.now, &self.ringing(id) - &before);
        self.scene(id).goes_on(now, leg, instead);
    }

    /// A carrier that was asked to connect two of its numbers answers, tells, or does so.
    pub(crate) fn carrier_does_something(&mut self) {
        let is_asked = |leg: &Leg| leg.refer.is_some();
        match (self.carried(), self.anybody(is_asked)) {
            (Some(place), _) if self.dice.roll(2) == 0 => self.carrier_tells(place),
            (_, Some(place)) => self.carrier_answers(place),
            (Some(place), None) => self.hangs_up(place),
            (None, None) => self.refers_to_carrier(),
        }
    }

    /// Somebody hands on a customer to where its own carrier can connect it.
    fn refers_to_carrier(&mut self) {
        let is_theirs = |leg: &Leg| leg.is_talking() && leg.party.trunk() == Some("globe");
        let Some((id, _)) = self.anybody(is_theirs) else {
            return;
        };
        let is_agent = |leg: &&Leg| leg.is_talking() && leg.party.extension().is_some();
        let talk = self.house.conversations.get(id);
        let agent = talk.and_then(|talk| talk.legs.values().find(is_agent));
        if let Some(agent) = agent.map(|agent| agent.id) {
            self.refers((id, agent), "0033123456789");
        }
    }

    /// Somebody whom a carrier is to connect.
    fn carried(&self) -> Option<At> {
        self.all_carried().next()
    }

    /// All whom carriers are to connect.
    fn all_carried(&self) -> impl Iterator<Item = At> {
        self.house
            .conversations
            .iter()
            .filter_map(|talk| match &talk.story {
                Story::Handover(handover) => match handover.stage {
                    Stage::Carrier { .. } => Some((talk.id, *handover.waiting.first()?)),
                    Stage::Target | Stage::Recall | Stage::Fallback => None,
                },
                _ => None,
            })
    }

    fn carrier_answers(&mut self, (id, leg): At) {
        let status = self.dice.pick(&[202, 202, 202, 603, 408]);
        self.acts
            .push(format!("{id} {leg} is to connect by itself: {status}"));
        let before = self.ringing(id);
        let was_meant = self.all_carried().any(|at| at == (id, leg));
        self.house.visit(id, |talk, world| {
            let client = talk.legs.get(&leg).and_then(|leg| leg.refer);
            match (client, status) {
                (Some(client), 408) => talk.unanswered(world, leg, client, 408),
                (Some(_), status) => talk.carrier_answers(world, leg, status),
                (None, _) => {}
            }
        });
        let phones = &self.ringing(id) - &before;
        if status >= 300 && was_meant {
            let rings = &mut self.scene(id).rings;
            rings.iter_mut().for_each(|rings| rings.phones.extend(&phones));
        }
    }

    fn carrier_tells(&mut self, (id, leg): At) {
        let words = &self.house.ground.words;
        let (status, notify) = self.dice.pick(&words.notifies);
        self.acts
            .push(format!("{id} {leg} tells of its connecting: {status}"));
        let before = self.ringing(id);
        self.house.visit(id, |talk, world| {
            talk.carrier_tells(world, leg, ServerId(u64::MAX), &notify)
        });
        let (now, instead) = (self.house.now, &self.ringing(id) - &before);
        match status {
            180 => {}
            200 => self.scene(id).ends(),
            _ => self.scene(id).nobody_comes(now, instead),
        }
    }

    /// Somebody we ring, if there is anybody.
    pub(crate) fn anybody_rung(&mut self) -> Option<At> {
        self.anybody(|leg| matches!(leg.state, LegState::Asked { .. }))
    }
}
