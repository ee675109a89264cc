//! A party that wants to know who asks, by the book and without the code under test: it counts how often each of its
//! nonces is used (RFC 7616 §3.4).

use super::digest;
use super::party::Party;
use super::said::Said;

/// What a party wants to be shown.
#[derive(Clone, Debug)]
pub struct Demands {
    /// 401 or 407.
    pub status: u16,
    /// The password that it knows.
    pub password: String,
    /// The algorithms that it offers.
    pub algorithms: Vec<&'static str>,
    /// How often a nonce may be used.
    pub good_for: u32,
    /// The number of its newest nonce.
    pub nonce: u32,
    /// How often that has been used.
    pub used: u32,
}

impl Demands {
    /// Any number of requests with each nonce.
    pub fn new(status: u16, password: &str) -> Demands {
        Demands {
            status,
            password: password.to_owned(),
            algorithms: vec!["MD5", "SHA-256"],
            good_for: u32::MAX,
            nonce: 1,
            used: 0,
        }
    }

    /// The refusal of a request that does not show what it must; none if it does.
    pub fn refusal(&mut self, request: &Said) -> Option<Said> {
        if matches!(request.method(), "ACK" | "CANCEL") {
            return None;
        }
        let (asks, answers) = match self.status {
            407 => ("Proxy-Authenticate", "Proxy-Authorization"),
            _ => ("WWW-Authenticate", "Authorization"),
        };
        let shown = request.get(answers);
        let is_right = !shown.is_empty() && digest::is_right(shown, request.method(), &self.password);
        let is_next = digest::field(shown, "nonce") == format!("nonce-{}", self.nonce)
            && digest::field(shown, "nc") == format!("{:08x}", self.used + 1)
            && digest::field(shown, "opaque") == "mirror";
        if is_right && is_next && self.used < self.good_for {
            self.used += 1;
            return None;
        }
        if !shown.is_empty() {
            self.nonce += 1;
            self.used = 0;
        }
        let stale = if is_right { ", stale=true" } else { "" };
        let refusal = Said::response(request, self.status, "Who Are You");
        let refusal = match request.is_within_dialog() {
            true => refusal,
            false => refusal.set("To", format!("{};tag=tag-who-are-you", request.get("To"))),
        };
        let challenge = |algorithm: &&str| {
            let nonce = self.nonce;
            format!(
                "Digest realm=\"carrier.example\", nonce=\"nonce-{nonce}\", opaque=\"mirror\", \
                 algorithm={algorithm}, qop=\"auth,auth-int\"{stale}"
            )
        };
        let challenges = self.algorithms.iter().map(challenge);
        Some(challenges.fold(refusal, |refusal, challenge| refusal.with(asks, challenge)))
    }
}

impl Party {
    /// It wants to know who asks, for each request of ours.
    pub fn demands(&self, demands: Demands) {
        self.with(|agent| agent.demands = Some(demands));
    }

    /// It answers every REGISTER with this status, and these fields.
    pub fn answers_registers_with(&self, status: u16, fields: &[(&str, &str)]) {
        let fields = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.with(|agent| agent.to_registers = (status, fields.collect()));
    }

    /// The ACK to its answer to our last INVITE shows credentials.
    pub fn sees_credentials_in_ack(&self) {
        let shown = self.with(|agent| {
            let of = |method: &'static str| {
                let requests = agent.heard.iter().filter(|said| said.status().is_none());
                requests.filter(move |said| said.method() == method)
            };
            let last = of("INVITE").map(Said::cseq).max();
            let mut acks = of("ACK").filter(|ack| Some(ack.cseq()) == last);
            acks.any(|ack| !ack.get("Authorization").is_empty())
        });
        self.expect(shown, "got an ACK without credentials");
    }

    /// The user part of the Contact that was registered with it last.
    pub fn registered_user(&self) -> String {
        self.registered_user_of("")
    }

    /// The user part of the Contact that was registered with it last for this account.
    pub fn registered_user_of(&self, account: &str) -> String {
        self.with(|agent| {
            let registers = |said: &&Said| {
                said.status().is_none() && said.method() == "REGISTER" && said.get("To").contains(account)
            };
            let last = agent.heard.iter().rfind(registers);
            let contact = last
                .map(|said| said.get("Contact").to_owned())
                .unwrap_or_default();
            super::said::user_in(super::said::uri_in(&contact)).to_owned()
        })
    }
}
