//! A little user agent: it answers what it must as RFC 3261 says, and does nothing else unless told.
//!
//! It never sends anything twice of its own accord, so that all repetition in a drawing is the switch's.

use super::call::{Call, Phase};
use super::demands::Demands;
use super::digest;
use super::said::Said;
use super::speech::Speech;
use std::collections::BTreeSet;
use tandem::sip::Flow;

/// A phone, a carrier or a stranger.
#[derive(Debug)]
pub struct Agent {
    /// The name over its column.
    pub name: String,
    /// The user part of its address of record.
    pub user: String,
    /// The host of the addresses that it calls.
    pub domain: String,
    /// Its digest password.
    pub password: String,
    /// The digest algorithms that it speaks, best first.
    pub algorithms: Vec<&'static str>,
    /// Its way to the switch, as the switch sees it.
    pub flow: Flow,
    /// The codecs that it speaks.
    pub formats: Vec<(u8, String)>,
    /// The host that its descriptions name instead of an address.
    pub host: Option<String>,
    /// The media lines that it offers behind the audio.
    pub beside: Vec<String>,
    /// Whether it is there at all.
    pub silent: bool,
    /// What it does not send though it should: "ACK", "200 BYE" …
    pub keeps_back: BTreeSet<String>,
    /// What its INVITEs and its 2xx to INVITE and UPDATE say beside what they must.
    pub says: Vec<(String, String)>,
    /// Which host its credentials are for, if a proxy before it writes ours in its place.
    pub signs_for: Option<String>,
    /// From which port it sends, if not from the one on which it listens.
    pub sends_from: Option<u16>,
    /// What its network puts beside each session description of it: the part as it stands there.
    pub puts_beside: Option<String>,
    /// With which status it answers a REFER.
    pub to_refers: u16,
    /// With which status it answers a NOTIFY.
    pub to_notifies: u16,
    /// With which status it answers a re-INVITE or an UPDATE.
    pub to_changes: u16,
    /// With which status it answers an UPDATE, whatever it says to a re-INVITE.
    pub to_updates: Option<u16>,
    /// What it wants to be shown with each request.
    pub demands: Option<Demands>,
    /// With which status it answers a REGISTER, and what else it says then.
    pub to_registers: (u16, Vec<(String, String)>),
    /// With which status it answers an OPTIONS.
    pub to_options: u16,
    /// With which status it answers a PRACK.
    pub to_pracks: u16,
    /// Whether every 180 of it is to be confirmed, where it rings without being told how.
    pub rings_reliably: bool,
    /// Its calls, oldest first.
    pub calls: Vec<Call>,
    /// All that it has received.
    pub heard: Vec<Said>,
    /// What it replied to each, as far as it would reply again.
    replies: Vec<Vec<Said>>,
    /// The credentials that it gave last.
    pub credentials: String,
    /// Its registration's CSeq.
    pub(super) registrations: u32,
    /// How often it has been restarted.
    pub(super) restarts: u32,
    /// Requests outside of dialogs so far.
    pub(super) strays: u32,
    /// Its last 200 to an INVITE, should it have to be said again.
    pub answered: Option<Said>,
    /// The last REGISTER or other request outside of calls, to be repeated with credentials.
    pub(super) asked: Option<Said>,
}

impl Agent {
    /// A party at this address that does nothing yet.
    pub fn new(name: &str, user: &str, domain: &str, flow: Flow) -> Agent {
        let formats = [(0, "PCMU"), (8, "PCMA"), (101, "telephone-event")];
        Agent {
            name: name.to_owned(),
            user: user.to_owned(),
            domain: domain.to_owned(),
            password: format!("secret of {user}"),
            algorithms: vec!["SHA-256", "MD5"],
            flow,
            formats: formats
                .map(|(number, encoding)| (number, encoding.to_owned()))
                .to_vec(),
            host: None,
            beside: Vec::new(),
            silent: false,
            keeps_back: BTreeSet::new(),
            says: Vec::new(),
            to_changes: 200,
            signs_for: None,
            sends_from: None,
            puts_beside: None,
            to_updates: None,
            to_refers: 202,
            to_notifies: 200,
            demands: None,
            to_registers: (200, Vec::new()),
            to_options: 200,
            to_pracks: 200,
            rings_reliably: false,
            calls: Vec::new(),
            heard: Vec::new(),
            replies: Vec::new(),
            credentials: String::new(),
            registrations: 0,
            restarts: 0,
            strays: 0,
            answered: None,
            asked: None,
        }
    }

    /// All that it knew is gone.
    pub(super) fn restart(&mut self) {
        self.restarts += 1;
        self.registrations = 0;
        self.credentials.clear();
    }

    /// This is what we asked last, and will ask again with credentials if we are challenged.
    pub fn remember(&mut self, asked: &Said) {
        self.asked = Some(asked.clone());
    }

    /// Takes a message, and says what must be said at once. What comes once more is answered or confirmed
    /// once more, and does nothing else (RFC 3261 §17).
    pub fn receive(&mut self, said: Said) -> Vec<Said> {
        if let Some(at) = self.heard.iter().position(|heard| *heard == said) {
            return self.replies[at].clone();
        }
        self.heard.push(said.clone());
        let mut replies = match said.status() {
            Some(status) => self.answered(status, &said),
            None => self.asked(&said),
        };
        replies.retain(|reply| !self.keeps_back.contains(&kind(reply, &said)));
        let repeats = replies
            .iter()
            .filter(|reply| reply.status().is_some() || reply.method() == "ACK");
        self.replies.push(repeats.cloned().collect());
        replies
    }

    fn asked(&mut self, said: &Said) -> Vec<Said> {
        if let Some(refusal) = self.demands.as_mut().and_then(|demands| demands.refusal(said)) {
            return vec![refusal];
        }
        let call = self
            .calls
            .iter()
            .rposition(|call| call.invite.get("Call-ID") == said.get("Call-ID"));
        match (said.method(), call) {
            ("ACK", _) => Vec::new(),
            ("INVITE", None) => {
                self.rung(said);
                Vec::new()
            }
            // Refused once, the same INVITE may come again with what was wanted (RFC 3261 §8.1.3.5).
            ("INVITE", Some(line)) if !said.is_within_dialog() && self.calls[line].phase == Phase::Over => {
                self.rung(said);
                Vec::new()
            }
            ("INVITE" | "UPDATE", Some(_)) if self.to_changes != 200 && said.is_within_dialog() => {
                vec![Said::response(said, self.to_changes, "Not Now")]
            }
            ("UPDATE", Some(_)) if let Some(status) = self.to_updates => {
                vec![Said::response(said, status, "Not Like This")]
            }
            ("UPDATE", Some(line)) => {
                let ok = Said::response(said, 200, "OK").with("Contact", &self.calls[line].contact);
                vec![self.beside(ok)]
            }
            ("INVITE", Some(line)) => self.reinvited(line, said),
            ("CANCEL", Some(line)) => self.cancelled(line, said),
            ("PRACK", Some(_)) if self.to_pracks != 200 => {
                vec![Said::response(said, self.to_pracks, "Not Now")]
            }
            ("REFER", Some(_)) => vec![Said::response(said, self.to_refers, "As You Like")],
            ("NOTIFY", Some(_)) => vec![Said::response(said, self.to_notifies, "As You Like")],
            ("BYE", Some(line)) if !self.calls[line].is_spoken_to(said) => {
                vec![Said::response(said, 200, "OK")]
            }
            ("BYE", Some(line)) if self.calls[line].phase != Phase::Over => {
                self.calls[line].phase = Phase::Over;
                vec![Said::response(said, 200, "OK")]
            }
            ("BYE" | "CANCEL", _) => vec![Said::response(said, 481, "Call/Transaction Does Not Exist")],
            ("REGISTER", None) => {
                let (status, fields) = &self.to_registers;
                let answer = Said::response(said, *status, "As You Like");
                vec![
                    fields
                        .iter()
                        .fold(answer, |answer, (name, value)| answer.with(name, value)),
                ]
            }
            ("OPTIONS", None) => vec![Said::response(said, self.to_options, "As You Like")],
            _ => vec![Said::response(said, 200, "OK")],
        }
    }

    fn rung(&mut self, invite: &Said) {
        let line = self.calls.len() + 1;
        let name = self.name.replace(' ', "-");
        let mut call = Call {
            phase: Phase::Rung,
            local: format!("{};tag=tag-{name}-rung-{line}", invite.get("To")),
            remote: String::new(),
            target: String::new(),
            cseq: 0,
            theirs: Speech::read(&invite.body),
            via: self.via(),
            contact: self.contact(),
            speech: self.speech(line),
            invite: invite.clone(),
            reinvite: None,
            rseq: self.rings_reliably.then_some(0),
        };
        call.learn_from(invite);
        self.calls.push(call);
    }

    fn reinvited(&mut self, line: usize, said: &Said) -> Vec<Said> {
        let call = &mut self.calls[line];
        // Its own INVITE may still be open, and its refusal must be acknowledged.
        let own = std::mem::replace(&mut call.invite, said.clone());
        call.learn_from(said);
        let sdp = call.answer_to_invite();
        call.invite = own;
        let ok = Said::response(said, 200, "OK").with("Contact", &call.contact);
        vec![self.beside(ok.describing(sdp))]
    }

    /// With what this agent says beside.
    pub fn beside(&self, said: Said) -> Said {
        self.says
            .iter()
            .fold(said, |said, (name, value)| said.with(name, value))
    }

    fn cancelled(&mut self, line: usize, said: &Said) -> Vec<Said> {
        let call = &mut self.calls[line];
        let agreed = Said::response(said, 200, "OK").set("To", &call.local);
        if call.phase != Phase::Rung {
            return vec![agreed];
        }
        call.phase = Phase::Over;
        vec![
            agreed,
            Said::response(&call.invite, 487, "Request Terminated").set("To", &call.local),
        ]
    }

    fn answered(&mut self, status: u16, said: &Said) -> Vec<Said> {
        let call = self
            .calls
            .iter()
            .rposition(|call| call.invite.get("Call-ID") == said.get("Call-ID"));
        match (said.method(), call) {
            ("INVITE", Some(line)) => self.invite_answered(line, status, said),
            ("INVITE", None) if status >= 300 => self.ack_for_stray(said).into_iter().collect(),
            (_, line) if status == 401 => {
                let again = self.with_credentials(said);
                if let (Some(again), Some(line)) = (&again, line) {
                    self.calls[line].cseq = again.cseq();
                }
                again.into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn invite_answered(&mut self, line: usize, status: u16, said: &Said) -> Vec<Said> {
        let call = &mut self.calls[line];
        match status {
            100..=199 => {
                if !said.tag("To").is_empty() {
                    call.learn_from(said);
                }
                call.prack(said).into_iter().collect()
            }
            200..=299 => {
                call.learn_from(said);
                let ack = call.ack(said);
                match call.phase {
                    // RFC 3261 §9.1: the 200 was faster than our CANCEL, so the call is there and must end.
                    Phase::Withdrawn => {
                        call.phase = Phase::Over;
                        vec![ack, call.request("BYE")]
                    }
                    Phase::Calling | Phase::Rung | Phase::Up => {
                        call.phase = Phase::Up;
                        vec![ack]
                    }
                    Phase::Over => vec![ack],
                }
            }
            // It has heard that, and asked again since.
            _ if !call.waits_for(said) => Vec::new(),
            _ => {
                let ack = call.ack(said);
                let again = if status == 401 {
                    self.with_credentials(said)
                } else {
                    None
                };
                let call = &mut self.calls[line];
                match &again {
                    Some(invite) => call.invite = invite.clone(),
                    None if call.phase != Phase::Up => call.phase = Phase::Over,
                    None => {}
                }
                if again.is_some() {
                    call.cseq += 1;
                }
                [ack].into_iter().chain(again).collect()
            }
        }
    }

    /// ACK for the refusal of an INVITE that belongs to no call of ours.
    fn ack_for_stray(&self, said: &Said) -> Option<Said> {
        let asked = self
            .asked
            .as_ref()
            .filter(|asked| asked.branch() == said.branch())?;
        let ack = Said::request("ACK", asked.uri())
            .with("Via", asked.get("Via"))
            .with("Max-Forwards", 70);
        let fields = ["From", "To", "Call-ID"];
        let ack = fields
            .iter()
            .fold(ack, |ack, name| ack.with(name, said.get(name)));
        Some(ack.with("CSeq", format!("{} ACK", said.cseq())))
    }

    /// The challenged request once more, with the next CSeq and credentials; none if it had them already,
    /// unless only the nonce was too old (RFC 7616 §3.3).
    fn with_credentials(&mut self, said: &Said) -> Option<Said> {
        let asked = self.asked.take_if(|asked| asked.branch() == said.branch())?;
        let stale = said
            .all("WWW-Authenticate")
            .any(|challenge| digest::field(challenge, "stale") == "true");
        if !asked.get("Authorization").is_empty() && !stale {
            return None;
        }
        let cseq = asked.cseq() + 1;
        let method = asked.method().to_owned();
        self.registrations += u32::from(method == "REGISTER");
        let signed = match &self.signs_for {
            Some(host) => Said::request(&method, &asked.uri().replace(&self.domain, host)),
            None => asked.clone(),
        };
        let credentials = digest::answer(said, &signed, &self.user, &self.password, &self.algorithms)?;
        self.credentials = credentials.clone();
        let again = asked
            .clone()
            .set("Authorization", credentials)
            .set("CSeq", format!("{cseq} {method}"))
            .set(
                "Via",
                asked
                    .get("Via")
                    .replace(asked.branch(), &format!("{}-{cseq}", asked.branch())),
            );
        self.asked = Some(again.clone());
        Some(again)
    }
}

/// What a reply to a message is, for [`Agent::keeps_back`]: "ACK" confirms a 2xx, any other ACK is nobody's choice.
fn kind(reply: &Said, to: &Said) -> String {
    match (reply.status(), to.status()) {
        (Some(status), _) => format!("{status} {}", reply.method()),
        (None, Some(300..)) => format!("{} of a refusal", reply.method()),
        (None, _) => reply.method().to_owned(),
    }
}
