//! What belongs to one leg and must not be seen on another: topology, identities inside the house, makers.

use super::agent::Agent;
use super::identities::IDENTITY;
use super::referee::marks;
use super::said::{Said, uri_in, user_in};
use super::speech::Speech;
use std::collections::BTreeMap;
use tandem::config::Config;

/// Whose secret is what, and what each party has said itself.
#[derive(Debug, Default)]
pub struct Secrets {
    of: BTreeMap<String, String>,
    said: BTreeMap<String, String>,
}

impl Secrets {
    /// A party says something; what it says itself is no secret to it.
    pub fn heard(&mut self, config: &Config, from: &Agent, said: &Said) {
        self.said
            .entry(from.name.clone())
            .or_default()
            .push_str(&said.to_string());
        self.learn(from, said);
        if config.extensions.contains_key(&from.user) {
            self.learn_claims(config, from, said);
        }
    }

    /// What a phone claims about who calls is believed by nobody, and told to nobody.
    fn learn_claims(&mut self, config: &Config, phone: &Agent, said: &Said) {
        let is_known = |user: &str| {
            let numbers = config.caller_id.numbers.keys();
            config.extensions.contains_key(user) || numbers.into_iter().any(|number| number.ends_with(user))
        };
        let fields = IDENTITY.iter().chain(&["Identity", "Referred-By"]);
        for value in fields.flat_map(|name| said.all(name)) {
            let user = user_in(uri_in(value));
            if !user.is_empty() && !is_known(user) {
                self.of.entry(user.to_owned()).or_insert(phone.name.clone());
            }
        }
    }

    /// The marks of a leg become its secrets.
    pub fn learn(&mut self, party: &Agent, said: &Said) {
        let session = Speech::read(&said.body).map(|speech| speech.id.to_string());
        let own = [party.flow.remote.ip().to_string(), party.maker()];
        let words = marks(said)
            .into_iter()
            .map(str::to_owned)
            .chain(session)
            .chain(own);
        for word in words.filter(|word| !word.is_empty()) {
            self.of.entry(word).or_insert(party.name.clone());
        }
    }

    /// What this message to a party tells about others.
    pub fn leaks(&self, config: &Config, to: &Agent, said: &Said, bytes: &[u8]) -> Vec<String> {
        let text = String::from_utf8_lossy(bytes);
        // Behind one NAT all have one address.
        let own_address = to.flow.remote.ip().to_string();
        // Whoever eavesdrops has said himself what his answer repeats.
        let own = self.said.get(&to.name).map_or("", String::as_str);
        let foreign = self.of.iter().filter(|(word, owner)| {
            **owner != to.name
                && **word != own_address
                && !shares_bindings(to, owner, said)
                && has_word(&text, word)
                && !has_word(own, word)
        });
        let mut leaks: Vec<String> = foreign
            .map(|(word, owner)| format!("{} to {} shows {word} of {owner}", said.start, to.name))
            .collect();
        if !config.extensions.contains_key(&to.user) {
            leaks.extend(
                self.insides(config, to, &text)
                    .map(|word| format!("{} to {} shows {word}", said.start, to.name)),
            );
        }
        leaks
    }

    /// Extensions and names of people, which nobody outside may see unless he said them himself.
    fn insides<'a>(&'a self, config: &'a Config, to: &Agent, text: &'a str) -> impl Iterator<Item = &'a str> {
        let own = self.said.get(&to.name).map_or("", String::as_str);
        let people = config
            .extensions
            .iter()
            .flat_map(|(number, extension)| [number.as_str(), extension.name.as_str()]);
        people.filter(move |word| has_word(text, word) && !has_word(own, word))
    }
}

/// A phone may see where the other phones of its extension are registered (RFC 3261 §10.3 step 8).
fn shares_bindings(to: &Agent, owner: &str, said: &Said) -> bool {
    said.method() == "REGISTER" && owner.split(' ').next() == Some(&to.user)
}

/// Whether a word stands in a text with no letter or digit beside it.
fn has_word(text: &str, word: &str) -> bool {
    let text = text.as_bytes();
    let is_edge = |neighbour: Option<&u8>| neighbour.is_none_or(|c| !c.is_ascii_alphanumeric());
    memchr::memmem::find_iter(text, word)
        .any(|at| is_edge(text[..at].last()) && is_edge(text.get(at + word.len())))
}
