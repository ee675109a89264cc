//! Saying the same thing seldom: what strangers can cause at will must not fill the log.

use std::time::{Duration, Instant};

/// Counts how often something happened and says when it is time to mention it again.
#[derive(Debug, Default)]
pub struct Seldom {
    spoken: Option<Instant>,
    silent: u64,
}

impl Seldom {
    /// The same thing is said at most once in this time.
    pub const PAUSE: Duration = Duration::from_secs(10);

    /// It has happened again. If it is time to say so: how often it has happened since the last time.
    pub fn happened(&mut self) -> Option<u64> {
        self.happened_at(Instant::now())
    }

    fn happened_at(&mut self, now: Instant) -> Option<u64> {
        self.silent += 1;
        if self
            .spoken
            .is_some_and(|spoken| now.duration_since(spoken) < Seldom::PAUSE)
        {
            return None;
        }
        self.spoken = Some(now);
        Some(std::mem::take(&mut self.silent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_time_is_said_at_once_and_the_next_are_counted() {
        let (mut seldom, start) = (Seldom::default(), Instant::now());
        assert_eq!(seldom.happened_at(start), Some(1));
        assert_eq!(seldom.happened_at(start + Duration::from_secs(1)), None);
        assert_eq!(seldom.happened_at(start + Duration::from_secs(9)), None);
        assert_eq!(seldom.happened_at(start + Seldom::PAUSE), Some(3));
    }
}
