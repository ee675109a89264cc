//! RTP from many far ends at an even pace, counted and timed at both ends.
//!
//! Every packet carries its sender, its number and the moment at which it was sent. Packets of different
//! calls are spread evenly over the 20 ms; the sender wakes once a millisecond, says how late it was, and
//! a delay counts from the sending itself, so that its own lateness does not count as the switch's.

use crate::percentiles::Percentiles;
use crate::plan::{CARRIER, PHONE};
use anyhow::{Context, Result, ensure};
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long the generator proves itself.
pub(crate) const PROOF: Duration = Duration::from_secs(3);

const FRAME: Duration = Duration::from_millis(20);
const WAKE: Duration = Duration::from_millis(1);
/// What is still on its way when the last packet was sent.
const DRAIN: Duration = Duration::from_millis(500);
const PACKET_BYTES: usize = 172;
const OURS: [u8; 4] = *b"load";

/// One far end's RTP socket, and where it sends.
#[derive(Debug)]
pub(crate) struct End {
    /// Bound, not connected.
    pub(crate) socket: UdpSocket,
    /// The other side's RTP address.
    pub(crate) to: SocketAddr,
}

/// What went one way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Side {
    /// Packets sent at one end.
    pub(crate) sent: u64,
    /// Different ones of them received at the other.
    pub(crate) received: u64,
    /// Packets that came once more.
    pub(crate) doubled: u64,
    /// Packets that nobody of ours has sent.
    pub(crate) strange: u64,
}

/// What was measured.
#[derive(Clone, Debug)]
pub(crate) struct Talk {
    /// From the customers to the agents, and back.
    pub(crate) sides: [Side; 2],
    /// From sending to receiving.
    pub(crate) delay: Percentiles,
    /// From the moment a packet was due to its sending.
    pub(crate) late: Percentiles,
}

impl Talk {
    /// Packets that never arrived.
    pub(crate) fn lost(&self) -> u64 {
        self.sides.iter().map(|side| side.sent - side.received).sum()
    }

    /// Packets that came more than once.
    pub(crate) fn doubled(&self) -> u64 {
        self.sides.iter().map(|side| side.doubled).sum()
    }

    /// Packets that nobody of ours has sent.
    pub(crate) fn strange(&self) -> u64 {
        self.sides.iter().map(|side| side.strange).sum()
    }
}

/// The same load without a switch in between: each customer sends straight to its agent.
pub(crate) fn prove(calls: u32) -> Result<Talk> {
    let (mut customers, mut agents) = (Vec::new(), Vec::new());
    for _ in 0..calls {
        let (one, other) = (UdpSocket::bind((CARRIER, 0))?, UdpSocket::bind((PHONE, 0))?);
        let (here, there) = (one.local_addr()?, other.local_addr()?);
        customers.push(End {
            socket: one,
            to: there,
        });
        agents.push(End {
            socket: other,
            to: here,
        });
    }
    talk(&customers, &agents, PROOF)
}

/// Everybody talks for so long.
pub(crate) fn talk(customers: &[End], agents: &[End], length: Duration) -> Result<Talk> {
    let frames = u32::try_from(length.as_millis() / FRAME.as_millis())?;
    let ends: Vec<&End> = customers.iter().chain(agents).collect();
    for end in &ends {
        end.socket.set_nonblocking(true)?;
        // The ringing tone of the set-up still lies there, and is not what we measure.
        while end.socket.recv(&mut [0; 2048]).is_ok() {}
    }
    let (epoch, done) = (Instant::now(), AtomicBool::new(false));
    thread::scope(|scope| {
        let at_agents = scope.spawn(|| Ear::new(agents, ends.len(), frames, epoch).listen(&done));
        let at_customers = scope.spawn(|| Ear::new(customers, ends.len(), frames, epoch).listen(&done));
        let spoken = speak(&ends, frames, epoch);
        thread::sleep(DRAIN);
        done.store(true, Ordering::Relaxed);
        let (mut there, mut delay) = at_agents.join().ok().context("an ear has died")??;
        let (mut back, more) = at_customers.join().ok().context("an ear has died")??;
        let late = spoken?;
        delay.add(&more);
        there.sent = u64::from(frames) * customers.len() as u64;
        back.sent = u64::from(frames) * agents.len() as u64;
        Ok(Talk {
            sides: [there, back],
            delay,
            late,
        })
    })
}

/// Hears what arrives at the ends of one side.
struct Ear<'a> {
    ends: &'a [End],
    epoch: Instant,
    frames: u32,
    /// By sender and number, whether it has come.
    come: Vec<bool>,
    side: Side,
    delay: Percentiles,
}

impl<'a> Ear<'a> {
    fn new(ends: &'a [End], senders: usize, frames: u32, epoch: Instant) -> Ear<'a> {
        let come = vec![false; senders * frames as usize];
        Ear {
            ends,
            epoch,
            frames,
            come,
            side: Side::default(),
            delay: Percentiles::new(),
        }
    }

    fn listen(mut self, done: &AtomicBool) -> Result<(Side, Percentiles)> {
        let ready = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        for (index, end) in (0..).zip(self.ends) {
            epoll::add(
                &ready,
                &end.socket,
                epoll::EventData::new_u64(index),
                epoll::EventFlags::IN,
            )?;
        }
        let mut events = Vec::with_capacity(256);
        let patience = Timespec {
            tv_sec: 0,
            tv_nsec: 100_000_000,
        };
        while !done.load(Ordering::Relaxed) {
            events.clear();
            epoll::wait(&ready, spare_capacity(&mut events), Some(&patience))?;
            for event in &events {
                self.hear(event.data.u64() as usize);
            }
        }
        Ok((self.side, self.delay))
    }

    fn hear(&mut self, at: usize) {
        let mut buffer = [0; 2048];
        if let Ok(length) = self.ends[at].socket.recv(&mut buffer) {
            let now = self.epoch.elapsed();
            self.note(now, &buffer[..length]);
        }
    }

    fn note(&mut self, now: Duration, packet: &[u8]) {
        let Some((sender, frame, sent)) = read(packet) else {
            self.side.strange += 1;
            return;
        };
        let slot = sender as usize * self.frames as usize + frame as usize;
        match self.come.get_mut(slot) {
            Some(come) if !*come => {
                *come = true;
                self.side.received += 1;
                self.delay.count(now.saturating_sub(sent));
            }
            Some(_) => self.side.doubled += 1,
            None => self.side.strange += 1,
        }
    }
}

/// Sends `frames` packets from each end, one every 20 ms. What the kernel refuses is lost, and shows.
fn speak(ends: &[&End], frames: u32, epoch: Instant) -> Result<Percentiles> {
    let mut late = Percentiles::new();
    let start = Instant::now() + FRAME;
    for frame in 0..frames {
        for (index, end) in (0_u32..).zip(ends) {
            let due = start + FRAME * frame + FRAME * index / ends.len() as u32;
            let mut now = Instant::now();
            if now < due {
                thread::sleep(due - now + WAKE);
                now = Instant::now();
            }
            late.count(now.saturating_duration_since(due));
            let packet = packet(index, frame, now - epoch);
            if let Err(error) = end.socket.send_to(&packet, end.to) {
                let bearable = matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::ConnectionRefused
                );
                ensure!(bearable, "{error}");
            }
        }
    }
    Ok(late)
}

fn packet(index: u32, frame: u32, sent: Duration) -> [u8; PACKET_BYTES] {
    let mut packet = [0xFF; PACKET_BYTES];
    packet[..2].copy_from_slice(&[0x80, 0]);
    packet[2..4].copy_from_slice(&(frame as u16).to_be_bytes());
    packet[4..8].copy_from_slice(&(frame * 160).to_be_bytes());
    packet[8..12].copy_from_slice(&(0x1000_0000 + index).to_be_bytes());
    packet[12..16].copy_from_slice(&OURS);
    packet[16..20].copy_from_slice(&index.to_be_bytes());
    packet[20..24].copy_from_slice(&frame.to_be_bytes());
    packet[24..32].copy_from_slice(&(sent.as_nanos() as u64).to_be_bytes());
    packet
}

/// Sender, number and moment of one of our packets.
fn read(packet: &[u8]) -> Option<(u32, u32, Duration)> {
    let ours = packet.len() == PACKET_BYTES && packet[12..16] == OURS;
    let word = |at: usize| packet.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    let nanos = u64::from_be_bytes(packet.get(24..32)?.try_into().ok()?);
    if ours {
        Some((word(16)?, word(20)?, Duration::from_nanos(nanos)))
    } else {
        None
    }
}
