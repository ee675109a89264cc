//! What phones do at the registrar, and what they are told there.

use super::agent::Agent;
use super::party::Party;
use super::said::{Said, param};
use tandem::sip::Transport;

/// What an answer repeats from its request, and what is new in each.
const OF_ITS_OWN: [&str; 5] = ["Via", "From", "To", "Call-ID", "CSeq"];

impl Party {
    /// It speaks TLS.
    pub fn over_tls(self) -> Party {
        self.with(|agent| {
            agent.flow.transport = Transport::Tls;
            agent.flow.local.set_port(5061);
        });
        self
    }

    /// It has shown the certificate of this trunk when it connected.
    pub fn proves_to_be(&self, trunk: &str) {
        let flow = self.with(|agent| agent.flow);
        let mut world = self.world.borrow_mut();
        world.remark(format!("– {trunk} shows its certificate"));
        world.happen(tandem::call::Input::Proven(flow, vec![trunk.to_owned()]));
    }

    /// It registers this Contact for so many seconds.
    pub fn registers_contact(&self, contact: &str, expires: u32) {
        self.registers_with(|register| register.set("Contact", contact).set("Expires", expires));
    }

    /// It registers its Contact with these parameters, and says besides what it supports.
    pub fn registers_as(&self, device: &str, supported: &str) {
        let contact = format!("{}{device}", self.with(|agent| agent.contact()));
        self.registers_with(|register| register.set("Contact", contact).with("Supported", supported));
    }

    /// Its power was cut: it has forgotten its Call-ID and counts from one again.
    pub fn restarts(&self) {
        self.with(Agent::restart);
        let mut world = self.world.borrow_mut();
        let name = world.agents[self.index].name.clone();
        world.remark(format!("– {name} restarts"));
    }

    /// It tries so many passwords.
    pub fn guesses(&self, times: usize) {
        for number in 1..=times {
            self.with(|agent| agent.password = format!("guess {number}"));
            self.registers();
        }
    }

    /// It tries a password of somebody else.
    pub fn guesses_for(&self, extension: &str) {
        let own = self.with(|agent| std::mem::replace(&mut agent.user, extension.to_owned()));
        self.registers();
        self.with(|agent| agent.user = own);
    }

    /// It tries so many passwords of this extension.
    pub fn guesses_of(&self, extension: &str, times: usize) {
        let own = self.with(|agent| std::mem::replace(&mut agent.user, extension.to_owned()));
        self.guesses(times);
        self.with(|agent| agent.user = own);
    }

    /// It knows its password again.
    pub fn mistypes_nothing(&self) {
        self.with(|agent| agent.password = format!("secret of {}", agent.user));
    }

    /// It registers through this proxy, which writes our name where the phone has written the proxy's.
    pub fn registers_through(&self, proxy: &str) {
        self.with(|agent| agent.signs_for = Some(proxy.to_owned()));
        self.registers();
        self.with(|agent| agent.signs_for = None);
    }

    /// It registers with the answer that somebody else gave to a challenge.
    pub fn registers_with_the_answer_of(&self, other: &Party) {
        let answer = other.with(|agent| agent.credentials.clone());
        self.act(|agent| vec![agent.register(600).set("Authorization", answer)]);
    }

    /// What it has received last describes media at this address of ours.
    pub fn is_to_speak_to(&self, address: &str) {
        let body = self.with(|agent| {
            agent
                .heard
                .last()
                .map(|said| said.body.clone())
                .unwrap_or_default()
        });
        let is_so = body.contains(&format!("c=IN IP4 {address}"));
        self.expect(is_so, &format!("is not to speak to {address}, but {body}"));
    }

    /// It sends what it has overheard: the credentials of somebody else, with its own Contact.
    pub fn replays_credentials_of(&self, other: &Party) {
        let overheard = other.with(|agent| agent.credentials.clone());
        let aor = other.with(|agent| format!("<sip:{}@{}>", agent.user, agent.domain));
        self.registers_with(|register| {
            let tag = register.tag("From").to_owned();
            let from = format!("{aor};tag={tag}");
            register
                .set("From", from)
                .set("To", aor)
                .with("Authorization", overheard)
        });
    }

    /// In what it has received last, a field of this name holds this.
    pub fn is_told(&self, name: &str, what: &str) {
        let values = self.with(|agent| agent.last_told(name));
        let is_so = values.iter().any(|value| value.contains(what));
        self.expect(is_so, &format!("was told {name} {values:?}, and not {what}"));
    }

    /// The last 200 to its REGISTER lists these contacts, each with the seconds that are left.
    pub fn has_contacts(&self, expected: &[(&str, &str)]) {
        let listed = self.with(|agent| agent.last_told("Contact"));
        let lists = |(uri, expires): &(&str, &str)| {
            let mut listed = listed.iter();
            listed.any(|contact| contact.contains(uri) && param(contact, "expires") == *expires)
        };
        let is_so = listed.len() == expected.len() && expected.iter().all(lists);
        self.expect(
            is_so,
            &format!("has the contacts {listed:?}, and not {expected:?}"),
        );
    }

    /// What both have received last differs in nothing that could not differ between two requests of one sender.
    pub fn is_told_the_same_as(&self, other: &Party) {
        let ours = self.with(|agent| agent.last_told_by_all());
        let theirs = other.with(|agent| agent.last_told_by_all());
        self.expect(
            ours == theirs,
            &format!("was told {ours:?}, the other {theirs:?}"),
        );
    }
}

impl Agent {
    /// The values of this field in what came last.
    fn last_told(&self, name: &str) -> Vec<String> {
        let last = self.heard.last().into_iter();
        last.flat_map(|said| said.all(name).map(str::to_owned)).collect()
    }

    /// What came last, without what every answer has of its own.
    fn last_told_by_all(&self) -> Option<Said> {
        let mut said = self.heard.last()?.clone();
        said.fields
            .retain(|(name, _)| !OF_ITS_OWN.contains(&name.as_str()));
        for (_, value) in &mut said.fields {
            let nonce = super::digest::field(value, "nonce").to_owned();
            if !nonce.is_empty() {
                *value = value.replace(&nonce, &"…".repeat(nonce.len()));
            }
        }
        Some(said)
    }
}
