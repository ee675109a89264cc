//! Who hears whom: the whole table of the design, computed from the story and never remembered.

use super::conversation::{Conversation, Course};
use super::leg::{Leg, Side};
use super::story::{Aside, Colleague, Consult, Handover, Held, Story};
use crate::config::valid::WaitsWith;
use crate::id::LegId;
use crate::wiring::{Row, TapeRow, Voice, Wiring};
use std::collections::BTreeSet;

impl Conversation {
    /// Who hears whom.
    pub fn wiring(&self) -> Wiring {
        let with_port = self.legs.values().filter(|leg| leg.has_port());
        let rows = with_port.map(|leg| Row {
            leg: leg.id,
            port: leg.port(),
            hears: match (leg.listens(), &leg.notice) {
                (false, _) => Vec::new(),
                (true, Some(notice)) => vec![notice.sound],
                (true, None) => self.meant_for(leg.id),
            },
            patience: None,
            holds_back: self.holds_back(leg),
        });
        Wiring {
            rows: self.with_patience(rows.collect()),
            tape: self.tape_row(),
            aside: self.aside_row().map(Box::new),
        }
    }

    /// What is meant for a leg, whether its far end listens or not.
    fn meant_for(&self, leg: LegId) -> Vec<Voice> {
        match &self.story {
            Story::Ringing { caller, .. } if *caller == leg => self.ringing_sound().into_iter().collect(),
            Story::Pair { .. } | Story::Together { .. } => match self.story.others(leg) {
                Some(others) => self.voices(&others),
                None => Vec::new(),
            },
            Story::Held(held) => self.in_hold(held, leg),
            Story::Consult(consult) => self.in_consult(consult, leg),
            Story::Handover(handover) if handover.waiting.contains(&leg) => {
                self.among(&handover.waiting, leg, self.sound_of(handover))
            }
            Story::Summons(_) | Story::Ringing { .. } | Story::Handover(_) | Story::Over => Vec::new(),
        }
    }

    fn in_hold(&self, held: &Held, leg: LegId) -> Vec<Voice> {
        if held.waiting.contains(&leg) {
            return self.among(&held.waiting, leg, Voice::Music);
        }
        match &held.why {
            _ if leg != held.agent => Vec::new(),
            Aside::Alone => vec![Voice::Busy],
            Aside::WrongNumber => vec![Voice::Error],
            Aside::Dialling(dialling) if dialling.digits.is_empty() => vec![Voice::Dial],
            Aside::Dialling(_) | Aside::Wanted => Vec::new(),
        }
    }

    /// The private side is the agent and the colleague, until the agent turns to the others.
    fn in_consult(&self, consult: &Consult, leg: LegId) -> Vec<Voice> {
        let Consult { agent, waiting, .. } = consult;
        let is_agent = leg == *agent;
        match &consult.colleague {
            Colleague::Aside(_) if is_agent => self.voices(waiting),
            Colleague::Aside(colleague) if leg == *colleague => vec![Voice::Music],
            Colleague::Aside(_) if waiting.contains(&leg) => {
                let others = waiting.iter().filter(|other| **other != leg);
                self.voices(&others.copied().chain([*agent]).collect())
            }
            Colleague::With(_) | Colleague::Ringing(_) if waiting.contains(&leg) => {
                self.among(waiting, leg, Voice::Music)
            }
            Colleague::With(colleague) if is_agent => self.voices(&[*colleague].into()),
            Colleague::With(colleague) if leg == *colleague => self.voices(&[*agent].into()),
            Colleague::Ringing(_) if is_agent => self.ringing_sound().into_iter().collect(),
            // Who is being seen off hears nothing.
            Colleague::Aside(_) | Colleague::With(_) | Colleague::Ringing(_) => Vec::new(),
        }
    }

    /// Those who wait together hear each other; who waits alone hears this.
    fn among(&self, waiting: &BTreeSet<LegId>, leg: LegId, alone: Voice) -> Vec<Voice> {
        let others: BTreeSet<LegId> = waiting.iter().copied().filter(|other| *other != leg).collect();
        match others.is_empty() {
            true => vec![alone],
            false => self.voices(&others),
        }
    }

    /// What these people say; our music if nobody of them says anything because somebody holds, and silence if that is
    /// because somebody is muted.
    fn voices(&self, of: &BTreeSet<LegId>) -> Vec<Voice> {
        let legs = || of.iter().filter_map(|leg| self.legs.get(leg));
        let speaking: Vec<Voice> = legs()
            .filter(|leg| leg.speaks())
            .map(|leg| Voice::Leg(leg.id))
            .collect();
        match speaking.is_empty() {
            true if legs().any(Leg::holds) => vec![Voice::Music],
            true if legs().any(|leg| leg.muted) => vec![Voice::Silence],
            true | false => speaking,
        }
    }

    /// What those hear who wait in a handover. An agent who waits for the colleague alone hears whether it rings.
    fn sound_of(&self, handover: &Handover) -> Voice {
        match (self.waits_with, &handover.recall) {
            (WaitsWith::Music, Some(_)) => Voice::Music,
            (WaitsWith::Music, None) | (WaitsWith::Ringback, _) => {
                self.ringing_sound().unwrap_or(Voice::Music)
            }
        }
    }

    /// The network's own sounds if the called side sends any, and our ringing tone otherwise.
    fn ringing_sound(&self) -> Option<Voice> {
        let early = self.rung().find(|leg| leg.speaks()).map(|leg| Voice::Leg(leg.id));
        early.or_else(|| self.rung().any(Leg::is_ringing).then_some(Voice::Ringback))
    }

    /// What the tape hears, unless it is paused: then nobody is at its microphones.
    pub fn tape_row(&self) -> Option<TapeRow> {
        let tape = self.tape.as_ref()?;
        let is_left = |leg: &LegId| self.legs.get(leg).is_some_and(|leg| tape.is_left(leg));
        let (left, right) = self.microphones().into_iter().partition(is_left);
        tape.row(left, right)
    }

    /// Whom a tape would hear: those for whose sake the conversation is, and of the others what is meant for them;
    /// so nothing that is private can get onto it.
    pub fn microphones(&self) -> BTreeSet<LegId> {
        let members = self.story.members();
        let host = self.hosts();
        let heard = host.iter().flat_map(|leg| self.meant_for(*leg));
        let heard = heard.filter_map(Voice::leg).filter(|leg| members.contains(leg));
        let speaks = |leg: &&LegId| self.legs.get(leg).is_some_and(Leg::speaks);
        host.iter().filter(speaks).copied().chain(heard).collect()
    }

    /// Those for whose sake the conversation is: the customers; between extensions, those who sit at the table or
    /// wait for somebody to come back to it.
    pub fn hosts(&self) -> BTreeSet<LegId> {
        let members = self.story.members();
        let is_customer = |leg: &LegId| self.legs.get(leg).is_some_and(|leg| leg.side == Side::Customer);
        match (self.course, &self.story) {
            (
                Course::Internal,
                Story::Held(Held { waiting, .. }) | Story::Consult(Consult { waiting, .. }),
            ) => waiting.clone(),
            (Course::Internal, _) => members,
            (Course::Incoming | Course::Outgoing, _) => members.into_iter().filter(is_customer).collect(),
        }
    }
}
