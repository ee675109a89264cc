//! The media threads as the driver sees them: it hands them wirings, and they hand it news.

use super::clock::Clock;
use super::media_io::{Doorbell, MediaIo};
use super::media_shard::{Command, Shard};
use super::ports::{PortBook, PortChange};
use super::tape_thread::TapeSender;
use crate::id::{ConversationId, LegId};
use crate::media::engine::{Engine, Sounds, Traveller};
use crate::wiring::{MediaEvent, MediaHappening, Press, Wiring};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::mpsc;

/// All media threads. Each conversation belongs to one of them, for as long as it lasts.
#[derive(Debug)]
pub struct Media {
    book: PortBook,
    shards: Vec<ShardHandle>,
    counts: Arc<MediaCounts>,
}

/// What went wrong without disturbing anybody, counted over all media threads.
#[derive(Debug, Default)]
pub struct MediaCounts {
    /// Packets that could not be sent: no room in the kernel, no route, no socket.
    pub unsent_packets: AtomicU64,
    /// News that were dropped because the driver did not keep up.
    pub unheard_events: AtomicU64,
}

/// Gives the media threads what they play.
#[derive(Clone, Debug)]
pub struct Player(Vec<(SyncSender<Command>, Doorbell)>);

impl Player {
    /// Plays these sounds from now on.
    pub fn play(&self, sounds: &Sounds) {
        for (commands, doorbell) in &self.0 {
            // A thread that has gone plays nothing any more.
            let _sent = commands.send(Command::Play(sounds.clone()));
            doorbell.ring();
        }
    }
}

#[derive(Debug)]
struct ShardHandle {
    commands: SyncSender<Command>,
    doorbell: Doorbell,
    thread: Option<JoinHandle<()>>,
}

impl Media {
    /// Wirings that may wait for one thread. When so many do, [`Media::wire`] waits: a wiring is never
    /// lost. A thread takes all of them at least once per millisecond, so the wait is a short one.
    const MAX_WAITING_COMMANDS: usize = 1024;

    /// Starts so many threads (at least one), without conversations. Their news go to `events`, their
    /// tapes to `tapes`.
    pub fn start(
        threads: usize,
        clock: Clock,
        sounds: Sounds,
        tapes: TapeSender,
        events: mpsc::Sender<MediaEvent>,
    ) -> io::Result<Media> {
        let counts = Arc::<MediaCounts>::default();
        let start = |number: usize| {
            let (io, doorbell) = MediaIo::new(clock)?;
            let (commands, queue) = sync_channel(Media::MAX_WAITING_COMMANDS);
            let engine = Engine::new(sounds.clone());
            let shard = Shard::new(
                clock,
                io,
                engine,
                queue,
                tapes.clone(),
                events.clone(),
                counts.clone(),
            );
            let thread = std::thread::Builder::new()
                .name(format!("media-{number}"))
                .spawn(move || shard.run())?;
            Ok(ShardHandle {
                commands,
                doorbell,
                thread: Some(thread),
            })
        };
        let shards = (0..threads.max(1)).map(start).collect::<io::Result<_>>()?;
        Ok(Media {
            book: PortBook::default(),
            shards,
            counts,
        })
    }

    /// Makes it so. When this returns every leg of the wiring has its sockets, so that a session
    /// description sent after it points to ports that exist; a leg that could not get any is in the
    /// answer ([`MediaHappening::Refused`]), and the wiring goes on without them.
    pub fn wire(&mut self, conversation: ConversationId, wiring: Wiring) -> Vec<MediaEvent> {
        let legs: Vec<_> = wiring.rows.iter().map(|row| row.leg).collect();
        let PortChange {
            open,
            moved,
            close,
            refused,
        } = self.book.follow(conversation, &wiring);
        let shard = self.shard(conversation);
        let mut arrivals = vec![];
        for (before, leg) in moved {
            // Two threads must not read from one socket: each would get some of the packets.
            let old = self.shard(before);
            if !std::ptr::eq(old, shard) {
                arrivals.extend(old.release(leg));
            }
        }
        if shard.order(Command::Wire {
            conversation,
            wiring,
            arrivals,
            open,
            close,
        }) {
            return refused;
        }
        let why = "the media thread has died (this is our fault)";
        let refusal = |leg| MediaEvent {
            conversation,
            leg,
            what: MediaHappening::Refused { why: why.to_owned() },
        };
        legs.into_iter().map(refusal).collect()
    }

    /// A key was pressed on this leg, which has said so by other means than RTP.
    pub fn press(&mut self, conversation: ConversationId, leg: LegId, press: Press) {
        self.shard(conversation).order(Command::Press(leg, press));
    }

    /// A key of this leg that was held back is to be heard after all.
    pub fn let_pass(&mut self, conversation: ConversationId, leg: LegId, press: Press) {
        self.shard(conversation).order(Command::LetPass(leg, press));
    }

    /// A way to change what is played, for whoever finds it.
    pub fn player(&self) -> Player {
        let shards = self.shards.iter();
        Player(
            shards
                .map(|shard| (shard.commands.clone(), shard.doorbell.clone()))
                .collect(),
        )
    }

    /// What went wrong so far without disturbing anybody.
    pub fn counts(&self) -> &MediaCounts {
        &self.counts
    }

    /// Ends every conversation, so that the tapes get their last blocks, and waits for the threads.
    pub fn stop(&mut self) {
        for conversation in self.book.conversations() {
            self.wire(conversation, Wiring::default());
        }
        for shard in &mut self.shards {
            shard.order(Command::Stop);
            if shard.thread.take().is_some_and(|thread| thread.join().is_err()) {
                tracing::error!("a media thread has died (this is our fault)");
            }
        }
        let unsent_packets = self.counts.unsent_packets.load(Ordering::Relaxed);
        let unheard_events = self.counts.unheard_events.load(Ordering::Relaxed);
        if unsent_packets + unheard_events > 0 {
            tracing::info!(unsent_packets, unheard_events, "the media threads have ended");
        }
    }

    fn shard(&self, conversation: ConversationId) -> &ShardHandle {
        &self.shards[(conversation.0 % self.shards.len() as u64) as usize]
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        if self.shards.iter().any(|shard| shard.thread.is_some()) {
            self.stop();
        }
    }
}

impl ShardHandle {
    /// How long a thread may take to let a leg go. It looks for commands at least once per millisecond.
    const RELEASE_WITHIN: Duration = Duration::from_millis(100);

    /// Takes a leg out of this thread, and waits for it: a merged call is seldom, and its listeners shall not
    /// notice that it changes hands. What arrives meanwhile waits in the leg's sockets.
    fn release(&self, leg: LegId) -> Option<Traveller> {
        let (here, released) = sync_channel(1);
        self.order(Command::Release(leg, here));
        let traveller = released.recv_timeout(ShardHandle::RELEASE_WITHIN).ok();
        if traveller.is_none() {
            tracing::warn!("{leg} changes media threads without its streams (this is our fault)");
        }
        traveller
    }

    /// Hands a command to the thread. False if there is no thread any more.
    fn order(&self, command: Command) -> bool {
        let sent = self.commands.send(command).is_ok();
        self.doorbell.ring();
        sent
    }
}
