//! The input and output of one media thread, all in this file: plain epoll for now.
//!
//! Nothing here knows RTP. Packets come out through a callback, so that a completion-based way
//! (io_uring) can stand in its place and be compared by bench.

use super::clock::Clock;
use super::ports::PortPair;
use crate::id::LegId;
use crate::time::Time;
use rustix::event::{EventfdFlags, epoll, eventfd};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

/// Which of the two sockets of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// The media.
    Rtp,
    /// Its control protocol.
    Rtcp,
}

/// One datagram that has arrived.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// At the port of this leg.
    pub leg: LegId,
    /// On this socket.
    pub lane: Lane,
    /// Where it came from.
    pub from: SocketAddr,
    /// Its bytes, free to be changed in place.
    pub packet: &'a mut [u8],
}

/// How long [`MediaIo::wait`] may wait for something to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Only look.
    None,
    /// Until this moment; for ever if there is none.
    Until(Option<Time>),
}

/// Why [`MediaIo::wait`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Woken {
    /// Somebody has rung the [`Doorbell`].
    pub rung: bool,
    /// Sockets that have packets, to be taken with [`MediaIo::receive`].
    pub sockets: usize,
}

/// Wakes the thread that waits in [`MediaIo::wait`].
#[derive(Clone, Debug)]
pub struct Doorbell(Arc<OwnedFd>);

impl Doorbell {
    /// Wakes it now, or ends its next wait at once.
    pub fn ring(&self) {
        // It can only fail if the counter is full, and then the bell is ringing already.
        let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }
}

/// The sockets of one thread, by leg.
#[derive(Debug, Default)]
pub struct Sockets {
    pairs: HashMap<LegId, Arc<PortPair>>,
}

impl Sockets {
    /// Sends one datagram from the socket of this leg. False if it could not be sent: the leg has no
    /// socket, or the kernel has no room or no way. A packet is never worth waiting for.
    pub fn send(&self, leg: LegId, lane: Lane, to: SocketAddr, packet: &[u8]) -> bool {
        self.socket(leg, lane)
            .is_some_and(|socket| socket.send_to(packet, to).is_ok())
    }

    fn socket(&self, leg: LegId, lane: Lane) -> Option<&UdpSocket> {
        self.pairs.get(&leg).map(|pair| match lane {
            Lane::Rtp => &pair.rtp,
            Lane::Rtcp => &pair.rtcp,
        })
    }
}

/// The input and output of one media thread.
#[derive(Debug)]
pub struct MediaIo {
    clock: Clock,
    epoll: OwnedFd,
    bell: Arc<OwnedFd>,
    alarm: OwnedFd,
    alarm_set: Option<Time>,
    sockets: Sockets,
    /// The tokens of the sockets that the last wait found ready.
    ready: Vec<u64>,
    packet: Box<[u8; MediaIo::MAX_PACKET_BYTES + 1]>,
}

impl MediaIo {
    /// No RTP packet that means well is longer; what is, is thrown away unread.
    pub const MAX_PACKET_BYTES: usize = 2048;
    /// Sockets served between two looks at the clock and at the doorbell.
    const MAX_READY_SOCKETS: usize = 256;
    const BELL: u64 = u64::MAX;
    const ALARM: u64 = u64::MAX - 1;

    /// Without sockets. Fails only if the system is out of files or memory.
    pub fn new(clock: Clock) -> rustix::io::Result<(MediaIo, Doorbell)> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let bell = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let alarm = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK,
        )?;
        epoll::add(
            &epoll,
            &bell,
            epoll::EventData::new_u64(MediaIo::BELL),
            epoll::EventFlags::IN,
        )?;
        epoll::add(
            &epoll,
            &alarm,
            epoll::EventData::new_u64(MediaIo::ALARM),
            epoll::EventFlags::IN,
        )?;
        let io = MediaIo {
            clock,
            epoll,
            bell: bell.clone(),
            alarm,
            alarm_set: None,
            sockets: Sockets::default(),
            ready: Vec::with_capacity(MediaIo::MAX_READY_SOCKETS),
            packet: Box::new([0; MediaIo::MAX_PACKET_BYTES + 1]),
        };
        Ok((io, Doorbell(bell)))
    }

    /// Listens on the sockets of this leg from now on. One that is listened to already stays as it is.
    pub fn open(&mut self, leg: LegId, pair: Arc<PortPair>) -> rustix::io::Result<()> {
        if self.sockets.pairs.contains_key(&leg) {
            return Ok(());
        }
        for (lane, socket) in [(Lane::Rtp, &pair.rtp), (Lane::Rtcp, &pair.rtcp)] {
            let data = epoll::EventData::new_u64(token(leg, lane));
            epoll::add(&self.epoll, socket, data, epoll::EventFlags::IN)?;
        }
        self.sockets.pairs.insert(leg, pair);
        Ok(())
    }

    /// Listens no more on the sockets of this leg, and closes them unless somebody else holds them.
    pub fn close(&mut self, leg: LegId) {
        if let Some(pair) = self.sockets.pairs.remove(&leg) {
            // They may never have been added, if `open` failed half-way.
            let _ = epoll::delete(&self.epoll, &pair.rtp);
            let _ = epoll::delete(&self.epoll, &pair.rtcp);
        }
    }

    /// The sockets, for sending.
    pub fn sockets(&self) -> &Sockets {
        &self.sockets
    }

    /// Waits until a packet, the bell or the end of patience comes, whichever is first.
    pub fn wait(&mut self, patience: Patience) -> rustix::io::Result<Woken> {
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let timeout = match patience {
            Patience::None => Some(&at_once),
            Patience::Until(moment) => self.set_alarm(moment)?.then_some(&at_once),
        };
        let mut room = [const { MaybeUninit::<epoll::Event>::uninit() }; MediaIo::MAX_READY_SOCKETS];
        let found = match epoll::wait(&self.epoll, &mut room[..], timeout) {
            Ok((found, _)) => found,
            Err(Errno::INTR) => &mut [],
            Err(error) => return Err(error),
        };
        Ok(self.sort_out(found))
    }

    /// Takes one packet from each socket that was found ready, and hands it to `take` together with
    /// the sockets to answer through.
    ///
    /// One and not all: that is fair to the others, and saves the read which only says that there is
    /// no more. What is left over makes the next wait end at once.
    pub fn receive(&mut self, mut take: impl FnMut(Arrival<'_>, &Sockets)) {
        for token in &self.ready {
            let (leg, lane) = leg_and_lane(*token);
            // A leg that was closed after its event was collected is not here any more.
            let Some(socket) = self.sockets.socket(leg, lane) else {
                continue;
            };
            let Ok((length, from)) = socket.recv_from(self.packet.as_mut_slice()) else {
                continue;
            };
            if length <= MediaIo::MAX_PACKET_BYTES {
                take(
                    Arrival {
                        leg,
                        lane,
                        from,
                        packet: &mut self.packet[..length],
                    },
                    &self.sockets,
                );
            }
        }
    }

    /// Keeps the sockets, and answers the bell and the alarm.
    fn sort_out(&mut self, found: &[epoll::Event]) -> Woken {
        let (mut rung, mut alarmed) = (false, false);
        self.ready.clear();
        for event in found {
            match event.data.u64() {
                MediaIo::BELL => rung = true,
                MediaIo::ALARM => alarmed = true,
                socket => self.ready.push(socket),
            }
        }
        // Reading resets them; there is nothing to learn from what is read.
        if rung {
            let _ = rustix::io::read(&self.bell, &mut [0_u8; 8]);
        }
        if alarmed {
            let _ = rustix::io::read(&self.alarm, &mut [0_u8; 8]);
            self.alarm_set = None;
        }
        Woken {
            rung,
            sockets: self.ready.len(),
        }
    }

    /// Sees to it that the alarm goes off at `moment` at the latest. True if that has passed already.
    /// An alarm that is set for earlier stays: waking once too often is cheaper than setting it.
    fn set_alarm(&mut self, moment: Option<Time>) -> rustix::io::Result<bool> {
        let Some(moment) = moment else { return Ok(false) };
        if self.alarm_set.is_some_and(|set| set <= moment) {
            return Ok(false);
        }
        let left = self.clock.until(moment);
        if left.is_zero() {
            return Ok(true);
        }
        let once = Itimerspec {
            it_interval: timespec(Duration::ZERO),
            it_value: timespec(left),
        };
        timerfd_settime(self.alarm.as_fd(), TimerfdTimerFlags::empty(), &once)?;
        self.alarm_set = Some(moment);
        Ok(false)
    }
}

fn timespec(span: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(span.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: span.subsec_nanos().into(),
    }
}

/// Legs are counted from zero, so that one bit can be spared for the lane.
fn token(leg: LegId, lane: Lane) -> u64 {
    leg.0 << 1 | matches!(lane, Lane::Rtcp) as u64
}

fn leg_and_lane(token: u64) -> (LegId, Lane) {
    (
        LegId(token >> 1),
        if token & 1 == 0 { Lane::Rtp } else { Lane::Rtcp },
    )
}
