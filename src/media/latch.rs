//! Symmetric RTP (RFC 4961): learning where a far end really is, from where its packets come.
//!
//! Behind a NAT the address in the SDP is not the one that packets come from. A stream that anybody can divert or
//! speak into by sending packets to its port is a wiretap ("RTP bleed"), and whoever sends blindly to every port
//! is always first. So a source is trusted for what it is like, and never for being first: the address in the SDP
//! before the host that the SIP comes from, that before other ports of either, and a stranger last of all, who must
//! wait for the answer, send a steady stream, and be the only one who ever came. A better source takes over at once;
//! an equal or worse one only from a source that has fallen silent, or by going on with its very stream.
//!
//! Who is heard and where we send are two things. What a far end described anew as its address stands until somebody
//! speaks who has not spoken there before: whoever comes from the old address is heard, and is no reason to send to it
//! (RFC 3264 §8.3.1).

use crate::media::rtp::Header;
use crate::time::Time;
use crate::wiring::{Port, Stream};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// After so long a silence of the one who is heard, another who is like the far end may take over.
const SILENCE: Duration = Duration::from_secs(3);
/// So many packets of one stream in a row are steady: who looks for open ports sends one to each now and then.
const STEADY_PACKETS: u8 = 10;
/// No two of them are further apart.
const STEADY_GAP: Duration = Duration::from_millis(200);
/// A packet is the next of a stream if it is no further ahead: a NAT that forgets may cost some.
const NEXT_PACKETS: u16 = 50;
/// Streams of an earlier call that are remembered for the next.
const MAX_LINGERING: usize = 4;

/// What we know about where the far end is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Latch {
    expected: Expected,
    /// Its address in its SDP, as it was last before it may have held.
    promised: Option<SocketAddr>,
    /// Who is heard.
    heard: Option<Sender>,
    /// Who would be heard if it were trusted, and may prove itself.
    contender: Option<Sender>,
    /// Where it listens, as those have shown who have spoken since the far end moved.
    listens: Option<SocketAddr>,
    /// Where it spoke from, as its SDP said, before it moved.
    former: Option<SocketAddr>,
    /// Somebody has spoken whom SDP or SIP names: strangers have no business here.
    is_known: bool,
    /// Which of the streams that are to stay out have come all the same.
    lingering: Vec<Stream>,
}

/// What signalling says about where its packets come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Expected {
    /// Its address in its SDP.
    rtp: Option<SocketAddr>,
    /// The host that its SIP comes from.
    signalling: Option<IpAddr>,
    answered: bool,
    symmetric: bool,
    stays_out: Vec<Stream>,
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is our far end's.
    Heard,
    /// It comes from where our far end could be, and somebody else is heard.
    Unheard,
    /// It is of somebody who has no business here: whom neither SDP nor SIP names, or who was heard in an earlier call.
    Stranger,
}

/// Who sends, and what it has sent last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sender {
    from: SocketAddr,
    ssrc: u32,
    sequence: u16,
    at: Time,
    /// How many packets of a steady stream, up to [`STEADY_PACKETS`].
    in_a_row: u8,
}

/// How much a source is like the far end, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// Neither SDP nor SIP names its host.
    Stranger,
    /// It was the far end's address before it moved.
    Former,
    /// Another port of the host in the SDP, or of the one that the SIP comes from.
    SameHost,
    /// The host that the SIP comes from, and the port in the SDP: a NAT that keeps ports, as most do.
    SamePort,
    /// The address in the SDP.
    Promised,
}

impl Latch {
    /// Learns what signalling says. A far end that has moved is where its SDP says until something new comes: what
    /// was heard at the old address proves nothing any more, except behind a NAT, where it never was what the SDP said
    /// (RFC 3264 §8.3.1). True if it has moved.
    pub(super) fn expect(&mut self, port: &Port) -> bool {
        self.expected = Expected::of(port);
        // An address that means hold is no other place.
        let promised = self.expected.reachable().or(self.promised);
        let before = std::mem::replace(&mut self.promised, promised);
        if promised == before {
            return false;
        }
        let heard = self.heard.map(|heard| heard.from);
        let former = if heard == before { before } else { self.former };
        self.former = former.filter(|former| Some(*former) != promised);
        self.listens = None;
        true
    }

    /// A packet came from `from`: is it our far end's?
    pub(super) fn judge(&mut self, now: Time, from: SocketAddr, header: &Header) -> Verdict {
        let likeness = self.likeness(from);
        if self.is_to_stay_out(from, header, likeness) {
            return Verdict::Stranger;
        }
        match self.admits(now, from, header, likeness) {
            true => Verdict::Heard,
            false if likeness == Likeness::Stranger => Verdict::Stranger,
            false => Verdict::Unheard,
        }
    }

    fn admits(&mut self, now: Time, from: SocketAddr, header: &Header, likeness: Likeness) -> bool {
        match &mut self.heard {
            Some(heard) if heard.from == from => heard.sends(now, header),
            Some(heard) if heard.has_sent_later(header) && is_like(heard, from, likeness) => return true,
            _ => match self.may_take_over(now, from, header, likeness) {
                Some(sender) => self.heard = Some(sender),
                None => return false,
            },
        }
        self.contender.take_if(|contender| contender.from == from);
        self.is_known |= likeness > Likeness::Stranger;
        if Some(from) != self.former {
            self.listens = Some(from);
        }
        true
    }

    /// Where to send: to where it speaks from once that is known, else to where its SDP says.
    pub(super) fn destination(&self) -> Option<SocketAddr> {
        let promised = self.expected.reachable()?;
        Some(self.listens().unwrap_or(promised))
    }

    /// Where it listens, if what it has sent shows that.
    pub(super) fn listens(&self) -> Option<SocketAddr> {
        self.listens.filter(|_| self.is_symmetric())
    }

    /// Whether it listens where it speaks from.
    pub(super) fn is_symmetric(&self) -> bool {
        self.expected.symmetric
    }

    /// Whether signalling names this host, or the one who is heard is there.
    pub(super) fn knows(&self, host: IpAddr) -> bool {
        let heard = self.heard.as_ref().map(|heard| heard.from.ip());
        self.names(host) || heard == Some(host)
    }

    /// The streams that may go on after the call, and must not be heard in the next one on this port.
    pub(super) fn lingering(self) -> Vec<Stream> {
        let heard = self.heard.map(|heard| heard.stream());
        let mut streams = self.lingering;
        streams.extend(heard);
        streams
    }

    /// Whether this is a stream of an earlier call. Nobody is kept from where its SDP says that it is.
    fn is_to_stay_out(&mut self, from: SocketAddr, header: &Header, likeness: Likeness) -> bool {
        let stream = Stream {
            from,
            ssrc: header.ssrc,
        };
        let stays_out = likeness < Likeness::Promised && self.expected.stays_out.contains(&stream);
        if stays_out && !self.lingering.contains(&stream) && self.lingering.len() < MAX_LINGERING - 1 {
            self.lingering.push(stream);
        }
        stays_out
    }

    /// Somebody else speaks: none if it is not to be heard instead.
    fn may_take_over(
        &mut self,
        now: Time,
        from: SocketAddr,
        header: &Header,
        likeness: Likeness,
    ) -> Option<Sender> {
        let sender = Sender::new(now, from, header);
        let Some(heard) = self.heard.as_ref() else {
            return match likeness {
                Likeness::Stranger => self.proves_itself(now, sender, header),
                _ => Some(sender),
            };
        };
        let others = self.likeness(heard.from);
        let is_like = is_like(heard, from, likeness);
        let is_silent = now.since(heard.at) >= SILENCE;
        let is_better = likeness > others && likeness > Likeness::Former;
        if is_better || is_like && (heard.is_followed_by(header) || is_silent) {
            return Some(sender);
        }
        let may_contend = is_silent || likeness == others && !heard.is_steady();
        may_contend
            .then(|| self.proves_itself(now, sender, header))
            .flatten()
    }

    /// Who is not trusted for what it is like sends a steady stream, one at a time.
    fn proves_itself(&mut self, now: Time, sender: Sender, header: &Header) -> Option<Sender> {
        let is_stranger = self.likeness(sender.from) == Likeness::Stranger;
        if is_stranger && (self.is_known || !self.expected.answered) {
            return None;
        }
        match &mut self.contender {
            Some(contender) if contender.from == sender.from => contender.sends(now, header),
            Some(contender) if now.since(contender.at) <= STEADY_GAP => {}
            contender => *contender = Some(sender),
        }
        let is_proven = |contender: &Sender| contender.from == sender.from && contender.is_steady();
        self.contender.filter(is_proven)
    }

    /// Whether its SDP or its SIP names this host.
    fn names(&self, host: IpAddr) -> bool {
        self.expected.signalling == Some(host) || self.promised.is_some_and(|rtp| rtp.ip() == host)
    }

    fn likeness(&self, from: SocketAddr) -> Likeness {
        let has_its_port = self.promised.is_some_and(|rtp| rtp.port() == from.port());
        if Some(from) == self.promised {
            Likeness::Promised
        } else if Some(from) == self.former {
            Likeness::Former
        } else if has_its_port && Some(from.ip()) == self.expected.signalling {
            Likeness::SamePort
        } else if self.names(from.ip()) {
            Likeness::SameHost
        } else {
            Likeness::Stranger
        }
    }
}

impl Expected {
    fn of(port: &Port) -> Expected {
        Expected {
            rtp: port.remote.as_ref().map(|remote| remote.rtp),
            signalling: port.signalling,
            answered: port.answered,
            symmetric: port.symmetric,
            stays_out: port.stays_out.clone(),
        }
    }

    fn reachable(&self) -> Option<SocketAddr> {
        self.rtp.filter(|rtp| is_reachable(*rtp))
    }
}

impl Sender {
    fn new(now: Time, from: SocketAddr, header: &Header) -> Sender {
        Sender {
            from,
            ssrc: header.ssrc,
            sequence: header.sequence,
            at: now,
            in_a_row: 1,
        }
    }

    fn stream(&self) -> Stream {
        Stream {
            from: self.from,
            ssrc: self.ssrc,
        }
    }

    /// Takes note of its next packet. Who was steady once stays so.
    fn sends(&mut self, now: Time, header: &Header) {
        let goes_on = self.is_followed_by(header) && now.since(self.at) <= STEADY_GAP;
        self.at = now;
        if self.has_sent_later(header) {
            return;
        }
        self.in_a_row = match goes_on || self.is_steady() {
            true => (self.in_a_row + 1).min(STEADY_PACKETS),
            false => 1,
        };
        (self.ssrc, self.sequence) = (header.ssrc, header.sequence);
    }

    fn is_steady(&self) -> bool {
        self.in_a_row >= STEADY_PACKETS
    }

    /// Whether this packet is the next of the same stream. Nobody can guess that who does not see the stream.
    fn is_followed_by(&self, header: &Header) -> bool {
        let ahead = header.sequence.wrapping_sub(self.sequence);
        header.ssrc == self.ssrc && (1..=NEXT_PACKETS).contains(&ahead)
    }

    /// Whether this packet is of the same stream and only late: it says where the far end was.
    fn has_sent_later(&self, header: &Header) -> bool {
        let behind = self.sequence.wrapping_sub(header.sequence);
        header.ssrc == self.ssrc && behind <= NEXT_PACKETS
    }
}

/// An address that packets can be sent to: `0.0.0.0` was how a call was held before RFC 3264, and port 0
/// refuses a stream (RFC 3264 §6).
pub(super) fn is_reachable(to: SocketAddr) -> bool {
    !to.ip().is_unspecified() && !to.ip().is_multicast() && to.port() != 0
}

/// Whether it may be the one who is heard, elsewhere: signalling names its host, or it is the same host.
fn is_like(heard: &Sender, from: SocketAddr, likeness: Likeness) -> bool {
    likeness > Likeness::Stranger || from.ip() == heard.from.ip()
}

#[cfg(test)]
mod tests;
