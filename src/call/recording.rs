//! The tape belongs to the conversation: what is recorded, and the story that stands beside the audio.

use super::chronicle::{Hold, Outcome, Transfer};
use super::conversation::{Conversation, Course};
use super::event::Weight;
use super::leg::{Leg, Side};
use super::pausing::{Hears, Pause, Resumed};
use super::recording_rule::{Rule, Ruling};
use super::related::Related;
use super::stranger::Stranger;
use super::world::World;
use crate::config::valid::WhilePaused;
use crate::id::{ConversationId, LegId, TapeId};
use crate::sip::dialog::Opener;
use crate::time::Time;
use crate::wiring::{Rate, TapeRow};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The recording of one conversation, from its first word to its last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tape {
    /// Its name.
    pub id: TapeId,
    /// When its timeline began.
    pub started: Time,
    /// How finely it is recorded: that of the best codec which was spoken then, and no other for as long as it runs.
    #[serde(default)]
    pub rate: Rate,
    /// When it ended; none while it runs.
    pub ended: Option<Time>,
    /// Why it ended, in the words of a Reason header field (RFC 3326); while it runs, why somebody left last.
    #[serde(default)]
    pub reason: Option<String>,
    /// The rule that decided that there is one.
    pub policy: String,
    /// Between extensions, who called: the left channel. None if there is a customer.
    #[serde(default)]
    pub caller: Option<String>,
    /// What is on it.
    #[serde(default)]
    pub scope: Scope,
    /// Who was in, and when; of those who have come again, since they did.
    pub parties: BTreeMap<LegId, TapeParty>,
    /// The earlier stays of those who have come again.
    #[serde(default)]
    pub earlier: BTreeMap<LegId, Vec<TapeParty>>,
    /// Whether it hears anybody now.
    #[serde(default)]
    pub hears: Hears,
    /// What has happened on it until now.
    #[serde(default)]
    pub timeline: Timeline,
}

/// What is on a tape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// What the customer could hear.
    #[default]
    Conversation,
    /// What agent and colleague said in private.
    Consult,
}

/// What happens on a tape beside who comes and goes, each list in the order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// What the rules have decided.
    pub decisions: Vec<Decision>,
    /// Who wanted to hand on whom.
    pub transfers: Vec<Transfer>,
    /// Who held.
    pub holds: Vec<Hold>,
    /// When nobody was heard.
    pub pauses: Vec<TapePause>,
    /// Other tapes that have to do with this one.
    #[serde(default)]
    pub related: Vec<Related>,
}

/// What the rules have decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// When.
    pub at: Time,
    /// Whether the conversation is recorded from then on.
    pub recorded: bool,
    /// Which rule said so, as it stands in the configuration.
    pub rule: String,
}

/// A pause of the recording, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TapePause {
    /// Since when, by whom, how.
    pub pause: Pause,
    /// How it ended; none while it lasts, and if it lasted until the end of the tape.
    pub resumed: Option<Resumed>,
}

/// The story of one tape, kept as JSON beside the WAV. Each new one replaces the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TapeStory {
    /// Which tape.
    pub tape: TapeId,
    /// The conversation it belongs to.
    pub conversation: ConversationId,
    /// "incoming", "outgoing" or "internal"; "consult" for what was said in private.
    pub direction: String,
    /// When the timeline began: sample 0.
    pub started: Time,
    /// When it ended; none while it runs. After this the file is finished.
    pub ended: Option<Time>,
    /// Why it ended, in the words of a Reason header field (RFC 3326); none while it runs.
    pub reason: Option<String>,
    /// The number outside (the customer).
    pub customer: String,
    /// Our number: the DID that was called, or the caller ID that was shown.
    pub our_number: String,
    /// The rule that decided that there is a tape, in the configuration's words.
    pub policy: String,
    /// Who was in, and when.
    pub parties: Vec<TapeParty>,
    /// What else happened.
    #[serde(default)]
    pub timeline: Timeline,
}

/// One party's stay in the conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TapeParty {
    /// An extension's number, or the number outside.
    pub party: String,
    /// The name, if we know one.
    pub name: String,
    /// The trunk between us, if it is somebody outside.
    #[serde(default)]
    pub trunk: Option<String>,
    /// "left" (the customer) or "right" (our side).
    pub channel: String,
    /// When the party joined.
    pub joined: Time,
    /// When the party left; none while it is there.
    pub left: Option<Time>,
    /// Which way the call went: "called us" or "was called".
    #[serde(default)]
    pub direction: String,
    /// The number that it was shown; none if it was shown none.
    #[serde(default)]
    pub shown: Option<String>,
    /// The codecs that it spoke, each from that moment on.
    #[serde(default)]
    pub codecs: Vec<(Time, String)>,
    /// Who has sent RTP to its port and was not heard: nothing of that is on the tape.
    #[serde(default)]
    pub stranger: Option<Stranger>,
}

impl Conversation {
    /// The recording begins, if the rules want one and somebody is there for whose sake it is: not while the customer is
    /// still rung, and anew if an earlier customer has left. The rule is that of those who start the conversation, and
    /// stays whoever comes later.
    pub fn start_tape(&mut self, world: &mut World<'_>) {
        let rule = match self.rule.take() {
            Some(rule) if rule.course == self.course => rule,
            old => {
                let members = self.story.members();
                let people = members
                    .iter()
                    .filter_map(|leg| self.legs.get(leg))
                    .map(|leg| &leg.party);
                let new = Rule::of(world.config, self.course, people);
                old.map_or(new.clone(), |old| new.and(old))
            }
        };
        let runs = self.tape.as_ref().is_some_and(|tape| tape.ended.is_none());
        if rule.record.allows && !runs && !self.hosts().is_empty() {
            let mut tape = Tape::new(world.tape_id(), world.now, self.best_rate(), &rule.record);
            tape.caller = self.caller_inside();
            self.tape = Some(tape);
        }
        self.rule = Some(rule);
        self.obeys_rule(world);
    }

    /// Another conversation becomes part of this one: the stricter rule is that of both from now on, and what is
    /// paused in one of them is paused.
    pub fn joins_rules(&mut self, world: &mut World<'_>, other: &Conversation) {
        // Where the customer has gone nothing is left to be recorded: its rule says nothing of those who remain.
        let has_say = other.course == Course::Internal || other.customer().is_some();
        self.rule = match (self.rule.take(), other.rule.clone().filter(|_| has_say)) {
            (Some(rule), Some(others)) => Some(rule.and(others)),
            (rule, others) => rule.or(others),
        };
        let Some(tape) = self.tape.as_mut().filter(|tape| tape.runs()) else {
            return;
        };
        let Some(pause) = other.pause() else {
            return self.obeys_rule(world);
        };
        let is_new = tape.pauses(Pause {
            since: world.now,
            ..pause.clone()
        });
        if is_new {
            let text = format!(
                "the recording is paused, for {} had paused that of {}",
                pause.by, other.id
            );
            world.tell(Weight::Story, Some(self.id), text);
        }
        self.obeys_rule(world);
    }

    /// A tape that the rule does not want any more ends.
    fn obeys_rule(&mut self, world: &mut World<'_>) {
        let tape = self.tape.as_mut().filter(|tape| tape.runs());
        if let (Some(tape), Some(rule)) = (tape, self.rule.as_ref().filter(|rule| !rule.record.allows)) {
            tape.timeline
                .decisions
                .push(Decision::of(world.now, &rule.record));
            tape.ends(world.now);
            let text = format!("the recording ends: {}", rule.record);
            world.tell(Weight::Story, Some(self.id), text);
        }
    }

    fn caller_inside(&self) -> Option<String> {
        let first = self.hosts().first().and_then(|leg| self.legs.get(leg))?;
        first.party.extension().map(str::to_owned)
    }

    /// The rate of the best codec that is spoken.
    pub fn best_rate(&self) -> Rate {
        let remotes = self.legs.values().filter_map(|leg| leg.port().remote);
        let rates = remotes.map(|remote| remote.codec.rate());
        rates.max().unwrap_or_default()
    }

    /// Somebody leaves for this reason; should it be the end of the tape, that is why.
    pub fn tape_ends_because(&mut self, reason: &str) {
        if let Some(tape) = self.tape.as_mut().filter(|tape| tape.runs()) {
            tape.reason = Some(reason.to_owned());
        }
    }
}

impl Decision {
    fn of(at: Time, ruling: &Ruling) -> Decision {
        Decision {
            at,
            recorded: ruling.allows,
            rule: ruling.to_string(),
        }
    }
}

impl Tape {
    /// A tape that begins now, with nobody on it.
    pub fn new(id: TapeId, now: Time, rate: Rate, ruling: &Ruling) -> Tape {
        Tape {
            id,
            started: now,
            rate,
            ended: None,
            reason: None,
            policy: ruling.to_string(),
            caller: None,
            scope: Scope::Conversation,
            parties: BTreeMap::new(),
            earlier: BTreeMap::new(),
            hears: Hears::All,
            timeline: Timeline {
                decisions: vec![Decision::of(now, ruling)],
                ..Timeline::default()
            },
        }
    }

    /// Its row in the table of who hears whom, when these sit at the microphones. Nobody is named in it while it is
    /// paused; and where a pause leaves nothing, there is no row, and the timeline goes on as if there had been none.
    pub fn row(&self, left: Vec<LegId>, right: Vec<LegId>) -> Option<TapeRow> {
        let row = |left, right| TapeRow {
            tape: self.id,
            started: self.started + self.timeline.cut(self.started),
            rate: self.rate,
            left,
            right,
        };
        match &self.hears {
            _ if self.ended.is_some() => None,
            Hears::All => Some(row(left, right)),
            Hears::Nobody(pause) => match pause.leaves {
                WhilePaused::Silence => Some(row(Vec::new(), Vec::new())),
                WhilePaused::Cut => None,
            },
        }
    }

    /// The first on the right.
    fn of_house(&self) -> Option<String> {
        let mut parties = self.parties.values();
        parties
            .find(|party| party.channel == "right")
            .map(|party| party.party.clone())
    }

    /// On which side a leg is: customers on the left, and between extensions the one who called, with whichever phone;
    /// for as long as it is there. A second phone of the same extension that is called is on the right like all others.
    pub fn is_left(&self, leg: &Leg) -> bool {
        let is_on_left = |party: &TapeParty| party.channel == "left";
        let is_taken = || {
            let mut there = self.parties.values().filter(|party| party.left.is_none());
            there.any(is_on_left)
        };
        match (self.parties.get(&leg.id), leg.side) {
            (Some(party), _) => is_on_left(party),
            (None, Side::Customer) => true,
            (None, Side::House) => {
                let is_caller = self.caller.is_some() && leg.party.extension() == self.caller.as_deref();
                is_caller && !is_taken()
            }
        }
    }

    /// Somebody has joined, or is there.
    pub fn joins(&mut self, now: Time, leg: &Leg) {
        let channel = if self.is_left(leg) { "left" } else { "right" };
        let is_over = |stay: &TapeParty| stay.left.is_some();
        if self.parties.get(&leg.id).is_some_and(is_over) {
            let over = self.parties.remove(&leg.id);
            self.earlier.entry(leg.id).or_default().extend(over);
        }
        let party = self.parties.entry(leg.id);
        let party = party.or_insert_with(|| TapeParty::new(now, leg, channel));
        party.stranger = leg.stranger;
        let codec = leg.agreed().map(|agreed| agreed.voice.encoding.clone());
        if let Some(codec) = codec.filter(|codec| party.codecs.last().is_none_or(|(_, last)| last != codec)) {
            party.codecs.push((now, codec));
        }
    }

    /// Whoever is not among these has left.
    pub fn has_only(&mut self, now: Time, there: &BTreeSet<LegId>) {
        let gone = self.parties.iter_mut().filter(|(leg, _)| !there.contains(leg));
        for (_, party) in gone {
            party.left.get_or_insert(now);
        }
    }

    /// Whether it runs still.
    pub fn runs(&self) -> bool {
        self.ended.is_none()
    }

    /// The pause in which it is.
    pub fn pause(&self) -> Option<&Pause> {
        match &self.hears {
            Hears::Nobody(pause) => Some(pause),
            Hears::All => None,
        }
    }

    /// It hears nobody from now on. Whether that is new.
    pub fn pauses(&mut self, pause: Pause) -> bool {
        let is_new = self.hears == Hears::All;
        if is_new {
            self.hears = Hears::Nobody(pause);
        }
        is_new
    }

    /// It hears again, if it still runs.
    pub fn resumes(&mut self, resumed: Resumed) {
        if !self.runs() {
            return;
        }
        if let Hears::Nobody(pause) = std::mem::take(&mut self.hears) {
            let resumed = Some(resumed);
            self.timeline.pauses.push(TapePause { pause, resumed });
        }
    }

    /// The conversation is over.
    pub fn ends(&mut self, now: Time) {
        self.ended.get_or_insert(now);
        self.timeline.transfer_ends(now, Outcome::Over);
        for party in self.parties.values_mut() {
            party.left.get_or_insert(now);
        }
    }

    /// Its story, as it stands beside the audio.
    pub fn story(&self, conversation: &Conversation) -> TapeStory {
        let stays = self.parties.iter().flat_map(|(leg, stay)| {
            let earlier = self.earlier.get(leg).into_iter().flatten();
            earlier.chain([stay]).cloned()
        });
        let parties: Vec<TapeParty> = stays.collect();
        let customer = parties.iter().find(|party| party.channel == "left");
        let mut timeline = self.timeline.clone();
        if let Some(pause) = self.pause() {
            let (pause, resumed) = (pause.clone(), None);
            timeline.pauses.push(TapePause { pause, resumed });
        }
        TapeStory {
            tape: self.id,
            conversation: conversation.id,
            direction: match self.scope {
                Scope::Conversation => conversation.course.to_string(),
                Scope::Consult => "consult".to_owned(),
            },
            started: self.started,
            ended: self.ended,
            reason: self.ended.and(self.reason.clone()),
            customer: customer.map(|party| party.party.clone()).unwrap_or_default(),
            our_number: match self.scope {
                Scope::Conversation => conversation.our_number.clone(),
                Scope::Consult => self.of_house().unwrap_or_default(),
            },
            policy: self.policy.clone(),
            parties,
            timeline,
        }
    }
}

impl TapeParty {
    fn new(now: Time, leg: &Leg, channel: &str) -> TapeParty {
        let direction = match leg.dialog.opener {
            Opener::Them => "called us",
            Opener::Us => "was called",
        };
        let identity = leg.party.identity();
        TapeParty {
            party: identity.number.clone(),
            name: identity.name.clone(),
            trunk: leg.party.trunk().map(str::to_owned),
            channel: channel.to_owned(),
            joined: now,
            left: None,
            direction: direction.to_owned(),
            shown: leg.shown.as_ref().map(|shown| shown.number.clone()),
            codecs: Vec::new(),
            stranger: None,
        }
    }
}

impl TapeStory {
    /// How long its timeline is, without what was cut out; zero while it goes on.
    pub fn length(&self) -> Duration {
        let ended = self.ended.unwrap_or(self.started);
        ended.since(self.started).saturating_sub(self.timeline.cut(ended))
    }
}

impl Timeline {
    /// How much has been cut out until now.
    pub fn cut(&self, now: Time) -> Duration {
        let cuts = self
            .pauses
            .iter()
            .filter(|it| it.pause.leaves == WhilePaused::Cut);
        let until = |it: &TapePause| it.resumed.as_ref().map_or(now, |resumed| resumed.at);
        cuts.map(|it| until(it).since(it.pause.since)).sum()
    }
}
