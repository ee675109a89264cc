//! One call as a party knows it: the dialog's names, and the requests that it writes within it.

use super::said::{Said, uri_in};
use super::speech::Speech;

/// Where a call stands, as a party sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// We have called and wait for a final answer.
    Calling,
    /// We are being called.
    Rung,
    /// Answered.
    Up,
    /// We have called and no longer want to; the final answer is still to come.
    Withdrawn,
    /// Ended.
    Over,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Where it stands.
    pub phase: Phase,
    /// The newest INVITE of it, sent or received.
    pub invite: Said,
    /// Our newest re-INVITE, should it be refused after theirs has come.
    pub reinvite: Option<Said>,
    /// What we say about our media.
    pub speech: Speech,
    /// What they said last about theirs.
    pub theirs: Option<Speech>,
    /// Our From or To, with our tag.
    pub local: String,
    /// Theirs, with their tag as soon as we know it.
    pub remote: String,
    /// Their Contact, where requests within the dialog go.
    pub target: String,
    /// The number of our last request.
    pub cseq: u32,
    /// Our Via without its branch, and our Contact.
    pub via: String,
    /// Our Contact.
    pub contact: String,
    /// The RSeq of our last 180, if each of them is to be confirmed (RFC 3262).
    pub rseq: Option<u32>,
}

impl Call {
    /// A new request within the dialog.
    pub fn request(&mut self, method: &str) -> Said {
        self.cseq += 1;
        let cseq = self.cseq;
        self.numbered(method, cseq)
    }

    /// A re-INVITE that describes our media anew in this direction, or asks for an offer if none is given.
    pub fn reinvite(&mut self, direction: Option<&str>) -> Said {
        let invite = self.request("INVITE").with("Contact", &self.contact);
        self.invite = match direction {
            Some(direction) => invite.describing(self.describe(direction)),
            None => invite,
        };
        self.reinvite = Some(self.invite.clone());
        self.invite.clone()
    }

    /// An UPDATE that describes our media anew in this direction, or only says where we are.
    pub fn update(&mut self, direction: Option<&str>) -> Said {
        let update = self.request("UPDATE").with("Contact", &self.contact);
        match direction {
            Some(direction) => update.describing(self.describe(direction)),
            None => update,
        }
    }

    /// A re-INVITE with the media address 0.0.0.0 (RFC 3264 §8.4).
    pub fn hold_by_address(&mut self) -> Said {
        let invite = self.reinvite(Some("sendrecv"));
        let sdp = invite.body.lines().map(|line| {
            if line.starts_with("c=") {
                "c=IN IP4 0.0.0.0"
            } else {
                line
            }
        });
        let sdp: String = sdp.map(|line| format!("{line}\r\n")).collect();
        self.invite = invite.describing(sdp);
        self.invite.clone()
    }

    /// Our media described anew: the version rises because something changed (RFC 3264 §8).
    pub fn describe(&mut self, direction: &str) -> String {
        self.speech.version += 1;
        self.speech.direction = direction.to_owned();
        self.speech.text()
    }

    /// CANCEL for our INVITE: its Via, its number (RFC 3261 §9.1).
    pub fn cancel(&mut self) -> Said {
        self.phase = Phase::Withdrawn;
        let copied = ["Via", "Max-Forwards", "From", "To", "Call-ID"];
        let mut cancel = Said::request("CANCEL", self.invite.uri());
        for (name, value) in self
            .invite
            .fields
            .iter()
            .filter(|(name, _)| copied.contains(&name.as_str()))
        {
            cancel = cancel.with(name, value);
        }
        cancel.with("CSeq", format!("{} CANCEL", self.invite.cseq()))
    }

    /// BYE for our INVITE, or CANCEL as long as no dialog has come of it (RFC 3261 §15).
    pub fn end_early(&mut self) -> Said {
        match self.remote.contains(";tag=") {
            true => self.request("BYE"),
            false => self.cancel(),
        }
    }

    /// Whether this answers our newest INVITE, or the re-INVITE that theirs has crossed.
    pub fn waits_for(&self, answer: &Said) -> bool {
        let asked = self.reinvite.iter().chain([&self.invite]);
        asked.map(Said::branch).any(|branch| branch == answer.branch())
    }

    /// ACK for a final answer to our INVITE: within the transaction unless that is a 2xx (RFC 3261 §17.1.1.3).
    pub fn ack(&mut self, answer: &Said) -> Said {
        if answer.status().is_some_and(|status| status >= 300) {
            let is_refused = |asked: &&Said| asked.branch() == answer.branch();
            let refused = self.reinvite.as_ref().filter(is_refused).unwrap_or(&self.invite);
            return Said::request("ACK", refused.uri())
                .with("Via", refused.get("Via"))
                .with("Max-Forwards", 70)
                .with("From", answer.get("From"))
                .with("To", answer.get("To"))
                .with("Call-ID", answer.get("Call-ID"))
                .with("CSeq", format!("{} ACK", answer.cseq()));
        }
        let ack = self.numbered("ACK", answer.cseq());
        let owed = self
            .invite
            .body
            .is_empty()
            .then(|| Speech::read(&answer.body))
            .flatten();
        match owed {
            Some(offer) => ack.describing(self.answer_to(&offer)),
            None => ack,
        }
    }

    /// Our answer to their offer, or our offer if they made none.
    pub fn answer_to_invite(&mut self) -> String {
        match Speech::read(&self.invite.body) {
            Some(offer) => self.answer_to(&offer),
            None => self.speech.text(),
        }
    }

    /// Our answer to an offer of theirs.
    pub fn answer_to(&mut self, offer: &Speech) -> String {
        let answer = self.speech.answer(offer).text();
        self.speech.version += 1;
        self.theirs = Some(offer.clone());
        answer
    }

    /// What a 2xx or a 18x teaches: their tag and where they want requests.
    pub fn learn_from(&mut self, said: &Said) {
        self.remote = said
            .get(if said.status().is_some() { "To" } else { "From" })
            .to_owned();
        if !said.get("Contact").is_empty() {
            self.target = uri_in(said.get("Contact")).to_owned();
        }
        self.theirs = Speech::read(&said.body).or(self.theirs.take());
    }

    /// A request of this number within the dialog.
    pub fn numbered(&self, method: &str, cseq: u32) -> Said {
        let tag = super::said::param(&self.local, "tag");
        Said::request(method, &self.target)
            .with(
                "Via",
                format!("{};branch=z9hG4bK-{tag}-{cseq}-{method};rport", self.via),
            )
            .with("Max-Forwards", 70)
            .with("From", &self.local)
            .with("To", &self.remote)
            .with("Call-ID", self.invite.get("Call-ID"))
            .with("CSeq", format!("{cseq} {method}"))
    }
}
