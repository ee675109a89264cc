//! One thread owns all the files of all the tapes, so that a slow disk slows nobody else.

use super::tape::{Tape, Tended};
use super::tape_repair::{repair_all, unfinished};
use crate::call::recording::TapeStory;
use crate::id::TapeId;
use crate::media::engine::TapeBlock;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

/// How much the tape thread takes upon itself.
#[derive(Clone, Debug)]
pub struct TapeLimits {
    /// Blocks that may wait for the disk; more are thrown away and become gaps. One takes 3.2 kB.
    pub max_waiting_blocks: usize,
    /// Bytes of audio in one file; then a second part begins. WAV cannot hold more than 4 GiB.
    pub max_part_bytes: u64,
    /// How long a tape that has ended waits for its last block.
    pub last_block_grace: Duration,
    /// Tapes at one time, also those that wait for the disk; a call above that is not recorded.
    pub max_tapes: usize,
    /// The permissions of the files.
    pub mode: u32,
}

impl TapeLimits {
    /// Limits for so many calls at one time: room for two seconds in which the disk does nothing.
    pub fn for_calls(max_calls: usize) -> TapeLimits {
        const BLOCKS_PER_CALL: usize = 20;
        TapeLimits {
            max_waiting_blocks: max_calls.saturating_mul(BLOCKS_PER_CALL).clamp(256, 16_384),
            max_part_bytes: 0xFFF0_0000,
            last_block_grace: Duration::from_secs(1),
            max_tapes: max_calls.saturating_mul(4).max(64),
            mode: 0o640,
        }
    }
}

/// The thread that writes the tapes, seen by the driver.
#[derive(Debug)]
pub struct TapeThread {
    letters: Arc<Letterbox>,
    sender: TapeSender,
    thread: JoinHandle<()>,
    done: Receiver<()>,
}

/// Where a media thread leaves its blocks.
#[derive(Clone, Debug)]
pub struct TapeSender {
    blocks: SyncSender<TapeBlock>,
    dropped: Arc<AtomicU64>,
}

impl TapeSender {
    /// Leaves a block for the tape thread. If the disk is so slow that the queue is full, the block is
    /// thrown away, and shows as a gap on its tape.
    pub fn leave(&self, block: &TapeBlock) {
        if self.blocks.try_send(block.clone()).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl TapeThread {
    /// The last writes of a switch that stops may take so long; then it stops without them.
    const MAX_FINISH: Duration = Duration::from_secs(10);

    /// Starts the thread. It also repairs what a crash has left in `directory`.
    pub fn start(directory: PathBuf, limits: TapeLimits) -> io::Result<TapeThread> {
        let (blocks, queue) = sync_channel(limits.max_waiting_blocks);
        let sender = TapeSender {
            blocks,
            dropped: Arc::default(),
        };
        let letters = Arc::<Letterbox>::default();
        let (done_tx, done) = sync_channel(1);
        let desk = TapeDesk {
            directory,
            letters: letters.clone(),
            queue,
            dropped: sender.dropped.clone(),
            tapes: BTreeMap::new(),
            early: VecDeque::new(),
            newest: None,
            limits,
        };
        let thread = std::thread::Builder::new()
            .name("tape".to_owned())
            .spawn(move || {
                desk.run();
                // Nobody listens any more if the switch has lost patience.
                let _ = done_tx.send(());
            })?;
        Ok(TapeThread {
            letters,
            sender,
            thread,
            done,
        })
    }

    /// A way to leave blocks, for one media thread.
    pub fn sender(&self) -> TapeSender {
        self.sender.clone()
    }

    /// Keeps this story beside its tape. The first of a tape names the files; one that has ended
    /// finishes them, as soon as the last block is there. Never waits for the disk.
    pub fn keep(&self, story: TapeStory) {
        let mut letters = self.letters.open();
        letters.stories.insert(story.tape, story);
    }

    /// Writes what has been left until now, finishes all tapes and ends the thread. To be called when
    /// the media threads have ended. If the disk does nothing for ten seconds, we go without.
    pub fn finish(self) {
        self.letters.open().finish = true;
        let thread: &Thread = self.thread.thread();
        thread.unpark();
        match self.done.recv_timeout(TapeThread::MAX_FINISH) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => {
                tracing::error!("the disk does not take the last of the recordings: we stop without it");
                return;
            }
            Err(RecvTimeoutError::Disconnected) => {
                tracing::error!(
                    "the tape thread has died (this is our fault): the last recordings are incomplete"
                );
            }
        }
        // It has said its last word; a panic was told above.
        let _ = self.thread.join();
    }
}

/// What the driver has for the tape thread. A newer story replaces an older one that has not been
/// fetched yet, so a disk that does nothing costs one story per tape, and nobody waits.
#[derive(Debug, Default)]
struct Letterbox(Mutex<Letters>);

#[derive(Debug, Default)]
struct Letters {
    stories: BTreeMap<TapeId, TapeStory>,
    finish: bool,
}

impl Letterbox {
    /// Holds it for a moment only. It is whole even if somebody died while holding it.
    fn open(&self) -> MutexGuard<'_, Letters> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the thread itself has on its desk.
struct TapeDesk {
    directory: PathBuf,
    letters: Arc<Letterbox>,
    queue: Receiver<TapeBlock>,
    dropped: Arc<AtomicU64>,
    tapes: BTreeMap<TapeId, Tape>,
    /// Blocks that came before the first story of their tape.
    early: VecDeque<(Instant, TapeBlock)>,
    /// The newest tape that has been begun. The switch counts them, so what is not newer and not here
    /// is finished.
    newest: Option<TapeId>,
    limits: TapeLimits,
}

impl TapeDesk {
    /// The desk is looked at so often. Waking it for every block would cost the media threads more.
    const LOOK_EVERY: Duration = Duration::from_millis(100);
    /// So long, and so many, blocks wait for the first story of their tape.
    const MAX_EARLY: Duration = Duration::from_secs(2);
    const MAX_EARLY_BLOCKS: usize = 1024;

    /// What a crash has left is repaired beside the work of the day, for it may be much; it is looked for before,
    /// so that no tape of today is taken for one of them.
    fn run(mut self) {
        let left = unfinished(&self.directory);
        std::thread::scope(|scope| {
            scope.spawn(|| repair_all(&left));
            while !self.look() {
                std::thread::park_timeout(TapeDesk::LOOK_EVERY);
            }
        });
    }

    /// One look at everything. True if it was the last.
    fn look(&mut self) -> bool {
        let Letters { stories, finish } = {
            let mut letters = self.letters.open();
            Letters {
                stories: std::mem::take(&mut letters.stories),
                finish: letters.finish,
            }
        };
        for story in stories.into_values() {
            self.keep(story);
        }
        for _ in 0..self.limits.max_waiting_blocks {
            let Ok(block) = self.queue.try_recv() else { break };
            self.block(block);
        }
        let now = Instant::now();
        self.early.retain(|(came, _)| now < *came + TapeDesk::MAX_EARLY);
        self.tapes.retain(|_, tape| tape.tend(now) == Tended::Open);
        if finish {
            self.tapes.values_mut().for_each(|tape| tape.finish(now));
        }
        finish
    }

    fn keep(&mut self, story: TapeStory) {
        let now = Instant::now();
        if let Some(tape) = self.tapes.get_mut(&story.tape) {
            tape.tell(story, &self.limits, now);
        } else if self.tapes.len() < self.limits.max_tapes {
            self.begin(story, now);
        } else {
            tracing::error!(tape = %story.tape, "too many recordings wait for the disk: this call is not recorded");
        }
    }

    fn begin(&mut self, story: TapeStory, now: Instant) {
        let id = story.tape;
        let dropped = self.dropped.load(Ordering::Relaxed);
        let tape = Tape::new(&self.directory, story, dropped, &self.limits, now);
        self.newest = self.newest.max(Some(id));
        self.tapes.insert(id, tape);
        for (came, block) in std::mem::take(&mut self.early) {
            match block.tape == id {
                true => self.block(block),
                false => self.early.push_back((came, block)),
            }
        }
    }

    fn block(&mut self, block: TapeBlock) {
        let now = Instant::now();
        match self.tapes.get_mut(&block.tape) {
            Some(tape) => tape.block(&block, self.dropped.load(Ordering::Relaxed), now),
            // Late for a tape that is finished, or for one that is not recorded.
            None if Some(block.tape) <= self.newest => {}
            None if self.early.len() >= TapeDesk::MAX_EARLY_BLOCKS => {}
            None => self.early.push_back((now, block)),
        }
    }
}
