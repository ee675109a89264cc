//! How many may be connected at one time: strangers, those who have shown who they are, and those whom we have called.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// A room with a limited number of seats. Strangers have a quarter of them, and give way to one another; a tenth is
/// kept for those whom we call ourselves. So no crowd and no single guest can fill it for good.
#[derive(Debug)]
pub struct Seats {
    max: usize,
    max_per_source: usize,
    room: Mutex<Room>,
}

/// One taken seat; it is free again when this is dropped.
#[derive(Debug)]
pub struct Seat {
    seats: Arc<Seats>,
    number: u64,
}

/// Why there is no seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSeat {
    /// The room is full.
    #[error("all {0} connections are in use (limits.max_connections)")]
    Full(usize),
    /// This source has as many as one source may have.
    #[error("{0} has all {1} connections that one source may have (limits.max_connections_per_source)")]
    SourceFull(IpAddr, usize),
}

/// Who sits where.
#[derive(Debug, Default)]
struct Room {
    last: u64,
    guests: BTreeMap<u64, Guest>,
    sources: BTreeMap<IpAddr, Source>,
    strangers: usize,
    ours: usize,
}

#[derive(Debug)]
struct Guest {
    /// None for somebody whom we have called.
    source: Option<IpAddr>,
    /// Asks it to leave.
    leave: Arc<Notify>,
}

/// Those who have come from one source.
#[derive(Debug, Default)]
struct Source {
    guests: usize,
    /// Those of them that have not shown who they are, by their numbers.
    strangers: BTreeSet<u64>,
}

impl Seats {
    /// A room with `max` seats, of which one source can have `max_per_source`.
    pub fn new(max: usize, max_per_source: usize) -> Arc<Seats> {
        Arc::new(Seats {
            max,
            max_per_source,
            room: Mutex::default(),
        })
    }

    /// A seat for a stranger from this address. Where there is none left another stranger is asked to leave: the one
    /// that came first, of the source that has the most of them.
    pub fn take(self: &Arc<Seats>, guest: IpAddr, leave: Arc<Notify>) -> Result<Seat, NoSeat> {
        let source = source_of(guest);
        let mut room = self.lock();
        if room.guests_of(source) >= self.max_per_source && !room.ask_to_leave(source) {
            return Err(NoSeat::SourceFull(source, self.max_per_source));
        }
        let has_room = room.strangers < self.max_strangers() && room.guests_of_all() < self.max_guests();
        if !has_room && !room.ask_one_to_leave() {
            return Err(NoSeat::Full(self.max));
        }
        let number = room.seat(Some(source), leave);
        room.strangers += 1;
        let here = room.sources.entry(source).or_default();
        here.guests += 1;
        here.strangers.insert(number);
        Ok(self.seat(number))
    }

    /// A seat for somebody whom we call ourselves.
    pub fn take_for_us(self: &Arc<Seats>, leave: Arc<Notify>) -> Result<Seat, NoSeat> {
        let mut room = self.lock();
        if room.guests.len() >= self.max {
            return Err(NoSeat::Full(self.max));
        }
        let number = room.seat(None, leave);
        room.ours += 1;
        Ok(self.seat(number))
    }

    fn seat(self: &Arc<Seats>, number: u64) -> Seat {
        Seat {
            seats: Arc::clone(self),
            number,
        }
    }

    fn max_strangers(&self) -> usize {
        self.max.div_ceil(4)
    }

    fn max_guests(&self) -> usize {
        self.max - self.max / 10
    }

    fn lock(&self) -> MutexGuard<'_, Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Whoever sits here has shown who it is.
    pub fn is_known(&self) {
        self.seats.lock().is_known(self.number);
    }
}

impl Room {
    fn seat(&mut self, source: Option<IpAddr>, leave: Arc<Notify>) -> u64 {
        self.last += 1;
        self.guests.insert(self.last, Guest { source, leave });
        self.last
    }

    fn guests_of(&self, source: IpAddr) -> usize {
        self.sources.get(&source).map_or(0, |here| here.guests)
    }

    fn guests_of_all(&self) -> usize {
        self.guests.len() - self.ours
    }

    fn ask_one_to_leave(&mut self) -> bool {
        let most = self.sources.iter().max_by_key(|(_, here)| here.strangers.len());
        most.map(|(source, _)| *source)
            .is_some_and(|source| self.ask_to_leave(source))
    }

    /// Asks the stranger of this source to leave that came first, and counts it no more. False if there is none.
    fn ask_to_leave(&mut self, source: IpAddr) -> bool {
        let here = self.sources.get(&source);
        let Some(first) = here.and_then(|here| here.strangers.first().copied()) else {
            return false;
        };
        if let Some(guest) = self.leave(first) {
            guest.leave.notify_one();
        }
        true
    }

    fn is_known(&mut self, number: u64) {
        let source = self.guests.get(&number).and_then(|guest| guest.source);
        let here = source.and_then(|source| self.sources.get_mut(&source));
        if here.is_some_and(|here| here.strangers.remove(&number)) {
            self.strangers -= 1;
        }
    }

    fn leave(&mut self, number: u64) -> Option<Guest> {
        self.is_known(number);
        let guest = self.guests.remove(&number)?;
        let Some(source) = guest.source else {
            self.ours -= 1;
            return Some(guest);
        };
        if let Some(here) = self.sources.get_mut(&source) {
            here.guests -= 1;
            if here.guests == 0 {
                self.sources.remove(&source);
            }
        }
        Some(guest)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let _left = self.seats.lock().leave(self.number);
    }
}

/// One household counts as one source: with IPv6 it owns a whole /64.
pub fn source_of(guest: IpAddr) -> IpAddr {
    match guest.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn take(seats: &Arc<Seats>, guest: &str) -> Result<Seat, NoSeat> {
        seats.take(ip(guest), Arc::default())
    }

    /// Somebody known.
    fn friend(seats: &Arc<Seats>, guest: &str) -> Result<Seat, NoSeat> {
        let seat = take(seats, guest)?;
        seat.is_known();
        Ok(seat)
    }

    #[test]
    fn a_seat_is_free_again_when_its_guest_leaves() {
        let seats = Seats::new(2, 1);
        let first = friend(&seats, "192.0.2.1").unwrap();
        assert_eq!(
            take(&seats, "192.0.2.1").unwrap_err(),
            NoSeat::SourceFull(ip("192.0.2.1"), 1)
        );
        drop(first);
        let ours = seats.take_for_us(Arc::default()).unwrap();
        drop((take(&seats, "192.0.2.1").unwrap(), ours));
        let room = seats.lock();
        assert!(room.sources.is_empty() && room.guests.is_empty());
        assert_eq!((room.strangers, room.ours), (0, 0));
    }

    #[test]
    fn a_room_full_of_friends_refuses_new_sources_and_keeps_a_seat_for_those_whom_we_call() {
        let seats = Seats::new(10, 2);
        let friends: Vec<_> = (1..=9)
            .map(|n| friend(&seats, &format!("192.0.2.{n}")).unwrap())
            .collect();
        assert_eq!(take(&seats, "192.0.2.99").unwrap_err(), NoSeat::Full(10));
        let _ours = seats.take_for_us(Arc::default()).unwrap();
        assert_eq!(seats.take_for_us(Arc::default()).unwrap_err(), NoSeat::Full(10));
        drop(friends);
    }

    #[tokio::test]
    async fn strangers_give_way_to_one_another_and_never_to_the_cost_of_friends() {
        let seats = Seats::new(40, 100);
        let friends: Vec<_> = (0..20).map(|_| friend(&seats, "198.51.100.1").unwrap()).collect();
        let leaves: Vec<Arc<Notify>> = (0..10).map(|_| Arc::default()).collect();
        let attack = leaves
            .iter()
            .map(|leave| seats.take(ip("203.0.113.66"), Arc::clone(leave)));
        let attack: Vec<_> = attack.collect::<Result<_, _>>().unwrap();
        let phone = take(&seats, "192.0.2.1").unwrap();
        let asked_to_leave = leaves[0].notified();
        tokio::time::timeout(Duration::from_secs(1), asked_to_leave)
            .await
            .unwrap();
        assert_eq!(seats.lock().strangers, 10);
        phone.is_known();
        assert_eq!(seats.lock().strangers, 9);
        drop((friends, attack, phone));
        assert!(seats.lock().sources.is_empty(), "an empty room remembers nobody");
    }

    #[test]
    fn one_household_of_ipv6_is_one_source() {
        let seats = Seats::new(9, 1);
        let _seat = friend(&seats, "2001:db8::1").unwrap();
        assert!(take(&seats, "2001:db8::2").is_err());
        assert!(take(&seats, "2001:db8:0:1::1").is_ok());
    }
}
