//! What one media thread does: packets in, the engine, packets out. Nothing here waits for anybody.

use super::clock::Clock;
use super::media_io::{Arrival, Lane, MediaIo, Patience, Sockets};
use super::media_thread::MediaCounts;
use super::ports::PortPair;
use super::tape_thread::TapeSender;
use crate::id::{ConversationId, LegId};
use crate::media::engine::{Engine, Outlet, Sounds, TapeBlock, Traveller};
use crate::time::Time;
use crate::wiring::{MediaEvent, MediaHappening, Press, Wiring};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

/// What the driver wants from a media thread.
#[derive(Debug)]
pub(super) enum Command {
    /// Make this so, with these sockets, and without the sockets of these legs.
    Wire {
        conversation: ConversationId,
        wiring: Wiring,
        /// Legs that come from other threads.
        arrivals: Vec<Traveller>,
        open: Vec<(LegId, Arc<PortPair>)>,
        close: Vec<LegId>,
    },
    /// A key was pressed on this leg.
    Press(LegId, Press),
    /// A key of this leg that was held back is to be heard after all.
    LetPass(LegId, Press),
    /// This leg goes on in another thread, with its sockets, and with its streams if they are sent here.
    Release(LegId, SyncSender<Traveller>),
    /// These sounds are played from now on.
    Play(Sounds),
    /// End.
    Stop,
}

/// One media thread.
pub(super) struct Shard {
    clock: Clock,
    io: MediaIo,
    engine: Engine,
    commands: Receiver<Command>,
    outbox: Outbox,
    pace: Pace,
}

/// Everything that leaves the thread except packets.
struct Outbox {
    tapes: TapeSender,
    events: Sender<MediaEvent>,
    /// News that may not be lost and did not fit into the driver's queue: no more than legs.
    unsent: VecDeque<MediaEvent>,
    counts: Arc<MediaCounts>,
}

/// Whether to wake for every packet, or to let packets gather for a millisecond.
///
/// A wake-up costs several times what a packet costs, so above some load it pays to rest first and
/// then to move all that has come: half a millisecond of delay, for half of the processor's time.
struct Pace {
    window_began: Time,
    packets: usize,
    gathering: bool,
    woke: Time,
}

/// Where the engine's output goes, for the length of one call into it.
struct Out<'a> {
    sockets: &'a Sockets,
    outbox: &'a mut Outbox,
}

impl Shard {
    /// News that did not fit into the driver's queue are tried again so often.
    const RETRY_NEWS_EVERY: Duration = Duration::from_millis(10);

    pub(super) fn new(
        clock: Clock,
        io: MediaIo,
        engine: Engine,
        commands: Receiver<Command>,
        tapes: TapeSender,
        events: Sender<MediaEvent>,
        counts: Arc<MediaCounts>,
    ) -> Shard {
        let outbox = Outbox {
            tapes,
            events,
            unsent: VecDeque::new(),
            counts,
        };
        Shard {
            clock,
            io,
            engine,
            commands,
            outbox,
            pace: Pace::new(clock.now()),
        }
    }

    /// Works until it is told to stop.
    pub(super) fn run(mut self) {
        loop {
            match self.turn() {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::error!(%error, "a media thread cannot wait for packets (this is our fault): it ends");
                    return;
                }
            }
        }
    }

    /// One turn: wirings first, so that packets find their legs; then packets, then what is due.
    /// False if it was the last.
    fn turn(&mut self) -> rustix::io::Result<bool> {
        let patience = if self.pace.gathering {
            Patience::None
        } else {
            Patience::Until(self.deadline())
        };
        let woken = self.io.wait(patience)?;
        let now = self.clock.now();
        if woken.rung && !self.obey(now) {
            return Ok(false);
        }
        self.carry(now);
        if self.engine.deadline().is_some_and(|deadline| deadline <= now) {
            self.engine.tick(
                now,
                &mut Out {
                    sockets: self.io.sockets(),
                    outbox: &mut self.outbox,
                },
            );
        }
        self.outbox.retry();
        self.pace.count(now, woken.sockets);
        if self.pace.gathering && woken.sockets == 0 {
            self.rest();
        }
        Ok(true)
    }

    fn deadline(&self) -> Option<Time> {
        let news = (!self.outbox.unsent.is_empty()).then(|| self.clock.now() + Shard::RETRY_NEWS_EVERY);
        [self.engine.deadline(), news].into_iter().flatten().min()
    }

    /// Takes all commands that wait. False if one was to stop.
    fn obey(&mut self, now: Time) -> bool {
        while let Ok(command) = self.commands.try_recv() {
            match command {
                Command::Wire {
                    conversation,
                    wiring,
                    arrivals,
                    open,
                    close,
                } => {
                    for arrival in arrivals {
                        self.engine.admit(conversation, arrival);
                    }
                    for (leg, pair) in open {
                        self.open(conversation, leg, pair);
                    }
                    let mut out = Out {
                        sockets: self.io.sockets(),
                        outbox: &mut self.outbox,
                    };
                    self.engine.wire(now, conversation, &wiring, &mut out);
                    // Only now, for the engine may have had a last word (RTCP BYE).
                    close.into_iter().for_each(|leg| self.io.close(leg));
                }
                Command::Press(leg, press) => {
                    let mut out = Out {
                        sockets: self.io.sockets(),
                        outbox: &mut self.outbox,
                    };
                    self.engine.press(now, leg, press, &mut out);
                }
                Command::LetPass(leg, press) => self.engine.let_pass(now, leg, press),
                Command::Release(leg, to) => {
                    self.io.close(leg);
                    // There is room for one, and who does not wait any more does without.
                    let _ = self.engine.release(leg).map(|leg| to.try_send(leg));
                }
                Command::Play(sounds) => self.engine.play(sounds),
                Command::Stop => return false,
            }
        }
        true
    }

    fn open(&mut self, conversation: ConversationId, leg: LegId, pair: Arc<PortPair>) {
        if let Err(error) = self.io.open(leg, pair) {
            let why = format!("cannot listen on the RTP port: {error}");
            self.outbox.tell(MediaEvent {
                conversation,
                leg,
                what: MediaHappening::Refused { why },
            });
        }
    }

    fn carry(&mut self, now: Time) {
        let Shard {
            io, engine, outbox, ..
        } = self;
        io.receive(|arrival, sockets| {
            let Arrival {
                leg,
                lane,
                from,
                packet,
            } = arrival;
            let mut out = Out { sockets, outbox };
            match lane {
                Lane::Rtp => engine.rtp(now, leg, from, packet, &mut out),
                Lane::Rtcp => engine.rtcp(now, leg, from, packet, &mut out),
            }
        });
    }

    /// Lets packets gather, but is back when something is due.
    fn rest(&mut self) {
        let until_gathered = self.clock.until(self.pace.woke + Pace::GATHER_FOR);
        let until_due = self
            .deadline()
            .map_or(Duration::MAX, |deadline| self.clock.until(deadline));
        std::thread::sleep(until_gathered.min(until_due));
        self.pace.woke = self.clock.now();
    }
}

impl Outlet for Out<'_> {
    fn rtp(&mut self, leg: LegId, to: SocketAddr, packet: &[u8]) {
        self.send(leg, Lane::Rtp, to, packet);
    }

    fn rtcp(&mut self, leg: LegId, to: SocketAddr, packet: &[u8]) {
        self.send(leg, Lane::Rtcp, to, packet);
    }

    fn tape(&mut self, block: &TapeBlock) {
        self.outbox.tapes.leave(block);
    }

    fn event(&mut self, event: MediaEvent) {
        self.outbox.tell(event);
    }
}

impl Out<'_> {
    fn send(&mut self, leg: LegId, lane: Lane, to: SocketAddr, packet: &[u8]) {
        if !self.sockets.send(leg, lane, to, packet) {
            self.outbox.counts.unsent_packets.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Outbox {
    /// Tells the driver, now or on a later turn. What is only nice to know is not told later.
    fn tell(&mut self, event: MediaEvent) {
        match self.events.try_send(event) {
            Ok(()) | Err(TrySendError::Closed(_)) => {}
            Err(TrySendError::Full(event)) => match event.what {
                MediaHappening::FirstPacket { .. }
                | MediaHappening::Stranger { .. }
                | MediaHappening::Pressed(_)
                | MediaHappening::HeldBack(_) => {
                    self.counts.unheard_events.fetch_add(1, Ordering::Relaxed);
                }
                MediaHappening::Refused { .. }
                | MediaHappening::Silent
                | MediaHappening::Vacated { .. }
                | MediaHappening::Closed(_) => {
                    self.unsent.push_back(event);
                }
            },
        }
    }

    fn retry(&mut self) {
        for _ in 0..self.unsent.len() {
            if let Some(event) = self.unsent.pop_front() {
                self.tell(event);
            }
        }
    }
}

impl Pace {
    /// The load is measured over windows of this length.
    const WINDOW: Duration = Duration::from_millis(100);
    /// Above this load packets gather: from here on fewer wake-ups save more than they cost.
    const GATHER_ABOVE_PACKETS_PER_S: u128 = 2000;
    /// Below this load each packet is moved on when it comes.
    const RELAX_BELOW_PACKETS_PER_S: u128 = 1000;
    /// The longest that a packet waits for others.
    const GATHER_FOR: Duration = Duration::from_millis(1);

    fn new(now: Time) -> Pace {
        Pace {
            window_began: now,
            packets: 0,
            gathering: false,
            woke: now,
        }
    }

    fn count(&mut self, now: Time, packets: usize) {
        self.packets += packets;
        let window = now.since(self.window_began);
        if window < Pace::WINDOW {
            return;
        }
        let per_second = self.packets as u128 * 1_000_000 / window.as_micros();
        self.gathering = match self.gathering {
            true => per_second >= Pace::RELAX_BELOW_PACKETS_PER_S,
            false => per_second > Pace::GATHER_ABOVE_PACKETS_PER_S,
        };
        self.window_began = now;
        self.packets = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Time {
        Time::EPOCH + Duration::from_millis(ms)
    }

    /// The pace after so much load from one moment to another, one packet each `every_us`.
    fn load(pace: &mut Pace, from_ms: u64, to_ms: u64, every_us: u64) -> bool {
        for us in (from_ms * 1000..to_ms * 1000).step_by(every_us as usize) {
            pace.count(Time::from_micros(us), 1);
        }
        pace.gathering
    }

    #[test]
    fn packets_gather_only_under_load() {
        let mut pace = Pace::new(at(0));
        assert!(!load(&mut pace, 0, 500, 700), "1400 packets a second go at once");
        assert!(load(&mut pace, 500, 1000, 400), "2500 gather");
        assert!(load(&mut pace, 1000, 1500, 700), "1400 go on gathering");
        assert!(!load(&mut pace, 1500, 2000, 1500), "600 go at once again");
    }

    #[test]
    fn after_a_silence_one_packet_is_no_load() {
        let mut pace = Pace::new(at(0));
        assert!(load(&mut pace, 0, 500, 100));
        pace.count(at(60_000), 1);
        assert!(!pace.gathering);
    }
}
