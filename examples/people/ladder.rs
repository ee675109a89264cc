//! The ladder of a story, drawn as its messages go by: one column for everybody, the switch among them.

use crate::far_end::Way;
use std::net::IpAddr;
use std::sync::OnceLock;
use tandem::sip::Message;

const GAP: usize = 34;
const SWITCH: &str = "tandem";

static COLUMNS: OnceLock<Vec<&'static str>> = OnceLock::new();

/// Who stands where, from left to right; the switch is called tandem.
pub(crate) fn heading(columns: &[(&'static str, IpAddr)]) {
    let names = columns.iter().map(|(name, _)| *name).collect();
    // One story is drawn by one program.
    let _first = COLUMNS.set(names);
    let mut line = String::new();
    for (at, (name, address)) in columns.iter().enumerate() {
        let name = format!("{name} {address}");
        let start = (at * GAP).saturating_sub(if at == 0 { 0 } else { name.len() / 2 });
        line = format!("{line:<start$}{name}");
    }
    println!("{line}");
}

/// One message between a far end and the switch.
pub(crate) fn draw(who: &'static str, way: Way, message: &Message) {
    let words = match message.status() {
        Some(status) => format!("{status} {} ({})", message.reason(), message.method()),
        None => message.method().to_string(),
    };
    let words = match message.body().is_empty() {
        true => words,
        false => format!("{words} with SDP"),
    };
    if let (Some(far), Some(switch)) = (column(who), column(SWITCH)) {
        match way {
            Way::Out => println!("{}", arrow(far, switch, &words)),
            Way::In => println!("{}", arrow(switch, far, &words)),
        }
    }
}

/// What happens beside the messages.
pub(crate) fn note(text: &str) {
    println!("  {text}");
}

fn column(who: &str) -> Option<usize> {
    COLUMNS.get()?.iter().position(|name| *name == who)
}

fn arrow(from: usize, to: usize, words: &str) -> String {
    let mut line: Vec<char> = bars();
    let (left, right) = (from.min(to) * GAP, from.max(to) * GAP);
    for place in &mut line[left + 1..right] {
        *place = if *place == '│' { '┼' } else { '─' };
    }
    let is_to_the_right = from < to;
    line[if is_to_the_right { right - 1 } else { left + 1 }] = if is_to_the_right { '▶' } else { '◀' };
    let words: Vec<char> = format!(" {words} ").chars().take(right - left - 2).collect();
    let start = match is_to_the_right {
        true => left + 1,
        false => right - words.len(),
    };
    line[start..start + words.len()].copy_from_slice(&words);
    line.into_iter().collect()
}

fn bars() -> Vec<char> {
    let columns = COLUMNS.get().map_or(0, Vec::len);
    let width = columns.saturating_sub(1) * GAP + 1;
    (0..width)
        .map(|at| if at % GAP == 0 { '│' } else { ' ' })
        .collect()
}
