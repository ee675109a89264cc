//! A room in virtual time: an engine, a network that may be as bad as one likes, and everything that came
//! out of it.

use crate::law;
use crate::party::Party;
use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::net::SocketAddr;
use std::time::Duration;
use tandem::id::{ConversationId, LegId, TapeId};
use tandem::media::engine::{Engine, Outlet, Sounds, TapeBlock};
use tandem::time::Time;
use tandem::wiring::{Codec, MediaEvent, MediaHappening, Press, Rate, Row, TapeRow, Wiring};

/// The music of the room is a plain tone, so that it can be told from the parties.
pub(crate) const MUSIC_HZ: f64 = 2_099.0;
pub(crate) const CONVERSATION: ConversationId = ConversationId(1);
pub(crate) const TAPE: TapeId = TapeId(1);

/// An engine and what comes out of it.
pub(crate) struct Room {
    pub(crate) now: Time,
    pub(crate) engine: Engine,
    pub(crate) out: Recorder,
    network: BTreeMap<(Time, u64), (LegId, SocketAddr, Vec<u8>)>,
    posted: u64,
}

/// An outlet that keeps everything.
pub(crate) struct Recorder {
    now: Time,
    pub(crate) rtp: Vec<Sent>,
    pub(crate) rtcp: Vec<(LegId, SocketAddr, Vec<u8>)>,
    pub(crate) tape: Vec<TapeBlock>,
    pub(crate) events: Vec<MediaEvent>,
}

/// An RTP packet that went out, read by somebody who knows nothing of the engine.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sent {
    pub(crate) at: Time,
    pub(crate) leg: LegId,
    pub(crate) to: SocketAddr,
    pub(crate) marker: bool,
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    pub(crate) payload: Vec<u8>,
}

impl Room {
    pub(crate) fn new() -> Room {
        let now = Time::from_micros(1_700_000_000_000_000);
        let tone = |n: i32| (8_000.0 * (TAU * MUSIC_HZ * f64::from(n) / 8_000.0).sin()) as i16;
        Room {
            now,
            engine: Engine::new(Sounds {
                music: (0..8_000).map(tone).collect(),
            }),
            out: Recorder {
                now,
                rtp: vec![],
                rtcp: vec![],
                tape: vec![],
                events: vec![],
            },
            network: BTreeMap::new(),
            posted: 0,
        }
    }

    /// Sends a table, recorded or not.
    pub(crate) fn wire(&mut self, rows: &[Row], tape: Option<TapeRow>) {
        let wiring = Wiring {
            rows: rows.to_vec(),
            tape,
            aside: None,
        };
        self.out.now = self.now;
        self.engine.wire(self.now, CONVERSATION, &wiring, &mut self.out);
    }

    /// A packet arrives now.
    pub(crate) fn arrive(&mut self, leg: LegId, from: SocketAddr, packet: &[u8]) {
        self.out.now = self.now;
        self.engine
            .rtp(self.now, leg, from, &mut packet.to_vec(), &mut self.out);
    }

    /// A leg tells by INFO of a key.
    pub(crate) fn press(&mut self, leg: LegId, press: Press) {
        self.out.now = self.now;
        self.engine.press(self.now, leg, press, &mut self.out);
    }

    /// A party speaks its tone for so long, over a network that delays each packet by none, one or several
    /// numbers of milliseconds: lost, late or doubled.
    pub(crate) fn speak(&mut self, party: &mut Party, ms: u64, network: impl Fn(u64) -> Vec<u64>) {
        for n in 0..ms / 20 {
            let packet = party.speak();
            let sent = 20_000.0 * (n + 1) as f64 / (1.0 + party.fast_ppm / 1e6);
            for delay in network(n) {
                let at = self.now + Duration::from_micros(sent as u64) + Duration::from_millis(delay);
                self.post(at, party, &packet);
            }
        }
    }

    /// All of these speak for so long over a perfect network, and time goes by.
    pub(crate) fn talk(&mut self, parties: &mut [Party], ms: u64) {
        for party in parties {
            self.speak(party, ms, |_| vec![0]);
        }
        self.pass(ms);
    }

    /// A packet is on its way and arrives at that moment.
    pub(crate) fn post(&mut self, at: Time, party: &Party, packet: &[u8]) {
        self.posted += 1;
        self.network
            .insert((at, self.posted), (party.leg, party.from, packet.to_vec()));
    }

    /// Time goes by: packets arrive and ticks are made when they are due.
    pub(crate) fn pass(&mut self, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        loop {
            let arrival = self.network.first_key_value().map(|(key, _)| key.0);
            let tick = self.engine.deadline();
            let Some(next) = arrival.into_iter().chain(tick).min().filter(|next| *next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            self.out.now = self.now;
            if arrival == Some(next) {
                let (_, (leg, from, packet)) = self.network.pop_first().unwrap();
                self.arrive(leg, from, &packet);
            } else {
                self.engine.tick(self.now, &mut self.out);
                assert!(
                    self.engine.deadline().is_none_or(|due| due > self.now),
                    "a tick leaves nothing undone"
                );
            }
        }
        self.now = end;
    }

    /// What was sent to this leg.
    pub(crate) fn sent_to(&self, party: &Party) -> Vec<Sent> {
        self.out
            .rtp
            .iter()
            .filter(|sent| sent.leg == party.leg)
            .cloned()
            .collect()
    }

    /// What this leg hears at its codec's rate, put together by timestamps as a phone would, and then forgotten.
    pub(crate) fn heard_by(&mut self, party: &Party) -> Vec<i16> {
        let sent = self.sent_to(party);
        self.out.rtp.retain(|sent| sent.leg != party.leg);
        let Some(first) = sent.first() else { return vec![] };
        let mut samples: Vec<i16> = vec![];
        let mut ear = audio_codec::g722::G722Decoder::new();
        let per_tick = party.remote.codec.rate().hz() as usize / 8_000;
        for packet in sent
            .iter()
            .filter(|packet| packet.payload_type == party.remote.payload_type)
        {
            let Ok(start) = usize::try_from(packet.timestamp.wrapping_sub(first.timestamp) as i32) else {
                continue;
            };
            let heard = law::listen(&mut ear, party.remote.codec, &packet.payload);
            let (start, end) = (start * per_tick, start * per_tick + heard.len());
            samples.resize(samples.len().max(end), 0);
            samples[start..end].copy_from_slice(&heard);
        }
        samples
    }

    /// The tape as it was written: no gap, no overlap, from the beginning.
    pub(crate) fn tape(&self) -> [Vec<i16>; 2] {
        self.tape_at(Rate::Narrow)
    }

    /// The same of one of this rate.
    pub(crate) fn tape_at(&self, rate: Rate) -> [Vec<i16>; 2] {
        let mut channels = [vec![], vec![]];
        for block in &self.out.tape {
            assert_eq!((block.tape, block.rate), (TAPE, rate.hz()));
            assert_eq!(
                block.position,
                channels[0].len() as u64,
                "blocks follow each other"
            );
            for sample in &block.samples[..block.length] {
                channels[0].push(sample[0]);
                channels[1].push(sample[1]);
            }
        }
        channels
    }

    /// What happened on a leg.
    pub(crate) fn happenings(&self, party: &Party) -> Vec<&MediaHappening> {
        let of_leg = self.out.events.iter().filter(|event| event.leg == party.leg);
        of_leg.map(|event| &event.what).collect()
    }
}

/// A tape that started at this moment.
pub(crate) fn tape_row(started: Time, left: &[&Party], right: &[&Party]) -> TapeRow {
    let legs = |parties: &[&Party]| parties.iter().map(|party| party.leg).collect();
    TapeRow {
        tape: TAPE,
        started,
        rate: Rate::Narrow,
        left: legs(left),
        right: legs(right),
    }
}

/// The customer, the agent and a colleague, each with a tone of its own.
pub(crate) fn people() -> [Party; 3] {
    [
        Party::new(1, 419.0, Codec::Pcma),
        Party::new(2, 593.0, Codec::Pcmu),
        Party::new(3, 1_047.0, Codec::Pcmu),
    ]
}

impl Outlet for Recorder {
    fn rtp(&mut self, leg: LegId, to: SocketAddr, packet: &[u8]) {
        assert_eq!(packet[0], 0x80, "version 2, nothing before the payload");
        self.rtp.push(Sent {
            at: self.now,
            leg,
            to,
            marker: packet[1] & 0x80 != 0,
            payload_type: packet[1] & 0x7F,
            sequence: u16::from_be_bytes([packet[2], packet[3]]),
            timestamp: u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]]),
            ssrc: u32::from_be_bytes([packet[8], packet[9], packet[10], packet[11]]),
            payload: packet[12..].to_vec(),
        });
    }

    fn rtcp(&mut self, leg: LegId, to: SocketAddr, packet: &[u8]) {
        self.rtcp.push((leg, to, packet.to_vec()));
    }

    fn tape(&mut self, block: &TapeBlock) {
        self.tape.push(block.clone());
    }

    fn event(&mut self, event: MediaEvent) {
        self.events.push(event);
    }
}
