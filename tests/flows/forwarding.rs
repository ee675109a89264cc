//! Phones that send their callers on (RFC 3261 §8.1.3.4, RFC 5359 §2.7–2.9), and calls that would go in circles.

use crate::stage::{Party, Stage};

/// Alice, Bob and Carol, all registered.
fn house(s: &mut Stage) -> (Party, Party, Party) {
    (
        s.registered_phone("1001"),
        s.registered_phone("1002"),
        s.registered_phone("1003"),
    )
}

/// The caller is told once that it is sent on, and who calls stays who calls.
pub fn to_another_extension(s: &mut Stage) {
    let (alice, bob, carol) = house(s);
    alice.calls("1002");
    bob.forwards_to(&["<sip:1003@tandem.example>"]);
    alice.gets(181);
    carol.rings();
    alice.gets(180);
    s.wait(2);
    carol.answers();
    alice.hears("1003");
    carol.hears("1001");
    s.wait(5);
    alice.hangs_up();
    carol.is_asked("BYE");
}

/// The colleague outside is our side: the customer alone is on the left of the tape.
pub fn to_an_outside_number(s: &mut Stage) {
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    let globe = s.carrier("globe");
    acme.calls("+442079460101");
    alice.forwards_to(&["<sip:0015550123@tandem.example;user=phone>"]);
    globe.rings();
    globe.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "\"Reliable Radios\" <sip:+442079460100@192.0.2.1>",
    );
    acme.gets(180);
    globe.answers();
    acme.hears("globe");
    globe.hears("acme");
    s.wait(30);
    globe.hangs_up();
    acme.is_asked("BYE");
}

/// Bob's phone gives up by itself after a while; Carol's then has the whole time to ring.
pub fn after_ringing(s: &mut Stage) {
    let (alice, bob, carol) = house(s);
    alice.calls("1002");
    bob.rings();
    s.wait(15);
    bob.forwards_to(&["<sip:1003@tandem.example>"]);
    alice.gets(180);
    carol.rings();
    s.wait(15);
    carol.answers();
    alice.hears("1003");
    s.wait(5);
    carol.hangs_up();
}

/// The best that can be reached, whatever stands first (RFC 3261 §8.1.3.4).
pub fn first_contact_that_can_be_reached(s: &mut Stage) {
    let (alice, bob, carol) = house(s);
    alice.calls("1002");
    bob.forwards_to(&[
        "<sip:0015550123@tandem.example>;q=0.2",
        "<sip:1003@tandem.example>;q=0.7",
        "<sip:7777@tandem.example>;q=0.8",
        "<sip:1002@tandem.example>",
    ]);
    carol.rings();
    carol.answers();
    alice.hears("1003");
    s.wait(2);
    alice.hangs_up();
}

/// One of those who ring sends the call on; the others go on ringing.
pub fn one_of_a_group(s: &mut Stage) {
    let acme = s.carrier("acme");
    let (alice, bob, carol) = house(s);
    acme.calls("+442079460100");
    alice.rings();
    bob.forwards_to(&["<sip:1003@tandem.example>"]);
    carol.rings();
    s.wait(2);
    alice.answers();
    acme.hears("1001");
    carol.is_asked("CANCEL");
    s.wait(2);
    acme.hangs_up();
}

/// To a group of which some have had the call: the others are asked.
pub fn to_a_group_of_the_same(s: &mut Stage) {
    s.configure(|config| {
        let members = ["1001", "1002", "1003"].map(str::to_owned).to_vec();
        config.groups.insert("700".to_owned(), members);
    });
    let (alice, bob, carol) = house(s);
    alice.calls("1002");
    bob.forwards_to(&["<sip:700@tandem.example>"]);
    alice.gets(181);
    carol.forwards_to(&["<sip:700@tandem.example>"]);
    alice.gets(482);
}

/// Bob sends to Carol, Carol sends to Bob.
pub fn in_a_circle(s: &mut Stage) {
    let (alice, bob, carol) = house(s);
    alice.calls("1002");
    bob.forwards_to(&["<sip:1003@tandem.example>"]);
    carol.forwards_to(&["<sip:1002@tandem.example>"]);
    alice.gets(482);
}

/// Nobody is called back by his own call.
pub fn back_to_the_caller(s: &mut Stage) {
    let (alice, bob, _carol) = house(s);
    alice.calls("1002");
    bob.forwards_to(&["<sip:1001@tandem.example>"]);
    alice.gets(482);
}

/// From phone to phone to phone: at some point it is enough.
pub fn ever_on(s: &mut Stage) {
    s.configure(|config| {
        for number in 1004..=1011 {
            let extension = config.extensions["1003"].clone();
            config.extensions.insert(number.to_string(), extension);
        }
    });
    let alice = s.registered_phone("1001");
    let others: Vec<Party> = (1002..=1011)
        .map(|number| {
            let phone = s.phone(&number.to_string());
            if number > 1003 {
                phone.has_password_of("1003");
            }
            phone.registers();
            phone.gets(200);
            phone
        })
        .collect();
    s.forgets_what_was_drawn();
    alice.calls("1002");
    for (phone, next) in others.iter().zip(1003..) {
        phone.forwards_to(&[&format!("<sip:{next}@tandem.example>")]);
        if next == 1011 {
            break;
        }
    }
    alice.gets(483);
}

/// Where the extension may not call nobody is sent: no number of nobody's, no phone that is not there.
pub fn where_it_may_not_call(s: &mut Stage) {
    let (alice, bob) = (s.registered_phone("1001"), s.registered_phone("1002"));
    for contact in [
        "<sip:7777@tandem.example>",
        "<sip:1003@tandem.example>",
        "<mailto:bob@tandem.example>",
    ] {
        alice.calls("1002");
        bob.forwards_to(&[contact]);
        alice.gets(480);
        s.wait(1);
    }
}

/// The configuration may forbid it.
pub fn forbidden(s: &mut Stage) {
    s.configure(|config| {
        let bob = config.extensions.get_mut("1002").unwrap();
        bob.forward = false;
    });
    let (alice, bob, _carol) = house(s);
    alice.calls("1002");
    bob.forwards_to(&["<sip:1003@tandem.example>"]);
    alice.gets(480);
}

/// A carrier cannot send our callers anywhere.
pub fn carrier_cannot(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let acme = s.carrier("acme");
    let _globe = s.carrier("globe");
    alice.calls("02079460999");
    acme.forwards_to(&["<sip:0015550123@192.0.2.1>"]);
    alice.gets(480);
}

/// Everything that is not a new place to call is no forward.
pub fn other_redirections(s: &mut Stage) {
    let (alice, bob, _carol) = house(s);
    for status in [305, 380] {
        alice.calls("1002");
        bob.rejects_with(status, |moved| moved.with("Contact", "<sip:1003@tandem.example>"));
        alice.gets(480);
        s.wait(1);
    }
}

/// Alice gives up while it rings at Carol's.
pub fn caller_gives_up(s: &mut Stage) {
    let (alice, bob, carol) = house(s);
    alice.calls("1002");
    bob.forwards_to(&["<sip:1003@tandem.example>"]);
    carol.rings();
    s.wait(2);
    alice.cancels();
    alice.gets(487);
    carol.is_asked("CANCEL");
}

/// Two phones send the call to the same one: it rings there once, and its answer counts.
pub fn both_to_the_same(s: &mut Stage) {
    let acme = s.carrier("acme");
    let (alice, bob, carol) = house(s);
    acme.calls("+442079460100");
    alice.forwards_to(&["<sip:1003@tandem.example>"]);
    bob.forwards_to(&["<sip:1003@tandem.example>"]);
    carol.rings();
    carol.rejects(486);
    acme.gets(486);
}

/// Bob calls the number of Alice through the carrier, who brings the call back; Alice sends it out again. Our
/// own number calls from outside: that is enough.
pub fn our_own_call_comes_back(s: &mut Stage) {
    let (bob, acme, alice) = (
        s.registered_phone("1002"),
        s.carrier("acme"),
        s.registered_phone("1001"),
    );
    bob.calls("02079460101");
    acme.sends_back(false);
    alice.forwards_to(&["<sip:02079460101@tandem.example>"]);
    acme.gets(482);
    acme.rejects(482);
    bob.gets(482);
}

/// The same where the carrier says nothing of who calls: hops are counted on every leg, so it ends (RFC 3261
/// §16.3).
pub fn hops_run_out(s: &mut Stage) {
    let (bob, acme, alice) = (
        s.registered_phone("1002"),
        s.carrier("acme"),
        s.registered_phone("1001"),
    );
    bob.calls_with("02079460101", |invite| invite.set("Max-Forwards", 6));
    acme.is_told_by("INVITE", "Max-Forwards", "5");
    acme.sends_back(true);
    alice.is_told_by("INVITE", "Max-Forwards", "3");
    alice.forwards_to(&["<sip:02079460101@tandem.example>"]);
    acme.is_told_by("INVITE", "Max-Forwards", "2");
    acme.sends_back(true);
    alice.is_told_by("INVITE", "Max-Forwards", "0");
    alice.forwards_to(&["<sip:02079460101@tandem.example>"]);
    acme.gets(483);
    acme.rejects(483);
    acme.gets(483);
    acme.rejects(483);
    bob.gets(483);
}
