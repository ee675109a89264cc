//! Which RTP ports are taken. Numbers only: the shell binds what a wiring names.

use crate::config::valid::Media;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

/// How long a port rests before it is used again, so that the last packets of the old call, still on
/// their way, are not heard in the new one.
const REST: Duration = Duration::from_secs(5);

/// The RTP ports of the configured range: taken, resting or free.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ports {
    taken: BTreeSet<u16>,
    resting: VecDeque<(Time, u16)>,
    last: Option<u16>,
}

impl Ports {
    /// An even port that nobody uses, the one above it for RTCP; none if the range is used up. When all
    /// the others are taken, a port that still rests is given rather than a call refused: the one that
    /// rested longest.
    pub fn take(&mut self, now: Time, range: &Media) -> Option<u16> {
        self.wake(now);
        let port = self
            .rested(range)
            .or_else(|| self.resting.pop_front().map(|(_, port)| port))?;
        self.taken.insert(port);
        self.last = Some(port);
        Some(port)
    }

    /// The next free port that has rested enough, in turn, so that each rests as long as can be.
    fn rested(&self, range: &Media) -> Option<u16> {
        let first = range.first_port;
        let pairs = pairs(range);
        if self.taken.len() + self.resting.len() >= pairs {
            return None;
        }
        let start = self.last.filter(|last| (first..=range.last_port).contains(last));
        let start = start.map_or(0, |last| usize::from((last - first) / 2) + 1);
        let numbers = (0..pairs).map(|step| (start + step) % pairs);
        numbers
            .filter_map(|pair| u16::try_from(usize::from(first) + pair * 2).ok())
            .find(|port| !self.taken.contains(port) && !self.resting.iter().any(|(_, r)| r == port))
    }

    /// The leg that had this port is gone.
    pub fn give_back(&mut self, now: Time, port: u16) {
        if self.taken.remove(&port) {
            self.resting.push_back((now + REST, port));
        }
    }

    /// How many ports are taken now.
    pub fn taken(&self) -> usize {
        self.taken.len()
    }

    fn wake(&mut self, now: Time) {
        while self.resting.front().is_some_and(|(until, _)| *until <= now) {
            self.resting.pop_front();
        }
    }
}

/// How many legs the range has room for.
pub fn pairs(range: &Media) -> usize {
    (usize::from(range.last_port) + 1).saturating_sub(usize::from(range.first_port)) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first_port: u16, last_port: u16) -> Media {
        Media {
            first_port,
            last_port,
            threads: 1,
            music: None,
            codecs: vec![],
        }
    }

    #[test]
    fn ports_come_in_pairs_until_the_range_is_used_up() {
        let mut ports = Ports::default();
        let range = range(20000, 20003);
        assert_eq!(ports.take(Time::EPOCH, &range), Some(20000));
        assert_eq!(ports.take(Time::EPOCH, &range), Some(20002));
        assert_eq!(ports.take(Time::EPOCH, &range), None);
    }

    #[test]
    fn a_port_rests_before_it_is_used_again() {
        let mut ports = Ports::default();
        let range = range(20000, 20003);
        let port = ports.take(Time::EPOCH, &range).unwrap();
        ports.give_back(Time::EPOCH, port);
        assert_eq!(ports.take(Time::EPOCH + REST, &range), Some(20002));
        assert_eq!(ports.take(Time::EPOCH + REST, &range), Some(port));
        assert_eq!(ports.taken(), 2);
    }

    #[test]
    fn a_burst_of_short_calls_is_not_refused_because_ports_rest() {
        let mut ports = Ports::default();
        let range = range(20000, 20005);
        for port in [20000, 20002, 20004] {
            assert_eq!(ports.take(Time::EPOCH, &range), Some(port));
        }
        ports.give_back(Time::EPOCH, 20002);
        ports.give_back(Time::EPOCH, 20000);
        assert_eq!(ports.take(Time::EPOCH, &range), Some(20002), "it rested longest");
        assert_eq!(ports.take(Time::EPOCH, &range), Some(20000));
        assert_eq!(ports.take(Time::EPOCH, &range), None, "all are taken");
    }

    #[test]
    fn the_top_of_the_number_space_is_no_trap() {
        let mut ports = Ports::default();
        let range = range(65534, 65535);
        assert_eq!(ports.take(Time::EPOCH, &range), Some(65534));
        assert_eq!(ports.take(Time::EPOCH, &range), None);
    }
}
