//! Whose calls are whose: two trunks that claim one network must be told apart by something else.

use super::trunks::servers;
use crate::config::raw;
use crate::config::report::Problems;
use crate::config::shape::Given;
use ipnet::IpNet;
use std::net::IpAddr;
use std::ops::Range;

/// Networks wider than this are hardly one carrier's.
const WIDEST_V4_BITS: u8 = 16;
const WIDEST_V6_BITS: u8 = 32;

/// One network from which the calls of one trunk come.
#[derive(Clone)]
struct Claim<'a> {
    net: IpNet,
    at: &'a Range<usize>,
    /// Whether the file says so itself, and not the addresses of the carrier's servers.
    is_written: bool,
}

/// Says which networks are hardly one carrier's, and which trunks nothing tells apart.
pub(super) fn judge(tables: &[(Given<String>, raw::Trunk)], problems: &mut Problems<'_>) {
    for (place, (name, table)) in tables.iter().enumerate() {
        for claim in claims(table) {
            if claim.is_written {
                judge_width(&claim, &name.value, problems);
            }
            let earlier = tables[..place].iter();
            let other = earlier
                .filter(|(_, other)| !are_told_apart(table, other))
                .find_map(|(name, other)| {
                    Some((
                        &name.value,
                        claims(other).into_iter().find(|other| overlap(other, &claim))?,
                    ))
                });
            if let Some((other, theirs)) = other {
                judge_overlap(&claim, &name.value, other, &theirs, problems);
            }
        }
    }
}

/// What stands in `sources`, or else where its servers are if they are addresses.
fn claims(table: &raw::Trunk) -> Vec<Claim<'_>> {
    if let Some(sources) = &table.sources {
        return sources
            .value
            .iter()
            .map(|source| Claim {
                net: source.value,
                at: &source.at,
                is_written: true,
            })
            .collect();
    }
    let Some(host) = &table.host else {
        return Vec::new();
    };
    let at = table.hosts.as_ref().map_or(&host.at, |hosts| &hosts.at);
    let addresses = servers(table, &host.value.0)
        .into_iter()
        .map(|server| server.parse::<IpAddr>());
    let claim = |address: IpAddr| Claim {
        net: IpNet::from(address),
        at,
        is_written: false,
    };
    addresses
        .map(|address| address.map(claim))
        .collect::<Result<_, _>>()
        .unwrap_or_default()
}

/// Whether calls of these two differ in more than their network: each comes to a Contact of ours that only its carrier
/// knows, or one of them shows a certificate.
fn are_told_apart(one: &raw::Trunk, other: &raw::Trunk) -> bool {
    let registers = |trunk: &raw::Trunk| trunk.register.as_ref().is_some_and(|register| register.value);
    let shows = |trunk: &raw::Trunk| trunk.client_ca.is_some();
    (registers(one) && registers(other)) || shows(one) != shows(other)
}

fn overlap(one: &Claim<'_>, other: &Claim<'_>) -> bool {
    one.net.contains(&other.net) || other.net.contains(&one.net)
}

fn judge_width(claim: &Claim<'_>, trunk: &str, problems: &mut Problems<'_>) {
    let widest = match claim.net {
        IpNet::V4(_) => WIDEST_V4_BITS,
        IpNet::V6(_) => WIDEST_V6_BITS,
    };
    if claim.net.prefix_len() < widest {
        let what = format!(
            "{} is very wide: whoever calls from there is taken for {trunk}",
            claim.net
        );
        problems.warn(
            claim.at,
            what,
            "name only the networks that the carrier tells you",
        );
    }
}

fn judge_overlap(
    claim: &Claim<'_>,
    trunk: &str,
    other: &str,
    theirs: &Claim<'_>,
    problems: &mut Problems<'_>,
) {
    if claim.is_written && theirs.is_written {
        let what = format!("{} belongs to {other} already, by {}", claim.net, theirs.net);
        let right = "one address can be the source of one trunk only: narrow one of them";
        return problems.error(claim.at, what, right);
    }
    let what = format!(
        "nothing tells calls of {trunk} from those of {other}: both come from {}",
        claim.net
    );
    let right = "give them `sources` that differ, or `register = true` in both if each has an account there";
    problems.warn(claim.at, what, right);
}
