//! Makes up one story out of a seed, plays it on the stage, and compares with the model after every act.

use super::agents::{Line, PHONES};
use super::model::{Model, Place};
use super::wishes::NEXT_DIGIT;
use crate::stage::{Chance, Deed, Party, Stage};
use std::collections::BTreeMap;
use std::time::Duration;
use tandem::call::Order;
use tandem::config::Config;
use tandem::config::valid::{Code, Codes, RefusedChoice};

/// Acts in one story at most.
const MAX_ACTS: usize = 60;
/// The keys of the phones that are no parties behind trunks, and what they mean.
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
    is_doubled: bool,
    /// Whether people hand on in this story. Then nobody falls silent: whoever is told with whom he talks now would be
    /// lost at a time that depends on what he has been told before, and that is played in flows of its own.
    hands_on: bool,
    /// All that was done so far, in words.
    pub acts: Vec<String>,
    /// How often each kind of thing was wanted, and how often it could be.
    pub wishes: BTreeMap<&'static str, (usize, usize)>,
}

/// The one source of chance of a story.
pub struct Dice(pub u64);

impl Dice {
    /// A number below this one (SplitMix64).
    pub fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % below.max(1) as u64) as usize
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }
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
            wishes: BTreeMap::new(),
        };
        teller.enter("1001", Place::House("1001"));
        teller.enter("1001 bis", Place::House("1001"));
        teller.enter("1002", Place::House("1002"));
        teller.enter("1003", Place::House("1003"));
        teller.enter("acme", Place::Outside("acme"));
        teller.enter("globe", Place::Outside("globe"));
        (0..4).for_each(|who| teller.registers(who));
        (0..4).for_each(|who| teller.claims(who));
        // The others are told with whom they talk now by a re-INVITE.
        (0..3).for_each(|who| {
            teller.people[who].says("Allow", "INVITE, ACK, BYE, CANCEL, UPDATE, REFER, INFO")
        });
        teller.people[2].says("Supported", "100rel");
        teller.model.confirms(2);
        teller.people[5].rings_only_reliably();
        teller
    }

    /// Tells it, and says what was otherwise than the model says.
    pub fn tell(&mut self) -> Result<(), String> {
        let acts = 10 + self.dice.roll(MAX_ACTS - 10);
        for _ in 0..acts {
            self.act();
            let (is, should) = (self.stage.picture(), self.model.picture());
            if is != should {
                return Err(format!("the wiring is   {is:#?}\nbut should be   {should:#?}"));
            }
        }
        Ok(())
    }

    /// How often something has come about.
    pub fn tally(&self) -> &BTreeMap<&'static str, usize> {
        &self.model.tally
    }

    fn enter(&mut self, name: &str, place: Place) {
        let party = match place {
            Place::House("1003") => self.stage.phone("1003").over_tcp(),
            Place::House(extension) => self.stage.phone(extension),
            Place::Outside(trunk) => self.stage.carrier(trunk),
        };
        self.people.push(party);
        self.model.enter(name, place);
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

    fn somebody_calls(&mut self) {
        let talking = self
            .talking(|who| who < PHONES)
            .filter(|_| self.dice.roll(2) == 0);
        let who = talking.map_or_else(|| self.dice.roll(self.people.len()), |(who, _)| who);
        if self.is_silent(who) {
            return;
        }
        let number = match who {
            0..=3 => self.dice.pick(&[
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

    pub(super) fn somebody_does_something(&mut self) {
        self.somebody_of_these_does_something(|chance| chance != Chance::Nothing);
    }

    fn somebody_rung_does_something(&mut self) {
        self.somebody_of_these_does_something(|chance| chance == Chance::Rung);
    }

    fn somebody_of_these_does_something(&mut self, is_meant: impl Fn(Chance) -> bool) {
        let Some((who, line, deed)) = self.deed(&[], is_meant) else {
            return self.somebody_calls();
        };
        self.acts.push(format!("{who} does {deed:?} in call {line}"));
        self.model_does(who, line, deed);
        self.people[who].does(line, deed);
    }

    /// Two do something at the same time: each without knowing of the other's.
    fn two_cross(&mut self) {
        let mut deeds = Vec::new();
        for _ in 0..2 {
            let taken: Vec<_> = deeds.iter().map(|(who, line, _)| (*who, *line)).collect();
            deeds.extend(self.deed(&taken, |chance| chance != Chance::Nothing));
        }
        self.acts.push(format!("crossing: {deeds:?}"));
        let (changes, others): (Vec<_>, Vec<_>) = deeds.iter().partition(|(.., deed)| deed.is_change());
        for (who, line, deed) in others {
            self.model_does(who, line, deed);
        }
        let people = &self.people;
        self.stage.crossing(|| {
            deeds
                .iter()
                .for_each(|(who, line, deed)| people[*who].does(*line, *deed));
        });
        // A change that meets one of the switch's is not made, and its phone is told so.
        for (who, line, deed) in changes {
            if !self.people[who].has_met_another_offer(line) {
                self.model_does(who, line, deed);
            }
        }
    }

    /// Something that somebody could do in a call, these calls aside.
    fn deed(&mut self, taken: &[Line], is_meant: impl Fn(Chance) -> bool) -> Option<(usize, usize, Deed)> {
        let mut open = self.lines(is_meant);
        open.retain(|line| !taken.contains(line));
        if open.is_empty() {
            return None;
        }
        let (who, line) = self.dice.pick(&open);
        let chance = self.people[who].chances()[line];
        let is_forgotten = !self.model.knows(who, line);
        let deeds: &[Deed] = match chance {
            // Nobody ACKs a refusal in a transaction that has timed out, and a late answer that comes twice is put
            // down twice.
            Chance::Rung if is_forgotten && self.is_doubled => return None,
            Chance::Rung if is_forgotten => &[Deed::Ring, Deed::PlayEarly, Deed::Answer],
            Chance::Rung => &[
                Deed::Ring,
                Deed::Ring,
                Deed::PlayEarly,
                Deed::Answer,
                Deed::Answer,
                Deed::Answer,
                Deed::Answer,
                Deed::Answer,
                Deed::Answer,
                Deed::Answer,
                Deed::AnswerForeign,
                Deed::Reject(486),
                Deed::Reject(503),
                Deed::Reject(302),
            ],
            Chance::Calls => &[Deed::Cancel],
            Chance::HearsRinging => &[Deed::Cancel, Deed::Cancel, Deed::EndEarly],
            Chance::Talks => &[
                Deed::HangUp,
                Deed::Describe("sendonly"),
                Deed::Describe("sendrecv"),
                Deed::Describe("inactive"),
                Deed::Describe("recvonly"),
                Deed::Update("sendonly"),
                Deed::Update("sendrecv"),
                Deed::HoldByAddress,
                Deed::AskForOffer,
            ],
            Chance::Nothing => return None,
        };
        Some((who, line, self.dice.pick(deeds)))
    }

    fn somebody_registers(&mut self) {
        let who = self.dice.roll(4);
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
