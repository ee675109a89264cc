//! Which of our addresses packets toward a peer leave from, when the listener is bound to all of them.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What the kernel's routing said, remembered for a short while.
#[derive(Debug, Default)]
pub struct Routes {
    /// By the peer's address, its port left out.
    known: Mutex<HashMap<SocketAddr, Route>>,
}

#[derive(Clone, Copy, Debug)]
struct Route {
    source: SocketAddr,
    learned: Instant,
}

impl Routes {
    /// More peers than this are not remembered: all are forgotten and asked for anew.
    const MAX_KNOWN: usize = 4096;
    /// Routes change (a link goes down, an address is renewed), so nothing is believed for longer.
    const BELIEVED_FOR: Duration = Duration::from_secs(30);

    /// Our address from which packets go to `peer`, with `port` as its port.
    /// An error means that there is no way to the peer.
    pub fn source_toward(&self, peer: SocketAddr, port: u16) -> io::Result<SocketAddr> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = with_port(peer, 0);
        let fresh = |route: &&Route| route.learned.elapsed() < Routes::BELIEVED_FOR;
        if let Some(route) = known.get(&key).filter(fresh) {
            return Ok(with_port(route.source, port));
        }
        let source = ask_the_kernel(peer)?;
        if known.len() >= Routes::MAX_KNOWN {
            known.clear();
        }
        let learned = Instant::now();
        known.insert(key, Route { source, learned });
        Ok(with_port(source, port))
    }
}

/// Connecting a datagram socket sends nothing; it only makes the kernel choose a route.
fn ask_the_kernel(peer: SocketAddr) -> io::Result<SocketAddr> {
    let any = match peer {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    let scratch = UdpSocket::bind(any)?;
    scratch.connect(peer)?;
    scratch.local_addr()
}

fn with_port(mut address: SocketAddr, port: u16) -> SocketAddr {
    address.set_port(port);
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_ourselves_leaves_from_loopback() {
        let routes = Routes::default();
        for _asked_again in 0..2 {
            let source = routes
                .source_toward("127.0.0.1:9".parse().unwrap(), 5060)
                .unwrap();
            assert_eq!(source, "127.0.0.1:5060".parse().unwrap());
        }
        assert_eq!(routes.known.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_crowd_of_peers_does_not_fill_the_memory() {
        let routes = Routes::default();
        for host in 0..5000_u32 {
            let peer = SocketAddr::from((Ipv4Addr::from_bits(0x7f00_0001 + host), 9));
            routes.source_toward(peer, 5060).unwrap();
        }
        assert!(routes.known.lock().unwrap().len() <= Routes::MAX_KNOWN);
    }
}
