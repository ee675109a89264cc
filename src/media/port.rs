//! One leg's end of its RTP session: what comes in, what goes out, and where the far end is.

mod keys;
mod relay;

pub(super) use relay::Way;

use crate::id::LegId;
use crate::media::codec::{Decoder, Encoder, FRAME_TICKS, per_tick};
use crate::media::content::Content;
use crate::media::ear::Ear;
use crate::media::engine::{Outlet, Sounds};
use crate::media::hearing::{Hearing, Sounding, voices};
use crate::media::keys::{Beat, EVENT_BYTES, Finger, Keypad, Struck};
use crate::media::latch::{Latch, Verdict, is_reachable};
use crate::media::outgoing::{Feed, Outgoing};
use crate::media::playout::Playout;
use crate::media::rtcp::Reports;
use crate::media::rtp::{self, HEADER_BYTES, Header};
use crate::media::sound::{Sound, Wanted};
use crate::media::source::{Place, Source, SpeechClock};
use crate::media::tone::on_the_grid;
use crate::media::vigil::Vigil;
use crate::time::Time;
use crate::wiring::{Codec, Counters, Keys, Payload, Rate, Remote, Row, Stream, Voice};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::ops::Range;

/// The longest packet that we make ourselves: almost 40 ms.
const MAX_MADE_TICKS: usize = 2 * FRAME_TICKS;

/// The port of one leg.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Port {
    pub(super) leg: LegId,
    /// Its number on our side.
    #[serde(default)]
    pub(super) number: u16,
    remote: Option<Remote>,
    /// What it may speak before that is known.
    #[serde(default)]
    offer: Vec<(u8, Payload)>,
    hearing: Hearing,
    latch: Box<Latch>,
    source: Source,
    outgoing: Outgoing,
    /// Between its bytes and our samples.
    decoder: Box<Decoder>,
    encoder: Box<Encoder>,
    reports: Reports,
    /// What is pressed at the far end, and what is pressed for it.
    keypad: Keypad,
    finger: Finger,
    /// Its keys that nobody is to have for now.
    #[serde(default)]
    holds_back: Keys,
    /// Listens for them in its speech, if that is the only way to hear of them. What waits there outlives no restart.
    #[serde(skip)]
    ear: Option<Box<Ear>>,
    /// It has told of keys by other means than RTP.
    #[serde(default)]
    tells_otherwise: bool,
    vigil: Vigil,
    /// When speech or a key came from the far end last.
    #[serde(default)]
    pub(super) arrived: Option<Time>,
    received: u64,
    discarded: u64,
    #[serde(default)]
    strangers: u64,
}

/// Why a packet is not heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unheard {
    /// It is of no use: no RTP, of unknown payload, there already, or from another place than what is heard.
    Useless,
    /// It comes from somebody else than the far end, and is the first that does.
    FirstStranger,
    /// It is one more of those.
    Stranger,
}

/// A packet that was heard: where it stands, what it holds, and where that lies in the buffer.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) speaker: LegId,
    pub(super) header: Header,
    pub(super) place: Place,
    pub(super) content: Content,
    pub(super) payload: Range<usize>,
    /// When it was said, in samples since the epoch, however late it comes, and since when its stream is heard.
    pub(super) said: Option<(i64, Time)>,
    /// Nothing was ever heard on this port before.
    pub(super) first: bool,
    /// Which key it is about.
    pub(super) beat: Option<Beat>,
    /// A key that was pressed and let go, as is now known.
    pub(super) struck: Option<Struck>,
}

impl Port {
    /// Opens a port as its row describes it.
    pub(super) fn new(now: Time, row: &Row) -> Port {
        let mut port = Port {
            leg: row.leg,
            number: row.port.local.port(),
            remote: None,
            offer: vec![],
            hearing: Hearing::default(),
            latch: Box::default(),
            source: Source::default(),
            outgoing: Outgoing::new(row.port.ssrc),
            decoder: Box::default(),
            encoder: Box::default(),
            reports: Reports::new(now, row.port.ssrc),
            keypad: Keypad::default(),
            finger: Finger::default(),
            holds_back: Keys::default(),
            ear: None,
            tells_otherwise: false,
            vigil: Vigil::default(),
            arrived: None,
            received: 0,
            discarded: 0,
            strangers: 0,
        };
        port.rewire(now, row);
        port
    }

    /// Makes the port what its row says. Streams go on where they were.
    pub(super) fn rewire(&mut self, now: Time, row: &Row) {
        self.outgoing.ssrc = row.port.ssrc;
        self.vigil.keep(now, row.patience);
        self.holds_back = row.holds_back;
        self.remote = row.port.remote.clone();
        self.offer = row.port.offer.clone();
        if self.latch.expect(&row.port) {
            self.reports.source = None;
        }
        self.lend_ear();
        self.turn(|hearing| hearing.follow(now, row));
    }

    /// Something has arrived from a leg, and is about to be passed on.
    pub(super) fn arrives(&mut self, from: LegId) {
        self.turn(|hearing| hearing.arrives(from));
    }

    /// Nothing has arrived from those whom its far end hears since then, or ever.
    pub(super) fn wait(&mut self, now: Time, heard: Option<Time>) {
        self.turn(|hearing| hearing.wait(now, heard));
    }

    /// Until when those whom its far end hears may be quiet, if they were heard then.
    pub(super) fn waits_until(&self, heard: Option<Time>) -> Option<Time> {
        self.remote.as_ref().and(self.hearing.waits_until(heard))
    }

    /// Whether its far end hears that leg, alone or among others.
    pub(super) fn hears(&self, speaker: LegId) -> bool {
        self.relays(speaker) || self.mixes(speaker)
    }

    /// Turns to what is to be heard. A key that is down stays one event, and what comes after it begins anew by itself.
    fn turn(&mut self, to: impl FnOnce(&mut Hearing)) {
        let before = self.hearing.sounding();
        to(&mut self.hearing);
        if self.hearing.sounding() != before && !self.finger.is_down() {
            self.outgoing.change_feed();
        }
    }

    /// A packet has come in. While `keys_wait` for those who hear it, a new key waits, too.
    pub(super) fn receive(
        &mut self,
        now: Time,
        from: SocketAddr,
        packet: &[u8],
        keys_wait: bool,
    ) -> Result<Heard, Unheard> {
        let (header, content, payload) = self.admit(now, from, packet)?;
        let first = self.received == 0;
        self.received += 1;
        self.vigil.sign(now);
        let place = self.source.take(now, &header, content.voice_ticks(&payload));
        let place = place.ok_or(Unheard::Useless)?;
        let said = &packet[payload.clone()];
        let (content, beat, struck) = match content {
            Content::Event => self.on_keys(now, &header, place, said, keys_wait),
            Content::Voice(_) | Content::Nothing => self.under_keys(now, &header, place, content),
        };
        Ok(Heard {
            speaker: self.leg,
            header,
            place,
            content,
            payload,
            // The clock of what comes beside the speech is another one.
            said: self
                .source
                .clock()
                .filter(|_| !place.is_aside)
                .map(|clock| (clock.place(place.timestamp), clock.began)),
            first,
            beat,
            struck,
        })
    }

    /// Whether what that leg says is to be relayed to this port's far end.
    pub(super) fn relays(&self, speaker: LegId) -> bool {
        self.hearing.relays(speaker)
    }

    /// Whether this port's far end is to hear what that leg says, among others.
    pub(super) fn mixes(&self, speaker: LegId) -> bool {
        self.hearing.mixes(speaker)
    }

    /// Whether the far end hears a mix.
    pub(super) fn is_mixed(&self) -> bool {
        self.hearing.is_mix()
    }

    /// The legs that are to be mixed for the far end.
    pub(super) fn mixed(&self) -> impl Iterator<Item = LegId> {
        self.hearing.mixed()
    }

    /// Since when this leg is mixed for the far end, if it is.
    pub(super) fn mixed_since(&self, leg: LegId) -> Option<Time> {
        self.hearing.since(Voice::Leg(leg)).filter(|_| self.is_mixed())
    }

    /// The one leg that is to be relayed by this row and was mixed until now.
    pub(super) fn mixed_before(&self, row: &Row) -> Option<LegId> {
        match *voices(row) {
            [Voice::Leg(leg)] if self.mixes(leg) => Some(leg),
            _ => None,
        }
    }

    /// Where on our clock stands what the far end says.
    pub(super) fn clock(&self) -> Option<SpeechClock> {
        self.source.clock()
    }

    /// The rate of the far end's codec, once it has described itself.
    pub(super) fn rate(&self) -> Option<Rate> {
        self.remote.as_ref().map(|remote| remote.codec.rate())
    }

    /// Makes sound of what the far end has said.
    pub(super) fn decode(&mut self, codec: Codec, payload: &[u8], wanted: Wanted, sound: &mut Sound) {
        self.decoder.decode(codec, payload, wanted, sound);
    }

    /// RTCP has come in.
    pub(super) fn receive_rtcp(&mut self, now: Time, from: SocketAddr, packet: &[u8]) {
        let is_beside = |remote: &Remote| remote.rtcp.ip() == from.ip();
        if self.latch.knows(from.ip()) || self.remote.as_ref().is_some_and(is_beside) {
            self.reports.source = Some(from);
            self.reports.read(now, self.outgoing.ssrc, packet);
            self.vigil.sign(now);
        }
    }

    /// Whether we have waited in vain for a sign of life of the far end. Says so once.
    pub(super) fn has_fallen_silent(&mut self, now: Time) -> bool {
        self.vigil.is_in_vain(now)
    }

    /// When there is something to do without a packet coming in.
    pub(super) fn due(&self) -> Option<Time> {
        self.remote.as_ref()?;
        let report = Some(on_the_grid(self.reports.due));
        let ear = self.ear.as_ref().and_then(|ear| ear.due());
        let all = [
            report,
            self.hearing.due(),
            ear,
            self.finger.due(),
            self.vigil.due(),
        ];
        all.into_iter().flatten().min()
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, now: Time, sounds: &Sounds, out: &mut dyn Outlet) {
        if self.remote.is_none() {
            return;
        }
        let rate = self.rate().unwrap_or_default();
        while let Some(player) = self.hearing.player()
            && let Some(frame) = player.next(now, rate, sounds)
        {
            let feed = Feed::Tone(player.tone);
            let samples = &frame.samples[..FRAME_TICKS * per_tick(rate)];
            if !self.finger.is_down() {
                self.send(now, feed, (frame.sequence, frame.timestamp), rate, samples, out);
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

    /// The moment of the next mixed frame that is due by now, if the far end hears a mix.
    pub(super) fn mix_is_due(&mut self, now: Time) -> Option<Time> {
        self.hearing.mix()?.ready(now)
    }

    /// Sends the next mixed frame, made at this rate, unless something stands in for it.
    pub(super) fn mix(
        &mut self,
        now: Time,
        rate: Rate,
        speakers: &[Playout],
        sounds: &Sounds,
        out: &mut dyn Outlet,
    ) {
        let is_heard = self.hearing.sounding() == Sounding::Mix;
        let Some(mix) = self.hearing.mix() else {
            return;
        };
        let (beat, samples) = mix.frame(rate, speakers, sounds);
        let samples = &samples[..FRAME_TICKS * per_tick(rate)];
        if is_heard && !self.finger.is_down() && !self.outgoing.is_ahead_of(now, Feed::Mix) {
            self.send(
                now,
                Feed::Mix,
                (beat.sequence, beat.timestamp),
                rate,
                samples,
                out,
            );
        }
    }

    /// Sends at once what a mixed speaker has said and what was not mixed yet: from here on it is relayed, and
    /// not a word is to be missing. Packets are of 20 ms and the last one up to twice as long, so that none is
    /// too short to be taken seriously.
    pub(super) fn catch_up(&mut self, now: Time, rate: Rate, mut rest: &[i16], out: &mut dyn Outlet) {
        while !rest.is_empty() {
            let length = match rest.len() / per_tick(rate) {
                0..MAX_MADE_TICKS => rest.len(),
                _ => FRAME_TICKS * per_tick(rate),
            };
            let (frame, later) = rest.split_at(length);
            let Some(mix) = self.hearing.mix() else {
                return;
            };
            // Its time is when it would have been mixed: what is relayed next follows right behind it.
            let due = mix.due().max(now);
            let beat = mix.beat();
            self.send(due, Feed::Mix, (beat.sequence, beat.timestamp), rate, frame, out);
            rest = later;
        }
    }

    /// Says goodbye to the far end, and returns what went over the port and the streams that may go on.
    pub(super) fn close(mut self, now: Time, out: &mut dyn Outlet) -> (Counters, Vec<Stream>) {
        let reception = self.source.report();
        if let Some(farewell) = self.reports.farewell(now, &self.outgoing, reception)
            && let Some(to) = self.rtcp_destination()
        {
            out.rtcp(self.leg, to, &farewell);
        }
        let counters = Counters {
            received: self.received,
            sent: self.outgoing.packets,
            lost: self.source.lost(),
            discarded: self.discarded,
            strangers: self.strangers,
            jitter_us: self.source.jitter_us(),
            remote_loss: self.reports.remote_loss,
            round_trip_us: self.reports.round_trip_us,
        };
        (counters, self.latch.lingering())
    }

    /// Lets in what is RTP, from the far end, and of a payload that we know. Before it has described itself nobody is
    /// heard.
    fn admit(
        &mut self,
        now: Time,
        from: SocketAddr,
        packet: &[u8],
    ) -> Result<(Header, Content, Range<usize>), Unheard> {
        let Some((header, payload)) = rtp::parse(packet) else {
            self.discarded += 1;
            return Err(Unheard::Useless);
        };
        match self.latch.judge(now, from, &header) {
            Verdict::Heard => {}
            Verdict::Unheard => {
                self.discarded += 1;
                return Err(Unheard::Useless);
            }
            Verdict::Stranger => {
                self.strangers += 1;
                return Err(match self.strangers {
                    1 => Unheard::FirstStranger,
                    _ => Unheard::Stranger,
                });
            }
        }
        let content = match &self.remote {
            Some(remote) => Content::of(remote, header.payload_type),
            None => Content::offered(&self.offer, header.payload_type),
        };
        let is_whole = |content: &Content| *content != Content::Event || payload.len() >= EVENT_BYTES;
        let Some(content) = content.filter(is_whole) else {
            self.discarded += 1;
            return Err(Unheard::Useless);
        };
        Ok((header, content, payload))
    }

    /// Sends what we have made: a tone, a mix. Its codec has a byte for each tick.
    fn send(
        &mut self,
        now: Time,
        feed: Feed,
        (sequence, timestamp): (u32, u32),
        rate: Rate,
        samples: &[i16],
        out: &mut dyn Outlet,
    ) {
        let Some(remote) = &self.remote else { return };
        let Some(to) = self.latch.destination() else {
            return;
        };
        let length = (samples.len() / per_tick(rate)).min(MAX_MADE_TICKS);
        let placed = self.outgoing.place(now, feed, sequence, timestamp, length as u32);
        let Some(stamp) = placed else { return };
        let header = Header {
            marker: stamp.first,
            payload_type: remote.payload_type,
            sequence: stamp.sequence,
            timestamp: stamp.timestamp,
            ssrc: self.outgoing.ssrc,
        };
        let mut packet = [0; HEADER_BYTES + MAX_MADE_TICKS];
        let payload = HEADER_BYTES..HEADER_BYTES + length;
        let made = &mut packet[payload.clone()];
        self.encoder.encode(remote.codec, rate, samples, made);
        self.outgoing.count(length);
        out.rtp(self.leg, to, rtp::rewrite(&mut packet, &payload, &header));
    }

    /// RTCP goes back to where it comes from. Until some has come, it goes next to the RTP if that is not
    /// where the SDP said (RFC 3550 §11), else to where the SDP says.
    fn rtcp_destination(&self) -> Option<SocketAddr> {
        let remote = self.remote.as_ref()?;
        let beside = |rtp: SocketAddr| Some(SocketAddr::new(rtp.ip(), rtp.port().checked_add(1)?));
        let source = self.reports.source.filter(|_| self.latch.is_symmetric());
        match (source, self.latch.listens()) {
            (Some(source), _) => Some(source),
            (None, Some(rtp)) if rtp != remote.rtp => beside(rtp),
            (None, _) => Some(remote.rtcp).filter(|to| is_reachable(*to)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_small() {
        assert!(size_of::<Port>() <= 1_024, "{} bytes", size_of::<Port>());
    }
}
