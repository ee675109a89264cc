//! Telephone numbers as people, phones and carriers write them.

use crate::stage::Stage;

/// However it is written, it is one number.
pub fn dialled_as_people_write_them(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let acme = s.carrier("acme");
    let globe = s.carrier("globe");
    let bob = s.registered_phone("1002");
    for number in [
        "+44%20(0)20%207946%200999",
        "+44-20-7946-0999",
        "020.7946.0999",
        "(020)7946/0999",
        "%E2%80%AD+44%C2%A020%207946%200999%E2%80%AC",
        "2079460999;phone-context=+44",
    ] {
        alice.calls(number);
        acme.is_addressed("INVITE", "sip:+442079460999@198.51.100.201");
        acme.rejects(486);
        alice.gets(486);
    }
    alice.calls("0044%20(0)20%207946%200999");
    globe.is_addressed("INVITE", "sip:+442079460999@198.51.100.202");
    globe.rejects(486);
    alice.gets(486);
    alice.calls("10-02");
    bob.rejects(486);
    alice.gets(486);
}

/// Our own number, as those write it who call it.
pub fn called_as_carriers_write_them(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let acme = s.carrier("acme");
    for number in [
        "+44-20-7946-0101",
        "+44(0)2079460101",
        "00442079460101",
        "442079460101",
        "2079460101;phone-context=+44",
        "+442079460101;npdi;rn=+44",
    ] {
        acme.calls(number);
        alice.rejects(486);
        acme.gets(486);
    }
    acme.calls_with("our-name", |invite| {
        invite.set("To", "<sip:+442079460101@tandem.example>")
    });
    alice.rejects(486);
    acme.gets(486);
}

/// Whoever calls is shown with a number that can be called back.
pub fn callers_as_carriers_write_them(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let acme = s.carrier("acme");
    for from in [
        "<sip:+44-7911-123456@acme.example>",
        "<sip:+44(0)7911123456@acme.example;user=phone>",
        "<tel:+44-7911-123456>",
        "<tel:7911123456;phone-context=+44>",
        "<sip:00447911123456@acme.example>",
        "<sip:7911123456;phone-context=+44@acme.example;user=phone>",
    ] {
        acme.calls_with("+442079460101", |invite| {
            let tag = invite.tag("From").to_owned();
            invite.set("From", format!("{from};tag={tag}"))
        });
        alice.is_told_by(
            "INVITE",
            "P-Asserted-Identity",
            "<sip:+447911123456@tandem.example>",
        );
        alice.rejects(486);
        acme.gets(486);
    }
}

/// `00` and nothing behind it, a lone `+`, and what has no keys: nothing of it goes out.
pub fn what_no_telephone_can_dial(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let (acme, globe) = (s.carrier("acme"), s.carrier("globe"));
    for number in ["00", "+", "(0", "00-", "00bob"] {
        alice.calls(number);
        alice.gets(404);
    }
    acme.never_sees("INVITE sip");
    globe.never_sees("INVITE sip");
}
