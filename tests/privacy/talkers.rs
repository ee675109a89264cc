//! What those who talk may do: hang up, hold, hand on, connect two calls, take one over, and make gestures.

use super::house;
use super::scene::{Place, Purpose, Rings};
use super::story::{At, Teller, in_words};
use std::collections::BTreeSet;
use tandem::call::gesture::Gesture;
use tandem::call::leg::{Leg, LegState};
use tandem::call::pickup::Stand;
use tandem::call::route::Caller;
use tandem::id::{ConversationId, LegId};
use tandem::sdp::Direction;
use tandem::sip::ServerId;

impl Teller<'_> {
    pub(crate) fn somebody_talking_does_something(&mut self) {
        if self.dice.roll(12) == 0 {
            return self.somebody_gives_up();
        }
        let Some(place) = self.anybody(Leg::is_talking) else {
            return;
        };
        match self.dice.roll(12) {
            0..=1 => self.hangs_up(place),
            2 => self.is_lost(place),
            3..=5 => self.describes(place),
            6..=7 => {
                let number = self.number();
                self.refers(place, &number);
            }
            8..=10 => self.connects(place),
            _ => self.is_taken_over(place),
        }
    }

    pub(crate) fn hangs_up(&mut self, (id, leg): At) {
        self.acts.push(format!("{id} {leg} hangs up"));
        let before = self.ringing(id);
        let bye = &self.house.ground.words.bye;
        self.house
            .visit(id, |talk, world| talk.bye(world, leg, ServerId(u64::MAX), bye));
        self.has_left((id, leg), &before);
    }

    fn is_lost(&mut self, (id, leg): At) {
        self.acts.push(format!("{id} {leg} is lost"));
        let before = self.ringing(id);
        self.house
            .visit(id, |talk, world| talk.loses(world, leg, "SIP;cause=408"));
        self.has_left((id, leg), &before);
    }

    pub(crate) fn has_left(&mut self, (id, leg): At, before: &BTreeSet<LegId>) {
        let (now, instead) = (self.house.now, &self.ringing(id) - before);
        self.scene(id).leaves(now, leg, instead);
    }

    fn somebody_gives_up(&mut self) {
        let Some((id, leg)) = self.anybody(|leg| matches!(leg.state, LegState::Asking { .. })) else {
            return;
        };
        self.acts.push(format!("{id} {leg} gives up"));
        self.house
            .visit(id, |talk, world| talk.cancelled(world, leg, None));
        self.scene(id).ends();
    }

    fn describes(&mut self, (id, leg): At) {
        let direction = self.dice.pick(&[
            Direction::SendRecv,
            Direction::SendRecv,
            Direction::SendOnly,
            Direction::RecvOnly,
            Direction::Inactive,
        ]);
        self.acts.push(format!("{id} {leg} says {}", direction.as_str()));
        self.house.visit(id, |talk, _| {
            let agreed = talk.legs.get_mut(&leg).and_then(|leg| leg.media.agreed.as_mut());
            agreed.into_iter().for_each(|agreed| agreed.direction = direction);
        });
    }

    pub(crate) fn refers(&mut self, (id, leg): At, number: &str) {
        self.acts.push(format!("{id} {leg} hands on to {number}"));
        let before = self.ringing(id);
        let result = self
            .house
            .visit(id, |talk, world| talk.hand_over(world, leg, number));
        let (now, phones) = (self.house.now, &self.ringing(id) - &before);
        if let Some(Ok(())) = result {
            self.scene(id).hands_on(now, leg, phones, true);
            if self.dice.roll(4) == 0 {
                self.hangs_up((id, leg));
            }
        }
    }

    /// Somebody who has two calls connects their far ends, or those of the other call.
    fn connects(&mut self, (id, leg): At) {
        let owner = self
            .leg((id, leg))
            .and_then(|leg| leg.party.extension())
            .map(str::to_owned);
        let Some(owner) = owner else { return };
        let talks = self.house.conversations.iter().filter(|talk| talk.id != id);
        let legs = talks.flat_map(|talk| talk.legs.values().map(|leg| (talk.id, leg)));
        let own = legs.filter(|(_, leg)| leg.party.extension() == Some(&owner));
        let own: Vec<At> = own.map(|(id, leg)| (id, leg.id)).collect();
        if own.is_empty() {
            return;
        }
        let (named, named_leg) = self.dice.pick(&own);
        self.acts
            .push(format!("{id} {leg} is connected with {named} {named_leg}"));
        let is_asked_first = self.absorbs(id, named);
        let rings = self
            .scene(named)
            .rings
            .clone()
            .filter(|rings| rings.purpose == Purpose::Call);
        let mut result = None;
        self.house.step(|step| {
            step.visit_both(id, named, |talk, other, world| {
                result = Some(talk.connect(world, other, leg, named_leg));
            });
        });
        match (result, rings) {
            (Some(Ok(())), Some(rings)) => self.takes_phones_of((id, leg), (named, named_leg), rings),
            (Some(Ok(())), None) if is_asked_first => self.takes_people_of((id, leg), (named, named_leg)),
            (Some(Ok(())), None) => self.takes_people_of((named, named_leg), (id, leg)),
            (Some(Err(refusal)), _) => assert!(house::is_sensible(&refusal), "{refusal:?}"),
            (None, _) => {}
        }
    }

    /// The conversation of a customer goes on, and the other one comes into it.
    pub(crate) fn absorbs(&mut self, id: ConversationId, named: ConversationId) -> bool {
        let has_customer = |teller: &mut Self, id| {
            let scene = teller.scene(id);
            scene
                .customer
                .is_some_and(|customer| scene.room(customer).is_some())
        };
        has_customer(self, id) || !has_customer(self, named)
    }

    fn takes_phones_of(&mut self, (id, leg): At, (named, _): At, rings: Rings) {
        let customer = self.scene(named).customer;
        self.scene(named).ends();
        let scene = self.scene(id);
        scene.closes_private_side();
        scene.people.insert(leg, Place::Door);
        scene.rings = Some(rings.of(Purpose::Table));
        scene.welcomes(customer);
    }

    fn takes_people_of(&mut self, (id, leg): At, (other, other_leg): At) {
        let (now, brings_pause) = (self.house.now, self.brings_pause(other));
        let from = self.scene(other);
        from.closes_private_side();
        from.people.remove(&other_leg);
        let (come, customer) = (from.at(Place::Table), from.customer);
        from.people.retain(|leg, _| !come.contains(leg));
        from.customer = None;
        from.is_shown_out(now, other_leg);
        let scene = self.scene(id);
        scene.closes_private_side();
        scene.is_shown_out(now, leg);
        scene
            .people
            .extend(come.into_iter().map(|leg| (leg, Place::Table)));
        scene.paused |= brings_pause;
        scene.welcomes(customer);
    }

    /// Another phone takes what rings at this one.
    pub(crate) fn is_picked_up(&mut self, (id, leg): At) {
        let phone = self.leg((id, leg)).and_then(|leg| leg.party.extension());
        if phone.is_none() {
            return;
        }
        let phone = self.dice.roll(house::PHONES.len());
        let taker = self.takes((id, leg), phone, Stand::Rings);
        let now = self.house.now;
        taker
            .into_iter()
            .for_each(|taker| self.scene(id).comes(now, taker));
    }

    /// Another phone of the same extension takes over a call.
    fn is_taken_over(&mut self, (id, leg): At) {
        let owner = self.leg((id, leg)).and_then(|leg| leg.party.extension());
        let Some(phone) = house::PHONES.iter().rposition(|phone| Some(*phone) == owner) else {
            return;
        };
        if let Some(taker) = self.takes((id, leg), phone, Stand::Talks) {
            self.scene(id).is_replaced(leg, taker);
            if self.muted.contains(&leg) {
                self.muted.insert(taker);
            }
        }
    }

    fn takes(&mut self, (id, leg): At, phone: usize, stand: Stand) -> Option<LegId> {
        self.acts
            .push(format!("{id} {leg} is taken over by phone {phone}"));
        let caller = Caller::Extension(house::PHONES[phone].to_owned());
        let ask = house::ask(&caller, house::phone(phone), "1001");
        let result = self.house.visit(id, |talk, world| {
            talk.is_taken_over(world, &ask, leg, stand)?;
            Ok::<_, tandem::call::refusal::Refusal>(talk.legs.keys().last().copied())
        });
        result?.ok()?
    }

    /// An agent makes a gesture.
    pub(crate) fn somebody_wants_something(&mut self) {
        let open: Vec<ConversationId> = self.scenes.keys().copied().collect();
        if open.is_empty() {
            return;
        }
        let id = self.dice.pick(&open);
        let Some((agent, leg)) = self.an_agent(id) else {
            return;
        };
        let gesture = self.a_gesture();
        self.acts
            .push(format!("{id} {leg} {}", in_words(agent.as_deref(), &gesture)));
        let before = self.ringing(id);
        let result = self
            .house
            .visit(id, |talk, world| talk.gesture(world, agent.as_deref(), &gesture));
        match result {
            Some(Ok(())) => {
                let phones = &self.ringing(id) - &before;
                self.has_done((id, leg), &gesture, phones);
            }
            Some(Err(refusal)) => assert!(house::is_sensible(&refusal), "{refusal:?}"),
            None => {}
        }
    }

    /// Somebody of the house in this conversation, named if that is needed.
    fn an_agent(&mut self, id: ConversationId) -> Option<(Option<String>, LegId)> {
        let scene = self.scene(id).clone();
        if let Some(host) = scene.host.filter(|_| self.dice.roll(3) > 0) {
            return Some((None, host));
        }
        let extension = |leg: LegId| {
            self.leg((id, leg))
                .and_then(|leg| leg.party.extension())
                .map(str::to_owned)
        };
        let seated = scene.people.keys().filter(|leg| scene.room(**leg).is_some());
        let agents: Vec<(LegId, String)> = seated.filter_map(|leg| Some((*leg, extension(*leg)?))).collect();
        if agents.is_empty() {
            return None;
        }
        let (leg, name) = self.dice.pick(&agents);
        let is_unique = agents.iter().filter(|(_, other)| *other == name).count() == 1;
        is_unique.then_some((Some(name), leg))
    }

    fn a_gesture(&mut self) -> Gesture {
        let to = self.number();
        match self.dice.roll(19) {
            0 => Gesture::Cold { to },
            1..=4 => Gesture::Warm { to },
            5..=6 => Gesture::Merge,
            7..=8 => Gesture::Swap,
            9 => Gesture::Cancel,
            10 => Gesture::Complete,
            11 => Gesture::Hold,
            12 => Gesture::Resume,
            13..=14 => Gesture::Split,
            15..=16 => Gesture::Mute,
            17 => Gesture::Unmute,
            _ => Gesture::Leave,
        }
    }

    fn has_done(&mut self, (id, leg): At, gesture: &Gesture, phones: BTreeSet<LegId>) {
        let now = self.house.now;
        let scene = self.scene(id);
        match gesture {
            Gesture::Cold { .. } => scene.hands_on(now, leg, phones, false),
            Gesture::Warm { .. } => {
                scene.turns_aside(leg);
                scene.rings = Some(Rings::new(now, Purpose::Private, phones));
            }
            Gesture::Merge => scene.opens_door_to_table(),
            Gesture::Split => scene.splits(leg),
            Gesture::Swap if scene.host.is_none() => scene.splits(leg),
            Gesture::Swap => scene.swaps(),
            Gesture::Cancel | Gesture::Resume => scene.closes_private_side(),
            Gesture::Complete => match scene.host {
                Some(host) => scene.leaves(now, host, BTreeSet::new()),
                None => scene.leaves(now, leg, phones),
            },
            Gesture::Hold => scene.turns_aside(leg),
            Gesture::Leave => scene.leaves(now, leg, phones),
            Gesture::Mute => drop(self.muted.insert(leg)),
            Gesture::Unmute => drop(self.muted.remove(&leg)),
            Gesture::PauseRecording => scene.paused = true,
            Gesture::ResumeRecording => scene.paused = false,
        }
    }
}
