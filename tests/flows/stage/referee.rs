//! The referee watches every message of every flow and knows the rules that hold in all of them.

use super::agent::Agent;
use super::confirmations::Confirmations;
use super::house;
use super::identities::Identities;
use super::said::{Said, address_in, param, uri_in};
use super::secrets::Secrets;
use super::sessions::Sessions;
use super::speech::Speech;
use std::collections::{BTreeMap, BTreeSet};
use tandem::config::Config;
use tandem::sip::Flow;

/// All that was said so far, as far as the rules need it.
#[derive(Debug, Default)]
pub struct Referee {
    faults: Vec<String>,
    reported: usize,
    /// The switch's requests by branch: sent again they must be the same.
    branches: BTreeMap<String, Vec<u8>>,
    dialogs: BTreeMap<(String, String), Dialog>,
    /// The parties' requests by party and branch.
    asked: BTreeMap<(String, String), Asked>,
    secrets: Secrets,
    identities: Identities,
    confirmations: Confirmations,
    sessions: Sessions,
}

/// What the switch and one party have said under one Call-ID.
#[derive(Debug, Default)]
struct Dialog {
    /// The highest CSeq of the switch's requests, by the tag of the branch that they go to (RFC 3261 §12.2.1.1); those
    /// that go to none yet count for all.
    cseq: BTreeMap<String, u32>,
    /// The CSeq of the switch's INVITEs, and what came of them.
    invites: BTreeMap<u32, Invited>,
    /// The tags of the branches to which a BYE was sent, or from which one came.
    over: BTreeSet<String>,
    /// The switch's last description: session id, version, and the rest.
    described: Option<(u64, u64, String)>,
}

/// An INVITE of the switch.
#[derive(Debug, Default)]
struct Invited {
    has_provisional: bool,
    final_status: Option<u16>,
    is_acked: bool,
}

/// A request of a party.
#[derive(Debug)]
struct Asked {
    request: Said,
    /// The switch's tag in its answers.
    tag: String,
    finals: BTreeSet<u16>,
}

impl Referee {
    /// A rule was broken.
    pub fn fault(&mut self, what: String) {
        if !self.faults.contains(&what) {
            self.faults.push(what);
        }
    }

    /// The faults since the last look.
    pub fn news(&mut self) -> Vec<String> {
        let news = self.faults[self.reported..].to_vec();
        self.reported = self.faults.len();
        news
    }

    /// All faults, once the flow is over: also what should have been said and was not.
    pub fn verdict(&mut self) -> Vec<String> {
        let mut missing = Vec::new();
        // What somebody elsewhere says in a call of others is nobody's to confirm.
        let is_there = |((party, _), _): &(&(String, String), &Dialog)| party != "stranger";
        for ((party, _), dialog) in self.dialogs.iter().filter(is_there) {
            for (cseq, invited) in &dialog.invites {
                match invited.final_status {
                    Some(status) if !invited.is_acked => {
                        missing.push(format!(
                            "the {status} of {party} to INVITE {cseq} was never ACKed (RFC 3261 §13.2.2.4)"
                        ));
                    }
                    Some(_) | None => {}
                }
            }
        }
        for ((party, _), asked) in self
            .asked
            .iter()
            .filter(|(_, asked)| asked.request.method() != "ACK")
        {
            if asked.finals.len() != 1 {
                let method = asked.request.method();
                missing.push(format!(
                    "{method} {} of {party} got {} final answers",
                    asked.request.cseq(),
                    asked.finals.len()
                ));
            }
        }
        missing.into_iter().for_each(|what| self.fault(what));
        self.faults.clone()
    }

    /// The switch sends this to a party.
    pub fn sent(&mut self, config: &Config, to: &Agent, flow: Flow, said: &Said, bytes: &[u8]) {
        let flow = Flow {
            local: house::shown(config, flow),
            ..flow
        };
        self.fields(to, said);
        self.contact(to, flow, said);
        match said.status() {
            None => self.request_sent(to, flow, said, bytes),
            Some(status) => self.response_sent(to, said, status),
        }
        self.description(to, said);
        let faults = self.sessions.sent(to, said);
        faults.into_iter().for_each(|what| self.fault(what));
        let faults = self.confirmations.sent(to, said);
        faults.into_iter().for_each(|what| self.fault(what));
        let leaks = self.secrets.leaks(config, to, said, bytes);
        leaks.into_iter().for_each(|what| self.fault(what));
        let text = String::from_utf8_lossy(bytes);
        let faults = self.identities.faults(config, to, said, &text);
        faults.into_iter().for_each(|what| self.fault(what));
        self.secrets.learn(to, said);
    }

    /// A party sends this to the switch.
    pub fn received(&mut self, config: &Config, from: &Agent, said: &Said) {
        self.secrets.heard(config, from, said);
        self.identities.heard(config, from, said);
        self.confirmations.received(from, said);
        self.sessions.received(from, said);
        let key = (from.name.clone(), said.branch().to_owned());
        let dialog = self.dialogs.entry(dialog_key(from, said)).or_default();
        match said.status() {
            None => {
                if said.method() == "BYE" {
                    dialog.over.insert(said.tag("From").to_owned());
                }
                let asked = Asked {
                    request: said.clone(),
                    tag: String::new(),
                    finals: BTreeSet::new(),
                };
                let key = if said.method() == "CANCEL" {
                    (key.0, format!("{} CANCEL", key.1))
                } else {
                    key
                };
                if said.method() != "ACK" {
                    self.asked.entry(key).or_insert(asked);
                }
            }
            // Whoever wants to know who hangs up has not hung up yet (RFC 3261 §22.2).
            Some(401 | 407) if said.method() == "BYE" => drop(dialog.over.remove(said.tag("To"))),
            Some(status) if said.method() == "INVITE" => {
                let invited = dialog.invites.entry(said.cseq()).or_default();
                invited.has_provisional |= status < 200;
                if status >= 200 {
                    invited.final_status = Some(status);
                }
            }
            Some(_) => {}
        }
    }

    /// What every message has exactly once (RFC 3261 §8.1.1, §8.2.6.2).
    fn fields(&mut self, to: &Agent, said: &Said) {
        for name in ["From", "To", "Call-ID", "CSeq"] {
            if said.all(name).count() != 1 {
                self.fault(format!(
                    "{} to {} with {} {name}",
                    said.start,
                    to.name,
                    said.all(name).count()
                ));
            }
        }
        if said.status().is_none() && (said.get("Max-Forwards").is_empty() || said.tag("From").is_empty()) {
            self.fault(format!(
                "{} to {} without Max-Forwards or From tag",
                said.start, to.name
            ));
        }
        let kind = match said.method() {
            "NOTIFY" if said.status().is_none() => "message/sipfrag;version=2.0",
            _ if said.body.is_empty() => "",
            "INFO" => "application/dtmf-relay",
            "MESSAGE" => "text/plain",
            _ => "application/sdp",
        };
        if said.get("Content-Type") != kind || kind.is_empty() != said.body.is_empty() {
            self.fault(format!(
                "{} to {}: body and Content-Type do not fit",
                said.start, to.name
            ));
        }
    }

    /// Whoever opens or accepts a dialog says where it is reached: at one of our listeners (RFC 3261 §8.1.1.8).
    fn contact(&mut self, to: &Agent, flow: Flow, said: &Said) {
        let opens = said.method() == "INVITE" && said.status().is_none_or(|status| status / 100 == 2);
        let contact = uri_in(said.get("Contact"));
        if opens && address_in(contact) != Some(flow.local) {
            self.fault(format!(
                "{} to {} with Contact <{contact}> over {}",
                said.start, to.name, flow.local
            ));
        }
    }

    fn request_sent(&mut self, to: &Agent, flow: Flow, said: &Said, bytes: &[u8]) {
        let (name, method, cseq) = (&to.name, said.method().to_owned(), said.cseq());
        let via = said.get("Via");
        let expected = format!("SIP/2.0/{} {}", flow.transport.in_via(), flow.local);
        if said.all("Via").count() != 1
            || !via.starts_with(&expected)
            || !said.branch().starts_with("z9hG4bK")
        {
            self.fault(format!("{method} to {name} with Via {via}, expected {expected}"));
        }
        let rides_on_invite =
            method == "CANCEL" || (method == "ACK" && self.branches.contains_key(said.branch()));
        if !rides_on_invite {
            match self.branches.get(said.branch()) {
                Some(before) if before != bytes => self.fault(format!("{method} to {name} reuses a branch")),
                Some(_) if !flow.transport.is_unreliable() => {
                    self.fault(format!(
                        "{method} to {name} comes again over a stream (RFC 3261 §17.1)"
                    ));
                }
                Some(_) => return,
                None => {
                    self.branches.insert(said.branch().to_owned(), bytes.to_vec());
                }
            }
        } else if !self.branches.contains_key(said.branch()) {
            self.fault(format!(
                "CANCEL to {name} without the branch of an INVITE (RFC 3261 §9.1)"
            ));
        }
        let faults =
            self.dialogs
                .entry(dialog_key(to, said))
                .or_default()
                .request(&method, cseq, said.tag("To"));
        faults
            .into_iter()
            .for_each(|fault| self.fault(format!("{method} {cseq} to {name} {fault}")));
    }

    fn response_sent(&mut self, to: &Agent, said: &Said, status: u16) {
        let branch = said.branch().to_owned();
        let branch = if said.method() == "CANCEL" {
            format!("{branch} CANCEL")
        } else {
            branch
        };
        let Some(asked) = self.asked.get_mut(&(to.name.clone(), branch)) else {
            return self.fault(format!("{status} to {} answers nothing", to.name));
        };
        let mut faults = Vec::new();
        let request = &asked.request;
        for name in ["From", "Call-ID", "CSeq"] {
            if said.get(name) != request.get(name) {
                faults.push(format!("changes {name} (RFC 3261 §8.2.6.2)"));
            }
        }
        if uri_in(said.get("To")) != uri_in(request.get("To"))
            || said.all("Via").count() != request.all("Via").count()
        {
            faults.push("changes To or Via (RFC 3261 §8.2.6.2)".to_owned());
        }
        let tag = said.tag("To").to_owned();
        if status > 100 && tag.is_empty() {
            faults.push("has no To tag".to_owned());
        }
        if !asked.tag.is_empty() && !tag.is_empty() && asked.tag != tag {
            faults.push("changes its To tag".to_owned());
        }
        if status > 100 {
            asked.tag = tag;
        }
        if status >= 200 {
            asked.finals.insert(status);
        } else if !asked.finals.is_empty() {
            faults.push("comes after the final answer".to_owned());
        }
        faults
            .into_iter()
            .for_each(|fault| self.fault(format!("{status} to {} {fault}", to.name)));
    }

    /// `o=` keeps its id; its version rises by one if anything changed, and only then (RFC 3264 §8).
    fn description(&mut self, to: &Agent, said: &Said) {
        let Some(speech) = Speech::read(&said.body) else {
            return;
        };
        let rest: String = said.body.lines().filter(|line| !line.starts_with("o=")).collect();
        let dialog = self.dialogs.entry(dialog_key(to, said)).or_default();
        let before = dialog
            .described
            .replace((speech.id, speech.version, rest.clone()));
        let Some((id, version, old)) = before else { return };
        let expected = version + u64::from(old != rest);
        if (speech.id, speech.version) != (id, expected) {
            let found = format!("{} {}", speech.id, speech.version);
            self.fault(format!(
                "{} to {}: o= is {found}, expected {id} {expected}",
                said.start, to.name
            ));
        }
    }
}

impl Dialog {
    /// The switch sends a request that it has not sent before.
    fn request(&mut self, method: &str, cseq: u32, tag: &str) -> Vec<&'static str> {
        let mut faults = Vec::new();
        match method {
            "ACK" => match self.invites.get_mut(&cseq) {
                Some(invited) if invited.final_status.is_some() => invited.is_acked = true,
                Some(_) | None => faults.push("confirms nothing"),
            },
            "CANCEL" => match self.invites.get(&cseq) {
                Some(invited) if !invited.has_provisional => {
                    faults.push("comes before any 1xx (RFC 3261 §9.1)")
                }
                Some(_) => {}
                None => faults.push("has not the number of an INVITE"),
            },
            _ => {
                let before = [self.cseq.get(tag), self.cseq.get("")];
                if before.into_iter().flatten().any(|before| cseq <= *before) {
                    faults.push("does not count up (RFC 3261 §12.2.1.1)");
                }
                if self.over.contains(tag) {
                    faults.push("comes after BYE (RFC 3261 §15)");
                }
                self.cseq.insert(tag.to_owned(), cseq);
            }
        }
        match method {
            "INVITE" => drop(self.invites.insert(cseq, Invited::default())),
            "BYE" => drop(self.over.insert(tag.to_owned())),
            _ => {}
        }
        faults
    }
}

fn dialog_key(party: &Agent, said: &Said) -> (String, String) {
    (party.name.clone(), said.get("Call-ID").to_owned())
}

/// The tags, branch and Call-ID of a message: what identifies a leg and must stay on it.
pub fn marks(said: &Said) -> [&str; 4] {
    [
        said.get("Call-ID"),
        said.tag("From"),
        said.tag("To"),
        param(said.get("Via"), "branch"),
    ]
}
