//! The referee's rules for provisional responses that are confirmed (RFC 3262).

use super::agent::Agent;
use super::said::Said;
use std::collections::{BTreeMap, BTreeSet};

/// What was told and confirmed so far.
#[derive(Debug, Default)]
pub struct Confirmations {
    /// The INVITEs of the parties, by party, Call-ID and CSeq.
    told: BTreeMap<(String, String, u32), Told>,
    /// What the switch's PRACKs have confirmed, by party, Call-ID and To tag, with the branch of each.
    confirmed: BTreeMap<(String, String, String, String), String>,
}

/// What the switch has told a party about its INVITE.
#[derive(Debug, Default)]
struct Told {
    requires: bool,
    supports: bool,
    /// The last RSeq.
    rseq: Option<u64>,
    /// The reliable 18x that wait for their PRACK, those with a description with it.
    waiting: BTreeSet<(u64, bool)>,
    /// Whether a description was told for sure.
    is_described: bool,
}

impl Confirmations {
    /// The switch sends this.
    pub fn sent(&mut self, to: &Agent, said: &Said) -> Vec<String> {
        let (name, call_id) = (to.name.clone(), said.get("Call-ID").to_owned());
        let faults = match (said.status(), said.method()) {
            (Some(status), "INVITE") => match self.told.get_mut(&(name, call_id, said.cseq())) {
                Some(told) => told.answered(status, said),
                None => Vec::new(),
            },
            (None, "PRACK") => {
                let key = (
                    name,
                    call_id,
                    said.tag("To").to_owned(),
                    said.get("RAck").to_owned(),
                );
                let before = self.confirmed.insert(key, said.branch().to_owned());
                match before.is_some_and(|branch| branch != said.branch()) {
                    true => vec!["confirms what is confirmed (RFC 3262 §4)"],
                    false => Vec::new(),
                }
            }
            _ => Vec::new(),
        };
        let name = &to.name;
        let in_words = |fault| format!("{} to {name} {fault}", said.start);
        faults.into_iter().map(in_words).collect()
    }

    /// A party sends this.
    pub fn received(&mut self, from: &Agent, said: &Said) {
        let key = |cseq| (from.name.clone(), said.get("Call-ID").to_owned(), cseq);
        match (said.status(), said.method()) {
            (None, "INVITE") => {
                let names = |field: &str| said.all(field).any(|value| value.contains("100rel"));
                let told = self.told.entry(key(said.cseq())).or_default();
                (told.requires, told.supports) = (names("Require"), names("Supported"));
            }
            // Who wants to know who confirms has not taken it yet (RFC 3261 §22.2).
            (Some(401 | 407), "PRACK") => self.confirmed.retain(|_, branch| branch != said.branch()),
            (None, "PRACK") => {
                let numbers: Vec<u64> = said
                    .get("RAck")
                    .split(' ')
                    .filter_map(|number| number.parse().ok())
                    .collect();
                if said.get("RAck").ends_with(" INVITE")
                    && let [rseq, cseq] = numbers[..]
                    && let Some(told) = self.told.get_mut(&key(u32::try_from(cseq).unwrap_or(0)))
                {
                    told.waiting.retain(|(waiting, _)| *waiting != rseq);
                }
            }
            _ => {}
        }
    }
}

impl Told {
    fn answered(&mut self, status: u16, said: &Said) -> Vec<&'static str> {
        let rseq: Option<u64> = said.get("RSeq").parse().ok();
        let requires = said.all("Require").any(|value| value.contains("100rel"));
        let mut faults = Vec::new();
        if rseq.is_some() != requires {
            faults.push("has RSeq without Require: 100rel, or the other way round (RFC 3262 §3)");
        }
        match (status, rseq) {
            (101..=199, Some(rseq)) => faults.extend(self.told(rseq, !said.body.is_empty())),
            (101..=199, None) if self.requires => faults.push("is not reliable (RFC 3262 §3)"),
            (_, Some(_)) => faults.push("is reliable and should not be (RFC 3262 §3)"),
            (200..=299, None) if self.waiting.iter().any(|(_, described)| *described) => {
                faults.push("comes before the PRACK to a description (RFC 3262 §3)");
            }
            (_, None) if self.is_described && !said.body.is_empty() => {
                faults.push("describes again what was described for sure (RFC 3261 §13.2.1)");
            }
            (_, None) => {}
        }
        faults
    }

    fn told(&mut self, rseq: u64, is_described: bool) -> Option<&'static str> {
        // The same again: its PRACK has not come, or its INVITE has come once more.
        if self.rseq == Some(rseq) {
            return None;
        }
        let expected = match self.rseq {
            Some(last) => rseq == last + 1,
            None => (1..1 << 31).contains(&rseq),
        };
        let is_first = self.waiting.is_empty();
        let is_double = is_described && self.is_described;
        self.rseq = Some(rseq);
        self.waiting.insert((rseq, is_described));
        self.is_described |= is_described;
        match (self.requires || self.supports, expected, is_first, is_double) {
            (false, _, _, _) => Some("is reliable for somebody who cannot confirm it (RFC 3262 §3)"),
            (true, false, _, _) => Some("has not the next RSeq (RFC 3262 §3)"),
            (true, true, false, _) => Some("comes before the PRACK to the one before (RFC 3262 §3)"),
            (true, true, true, true) => {
                Some("describes again what was described for sure (RFC 3261 §13.2.1)")
            }
            (true, true, true, false) => None,
        }
    }
}
