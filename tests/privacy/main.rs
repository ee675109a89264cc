//! Privacy, the most important promise of the house, in stories that nobody has written: people call, answer, hold,
//! consult, swap, merge, mute, hand on, connect two calls, confer, pick up, forward, press keys, vanish, and carriers
//! connect them by themselves, at any moment; and in every state that they reach the customer and the tape hear
//! nobody of the private side, nobody hears himself or somebody who is muted, nobody is left in silence or without an
//! end, and when all have gone nothing is left.
//!
//! There are no messages on the wire here, which makes a story so cheap that many can be told. The stories of
//! `tests/flows` go through the whole switch.
//!
//! `TANDEM_STORIES=1000000 cargo test --test privacy -- --nocapture` tells more of them, and says how many different
//! states they came through. A story that goes wrong says its seed: put it into [`TOLD_BEFORE`].

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says so when it cannot go on"
)]

#[cfg(test)]
mod checks;
#[cfg(test)]
mod deeds;
#[cfg(test)]
mod house;
#[cfg(test)]
mod recorders;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod story;
#[cfg(test)]
mod talkers;

/// How many stories there are if nobody asks for more.
#[cfg(test)]
const STORIES: u64 = 100_000;

/// Seeds of stories that once went wrong. With another die they are other stories: then find new ones, by taking the
/// mending back for a moment.
#[cfg(test)]
const TOLD_BEFORE: &[u64] = &[59, 66, 69, 82, 95, 26_187, 67_939, 84_272];

#[cfg(test)]
mod tests {
    use super::{STORIES, TOLD_BEFORE, house, story};
    use std::collections::HashSet;
    use std::io::Write;
    use std::thread;

    /// What came of some stories.
    #[derive(Default)]
    struct Sum {
        stories: u64,
        acts: usize,
        looks: HashSet<u64>,
        wrong: Vec<(u64, String)>,
    }

    #[test]
    fn stories_that_went_wrong_before_go_right() {
        judge(tell(TOLD_BEFORE.iter().copied()));
    }

    #[test]
    fn no_story_breaks_a_promise() {
        let wanted = std::env::var("TANDEM_STORIES").ok();
        let stories: u64 = wanted.and_then(|number| number.parse().ok()).unwrap_or(STORIES);
        let threads = thread::available_parallelism().map_or(2, |number| number.get() as u64);
        let sums: Vec<Sum> = thread::scope(|scope| {
            let tellers = (0..threads)
                .map(|first| scope.spawn(move || tell((first..stories).step_by(threads as usize))));
            let tellers: Vec<_> = tellers.collect();
            tellers.into_iter().map(|teller| teller.join().unwrap()).collect()
        });
        judge(sums.into_iter().fold(Sum::default(), Sum::and));
    }

    fn tell(seeds: impl Iterator<Item = u64>) -> Sum {
        let mut sum = Sum::default();
        for seed in seeds {
            let told = story::tell(house::ground(), seed, &mut sum.looks);
            sum.stories += 1;
            sum.acts += told.acts;
            sum.wrong.extend(told.fault.map(|fault| (seed, fault)));
        }
        sum
    }

    fn judge(mut sum: Sum) {
        // Written past the harness, which would show it only with --nocapture.
        let _shown = writeln!(
            std::io::stdout(),
            "{} stories, {} acts, {} distinct states",
            sum.stories,
            sum.acts,
            sum.looks.len()
        );
        sum.wrong.sort();
        for (seed, fault) in sum.wrong.iter().take(20) {
            println!(
                "seed {seed} goes wrong: {}",
                fault.lines().next().unwrap_or_default()
            );
        }
        let first = sum.wrong.iter().min_by_key(|(_, fault)| fault.len());
        if let Some((seed, fault)) = first {
            panic!(
                "{} stories go wrong, the shortest is seed {seed}:\n{fault}",
                sum.wrong.len()
            );
        }
    }

    impl Sum {
        fn and(mut self, other: Sum) -> Sum {
            self.stories += other.stories;
            self.acts += other.acts;
            self.looks.extend(other.looks);
            self.wrong.extend(other.wrong);
            self
        }
    }
}
