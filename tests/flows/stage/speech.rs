//! The session descriptions that the parties write and read: plain text, independent of the code under test.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// What a party says about its end of the media.
#[derive(Clone, Debug)]
pub struct Speech {
    /// The session id in `o=`.
    pub id: u64,
    /// The version in `o=`.
    pub version: u64,
    /// Where it listens.
    pub rtp: SocketAddr,
    /// Its direction: "sendrecv", "sendonly" …
    pub direction: String,
    /// Formats as payload type and encoding.
    pub formats: Vec<(u8, String)>,
    /// The host that it names instead of its address.
    pub host: Option<String>,
    /// Its media lines behind the audio, without their `m=`.
    pub beside: Vec<String>,
}

impl Speech {
    /// The description as text.
    pub fn text(&self) -> String {
        let ip = self.rtp.ip();
        let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
        let host = self.host.clone().unwrap_or(ip.to_string());
        let types: Vec<String> = self
            .formats
            .iter()
            .map(|(number, _)| number.to_string())
            .collect();
        let maps: String = self
            .formats
            .iter()
            .map(|(number, encoding)| format!("a=rtpmap:{number} {encoding}/8000\r\n"))
            .collect();
        let beside: String = self.beside.iter().map(|line| format!("m={line}\r\n")).collect();
        format!(
            "v=0\r\no=- {} {} IN {family} {ip}\r\ns=-\r\nc=IN {family} {host}\r\nt=0 0\r\nm=audio {} RTP/AVP {}\r\n{maps}a={}\r\n{beside}",
            self.id,
            self.version,
            self.rtp.port(),
            types.join(" "),
            self.direction,
        )
    }

    /// Reads the first audio line of a description; none if there is no description.
    pub fn read(text: &str) -> Option<Speech> {
        let field = |start: &str| text.lines().find_map(|line| line.strip_prefix(start));
        let mut origin = field("o=")?.split(' ').skip(1);
        let mut media = field("m=audio ")?.split(' ');
        let written = field("c=IN ")?.split(' ').nth(1)?;
        let address: Option<IpAddr> = written.parse().ok();
        let host = address.is_none().then(|| written.to_owned());
        let ip = address.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
        let rtp = SocketAddr::new(ip, media.next()?.parse().ok()?);
        let directions = ["sendrecv", "sendonly", "recvonly", "inactive"];
        let direction = text
            .lines()
            .filter_map(|line| line.strip_prefix("a="))
            .find(|name| directions.contains(name));
        let formats = media.skip(1).filter_map(|number| number.parse().ok());
        Some(Speech {
            id: origin.next()?.parse().ok()?,
            version: origin.next()?.parse().ok()?,
            rtp,
            direction: direction.unwrap_or("sendrecv").to_owned(),
            formats: formats.map(|number| (number, encoding(text, number))).collect(),
            host,
            beside: lines(text).skip(1).map(str::to_owned).collect(),
        })
    }

    /// The answer to an offer: the first codec of theirs that we have, their events, their direction turned, and what
    /// is no audio refused in its place (RFC 3264 §6).
    pub fn answer(&self, offer: &Speech) -> Speech {
        let ours = |encoding: &str| self.formats.iter().any(|(_, mine)| mine == encoding);
        let voice = offer
            .formats
            .iter()
            .find(|(_, encoding)| encoding != "telephone-event" && ours(encoding));
        let events = offer
            .formats
            .iter()
            .find(|(_, encoding)| encoding == "telephone-event" && ours(encoding));
        let direction = match (offer.direction.as_str(), self.direction.as_str()) {
            ("inactive", _) | (_, "inactive") | ("sendonly", "sendonly") => "inactive",
            ("sendonly", _) => "recvonly",
            ("recvonly", _) => "sendonly",
            (_, own) => own,
        };
        let formats = voice.into_iter().chain(events).cloned().collect();
        Speech {
            formats,
            direction: direction.to_owned(),
            beside: offer.beside.iter().map(|line| refused(line)).collect(),
            ..self.clone()
        }
    }

    /// In a few words for the drawing: `sdp(sendrecv PCMU,PCMA,dtmf)`.
    pub fn words(&self) -> String {
        let names: Vec<&str> = self.formats.iter().map(|(_, encoding)| short(encoding)).collect();
        let place = match &self.host {
            Some(host) => format!("{host} "),
            None if self.rtp.ip().is_unspecified() => "0.0.0.0 ".to_owned(),
            None => String::new(),
        };
        let beside: String = self.beside.iter().map(|line| in_words(line)).collect();
        match self.rtp.port() {
            0 => "sdp(refused)".to_owned(),
            _ => format!("sdp({place}{} {}{beside})", self.direction, names.join(",")),
        }
    }
}

/// The media lines of a description, without their `m=`.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix("m="))
}

/// What a payload type means in this description.
pub fn meanings(text: &str) -> impl Iterator<Item = (u8, String)> {
    let maps = text.lines().filter_map(|line| line.strip_prefix("a=rtpmap:"));
    maps.filter_map(|map| {
        let (number, encoding) = map.split_once(' ')?;
        Some((number.parse().ok()?, encoding.to_lowercase()))
    })
}

/// The same media line with port 0.
fn refused(line: &str) -> String {
    let mut words: Vec<&str> = line.split(' ').collect();
    words[1] = "0";
    words.join(" ")
}

fn in_words(line: &str) -> String {
    let mut words = line.split(' ');
    let media = words.next().unwrap_or_default();
    match words.next() {
        Some("0") => format!("; {media} refused"),
        _ => format!("; {media}"),
    }
}

fn encoding(text: &str, number: u8) -> String {
    let map = format!("a=rtpmap:{number} ");
    let mapped = text.lines().find_map(|line| line.strip_prefix(&map));
    let by_number = match number {
        0 => "PCMU",
        8 => "PCMA",
        _ => "?",
    };
    mapped
        .map_or(by_number, |rest| rest.split('/').next().unwrap_or_default())
        .to_owned()
}

fn short(encoding: &str) -> &str {
    if encoding == "telephone-event" {
        "dtmf"
    } else {
        encoding
    }
}
