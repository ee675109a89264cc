//! Answering a digest challenge (RFC 7616), by the book and without the code under test.

use super::said::Said;
use md5::{Digest as _, Md5};
use sha2::Sha256;

/// The Authorization value for the challenges in a 401, by the first algorithm of `speaks` among them.
pub fn answer(
    challenged: &Said,
    request: &Said,
    user: &str,
    password: &str,
    speaks: &[&str],
) -> Option<String> {
    let challenge = speaks.iter().find_map(|wanted| {
        challenged
            .all("WWW-Authenticate")
            .find(|challenge| field(challenge, "algorithm") == *wanted)
    })?;
    let (realm, nonce) = (field(challenge, "realm"), field(challenge, "nonce"));
    let algorithm = field(challenge, "algorithm");
    let hash = |text: String| match algorithm {
        "SHA-256" => hex(&Sha256::digest(text.as_bytes())),
        _ => hex(&Md5::digest(text.as_bytes())),
    };
    let (method, uri) = (request.method(), request.uri());
    let secret = hash(format!("{user}:{realm}:{password}"));
    let what = hash(format!("{method}:{uri}"));
    let response = hash(format!("{secret}:{nonce}:00000001:c0ffee:auth:{what}"));
    Some(format!(
        "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\", \
         algorithm={algorithm}, qop=auth, nc=00000001, cnonce=\"c0ffee\""
    ))
}

/// Whether these credentials prove that their sender knows the password.
pub fn is_right(credentials: &str, method: &str, password: &str) -> bool {
    let [user, realm, nonce, nc, cnonce, qop, uri] =
        ["username", "realm", "nonce", "nc", "cnonce", "qop", "uri"].map(|name| field(credentials, name));
    let hash = |text: String| match field(credentials, "algorithm") {
        "SHA-256" => hex(&Sha256::digest(text.as_bytes())),
        _ => hex(&Md5::digest(text.as_bytes())),
    };
    let secret = hash(format!("{user}:{realm}:{password}"));
    let what = hash(format!("{method}:{uri}"));
    qop == "auth"
        && field(credentials, "response") == hash(format!("{secret}:{nonce}:{nc}:{cnonce}:{qop}:{what}"))
}

/// A parameter of a challenge or of credentials, quotes removed; empty if it is not there.
pub fn field<'a>(challenge: &'a str, name: &str) -> &'a str {
    let params = challenge
        .split_once(' ')
        .map_or("", |(_, params)| params)
        .split(',');
    let mut pairs = params.filter_map(|param| param.trim().split_once('='));
    pairs
        .find(|(found, _)| *found == name)
        .map_or("", |(_, value)| value.trim_matches('"'))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
