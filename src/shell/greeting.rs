//! What Tandem says when it starts: where it listens, whom it expects, and how to make the first call.

use super::transports::Transports;
use crate::config::Config;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use tracing::info;

/// Any address of the world outside (RFC 5737); nothing is ever sent there.
const OUTSIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// A handful of lines.
pub fn greet(config: &Config, file: &Path, transports: &Transports, api: Option<SocketAddr>) {
    info!(
        "Tandem {} with {}",
        env!("CARGO_PKG_VERSION"),
        in_full(file).display()
    );
    info!("listening on {}", listeners(transports));
    info!("knows {}", contents(config));
    info!("{}", media(config));
    info!("{}", recordings(config));
    match api {
        Some(address) => info!("control interface at http://{address}; `tandem status` asks it"),
        None => info!("no control interface"),
    }
    if let Some(how) = first_call(config, transports) {
        info!("{how}");
    }
}

/// What stands in the configuration, counted.
pub fn contents(config: &Config) -> String {
    let parts = [
        counted(config.listeners.len(), "listener", "listeners"),
        counted(config.extensions.len(), "extension", "extensions"),
        counted(config.trunks.len(), "trunk", "trunks"),
        counted(config.incoming.len(), "incoming number", "incoming numbers"),
        counted(config.outgoing.len(), "outgoing rule", "outgoing rules"),
    ];
    parts.join(", ")
}

fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        0 => format!("no {many}"),
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    }
}

fn in_full(file: &Path) -> std::path::PathBuf {
    std::path::absolute(file).unwrap_or_else(|_no_directory| file.to_owned())
}

fn listeners(transports: &Transports) -> String {
    let each = transports
        .listeners()
        .map(|(transport, address)| format!("{} {address}", transport.in_uri()));
    each.collect::<Vec<_>>().join(", ")
}

fn media(config: &Config) -> String {
    let (first, last) = (config.media.first_port, config.media.last_port);
    let legs = usize::from(last.saturating_sub(first)).div_ceil(2);
    let threads = counted(config.media.threads, "thread", "threads");
    format!("media on udp ports {first}-{last}, enough for {legs} legs, carried by {threads}")
}

fn recordings(config: &Config) -> String {
    let directory = in_full(&config.recording.directory);
    let rules = &config.recording;
    let kinds = [
        (rules.incoming, "incoming"),
        (rules.outgoing, "outgoing"),
        (rules.internal, "internal"),
    ];
    let which: Vec<&str> = kinds
        .iter()
        .filter(|(on, _)| *on)
        .map(|(_, kind)| *kind)
        .collect();
    let own = config
        .extensions
        .values()
        .map(|extension| extension.recording.record);
    let own = own.chain(config.trunks.values().map(|trunk| trunk.recording.record));
    match (which.join(" and "), own.flatten().any(|record| record)) {
        (none, false) if none.is_empty() => "nothing is recorded".to_owned(),
        (none, true) if none.is_empty() => format!("some calls are recorded into {}", directory.display()),
        (which, _) => format!("{which} calls are recorded into {}", directory.display()),
    }
}

fn first_call(config: &Config, transports: &Transports) -> Option<String> {
    let mut extensions = config.extensions.keys();
    let (one, other) = (extensions.next()?, extensions.next()?);
    let (transport, bound) = transports.listeners().next()?;
    let address = match bound.ip().is_unspecified() {
        true => reached_from_outside(transports, bound),
        false => bound,
    };
    let way = transport.in_uri();
    Some(format!(
        "first call: register a softphone as {one} at {address} ({way}, password in the configuration), \
         a second one as {other}, and dial {other} on the first"
    ))
}

fn reached_from_outside(transports: &Transports, bound: SocketAddr) -> SocketAddr {
    let outside = SocketAddr::new(OUTSIDE, bound.port());
    let flow = transports
        .listeners()
        .find_map(|(transport, _)| transports.flow_toward(transport, outside));
    let ip = flow.map_or(Ipv4Addr::LOCALHOST.into(), |flow| flow.local.ip());
    SocketAddr::new(ip, bound.port())
}
