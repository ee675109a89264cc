//! One shard of the media plane: the ports of its conversations, and what passes between them.

use crate::id::{ConversationId, LegId, TapeId};
use crate::time::Time;
use crate::wiring::{MediaEvent, Wiring};
use std::net::SocketAddr;

/// Where the engine's output goes. Implementations must neither block nor allocate per packet.
pub trait Outlet {
    /// Send this RTP packet from the port of `leg`.
    fn rtp(&mut self, leg: LegId, to: SocketAddr, packet: &[u8]);
    /// Send this RTCP packet from the port of `leg`.
    fn rtcp(&mut self, leg: LegId, to: SocketAddr, packet: &[u8]);
    /// Write these samples to a tape.
    fn tape(&mut self, block: &TapeBlock);
    /// Tell call control.
    fn event(&mut self, event: MediaEvent);
}

/// Some consecutive samples of one tape, both channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapeBlock {
    /// Which tape.
    pub tape: TapeId,
    /// Samples per second and channel.
    pub rate: u32,
    /// Where the first sample stands on the timeline, in samples since its start.
    pub position: u64,
    /// How many of `samples` are meant.
    pub length: usize,
    /// Left and right.
    pub samples: [[i16; 2]; TapeBlock::CAPACITY],
}

impl TapeBlock {
    /// Samples per channel that one block can hold: 100 ms at 8 kHz.
    pub const CAPACITY: usize = 800;
}

/// The sounds that we make ourselves, at 8 kHz, played round and round.
#[derive(Clone, Debug)]
pub struct Sounds {
    /// Hold music.
    pub music: std::sync::Arc<[i16]>,
}

/// One shard of the media plane.
#[derive(Debug)]
pub struct Engine {}

impl Engine {
    /// An engine without conversations.
    pub fn new(sounds: Sounds) -> Engine {
        todo!()
    }
    /// Makes it so: legs new in the table get a port, legs gone from it lose theirs (and are reported
    /// with [`crate::wiring::MediaHappening::Closed`]). The same table again changes nothing.
    pub fn wire(&mut self, now: Time, id: ConversationId, wiring: &Wiring, out: &mut dyn Outlet) {
        todo!()
    }
    /// An RTP packet has arrived at the port of `leg`.
    pub fn rtp(&mut self, now: Time, leg: LegId, from: SocketAddr, packet: &mut [u8], out: &mut dyn Outlet) {
        todo!()
    }
    /// An RTCP packet has arrived at the port of `leg`.
    pub fn rtcp(&mut self, now: Time, leg: LegId, from: SocketAddr, packet: &[u8], out: &mut dyn Outlet) {
        todo!()
    }
    /// When [`Engine::tick`] wants to be called next; none while there is nothing to do.
    pub fn deadline(&self) -> Option<Time> {
        todo!()
    }
    /// Time has come: tones, mixes, tapes, RTCP reports.
    pub fn tick(&mut self, now: Time, out: &mut dyn Outlet) {
        todo!()
    }
}
