//! Words for what the switch tells and replies.

use tandem::call::view::TrunkView;
use tandem::call::{Reply, Weight};

/// The sign before a sentence of the switch.
pub fn mark(weight: Weight) -> &'static str {
    match weight {
        Weight::Detail | Weight::Story => "»",
        Weight::Warning => "!",
        Weight::Trouble => "!!",
        Weight::Alarm => "!!!",
    }
}

/// A reply in short.
pub fn reply(reply: &Reply) -> String {
    match reply {
        Reply::Status(status) => format!("{} calls, {} registrations", status.calls, status.registrations),
        Reply::Calls(calls) => calls.iter().map(call).collect::<Vec<_>>().join("; "),
        Reply::Registrations(all) => all
            .iter()
            .map(|one| one.extension.clone())
            .collect::<Vec<_>>()
            .join(", "),
        Reply::Trunks(all) => all.iter().map(trunk).collect::<Vec<_>>().join("; "),
        Reply::Call(one) => call(one),
        Reply::Refused { status, why } => format!("refused ({status}): {why}"),
        Reply::Done => "done".to_owned(),
        Reply::NotFound => "not found".to_owned(),
    }
}

fn trunk(trunk: &TrunkView) -> String {
    let places: Vec<String> = trunk
        .places
        .iter()
        .map(|place| format!("{} {}", place.flow, place.health))
        .collect();
    let registered = trunk
        .registration
        .as_ref()
        .map(|it| match (&it.until, &it.trouble) {
            (Some(_), None) => " (registered)".to_owned(),
            (Some(_), Some(why)) => format!(" (registered, but {why})"),
            (None, why) => format!(" (not registered: {})", why.as_deref().unwrap_or("not yet")),
        });
    format!(
        "{} at {}{}",
        trunk.name,
        places.join(", "),
        registered.unwrap_or_default()
    )
}

fn call(call: &tandem::call::view::CallView) -> String {
    let legs: Vec<String> = call
        .legs
        .iter()
        .map(|leg| {
            let muted = if leg.muted { ", muted" } else { "" };
            format!("{} {}{muted}", leg.party, leg.state)
        })
        .collect();
    format!(
        "{} {} {}: {}",
        call.id,
        call.direction,
        call.story,
        legs.join(", ")
    )
}
