//! Offer and answer (RFC 3264), reduced to one stream and one voice codec.

use super::{Agreement, Audio, Direction, EVENTS, Format, Numbers, OUR_CODECS, Session, Unusable};
use std::net::{IpAddr, SocketAddr};

/// The payload type under which we offer telephone-event: dynamic, and the one that most devices use.
const EVENTS_PAYLOAD_TYPE: u8 = 101;

/// Digits, `*`, `#` and A to D (RFC 4733 §3.2). A hook flash means nothing to anybody behind us.
const EVENTS_UNDERSTOOD: &str = "0-15";

/// The clock rate of all that we speak, in Hz. G.722 has this one as well, though it samples twice as often
/// (RFC 3551 §4.5.2).
const RATE: u32 = 8000;

/// Milliseconds of voice in each of our packets.
const PTIME_MS: u16 = 20;

impl Session {
    /// Our first offer: those of our codecs that `codecs` names, in its order, telephone-event at 101, `a=sendrecv`,
    /// ptime 20.
    pub fn offer(origin: (u64, u64), address: IpAddr, port: u16, codecs: &[&str]) -> Session {
        let formats = Numbers::default().formats(codecs);
        let audio = ours(0, address, port, formats, Direction::SendRecv);
        Session {
            origin,
            audio: Some(audio),
            others: Vec::new(),
        }
    }

    /// Our next offer in the session that this description of ours is of: every line in its place, refused where we
    /// have refused it (RFC 3264 §8), and no payload type with another meaning than before (§8.3.2).
    #[must_use]
    pub fn offered_again(&self, numbers: &Numbers, codecs: &[&str]) -> Session {
        let audio = self.audio.as_ref().map(|audio| Audio {
            formats: numbers.formats(codecs),
            direction: Direction::SendRecv,
            ..audio.clone()
        });
        Session {
            audio,
            ..self.clone()
        }
    }

    /// Whether its audio stream has any of these codecs.
    pub fn speaks_any(&self, codecs: &[&str]) -> bool {
        let mut formats = self.audio.iter().flat_map(|audio| &audio.formats);
        formats.any(|format| is_ours(format) && codecs.contains(&format.encoding.as_str()))
    }

    /// Our answer to their offer, and what is agreed by it. Of the first of these groups that has any codec of
    /// theirs, the one that they prefer is taken (alone: one codec, no switching in the call), with their payload
    /// types; sendonly is answered with recvonly, inactive with inactive; every other media line is refused in its
    /// place.
    ///
    /// # Errors
    /// [`Unusable::NoAudio`] or [`Unusable::NoCodec`]: the offer is to be refused with 488.
    pub fn answer(
        offer: &Session,
        origin: (u64, u64),
        address: IpAddr,
        port: u16,
        groups: &[Vec<&str>],
    ) -> Result<(Session, Agreement), Unusable> {
        let theirs = offer.audio.as_ref().ok_or(Unusable::NoAudio)?;
        let first_of = |group: &Vec<&str>| {
            let mut ours = theirs.formats.iter().filter(|format| is_ours(format));
            ours.find(|format| group.contains(&format.encoding.as_str()))
        };
        let voice = groups.iter().find_map(first_of);
        let voice = voice.ok_or_else(|| no_codec(theirs))?;
        let events_type = events_at_rate_of(voice, &theirs.formats).map(|format| format.payload_type);
        let voice = Format {
            fmtp: None,
            ..voice.clone()
        };
        let events = |payload_type| format(EVENTS, payload_type);
        let formats = [voice.clone()]
            .into_iter()
            .chain(events_type.map(events))
            .collect();
        let audio = ours(theirs.index, address, port, formats, theirs.direction.reversed());
        let agreement = agree(voice, events_type.map(events), theirs, theirs.direction);
        Ok((
            Session {
                origin,
                audio: Some(audio),
                others: offer.others.clone(),
            },
            agreement,
        ))
    }

    /// What is agreed when they answered our offer like this.
    ///
    /// # Errors
    /// [`Unusable::NoAudio`] if they refused the stream, [`Unusable::NoCodec`] if they answered with
    /// something that was not offered.
    pub fn accept(offer: &Session, answer: &Session) -> Result<Agreement, Unusable> {
        let ours = offer.audio.as_ref().ok_or(Unusable::NoAudio)?;
        let theirs = answer.audio.as_ref().ok_or(Unusable::NoAudio)?;
        let offered = |format: &&Format| ours.formats.iter().any(|mine| mine.is_same_as(format));
        let voice = theirs
            .formats
            .iter()
            .filter(|format| is_ours(format))
            .find(offered);
        let voice = voice.ok_or_else(|| no_codec(theirs))?;
        let events = events_at_rate_of(voice, &theirs.formats).filter(offered);
        // Some answer sendrecv to a sendonly: nobody can do more than the other side lets him.
        let allowed = ours.direction.reversed();
        let direction = Direction::of(
            theirs.direction.sends() && allowed.sends(),
            theirs.direction.listens() && allowed.listens(),
        );
        Ok(agree(voice.clone(), events.cloned(), theirs, direction))
    }
}

fn agree(voice: Format, events: Option<Format>, theirs: &Audio, direction: Direction) -> Agreement {
    Agreement {
        voice,
        events,
        host: theirs.host.clone(),
        rtp: theirs.rtp,
        rtcp: theirs.rtcp,
        direction,
    }
}

/// Our end of a stream: RTCP on the next higher port (RFC 3550 §11).
fn ours(index: usize, address: IpAddr, port: u16, formats: Vec<Format>, direction: Direction) -> Audio {
    Audio {
        index,
        host: None,
        rtp: SocketAddr::new(address, port),
        rtcp: SocketAddr::new(address, port.saturating_add(1)),
        formats,
        direction,
        ptime_ms: Some(PTIME_MS),
    }
}

/// A codec of ours, or telephone-event, under this payload type.
pub(super) fn format(encoding: &str, payload_type: u8) -> Format {
    Format {
        payload_type,
        encoding: encoding.to_owned(),
        rate: RATE,
        channels: 1,
        fmtp: (encoding == EVENTS).then(|| EVENTS_UNDERSTOOD.to_owned()),
    }
}

/// The static payload type of a codec of ours (RFC 3551 §6), or the one under which we offer telephone-event.
pub(super) fn usual_number(encoding: &str) -> Option<u8> {
    match encoding {
        "PCMU" => Some(0),
        "PCMA" => Some(8),
        "G722" => Some(9),
        EVENTS => Some(EVENTS_PAYLOAD_TYPE),
        _ => None,
    }
}

pub(super) fn is_ours(format: &Format) -> bool {
    OUR_CODECS.contains(&format.encoding.as_str()) && format.rate == RATE && format.channels == 1
}

/// Whether it is telephone-event at the clock of all that we speak.
pub(super) fn is_events(format: &Format) -> bool {
    format.encoding == EVENTS && format.rate == RATE
}

/// telephone-event shares the clock of the voice that it interrupts (RFC 4733 §2.1).
fn events_at_rate_of<'a>(voice: &Format, formats: &'a [Format]) -> Option<&'a Format> {
    formats
        .iter()
        .find(|format| format.encoding == EVENTS && format.rate == voice.rate)
}

fn no_codec(theirs: &Audio) -> Unusable {
    let names: Vec<&str> = theirs
        .formats
        .iter()
        .map(|format| format.encoding.as_str())
        .collect();
    let offered = if names.is_empty() {
        "nothing that has a name".to_owned()
    } else {
        names.join(", ")
    };
    Unusable::NoCodec { offered }
}
