//! Who hears whom: the whole table of the design, computed from the story and never remembered.
//!
//! A row names who may be heard, and what stands in for them while nothing arrives: our ringing tone for early media
//! that was only described (RFC 3960 §3.2), our music for a carrier that holds and plays none of its own, and packets
//! of silence for a phone that sends none, for carriers drop a call in which nothing comes for long.

use super::conversation::{Conversation, Course};
use super::leg::{Leg, Side};
use super::story::{Aside, Colleague, Consult, Handover, Held, Story};
use crate::config::valid::WaitsWith;
use crate::id::LegId;
use crate::wiring::{Row, TapeRow, Voice, Wiring};
use std::collections::BTreeSet;

/// What is meant for somebody, whether it listens or not.
struct Meant {
    /// Whom it may hear, or what of ours it hears.
    voices: Vec<Voice>,
    /// What it hears while nothing arrives from them.
    otherwise: Option<Voice>,
}

impl Meant {
    /// Nobody, and nothing.
    const NOTHING: Meant = Meant {
        voices: Vec::new(),
        otherwise: None,
    };

    /// This sound of ours.
    fn sound(sound: Voice) -> Meant {
        Meant {
            voices: vec![sound],
            otherwise: None,
        }
    }

    /// What arrives from these, and this otherwise; this alone if there is nobody.
    fn arriving(voices: Vec<Voice>, otherwise: Voice) -> Meant {
        match voices.is_empty() {
            true => Meant::sound(otherwise),
            false => Meant {
                voices,
                otherwise: Some(otherwise),
            },
        }
    }
}

impl Conversation {
    /// Who hears whom.
    pub fn wiring(&self) -> Wiring {
        let with_port = self.legs.values().filter(|leg| leg.has_port());
        let rows = with_port.map(|leg| {
            let heard = match (leg.listens(), &leg.notice) {
                (false, _) => Meant::NOTHING,
                (true, Some(notice)) => Meant::sound(notice.sound),
                (true, None) => self.meant_for(leg.id),
            };
            Row {
                leg: leg.id,
                port: leg.port(),
                hears: heard.voices,
                otherwise: heard.otherwise,
                patience: None,
                holds_back: self.holds_back(leg),
            }
        });
        Wiring {
            rows: self.with_patience(rows.collect()),
            tape: self.tape_row(),
            aside: self.aside_row().map(Box::new),
        }
    }

    /// What is meant for a leg, whether its far end listens or not.
    fn meant_for(&self, leg: LegId) -> Meant {
        match &self.story {
            Story::Ringing { caller, .. } if *caller == leg => self.ringing_sound(),
            Story::Pair { .. } | Story::Together { .. } => match self.story.others(leg) {
                Some(others) => self.voices(&others),
                None => Meant::NOTHING,
            },
            Story::Held(held) => self.in_hold(held, leg),
            Story::Consult(consult) => self.in_consult(consult, leg),
            Story::Handover(handover) if handover.waiting.contains(&leg) => {
                self.among(&handover.waiting, leg, || self.sound_of(handover))
            }
            Story::Summons(_) | Story::Ringing { .. } | Story::Handover(_) | Story::Over => Meant::NOTHING,
        }
    }

    fn in_hold(&self, held: &Held, leg: LegId) -> Meant {
        if held.waiting.contains(&leg) {
            return self.among(&held.waiting, leg, || Meant::sound(Voice::Music));
        }
        match &held.why {
            _ if leg != held.agent => Meant::NOTHING,
            Aside::Alone => Meant::sound(Voice::Busy),
            Aside::WrongNumber => Meant::sound(Voice::Error),
            Aside::Dialling(dialling) if dialling.digits.is_empty() => Meant::sound(Voice::Dial),
            Aside::Dialling(_) | Aside::Wanted => Meant::NOTHING,
        }
    }

    /// The private side is the agent and the colleague, until the agent turns to the others.
    fn in_consult(&self, consult: &Consult, leg: LegId) -> Meant {
        let Consult { agent, waiting, .. } = consult;
        let is_agent = leg == *agent;
        match &consult.colleague {
            Colleague::Aside(_) if is_agent => self.voices(waiting),
            Colleague::Aside(colleague) if leg == *colleague => Meant::sound(Voice::Music),
            Colleague::Aside(_) if waiting.contains(&leg) => {
                let others = waiting.iter().filter(|other| **other != leg);
                self.voices(&others.copied().chain([*agent]).collect())
            }
            Colleague::With(_) | Colleague::Ringing(_) if waiting.contains(&leg) => {
                self.among(waiting, leg, || Meant::sound(Voice::Music))
            }
            Colleague::With(colleague) if is_agent => self.voices(&[*colleague].into()),
            Colleague::With(colleague) if leg == *colleague => self.voices(&[*agent].into()),
            Colleague::Ringing(_) if is_agent => self.ringing_sound(),
            // Who is being seen off hears nothing.
            Colleague::Aside(_) | Colleague::With(_) | Colleague::Ringing(_) => Meant::NOTHING,
        }
    }

    /// Those who wait together hear each other; who waits alone hears this.
    fn among(&self, waiting: &BTreeSet<LegId>, leg: LegId, alone: impl Fn() -> Meant) -> Meant {
        let others: BTreeSet<LegId> = waiting.iter().copied().filter(|other| *other != leg).collect();
        match others.is_empty() {
            true => alone(),
            false => self.voices(&others),
        }
    }

    /// What arrives from these people. While nothing does, it is our music if all that could speak hold, and silence
    /// otherwise: they are only quiet, or muted.
    fn voices(&self, of: &BTreeSet<LegId>) -> Meant {
        let legs = || of.iter().filter_map(|leg| self.legs.get(leg));
        if legs().next().is_none() {
            return Meant::NOTHING;
        }
        let speaking = legs().filter(|leg| leg.speaks());
        let otherwise = match legs().any(Leg::holds) && !legs().any(Leg::promises_speech) {
            true => Voice::Music,
            false => Voice::Silence,
        };
        Meant::arriving(speaking.map(|leg| Voice::Leg(leg.id)).collect(), otherwise)
    }

    /// What those hear who wait in a handover. An agent who waits for the colleague alone hears whether it rings.
    fn sound_of(&self, handover: &Handover) -> Meant {
        match (self.waits_with, &handover.recall) {
            (WaitsWith::Music, Some(_)) => Meant::sound(Voice::Music),
            (WaitsWith::Music, None) | (WaitsWith::Ringback, _) => {
                let Meant { voices, otherwise } = self.ringing_sound();
                Meant::arriving(voices, otherwise.unwrap_or(Voice::Music))
            }
        }
    }

    /// The network's own sounds where the called side sends any, described or not, and our ringing tone otherwise once
    /// it rings (RFC 3960 §3.2): one whose early media never comes, or stops, silences nobody.
    fn ringing_sound(&self) -> Meant {
        Meant {
            voices: self.rung().map(|leg| Voice::Leg(leg.id)).collect(),
            otherwise: self.rung().any(Leg::is_ringing).then_some(Voice::Ringback),
        }
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
        let heard = host.iter().flat_map(|leg| self.meant_for(*leg).voices);
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
