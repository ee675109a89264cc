//! What agents do in a story: they hand on, connect, take over, and want things by order, by code and by key.

use super::talk::Mood;
use super::teller::{CODES, Teller};
use crate::stage::{Chance, Deed};
use tandem::call::Order;
use tandem::call::gesture::Gesture;
use tandem::config::valid::Code;
use tandem::id::ConversationId;

/// Where calls are handed on.
const NUMBERS: [&str; 10] = [
    "1001",
    "1002",
    "1002",
    "1003",
    "1003",
    "1003",
    "1009",
    "02079460200",
    "0033140205050",
    "*31*1*02079460200",
];
/// The same as they are dialled by keys, completed by one or by waiting, or not at all.
const DIALLED: [&str; 9] = [
    "1003#",
    "1002#",
    "1003#",
    "1002",
    "1009#",
    "0033140205050#",
    "02079460200",
    "*31*1*02079460200#",
    "",
];

/// The phones of the house come before all others.
pub(super) const PHONES: usize = 6;

/// One call of somebody's.
pub(super) type Line = (usize, usize);

/// What an agent wants by order.
#[derive(Debug)]
pub(super) struct Wish {
    id: ConversationId,
    /// The same conversation, as the model calls it.
    name: u64,
    agent: Option<&'static str>,
    gesture: Gesture,
}

impl Teller<'_> {
    /// Those who are in the middle of something go on with it: who is called for that comes or does not, and who asks or
    /// has asked wants something. Whether there is anybody.
    pub(super) fn somebody_goes_on(&mut self) -> bool {
        let open = 0..self.stage.conversations().len();
        let busy = open.filter(|number| {
            let mood = self.model.mood(*number);
            [Mood::Asking, Mood::Together, Mood::Waiting].contains(&mood)
        });
        let busy: Vec<usize> = busy.collect();
        if busy.is_empty() {
            return false;
        }
        let rung = self.model.rung(self.dice.pick(&busy));
        match (rung.is_empty(), self.dice.roll(2)) {
            (false, _) => self.somebody_of_these_does_something(&rung),
            (true, 0) => self.somebody_orders_something(),
            (true, _) => self.somebody_presses_a_code(),
        }
        true
    }

    /// REFER.
    pub(super) fn somebody_hands_on(&mut self) {
        match self.handing_deed() {
            Some((who, line, deed)) => self.does((who, line), deed),
            None => self.somebody_does_something(),
        }
    }

    /// REFER to a number, or to another call of the same phone.
    pub(super) fn handing_deed(&mut self) -> Option<(usize, usize, Deed)> {
        let open = self.lines(|chance| matches!(chance, Chance::Talks | Chance::HearsRinging));
        let has_two = |who: usize| open.iter().filter(|line| line.0 == who).count() > 1;
        let talking = self.talking(has_two).or_else(|| self.talking(|_| true));
        let (who, line) = talking?;
        let others = open.iter().filter(|other| other.0 == who && other.1 != line);
        let others: Vec<usize> = others.map(|(_, line)| *line).collect();
        let deed = match others.is_empty() || self.dice.roll(3) == 0 {
            true => Deed::Refer(self.dice.pick(&NUMBERS)),
            false => Deed::Connect(self.dice.pick(&others)),
        };
        Some((who, line, deed))
    }

    /// INVITE with Replaces: for what rings at a colleague's, or for the own call on another phone.
    pub(super) fn somebody_takes_over(&mut self) {
        let open = self.lines(|chance| matches!(chance, Chance::Talks | Chance::Rung));
        let open: Vec<Line> = open.into_iter().filter(|(who, _)| *who < PHONES).collect();
        if open.is_empty() {
            return self.somebody_does_something();
        }
        let (owner, line) = self.dice.pick(&open);
        let taker = match self.dice.roll(2) {
            0 => self.model.twin(owner),
            _ => self.dice.roll(PHONES),
        };
        self.acts
            .push(format!("{taker} takes over call {line} of {owner}"));
        let can_be = self.model.takes_over(taker, (owner, line));
        self.counts("INVITE with Replaces", can_be);
        let named = self.people[owner].call(line);
        self.people[taker].takes_over(&named);
    }

    /// A gesture from a desktop.
    pub(super) fn somebody_orders_something(&mut self) {
        let Some(wish) = self.wish() else {
            return self.somebody_does_something();
        };
        self.acts.push(format!("{wish:?}"));
        let order = self.model_is_ordered(wish);
        self.stage.order(order);
    }

    /// Something that an agent may want by order, likeliest where people are in the middle of something.
    pub(super) fn wish(&mut self) -> Option<Wish> {
        let open = self.stage.conversations();
        let of_mood = |moods: &[Mood]| {
            let numbers = (0..open.len()).filter(|number| moods.contains(&self.model.mood(*number)));
            numbers.collect::<Vec<usize>>()
        };
        let busy = of_mood(&[Mood::Asking, Mood::Aside, Mood::Together]);
        let all = of_mood(&[Mood::Asking, Mood::Aside, Mood::Together, Mood::Two]);
        if all.is_empty() {
            return None;
        }
        let number = match busy.is_empty() || self.dice.roll(4) == 0 {
            true => self.dice.pick(&all),
            false => self.dice.pick(&busy),
        };
        let agent = self
            .dice
            .pick(&[None, None, None, Some("1001"), Some("1002"), Some("1003")]);
        Some(Wish {
            id: open[number],
            name: self.model.name(number),
            agent,
            gesture: self.gesture(self.model.mood(number)),
        })
    }

    /// The model does it, too, and it is counted.
    pub(super) fn model_is_ordered(&mut self, wish: Wish) -> Order {
        let can_be = self.model.is_ordered(wish.name, wish.agent, &wish.gesture);
        self.counts(name(&wish.gesture), can_be);
        Order::Gesture {
            id: wish.id,
            agent: wish.agent.map(str::to_owned),
            gesture: wish.gesture,
        }
    }

    fn gesture(&mut self, mood: Mood) -> Gesture {
        use Gesture::{Cancel, Complete, Hold, Leave, Merge, Mute, Resume, Split, Swap, Unmute};
        let to = self.dice.pick(&NUMBERS).to_owned();
        let (cold, warm) = (Gesture::Cold { to: to.clone() }, Gesture::Warm { to });
        let (pause, runs) = (Gesture::PauseRecording, Gesture::ResumeRecording);
        let likely = match (self.dice.roll(4), mood) {
            (0, _) => vec![
                Merge, Split, Swap, Cancel, Complete, Hold, Resume, Leave, Mute, Unmute, cold, warm, pause,
                runs,
            ],
            (_, Mood::Two | Mood::Waiting) => vec![warm.clone(), warm.clone(), warm, cold, Hold, Mute, pause],
            (_, Mood::Together) => vec![Split, Split, Leave, Hold, warm.clone(), warm, cold, Mute, runs],
            (_, Mood::Aside) => vec![Resume, warm.clone(), warm, cold, Leave],
            (_, Mood::Asking) => vec![Merge, Merge, Swap, Swap, Cancel, Complete, Unmute, pause, runs],
        };
        self.dice.pick(&likely)
    }

    /// A code, by RTP events or by INFO, as the phone does it.
    pub(super) fn somebody_presses_a_code(&mut self) {
        let open = 0..self.stage.conversations().len();
        let hosts = open.filter_map(|number| Some((self.model.host(number)?, self.model.mood(number))));
        let hosts: Vec<(Line, Mood)> = hosts.collect();
        let presser = match hosts.is_empty() || self.dice.roll(4) == 0 {
            true => self
                .talking(|who| who < PHONES)
                .map(|line| (line, Mood::Together)),
            false => Some(self.dice.pick(&hosts)),
        };
        let Some(((who, line), mood)) = presser else {
            return self.somebody_does_something();
        };
        let likely: &[usize] = match (self.dice.roll(4), mood) {
            (0, _) => &[0, 1, 2, 3, 4, 5, 6, 7],
            (_, Mood::Asking) => &[2, 2, 3, 3, 4, 5],
            (_, Mood::Aside) => &[0, 1, 1, 4],
            (_, Mood::Two | Mood::Together | Mood::Waiting) => &[0, 1, 1, 1, 3, 3, 6, 7],
        };
        let (keys, code) = CODES[self.dice.pick(likely)];
        let number = match code {
            // Who asks already is refused, and what is dialled behind the code is for nobody, whatever it looks like.
            Code::Cold | Code::Warm if self.model.asks_on((who, line)) => "*31*1*02079460200#",
            Code::Cold | Code::Warm => self.dice.pick(&DIALLED),
            _ => "",
        };
        self.acts
            .push(format!("{who} presses {keys}{number} in call {line}"));
        let can_be = self.model.presses((who, line), (keys, code), number);
        self.counts(keys, can_be);
        for key in keys.chars().chain(number.chars()) {
            match who % 2 == 0 {
                true => self.people[who].presses_in(line, key),
                false => self.people[who].does(line, Deed::Press(key)),
            }
        }
    }

    /// The record key.
    pub(super) fn somebody_presses_record(&mut self) {
        let Some((who, line)) = self.talking(|who| who < PHONES) else {
            return self.somebody_does_something();
        };
        let runs = self.dice.roll(2) == 0;
        self.does((who, line), Deed::Record(runs));
    }

    fn does(&mut self, (who, line): Line, deed: Deed) {
        self.acts.push(format!("{who} does {deed:?} in call {line}"));
        self.model_does(who, line, deed);
        self.people[who].does(line, deed);
    }

    /// The model does it, too, and it is counted.
    pub(super) fn model_does(&mut self, who: usize, line: usize, deed: Deed) {
        let can_be = self.model.does(who, line, deed);
        match deed {
            Deed::Refer(_) => self.counts("REFER", can_be),
            Deed::Connect(_) => self.counts("REFER with Replaces", can_be),
            Deed::Record(true) => self.counts("Record: on", can_be),
            Deed::Record(false) => self.counts("Record: off", can_be),
            _ => {}
        }
    }

    /// A call in which somebody of this kind talks.
    pub(super) fn talking(&mut self, is_meant: impl Fn(usize) -> bool) -> Option<Line> {
        let open = self.lines(|chance| chance == Chance::Talks);
        let open: Vec<Line> = open.into_iter().filter(|(who, _)| is_meant(*who)).collect();
        (!open.is_empty()).then(|| self.dice.pick(&open))
    }

    pub(super) fn lines(&self, is_meant: impl Fn(Chance) -> bool) -> Vec<Line> {
        let mut lines = Vec::new();
        for (who, party) in self.people.iter().enumerate() {
            let chances = party.chances().into_iter().enumerate();
            lines.extend(
                chances
                    .filter(|(_, chance)| is_meant(*chance))
                    .map(|(line, _)| (who, line)),
            );
        }
        lines
    }

    fn counts(&mut self, what: &'static str, can_be: bool) {
        let (wanted, done) = self.wishes.entry(what).or_default();
        *wanted += 1;
        *done += usize::from(can_be);
    }
}

fn name(gesture: &Gesture) -> &'static str {
    match gesture {
        Gesture::Cold { .. } => "cold",
        Gesture::Warm { .. } => "warm",
        Gesture::Merge => "merge",
        Gesture::Split => "split",
        Gesture::Swap => "swap",
        Gesture::Cancel => "cancel",
        Gesture::Complete => "complete",
        Gesture::Hold => "hold",
        Gesture::Resume => "resume",
        Gesture::Leave => "leave",
        Gesture::Mute => "mute",
        Gesture::Unmute => "unmute",
        Gesture::PauseRecording => "pause",
        Gesture::ResumeRecording => "resume recording",
    }
}
