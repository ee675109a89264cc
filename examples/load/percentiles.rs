//! Many durations, counted by the microsecond.

use std::time::Duration;

/// A histogram up to one second; longer ones count as one second.
#[derive(Clone, Debug)]
pub(crate) struct Percentiles {
    counts: Vec<u32>,
    total: u64,
    max: Duration,
}

const LAST: usize = 1_000_000;

impl Percentiles {
    /// Nothing counted yet.
    pub(crate) fn new() -> Percentiles {
        Percentiles {
            counts: vec![0; LAST + 1],
            total: 0,
            max: Duration::ZERO,
        }
    }

    /// Counts one.
    pub(crate) fn count(&mut self, span: Duration) {
        let micros = usize::try_from(span.as_micros()).unwrap_or(LAST);
        self.counts[micros.min(LAST)] += 1;
        self.total += 1;
        self.max = self.max.max(span);
    }

    /// Counts all that the other one has counted.
    pub(crate) fn add(&mut self, other: &Percentiles) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.total += other.total;
        self.max = self.max.max(other.max);
    }

    /// How many have been counted.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// What this share of them does not exceed.
    pub(crate) fn at(&self, share: f64) -> Duration {
        let wanted = (self.total as f64 * share).ceil() as u64;
        let mut seen = 0;
        let reached = self.counts.iter().position(|count| {
            seen += u64::from(*count);
            seen >= wanted.max(1)
        });
        Duration::from_micros(reached.unwrap_or(0) as u64)
    }

    /// The longest.
    pub(crate) fn max(&self) -> Duration {
        self.max
    }
}
