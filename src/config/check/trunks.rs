//! The carriers: where they are, whom we take for them, who we are to them, and how much they get.

use super::claims;
use super::house::size;
use super::secrets::{Outcome, Ways};
use super::tls;
use crate::config::outside::Outside;
use crate::config::raw;
use crate::config::report::Problems;
use crate::config::shape::Given;
use crate::config::valid::{Credentials, Dns, ListenTransport, Listener, Qualify, Trunk, TrunkIdentity};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Who is asked where the carriers are.
pub(super) fn dns(file: &raw::File) -> Dns {
    let given = file.dns.as_ref().and_then(|dns| dns.value.servers.as_ref());
    let servers = given.map(|servers| servers.value.iter().map(|server| server.value).collect());
    Dns {
        servers: servers.unwrap_or_default(),
    }
}

/// All trunks by name.
pub(super) fn trunks(
    tables: &[(Given<String>, raw::Trunk)],
    outside: &dyn Outside,
    problems: &mut Problems<'_>,
) -> BTreeMap<String, Trunk> {
    claims::judge(tables, problems);
    let mut trunks = BTreeMap::new();
    for (name, table) in tables {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.value.is_empty() || !name.value.chars().all(is_name) {
            let what = format!("a trunk cannot be called \"{}\"", name.value.escape_debug());
            problems.error(&name.at, what, "use letters, digits, `-`, `_` and `.`");
        }
        if let Some(trunk) = trunk(name, table, outside, problems) {
            trunks.insert(name.value.clone(), trunk);
        }
    }
    trunks
}

fn trunk(
    name: &Given<String>,
    raw: &raw::Trunk,
    outside: &dyn Outside,
    problems: &mut Problems<'_>,
) -> Option<Trunk> {
    let host = raw.host.as_ref()?;
    let servers = servers(raw, &host.value.0);
    let sources = sources(name, raw, &servers, problems);
    let trust = tls::trust(raw, &host.value.0, outside, problems);
    let proof = tls::proof(raw, &host.value.0, outside, problems);
    let credentials = credentials(name, raw, outside, problems);
    let at_most = |limit: u64| size(limit);
    Some(Trunk {
        host: host.value.0.clone(),
        port: raw
            .port
            .as_ref()
            .map(|port| u16::try_from(port.value.0).unwrap_or(u16::MAX)),
        servers,
        outbound_proxy: raw.outbound_proxy.as_ref().map(|proxy| proxy.value.0.clone()),
        transport: raw.transport.as_ref()?.value,
        trust: trust?,
        large_over_tcp: raw.large_over_tcp.as_ref()?.value,
        transfers: raw.transfers.as_ref()?.value,
        takes_transfers: raw.takes_transfers.as_ref()?.value,
        symmetric: raw.symmetric.as_ref()?.value,
        identity: TrunkIdentity {
            is_trusted: raw.trusted.as_ref()?.value,
            takes_withheld: raw.withhold.as_ref()?.value,
            format: raw.number_format.as_ref()?.value,
            field: raw.identity.as_ref()?.value,
            forwarded: raw.forwarded.as_ref()?.value,
        },
        credentials: credentials?,
        register: raw
            .register
            .as_ref()?
            .value
            .then_some(raw.expiry.as_ref()?.value.0),
        qualify: qualify(raw)?,
        timeout: raw.timeout.as_ref()?.value.0,
        max_calls: raw.max_calls.as_ref().map(|most| at_most(most.value.0)),
        max_calls_per_second: raw
            .max_calls_per_second
            .as_ref()
            .map(|most| at_most(most.value.0)),
        sources: sources?,
        proof,
        recording: super::recording::own(&raw.record, &raw.pause),
    })
}

/// Where its requests go, best first.
pub(super) fn servers(raw: &raw::Trunk, host: &str) -> Vec<String> {
    let hosts = raw.hosts.iter().flat_map(|hosts| &hosts.value);
    let hosts: Vec<String> = hosts.map(|host| host.value.0.clone()).collect();
    match (&raw.outbound_proxy, hosts.is_empty()) {
        (Some(proxy), true) => vec![proxy.value.0.clone()],
        (None, true) => vec![host.to_owned()],
        (Some(_) | None, false) => hosts,
    }
}

/// Whose calls are its own. A carrier with which we register is known by that, too.
fn sources(
    name: &Given<String>,
    raw: &raw::Trunk,
    servers: &[String],
    problems: &mut Problems<'_>,
) -> Option<Vec<IpNet>> {
    let addresses: Option<Vec<IpNet>> = servers
        .iter()
        .map(|server| server.parse::<IpAddr>().ok().map(IpNet::from))
        .collect();
    let registers = raw.register.as_ref().is_some_and(|register| register.value);
    match (&raw.sources, addresses) {
        (Some(sources), _) => Some(sources.value.iter().map(|net| net.value).collect()),
        (None, Some(addresses)) => Some(addresses),
        (None, None) if registers => Some(Vec::new()),
        (None, None) => {
            let what = format!("[trunk.{}] does not say where its calls come from", name.value);
            let right =
                "add sources = [\"198.51.100.0/24\"] with the carrier's networks, or [] if it never calls";
            let at = raw.host.as_ref().map_or(&name.at, |host| &host.at);
            problems.error(at, what, right);
            None
        }
    }
}

/// Who we are to it. None if a problem was reported.
fn credentials(
    name: &Given<String>,
    raw: &raw::Trunk,
    outside: &dyn Outside,
    problems: &mut Problems<'_>,
) -> Option<Option<Credentials>> {
    let ways = Ways {
        key: "password",
        inline: &raw.password,
        file: &raw.password_file,
        env: &raw.password_env,
    };
    let password = match ways.follow(outside, problems) {
        Outcome::Found(found) => Some(found),
        Outcome::Absent => None,
        Outcome::Unreadable => {
            let username = raw.username.as_ref().map(|username| username.value.clone());
            return Some(username.map(|username| Credentials {
                username,
                password: None,
            }));
        }
        Outcome::Wrong => return None,
    };
    let registers = raw.register.as_ref().filter(|register| register.value);
    match (&raw.username, password, registers) {
        (Some(username), _, _) if username.value.is_empty() => {
            problems.error(
                &username.at,
                "the username is empty",
                "write the one that the carrier has given you",
            );
            None
        }
        (Some(username), password, _) => Some(Some(Credentials {
            username: username.value.clone(),
            password: password.map(|found| found.secret),
        })),
        (None, Some(found), _) => {
            let what = format!("[trunk.{}] has a password and no username", name.value);
            problems.error(&found.at, what, "add username = \"…\"");
            None
        }
        (None, None, Some(register)) => {
            let what = format!("[trunk.{}] is to register, and nobody knows as whom", name.value);
            problems.error(
                &register.at,
                what,
                "add username = \"…\", and the password if the carrier asks for one",
            );
            None
        }
        (None, None, None) => Some(None),
    }
}

fn qualify(raw: &raw::Trunk) -> Option<Option<Qualify>> {
    let times = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let (down, up) = (raw.down_after.as_ref()?, raw.up_after.as_ref()?);
    let every = raw.qualify.as_ref()?.value.0;
    Some(every.map(|every| Qualify {
        every,
        down_after: times(down.value.0),
        up_after: times(up.value.0),
    }))
}

/// What we say to a carrier names a listener of ours to which it can answer.
pub(super) fn spoken(
    tables: &[(Given<String>, raw::Trunk)],
    listeners: &[Listener],
    problems: &mut Problems<'_>,
) {
    for (name, table) in tables {
        let is_tls = |listener: &Listener| listener.transport == ListenTransport::Tls;
        if let Some(ca) = &table.client_ca
            && !listeners.is_empty()
            && !listeners.iter().any(is_tls)
        {
            let what = format!(
                "{} cannot call: it must show a certificate, and no listener asks for one",
                name.value
            );
            problems.error(&ca.at, what, "add a [[listen]] with transport = \"tls\"");
        }
        let Some(transport) = &table.transport else {
            continue;
        };
        let is_spoken = |listener: &Listener| listener.transport == transport.value;
        if !listeners.is_empty() && !listeners.iter().any(is_spoken) {
            let what = format!("{} cannot be reached: no listener has its transport", name.value);
            problems.error(&transport.at, what, "add a [[listen]] with this transport");
        }
    }
}
