//! What the payload types of one session mean, for as long as it lasts (RFC 3264 §8.3.2).

use super::negotiate;
use super::{EVENTS, Format, OUR_CODECS, Session};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Payload types whose meaning a session chooses (RFC 3551 §6).
const DYNAMIC_TYPES: RangeInclusive<u8> = 96..=127;

/// The payload types to which either side has given a meaning; the one that was named last stands last. A number is
/// never given to anything else by us, and what comes under it is understood whichever side named it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbers(Vec<Number>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Number {
    payload_type: u8,
    /// None for what we do not speak: the number is taken all the same.
    means: Option<String>,
}

impl Numbers {
    /// Takes note of an offer and its answer. Where both give a number a meaning, ours counts: it is we who receive
    /// under it (RFC 3264 §5.1).
    pub fn note(&mut self, theirs: &Session, ours: &Session) {
        let formats = [theirs, ours].into_iter().flat_map(|session| &session.audio);
        for format in formats.flat_map(|audio| &audio.formats) {
            let is_spoken = negotiate::is_ours(format) || negotiate::is_events(format);
            self.put(format.payload_type, is_spoken.then(|| format.encoding.clone()));
        }
    }

    /// What is spoken, or is telephone-event, under which number.
    pub fn spoken(&self) -> impl Iterator<Item = (u8, &str)> {
        let numbers = self.0.iter();
        numbers.filter_map(|number| Some((number.payload_type, number.means.as_deref()?)))
    }

    /// The formats of an offer of ours: each of these codecs, and telephone-event, under the number that it has in
    /// this session, else under its usual one, else under one that is free. What finds none is left out.
    pub(super) fn formats(&self, codecs: &[&str]) -> Vec<Format> {
        let mut numbers = self.clone();
        let spoken = codecs.iter().filter(|codec| OUR_CODECS.contains(codec));
        let all = spoken.copied().chain([EVENTS]);
        all.filter_map(|encoding| Some(negotiate::format(encoding, numbers.give(encoding)?)))
            .collect()
    }

    fn give(&mut self, encoding: &str) -> Option<u8> {
        if let Some(known) = self
            .0
            .iter()
            .rfind(|known| known.means.as_deref() == Some(encoding))
        {
            return Some(known.payload_type);
        }
        let usual = negotiate::usual_number(encoding);
        let free = |number: &u8| self.0.iter().all(|taken| taken.payload_type != *number);
        let number = usual.into_iter().chain(DYNAMIC_TYPES).find(free)?;
        self.put(number, Some(encoding.to_owned()));
        Some(number)
    }

    fn put(&mut self, payload_type: u8, means: Option<String>) {
        self.0.retain(|known| known.payload_type != payload_type);
        self.0.push(Number { payload_type, means });
    }
}
