//! The life of one connection, in TLS or not: reading, writing, and the ways in which it ends.

use crate::call::Input;
use crate::sip::framer::{Frame, Framer};
use crate::sip::{Flow, Malformed, MessageLimits};
use bytes::Bytes;
use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender};

/// Read at once from one connection.
const READ_BYTES: usize = 8 * 1024;
/// Saying that we close takes no longer than this; then we just go.
const GOODBYE: Duration = Duration::from_secs(1);
/// A peer that says no more, or nothing more that can be understood, is answered what it has asked before that; longer
/// than this is not waited for. What takes longer goes over a new connection (RFC 3261 §18.2.2).
const ANSWERS: Duration = Duration::from_secs(2);
/// The answer to a keep-alive (RFC 5626 §3.5.1).
const PONG: Bytes = Bytes::from_static(b"\r\n");

/// How long a connection may stand: whoever has shown who it is without a whole message or keep-alive in either
/// direction (single bytes do not count, so nobody keeps a connection by sending a message for ever), and a stranger
/// at all.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    stranger: Duration,
    known: Duration,
}

impl Patience {
    /// A phone registers as soon as it has connected, which takes a second or two on a slow line.
    const STRANGER: Duration = Duration::from_secs(20);
    const HANDSHAKE: Duration = Duration::from_secs(10);

    /// The patience that goes with this idle time.
    pub fn new(idle: Duration) -> Patience {
        Patience {
            stranger: idle.min(Patience::STRANGER),
            known: idle,
        }
    }

    /// How long a TLS handshake may take.
    pub(super) fn with_handshake(self) -> Duration {
        self.stranger.min(Patience::HANDSHAKE)
    }
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ending {
    #[error("the peer has closed the connection")]
    ByPeer,
    #[error("the connection failed: {0}")]
    Failed(io::Error),
    #[error("the peer's stream is not SIP ({0}), so the connection is closed")]
    Unreadable(Malformed),
    #[error("nothing was said for too long, so the connection is closed")]
    Idle,
    #[error("nobody has shown there who it is, so the connection is closed")]
    Stranger,
    #[error("we have closed the connection")]
    Dropped,
    #[error("no connection can be opened: {0}")]
    Unreachable(io::Error),
    #[error("the TLS handshake has failed: {0}")]
    NoHandshake(io::Error),
}

/// One open connection, while it lives.
#[derive(Debug)]
pub(super) struct Connection<'a> {
    pub(super) flow: Flow,
    pub(super) framing: &'a MessageLimits,
    pub(super) patience: Patience,
    pub(super) arrivals: &'a Sender<Input>,
    /// The connection's own write queue, for answers to keep-alives.
    pub(super) pongs: &'a Sender<Bytes>,
    pub(super) close: &'a Notify,
    /// Says that the peer has shown who it is.
    pub(super) known: &'a Notify,
}

impl Connection<'_> {
    /// Reads and writes until one of the ends comes.
    pub(super) async fn live<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut stream: S,
        queue: Receiver<Bytes>,
    ) -> Ending {
        let (stirred, debt) = (Notify::new(), Debt::default());
        let (reader, writer) = tokio::io::split(&mut stream);
        let ending = tokio::select! {
            ending = self.listen(reader, &stirred, &debt) => ending,
            ending = self.write(writer, queue, &stirred, &debt) => ending,
            ending = self.fall_asleep(&stirred) => ending,
            () = self.close.notified() => Ending::Dropped,
        };
        // TLS tells a connection that was closed from one that was cut (RFC 8446 §6.1).
        let _said = tokio::time::timeout(GOODBYE, part(&mut stream, &ending)).await;
        ending
    }

    /// Reads until the peer says no more, or nothing that can be understood. What it was understood to ask before is
    /// answered then, if that does not take too long.
    async fn listen<S: AsyncRead>(&self, mut reader: ReadHalf<S>, stirred: &Notify, debt: &Debt) -> Ending {
        let ending = self.read(&mut reader, stirred, debt).await;
        if let Ending::ByPeer | Ending::Unreadable(_) = ending {
            let _paid_or_not = tokio::time::timeout(ANSWERS, debt.is_paid()).await;
        }
        ending
    }

    async fn read<S: AsyncRead>(&self, reader: &mut ReadHalf<S>, stirred: &Notify, debt: &Debt) -> Ending {
        let mut framer = Framer::new(self.framing.clone());
        let mut buffer = [0; READ_BYTES];
        loop {
            match reader.read(&mut buffer).await {
                Ok(0) => return self.take_rest(&mut framer, debt).await,
                Ok(length) => framer.push(&buffer[..length]),
                // Many a TLS peer just goes. What it had begun to say is not acted on, so nothing is lost.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ending::ByPeer,
                Err(error) => return Ending::Failed(error),
            }
            if let Err(ending) = self.take_frames(&mut framer, stirred, debt).await {
                return ending;
            }
        }
    }

    /// The peer says no more; it may still listen.
    async fn take_rest(&self, framer: &mut Framer, debt: &Debt) -> Ending {
        match framer.rest() {
            Some(Frame::Message(begun)) => self.pass_on(begun, debt).await.err().unwrap_or(Ending::ByPeer),
            Some(Frame::Ping) | None => Ending::ByPeer,
        }
    }

    async fn take_frames(&self, framer: &mut Framer, stirred: &Notify, debt: &Debt) -> Result<(), Ending> {
        while let Some(frame) = framer.next_frame().map_err(Ending::Unreadable)? {
            stirred.notify_one();
            match frame {
                Frame::Message(message) => self.pass_on(message, debt).await?,
                // A peer that does not read its pongs needs no more of them.
                Frame::Ping => drop(self.pongs.try_send(PONG)),
            }
        }
        Ok(())
    }

    async fn pass_on(&self, message: Bytes, debt: &Debt) -> Result<(), Ending> {
        debt.hears(&message);
        let packet = Input::Packet(self.flow, message);
        self.arrivals.send(packet).await.map_err(|_gone| Ending::Dropped)
    }

    async fn write<S: AsyncWrite>(
        &self,
        mut writer: WriteHalf<S>,
        mut queue: Receiver<Bytes>,
        stirred: &Notify,
        debt: &Debt,
    ) -> Ending {
        while let Some(message) = queue.recv().await {
            let written = async {
                writer.write_all(&message).await?;
                writer.flush().await
            };
            if let Err(error) = written.await {
                return Ending::Failed(error);
            }
            debt.says(&message);
            stirred.notify_one();
        }
        Ending::Dropped
    }

    async fn fall_asleep(&self, stirred: &Notify) -> Ending {
        let shown = tokio::time::timeout(self.patience.stranger, self.known.notified());
        if shown.await.is_err() {
            return Ending::Stranger;
        }
        while tokio::time::timeout(self.patience.known, stirred.notified())
            .await
            .is_ok()
        {}
        Ending::Idle
    }
}

/// The requests of one connection that have no final answer yet.
#[derive(Debug, Default)]
struct Debt {
    owed: AtomicUsize,
    has_paid: Notify,
}

impl Debt {
    /// A message has come. An ACK is never answered.
    fn hears(&self, message: &[u8]) {
        if !message.starts_with(b"SIP/2.0 ") && !message.starts_with(b"ACK ") {
            self.owed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A message has gone out.
    fn says(&self, message: &[u8]) {
        let is_final = matches!(message.strip_prefix(b"SIP/2.0 "), Some([b'2'..=b'6', ..]));
        if is_final {
            let one_less = |owed: usize| Some(owed.saturating_sub(1));
            let _always = self
                .owed
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
            self.has_paid.notify_one();
        }
    }

    async fn is_paid(&self) {
        while self.owed.load(Ordering::Relaxed) > 0 {
            self.has_paid.notified().await;
        }
    }
}

/// Says that we close. What a peer has sent that is not understood is taken and thrown away first: closed over unread
/// bytes, a connection is reset, and what we have said last is lost with it (RFC 1122 §4.2.2.13).
async fn part<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, ending: &Ending) -> io::Result<()> {
    stream.shutdown().await?;
    let mut rest = [0; READ_BYTES];
    while matches!(ending, Ending::Unreadable(_)) && stream.read(&mut rest).await? > 0 {}
    Ok(())
}

/// A peer that is silent for so long is asked whether it is there …
const PROBE_AFTER: Duration = Duration::from_secs(30);
/// … and again after so long …
const PROBE_INTERVAL: Duration = Duration::from_secs(10);
/// … so many times in all.
const PROBES: u32 = 3;
/// Whoever has acknowledged nothing for so long is gone. Linux lets this decide about unanswered probes as well,
/// whatever their number (tcp(7), TCP_USER_TIMEOUT), so all of them must fit in.
const GONE_AFTER: Duration = Duration::from_secs(30 + 3 * 10);

/// Small messages leave at once, and a peer that vanished without a word is noticed after a minute, whether it is
/// silent or owes us an acknowledgement. Two probes in a row may be lost.
pub(super) fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    let probes = TcpKeepalive::new()
        .with_time(PROBE_AFTER)
        .with_interval(PROBE_INTERVAL)
        .with_retries(PROBES);
    socket.set_tcp_keepalive(&probes)?;
    socket.set_tcp_user_timeout(Some(GONE_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_lost_probe_is_followed_by_others_before_the_peer_counts_as_gone() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        tune(&stream).unwrap();
        let socket = SockRef::from(&stream);
        let (time, interval) = (socket.tcp_keepalive_time(), socket.tcp_keepalive_interval());
        let probes = socket.tcp_keepalive_retries().unwrap();
        let needed = time.unwrap() + interval.unwrap() * probes;
        assert!(probes >= 3 && socket.tcp_user_timeout().unwrap() >= Some(needed));
    }
}
