//! Finding out where a trunk is.

use super::transports::{Transports, spoken};
use crate::call::{Input, Lookup, Query};
use crate::config::Config;
use crate::config::valid::Trunk;
use crate::sip::Flow;
use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tracing::{debug, warn};

/// A name server that takes longer does not answer.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(10);
/// More addresses of one name than this are not tried.
const MAX_FLOWS: usize = 8;

/// Resolves the trunks' names, each at most once at a time.
#[derive(Clone, Debug)]
pub struct Resolver {
    config: Arc<Config>,
    transports: Arc<Transports>,
    answers: Sender<Input>,
    under_way: Arc<Mutex<BTreeSet<String>>>,
}

impl Resolver {
    /// A resolver that sends what it finds into `answers`, waiting if they are full.
    pub fn new(config: Arc<Config>, transports: Arc<Transports>, answers: Sender<Input>) -> Resolver {
        Resolver {
            config,
            transports,
            answers,
            under_way: Arc::default(),
        }
    }

    /// Begins to look this up. A question that is being looked up already gets that one answer.
    pub fn begin(&self, query: Query) {
        let Query::Trunk { name } = query;
        if self.under_way().insert(name.clone()) {
            tokio::spawn(self.clone().answer(name));
        }
    }

    async fn answer(self, name: String) {
        let flows = match self.config.trunks.get(&name) {
            Some(trunk) => self.flows_to(&name, trunk).await,
            None => Vec::new(),
        };
        self.under_way().remove(&name);
        // It fails only when the driver has gone, and then nobody wants to know.
        let _told = self
            .answers
            .send(Input::Answer(Lookup::Trunk { name, flows }))
            .await;
    }

    /// The flows in the order of the addresses, which the system sorts by RFC 6724.
    async fn flows_to(&self, name: &str, trunk: &Trunk) -> Vec<Flow> {
        let lookup = tokio::net::lookup_host((trunk.host.as_str(), trunk.port));
        let looked_up = tokio::time::timeout(LOOKUP_TIMEOUT, lookup).await;
        let addresses = match looked_up.unwrap_or_else(|_too_late| Err(io::ErrorKind::TimedOut.into())) {
            Ok(addresses) => addresses,
            Err(error) => {
                warn!("trunk {name}: {} cannot be resolved: {error}", trunk.host);
                return Vec::new();
            }
        };
        let transport = spoken(trunk.transport);
        let mut flows = Vec::new();
        for address in addresses.take(MAX_FLOWS) {
            let Some(flow) = self.transports.flow_toward(transport, address) else {
                debug!(
                    "trunk {name}: no {} listener reaches {address}",
                    transport.in_uri()
                );
                continue;
            };
            if !flows.contains(&flow) {
                flows.push(flow);
            }
        }
        self.transports.found(name, &mut flows);
        if flows.is_empty() {
            let (how, host) = (transport.in_uri(), &trunk.host);
            warn!(
                "trunk {name}: no {how} listener of ours can reach {host}; see `listeners` in the configuration"
            );
        }
        flows
    }

    fn under_way(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
