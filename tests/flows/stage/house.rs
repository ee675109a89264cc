//! The configuration of the house, read from `house.toml` as the real one is.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::LazyLock;
use tandem::config::valid::Identity;
use tandem::config::{self, Config, NoDirectory, NoIdentity, Outside};
use tandem::sip::{Flow, Transport};

/// The configuration before a flow changes it.
pub fn config() -> Config {
    static READ_ONCE: LazyLock<Config> = LazyLock::new(read);
    READ_ONCE.clone()
}

fn read() -> Config {
    match config::read("house.toml", include_str!("../house.toml"), &Nowhere) {
        Ok(reading) => reading.config,
        Err(report) => panic!("{report}"),
    }
}

/// The listener that a party at this address speaks with.
pub fn flow(transport: Transport, remote: SocketAddr) -> Flow {
    let local = if remote.is_ipv4() {
        "192.0.2.1:5060"
    } else {
        "[2001:db8::1]:5060"
    };
    Flow {
        transport,
        local: local.parse().unwrap(),
        remote,
    }
}

/// What our end of a flow looks like to a party: the advertised address of the listener, unless the party is in a
/// private network with us.
pub fn shown(config: &Config, flow: Flow) -> SocketAddr {
    let is_near = |ip: std::net::IpAddr| ip.to_string().starts_with("10.");
    let listener = config.listeners.iter().find(|listener| {
        listener.address == flow.local
            && format!("{:?}", listener.transport) == format!("{:?}", flow.transport)
    });
    match listener.and_then(|listener| listener.advertise) {
        Some(advertised) if !is_near(flow.remote.ip()) => SocketAddr::new(advertised, flow.local.port()),
        Some(_) | None => flow.local,
    }
}

/// A machine on which every directory can be written and nothing else is asked for.
struct Nowhere;

impl Outside for Nowhere {
    fn secret_file(&self, _path: &Path) -> Result<String, String> {
        Err("no such file".to_owned())
    }
    fn variable(&self, _name: &str) -> Result<String, String> {
        Err("not set".to_owned())
    }
    fn music(&self, _path: &Path) -> Result<(), String> {
        Ok(())
    }
    fn recordings(&self, _path: &Path) -> Result<(), NoDirectory> {
        Ok(())
    }
    fn identity(&self, _identity: &Identity) -> Result<Option<String>, NoIdentity> {
        Ok(None)
    }
    fn authorities(&self, _path: &Path) -> Result<(), String> {
        Ok(())
    }
}

/// Where the media of this host is, if it has a name of its own.
pub fn media_beside(sip: std::net::IpAddr) -> Option<std::net::IpAddr> {
    match sip {
        std::net::IpAddr::V4(sip) => Some(std::net::Ipv4Addr::new(203, 0, 113, sip.octets()[3]).into()),
        std::net::IpAddr::V6(_) => None,
    }
}
