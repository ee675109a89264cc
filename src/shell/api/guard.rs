//! Who may use the control interface.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// Knows the token by its hash, so that comparing takes the same time whatever is shown and however
/// long it is.
pub(super) enum Guard {
    /// Whoever is on this machine may come in.
    ThisMachine,
    /// Whoever shows the token may come in.
    Token([u8; 32]),
}

impl Guard {
    pub(super) fn new(token: Option<&SecretString>) -> Guard {
        match token {
            Some(token) => Guard::Token(hash(token.expose_secret())),
            None => Guard::ThisMachine,
        }
    }

    fn admits(&self, headers: &HeaderMap) -> Result<(), &'static str> {
        match self {
            Guard::Token(expected) => {
                let shown = bearer(headers).ok_or("the token is missing: Authorization: Bearer <token>")?;
                let right = bool::from(hash(shown).ct_eq(expected));
                right.then_some(()).ok_or("the token is wrong")
            }
            // A web page elsewhere whose name was made to point at this machine gives itself away here.
            Guard::ThisMachine if names_this_machine(headers) => Ok(()),
            Guard::ThisMachine => {
                Err("without a token only http://localhost and loopback addresses are served")
            }
        }
    }
}

/// Lets a request in, or answers 401.
pub(super) async fn admit(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    match guard.admits(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(sentence) => {
            let mut refusal = super::complain(StatusCode::UNAUTHORIZED, sentence);
            let challenge = HeaderValue::from_static("Bearer realm=\"tandem\"");
            refusal.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            refusal
        }
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The scheme's name is case-insensitive (RFC 9110 §11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: axum::http::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn only_the_right_token_opens() {
        let guard = Guard::new(Some(&SecretString::from("open sesame")));
        assert!(guard.admits(&with(AUTHORIZATION, "bearer open sesame")).is_ok());
        for wrong in [
            "Bearer open",
            "Bearer open sesame!",
            "Basic open sesame",
            "open sesame",
        ] {
            assert!(guard.admits(&with(AUTHORIZATION, wrong)).is_err(), "{wrong}");
        }
        assert!(guard.admits(&with(HOST, "localhost")).is_err());
    }

    #[test]
    fn without_a_token_only_this_machine_is_served() {
        let guard = Guard::new(None);
        for here in [
            "localhost:8080",
            "127.0.0.1",
            "127.0.0.1:8080",
            "[::1]:8080",
            "[::1]",
        ] {
            assert!(guard.admits(&with(HOST, here)).is_ok(), "{here}");
        }
        for elsewhere in ["evil.example:8080", "localhost.evil.example", "192.0.2.1:8080"] {
            assert!(guard.admits(&with(HOST, elsewhere)).is_err(), "{elsewhere}");
        }
    }
}
