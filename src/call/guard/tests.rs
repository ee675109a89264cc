//! Guessers come and go.

use super::*;

const RULES: Rules = Rules {
    max_failures_per_minute: 3,
    ban: Duration::from_secs(300),
};
const START: Time = Time::from_micros(1_700_000_000_000_000);

fn source(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn at(seconds: u64) -> Time {
    START + Duration::from_secs(seconds)
}

/// Somebody guesses, and this is what the log has to say about it.
fn fails(guard: &mut Guard, seconds: u64, from: &str) -> Vec<String> {
    user_fails(guard, seconds, from, "1001")
}

fn user_fails(guard: &mut Guard, seconds: u64, from: &str, user: &str) -> Vec<String> {
    let events = guard.failed(
        at(seconds),
        source(from),
        user,
        format!("REGISTER for {user}"),
        RULES,
    );
    events.into_iter().map(|event| event.text).collect()
}

fn is_banned(guard: &mut Guard, seconds: u64, from: &str) -> bool {
    is_user_banned(guard, seconds, from, "1001")
}

fn is_user_banned(guard: &mut Guard, seconds: u64, from: &str, user: &str) -> bool {
    guard.ban_left(at(seconds), source(from), user).is_some()
}

#[test]
fn one_line_is_written_about_one_source_in_one_minute() {
    let mut guard = Guard::default();
    let first = fails(&mut guard, 0, "192.0.2.7");
    assert_eq!(first, ["192.0.2.7 gave wrong credentials with REGISTER for 1001"]);
    assert!(fails(&mut guard, 10, "192.0.2.7").is_empty());
    assert!(fails(&mut guard, 20, "192.0.2.7").is_empty());
    assert_eq!(guard.deadline(), Some(at(60)));
    let told = guard.expire(at(60));
    assert_eq!(
        told[0].text,
        "192.0.2.7 gave wrong credentials 2 more times within a minute, last with REGISTER for 1001"
    );
    assert!(
        fails(&mut guard, 61, "192.0.2.7").is_empty(),
        "the last line is a second old"
    );
    assert_eq!(guard.expire(at(120)).len(), 1);
    assert!(guard.expire(at(180)).is_empty());
    assert_eq!(guard.deadline(), None, "it has been quiet, and is forgotten");
}

#[test]
fn who_fails_too_often_is_not_heard_for_a_while_and_nobody_else_suffers() {
    let mut guard = Guard::default();
    for second in 0..3 {
        fails(&mut guard, second, "192.0.2.7");
        assert!(!is_banned(&mut guard, second, "192.0.2.7"));
    }
    let told = fails(&mut guard, 3, "192.0.2.7");
    assert!(
        told[0].contains("4 times within a minute") && told[0].contains("300 s"),
        "{told:?}"
    );
    assert_eq!(
        guard.ban_left(at(4), source("192.0.2.7"), "1001"),
        Some(Duration::from_secs(299))
    );
    assert!(
        is_banned(&mut guard, 4, "::ffff:192.0.2.7"),
        "the same by another name"
    );
    assert!(!is_banned(&mut guard, 4, "192.0.2.8"));
    assert!(
        fails(&mut guard, 100, "192.0.2.7").is_empty(),
        "nothing prolongs it"
    );
    assert!(is_banned(&mut guard, 302, "192.0.2.7"));
    assert!(!is_banned(&mut guard, 303, "192.0.2.7"));
    let told = guard.expire(at(303));
    assert_eq!(
        told[0].text,
        "1001 at 192.0.2.7 is listened to again; 3 requests of it were turned away"
    );
}

#[test]
fn failures_that_come_slowly_are_a_phone_with_an_old_password() {
    let mut guard = Guard::default();
    for minute in 0..60 {
        for try_ in 0..3 {
            fails(&mut guard, minute * 60 + try_ * 20, "192.0.2.7");
        }
        assert!(!is_banned(&mut guard, minute * 60 + 59, "192.0.2.7"));
    }
}

/// One phone of an office with an old password is no reason to refuse the others; somebody who tries one after the
/// other is.
#[test]
fn others_behind_the_address_go_on_until_too_many_fail() {
    let mut guard = Guard::default();
    for second in 0..4 {
        fails(&mut guard, second, "192.0.2.7");
    }
    assert!(is_banned(&mut guard, 5, "192.0.2.7"));
    assert!(!is_user_banned(&mut guard, 5, "192.0.2.7", "1002"));
    let mut told = Vec::new();
    for user in 2..20 {
        told.extend(user_fails(&mut guard, 6, "192.0.2.7", &format!("10{user:02}")));
    }
    assert!(is_user_banned(&mut guard, 7, "192.0.2.7", "1099"));
    assert!(!is_user_banned(&mut guard, 7, "192.0.2.8", "1099"));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("192.0.2.7 gave wrong credentials 16 times"),
        "{told:?}"
    );
}

#[test]
fn one_ipv6_network_is_one_source() {
    let mut guard = Guard::default();
    for host in 1..=4 {
        fails(&mut guard, 0, &format!("2001:db8:0:1::{host}"));
    }
    assert!(is_banned(&mut guard, 1, "2001:db8:0:1:dead:beef::"));
    assert!(!is_banned(&mut guard, 1, "2001:db8:0:2::1"));
}

#[test]
fn a_crowd_of_guessers_does_not_fill_the_memory() {
    let mut guard = Guard::default();
    for host in 0..=u32::try_from(MAX_SUSPECTS).unwrap() {
        let from = IpAddr::from(std::net::Ipv4Addr::from_bits(0x0a00_0000 + host));
        guard.failed(
            START,
            from,
            "nobody of ours",
            "REGISTER for nobody of ours".into(),
            RULES,
        );
    }
    assert_eq!(guard.suspects.len(), MAX_SUSPECTS);
}

#[test]
fn a_ban_survives_being_written_down() {
    let mut guard = Guard::default();
    (0..4).for_each(|second| drop(fails(&mut guard, second, "2001:db8::1")));
    let text = serde_json::to_string(&guard).unwrap();
    let mut restored: Guard = serde_json::from_str(&text).unwrap();
    assert!(is_banned(&mut restored, 10, "2001:db8::1"));
    assert_eq!(restored.deadline(), guard.deadline());
}
