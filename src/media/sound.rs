//! What one packet says, as samples: decoded once, for all who need it.

use crate::media::rtp::MAX_PAYLOAD_BYTES;
use crate::wiring::Rate;

/// The samples of one packet at the rates that somebody wants; at the others there are none.
#[derive(Debug)]
pub(super) struct Sound {
    pub(super) narrow: Vec<i16>,
    pub(super) wide: Vec<i16>,
}

/// At which rates a sound is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) narrow: bool,
    pub(super) wide: bool,
}

impl Sound {
    /// Silence. This allocates all that the longest packet needs.
    pub(super) fn new() -> Sound {
        Sound {
            narrow: Vec::with_capacity(MAX_PAYLOAD_BYTES),
            wide: Vec::with_capacity(2 * MAX_PAYLOAD_BYTES),
        }
    }

    /// Its samples at this rate.
    pub(super) fn at(&self, rate: Rate) -> &[i16] {
        match rate {
            Rate::Narrow => &self.narrow,
            Rate::Wide => &self.wide,
        }
    }

    /// Nothing is left of it.
    pub(super) fn clear(&mut self) {
        self.narrow.clear();
        self.wide.clear();
    }
}

impl Wanted {
    /// Nobody needs any samples.
    pub(super) fn is_nothing(self) -> bool {
        !self.narrow && !self.wide
    }
}

impl FromIterator<Rate> for Wanted {
    fn from_iter<T: IntoIterator<Item = Rate>>(rates: T) -> Wanted {
        rates.into_iter().fold(Wanted::default(), |wanted, rate| Wanted {
            narrow: wanted.narrow || rate == Rate::Narrow,
            wide: wanted.wide || rate == Rate::Wide,
        })
    }
}
