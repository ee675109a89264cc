//! An agent dials, key by key, the number of the colleague to whom a call shall go, while the others wait.

use super::caller_id::Wish;
use super::conversation::{Conversation, Story};
use super::event::Weight;
use super::gesture::Gesture;
use super::refusal::Refusal;
use super::story::{Aside, Held};
use super::world::World;
use crate::config::Config;
use crate::id::LegId;
use crate::time::Time;
use crate::wiring::Key;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long the dial tone waits for the first digit.
const FIRST_DIGIT_PATIENCE: Duration = Duration::from_secs(10);
/// How long another digit may take to come behind an emergency number.
const PAUSE_FOR_HELP: Duration = Duration::from_secs(1);
/// With the prefixes that a house may want, no number is longer (E.164 has 15 digits).
const MAX_NUMBER_DIGITS: usize = 32;

/// A number that is being dialled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialling {
    /// What is to become of it.
    pub transfer: Transfer,
    /// The digits so far, behind the keys of a prefix that chooses the caller ID, if there is one.
    pub digits: String,
    /// When it is complete, if no key follows.
    pub until: Time,
}

/// What has become of a key of a number.
enum Dialled {
    /// One more key of it.
    More,
    /// Its end.
    Complete,
    /// It is none of a number.
    Wrong,
}

impl Dialling {
    /// A number of which nothing has been dialled yet.
    pub fn new(now: Time, transfer: Transfer) -> Dialling {
        Dialling {
            transfer,
            digits: String::new(),
            until: now + FIRST_DIGIT_PATIENCE,
        }
    }

    fn dialled(&mut self, now: Time, config: &Config, key: char) -> Dialled {
        let is_of_prefix = self.is_in_prefix(config, &key.to_string());
        match key {
            '#' if !is_of_prefix => Dialled::Complete,
            _ if (is_of_prefix || key.is_ascii_digit()) && self.digits.len() < MAX_NUMBER_DIGITS => {
                self.digits.push(key);
                self.until = now + self.pause(config);
                Dialled::More
            }
            _ => Dialled::Wrong,
        }
    }

    /// How long the next digit is waited for: no longer than a moment behind a number that is dialled for help.
    fn pause(&self, config: &Config) -> Duration {
        let (_, number) = Wish::dialled(config, &self.digits);
        let pause = config.codes.number_pause;
        match config.emergency.numbers.contains(&number) {
            true => pause.min(PAUSE_FOR_HELP),
            false => pause,
        }
    }

    /// Whether these keys are the number's, whatever codes there are: digits are, `#` is its end, and a prefix that has
    /// begun is dialled to its end. Where none has begun, a key may still begin either a prefix or a code.
    pub fn takes(&self, config: &Config, keys: &str) -> bool {
        let is_of_number = |key: char| key.is_ascii_digit() || key == '#';
        keys.starts_with(is_of_number) || (!self.digits.is_empty() && self.is_in_prefix(config, keys))
    }

    /// Whether a prefix that chooses the caller ID goes on with these keys.
    fn is_in_prefix(&self, config: &Config, keys: &str) -> bool {
        let dialled = format!("{}{keys}", self.digits);
        let mut prefixes = config.caller_id.prefixes();
        prefixes.any(|prefix| prefix.starts_with(&dialled))
    }
}

/// The two ways to hand on a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transfer {
    /// At once.
    Cold,
    /// After a word with the colleague.
    Warm,
}

impl Conversation {
    /// The agent wants to dial a number: the others wait from now on, and whatever comes of it nobody is on air
    /// again by surprise.
    pub fn begin_dialling(
        &mut self,
        world: &mut World<'_>,
        agent: LegId,
        transfer: Transfer,
    ) -> Result<(), Refusal> {
        if let Story::Consult(_) = self.story {
            return Err(Refusal::new(491, "a colleague is being consulted already".into()));
        }
        let nobody = || Refusal::new(491, "there is nobody to hand on".into());
        let waiting = self.story.others(agent).ok_or_else(nobody)?;
        self.story = Story::Held(Held {
            agent,
            waiting,
            why: Aside::Dialling(Dialling::new(world.now, transfer)),
            since: self.story.since().unwrap_or(world.now),
        });
        Ok(())
    }

    /// Whether this leg dials a number.
    pub fn dials(&self, leg: LegId) -> bool {
        self.dialling(leg).is_some()
    }

    /// The number that this leg dials, be it in vain.
    pub fn dialling(&self, leg: LegId) -> Option<&Dialling> {
        let held = self.story.held().filter(|held| held.agent == leg);
        match held.map(|held| &held.why) {
            Some(Aside::Dialling(dialling)) => Some(dialling),
            Some(Aside::Wanted | Aside::Alone | Aside::WrongNumber) | None => {
                self.legs.get(&leg)?.keying.in_vain.as_ref()
            }
        }
    }

    /// The next key of the number: a digit, a key of a prefix, or else `#`, which ends it. Of a number in vain they go
    /// nowhere.
    pub fn dialled(&mut self, world: &mut World<'_>, leg: LegId, key: Key) {
        let (now, config, key) = (world.now, world.config, key.to_char());
        if let Story::Held(Held {
            agent,
            why: Aside::Dialling(dialling),
            ..
        }) = &mut self.story
            && *agent == leg
        {
            return match dialling.dialled(now, config, key) {
                Dialled::More => {}
                Dialled::Complete => self.number_is_complete(world),
                Dialled::Wrong => self.wrong_number(world, "that is no number"),
            };
        }
        let in_vain = self.legs.get_mut(&leg).map(|leg| &mut leg.keying.in_vain);
        if let Some(number) = in_vain {
            number.take_if(|number| matches!(number.dialled(now, config, key), Dialled::Complete));
        }
    }

    /// The number has been dialled: the call goes there, or the agent hears that it cannot.
    pub fn number_is_complete(&mut self, world: &mut World<'_>) {
        let Some((agent, transfer, to)) = self.dialled_so_far() else {
            return;
        };
        if to.is_empty() {
            return self.wrong_number(world, "no digit has come");
        }
        let gesture = match transfer {
            Transfer::Cold => Gesture::Cold { to },
            Transfer::Warm => Gesture::Warm { to },
        };
        if let Err(refusal) = self.gesture_of(world, agent, &gesture) {
            self.dialled_in_vain(world, &refusal);
        }
    }

    /// Who dials a number for those who wait, to what end, and what there is of it.
    fn dialled_so_far(&self) -> Option<(LegId, Transfer, String)> {
        let held = self.story.held()?;
        match &held.why {
            Aside::Dialling(dialling) => Some((held.agent, dialling.transfer, dialling.digits.clone())),
            Aside::Wanted | Aside::Alone | Aside::WrongNumber => None,
        }
    }

    /// Digits that lead nowhere may be a secret, dialled by mistake; the log does not have them.
    fn dialled_in_vain(&mut self, world: &mut World<'_>, refusal: &Refusal) {
        match refusal.status {
            404 => self.wrong_number(world, "nobody has this number"),
            _ => self.wrong_number(world, &refusal.why),
        }
    }

    /// An agent who hangs up while dialling has dialled: the call goes there, as far as there is anybody.
    pub fn hangs_up_dialling(&mut self, world: &mut World<'_>, leg: LegId) {
        let dialled = self.dialled_so_far();
        let Some((_, transfer, to)) = dialled.filter(|(agent, _, to)| *agent == leg && !to.is_empty()) else {
            return;
        };
        let gone = match transfer {
            Transfer::Cold => self.hand_over(world, leg, &to),
            Transfer::Warm => self.consult(world, leg, &to),
        };
        if let Err(refusal) = gone {
            self.dialled_in_vain(world, &refusal);
        }
    }

    /// The others wait on: the agent, who has told them so, dials again or goes back to them.
    fn wrong_number(&mut self, world: &mut World<'_>, why: &str) {
        if let Story::Held(held) = &mut self.story {
            held.why = Aside::WrongNumber;
            let agent = [held.agent].into();
            let name = self.names_of(&agent);
            world.tell(
                Weight::Story,
                Some(self.id),
                format!("{name} has dialled in vain: {why}"),
            );
        }
    }
}
