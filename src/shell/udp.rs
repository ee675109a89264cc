//! SIP over UDP (RFC 3261 §18): one datagram, one message.

use super::lanes::{Datagram, Lanes};
use super::seldom::Seldom;
use bytes::Bytes;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use tracing::{debug, warn};

/// Asked for as receive buffer, so that a storm of REGISTERs after a power cut is not lost in the
/// kernel. The kernel may grant less.
const RECEIVE_BUFFER_BYTES: usize = 4 << 20;
/// After a failed read, so that a socket that only fails does not spin.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);

/// One open UDP listener. Its reader runs as long as the runtime.
#[derive(Debug)]
pub struct UdpListener {
    socket: Arc<UdpSocket>,
    bound: SocketAddr,
}

impl UdpListener {
    /// Binds the socket and starts to read. Every message goes into `datagrams`; when that is full one is dropped, as
    /// any network may do, and its sender sends it again.
    pub fn open(
        address: SocketAddr,
        max_message_bytes: usize,
        datagrams: Arc<Lanes>,
    ) -> io::Result<UdpListener> {
        let socket = Arc::new(bind(address)?);
        let bound = socket.local_addr()?;
        let reader = Reader {
            socket: Arc::clone(&socket),
            bound,
            max_message_bytes,
            datagrams,
            oversized: Seldom::default(),
            failed: Seldom::default(),
        };
        tokio::spawn(reader.run());
        Ok(UdpListener { socket, bound })
    }

    /// The address it is bound to; may be a wildcard.
    pub fn bound(&self) -> SocketAddr {
        self.bound
    }

    /// Sends one datagram without waiting. A full send buffer loses it silently, as the network may:
    /// the transaction layer sends again. Any other error means that the peer cannot be reached.
    pub fn send(&self, to: SocketAddr, bytes: &[u8]) -> io::Result<()> {
        match SockRef::from(&*self.socket).send_to(bytes, &to.into()) {
            Err(full) if full.kind() == io::ErrorKind::WouldBlock => {
                debug!("send buffer full, a datagram to {to} is lost");
                Ok(())
            }
            sent => sent.map(drop),
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        // IPv4 has listeners of its own; mapped addresses would make two names for one peer.
        socket.set_only_v6(true)?;
    }
    if let Err(error) = socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES) {
        debug!("udp {address} keeps the usual receive buffer: {error}");
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

struct Reader {
    socket: Arc<UdpSocket>,
    bound: SocketAddr,
    max_message_bytes: usize,
    datagrams: Arc<Lanes>,
    oversized: Seldom,
    failed: Seldom,
}

impl Reader {
    async fn run(mut self) {
        // One byte more than allowed: a datagram that fills it was longer.
        let mut buffer = vec![0; self.max_message_bytes + 1];
        loop {
            match self.socket.recv_from(&mut buffer).await {
                Ok((length, from)) => self.arrived(&buffer[..length], from),
                Err(error) => {
                    if let Some(times) = self.failed.happened() {
                        warn!("udp {}: reading failed {times} times, last: {error}", self.bound);
                    }
                    tokio::time::sleep(PAUSE_AFTER_ERROR).await;
                }
            }
        }
    }

    fn arrived(&mut self, datagram: &[u8], from: SocketAddr) {
        if is_keep_alive(datagram) {
            return;
        }
        if datagram.len() > self.max_message_bytes {
            if let Some(times) = self.oversized.happened() {
                let limit = self.max_message_bytes;
                warn!("udp {from} sends datagrams longer than {limit} bytes; {times} dropped");
            }
            return;
        }
        self.datagrams.push(Datagram {
            bound: self.bound,
            from,
            bytes: Bytes::copy_from_slice(datagram),
        });
    }
}

/// What NATs and phones send to keep a way open: CRLFs, NULs, stray STUN. Every SIP message begins
/// with a letter or another token character, possibly after CRLFs (RFC 3261 §7.5).
fn is_keep_alive(datagram: &[u8]) -> bool {
    let first = datagram.iter().find(|byte| !matches!(byte, b'\r' | b'\n'));
    first.is_none_or(|byte| !byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_is_not_taken_for_one() {
        let stun_binding_request = b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl";
        for junk in [&b""[..], b"\r\n\r\n", b"\0", b"\0\0\0\0", stun_binding_request] {
            assert!(is_keep_alive(junk), "{junk:?}");
        }
        assert!(!is_keep_alive(b"\r\nOPTIONS sip:a@b SIP/2.0\r\n"));
    }
}
