//! RTP and RTCP sockets: binding them before anybody is told about them, and knowing whose they are.

use crate::id::{ConversationId, LegId};
use crate::wiring::{MediaEvent, MediaHappening, Wiring};
use socket2::{Domain, Protocol, Socket, Type};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;

/// The two sockets of one leg.
#[derive(Debug)]
pub struct PortPair {
    /// RTP, on the port that our SDP shows.
    pub rtp: UdpSocket,
    /// RTCP, one port above (RFC 3550 §11).
    pub rtcp: UdpSocket,
}

/// What a new wiring changes about the sockets.
#[derive(Debug, Default)]
pub struct PortChange {
    /// Legs whose sockets are handed to the conversation's thread.
    pub open: Vec<(LegId, Arc<PortPair>)>,
    /// Legs that have come over from another conversation, with their sockets.
    pub moved: Vec<(ConversationId, LegId)>,
    /// Legs that have left: their sockets are closed.
    pub close: Vec<LegId>,
    /// Legs that could not get sockets, with the operating system's words.
    pub refused: Vec<MediaEvent>,
}

/// Which legs have sockets, and in which conversation they are.
///
/// The sockets are shared with the media threads, so that a leg which moves to another conversation
/// keeps its sockets, whatever thread it moves to.
#[derive(Debug, Default)]
pub struct PortBook {
    legs: BTreeMap<LegId, (ConversationId, Arc<PortPair>)>,
    /// The legs that the last wiring of each conversation named.
    conversations: BTreeMap<ConversationId, BTreeSet<LegId>>,
}

impl PortBook {
    /// Binds what the wiring names and the book does not know yet, and gives up what it names no more.
    /// A leg that was refused is tried again with the next wiring that names it.
    pub fn follow(&mut self, conversation: ConversationId, wiring: &Wiring) -> PortChange {
        let mut change = PortChange::default();
        for row in &wiring.rows {
            if let Err(error) = self.claim(conversation, row.leg, row.port.local, &mut change) {
                change
                    .refused
                    .push(refusal(conversation, row.leg, row.port.local, &error));
            }
        }
        let named: BTreeSet<LegId> = wiring.rows.iter().map(|row| row.leg).collect();
        for leg in self.conversations.remove(&conversation).unwrap_or_default() {
            // One that another conversation has taken over is not ours to close.
            let is_ours = self
                .legs
                .get(&leg)
                .is_some_and(|(owner, _)| *owner == conversation);
            if is_ours && !named.contains(&leg) {
                self.legs.remove(&leg);
                change.close.push(leg);
            }
        }
        if wiring != &Wiring::default() {
            self.conversations.insert(conversation, named);
        }
        change
    }

    /// The conversations whose wiring is not empty.
    pub fn conversations(&self) -> Vec<ConversationId> {
        self.conversations.keys().copied().collect()
    }

    fn claim(
        &mut self,
        conversation: ConversationId,
        leg: LegId,
        local: SocketAddr,
        change: &mut PortChange,
    ) -> io::Result<()> {
        match self.legs.get_mut(&leg) {
            Some((owner, _)) if *owner == conversation => {}
            Some((owner, pair)) => {
                change.moved.push((*owner, leg));
                change.open.push((leg, pair.clone()));
                *owner = conversation;
            }
            None => {
                let pair = Arc::new(PortPair::bind(local)?);
                change.open.push((leg, pair.clone()));
                self.legs.insert(leg, (conversation, pair));
            }
        }
        Ok(())
    }
}

fn refusal(conversation: ConversationId, leg: LegId, local: SocketAddr, error: &io::Error) -> MediaEvent {
    let why = format!("cannot open the RTP port {local} and the one above it: {error}");
    MediaEvent {
        conversation,
        leg,
        what: MediaHappening::Refused { why },
    }
}

impl PortPair {
    /// What one RTP socket may hold while its thread is busy or the program restarts; the kernel
    /// doubles it for its own bookkeeping, which makes about six seconds of G.711.
    const RTP_RECEIVE_BUFFER_BYTES: usize = 128 * 1024;
    /// Expedited forwarding (RFC 3246) in the upper six bits of the traffic class.
    const EXPEDITED_FORWARDING: u32 = 46 << 2;

    /// Binds RTP at `local` and RTCP one above; both or none.
    pub fn bind(local: SocketAddr) -> io::Result<PortPair> {
        let above = local
            .port()
            .checked_add(1)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "there is no port above 65535"))?;
        let mut rtcp = local;
        rtcp.set_port(above);
        Ok(PortPair {
            rtp: bind_socket(local)?,
            rtcp: bind_socket(rtcp)?,
        })
    }
}

/// One non-blocking socket. It stays unconnected: so the network's complaints (ICMP) about one peer
/// are never reported here, and latching may change the peer without a system call.
fn bind_socket(local: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(
        Domain::for_address(local),
        Type::DGRAM.nonblocking().cloexec(),
        Some(Protocol::UDP),
    )?;
    // A preference that the system may refuse; the call works without it.
    let _ = socket.set_recv_buffer_size(PortPair::RTP_RECEIVE_BUFFER_BYTES);
    let _ = match local {
        SocketAddr::V4(_) => socket.set_tos_v4(PortPair::EXPEDITED_FORWARDING),
        SocketAddr::V6(_) => socket.set_tclass_v6(PortPair::EXPEDITED_FORWARDING),
    };
    if local.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&local.into())?;
    Ok(socket.into())
}

/// How many files the program may have open at once, for `max_calls` calls: two legs with two sockets
/// each and one tape, with room for legs that ring in parallel, and the rest of the program.
pub fn files_needed(max_calls: usize, max_connections: usize) -> u64 {
    const FILES_PER_CALL: usize = 2 * 2 + 1;
    const FILES_BESIDE: usize = 256;
    (max_calls * FILES_PER_CALL * 3 / 2 + max_connections + FILES_BESIDE) as u64
}

/// Raises our limit of open files to all that the system grants, and says so in the log if that is
/// less than `needed`.
pub fn raise_open_files_limit(needed: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let granted = getrlimit(Resource::Nofile);
    let wanted = Rlimit {
        current: granted.maximum,
        maximum: granted.maximum,
    };
    let current = match setrlimit(Resource::Nofile, wanted) {
        Ok(()) => granted.maximum,
        Err(_) => granted.current,
    };
    if let Some(limit) = current.filter(|limit| *limit < needed) {
        tracing::warn!(
            limit,
            needed,
            "the system lets us open too few files for the configured number of calls: \
             raise LimitNOFILE (systemd) or `ulimit -Hn`, or lower limits.max_calls"
        );
    }
}
