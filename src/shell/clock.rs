//! The one clock of the program: the wall clock read once, the monotonic clock from then on.

use crate::time::Time;
use std::time::{Duration, Instant, SystemTime};

/// Reads the time for everybody, so that all threads agree on it. Copies tell the same time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    epoch: Time,
}

impl Clock {
    /// No deadline is further away than this; what asks for later is asked again then.
    const FURTHEST: Duration = Duration::from_secs(365 * 24 * 3600);

    /// A clock that starts from the wall clock's idea of now. One per process: a wall clock that is
    /// corrected later moves nothing that already runs.
    pub fn start() -> Clock {
        let since_epoch = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Clock {
            started: Instant::now(),
            epoch: Time::EPOCH + since_epoch,
        }
    }

    /// The present moment; never earlier than one told before.
    pub fn now(&self) -> Time {
        self.epoch + self.started.elapsed()
    }

    /// How long it is until `deadline`; zero if it has passed.
    pub fn until(&self, deadline: Time) -> Duration {
        deadline.since(self.now()).min(Clock::FURTHEST)
    }

    /// `deadline` as the standard library (and tokio's timers) knows it; now if it has passed.
    pub fn instant(&self, deadline: Time) -> Instant {
        Instant::now() + self.until(deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_forward_from_the_wall_clock() {
        let clock = Clock::start();
        let first = clock.now();
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert!((Time::EPOCH + wall).since(first) < Duration::from_secs(60));
        assert!(clock.now() >= first);
    }

    #[test]
    fn a_deadline_is_as_far_away_as_it_says() {
        let clock = Clock::start();
        let deadline = clock.now() + Duration::from_secs(60);
        let left = clock.until(deadline);
        assert!(left > Duration::from_secs(50) && left <= Duration::from_secs(60));
        assert!(clock.instant(deadline) > Instant::now() + Duration::from_secs(50));
    }

    #[test]
    fn what_has_passed_is_due_and_what_never_comes_does_not_overflow() {
        let clock = Clock::start();
        assert_eq!(clock.until(Time::EPOCH), Duration::ZERO);
        assert_eq!(clock.until(Time::from_micros(u64::MAX)), Clock::FURTHEST);
    }
}
