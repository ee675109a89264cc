//! Where visitors of the control interface wait: few at a time, none for long.

use crate::shell::seldom::Seldom;
use axum::serve::Listener;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;
use tracing::warn;

/// Visitors at one time; the next one waits in the kernel until one leaves.
const MAX_VISITORS: usize = 32;
/// How long one connection may stand. Every answer takes milliseconds, so this only ends the visits of
/// those who ask slowly in order to keep others out, and of idle keep-alives.
const VISIT: Duration = Duration::from_secs(30);
/// When the machine has no descriptor left, accepting again at once would only spin.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(200);

/// Accepts visitors.
pub(super) struct Reception {
    listener: TcpListener,
    chairs: Arc<Semaphore>,
    failed: Seldom,
}

/// One visitor's connection. It fails when the visit has lasted too long.
pub(super) struct Visitor {
    stream: TcpStream,
    over: Pin<Box<Sleep>>,
    _chair: Option<OwnedSemaphorePermit>,
}

impl Reception {
    pub(super) fn new(listener: TcpListener) -> Reception {
        Reception {
            listener,
            chairs: Arc::new(Semaphore::new(MAX_VISITORS)),
            failed: Seldom::default(),
        }
    }
}

impl Listener for Reception {
    type Io = Visitor;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Visitor, SocketAddr) {
        // The semaphore is never closed, so there always is a chair in the end.
        let chair = Arc::clone(&self.chairs).acquire_owned().await.ok();
        loop {
            match self.listener.accept().await {
                Ok((stream, from)) => {
                    let over = Box::pin(tokio::time::sleep(VISIT));
                    let visitor = Visitor {
                        stream,
                        over,
                        _chair: chair,
                    };
                    return (visitor, from);
                }
                Err(error) => {
                    if let Some(times) = self.failed.happened() {
                        warn!("the control interface cannot accept ({times} times): {error}");
                    }
                    tokio::time::sleep(PAUSE_AFTER_ERROR).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Visitor {
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        self.over.as_mut().poll(cx).is_ready()
    }
}

impl AsyncRead for Visitor {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_over(cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Visitor {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_over(cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
