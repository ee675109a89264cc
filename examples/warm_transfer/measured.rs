//! Who heard whom, and when, measured from what arrived at each ear and from the tape; held against the design.

use crate::agents::phases::Phase;
use crate::agents::{AGENT_HZ, COLLEAGUE_HZ, CUSTOMER_HZ};
use crate::people::ears::{loudest, seconds};
use anyhow::{Context, Result, ensure};
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use std::time::Duration;

/// Music is at least as loud as this.
const LOUD_DBFS: f64 = -40.0;

const EARS: [&str; 5] = [
    "the customer hears",
    "the agent hears",
    "the colleague hears",
    "tape, left",
    "tape, right",
];

/// The table of the house: who is to be heard at each ear in each phase.
const DESIGN: [(&str, [&[Sound]; 5]); 4] = {
    use Sound::{Agent, Colleague, Customer, Music};
    [
        ("pair", [&[Agent], &[Customer], &[], &[Customer], &[Agent]]),
        ("consult", [&[Music], &[Colleague], &[Agent], &[Customer], &[]]),
        (
            "three-way",
            [
                &[Agent, Colleague],
                &[Customer, Colleague],
                &[Customer, Agent],
                &[Customer],
                &[Agent, Colleague],
            ],
        ),
        (
            "agent has left",
            [&[Colleague], &[], &[Customer], &[Customer], &[Colleague]],
        ),
    ]
};

/// What an ear can tell from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sound {
    Customer,
    Agent,
    Colleague,
    Music,
}

/// All that was heard.
#[derive(Debug)]
pub(crate) struct Heard {
    /// By the customer.
    pub(crate) customer: Vec<i16>,
    /// By the agent.
    pub(crate) agent: Vec<i16>,
    /// By the colleague.
    pub(crate) colleague: Vec<i16>,
    /// By the customers' side of the tape, which begins when the first two talk.
    pub(crate) left: Vec<i16>,
    /// By our side of the tape.
    pub(crate) right: Vec<i16>,
}

impl Heard {
    /// One row per phase: who was heard at each ear, and how loud in dBFS.
    pub(crate) fn table(&self, phases: &[Phase]) -> Result<Table> {
        let mut table = Table::new();
        let header = ["seconds", "story"].into_iter().chain(EARS);
        table.load_style(UTF8_FULL_CONDENSED).set_header(header);
        for phase in phases {
            let cells = self.pieces(phases, phase)?.map(told);
            table.add_row([phase.when(), phase.name.to_owned()].into_iter().chain(cells));
        }
        Ok(table)
    }

    /// Whether each of them heard whom the design wants, and nobody else at any time.
    pub(crate) fn is_as_designed(&self, phases: &[Phase]) -> Result<()> {
        ensure!(phases.len() == DESIGN.len(), "the story was not told to its end");
        for (phase, (name, wanted)) in phases.iter().zip(DESIGN) {
            let pieces = self.pieces(phases, phase)?;
            for ((ear, wanted), piece) in EARS.into_iter().zip(wanted).zip(pieces) {
                let found = sounds(piece);
                ensure!(found == wanted, "{name}: {ear} {found:?}, and not {wanted:?}");
            }
        }
        Ok(())
    }

    /// What each ear has heard in a phase.
    fn pieces(&self, phases: &[Phase], phase: &Phase) -> Result<[&[i16]; 5]> {
        let answered = phases.first().context("nothing has happened")?.from;
        let live = [&self.customer, &self.agent, &self.colleague].map(|samples| (samples, Duration::ZERO));
        let tape = [&self.left, &self.right].map(|samples| (samples, answered));
        let [customer, agent, colleague] = live;
        let [left, right] = tape;
        Ok([customer, agent, colleague, left, right].map(|(samples, since)| phase.of(samples, since)))
    }
}

/// The voices in a piece: whose tone is there for most of it, or for any of it where it should not be.
fn sounds(piece: &[i16]) -> Vec<Sound> {
    let voices = voices(piece).map(|(sound, _)| sound);
    let found: Vec<Sound> = voices.collect();
    match found.is_empty() && loudness(piece) > LOUD_DBFS {
        true => vec![Sound::Music],
        false => found,
    }
}

fn voices(piece: &[i16]) -> impl Iterator<Item = (Sound, f64)> {
    let all = [
        (Sound::Customer, CUSTOMER_HZ),
        (Sound::Agent, AGENT_HZ),
        (Sound::Colleague, COLLEAGUE_HZ),
    ];
    all.into_iter()
        .filter(|(_, hz)| seconds(piece, *hz) > 0.0)
        .map(|(sound, hz)| (sound, loudest(piece, hz)))
}

fn told(piece: &[i16]) -> String {
    let voices: Vec<String> = voices(piece)
        .map(|(sound, loud)| format!("{} {loud:.0}", name(sound)))
        .collect();
    match (voices.is_empty(), loudness(piece)) {
        (false, _) => voices.join(" + "),
        (true, loud) if loud > LOUD_DBFS => format!("{} {loud:.0}", name(Sound::Music)),
        (true, _) => "–".to_owned(),
    }
}

fn name(sound: Sound) -> &'static str {
    match sound {
        Sound::Customer => "customer",
        Sound::Agent => "agent",
        Sound::Colleague => "colleague",
        Sound::Music => "music",
    }
}

/// The mean loudness of a piece, in dB below full scale.
fn loudness(piece: &[i16]) -> f64 {
    let power: f64 = piece.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    let mean = (power / piece.len().max(1) as f64).sqrt();
    20.0 * (mean.max(1e-3) / 32768.0).log10()
}
