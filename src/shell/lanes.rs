//! Where datagrams wait for the switch: whom we know in one queue, strangers in another, and in each one source after
//! the other, so that no crowd and no single source keeps the others out.

use super::known::Known;
use super::routes::Routes;
use super::seats::source_of;
use super::seldom::Seldom;
use crate::call::Input;
use crate::sip::{Flow, Transport};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tracing::{debug, warn};

/// Datagrams that wait in one queue. When there are more, one of the source that has the most waiting is lost, as in
/// any network: its sender sends it again.
const MAX_WAITING: usize = 4096;
/// Bytes of the datagrams that wait in one queue.
const MAX_WAITING_BYTES: usize = 4 << 20;
/// After so many of those whom we know a stranger has its turn.
const KNOWN_IN_A_ROW: usize = 16;

/// Both queues.
#[derive(Debug)]
pub struct Lanes {
    known: Arc<Known>,
    routes: Arc<Routes>,
    waiting: Mutex<Waiting>,
    filled: Notify,
}

/// One datagram, and the listener that it came to.
#[derive(Debug)]
pub struct Datagram {
    /// The address that the listener is bound to; may be a wildcard.
    pub bound: SocketAddr,
    /// Whoever has sent it.
    pub from: SocketAddr,
    /// What is in it.
    pub bytes: Bytes,
}

#[derive(Debug, Default)]
struct Waiting {
    known: Lane,
    strangers: Lane,
    /// How many of those whom we know have had their turn since a stranger had.
    in_a_row: usize,
    shed_known: Seldom,
    shed_strangers: Seldom,
}

/// One queue: each source has its turn.
#[derive(Debug, Default)]
struct Lane {
    sources: BTreeMap<SocketAddr, VecDeque<Datagram>>,
    turns: VecDeque<SocketAddr>,
    by_length: BTreeSet<(usize, SocketAddr)>,
    datagrams: usize,
    bytes: usize,
}

impl Lanes {
    /// Empty queues.
    pub fn new(known: Arc<Known>, routes: Arc<Routes>) -> Lanes {
        Lanes {
            known,
            routes,
            waiting: Mutex::default(),
            filled: Notify::new(),
        }
    }

    /// A datagram has come.
    pub fn push(&self, datagram: Datagram) {
        let from = datagram.from;
        let is_known = self.known.is(Transport::Udp, from);
        let mut waiting = self.lock();
        let shed = match is_known {
            true => waiting.known.push(from, datagram),
            false => waiting
                .strangers
                .push(SocketAddr::new(source_of(from.ip()), 0), datagram),
        };
        if let Some(last) = shed {
            waiting.tell_shed(is_known, last);
        }
        drop(waiting);
        self.filled.notify_one();
    }

    /// The next datagram that has its turn; waits until there is one.
    pub async fn next(&self) -> Input {
        loop {
            let next = self.lock().pop();
            match next {
                Some(datagram) => match self.flow_of(&datagram) {
                    Some(flow) => return Input::Packet(flow, datagram.bytes),
                    None => debug!("no route back to udp {}, datagram dropped", datagram.from),
                },
                None => self.filled.notified().await,
            }
        }
    }

    fn flow_of(&self, datagram: &Datagram) -> Option<Flow> {
        let Datagram { bound, from, .. } = *datagram;
        let local = match bound.ip().is_unspecified() {
            true => self.routes.source_toward(from, bound.port()).ok()?,
            false => bound,
        };
        Some(Flow {
            transport: Transport::Udp,
            local,
            remote: from,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn pop(&mut self) -> Option<Datagram> {
        if self.in_a_row >= KNOWN_IN_A_ROW || self.known.datagrams == 0 {
            self.in_a_row = 0;
            return self.strangers.pop().or_else(|| self.known.pop());
        }
        self.in_a_row += 1;
        self.known.pop()
    }

    fn tell_shed(&mut self, is_known: bool, last: SocketAddr) {
        let (seldom, whose) = match is_known {
            true => (&mut self.shed_known, "phones and trunks"),
            false => (&mut self.shed_strangers, "strangers"),
        };
        if let Some(times) = seldom.happened() {
            warn!(
                "more SIP of {whose} arrives than we can handle; {times} datagrams dropped, last from {last}"
            );
        }
    }
}

impl Lane {
    /// Puts a datagram behind those of its source. Gives back whose datagram was lost for it, if any was.
    fn push(&mut self, source: SocketAddr, datagram: Datagram) -> Option<SocketAddr> {
        let mut lost = None;
        while self.datagrams >= MAX_WAITING || self.bytes + datagram.bytes.len() > MAX_WAITING_BYTES {
            let (most, whose) = *self.by_length.last()?;
            let own = self.sources.get(&source).map_or(0, VecDeque::len);
            if own + 1 > most {
                return Some(datagram.from);
            }
            lost = self.lose_newest(whose);
        }
        self.datagrams += 1;
        self.bytes += datagram.bytes.len();
        let queue = self.sources.entry(source).or_default();
        if queue.is_empty() {
            self.turns.push_back(source);
        }
        self.by_length.remove(&(queue.len(), source));
        queue.push_back(datagram);
        self.by_length.insert((queue.len(), source));
        lost
    }

    fn pop(&mut self) -> Option<Datagram> {
        let source = self.turns.pop_front()?;
        let next = self.take(source, VecDeque::pop_front);
        if self.sources.contains_key(&source) {
            self.turns.push_back(source);
        }
        next
    }

    fn lose_newest(&mut self, source: SocketAddr) -> Option<SocketAddr> {
        let lost = self.take(source, VecDeque::pop_back);
        if !self.sources.contains_key(&source) {
            self.turns.retain(|turn| *turn != source);
        }
        lost.map(|datagram| datagram.from)
    }

    fn take(
        &mut self,
        source: SocketAddr,
        end: impl FnOnce(&mut VecDeque<Datagram>) -> Option<Datagram>,
    ) -> Option<Datagram> {
        let queue = self.sources.get_mut(&source)?;
        self.by_length.remove(&(queue.len(), source));
        let taken = end(queue)?;
        self.datagrams -= 1;
        self.bytes -= taken.bytes.len();
        match queue.len() {
            0 => drop(self.sources.remove(&source)),
            length => drop(self.by_length.insert((length, source))),
        }
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: &str = "203.0.113.1:5060";

    fn lanes() -> Lanes {
        let known = Arc::new(Known::default());
        known.learn(Flow {
            transport: Transport::Udp,
            local: "127.0.0.1:5060".parse().unwrap(),
            remote: PHONE.parse().unwrap(),
        });
        Lanes::new(known, Arc::default())
    }

    fn push(lanes: &Lanes, from: &str, bytes: usize) {
        lanes.push(Datagram {
            bound: "127.0.0.1:5060".parse().unwrap(),
            from: from.parse().unwrap(),
            bytes: vec![0; bytes].into(),
        });
    }

    fn next(lanes: &Lanes) -> Option<String> {
        let next = lanes.lock().pop();
        next.map(|datagram| datagram.from.to_string())
    }

    #[test]
    fn whom_we_know_is_served_before_a_crowd_of_strangers() {
        let lanes = lanes();
        for host in 0..2 * MAX_WAITING {
            push(
                &lanes,
                &format!("10.0.{}.{}:5060", host / 250, 1 + host % 250),
                500,
            );
        }
        push(&lanes, PHONE, 500);
        assert_eq!(next(&lanes).as_deref(), Some(PHONE));
        assert_eq!(lanes.lock().strangers.datagrams, MAX_WAITING);
    }

    #[test]
    fn strangers_have_a_turn_while_those_whom_we_know_are_many() {
        let lanes = lanes();
        push(&lanes, "10.0.0.1:5060", 500);
        (0..100).for_each(|_| push(&lanes, PHONE, 500));
        let order: Vec<_> = std::iter::from_fn(|| next(&lanes)).collect();
        let turn = order.iter().position(|from| from != PHONE);
        assert_eq!(turn, Some(KNOWN_IN_A_ROW));
        assert_eq!(order.len(), 101);
    }

    #[test]
    fn one_source_that_floods_loses_its_own_datagrams_and_waits_behind_nobody_else() {
        let lanes = lanes();
        for port in 0..2 * MAX_WAITING {
            push(&lanes, &format!("10.0.0.1:{}", 1 + port), 500);
        }
        push(&lanes, "10.0.0.2:5060", 500);
        assert_eq!(lanes.lock().strangers.datagrams, MAX_WAITING);
        assert!(next(&lanes).is_some());
        assert_eq!(next(&lanes).as_deref(), Some("10.0.0.2:5060"));
    }

    #[test]
    fn what_waits_is_bounded_by_its_bytes_and_leaves_nothing_behind() {
        let lanes = lanes();
        for host in 0..1000 {
            push(
                &lanes,
                &format!("10.0.{}.{}:5060", host / 250, 1 + host % 250),
                65_000,
            );
            push(&lanes, "10.9.9.9:5060", 65_000);
        }
        assert!(lanes.lock().strangers.bytes <= MAX_WAITING_BYTES);
        while next(&lanes).is_some() {}
        let waiting = lanes.lock();
        let lane = &waiting.strangers;
        assert_eq!((lane.bytes, lane.datagrams), (0, 0));
        assert!(lane.sources.is_empty() && lane.turns.is_empty() && lane.by_length.is_empty());
    }
}
