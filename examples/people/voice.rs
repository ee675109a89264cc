//! One person's voice: says a tone in G.711 μ-law over RTP, and remembers what was heard, and when.

use crate::far_end::rtp_pair;
use anyhow::{Context, Result, anyhow};
use std::f64::consts::TAU;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const FRAME: usize = 160;
/// Samples per second.
pub(crate) const RATE: f64 = 8000.0;

/// A voice with its socket, in a thread of its own.
#[derive(Debug)]
pub(crate) struct Voice {
    /// Where it listens.
    pub(crate) here: SocketAddr,
    orders: Sender<SocketAddr>,
    thread: JoinHandle<Result<Vec<i16>>>,
}

impl Voice {
    /// A voice at this address, silent until it is told to whom to speak. It remembers on a timeline that begins
    /// then; while nothing comes it hears silence.
    pub(crate) fn open(address: IpAddr, hz: f64, begin: Instant) -> Result<Voice> {
        let [rtp, rtcp] = rtp_pair(address)?;
        let here = rtp.local_addr()?;
        let (orders, told) = channel();
        let thread = thread::spawn(move || {
            let heard = live(&rtp, hz, begin, &told);
            drop(rtcp);
            heard
        });
        Ok(Voice { here, orders, thread })
    }

    /// Begins to speak.
    pub(crate) fn speak_to(&self, listener: SocketAddr) {
        // A thread that has died says why when it is closed.
        let _told = self.orders.send(listener);
    }

    /// Falls silent. All that it has heard.
    pub(crate) fn close(self) -> Result<Vec<i16>> {
        drop(self.orders);
        self.thread.join().map_err(|_| anyhow!("a voice has died"))?
    }
}

fn live(socket: &UdpSocket, hz: f64, begin: Instant, told: &Receiver<SocketAddr>) -> Result<Vec<i16>> {
    let (mut heard, mut listener, mut sequence) = (Vec::new(), None, 0_u16);
    let mut due = Instant::now();
    loop {
        match told.try_recv() {
            Ok(address) => listener = Some(address),
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => return Ok(heard),
        }
        listen(socket, due, begin, &mut heard)?;
        due += Duration::from_millis(20);
        if let Some(listener) = listener {
            socket
                .send_to(&packet(sequence, hz), listener)
                .context("no way to the switch")?;
            sequence = sequence.wrapping_add(1);
        }
    }
}

/// Hears until then.
fn listen(socket: &UdpSocket, until: Instant, begin: Instant, heard: &mut Vec<i16>) -> Result<()> {
    let mut buffer = [0; 2048];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        socket.set_read_timeout(Some(left))?;
        if let Ok((length, _)) = socket.recv_from(&mut buffer) {
            let payload = buffer.get(12..length).unwrap_or_default();
            let is_voice = buffer[0] >> 6 == 2 && buffer[1] & 0x7F == 0;
            if is_voice {
                let now = (begin.elapsed().as_secs_f64() * RATE) as usize;
                // What is only late by a frame or three has not been silent.
                if now > heard.len() + 4 * FRAME {
                    heard.resize(now - FRAME, 0);
                }
                heard.extend(payload.iter().map(|&byte| decoded(byte)));
            }
        }
    }
}

fn packet(sequence: u16, hz: f64) -> [u8; 12 + FRAME] {
    let first = u32::from(sequence) * FRAME as u32;
    let mut packet = [0; 12 + FRAME];
    packet[0] = 0x80;
    packet[2..4].copy_from_slice(&sequence.to_be_bytes());
    packet[4..8].copy_from_slice(&first.to_be_bytes());
    packet[8..12].copy_from_slice(&(hz as u32).to_be_bytes());
    for (at, byte) in (first..).zip(&mut packet[12..]) {
        *byte = encoded((8000.0 * (TAU * hz * f64::from(at) / RATE).sin()) as i16);
    }
    packet
}

/// One G.711 μ-law byte as a sample.
fn decoded(byte: u8) -> i16 {
    let byte = !byte;
    let magnitude = ((((i16::from(byte) & 0x0F) << 3) + 0x84) << ((byte & 0x70) >> 4)) - 0x84;
    if byte & 0x80 == 0 { magnitude } else { -magnitude }
}

/// One sample as a G.711 μ-law byte.
fn encoded(sample: i16) -> u8 {
    let magnitude = sample.unsigned_abs().min(32_635) + 0x84;
    let exponent = 8 - magnitude.leading_zeros();
    let mantissa = (magnitude >> (exponent + 3)) & 0x0F;
    let sign = if sample < 0 { 0x80 } else { 0 };
    !(sign | (exponent << 4) as u8 | mantissa as u8)
}
