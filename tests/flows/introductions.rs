//! Who sees whom while a call is handed on inside the house. Who is asked sees the agent; who waits sees nothing new, and
//! least of all a colleague who is asked in private; when all is done each sees whom he has. The referee reads every
//! message to a phone for the form (P-Asserted-Identity as From, Remote-Party-ID as P-Asserted-Identity).

use crate::stage::{Party, Stage, cold, warm};
use tandem::call::gesture::Gesture;

/// Bob has called Alice; Carol is at her desk.
fn colleagues(s: &mut Stage) -> (Party, Party, Party) {
    let bob = s.registered_phone("1002");
    let alice = s.registered_phone("1001");
    let carol = s.registered_phone("1003");
    bob.calls("1001");
    alice.answers();
    s.wait(2);
    (alice, bob, carol)
}

/// The same with phones that understand UPDATE.
fn colleagues_with_update(s: &mut Stage) -> (Party, Party, Party) {
    let bob = s.registered_phone("1002");
    let alice = s.registered_phone("1001");
    let carol = s.registered_phone("1003");
    for phone in [&alice, &bob, &carol] {
        phone.knows_update();
    }
    bob.calls_with("1001", |invite| {
        invite.with("Allow", "INVITE, ACK, BYE, CANCEL, UPDATE")
    });
    alice.answers();
    s.wait(2);
    (alice, bob, carol)
}

/// He waits, and is told of Carol only when she is his; she is told of him then, and not before.
fn asked_and_completed(s: &mut Stage, (alice, bob, carol): (Party, Party, Party)) {
    s.gesture_of("1001", warm("1003"));
    carol.sees("1001");
    carol.rings();
    carol.answers();
    alice.sees("1003");
    s.wait(2);
    bob.never_sees("1003");
    carol.never_sees("1002");
    s.gesture_of("1001", Gesture::Complete);
    bob.sees("1003");
    carol.sees("1002");
    s.wait(2);
    bob.hangs_up();
}

/// He has not confirmed yet that he was answered when she hands him on: he is told as soon as that can be (RFC 4916 §1).
pub fn before_he_has_confirmed(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let alice = s.registered_phone("1001");
    let carol = s.registered_phone("1003");
    bob.keeps_back("ACK");
    bob.calls("1001");
    alice.answers();
    alice.hands_on_to("1003");
    carol.answers();
    bob.hears("1003");
    bob.never_sees("1003");
    bob.confirms_at_last();
    bob.sees("1003");
    s.wait(2);
    bob.hangs_up();
}

pub fn by_reinvite(s: &mut Stage) {
    let people = colleagues(s);
    asked_and_completed(s, people);
}

pub fn by_update(s: &mut Stage) {
    let people = colleagues_with_update(s);
    let (bob, carol) = (people.1.clone(), people.2.clone());
    asked_and_completed(s, people);
    bob.is_asked("UPDATE");
    carol.is_asked("UPDATE");
}

/// The one who called is the agent this time, and the one who was called waits.
pub fn of_one_who_was_called(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    let carol = s.registered_phone("1003");
    alice.calls("1002");
    bob.answers();
    s.wait(2);
    asked_and_completed(s, (alice, bob, carol));
}

/// By the keys of the phone.
pub fn by_keys(s: &mut Stage) {
    let (alice, bob, carol) = colleagues(s);
    alice.holds();
    alice.calls("1003");
    carol.sees("1001");
    carol.answers();
    s.wait(2);
    bob.never_sees("1003");
    carol.never_sees("1002");
    alice.connects_the_two();
    bob.sees("1003");
    carol.sees("1002");
    s.wait(5);
    bob.hangs_up();
}

/// Whoever was asked and let go has never been heard of.
pub fn asked_and_let_go(s: &mut Stage) {
    let (alice, bob, carol) = colleagues(s);
    s.gesture_of("1001", warm("1003"));
    carol.answers();
    alice.sees("1003");
    s.wait(1);
    s.gesture_of("1001", Gesture::Cancel);
    alice.sees("1002");
    bob.never_sees("1003");
    carol.never_sees("1002");
    s.wait(1);
    bob.hangs_up();
}

/// Cold: Carol sees who waits for her, and by whom he was sent; he sees her when she is there.
pub fn handed_on(s: &mut Stage) {
    let (alice, bob, carol) = colleagues(s);
    alice.hands_on_to("1003");
    carol.sees("1002");
    carol.rings();
    bob.never_sees("1003");
    carol.answers();
    bob.sees("1003");
    alice.hangs_up();
    s.wait(2);
    bob.hangs_up();
}

/// In vain: he is Alice's again, and nobody has told him of Carol.
pub fn handed_on_in_vain(s: &mut Stage) {
    let (alice, bob, carol) = colleagues(s);
    s.gesture_of("1001", cold("1003"));
    carol.rings();
    carol.rejects(486);
    alice.sees("1002");
    alice.answers();
    bob.never_sees("1003");
    s.wait(2);
    alice.hangs_up();
}

/// A customer outside is told of nobody at all; his carrier gets no message but those of his own call.
pub fn of_a_customer(s: &mut Stage) {
    let (_alice, carol, acme) = s.agent_with_customer(2);
    s.gesture(warm("1003"));
    carol.sees("1001");
    carol.answers();
    s.wait(1);
    s.gesture(Gesture::Complete);
    carol.sees("+447700900123");
    acme.never_sees("1003");
    acme.is_asked_times("INVITE", 0);
    acme.is_asked_times("UPDATE", 0);
    s.wait(2);
    acme.hangs_up();
}
