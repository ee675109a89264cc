//! Whoever guesses passwords is not listened to for a while, and nobody else suffers for it.

use crate::stage::{Party, Stage};

/// Three wrong passwords a minute are heard.
fn strict(s: &mut Stage) {
    s.configure(|house| house.limits.max_failed_logins_per_minute = 3);
}

/// A phone of this extension behind the one address of an office.
fn in_the_office(s: &mut Stage, extension: &str, port: u16) -> Party {
    s.phone(extension).at(&format!("203.0.113.9:{port}"))
}

/// One line in the log for the first, and one for all others of the minute.
pub fn a_few_wrong_passwords(s: &mut Stage) {
    strict(s);
    let alice = s.phone("1001");
    alice.guesses(3);
    s.wait(61);
    alice.guesses(3);
    s.wait(61);
}

/// The registered phone behind the same NAT calls and refreshes, another one starts up, the one for whom somebody
/// guesses is told when to come back, and elsewhere it notices nothing.
pub fn behind_one_nat(s: &mut Stage) {
    strict(s);
    let alice = in_the_office(s, "1001", 40_001);
    alice.registers();
    let mallory = in_the_office(s, "1002", 40_666);
    mallory.guesses(4);
    mallory.gets(401);
    mallory.guesses(2);
    mallory.gets(503);
    let carol = in_the_office(s, "1003", 40_003);
    carol.registers();
    carol.gets(200);
    mallory.registers();
    mallory.gets(503);
    mallory.is_told("Retry-After", "300");
    let bob = s.phone("1002");
    bob.registers();
    alice.registers();
    alice.gets(200);
    alice.calls("1002");
    bob.rejects(486);
    alice.gets(486);
    s.wait(301);
    mallory.registers();
    mallory.gets(401);
}

/// Somebody tries one extension after the other, each no more often than one may: nobody there is let in for a while
/// who is not registered.
pub fn many_are_tried(s: &mut Stage) {
    s.configure(|house| house.limits.max_failed_logins_per_minute = 1);
    let alice = in_the_office(s, "1001", 40_001);
    alice.registers();
    let mallory = in_the_office(s, "1009", 40_666);
    for extension in ["1001", "1002", "1003"] {
        mallory.guesses_of(extension, 1);
    }
    mallory.guesses_of("1009", 2);
    let carol = in_the_office(s, "1003", 40_003);
    carol.registers();
    carol.gets(200);
    mallory.guesses_of("1002", 1);
    let bob = in_the_office(s, "1002", 40_002);
    bob.registers();
    bob.gets(503);
    alice.registers();
    alice.gets(200);
}

/// A proxy in between has rewritten the Request-URI: that is refused, and is no wrong password.
pub fn answers_for_another_host(s: &mut Stage) {
    strict(s);
    let alice = in_the_office(s, "1001", 40_001);
    for _ in 0..6 {
        alice.registers_through("proxy.example");
        alice.gets(400);
    }
    alice.registers();
    alice.gets(200);
}

/// The NAT gives the registered phone another port: it refreshes, and is known by its Call-ID.
pub fn registered_phone_moves_during_a_ban(s: &mut Stage) {
    strict(s);
    let alice = in_the_office(s, "1001", 40_001);
    alice.registers();
    let mallory = in_the_office(s, "1002", 40_666);
    mallory.guesses(5);
    let alice = alice.at("203.0.113.9:40777");
    alice.registers();
    alice.gets(200);
}

/// A registered phone is heard for itself alone: what it tries for others counts for those.
pub fn registered_phone_guesses(s: &mut Stage) {
    strict(s);
    let alice = in_the_office(s, "1001", 40_001);
    alice.registers();
    let mallory = alice.clone().at("203.0.113.9:40666");
    mallory.guesses(4);
    let alice = mallory.at("203.0.113.9:40001");
    alice.guesses_for("1002");
    alice.gets(401);
    for _ in 0..3 {
        alice.guesses_for("1002");
    }
    alice.guesses_for("1002");
    alice.gets(503);
    alice.mistypes_nothing();
    alice.registers();
    alice.gets(200);
}

/// Somebody forges the address of the office. He never sees what we answer there, so the challenges that he answers
/// are those that he was given elsewhere, and nothing is held against the office.
pub fn forged_address(s: &mut Stage) {
    strict(s);
    let mallory = s.stranger();
    mallory.registers();
    let forged = in_the_office(s, "1009", 40_666);
    forged.falls_silent();
    for _ in 0..6 {
        forged.registers_with_the_answer_of(&mallory);
    }
    let carol = in_the_office(s, "1003", 40_003);
    carol.registers();
    carol.gets(200);
}
