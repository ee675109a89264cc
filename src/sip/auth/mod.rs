//! Digest authentication (RFC 3261 §22, RFC 7616, RFC 8760): who asks, and who answers.
//!
//! [`Challenger`] is the side of the server; [`Keyring`] with [`Challenge::best`] and [`Challenge::answer`] that of
//! the client. What they share is [`Algorithm`] and the reading of a field's parameters.

mod challenger;
mod keyring;
mod params;

pub use challenger::{Challenger, Doubt, Offer, Terms, Why};
pub use keyring::{Credential, Keyring};

use md5::Md5;
use params::Params;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How many bytes a nonce or another value of a challenge may have that we answer.
const MAX_CHALLENGE_BYTES: usize = 4096;

/// The hash of one challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Algorithm {
    hash: Hash,
    /// Whether the user's secret is mixed with both nonces first (`-sess`).
    is_session: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Hash {
    Md5,
    Sha256,
}

/// A challenge that we can answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    algorithm: Algorithm,
    /// The name as the server wrote it, to be repeated; none if it wrote none.
    algorithm_name: Option<String>,
    /// As between the quotes, escapes kept: both sides hash what is written (RFC 7616 §3.4).
    realm: String,
    nonce: String,
    opaque: Option<String>,
    qop: Option<Qop>,
    is_stale: bool,
}

/// What the answer protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Qop {
    Auth,
    AuthInt,
}

/// What is asked for under an answer.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// The Request-URI as it stands in the request.
    pub uri: &'a str,
    /// The body of the request.
    pub body: &'a [u8],
}

/// Who answers.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The user name.
    pub user: &'a str,
    /// The password.
    pub password: &'a str,
}

impl Challenge {
    /// The challenge to answer of those in the WWW-Authenticate or Proxy-Authenticate fields of a response:
    /// the one with the best hash. None if there is none that we understand.
    pub fn best<'a>(fields: impl Iterator<Item = &'a str>) -> Option<Challenge> {
        let known = fields.filter_map(Challenge::parse);
        // Of equal ones the first: the server put them in its order of preference (RFC 8760 §2.4).
        known.reduce(|best, next| {
            if next.algorithm.hash > best.algorithm.hash {
                next
            } else {
                best
            }
        })
    }

    /// The realm, to choose the credentials by.
    pub fn realm(&self) -> String {
        params::unescaped(&self.realm)
    }

    /// Whether the last answer was right and only its nonce too old, so that another attempt is worth while.
    pub fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// The value of the Authorization or Proxy-Authorization field that answers this challenge. `cnonce` is
    /// ours to choose at random; `nc` counts the answers to this nonce, from 1.
    pub fn answer(&self, asked: Asked<'_>, who: Credentials<'_>, cnonce: &str, nc: u32) -> String {
        let user = params::escaped(who.user);
        let nc = format!("{nc:08x}");
        let proof = Proof {
            algorithm: self.algorithm,
            user: &user,
            realm: &self.realm,
            nonce: &self.nonce,
            cnonce,
            nc: &nc,
            qop: self.qop,
        };
        let response = proof.response(asked, who.password);
        let mut text = format!(
            "Digest username=\"{user}\", realm=\"{}\", nonce=\"{}\", uri=\"{}\", response=\"{response}\"",
            self.realm, self.nonce, asked.uri
        );
        if let Some(name) = &self.algorithm_name {
            text += &format!(", algorithm={name}");
        }
        if let Some(qop) = self.qop {
            text += &format!(", qop={}, nc={nc}", qop.name());
        }
        if self.qop.is_some() || self.algorithm.is_session {
            text += &format!(", cnonce=\"{cnonce}\"");
        }
        if let Some(opaque) = &self.opaque {
            text += &format!(", opaque=\"{opaque}\"");
        }
        text
    }

    fn parse(field: &str) -> Option<Challenge> {
        let params = Params::digest(field).filter(|_| field.len() <= MAX_CHALLENGE_BYTES)?;
        let algorithm_name = params.get("algorithm").map(str::to_owned);
        let qop = match params.qop() {
            None => None,
            Some(list) => Some(Qop::best(list)?),
        };
        Some(Challenge {
            algorithm: Algorithm::named(algorithm_name.as_deref().unwrap_or("MD5"))?,
            algorithm_name,
            realm: params.get("realm")?.to_owned(),
            nonce: params.get("nonce")?.to_owned(),
            opaque: params.get("opaque").map(str::to_owned),
            qop,
            is_stale: params
                .get("stale")
                .is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
        })
    }
}

impl Algorithm {
    const MD5: Algorithm = Algorithm {
        hash: Hash::Md5,
        is_session: false,
    };
    const SHA_256: Algorithm = Algorithm {
        hash: Hash::Sha256,
        is_session: false,
    };

    fn named(name: &str) -> Option<Algorithm> {
        let (hash, is_session) = match name.to_ascii_lowercase().as_str() {
            "md5" => (Hash::Md5, false),
            "md5-sess" => (Hash::Md5, true),
            "sha-256" => (Hash::Sha256, false),
            "sha-256-sess" => (Hash::Sha256, true),
            _ => return None,
        };
        Some(Algorithm { hash, is_session })
    }

    /// The hash of these parts with colons between them, in hex.
    fn digest(self, parts: &[&[u8]]) -> String {
        let text = parts.join(&b':');
        match self.hash {
            Hash::Md5 => hex(&Md5::digest(text)),
            Hash::Sha256 => hex(&Sha256::digest(text)),
        }
    }
}

impl Qop {
    /// `auth` if it is offered: it suffices for what is not encrypted anyway, and not all write `auth-int`
    /// right.
    fn best(list: &str) -> Option<Qop> {
        let offers = |name: &str| list.split(',').any(|one| one.trim().eq_ignore_ascii_case(name));
        let known = [Qop::Auth, Qop::AuthInt];
        known.into_iter().find(|qop| offers(qop.name()))
    }

    fn name(self) -> &'static str {
        match self {
            Qop::Auth => "auth",
            Qop::AuthInt => "auth-int",
        }
    }
}

/// All that goes into a response, apart from the request and the password.
struct Proof<'a> {
    algorithm: Algorithm,
    user: &'a str,
    realm: &'a str,
    nonce: &'a str,
    cnonce: &'a str,
    nc: &'a str,
    qop: Option<Qop>,
}

impl Proof<'_> {
    /// The response of RFC 7616 §3.4.1.
    fn response(&self, asked: Asked<'_>, password: &str) -> String {
        let digest = |parts: &[&[u8]]| self.algorithm.digest(parts);
        let (nonce, cnonce) = (self.nonce.as_bytes(), self.cnonce.as_bytes());
        let mut secret = digest(&[self.user.as_bytes(), self.realm.as_bytes(), password.as_bytes()]);
        if self.algorithm.is_session {
            secret = digest(&[secret.as_bytes(), nonce, cnonce]);
        }
        let (method, uri) = (asked.method.as_bytes(), asked.uri.as_bytes());
        let request = match self.qop {
            None | Some(Qop::Auth) => digest(&[method, uri]),
            Some(Qop::AuthInt) => digest(&[method, uri, digest(&[asked.body]).as_bytes()]),
        };
        match self.qop {
            None => digest(&[secret.as_bytes(), nonce, request.as_bytes()]),
            Some(qop) => digest(&[
                secret.as_bytes(),
                nonce,
                self.nc.as_bytes(),
                cnonce,
                qop.name().as_bytes(),
                request.as_bytes(),
            ]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
