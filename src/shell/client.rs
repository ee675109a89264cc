//! Asking the running switch.

use super::api::Complaint;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use ureq::http::Response;
use ureq::typestate::WithBody;
use ureq::{Agent, Body, RequestBuilder};

/// The switch answers within milliseconds, or something is wrong.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Asks the switch behind one control interface.
#[derive(Debug)]
pub struct Client {
    base: String,
    token: Option<SecretString>,
    agent: Agent,
}

/// Why the switch could not be asked, as a person wants to read it.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The configuration has no control interface.
    #[error(
        "{} has no control interface: without `listen` in [api] there is nobody to ask (or say --api URL)",
        .0.display()
    )]
    NotConfigured(PathBuf),
    /// The address that was given is none.
    #[error("{0} is no address to ask at; it should look like http://127.0.0.1:8060")]
    BadUrl(String),
    /// Nobody listens there.
    #[error("no switch answers at {0}: is it running?")]
    NobodyThere(String),
    /// Somebody listens and says nothing.
    #[error("the switch at {0} does not answer in time")]
    TooLate(String),
    /// The token does not fit.
    #[error("the switch at {place} does not let us in: {why}")]
    NotLetIn {
        /// Where.
        place: String,
        /// In the switch's words.
        why: String,
    },
    /// The switch refuses, in its words.
    #[error("{0}")]
    Refused(String),
    /// Whoever answers there is no switch, or one of another version.
    #[error("what answers at {place} does not sound like this version of Tandem: {why}")]
    Strange {
        /// Where.
        place: String,
        /// What does not fit.
        why: String,
    },
}

impl Client {
    /// Asks at a URL.
    pub fn at(url: &str, token: Option<SecretString>) -> Result<Client, Trouble> {
        let base = if url.contains("://") {
            url.to_owned()
        } else {
            format!("http://{url}")
        };
        if !base.starts_with("http://") {
            return Err(Trouble::BadUrl(url.to_owned()));
        }
        let agent = agent();
        let base = base.trim_end_matches('/').to_owned();
        Ok(Client { base, token, agent })
    }

    /// Asks the switch that listens here; one that listens everywhere is asked over loopback.
    pub fn of(listen: SocketAddr, token: Option<SecretString>) -> Client {
        let ip = match listen.ip() {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        let base = format!("http://{}", SocketAddr::new(ip, listen.port()));
        let agent = agent();
        Client { base, token, agent }
    }

    /// The body of what stands at this path.
    pub fn get(&self, path: &str) -> Result<String, Trouble> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        if let Some(bearer) = self.bearer() {
            request = request.header("authorization", bearer);
        }
        self.body(request.call())
    }

    /// Removes what stands at this path.
    pub fn delete(&self, path: &str) -> Result<String, Trouble> {
        let mut request = self.agent.delete(format!("{}{path}", self.base));
        if let Some(bearer) = self.bearer() {
            request = request.header("authorization", bearer);
        }
        self.body(request.call())
    }

    /// Wants something of what stands at this path.
    pub fn put(&self, path: &str, wish: &impl serde::Serialize) -> Result<String, Trouble> {
        self.bring(self.agent.put(format!("{}{path}", self.base)), wish)
    }

    /// Wants something new at this path.
    pub fn post(&self, path: &str, wish: &impl serde::Serialize) -> Result<String, Trouble> {
        self.bring(self.agent.post(format!("{}{path}", self.base)), wish)
    }

    fn bring(
        &self,
        request: RequestBuilder<WithBody>,
        wish: &impl serde::Serialize,
    ) -> Result<String, Trouble> {
        let body = serde_json::to_vec(wish).map_err(|error| self.strange(&error.to_string()))?;
        let mut request = request.header("content-type", "application/json");
        if let Some(bearer) = self.bearer() {
            request = request.header("authorization", bearer);
        }
        self.body(request.send(&body[..]))
    }

    /// Understands a body.
    pub fn read<T: DeserializeOwned>(&self, body: &str) -> Result<T, Trouble> {
        serde_json::from_str(body).map_err(|error| self.strange(&error.to_string()))
    }

    fn bearer(&self) -> Option<String> {
        let token = self.token.as_ref()?;
        Some(format!("Bearer {}", token.expose_secret()))
    }

    fn body(&self, answer: Result<Response<Body>, ureq::Error>) -> Result<String, Trouble> {
        let mut response = answer.map_err(|error| self.unheard(&error))?;
        let body = response
            .body_mut()
            .read_to_string()
            .map_err(|error| self.unheard(&error))?;
        if response.status().is_success() {
            return Ok(body);
        }
        let Ok(Complaint { error }) = serde_json::from_str(&body) else {
            return Err(self.strange(&format!("it answers {}", response.status())));
        };
        let place = self.place();
        match response.status().as_u16() {
            401 => Err(Trouble::NotLetIn { place, why: error }),
            _ => Err(Trouble::Refused(error)),
        }
    }

    fn unheard(&self, error: &ureq::Error) -> Trouble {
        match error {
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => Trouble::BadUrl(self.base.clone()),
            ureq::Error::Timeout(_) => Trouble::TooLate(self.place()),
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
                Trouble::TooLate(self.place())
            }
            ureq::Error::Io(_) | ureq::Error::ConnectionFailed | ureq::Error::HostNotFound => {
                Trouble::NobodyThere(self.place())
            }
            other => self.strange(&other.to_string()),
        }
    }

    fn strange(&self, why: &str) -> Trouble {
        let (place, why) = (self.place(), why.to_owned());
        Trouble::Strange { place, why }
    }

    fn place(&self) -> String {
        self.base.trim_start_matches("http://").to_owned()
    }
}

/// A proxy of the environment is for the web, not for the machine at hand.
fn agent() -> Agent {
    let settings = Agent::config_builder().proxy(None).http_status_as_error(false);
    settings.timeout_global(Some(TIMEOUT)).build().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_that_listens_everywhere_is_asked_over_loopback() {
        assert_eq!(
            Client::of("0.0.0.0:8060".parse().unwrap(), None).place(),
            "127.0.0.1:8060"
        );
        assert_eq!(
            Client::of("[::]:8060".parse().unwrap(), None).place(),
            "[::1]:8060"
        );
    }

    #[test]
    fn where_nobody_listens_the_person_is_asked_whether_it_runs() {
        let free = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let sentence = Client::of(free, None).get("/status").unwrap_err().to_string();
        assert_eq!(sentence, format!("no switch answers at {free}: is it running?"));
    }

    #[test]
    fn an_address_may_be_given_without_http_and_not_with_https() {
        assert_eq!(
            Client::at("localhost:8060/", None).unwrap().place(),
            "localhost:8060"
        );
        assert!(Client::at("https://localhost", None).is_err());
    }
}
