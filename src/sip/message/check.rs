//! What a message must hold to be dealt with at all (RFC 3261 §8.1.1, §16.3). Allocates nothing.

use super::{Malformed, Message, Start};
use crate::sip::address::Parts;
use crate::sip::fields::{CSeq, ViaParts};
use crate::sip::uri::Shape;
use crate::sip::{Name, text};

/// Fields of which there must not be two (RFC 3261 §7.3.1, RFC 4475 §3.3.8).
const SINGLE: [(Name, &str); 5] = [
    (Name::FROM, "there is more than one From"),
    (Name::TO, "there is more than one To"),
    (Name::CALL_ID, "there is more than one Call-ID"),
    (Name::CSEQ, "there is more than one CSeq"),
    (Name::MAX_FORWARDS, "there is more than one Max-Forwards"),
];

impl Message {
    /// The first thing wrong with it, and what to say to a request.
    pub(super) fn flaw(&self) -> Option<Malformed> {
        self.head.flaw.or_else(|| {
            let what = self
                .repeated_field()
                .or_else(|| self.mandatory_flaw())
                .or_else(|| self.request_flaw());
            what.map(|what| Malformed { what, status: 400 })
        })
    }

    /// Whether a refusal may be sent: never to a response, never to an ACK (RFC 3261 §17.1.1.3), and not
    /// without a Via that says where to.
    pub(super) fn can_be_refused(&self) -> bool {
        match self.head.start {
            Start::Request { method, .. } => {
                let method = method.of(&self.bytes);
                !method.is_empty() && method != b"ACK" && self.indexed(Name::VIA).next().is_some()
            }
            Start::Response { .. } => false,
        }
    }

    fn repeated_field(&self) -> Option<&'static str> {
        let mut seen = [false; SINGLE.len()];
        let places = |name| SINGLE.iter().position(|(single, _)| *single == name);
        let mut places = self
            .head
            .fields
            .iter()
            .filter_map(|field| field.known.and_then(places));
        let repeated = places.find(|place| std::mem::replace(&mut seen[*place], true))?;
        Some(SINGLE[repeated].1)
    }

    fn mandatory_flaw(&self) -> Option<&'static str> {
        let address_is_well_formed = |name| {
            self.raw(name)
                .is_some_and(|value| Parts::checked(&text::decode(value)).is_some())
        };
        if !self.top_via().is_some_and(ViaParts::are_in) {
            Some("the Via is missing or malformed")
        } else if !address_is_well_formed(Name::FROM) {
            Some("the From is missing or malformed")
        } else if !address_is_well_formed(Name::TO) {
            Some("the To is missing or malformed")
        } else if self.call_id().is_err() {
            Some("the Call-ID is missing or malformed")
        } else if self.text(Name::CSEQ).and_then(CSeq::split).is_none() {
            Some("the CSeq is missing or malformed")
        } else {
            None
        }
    }

    fn request_flaw(&self) -> Option<&'static str> {
        let Start::Request { method, uri } = self.head.start else {
            return None;
        };
        let uri = text::decode(uri.of(&self.bytes));
        let shape = Shape::of(&uri);
        let cseq_method = self
            .text(Name::CSEQ)
            .and_then(CSeq::split)
            .map(|(_, method)| method.as_bytes());
        if cseq_method != Some(method.of(&self.bytes)) {
            Some("the CSeq names another method")
        } else if shape.is_none() {
            Some("the Request-URI is malformed")
        } else if shape.is_some_and(|shape| !shape.headers(&uri).is_empty()) {
            Some("the Request-URI carries headers")
        } else if self.raw(Name::MAX_FORWARDS).is_some() && self.number(Name::MAX_FORWARDS).is_none() {
            Some("the Max-Forwards is no number")
        } else {
            None
        }
    }
}
