//! The lines to the outside: trunks, and which calls go over them.

use super::missing;
use super::numbers::Numbering;
use super::tls;
use crate::config::outside::Outside;
use crate::config::raw;
use crate::config::report::Problems;
use crate::config::shape::Given;
use crate::config::valid::{Incoming, ListenTransport, Listener, Outgoing, Trunk, TrunkIdentity};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Where SIP is spoken if nobody says where (RFC 3261 §19.1.2).
const SIP_PORT: u16 = 5060;
const SIPS_PORT: u16 = 5061;

/// Networks wider than this are hardly one carrier's.
const WIDEST_V4_BITS: u8 = 16;
const WIDEST_V6_BITS: u8 = 32;

/// All trunks by name.
pub(super) fn trunks(
    tables: &[(Given<String>, raw::Trunk)],
    outside: &dyn Outside,
    problems: &mut Problems<'_>,
) -> BTreeMap<String, Trunk> {
    let mut claimed: Vec<(IpNet, &str)> = Vec::new();
    let mut trunks = BTreeMap::new();
    for (name, table) in tables {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.value.is_empty() || !name.value.chars().all(is_name) {
            let what = format!("a trunk cannot be called \"{}\"", name.value.escape_debug());
            problems.error(&name.at, what, "use letters, digits, `-`, `_` and `.`");
        }
        for source in table.sources.iter().flat_map(|sources| &sources.value) {
            judge_source(source, &name.value, &claimed, problems);
            claimed.push((source.value, &name.value));
        }
        if let Some(trunk) = trunk(name, table, outside, problems) {
            trunks.insert(name.value.clone(), trunk);
        }
    }
    trunks
}

fn judge_source(source: &Given<IpNet>, trunk: &str, claimed: &[(IpNet, &str)], problems: &mut Problems<'_>) {
    let widest = if source.value.addr().is_ipv4() {
        WIDEST_V4_BITS
    } else {
        WIDEST_V6_BITS
    };
    if source.value.prefix_len() < widest {
        let what = format!(
            "{} is very wide: whoever calls from there is taken for {trunk}",
            source.value
        );
        problems.warn(
            &source.at,
            what,
            "name only the networks that the carrier tells you",
        );
    }
    let overlaps = |net: &IpNet| net.contains(&source.value) || source.value.contains(net);
    if let Some((net, other)) = claimed
        .iter()
        .find(|(net, other)| *other != trunk && overlaps(net))
    {
        let what = format!("{} belongs to {other} already, by {net}", source.value);
        problems.error(
            &source.at,
            what,
            "one address can be the source of one trunk only: narrow one of them",
        );
    }
}

fn trunk(
    name: &Given<String>,
    raw: &raw::Trunk,
    outside: &dyn Outside,
    problems: &mut Problems<'_>,
) -> Option<Trunk> {
    let host = raw.host.as_ref()?;
    let address: Option<IpAddr> = host.value.0.parse().ok();
    let sources = match (&raw.sources, address) {
        (Some(sources), _) => sources.value.iter().map(|net| net.value).collect(),
        (None, Some(address)) => vec![address.into()],
        (None, None) => {
            let what = format!("[trunk.{}] does not say where its calls come from", name.value);
            let right =
                "add sources = [\"198.51.100.0/24\"] with the carrier's networks, or [] if it never calls";
            problems.error(&host.at, what, right);
            return None;
        }
    };
    let trust = tls::trust(raw, &host.value.0, outside, problems);
    let proof = tls::proof(raw, &host.value.0, outside, problems);
    let transport = raw.transport.as_ref()?.value;
    let port = match (&raw.port, transport) {
        (Some(port), _) => u16::try_from(port.value.0).unwrap_or(u16::MAX),
        (None, ListenTransport::Udp | ListenTransport::Tcp) => SIP_PORT,
        (None, ListenTransport::Tls) => SIPS_PORT,
    };
    Some(Trunk {
        host: host.value.0.clone(),
        port,
        transport,
        trust: trust?,
        large_over_tcp: raw.large_over_tcp.as_ref()?.value,
        transfers: raw.transfers.as_ref()?.value,
        takes_transfers: raw.takes_transfers.as_ref()?.value,
        identity: TrunkIdentity {
            is_trusted: raw.trusted.as_ref()?.value,
            takes_withheld: raw.withhold.as_ref()?.value,
            format: raw.number_format.as_ref()?.value,
            field: raw.identity.as_ref()?.value,
            forwarded: raw.forwarded.as_ref()?.value,
        },
        sources,
        proof,
        recording: super::recording::own(&raw.record, &raw.pause),
    })
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

/// Whom each DID rings.
pub(super) fn incoming(
    tables: &[Given<raw::Incoming>],
    extensions: &[(Given<String>, raw::Extension)],
    numbering: &Numbering,
    problems: &mut Problems<'_>,
) -> BTreeMap<String, Incoming> {
    let mut first: BTreeMap<String, &Given<String>> = BTreeMap::new();
    let mut incoming = BTreeMap::new();
    for table in tables {
        let ring = table
            .value
            .ring
            .as_ref()
            .map(|ring| whom(ring, extensions, problems));
        let Some(number) = &table.value.number else {
            continue;
        };
        let Some(did) = numbering.read(number, problems) else {
            continue;
        };
        if let Some(earlier) = first.get(&did) {
            let right = "keep one [[incoming]] for it, which rings all that are to ring";
            problems.error(&number.at, format!("{did} is given twice"), right);
            problems.also(&earlier.at, "the first one");
            continue;
        }
        first.insert(did.clone(), number);
        incoming.insert(
            did,
            Incoming {
                ring: ring.unwrap_or_default(),
            },
        );
    }
    incoming
}

fn whom(
    ring: &Given<Vec<Given<String>>>,
    extensions: &[(Given<String>, raw::Extension)],
    problems: &mut Problems<'_>,
) -> Vec<String> {
    if ring.value.is_empty() {
        problems.error(
            &ring.at,
            "this number rings nobody",
            "name at least one extension, as in [\"1001\"]",
        );
    }
    let known: Vec<&str> = extensions.iter().map(|(number, _)| &*number.value).collect();
    let mut whom: Vec<String> = Vec::new();
    for extension in &ring.value {
        if !known.contains(&&*extension.value) {
            let (what, right) = missing(&extension.value, "extension", "extension", &known);
            problems.error(&extension.at, what, right);
        } else if whom.contains(&extension.value) {
            let what = format!("\"{}\" is named twice", extension.value);
            problems.warn(&extension.at, what, "it rings once all the same: take one out");
        } else {
            whom.push(extension.value.clone());
        }
    }
    whom
}

/// The rules for calls to the outside, in the order of the file.
pub(super) fn outgoing(
    tables: &[Given<raw::Outgoing>],
    trunks: &[(Given<String>, raw::Trunk)],
    problems: &mut Problems<'_>,
) -> Vec<Outgoing> {
    let known: Vec<&str> = trunks.iter().map(|(name, _)| &*name.value).collect();
    let mut rules: Vec<(Outgoing, &Given<String>)> = Vec::new();
    for table in tables {
        if let Some(trunk) = &table.value.trunk
            && !known.contains(&&*trunk.value)
        {
            let (what, right) = missing(&trunk.value, "trunk", "trunk", &known);
            problems.error(&trunk.at, what, right);
        }
        let Some((rule, pattern)) = rule(&table.value, problems) else {
            continue;
        };
        if let Some((earlier, place)) = rules
            .iter()
            .find(|(earlier, _)| covers(&earlier.pattern, &rule.pattern))
        {
            let what = format!(
                "no call gets here: \"{}\" takes all that \"{}\" would",
                earlier.pattern, rule.pattern
            );
            problems.warn(
                &pattern.at,
                what,
                "the first rule that fits wins: put the narrower one first",
            );
            problems.also(&place.at, "this one wins");
        }
        rules.push((rule, pattern));
    }
    rules.into_iter().map(|(rule, _)| rule).collect()
}

fn rule<'r>(raw: &'r raw::Outgoing, problems: &mut Problems<'_>) -> Option<(Outgoing, &'r Given<String>)> {
    let pattern = raw.r#match.as_ref()?;
    let (strip, prefix) = (raw.strip.as_ref()?, raw.prefix.as_ref()?);
    let fixed = judge_pattern(pattern, problems)?;
    let strip_characters = super::house::size(strip.value.0);
    if strip_characters > fixed {
        let what = format!(
            "\"{}\" is sure of {fixed} characters, and {strip_characters} are to fall away",
            pattern.value
        );
        problems.error(&strip.at, what, format!("strip at most {fixed}"));
    }
    if !prefix.value.chars().all(|c| c.is_ascii_digit() || c == '+') {
        let what = format!("{:?} cannot stand in front of a number", prefix.value);
        problems.error(&prefix.at, what, "use digits and `+`");
    }
    let rule = Outgoing {
        pattern: pattern.value.clone(),
        trunk: raw.trunk.as_ref()?.value.clone(),
        strip: strip_characters,
        prefix: prefix.value.clone(),
    };
    Some((rule, pattern))
}

/// How many characters a number that fits has at least.
fn judge_pattern(pattern: &Given<String>, problems: &mut Problems<'_>) -> Option<usize> {
    let fixed = pattern.value.strip_suffix('*').unwrap_or(&pattern.value);
    let right = match fixed.find(|c: char| !(c.is_ascii_digit() || c == '+' || c == 'X')) {
        None if pattern.value.is_empty() => "write \"*\" for every number",
        None => return Some(fixed.len()),
        Some(at) if fixed[at..].starts_with('*') => "a `*` can only be the last character",
        Some(at) if fixed[at..].starts_with(['x', 'N', 'Z', '.', '_']) => {
            "`X` stands for any digit, a final `*` for any rest"
        }
        Some(_) => "use digits, `+`, `X` for any digit and a final `*` for any rest, without blanks",
    };
    problems.error(&pattern.at, format!("{:?} fits no number", pattern.value), right);
    None
}

/// Whether every number that fits `narrow` also fits `wide`.
fn covers(wide: &str, narrow: &str) -> bool {
    let (wide_open, narrow_open) = (wide.ends_with('*'), narrow.ends_with('*'));
    let (wide, narrow) = (wide.trim_end_matches('*'), narrow.trim_end_matches('*'));
    let fits = |(w, n): (u8, u8)| w == n || (w == b'X' && n.is_ascii_digit());
    let long_enough = if wide_open {
        narrow.len() >= wide.len()
    } else {
        narrow.len() == wide.len() && !narrow_open
    };
    long_enough && wide.bytes().zip(narrow.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_rule_hides_the_narrower_ones_behind_it() {
        assert!(covers("*", "0XXX") && covers("0*", "00*") && covers("0X", "01") && covers("0X", "0X"));
        assert!(!covers("00*", "0*") && !covers("01", "0X") && !covers("0X", "0*") && !covers("0X", "0+"));
    }
}
