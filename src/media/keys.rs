//! Telephone keys as RTP has them (RFC 4733): which are pressed at a far end, and pressing them for a listener.

use crate::media::source::ticks_in;
use crate::media::tone::{FRAME_MS, on_the_grid};
use crate::time::Time;
use crate::wiring::{Key, Press};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

/// An event, its volume and its duration so far (RFC 4733 §2.3).
pub(super) const EVENT_BYTES: usize = 4;

/// The bit that says that the key has been let go, beside six bits of volume.
const END: u8 = 0x80;
const VOLUME: u8 = 0x3F;
/// The longest that one segment of an event can last, in ticks: its duration has 16 bits (RFC 4733 §2.5.1.3).
const MAX_SEGMENT_TICKS: u32 = 0xFFFF;
/// Three packets that did not come: the key has been let go, and we did not hear of it (RFC 4733 §2.6).
const UNHEARD_END_MS: u64 = 3 * FRAME_MS;
/// The end is said three times, for any of them may be lost (RFC 4733 §2.5.1.4).
const ENDS: u8 = 3;
/// Between two keys a listener hears nothing of them for so long; 40 ms is the least that exchanges want.
const PAUSE_MS: u64 = 60;
/// Keys that wait for a listener while others are pressed for it; the next is left out.
const MAX_WAITING_KEYS: usize = 32;
const TICKS_PER_MS: u32 = 8;

/// Where a packet about a key stands in what its far end sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// Which count the other two are of.
    pub(super) generation: u32,
    pub(super) sequence: u32,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
}

/// What one packet says about a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) key: Key,
    ended: bool,
    volume: u8,
    /// Ticks since its segment began.
    lasts: u16,
}

/// The keys of a far end, as they are pressed there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) enum Keypad {
    /// No key has ever been heard.
    #[default]
    Untouched,
    /// A key is down.
    Down(Stroke),
    /// This was the last key, and its end has been heard; the repetitions of that say nothing new.
    Released(Stroke),
}

/// One key being pressed, as far as it was heard.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Stroke {
    key: Key,
    volume: u8,
    /// The how manyeth it is, so that two of them are told apart whatever their far end writes.
    #[serde(default)]
    number: u32,
    generation: u32,
    /// The number of its newest packet.
    #[serde(default)]
    newest: u32,
    /// The timestamp of its present segment.
    began: u32,
    /// Ticks of the segments before.
    before: u32,
    /// Ticks of this one.
    lasts: u32,
    heard: Time,
    /// Nobody has it.
    #[serde(default)]
    held_back: bool,
}

/// A key that was pressed at a far end, and what became of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Struck {
    pub(super) press: Press,
    /// Nobody has it.
    pub(super) held_back: bool,
}

/// Which key an event packet is about, and how many ticks of it lie before its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Beat {
    pub(super) number: u32,
    pub(super) before: u32,
}

/// What a packet is to the key that was heard last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kinship {
    /// It is about this key, and so far in the same segment.
    Same,
    /// The key is still down, in a new segment.
    NextSegment,
    /// It is about a key from before.
    Older,
    /// Another key has been pressed.
    New,
}

/// Presses keys for one listener, one after the other.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Finger {
    waiting: VecDeque<Press>,
    pressing: Option<Pressing>,
    /// Packets made so far.
    packets: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Pressing {
    press: Press,
    began: Time,
    /// When the next packet is due.
    due: Time,
    /// Ticks in segments that are complete.
    before: u32,
    /// How often the end has been said.
    ends: u8,
    is_new: bool,
}

/// One packet about a key that is pressed for a listener.
pub(super) struct Tap {
    pub(super) sequence: u32,
    /// Ticks since the epoch, when its segment began.
    pub(super) timestamp: u32,
    /// The first packet of the event, which has a marker (RFC 4733 §2.2.2).
    pub(super) is_first: bool,
    pub(super) payload: [u8; EVENT_BYTES],
}

impl Event {
    /// Reads a packet's payload; none if it is about no key.
    pub(super) fn read(payload: &[u8]) -> Option<Event> {
        let [event, flags, high, low, ..] = *payload else {
            return None;
        };
        Some(Event {
            key: Key::of_event(event)?,
            ended: flags & END != 0,
            volume: flags & VOLUME,
            lasts: u16::from_be_bytes([high, low]),
        })
    }
}

impl Keypad {
    /// A packet about a key; one that begins with it is held back or not for as long as it lasts. Returns which key it
    /// is about, unless that is one from before, and what was pressed, once it is known for how long: with its end, or,
    /// if that was lost, with the next key.
    pub(super) fn hear(
        &mut self,
        now: Time,
        spot: Spot,
        event: Event,
        holds_back: bool,
    ) -> (Option<Beat>, Option<Struck>) {
        let new = |number| Stroke::new(now, number, spot, event, holds_back);
        let (mut stroke, is_down, lost) = match *self {
            Keypad::Untouched => (new(0), true, None),
            Keypad::Down(old) => match old.kinship_while_down(spot, event) {
                Kinship::Older => return (None, None),
                Kinship::Same => (old, true, None),
                Kinship::NextSegment => (old.next_segment(spot.timestamp), true, None),
                Kinship::New => (new(old.next_number()), true, Some(old.struck())),
            },
            Keypad::Released(old) => match old.kinship_after_end(now, spot, event) {
                Kinship::Older => return (None, None),
                Kinship::Same | Kinship::NextSegment => (old, false, None),
                Kinship::New => (new(old.next_number()), true, None),
            },
        };
        stroke.hear(now, spot, event);
        let has_ended = event.ended && is_down && lost.is_none();
        // After a lost end this one's end, if it is here already, is said twice more.
        *self = match is_down && !has_ended {
            true => Keypad::Down(stroke),
            false => Keypad::Released(stroke),
        };
        let struck = lost.or_else(|| has_ended.then(|| stroke.struck()));
        (Some(stroke.beat()), struck)
    }

    /// Whether nobody is to have the last key.
    pub(super) fn holds_back(&self) -> bool {
        match self {
            Keypad::Untouched => false,
            Keypad::Down(stroke) | Keypad::Released(stroke) => stroke.held_back,
        }
    }

    /// Whether speech with this timestamp lies under a key. Some far ends let the tone of the key be heard as
    /// well, and whoever got both would count it twice.
    pub(super) fn covers(&self, now: Time, generation: u32, timestamp: u32) -> bool {
        match self {
            Keypad::Untouched => false,
            Keypad::Down(stroke) => now.since(stroke.heard) <= Duration::from_millis(UNHEARD_END_MS),
            Keypad::Released(stroke) => {
                stroke.generation == generation && timestamp.wrapping_sub(stroke.began) < stroke.lasts
            }
        }
    }

    /// Speech has come. If a key was down, its end must have been lost: this is what was pressed.
    pub(super) fn speech(&mut self, now: Time) -> Option<Struck> {
        match *self {
            Keypad::Down(stroke) if now.since(stroke.heard) > Duration::from_millis(UNHEARD_END_MS) => {
                *self = Keypad::Released(stroke);
                Some(stroke.struck())
            }
            Keypad::Down(_) | Keypad::Untouched | Keypad::Released(_) => None,
        }
    }

    /// Whether the far end tells of its keys by RTP.
    pub(super) fn is_used(&self) -> bool {
        match self {
            Keypad::Untouched => false,
            Keypad::Down(_) | Keypad::Released(_) => true,
        }
    }
}

impl Stroke {
    fn new(now: Time, number: u32, spot: Spot, event: Event, held_back: bool) -> Stroke {
        Stroke {
            key: event.key,
            volume: event.volume,
            number,
            generation: spot.generation,
            newest: spot.sequence,
            began: spot.timestamp,
            before: 0,
            lasts: 0,
            heard: now,
            held_back,
        }
    }

    fn hear(&mut self, now: Time, spot: Spot, event: Event) {
        self.lasts = self.lasts.max(event.lasts.into());
        self.heard = now;
        self.newest = match self.generation == spot.generation {
            true => self.newest.max(spot.sequence),
            false => spot.sequence,
        };
        self.generation = spot.generation;
    }

    fn next_segment(self, timestamp: u32) -> Stroke {
        Stroke {
            began: timestamp,
            before: self.before.saturating_add(timestamp.wrapping_sub(self.began)),
            lasts: 0,
            ..self
        }
    }

    fn next_number(&self) -> u32 {
        self.number.wrapping_add(1)
    }

    fn beat(&self) -> Beat {
        Beat {
            number: self.number,
            before: self.before,
        }
    }

    /// One key has one digit and one timestamp (RFC 4733 §2.2.1). Some let the timestamp run with the packets; as
    /// long as the key is no shorter with any of them and none begins anew, that is one key as well.
    fn kinship_while_down(&self, spot: Spot, event: Event) -> Kinship {
        let is_same_key = self.key == event.key;
        let goes_on = is_same_key && !spot.marker && u32::from(event.lasts) >= self.lasts;
        match spot.timestamp.wrapping_sub(self.began) {
            0 if is_same_key => Kinship::Same,
            _ if self.is_late(spot) => Kinship::Older,
            // RFC 4733 §2.5.1.3: a long event goes on in a new segment right where the one before was full.
            MAX_SEGMENT_TICKS if is_same_key => Kinship::NextSegment,
            _ if goes_on => Kinship::Same,
            _ => Kinship::New,
        }
    }

    /// Its end is said several times, and each of them is only that; but what begins after it is a key of its own,
    /// whatever timestamp it has. Some let the timestamp run on while they repeat the end.
    fn kinship_after_end(&self, now: Time, spot: Spot, event: Event) -> Kinship {
        let has_just_ended = now.since(self.heard) <= Duration::from_millis(UNHEARD_END_MS);
        let says_the_same = event.ended && self.key == event.key && !spot.marker;
        let is_repeated = u32::from(event.lasts) == self.lasts && has_just_ended;
        match says_the_same && (spot.timestamp == self.began || is_repeated) {
            true => Kinship::Same,
            false if self.is_late(spot) => Kinship::Older,
            false => Kinship::New,
        }
    }

    /// Whether what this packet says was overtaken by what we know.
    fn is_late(&self, spot: Spot) -> bool {
        self.generation == spot.generation && spot.sequence < self.newest
    }

    fn struck(&self) -> Struck {
        let press = Press {
            key: self.key,
            ms: self.before.saturating_add(self.lasts) / TICKS_PER_MS,
            volume: self.volume,
        };
        Struck {
            press,
            held_back: self.held_back,
        }
    }
}

impl Finger {
    /// Presses this key as soon as those before it have been pressed. False if too many wait already.
    pub(super) fn press(&mut self, now: Time, press: Press) -> bool {
        let has_room = self.waiting.len() < MAX_WAITING_KEYS;
        if has_room {
            self.waiting.push_back(press);
        }
        if self.pressing.is_none() {
            self.begin(on_the_grid(now));
        }
        has_room
    }

    /// Whether a key is down for the listener, who is to hear nothing else meanwhile.
    pub(super) fn is_down(&self) -> bool {
        self.pressing.as_ref().is_some_and(|pressing| !pressing.is_over())
    }

    /// Whether keys are being pressed, or the pause after the last is not over.
    pub(super) fn is_busy(&self) -> bool {
        self.pressing.is_some()
    }

    /// When there is something to do.
    pub(super) fn due(&self) -> Option<Time> {
        self.pressing.as_ref().map(|pressing| pressing.due)
    }

    /// The packet that is due by now, if one is.
    pub(super) fn next(&mut self, now: Time) -> Option<Tap> {
        if self
            .pressing
            .as_ref()
            .is_some_and(|last| last.is_over() && last.due <= now)
        {
            self.begin(on_the_grid(now));
        }
        let pressing = self.pressing.as_mut().filter(|pressing| pressing.due <= now)?;
        let tap = pressing.tap(now, self.packets);
        self.packets = self.packets.wrapping_add(1);
        Some(tap)
    }

    fn begin(&mut self, at: Time) {
        self.pressing = self.waiting.pop_front().map(|press| Pressing {
            press,
            began: at,
            due: at,
            before: 0,
            ends: 0,
            is_new: true,
        });
    }
}

impl Pressing {
    fn is_over(&self) -> bool {
        self.ends >= ENDS
    }

    fn tap(&mut self, now: Time, sequence: u32) -> Tap {
        let total = self.press.ms.saturating_mul(TICKS_PER_MS);
        let passed = ticks_in(now.since(self.began)) + FRAME_MS as u32 * TICKS_PER_MS;
        let timestamp = ticks_in(self.began.since(Time::EPOCH)).wrapping_add(self.before);
        let lasts = passed.min(total) - self.before;
        let (lasts, ended) = match lasts {
            0..=MAX_SEGMENT_TICKS => (lasts, passed >= total),
            _ => {
                self.before += MAX_SEGMENT_TICKS;
                (MAX_SEGMENT_TICKS, false)
            }
        };
        self.ends += u8::from(ended);
        let rest = if self.is_over() { PAUSE_MS } else { FRAME_MS };
        let due = self.due + Duration::from_millis(rest);
        self.due = due.max(on_the_grid(now + Duration::from_micros(1)));
        let [high, low] = (lasts as u16).to_be_bytes();
        let flags = self.press.volume & VOLUME | if ended { END } else { 0 };
        Tap {
            sequence,
            timestamp,
            is_first: std::mem::take(&mut self.is_new),
            payload: [self.press.key.event(), flags, high, low],
        }
    }
}
