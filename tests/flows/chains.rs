//! One customer through many hands: cold, warm and with keys, one after the other. Whoever has the customer sees him and
//! nobody else, nobody outside learns of anybody in here, and it is one tape from the first word to the last.

use crate::stage::{Party, Stage, warm};
use tandem::call::gesture::Gesture;

/// Alice has the customer; Bob and Carol are at their desks.
fn people(s: &mut Stage) -> (Party, Party, Party, Party) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = s.agent_with_customer(3);
    (alice, bob, carol, acme)
}

/// The same with a customer whom Alice has called.
fn people_and_one_who_was_called(s: &mut Stage) -> (Party, Party, Party, Party) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = s.agent_who_called_the_customer(3);
    (alice, bob, carol, acme)
}

/// This agent hands on by REFER, and somebody answers.
fn refers(s: &mut Stage, from: &Party, number: &str, to: &Party, acme: &Party) {
    from.hands_on_to(number);
    acme.hears("music");
    to.rings();
    acme.hears("ringback");
    to.answers();
    from.hangs_up();
    to.hears("acme");
    s.wait(2);
}

/// This agent asks by order, and leaves the two to each other.
fn asks_and_leaves(s: &mut Stage, from: (&Party, &str), number: &str, to: &Party, acme: &Party) {
    s.gesture_of(from.1, warm(number));
    to.rings();
    to.answers();
    acme.hears("music");
    s.wait(2);
    s.gesture_of(from.1, Gesture::Complete);
    from.0.is_asked("BYE");
    to.hears("acme");
    s.wait(2);
}

/// One tape, as long as the call.
fn is_one_tape(s: &Stage) {
    let tapes = s.tapes();
    assert_eq!(tapes.len(), 1, "{tapes:?}");
}

/// From phone to phone, and then out of the house.
pub fn cold_three_times(s: &mut Stage) {
    let (alice, bob, carol, acme) = people(s);
    let globe = s.carrier("globe");
    refers(s, &alice, "1003", &carol, &acme);
    refers(s, &carol, "1002", &bob, &acme);
    refers(s, &bob, "0033123456789", &globe, &acme);
    for extension in ["1001", "1002", "1003"] {
        globe.never_sees(extension);
    }
    acme.hangs_up();
    globe.is_asked("BYE");
    is_one_tape(s);
}

/// The same with a customer whom the first of them has called.
pub fn cold_three_times_of_the_caller(s: &mut Stage) {
    let (alice, bob, carol, acme) = people_and_one_who_was_called(s);
    refers(s, &alice, "1003", &carol, &acme);
    refers(s, &carol, "1002", &bob, &acme);
    refers(s, &bob, "1001", &alice, &acme);
    alice.hangs_up();
    acme.is_asked("BYE");
    is_one_tape(s);
}

/// Each asks the next one first; the last is outside.
pub fn warm_three_times(s: &mut Stage) {
    let (alice, bob, carol, acme) = people(s);
    let globe = s.carrier("globe");
    asks_and_leaves(s, (&alice, "1001"), "1003", &carol, &acme);
    asks_and_leaves(s, (&carol, "1003"), "1002", &bob, &acme);
    asks_and_leaves(s, (&bob, "1002"), "0033123456789", &globe, &acme);
    for extension in ["1001", "1002", "1003"] {
        globe.never_sees(extension);
    }
    globe.hangs_up();
    acme.is_asked("BYE");
    is_one_tape(s);
}

/// The same, of one who was called, and back to where it began.
pub fn warm_three_times_of_the_caller(s: &mut Stage) {
    let (alice, bob, carol, acme) = people_and_one_who_was_called(s);
    asks_and_leaves(s, (&alice, "1001"), "1003", &carol, &acme);
    asks_and_leaves(s, (&carol, "1003"), "1002", &bob, &acme);
    asks_and_leaves(s, (&bob, "1002"), "1001", &alice, &acme);
    acme.hangs_up();
    is_one_tape(s);
}

/// Cold by REFER, warm by order, and by the keys of a phone with two lines.
pub fn cold_and_warm_and_by_keys(s: &mut Stage) {
    let (alice, bob, carol, acme) = people(s);
    let globe = s.carrier("globe");
    refers(s, &alice, "1003", &carol, &acme);
    asks_and_leaves(s, (&carol, "1003"), "1002", &bob, &acme);
    bob.holds();
    bob.calls("0033123456789");
    globe.answers();
    acme.hears("music");
    s.wait(2);
    bob.connects_the_two();
    bob.learns_outcome(&[100, 200]);
    acme.hears("globe");
    s.wait(5);
    acme.hangs_up();
    globe.is_asked("BYE");
    // What was said with globe before it was the customer's conversation is a call of its own to the outside.
    assert_eq!(s.tapes().len(), 2);
}

/// A colleague who is being asked asks the next one in turn, once all are together, and each leaves: the customer ends
/// with the last.
pub fn each_brings_in_the_next(s: &mut Stage) {
    let (alice, bob, carol, acme) = people(s);
    s.gesture(warm("1003"));
    carol.answers();
    s.gesture(Gesture::Merge);
    acme.hears("1001 + 1003");
    s.wait(1);
    alice.hangs_up();
    acme.hears("1003");
    s.wait(1);
    s.gesture(warm("1002"));
    bob.answers();
    s.gesture(Gesture::Merge);
    acme.hears("1003 + 1002");
    s.wait(1);
    carol.hangs_up();
    acme.hears("1002");
    s.wait(2);
    acme.hangs_up();
    is_one_tape(s);
}

/// In the middle of the chain nobody comes: the customer goes back by one, and no further.
pub fn goes_back_by_one(s: &mut Stage) {
    let (alice, bob, carol, acme) = people(s);
    refers(s, &alice, "1003", &carol, &acme);
    carol.hands_on_to("1002");
    carol.hangs_up();
    bob.rejects(486);
    carol.rings();
    alice.is_asked_times("INVITE", 1);
    carol.answers();
    acme.hears("1003");
    s.wait(2);
    acme.hangs_up();
    is_one_tape(s);
}

/// A customer who was handed on is handed on again before the first phone has hung up, and again: each phone learns how
/// its own transfer went.
pub fn three_times_in_a_breath(s: &mut Stage) {
    let (alice, bob, carol, acme) = people(s);
    let globe = s.carrier("globe");
    alice.hands_on_to("1003");
    carol.answers();
    carol.hands_on_to("1002");
    bob.answers();
    bob.hands_on_to("0033123456789");
    globe.answers();
    acme.hears("globe");
    for agent in [&alice, &carol, &bob] {
        agent.learns_outcome(&[100, 200]);
    }
    s.wait(5);
    for agent in [&alice, &carol, &bob] {
        agent.is_asked("BYE");
    }
    acme.hangs_up();
    is_one_tape(s);
}
