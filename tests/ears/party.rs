//! Somebody with a phone, a tone instead of a voice, and a clock.

use crate::law::{self, Mouth};
use std::f64::consts::TAU;
use std::net::{IpAddr, SocketAddr};
use tandem::id::LegId;
use tandem::wiring::{Codec, Port, Remote, Row, Stream, Voice};

/// Ticks of the RTP clock in one packet.
pub(crate) const PACKET: u32 = 160;

/// A phone that sends RTP.
#[derive(Clone, Debug)]
pub(crate) struct Party {
    pub(crate) leg: LegId,
    pub(crate) hz: f64,
    /// Where its packets really come from.
    pub(crate) from: SocketAddr,
    /// Where its SIP comes from.
    pub(crate) signalling: IpAddr,
    /// Whether it has answered, or was.
    pub(crate) answered: bool,
    /// Whether it listens where it speaks from.
    pub(crate) symmetric: bool,
    /// What was heard last on its port, in another call.
    pub(crate) stays_out: Vec<Stream>,
    pub(crate) remote: Remote,
    pub(crate) ssrc: u32,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    /// By how many ticks its timestamps grow with each packet.
    pub(crate) step: u32,
    /// How much its clock runs fast, in parts per million.
    pub(crate) fast_ppm: f64,
    /// Ticks of the RTP clock spoken so far.
    pub(crate) spoken: u64,
    pub(crate) mouth: Mouth,
}

impl Party {
    pub(crate) fn new(leg: u64, hz: f64, codec: Codec) -> Party {
        let address = |port| SocketAddr::from(([192, 0, 2, leg as u8], port));
        let (payload_type, events) = match codec {
            Codec::Pcmu => (0, Some(101)),
            Codec::Pcma => (8, Some(96)),
            Codec::G722 => (9, Some(97)),
        };
        Party {
            leg: LegId(leg),
            hz,
            from: address(4_000),
            signalling: address(4_000).ip(),
            answered: true,
            symmetric: true,
            stays_out: Vec::new(),
            remote: Remote {
                rtp: address(4_000),
                rtcp: address(4_001),
                codec,
                payload_type,
                events,
                accepts: vec![],
            },
            ssrc: 0x1000 + leg as u32,
            sequence: 1_000 * leg as u16,
            timestamp: 77_777 * leg as u32,
            step: PACKET,
            fast_ppm: 0.0,
            spoken: 0,
            mouth: Mouth::default(),
        }
    }

    /// Its row, hearing these voices.
    pub(crate) fn row(&self, hears: &[Voice]) -> Row {
        let local = SocketAddr::from(([198, 51, 100, 1], 20_000 + 2 * self.leg.0 as u16));
        let port = Port {
            local,
            ssrc: 0xA000 + self.leg.0 as u32,
            remote: Some(self.remote.clone()),
            offer: vec![],
            signalling: Some(self.signalling),
            answered: self.answered,
            symmetric: self.symmetric,
            stays_out: self.stays_out.clone(),
        };
        Row {
            leg: self.leg,
            port,
            hears: hears.to_vec(),
            otherwise: None,
            patience: None,
            holds_back: tandem::wiring::Keys::default(),
        }
    }

    pub(crate) fn voice(&self) -> Voice {
        Voice::Leg(self.leg)
    }

    /// The next packet of its tone.
    pub(crate) fn speak(&mut self) -> Vec<u8> {
        let hz = self.hz;
        self.speak_as(|seconds| 8_000.0 * (TAU * hz * seconds).sin())
    }

    /// The next packet of any sound, given as a function of true time since it began to speak.
    pub(crate) fn speak_as(&mut self, sound: impl Fn(f64) -> f64) -> Vec<u8> {
        let codec = self.remote.codec;
        let (rate, per_tick) = (f64::from(codec.rate().hz()), u64::from(codec.rate().hz() / 8_000));
        let rate = rate * (1.0 + self.fast_ppm / 1e6);
        let said = self.spoken * per_tick..(self.spoken + u64::from(PACKET)) * per_tick;
        let samples: Vec<i16> = said.map(|n| sound(n as f64 / rate) as i16).collect();
        let payload = match codec {
            Codec::Pcmu | Codec::Pcma => samples.iter().map(|sample| law::encode(codec, *sample)).collect(),
            Codec::G722 => self.mouth.say(&samples),
        };
        self.spoken += u64::from(PACKET);
        let packet = self.packet(self.remote.payload_type, false, self.timestamp, &payload);
        self.timestamp = self.timestamp.wrapping_add(self.step);
        packet
    }

    /// The next packet of an event that began at `timestamp`.
    pub(crate) fn press(&mut self, event: u8, marker: bool, timestamp: u32, duration: u16) -> Vec<u8> {
        let [high, low] = duration.to_be_bytes();
        self.packet(
            self.remote.events.unwrap(),
            marker,
            timestamp,
            &[event, 10, high, low],
        )
    }

    /// Any packet, with the next sequence number.
    pub(crate) fn packet(
        &mut self,
        payload_type: u8,
        marker: bool,
        timestamp: u32,
        payload: &[u8],
    ) -> Vec<u8> {
        let mut packet = vec![0x80, payload_type | u8::from(marker) << 7];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(timestamp.to_be_bytes());
        packet.extend(self.ssrc.to_be_bytes());
        packet.extend(payload);
        self.sequence = self.sequence.wrapping_add(1);
        packet
    }
}
