//! What should be: a model of the conversations that knows neither messages nor the code under test, only what
//! people do and who should hear whom because of it.

use crate::stage::Deed;
use std::time::Duration;

/// A party, by its place on the stage.
pub type Who = usize;

/// How long we let it ring (`timers.ring` of the house).
const RING: Duration = Duration::from_secs(20);
/// How long an answer may stay unconfirmed: 64·T1 (RFC 3261 §13.3.1.4).
const CONFIRM: Duration = Duration::from_secs(32);
/// How long an 18x may stay unconfirmed: 64·T1 (RFC 3262 §3).
const CONFIRM_RINGING: Duration = Duration::from_secs(32);
/// For how long the phones register.
const REGISTRATION: Duration = Duration::from_secs(600);

/// Everybody and everything that is going on.
#[derive(Debug, Default)]
pub struct Model {
    /// How long the story has lasted.
    pub now: Duration,
    people: Vec<Person>,
    /// The phones that can be called, with the end of their registration; the last one has registered last.
    contacts: Vec<(Who, Duration)>,
    talks: Vec<Talk>,
}

#[derive(Debug)]
struct Person {
    name: String,
    place: Place,
    lines: usize,
    silent: bool,
    /// Whether it says that it confirms provisional responses.
    confirms: bool,
}

/// Where a party is at home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A phone of this extension.
    House(&'static str),
    /// Behind this trunk.
    Outside(&'static str),
}

#[derive(Debug)]
struct Talk {
    caller: Speaker,
    /// Who is rung, or who has answered, when `answered` says so.
    others: Vec<(Speaker, Sound)>,
    stage: Stage,
    is_recorded: bool,
    told: Told,
}

/// What the caller knows before somebody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    /// That it rings.
    Ringing,
    /// That it rings, if it is still there to hear it; it was to confirm it until then.
    Unsure(Duration),
}

#[derive(Debug, PartialEq, Eq)]
enum Stage {
    Ringing {
        until: Duration,
    },
    /// The first of the others has answered; the caller may be silent and never confirm it.
    Talking {
        unless_confirmed: Option<Duration>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sound {
    None,
    Rings,
    Plays,
}

/// One end of a conversation.
#[derive(Debug)]
struct Speaker {
    who: Who,
    /// Which of its calls; none if it never heard of this one.
    line: Option<usize>,
    /// What it has described.
    direction: &'static str,
    holds_by_address: bool,
}

impl Model {
    /// Somebody enters.
    pub fn enter(&mut self, name: &str, place: Place) {
        let name = name.to_owned();
        self.people.push(Person {
            name,
            place,
            lines: 0,
            silent: false,
            confirms: false,
        });
    }

    /// Somebody confirms provisional responses in the calls that it makes.
    pub fn confirms(&mut self, who: Who) {
        self.people[who].confirms = true;
    }

    /// A phone registers anew.
    pub fn registers(&mut self, who: Who) {
        self.unregisters(who);
        self.contacts.push((who, self.now + REGISTRATION));
    }

    /// A phone takes its registration back.
    pub fn unregisters(&mut self, who: Who) {
        self.contacts.retain(|(contact, _)| *contact != who);
    }

    /// Somebody is cut off for good.
    pub fn falls_silent(&mut self, who: Who) {
        self.people[who].silent = true;
    }

    /// Somebody calls a number.
    pub fn calls(&mut self, who: Who, number: &str) {
        let caller = self.takes_line(who);
        let targets = self.targets(who, number);
        if targets.is_empty() {
            return;
        }
        let outside = |who: Who| matches!(self.people[who].place, Place::Outside(_));
        let is_recorded = outside(who) || targets.iter().any(|target| outside(*target));
        let others = targets
            .into_iter()
            .map(|target| (self.takes_line(target), Sound::None))
            .collect();
        let stage = Stage::Ringing {
            until: self.now + RING,
        };
        self.talks.push(Talk {
            caller,
            others,
            stage,
            is_recorded,
            told: Told::Nothing,
        });
    }

    /// Somebody does something in a call. Nothing comes of it if that call is no more.
    pub fn does(&mut self, who: Who, line: usize, deed: Deed) {
        let is_there = |talk: &Talk| talk.speakers().any(|speaker| speaker.is(who, line));
        let Some(at) = self.talks.iter().position(is_there) else {
            return;
        };
        let caller = &self.people[self.talks[at].caller.who];
        let confirm = caller.silent.then_some(self.now + CONFIRM);
        let tells = match caller.silent && caller.confirms {
            true => Told::Unsure(self.now + CONFIRM_RINGING),
            false => Told::Ringing,
        };
        if matches!(deed, Deed::Ring | Deed::PlayEarly) && self.talks[at].told == Told::Nothing {
            self.talks[at].told = tells;
        }
        if self.talks[at].takes(who, line, deed, confirm) {
            self.talks.remove(at);
        }
    }

    /// Whether a call of somebody's belongs to a conversation.
    pub fn knows(&self, who: Who, line: usize) -> bool {
        let is_there = |talk: &Talk| talk.speakers().any(|speaker| speaker.is(who, line));
        self.talks.iter().any(is_there)
    }

    /// The conversation of this number is ended by order.
    pub fn is_hung_up(&mut self, number: usize) {
        self.talks.remove(number);
    }

    /// Time passes.
    pub fn waits(&mut self, span: Duration) {
        self.now += span;
        let now = self.now;
        self.contacts.retain(|(_, until)| *until > now);
        self.talks.retain(|talk| match talk.stage {
            Stage::Ringing { until } => until > now,
            Stage::Talking { unless_confirmed } => unless_confirmed.is_none_or(|until| until > now),
        });
    }

    /// Who hears whom in each conversation, oldest first, in the words of [`crate::stage`].
    pub fn picture(&self) -> Vec<String> {
        let name = |speaker: &Speaker| self.people[speaker.who].name.clone();
        let picture = |talk: &Talk| {
            let mut rows: Vec<String> = talk
                .speakers()
                .map(|speaker| {
                    let hears = talk.heard_by(speaker).map(|voice| match voice {
                        Voice::Of(other) => name(other),
                        Voice::Sound(sound) => sound.to_owned(),
                    });
                    format!(
                        "{} hears {}",
                        name(speaker),
                        hears.unwrap_or_else(|| "–".to_owned())
                    )
                })
                .collect();
            rows.sort();
            rows.extend(self.tape(talk));
            rows.join(" · ")
        };
        self.talks.iter().map(picture).collect()
    }

    fn tape(&self, talk: &Talk) -> Option<String> {
        let Stage::Talking { .. } = talk.stage else {
            return None;
        };
        let side = |wanted: bool| {
            let speaking = talk.speakers().filter(|speaker| speaker.speaks());
            let of_side = speaking
                .filter(|speaker| matches!(self.people[speaker.who].place, Place::Outside(_)) == wanted);
            let names: Vec<&str> = of_side
                .map(|speaker| self.people[speaker.who].name.as_str())
                .collect();
            if names.is_empty() {
                "–".to_owned()
            } else {
                names.join(" + ")
            }
        };
        talk.is_recorded
            .then(|| format!("tape: left {}, right {}", side(true), side(false)))
    }

    /// Whose phones ring when this caller dials this number, in the order in which they do; never his own.
    fn targets(&self, who: Who, number: &str) -> Vec<Who> {
        let trunk = |name| {
            self.people
                .iter()
                .position(|person| person.place == Place::Outside(name))
        };
        // What is dialled before a number chooses what it shows, and leads nowhere else.
        let number = number.trim_start_matches("*31*1*").trim_start_matches("*31#");
        let rung: &[&str] = match (&self.people[who].place, number) {
            (Place::Outside(_), "+442079460100") => &["1001", "1002"],
            (Place::Outside(_), "+442079460101") => &["1001"],
            (Place::House(_), "1001") => &["1001"],
            (Place::House(_), "1002") => &["1002"],
            (Place::House(_), "1003") => &["1003"],
            (Place::House(_), number) if number.starts_with("00") => {
                return trunk("globe").into_iter().collect();
            }
            (Place::House(_), number) if number.starts_with('0') => {
                return trunk("acme").into_iter().collect();
            }
            (Place::House(_) | Place::Outside(_), _) => &[],
        };
        let phones = |extension: &'static str| {
            let of_extension = move |who: &Who| self.people[*who].place == Place::House(extension);
            self.contacts.iter().map(|(who, _)| *who).filter(of_extension)
        };
        let rung = rung.iter().copied().flat_map(phones);
        rung.filter(|phone| *phone != who).collect()
    }

    fn takes_line(&mut self, who: Who) -> Speaker {
        let person = &mut self.people[who];
        let line = (!person.silent).then_some(person.lines);
        person.lines += 1;
        Speaker {
            who,
            line,
            direction: "sendrecv",
            holds_by_address: false,
        }
    }
}

enum Voice<'a> {
    Of(&'a Speaker),
    Sound(&'static str),
}

impl Talk {
    fn speakers(&self) -> impl Iterator<Item = &Speaker> {
        [&self.caller]
            .into_iter()
            .chain(self.others.iter().map(|(speaker, _)| speaker))
    }

    /// Whether this was the end of it.
    fn takes(&mut self, who: Who, line: usize, deed: Deed, confirm: Option<Duration>) -> bool {
        let by = self.others.iter().position(|(other, _)| other.is(who, line));
        match (deed, by) {
            (Deed::Ring, Some(by)) => {
                let sound = &mut self.others[by].1;
                *sound = if *sound == Sound::Plays {
                    Sound::Plays
                } else {
                    Sound::Rings
                };
                false
            }
            (Deed::PlayEarly, Some(by)) => {
                self.others[by].1 = Sound::Plays;
                false
            }
            (Deed::Answer, Some(by)) => {
                let winner = self.others.remove(by);
                self.others = vec![winner];
                let unless_confirmed = match self.told {
                    Told::Unsure(until) => Some(until),
                    Told::Nothing | Told::Ringing => confirm,
                };
                // Nobody is recorded before he knows that he is answered.
                self.is_recorded &= !matches!(self.told, Told::Unsure(_));
                self.stage = Stage::Talking { unless_confirmed };
                false
            }
            (Deed::AnswerForeign | Deed::Reject(_), Some(by)) => {
                self.others.remove(by);
                self.others.is_empty()
            }
            (Deed::Cancel | Deed::EndEarly | Deed::HangUp, _) => true,
            (Deed::Describe(direction) | Deed::Update(direction), _) => {
                self.described(by, direction, false);
                false
            }
            (Deed::HoldByAddress, _) => {
                self.described(by, "sendrecv", true);
                false
            }
            (Deed::Ask(_), _) => false,
            (Deed::AskForOffer, _) => {
                let direction = self.end(by).direction;
                self.described(by, direction, false);
                false
            }
            (Deed::Ring | Deed::PlayEarly | Deed::Answer | Deed::AnswerForeign | Deed::Reject(_), None) => {
                false
            }
        }
    }

    fn described(&mut self, by: Option<usize>, direction: &'static str, holds_by_address: bool) {
        let end = self.end(by);
        end.direction = direction;
        end.holds_by_address = holds_by_address;
    }

    fn end(&mut self, by: Option<usize>) -> &mut Speaker {
        match by {
            Some(by) => &mut self.others[by].0,
            None => &mut self.caller,
        }
    }

    fn heard_by(&self, listener: &Speaker) -> Option<Voice<'_>> {
        let is_caller = std::ptr::eq(listener, &self.caller);
        match self.stage {
            Stage::Ringing { .. } if is_caller => self.ringing(),
            Stage::Ringing { .. } => None,
            Stage::Talking { .. } => {
                let other = if is_caller {
                    &self.others[0].0
                } else {
                    &self.caller
                };
                match (listener.listens(), other.speaks(), other.holds()) {
                    (true, true, _) => Some(Voice::Of(other)),
                    (true, false, true) => Some(Voice::Sound("music")),
                    (true, false, false) | (false, _, _) => None,
                }
            }
        }
    }

    fn ringing(&self) -> Option<Voice<'_>> {
        let plays = self.others.iter().find(|(_, sound)| *sound == Sound::Plays);
        let rings = self.others.iter().any(|(_, sound)| *sound == Sound::Rings);
        plays
            .map(|(speaker, _)| Voice::Of(speaker))
            .or(rings.then_some(Voice::Sound("ringback")))
    }
}

impl Speaker {
    fn is(&self, who: Who, line: usize) -> bool {
        self.who == who && self.line == Some(line)
    }

    fn listens(&self) -> bool {
        !self.holds_by_address && ["sendrecv", "recvonly"].contains(&self.direction)
    }

    fn speaks(&self) -> bool {
        !self.holds_by_address && self.direction == "sendrecv"
    }

    fn holds(&self) -> bool {
        self.holds_by_address || ["sendonly", "inactive"].contains(&self.direction)
    }
}
