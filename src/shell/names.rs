//! Finding out where a name is, by the book of RFC 3263: NAPTR, SRV, A and AAAA.

use super::gather::gather;
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
/// Once one good answer has come, others to the same question are not waited for longer.
const GRACE: Duration = Duration::from_millis(500);
/// What was found where not all was answered is asked for again after this.
const DOUBTFUL_LASTS: Duration = Duration::from_secs(10);
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
pub struct Names(Result<Resolvers, String>);

/// For each kind of address its own, so that neither waits for the other.
#[derive(Clone)]
struct Resolvers {
    v4: TokioResolver,
    /// None where no listener of ours could reach what it finds.
    v6: Option<TokioResolver>,
}

impl Names {
    /// Asks these servers, or those of the system if there are none; for IPv6 addresses only if they are wanted.
    pub fn of(servers: &[SocketAddr], wants_v6: bool) -> Names {
        let resolvers = resolver(servers, LookupIpStrategy::Ipv4Only).and_then(|v4| {
            let v6 = wants_v6.then(|| resolver(servers, LookupIpStrategy::Ipv6Only));
            Ok(Resolvers {
                v4,
                v6: v6.transpose()?,
            })
        });
        Names(resolvers)
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
        let records = match wanted.port {
            None => self.service_records(wanted).await?,
            Some(_) => None,
        };
        if let Some(records) = records {
            return self.services(wanted, &records).await;
        }
        let (addresses, lasts) = self.clone().addresses(wanted.host.to_owned(), port).await?;
        Ok(Whereabouts {
            spots: vec![spot(0, 0, addresses)],
            lasts,
        })
    }

    /// The addresses of a host, of one receiver each, or a sentence that says why nobody knows.
    pub async fn host(&self, name: &str, patience: Duration) -> Result<Vec<IpAddr>, String> {
        let found = tokio::time::timeout(patience, self.clone().addresses(name.to_owned(), 0)).await;
        let (found, _) =
            found.map_err(|_too_late| format!("the name servers do not answer for {name}"))??;
        let addresses = found.into_iter().map(|address| address.ip());
        let is_for_one = |ip: &IpAddr| {
            !ip.is_unspecified() && !ip.is_multicast() && *ip != IpAddr::V4(Ipv4Addr::BROADCAST)
        };
        Ok(addresses.filter(is_for_one).collect())
    }

    /// The servers by their SRV records. One that cannot be found, or is slow to be, hides no other.
    async fn services(&self, wanted: Wanted<'_>, records: &Lookup) -> Result<Whereabouts, String> {
        let services: Vec<&SRV> = services_in(records).collect();
        let found = gather(
            services
                .iter()
                .map(|srv| self.clone().addresses(srv.target.to_utf8(), srv.port)),
            GRACE,
        );
        let mut lasts = lasts(records);
        let mut spots = Vec::new();
        let mut trouble = format!("{} offers no SIP over {}", wanted.host, wanted.transport.in_uri());
        for (srv, found) in services.iter().zip(found.await) {
            match found {
                Some(Ok((addresses, last))) => {
                    lasts = lasts.min(last);
                    spots.push(spot(srv.priority, srv.weight, addresses));
                }
                Some(Err(why)) => {
                    lasts = lasts.min(DOUBTFUL_LASTS);
                    trouble = why;
                }
                None => lasts = lasts.min(DOUBTFUL_LASTS),
            }
        }
        match spots.is_empty() {
            true => Err(trouble),
            false => Ok(Whereabouts { spots, lasts }),
        }
    }

    /// The SRV records: where a NAPTR record says, else where they usually stand (RFC 3263 §4.1). Both are asked for at
    /// once, and an answer to the second is not kept waiting for one to the first.
    async fn service_records(&self, wanted: Wanted<'_>) -> Result<Option<Lookup>, String> {
        let usual = format!("{}.{}", usual_prefix(wanted.transport), absolute(wanted.host));
        let questions = [
            (absolute(wanted.host), RecordType::NAPTR),
            (usual.clone(), RecordType::SRV),
        ];
        let answers = gather(
            questions.map(|(name, kind)| self.clone().records(name, kind)),
            GRACE,
        );
        let mut answers = answers.await.into_iter();
        let (pointers, services) = (answers.next().flatten(), answers.next().flatten());
        let pointers = pointers.and_then(Result::ok).flatten();
        let pointers = pointers.iter().flat_map(Lookup::answers);
        let pointers = pointers.filter_map(|record| match &record.data {
            RData::NAPTR(pointer) => Some(pointer),
            _ => None,
        });
        match pointed_at(pointers, wanted.transport) {
            Some(place) if place != usual => self.clone().records(place, RecordType::SRV).await,
            Some(_) | None => match services {
                Some(services) => services,
                None => self.clone().records(usual, RecordType::SRV).await,
            },
        }
    }

    /// The records of this kind; none if there are none.
    async fn records(self, name: String, kind: RecordType) -> Result<Option<Lookup>, String> {
        match self.resolvers()?.v4.lookup(name.clone(), kind).await {
            Ok(records) => Ok(Some(records)),
            Err(why) if why.is_no_records_found() => Ok(None),
            Err(why) => Err(in_words(&name, &why)),
        }
    }

    /// The addresses of both kinds. What has come is used, though the other kind is refused, or does not come.
    async fn addresses(self, host: String, port: u16) -> Result<(Vec<SocketAddr>, Duration), String> {
        let Resolvers { v4, v6 } = self.resolvers()?.clone();
        let ask = |resolver: TokioResolver| addresses_by(resolver, host.clone());
        let answers = gather([Some(v4), v6].into_iter().flatten().map(ask), GRACE).await;
        let mut found: Vec<SocketAddr> = Vec::new();
        let (mut least, mut trouble) = (None, None);
        for answer in answers.into_iter().flatten() {
            match answer {
                Ok((addresses, lasts)) => {
                    found.extend(addresses.into_iter().map(|ip| SocketAddr::new(ip, port)));
                    least = least.into_iter().chain([lasts]).min();
                }
                // Of both the first: a name without an IPv6 address is nothing to speak of.
                Err(why) => trouble = trouble.or(Some(why)),
            }
        }
        found.truncate(MAX_ADDRESSES);
        match (least, trouble) {
            (Some(lasts), _) => Ok((found, lasts)),
            (None, trouble) => {
                Err(trouble.unwrap_or_else(|| format!("the name servers do not answer for {host}")))
            }
        }
    }

    fn resolvers(&self) -> Result<&Resolvers, String> {
        let no_servers = |why: &String| format!("there is nobody to ask for names: {why}");
        self.0.as_ref().map_err(no_servers)
    }
}

/// Asks these servers, or those of the system, for addresses of one kind. Without EDNS (RFC 6891): some servers refuse
/// what carries it, and what is too long for a datagram comes over TCP.
fn resolver(servers: &[SocketAddr], kind: LookupIpStrategy) -> Result<TokioResolver, String> {
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
        options.edns0 = false;
        options.ip_strategy = kind;
        options.negative_max_ttl = Some(NEGATIVE_LASTS);
        builder.build()
    });
    resolver.map_err(|why| why.to_string())
}

async fn addresses_by(resolver: TokioResolver, host: String) -> Result<(Vec<IpAddr>, Duration), String> {
    let found = resolver.lookup_ip(host.as_str()).await;
    let found = found.map_err(|why| in_words(&host, &why))?;
    Ok((found.iter().collect(), lasts(found.as_lookup())))
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
    use std::sync::{Arc, Mutex};

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

    /// Answers questions for A with one address and for all else never, and says which kinds it was asked for.
    async fn only_v4(socket: tokio::net::UdpSocket, asked: Arc<Mutex<Vec<u16>>>) {
        let mut question = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut question).await {
            let question = &question[..length];
            let kind = u16::from_be_bytes([question[length - 4], question[length - 3]]);
            asked.lock().unwrap().push(kind);
            if kind == 1 {
                // The same with a head that says: one question, one answer; then a pointer to its name (RFC 1035 §4.1).
                let head = [&question[..2], &[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]].concat();
                let record = [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 10];
                let answer = [&head, &question[12..], &record].concat();
                socket.send_to(&answer, from).await.unwrap();
            }
        }
    }

    /// Neither does a question for AAAA that nobody answers hold up what has come, nor is it asked in vain. No question
    /// carries EDNS: it would not end with the kind and the class that is asked for.
    #[tokio::test]
    async fn an_ipv6_address_is_asked_for_where_it_is_of_use_and_not_waited_for() {
        for (wants_v6, kinds) in [(true, vec![1, 28]), (false, vec![1])] {
            let asked = Arc::new(Mutex::new(Vec::new()));
            let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
            let names = Names::of(&[socket.local_addr().unwrap()], wants_v6);
            tokio::spawn(only_v4(socket, Arc::clone(&asked)));
            let wanted = Wanted {
                host: "sip.acme.example",
                port: Some(5060),
                usual_port: 5060,
                transport: Transport::Udp,
            };
            let located = tokio::time::timeout(PATIENCE, names.locate(wanted)).await;
            let found = located.unwrap().unwrap();
            assert_eq!(
                found.spots,
                [spot(0, 0, vec!["192.0.2.10:5060".parse().unwrap()])]
            );
            let mut asked = asked.lock().unwrap().clone();
            asked.sort_unstable();
            asked.dedup();
            assert_eq!(asked, kinds);
        }
    }
}
