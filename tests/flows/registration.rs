//! Phones make themselves known, stay, and go (RFC 3261 §10, RFC 3665 §2).

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

/// RFC 3261 §10.2.2: the star takes all back, and stands alone with Expires 0.
pub fn unregisters_all(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    alice.registers_contact("*", 60);
    alice.gets(400);
    alice.registers_with(|register| {
        register
            .set("Contact", "*")
            .with("Contact", "<sip:1001@10.0.0.9>")
            .set("Expires", 0)
    });
    alice.gets(400);
    alice.registers_contact("*", 0);
    alice.gets(200);
    bob.calls("1001");
    bob.gets(480);
}

/// RFC 3665 §2.2: a second contact beside the first, each with its own life.
pub fn adds_a_second_contact(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    s.wait(20);
    alice.registers_contact("<sip:1001@10.0.0.101:6060>", 300);
    alice.has_contacts(&[("10.0.0.101:5060", "580"), ("10.0.0.101:6060", "300")]);
}

/// RFC 3261 §19.1.4: what is written otherwise can mean the same.
pub fn writes_its_contact_otherwise(s: &mut Stage) {
    let alice = s.phone("1001");
    alice.registers_contact("<sip:1001@desk.example:5060;transport=udp;line=1>", 300);
    alice.registers_contact("<SIP:%31001@DESK.example:5060;line=1;Transport=UDP>", 600);
    alice.has_contacts(&[("DESK.example", "600")]);
    alice.registers_contact("<sip:1001@desk.example>", 300);
    alice.has_contacts(&[("DESK.example", "600"), ("<sip:1001@desk.example>", "300")]);
}

/// Nothing tells whether it was the user that is unknown or the password that is wrong (RFC 3261 §22.1).
pub fn unknown_user(s: &mut Stage) {
    let alice = s.phone("1001");
    alice.mistypes_password();
    alice.registers();
    alice.gets(401);
    let nobody = s.phone("1999");
    nobody.registers();
    nobody.gets(401);
    nobody.is_told_the_same_as(&alice);
}

/// RFC 7616 §5.12: whoever has overheard credentials can do nothing with them, not even what they were for.
pub fn credentials_are_good_once(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let mallory = s.stranger();
    mallory.replays_credentials_of(&alice);
    mallory.gets(401);
    alice.registers_again_with_old_credentials();
    alice.has_contacts(&[("10.0.0.101:5060", "600")]);
}

/// RFC 3261 §10.3 step 4.
pub fn registers_for_somebody_else(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    alice.registers_with(|register| register.set("To", "<sip:1002@tandem.example>"));
    alice.gets(403);
    alice.calls("1002");
    alice.gets(480);
}

/// RFC 3581: the answer goes where the request came from, and says how it was seen.
pub fn behind_a_nat(s: &mut Stage) {
    let alice = s.phone("1001").at("203.0.113.9:40001");
    alice.registers_with(|register| {
        let branch = register.branch().to_owned();
        register.set(
            "Via",
            format!("SIP/2.0/UDP 192.168.1.7:5060;branch={branch};rport"),
        )
    });
    alice.gets(200);
    alice.is_told("Via", "received=203.0.113.9");
    alice.is_told("Via", "rport=40001");
    alice.registers_with(|register| {
        let branch = register.branch().to_owned();
        register.set("Via", format!("SIP/2.0/UDP 192.168.1.7:5060;branch={branch}"))
    });
    alice.gets(200);
    alice.is_told("Via", "received=203.0.113.9");
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

/// The registration is gone, and the call that it has brought goes on.
pub fn unregisters_while_it_rings(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    alice.calls("1002");
    bob.rings();
    bob.registers_for(0);
    bob.gets(200);
    bob.answers();
    alice.hears("1002");
    s.wait(5);
    bob.hangs_up();
    alice.is_asked("BYE");
}

/// Whoever is asked last is believed: the call that comes before the phone has proven its wish still rings.
pub fn call_crosses_unregistration(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    s.crossing(|| {
        alice.calls("1002");
        bob.registers_for(0);
    });
    bob.rejects(486);
    alice.gets(486);
    alice.calls("1002");
    alice.gets(480);
}

pub fn expires_while_it_rings(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.phone("1002");
    bob.registers_for(60);
    s.wait(59);
    alice.calls("1002");
    bob.rings();
    s.wait(2);
    bob.answers();
    alice.hears("1002");
    alice.hangs_up();
    bob.is_asked("BYE");
}
