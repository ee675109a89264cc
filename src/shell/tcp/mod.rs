//! SIP over streams, plain TCP and TLS (RFC 3261 §18): who is connected, and what happens when somebody is not.

mod connection;
mod listener;

pub use connection::Patience;
pub use listener::{Door, bind};

use super::known::Known;
use super::seats::{NoSeat, Seat, Seats};
use super::seldom::Seldom;
use super::tls::{Carrier, Carriers, Guests};
use crate::call::Input;
use crate::config::valid::Limits;
use crate::sip::{Flow, MessageLimits, Transport};
use bytes::Bytes;
use connection::Ending;
use dashmap::DashMap;
use rustls_pki_types::CertificateDer;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tracing::{debug, info, warn};

/// Messages that wait for a slow reader. When there are more, the connection is closed: a peer that
/// does not read must not make us remember without end.
const MAX_QUEUED_MESSAGES: usize = 64;
/// Opening a connection takes no longer than this, or the peer counts as unreachable.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

/// All connections, by flow. Readers, writers and the driver share this map; nobody holds an entry
/// while waiting.
#[derive(Debug)]
pub struct Connections {
    links: DashMap<Flow, Link>,
    seats: Arc<Seats>,
    arrivals: Sender<Input>,
    framing: MessageLimits,
    patience: Patience,
    opened: AtomicU64,
    refused: Mutex<Seldom>,
    broken: Mutex<Seldom>,
    known: Arc<Known>,
    carriers: Arc<Carriers>,
    guests: Arc<Guests>,
}

/// Our side's handle of one connection, open or being opened.
#[derive(Clone, Debug)]
struct Link {
    /// Tells a connection from a later one over the same flow.
    number: u64,
    queue: Sender<Bytes>,
    close: Arc<Notify>,
    /// Says that the peer has shown who it is.
    known: Arc<Notify>,
    seat: Weak<Seat>,
}

/// Somebody who has connected to a listener of ours.
#[derive(Debug)]
struct Caller {
    stream: TcpStream,
    flow: Flow,
    link: Link,
    seat: Arc<Seat>,
}

/// Why nothing could be sent.
#[derive(Debug, thiserror::Error)]
pub enum Unsendable {
    /// A new connection would be one too many.
    #[error(transparent)]
    NoSeat(#[from] NoSeat),
    /// Over TLS we call only those of whom we know who they must prove to be. A phone whose connection has
    /// ended comes back by itself.
    #[error("its TLS connection has ended, and it is for the phone to open a new one")]
    Unproven,
}

impl Connections {
    /// No connection yet. Messages and the end of every connection go into `arrivals`; when that is
    /// full a connection is read no further until there is room. Over TLS nobody is called but `carriers`, and
    /// `guests` are known by what they show.
    pub fn new(
        limits: &Limits,
        arrivals: Sender<Input>,
        known: Arc<Known>,
        carriers: Arc<Carriers>,
        guests: Arc<Guests>,
    ) -> Arc<Connections> {
        Arc::new(Connections {
            links: DashMap::new(),
            seats: Seats::new(limits.max_connections, limits.max_connections_per_source),
            arrivals,
            framing: MessageLimits {
                message_bytes: limits.max_message_bytes,
                header_fields: limits.max_header_fields,
            },
            patience: Patience::new(limits.idle_connection),
            opened: AtomicU64::new(0),
            refused: Mutex::default(),
            broken: Mutex::default(),
            known,
            carriers,
            guests,
        })
    }

    /// How many connections are open or being opened.
    pub fn count(&self) -> usize {
        self.links.len()
    }

    /// Queues a message on the connection of this flow, opening one if there is none. If the connection
    /// ends before the message is out, [`Input::Closed`] will say so.
    pub fn transmit(self: &Arc<Self>, flow: Flow, message: Bytes) -> Result<(), Unsendable> {
        let Some(link) = self.links.get(&flow).map(|entry| entry.value().clone()) else {
            return self.open(flow, message);
        };
        match link.queue.try_send(message) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                info!("{flow} does not read what we send, so the connection is closed");
                link.close.notify_one();
            }
            Err(TrySendError::Closed(_)) => debug!("{flow} is just closing, a message is lost"),
        }
        Ok(())
    }

    /// Whoever is at the other end of this connection has shown who it is.
    pub fn recognise(&self, flow: Flow) {
        let Some(link) = self.links.get(&flow) else { return };
        self.known.learn(flow);
        link.is_known();
    }

    /// Takes in a connection that a peer has opened to the listener on `port`.
    fn welcome(
        self: &Arc<Self>,
        stream: TcpStream,
        remote: SocketAddr,
        port: u16,
        door: &Door,
    ) -> io::Result<()> {
        let mut local = stream.local_addr()?;
        local.set_port(port);
        let flow = Flow {
            transport: match door {
                Door::Open => Transport::Tcp,
                Door::Tls(_) => Transport::Tls,
            },
            local,
            remote,
        };
        let close = Arc::<Notify>::default();
        match self.seats.take(remote.ip(), Arc::clone(&close)).map(Arc::new) {
            Ok(seat) => {
                let (link, queue) = self.link(flow, close, &seat);
                if self.known.is(flow.transport, remote) {
                    link.is_known();
                }
                let caller = Caller {
                    stream,
                    flow,
                    link,
                    seat,
                };
                tokio::spawn(Arc::clone(self).accepted(caller, queue, door.clone()));
            }
            Err(no_seat) => self.turn_away(flow, no_seat),
        }
        Ok(())
    }

    fn turn_away(&self, flow: Flow, why: NoSeat) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(times) = refused.happened() {
            warn!("{flow} is turned away: {why} ({times} turned away since this was last said)");
        }
    }

    async fn accepted(self: Arc<Self>, caller: Caller, queue: Receiver<Bytes>, door: Door) {
        let Caller {
            stream,
            flow,
            link,
            seat,
        } = caller;
        debug!("{flow} has connected");
        tune(&stream, flow);
        let ending = match door {
            Door::Open => self.live(stream, flow, &link, queue).await,
            Door::Tls(acceptor) => {
                let patience = self.patience.with_handshake();
                let shaken = tokio::select! {
                    shaken = in_time(patience, acceptor.accept(stream)) => shaken,
                    () = link.close.notified() => Err(io::ErrorKind::ConnectionAborted.into()),
                };
                match shaken {
                    Ok(stream) => {
                        self.look_at(flow, stream.get_ref().1.peer_certificates()).await;
                        self.live(stream, flow, &link, queue).await
                    }
                    Err(error) => Ending::NoHandshake(error),
                }
            }
        };
        self.ended(flow, link.number, &ending, seat).await;
    }

    /// Tells whose certificate a peer has shown, before its first message: where one is expected, also that it is
    /// nobody's, for another peer may have had the same port before.
    async fn look_at(&self, flow: Flow, shown: Option<&[CertificateDer<'_>]>) {
        if !self.guests.are_expected() {
            return;
        }
        let trunks = self.guests.proven(shown.unwrap_or_default());
        match (&*trunks, shown) {
            ([], Some(_)) => info!("{flow} has shown a certificate that is no trunk's"),
            ([], None) => debug!("{flow} has shown no certificate"),
            _ => info!("{flow} has shown the certificate of {}", trunks.join(", ")),
        }
        self.prove(flow, trunks).await;
    }

    async fn prove(&self, flow: Flow, trunks: Vec<String>) {
        // It fails only when the driver has gone, and then nobody wants to know.
        let _told = self.arrivals.send(Input::Proven(flow, trunks)).await;
    }

    fn open(self: &Arc<Self>, flow: Flow, first: Bytes) -> Result<(), Unsendable> {
        let carrier = match flow.transport {
            Transport::Udp | Transport::Tcp => None,
            Transport::Tls => Some(self.carriers.at(flow.remote).ok_or(Unsendable::Unproven)?),
        };
        let close = Arc::<Notify>::default();
        let seat = Arc::new(self.seats.take_for_us(Arc::clone(&close))?);
        let (link, queue) = self.link(flow, close, &seat);
        link.is_known();
        // The queue is new and empty, so there is room for the first message.
        let _queued = link.queue.try_send(first);
        tokio::spawn(Arc::clone(self).dialled(flow, carrier, link, queue, seat));
        Ok(())
    }

    async fn dialled(
        self: Arc<Self>,
        flow: Flow,
        carrier: Option<Carrier>,
        link: Link,
        queue: Receiver<Bytes>,
        seat: Arc<Seat>,
    ) {
        let ending = match in_time(CONNECT_TIMEOUT, dial(flow)).await {
            Ok(stream) => self.greeted(stream, flow, carrier, &link, queue).await,
            Err(error) => Ending::Unreachable(error),
        };
        self.ended(flow, link.number, &ending, seat).await;
    }

    async fn greeted(
        &self,
        stream: TcpStream,
        flow: Flow,
        carrier: Option<Carrier>,
        link: &Link,
        queue: Receiver<Bytes>,
    ) -> Ending {
        tune(&stream, flow);
        let Some(Carrier {
            connector,
            name,
            proves,
        }) = carrier
        else {
            return self.live(stream, flow, link, queue).await;
        };
        match in_time(CONNECT_TIMEOUT, connector.connect(name, stream)).await {
            Ok(stream) => {
                if let Some(trunk) = proves {
                    self.prove(flow, vec![trunk]).await;
                }
                self.live(stream, flow, link, queue).await
            }
            Err(error) => Ending::NoHandshake(error),
        }
    }

    async fn live<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        flow: Flow,
        link: &Link,
        queue: Receiver<Bytes>,
    ) -> Ending {
        let connection = connection::Connection {
            flow,
            framing: &self.framing,
            patience: self.patience,
            arrivals: &self.arrivals,
            pongs: &link.queue,
            close: &link.close,
            known: &link.known,
        };
        connection.live(stream, queue).await
    }

    /// Enters a connection. One that still stands under the same flow is closed: its peer must have
    /// forgotten it, or it could not have used the same port again.
    fn link(&self, flow: Flow, close: Arc<Notify>, seat: &Arc<Seat>) -> (Link, Receiver<Bytes>) {
        let (queue, queued) = mpsc::channel(MAX_QUEUED_MESSAGES);
        let link = Link {
            number: self.opened.fetch_add(1, Ordering::Relaxed),
            queue,
            close,
            known: Arc::default(),
            seat: Arc::downgrade(seat),
        };
        if let Some(older) = self.links.insert(flow, link.clone()) {
            older.close.notify_one();
        }
        (link, queued)
    }

    /// Anybody can connect and break off as often as he likes, so that is told seldom.
    fn tell(&self, flow: Flow, ending: &Ending) {
        match ending {
            Ending::ByPeer | Ending::Idle | Ending::Dropped => return debug!("{flow}: {ending}"),
            Ending::Stranger
            | Ending::Unreadable(_)
            | Ending::Failed(_)
            | Ending::Unreachable(_)
            | Ending::NoHandshake(_) => {}
        }
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(times) = broken.happened() {
            info!("{flow}: {ending} ({times} connections have broken since this was last said)");
        }
    }

    async fn ended(&self, flow: Flow, number: u64, ending: &Ending, seat: Arc<Seat>) {
        self.tell(flow, ending);
        drop(seat);
        self.known.forget(flow);
        let was_the_newest = self
            .links
            .remove_if(&flow, |_, link| link.number == number)
            .is_some();
        if was_the_newest {
            // It fails only when the driver has gone, and then nobody wants to know.
            let _told = self.arrivals.send(Input::Closed(flow)).await;
        }
    }
}

impl Link {
    fn is_known(&self) {
        self.known.notify_one();
        if let Some(seat) = self.seat.upgrade() {
            seat.is_known();
        }
    }
}

/// Opens a connection from the flow's own address, so that the peer sees the address that our Via and
/// Contact show.
async fn dial(flow: Flow) -> io::Result<TcpStream> {
    let mut from = flow.local;
    from.set_port(0);
    let socket = if from.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.bind(from)?;
    socket.connect(flow.remote).await
}

async fn in_time<T>(patience: Duration, happening: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match tokio::time::timeout(patience, happening).await {
        Ok(done) => done,
        Err(_too_late) => Err(io::ErrorKind::TimedOut.into()),
    }
}

fn tune(stream: &TcpStream, flow: Flow) {
    if let Err(error) = connection::tune(stream) {
        debug!("{flow}: socket options not set: {error}");
    }
}
