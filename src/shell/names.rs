//! Finding out where a name is, by the book of RFC 3263: NAPTR, SRV, A and AAAA.

use crate::sip::Transport;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolverConfig};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::rdata::{NAPTR, SRV};
use hickory_resolver::proto::rr::{RData, RecordType};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

/// A name server that takes longer for one question is asked once more, or the next one is.
const PATIENCE: Duration = Duration::from_secs(2);
/// An answer that nobody has is asked for again soon: it may have been written down by now.
const NEGATIVE_LASTS: Duration = Duration::from_secs(1);
/// Addresses do not say for how long they are right.
const ADDRESS_LASTS: Duration = Duration::from_secs(60);
/// More servers of one name than this are not tried.
const MAX_SPOTS: usize = 16;
/// More addresses of one server than this are not tried.
const MAX_ADDRESSES: usize = 8;

/// One server of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The lower is asked first (RFC 2782).
    pub priority: u16,
    /// The share among those of the same priority.
    pub weight: u16,
    /// Its addresses, in the order in which they are tried.
    pub addresses: Vec<SocketAddr>,
}

/// Where a name is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    /// Its servers.
    pub spots: Vec<Spot>,
    /// For how long that is right.
    pub lasts: Duration,
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// A name or an address.
    pub host: &'a str,
    /// If it is told there is nothing to look up but addresses (RFC 3263 §4.2).
    pub port: Option<u16>,
    /// The port that is meant where none is told.
    pub usual_port: u16,
    /// What shall be spoken there.
    pub transport: Transport,
}

/// Asks the name servers.
#[derive(Clone)]
pub struct Names(Result<TokioResolver, String>);

impl Names {
    /// Asks these servers, or those of the system if there are none.
    pub fn of(servers: &[SocketAddr]) -> Names {
        let builder = match servers.is_empty() {
            true => TokioResolver::builder_tokio(),
            false => {
                let servers = servers.iter().map(name_server).collect();
                let config = ResolverConfig::from_name_servers(servers);
                Ok(TokioResolver::builder_with_config(
                    config,
                    TokioRuntimeProvider::default(),
                ))
            }
        };
        let resolver = builder.and_then(|mut builder| {
            let options = builder.options_mut();
            options.timeout = PATIENCE;
            options.attempts = 2;
            options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
            options.negative_max_ttl = Some(NEGATIVE_LASTS);
            builder.build()
        });
        Names(resolver.map_err(|why| why.to_string()))
    }

    /// Where it is, or a sentence that says why nobody knows.
    pub async fn locate(&self, wanted: Wanted<'_>) -> Result<Whereabouts, String> {
        let port = wanted.port.unwrap_or(wanted.usual_port);
        if let Ok(ip) = wanted.host.parse::<IpAddr>() {
            return Ok(Whereabouts {
                spots: vec![spot(0, 0, vec![SocketAddr::new(ip, port)])],
                lasts: ADDRESS_LASTS,
            });
        }
        if wanted.port.is_none()
            && let Some(found) = self.services(wanted).await?
        {
            return Ok(found);
        }
        let (addresses, lasts) = self.addresses(wanted.host, port).await?;
        Ok(Whereabouts {
            spots: vec![spot(0, 0, addresses)],
            lasts,
        })
    }

    /// The addresses of a host, of one receiver each, or a sentence that says why nobody knows.
    pub async fn host(&self, name: &str, patience: Duration) -> Result<Vec<IpAddr>, String> {
        let found = tokio::time::timeout(patience, self.addresses(name, 0)).await;
        let (found, _) =
            found.map_err(|_too_late| format!("the name servers do not answer for {name}"))??;
        let addresses = found.into_iter().map(|address| address.ip());
        let is_for_one = |ip: &IpAddr| {
            !ip.is_unspecified() && !ip.is_multicast() && *ip != IpAddr::V4(Ipv4Addr::BROADCAST)
        };
        Ok(addresses.filter(is_for_one).collect())
    }

    /// The servers by their SRV records; none if there are no such records.
    async fn services(&self, wanted: Wanted<'_>) -> Result<Option<Whereabouts>, String> {
        let name = self.service_name(wanted).await?;
        let records = match self.resolver()?.srv_lookup(name.clone()).await {
            Ok(records) => records,
            Err(why) if why.is_no_records_found() => return Ok(None),
            Err(why) => return Err(in_words(&name, &why)),
        };
        let mut lasts = lasts(&records);
        let mut spots = Vec::new();
        let mut trouble = format!("{} offers no SIP over {}", wanted.host, wanted.transport.in_uri());
        for srv in services_in(&records) {
            let target = srv.target.to_utf8();
            match self.addresses(&target, srv.port).await {
                Ok((addresses, last)) => {
                    lasts = lasts.min(last);
                    spots.push(spot(srv.priority, srv.weight, addresses));
                }
                Err(why) => trouble = why,
            }
        }
        match spots.is_empty() {
            true => Err(trouble),
            false => Ok(Some(Whereabouts { spots, lasts })),
        }
    }

    /// Under which name the SRV records stand: where a NAPTR record says, else where they usually do (RFC 3263 §4.1).
    async fn service_name(&self, wanted: Wanted<'_>) -> Result<String, String> {
        let pointers = self
            .resolver()?
            .lookup(absolute(wanted.host), RecordType::NAPTR)
            .await;
        let pointers = pointers.ok();
        let pointers = pointers.iter().flat_map(Lookup::answers);
        let pointers = pointers.filter_map(|record| match &record.data {
            RData::NAPTR(pointer) => Some(pointer),
            _ => None,
        });
        let usual = format!("{}.{}", usual_prefix(wanted.transport), absolute(wanted.host));
        Ok(pointed_at(pointers, wanted.transport).unwrap_or(usual))
    }

    async fn addresses(&self, host: &str, port: u16) -> Result<(Vec<SocketAddr>, Duration), String> {
        let found = self.resolver()?.lookup_ip(host).await;
        let found = found.map_err(|why| in_words(host, &why))?;
        let addresses = found
            .iter()
            .take(MAX_ADDRESSES)
            .map(|ip| SocketAddr::new(ip, port));
        Ok((addresses.collect(), lasts(found.as_lookup())))
    }

    fn resolver(&self) -> Result<&TokioResolver, String> {
        let no_servers = |why: &String| format!("there is nobody to ask for names: {why}");
        self.0.as_ref().map_err(no_servers)
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names")
    }
}

/// A name server is asked over UDP, and over TCP if its answer is too long for that.
fn name_server(address: &SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
    let connections = connections.map(|mut connection| {
        connection.port = address.port();
        connection
    });
    NameServerConfig::new(address.ip(), true, connections.to_vec())
}

fn spot(priority: u16, weight: u16, addresses: Vec<SocketAddr>) -> Spot {
    Spot {
        priority,
        weight,
        addresses,
    }
}

/// The name as it is, whatever domains the system would add.
fn absolute(host: &str) -> String {
    format!("{}.", host.trim_end_matches('.'))
}

fn usual_prefix(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "_sip._udp",
        Transport::Tcp => "_sip._tcp",
        Transport::Tls => "_sips._tcp",
    }
}

/// The service that RFC 3263 §4.1 has for a transport.
fn service(transport: Transport) -> &'static [u8] {
    match transport {
        Transport::Udp => b"SIP+D2U",
        Transport::Tcp => b"SIP+D2T",
        Transport::Tls => b"SIPS+D2T",
    }
}

/// The best of the pointers to the SRV records of this transport.
fn pointed_at<'a>(pointers: impl Iterator<Item = &'a NAPTR>, transport: Transport) -> Option<String> {
    let fits = |pointer: &&NAPTR| {
        pointer.flags.eq_ignore_ascii_case(b"s") && pointer.services.eq_ignore_ascii_case(service(transport))
    };
    let best = pointers
        .filter(fits)
        .min_by_key(|pointer| (pointer.order, pointer.preference));
    best.map(|pointer| pointer.replacement.to_utf8())
}

/// The servers that SRV records name. A single dot says that the service is not offered (RFC 2782).
fn services_in(records: &Lookup) -> impl Iterator<Item = &SRV> {
    let services = records.answers().iter().filter_map(|record| match &record.data {
        RData::SRV(srv) if !srv.target.is_root() => Some(srv),
        _ => None,
    });
    services.take(MAX_SPOTS)
}

fn lasts(records: &Lookup) -> Duration {
    records.valid_until().saturating_duration_since(Instant::now())
}

fn in_words(name: &str, why: &NetError) -> String {
    let name = name.trim_end_matches('.');
    match why {
        why if why.is_nx_domain() => format!("the DNS has no name {name}"),
        why if why.is_no_records_found() => format!("the DNS has no address of {name}"),
        NetError::Timeout => format!("the name servers do not answer for {name}"),
        why => format!("{name} cannot be looked up: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_resolver::proto::rr::Name;

    fn pointer(order: u16, flags: &str, services: &str, replacement: &str) -> NAPTR {
        NAPTR::new(
            order,
            10,
            flags.as_bytes().into(),
            services.as_bytes().into(),
            Box::default(),
            Name::from_utf8(replacement).unwrap(),
        )
    }

    #[test]
    fn the_best_pointer_for_the_transport_says_where_its_servers_are() {
        let pointers = [
            pointer(20, "s", "SIP+D2U", "_sip._udp.second.example."),
            pointer(10, "S", "sip+d2u", "_sip._udp.first.example."),
            pointer(5, "s", "SIP+D2T", "_sip._tcp.first.example."),
            pointer(1, "u", "SIP+D2U", "no.example."),
        ];
        let at = |transport| pointed_at(pointers.iter(), transport);
        assert_eq!(at(Transport::Udp).as_deref(), Some("_sip._udp.first.example."));
        assert_eq!(at(Transport::Tcp).as_deref(), Some("_sip._tcp.first.example."));
        assert_eq!(at(Transport::Tls), None);
    }

    #[tokio::test]
    async fn an_address_needs_nobody_to_be_asked() {
        let names = Names(Err("no network".to_owned()));
        let wanted = Wanted {
            host: "192.0.2.10",
            port: None,
            usual_port: 5061,
            transport: Transport::Tls,
        };
        let found = names.locate(wanted).await.unwrap();
        assert_eq!(
            found.spots,
            [spot(0, 0, vec!["192.0.2.10:5061".parse().unwrap()])]
        );
        let unknown = Wanted {
            host: "sip.acme.example",
            ..wanted
        };
        assert!(names.locate(unknown).await.unwrap_err().contains("no network"));
    }
}
