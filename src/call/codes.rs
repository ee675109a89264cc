//! Feature codes: keys that an agent presses in a call, and that become gestures.
//!
//! A key that may begin a code reaches nobody until it is known what it is. If it becomes a code it is swallowed
//! whole; if not, everything that was held back is heard after all, in order, and each key as long as it was down.

use super::conversation::{Conversation, Story};
use super::dialling::{Dialling, Transfer};
use super::event::Weight;
use super::gesture::Gesture;
use super::leg::{Leg, Party};
use super::pausing::{Means, Wanted};
use super::refusal::Refusal;
use super::world::World;
use crate::config::valid::{Code, Codes};
use crate::id::LegId;
use crate::time::Time;
use crate::wiring::{Key, Keys, Press, Voice};
use serde::{Deserialize, Serialize};

/// What the keys of a phone are about to become.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keying {
    begun: Option<Begun>,
    /// The number behind a code that could not be obeyed. Whoever has pressed that code goes on to the end of the number,
    /// and none of its keys is meant for anybody.
    pub in_vain: Option<Dialling>,
}

/// A code, if the right keys follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Begun {
    /// What has been pressed of it.
    presses: Vec<Press>,
    /// When it is no code, if nothing follows.
    until: Time,
}

/// What some keys mean.
enum Meaning {
    Code(Code),
    Beginning,
    Nothing,
}

/// The keys with which one of these codes begins.
pub fn beginnings(codes: &Codes) -> Keys {
    let first = codes.by_keys.keys().filter_map(|code| code.chars().next());
    first.filter_map(Key::of_char).collect()
}

impl Keying {
    /// When some of it is over by itself.
    pub fn until(&self) -> Option<Time> {
        let begun = self.begun.as_ref().map(|begun| begun.until);
        let in_vain = self.in_vain.as_ref().map(|number| number.until);
        begun.into_iter().chain(in_vain).min()
    }

    /// Time has passed; what was begun and is no code.
    fn rests(&mut self, now: Time) -> Vec<Press> {
        self.in_vain.take_if(|number| number.until <= now);
        let begun = self.begun.take_if(|begun| begun.until <= now);
        begun.map_or_else(Vec::new, |begun| begun.presses)
    }
}

impl Conversation {
    /// The keys of a leg that nobody is to have for now.
    pub fn holds_back(&self, leg: &Leg) -> Keys {
        if !self.takes_codes(leg) {
            return Keys::default();
        }
        match leg.keying.begun.is_some() || self.dials(leg.id) {
            true => Keys::ALL,
            false => self.listens_for,
        }
    }

    /// The media plane has held back a key.
    pub fn held_back(&mut self, world: &mut World<'_>, leg: LegId, press: Press) {
        let Some(presser) = self.legs.get_mut(&leg) else {
            return;
        };
        let begun = presser.keying.begun.take();
        let mut presses = begun.map_or_else(Vec::new, |begun| begun.presses);
        presses.push(press);
        while !presses.is_empty() {
            match self.meaning(world, leg, &presses) {
                Meaning::Code(code) => return self.obeys(world, leg, code),
                Meaning::Beginning => return self.waits_for_more(world, leg, presses),
                // What follows the first key may begin a code all the same.
                Meaning::Nothing => {
                    let first = presses.remove(0);
                    self.is_no_code(world, leg, first);
                }
            }
        }
    }

    /// Time has passed without a key: what was begun is no code.
    pub fn keys_rest(&mut self, world: &mut World<'_>) {
        let legs = self.legs.values_mut();
        let due: Vec<(LegId, Vec<Press>)> = legs.map(|leg| (leg.id, leg.keying.rests(world.now))).collect();
        for (leg, presses) in due {
            for press in presses {
                self.is_no_code(world, leg, press);
            }
        }
    }

    /// Agents who have somebody to put aside, to hand on or to take back, and nobody else.
    fn takes_codes(&self, leg: &Leg) -> bool {
        match leg.party {
            Party::Extension(_) => {
                let decides = self.story.agent() == Some(leg.id);
                leg.is_talking() && (decides || self.story.others(leg.id).is_some())
            }
            Party::Outside { .. } => false,
        }
    }

    fn meaning(&self, world: &World<'_>, leg: LegId, presses: &[Press]) -> Meaning {
        let keys: String = presses.iter().map(|press| press.key.to_char()).collect();
        let dialling = self.dialling(leg);
        let is_dialled = dialling.is_some_and(|dialling| dialling.takes(world.config, &keys));
        if is_dialled || !self.legs.get(&leg).is_some_and(|leg| self.takes_codes(leg)) {
            return Meaning::Nothing;
        }
        let is_one = |code: &Code| dialling.is_none() || code.is_one_while_dialling();
        let mut codes = world.config.codes.by_keys.iter().filter(|(_, code)| is_one(code));
        // None is the beginning of another.
        match codes.find(|(known, _)| known.starts_with(&keys)) {
            Some((known, code)) if *known == keys => Meaning::Code(*code),
            Some(_) => Meaning::Beginning,
            None => Meaning::Nothing,
        }
    }

    fn waits_for_more(&mut self, world: &World<'_>, leg: LegId, presses: Vec<Press>) {
        let until = world.now + world.config.codes.pause;
        if let Some(leg) = self.legs.get_mut(&leg) {
            leg.keying.begun = Some(Begun { presses, until });
        }
    }

    /// A key that belongs to no code: a digit of the number that is being dialled, or one for the far end.
    fn is_no_code(&mut self, world: &mut World<'_>, leg: LegId, press: Press) {
        match self.dials(leg) {
            true => self.dialled(world, leg, press.key),
            false => self.let_pass(world, leg, press),
        }
    }

    fn obeys(&mut self, world: &mut World<'_>, leg: LegId, code: Code) {
        let name = self.names_of(&[leg].into());
        world.tell(
            Weight::Story,
            Some(self.id),
            format!("{name} presses the code for {code}"),
        );
        let done = self.does(world, leg, code);
        if let Some(presser) = self.legs.get_mut(&leg) {
            presser.keying.in_vain = match (code, done.is_err()) {
                (Code::Cold, true) => Some(Dialling::new(world.now, Transfer::Cold)),
                (Code::Warm, true) => Some(Dialling::new(world.now, Transfer::Warm)),
                (_, _) => None,
            };
        }
        if let Err(refusal) = done {
            world.tell(
                Weight::Story,
                Some(self.id),
                format!("{name} hears that it cannot be: {}", refusal.why),
            );
            self.notifies(world.now, leg, Voice::Error);
        }
    }

    fn does(&mut self, world: &mut World<'_>, leg: LegId, code: Code) -> Result<(), Refusal> {
        let gesture = match (code, &self.story) {
            (Code::Cold, _) => return self.begin_dialling(world, leg, Transfer::Cold),
            (Code::Warm, _) => return self.begin_dialling(world, leg, Transfer::Warm),
            (Code::PauseRecording, _) => {
                return self.wants_recording(world, leg, Wanted::Paused, Means::Code);
            }
            (Code::ResumeRecording, _) => {
                return self.wants_recording(world, leg, Wanted::Running, Means::Code);
            }
            (Code::Merge, _) => Gesture::Merge,
            (Code::Swap, _) => Gesture::Swap,
            // Whatever the agent was about: back to those who wait.
            (Code::Cancel, Story::Held(_)) => Gesture::Resume,
            (Code::Cancel, _) => Gesture::Cancel,
            (Code::Complete, _) => Gesture::Complete,
        };
        self.gesture_of(world, leg, &gesture)
    }
}
