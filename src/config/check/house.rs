//! Inside the house: extensions, registration, timers, limits.

use super::caller_ids::OurNumbers;
use super::classes::Classes;
use super::secrets::{Found, Outcome, Ways, weakness};
use super::{lines, missing, recording};
use crate::config::outside::Outside;
use crate::config::report::Problems;
use crate::config::shape::Given;
use crate::config::words::spoken;
use crate::config::{raw, valid};
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::ops::Range;

const MAX_EXTENSION_DIGITS: usize = 10;

/// All extensions by number.
pub(super) fn extensions(
    tables: &[(Given<String>, raw::Extension)],
    ours: &OurNumbers<'_>,
    classes: Option<&Classes>,
    outside: &dyn Outside,
    problems: &mut Problems<'_>,
) -> BTreeMap<String, valid::Extension> {
    let mut weak = Vec::new();
    let extensions = tables
        .iter()
        .filter_map(|(number, table)| {
            let choice = ours.choice(number, table, problems);
            let class = classes.map(|all| all.of_extension(&number.value, table.class.as_ref(), problems));
            let found = extension(number, table, outside, problems)?;
            let name = table.name.as_ref().map_or(&number.value, |name| &name.value);
            if let Some(why) = weakness(found.secret.expose_secret(), &number.value, name) {
                weak.push((found.at.clone(), &*number.value, why));
            }
            Some((
                number.value.clone(),
                valid::Extension {
                    name: name.clone(),
                    password: found.secret,
                    forward: table.forward.as_ref()?.value,
                    recording: recording::own(&table.record, &table.pause),
                    choice: choice?,
                    class: class?,
                },
            ))
        })
        .collect();
    warn_of_weak(&weak, problems);
    extensions
}

fn is_extension(digits: &str) -> bool {
    (1..=MAX_EXTENSION_DIGITS).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

fn extension(
    number: &Given<String>,
    table: &raw::Extension,
    outside: &dyn Outside,
    problems: &mut Problems<'_>,
) -> Option<Found> {
    let digits = &number.value;
    if !is_extension(digits) {
        let right = format!("write 1 to {MAX_EXTENSION_DIGITS} digits, as in [extension.1001]");
        problems.error(
            &number.at,
            format!("an extension is a number, not \"{digits}\""),
            right,
        );
    }
    let ways = Ways {
        key: "password",
        inline: &table.password,
        file: &table.password_file,
        env: &table.password_env,
    };
    match ways.follow(outside, problems) {
        Outcome::Found(found) => Some(found),
        Outcome::Wrong | Outcome::Unreadable => None,
        Outcome::Absent if number.is_faulty => None,
        Outcome::Absent => {
            let what = format!("[extension.{digits}] has no password");
            problems.error(
                &number.at,
                what,
                "add password = \"…\", password_file = \"…\" or password_env = \"…\"",
            );
            None
        }
    }
}

/// One warning for all of them: a house with a hundred weak passwords should still see its other problems.
fn warn_of_weak(weak: &[(Range<usize>, &str, &'static str)], problems: &mut Problems<'_>) {
    let Some((at, ..)) = weak.first() else { return };
    let what = match weak.len() {
        1 => "a password is easily guessed, and calls on your bill are what attackers look for".to_owned(),
        count => format!(
            "{count} passwords are easily guessed, and calls on your bill are what attackers look for"
        ),
    };
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (_, number, why) in weak {
        reasons.entry(why).or_default().push(number);
    }
    let listed = reasons
        .iter()
        .map(|(why, numbers)| format!("that of {} {why}", numbers.join(", ")));
    problems.warn(at, what, listed.collect::<Vec<_>>().join("; "));
}

/// All groups by number.
pub(super) fn groups(
    tables: &[(Given<String>, raw::RingGroup)],
    extensions: &[(Given<String>, raw::Extension)],
    problems: &mut Problems<'_>,
) -> BTreeMap<String, Vec<String>> {
    let mut groups = BTreeMap::new();
    for (number, table) in tables {
        let digits = &number.value;
        if !is_extension(digits) {
            let right = format!("write 1 to {MAX_EXTENSION_DIGITS} digits, as in [group.700]");
            problems.error(
                &number.at,
                format!("a group is a number, not \"{digits}\""),
                right,
            );
        }
        if let Some((extension, _)) = extensions
            .iter()
            .find(|(extension, _)| extension.value == *digits)
        {
            problems.error(
                &number.at,
                format!("{digits} is an extension already"),
                "take a number that nobody has",
            );
            problems.also(&extension.at, "here");
        }
        if let Some(ring) = &table.ring {
            let ring = lines::whom(ring, extensions, &BTreeMap::new(), problems);
            groups.insert(digits.clone(), ring);
        }
    }
    groups
}

/// REGISTER.
pub(super) fn registration(
    raw: &raw::Registration,
    problems: &mut Problems<'_>,
) -> Option<valid::Registration> {
    let (min, max) = (raw.min_expiry.as_ref()?, raw.max_expiry.as_ref()?);
    let default = raw.default_expiry.as_ref()?;
    if min.value.0 > max.value.0 {
        let what = format!(
            "min_expiry, {}, is longer than max_expiry, {}",
            spoken(min.value.0),
            spoken(max.value.0)
        );
        problems.error(&min.at, what, "no phone could register: make it the shorter one");
    } else if !(min.value.0..=max.value.0).contains(&default.value.0) {
        let what = format!(
            "default_expiry, {}, is not between min_expiry and max_expiry",
            spoken(default.value.0)
        );
        let right = format!(
            "choose from \"{}\" to \"{}\"",
            spoken(min.value.0),
            spoken(max.value.0)
        );
        problems.error(&default.at, what, right);
    }
    Some(valid::Registration {
        min_expiry: min.value.0,
        max_expiry: max.value.0,
        default_expiry: default.value.0,
        nonce_lifetime: raw.nonce_lifetime.as_ref()?.value.0,
        digest: raw.digest.as_ref()?.value,
    })
}

/// What becomes of calls that are handed on.
pub(super) fn transfer(
    raw: &raw::Transfer,
    extensions: &[(Given<String>, raw::Extension)],
    groups: &BTreeMap<String, Vec<String>>,
    problems: &mut Problems<'_>,
) -> Option<valid::Transfer> {
    let numbers = extensions.iter().map(|(number, _)| &*number.value);
    let known: Vec<&str> = numbers.chain(groups.keys().map(String::as_str)).collect();
    if let Some(fallback) = &raw.fallback
        && !known.contains(&&*fallback.value)
    {
        let (what, right) = missing(&fallback.value, "extension or group", "extension", &known);
        problems.error(&fallback.at, what, right);
    }
    if let Some(conference) = &raw.conference {
        let digits = &conference.value;
        if !is_extension(digits) {
            let right = format!("write 1 to {MAX_EXTENSION_DIGITS} digits, as in \"600\"");
            problems.error(&conference.at, format!("phones cannot dial \"{digits}\""), right);
        }
        if known.contains(&&**digits) {
            let what = format!("{digits} is an extension or a group already");
            problems.error(&conference.at, what, "take a number that nobody has");
        }
    }
    Some(valid::Transfer {
        conference: raw.conference.as_ref().map(|number| number.value.clone()),
        fallback: raw.fallback.as_ref().map(|fallback| fallback.value.clone()),
        pickup: raw.pickup.as_ref()?.value,
        max_together: size(raw.max_together.as_ref()?.value.0),
        shows: raw.shows.as_ref()?.value,
        waits_with: raw.waits_with.as_ref()?.value,
    })
}

/// Timers.
pub(super) fn timers(raw: &raw::Timers, problems: &mut Problems<'_>) -> Option<valid::Timers> {
    let (t1, t2) = (raw.t1.as_ref()?, raw.t2.as_ref()?);
    if t1.value.0 > t2.value.0 {
        let what = format!(
            "t1, {}, is longer than t2, {}",
            spoken(t1.value.0),
            spoken(t2.value.0)
        );
        problems.error(
            &t1.at,
            what,
            "retransmissions start at t1 and double up to t2; the RFC has 500ms and 4s",
        );
    }
    Some(valid::Timers {
        ring: raw.ring.as_ref()?.value.0,
        session: raw.session.as_ref()?.value.0,
        no_media: raw.no_media.as_ref()?.value.0,
        t1: t1.value.0,
        t2: t2.value.0,
        t4: raw.t4.as_ref()?.value.0,
    })
}

/// Limits.
pub(super) fn limits(
    file: &raw::File,
    raw: &raw::Limits,
    problems: &mut Problems<'_>,
) -> Option<valid::Limits> {
    let idle = raw.idle_connection.as_ref()?;
    let max_expiry = file
        .registration
        .as_ref()
        .and_then(|it| it.value.max_expiry.as_ref());
    if let Some(max_expiry) = max_expiry.filter(|it| it.value.0 > idle.value.0) {
        let what = format!(
            "connections close after {}, and registrations last up to {}",
            spoken(idle.value.0),
            spoken(max_expiry.value.0)
        );
        let right = format!(
            "phones on TCP could not be called in between: write \"{}\" or more",
            spoken(max_expiry.value.0)
        );
        problems.warn(&idle.at, what, right);
    }
    Some(valid::Limits {
        max_calls: size(raw.max_calls.as_ref()?.value.0),
        max_message_bytes: size(raw.max_message_bytes.as_ref()?.value.0),
        max_header_fields: size(raw.max_header_fields.as_ref()?.value.0),
        max_contacts_per_extension: size(raw.max_contacts_per_extension.as_ref()?.value.0),
        max_phones_per_call: size(raw.max_phones_per_call.as_ref()?.value.0),
        max_failed_logins_per_minute: size(raw.max_failed_logins_per_minute.as_ref()?.value.0),
        failed_login_ban: raw.failed_login_ban.as_ref()?.value.0,
        max_transactions: size(raw.max_transactions.as_ref()?.value.0),
        max_connections: size(raw.max_connections.as_ref()?.value.0),
        max_connections_per_source: size(raw.max_connections_per_source.as_ref()?.value.0),
        idle_connection: idle.value.0,
    })
}

/// A number that the description keeps within a million, so that it fits everywhere.
pub(super) fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
