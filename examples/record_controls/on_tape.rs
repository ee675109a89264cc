//! Who is on the tape, and when, measured from its two channels; held against the design.

use crate::agents::phases::Phase;
use crate::agents::{AGENT_HZ, COLLEAGUE_HZ, CUSTOMER_HZ};
use crate::people::ears::{loudest, seconds};
use anyhow::{Result, ensure};
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use std::time::Duration;

/// The tone of whoever answers outside.
pub(crate) const WORKSHOP_HZ: f64 = 2711.0;

const VOICES: [(&str, f64); 4] = [
    ("customer", CUSTOMER_HZ),
    ("agent", AGENT_HZ),
    ("colleague", COLLEAGUE_HZ),
    ("workshop", WORKSHOP_HZ),
];

/// Who is to be on the left and on the right in each phase.
const DESIGN: [(&str, &[&str], &[&str]); 7] = [
    ("pair", &["customer"], &["agent"]),
    ("paused: a card number", &[], &[]),
    ("paused: consult", &[], &[]),
    ("paused: three-way", &[], &[]),
    ("paused: agent has left", &[], &[]),
    ("resumed by colleague", &["customer"], &["colleague"]),
    ("handed on", &["customer"], &["workshop"]),
];

/// The two channels.
#[derive(Debug)]
pub(crate) struct OnTape {
    /// The customer's.
    pub(crate) left: Vec<i16>,
    /// Ours.
    pub(crate) right: Vec<i16>,
}

impl OnTape {
    /// One row per phase: who is on each side, and how loud in dBFS; and whether there is a single sample that is
    /// not zero.
    pub(crate) fn table(&self, phases: &[Phase]) -> Table {
        let mut table = Table::new();
        let header = ["seconds of the tape", "story", "left", "right"];
        table.load_style(UTF8_FULL_CONDENSED).set_header(header);
        for phase in phases {
            let [left, right] = self.pieces(phase).map(told);
            table.add_row([phase.when(), phase.name.to_owned(), left, right]);
        }
        table
    }

    /// Whether everybody is where the design wants, and nobody anywhere else.
    pub(crate) fn is_as_designed(&self, phases: &[Phase]) -> Result<()> {
        ensure!(phases.len() == DESIGN.len(), "the story was not told to its end");
        for (phase, (name, left, right)) in phases.iter().zip(DESIGN) {
            for (side, (piece, wanted)) in ["left", "right"]
                .into_iter()
                .zip(self.pieces(phase).into_iter().zip([left, right]))
            {
                let found: Vec<&str> = voices(piece).map(|(name, _)| name).collect();
                ensure!(
                    found == wanted,
                    "{name}: on the {side} are {found:?}, and not {wanted:?}"
                );
                let is_zero = piece.iter().all(|sample| *sample == 0);
                ensure!(
                    is_zero || !wanted.is_empty(),
                    "{name}: the {side} is not silent to the last sample"
                );
            }
        }
        Ok(())
    }

    fn pieces(&self, phase: &Phase) -> [&[i16]; 2] {
        [&self.left, &self.right].map(|samples| phase.of(samples, Duration::ZERO))
    }
}

fn voices(piece: &[i16]) -> impl Iterator<Item = (&'static str, f64)> {
    VOICES
        .into_iter()
        .filter(|(_, hz)| seconds(piece, *hz) > 0.0)
        .map(|(name, hz)| (name, loudest(piece, hz)))
}

fn told(piece: &[i16]) -> String {
    let voices: Vec<String> = voices(piece)
        .map(|(name, loud)| format!("{name} {loud:.0}"))
        .collect();
    match (voices.is_empty(), piece.iter().all(|sample| *sample == 0)) {
        (false, _) => voices.join(" + "),
        (true, true) => "all zeros".to_owned(),
        (true, false) => "–".to_owned(),
    }
}
