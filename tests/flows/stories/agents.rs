//! What agents do in a story: they hand on, connect, take over, and want things by order, by code and by key.

use super::teller::{CODES, Teller};
use crate::stage::{Chance, Deed};
use tandem::call::Order;
use tandem::call::gesture::Gesture;
use tandem::config::valid::Code;

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
const DIALLED: [&str; 8] = [
    "1003#",
    "1002#",
    "1003#",
    "1002",
    "1009#",
    "0033140205050#",
    "02079460200",
    "",
];

/// The phones of the house come before all others.
pub(super) const PHONES: usize = 4;

/// One call of somebody's.
pub(super) type Line = (usize, usize);

impl Teller<'_> {
    /// REFER: to a number, or to another call of the same phone.
    pub(super) fn somebody_hands_on(&mut self) {
        let open = self.lines(|chance| matches!(chance, Chance::Talks | Chance::HearsRinging));
        let has_two = |who: usize| open.iter().filter(|line| line.0 == who).count() > 1;
        let talking = self.talking(has_two).or_else(|| self.talking(|_| true));
        let Some((who, line)) = talking else {
            return self.somebody_does_something();
        };
        let others = open.iter().filter(|other| other.0 == who && other.1 != line);
        let others: Vec<usize> = others.map(|(_, line)| *line).collect();
        let deed = match others.is_empty() || self.dice.roll(3) == 0 {
            true => Deed::Refer(self.dice.pick(&NUMBERS)),
            false => Deed::Connect(self.dice.pick(&others)),
        };
        self.does((who, line), deed);
    }

    /// INVITE with Replaces: for what rings at a colleague's, or for the own call on another phone.
    pub(super) fn somebody_takes_over(&mut self) {
        let open = self.lines(|chance| matches!(chance, Chance::Talks | Chance::Rung));
        let open: Vec<Line> = open.into_iter().filter(|(who, _)| *who < PHONES).collect();
        if open.is_empty() {
            return self.somebody_does_something();
        }
        let (owner, line) = self.dice.pick(&open);
        // The first two are of one extension.
        let taker = match (owner, self.dice.roll(2)) {
            (0 | 1, 0) => 1 - owner,
            (_, _) => self.dice.roll(PHONES),
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
        let open = self.stage.conversations();
        let answered: Vec<usize> = (0..open.len())
            .filter(|number| self.model.is_answered(*number))
            .collect();
        if answered.is_empty() {
            return self.somebody_does_something();
        }
        let busy: Vec<usize> = answered
            .iter()
            .copied()
            .filter(|number| self.model.host(*number).is_some())
            .collect();
        let number = match busy.is_empty() || self.dice.roll(4) == 0 {
            true => self.dice.pick(&answered),
            false => self.dice.pick(&busy),
        };
        let agent = self
            .dice
            .pick(&[None, None, Some("1001"), Some("1002"), Some("1003")]);
        let gesture = self.gesture(self.model.consults(number));
        self.acts
            .push(format!("conversation {number}, {agent:?}: {gesture:?}"));
        let can_be = self.model.is_ordered(number, agent, &gesture);
        self.counts(name(&gesture), can_be);
        let (id, agent) = (open[number], agent.map(str::to_owned));
        self.stage.order(Order::Gesture { id, agent, gesture });
    }

    fn gesture(&mut self, consults: bool) -> Gesture {
        let to = self.dice.pick(&NUMBERS).to_owned();
        let likely = consults && self.dice.roll(4) > 0;
        match self.dice.roll(if likely { 8 } else { 18 }) {
            0..=1 => Gesture::Merge,
            2..=3 => Gesture::Swap,
            4 => Gesture::Cancel,
            5 => Gesture::Complete,
            6 => Gesture::Leave,
            7 => Gesture::Mute,
            8..=11 => Gesture::Warm { to },
            12 => Gesture::Cold { to },
            13 => Gesture::Hold,
            14 => Gesture::Resume,
            15..=16 => Gesture::Split,
            _ => Gesture::Unmute,
        }
    }

    /// A code, by RTP events or by INFO, as the phone does it.
    pub(super) fn somebody_presses_a_code(&mut self) {
        let open = 0..self.stage.conversations().len();
        let hosts: Vec<Line> = open.filter_map(|number| self.model.host(number)).collect();
        let is_host = !hosts.is_empty() && self.dice.roll(4) > 0;
        let presser = match is_host {
            true => Some(self.dice.pick(&hosts)),
            false => self.talking(|who| who < PHONES),
        };
        let Some((who, line)) = presser else {
            return self.somebody_does_something();
        };
        let (keys, code) = match is_host && self.dice.roll(4) > 0 {
            true => self.dice.pick(&CODES[2..6]),
            false => self.dice.pick(&CODES),
        };
        let number = match code {
            Code::Cold | Code::Warm => self.dice.pick(&DIALLED),
            _ => "",
        };
        self.acts
            .push(format!("{who} presses {keys}{number} in call {line}"));
        let can_be = self.model.presses((who, line), code, number);
        self.counts(keys, can_be);
        for key in keys.chars().chain(number.chars()) {
            match who % 2 == 0 {
                true => self.people[who].presses_in(line, key),
                false => self.people[who].does(line, Deed::Press(key)),
            }
        }
    }

    /// The record key, or an order that does the same.
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
