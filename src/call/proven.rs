//! Which connections have shown the certificate of which trunks.

use crate::sip::Flow;
use serde::{Deserialize, Serialize};

/// The connections that have shown a certificate of a trunk, as long as they stand. There are no more of them than
/// connections (limits.max_connections).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Proven(Vec<(Flow, Vec<String>)>);

impl Proven {
    /// The connection of this flow, which is new, has shown what these trunks must show.
    pub fn learn(&mut self, flow: Flow, trunks: Vec<String>) {
        self.forget(flow);
        if !trunks.is_empty() {
            self.0.push((flow, trunks));
        }
    }

    /// The connection is gone.
    pub fn forget(&mut self, flow: Flow) {
        self.0.retain(|(known, _)| *known != flow);
    }

    /// Whether the connection of this flow has shown what this trunk must show.
    pub fn is(&self, flow: Flow, trunk: &str) -> bool {
        let mut trunks = self
            .0
            .iter()
            .filter(|(known, _)| *known == flow)
            .flat_map(|(_, trunks)| trunks);
        trunks.any(|known| known == trunk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::Transport;

    #[test]
    fn what_was_shown_counts_for_its_connection_and_as_long_as_that_stands() {
        let flow = |remote: &str| Flow {
            transport: Transport::Tls,
            local: "192.0.2.1:5061".parse().unwrap(),
            remote: remote.parse().unwrap(),
        };
        let (one, other) = (flow("198.51.100.1:40000"), flow("198.51.100.1:40001"));
        let mut proven = Proven::default();
        proven.learn(one, vec!["acme".to_owned()]);
        assert!(proven.is(one, "acme") && !proven.is(one, "globe") && !proven.is(other, "acme"));
        proven.learn(one, Vec::new());
        assert!(
            !proven.is(one, "acme"),
            "another peer has the same port, and has shown nothing"
        );
        proven.learn(one, vec!["acme".to_owned()]);
        proven.forget(one);
        assert!(!proven.is(one, "acme"), "the connection is gone");
    }
}
