//! What the tables mean together: from what was said to what is meant.
//!
//! Every check goes on after a problem as far as it can, so that the report is complete; `None` stands for
//! what cannot be known because of a problem that was reported.

mod caller_ids;
mod codes;
mod house;
mod lines;
mod numbers;
mod ports;
mod recording;
mod secrets;
mod tls;
mod trunks;

use super::outside::Outside;
use super::raw::File;
use super::report::Problems;
use super::shape::{Given, Named};
use super::valid::Config;

/// Judges the whole file.
pub(super) fn config(
    file: &Given<File>,
    outside: &dyn Outside,
    problems: &mut Problems<'_>,
) -> Option<Config> {
    let raw = &file.value;
    let trunks = trunks::trunks(named(&raw.trunk), outside, problems);
    let country = raw
        .numbers
        .as_ref()
        .and_then(|numbers| numbers.value.country.as_ref());
    let numbering = numbers::Numbering::new(country, raw.numbers.as_ref());
    let listeners = ports::listeners(file, outside, problems);
    trunks::spoken(named(&raw.trunk), &listeners, problems);
    let limits = raw
        .limits
        .as_ref()
        .and_then(|limits| house::limits(raw, &limits.value, problems));
    let media = raw
        .media
        .as_ref()
        .and_then(|media| ports::media(raw, &media.value, outside, problems));
    let groups = house::groups(named(&raw.group), named(&raw.extension), problems);
    let incoming = lines::incoming(raw, &groups, &numbering, problems);
    let ours = caller_ids::OurNumbers::of(raw, &incoming, &numbering, problems);
    let extensions = house::extensions(named(&raw.extension), &ours, outside, problems);
    let outgoing = lines::outgoing(list(&raw.outgoing), named(&raw.trunk), problems);
    let caller_id = raw
        .numbers
        .as_ref()
        .and_then(|numbers| caller_ids::caller_id(raw, numbers, &ours, problems));
    caller_ids::sayable(raw, &trunks, problems);
    let recording = raw
        .recording
        .as_ref()
        .and_then(|it| recording::recording(raw, &it.value, outside, problems));
    let transfer = raw
        .transfer
        .as_ref()
        .and_then(|it| house::transfer(&it.value, named(&raw.extension), &groups, problems));
    let codes = raw
        .codes
        .as_ref()
        .and_then(|it| codes::codes(raw, &it.value, problems));
    let registration = raw
        .registration
        .as_ref()
        .and_then(|it| house::registration(&it.value, problems));
    let timers = raw
        .timers
        .as_ref()
        .and_then(|it| house::timers(&it.value, problems));
    let api = raw
        .api
        .as_ref()
        .and_then(|api| ports::api(raw, &api.value, outside, problems));
    Some(Config {
        domain: raw.switch.as_ref()?.value.domain.as_ref()?.value.0.clone(),
        dns: trunks::dns(raw),
        listeners,
        media: media?,
        extensions,
        groups,
        trunks,
        incoming,
        outgoing,
        caller_id: caller_id?,
        recording: recording?,
        transfer: transfer?,
        registration: registration?,
        codes: codes?,
        timers: timers?,
        limits: limits?,
        api: api?,
    })
}

fn named<T>(tables: &Option<Given<Named<T>>>) -> &[(Given<String>, T)] {
    tables.as_ref().map_or(&[], |tables| &tables.value.0)
}

fn list<T>(tables: &Option<Given<Vec<Given<T>>>>) -> &[Given<T>] {
    tables.as_ref().map_or(&[], |tables| &tables.value)
}

/// What to say about a name that nothing has.
fn missing(name: &str, kind: &str, table: &str, known: &[&str]) -> (String, String) {
    let right = match super::advice::nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if known.is_empty() => format!("add a table [{table}.{name}]"),
        None => format!(
            "add a table [{table}.{name}], or name one of {}",
            known.join(", ")
        ),
    };
    (format!("there is no {kind} \"{name}\""), right)
}
