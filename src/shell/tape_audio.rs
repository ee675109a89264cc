//! The audio of one tape on its timeline, whatever the disk does meanwhile.

use super::tape_file::TapeFile;
use super::tape_name::TapeName;
use super::tape_sheet::{AudioFacts, Gap};
use super::tape_thread::TapeLimits;
use crate::media::engine::TapeBlock;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The audio of one tape: one file, or several if it is very long.
///
/// Whatever returns an error here has also taken note of it: what cannot be written becomes a gap, and
/// the disk is tried again a little later. The caller only needs to tell people.
pub(super) struct TapeAudio {
    name: TapeName,
    rate: u32,
    max_part_bytes: u64,
    disk: Disk,
    /// Where on the timeline each part begins, in samples; the last is the one being written.
    parts: Vec<u64>,
    gaps: Vec<Gap>,
    /// The error since which no audio was written: the reason for the next hole.
    excuse: Option<String>,
}

/// How the audio stands with the disk.
enum Disk {
    /// No audio has come, and there is no file.
    Blank,
    /// All is well.
    Writing { file: TapeFile, flushed: Instant },
    /// It has refused; the file is closed, and so much of the timeline was on it.
    Stuck { again: Instant, reached: u64 },
    /// All is written, and so long it is.
    Closed { reached: u64 },
}

/// Some samples to be written.
enum Stretch<'a> {
    Audio(&'a [[i16; 2]]),
    Silence(u64),
}

impl TapeAudio {
    /// The rate of a tape for which no block ever comes.
    const USUAL_RATE: u32 = 8000;
    /// The header is made right so often, and a disk that refused is tried again so often.
    const FLUSH_EVERY: Duration = Duration::from_secs(1);
    /// A hole that is shorter than a packet (20 ms) is written as silence, and nobody needs to know.
    const NOTABLE_HOLES_PER_S: u64 = 50;
    /// After so many gaps the last one grows instead.
    const MAX_GAPS: usize = 1000;
    /// A block beyond this has lost its way.
    const MAX_SECONDS: u64 = 7 * 24 * 3600;

    pub(super) fn new(name: TapeName, limits: &TapeLimits) -> TapeAudio {
        TapeAudio {
            name,
            rate: TapeAudio::USUAL_RATE,
            max_part_bytes: limits.max_part_bytes,
            disk: Disk::Blank,
            parts: vec![0],
            gaps: Vec::new(),
            excuse: None,
        }
    }

    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// So much of the timeline is on the disk, in samples.
    pub(super) fn reached(&self) -> u64 {
        match &self.disk {
            Disk::Blank => 0,
            Disk::Writing { file, .. } => self.part_begins() + file.samples(),
            Disk::Stuck { reached, .. } | Disk::Closed { reached } => *reached,
        }
    }

    /// Whether audio can be written, as far as we know.
    pub(super) fn is_well(&self) -> bool {
        self.excuse.is_none()
    }

    pub(super) fn is_closed(&self) -> bool {
        matches!(self.disk, Disk::Closed { .. })
    }

    /// The files that are complete.
    pub(super) fn finished_files(&self) -> Vec<PathBuf> {
        let parts = 0..self.facts().finished_parts;
        parts.map(|part| self.name.finished(part)).collect()
    }

    pub(super) fn facts(&self) -> AudioFacts<'_> {
        AudioFacts {
            name: &self.name,
            finished_parts: if self.is_closed() {
                self.parts.len()
            } else {
                self.parts.len() - 1
            },
            parts: self.parts.len(),
            rate: self.rate,
            samples: self.reached(),
            gaps: &self.gaps,
        }
    }

    /// Writes this block where it belongs. A hole before it is filled with silence and is a gap,
    /// because of `why` unless we know better; what overlaps with earlier blocks is thrown away.
    pub(super) fn place(&mut self, block: &TapeBlock, why: &str, now: Instant) -> io::Result<()> {
        if matches!(self.disk, Disk::Blank) {
            self.rate = block.rate.max(1);
        }
        let furthest = TapeAudio::MAX_SECONDS * u64::from(self.rate);
        if block.rate != self.rate || block.position > furthest {
            return Err(io::Error::other(
                "a block of audio does not fit on the timeline (this is our fault)",
            ));
        }
        let placed = match self.disk {
            Disk::Blank => self.open(now).and_then(|()| self.put(block, why, now)),
            Disk::Writing { .. } => self.put(block, why, now),
            // The next block that can be written shows the hole.
            Disk::Stuck { .. } | Disk::Closed { .. } => Ok(()),
        };
        if let Some((from, to)) = block.missing {
            self.miss(from, to);
        }
        placed.inspect_err(|error| self.stick(error, now))
    }

    /// Somebody has spoken there who is not on the tape. It becomes known when more of the timeline is written already.
    fn miss(&mut self, from: u64, to: u64) {
        let why = "its packets were lost, or came too late".to_owned();
        if self.gaps.len() < TapeAudio::MAX_GAPS {
            let at = self.gaps.partition_point(|gap| gap.from <= from);
            self.gaps.insert(at, Gap { from, to, why });
        }
    }

    /// What time asks for: the header made right, or another try.
    pub(super) fn tend(&mut self, now: Instant) -> io::Result<()> {
        let tended = match &mut self.disk {
            Disk::Writing { file, flushed } if now >= *flushed + TapeAudio::FLUSH_EVERY => {
                *flushed = now;
                file.flush()
            }
            Disk::Stuck { again, .. } if now >= *again => self.open(now),
            Disk::Blank | Disk::Writing { .. } | Disk::Stuck { .. } | Disk::Closed { .. } => Ok(()),
        };
        tended.inspect_err(|error| self.stick(error, now))
    }

    /// Completes the files, so that the timeline ends at `end`. While the disk is stuck it is not tried
    /// more often than [`TapeAudio::tend`] would.
    pub(super) fn close(&mut self, end: u64, now: Instant) -> io::Result<()> {
        if matches!(self.disk, Disk::Stuck { again, .. } if now < again) {
            return Ok(());
        }
        self.complete(end, now)
            .inspect_err(|error| self.stick(error, now))
    }

    /// Does not wait any longer before the next try.
    pub(super) fn hurry(&mut self, now: Instant) {
        if let Disk::Stuck { again, .. } = &mut self.disk {
            *again = now;
        }
    }

    fn put(&mut self, block: &TapeBlock, why: &str, now: Instant) -> io::Result<()> {
        let reached = self.reached();
        let overlap = usize::try_from(reached.saturating_sub(block.position)).unwrap_or(usize::MAX);
        let samples = &block.samples[..block.length.min(TapeBlock::CAPACITY)];
        let Some(fresh) = samples.get(overlap..).filter(|fresh| !fresh.is_empty()) else {
            return Ok(());
        };
        if block.position > reached {
            self.leave_hole(reached, block.position, why, now)?;
        }
        self.fill(Stretch::Audio(fresh), now)?;
        self.excuse = None;
        Ok(())
    }

    fn leave_hole(&mut self, from: u64, to: u64, why: &str, now: Instant) -> io::Result<()> {
        if (to - from) * TapeAudio::NOTABLE_HOLES_PER_S >= u64::from(self.rate) {
            let why = self.excuse.clone().unwrap_or_else(|| why.to_owned());
            self.note(Gap { from, to, why });
        }
        self.fill(Stretch::Silence(to - from), now)
    }

    /// Adds a gap at the end; one that goes on grows, and one that this one covers disappears.
    fn note(&mut self, gap: Gap) {
        while self.gaps.last().is_some_and(|last| last.from >= gap.from) {
            self.gaps.pop();
        }
        let many = self.gaps.len() >= TapeAudio::MAX_GAPS;
        match self.gaps.last_mut() {
            Some(last) if many || (last.to >= gap.from && last.why == gap.why) => last.to = gap.to,
            Some(_) | None => self.gaps.push(gap),
        }
    }

    fn fill(&mut self, mut stretch: Stretch<'_>, now: Instant) -> io::Result<()> {
        let max_samples = (self.max_part_bytes / 4).max(u64::from(self.rate));
        while !stretch.is_empty() {
            let Disk::Writing { file, .. } = &mut self.disk else {
                return Ok(());
            };
            let room = max_samples.saturating_sub(file.samples());
            if room == 0 {
                self.finish_part(now)?;
                self.parts.push(self.reached());
                self.open(now)?;
                continue;
            }
            let (first, rest) = stretch.split_at(room);
            match first {
                Stretch::Audio(samples) => file.write(samples)?,
                Stretch::Silence(samples) => {
                    let longer = file.samples() + samples;
                    self.resize(longer, now)?;
                }
            }
            stretch = rest;
        }
        Ok(())
    }

    fn complete(&mut self, end: u64, now: Instant) -> io::Result<()> {
        if matches!(self.disk, Disk::Blank | Disk::Stuck { .. }) {
            self.open(now)?;
        }
        let reached = self.reached();
        if end > reached {
            self.leave_hole(reached, end, "no audio came from the media thread", now)?;
        }
        if end < reached {
            // What was said after the end is nobody's business.
            self.resize(end.saturating_sub(self.part_begins()), now)?;
        }
        self.finish_part(now)?;
        self.disk = Disk::Closed {
            reached: self.reached(),
        };
        self.excuse = None;
        Ok(())
    }

    /// Makes the current part so long, in samples: silence is added, or the end is cut off.
    fn resize(&mut self, samples: u64, now: Instant) -> io::Result<()> {
        if let Disk::Writing { file, flushed } = self.put_down(now) {
            self.disk = Disk::Writing {
                file: file.resized(samples)?,
                flushed,
            };
        }
        Ok(())
    }

    /// Gives the file its final name. Until the next is opened there is none.
    fn finish_part(&mut self, now: Instant) -> io::Result<()> {
        let finished = self.name.finished(self.parts.len() - 1);
        match self.put_down(now) {
            Disk::Writing { file, .. } => file.finish(&finished),
            Disk::Blank | Disk::Stuck { .. } | Disk::Closed { .. } => Ok(()),
        }
    }

    /// Takes the file out, and stays where one that could not be brought back would be.
    fn put_down(&mut self, now: Instant) -> Disk {
        let reached = self.reached();
        std::mem::replace(&mut self.disk, Disk::Stuck { again: now, reached })
    }

    /// Opens the file of the current part: the one that is there, or a new one.
    fn open(&mut self, now: Instant) -> io::Result<()> {
        self.name.make_folder()?;
        let path = self.name.unfinished(self.parts.len() - 1);
        let file = match TapeFile::reopen(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                TapeFile::create(&path, self.rate, self.name.mode())?
            }
            opened => opened?,
        };
        self.disk = Disk::Writing { file, flushed: now };
        Ok(())
    }

    fn stick(&mut self, error: &io::Error, now: Instant) {
        let reached = self.reached();
        self.excuse = Some(format!("the disk could not be written: {error}"));
        self.disk = Disk::Stuck {
            again: now + TapeAudio::FLUSH_EVERY,
            reached,
        };
    }

    fn part_begins(&self) -> u64 {
        self.parts.last().copied().unwrap_or(0)
    }
}

impl<'a> Stretch<'a> {
    fn is_empty(&self) -> bool {
        match self {
            Stretch::Audio(samples) => samples.is_empty(),
            Stretch::Silence(samples) => *samples == 0,
        }
    }

    fn split_at(self, samples: u64) -> (Stretch<'a>, Stretch<'a>) {
        match self {
            Stretch::Audio(all) => {
                let (first, rest) =
                    all.split_at(usize::try_from(samples).unwrap_or(usize::MAX).min(all.len()));
                (Stretch::Audio(first), Stretch::Audio(rest))
            }
            Stretch::Silence(all) => {
                let first = all.min(samples);
                (Stretch::Silence(first), Stretch::Silence(all - first))
            }
        }
    }
}
