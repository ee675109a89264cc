//! One tape: its story, its audio, and the people who want to hear that the disk is full.

use super::tape_audio::TapeAudio;
use super::tape_name::TapeName;
use super::tape_seal::Seal;
use super::tape_sheet::Sheet;
use super::tape_thread::TapeLimits;
use crate::call::recording::TapeStory;
use crate::media::engine::TapeBlock;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// One tape that is running, or waits for its last block, or for the disk.
pub(super) struct Tape {
    story: TapeStory,
    sheet: Sheetwork,
    audio: TapeAudio,
    /// The sums of the files, once they are complete.
    seal: Option<Seal>,
    life: Life,
    /// How many blocks the media threads had thrown away when the last one came.
    dropped_before: u64,
    /// When people were last told of an error that still lasts.
    told: Option<Instant>,
}

/// How far the tape is.
#[derive(Clone, Copy)]
enum Life {
    /// The conversation goes on.
    Running,
    /// The story is over. The last block may still be on its way, until `grace`; the disk has until
    /// `give_up` to take what there is.
    Ending { grace: Instant, give_up: Instant },
}

/// How the sheet stands with the disk.
enum Sheetwork {
    /// It says what we know.
    Done,
    /// It is to be written then.
    Due(Instant),
}

/// What becomes of a tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tended {
    /// It goes on.
    Open,
    /// All is written, or nothing more can be done.
    Finished,
}

impl Tape {
    /// A disk that refused the sheet is tried again so often.
    const TRY_AGAIN: Duration = Duration::from_secs(1);
    /// An error that lasts is told again so often.
    const TELL_AGAIN: Duration = Duration::from_secs(60);
    /// A tape that has ended is given up when the disk has refused for so long.
    const GIVE_UP_AFTER: Duration = Duration::from_secs(60);

    /// A tape that begins with this story. `dropped` is how many blocks were thrown away until now.
    pub(super) fn new(
        directory: &Path,
        story: TapeStory,
        dropped: u64,
        limits: &TapeLimits,
        now: Instant,
    ) -> Tape {
        let name = TapeName::of(directory, &story, limits.mode);
        let mut tape = Tape {
            audio: TapeAudio::new(name, limits),
            seal: None,
            story: story.clone(),
            sheet: Sheetwork::Due(now),
            life: Life::Running,
            dropped_before: dropped,
            told: None,
        };
        tape.tell(story, limits, now);
        tape
    }

    /// The story has gone on.
    pub(super) fn tell(&mut self, story: TapeStory, limits: &TapeLimits, now: Instant) {
        self.story = story;
        self.sheet = Sheetwork::Due(now);
        if let (Life::Running, Some(_)) = (self.life, self.story.ended) {
            let grace = now + limits.last_block_grace;
            self.life = Life::Ending {
                grace,
                give_up: grace + Tape::GIVE_UP_AFTER,
            };
        }
    }

    /// Audio has come. `dropped` is how many blocks the media threads have thrown away until now.
    pub(super) fn block(&mut self, block: &TapeBlock, dropped: u64, now: Instant) {
        let why = match dropped == self.dropped_before {
            true => "no audio came from the media thread",
            false => "the disk was too slow: audio had to be thrown away before it could be written",
        };
        // What was thrown away stays the reason until there is a hole to be explained by it.
        if block.position > self.audio.reached() {
            self.dropped_before = dropped;
        }
        if let Err(error) = self.audio.place(block, why, now) {
            self.complain(&error, now);
        }
    }

    /// What time asks for: the header, the sheet, another try, the end.
    pub(super) fn tend(&mut self, now: Instant) -> Tended {
        let was_closed = self.audio.is_closed();
        let audio = match self.life {
            Life::Ending { grace, .. } if self.audio.reached() >= self.end() || now >= grace => {
                self.audio.close(self.end(), now)
            }
            Life::Running | Life::Ending { .. } => self.audio.tend(now),
        };
        if self.audio.is_closed() && !was_closed {
            self.seal = Some(Seal::of(self.audio.finished_files()));
        }
        let sealed = self.go_on_sealing(now);
        let sheet = self.write_sheet(now);
        match audio.and(sealed).and(sheet) {
            Err(error) => self.complain(&error, now),
            Ok(()) => self.recover(now),
        }
        self.fate(now)
    }

    /// The thread ends: whatever can be saved is saved now.
    pub(super) fn finish(&mut self, now: Instant) {
        if let Life::Running = self.life {
            tracing::warn!(tape = %self.story.tape, "the switch stops while this tape is running");
        }
        let end = if self.story.ended.is_some() {
            self.end()
        } else {
            self.audio.reached()
        };
        self.audio.hurry(now);
        self.sheet = Sheetwork::Due(now);
        let closed = self.audio.close(end, now);
        let mut seal = Seal::of(self.audio.finished_files());
        let sealed = closed.and_then(|()| seal.finish());
        self.seal = Some(seal);
        if let Err(error) = sealed.and(self.write_sheet(now)) {
            self.complain(&error, now);
            self.give_up();
        }
    }

    fn fate(&self, now: Instant) -> Tended {
        match (self.life, &self.sheet) {
            (Life::Ending { .. }, Sheetwork::Done) if self.is_sealed() => Tended::Finished,
            (Life::Ending { give_up, .. }, Sheetwork::Done | Sheetwork::Due(_)) if now >= give_up => {
                self.give_up();
                Tended::Finished
            }
            (Life::Running | Life::Ending { .. }, Sheetwork::Done | Sheetwork::Due(_)) => Tended::Open,
        }
    }

    /// A bite of the audio for its sum; when that is known the sheet is written once more.
    fn go_on_sealing(&mut self, now: Instant) -> io::Result<()> {
        if self.is_sealed() {
            return Ok(());
        }
        if let Some(seal) = &mut self.seal
            && seal.go_on()?
        {
            self.sheet = Sheetwork::Due(now);
        }
        Ok(())
    }

    fn is_sealed(&self) -> bool {
        let files = self.audio.facts().finished_parts;
        self.audio.is_closed() && self.seal.as_ref().is_some_and(|seal| seal.sums().len() == files)
    }

    fn write_sheet(&mut self, now: Instant) -> io::Result<()> {
        match self.sheet {
            Sheetwork::Due(due) if now >= due => {}
            Sheetwork::Done | Sheetwork::Due(_) => return Ok(()),
        }
        self.sheet = Sheetwork::Due(now + Tape::TRY_AGAIN);
        let (facts, sums) = (self.audio.facts(), self.seal.as_ref().map(Seal::sums));
        facts.name.make_folder()?;
        Sheet::new(&self.story, facts, sums.unwrap_or_default()).write(facts.name)?;
        self.sheet = Sheetwork::Done;
        Ok(())
    }

    /// The length of the conversation, in samples; nothing while it goes on.
    fn end(&self) -> u64 {
        let length = self.story.length();
        u64::try_from(length.as_micros() * u128::from(self.audio.rate()) / 1_000_000).unwrap_or(0)
    }

    fn complain(&mut self, error: &io::Error, now: Instant) {
        if self.told.is_some_and(|told| now < told + Tape::TELL_AGAIN) {
            return;
        }
        self.told = Some(now);
        tracing::error!(
            tape = %self.story.tape,
            conversation = %self.story.conversation,
            sheet = %self.audio.facts().name.sheet().display(),
            %error,
            "this call is not being recorded: make room on the disk and let us write there; \
             the call goes on, and so will the recording, with a gap"
        );
    }

    /// The sheet is written again too: it tells the gap, and it may have been lost with the audio.
    fn recover(&mut self, now: Instant) {
        if self.told.is_some() && self.audio.is_well() && matches!(self.sheet, Sheetwork::Done) {
            self.told = None;
            self.sheet = Sheetwork::Due(now);
            tracing::info!(tape = %self.story.tape, "this call is being recorded again");
        }
    }

    fn give_up(&self) {
        tracing::error!(
            tape = %self.story.tape,
            sheet = %self.audio.facts().name.sheet().display(),
            "this recording could not be completed: what was written is beside the sheet, under a name \
             that ends in {}, and is completed at the next start", TapeName::UNFINISHED
        );
    }
}
