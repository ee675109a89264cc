//! Symmetric latching: learning where a far end really is.
//!
//! Behind a NAT the address in the SDP is not the one that packets come from. So we listen first and
//! answer to where the speech came from, but only for as long as it takes to find out: a stream that
//! anybody can divert by sending one packet is a wiretap ("RTP bleed").

use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::Duration;

/// For so long we keep sending to the address in the SDP although somebody else has spoken first: the
/// rightful one may only be late.
const GRACE_MS: u64 = 100;
/// For so long a better source may take the place of the one we found.
const WINDOW_MS: u64 = 2_000;
/// After so long a silence the rightful far end may come back from another address.
const SILENCE_MS: u64 = 3_000;

/// What we know about where the far end is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Latch {
    /// Nobody has spoken yet.
    #[default]
    Listening,
    /// Somebody has spoken; somebody better may still turn up.
    Settling { source: SocketAddr, since: Time },
    /// The far end that spoke from `former` has moved, or so its description says; it has not spoken since.
    Moved { former: SocketAddr, since: Time },
    /// The source is known, and nobody else gets in while it speaks.
    Locked { source: SocketAddr, heard: Time },
}

/// How much a source resembles what the SDP promised.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Stranger,
    SameHost,
    Promised,
}

impl Latch {
    /// A packet came from `from`: is it our far end's? `promised` is the address in its SDP.
    pub(super) fn admits(&mut self, now: Time, from: SocketAddr, promised: SocketAddr) -> bool {
        match self {
            Latch::Listening => *self = Latch::found(now, from, promised),
            Latch::Moved { former, since } => {
                let is_stranger = likeness(from, promised) == Likeness::Stranger;
                let is_behind_its_nat = is_stranger && from.ip() == former.ip();
                let is_open = now.since(*since) >= Duration::from_millis(WINDOW_MS);
                if is_stranger && !is_behind_its_nat && !is_open {
                    return false;
                }
                *self = match is_behind_its_nat {
                    true => Latch::Settling {
                        source: from,
                        since: now - Duration::from_millis(GRACE_MS),
                    },
                    false => Latch::found(now, from, promised),
                };
            }
            Latch::Settling { source, since } if *source == from => {
                if now.since(*since) >= Duration::from_millis(WINDOW_MS) {
                    *self = Latch::Locked {
                        source: from,
                        heard: now,
                    };
                }
            }
            Latch::Settling { source, .. } => {
                if likeness(from, promised) <= likeness(*source, promised) {
                    return false;
                }
                *self = Latch::found(now, from, promised);
            }
            Latch::Locked { source, heard } => {
                let back = likeness(from, promised) == Likeness::Promised || from.ip() == source.ip();
                let silent = now.since(*heard) >= Duration::from_millis(SILENCE_MS);
                if from != *source && !(back && silent) {
                    return false;
                }
                (*source, *heard) = (from, now);
            }
        }
        true
    }

    /// Where to send: to the source once it is known, else to where the SDP says.
    pub(super) fn destination(&self, now: Time, promised: SocketAddr) -> Option<SocketAddr> {
        let reachable = Some(promised).filter(|to| is_reachable(*to));
        match self {
            Latch::Listening | Latch::Moved { .. } => reachable,
            Latch::Settling { source, since } if now.since(*since) < Duration::from_millis(GRACE_MS) => {
                reachable.or(Some(*source))
            }
            Latch::Settling { source, .. } => Some(*source),
            Latch::Locked { source, .. } => Some(*source),
        }
    }

    /// Where packets come from, if anybody has spoken.
    pub(super) fn source(&self) -> Option<SocketAddr> {
        match self {
            Latch::Listening | Latch::Moved { .. } => None,
            Latch::Settling { source, .. } | Latch::Locked { source, .. } => Some(*source),
        }
    }

    /// The far end has described itself anew, so it may speak from elsewhere. If its address is still the
    /// same, the source stays good until a better one turns up. If it has moved, strangers must wait: it has
    /// shown already where it lives, and a new description is no invitation to anybody else.
    pub(super) fn reopen(&mut self, now: Time, moved: bool) {
        *self = match self.source() {
            Some(source) if !moved => Latch::Settling {
                source,
                since: now - Duration::from_millis(GRACE_MS),
            },
            Some(former) => Latch::Moved { former, since: now },
            None => match *self {
                Latch::Moved { former, .. } => Latch::Moved { former, since: now },
                Latch::Listening | Latch::Settling { .. } | Latch::Locked { .. } => Latch::Listening,
            },
        };
    }

    fn found(now: Time, from: SocketAddr, promised: SocketAddr) -> Latch {
        match likeness(from, promised) {
            Likeness::Promised => Latch::Locked {
                source: from,
                heard: now,
            },
            Likeness::SameHost | Likeness::Stranger => Latch::Settling {
                source: from,
                since: now,
            },
        }
    }
}

/// An address that packets can be sent to: `0.0.0.0` was how a call was held before RFC 3264, and port 0
/// refuses a stream (RFC 3264 §6).
pub(super) fn is_reachable(to: SocketAddr) -> bool {
    !to.ip().is_unspecified() && !to.ip().is_multicast() && to.port() != 0
}

fn likeness(from: SocketAddr, promised: SocketAddr) -> Likeness {
    if from == promised {
        Likeness::Promised
    } else if from.ip() == promised.ip() {
        Likeness::SameHost
    } else {
        Likeness::Stranger
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Time {
        Time::EPOCH + Duration::from_secs(1_000) + Duration::from_millis(ms)
    }

    fn addr(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    const PHONE: &str = "192.168.1.20:4000";
    const NAT: &str = "203.0.113.9:61000";
    const THIEF: &str = "198.51.100.66:9";

    fn promised() -> SocketAddr {
        addr(PHONE)
    }

    #[test]
    fn the_promised_address_is_locked_by_its_first_packet() {
        let mut latch = Latch::default();
        assert_eq!(latch.destination(at(0), promised()), Some(promised()));
        assert!(latch.admits(at(0), addr(PHONE), promised()));
        assert!(
            !latch.admits(at(1), addr(THIEF), promised()),
            "a third party is kept out from then on"
        );
        assert_eq!(latch.destination(at(1), promised()), Some(promised()));
    }

    #[test]
    fn behind_a_nat_the_first_source_is_answered_after_a_short_grace() {
        let mut latch = Latch::default();
        assert!(
            latch.admits(at(0), addr(NAT), promised()),
            "its speech is heard at once"
        );
        assert_eq!(latch.destination(at(20), promised()), Some(promised()));
        assert_eq!(latch.destination(at(GRACE_MS), promised()), Some(addr(NAT)));
    }

    #[test]
    fn within_the_window_the_promised_address_wins_over_whoever_was_first() {
        let mut latch = Latch::default();
        assert!(latch.admits(at(0), addr(THIEF), promised()));
        assert!(
            !latch.admits(at(10), addr(NAT), promised()),
            "another stranger is no better"
        );
        assert!(latch.admits(at(WINDOW_MS - 1), addr(PHONE), promised()));
        assert!(!latch.admits(at(WINDOW_MS), addr(THIEF), promised()));
        assert_eq!(latch.destination(at(WINDOW_MS), promised()), Some(promised()));
    }

    #[test]
    fn another_port_of_the_promised_host_wins_over_a_stranger() {
        let mut latch = Latch::default();
        assert!(latch.admits(at(0), addr(THIEF), promised()));
        assert!(latch.admits(at(20), addr("192.168.1.20:5555"), promised()));
        assert!(!latch.admits(at(40), addr(THIEF), promised()));
    }

    #[test]
    fn a_locked_stream_cannot_be_stolen_while_it_speaks() {
        let mut latch = Latch::default();
        for ms in (0..=WINDOW_MS).step_by(20) {
            assert!(latch.admits(at(ms), addr(NAT), promised()));
        }
        assert!(
            !latch.admits(at(WINDOW_MS + 5), addr(PHONE), promised()),
            "not even by the promised address"
        );
        assert!(!latch.admits(at(WINDOW_MS + 5), addr(THIEF), promised()));
    }

    #[test]
    fn after_a_silence_only_the_rightful_far_end_may_come_back() {
        let mut latch = Latch::Locked {
            source: addr(NAT),
            heard: at(0),
        };
        assert!(!latch.admits(at(SILENCE_MS), addr(THIEF), promised()));
        assert!(
            latch.admits(at(SILENCE_MS), addr("203.0.113.9:62001"), promised()),
            "a new NAT binding"
        );
        assert!(latch.admits(at(2 * SILENCE_MS), addr(PHONE), promised()));
        assert_eq!(latch.source(), Some(promised()));
    }

    #[test]
    fn a_new_offer_opens_the_window_again() {
        let mut latch = Latch::Locked {
            source: addr(NAT),
            heard: at(0),
        };
        latch.reopen(at(10), false);
        assert_eq!(
            latch.destination(at(10), promised()),
            Some(addr(NAT)),
            "the known source stays good"
        );
        latch.reopen(at(20), true);
        assert_eq!(
            latch.destination(at(20), promised()),
            Some(promised()),
            "elsewhere we start anew"
        );
    }

    #[test]
    fn a_far_end_that_moves_cannot_be_replaced_by_a_stranger() {
        let mut latch = Latch::Locked {
            source: addr(NAT),
            heard: at(0),
        };
        latch.reopen(at(0), true);
        assert!(!latch.admits(at(10), addr(THIEF), promised()));
        assert_eq!(latch.destination(at(500), promised()), Some(promised()));
        assert!(
            latch.admits(at(510), addr("203.0.113.9:62001"), promised()),
            "the same NAT"
        );
        assert_eq!(
            latch.destination(at(510), promised()),
            Some(addr("203.0.113.9:62001")),
            "answered at once"
        );
        latch.reopen(at(1_000), true);
        assert!(
            latch.admits(at(1_000 + WINDOW_MS), addr("198.51.100.7:4000"), promised()),
            "from WLAN to LTE behind another NAT, after a while"
        );
    }

    #[test]
    fn nothing_is_sent_to_an_address_that_means_hold() {
        let latch = Latch::default();
        assert_eq!(latch.destination(at(0), addr("0.0.0.0:4000")), None);
        assert_eq!(latch.destination(at(0), addr("192.0.2.1:0")), None);
    }
}
