//! From text to what we act on.

use super::normalise::normalise;
use super::{Audio, Direction, Format, OtherMedia, Session, Unusable};
use sdp_types as text;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Media lines in one description. Each must be answered in its place, so more than these are refused.
const MAX_MEDIA_LINES: usize = 16;

/// Formats of one media line that are looked at; the rest is ignored.
const MAX_FORMATS: usize = 64;

/// Attributes of one media line; a description with more is refused, lest reading it take long.
const MAX_ATTRIBUTES: usize = 256;

/// The longest name of a host (RFC 1035 §2.3.4).
const MAX_NAME_BYTES: usize = 253;

/// Payload types that need no rtpmap (RFC 3551 §6): type, encoding, clock rate in Hz.
const STATIC_TYPES: [(u8, &str, u32); 8] = [
    (0, "PCMU", 8000),
    (3, "GSM", 8000),
    (4, "G723", 8000),
    (8, "PCMA", 8000),
    (9, "G722", 8000),
    (13, "CN", 8000),
    (15, "G728", 8000),
    (18, "G729", 8000),
];

impl Session {
    /// Reads a description, after mending what real devices are known to get wrong.
    ///
    /// # Errors
    /// [`Unusable::Unreadable`] if it is no description at all, or if its audio cannot be sent to.
    pub fn parse(body: &[u8]) -> Result<Session, Unusable> {
        let mended = normalise(body);
        let session =
            text::Session::parse(mended.as_bytes()).map_err(|error| unreadable(error.to_string()))?;
        if session.medias.len() > MAX_MEDIA_LINES {
            return Err(unreadable(format!(
                "it has more than {MAX_MEDIA_LINES} media lines"
            )));
        }
        if session
            .medias
            .iter()
            .any(|media| media.attributes.len() > MAX_ATTRIBUTES)
        {
            return Err(unreadable(format!(
                "a media line has more than {MAX_ATTRIBUTES} attributes"
            )));
        }
        let id = session.origin.sess_id.parse().unwrap_or(0);
        let chosen = session.medias.iter().position(is_usable);
        let audio = chosen
            .map(|index| audio(index, &session.medias[index], &session))
            .transpose()?;
        let others = session
            .medias
            .iter()
            .enumerate()
            .filter(|(index, _)| Some(*index) != chosen);
        Ok(Session {
            origin: (id, session.origin.sess_version),
            audio,
            others: others.map(|(index, media)| other(index, media)).collect(),
        })
    }
}

fn unreadable(why: impl Into<String>) -> Unusable {
    Unusable::Unreadable(why.into())
}

/// Audio over plain RTP that is not refused. SAVP would need keys, AVPF feedback that we do not give.
fn is_usable(media: &text::Media) -> bool {
    media.media.eq_ignore_ascii_case("audio")
        && media.proto.eq_ignore_ascii_case("RTP/AVP")
        && media.port != 0
}

fn other(index: usize, media: &text::Media) -> OtherMedia {
    OtherMedia {
        index,
        media: media.media.clone(),
        proto: media.proto.clone(),
        formats: media.fmt.clone(),
    }
}

fn audio(index: usize, media: &text::Media, session: &text::Session) -> Result<Audio, Unusable> {
    let (address, host) = match address_of(media, session)? {
        Place::Address(address) => (address, None),
        Place::Host(name) => (IpAddr::V4(Ipv4Addr::UNSPECIFIED), Some(name)),
    };
    let rtp = SocketAddr::new(address, media.port);
    // RFC 3264 §8.4: nothing can be sent to 0.0.0.0, so whoever gives it does not listen.
    let is_nowhere = host.is_none() && address.is_unspecified();
    Ok(Audio {
        index,
        host,
        rtp,
        rtcp: rtcp_of(media, rtp),
        formats: media
            .fmt
            .split(' ')
            .take(MAX_FORMATS)
            .filter_map(|name| format(name, media))
            .collect(),
        direction: direction_of(media, session, is_nowhere),
        ptime_ms: media
            .get_first_attribute_value("ptime")
            .flatten()
            .and_then(|value| value.parse().ok()),
    })
}

/// Where media goes: the line's own `c=`, or the session's (RFC 8866 §5.7).
fn address_of(media: &text::Media, session: &text::Session) -> Result<Place, Unusable> {
    let connection = media.connections.first().or(session.connection.as_ref());
    let written = connection.map(|connection| connection.connection_address.as_str());
    let written = written.ok_or_else(|| unreadable("its audio has no c= line"))?;
    // A time to live stands behind an address of many, and some write it behind any.
    let host = written.split('/').next().unwrap_or_default();
    match host.trim_matches(['[', ']']).parse() {
        Ok(address) if is_for_many(address) => Err(unreadable(format!(
            "its media address {written} is not one receiver's"
        ))),
        Ok(address) => Ok(Place::Address(address)),
        Err(_) if is_name(host) => Ok(Place::Host(host.to_ascii_lowercase())),
        Err(_) => Err(unreadable(format!(
            "its media address {written} is neither an IP address nor the name of a host"
        ))),
    }
}

/// What `c=` says.
enum Place {
    Address(IpAddr),
    Host(String),
}

/// Whether a host can have this name (RFC 1123 §2.1): what ends in a number is an address, if anything.
fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_of_name = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_');
        (1..=63).contains(&label.len()) && label.bytes().all(is_of_name)
    };
    let labels = text.strip_suffix('.').unwrap_or(text).split('.');
    let is_number = |label: &str| label.bytes().all(|letter| letter.is_ascii_digit());
    let last = labels.clone().next_back().unwrap_or_default();
    text.len() <= MAX_NAME_BYTES && labels.clone().all(is_label) && !is_number(last)
}

/// Whether what is sent there reaches more than one, so that a stranger could make us flood a network.
fn is_for_many(address: IpAddr) -> bool {
    address.is_multicast() || address == IpAddr::V4(std::net::Ipv4Addr::BROADCAST)
}

/// `a=rtcp` (RFC 3605) or the next higher port (RFC 3550 §11).
fn rtcp_of(media: &text::Media, rtp: SocketAddr) -> SocketAddr {
    let next = SocketAddr::new(rtp.ip(), rtp.port().saturating_add(1));
    let Some(Ok(rtcp)) = media.get_first_attribute_typed::<text::Rtcp>() else {
        return next;
    };
    let written = rtcp
        .connection_address
        .as_deref()
        .and_then(|address| address.parse().ok());
    let address = written
        .filter(|address| !is_for_many(*address))
        .unwrap_or(rtp.ip());
    SocketAddr::new(address, rtcp.port)
}

/// The line's own direction, or the session's, or both ways (RFC 8866 §6.7).
fn direction_of(media: &text::Media, session: &text::Session, is_nowhere: bool) -> Direction {
    let own = media.attributes.iter().find_map(direction);
    let inherited = || session.attributes.iter().find_map(direction);
    let stated = own.or_else(inherited).unwrap_or(Direction::SendRecv);
    Direction::of(stated.sends(), stated.listens() && !is_nowhere)
}

fn direction(attribute: &text::Attribute) -> Option<Direction> {
    let all = [
        Direction::SendRecv,
        Direction::SendOnly,
        Direction::RecvOnly,
        Direction::Inactive,
    ];
    all.into_iter()
        .find(|direction| attribute.attribute.eq_ignore_ascii_case(direction.as_str()))
}

/// One format of the line; none if nothing says what it is.
fn format(name: &str, media: &text::Media) -> Option<Format> {
    let payload_type: u8 = name.parse().ok().filter(|number| *number < 128)?;
    let mapped = media
        .attributes_typed::<text::RtpMap>()
        .flatten()
        .find(|map| map.payload_type == payload_type);
    let by_number = || {
        STATIC_TYPES
            .into_iter()
            .find(|(number, _, _)| *number == payload_type)
    };
    let (encoding, rate, channels) = match mapped {
        Some(map) => (
            map.encoding_name.to_uppercase(),
            map.clock_rate,
            channels(map.encoding_params)?,
        ),
        None => by_number().map(|(_, encoding, rate)| (encoding.to_owned(), rate, 1))?,
    };
    let parameters = media
        .get_attribute_values("fmtp")
        .flatten()
        .filter_map(|value| value.split_once(' '));
    let fmtp = parameters
        .into_iter()
        .find(|(number, _)| *number == name)
        .map(|(_, value)| value.to_owned());
    Some(Format {
        payload_type,
        encoding,
        rate,
        channels,
        fmtp,
    })
}

/// The channels that an rtpmap names; one if it names none.
fn channels(parameters: Option<String>) -> Option<u8> {
    parameters.map_or(Some(1), |written| written.trim().parse().ok())
}
