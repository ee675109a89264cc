//! Why a call ends, as one side says it and the other is told: numbers, and never the other network's words
//! (RFC 3326, RFC 3261 §20.33).

use crate::stage::{Party, Stage};

/// A customer behind acme rings Alice.
fn ringing(s: &mut Stage) -> (Party, Party) {
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    acme.calls("+442079460101");
    alice.rings();
    s.wait(2);
    (acme, alice)
}

/// Alice's phone does not list the call as missed: somebody else has taken it.
pub fn answered_elsewhere(s: &mut Stage) {
    let (acme, alice) = ringing(s);
    acme.cancels_because("SIP;cause=200;text=\"gw7.acme.example has it\"");
    acme.gets(487);
    alice.is_told_by(
        "CANCEL",
        "Reason",
        "SIP;cause=200;text=\"Call completed elsewhere\"",
    );
    alice.never_sees("gw7");
}

/// The telephone network has the last word, whichever stands first.
pub fn network_gives_up(s: &mut Stage) {
    let (acme, alice) = ringing(s);
    acme.cancels_because("SIP;cause=487, Q.850;cause=31;text=\"core3.acme.example\"");
    alice.is_told_by("CANCEL", "Reason", "Q.850;cause=31");
    alice.never_sees("core3");
}

/// RFC 3261 §15: a BYE may end what is not answered yet, and say why.
pub fn early_dialog_is_ended(s: &mut Stage) {
    let (acme, alice) = ringing(s);
    acme.ends_early_dialog_because("Q.850;cause=26");
    alice.is_told_by("CANCEL", "Reason", "Q.850;cause=26");
}

/// A busy person says when to call again.
pub fn busy_for_a_while(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let globe = s.carrier("globe");
    alice.calls("0015550123");
    globe.rejects_with(486, |busy| {
        busy.with("Reason", "Q.850;cause=17;text=\"gw3.globe.example\"")
            .with("Retry-After", "120 (in a meeting)")
    });
    alice.gets(486);
    alice.gets_told("Reason", "Q.850;cause=17");
    alice.gets_told("Retry-After", "120");
    alice.never_sees("gw3");
    alice.never_sees("meeting");
}

/// A phone that took the carrier's 503 at its word would leave us alone for an hour (RFC 3261 §21.5.4).
pub fn carrier_is_overloaded(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let globe = s.carrier("globe");
    alice.calls("0015550123");
    globe.rejects_with(503, |full| {
        full.with("Retry-After", 3600).with("Reason", "Q.850;cause=42")
    });
    alice.gets(503);
    alice.gets_told("Reason", "Q.850;cause=42");
    alice.gets_told("Retry-After", "5");
}

/// Of two refusals the better one is passed on with all that belongs to it.
pub fn best_of_two(s: &mut Stage) {
    let acme = s.carrier("acme");
    let (alice, bob) = (s.registered_phone("1001"), s.registered_phone("1002"));
    acme.calls("+442079460100");
    alice.rejects_with(603, |no| no.with("Reason", "Q.850;cause=21"));
    bob.rejects_with(404, |no| {
        no.with("Reason", "Q.850;cause=1").with("Retry-After", 9)
    });
    acme.gets(603);
    acme.gets_told("Reason", "Q.850;cause=21");
    acme.gets_told("Retry-After", "");
}

/// BYE: what is no number, or no number that means something, does not pass.
pub fn hangs_up_because(s: &mut Stage) {
    let (acme, alice) = (s.carrier("acme"), s.registered_phone("1001"));
    for (said, told) in [
        ("Q.850;cause=38;text=\"link 4 is down\"", "Q.850;cause=38"),
        ("SIP;cause=503", "SIP;cause=503"),
        ("ACME;cause=7", "Q.850;cause=16"),
        ("Q.850;cause=999", "Q.850;cause=16"),
    ] {
        acme.calls("+442079460101");
        alice.answers();
        acme.hangs_up_because(said);
        alice.is_told_by("BYE", "Reason", told);
        alice.never_sees("link 4");
        s.wait(1);
    }
}

/// RFC 3665 §3.8–3.11: what a phone answers, and what its caller is told.
pub fn every_refusal_of_a_phone(s: &mut Stage) {
    let (alice, bob) = (s.registered_phone("1001"), s.registered_phone("1002"));
    for (said, told) in [
        (480, 480),
        (404, 480),
        (408, 480),
        (410, 410),
        (484, 484),
        (486, 486),
        (487, 480),
        (488, 488),
        (420, 500),
        (500, 500),
        (503, 503),
        (600, 600),
        (603, 603),
        (604, 604),
        (606, 606),
    ] {
        alice.calls("1002");
        bob.rejects(said);
        // Whom no codec suits is offered all that we know.
        if bob.is_rung() {
            bob.rejects(said);
        }
        alice.gets(told);
        s.wait(1);
    }
}

/// The same from a carrier, who knows whether a number exists, and whose challenges are between it and us.
pub fn every_refusal_of_a_carrier(s: &mut Stage) {
    let (alice, acme) = (s.registered_phone("1001"), s.carrier("acme"));
    for (said, told) in [
        (404, 404),
        (403, 403),
        (407, 503),
        (480, 480),
        (482, 482),
        (483, 483),
        (486, 486),
        (488, 488),
        (504, 504),
        (603, 603),
    ] {
        alice.calls("02079460999");
        acme.rejects(said);
        alice.gets(told);
        s.wait(1);
    }
}
