//! What should be heard, when, and by whom, read off the tables alone.

use super::ear::Sound;
use super::hall::{Cue, Quiet};
use std::collections::{BTreeMap, BTreeSet};
use tandem::id::{ConversationId, LegId, TapeId};
use tandem::time::Time;
use tandem::wiring::{Voice, Wiring};

/// Somebody or something that hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Listener {
    /// The far end of a leg.
    Leg(LegId),
    /// The customer's channel of a tape.
    Left(TapeId),
    /// Our side's.
    Right(TapeId),
}

/// A time in which a sound is to be heard without a break, or not at all.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// From when.
    pub from: Time,
    /// To when.
    pub to: Time,
    /// Which of both.
    pub is_heard: bool,
}

/// What one listener hears over the time.
#[derive(Debug, Default)]
pub struct Spans {
    changes: Vec<(Time, BTreeSet<Sound>)>,
    end: Option<Time>,
}

/// What everybody should hear where these are quiet.
pub fn expected(score: &[Cue], quiet: Quiet) -> BTreeMap<Listener, Spans> {
    let mut all: BTreeMap<Listener, Spans> = BTreeMap::new();
    let mut tables: BTreeMap<ConversationId, &Wiring> = BTreeMap::new();
    for (n, cue) in score.iter().enumerate() {
        tables.insert(cue.id, &cue.wiring);
        // What is told at one moment is one change.
        if score.get(n + 1).is_some_and(|next| next.at == cue.at) {
            continue;
        }
        let now = heard(tables.values().copied(), quiet);
        for (listener, spans) in &mut all {
            if !now.contains_key(listener) {
                spans.end.get_or_insert(cue.at);
            }
        }
        for (listener, sounds) in now {
            all.entry(listener).or_default().change(cue.at, sounds);
        }
    }
    all
}

fn heard<'a>(tables: impl Iterator<Item = &'a Wiring>, quiet: Quiet) -> BTreeMap<Listener, BTreeSet<Sound>> {
    let mut now = BTreeMap::new();
    for table in tables {
        let speaks = |leg: LegId| {
            let mut rows = table.rows.iter().filter(|row| quiet.lets_speak(row));
            rows.any(|row| row.leg == leg)
        };
        let voices = |legs: &[LegId]| {
            let speaking = legs.iter().filter(|leg| speaks(**leg));
            speaking.map(|leg| Sound::Voice(*leg)).collect()
        };
        for row in &table.rows {
            let is_there = |voice: &&Voice| voice.leg().is_none_or(speaks);
            let heard: Vec<&Voice> = row.hears.iter().filter(is_there).collect();
            let otherwise = row.otherwise.iter().filter(|_| heard.is_empty());
            let sounds = heard.iter().copied().chain(otherwise).filter_map(sound);
            now.insert(Listener::Leg(row.leg), sounds.collect());
        }
        for tape in table.tapes() {
            now.insert(Listener::Left(tape.tape), voices(&tape.left));
            now.insert(Listener::Right(tape.tape), voices(&tape.right));
        }
    }
    now
}

fn sound(voice: &Voice) -> Option<Sound> {
    match voice {
        Voice::Leg(leg) => Some(Sound::Voice(*leg)),
        Voice::Music => Some(Sound::Music),
        Voice::Ringback | Voice::Busy | Voice::Dial | Voice::Error => Some(Sound::Beeps),
        Voice::Paused | Voice::Resumed => Some(Sound::Signal),
        Voice::Silence => None,
    }
}

impl Spans {
    /// The times in which a sound is heard, and those in which it is not.
    pub fn of(&self, sound: Sound) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        let ends = self.changes.iter().skip(1).map(|(at, _)| *at).chain(self.end);
        for ((from, sounds), to) in self.changes.iter().zip(ends) {
            let is_heard = sounds.contains(&sound);
            match spans.last_mut().filter(|last| last.is_heard == is_heard) {
                Some(last) => last.to = to,
                None => spans.push(Span {
                    from: *from,
                    to,
                    is_heard,
                }),
            }
        }
        spans
    }

    fn change(&mut self, at: Time, sounds: BTreeSet<Sound>) {
        if self.changes.last().is_none_or(|(_, last)| *last != sounds) {
            self.changes.push((at, sounds));
        }
    }
}
