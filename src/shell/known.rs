//! Whom we know: the flows over which somebody has shown of late who it is. They are served, and their connections
//! kept, before those of strangers.

use crate::config::Config;
use crate::sip::{Flow, Transport};
use dashmap::DashMap;
use ipnet::IpNet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Whoever has shown who it is stays known for so long after its last message that did. Registrations and calls are
/// refreshed sooner.
const KNOWN_FOR: Duration = Duration::from_secs(2 * 3600);

/// Flows that are known at one time; what is above is served like strangers are.
const MAX_KNOWN: usize = 100_000;

/// The flows that are known. The driver writes it, and the readers of the network read it.
#[derive(Debug, Default)]
pub struct Known {
    /// The networks of trunks that need show nothing else.
    networks: Vec<IpNet>,
    since: DashMap<(Transport, SocketAddr), Instant>,
}

impl Known {
    /// Nobody but the trunks of this configuration.
    pub fn of(config: &Config) -> Known {
        let trunks = config.trunks.values().filter(|trunk| trunk.proof.is_none());
        Known {
            networks: trunks.flat_map(|trunk| trunk.sources.iter().copied()).collect(),
            since: DashMap::new(),
        }
    }

    /// Somebody has shown who it is over this flow.
    pub fn learn(&self, flow: Flow) {
        if self.since.len() >= MAX_KNOWN {
            self.since.retain(|_, since| since.elapsed() < KNOWN_FOR);
        }
        let key = (flow.transport, flow.remote);
        if self.since.len() < MAX_KNOWN || self.since.contains_key(&key) {
            self.since.insert(key, Instant::now());
        }
    }

    /// The flow is gone.
    pub fn forget(&self, flow: Flow) {
        self.since.remove(&(flow.transport, flow.remote));
    }

    /// Whether what comes from there is from somebody we know.
    pub fn is(&self, transport: Transport, remote: SocketAddr) -> bool {
        let source = remote.ip().to_canonical();
        let since = self.since.get(&(transport, remote));
        since.is_some_and(|since| since.elapsed() < KNOWN_FOR)
            || self.networks.iter().any(|network| network.contains(&source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_is_known_until_it_is_gone_and_no_other_with_it() {
        let flow = |port| Flow {
            transport: Transport::Tcp,
            local: "192.0.2.1:5060".parse().unwrap(),
            remote: SocketAddr::new("203.0.113.9".parse().unwrap(), port),
        };
        let known = Known::default();
        known.learn(flow(1));
        assert!(known.is(Transport::Tcp, flow(1).remote));
        assert!(
            !known.is(Transport::Tcp, flow(2).remote),
            "another port of the same NAT"
        );
        assert!(!known.is(Transport::Udp, flow(1).remote));
        known.forget(flow(1));
        assert!(!known.is(Transport::Tcp, flow(1).remote));
    }

    #[test]
    fn a_trunk_is_known_by_its_network() {
        let known = Known {
            networks: vec!["198.51.100.0/24".parse().unwrap()],
            ..Known::default()
        };
        assert!(known.is(Transport::Udp, "198.51.100.7:5060".parse().unwrap()));
        assert!(!known.is(Transport::Udp, "198.51.101.7:5060".parse().unwrap()));
    }
}
