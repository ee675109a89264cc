//! Finding out where a trunk is: its servers by name, and over which of our listeners each is reached.

use super::gather::gather;
use super::names::{Names, Wanted, Whereabouts};
use super::transports::{Transports, spoken};
use crate::call::line::{Found, Server};
use crate::call::{Input, Lookup, Query};
use crate::config::Config;
use crate::config::valid::Trunk;
use crate::id::ConversationId;
use crate::sip::{Flow, Transport};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::Sender;
use tracing::debug;

/// Who takes longer to be found is not found.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(10);
/// Once one server is found, others of the same trunk are not waited for longer,
const GRACE: Duration = Duration::from_secs(1);
/// and are looked for again after this.
const DOUBTFUL_LASTS: Duration = Duration::from_secs(10);
/// An answer is not asked for more often than this,
const LASTS_AT_LEAST: Duration = Duration::from_secs(1);
/// nor more seldom.
const LASTS_AT_MOST: Duration = Duration::from_secs(3600);
/// Hosts of media that are looked up at one time; the media of the others goes to where it comes from.
const MAX_HOSTS: usize = 64;

/// Finds the trunks, each at most once at a time.
#[derive(Clone, Debug)]
pub struct Resolver {
    config: Arc<Config>,
    transports: Arc<Transports>,
    names: Names,
    answers: Sender<Input>,
    under_way: Arc<Mutex<BTreeSet<String>>>,
    /// Seats for the hosts that are looked up.
    hosts: Arc<Semaphore>,
}

impl Resolver {
    /// A resolver that sends what it finds into `answers`, waiting if they are full.
    pub fn new(config: Arc<Config>, transports: Arc<Transports>, answers: Sender<Input>) -> Resolver {
        Resolver {
            names: Names::of(&config.dns.servers, wants_v6(&config)),
            config,
            transports,
            answers,
            under_way: Arc::default(),
            hosts: Arc::new(Semaphore::new(MAX_HOSTS)),
        }
    }

    /// Begins to look this up. A question that is being looked up already gets that one answer.
    pub fn begin(&self, query: Query) {
        match query {
            Query::Trunk { name } if self.under_way().insert(name.clone()) => {
                tokio::spawn(self.clone().answer(name));
            }
            Query::Trunk { .. } => {}
            Query::Host { conversation, name } => {
                tokio::spawn(self.clone().answer_host(conversation, name));
            }
        }
    }

    /// Where a host is that the SDP of a peer has named. Anybody who may call can have us ask, so we ask for no more than
    /// a few at a time.
    async fn answer_host(self, conversation: ConversationId, name: String) {
        let found = match self.hosts.try_acquire() {
            Ok(_seat) => self.names.host(&name, LOOKUP_TIMEOUT).await,
            Err(_none_free) => Err(format!("{MAX_HOSTS} hosts are looked up already")),
        };
        let found = Input::Answer(Lookup::Host {
            conversation,
            name,
            found,
        });
        // It fails only when the driver has gone, and then nobody wants to know.
        let _told = self.answers.send(found).await;
    }

    async fn answer(self, name: String) {
        let found = match self.config.trunks.get(&name) {
            Some(trunk) => self.find(&name, trunk).await,
            None => Err("it is not configured".to_owned()),
        };
        self.under_way().remove(&name);
        // It fails only when the driver has gone, and then nobody wants to know.
        let _told = self
            .answers
            .send(Input::Answer(Lookup::Trunk { name, found }))
            .await;
    }

    /// All servers that can be found. One that cannot hides no other.
    async fn find(&self, name: &str, trunk: &Trunk) -> Result<Found, String> {
        let mut servers = Vec::new();
        let mut lasts = LASTS_AT_MOST;
        let mut trouble = String::new();
        let places = trunk
            .servers
            .iter()
            .map(|host| self.clone().locate(host.clone(), trunk.clone()));
        let places = gather(places, GRACE).await;
        for (rank, whereabouts) in (0u32..).zip(places) {
            let late = || Err("the name servers take their time".to_owned());
            match whereabouts.unwrap_or_else(late) {
                Ok(whereabouts) => {
                    lasts = lasts.min(whereabouts.lasts);
                    servers.extend(self.reached(rank, whereabouts, spoken(trunk.transport)));
                }
                Err(why) => {
                    lasts = lasts.min(DOUBTFUL_LASTS);
                    trouble = why;
                }
            }
        }
        let mut flows: Vec<Flow> = servers.iter().flat_map(|server| &server.flows).copied().collect();
        self.transports.found(name, &mut flows);
        if flows.is_empty() {
            let unreached = "no listener of ours can reach it; see [[listen]] and the certificates";
            return Err(Some(trouble)
                .filter(|why| !why.is_empty())
                .unwrap_or(unreached.to_owned()));
        }
        for server in &mut servers {
            server.flows.retain(|flow| flows.contains(flow));
        }
        servers.retain(|server| !server.flows.is_empty());
        let lasts = lasts.clamp(LASTS_AT_LEAST, LASTS_AT_MOST);
        Ok(Found { servers, lasts })
    }

    async fn locate(self, host: String, trunk: Trunk) -> Result<Whereabouts, String> {
        let wanted = Wanted {
            host: &host,
            port: trunk.port,
            usual_port: trunk.port_or_usual(),
            transport: spoken(trunk.transport),
        };
        let located = tokio::time::timeout(LOOKUP_TIMEOUT, self.names.locate(wanted));
        located
            .await
            .unwrap_or_else(|_too_late| Err(format!("the name servers do not answer for {host}")))
    }

    /// The servers with the flows over which they are reached; those that no listener reaches are left out.
    fn reached(&self, rank: u32, whereabouts: Whereabouts, transport: Transport) -> Vec<Server> {
        let flow = |address: SocketAddr| {
            let flow = self.transports.flow_toward(transport, address);
            if flow.is_none() {
                debug!("no {} listener reaches {address}", transport.in_uri());
            }
            flow
        };
        let servers = whereabouts.spots.into_iter().map(|spot| Server {
            priority: (rank << 16) + u32::from(spot.priority),
            weight: u32::from(spot.weight),
            flows: spot.addresses.into_iter().filter_map(flow).collect(),
        });
        servers.filter(|server| !server.flows.is_empty()).collect()
    }

    fn under_way(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether there is a listener of ours from which an IPv6 address could be reached.
fn wants_v6(config: &Config) -> bool {
    config.listeners.iter().any(|listener| listener.address.is_ipv6())
}
