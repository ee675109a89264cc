//! A leg's end of the media: what is offered and agreed, and from that who may be heard and who listens.

use super::leg::{Leg, LegState, Party};
use crate::sdp::{self, Agreement, Numbers, Session};
use crate::wiring::{Codec, Payload, Port, Remote, Stream};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};

/// One leg's end of the media.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LegMedia {
    /// Its RTP port; RTCP is one above.
    pub port: u16,
    /// Streams of an earlier call on that port, which may go on.
    #[serde(default)]
    pub stays_out: Vec<Stream>,
    /// Whether we send to where its RTP comes from (`symmetric` of its trunk).
    #[serde(default = "is_symmetric")]
    pub symmetric: bool,
    /// The address that our SDP shows.
    pub shown: IpAddr,
    /// Under which source we speak.
    pub ssrc: u32,
    /// Our newest session description.
    pub ours: Session,
    /// What both sides have agreed on; none before the first answer.
    pub agreed: Option<Agreement>,
    /// What the payload types mean that either side has named.
    #[serde(default)]
    pub numbers: Numbers,
    /// The host for whose address we have asked last. It is asked for again after a restart, for an answer on its way is
    /// lost then.
    #[serde(skip)]
    pub asked: Option<String>,
    /// Whether its far end has ever taken what we send. Whoever has not, and says `sendonly`, does not hold: there is
    /// nothing yet that it would hold (RFC 3264 §8.4).
    #[serde(default = "yes")]
    pub has_listened: bool,
    /// Their offer, as long as our answer waits for what the other side speaks. `ours` is then what we should say
    /// if it stayed without a word.
    #[serde(default)]
    pub open: Option<Session>,
}

impl LegMedia {
    /// This is agreed from now on.
    pub fn agrees_on(&mut self, agreement: Agreement) {
        self.has_listened |= agreement.direction.listens();
        self.agreed = Some(agreement);
    }

    /// What we offer; nothing while an offer of theirs waits for our answer.
    fn offers(&self) -> Vec<(u8, Payload)> {
        let audio = self.ours.audio.iter().filter(|_| self.open.is_none());
        let formats = audio.flat_map(|audio| &audio.formats);
        formats
            .filter_map(|format| Some((format.payload_type, payload(&format.encoding)?)))
            .collect()
    }
}

impl Leg {
    /// Whether its far end takes what we send.
    pub fn listens(&self) -> bool {
        let direction = self.agreed().map(|agreed| agreed.direction);
        matches!(
            direction,
            Some(sdp::Direction::SendRecv | sdp::Direction::RecvOnly)
        )
    }

    /// Whether what arrives from its far end is meant for the other side.
    ///
    /// A carrier is believed by what it sends, whatever its description says: `sendonly` sends (RFC 3264 §5.1), be it
    /// the music or the announcement of its own with which it holds. What a phone of ours sends while it holds is its
    /// agent talking with somebody else, and nobody's business; only one that has never listened means us by it.
    pub fn speaks(&self) -> bool {
        let said = match (&self.party, self.agreed().map(|agreed| agreed.direction)) {
            // Our offer has no answer yet, and we are ready for what we have offered (RFC 3264 §5.1).
            (_, None) => self.is_talking(),
            (_, Some(sdp::Direction::SendRecv)) | (Party::Outside { .. }, Some(_)) => true,
            (Party::Extension(_), Some(sdp::Direction::SendOnly)) => !self.media.has_listened,
            (Party::Extension(_), Some(sdp::Direction::RecvOnly | sdp::Direction::Inactive)) => false,
        };
        said && !self.muted
    }

    /// Whether we may expect to hear it: it has said that it speaks and listens, and is not muted.
    pub fn promises_speech(&self) -> bool {
        let direction = self.agreed().map(|agreed| agreed.direction);
        !self.muted && matches!(direction, Some(sdp::Direction::SendRecv))
    }

    /// Whether its far end has put us on hold (RFC 3264 §8.4).
    pub fn holds(&self) -> bool {
        let direction = self.agreed().map(|agreed| agreed.direction);
        matches!(
            direction,
            Some(sdp::Direction::SendOnly | sdp::Direction::Inactive)
        )
    }

    /// What is agreed about its media: before the answer, with the branch of a fork that is heard.
    pub fn agreed(&self) -> Option<&Agreement> {
        self.heard_media().agreed.as_ref()
    }

    /// Every end of the media that it has or may come to have.
    pub fn all_media(&mut self) -> impl Iterator<Item = &mut LegMedia> {
        std::iter::once(&mut self.media).chain(self.early.media())
    }

    /// Its end of the media, or that of the branch of a fork that is heard.
    fn heard_media(&self) -> &LegMedia {
        match self.state {
            LegState::Asked { .. } => self.early.heard().unwrap_or(&self.media),
            LegState::Asking { .. }
            | LegState::Withdrawn { .. }
            | LegState::Talking
            | LegState::Confirming(_)
            | LegState::Changing(_)
            | LegState::BackingOff { .. }
            | LegState::Leaving { .. } => &self.media,
        }
    }

    /// Its port as the media plane sees it.
    pub fn port(&self) -> Port {
        Port {
            local: SocketAddr::new(self.flow.local.ip(), self.media.port),
            ssrc: self.media.ssrc,
            remote: remote(self.heard_media(), self.flow.remote.ip()),
            offer: match self.agreed() {
                Some(_) => Vec::new(),
                None => self.media.offers(),
            },
            signalling: Some(self.flow.remote.ip()),
            answered: self.is_talking(),
            symmetric: self.media.symmetric,
            stays_out: self.media.stays_out.clone(),
        }
    }
}

/// Snapshots of old do not say so.
fn yes() -> bool {
    true
}

/// As phones are, and most carriers.
fn is_symmetric() -> bool {
    true
}

/// A host that is not found yet is taken to be where its SIP comes from, as most are; what its packets show counts more.
fn remote(media: &LegMedia, signalling: IpAddr) -> Option<Remote> {
    let mut agreed = media.agreed.clone()?;
    if agreed.sought().is_some() {
        agreed.is_at(signalling);
    }
    let payload = |(number, encoding)| Some((number, payload(encoding)?));
    Some(Remote {
        rtp: agreed.rtp,
        rtcp: agreed.rtcp,
        codec: codec(&agreed.voice.encoding)?,
        payload_type: agreed.voice.payload_type,
        events: agreed.events.as_ref().map(|events| events.payload_type),
        accepts: media.numbers.spoken().filter_map(payload).collect(),
    })
}

fn payload(encoding: &str) -> Option<Payload> {
    match encoding {
        sdp::EVENTS => Some(Payload::Event),
        _ => codec(encoding).map(Payload::Voice),
    }
}

fn codec(encoding: &str) -> Option<Codec> {
    match encoding {
        "PCMU" => Some(Codec::Pcmu),
        "PCMA" => Some(Codec::Pcma),
        "G722" => Some(Codec::G722),
        _ => None,
    }
}
