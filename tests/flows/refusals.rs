//! What is not for us, and what is no SIP.

use crate::stage::Stage;

/// RFC 3261 §12.2.2.
pub fn unknown_dialog(s: &mut Stage) {
    let alice = s.phone("1001");
    for method in ["BYE", "INVITE", "CANCEL"] {
        alice.sends(method, "sip:192.0.2.1:5060", |said| {
            let to = format!("{};tag=nobody", said.get("To"));
            said.set("To", to).with("Contact", "<sip:1001@10.0.0.101>")
        });
        alice.gets(481);
    }
}

/// RFC 3261 §11.
pub fn options(s: &mut Stage) {
    let acme = s.carrier("acme");
    acme.sends("OPTIONS", "sip:192.0.2.1:5060", |said| said);
    acme.gets(200);
}

/// What phones send over UDP to keep a way open (RFC 5626 §3.5): silence is the answer, and OPTIONS has its own.
pub fn keepalive(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    alice.sends_bytes(b"\r\n\r\n");
    alice.sends_bytes(b"\r\n");
    alice.sends_bytes(b"\0");
    alice.sends_bytes(b"\0\x01\0\0\x21\x12\xa4\x42stun-request");
    s.wait(5);
    alice.sends("OPTIONS", "sip:tandem.example", |said| said);
    alice.gets(200);
}

pub fn wrong_password_on_call(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let _bob = s.registered_phone("1002");
    alice.mistypes_password();
    alice.calls("1002");
    alice.gets(401);
}

/// RFC 3261 §8.2.1.
pub fn unknown_method(s: &mut Stage) {
    let alice = s.phone("1001");
    alice.sends("PUBLISH", "sip:192.0.2.1:5060", |said| said);
    alice.gets(405);
}

/// Nobody has calls made from outside of a call.
pub fn refer_outside_of_a_call(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    alice.sends("REFER", "sip:1002@tandem.example", |said| {
        said.with("Refer-To", "<sip:00900123456@tandem.example>")
    });
    alice.gets(403);
}

/// No answer, no trouble.
pub fn garbage(s: &mut Stage) {
    let mallory = s.stranger();
    mallory.sends_bytes(b"GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n");
    mallory.sends_bytes(b"INVITE sip:1001@192.0.2.1 SIP/2.0\r\n\r\n");
    mallory.sends_bytes(&[0xff; 40]);
}
