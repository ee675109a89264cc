//! One person's voice: says a tone in G.711 μ-law over RTP, and remembers what was heard.

use crate::far_end::rtp_pair;
use anyhow::{Context, Result, anyhow};
use std::f64::consts::TAU;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const FRAME: usize = 160;
const RATE: f64 = 8000.0;
/// Ears judge pieces of a tenth of a second.
const PIECE: usize = 800;
const AUDIBLE_DBFS: f64 = -40.0;

/// A voice with its socket, in a thread of its own.
#[derive(Debug)]
pub(crate) struct Voice {
    /// Where it listens.
    pub(crate) here: SocketAddr,
    orders: Sender<SocketAddr>,
    thread: JoinHandle<Result<Vec<i16>>>,
}

impl Voice {
    /// A voice at this address, silent until it is told to whom to speak.
    pub(crate) fn open(address: IpAddr, hz: f64) -> Result<Voice> {
        let [rtp, rtcp] = rtp_pair(address)?;
        let here = rtp.local_addr()?;
        let (orders, told) = channel();
        let thread = thread::spawn(move || {
            let heard = live(&rtp, hz, &told);
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

fn live(socket: &UdpSocket, hz: f64, told: &Receiver<SocketAddr>) -> Result<Vec<i16>> {
    let (mut heard, mut listener, mut sequence) = (Vec::new(), None, 0_u16);
    let mut due = Instant::now();
    loop {
        match told.try_recv() {
            Ok(address) => listener = Some(address),
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => return Ok(heard),
        }
        listen(socket, due, &mut heard)?;
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
fn listen(socket: &UdpSocket, until: Instant, heard: &mut Vec<i16>) -> Result<()> {
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
            heard.extend(payload.iter().filter(|_| is_voice).map(|&byte| decoded(byte)));
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

/// For how long this tone is heard.
pub(crate) fn seconds(samples: &[i16], hz: f64) -> f64 {
    let audible = samples
        .chunks_exact(PIECE)
        .filter(|piece| level(piece, hz) > AUDIBLE_DBFS);
    audible.count() as f64 * PIECE as f64 / RATE
}

/// How loud this tone is where it is loudest, in dB below full scale.
pub(crate) fn loudest(samples: &[i16], hz: f64) -> f64 {
    samples
        .chunks_exact(PIECE)
        .map(|piece| level(piece, hz))
        .fold(f64::NEG_INFINITY, f64::max)
}

/// Goertzel's filter over one piece, under a Hann window so that other tones do not leak into it.
fn level(piece: &[i16], hz: f64) -> f64 {
    let twice_cos = 2.0 * (TAU * hz / RATE).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for (at, &sample) in piece.iter().enumerate() {
        let window = 0.5 - 0.5 * (TAU * at as f64 / piece.len() as f64).cos();
        (last, before) = (f64::from(sample) * window + twice_cos * last - before, last);
    }
    let power: f64 = last * last + before * before - twice_cos * last * before;
    let amplitude = 4.0 * power.max(0.0).sqrt() / piece.len() as f64;
    20.0 * (amplitude.max(1e-3) / 32768.0).log10()
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
