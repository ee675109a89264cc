//! What goes out on a port: one continuous stream, whatever it is made of.
//!
//! A listener must not notice that its speech comes from the agent, then from our music, then from a
//! colleague: it sees one synchronisation source whose sequence numbers follow each other and whose
//! timestamps follow the clock (RFC 3550 §5.1). Within one feed the feed's own gaps are kept, so that loss
//! and reordering stay visible to the listener's jitter buffer.

use crate::id::LegId;
use crate::media::codec::{CLOCK_HZ, FRAME_TICKS};
use crate::media::keys::Beat;
use crate::media::source::{distance, ticks_in};
use crate::media::tone::Tone;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// A key whose timestamp is further than this from what our clock shows has one of its own making.
const KEY_ASTRAY_TICKS: u32 = CLOCK_HZ;

/// The stream that one far end hears from us.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Outgoing {
    pub(super) ssrc: u32,
    joint: Option<Joint>,
    newest: Option<Sent>,
    /// The key that was passed on last.
    #[serde(default)]
    key: Option<Key>,
    /// RTP packets sent.
    pub(super) packets: u64,
    /// Octets of payload in them.
    pub(super) octets: u64,
}

/// Something with a sequence and a clock of its own that the stream is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Feed {
    /// What a leg says, as long as its counts go on.
    Leg { leg: LegId, generation: u32 },
    /// What we play.
    Tone(Tone),
    /// The keys that we press.
    Keys,
    /// Several of those together.
    Mix,
}

/// How the counts of the present feed are shifted to become ours.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Joint {
    feed: Feed,
    sequence_shift: u32,
    timestamp_shift: u32,
    /// Packets of the feed from before this number came too late to have a place in our stream.
    earliest: u32,
    /// The newest of the feed's numbers that went out or was withheld.
    newest: u32,
}

/// The newest packet that went out.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Sent {
    sequence: u16,
    timestamp: u32,
    ticks: u32,
    /// When this timestamp was sent first.
    at: Time,
}

/// A key that a leg has pressed: which, and the timestamp at which it began in our stream.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Key {
    leg: LegId,
    number: u32,
    began: u32,
}

/// What is written into a packet's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
    /// The first packet of a feed, which deserves a marker.
    pub(super) first: bool,
}

impl Outgoing {
    /// A stream that has not begun.
    pub(super) fn new(ssrc: u32) -> Outgoing {
        Outgoing {
            ssrc,
            joint: None,
            newest: None,
            key: None,
            packets: 0,
            octets: 0,
        }
    }

    /// Gives the feed's packet its place in our stream, or none if it came too late to have one.
    pub(super) fn place(
        &mut self,
        now: Time,
        feed: Feed,
        sequence: u32,
        timestamp: u32,
        ticks: u32,
    ) -> Option<Stamp> {
        let (stamp, is_newest) = self.number(now, feed, sequence, timestamp)?;
        if is_newest {
            self.advance(now, stamp.sequence, stamp.timestamp, ticks);
        }
        Some(stamp)
    }

    /// The same for a packet about a key. All packets of one key have one timestamp, and no two keys have the same or
    /// an older one, whatever the feed says: to a listener that would be a key that it has had.
    pub(super) fn place_key(
        &mut self,
        now: Time,
        feed: Feed,
        sequence: u32,
        timestamp: u32,
        (leg, beat): (LegId, Beat),
    ) -> Option<Stamp> {
        let clock = self.next(now).1;
        let (stamp, is_newest) = self.number(now, feed, sequence, timestamp)?;
        let is_plausible = distance(stamp.timestamp, clock) <= KEY_ASTRAY_TICKS;
        let began = if is_plausible { stamp.timestamp } else { clock };
        let stamp = self.time_key(stamp, (leg, beat), [began, clock]);
        if is_newest {
            self.advance(now, stamp.sequence, stamp.timestamp, 0);
        }
        Some(stamp)
    }

    /// The same for one that comes beside the feed, under a source of its own: it takes the next number, and what the
    /// feed says follows behind it.
    pub(super) fn place_key_aside(&mut self, now: Time, leg: LegId, beat: Beat) -> Option<Stamp> {
        let (sequence, clock) = self.next(now);
        if let Some(joint) = &mut self.joint {
            joint.sequence_shift = joint.sequence_shift.wrapping_add(1);
            joint.earliest = joint.newest.wrapping_add(1);
        }
        let stamp = Stamp {
            sequence,
            timestamp: clock,
            first: false,
        };
        let stamp = self.time_key(stamp, (leg, beat), [clock; 2]);
        self.advance(now, stamp.sequence, stamp.timestamp, 0);
        Some(stamp)
    }

    /// The timestamp of a key: that of its first packet, or the first of these that no key has had.
    fn time_key(&mut self, stamp: Stamp, (leg, beat): (LegId, Beat), free: [u32; 2]) -> Stamp {
        let is_it = |key: &Key| (key.leg, key.number) == (leg, beat.number);
        let known = self.key.filter(is_it).map(|key| key.began);
        let is_after = |began: &u32| {
            self.key
                .is_none_or(|key| began.wrapping_sub(key.began) as i32 > 0)
        };
        let fresh = || {
            free.map(|at| at.wrapping_sub(beat.before))
                .into_iter()
                .find(is_after)
        };
        let number = beat.number;
        let began = known.or_else(fresh).unwrap_or(free[1]);
        self.key = Some(Key { leg, number, began });
        Stamp {
            timestamp: began.wrapping_add(beat.before),
            first: known.is_none(),
            ..stamp
        }
    }

    /// The feed's packet in our numbers, and whether it is the newest of it.
    fn number(&mut self, now: Time, feed: Feed, sequence: u32, timestamp: u32) -> Option<(Stamp, bool)> {
        let first = self.joint.is_none_or(|joint| joint.feed != feed);
        let joint = match &mut self.joint {
            Some(joint) if !first => joint,
            _ => {
                let (next_sequence, next_timestamp) = self.next(now);
                self.joint.insert(Joint {
                    feed,
                    sequence_shift: u32::from(next_sequence).wrapping_sub(sequence),
                    timestamp_shift: next_timestamp.wrapping_sub(timestamp),
                    earliest: sequence,
                    newest: sequence,
                })
            }
        };
        if sequence < joint.earliest {
            return None;
        }
        let is_newest = first || sequence > joint.newest;
        joint.newest = joint.newest.max(sequence);
        let stamp = Stamp {
            sequence: sequence.wrapping_add(joint.sequence_shift) as u16,
            timestamp: timestamp.wrapping_add(joint.timestamp_shift),
            first,
        };
        Some((stamp, is_newest))
    }

    /// Whether some of another feed is still to be heard: a packet of this one would only make the listener wait longer
    /// for what comes after it.
    pub(super) fn is_ahead_of(&self, now: Time, feed: Feed) -> bool {
        let goes_on = self.joint.is_some_and(|joint| joint.feed == feed);
        let unheard = |sent: Sent| sent.ticks.saturating_sub(ticks_in(now.since(sent.at)));
        !goes_on && self.newest.map_or(0, unheard) > 0
    }

    /// A packet of the feed that the listener is not to have. The numbers after it close up, lest its
    /// absence look like loss.
    pub(super) fn withhold(&mut self, feed: Feed, sequence: u32) {
        if let Some(joint) = self.joint.as_mut().filter(|joint| joint.feed == feed)
            && sequence > joint.newest
        {
            joint.newest = sequence;
            joint.earliest = sequence;
            joint.sequence_shift = joint.sequence_shift.wrapping_sub(1);
        }
    }

    /// The listener is about to hear something else; should it be the same voice again, its numbers will
    /// have moved on meanwhile.
    pub(super) fn change_feed(&mut self) {
        self.joint = None;
    }

    /// A packet has gone out.
    pub(super) fn count(&mut self, payload_octets: usize) {
        self.packets += 1;
        self.octets += payload_octets as u64;
    }

    /// What the clock of our stream shows now (for sender reports), once it has begun.
    pub(super) fn clock(&self, now: Time) -> Option<u32> {
        self.newest
            .map(|sent| sent.timestamp.wrapping_add(ticks_in(now.since(sent.at))))
    }

    /// The numbers that follow what was sent. The timestamp advances with the clock, and by one packet at
    /// least. Both start anywhere (RFC 3550 §5.1), spread by the synchronisation source, which is random.
    fn next(&self, now: Time) -> (u16, u32) {
        match self.newest {
            Some(sent) => {
                let passed = ticks_in(now.since(sent.at)).max(sent.ticks);
                (sent.sequence.wrapping_add(1), sent.timestamp.wrapping_add(passed))
            }
            None => {
                let anywhere = scatter(u64::from(self.ssrc));
                (anywhere as u16 & 0x7FFF, (anywhere >> 32) as u32)
            }
        }
    }

    fn advance(&mut self, now: Time, sequence: u16, timestamp: u32, ticks: u32) {
        // The packets of one event share a timestamp: the moment at which it began (RFC 4733 §2.2).
        let at = match self.newest {
            Some(sent) if sent.timestamp == timestamp => sent.at,
            Some(_) | None => now,
        };
        self.newest = Some(Sent {
            sequence,
            timestamp,
            ticks: ticks.min(FRAME_TICKS as u32 * 10),
            at,
        });
    }
}

/// Spreads neighbouring numbers far apart (the finaliser of SplitMix64), for values that want to look
/// random but must come out the same again.
pub(super) fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(ms: u64) -> Time {
        Time::EPOCH + Duration::from_millis(10_000 + ms)
    }

    const AGENT: Feed = Feed::Leg {
        leg: LegId(1),
        generation: 1,
    };
    const MUSIC: Feed = Feed::Tone(Tone::Music);

    fn after(earlier: Stamp, packets: u16, ticks: u32, first: bool) -> Option<Stamp> {
        Some(Stamp {
            sequence: earlier.sequence.wrapping_add(packets),
            timestamp: earlier.timestamp.wrapping_add(ticks),
            first,
        })
    }

    #[test]
    fn a_change_of_feed_is_one_step_in_sequence_and_as_long_as_the_clock_says() {
        let mut out = Outgoing::new(7);
        let begun = out.place(at(0), AGENT, 70_000, 123, 160).unwrap();
        assert!(begun.first);
        assert_eq!(
            out.place(at(20), AGENT, 70_001, 283, 160),
            after(begun, 1, 160, false)
        );
        assert_eq!(
            out.place(at(520), MUSIC, 0, 0, 160),
            after(begun, 2, 160 + 4_000, true)
        );
        assert_eq!(
            out.place(at(521), AGENT, 99_999, 77, 160),
            after(begun, 3, 160 + 4_160, true)
        );
    }

    #[test]
    fn loss_reordering_and_silence_of_a_feed_stay_visible() {
        let mut out = Outgoing::new(7);
        let begun = out.place(at(0), AGENT, 70_000, 0, 160).unwrap();
        assert_eq!(
            out.place(at(60), AGENT, 70_003, 480, 160),
            after(begun, 3, 480, false)
        );
        assert_eq!(
            out.place(at(61), AGENT, 70_002, 320, 160),
            after(begun, 2, 320, false)
        );
        assert_eq!(
            out.place(at(900), AGENT, 70_004, 7_200, 160),
            after(begun, 4, 7_200, false)
        );
        assert_eq!(out.place(at(901), MUSIC, 0, 0, 160), after(begun, 5, 7_360, true));
    }

    #[test]
    fn what_came_before_the_joint_has_no_place_in_the_stream() {
        let mut out = Outgoing::new(7);
        assert!(out.place(at(0), MUSIC, 0, 0, 160).is_some());
        assert!(out.place(at(20), AGENT, 70_001, 160, 160).is_some());
        assert_eq!(out.place(at(21), AGENT, 70_000, 0, 160), None);
    }

    #[test]
    fn withheld_packets_leave_no_gap() {
        let mut out = Outgoing::new(7);
        let begun = out.place(at(0), AGENT, 70_000, 0, 160).unwrap();
        out.withhold(AGENT, 70_001);
        out.withhold(AGENT, 70_002);
        assert_eq!(
            out.place(at(60), AGENT, 70_003, 480, 160),
            after(begun, 1, 480, false)
        );
    }

    #[test]
    fn sequence_and_timestamp_wrap_in_our_count_and_in_the_feeds() {
        let mut out = Outgoing::new(7);
        let start = 0x1_FFF0_u32;
        let begun = out.place(at(0), AGENT, start, u32::MAX - 80, 160).unwrap();
        for n in 1..70_000_u32 {
            let timestamp = (u32::MAX - 80).wrapping_add(n * 160);
            let stamp = out.place(at(20 * u64::from(n)), AGENT, start + n, timestamp, 160);
            assert_eq!(stamp, after(begun, n as u16, n * 160, false));
        }
    }

    #[test]
    fn after_an_event_the_clock_goes_on_from_when_the_event_began() {
        let mut out = Outgoing::new(7);
        let begun = out.place(at(0), AGENT, 70_000, 0, 160).unwrap();
        for n in 1..=10 {
            let place = out.place(at(20 * u64::from(n)), AGENT, 70_000 + n, 160, 0);
            assert_eq!(place, after(begun, n as u16, 160, false));
        }
        assert_eq!(
            out.place(at(220), MUSIC, 0, 0, 160),
            after(begun, 11, 160 + 1_600, true)
        );
    }
}
