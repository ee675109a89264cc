//! Phones make themselves known (RFC 3261 §10, RFC 3665 §2).

use crate::stage::Stage;

pub fn with_both_algorithms(s: &mut Stage) {
    let alice = s.phone("1001");
    alice.registers();
    alice.gets(200);
}

/// RFC 8760: who does not know SHA-256 takes the second challenge.
pub fn with_md5_only(s: &mut Stage) {
    let alice = s.phone("1001");
    alice.digests_with(&["MD5"]);
    alice.registers();
    alice.gets(200);
}

pub fn wrong_password(s: &mut Stage) {
    let alice = s.phone("1001");
    alice.mistypes_password();
    alice.registers();
    alice.gets(401);
}

pub fn unregisters(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    bob.registers_for(0);
    bob.gets(200);
    alice.calls("1002");
    alice.gets(480);
}

/// RFC 3261 §10.2.2.
pub fn unregisters_all(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    alice.registers_with(|register| register.set("Contact", "*").set("Expires", 0));
    alice.gets(200);
    alice.registers_with(|register| register.set("Contact", "*").set("Expires", 60));
    alice.gets(400);
}

/// RFC 3261 §10.2.3: a REGISTER without Contact changes nothing and shows all.
pub fn asks_what_is_there(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    s.wait(100);
    alice.registers_with(|mut register| {
        register
            .fields
            .retain(|(name, _)| name != "Contact" && name != "Expires");
        register
    });
    alice.gets(200);
}

/// RFC 3261 §10.3 step 7.
pub fn too_brief(s: &mut Stage) {
    let alice = s.phone("1001");
    alice.registers_for(5);
    alice.gets(423);
}

/// RFC 7616 §3.3: an old nonce is no wrong password.
pub fn nonce_too_old(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    s.wait(400);
    alice.registers_again_with_old_credentials();
    alice.gets(200);
}

pub fn expires(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.phone("1002");
    bob.registers_for(60);
    s.wait(59);
    alice.calls("1002");
    bob.rejects(486);
    s.wait(2);
    alice.calls("1002");
    alice.gets(480);
}

/// A NAT gives the phone another port: the same Call-ID, so the same phone, and only one binding.
pub fn moves_to_another_port(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    let bob = bob.at("10.0.0.102:61234");
    bob.registers();
    bob.gets(200);
    alice.calls("1002");
    bob.rejects(486);
    alice.gets(486);
}

/// RFC 3261 §10.3 step 7: what comes late must not undo what came before.
pub fn older_cseq(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let alice = s.registered_phone("1001");
    alice.registers_with(|register| register.set("CSeq", "1 REGISTER").set("Expires", 0));
    bob.calls("1001");
    alice.rejects(486);
    bob.gets(486);
}
