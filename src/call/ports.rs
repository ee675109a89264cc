//! Which RTP ports are taken. Numbers only: the shell binds what a wiring names.
//!
//! They are given out by chance, so that nobody can tell from one call where the next will be.

use crate::config::valid::Media;
use crate::sip::Chance;
use crate::time::Time;
use crate::wiring::Stream;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// How long a port rests before it is used again, so that the last packets of the old call, still on
/// their way, are not heard in the new one.
const REST: Duration = Duration::from_secs(5);

/// The RTP ports of the configured range: taken, resting or free.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ports {
    taken: BTreeSet<u16>,
    resting: VecDeque<(Time, u16)>,
    /// What was heard last on a port may go on whenever it is used again.
    #[serde(default)]
    lingering: BTreeMap<u16, Vec<Stream>>,
}

/// A port, and whom its next user must not hear there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its number.
    pub port: u16,
    /// The streams of its last user that may still arrive.
    pub stays_out: Vec<Stream>,
}

impl Ports {
    /// An even port that nobody uses, the one above it for RTCP; none if the range is used up. When all
    /// the others are taken, a port that still rests is given rather than a call refused: the one that
    /// rested longest.
    pub fn take(&mut self, now: Time, range: &Media, chance: &mut Chance) -> Option<Taken> {
        self.wake(now);
        let port = self
            .rested(range, chance)
            .or_else(|| self.resting.pop_front().map(|(_, port)| port))?;
        self.taken.insert(port);
        let stays_out = self.lingering.remove(&port).unwrap_or_default();
        Some(Taken { port, stays_out })
    }

    /// Any free port that has rested enough.
    fn rested(&self, range: &Media, chance: &mut Chance) -> Option<u16> {
        let first = range.first_port;
        let pairs = pairs(range);
        if self.taken.len() + self.resting.len() >= pairs {
            return None;
        }
        let start = chance.below(pairs as u64) as usize;
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

    /// The port is closed, and these streams may go on; the next user is not to hear them.
    pub fn vacated(&mut self, port: u16, streams: Vec<Stream>) {
        self.lingering.insert(port, streams);
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

    fn chance() -> Chance {
        Chance::new([7; 32])
    }

    /// Takes so many ports, as long as there are any.
    fn take(ports: &mut Ports, now: Time, range: &Media, count: usize) -> BTreeSet<u16> {
        let mut chance = chance();
        let taken = (0..count).filter_map(|_| ports.take(now, range, &mut chance));
        taken.map(|taken| taken.port).collect()
    }

    #[test]
    fn ports_come_in_pairs_until_the_range_is_used_up() {
        let mut ports = Ports::default();
        let taken = take(&mut ports, Time::EPOCH, &range(20000, 20007), 9);
        assert_eq!(taken, [20000, 20002, 20004, 20006].into());
        assert_eq!(ports.taken(), 4);
    }

    /// Whoever sees one port of ours knows nothing of the next.
    #[test]
    fn nobody_can_tell_which_port_comes_next() {
        let (range, mut chance) = (range(20000, 29999), chance());
        let mut followers = BTreeSet::new();
        for _ in 0..100 {
            let mut ports = Ports::default();
            let mut next = || i32::from(ports.take(Time::EPOCH, &range, &mut chance).unwrap().port);
            let first = next();
            followers.insert(next() - first);
        }
        assert!(followers.len() > 95, "{followers:?}");
    }

    #[test]
    fn a_port_rests_before_it_is_used_again() {
        let mut ports = Ports::default();
        let range = range(20000, 20003);
        take(&mut ports, Time::EPOCH, &range, 1);
        let port = *ports.taken.first().unwrap();
        ports.give_back(Time::EPOCH, port);
        let other = take(&mut ports, Time::EPOCH, &range, 1);
        assert!(!other.contains(&port));
        assert_eq!(take(&mut ports, Time::EPOCH + REST, &range, 1), [port].into());
    }

    #[test]
    fn a_burst_of_short_calls_is_not_refused_because_ports_rest() {
        let mut ports = Ports::default();
        let range = range(20000, 20005);
        take(&mut ports, Time::EPOCH, &range, 3);
        ports.give_back(Time::EPOCH, 20002);
        ports.give_back(Time::EPOCH, 20000);
        let longest_rested = take(&mut ports, Time::EPOCH, &range, 1);
        assert_eq!(longest_rested, [20002].into());
        assert_eq!(take(&mut ports, Time::EPOCH, &range, 1), [20000].into());
        assert!(
            take(&mut ports, Time::EPOCH, &range, 1).is_empty(),
            "all are taken"
        );
    }

    #[test]
    fn what_was_heard_last_on_a_port_is_known_to_its_next_user_and_to_no_other() {
        let mut ports = Ports::default();
        let (range, mut chance) = (range(20000, 20001), chance());
        let stream = Stream {
            from: "192.0.2.1:4000".parse().unwrap(),
            ssrc: 7,
        };
        let mut use_once = || {
            let taken = ports.take(Time::EPOCH, &range, &mut chance).unwrap();
            ports.give_back(Time::EPOCH, taken.port);
            if taken.stays_out.is_empty() {
                ports.vacated(taken.port, vec![stream]);
            }
            taken.stays_out
        };
        assert_eq!(
            [use_once(), use_once(), use_once()],
            [vec![], vec![stream], vec![]]
        );
    }

    #[test]
    fn the_top_of_the_number_space_is_no_trap() {
        let mut ports = Ports::default();
        assert_eq!(
            take(&mut ports, Time::EPOCH, &range(65534, 65535), 2),
            [65534].into()
        );
    }
}
