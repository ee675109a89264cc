//! The far ends of the examples: as little SIP over UDP as a phone or a carrier needs on a good wire.

pub(crate) mod register;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};
use tandem::sdp;
use tandem::sip::{Draft, Message, MessageLimits, Name};

/// Which way a message went, as seen from the far end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// To the switch.
    Out,
    /// From the switch.
    In,
}

/// One far end's signalling: its socket, and the switch on the other side.
#[derive(Debug)]
pub(crate) struct Line {
    /// What it is called: the user part of its contact.
    pub(crate) name: &'static str,
    /// Its address.
    pub(crate) here: SocketAddr,
    /// The switch's address.
    pub(crate) switch: SocketAddr,
    socket: UdpSocket,
    watch: fn(&'static str, Way, &Message),
}

/// The far end's side of one dialog (RFC 3261 §12).
#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    /// The Call-ID.
    pub(crate) call_id: String,
    /// From of our requests, with our tag.
    pub(crate) local: String,
    /// To of our requests, with their tag once it is known.
    pub(crate) remote: String,
    /// The Request-URI of our requests.
    pub(crate) target: String,
    /// The number of our last request.
    pub(crate) cseq: u32,
}

impl Line {
    /// A line at this address, on any free port. `watch` sees every message.
    pub(crate) fn open(
        name: &'static str,
        address: IpAddr,
        switch: SocketAddr,
        watch: fn(&'static str, Way, &Message),
    ) -> Result<Line> {
        Line::open_at(name, SocketAddr::new(address, 0), switch, watch)
    }

    /// A line at this address and port.
    pub(crate) fn open_at(
        name: &'static str,
        here: SocketAddr,
        switch: SocketAddr,
        watch: fn(&'static str, Way, &Message),
    ) -> Result<Line> {
        let socket = UdpSocket::bind(here).with_context(|| format!("no socket at {here}"))?;
        let here = socket.local_addr()?;
        Ok(Line {
            name,
            here,
            switch,
            socket,
            watch,
        })
    }

    /// Sends the next request of a dialog; an ACK takes the number of its INVITE (RFC 3261 §13.2.2.4).
    pub(crate) fn request(
        &self,
        dialog: &mut Dialog,
        method: &str,
        more: &str,
        sdp: Option<&str>,
    ) -> Result<()> {
        if method != "ACK" {
            dialog.cseq += 1;
        }
        self.write(dialog, method, more, sdp)
    }

    /// Sends the last request of a dialog once more, or for the first time, under its own branch.
    pub(crate) fn write(&self, dialog: &Dialog, method: &str, more: &str, sdp: Option<&str>) -> Result<()> {
        let Dialog {
            call_id,
            local,
            remote,
            target,
            cseq,
        } = dialog;
        let (here, name) = (self.here, self.name);
        let kind = sdp.map_or("", |_| "Content-Type: application/sdp\r\n");
        let body = sdp.unwrap_or_default();
        let text = format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{call_id}.{cseq}.{method};rport\r\n\
             Max-Forwards: 70\r\nFrom: {local}\r\nTo: {remote}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n\
             Contact: <sip:{name}@{here}>\r\n{more}{kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.send(&message(text.into())?)
    }

    /// Acknowledges a refusal of an INVITE: same branch, their tag (RFC 3261 §17.1.1.3).
    pub(crate) fn acknowledge_refusal(&self, dialog: &Dialog, refusal: &Message) -> Result<()> {
        let Dialog {
            call_id,
            local,
            target,
            cseq,
            ..
        } = dialog;
        let (here, to) = (self.here, refusal.to()?);
        let text = format!(
            "ACK {target} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{call_id}.{cseq}.INVITE;rport\r\n\
             Max-Forwards: 70\r\nFrom: {local}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} ACK\r\n\
             Content-Length: 0\r\n\r\n"
        );
        self.send(&message(text.into())?)
    }

    /// Answers a request.
    pub(crate) fn respond(
        &self,
        request: &Message,
        status: u16,
        reason: &str,
        sdp: Option<&str>,
    ) -> Result<Message> {
        let contact = format!("<sip:{}@{}>", self.name, self.here);
        let draft = Draft::response(request, status, reason)
            .to_tag(self.name)
            .with(Name::CONTACT, contact);
        let draft = match sdp {
            Some(sdp) => draft.body("application/sdp", sdp),
            None => draft,
        };
        let response = draft.finish();
        self.send(&response)?;
        Ok(response)
    }

    /// Sends a message as it is.
    pub(crate) fn send(&self, message: &Message) -> Result<()> {
        (self.watch)(self.name, Way::Out, message);
        self.socket.send_to(message.bytes(), self.switch)?;
        Ok(())
    }

    /// The next message from the switch, if one comes in time.
    pub(crate) fn receive(&self, patience: Duration) -> Result<Option<Message>> {
        self.socket
            .set_read_timeout(Some(patience.max(Duration::from_micros(1))))?;
        let mut buffer = [0; 8192];
        match self.socket.recv(&mut buffer) {
            Ok(length) => {
                let message = message(Bytes::copy_from_slice(&buffer[..length]))?;
                (self.watch)(self.name, Way::In, &message);
                Ok(Some(message))
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The next message that is so; what comes before it is passed over.
    pub(crate) fn expect(&self, what: &str, wanted: impl Fn(&Message) -> bool) -> Result<Message> {
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end {
            if let Some(message) = self.receive(Duration::from_millis(100))?.filter(&wanted) {
                return Ok(message);
            }
        }
        bail!("{}: no {what} within 10 s", self.name)
    }
}

impl Dialog {
    /// A dialog that we begin, toward this user of the switch.
    pub(crate) fn to(line: &Line, call_id: String, from: &str, user: &str) -> Dialog {
        let local = format!("<sip:{from}@{}>;tag={call_id}", line.here.ip());
        let target = format!("sip:{user}@{}", line.switch);
        Dialog {
            call_id,
            local,
            remote: format!("<{target}>"),
            target,
            cseq: 0,
        }
    }

    /// Their tag and contact are known from a 2xx (RFC 3261 §12.1.2).
    pub(crate) fn answered(&mut self, response: &Message) -> Result<()> {
        self.remote = response.to()?.to_string();
        let contact = response
            .contacts()?
            .into_iter()
            .next()
            .context("a 2xx without Contact")?;
        self.target = contact.uri.to_string();
        Ok(())
    }
}

/// An RTP socket at an even port and the RTCP socket above it (RFC 3550 §11), so that the reports of one call
/// do not arrive as the voice of another.
pub(crate) fn rtp_pair(address: IpAddr) -> Result<[UdpSocket; 2]> {
    for _ in 0..1000 {
        let rtp = UdpSocket::bind((address, 0))?;
        let port = rtp.local_addr()?.port();
        if port % 2 == 0
            && let Ok(rtcp) = UdpSocket::bind((address, port + 1))
        {
            return Ok([rtp, rtcp]);
        }
    }
    bail!("no two free ports in a row at {address}")
}

/// Reads a message.
fn message(bytes: Bytes) -> Result<Message> {
    Ok(Message::parse(
        bytes,
        &MessageLimits {
            message_bytes: 65_535,
            header_fields: 256,
        },
    )?)
}

/// G.711 at this address, both ways.
pub(crate) fn description(rtp: SocketAddr) -> String {
    let (ip, port) = (rtp.ip(), rtp.port());
    format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n\
         a=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n"
    )
}

/// Where the description in this message wants its RTP.
pub(crate) fn rtp_of(message: &Message) -> Result<SocketAddr> {
    let session = sdp::Session::parse(message.body())?;
    Ok(session.audio.context("no audio in the description")?.rtp)
}
