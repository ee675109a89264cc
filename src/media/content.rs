//! What an RTP packet carries, by its payload type (RFC 3551 §6, RFC 4733).

use crate::wiring::{Codec, Payload, Remote};
use std::ops::Range;

/// The static payload types of our codecs (RFC 3551 §6). Phones that were offered several change between them
/// without a word.
const PCMU_PAYLOAD_TYPE: u8 = 0;
const PCMA_PAYLOAD_TYPE: u8 = 8;
const G722_PAYLOAD_TYPE: u8 = 9;
/// Comfort noise (RFC 3389): a hint to play noise during silence. Our listeners make their own.
const COMFORT_NOISE_PAYLOAD_TYPE: u8 = 13;

/// What a packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Voice(Codec),
    Event,
    /// Nothing for a listener: comfort noise, a hook flash, or speech that lies under a key.
    Nothing,
}

impl Content {
    /// What is under this payload type; none if nobody has agreed on it. What our description has promised to take
    /// comes before what theirs says, which is about what we send (RFC 3264 §5.1).
    pub(super) fn of(remote: &Remote, payload_type: u8) -> Option<Content> {
        let named = remote.accepts.iter().find(|(number, _)| *number == payload_type);
        match named {
            Some((_, Payload::Voice(codec))) => return Some(Content::Voice(*codec)),
            Some((_, Payload::Event)) => return Some(Content::Event),
            None => {}
        }
        if payload_type == remote.payload_type {
            return Some(Content::Voice(remote.codec));
        }
        if Some(payload_type) == remote.events {
            return Some(Content::Event);
        }
        match payload_type {
            PCMU_PAYLOAD_TYPE => Some(Content::Voice(Codec::Pcmu)),
            PCMA_PAYLOAD_TYPE => Some(Content::Voice(Codec::Pcma)),
            G722_PAYLOAD_TYPE => Some(Content::Voice(Codec::G722)),
            COMFORT_NOISE_PAYLOAD_TYPE => Some(Content::Nothing),
            _ => None,
        }
    }

    /// The same before the far end has described itself, by what we have offered.
    pub(super) fn offered(offer: &[(u8, Payload)], payload_type: u8) -> Option<Content> {
        let named = offer.iter().find(|(number, _)| *number == payload_type);
        match named {
            Some((_, Payload::Voice(codec))) => Some(Content::Voice(*codec)),
            Some((_, Payload::Event)) => Some(Content::Event),
            None => None,
        }
    }

    /// The codec of speech.
    pub(super) fn codec(self) -> Option<Codec> {
        match self {
            Content::Voice(codec) => Some(codec),
            Content::Event | Content::Nothing => None,
        }
    }

    /// How long speech lasts, in ticks of the RTP clock: one for each byte.
    pub(super) fn voice_ticks(self, payload: &Range<usize>) -> Option<u32> {
        match self {
            Content::Voice(Codec::Pcmu | Codec::Pcma | Codec::G722) => Some(payload.len() as u32),
            Content::Event | Content::Nothing => None,
        }
    }
}
