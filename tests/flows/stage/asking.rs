//! The requests with which a user agent begins something.

use super::agent::Agent;
use super::call::{Call, Phase};
use super::said::Said;
use super::speech::Speech;
use tandem::sip::Transport;

impl Agent {
    /// A request outside of any dialog.
    pub fn stray(&mut self, method: &str, uri: &str) -> Said {
        self.strays += 1;
        let id = format!("{}-ask-{}", self.name.replace(' ', "-"), self.strays);
        let from = format!("<sip:{}@{}>;tag=tag-{id}", self.user, self.domain);
        let said = Said::request(method, uri)
            .with("Via", format!("{};branch=z9hG4bK-{id};rport", self.via()))
            .with("Max-Forwards", 70)
            .with("From", from)
            .with("To", format!("<{uri}>"))
            .with("Call-ID", format!("{id}@{}", self.flow.remote.ip()))
            .with("CSeq", format!("1 {method}"))
            .with("User-Agent", self.maker());
        self.asked = Some(said.clone());
        said
    }

    /// REGISTER of our one contact for so long; all of one life share one Call-ID (RFC 3261 §10.2).
    pub fn register(&mut self, expires: u32) -> Said {
        self.registrations += 1;
        let life = match self.restarts {
            0 => String::new(),
            restarts => format!("-{restarts}"),
        };
        let call_id = format!(
            "{}-register{life}@{}",
            self.name.replace(' ', "-"),
            self.flow.remote.ip()
        );
        let aor = format!("<sip:{}@{}>", self.user, self.domain);
        let said = self
            .stray("REGISTER", &format!("sip:{}", self.domain))
            .set("To", &aor)
            .set("Call-ID", call_id)
            .set("CSeq", format!("{} REGISTER", self.registrations))
            .with("Contact", self.contact())
            .with("Expires", expires);
        self.asked = Some(said.clone());
        said
    }

    /// INVITE to a number, with our offer.
    pub fn invite(&mut self, number: &str) -> Said {
        let line = self.calls.len() + 1;
        let uri = format!("sip:{number}@{}", self.domain);
        let stray = self.stray("INVITE", &uri);
        let speech = self.speech(line);
        let invite = stray.with("Contact", self.contact()).describing(speech.text());
        let invite = self.beside(invite);
        self.calls.push(Call {
            phase: Phase::Calling,
            local: invite.get("From").to_owned(),
            remote: invite.get("To").to_owned(),
            target: uri,
            cseq: 1,
            theirs: None,
            via: self.via(),
            contact: self.contact(),
            speech,
            invite: invite.clone(),
            reinvite: None,
            rseq: None,
        });
        invite
    }

    /// What it says about the media of its call of this number.
    pub(super) fn speech(&self, line: usize) -> Speech {
        let port = 20_000 + 2 * u16::try_from(line).unwrap_or(0);
        let rtp = std::net::SocketAddr::new(self.flow.remote.ip(), port);
        let id = 7_000_000_000 + u64::from(port) + 100_000 * self.name.bytes().map(u64::from).sum::<u64>();
        Speech {
            id,
            version: 1,
            rtp,
            direction: "sendrecv".to_owned(),
            formats: self.formats.clone(),
            host: self.host.clone(),
            beside: self.beside.clone(),
        }
    }

    /// Its Via without a branch.
    pub(super) fn via(&self) -> String {
        format!("SIP/2.0/{} {}", self.flow.transport.in_via(), self.flow.remote)
    }

    /// Our Contact.
    pub fn contact(&self) -> String {
        let user = self.user.trim_start_matches('+');
        match self.flow.transport {
            Transport::Udp => format!("<sip:{user}@{}>", self.flow.remote),
            stream @ (Transport::Tcp | Transport::Tls) => {
                format!("<sip:{user}@{};transport={}>", self.flow.remote, stream.in_uri())
            }
        }
    }

    /// What we call ourselves; nobody beyond the switch may learn it.
    pub fn maker(&self) -> String {
        format!("Deskphone-of-{}", self.name.replace(' ', "-"))
    }
}
