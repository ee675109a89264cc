//! What the tables mean together: from what was said to what is meant.
//!
//! Every check goes on after a problem as far as it can, so that the report is complete; `None` stands for
//! what cannot be known because of a problem that was reported.

mod caller_ids;
mod claims;
mod classes;
mod codes;
mod emergency;
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
    let limits = part(&raw.limits, |it| house::limits(raw, it, problems));
    let media = part(&raw.media, |it| ports::media(raw, it, outside, problems));
    let groups = house::groups(named(&raw.group), named(&raw.extension), problems);
    let incoming = lines::incoming(raw, &groups, &numbering, problems);
    let ours = caller_ids::OurNumbers::of(raw, &incoming, &numbering, problems);
    let classes = classes::Classes::of(raw, problems);
    let extensions = house::extensions(named(&raw.extension), &ours, classes.as_ref(), outside, problems);
    let outgoing = lines::outgoing(list(&raw.outgoing), named(&raw.trunk), problems);
    let emergency = emergency::emergency(raw, &outgoing, &ours, problems);
    let caller_id = raw
        .numbers
        .as_ref()
        .and_then(|numbers| caller_ids::caller_id(raw, numbers, &ours, problems));
    caller_ids::sayable(raw, &trunks, problems);
    let recording = part(&raw.recording, |it| {
        recording::recording(raw, it, outside, problems)
    });
    let transfer = part(&raw.transfer, |it| {
        house::transfer(it, named(&raw.extension), &groups, problems)
    });
    let codes = part(&raw.codes, |it| codes::codes(raw, it, problems));
    let registration = part(&raw.registration, |it| house::registration(it, problems));
    let timers = part(&raw.timers, |it| house::timers(it, problems));
    let api = part(&raw.api, |it| ports::api(raw, it, outside, problems));
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
        emergency,
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

/// What a table means, if it is there.
fn part<T, R>(given: &Option<Given<T>>, read: impl FnOnce(&T) -> Option<R>) -> Option<R> {
    given.as_ref().and_then(|given| read(&given.value))
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
