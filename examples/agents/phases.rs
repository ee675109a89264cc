//! The parts of a story, one after the other, each long enough to be listened to.

use crate::people::voice::RATE;
use std::thread;
use std::time::{Duration, Instant};

const EACH_LASTS: Duration = Duration::from_secs(3);
/// What is said and still under way when a part begins and ends is left out.
const MARGIN: Duration = Duration::from_millis(300);

/// One part of the story, on the clock of those who listen to it.
#[derive(Clone, Debug)]
pub(crate) struct Phase {
    /// What it is called.
    pub(crate) name: &'static str,
    /// When it began.
    pub(crate) from: Duration,
    /// When it ended.
    to: Duration,
}

/// The parts of a story that is being told.
#[derive(Debug)]
pub(crate) struct Phases {
    clock: Instant,
    told: Vec<Phase>,
}

impl Phases {
    /// A story on a clock that began then.
    pub(crate) fn since(clock: Instant) -> Phases {
        let told = Vec::new();
        Phases { clock, told }
    }

    /// What stands now stands for a while, and that is the next part.
    pub(crate) fn lasts(&mut self, name: &'static str) {
        let from = self.clock.elapsed();
        thread::sleep(EACH_LASTS);
        let to = self.clock.elapsed();
        self.told.push(Phase { name, from, to });
    }

    /// The whole story.
    pub(crate) fn told(self) -> Vec<Phase> {
        self.told
    }
}

impl Phase {
    /// From when until when, in seconds.
    pub(crate) fn when(&self) -> String {
        format!("{:.1}–{:.1}", self.from.as_secs_f64(), self.to.as_secs_f64())
    }

    /// What was heard in it, of all that was heard since this moment of the clock.
    pub(crate) fn of<'h>(&self, heard: &'h [i16], since: Duration) -> &'h [i16] {
        let at = |time: Duration| (time.saturating_sub(since).as_secs_f64() * RATE) as usize;
        let (from, to) = (at(self.from + MARGIN), at(self.to.saturating_sub(MARGIN)));
        let end = to.min(heard.len());
        heard.get(from.min(end)..end).unwrap_or_default()
    }
}
