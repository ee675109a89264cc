//! The answers of the switch as tables that a person likes to read.

use super::recordings::Entry;
use crate::call::view::{
    CallView, LegView, PlaceView, RegistrationView, StatusView, TrunkRegistrationView, TrunkView,
};
use crate::time::Time;
use comfy_table::Table;
use comfy_table::presets::UTF8_NO_BORDERS;
use std::time::Duration;

/// How we are.
pub fn status(status: &StatusView, now: Time) -> String {
    let lines = [
        ("up for", span(now.since(status.started))),
        ("calls", format!("{} of {}", status.calls, status.max_calls)),
        ("registrations", status.registrations.to_string()),
        ("transactions", status.transactions.to_string()),
        ("port pairs", format!("{} of {}", status.ports, status.max_ports)),
    ];
    let lines = lines.map(|(name, value)| format!("{name:<14} {value}"));
    lines.join("\n")
}

/// Who talks with whom: one row per call, one line per leg.
pub fn calls(calls: &[CallView], now: Time) -> String {
    if calls.is_empty() {
        return "no calls".to_owned();
    }
    let header = [
        "call", "", "story", "for", "as", "party", "is", "codec", "hears", "recorded",
    ];
    let rows = calls.iter().map(|call| {
        let leg = |of: fn(&LegView) -> String| call.legs.iter().map(of).collect::<Vec<_>>();
        vec![
            vec![call.id.to_string()],
            vec![call.direction.clone()],
            vec![call.story.clone()],
            vec![span(now.since(call.answered.unwrap_or(call.began)))],
            vec![if call.withheld {
                format!("{} (withheld)", call.our_number)
            } else {
                call.our_number.clone()
            }],
            leg(|leg| match &leg.trunk {
                Some(trunk) => format!("{} via {trunk}", leg.party),
                None => leg.party.clone(),
            }),
            leg(|leg| match leg.muted {
                true => format!("{}, muted", leg.state),
                false => leg.state.clone(),
            }),
            leg(|leg| leg.codec.clone().unwrap_or_default()),
            leg(hears),
            vec![match (&call.paused, call.recorded) {
                (Some(pause), _) => format!("‖ paused by {} for {}", pause.by, span(now.since(pause.since))),
                (None, true) => "● yes".to_owned(),
                (None, false) => "no".to_owned(),
            }],
        ]
    });
    table(&header, rows)
}

/// Whom a leg hears, and what while nothing comes from them.
fn hears(leg: &LegView) -> String {
    let otherwise = leg.otherwise.iter().map(|sound| format!("else {sound}"));
    let all: Vec<String> = leg.hears.iter().cloned().chain(otherwise).collect();
    all.join(", ")
}

/// Which phones are registered.
pub fn registrations(contacts: &[RegistrationView], now: Time) -> String {
    if contacts.is_empty() {
        return "no phone is registered".to_owned();
    }
    let rows = contacts.iter().map(|contact| {
        let left = span(contact.expires.since(now));
        let cells = [
            &contact.extension,
            &contact.contact,
            &contact.flow,
            &left,
            &contact.user_agent,
        ];
        cells.map(|cell| vec![cell.clone()]).to_vec()
    });
    table(
        &["extension", "contact", "reached over", "expires in", "phone"],
        rows,
    )
}

/// Which trunks there are.
pub fn trunks(trunks: &[TrunkView], now: Time) -> String {
    if trunks.is_empty() {
        return "no trunk is configured".to_owned();
    }
    let rows = trunks.iter().map(|trunk| {
        let place = |of: fn(&PlaceView) -> String| trunk.places.iter().map(of).collect::<Vec<_>>();
        let calls = match trunk.max_calls {
            Some(most) => format!("{} of {most}", trunk.calls),
            None => trunk.calls.to_string(),
        };
        let flows = match &trunk.lost {
            Some(why) => [place(|place| place.flow.clone()), vec![why.clone()]].concat(),
            None => place(|place| place.flow.clone()),
        };
        vec![
            vec![trunk.name.clone()],
            vec![trunk.address.clone()],
            flows,
            place(|place| place.health.clone()),
            trunk
                .registration
                .as_ref()
                .map(|it| registered(it, now))
                .unwrap_or_default(),
            vec![calls],
        ]
    });
    table(
        &["trunk", "address", "reached over", "is", "registered", "calls"],
        rows,
    )
}

/// For how long we are registered with a trunk, and what is in the way.
fn registered(registration: &TrunkRegistrationView, now: Time) -> Vec<String> {
    let stands = match registration.until {
        Some(until) => format!("for {}", span(until.since(now))),
        None => "no".to_owned(),
    };
    std::iter::once(stands)
        .chain(registration.trouble.clone())
        .collect()
}

/// Which recordings there are.
pub fn recordings(entries: &[Entry]) -> String {
    if entries.is_empty() {
        return "no recording fits".to_owned();
    }
    let rows = entries.iter().map(|entry| {
        let state = match entry.finished {
            true => String::new(),
            false => "running, or cut off".to_owned(),
        };
        let count = |many: usize, what: &str| (many > 0).then(|| format!("{many} {what}"));
        let notes = [count(entry.pauses, "paused"), count(entry.gaps, "gaps")];
        let notes = notes
            .into_iter()
            .flatten()
            .chain(Some(state).filter(|state| !state.is_empty()));
        let cells = [
            entry.id.clone(),
            span(Duration::from_secs_f64(entry.seconds.max(0.0))),
            entry.direction.clone(),
            entry.customer.clone(),
            entry.our_number.clone(),
            entry.agents.join(", "),
            notes.collect::<Vec<_>>().join(", "),
        ];
        cells.map(|cell| vec![cell]).to_vec()
    });
    let header = ["recording", "for", "", "customer", "our number", "agents", ""];
    table(&header, rows)
}

/// A span of time as one says it: `12s`, `3m12s`, `2h05m`, `4d07h`.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m{:02}s", seconds % 60),
        (0, _, _) => format!("{hours}h{:02}m", minutes % 60),
        (_, _, _) => format!("{days}d{:02}h", hours % 24),
    }
}

/// A table of cells with lines.
fn table(header: &[&str], rows: impl Iterator<Item = Vec<Vec<String>>>) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_NO_BORDERS);
    table.set_header(header.to_vec());
    table.add_rows(rows.map(|row| row.into_iter().map(|lines| in_lines(&lines)).collect::<Vec<_>>()));
    table.trim_fmt()
}

/// What phones say about themselves must not steer the terminal.
fn in_lines(lines: &[String]) -> String {
    let plain: Vec<_> = lines
        .iter()
        .map(|line| line.replace(char::is_control, "\u{fffd}"))
        .collect();
    plain.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ConversationId, LegId};

    #[test]
    fn spans_are_told_as_one_says_them() {
        let told = [0, 59, 192, 7_500, 370_800].map(|seconds| span(Duration::from_secs(seconds)));
        assert_eq!(told, ["0s", "59s", "3m12s", "2h05m", "4d07h"]);
    }

    #[test]
    fn a_call_shows_who_hears_whom() {
        let leg = |id, party: &str, trunk: Option<&str>, hears: &str| LegView {
            id: LegId(id),
            party: party.to_owned(),
            trunk: trunk.map(str::to_owned),
            peer: "udp 192.0.2.11:5060".to_owned(),
            state: "talking".to_owned(),
            muted: trunk.is_none(),
            codec: Some("PCMA".to_owned()),
            stranger: None,
            hears: vec![hears.to_owned()],
            otherwise: None,
        };
        let call = CallView {
            id: ConversationId(17),
            direction: "incoming".to_owned(),
            story: "talking".to_owned(),
            our_number: "+442079460100".to_owned(),
            withheld: true,
            began: Time::EPOCH,
            answered: Some(Time::EPOCH + Duration::from_secs(8)),
            recorded: true,
            paused: None,
            legs: vec![
                leg(1, "+493012345", Some("acme"), "1001"),
                leg(2, "1001\x1b[2J", None, "+493012345"),
            ],
        };
        let drawn = calls(&[call], Time::EPOCH + Duration::from_secs(200));
        let lines: Vec<_> = drawn.lines().collect();
        assert!(
            lines[2].contains("c17") && lines[2].contains("3m12s") && lines[2].contains("● yes"),
            "{drawn}"
        );
        assert!(
            lines[2].contains("+493012345 via acme") && lines[3].contains("1001"),
            "{drawn}"
        );
        assert!(
            lines[3].contains("talking, muted") && !lines[2].contains("muted"),
            "{drawn}"
        );
        assert!(lines[2].contains("+442079460100 (withheld)"), "{drawn}");
        assert!(!drawn.contains('\x1b'), "{drawn}");
    }
}
