//! The referee's rules about session descriptions: what a session has once had keeps its place and its name.

use super::agent::Agent;
use super::said::Said;
use super::speech::{lines, meanings};
use std::collections::BTreeMap;

/// All sessions, by party and Call-ID.
#[derive(Debug, Default)]
pub struct Sessions(BTreeMap<(String, String), Session>);

#[derive(Debug, Default)]
struct Session {
    /// The media of its lines, in their order.
    lines: Vec<String>,
    /// What each payload type means that either side has named.
    numbers: BTreeMap<u8, String>,
}

impl Sessions {
    /// A party describes its media.
    pub fn received(&mut self, from: &Agent, said: &Said) {
        if is_described(said) {
            let session = self.of(from, said);
            session.lines = media(&said.body);
            session.numbers.extend(meanings(&said.body));
        }
    }

    /// The switch describes its media: what is wrong with that.
    pub fn sent(&mut self, to: &Agent, said: &Said) -> Vec<String> {
        if !is_described(said) {
            return Vec::new();
        }
        let session = self.of(to, said);
        let mut faults = Vec::new();
        let now = media(&said.body);
        if !now.starts_with(&session.lines) {
            let before = session.lines.join(", ");
            faults.push(format!(
                "has {} where there was {before} (RFC 3264 §8)",
                now.join(", ")
            ));
        }
        for (number, meaning) in meanings(&said.body) {
            match session.numbers.insert(number, meaning.clone()) {
                Some(before) if before != meaning => {
                    faults.push(format!(
                        "makes {meaning} of {number}, which was {before} (RFC 3264 §8.3.2)"
                    ));
                }
                Some(_) | None => {}
            }
        }
        session.lines = now;
        let fault = |what| format!("{} to {} {what}", said.start, to.name);
        faults.into_iter().map(fault).collect()
    }

    fn of(&mut self, party: &Agent, said: &Said) -> &mut Session {
        let key = (party.name.clone(), said.get("Call-ID").to_owned());
        self.0.entry(key).or_default()
    }
}

fn is_described(said: &Said) -> bool {
    said.body.starts_with("v=0")
}

fn media(text: &str) -> Vec<String> {
    let kind = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    lines(text).map(kind).collect()
}
