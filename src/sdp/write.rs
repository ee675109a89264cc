//! From what we mean to text: the fields that RFC 8866 demands, in its order, and nothing more.

use super::{Audio, Format, OtherMedia, Session};
use sdp_types as text;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self
            .audio
            .as_ref()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |audio| audio.rtp.ip());
        let (id, version) = self.origin;
        let mut session = text::Session::new(text::Origin::with_ip_addr(id, version, address), "-");
        session.set_connection(text::Connection::from_ip_addr(address));
        session.add_time(text::Time::new(0, 0));
        let mut medias: Vec<(usize, text::Media)> = self.others.iter().map(refused).collect();
        medias.extend(self.audio.iter().map(audio_line));
        medias.sort_by_key(|(index, _)| *index);
        session.add_medias(medias.into_iter().map(|(_, media)| media));
        let mut written = Vec::new();
        session.write(&mut written).map_err(|_| fmt::Error)?;
        f.write_str(&String::from_utf8_lossy(&written))
    }
}

/// Port 0 refuses a stream in its place (RFC 3264 §6).
fn refused(other: &OtherMedia) -> (usize, text::Media) {
    (
        other.index,
        media_line(&other.media, 0, &other.proto, &other.formats),
    )
}

fn audio_line(audio: &Audio) -> (usize, text::Media) {
    let types: Vec<String> = audio
        .formats
        .iter()
        .map(|format| format.payload_type.to_string())
        .collect();
    let mut media = media_line("audio", audio.rtp.port(), "RTP/AVP", &types.join(" "));
    for format in &audio.formats {
        media.add_attribute(rtpmap(format));
        if let Some(parameters) = &format.fmtp {
            media.add_attribute_with_value("fmtp", format!("{} {parameters}", format.payload_type));
        }
    }
    if audio.rtcp != SocketAddr::new(audio.rtp.ip(), audio.rtp.port().saturating_add(1)) {
        media.add_attribute(text::Rtcp::with_ip_addr(audio.rtcp.port(), audio.rtcp.ip()));
    }
    if let Some(ptime) = audio.ptime_ms {
        media.add_attribute_with_value("ptime", ptime);
    }
    media.add_attribute_from_str(audio.direction.as_str());
    (audio.index, media)
}

fn rtpmap(format: &Format) -> text::RtpMap {
    let mut map = text::RtpMap::new(
        format.payload_type,
        encoding_as_registered(&format.encoding),
        format.rate,
    );
    if format.channels != 1 {
        map.set_encoding_params(format.channels);
    }
    map
}

/// Encodings compare without case, but old devices know this one only as RFC 4733 writes it.
fn encoding_as_registered(encoding: &str) -> &str {
    if encoding == super::EVENTS {
        "telephone-event"
    } else {
        encoding
    }
}

fn media_line(media: &str, port: u16, proto: &str, formats: &str) -> text::Media {
    text::Media {
        media: media.to_owned(),
        port,
        num_ports: None,
        proto: proto.to_owned(),
        fmt: formats.to_owned(),
        media_title: None,
        connections: Vec::new(),
        bandwidths: Vec::new(),
        key: None,
        attributes: Vec::new(),
    }
}
