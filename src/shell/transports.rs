//! All SIP listeners and connections: bytes in from anywhere, bytes out over any flow.

use super::known::Known;
use super::lanes::Lanes;
use super::routes::Routes;
use super::seldom::Seldom;
use super::tcp::{self, Connections, Door};
use super::tls::{self, Carriers, Guests};
use super::udp::UdpListener;
use crate::call::Input;
use crate::config::Config;
use crate::config::valid::{ListenTransport, Listener};
use crate::sip::{Flow, Transport};
use bytes::Bytes;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::mpsc::Sender;
use tracing::info;

/// The open listeners and everything that goes over them.
#[derive(Debug)]
pub struct Transports {
    listeners: Vec<(Listener, OnceLock<Open>)>,
    max_message_bytes: usize,
    known: Arc<Known>,
    datagrams: Arc<Lanes>,
    unreachable: Mutex<Seldom>,
    connections: Arc<Connections>,
    carriers: Arc<Carriers>,
    guests: Arc<Guests>,
    routes: Arc<Routes>,
}

/// What an open listener is bound to.
#[derive(Debug)]
enum Open {
    Datagrams(UdpListener),
    Streams(Transport, SocketAddr),
}

/// A listener that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {} {}: {}", spoken(.listener.transport).in_uri(), .listener.address, in_words(.why))]
pub struct CannotListen {
    /// Which one.
    pub listener: Listener,
    /// The operating system's reason.
    pub why: io::Error,
}

impl Transports {
    /// Opens every listener that can be opened; those that cannot are given back and disturb no other.
    pub fn open(config: &Config, arrivals: &Sender<Input>) -> (Transports, Vec<CannotListen>) {
        let carriers = Arc::new(Carriers::of(config));
        let guests = Arc::new(Guests::of(config));
        let (known, routes) = (Arc::new(Known::of(config)), Arc::default());
        let closed = |listener: &Listener| (listener.clone(), OnceLock::new());
        let transports = Transports {
            listeners: config.listeners.iter().map(closed).collect(),
            max_message_bytes: config.limits.max_message_bytes,
            datagrams: Arc::new(Lanes::new(Arc::clone(&known), Arc::clone(&routes))),
            unreachable: Mutex::default(),
            connections: Connections::new(
                &config.limits,
                arrivals.clone(),
                Arc::clone(&known),
                Arc::clone(&carriers),
                Arc::clone(&guests),
            ),
            known,
            carriers,
            guests,
            routes,
        };
        let failed = transports.open_closed();
        (transports, failed)
    }

    /// Opens those listeners that are still closed; gives back those that stay so.
    pub fn open_closed(&self) -> Vec<CannotListen> {
        let mut failed = Vec::new();
        for (listener, open) in self.listeners.iter().filter(|(_, open)| open.get().is_none()) {
            match self.listen(listener) {
                Ok(opened) => {
                    let _was_closed = open.set(opened);
                }
                Err(why) => {
                    let listener = listener.clone();
                    failed.push(CannotListen { listener, why });
                }
            }
        }
        failed
    }

    fn listen(&self, listener: &Listener) -> io::Result<Open> {
        match listener.transport {
            ListenTransport::Udp => {
                let datagrams = Arc::clone(&self.datagrams);
                UdpListener::open(listener.address, self.max_message_bytes, datagrams).map(Open::Datagrams)
            }
            ListenTransport::Tcp => self.accept(Transport::Tcp, listener.address, Door::Open),
            ListenTransport::Tls => {
                let identity = listener.identity.as_ref();
                let identity = identity.ok_or(io::Error::other("it has no certificate"))?;
                let shown = tls::identify(identity, &self.guests).map_err(io::Error::other)?;
                self.accept(Transport::Tls, listener.address, Door::Tls(shown.into()))
            }
        }
    }

    fn accept(&self, transport: Transport, address: SocketAddr, door: Door) -> io::Result<Open> {
        let bound = self.connections.listen(tcp::bind(address)?, door)?;
        Ok(Open::Streams(transport, bound))
    }

    /// The addresses that are listened on, as they are bound.
    pub fn listeners(&self) -> impl Iterator<Item = (Transport, SocketAddr)> {
        self.open_listeners().map(|open| match open {
            Open::Datagrams(listener) => (Transport::Udp, listener.bound()),
            Open::Streams(transport, bound) => (*transport, *bound),
        })
    }

    fn open_listeners(&self) -> impl Iterator<Item = &Open> {
        self.listeners.iter().filter_map(|(_, open)| open.get())
    }

    /// The datagrams that wait for the switch.
    pub fn datagrams(&self) -> &Arc<Lanes> {
        &self.datagrams
    }

    /// Somebody has shown who it is over this flow.
    pub fn recognise(&self, flow: Flow) {
        match flow.transport {
            Transport::Udp => self.known.learn(flow),
            Transport::Tcp | Transport::Tls => self.connections.recognise(flow),
        }
    }

    /// How many connections are open or being opened.
    pub fn connections(&self) -> usize {
        self.connections.count()
    }

    /// Sends a message over a flow without waiting. False if the flow leads nowhere; if that turns out
    /// later, [`Input::Closed`] says so.
    #[must_use]
    pub fn transmit(&self, flow: Flow, message: Bytes) -> bool {
        match flow.transport {
            Transport::Udp => self.send_datagram(flow, &message),
            Transport::Tcp | Transport::Tls => match self.connections.transmit(flow, message) {
                Ok(()) => true,
                Err(why) => {
                    self.tell_unreachable(flow, &why.to_string());
                    false
                }
            },
        }
    }

    /// A trunk has been found at the far ends of these flows; over TLS it must prove there who it is. What
    /// cannot be called is left out.
    pub fn found(&self, trunk: &str, flows: &mut Vec<Flow>) {
        flows.retain(|flow| flow.transport != Transport::Tls || self.carriers.knows(trunk));
        self.carriers.found(trunk, flows.iter().map(|flow| flow.remote));
    }

    fn tell_unreachable(&self, flow: Flow, why: &str) {
        let mut unreachable = self.unreachable.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(times) = unreachable.happened() {
            info!("{flow} cannot be reached: {why} ({times} messages since this was last said)");
        }
    }

    fn send_datagram(&self, flow: Flow, message: &[u8]) -> bool {
        let covering = self.open_listeners().find_map(|open| match open {
            Open::Datagrams(listener) if covers(listener.bound(), flow.local) => Some(listener),
            Open::Datagrams(_) | Open::Streams(..) => None,
        });
        let Some(listener) = covering else {
            self.tell_unreachable(flow, &format!("we do not listen on udp {}", flow.local));
            return false;
        };
        match listener.send(flow.remote, message) {
            Ok(()) => true,
            Err(error) => {
                self.tell_unreachable(flow, &error.to_string());
                false
            }
        }
    }

    /// The flow to a peer: over the listener of this transport whose address the kernel would use
    /// itself, else over any that can reach it. None if no listener can.
    pub fn flow_toward(&self, transport: Transport, remote: SocketAddr) -> Option<Flow> {
        let source = self.routes.source_toward(remote, 0).ok()?;
        let (_, bound) = self
            .listeners()
            .filter(|(speaks, bound)| *speaks == transport && can_reach(*bound, remote))
            .min_by_key(|(_, bound)| (bound.ip() != source.ip(), !bound.ip().is_unspecified()))?;
        let mut local = if bound.ip().is_unspecified() {
            source
        } else {
            bound
        };
        local.set_port(bound.port());
        Some(Flow {
            transport,
            local,
            remote,
        })
    }
}

/// The transport that is spoken where the configuration says this.
pub fn spoken(transport: ListenTransport) -> Transport {
    match transport {
        ListenTransport::Udp => Transport::Udp,
        ListenTransport::Tcp => Transport::Tcp,
        ListenTransport::Tls => Transport::Tls,
    }
}

/// Whether packets from `local` go out through the listener bound here.
fn covers(bound: SocketAddr, local: SocketAddr) -> bool {
    let same_address = bound.ip() == local.ip();
    let any_of_its_family = bound.ip().is_unspecified() && bound.is_ipv4() == local.is_ipv4();
    bound.port() == local.port() && (same_address || any_of_its_family)
}

/// From loopback one reaches only loopback, and the other way round.
fn can_reach(bound: SocketAddr, remote: SocketAddr) -> bool {
    let same_world = bound.ip().is_loopback() == remote.ip().is_loopback();
    bound.is_ipv4() == remote.is_ipv4() && (bound.ip().is_unspecified() || same_world)
}

fn in_words(why: &io::Error) -> String {
    match why.kind() {
        io::ErrorKind::AddrInUse => {
            "the address is in use by another program (or another tandem is running)".to_owned()
        }
        io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "not permitted (ports below 1024 need root or CAP_NET_BIND_SERVICE)".to_owned()
        }
        _ => why.to_string(),
    }
}
