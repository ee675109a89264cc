//! An ear at one port: what its far end says waits until it is clear whether a key lies in it.
//!
//! Only far ends whose keys are to be held back and that cannot tell of them by RTP have one. Their speech is
//! passed on 35 ms later than it came, which with packets of 20 ms is two packets; of a key that is held back not a
//! packet is passed on, and of any other each. A stream that stops or loses packets waits for no longer than 80 ms.

use crate::media::codec::Decoder;
use crate::media::content::Content;
use crate::media::dtmf::{Detector, Finding, Stroke};
use crate::media::port::Heard;
use crate::media::sound::{Sound, Wanted};
use crate::time::Time;
use crate::wiring::{Key, Press, Rate};
use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

/// Speech that is not followed by more is passed on after so long.
const MAX_WAIT_MS: u64 = 80;
/// So many packets wait at most: those of 80 ms, be they as short as 5 ms.
const MAX_WAITING_PACKETS: usize = 16;
/// A key that is down when the stream stops has been let go. Longer than any stutter of a network.
const UNHEARD_END_MS: u64 = 200;
/// What begins in the last moment before a key, or ends in the first one after it, is part of it.
const MARGIN_TICKS: i64 = 16;
/// The way down to 8 kHz makes what is heard so much later than it is in the packet.
const WIDE_LATE_TICKS: i64 = 11;
/// The positions of a new count lie so far behind those of the old one.
const NEW_COUNT_TICKS: i64 = 10_000;
/// How loud a key is that is pressed for those who take events: a usual 10 dB below 0 dBm0.
const USUAL_VOLUME: u8 = 10;
const TICKS_PER_MS: i64 = 8;

/// Listens to one far end.
#[derive(Debug, Default)]
pub(super) struct Ear {
    /// Of its own: those who hear the speech hear it later, and not all of it.
    decoder: Decoder,
    /// None once nobody wants to know any more; then nothing need wait.
    detector: Option<Detector>,
    clock: Option<Clock>,
    waiting: VecDeque<Waiting>,
    /// Room for packets to come, so that none has to be made for each.
    spare: Vec<Vec<u8>>,
    /// Since which position a key is down that nobody is to have.
    held_back_since: Option<i64>,
    /// Keys that were held back and have yet to be told.
    presses: VecDeque<Press>,
    /// When something was heard last.
    heard: Option<Time>,
}

/// A packet that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) heard: Heard,
    pub(super) packet: Vec<u8>,
    pub(super) arrived: Time,
    span: Range<i64>,
}

/// Ties the timestamps of the present count to positions.
#[derive(Clone, Copy, Debug)]
struct Clock {
    generation: u32,
    timestamp: u32,
    position: i64,
}

impl Ear {
    /// Listens from now on, if it does not yet.
    pub(super) fn open(&mut self) {
        self.detector.get_or_insert_default();
    }

    /// Listens no longer: what waits may go.
    pub(super) fn close(&mut self) {
        if let Some(mut detector) = self.detector.take() {
            self.found(detector.end(), |_| false);
        }
    }

    /// Whether nothing is left to be done for a far end to which nobody listens.
    pub(super) fn is_idle(&self) -> bool {
        self.detector.is_none() && self.waiting.is_empty() && self.presses.is_empty()
    }

    /// A packet has come, and waits. `holds_back` says of a key that goes down whether nobody is to have it.
    pub(super) fn hear(
        &mut self,
        now: Time,
        heard: Heard,
        packet: &[u8],
        sound: &mut Sound,
        mut holds_back: impl FnMut(Key) -> bool,
    ) {
        let content = heard.content;
        let said = &packet[heard.payload.clone()];
        let position = self.position(&heard);
        self.keep(now, heard, packet, position);
        let (Some(codec), Some(mut detector)) = (content.codec(), self.detector.take()) else {
            return;
        };
        self.heard = Some(now);
        let narrow = Wanted::from_iter([Rate::Narrow]);
        self.decoder.decode(codec, said, narrow, sound);
        let late = match codec.rate() {
            Rate::Narrow => 0,
            Rate::Wide => WIDE_LATE_TICKS,
        };
        let (is_next, finding) = detector.turn_to(position - late);
        self.found(finding, &mut holds_back);
        let mut samples = sound.at(Rate::Narrow);
        while is_next && !samples.is_empty() {
            self.found(detector.hear(&mut samples), &mut holds_back);
        }
        self.detector = Some(detector);
    }

    /// When there is something to do though nothing is heard.
    pub(super) fn due(&self) -> Option<Time> {
        let oldest = self.waiting.front().map(|oldest| oldest.arrived);
        match (&self.detector, self.held_back_since) {
            (None, _) => oldest.or(self.heard.filter(|_| !self.presses.is_empty())),
            (Some(_), Some(_)) => self.heard.map(|at| at + Duration::from_millis(UNHEARD_END_MS)),
            (Some(_), None) => oldest.map(|arrived| arrived + Duration::from_millis(MAX_WAIT_MS)),
        }
    }

    /// Time has passed. A key that is down though nothing more is heard has been let go.
    pub(super) fn rest(&mut self, now: Time) {
        let is_over = self.held_back_since.is_some() && self.due().is_some_and(|due| due <= now);
        if let Some(finding) = self.detector.as_mut().filter(|_| is_over).map(Detector::end) {
            self.found(finding, |_| false);
        }
    }

    /// The next key that was pressed and let go, and that nobody has.
    pub(super) fn press(&mut self) -> Option<Press> {
        self.presses.pop_front()
    }

    /// The next packet that need not wait any longer. One that lies under a key says nothing.
    pub(super) fn next(&mut self, now: Time) -> Option<Waiting> {
        let oldest = self.waiting.front()?;
        let is_late = self.due().is_some_and(|due| due <= now);
        let is_sure = self
            .detector
            .as_ref()
            .is_none_or(|detector| detector.is_sure_until(oldest.span.end));
        let is_full = self.waiting.len() > MAX_WAITING_PACKETS;
        let mut next = self.waiting.pop_front_if(|_| is_late || is_sure || is_full)?;
        if self
            .held_back_since
            .is_some_and(|since| next.lies_under(&(since..i64::MAX)))
        {
            next.heard.content = Content::Nothing;
        }
        Some(next)
    }

    /// Takes back the room that a packet had.
    pub(super) fn reuse(&mut self, packet: Vec<u8>) {
        self.spare.push(packet);
    }

    /// Where it stands, on a count that knows no wrapping and no restart.
    fn position(&mut self, heard: &Heard) -> i64 {
        let (generation, timestamp) = (heard.place.generation, heard.place.timestamp);
        let position = match self.clock {
            Some(clock) if clock.generation == generation => {
                clock.position + i64::from(timestamp.wrapping_sub(clock.timestamp) as i32)
            }
            Some(clock) => clock.position + NEW_COUNT_TICKS,
            None => 0,
        };
        self.clock = Some(Clock {
            generation,
            timestamp,
            position,
        });
        position
    }

    fn keep(&mut self, now: Time, heard: Heard, packet: &[u8], position: i64) {
        let ticks = heard.content.voice_ticks(&heard.payload).unwrap_or(0);
        let mut room = self.spare.pop().unwrap_or_default();
        room.clear();
        room.extend_from_slice(packet);
        self.waiting.push_back(Waiting {
            heard,
            packet: room,
            arrived: now,
            span: position..position + i64::from(ticks),
        });
    }

    fn found(&mut self, finding: Option<Finding>, mut holds_back: impl FnMut(Key) -> bool) {
        match finding {
            Some(Finding::Pressed(stroke)) => {
                self.held_back_since = holds_back(stroke.key).then_some(stroke.from - MARGIN_TICKS);
            }
            Some(Finding::Released(stroke)) if self.held_back_since.take().is_some() => self.withhold(stroke),
            Some(Finding::Released(_)) | None => {}
        }
    }

    /// This key is told, and of what waits, what lies under it is not to be heard.
    fn withhold(&mut self, stroke: Stroke) {
        let span = stroke.from - MARGIN_TICKS..stroke.to + MARGIN_TICKS;
        for waiting in self
            .waiting
            .iter_mut()
            .filter(|waiting| waiting.lies_under(&span))
        {
            waiting.heard.content = Content::Nothing;
        }
        self.presses.push_back(Press {
            key: stroke.key,
            ms: u32::try_from((stroke.to - stroke.from) / TICKS_PER_MS).unwrap_or(0),
            volume: USUAL_VOLUME,
        });
    }
}

impl Waiting {
    fn lies_under(&self, span: &Range<i64>) -> bool {
        self.span.start < span.end && span.start < self.span.end
    }
}
