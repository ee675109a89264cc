//! The keys of one port: those that its far end presses, and those that are pressed for it.

use super::{Content, Heard, Place, Port};
use crate::media::ear::Waiting;
use crate::media::engine::Outlet;
use crate::media::keys::{Beat, EVENT_BYTES, Event, Spot, Struck, Tap};
use crate::media::outgoing::Feed;
use crate::media::rtp::{self, HEADER_BYTES, Header};
use crate::media::sound::Sound;
use crate::time::Time;
use crate::wiring::{Key, Keys, Press};

impl Port {
    /// Presses a key for the far end, as if the leg that it hears had said so by RTP. Nothing comes of it if
    /// the far end takes no events, or if it has too many keys before it.
    pub(in crate::media) fn press(&mut self, now: Time, press: Press) {
        let takes_events = self.remote.as_ref().is_some_and(|remote| remote.events.is_some());
        if takes_events && !self.finger.press(now, press) {
            self.discarded += 1;
        }
    }

    /// Whether keys are being pressed for the far end.
    pub(in crate::media) fn is_being_pressed(&self) -> bool {
        self.finger.is_busy()
    }

    /// Whether nobody is to have this key of the far end.
    pub(in crate::media) fn holds_back(&self, key: Key) -> bool {
        self.holds_back.contains(key)
    }

    /// The same of a key that is told by other means than RTP. If nobody is to have it, nobody is to have those that
    /// follow, until a table that knows of it says otherwise: a phone may tell of several at once.
    pub(in crate::media) fn keeps_back(&mut self, key: Key) -> bool {
        let keeps = self.holds_back(key);
        if keeps {
            self.holds_back = Keys::ALL;
        }
        keeps
    }

    /// Whether the far end tells by RTP which keys it presses.
    pub(in crate::media) fn tells_keys(&self) -> bool {
        self.keypad.is_used()
    }

    /// The far end has told of a key by other means than RTP. That is how it tells them: its tones are no keys, or
    /// each would be pressed twice.
    pub(in crate::media) fn tells_otherwise(&mut self) {
        self.tells_otherwise = true;
        self.lend_ear();
    }

    /// Listens for keys in what the far end says, if some of them are to be held back and it cannot tell them apart
    /// from its speech.
    pub(super) fn lend_ear(&mut self) {
        let tells_by_rtp = self.remote.as_ref().is_none_or(|remote| remote.events.is_some());
        match tells_by_rtp || self.tells_otherwise || self.holds_back.is_empty() {
            false => self.ear.get_or_insert_default().open(),
            true => self.ear.iter_mut().for_each(|ear| ear.close()),
        }
        self.ear.take_if(|ear| ear.is_idle());
    }

    /// Whether what the far end says waits until it is known whether a key lies in it.
    pub(in crate::media) fn is_listened_to(&self) -> bool {
        self.ear.is_some()
    }

    /// Lets what was heard wait. While `keys_wait` for those who hear it, a new key waits, too.
    pub(in crate::media) fn listen(
        &mut self,
        now: Time,
        heard: Heard,
        packet: &[u8],
        keys_wait: bool,
        sound: &mut Sound,
    ) {
        let Some(ear) = &mut self.ear else { return };
        let held = &mut self.holds_back;
        ear.hear(now, heard, packet, sound, |key| {
            let holds_back = keys_wait || held.contains(key);
            if holds_back {
                // As with those that come by RTP.
                *held = Keys::ALL;
            }
            holds_back
        });
    }

    /// What need not wait any longer.
    pub(in crate::media) fn next_heard(&mut self, now: Time) -> Option<Waiting> {
        let ear = self.ear.as_mut()?;
        ear.rest(now);
        ear.next(now)
    }

    /// A key that was heard in what the far end says, and that nobody has.
    pub(in crate::media) fn next_press(&mut self) -> Option<Press> {
        self.ear.as_mut()?.press()
    }

    /// That packet has been passed on.
    pub(in crate::media) fn has_passed(&mut self, packet: Vec<u8>) {
        if let Some(ear) = &mut self.ear {
            ear.reuse(packet);
        }
        self.ear.take_if(|ear| ear.is_idle());
    }

    /// Follows the keys of the far end.
    pub(super) fn on_keys(
        &mut self,
        now: Time,
        header: &Header,
        place: Place,
        payload: &[u8],
        keys_wait: bool,
    ) -> (Content, Option<Beat>, Option<Struck>) {
        let Some(event) = Event::read(payload) else {
            return (Content::Nothing, None, None);
        };
        let spot = Spot {
            generation: place.generation,
            sequence: place.sequence,
            timestamp: header.timestamp,
            marker: header.marker,
        };
        let holds_back = keys_wait || self.holds_back(event.key);
        let (beat, struck) = self.keypad.hear(now, spot, event, holds_back);
        if beat.is_none() {
            return (Content::Nothing, None, struck);
        }
        if !self.keypad.holds_back() {
            return (Content::Event, beat, struck);
        }
        // Those that follow belong to it, until a table that knows of it says otherwise.
        self.holds_back = Keys::ALL;
        (Content::Nothing, None, struck)
    }

    /// Takes away the speech that lies under a key.
    pub(super) fn under_keys(
        &mut self,
        now: Time,
        header: &Header,
        place: Place,
        content: Content,
    ) -> (Content, Option<Beat>, Option<Struck>) {
        match content {
            Content::Voice(_) if self.keypad.covers(now, place.generation, header.timestamp) => {
                (Content::Nothing, None, None)
            }
            Content::Voice(_) => (content, None, self.keypad.speech(now)),
            Content::Event | Content::Nothing => (content, None, None),
        }
    }

    pub(super) fn tap(&mut self, now: Time, tap: &Tap, out: &mut dyn Outlet) {
        let Some(remote) = &self.remote else { return };
        let (Some(payload_type), Some(to)) = (remote.events, self.latch.destination()) else {
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
}
