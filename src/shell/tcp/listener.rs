//! Accepting connections.

use super::Connections;
use crate::shell::seldom::Seldom;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tracing::warn;

/// Connections that wait to be accepted; the kernel refuses more.
const BACKLOG: i32 = 1024;
/// When the machine has no descriptor left, accepting again at once would only spin.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(200);

/// What those who connect to a listener must do before they can speak SIP.
#[derive(Clone)]
pub enum Door {
    /// Nothing: it is plain TCP.
    Open,
    /// A TLS handshake, in which we show who we are.
    Tls(TlsAcceptor),
}

/// Binds one TCP listener, for SIP or for the control interface. IPv6 never takes IPv4 as well.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // Connections of an earlier run that linger in TIME_WAIT must not keep us from starting.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

impl Connections {
    /// Accepts connections on `listener` as long as the runtime lives.
    pub fn listen(self: &Arc<Self>, listener: TcpListener, door: Door) -> io::Result<SocketAddr> {
        let bound = listener.local_addr()?;
        tokio::spawn(accept(Arc::clone(self), listener, bound, door));
        Ok(bound)
    }
}

async fn accept(connections: Arc<Connections>, listener: TcpListener, bound: SocketAddr, door: Door) {
    let mut failed = Seldom::default();
    loop {
        let welcomed = match listener.accept().await {
            Ok((stream, remote)) => connections.welcome(stream, remote, bound.port(), &door),
            Err(error) => Err(error),
        };
        let Err(error) = welcomed else { continue };
        if is_only_that_guest(&error) {
            continue;
        }
        if let Some(times) = failed.happened() {
            warn!("tcp {bound}: a connection could not be accepted ({times} times): {error}");
        }
        tokio::time::sleep(PAUSE_AFTER_ERROR).await;
    }
}

/// The peer hung up while it waited; the next one is not to suffer for it.
fn is_only_that_guest(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, NotConnected};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | NotConnected
    )
}
