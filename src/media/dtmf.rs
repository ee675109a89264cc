//! Keys as tones inside the speech: for each key a low and a high frequency at once (ITU-T Q.23).
//!
//! The sound is cut into blocks of almost 13 ms, and each block is asked how much of the eight frequencies is in it
//! (Goertzel's algorithm). A block in which one low and one high frequency stand out from their groups, and which is
//! hardly anything else, may be part of a key; two of them in a row that are alike, and whose phases go on as those
//! of the key's frequencies would, are one. Speech does the first often and the second hardly ever: it is too rich,
//! and it glides. All figures are in ticks of 8 kHz, of which a sample of this sound is one.

use crate::media::codec::CLOCK_HZ;
use crate::wiring::Key;
use std::f32::consts::TAU;
use std::sync::LazyLock;

/// The frequencies of the rows and of the columns of the keypad (Q.23).
pub(super) const LOW_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
pub(super) const HIGH_HZ: [f32; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
/// What is on the keypad, row by row.
const KEYPAD: [char; 16] = [
    '1', '2', '3', 'A', '4', '5', '6', 'B', '7', '8', '9', 'C', '*', '0', '#', 'D',
];
const TONES: usize = LOW_HZ.len() + HIGH_HZ.len();

/// Three blocks fit into 40 ms, the shortest key that exchanges must know (Q.24, table A-1): so two are full of any
/// key, wherever it begins. Of the 20 ms that must not be a key only one can be full.
const BLOCK_TICKS: usize = 102;
/// From the moment when a key began it takes no longer until we know: two blocks and most of a third. What the
/// packet before has of it by then is too short to be heard as a tone.
const SURE_TICKS: i64 = 280;
/// The fainter of the two tones has at least this amplitude, about -47 dBm0. Q.24 wants -25 dBm and a little more.
const MIN_AMPLITUDE: f32 = 100.0;
/// Either tone may be stronger than the other by 9 dB, in power: Q.24 has from 4 to 10 dB. Each of them spills a little
/// into the other's resonator, which takes up to 2 dB of that.
const MAX_TWIST: f32 = 8.0;
/// The other tones of a group are weaker by 6 dB, in power.
const MIN_OVER_OTHERS: f32 = 4.0;
/// A tone may be off by 2.2 %: phones may send 1.8 % (Q.23), and 3.5 % must be no key (Q.24).
const MAX_DEVIATION: f32 = 0.022;
/// From one block to the next neither tone's amplitude changes by more than this factor.
const MAX_CHANGE: f32 = 1.6;
/// So much of the energy is in the two tones: in one block that may be a part of a key, and in both that show it.
const MIN_SHARE_OF_ONE: f32 = 0.5;
const MIN_SHARE: f32 = 0.85;
/// A key has ended when two blocks are without it: 20 ms of interruption must not end it (Q.24).
const MISSES: u8 = 2;
/// So little of a key in a block may as well be what something else spills into its tones.
const MIN_PART_TICKS: i64 = 16;
/// After a longer gap in the sound, a key that was down before is no longer.
const MAX_GAP_TICKS: i64 = 480;

static RESONANCES: LazyLock<[f32; TONES]> =
    LazyLock::new(|| std::array::from_fn(|tone| 2.0 * turn(tone).cos()));

/// Listens for keys in one sound.
#[derive(Debug, Default)]
pub(super) struct Detector {
    /// The position beyond what was heard.
    at: i64,
    /// Since where it was heard without a gap, how long that was, and how many whole blocks have been heard since.
    unbroken_since: i64,
    gap: i64,
    blocks: usize,
    filter: Filter,
    /// How loud each tone was in the last block and in the one before.
    last: [f32; TONES],
    before: [f32; TONES],
    /// The last block, if it may be a part of a key.
    hint: Option<Hint>,
    down: Option<Down>,
}

/// A key, as far as it was heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stroke {
    pub(super) key: Key,
    /// The positions where it began and where it ended.
    pub(super) from: i64,
    pub(super) to: i64,
}

/// What was found in the sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Finding {
    /// This key is down, and has been for a while.
    Pressed(Stroke),
    /// It was let go.
    Released(Stroke),
}

/// Eight resonators, and the energy of what went through them.
#[derive(Clone, Copy, Debug, Default)]
struct Filter {
    newest: [f32; TONES],
    older: [f32; TONES],
    energy: f32,
    ticks: usize,
}

/// A block that may be a part of a key.
#[derive(Clone, Copy, Debug)]
struct Hint {
    /// Its low and its high tone.
    tones: [usize; 2],
    amplitude: [f32; 2],
    phase: [f32; 2],
    share: f32,
}

#[derive(Clone, Copy, Debug)]
struct Down {
    tones: [usize; 2],
    /// As loud as it was at most.
    amplitude: [f32; 2],
    stroke: Stroke,
    misses: u8,
}

impl Detector {
    /// The sound goes on at this position. Between there and what was heard last there may be a gap, in which a key
    /// ends if it is long; what lies before that is too late to be heard: false.
    pub(super) fn turn_to(&mut self, position: i64) -> (bool, Option<Finding>) {
        let gap = position - self.at;
        if gap <= 0 {
            return (gap == 0, None);
        }
        let mut finding = None;
        match &mut self.down {
            Some(_) if gap > MAX_GAP_TICKS => finding = self.end(),
            Some(down) => down.lasts_until(self.at),
            None => {}
        }
        // What may have been the beginning of a key counts with the block before the gap.
        let begun = self.filter.amplitudes();
        *self = Detector {
            at: position,
            unbroken_since: position,
            gap,
            last: std::array::from_fn(|tone| self.last[tone] + begun[tone]),
            down: self.down,
            ..Detector::default()
        };
        (true, finding)
    }

    /// Hears these samples up to the first finding, and leaves the rest of them.
    pub(super) fn hear(&mut self, samples: &mut &[i16]) -> Option<Finding> {
        while !samples.is_empty() {
            let (now, later) = samples.split_at(samples.len().min(BLOCK_TICKS - self.filter.ticks));
            *samples = later;
            self.filter.run(now);
            self.at += now.len() as i64;
            if self.filter.ticks == BLOCK_TICKS
                && let Some(finding) = self.judge()
            {
                return Some(finding);
            }
        }
        None
    }

    /// Nothing more is heard: a key that is down has been let go.
    pub(super) fn end(&mut self) -> Option<Finding> {
        let mut down = self.down.take()?;
        down.lasts_until(self.at);
        Some(Finding::Released(down.stroke))
    }

    /// Whether no key that is not known yet can have begun before this position. Where the sound was interrupted
    /// since then, the first block behind the gap shows whether one may have.
    pub(super) fn is_sure_until(&self, position: i64) -> bool {
        let is_clear = self.blocks > 1 || self.blocks == 1 && self.hint.is_none();
        let goes_on = self.unbroken_since < position || self.down.is_some();
        self.at >= position + SURE_TICKS && (goes_on || is_clear)
    }

    /// A block is complete.
    fn judge(&mut self) -> Option<Finding> {
        let start = self.at - BLOCK_TICKS as i64;
        let filter = std::mem::take(&mut self.filter);
        let levels = filter.amplitudes();
        let hint = filter.hint(&levels);
        let finding = match (&mut self.down, self.hint, hint) {
            (Some(down), _, _) => down.goes_on(start, &levels, hint),
            (None, Some(first), Some(second)) if first.is_followed_by(&second) => {
                let stroke = Stroke {
                    key: first.key()?,
                    from: start - BLOCK_TICKS as i64 - self.before(&first),
                    to: self.at,
                };
                self.down = Some(Down::new(stroke, &second));
                Some(Finding::Pressed(stroke))
            }
            (None, _, _) => None,
        };
        if let Some(Finding::Released(_)) = finding {
            self.down = None;
        }
        (self.before, self.last) = (self.last, levels);
        self.hint = hint;
        self.blocks += 1;
        finding
    }

    /// For how long the key had been down before the first block that shows it.
    fn before(&self, first: &Hint) -> i64 {
        let is_behind_gap = self.blocks == 1;
        let most_blocks = if is_behind_gap { 2 } else { 1 };
        let part = part_of(first.tones, first.amplitude, &self.before).min(most_blocks * BLOCK_TICKS as i64);
        match is_behind_gap && part >= MIN_PART_TICKS {
            true => part + self.gap,
            false => part,
        }
    }
}

impl Filter {
    fn run(&mut self, samples: &[i16]) {
        let resonances = &*RESONANCES;
        for sample in samples.iter().copied().map(f32::from) {
            self.energy += sample * sample;
            for (tone, resonance) in resonances.iter().enumerate() {
                let next = sample + resonance * self.newest[tone] - self.older[tone];
                self.older[tone] = self.newest[tone];
                self.newest[tone] = next;
            }
        }
        self.ticks += samples.len();
    }

    fn amplitudes(&self) -> [f32; TONES] {
        std::array::from_fn(|tone| {
            let (newest, older) = (self.newest[tone], self.older[tone]);
            let power = newest * newest + older * older - RESONANCES[tone] * newest * older;
            2.0 * power.max(0.0).sqrt() / BLOCK_TICKS as f32
        })
    }

    /// The phase of a tone at the end of the block.
    fn phase(&self, tone: usize) -> f32 {
        let (sin, cos) = turn(tone).sin_cos();
        (self.older[tone] * sin).atan2(self.newest[tone] - self.older[tone] * cos)
    }

    fn hint(&self, levels: &[f32; TONES]) -> Option<Hint> {
        let low = loudest(levels, 0..LOW_HZ.len())?;
        let high = loudest(levels, LOW_HZ.len()..TONES)?;
        let power = |tone: usize| levels[tone] * levels[tone];
        let share = (power(low) + power(high)) * BLOCK_TICKS as f32 / 2.0 / self.energy;
        let is_balanced = power(high) <= power(low) * MAX_TWIST && power(low) <= power(high) * MAX_TWIST;
        let is_loud = levels[low].min(levels[high]) >= MIN_AMPLITUDE;
        (is_loud && is_balanced && share >= MIN_SHARE_OF_ONE).then(|| Hint {
            tones: [low, high],
            amplitude: [levels[low], levels[high]],
            phase: [self.phase(low), self.phase(high)],
            share,
        })
    }
}

impl Hint {
    fn key(&self) -> Option<Key> {
        let [low, high] = self.tones;
        let on_it = KEYPAD.get(low * HIGH_HZ.len() + high - LOW_HZ.len())?;
        Key::of_char(*on_it)
    }

    /// Whether the two are the same key, going on: as loud, and of the right frequencies, which the phases show more
    /// finely than any one block. A tone that is a little off lies beside its resonator, which hears less of it;
    /// for that the share of the energy is made good.
    fn is_followed_by(&self, next: &Hint) -> bool {
        let (mut heard, mut sent) = (0.0, 0.0);
        for (n, &tone) in self.tones.iter().enumerate() {
            let change = self.amplitude[n] / next.amplitude[n];
            let ahead = next.phase[n] - self.phase[n] - turn(tone) * BLOCK_TICKS as f32;
            let ahead = ahead - TAU * (ahead / TAU).round();
            let power = self.amplitude[n].powi(2) + next.amplitude[n].powi(2);
            let is_off = ahead.abs() > MAX_DEVIATION * turn(tone) * BLOCK_TICKS as f32;
            if is_off || !(1.0 / MAX_CHANGE..=MAX_CHANGE).contains(&change) {
                return false;
            }
            heard += power;
            sent += power / passes(ahead / 2.0);
        }
        self.tones == next.tones && self.share.min(next.share) * sent / heard >= MIN_SHARE
    }
}

impl Down {
    fn new(stroke: Stroke, hint: &Hint) -> Down {
        Down {
            tones: hint.tones,
            amplitude: hint.amplitude,
            stroke,
            misses: 0,
        }
    }

    /// The next block, with the key or without it. The one in which it ends has a part of it.
    fn goes_on(&mut self, start: i64, levels: &[f32; TONES], hint: Option<Hint>) -> Option<Finding> {
        if let Some(hint) = hint.filter(|hint| hint.tones == self.tones) {
            let loud = |[low, high]: [f32; 2]| low.hypot(high);
            let part = (loud(hint.amplitude) / loud(self.amplitude)).min(1.0);
            self.stroke.to = start + (part * BLOCK_TICKS as f32) as i64;
            self.misses = 0;
            for (loudest, now) in self.amplitude.iter_mut().zip(hint.amplitude) {
                *loudest = loudest.max(now);
            }
            return None;
        }
        let part = part_of(self.tones, self.amplitude, levels).min(BLOCK_TICKS as i64);
        if self.misses == 0 && part >= MIN_PART_TICKS {
            self.stroke.to = start + part;
        }
        self.misses += 1;
        (self.misses == MISSES).then_some(Finding::Released(self.stroke))
    }

    /// What comes next is not heard. The key may well have lasted until then.
    fn lasts_until(&mut self, position: i64) {
        if self.misses == 0 {
            self.stroke.to = self.stroke.to.max(position);
        }
    }
}

/// How many ticks of what has these levels have these tones in them, if they are as loud as that while they sound.
fn part_of(tones: [usize; 2], amplitude: [f32; 2], levels: &[f32; TONES]) -> i64 {
    let parts = [0, 1].map(|n| levels[tones[n]] / amplitude[n]);
    (parts[0].min(parts[1]) * BLOCK_TICKS as f32) as i64
}

/// How much of the power of a tone a resonator hears that is off by this many radians from the middle of a block to
/// its end.
fn passes(radians: f32) -> f32 {
    match radians.abs() < 1e-3 {
        true => 1.0,
        false => (radians.sin() / radians).powi(2),
    }
}

/// The loudest tone of a group, if it stands out from it.
fn loudest(levels: &[f32; TONES], group: std::ops::Range<usize>) -> Option<usize> {
    let loudest = group.clone().max_by(|a, b| levels[*a].total_cmp(&levels[*b]))?;
    let stands_out =
        |tone: usize| tone == loudest || levels[tone].powi(2) * MIN_OVER_OTHERS <= levels[loudest].powi(2);
    group.into_iter().all(stands_out).then_some(loudest)
}

/// By how many radians a tone turns in one tick.
fn turn(tone: usize) -> f32 {
    let hz = LOW_HZ
        .iter()
        .chain(&HIGH_HZ)
        .nth(tone)
        .copied()
        .unwrap_or_default();
    TAU * hz / CLOCK_HZ as f32
}

#[cfg(test)]
mod tests;
