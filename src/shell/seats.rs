//! How many may come in at one time, in all and from one source.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A room with a limited number of seats, so that no crowd and no single guest can fill it for good.
#[derive(Debug)]
pub struct Seats {
    max: usize,
    max_per_source: usize,
    taken: Mutex<BTreeMap<IpAddr, usize>>,
}

/// One taken seat; it is free again when this is dropped.
#[derive(Debug)]
pub struct Seat {
    room: Arc<Seats>,
    source: IpAddr,
}

/// Why there is no seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSeat {
    /// The room is full.
    #[error("all {0} connections are in use")]
    Full(usize),
    /// This source has as many as one source may have.
    #[error("{0} has all {1} connections that one source may have")]
    SourceFull(IpAddr, usize),
}

impl Seats {
    /// A room with `max` seats, of which one source can have `max_per_source`.
    pub fn new(max: usize, max_per_source: usize) -> Arc<Seats> {
        let taken = Mutex::default();
        Arc::new(Seats {
            max,
            max_per_source,
            taken,
        })
    }

    /// A seat for a guest from this address.
    pub fn take(self: &Arc<Seats>, guest: IpAddr) -> Result<Seat, NoSeat> {
        let source = source_of(guest);
        let mut taken = self.lock();
        if taken.values().sum::<usize>() >= self.max {
            return Err(NoSeat::Full(self.max));
        }
        let here = taken.entry(source).or_default();
        if *here >= self.max_per_source {
            return Err(NoSeat::SourceFull(source, self.max_per_source));
        }
        *here += 1;
        Ok(Seat {
            room: Arc::clone(self),
            source,
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<IpAddr, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.room.lock();
        if let Some(here) = taken.get_mut(&self.source) {
            *here -= 1;
            if *here == 0 {
                taken.remove(&self.source);
            }
        }
    }
}

/// One household counts as one source: with IPv6 it owns a whole /64.
fn source_of(guest: IpAddr) -> IpAddr {
    match guest.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_seat_is_free_again_when_its_guest_leaves() {
        let room = Seats::new(2, 1);
        let first = room.take(ip("192.0.2.1")).unwrap();
        assert_eq!(
            room.take(ip("192.0.2.1")).unwrap_err(),
            NoSeat::SourceFull(ip("192.0.2.1"), 1)
        );
        drop(first);
        assert!(room.take(ip("192.0.2.1")).is_ok());
        assert!(room.lock().is_empty(), "an empty room remembers nobody");
    }

    #[test]
    fn a_full_room_refuses_even_new_sources() {
        let room = Seats::new(2, 2);
        let _seats = [room.take(ip("192.0.2.1")), room.take(ip("192.0.2.2"))];
        assert_eq!(room.take(ip("192.0.2.3")).unwrap_err(), NoSeat::Full(2));
    }

    #[test]
    fn one_household_of_ipv6_is_one_source() {
        let room = Seats::new(9, 1);
        let _seat = room.take(ip("2001:db8::1")).unwrap();
        assert!(room.take(ip("2001:db8::2")).is_err());
        assert!(room.take(ip("2001:db8:0:1::1")).is_ok());
    }
}
