//! What a message says, in the few words that fit on an arrow.
//!
//! Tags, branches, Call-IDs and ports are left out: they would change with every run and say nothing.

use super::digest;
use super::said::{Said, param, uri_in, user_in};
use super::speech::Speech;

/// The words on the arrow.
pub fn label(said: &Said) -> String {
    let mut words = vec![match said.status() {
        Some(_) => answer(said),
        None => request(said),
    }];
    if !said.get("Authorization").is_empty() {
        words.push(digest::field(said.get("Authorization"), "algorithm").to_owned());
    }
    if !said.get("Proxy-Authorization").is_empty() {
        words.push(format!(
            "proxy {}",
            digest::field(said.get("Proxy-Authorization"), "algorithm")
        ));
    }
    words.extend(Speech::read(&said.body).map(|speech| speech.words()));
    words.extend(super::sounds::key_in(said).map(|key| format!("key {key}")));
    words.join(" ")
}

/// The words on the arrow of a message that is sent once more.
pub fn again(said: &Said) -> String {
    match said.status() {
        Some(status) => format!("{status} to {} again", said.method()),
        None => format!("{} again", said.method()),
    }
}

/// What else a reader should see, a line for each.
pub fn notes(said: &Said, from_switch: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if from_switch && said.status().is_none() && said.method() == "INVITE" && !said.is_within_dialog() {
        notes.push(identity(said));
    }
    if said.status().is_none() && said.method() == "INVITE" && !said.is_within_dialog() {
        notes.extend(claims(said, from_switch));
    }
    if from_switch && said.status().is_none() && said.is_within_dialog() {
        let partner = said.all("P-Asserted-Identity");
        notes.extend(partner.map(|partner| format!("now with {}", user_in(uri_in(partner)))));
    }
    if said.method() == "REGISTER" && said.status() == Some(200) {
        notes.extend(said.all("Contact").map(binding));
    }
    // An ACK goes the way of the BYE, and comes once for each 200.
    if from_switch && said.status().is_none() && said.method() != "ACK" && !said.get("Route").is_empty() {
        notes.push(format!("to {}", said.uri()));
        notes.extend(said.all("Route").map(|route| format!("route {route}")));
    }
    if said.status().is_some_and(|status| status / 100 == 3) {
        notes.extend(said.all("Contact").map(|contact| format!("contact {contact}")));
    }
    notes.extend(
        said.all("Referred-By")
            .map(|by| format!("referred by {}", user_in(uri_in(by)))),
    );
    notes.extend(said.all("Reason").map(|reason| format!("reason {reason}")));
    let is_usual = |timer: &&str| timer.starts_with("1800");
    let timers = said.all("Session-Expires").filter(|timer| !is_usual(timer));
    notes.extend(timers.map(|timer| format!("session {timer}")));
    notes.extend(
        said.all("Min-SE")
            .map(|least| format!("session at least {least}")),
    );
    notes.extend(
        said.all("Unsupported")
            .map(|extension| format!("unsupported {extension}")),
    );
    notes.extend(said.all("Warning").map(|warning| format!("warning {warning}")));
    notes.iter().map(|note| shortened(note)).collect()
}

/// What is too long for a drawing is not drawn to its end.
fn shortened(note: &str) -> String {
    const MAX_CHARACTERS: usize = 100;
    match note.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", &note[..end]),
        None => note.to_owned(),
    }
}

fn request(said: &Said) -> String {
    let method = said.method();
    match method {
        "INVITE" if said.is_within_dialog() => "re-INVITE".to_owned(),
        "INVITE" => format!("INVITE {}", user_in(said.uri())),
        "REGISTER" if said.get("Contact") == "*" => format!("REGISTER * for {} s", expiry(said)),
        "REGISTER" if said.get("Contact").is_empty() => "REGISTER (what is there?)".to_owned(),
        "REGISTER" => format!("REGISTER for {} s", expiry(said)),
        "REFER" => referral(said),
        "NOTIFY" => format!("NOTIFY {}", said.body.trim_end().trim_start_matches("SIP/2.0 ")),
        _ => method.to_owned(),
    }
}

fn referral(said: &Said) -> String {
    let to = uri_in(said.get("Refer-To"));
    match to.split_once('?') {
        Some((uri, headers)) if headers.contains("Replaces=") => {
            format!("REFER {} replacing a call", user_in(uri))
        }
        Some((uri, _)) => format!("REFER {}", user_in(uri)),
        None => format!("REFER {}", user_in(to)),
    }
}

fn answer(said: &Said) -> String {
    let status = said.status().unwrap_or(0);
    let reason = said.start.splitn(3, ' ').nth(2).unwrap_or_default();
    let mut words = vec![if status <= 200 {
        status.to_string()
    } else {
        format!("{status} {reason}")
    }];
    if said.method() != "INVITE" && status != 100 {
        words.push(format!("to {}", said.method()));
    }
    if !said.get("RSeq").is_empty() {
        words.push("reliable".to_owned());
    }
    let challenges: Vec<&str> = said
        .all("WWW-Authenticate")
        .map(|challenge| digest::field(challenge, "algorithm"))
        .collect();
    if !challenges.is_empty() {
        words.push(challenges.join(","));
    }
    if said
        .all("WWW-Authenticate")
        .any(|challenge| digest::field(challenge, "stale").eq_ignore_ascii_case("true"))
    {
        words.push("stale".to_owned());
    }
    for (field, word) in [("Min-Expires", "min"), ("Retry-After", "retry after")] {
        if !said.get(field).is_empty() {
            words.push(format!("{word} {} s", said.get(field)));
        }
    }
    words.join(" ")
}

/// Who is shown, and who is asserted if that is somebody else.
fn identity(said: &Said) -> String {
    let from = person(said.get("From"));
    let asserted = said.get("P-Asserted-Identity");
    match asserted {
        "" => format!("from {from}, nobody asserted"),
        asserted if person(asserted) == from => format!("from {from}"),
        asserted => format!("from {from}, asserted {}", person(asserted)),
    }
}

/// What else is said about who calls, a line for each.
fn claims(said: &Said, from_switch: bool) -> Vec<String> {
    let mut claims = Vec::new();
    let fields = [
        ("P-Asserted-Identity", "asserts"),
        ("P-Preferred-Identity", "prefers"),
        ("Remote-Party-ID", "remote party"),
        ("Identity", "identity"),
    ];
    // What we assert is drawn beside From.
    for (name, word) in fields.iter().skip(usize::from(from_switch)) {
        claims.extend(said.all(name).map(|value| format!("{word} {}", person(value))));
    }
    let diverted = said.all("Diversion").map(|value| {
        let why = value
            .split(";reason=")
            .nth(1)
            .and_then(|why| why.split(';').next());
        format!("sent on by {}: {}", person(value), why.unwrap_or("no reason"))
    });
    claims.extend(diverted);
    let users = |entries: &str| {
        let users = entries
            .split(", <")
            .map(|entry| user_in(uri_in(entry.trim_start_matches('<'))))
            .collect::<Vec<_>>();
        users.join(" → ")
    };
    claims.extend(
        said.all("History-Info")
            .map(|entries| format!("history {}", users(entries))),
    );
    claims.extend(said.all("Privacy").map(|privacy| format!("privacy {privacy}")));
    claims
}

/// A display name and a number.
fn person(value: &str) -> String {
    let display = value.split_once('<').map_or("", |(display, _)| display.trim());
    let user = user_in(uri_in(value));
    if display.is_empty() {
        user.to_owned()
    } else {
        format!("{display} {user}")
    }
}

fn binding(contact: &str) -> String {
    let uri = uri_in(contact);
    format!(
        "{} for {} s",
        uri.trim_start_matches("sip:"),
        param(contact, "expires")
    )
}

fn expiry(said: &Said) -> &str {
    match param(said.get("Contact"), "expires") {
        "" => said.get("Expires"),
        expires => expires,
    }
}
