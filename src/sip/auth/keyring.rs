//! The challenges of one peer, to answer them and to go on answering them.

use super::params::Params;
use super::{Asked, Challenge, Credentials};
use crate::sip::{Message, Name};
use serde::{Deserialize, Serialize};

/// More realms than one peer has.
const MAX_KEYS: usize = 4;

/// The challenges of one peer that can still be answered, one for each realm and asker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyring(Vec<Key>);

/// One challenge, and how often its nonce has been used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Key {
    asker: Asker,
    challenge: Challenge,
    count: u32,
}

/// Who wants to know who we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Asker {
    /// The far end: 401 (RFC 3261 §22.2).
    Server,
    /// A proxy in between: 407 (RFC 3261 §22.3).
    Proxy,
}

/// One answer, as it stands in a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    asker: Asker,
    /// The value of the field.
    pub value: String,
}

impl Keyring {
    /// Takes in the challenge of a 401 or 407 to this request. False if it is of no use to answer: we understand none
    /// of it, or the request has answered that asker with a nonce as fresh as this one, and was refused all the same.
    pub fn learn(&mut self, refusal: &Message, request: &Message) -> bool {
        let asker = match refusal.status() {
            Some(407) => Asker::Proxy,
            Some(_) | None => Asker::Server,
        };
        let Some(challenge) = Challenge::best(refusal.list(asker.challenge())) else {
            return false;
        };
        let nonce = answered(request, asker, &challenge.realm);
        let is_known = nonce.as_ref() == Some(&challenge.nonce);
        // A nonce that was used before may have grown too old, and not all servers say so.
        let was_fresh = nonce.is_some_and(|nonce| self.count(&nonce) <= 1);
        if is_known || (was_fresh && !challenge.is_stale) {
            return false;
        }
        // The same nonce may be meant for one request after the other, and counts on (RFC 7616 §3.4).
        let same = self.0.iter().find(|key| key.challenge.nonce == challenge.nonce);
        let count = same.map_or(0, |key| key.count);
        self.0
            .retain(|key| key.asker != asker || key.challenge.realm != challenge.realm);
        self.0.push(Key {
            asker,
            challenge,
            count,
        });
        let surplus = self.0.len().saturating_sub(MAX_KEYS);
        self.0.drain(..surplus);
        true
    }

    /// The answers to all of these challenges for this request.
    pub fn answer(&mut self, asked: Asked<'_>, who: Credentials<'_>, cnonce: &str) -> Vec<Credential> {
        let answers = self.0.iter_mut().map(|key| {
            key.count += 1;
            Credential {
                asker: key.asker,
                value: key.challenge.answer(asked, who, cnonce, key.count),
            }
        });
        answers.collect()
    }

    /// How often this nonce has been used; once if nobody knows.
    fn count(&self, nonce: &str) -> u32 {
        let key = self.0.iter().find(|key| key.challenge.nonce == nonce);
        key.map_or(1, |key| key.count)
    }
}

impl Credential {
    /// In which field it stands.
    pub fn name(&self) -> Name {
        self.asker.answer()
    }
}

impl Asker {
    fn challenge(self) -> Name {
        match self {
            Asker::Server => Name::WWW_AUTHENTICATE,
            Asker::Proxy => Name::PROXY_AUTHENTICATE,
        }
    }

    fn answer(self) -> Name {
        match self {
            Asker::Server => Name::AUTHORIZATION,
            Asker::Proxy => Name::PROXY_AUTHORIZATION,
        }
    }
}

/// The nonce with which a request has answered this asker for this realm.
fn answered(request: &Message, asker: Asker, realm: &str) -> Option<String> {
    let mut answers = request.list(asker.answer()).filter_map(Params::digest);
    let ours = answers.find(|answer| answer.get("realm") == Some(realm))?;
    ours.get("nonce").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::{Draft, Method, Uri};

    const WHO: Credentials<'_> = Credentials {
        user: "tandem",
        password: "secret",
    };

    fn request(keyring: &mut Keyring) -> Message {
        let asked = Asked {
            method: "REGISTER",
            uri: "sip:acme.example",
            body: b"",
        };
        let draft = Draft::request(&Method::Register, &Uri::parse("sip:acme.example").unwrap());
        let answers = keyring.answer(asked, WHO, "c0ffee");
        answers
            .iter()
            .fold(draft, |draft, answer| draft.with(answer.name(), &answer.value))
            .finish()
    }

    fn refusal(status: u16, nonce: &str, more: &str) -> Message {
        let name = match status {
            407 => Name::PROXY_AUTHENTICATE,
            _ => Name::WWW_AUTHENTICATE,
        };
        let request = Draft::request(&Method::Register, &Uri::parse("sip:acme.example").unwrap()).finish();
        Draft::response(&request, status, "Who")
            .with(
                name,
                format!("Digest realm=\"acme\", nonce=\"{nonce}\", qop=\"auth\"{more}"),
            )
            .finish()
    }

    #[test]
    fn a_challenge_is_answered_once_and_its_nonce_is_counted() {
        let mut keyring = Keyring::default();
        let bare = request(&mut keyring);
        assert!(keyring.learn(&refusal(401, "one", ""), &bare));
        let first = request(&mut keyring);
        assert!(first.text(Name::AUTHORIZATION).unwrap().contains("nc=00000001"));
        assert!(!keyring.learn(&refusal(401, "one", ""), &first), "the same nonce");
        assert!(
            !keyring.learn(&refusal(401, "two", ""), &first),
            "a wrong password"
        );
        assert!(
            request(&mut keyring)
                .text(Name::AUTHORIZATION)
                .unwrap()
                .contains("nc=00000002")
        );
    }

    #[test]
    fn a_nonce_that_has_grown_old_is_no_wrong_password() {
        let mut keyring = Keyring::default();
        let bare = request(&mut keyring);
        assert!(keyring.learn(&refusal(401, "one", ""), &bare));
        let first = request(&mut keyring);
        assert!(keyring.learn(&refusal(401, "two", ", stale=true"), &first));
        let second = request(&mut keyring);
        assert!(
            !keyring.learn(&refusal(401, "two", ", stale=true"), &second),
            "no news"
        );
        let third = request(&mut keyring);
        assert!(
            keyring.learn(&refusal(401, "three", ""), &third),
            "it does not say that it is stale"
        );
    }

    #[test]
    fn a_nonce_that_is_given_again_counts_on() {
        let mut keyring = Keyring::default();
        let bare = request(&mut keyring);
        for count in ["nc=00000001", "nc=00000002"] {
            assert!(keyring.learn(&refusal(401, "one", ""), &bare));
            assert!(
                request(&mut keyring)
                    .text(Name::AUTHORIZATION)
                    .unwrap()
                    .contains(count)
            );
        }
    }

    #[test]
    fn a_proxy_and_the_server_behind_it_are_both_answered() {
        let mut keyring = Keyring::default();
        let bare = request(&mut keyring);
        assert!(keyring.learn(&refusal(407, "one", ""), &bare));
        let first = request(&mut keyring);
        assert!(keyring.learn(&refusal(401, "two", ""), &first));
        let second = request(&mut keyring);
        assert!(
            second
                .text(Name::PROXY_AUTHORIZATION)
                .unwrap()
                .contains("nonce=\"one\"")
        );
        assert!(
            second
                .text(Name::AUTHORIZATION)
                .unwrap()
                .contains("nonce=\"two\"")
        );
    }
}
