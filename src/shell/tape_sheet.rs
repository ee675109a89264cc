//! The sheet beside a tape: its name, its story, and what is missing on it, as JSON.

use crate::call::recording::{TapeParty, TapeStory};
use crate::id::{ConversationId, TapeId};
use crate::time::Time;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Where the files of one tape lie: one folder per day, and a name that says whose tape it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapeName {
    folder: PathBuf,
    stem: String,
}

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

/// What stands beside the audio. Times are written as RFC 3339, in UTC.
#[derive(Debug, Serialize)]
pub struct Sheet<'a> {
    tape: TapeId,
    conversation: ConversationId,
    direction: &'a str,
    #[serde(serialize_with = "rfc3339")]
    started: Time,
    #[serde(serialize_with = "rfc3339_or_null")]
    ended: Option<Time>,
    /// Why, in the words of a Reason header field.
    reason: Option<&'a str>,
    customer: &'a str,
    our_number: &'a str,
    policy: &'a str,
    parties: Vec<SheetParty<'a>>,
    /// The file with the audio, in the same folder.
    file: String,
    /// The files in which it goes on, if it is longer than one file can hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    further_files: Vec<String>,
    rate: u32,
    samples: u64,
    gaps: Vec<SheetGap<'a>>,
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

#[derive(Debug, Serialize)]
struct SheetGap<'a> {
    from_s: f64,
    to_s: f64,
    why: &'a str,
}

#[derive(Debug, Serialize)]
struct SheetParty<'a> {
    party: &'a str,
    name: &'a str,
    channel: &'a str,
    #[serde(serialize_with = "rfc3339")]
    joined: Time,
    #[serde(serialize_with = "rfc3339_or_null")]
    left: Option<Time>,
}

impl TapeName {
    /// What tells an unfinished recording from a finished one; players open both.
    pub const UNFINISHED: &str = ".part.wav";
    /// What a finished recording ends with.
    pub const FINISHED: &str = ".wav";
    /// So many tapes of one name may lie beside each other; after a restart the ids begin anew.
    const MAX_SAME_NAME: u32 = 1000;

    /// The name that this story deserves, under `directory`. Not that of a tape which exists already.
    pub fn of(directory: &Path, story: &TapeStory) -> TapeName {
        let folder = directory.join(timestamp(story.started).strftime("%Y-%m-%d").to_string());
        let stem = format!(
            "{}_{}_{}_{}_{}",
            timestamp(story.started).strftime("%H-%M-%S"),
            harmless(&story.direction),
            harmless(&story.customer),
            harmless(&story.our_number),
            story.tape,
        );
        let mut name = TapeName {
            folder,
            stem: stem.clone(),
        };
        for again in 2..TapeName::MAX_SAME_NAME {
            if !name.is_taken() {
                break;
            }
            name.stem = format!("{stem}_again{again}");
        }
        name
    }

    /// The file of this part (counted from 0) while it is being written.
    pub fn unfinished(&self, part: usize) -> PathBuf {
        self.folder.join(self.part(part) + TapeName::UNFINISHED)
    }

    /// The file of this part (counted from 0) when it is complete.
    pub fn finished(&self, part: usize) -> PathBuf {
        self.folder.join(self.part(part) + TapeName::FINISHED)
    }

    /// The file of the sheet.
    pub fn sheet(&self) -> PathBuf {
        self.folder.join(format!("{}.json", self.stem))
    }

    /// Makes the folder, for owner and group, if it is not there.
    pub fn make_folder(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o750).create(&self.folder)
    }

    fn part(&self, part: usize) -> String {
        match part {
            0 => self.stem.clone(),
            more => format!("{}_{}", self.stem, more + 1),
        }
    }

    fn is_taken(&self) -> bool {
        self.sheet().exists() || self.unfinished(0).exists() || self.finished(0).exists()
    }
}

impl<'a> Sheet<'a> {
    /// The sheet of a tape with this story, of which so much is written.
    pub fn new(story: &'a TapeStory, audio: AudioFacts<'a>) -> Sheet<'a> {
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
        } = story;
        Sheet {
            tape: *tape,
            conversation: *conversation,
            direction,
            started: *started,
            ended: *ended,
            reason: reason.as_deref(),
            customer,
            our_number,
            policy,
            parties: parties.iter().map(SheetParty::new).collect(),
            file: audio.file(0),
            further_files: (1..audio.parts).map(|part| audio.file(part)).collect(),
            rate: audio.rate,
            samples: audio.samples,
            gaps: audio
                .gaps
                .iter()
                .map(|gap| SheetGap::new(gap, audio.rate))
                .collect(),
        }
    }

    /// Writes it in one piece: who reads the file sees the old sheet or the new one.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        write_in_one_piece(path, &text)
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

impl<'a> SheetGap<'a> {
    fn new(gap: &'a Gap, rate: u32) -> SheetGap<'a> {
        let seconds = |samples: u64| samples as f64 / f64::from(rate);
        SheetGap {
            from_s: seconds(gap.from),
            to_s: seconds(gap.to),
            why: &gap.why,
        }
    }
}

impl<'a> SheetParty<'a> {
    fn new(of: &'a TapeParty) -> SheetParty<'a> {
        let TapeParty {
            party,
            name,
            channel,
            joined,
            left,
        } = of;
        SheetParty {
            party,
            name,
            channel,
            joined: *joined,
            left: *left,
        }
    }
}

/// Writes a file beside the old one and then puts it in its place.
pub fn write_in_one_piece(path: &Path, text: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("json.tmp");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o640)
        .open(&beside)?;
    file.write_all(text)?;
    file.write_all(b"\n")?;
    std::fs::rename(&beside, path)
}

/// A word from the network as a part of a file name: nothing in it can name another folder, hide the
/// file or trouble a shell.
fn harmless(word: &str) -> String {
    const MAX_CHARACTERS: usize = 40;
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '+' {
            c
        } else {
            '-'
        }
    };
    match word.chars().take(MAX_CHARACTERS).map(plain).collect::<String>() {
        empty if empty.is_empty() => "unknown".to_owned(),
        word => word,
    }
}

fn timestamp(time: Time) -> Timestamp {
    i64::try_from(time.as_micros())
        .ok()
        .and_then(|us| Timestamp::from_microsecond(us).ok())
        .unwrap_or(Timestamp::MAX)
}

fn rfc3339<S: Serializer>(time: &Time, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&timestamp(*time))
}

fn rfc3339_or_null<S: Serializer>(time: &Option<Time>, to: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => rfc3339(time, to),
        None => to.serialize_none(),
    }
}
