//! A call centre's floor full of calls, whose packets arrive one after the other.
#![allow(dead_code, reason = "each bench uses its part of it")]

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::Duration;
use tandem::id::{ConversationId, LegId, TapeId};
use tandem::media::engine::{Engine, Outlet, Sounds, TapeBlock};
use tandem::time::Time;
use tandem::wiring::{Codec, MediaEvent, Port, Rate, Remote, Row, TapeRow, Voice, Wiring};

const PACKET_BYTES: usize = 172;

/// Calls of two legs each: 1 and 2, 3 and 4, and so on.
pub(crate) struct Floor {
    engine: Engine,
    now: Time,
    legs: u64,
    /// The leg that speaks next, and how many rounds all of them have spoken.
    next: u64,
    round: u32,
    /// The payload types in which they speak, in turn.
    payload_types: Vec<u8>,
    buffer: [u8; PACKET_BYTES],
}

/// An outlet that only looks.
pub(crate) struct Nowhere;

impl Floor {
    pub(crate) fn new(calls: u64, first: Codec, second: Codec, recorded: bool) -> Floor {
        let mut floor = Floor::empty(2 * calls);
        for call in 1..=calls {
            let (one, other) = (LegId(2 * call - 1), LegId(2 * call));
            let rows = vec![
                row(one, first, Voice::Leg(other)),
                row(other, second, Voice::Leg(one)),
            ];
            let (tape, started) = (TapeId(call), floor.now);
            let tape = recorded.then(|| TapeRow {
                tape,
                started,
                rate: Rate::Narrow,
                left: vec![one],
                right: vec![other],
            });
            floor.engine.wire(
                floor.now,
                ConversationId(call),
                &Wiring {
                    rows,
                    tape,
                    aside: None,
                },
                &mut Nowhere,
            );
        }
        floor
    }

    pub(crate) fn on_hold(legs: u64) -> Floor {
        let mut floor = Floor::empty(legs);
        for leg in 1..=legs {
            let rows = vec![row(LegId(leg), Codec::Pcma, Voice::Music)];
            floor.engine.wire(
                floor.now,
                ConversationId(leg),
                &Wiring {
                    rows,
                    tape: None,
                    aside: None,
                },
                &mut Nowhere,
            );
        }
        floor
    }

    /// Conversations in which as many hear each other as there are codecs here, each in its own.
    pub(crate) fn together(conversations: u64, codecs: &[Codec]) -> Floor {
        let parties = codecs.len() as u64;
        let mut floor = Floor::empty(conversations * parties);
        floor.payload_types = codecs.iter().map(|codec| payload_type(*codec)).collect();
        for n in 0..conversations {
            let legs = || (1..=parties).map(|party| LegId(n * parties + party));
            let rows = legs().map(|leg| {
                let codec = codecs[((leg.0 - 1) % parties) as usize];
                let others = legs().filter(|other| *other != leg).map(Voice::Leg);
                Row {
                    hears: others.collect(),
                    ..row(leg, codec, Voice::Music)
                }
            });
            let wiring = Wiring {
                rows: rows.collect(),
                tape: None,
                aside: None,
            };
            floor
                .engine
                .wire(floor.now, ConversationId(n + 1), &wiring, &mut Nowhere);
        }
        floor
    }

    /// Everybody speaks for 20 ms, and everybody hears the others.
    pub(crate) fn round(&mut self, out: &mut Nowhere) {
        for leg in 1..=self.legs {
            self.speak(LegId(leg), out);
        }
        self.round = self.round.wrapping_add(1);
        self.now = self.now + Duration::from_millis(20);
        self.tick_if_due(out);
    }

    /// The first leg of the next call speaks; once round, 20 ms have passed.
    pub(crate) fn next_packet(&mut self, out: &mut Nowhere) {
        self.speak(LegId(2 * self.next + 1), out);
        self.next += 1;
        if 2 * self.next == self.legs {
            (self.next, self.round) = (0, self.round.wrapping_add(1));
            self.now = self.now + Duration::from_millis(20);
        }
    }

    pub(crate) fn tick(&mut self, out: &mut Nowhere) {
        self.engine.tick(self.now, out);
    }

    pub(crate) fn tick_if_due(&mut self, out: &mut Nowhere) {
        if self.engine.deadline().is_some_and(|due| due <= self.now) {
            self.tick(out);
        }
    }

    fn speak(&mut self, leg: LegId, out: &mut Nowhere) {
        self.buffer[1] = self.payload_types[(leg.0 - 1) as usize % self.payload_types.len()];
        self.buffer[0] = 0x80;
        self.buffer[2..4].copy_from_slice(&(self.round as u16).to_be_bytes());
        self.buffer[4..8].copy_from_slice(&self.round.wrapping_mul(160).to_be_bytes());
        self.buffer[8..12].copy_from_slice(&[0, 0, 0, 9]);
        self.engine
            .rtp(self.now, leg, address(leg), &mut self.buffer, out);
    }

    fn empty(legs: u64) -> Floor {
        Floor {
            engine: Engine::new(Sounds {
                music: (0..8_000).collect(),
            }),
            now: Time::from_micros(1_700_000_000_000_000),
            legs,
            next: 0,
            round: 0,
            payload_types: vec![0],
            buffer: [0x55; PACKET_BYTES],
        }
    }
}

fn row(leg: LegId, codec: Codec, hears: Voice) -> Row {
    let rtp = address(leg);
    let remote = Remote {
        rtp,
        rtcp: rtp,
        codec,
        payload_type: payload_type(codec),
        events: None,
        accepts: vec![],
    };
    let port = Port {
        local: rtp,
        ssrc: leg.0 as u32,
        remote: Some(remote),
        offer: vec![],
        signalling: Some(rtp.ip()),
        answered: true,
        symmetric: true,
        stays_out: Vec::new(),
    };
    Row {
        leg,
        port,
        hears: vec![hears],
        otherwise: Some(Voice::Silence),
        patience: None,
        holds_back: tandem::wiring::Keys::default(),
    }
}

fn payload_type(codec: Codec) -> u8 {
    match codec {
        Codec::Pcmu => 0,
        Codec::Pcma => 8,
        Codec::G722 => 9,
    }
}

fn address(leg: LegId) -> SocketAddr {
    SocketAddr::from(([10, 0, (leg.0 >> 8) as u8, leg.0 as u8], 4_000))
}

impl Outlet for Nowhere {
    fn rtp(&mut self, _: LegId, _: SocketAddr, packet: &[u8]) {
        black_box(packet);
    }

    fn rtcp(&mut self, _: LegId, _: SocketAddr, packet: &[u8]) {
        black_box(packet);
    }

    fn tape(&mut self, block: &TapeBlock) {
        black_box(block);
    }

    fn event(&mut self, event: MediaEvent) {
        black_box(event);
    }
}
