//! Where the files of one tape lie, and what they are called.

use super::tape_sheet::timestamp;
use crate::call::recording::TapeStory;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Where the files of one tape lie: one folder per day, and a name that says whose tape it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapeName {
    folder: PathBuf,
    stem: String,
    mode: u32,
}

impl TapeName {
    /// What tells an unfinished recording from a finished one; players open both.
    pub const UNFINISHED: &str = ".part.wav";
    /// What a finished recording ends with.
    pub const FINISHED: &str = ".wav";
    /// What a sheet ends with.
    pub const SHEET: &str = ".json";
    /// So many tapes of one name may lie beside each other; after a restart the ids begin anew.
    const MAX_SAME_NAME: u32 = 1000;

    /// The name that this story deserves, under `directory`. Not that of a tape which exists already. Its files get
    /// the permissions `mode`.
    pub fn of(directory: &Path, story: &TapeStory, mode: u32) -> TapeName {
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
            mode,
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
        self.folder.join(format!("{}{}", self.stem, TapeName::SHEET))
    }

    /// The permissions of the files.
    pub fn mode(&self) -> u32 {
        self.mode
    }

    /// Makes the folder if it is not there, for those who may read the files.
    pub fn make_folder(&self) -> io::Result<()> {
        // Whoever may read what lies in a folder must be able to step into it.
        let steps = (self.mode & 0o444) >> 2;
        DirBuilder::new()
            .recursive(true)
            .mode(self.mode | steps)
            .create(&self.folder)
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

/// Writes a file beside the old one and then puts it in its place.
pub fn write_in_one_piece(path: &Path, text: &[u8], mode: u32) -> io::Result<()> {
    let beside = path.with_extension("json.tmp");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
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
