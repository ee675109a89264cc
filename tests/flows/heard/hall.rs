//! The real engine in virtual time, with a tone for each leg: what a flow's wirings sound like.

use super::ear::{Ear, RATE_HZ, Sound};
use super::expected::Listener;
use crate::law;
use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::net::SocketAddr;
use std::time::Duration;
use tandem::id::{ConversationId, LegId, TapeId};
use tandem::media::engine::{Engine, Outlet, Sounds, TapeBlock};
use tandem::time::Time;
use tandem::wiring::{Codec, MediaEvent, Payload, Row, Wiring};

/// One table, and when the switch has told it.
#[derive(Clone, Debug)]
pub struct Cue {
    /// When.
    pub at: Time,
    /// Whose.
    pub id: ConversationId,
    /// The table.
    pub wiring: Wiring,
}

/// Who sends nothing, whatever its description says.
#[derive(Clone, Copy, Debug)]
pub enum Quiet {
    /// Those who have not described themselves: all others speak all the time.
    Undescribed,
    /// Nobody: all speak as soon as we have offered something, as if every answer came late.
    Nobody,
    /// Every second one.
    Half {
        /// Those of the odd numbers, or of the even ones.
        odd: bool,
    },
}

impl Quiet {
    fn has(self, leg: LegId) -> bool {
        match self {
            Quiet::Undescribed | Quiet::Nobody => false,
            Quiet::Half { odd } => (leg.0 % 2 == 1) == odd,
        }
    }

    /// Whether the far end of this row sends something.
    pub fn lets_speak(self, row: &Row) -> bool {
        let is_described = row.port.remote.is_some();
        let may_come_early = matches!(self, Quiet::Nobody) && !row.port.offer.is_empty();
        !self.has(row.leg) && (is_described || may_come_early)
    }
}

/// How loud everybody speaks; six of them together do not saturate.
pub const LOUDNESS: f64 = 5_000.0;
/// Everybody speaks every 20 ms, each a little after another.
const SLOT: Duration = Duration::from_millis(5);
const SLOTS: u64 = 4;
/// From there speaks who has not said yet where it is.
const EARLY_PORT: u16 = 40_000;
/// Samples in a packet.
const PACKET: u64 = 160;

/// The engine and everybody around it.
pub struct Hall {
    now: Time,
    began: Time,
    engine: Engine,
    speakers: BTreeMap<LegId, Speaker>,
    slots: u64,
    quiet: Quiet,
    record: Record,
}

/// A leg with a far end that speaks all the time, whatever its description says, unless it is quiet.
struct Speaker {
    hz: f64,
    /// How it speaks now, and from where; none while it is quiet.
    voice: Option<Voice>,
    packets: u64,
}

#[derive(Clone, Copy)]
struct Voice {
    from: SocketAddr,
    codec: Codec,
    payload_type: u8,
}

/// What has come out.
struct Record {
    now: Time,
    codecs: BTreeMap<LegId, (Codec, u8)>,
    ears: BTreeMap<LegId, Stream>,
    tapes: BTreeMap<TapeId, [Ear; 2]>,
}

/// What one leg has been sent, put together by its timestamps as a phone would.
#[derive(Default)]
struct Stream {
    ear: Ear,
    first: Option<u32>,
}

impl Hall {
    /// Plays all of it, where these say nothing.
    pub fn play(score: &[Cue], quiet: Quiet) -> Hall {
        let began = score.first().map_or(Time::EPOCH, |cue| cue.at);
        let music = |n: usize| (LOUDNESS * (TAU * Sound::Music.hz() * n as f64 / RATE_HZ).sin()) as i16;
        let mut hall = Hall {
            now: began,
            began,
            engine: Engine::new(Sounds {
                music: (0..RATE_HZ as usize).map(music).collect(),
            }),
            speakers: BTreeMap::new(),
            slots: 0,
            quiet,
            record: Record {
                now: began,
                codecs: BTreeMap::new(),
                ears: BTreeMap::new(),
                tapes: BTreeMap::new(),
            },
        };
        for cue in score {
            // What is told at one moment is one change, and no time passes within it.
            if cue.at > hall.now {
                hall.pass(cue.at);
            }
            hall.wire(cue);
        }
        hall
    }

    /// How long it has played.
    pub fn seconds(&self) -> u64 {
        self.now.since(self.began).as_secs()
    }

    /// All that can be heard in it.
    pub fn sounds(&self) -> impl Iterator<Item = Sound> {
        let voices: Vec<Sound> = self.speakers.keys().map(|leg| Sound::Voice(*leg)).collect();
        voices
            .into_iter()
            .chain([Sound::Music, Sound::Beeps, Sound::Signal])
    }

    /// The ear of a leg or of a tape; none if nothing was ever sent there.
    pub fn ear(&self, listener: &Listener) -> Option<&Ear> {
        match listener {
            Listener::Leg(leg) => self.record.ears.get(leg).map(|stream| &stream.ear),
            Listener::Left(tape) => self.record.tapes.get(tape).map(|[left, _]| left),
            Listener::Right(tape) => self.record.tapes.get(tape).map(|[_, right]| right),
        }
    }

    fn wire(&mut self, cue: &Cue) {
        for row in &cue.wiring.rows {
            let remote = row.port.remote.clone();
            let codec = remote
                .as_ref()
                .map(|remote| (row.leg, (remote.codec, remote.payload_type)));
            self.record.codecs.extend(codec);
            let speaker = self.speakers.entry(row.leg).or_insert(Speaker {
                hz: Sound::Voice(row.leg).hz(),
                voice: None,
                packets: 0,
            });
            let voice = Voice::of(row).filter(|_| self.quiet.lets_speak(row));
            // Whoever holds by the address 0.0.0.0 speaks from where it was before.
            let before = speaker.voice.map(|before| before.from);
            speaker.voice = voice.map(|voice| Voice {
                from: before
                    .filter(|_| voice.from.ip().is_unspecified())
                    .unwrap_or(voice.from),
                ..voice
            });
        }
        for tape in cue.wiring.tapes() {
            let channels = self.record.tapes.entry(tape.tape).or_default();
            channels.iter_mut().for_each(|ear| ear.begins(tape.started));
        }
        self.record.now = self.now;
        self.engine.wire(self.now, cue.id, &cue.wiring, &mut self.record);
    }

    /// Time goes by until then: people speak, and ticks are made when they are due.
    fn pass(&mut self, until: Time) {
        loop {
            let slot = self.began + SLOT * self.slots as u32;
            let tick = self.engine.deadline().filter(|due| *due < slot);
            let next = tick.unwrap_or(slot);
            if next > until {
                break;
            }
            self.now = self.now.max(next);
            self.record.now = self.now;
            match tick {
                Some(_) => self.engine.tick(self.now, &mut self.record),
                None => self.speak(),
            }
        }
        self.now = until;
    }

    fn speak(&mut self) {
        let slot = self.slots;
        self.slots += 1;
        for (leg, speaker) in &mut self.speakers {
            if leg.0 % SLOTS != slot % SLOTS {
                continue;
            }
            if let Some((from, mut packet)) = speaker.speak(*leg) {
                self.engine
                    .rtp(self.now, *leg, from, &mut packet, &mut self.record);
            }
        }
    }
}

impl Voice {
    /// As it has described itself; else as we have offered, from the host of its SIP.
    fn of(row: &Row) -> Option<Voice> {
        let port = &row.port;
        if let Some(remote) = &port.remote {
            return Some(Voice {
                from: remote.rtp,
                codec: remote.codec,
                payload_type: remote.payload_type,
            });
        }
        let spoken = |(number, payload): &(u8, Payload)| match payload {
            Payload::Voice(codec) => Some((*number, *codec)),
            Payload::Event => None,
        };
        let (payload_type, codec) = port.offer.iter().find_map(spoken)?;
        Some(Voice {
            from: SocketAddr::new(port.signalling?, EARLY_PORT),
            codec,
            payload_type,
        })
    }
}

impl Speaker {
    /// The next packet of its tone; none while it is quiet.
    fn speak(&mut self, leg: LegId) -> Option<(SocketAddr, Vec<u8>)> {
        let voice = self.voice?;
        let began = self.packets * PACKET;
        self.packets += 1;
        let tone = |n: u64| (LOUDNESS * (TAU * self.hz * n as f64 / RATE_HZ).sin()) as i16;
        let payload = (began..began + PACKET).map(|n| law::encode(voice.codec, tone(n)));
        let mut packet = vec![0x80, voice.payload_type];
        packet.extend((self.packets as u16).to_be_bytes());
        packet.extend((began as u32).to_be_bytes());
        packet.extend((0x1000 + leg.0 as u32).to_be_bytes());
        packet.extend(payload);
        Some((voice.from, packet))
    }
}

impl Outlet for Record {
    fn rtp(&mut self, leg: LegId, _to: SocketAddr, packet: &[u8]) {
        let Some((codec, payload_type)) = self.codecs.get(&leg) else {
            panic!("{leg} is sent something and has no description");
        };
        if packet[1] & 0x7F != *payload_type {
            return;
        }
        let timestamp = u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]]);
        let stream = self.ears.entry(leg).or_default();
        let first = *stream.first.get_or_insert(timestamp);
        let samples = packet[12..].iter().map(|byte| law::decode(*codec, *byte));
        stream
            .ear
            .arrives(self.now, timestamp.wrapping_sub(first) as usize, samples);
    }

    fn rtcp(&mut self, _leg: LegId, _to: SocketAddr, _packet: &[u8]) {}

    fn tape(&mut self, block: &TapeBlock) {
        let Some(channels) = self.tapes.get_mut(&block.tape) else {
            panic!("{} was never told", block.tape);
        };
        for (n, ear) in channels.iter_mut().enumerate() {
            let step = block.rate as usize / RATE_HZ as usize;
            let samples = block.samples[..block.length].iter().step_by(step);
            ear.is_written(block.position as usize / step, samples.map(|sample| sample[n]));
        }
    }

    fn event(&mut self, _event: MediaEvent) {}
}
