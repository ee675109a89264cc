//! Makes up one story out of a seed and holds it against the promises after every act.

use super::checks;
use super::house::{self, Ground, House, PHONES, TRUNKS};
use super::scene::{Place, Purpose, Rings, Scene};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hasher};
use std::time::Duration;
use tandem::call::conversation::Conversation;
use tandem::call::gesture::Gesture;
use tandem::call::leg::{Leg, LegState};
use tandem::call::route::Caller;
use tandem::id::{ConversationId, LegId};

/// Acts in one story at most.
const MAX_ACTS: usize = 20;
/// Conversations at one time.
pub(crate) const MAX_TALKS: usize = 3;
/// Longer than any transaction lives.
const AFTERMATH: Duration = Duration::from_secs(40);

/// Numbers that people dial.
const NUMBERS: [&str; 8] = [
    "1001",
    "1002",
    "1003",
    "1004",
    "0033123456789",
    "0033123456789",
    "02079460999",
    "9999",
];

/// A story while it is told.
pub(crate) struct Teller<'g> {
    pub(crate) house: House<'g>,
    pub(crate) scenes: BTreeMap<ConversationId, Scene>,
    /// Who wants to hear and not be heard, wherever that is.
    pub(crate) muted: BTreeSet<LegId>,
    pub(crate) dice: Dice,
    /// What is done with the recording; apart, so that it changes nothing in the rest of a story.
    pub(crate) record_dice: Dice,
    /// All that was done so far, in words.
    pub(crate) acts: Vec<String>,
}

/// Where somebody is in the house.
pub(crate) type At = (ConversationId, LegId);

/// The one source of chance of a story (SplitMix64).
pub(crate) struct Dice(u64);

/// What came of one story.
pub(crate) struct Told {
    pub(crate) acts: usize,
    pub(crate) fault: Option<String>,
}

/// Tells the story of this seed, and notes what every state of it looks like.
pub(crate) fn tell(ground: &Ground, seed: u64, looks: &mut HashSet<u64>) -> Told {
    let mut dice = Dice(seed);
    let mut teller = Teller {
        house: House::new(ground, dice.roll(2) == 0),
        scenes: BTreeMap::new(),
        muted: BTreeSet::new(),
        dice,
        record_dice: Dice(!seed),
        acts: Vec::new(),
    };
    let fault = teller.tell(looks).err();
    Told {
        acts: teller.acts.len(),
        fault: fault.map(|why| format!("{why}\n\nafter\n{}", teller.acts.join("\n"))),
    }
}

impl Teller<'_> {
    fn tell(&mut self, looks: &mut HashSet<u64>) -> Result<(), String> {
        self.somebody_calls();
        let acts = 6 + self.dice.roll(MAX_ACTS - 6);
        for _ in 0..acts {
            self.act();
            self.is_as_promised(looks)?;
            self.somebody_may_press_record();
            self.is_as_promised(looks)?;
        }
        while let Some(place) = self.anybody(Leg::is_talking) {
            self.hangs_up(place);
            self.is_as_promised(looks)?;
        }
        self.acts.push("everything is hung up".to_owned());
        let open: Vec<ConversationId> = self.scenes.keys().copied().collect();
        for id in open {
            self.is_ended_by_order(id);
        }
        self.is_as_promised(looks)?;
        for _ in 0..3 {
            self.house.rests(AFTERMATH);
        }
        self.house.leftovers().map_or(Ok(()), Err)
    }

    fn is_as_promised(&mut self, looks: &mut HashSet<u64>) -> Result<(), String> {
        if self.dice.roll(8) > 0 {
            self.house.is_confirmed();
        }
        let mut look = DefaultHasher::new();
        let nobody = Scene::default();
        for talk in self.house.conversations.iter() {
            let scene = self.scenes.get(&talk.id).unwrap_or(&nobody);
            checks::look(talk, scene, &mut look);
            if let Some(fault) = checks::broken_promise(talk, scene, &self.muted) {
                return Err(format!(
                    "{fault}\n{scene:#?}\n{:#?}\n{:#?}",
                    talk.story,
                    talk.wiring()
                ));
            }
        }
        looks.insert(look.finish());
        let talks = self.house.conversations.iter();
        if let Some(fault) = checks::calls_out_too_much(talks) {
            return Err(fault);
        }
        let conversations = &self.house.conversations;
        let lost = self
            .scenes
            .iter()
            .find(|(id, scene)| !scene.people.is_empty() && conversations.get(**id).is_none());
        let lost = lost.map(|(id, scene)| format!("{id} is gone, but should be {scene:#?}"));
        self.scenes.retain(|id, _| conversations.get(*id).is_some());
        lost.map_or(Ok(()), Err)
    }

    fn act(&mut self) {
        match self.dice.roll(40) {
            0..=2 => self.somebody_calls(),
            3..=10 => self.somebody_rung_does_something(),
            11..=16 => self.somebody_talking_does_something(),
            17..=27 => self.somebody_wants_something(),
            28..=31 => self.somebody_presses_keys(),
            32..=33 => self.somebody_confers(),
            34..=35 => self.carrier_does_something(),
            36..=37 => self.time_passes(),
            38 => self.last_words_arrive(),
            _ => self.order_ends_something(),
        }
    }

    fn somebody_calls(&mut self) {
        if self.scenes.len() >= MAX_TALKS {
            return self.somebody_rung_does_something();
        }
        let who = self.dice.roll(PHONES.len() + TRUNKS.len());
        let (caller, flow, number) = match who.checked_sub(PHONES.len()) {
            None => {
                let number = self.dice.pick(&NUMBERS);
                (
                    Caller::Extension(PHONES[who].to_owned()),
                    house::phone(who),
                    number,
                )
            }
            Some(trunk) => {
                let number = self.dice.pick(&["+442079460100", "+442079460101"]);
                (
                    Caller::Trunk(TRUNKS[trunk].to_owned()),
                    house::carrier(trunk),
                    number,
                )
            }
        };
        self.acts.push(format!("{caller:?} calls {number}"));
        let ask = house::ask(&caller, flow, number);
        let Some(talk) = self
            .house
            .call(&ask)
            .and_then(|id| self.house.conversations.get(id))
        else {
            return;
        };
        let Some(asker) = talk.legs.keys().next().copied() else {
            return;
        };
        let phones: BTreeSet<LegId> = talk.rung().map(|leg| leg.id).collect();
        let customer = match &caller {
            Caller::Trunk(_) => Some(asker),
            Caller::Extension(_) if number.starts_with('0') => phones.first().copied(),
            Caller::Extension(_) => None,
        };
        let scene = Scene {
            people: [(asker, Place::Table)].into(),
            customer,
            rings: Some(Rings::new(self.house.now, Purpose::Call, phones)),
            ..Scene::default()
        };
        self.scenes.insert(talk.id, scene);
    }

    pub(crate) fn somebody_rung_does_something(&mut self) {
        let Some((id, leg)) = self.anybody_rung() else {
            return;
        };
        let words = &self.house.ground.words;
        match self.dice.roll(13) {
            12 => self.forwards((id, leg)),
            0 => self.is_picked_up((id, leg)),
            1..=2 => self.says((id, leg), "rings", &words.rings),
            3..=4 => self.says((id, leg), "plays", &words.plays),
            5..=9 => {
                self.says((id, leg), "answers", &words.answers);
                let now = self.house.now;
                self.scene(id).comes(now, leg);
            }
            10 => self.will_not((id, leg), 486),
            _ => self.will_not((id, leg), 408),
        }
    }

    pub(crate) fn says(&mut self, (id, leg): At, what: &str, words: &tandem::sip::Message) {
        self.acts.push(format!("{id} {leg} {what}"));
        self.house.visit(id, |talk, world| {
            let client = talk.legs.get(&leg).and_then(|leg| leg.clients().next());
            client.map(|client| talk.responded(world, leg, client, words))
        });
    }

    fn will_not(&mut self, (id, leg): At, status: u16) {
        self.acts.push(format!("{id} {leg} will not come: {status}"));
        let before = self.ringing(id);
        self.house.visit(id, |talk, world| {
            let client = talk.legs.get(&leg).and_then(|leg| leg.clients().next());
            client.map(|client| talk.unanswered(world, leg, client, status))
        });
        let (now, instead) = (self.house.now, &self.ringing(id) - &before);
        self.scene(id).refuses(now, leg, instead);
    }

    fn time_passes(&mut self) {
        let seconds = self.dice.pick(&[1, 5, 21]);
        self.acts.push(format!("{seconds} s pass"));
        self.house.is_confirmed();
        let open: Vec<ConversationId> = self.scenes.keys().copied().collect();
        let before = open
            .into_iter()
            .map(|id| (id, self.ringing(id), self.dialled_in(id)));
        let before: Vec<_> = before.collect();
        self.house.rests(Duration::from_secs(seconds));
        for (id, before, dials) in before {
            dials
                .into_iter()
                .for_each(|dials| self.has_dialled(id, dials, &before));
            let (now, instead) = (self.house.now, &self.ringing(id) - &before);
            self.scene(id).time_passes(now, instead);
        }
    }

    /// The answers to what we have ended arrive, or a phone has answered too late.
    fn last_words_arrive(&mut self) {
        let late = self.anybody(|leg| matches!(leg.state, LegState::Withdrawn { .. }));
        let words = &self.house.ground.words;
        match late.filter(|_| self.dice.roll(2) == 0) {
            Some(late) => self.says(late, "answers too late", &words.answers),
            None => self.house.is_let_go(),
        }
    }

    fn order_ends_something(&mut self) {
        let open: Vec<ConversationId> = self.scenes.keys().copied().collect();
        if !open.is_empty() && self.dice.roll(2) == 0 {
            let id = self.dice.pick(&open);
            self.acts.push(format!("{id} is ended by order"));
            self.is_ended_by_order(id);
        }
    }

    fn is_ended_by_order(&mut self, id: ConversationId) {
        self.house.step(|step| step.hang_up(id));
        self.scene(id).ends();
    }

    /// Somebody of this kind, if there is anybody.
    pub(crate) fn anybody(&mut self, is_meant: impl Fn(&Leg) -> bool) -> Option<At> {
        let talks = self.house.conversations.iter();
        let legs = talks.flat_map(|talk| talk.legs.values().map(|leg| (talk.id, leg)));
        let meant: Vec<At> = legs
            .filter(|(_, leg)| is_meant(leg))
            .map(|(id, leg)| (id, leg.id))
            .collect();
        (!meant.is_empty()).then(|| self.dice.pick(&meant))
    }

    pub(crate) fn ringing(&self, id: ConversationId) -> BTreeSet<LegId> {
        let talk = self.house.conversations.get(id);
        talk.into_iter()
            .flat_map(Conversation::rung)
            .map(|leg| leg.id)
            .collect()
    }

    pub(crate) fn scene(&mut self, id: ConversationId) -> &mut Scene {
        self.scenes.entry(id).or_default()
    }

    pub(crate) fn leg(&self, (id, leg): At) -> Option<&Leg> {
        self.house.conversations.get(id)?.legs.get(&leg)
    }

    /// A number that somebody might dial.
    pub(crate) fn number(&mut self) -> String {
        self.dice.pick(&NUMBERS).to_owned()
    }
}

impl Dice {
    pub(crate) fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % below.max(1) as u64) as usize
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())].clone()
    }
}

/// A gesture in words, for the log of acts.
pub(crate) fn in_words(agent: Option<&str>, gesture: &Gesture) -> String {
    format!("{} wants {gesture:?}", agent.unwrap_or("the agent"))
}
