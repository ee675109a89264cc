//! Makes up one story out of a seed, plays it on the stage, and compares with the model after every act.

use super::agents::PHONES;
use super::dice::Dice;
use super::model::Model;
use super::people::Place;
use super::wishes::NEXT_DIGIT;
use crate::stage::{Party, Stage};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tandem::call::Order;
use tandem::call::chronicle::{Outcome, Transfer};
use tandem::config::Config;
use tandem::config::valid::{Code, Codes, RefusedChoice};
use tandem::id::TapeId;
use tandem::time::Time;

/// Acts in one story at most.
const MAX_ACTS: usize = 80;
/// Conversations at one time, if nobody waits with a call until there are fewer.
const MAX_TALKS: usize = 3;
/// Acts after somebody has vanished from a story in which people hand on.
const LAST_ACTS: usize = 6;
/// The phone that speaks TCP, and the carrier all of whose ringing is to be confirmed.
const TCP_PHONE: usize = 3;
const GLOBE: usize = PHONES + 1;
/// The keys that agents press, and what they mean.
pub(super) const CODES: [(&str, Code); 8] = [
    ("*1", Code::Cold),
    ("*2", Code::Warm),
    ("*3", Code::Merge),
    ("*4", Code::Swap),
    ("*5", Code::Cancel),
    ("*6", Code::Complete),
    ("*7", Code::PauseRecording),
    ("*8", Code::ResumeRecording),
];

/// The fields in which a phone may say who it is.
const CLAIMS: &[&str] = &[
    "P-Asserted-Identity",
    "P-Preferred-Identity",
    "Remote-Party-ID",
    "Diversion",
    "History-Info",
    "Identity",
    "Referred-By",
];

/// A story while it is told.
pub struct Teller<'a> {
    pub(super) stage: &'a mut Stage,
    pub(super) dice: Dice,
    pub(super) model: Model,
    pub(super) people: Vec<Party>,
    pub(super) is_doubled: bool,
    /// Whether people hand on in this story. Then nobody falls silent: whoever is told with whom he talks now would be
    /// lost at a time that depends on what he has been told before, and that is played in flows of its own.
    pub(super) hands_on: bool,
    /// All that was done so far, in words.
    pub acts: Vec<String>,
    /// The transfers whose endings have been looked at.
    endings: BTreeSet<(TapeId, usize)>,
    /// How often each kind of thing was wanted, and how often it could be.
    pub wishes: BTreeMap<&'static str, (usize, usize)>,
}

impl<'a> Teller<'a> {
    /// The house is wide, the phones are registered, and nothing has happened yet.
    pub fn new(stage: &'a mut Stage, seed: u64, is_doubled: bool) -> Teller<'a> {
        stage.configure(|config| {
            crate::identity::numbers(config);
            house(config);
        });
        let mut dice = Dice(seed);
        let hands_on = dice.roll(5) > 0;
        let mut teller = Teller {
            stage,
            dice,
            model: Model::new(),
            people: Vec::new(),
            is_doubled,
            hands_on,
            acts: Vec::new(),
            endings: BTreeSet::new(),
            wishes: BTreeMap::new(),
        };
        for extension in ["1001", "1001", "1002", "1003", "1002", "1003"] {
            teller.enters(Place::House(extension));
        }
        for trunk in ["acme", "globe"] {
            teller.enters(Place::Outside(trunk));
        }
        (0..PHONES).for_each(|who| teller.registers(who));
        (0..PHONES).for_each(|who| teller.claims(who));
        // The others are told with whom they talk now by a re-INVITE.
        for who in [0, 1, 2, 5] {
            teller.people[who].says("Allow", "INVITE, ACK, BYE, CANCEL, UPDATE, REFER, INFO");
        }
        teller.people[2].says("Supported", "100rel");
        teller.model.confirms(2);
        teller.people[GLOBE].rings_only_reliably();
        teller
    }

    /// Tells it, and says what was otherwise than the model says. Where people hand on somebody may vanish in the end;
    /// then nobody knows who should hear whom, but all the same nothing may be left.
    pub fn tell(&mut self) -> Result<(), String> {
        let acts = 10 + self.dice.roll(MAX_ACTS - 10);
        for _ in 0..acts {
            self.act();
            let (is, should) = (self.stage.picture(), self.model.picture());
            if is != should {
                return Err(format!("the wiring is   {is:#?}\nbut should be   {should:#?}"));
            }
            self.phones_know_the_truth()?;
            self.endings_are_true()?;
        }
        if self.hands_on && self.dice.roll(4) == 0 {
            self.somebody_falls_silent();
            (0..LAST_ACTS).for_each(|_| self.last_act());
        }
        Ok(())
    }

    fn last_act(&mut self) {
        match self.dice.roll(4) {
            0 => self.time_passes(),
            1 => self.two_cross(),
            _ => self.somebody_does_something(),
        }
    }

    /// Each phone was told of each of its transfers how it went, and of nothing else.
    fn phones_know_the_truth(&self) -> Result<(), String> {
        for (who, party) in self.people.iter().enumerate() {
            for (line, told) in party.outcomes().into_iter().enumerate() {
                let should = self.model.outcomes(who, line);
                if told != should {
                    return Err(format!(
                        "{who} was told {told:?} in call {line}, and not {should:?}"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Every transfer that is on a tape has one ending, and that is what has come of it: told of those of this act, unless
    /// two acted at once and it has gone on from there.
    fn endings_are_true(&mut self) -> Result<(), String> {
        let open = self.stage.conversations();
        let crossed = self.acts.last().is_some_and(|act| act.starts_with("crossing"));
        for tape in self.stage.tapes() {
            let transfers = &tape.timeline.transfers;
            let has_open = |transfer: &&Transfer| transfer.outcome.is_none();
            let last = usize::from(tape.ended.is_none());
            if transfers.iter().rev().skip(last).any(|it| has_open(&it)) {
                return Err(format!(
                    "{} has transfers without an ending: {transfers:#?}",
                    tape.tape
                ));
            }
            let place = open.iter().position(|id| *id == tape.conversation);
            let of_now = |(at, _): &(Time, Outcome)| *at == self.stage.now() && !crossed;
            for (number, transfer) in transfers.iter().enumerate() {
                let is_new = transfer.outcome.is_some() && self.endings.insert((tape.tape, number));
                // A phone of the own extension cannot be told from the one who asks by its name; and who asks for one thing
                // after the other is gone when it is the second that has come about.
                let next = transfers.get(number + 1);
                let is_followed =
                    next.is_some_and(|next| Some(next.at) == transfer.outcome.map(|(at, _)| at));
                let is_clear = is_new && !transfer.to.contains(&transfer.by) && !is_followed;
                let Some((_, outcome)) = transfer.outcome.filter(of_now).filter(|_| is_clear) else {
                    continue;
                };
                let is_here = |name: &String| place.is_some_and(|place| self.model.sits(place, name));
                let (by, who) = (is_here(&transfer.by), transfer.who.iter().any(is_here));
                let is_true = match outcome {
                    Outcome::Done => !by,
                    Outcome::Back => by && who,
                    Outcome::Over => !who || tape.ended.is_some(),
                };
                if !is_true {
                    return Err(format!(
                        "{transfer:?} of {} is not what has come of it",
                        tape.tape
                    ));
                }
            }
        }
        Ok(())
    }

    /// How often something has come about.
    pub fn tally(&self) -> &BTreeMap<&'static str, usize> {
        &self.model.tally
    }

    fn enters(&mut self, place: Place) {
        let party = match place {
            Place::House(extension) if self.people.len() == TCP_PHONE => {
                self.stage.phone(extension).over_tcp()
            }
            Place::House(extension) => self.stage.phone(extension),
            Place::Outside(trunk) => self.stage.carrier(trunk),
        };
        self.model.enter(&party.name(), place);
        self.people.push(party);
    }

    /// In every call that it makes or takes, a phone says that it is somebody else; the referee sees that nobody is
    /// told.
    fn claims(&mut self, who: usize) {
        let address = format!("\"Claim\" <sip:+44791100000{who}@palace{who}.example>");
        for field in CLAIMS {
            self.people[who].says(field, &address);
        }
    }

    fn act(&mut self) {
        if self.hands_on && self.dice.roll(3) == 0 && self.somebody_goes_on() {
            return;
        }
        match self.dice.roll(40) {
            0..=2 => self.somebody_calls(),
            3..=12 => self.somebody_rung_does_something(),
            13..=15 => self.somebody_does_something(),
            16..=18 => self.two_cross(),
            19..=33 if !self.hands_on => self.somebody_does_something(),
            19..=22 => self.somebody_hands_on(),
            23 => self.somebody_takes_over(),
            24..=28 => self.somebody_orders_something(),
            29..=32 => self.somebody_presses_a_code(),
            33 => self.somebody_presses_record(),
            34 => self.somebody_registers(),
            35..=37 => self.time_passes(),
            38 if !self.hands_on => self.somebody_falls_silent(),
            38 => self.order_hangs_up(),
            _ => {
                self.acts.push("restart".to_owned());
                self.stage.restart();
            }
        }
    }

    pub(super) fn somebody_calls(&mut self) {
        if self.stage.conversations().len() > MAX_TALKS {
            return self.somebody_rung_does_something();
        }
        let talking = self
            .talking(|who| who < PHONES)
            .filter(|_| self.dice.roll(2) == 0);
        let who = talking.map_or_else(|| self.dice.roll(self.people.len()), |(who, _)| who);
        if self.is_silent(who) {
            return;
        }
        let number = match who {
            0..PHONES => self.dice.pick(&[
                "1001",
                "1001",
                "1002",
                "1002",
                "1003",
                "1009",
                "02079460200",
                "*31*1*02079460200",
                "*31#02079460200",
                "0033140205050",
            ]),
            _ => self
                .dice
                .pick(&["+442079460100", "+442079460100", "+442079460101", "+15550100"]),
        };
        self.acts.push(format!("{who} calls {number}"));
        self.model.calls(who, number);
        self.people[who].calls(number);
    }

    fn somebody_registers(&mut self) {
        let who = self.dice.roll(PHONES);
        if self.is_silent(who) {
        } else if self.dice.roll(4) == 0 {
            self.acts.push(format!("{who} unregisters"));
            self.model.unregisters(who);
            self.people[who].registers_for(0);
        } else {
            self.acts.push(format!("{who} registers"));
            self.registers(who);
        }
    }

    fn registers(&mut self, who: usize) {
        self.model.registers(who);
        self.people[who].registers();
    }

    fn time_passes(&mut self) {
        let milliseconds = self.dice.pick(&[
            20, 100, 100, 600, 600, 600, 1500, 1500, 4000, 4000, 25_000, 40_000,
        ]);
        self.acts.push(format!("{milliseconds} ms pass"));
        let span = Duration::from_millis(milliseconds);
        self.model.waits(span);
        self.stage.rest(span);
    }

    fn somebody_falls_silent(&mut self) {
        let who = self.dice.roll(self.people.len());
        self.acts.push(format!("{who} falls silent"));
        self.model.falls_silent(who);
        self.people[who].falls_silent();
    }

    fn order_hangs_up(&mut self) {
        let open = self.stage.conversations();
        if !open.is_empty() {
            let number = self.dice.roll(open.len());
            self.acts
                .push(format!("conversation {number} is hung up by order"));
            self.model.is_hung_up(number);
            self.stage.order(Order::HangUp(open[number]));
        }
    }

    pub(super) fn is_silent(&self, who: usize) -> bool {
        self.people[who].is_silent()
    }
}

/// A wide house in which agents have codes, and in which who may not choose shows the default.
fn house(config: &mut Config) {
    config.caller_id.refused_choice = RefusedChoice::Default;
    for trunk in config.trunks.values_mut() {
        trunk.identity.takes_withheld = true;
    }
    config.limits.max_calls = 1000;
    config.media.last_port = config.media.first_port + 1999;
    config.codes = Codes {
        by_keys: CODES.map(|(keys, code)| (keys.to_owned(), code)).into(),
        pause: Duration::from_secs(2),
        number_pause: NEXT_DIGIT,
    };
}
