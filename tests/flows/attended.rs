//! Attended transfers from the phone's own keys: two calls on one phone, and a REFER with Replaces that connects
//! their far ends (RFC 5589 §7, RFC 3891).

use crate::stage::{Party, Stage, warm};

/// The customer hears music; Alice and Carol talk in private.
fn consulting(s: &mut Stage) -> (Party, Party, Party) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    alice.holds();
    alice.calls("1003");
    carol.rings();
    carol.answers();
    acme.hears("music");
    carol.hears("1001·2");
    s.wait(3);
    (alice, carol, acme)
}

/// RFC 5589 §7.3: no INVITE goes to Carol, her call is taken over; both displays learn whom they see now.
pub fn customer_to_colleague(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    alice.connects_the_two();
    alice.gets(202);
    alice.learns_outcome(&[100, 200]);
    acme.hears("1003");
    carol.hears("acme");
    alice.hangs_up();
    alice.hangs_up_older();
    s.wait(5);
    acme.hangs_up();
    carol.is_asked("BYE");
}

/// The colleague is outside, over another carrier: two trunks, each with the house between.
pub fn customer_to_the_world(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(3);
    let globe = s.carrier("globe");
    alice.holds();
    alice.calls("0033123456789");
    globe.rings();
    globe.answers();
    s.wait(2);
    alice.connects_the_two();
    acme.hears("globe");
    globe.hears("acme");
    s.wait(5);
    globe.hangs_up();
    acme.is_asked("BYE");
}

/// A phone may name our Contact instead of the number, and add headers after Replaces.
pub fn named_by_contact(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    alice.connects_by(|call| format!("<{}?Replaces={}&Require=replaces>", call.target, call.replaces()));
    alice.learns_outcome(&[100, 200]);
    acme.hears("1003");
    s.wait(5);
    carol.hangs_up();
}

/// A phone may forget the angle brackets (baresip does).
pub fn named_without_brackets(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    alice.connects_by(|call| format!("sip:1003@tandem.example?Replaces={}", call.replaces()));
    alice.learns_outcome(&[100, 200]);
    acme.hears("1003");
    s.wait(5);
    carol.hangs_up();
}

/// Phones disagree on whose tag is which.
pub fn tags_the_other_way_round(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    alice.connects_by(|call| {
        let (theirs, ours) = call.tags();
        let id = call.invite.get("Call-ID");
        format!("<sip:1003@tandem.example?Replaces={id}%3Bfrom-tag%3D{theirs}%3Bto-tag%3D{ours}>")
    });
    alice.learns_outcome(&[100, 200]);
    carol.hears("acme");
    s.wait(5);
    acme.hangs_up();
}

/// The second call came to Alice while the customer waited.
pub fn colleague_had_called(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    alice.holds();
    carol.calls("1001");
    alice.rings();
    alice.answers();
    s.wait(2);
    alice.connects_the_two();
    acme.hears("1003");
    carol.hears("acme");
    s.wait(5);
    carol.hangs_up();
}

/// Alice talks with Carol first and then calls the customer: the conversation is the customer's all the same.
pub fn customer_was_called(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let carol = s.registered_phone("1003");
    let acme = s.carrier("acme");
    carol.calls("1001");
    alice.answers();
    alice.holds();
    alice.calls("02079460999");
    acme.answers();
    s.wait(2);
    alice.connects_the_two();
    acme.hears("1003");
    carol.hears("acme");
    s.wait(5);
    acme.hangs_up();
}

/// Alice calls the customer for Carol, and connects them while the customer's telephone still rings: from the answer on
/// it is the customer's conversation, and on tape like any other.
pub fn customer_is_still_rung(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let carol = s.registered_phone("1003");
    let acme = s.carrier("acme");
    carol.calls("1001");
    alice.answers();
    alice.holds();
    alice.calls("02079460999");
    acme.rings();
    alice.connects_the_two();
    carol.hears("ringback");
    acme.answers();
    carol.hears("acme");
    s.wait(5);
    acme.hangs_up();
}

/// Semi-attended: the REFER comes while Carol's phone still rings. It rings on, for the customer now.
pub fn while_it_rings(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    alice.holds();
    alice.calls("1003");
    carol.rings();
    s.wait(2);
    alice.connects_the_two();
    acme.hears("ringback");
    s.wait(2);
    carol.answers();
    acme.hears("1003");
    alice.learns_outcome(&[100, 200]);
    s.wait(5);
    acme.hangs_up();
}

/// The same, and Alice hangs up at that moment.
pub fn while_it_rings_and_hangs_up(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    alice.holds();
    alice.calls("1003");
    carol.rings();
    alice.connects_the_two();
    alice.hangs_up();
    s.wait(2);
    carol.answers();
    acme.hears("1003");
    s.wait(5);
    acme.hangs_up();
}

/// The same, and Carol will not: the customer is Alice's again.
pub fn while_it_rings_in_vain(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    alice.holds();
    alice.calls("1003");
    carol.rings();
    alice.connects_the_two();
    s.wait(2);
    carol.rejects(486);
    alice.learns_outcome(&[100, 486]);
    alice.resumes();
    acme.hears("1001");
    s.wait(1);
    acme.hangs_up();
}

/// The same, and Carol, who waits, goes to another phone meanwhile: the tape waits for the customer with her.
pub fn customer_is_still_rung_for_another_phone(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let carol = s.registered_phone("1003");
    let acme = s.carrier("acme");
    carol.calls("1001");
    alice.answers();
    alice.holds();
    alice.calls("02079460999");
    acme.rings();
    alice.connects_the_two();
    let kitchen = s.registered_phone("1003");
    kitchen.takes_over(&carol.newest_call());
    kitchen.hears("ringback");
    acme.answers();
    kitchen.hears("acme");
    s.wait(5);
    acme.hangs_up();
}

/// The customer has left Alice and Carol to each other, and his tape has ended; another one whom Alice calls for Carol
/// has one of his own.
pub fn another_customer_is_still_rung(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(1);
    let globe = s.carrier("globe");
    s.gesture(warm("1003"));
    carol.answers();
    acme.hangs_up();
    s.wait(2);
    alice.holds();
    alice.calls("0033123456789");
    globe.rings();
    alice.connects_the_two();
    globe.answers();
    carol.hears("globe");
    s.wait(5);
    globe.hangs_up();
}

/// The customer has hung up a moment before: Alice's phone is told, and she talks on with Carol.
pub fn customer_gone_before(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    s.crossing(|| {
        acme.hangs_up();
        alice.connects_the_two();
    });
    carol.hears("1001");
    s.wait(2);
    carol.hangs_up();
}

/// Alice consults Carol by order, and then connects her customer with Bob by her phone's key: Carol is let go.
pub fn with_somebody_waiting_aside(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = s.agent_with_customer(3);
    s.gesture(warm("1003"));
    carol.answers();
    alice.holds();
    alice.calls("1002");
    bob.answers();
    alice.connects_the_two();
    carol.is_asked("BYE");
    acme.hears("1002");
    s.wait(5);
    acme.hangs_up();
}

/// A dialog that we do not know: the phone is told by NOTIFY, and its calls are as they were.
pub fn no_such_call(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    alice.connects_by(|_| {
        "<sip:1003@tandem.example?Replaces=elsewhere%3Bto-tag%3D1%3Bfrom-tag%3D2>".to_owned()
    });
    alice.gets(202);
    alice.learns_outcome(&[100, 481]);
    carol.hears("1001·2");
    carol.hangs_up();
    alice.resumes();
    acme.hears("1001");
    s.wait(1);
    acme.hangs_up();
}

/// Nobody connects the calls of others, even if he knows their names.
pub fn somebody_elses_call(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = consulting(s);
    let globe = s.carrier("globe");
    bob.calls("0033123456789");
    globe.answers();
    let named = carol.newest_call();
    bob.connects_to(&named);
    bob.learns_outcome(&[100, 403]);
    carol.hears("1001·2");
    s.wait(1);
    bob.hangs_up();
    carol.hangs_up();
    alice.hangs_up();
    acme.is_asked("BYE");
}
