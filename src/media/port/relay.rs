//! Passing on what one other leg says, packet by packet.

use super::{Content, Heard, Port};
use crate::media::codec::change_law;
use crate::media::engine::Outlet;
use crate::media::outgoing::Feed;
use crate::media::rtp::{self, Header};
use crate::media::sound::Sound;
use crate::media::source::position;
use crate::time::Time;
use crate::wiring::{Codec, Voice};
use std::time::Duration;

/// No packet that still counts is later than this.
const LATEST_MS: u64 = 2_000;

/// How a listener gets what somebody says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::media) enum Way {
    /// As it came.
    Untouched,
    /// Byte by byte in the other law of G.711.
    OtherLaw,
    /// Made anew of its samples.
    Encoded,
}

impl Port {
    /// How the far end gets what is spoken in that codec, or what is no speech.
    pub(in crate::media) fn way(&self, spoken: Option<Codec>) -> Way {
        let listens = self.remote.as_ref().map(|remote| remote.codec);
        match (spoken, listens) {
            (None, _) | (_, None) => Way::Untouched,
            (Some(spoken), Some(listens)) if spoken == listens => Way::Untouched,
            (Some(Codec::G722), _) | (_, Some(Codec::G722)) => Way::Encoded,
            (Some(Codec::Pcmu | Codec::Pcma), Some(Codec::Pcmu | Codec::Pcma)) => Way::OtherLaw,
        }
    }

    /// Passes on a packet that another leg's port has heard, rewritten where it lies; `heard` follows if that
    /// changes its law.
    pub(in crate::media) fn relay(
        &mut self,
        now: Time,
        heard: &mut Heard,
        packet: &mut [u8],
        sound: &Sound,
        out: &mut dyn Outlet,
    ) {
        let Some(remote) = &self.remote else { return };
        let Some(to) = self.latch.destination() else {
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
        if self.was_meant_for_others(now, heard) {
            return self.outgoing.withhold(feed, heard.place.sequence);
        }
        let ticks = heard.content.voice_ticks(&heard.payload).unwrap_or(0);
        let (sequence, timestamp) = (heard.place.sequence, heard.place.timestamp);
        let placed = match heard.beat {
            Some(beat) if heard.place.is_aside => self.outgoing.place_key_aside(now, heard.speaker, beat),
            Some(beat) => self
                .outgoing
                .place_key(now, feed, sequence, timestamp, (heard.speaker, beat)),
            None => self.outgoing.place(now, feed, sequence, timestamp, ticks),
        };
        let Some(stamp) = placed else { return };
        let said = &mut packet[heard.payload.clone()];
        match (heard.content, self.way(heard.content.codec())) {
            (Content::Voice(codec), Way::OtherLaw) => {
                change_law(codec, remote.codec, said);
                heard.content = Content::Voice(remote.codec);
            }
            (_, Way::Encoded) => {
                let rate = remote.codec.rate();
                self.encoder.encode(remote.codec, rate, sound.at(rate), said);
            }
            (_, Way::Untouched | Way::OtherLaw) => {}
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

    /// What was said before the far end began to listen was said to somebody else, perhaps in private, and is
    /// only late. A key that went down before belongs there as well. Who has only begun to speak since then has
    /// said nothing to others.
    fn was_meant_for_others(&self, now: Time, heard: &Heard) -> bool {
        let Some(since) = self.hearing.since(Voice::Leg(heard.speaker)) else {
            return false;
        };
        let has_just_begun = now.since(since) < Duration::from_millis(LATEST_MS);
        let is_older = |(said, began): (i64, Time)| began < since && said < position(since) as i64;
        has_just_begun && heard.said.is_some_and(is_older)
    }
}
