//! One leg's end of its RTP session: what comes in, what goes out, and where the far end is.

use crate::id::LegId;
use crate::media::codec::{FRAME_SAMPLES, encode, transcode};
use crate::media::engine::{Outlet, Sounds};
use crate::media::keys::{EVENT_BYTES, Event, Finger, Keypad, Tap};
use crate::media::latch::{Latch, is_reachable};
use crate::media::outgoing::{Feed, Outgoing};
use crate::media::rtcp::Reports;
use crate::media::rtp::{self, HEADER_BYTES, Header};
use crate::media::source::{Place, Source};
use crate::media::tone::{Frame, Player, Tone, on_the_grid};
use crate::media::vigil::Vigil;
use crate::time::Time;
use crate::wiring::{Codec, Counters, Press, Remote, Row, Voice};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::ops::Range;

/// The static payload types of G.711 (RFC 3551 §6). Phones that were offered both change between them
/// without a word.
const PCMU_PAYLOAD_TYPE: u8 = 0;
const PCMA_PAYLOAD_TYPE: u8 = 8;
/// Comfort noise (RFC 3389): a hint to play noise during silence. Our listeners make their own.
const COMFORT_NOISE_PAYLOAD_TYPE: u8 = 13;

/// The port of one leg.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Port {
    pub(super) leg: LegId,
    remote: Option<Remote>,
    hearing: Hearing,
    latch: Latch,
    source: Source,
    outgoing: Outgoing,
    reports: Reports,
    /// What is pressed at the far end, and what is pressed for it.
    keypad: Keypad,
    finger: Finger,
    vigil: Vigil,
    received: u64,
    discarded: u64,
}

/// What the far end of a port is to hear.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Hearing {
    Nobody,
    Leg(LegId),
    Tone(Player),
}

/// A packet that was heard: where it stands, what it holds, and where that lies in the buffer.
pub(super) struct Heard {
    pub(super) speaker: LegId,
    pub(super) header: Header,
    pub(super) place: Place,
    pub(super) content: Content,
    pub(super) payload: Range<usize>,
    /// Nothing was ever heard on this port before.
    pub(super) first: bool,
    /// A key that was pressed and let go, as is now known.
    pub(super) pressed: Option<Press>,
}

/// What a packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Voice(Codec),
    Event,
    /// Nothing for a listener: comfort noise, a hook flash, or speech that lies under a key.
    Nothing,
}

impl Port {
    /// Opens a port as its row describes it.
    pub(super) fn new(now: Time, row: &Row) -> Port {
        let mut port = Port {
            leg: row.leg,
            remote: None,
            hearing: Hearing::Nobody,
            latch: Latch::default(),
            source: Source::default(),
            outgoing: Outgoing::new(row.port.ssrc),
            reports: Reports::new(now, row.port.ssrc),
            keypad: Keypad::default(),
            finger: Finger::default(),
            vigil: Vigil::default(),
            received: 0,
            discarded: 0,
        };
        port.rewire(now, row);
        port
    }

    /// Makes the port what its row says. Streams go on where they were.
    pub(super) fn rewire(&mut self, now: Time, row: &Row) {
        self.outgoing.ssrc = row.port.ssrc;
        self.vigil.keep(now, row.patience);
        if self.remote != row.port.remote {
            let rtp = |remote: &Option<Remote>| remote.as_ref().map(|remote| remote.rtp);
            let moved = rtp(&self.remote) != rtp(&row.port.remote);
            self.latch.reopen(now, moved);
            self.remote = row.port.remote.clone();
        }
        let voice = first_voice(row);
        if self.hearing.voice() != voice {
            self.hearing = match voice {
                None => Hearing::Nobody,
                Some(Voice::Leg(leg)) => Hearing::Leg(leg),
                Some(Voice::Busy) => Hearing::Tone(Player::new(now, Tone::Busy)),
                Some(Voice::Ringback) => Hearing::Tone(Player::new(now, Tone::Ringback)),
                Some(Voice::Music) => Hearing::Tone(Player::new(now, Tone::Music)),
            };
            // A key that is down stays one event, and what comes after it begins anew by itself.
            if !self.finger.is_down() {
                self.outgoing.change_feed();
            }
        }
    }

    /// A packet has come in. Nothing is returned if nobody is to hear it.
    pub(super) fn receive(&mut self, now: Time, from: SocketAddr, packet: &[u8]) -> Option<Heard> {
        let Some((header, content, payload)) = self.admit(now, from, packet) else {
            self.discarded += 1;
            return None;
        };
        let first = self.received == 0;
        self.received += 1;
        self.vigil.sign(now);
        let place = self.source.take(now, &header, content.voice_samples(&payload))?;
        let (content, pressed) = self.under_keys(now, &header, place, content, &packet[payload.clone()]);
        Some(Heard {
            speaker: self.leg,
            header,
            place,
            content,
            payload,
            first,
            pressed,
        })
    }

    /// Whether this port's far end is to hear what that leg says.
    pub(super) fn hears(&self, speaker: LegId) -> bool {
        matches!(self.hearing, Hearing::Leg(leg) if leg == speaker)
    }

    /// The codec of the far end, once it has described itself.
    pub(super) fn codec(&self) -> Option<Codec> {
        self.remote.as_ref().map(|remote| remote.codec)
    }

    /// Passes on a packet that another leg's port has heard, rewritten where it lies; `heard` follows if that
    /// changes its codec.
    pub(super) fn relay(&mut self, now: Time, heard: &mut Heard, packet: &mut [u8], out: &mut dyn Outlet) {
        let Some(remote) = &self.remote else { return };
        let Some(to) = self.latch.destination(now, remote.rtp) else {
            return;
        };
        let feed = Feed::Leg {
            leg: heard.speaker,
            generation: heard.place.generation,
        };
        let payload_type = match heard.content {
            Content::Voice(_) => remote.payload_type,
            Content::Event if let Some(events) = remote.events => events,
            Content::Event => {
                self.discarded += 1;
                return self.outgoing.withhold(feed, heard.place.sequence);
            }
            Content::Nothing => return self.outgoing.withhold(feed, heard.place.sequence),
        };
        if self.finger.is_down() {
            return;
        }
        let samples = heard.content.voice_samples(&heard.payload).unwrap_or(0);
        let (sequence, timestamp) = (heard.place.sequence, heard.header.timestamp);
        let Some(stamp) = self.outgoing.place(now, feed, sequence, timestamp, samples) else {
            return;
        };
        if let Content::Voice(codec) = &mut heard.content {
            transcode(*codec, remote.codec, &mut packet[heard.payload.clone()]);
            *codec = remote.codec;
        }
        let header = Header {
            marker: heard.header.marker || stamp.first,
            payload_type,
            sequence: stamp.sequence,
            timestamp: stamp.timestamp,
            ssrc: self.outgoing.ssrc,
        };
        self.outgoing.count(heard.payload.len());
        out.rtp(self.leg, to, rtp::rewrite(packet, &heard.payload, &header));
    }

    /// RTCP has come in.
    pub(super) fn receive_rtcp(&mut self, now: Time, from: SocketAddr, packet: &[u8]) {
        let known = [
            self.latch.source(),
            self.remote.as_ref().map(|remote| remote.rtcp),
        ];
        if known.into_iter().flatten().any(|known| known.ip() == from.ip()) {
            self.reports.source = Some(from);
            self.reports.read(now, self.outgoing.ssrc, packet);
            self.vigil.sign(now);
        }
    }

    /// Presses a key for the far end, as if the leg that it hears had said so by RTP. Nothing comes of it if
    /// the far end takes no events, or if it has too many keys before it.
    pub(super) fn press(&mut self, now: Time, press: Press) {
        let takes_events = self.remote.as_ref().is_some_and(|remote| remote.events.is_some());
        if takes_events && !self.finger.press(now, press) {
            self.discarded += 1;
        }
    }

    /// Whether the far end tells by RTP which keys it presses.
    pub(super) fn tells_keys(&self) -> bool {
        self.keypad.is_used()
    }

    /// Whether we have waited in vain for a sign of life of the far end. Says so once.
    pub(super) fn has_fallen_silent(&mut self, now: Time) -> bool {
        self.vigil.is_in_vain(now)
    }

    /// When there is something to do without a packet coming in.
    pub(super) fn due(&self) -> Option<Time> {
        self.remote.as_ref()?;
        let report = Some(on_the_grid(self.reports.due));
        let tone = match &self.hearing {
            Hearing::Tone(player) => Some(player.due()),
            Hearing::Nobody | Hearing::Leg(_) => None,
        };
        let all = [report, tone, self.finger.due(), self.vigil.due()];
        all.into_iter().flatten().min()
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, now: Time, sounds: &Sounds, out: &mut dyn Outlet) {
        if self.remote.is_none() {
            return;
        }
        while let Hearing::Tone(player) = &mut self.hearing
            && let Some(frame) = player.next(now, sounds)
        {
            let tone = player.tone;
            if !self.finger.is_down() {
                self.play(now, tone, &frame, out);
            }
        }
        while let Some(tap) = self.finger.next(now) {
            self.tap(now, &tap, out);
        }
        if self.reports.due <= now {
            let reception = self.source.report();
            if let Some(report) = self.reports.next(now, &self.outgoing, reception)
                && let Some(to) = self.rtcp_destination()
            {
                out.rtcp(self.leg, to, &report);
            }
        }
    }

    /// Says goodbye to the far end, and returns what went over the port.
    pub(super) fn close(mut self, now: Time, out: &mut dyn Outlet) -> Counters {
        let reception = self.source.report();
        if let Some(farewell) = self.reports.farewell(now, &self.outgoing, reception)
            && let Some(to) = self.rtcp_destination()
        {
            out.rtcp(self.leg, to, &farewell);
        }
        Counters {
            received: self.received,
            sent: self.outgoing.packets,
            lost: self.source.lost(),
            discarded: self.discarded,
            jitter_us: self.source.jitter_us(),
            remote_loss: self.reports.remote_loss,
            round_trip_us: self.reports.round_trip_us,
        }
    }

    /// Lets in what is RTP, of a payload that we know, and from the far end. Before it has described itself
    /// nobody is expected.
    fn admit(
        &mut self,
        now: Time,
        from: SocketAddr,
        packet: &[u8],
    ) -> Option<(Header, Content, Range<usize>)> {
        let remote = self.remote.as_ref()?;
        let (header, payload) = rtp::parse(packet)?;
        let content = content(remote, header.payload_type)?;
        if content == Content::Event && payload.len() < EVENT_BYTES {
            return None;
        }
        self.latch
            .admits(now, from, remote.rtp)
            .then_some((header, content, payload))
    }

    /// Follows the keys of the far end, and takes away the speech that lies under one.
    fn under_keys(
        &mut self,
        now: Time,
        header: &Header,
        place: Place,
        content: Content,
        payload: &[u8],
    ) -> (Content, Option<Press>) {
        match content {
            Content::Event => match Event::read(payload) {
                Some(event) => (
                    content,
                    self.keypad.hear(now, place.generation, header.timestamp, event),
                ),
                None => (Content::Nothing, None),
            },
            Content::Voice(_) if self.keypad.covers(now, place.generation, header.timestamp) => {
                (Content::Nothing, None)
            }
            Content::Voice(_) => (content, self.keypad.speech(now)),
            Content::Nothing => (content, None),
        }
    }

    fn tap(&mut self, now: Time, tap: &Tap, out: &mut dyn Outlet) {
        let Some(remote) = &self.remote else { return };
        let (Some(payload_type), Some(to)) = (remote.events, self.latch.destination(now, remote.rtp)) else {
            return;
        };
        let placed = self
            .outgoing
            .place(now, Feed::Keys, tap.sequence, tap.timestamp, 0);
        let Some(stamp) = placed else { return };
        let header = Header {
            marker: tap.is_first,
            payload_type,
            sequence: stamp.sequence,
            timestamp: stamp.timestamp,
            ssrc: self.outgoing.ssrc,
        };
        let mut packet = [0; HEADER_BYTES + EVENT_BYTES];
        packet[HEADER_BYTES..].copy_from_slice(&tap.payload);
        self.outgoing.count(EVENT_BYTES);
        let payload = HEADER_BYTES..packet.len();
        out.rtp(self.leg, to, rtp::rewrite(&mut packet, &payload, &header));
    }

    fn play(&mut self, now: Time, tone: Tone, frame: &Frame, out: &mut dyn Outlet) {
        let Some(remote) = &self.remote else { return };
        let Some(to) = self.latch.destination(now, remote.rtp) else {
            return;
        };
        let samples = FRAME_SAMPLES as u32;
        let placed = self
            .outgoing
            .place(now, Feed::Tone(tone), frame.sequence, frame.timestamp, samples);
        let Some(stamp) = placed else { return };
        let header = Header {
            marker: stamp.first,
            payload_type: remote.payload_type,
            sequence: stamp.sequence,
            timestamp: stamp.timestamp,
            ssrc: self.outgoing.ssrc,
        };
        let mut packet = [0; HEADER_BYTES + FRAME_SAMPLES];
        encode(remote.codec, &frame.samples, &mut packet[HEADER_BYTES..]);
        self.outgoing.count(FRAME_SAMPLES);
        let payload = HEADER_BYTES..packet.len();
        out.rtp(self.leg, to, rtp::rewrite(&mut packet, &payload, &header));
    }

    /// RTCP goes back to where it comes from. Until some has come, it goes next to the RTP if that is not
    /// where the SDP said (RFC 3550 §11), else to where the SDP says.
    fn rtcp_destination(&self) -> Option<SocketAddr> {
        let remote = self.remote.as_ref()?;
        let beside = |rtp: SocketAddr| Some(SocketAddr::new(rtp.ip(), rtp.port().checked_add(1)?));
        match (self.reports.source, self.latch.source()) {
            (Some(source), _) => Some(source),
            (None, Some(rtp)) if rtp != remote.rtp => beside(rtp),
            (None, _) => Some(remote.rtcp).filter(|to| is_reachable(*to)),
        }
    }
}

impl Hearing {
    fn voice(&self) -> Option<Voice> {
        match self {
            Hearing::Nobody => None,
            Hearing::Leg(leg) => Some(Voice::Leg(*leg)),
            Hearing::Tone(player) => Some(match player.tone {
                Tone::Ringback => Voice::Ringback,
                Tone::Busy => Voice::Busy,
                Tone::Music => Voice::Music,
            }),
        }
    }
}

impl Content {
    /// The codec of speech.
    pub(super) fn codec(self) -> Option<Codec> {
        match self {
            Content::Voice(codec) => Some(codec),
            Content::Event | Content::Nothing => None,
        }
    }

    /// G.711 has one sample in each byte.
    pub(super) fn voice_samples(self, payload: &Range<usize>) -> Option<u32> {
        match self {
            Content::Voice(Codec::Pcmu | Codec::Pcma) => Some(payload.len() as u32),
            Content::Event | Content::Nothing => None,
        }
    }
}

fn content(remote: &Remote, payload_type: u8) -> Option<Content> {
    if payload_type == remote.payload_type {
        return Some(Content::Voice(remote.codec));
    }
    if Some(payload_type) == remote.events {
        return Some(Content::Event);
    }
    match payload_type {
        PCMU_PAYLOAD_TYPE => Some(Content::Voice(Codec::Pcmu)),
        PCMA_PAYLOAD_TYPE => Some(Content::Voice(Codec::Pcma)),
        COMFORT_NOISE_PAYLOAD_TYPE => Some(Content::Nothing),
        _ => None,
    }
}

/// The voice that is heard: of several, the first person's. They are not mixed yet.
fn first_voice(row: &Row) -> Option<Voice> {
    let others = || {
        row.hears
            .iter()
            .copied()
            .filter(|voice| *voice != Voice::Leg(row.leg))
    };
    others()
        .find(|voice| matches!(voice, Voice::Leg(_)))
        .or_else(|| others().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_small() {
        assert!(size_of::<Port>() <= 1_024, "{} bytes", size_of::<Port>());
    }
}
