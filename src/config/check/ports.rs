//! Where we listen: SIP, RTP and the control interface, and that they do not get into each other's way.

use super::list;
use super::secrets::{Outcome, Ways};
use super::tls;
use crate::config::outside::Outside;
use crate::config::raw;
use crate::config::report::Problems;
use crate::config::shape::Given;
use crate::config::valid::{Api, ListenTransport, Listener, Media, VoiceCodec};
use crate::config::words::Ports;
use secrecy::{ExposeSecret, SecretString};
use std::net::SocketAddr;

/// What most systems hand out to anybody who asks for any port (Linux's default range).
const EPHEMERAL_PORTS: std::ops::RangeInclusive<u16> = 32_768..=60_999;
const SHORT_TOKEN_CHARACTERS: usize = 16;

/// The SIP listeners.
pub(super) fn listeners(
    file: &Given<raw::File>,
    outside: &dyn Outside,
    problems: &mut Problems<'_>,
) -> Vec<Listener> {
    let tables = list(&file.value.listen);
    if tables.is_empty() && !file.is_faulty {
        let right = "add [[listen]] with transport = \"udp\" and address = \"0.0.0.0:5060\"";
        problems.error(&(0..0), "nothing listens for SIP", right);
    }
    let mut earlier: Vec<(Listener, &Given<SocketAddr>)> = Vec::new();
    for table in tables {
        let Some((listener, address)) = listener(&table.value, outside, problems) else {
            continue;
        };
        let clash = earlier.iter().find(|(other, _)| {
            is_stream(other.transport) == is_stream(listener.transport)
                && overlap(other.address, listener.address)
        });
        if let Some((other, first)) = clash {
            let what = match other.address == listener.address {
                true => format!("two listeners want {} {}", socket(&listener), listener.address),
                false => format!("{} is already part of {}", listener.address, other.address),
            };
            problems.error(
                &address.at,
                what,
                "remove one of the two, or give it another port or transport",
            );
            problems.also(&first.at, "the other one");
        }
        earlier.push((listener, address));
    }
    let lonely = earlier.iter().filter(|(udp, _)| {
        let takes_its_large_ones = |(tcp, _): &(Listener, _)| {
            tcp.transport == ListenTransport::Tcp && overlap(tcp.address, udp.address)
        };
        udp.transport == ListenTransport::Udp && !earlier.iter().any(takes_its_large_ones)
    });
    for (udp, address) in lonely {
        let what = format!("requests that are too large for UDP do not reach {}", udp.address);
        let right = "phones send those over TCP to the same port (RFC 3261 18.1.1): add a TCP listener";
        problems.warn(&address.at, what, right);
    }
    earlier.into_iter().map(|(listener, _)| listener).collect()
}

fn listener<'r>(
    raw: &'r raw::Listen,
    outside: &dyn Outside,
    problems: &mut Problems<'_>,
) -> Option<(Listener, &'r Given<SocketAddr>)> {
    let address = raw.address.as_ref()?;
    if let Some(advertise) = &raw.advertise {
        if advertise.value.is_ipv4() != address.value.is_ipv4() {
            let family = if address.value.is_ipv4() {
                "an IPv4 address"
            } else {
                "an IPv6 address"
            };
            let what = format!("{} and {} are of two families", advertise.value, address.value);
            problems.error(&advertise.at, what, format!("advertise {family}, or nothing"));
        } else if advertise.value.is_unspecified() || advertise.value.is_multicast() {
            let what = format!("nobody can send to {}", advertise.value);
            problems.error(
                &advertise.at,
                what,
                "write the public address under which peers reach this listener",
            );
        }
    }
    let identity = tls::identity(raw, outside, problems);
    let listener = Listener {
        transport: raw.transport.as_ref()?.value,
        address: address.value,
        identity,
        advertise: raw.advertise.as_ref().map(|advertise| advertise.value),
    };
    Some((listener, address))
}

/// Whether both cannot be bound at once. `[::]` takes no IPv4: the shell binds it so.
fn overlap(a: SocketAddr, b: SocketAddr) -> bool {
    let same_family = a.is_ipv4() == b.is_ipv4();
    let same_ip = a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified();
    a.port() == b.port() && same_family && same_ip
}

/// Whether it takes a TCP port.
fn is_stream(transport: ListenTransport) -> bool {
    match transport {
        ListenTransport::Udp => false,
        ListenTransport::Tcp | ListenTransport::Tls => true,
    }
}

fn socket(listener: &Listener) -> &'static str {
    if is_stream(listener.transport) {
        "tcp"
    } else {
        "udp"
    }
}

/// RTP.
pub(super) fn media(
    file: &raw::File,
    raw: &raw::Media,
    outside: &dyn Outside,
    problems: &mut Problems<'_>,
) -> Option<Media> {
    if let Some(music) = &raw.music
        && let Err(error) = outside.music(&music.value)
    {
        let what = format!("{} cannot be played: {error}", music.value.display());
        problems.fault(
            &music.at,
            what,
            "name a WAV file with 16-bit samples, or leave `music` out for the built-in melody",
        );
    }
    let ports = raw.ports.as_ref()?;
    enough_ports(file, ports, problems);
    free_ports(file, ports, problems);
    let codecs = raw.codecs.as_ref()?;
    several_codecs(codecs, problems);
    Some(Media {
        codecs: codecs.value.iter().map(|codec| codec.value).collect(),
        first_port: ports.value.first,
        last_port: ports.value.last,
        threads: super::house::size(raw.threads.as_ref()?.value.0),
        music: raw.music.as_ref().map(|music| music.value.clone()),
    })
}

/// At least one, and each once.
fn several_codecs(codecs: &Given<Vec<Given<VoiceCodec>>>, problems: &mut Problems<'_>) {
    if codecs.value.is_empty() {
        let right = "name at least one, as in [\"pcma\", \"pcmu\"], or leave `codecs` out";
        problems.error(&codecs.at, "media.codecs is empty: nobody could speak", right);
    }
    for (index, codec) in codecs.value.iter().enumerate() {
        let mut before = codecs.value[..index].iter();
        if before.any(|other| other.value == codec.value) {
            let name = codec.value.encoding().to_lowercase();
            let what = format!("media.codecs names {name} twice");
            problems.error(&codec.at, what, "take one of them out");
        }
    }
}

/// Each call has at least two legs, and each leg takes two ports.
fn enough_ports(file: &raw::File, ports: &Given<Ports>, problems: &mut Problems<'_>) {
    let Some(calls) = file
        .limits
        .as_ref()
        .and_then(|limits| limits.value.max_calls.as_ref())
    else {
        return;
    };
    let Ports { first, last } = ports.value;
    let count = u64::from(last - first) + 1;
    if count < 4 * calls.value.0 {
        let what = format!("{count} ports are too few for {} calls", calls.value.0);
        let right = format!(
            "a call takes four: widen the range to {} ports, or set limits.max_calls = {}",
            4 * calls.value.0,
            count / 4
        );
        problems.error(&ports.at, what, right);
    }
}

fn free_ports(file: &raw::File, ports: &Given<Ports>, problems: &mut Problems<'_>) {
    let range = ports.value.first..=ports.value.last;
    for listen in list(&file.listen) {
        let (Some(address), Some(transport)) = (&listen.value.address, &listen.value.transport) else {
            continue;
        };
        if transport.value == ListenTransport::Udp && range.contains(&address.value.port()) {
            let what = format!(
                "SIP listens on port {}, which lies in the range for RTP",
                address.value.port()
            );
            problems.error(&address.at, what, "move one of the two");
            problems.also(&ports.at, "the range");
        }
    }
    if range.start() <= EPHEMERAL_PORTS.end() && EPHEMERAL_PORTS.start() <= range.end() {
        let what = "other programs can be given these ports at any moment".to_owned();
        let right = format!(
            "stay out of {}-{}, which Linux hands out, or set net.ipv4.ip_local_reserved_ports",
            EPHEMERAL_PORTS.start(),
            EPHEMERAL_PORTS.end()
        );
        problems.warn(&ports.at, what, right);
    }
}

/// The HTTP control interface.
pub(super) fn api(
    file: &raw::File,
    raw: &raw::Api,
    outside: &dyn Outside,
    problems: &mut Problems<'_>,
) -> Option<Api> {
    let ways = Ways {
        key: "token",
        inline: &raw.token,
        file: &raw.token_file,
        env: &raw.token_env,
    };
    // Nobody is let in by a token that nobody knows.
    let closed = Api {
        listen: None,
        token: None,
    };
    let token = match ways.follow(outside, problems) {
        Outcome::Absent => None,
        Outcome::Unreadable => return Some(closed),
        Outcome::Wrong => return None,
        Outcome::Found(found) => {
            if found.secret.expose_secret().chars().count() < SHORT_TOKEN_CHARACTERS {
                let right = format!(
                    "choose {SHORT_TOKEN_CHARACTERS} random characters or more: openssl rand -hex 24"
                );
                problems.warn(&found.at, "the token is short", right);
            }
            Some(found.secret)
        }
    };
    if let Some(listen) = &raw.listen {
        guarded(listen, token.as_ref(), problems);
        free_port(file, listen, problems);
    }
    Some(Api {
        listen: raw.listen.as_ref().map(|listen| listen.value),
        token,
    })
}

fn guarded(listen: &Given<SocketAddr>, token: Option<&SecretString>, problems: &mut Problems<'_>) {
    if token.is_none() && !listen.value.ip().is_loopback() {
        let what = format!(
            "anybody who reaches {} could end calls: there is no token",
            listen.value
        );
        let right = "add token_file = \"…\" to [api], or listen on 127.0.0.1";
        problems.error(&listen.at, what, right);
    }
}

fn free_port(file: &raw::File, listen: &Given<SocketAddr>, problems: &mut Problems<'_>) {
    let sip = list(&file.listen).iter().find_map(|sip| {
        let (address, transport) = (sip.value.address.as_ref()?, sip.value.transport.as_ref()?);
        (is_stream(transport.value) && overlap(address.value, listen.value)).then_some(address)
    });
    if let Some(address) = sip {
        problems.error(
            &listen.at,
            format!("SIP listens on {} already", address.value),
            "choose another port",
        );
        problems.also(&address.at, "here");
    }
}
