//! The media plane of the stage: it believes every wiring, and knows the parties behind the legs by their SDP.

use super::agent::Agent;
use super::said::Said;
use super::speech::Speech;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use tandem::call::recording::{TapePause, TapeStory};
use tandem::id::{ConversationId, LegId, TapeId};
use tandem::wiring::{
    Counters, MediaEvent, MediaHappening, Press, Remote, Row, Stream, TapeRow, Voice, Wiring,
};

/// Who hears whom now.
#[derive(Debug, Default)]
pub struct Wires {
    tables: BTreeMap<ConversationId, Wiring>,
    /// Which party was told to send to this port of ours, whatever our address looks like to it.
    told: BTreeMap<u16, usize>,
    drawn: BTreeMap<ConversationId, String>,
    tapes: BTreeMap<TapeId, TapeStory>,
    /// The tapes whose end has been drawn.
    finished: BTreeSet<TapeId>,
    /// Whether anything has happened since the last look.
    has_news: bool,
}

impl Wires {
    /// Makes it so; legs that are gone have their ports closed at once, as a quick media plane would do it.
    pub fn change(&mut self, id: ConversationId, wiring: Wiring) -> Vec<MediaEvent> {
        self.has_news = true;
        let before = if wiring.rows.is_empty() {
            self.tables.remove(&id)
        } else {
            self.tables.insert(id, wiring.clone())
        };
        let stays = |leg: LegId| wiring.rows.iter().any(|row| row.leg == leg);
        let gone = before
            .into_iter()
            .flat_map(|table| table.rows)
            .filter(|row| !stays(row.leg));
        gone.flat_map(closed)
            .map(|(leg, what)| MediaEvent {
                conversation: id,
                leg,
                what,
            })
            .collect()
    }

    /// A message tells a party where to send its voice.
    pub fn learn(&mut self, agent: usize, said: &Said) {
        if let Some(speech) = Speech::read(&said.body) {
            self.told.insert(speech.rtp.port(), agent);
            self.has_news = true;
        }
    }

    /// The story of a tape, to be drawn when it is complete.
    pub fn keep(&mut self, story: TapeStory) {
        self.tapes.insert(story.tape, story);
        self.has_news = true;
    }

    /// The stories of all tapes, oldest first.
    pub fn tapes(&self) -> Vec<TapeStory> {
        self.tapes.values().cloned().collect()
    }

    /// The tables that have changed since the last look, as one line for the drawing.
    pub fn news(&mut self, agents: &[Agent]) -> Option<String> {
        if !std::mem::take(&mut self.has_news) {
            return None;
        }
        let ids: BTreeSet<ConversationId> = self.tables.keys().chain(self.drawn.keys()).copied().collect();
        let several = ids.len() > 1;
        let names = self.names(agents);
        let mut news = Vec::new();
        for id in ids {
            let table = self.tables.get(&id).map(|wiring| table(wiring, &names));
            if table.as_ref() != self.drawn.get(&id) {
                let name = if several { format!("{id}: ") } else { String::new() };
                news.push(format!("♪ {name}{}", table.as_deref().unwrap_or("silence")));
                match table {
                    Some(table) => self.drawn.insert(id, table),
                    None => self.drawn.remove(&id),
                };
            }
        }
        news.extend(self.finished_tapes());
        (!news.is_empty()).then(|| news.join("\n         "))
    }

    /// What a party hears, in the words of the drawing; none if it has no port.
    pub fn heard_by(&self, agent: usize, agents: &[Agent]) -> Option<String> {
        let names = self.names(agents);
        let mut tables = self.tables.values().rev();
        tables.find_map(|table| {
            let mut rows = table.rows.iter();
            let row = rows.rfind(|row| self.owner(row, agents) == Some(agent))?;
            Some(hears(row, table, |leg| name(leg, &names)))
        })
    }

    /// Where and how the media plane speaks with a party; none if it does not.
    pub fn spoken_to(&self, agent: usize, agents: &[Agent]) -> Option<Remote> {
        let mut rows = self.tables.values().flat_map(|table| &table.rows);
        let row = rows.rfind(|row| self.owner(row, agents) == Some(agent))?;
        row.port.remote.clone()
    }

    /// Who is at the other end of a leg.
    pub fn name_of(&self, leg: LegId, agents: &[Agent]) -> String {
        name(leg, &self.names(agents))
    }

    /// The conversation and the row of a party; none if it has no port.
    pub fn row_of(&self, agent: usize, agents: &[Agent]) -> Option<(ConversationId, &Row)> {
        let mut rows = self
            .tables
            .iter()
            .flat_map(|(id, table)| table.rows.iter().map(|row| (*id, row)));
        rows.rfind(|(_, row)| self.owner(row, agents) == Some(agent))
    }

    /// The leg behind this port of ours.
    pub fn leg_at(&self, port: u16) -> Option<LegId> {
        let mut rows = self.tables.values().flat_map(|table| &table.rows);
        let row = rows.find(|row| row.port.local.port() == port)?;
        Some(row.leg)
    }

    /// What the media plane makes of a key of this leg.
    pub fn press(&self, leg: LegId, press: Press) -> Option<MediaEvent> {
        let mut tables = self.tables.iter();
        tables.find_map(|(conversation, table)| {
            let row = table.rows.iter().find(|row| row.leg == leg)?;
            let what = match row.holds_back.contains(press.key) {
                true => MediaHappening::HeldBack(press),
                false => MediaHappening::Pressed(press),
            };
            Some(MediaEvent {
                conversation: *conversation,
                leg,
                what,
            })
        })
    }

    /// The conversation that was wired last.
    pub fn newest(&self) -> Option<ConversationId> {
        self.tables.keys().next_back().copied()
    }

    /// The conversations that are wired, oldest first.
    pub fn conversations(&self) -> Vec<ConversationId> {
        self.tables.keys().copied().collect()
    }

    /// Who hears whom in each conversation, oldest first, whichever of its calls a party is in.
    pub fn picture(&self, agents: &[Agent]) -> Vec<String> {
        let name = |leg: LegId, table: &Wiring| {
            let row = table.rows.iter().find(|row| row.leg == leg);
            let owner = row.and_then(|row| self.owner(row, agents));
            owner.map_or(leg.to_string(), |owner| agents[owner].name.clone())
        };
        let picture = |table: &Wiring| {
            let row = |row: &Row| {
                let hears = hears(row, table, |leg| name(leg, table));
                format!("{} hears {hears}", name(row.leg, table))
            };
            let mut rows: Vec<String> = table.rows.iter().map(row).collect();
            rows.sort();
            let side = |legs: &[LegId]| joined(legs.iter().map(|leg| name(*leg, table)));
            let tape = table.tape.as_ref();
            rows.extend(
                tape.map(|tape| format!("tape: left {}, right {}", side(&tape.left), side(&tape.right))),
            );
            rows.join(" · ")
        };
        self.tables.values().map(picture).collect()
    }

    /// The news that the first port of the newest conversation cannot be opened.
    pub fn refused(&self) -> Option<MediaEvent> {
        let (id, table) = self.tables.iter().next_back()?;
        Some(MediaEvent {
            conversation: *id,
            leg: table.rows.first()?.leg,
            what: MediaHappening::Refused {
                why: "in use".to_owned(),
            },
        })
    }

    /// What must not be left when a flow is over.
    pub fn leftovers(&self) -> Vec<String> {
        let running = self
            .tapes
            .values()
            .filter(|tape| tape.ended.is_none())
            .map(|tape| format!("tape {} still runs", tape.tape));
        self.tables
            .keys()
            .map(|id| format!("{id} still has a wiring"))
            .chain(running)
            .collect()
    }

    /// Ports that two legs share.
    pub fn shared_ports(&self) -> Option<SocketAddr> {
        let mut seen = BTreeSet::new();
        let rows = self.tables.values().flat_map(|table| &table.rows);
        rows.map(|row| row.port.local).find(|port| !seen.insert(*port))
    }

    /// The party of each leg; with a number behind it if the party has several.
    fn names(&self, agents: &[Agent]) -> Names {
        let mut lines: BTreeMap<usize, BTreeSet<LegId>> = BTreeMap::new();
        for row in self.tables.values().flat_map(|table| &table.rows) {
            if let Some(owner) = self.owner(row, agents) {
                lines.entry(owner).or_default().insert(row.leg);
            }
        }
        let mut names = Names::new();
        for (owner, legs) in lines {
            let (name, is_one) = (&agents[owner].name, legs.len() == 1);
            let numbered = legs.into_iter().zip(1..).map(|(leg, line)| match is_one {
                true => (leg, name.clone()),
                false => (leg, format!("{name}·{line}")),
            });
            names.extend(numbered);
        }
        names
    }

    fn owner(&self, row: &Row, agents: &[Agent]) -> Option<usize> {
        let by_remote = |remote: SocketAddr| {
            agents
                .iter()
                .position(|agent| agent.flow.remote.ip() == remote.ip())
        };
        let remote = row.port.remote.as_ref().map(|remote| remote.rtp);
        remote
            .and_then(by_remote)
            .or_else(|| self.told.get(&row.port.local.port()).copied())
    }

    fn finished_tapes(&mut self) -> Vec<String> {
        let done = self.tapes.values().filter(|tape| tape.ended.is_some());
        let fresh = done.filter(|tape| self.finished.insert(tape.tape));
        fresh.map(tape_words).collect()
    }
}

/// The party of each leg.
type Names = BTreeMap<LegId, String>;

fn table(wiring: &Wiring, names: &Names) -> String {
    let row = |row: &Row| {
        let hears = hears(row, wiring, |leg| name(leg, names));
        format!("{} hears {hears}", name(row.leg, names))
    };
    let side = |legs: &[LegId]| joined(legs.iter().map(|leg| name(*leg, names)));
    let tape = |name: &str, tape: &TapeRow| {
        format!("{name}: left {}, right {}", side(&tape.left), side(&tape.right))
    };
    let tapes = [
        wiring.tape.as_ref().map(|row| tape("tape", row)),
        wiring.aside.as_deref().map(|row| tape("tape aside", row)),
    ];
    let rows = wiring.rows.iter().map(row);
    rows.chain(tapes.into_iter().flatten())
        .collect::<Vec<_>>()
        .join(" · ")
}

/// Whom a party hears, and what otherwise. Whoever has not described itself is left out, though it would be heard if it
/// sent something; and so is silence in place of those who are quiet.
fn hears(row: &Row, table: &Wiring, name: impl Fn(LegId) -> String) -> String {
    let is_described = |leg: LegId| {
        let mut rows = table.rows.iter().filter(|row| row.port.remote.is_some());
        rows.any(|row| row.leg == leg)
    };
    let heard = row
        .hears
        .iter()
        .filter(|voice| voice.leg().is_none_or(is_described));
    let heard: Vec<String> = heard
        .map(|voice| voice.leg().map_or(voice.to_string(), &name))
        .collect();
    let otherwise = row.otherwise.filter(|sound| *sound != Voice::Silence);
    match (otherwise, heard.is_empty()) {
        (Some(sound), true) => sound.to_string(),
        (Some(sound), false) => format!("{}, else {sound}", joined(heard.into_iter())),
        (None, _) => joined(heard.into_iter()),
    }
}

fn name(leg: LegId, names: &Names) -> String {
    names.get(&leg).cloned().unwrap_or_else(|| leg.to_string())
}

/// Names in one line; a dash if there are none.
fn joined(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        "–".to_owned()
    } else {
        names.join(" + ")
    }
}

/// One finished tape: who was in it, and when, in seconds of its timeline.
fn tape_words(tape: &TapeStory) -> String {
    let second = |moment: tandem::time::Time| format!("{:.1}", moment.since(tape.started).as_secs_f64());
    let parties = tape.parties.iter().map(|party| {
        let until = party.left.map_or("…".to_owned(), second);
        format!(
            "{} {} {}–{until}",
            party.channel,
            party.party,
            second(party.joined)
        )
    });
    let pauses = tape.timeline.pauses.iter().map(|TapePause { pause, resumed }| {
        let end = match resumed {
            Some(resumed) => format!("{} {} {}", second(resumed.at), resumed.by, resumed.how),
            None => "…".to_owned(),
        };
        format!(
            "; paused {} {} {}–{end}",
            pause.by,
            pause.how,
            second(pause.since)
        )
    });
    let length = tape.ended.map_or("…".to_owned(), second);
    let (customer, ours) = (&tape.customer, &tape.our_number);
    let reason = tape
        .reason
        .as_deref()
        .filter(|reason| *reason != "Q.850;cause=16");
    format!(
        "▣ tape, {}, {customer} with {ours}, {length} s: {}{}{}",
        tape.direction,
        parties.collect::<Vec<_>>().join(", "),
        pauses.collect::<String>(),
        reason.map_or(String::new(), |reason| format!("; {reason}")),
    )
}

/// What is told of a port that is closed: whoever described itself there was heard there.
fn closed(row: Row) -> Vec<(LegId, MediaHappening)> {
    let heard = row.port.remote.map(|remote| MediaHappening::Vacated {
        port: row.port.local.port(),
        streams: vec![Stream {
            from: remote.rtp,
            ssrc: remote.rtp.port().into(),
        }],
    });
    let counters = MediaHappening::Closed(Counters::default());
    heard
        .into_iter()
        .chain([counters])
        .map(|what| (row.leg, what))
        .collect()
}
