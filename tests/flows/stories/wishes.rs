//! What should be when an agent wants something: by order from a desktop, by a code on the phone, or by its record key.

use super::agents::Line;
use super::model::Model;
use super::scene::{Place as Seat, Purpose, Rings};
use super::talk::{Aside, Dialled, Mood, Talk};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tandem::call::gesture::Gesture;
use tandem::config::valid::Code;
use tandem::id::LegId;
use tandem::time::Time;

/// How long the dial tone waits for a digit, and a number for the next one (`codes.number_pause`).
const FIRST_DIGIT: Duration = Duration::from_secs(10);
pub const NEXT_DIGIT: Duration = Duration::from_secs(4);
/// More than this may not be together (`transfer.max_together`).
const MAX_TOGETHER: usize = 6;

impl Model {
    /// What people in this conversation are about.
    pub fn mood(&self, number: usize) -> Mood {
        self.talks[number].mood()
    }

    /// Whether a colleague is asked, or waited for, in the conversation of this call.
    pub fn asks_on(&self, (who, line): Line) -> bool {
        self.find(who, line)
            .is_some_and(|(at, _)| self.talks[at].consults())
    }

    /// The phones that ring in this conversation.
    pub fn rung(&self, number: usize) -> Vec<Line> {
        let talk = &self.talks[number];
        let rung = talk.seats.iter().filter(|(seat, _)| talk.is_rung(**seat));
        rung.filter_map(|(_, speaker)| Some((speaker.who, speaker.line?)))
            .collect()
    }

    /// What the conversation of this number is called, whatever becomes of the others.
    pub fn name(&self, number: usize) -> u64 {
        self.talks[number].name
    }

    /// Who has put the others aside in this conversation, and on which line.
    pub fn host(&self, number: usize) -> Option<Line> {
        let talk = &self.talks[number];
        let host = talk.seats.get(&talk.scene.host?)?;
        Some((host.who, host.line?))
    }

    /// Who runs the switch wants something for an agent of a conversation; whether it can be.
    pub fn is_ordered(&mut self, name: u64, agent: Option<&str>, gesture: &Gesture) -> bool {
        let Some(at) = self.talks.iter().position(|talk| talk.name == name) else {
            return false;
        };
        let agent = self.agent(at, agent);
        let can_be = agent.is_some_and(|agent| self.wants(at, agent, gesture));
        self.tidies_up();
        can_be
    }

    /// Somebody presses a code on the phone, and perhaps a number behind it, with or without an end. Whether it can
    /// be.
    pub fn presses(&mut self, (who, line): Line, (keys, code): (&str, Code), number: &str) -> bool {
        let Some((at, seat)) = self.find(who, line) else {
            return false;
        };
        let talk = &self.talks[at];
        let may = talk.decides() == Some(seat) || !talk.others(seat).is_empty();
        let has_codes = self.extension(at, seat).is_some() && may;
        let can_be = match self.talks[at].is_of_number(code) {
            _ if !has_codes => false,
            true => self.talks[at].dials_on(keys, self.now),
            false => self.obeys(at, seat, code, number),
        };
        self.tidies_up();
        can_be
    }

    /// The agent who is meant: the one who decides, or the only one with this name.
    fn agent(&self, at: usize, name: Option<&str>) -> Option<LegId> {
        let talk = &self.talks[at];
        if let (Some(decides), None) = (talk.decides().or(talk.began), name) {
            return Some(decides);
        }
        let is_meant = |seat: &LegId| {
            let extension = self.extension(at, *seat);
            extension.is_some_and(|extension| name.is_none_or(|name| name == extension))
        };
        let members: BTreeSet<LegId> = talk.members().into_iter().chain(talk.decides()).collect();
        let agents: Vec<LegId> = members.into_iter().filter(is_meant).collect();
        match agents[..] {
            [agent] => Some(agent),
            [] | [_, _, ..] => None,
        }
    }

    fn wants(&mut self, at: usize, agent: LegId, gesture: &Gesture) -> bool {
        let talk = &mut self.talks[at];
        let are_together = talk.are_together();
        let is_up_to_another = talk.decides().is_some_and(|decides| decides != agent);
        match gesture {
            Gesture::Merge | Gesture::Swap | Gesture::Cancel | Gesture::Complete | Gesture::Resume
                if is_up_to_another =>
            {
                false
            }
            Gesture::Cold { to } => self.hands_on(at, agent, to, false),
            Gesture::Warm { to } => self.asks(at, agent, to),
            Gesture::Merge => talk.merges(),
            Gesture::Split => talk.splits(agent),
            Gesture::Swap if are_together => talk.splits(agent),
            Gesture::Swap => talk.swaps(),
            Gesture::Cancel | Gesture::Resume if talk.scene.people.get(&agent) == Some(&Seat::Door) => {
                self.takes_back(at, agent);
                true
            }
            Gesture::Cancel => talk.closes_private_side(true),
            Gesture::Resume => talk.closes_private_side(false),
            Gesture::Hold => talk.is_put_aside_by(agent),
            Gesture::Complete if are_together => self.wants(at, agent, &Gesture::Leave),
            Gesture::Complete => {
                let host = talk.scene.host.filter(|_| talk.consults());
                host.into_iter().for_each(|host| self.leaves(at, host));
                host.is_some()
            }
            Gesture::Leave => {
                let is_in = talk.members().contains(&agent) || talk.decides() == Some(agent);
                let is_here = talk.is_answered() && is_in;
                if is_here {
                    if let Some(speaker) = talk.seats.get_mut(&agent) {
                        speaker.waits_to_hear = false;
                    }
                    self.leaves(at, agent);
                }
                is_here
            }
            Gesture::Mute => talk.mutes(agent, true),
            Gesture::Unmute => talk.mutes(agent, false),
            Gesture::PauseRecording => self.wants_recording(at, agent, false),
            Gesture::ResumeRecording => self.wants_recording(at, agent, true),
        }
    }

    /// An agent asks a colleague in private, while the others wait.
    fn asks(&mut self, at: usize, agent: LegId, number: &str) -> bool {
        let talk = &self.talks[at];
        let targets = self.reached_in(at, agent, number);
        if talk.consults() || talk.others(agent).is_empty() || targets.is_empty() {
            return false;
        }
        let mut rung = BTreeMap::new();
        let phones: BTreeSet<LegId> = self.ring(&targets, &mut rung);
        let (now, talk) = (self.now, &mut self.talks[at]);
        talk.seats.extend(rung);
        talk.scene.turns_aside(agent);
        talk.scene.rings = Some(Rings::new(now, Purpose::Private, phones));
        talk.aside = Aside::Wanted;
        true
    }

    /// An agent wants the recording to pause, or to go on, and hears what comes of it.
    pub(super) fn wants_recording(&mut self, at: usize, seat: LegId, runs: bool) -> bool {
        let is_agent = self.extension(at, seat).is_some();
        let (now, talk) = (self.now, &mut self.talks[at]);
        let may = is_agent && talk.is_recorded() && talk.members().contains(&seat);
        if may {
            talk.scene.paused = !runs;
        }
        let tone = match (may, runs) {
            (true, true) => "resume tone",
            (true, false) => "pause tone",
            (false, _) => "error tone",
        };
        if is_agent {
            talk.notify(seat, tone, now);
        }
        may
    }

    fn obeys(&mut self, at: usize, agent: LegId, code: Code, number: &str) -> bool {
        let talk = &mut self.talks[at];
        let is_held = talk.scene.host.is_some() && !talk.consults();
        let gesture = match code {
            Code::Cold | Code::Warm => return self.dials(at, agent, code == Code::Cold, number),
            Code::Merge => Gesture::Merge,
            Code::Swap => Gesture::Swap,
            Code::Cancel if is_held => Gesture::Resume,
            Code::Cancel => Gesture::Cancel,
            Code::Complete => Gesture::Complete,
            Code::PauseRecording => Gesture::PauseRecording,
            Code::ResumeRecording => Gesture::ResumeRecording,
        };
        let can_be = self.wants(at, agent, &gesture);
        if !can_be {
            self.talks[at].notify(agent, "error tone", self.now);
        }
        can_be
    }

    /// An agent begins to dial a number: the others are put aside at once, whatever comes of it.
    fn dials(&mut self, at: usize, agent: LegId, is_cold: bool, number: &str) -> bool {
        let (now, talk) = (self.now, &mut self.talks[at]);
        if talk.consults() || talk.others(agent).is_empty() {
            talk.notify(agent, "error tone", now);
            return false;
        }
        let digits = number.trim_end_matches('#').to_owned();
        let until = now
            + if digits.is_empty() {
                FIRST_DIGIT
            } else {
                NEXT_DIGIT
            };
        talk.scene.turns_aside(agent);
        talk.aside = Aside::Dials(Dialled {
            is_cold,
            digits,
            until,
        });
        !number.ends_with('#') || self.number_is_complete(at, false)
    }

    /// Nobody has dialled on: the number is complete.
    pub(super) fn dialling_rests(&mut self, at: usize) {
        if let Aside::Dials(dialled) = &self.talks[at].aside
            && dialled.until <= self.now
        {
            self.number_is_complete(at, false);
        }
    }

    pub(super) fn number_is_complete(&mut self, at: usize, waits: bool) -> bool {
        let talk = &mut self.talks[at];
        let is_held = talk.scene.people.get(&talk.scene.host.unwrap_or(LegId(0))) == Some(&Seat::Private);
        let aside = std::mem::replace(&mut talk.aside, Aside::WrongNumber);
        let (Aside::Dials(dialled), Some(agent), true) = (aside, talk.scene.host, is_held) else {
            return false;
        };
        self.counts("a number is dialled");
        match dialled.is_cold {
            true => self.hands_on(at, agent, &dialled.digits, waits),
            false => self.asks(at, agent, &dialled.digits),
        }
    }
}

impl Talk {
    /// Whether these keys belong to the number that is being dialled: what is for three is no code before somebody has
    /// come.
    fn is_of_number(&self, code: Code) -> bool {
        let is_for_three = matches!(code, Code::Merge | Code::Swap | Code::Complete);
        is_for_three && !self.consults() && matches!(self.aside, Aside::Dials(_))
    }

    /// Numbers begin with a prefix, but none has one in the middle.
    fn dials_on(&mut self, keys: &str, now: Time) -> bool {
        match &mut self.aside {
            Aside::Dials(dialled) if dialled.digits.is_empty() => {
                dialled.digits.push_str(keys);
                dialled.until = now + NEXT_DIGIT;
            }
            aside => *aside = Aside::WrongNumber,
        }
        false
    }

    fn merges(&mut self) -> bool {
        let can_be = self.colleague().is_some() && self.members().len() <= MAX_TOGETHER;
        if can_be {
            self.scene.opens_door_to_table();
        }
        can_be
    }

    /// An agent and the only colleague turn aside.
    fn splits(&mut self, agent: LegId) -> bool {
        let customer = self.scene.customer;
        let others = self.others(agent);
        let mut colleagues = others.iter().filter(|seat| Some(**seat) != customer);
        let is_one = colleagues.next().is_some() && colleagues.next().is_none();
        let can_be = self.scene.host.is_none()
            && is_one
            && customer.is_some_and(|customer| others.contains(&customer));
        if can_be {
            self.scene.splits(agent);
        }
        can_be
    }

    fn swaps(&mut self) -> bool {
        let can_be = self.colleague().is_some();
        if can_be {
            self.scene.swaps();
        }
        can_be
    }

    /// The agent is back at the table, from a colleague or from nobody.
    fn closes_private_side(&mut self, consults: bool) -> bool {
        let can_be = self.scene.host.is_some() && self.consults() == consults;
        if can_be {
            self.scene.closes_private_side();
        }
        can_be
    }

    fn is_put_aside_by(&mut self, agent: LegId) -> bool {
        let can_be = self.scene.host.is_none() && !self.others(agent).is_empty();
        if can_be {
            self.scene.turns_aside(agent);
            self.aside = Aside::Wanted;
        }
        can_be
    }

    fn mutes(&mut self, agent: LegId, muted: bool) -> bool {
        let is_here = self.is_answered() && self.members().contains(&agent);
        if let Some(speaker) = self.seats.get_mut(&agent).filter(|_| is_here) {
            speaker.muted = muted;
        }
        is_here
    }
}
