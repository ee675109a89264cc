//! Which rule decides whether a conversation is recorded, and whether its agents may pause that.
//!
//! The house has a rule for incoming, outgoing and internal calls. Who takes part may have one of its own
//! (`extension.1001.record`, `trunk.acme.record`), which stands in its place. **What forbids wins**: where the own
//! rules of two disagree, and where two conversations become one, `false` is stronger than `true`. That is all that
//! "the stricter rule" means here, and [`stricter`] is the only place that says so.
//!
//! A conversation keeps the rule that it started with, whoever comes later.

use super::conversation::Course;
use super::leg::Party;
use crate::config::Config;
use crate::config::valid::OwnRules;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The rule of one conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// For which course of conversation it was made.
    pub course: Course,
    /// Whether it is recorded.
    pub record: Ruling,
    /// Whether agents may pause that, unless one has an own rule.
    pub pause: Ruling,
}

/// One yes or no, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// Yes or no.
    pub allows: bool,
    /// Who says so.
    pub author: Author,
    /// Where it stands in the configuration: "extension.1001.record".
    pub key: String,
}

/// Who has made a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Author {
    /// The house, for everybody.
    House,
    /// Somebody who takes part, for its own calls.
    Own,
}

/// Of two rulings the one that forbids; the first if they agree.
pub fn stricter(one: Ruling, other: Ruling) -> Ruling {
    match (one.allows, other.allows) {
        (true, false) => other,
        (true, true) | (false, true | false) => one,
    }
}

/// What the own rules of those who take part come to, and what the house says if there are none.
fn decided(own: impl Iterator<Item = Ruling>, house: Ruling) -> Ruling {
    own.reduce(stricter).unwrap_or(house)
}

impl Rule {
    /// The rule for a conversation that these people start.
    pub fn of<'p>(config: &Config, course: Course, people: impl Iterator<Item = &'p Party> + Clone) -> Rule {
        let record = people.clone().filter_map(|party| {
            let (key, own) = own_rules(config, party)?;
            Some(Ruling::own(own.record?, format!("{key}.record")))
        });
        // What an extension says of pausing it says of its own agent, and that is asked when that one wants to.
        let trunks = people.filter(|party| party.trunk().is_some());
        let pause = trunks.filter_map(|party| {
            let (key, own) = own_rules(config, party)?;
            Some(Ruling::own(own.pause?, format!("{key}.pause")))
        });
        let house = &config.recording;
        let of_course = match course {
            Course::Incoming => house.incoming,
            Course::Outgoing => house.outgoing,
            Course::Internal => house.internal,
        };
        Rule {
            course,
            record: decided(record, Ruling::house(of_course, format!("recording.{course}"))),
            pause: decided(pause, Ruling::house(house.pause, "recording.pause".to_owned())),
        }
    }

    /// The rule of two conversations that have become one.
    pub fn and(self, other: Rule) -> Rule {
        let record = match (self.is_said_of_outsiders(), other.is_said_of_outsiders()) {
            (false, true) => other.record,
            (true, false) => self.record,
            (true, true) | (false, false) => stricter(self.record, other.record),
        };
        Rule {
            course: self.course,
            record,
            pause: stricter(self.pause, other.pause),
        }
    }

    /// Whether this agent may pause and resume: its own rule in the place of the house's, and what forbids wins.
    pub fn on_pausing_by(&self, config: &Config, extension: &str) -> Ruling {
        let own = config.extensions.get(extension).and_then(|it| it.recording.pause);
        let own = own.map(|allows| Ruling::own(allows, format!("extension.{extension}.pause")));
        let kept = match self.pause.author {
            Author::Own => Some(self.pause.clone()),
            Author::House => None,
        };
        decided(own.into_iter().chain(kept), self.pause.clone())
    }

    /// What the house says of internal calls says nothing of one with somebody outside, into which an agent brings
    /// the colleague who was asked.
    fn is_said_of_outsiders(&self) -> bool {
        match (self.course, self.record.author) {
            (Course::Internal, Author::House) => false,
            (Course::Internal, Author::Own) | (Course::Incoming | Course::Outgoing, _) => true,
        }
    }
}

impl Ruling {
    fn own(allows: bool, key: String) -> Ruling {
        let author = Author::Own;
        Ruling { allows, author, key }
    }

    fn house(allows: bool, key: String) -> Ruling {
        let author = Author::House;
        Ruling { allows, author, key }
    }
}

/// As it stands in the configuration.
impl fmt::Display for Ruling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.key, self.allows)
    }
}

fn own_rules(config: &Config, party: &Party) -> Option<(String, OwnRules)> {
    match party {
        Party::Extension(identity) => {
            let extension = config.extensions.get(&identity.number)?;
            Some((format!("extension.{}", identity.number), extension.recording))
        }
        Party::Outside { trunk, .. } => {
            let known = config.trunks.get(trunk)?;
            Some((format!("trunk.{trunk}"), known.recording))
        }
    }
}
