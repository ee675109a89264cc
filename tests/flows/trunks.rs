//! Calls from carriers and to them.

use crate::stage::Stage;
use tandem::config::valid::Proof;

/// All phones of a DID ring; the first to answer has the call.
pub fn did_rings_all(s: &mut Stage) {
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    acme.calls("+442079460100");
    alice.rings();
    bob.rings();
    acme.hears("ringback");
    s.wait(4);
    bob.answers();
    acme.hears("1002");
    alice.is_asked("CANCEL");
    s.wait(30);
    acme.hangs_up();
    bob.is_asked("BYE");
}

/// The second 200 is confirmed and ended at once (RFC 3261 §13.2.2.4).
pub fn two_answer_at_once(s: &mut Stage) {
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    acme.calls("+442079460100");
    alice.rings();
    bob.rings();
    s.wait(4);
    s.crossing(|| {
        alice.answers();
        bob.answers();
    });
    bob.is_asked("BYE");
    acme.hears("1001");
    s.wait(5);
    alice.hangs_up();
    acme.is_asked("BYE");
}

/// The best of the refusals goes back (RFC 3261 §16.7).
pub fn all_decline(s: &mut Stage) {
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    acme.calls("+442079460100");
    alice.rings();
    alice.rejects(486);
    s.wait(1);
    bob.rejects(486);
    acme.gets(486);
}

pub fn caller_outside_gives_up(s: &mut Stage) {
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    acme.calls("+442079460101");
    alice.rings();
    s.wait(6);
    acme.cancels();
    acme.gets(487);
    alice.is_asked("CANCEL");
}

/// A ported number comes with parameters, and so may the caller's (RFC 4694).
pub fn did_with_parameters(s: &mut Stage) {
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    acme.calls("+442079460101;npdi;rn=+441632960000");
    alice.rings();
    alice.answers();
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
    alice.is_asked("BYE");
}

pub fn unknown_did(s: &mut Stage) {
    let acme = s.carrier("acme");
    acme.calls("+442079469999");
    acme.gets(404);
}

/// The carrier sees the house and its number, nothing of Alice and her phone.
pub fn extension_calls_out(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let acme = s.carrier("acme");
    alice.calls("02079460999");
    acme.rings();
    s.wait(3);
    acme.answers();
    acme.hears("1001");
    s.wait(12);
    acme.hangs_up();
    alice.is_asked("BYE");
}

pub fn carrier_is_busy(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let globe = s.carrier("globe");
    alice.calls("0015550123");
    globe.rejects(486);
    alice.gets(486);
}

/// What a phone claims about itself goes nowhere (RFC 3325 §5).
pub fn forged_identity(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let acme = s.carrier("acme");
    alice.calls_with("02079460999", |invite| {
        let tag = invite.tag("From").to_owned();
        invite
            .set(
                "From",
                format!("\"The Queen\" <sip:+442079300000@palace.example>;tag={tag}"),
            )
            .with("P-Asserted-Identity", "<sip:+442079300000@palace.example>")
            .with("Diversion", "<sip:+442079300000@palace.example>")
            .with("X-Secret", "the crown")
    });
    acme.is_asked("INVITE");
    acme.never_sees("442079300000");
    acme.never_sees("the crown");
    acme.rejects(503);
    alice.gets(503);
}

/// A trunk reaches the numbers that it was given and nothing else.
pub fn carrier_cannot_reach_extension(s: &mut Stage) {
    let acme = s.carrier("acme");
    let _alice = s.registered_phone("1001");
    acme.calls("1001");
    acme.gets(404);
    acme.calls("0015550123");
    acme.gets(404);
}

pub fn stranger_calls(s: &mut Stage) {
    let mallory = s.stranger();
    let _alice = s.registered_phone("1001");
    mallory.calls("+442079460100");
    s.wait(1);
    mallory.calls("1001");
}

/// The carrier's network is not enough where it must show a certificate: without it the caller is a stranger.
pub fn carrier_must_show_its_certificate(s: &mut Stage) {
    s.configure(|house| {
        let acme = house.trunks.get_mut("acme").unwrap();
        acme.proof = Some(Proof {
            authorities: "acme-ca.pem".into(),
            name: "sbc.acme.example".to_owned(),
        });
    });
    let alice = s.registered_phone("1001");
    let acme = s.carrier("acme").over_tls();
    acme.calls("+442079460101");
    acme.gets(401);
    acme.proves_to_be("acme");
    acme.calls("+442079460101");
    alice.rejects(486);
    acme.gets(486);
}
