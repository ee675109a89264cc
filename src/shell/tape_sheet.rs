//! The sheet beside a tape: its story, and what is missing on it, as JSON. Times are RFC 3339, in UTC.

use super::tape_name::{TapeName, write_in_one_piece};
use crate::call::chronicle::{Hold, Kind, Outcome, Transfer};
use crate::call::pausing::Means;
use crate::call::recording::{Decision, TapeParty, TapePause, TapeStory};
use crate::call::related::{Related, Relation};
use crate::config::valid::WhilePaused;
use crate::id::{ConversationId, TapeId};
use crate::time::Time;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io;
use std::net::SocketAddr;

/// A stretch of the timeline that is silent on the tape though it was not in the air.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Samples since the start of the tape.
    pub from: u64,
    /// Samples since the start of the tape.
    pub to: u64,
    /// What happened.
    pub why: String,
}

/// What stands beside the audio.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// Which tape.
    pub tape: TapeId,
    /// The conversation it belongs to.
    pub conversation: ConversationId,
    /// "incoming", "outgoing" or "internal"; "consult" for what was said in private.
    pub direction: String,
    /// Sample 0.
    pub started: Timestamp,
    /// When the conversation ended; none while it goes on.
    pub ended: Option<Timestamp>,
    /// Why, in the words of a Reason header field.
    pub reason: Option<String>,
    /// The number outside; without one, whoever of ours is on the left.
    pub customer: String,
    /// Our number; in a consult, whoever was asked.
    pub our_number: String,
    /// The rule that decided that there is a tape.
    pub policy: String,
    /// All that the rules have decided.
    #[serde(default)]
    pub decisions: Vec<SheetDecision>,
    /// Who was in, and when.
    pub parties: Vec<SheetParty>,
    /// Who wanted to hand on whom.
    #[serde(default)]
    pub transfers: Vec<SheetTransfer>,
    /// Who held.
    #[serde(default)]
    pub holds: Vec<SheetHold>,
    /// When nobody was heard.
    #[serde(default)]
    pub pauses: Vec<SheetPause>,
    /// The recordings of calls of the same agent that waited while this one began, by their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub during: Vec<String>,
    /// The recordings of calls that an agent of this one began meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meanwhile: Vec<String>,
    /// The recordings in which those who were in this one talk on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goes_on_in: Vec<String>,
    /// The recordings of those who have come over to this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub came_from: Vec<String>,
    /// The file with the audio, in the same folder.
    pub file: String,
    /// The files in which it goes on, if it is longer than one file can hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further_files: Vec<String>,
    /// The SHA-256 of each file, once all are complete.
    #[serde(default)]
    pub sha256: Vec<String>,
    /// Samples per second and channel.
    pub rate: u32,
    /// Samples of each channel.
    pub samples: u64,
    /// What is missing.
    pub gaps: Vec<SheetGap>,
    /// Whether a crash had left it unfinished.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
}

/// A decision of the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetDecision {
    /// When.
    pub at: Timestamp,
    /// Whether the conversation is recorded from then on.
    pub recorded: bool,
    /// Which rule said so.
    pub rule: String,
}

/// One party's stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetParty {
    /// An extension's number, or the number outside.
    pub party: String,
    /// The name, if we know one.
    pub name: String,
    /// The trunk between us, if it is somebody outside.
    #[serde(default)]
    pub trunk: Option<String>,
    /// "left" or "right".
    pub channel: String,
    /// "called us" or "was called".
    #[serde(default)]
    pub direction: String,
    /// The number that it was shown.
    #[serde(default)]
    pub shown: Option<String>,
    /// When the party joined.
    pub joined: Timestamp,
    /// When the party left.
    pub left: Option<Timestamp>,
    /// The codecs that it spoke, each from then on.
    #[serde(default)]
    pub codecs: Vec<SheetCodec>,
    /// Who has sent RTP to its port and was not heard: nothing of that is on the tape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stranger: Option<SheetStranger>,
}

/// Somebody else than the party itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetStranger {
    /// When the first packet came.
    pub at: Timestamp,
    /// From where.
    pub from: SocketAddr,
}

/// A codec that somebody spoke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetCodec {
    /// From when on.
    pub from: Timestamp,
    /// Its name in SDP.
    pub codec: String,
}

/// A transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetTransfer {
    /// When it was asked for.
    pub at: Timestamp,
    /// Who has asked.
    pub by: String,
    /// Cold or warm.
    pub kind: Kind,
    /// To whom.
    pub to: String,
    /// What has come of it.
    pub outcome: Option<Outcome>,
    /// When that was.
    pub until: Option<Timestamp>,
}

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetHold {
    /// Who.
    pub by: String,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Option<Timestamp>,
}

/// A pause of the recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetPause {
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Option<Timestamp>,
    /// The agent who paused.
    pub by: String,
    /// By which means.
    pub how: Means,
    /// Where the agent's phone is that told so; none for an order.
    #[serde(default)]
    pub phone: Option<String>,
    /// The agent who resumed, if somebody has.
    pub resumed_by: Option<String>,
    /// By which means.
    pub resumed_how: Option<Means>,
    /// Where that agent's phone is.
    #[serde(default)]
    pub resumed_phone: Option<String>,
    /// What the audio has of it.
    pub leaves: WhilePaused,
}

/// A gap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SheetGap {
    /// Seconds of the audio.
    pub from_s: f64,
    /// Seconds of the audio.
    pub to_s: f64,
    /// What happened.
    pub why: String,
}

/// What the sheet says about the audio.
#[derive(Clone, Copy, Debug)]
pub struct AudioFacts<'a> {
    /// The names of the files.
    pub name: &'a TapeName,
    /// How many files are complete.
    pub finished_parts: usize,
    /// How many files there are.
    pub parts: usize,
    /// Samples per second and channel.
    pub rate: u32,
    /// Samples of each channel in all the files, as far as they are written.
    pub samples: u64,
    /// What is missing.
    pub gaps: &'a [Gap],
}

impl Sheet {
    /// The sheet of a tape with this story, of which so much is written.
    pub fn new(story: &TapeStory, audio: AudioFacts<'_>, sha256: &[String]) -> Sheet {
        // Spelled out, so that a story which learns something new cannot be forgotten here.
        let TapeStory {
            tape,
            conversation,
            direction,
            started,
            ended,
            reason,
            customer,
            our_number,
            policy,
            parties,
            timeline,
        } = story.clone();
        let related = |how: Relation| {
            let meant = timeline.related.iter().filter(|related| related.how == how);
            meant.map(name_of).collect()
        };
        Sheet {
            during: related(Relation::During),
            meanwhile: related(Relation::Meanwhile),
            goes_on_in: related(Relation::GoesOnIn),
            came_from: related(Relation::CameFrom),
            tape,
            conversation,
            direction,
            started: timestamp(started),
            ended: ended.map(timestamp),
            reason,
            customer,
            our_number,
            policy,
            decisions: timeline.decisions.into_iter().map(SheetDecision::from).collect(),
            parties: parties.into_iter().map(SheetParty::from).collect(),
            transfers: timeline.transfers.into_iter().map(SheetTransfer::from).collect(),
            holds: timeline
                .holds
                .into_iter()
                .map(|hold| SheetHold::new(hold, ended))
                .collect(),
            pauses: timeline
                .pauses
                .into_iter()
                .map(|it| SheetPause::new(it, ended))
                .collect(),
            file: audio.file(0),
            further_files: (1..audio.parts).map(|part| audio.file(part)).collect(),
            sha256: sha256.to_vec(),
            rate: audio.rate,
            samples: audio.samples,
            gaps: audio
                .gaps
                .iter()
                .map(|gap| SheetGap::new(gap, audio.rate))
                .collect(),
            interrupted: false,
        }
    }

    /// Whether somebody outside is on the left, and not one of ours.
    pub fn has_customer(&self) -> bool {
        matches!(&*self.direction, "incoming" | "outgoing")
    }

    /// Whether somebody is outside of the house: the customer, or a number that was brought in.
    pub fn is_outside(&self, party: &SheetParty) -> bool {
        party.trunk.is_some() || (party.channel == "left" && self.has_customer())
    }

    /// Writes it in one piece: who reads the file sees the old sheet or the new one.
    pub fn write(&self, name: &TapeName) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        write_in_one_piece(&name.sheet(), &text, name.mode())
    }
}

impl AudioFacts<'_> {
    fn file(&self, part: usize) -> String {
        let path = match part < self.finished_parts {
            true => self.name.finished(part),
            false => self.name.unfinished(part),
        };
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }
}

/// What the recording of a tape is called, from its beginning on.
fn name_of(related: &Related) -> String {
    let began = timestamp(related.started).strftime("%Y-%m-%d_%H-%M-%S");
    format!("{began}_{}", related.tape)
}

impl SheetGap {
    fn new(gap: &Gap, rate: u32) -> SheetGap {
        let seconds = |samples: u64| samples as f64 / f64::from(rate);
        SheetGap {
            from_s: seconds(gap.from),
            to_s: seconds(gap.to),
            why: gap.why.clone(),
        }
    }
}

impl SheetHold {
    fn new(Hold { by, from, to }: Hold, ended: Option<Time>) -> SheetHold {
        SheetHold {
            by,
            from: timestamp(from),
            to: to.or(ended).map(timestamp),
        }
    }
}

impl SheetPause {
    fn new(TapePause { pause, resumed }: TapePause, ended: Option<Time>) -> SheetPause {
        let to = resumed.as_ref().map(|resumed| resumed.at).or(ended);
        SheetPause {
            from: timestamp(pause.since),
            to: to.map(timestamp),
            by: pause.by,
            how: pause.how,
            phone: pause.phone,
            resumed_how: resumed.as_ref().map(|resumed| resumed.how),
            resumed_phone: resumed.as_ref().and_then(|resumed| resumed.phone.clone()),
            resumed_by: resumed.map(|resumed| resumed.by),
            leaves: pause.leaves,
        }
    }
}

impl From<Decision> for SheetDecision {
    fn from(Decision { at, recorded, rule }: Decision) -> SheetDecision {
        let at = timestamp(at);
        SheetDecision { at, recorded, rule }
    }
}

impl From<Transfer> for SheetTransfer {
    fn from(of: Transfer) -> SheetTransfer {
        SheetTransfer {
            at: timestamp(of.at),
            by: of.by,
            kind: of.kind,
            to: of.to,
            until: of.outcome.map(|(at, _)| timestamp(at)),
            outcome: of.outcome.map(|(_, outcome)| outcome),
        }
    }
}

impl From<TapeParty> for SheetParty {
    fn from(of: TapeParty) -> SheetParty {
        let codecs = of.codecs.into_iter().map(|(from, codec)| SheetCodec {
            from: timestamp(from),
            codec,
        });
        SheetParty {
            party: of.party,
            name: of.name,
            trunk: of.trunk,
            channel: of.channel,
            direction: of.direction,
            shown: of.shown,
            joined: timestamp(of.joined),
            left: of.left.map(timestamp),
            codecs: codecs.collect(),
            stranger: of.stranger.map(|stranger| SheetStranger {
                at: timestamp(stranger.at),
                from: stranger.from,
            }),
        }
    }
}

/// A moment as the sheet writes it.
pub fn timestamp(time: Time) -> Timestamp {
    i64::try_from(time.as_micros())
        .ok()
        .and_then(|us| Timestamp::from_microsecond(us).ok())
        .unwrap_or(Timestamp::MAX)
}
