//! Mute: an agent who hears the others and is heard by nobody, and is on no tape, whatever becomes of the call
//! (W5 of the house's list).

use crate::stage::{Stage, warm};
use tandem::call::gesture::Gesture;

/// Alice coughs. The customer hears nothing of it, nor does the tape; she hears the customer all the while.
pub fn mutes_and_unmutes(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(3);
    s.gesture(Gesture::Mute);
    acme.hears("silence");
    alice.hears("acme");
    s.wait(1);
    // Twice is once.
    s.gesture_of("1001", Gesture::Mute);
    acme.hears("silence");
    s.wait(1);
    s.restart();
    acme.hears("silence");
    s.gesture(Gesture::Unmute);
    acme.hears("1001");
    s.gesture(Gesture::Unmute);
    s.wait(2);
    acme.hangs_up();
    alice.is_asked("BYE");
}

/// The mute stays until it is taken back: behind a hold of the phone, with a colleague, and in front of the customer
/// again.
pub fn through_hold_and_consult(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    s.gesture(Gesture::Mute);
    alice.holds();
    acme.hears("music");
    s.wait(1);
    alice.resumes();
    acme.hears("silence");
    s.gesture(warm("1003"));
    carol.answers();
    alice.hears("1003");
    carol.hears("silence");
    s.wait(1);
    s.gesture(Gesture::Swap);
    acme.hears("silence");
    alice.hears("acme");
    s.wait(1);
    s.gesture(Gesture::Cancel);
    acme.hears("silence");
    s.gesture(Gesture::Unmute);
    acme.hears("1001");
    s.wait(1);
    acme.hangs_up();
}

/// All three talk; Alice only listens, and the two hear each other as before.
pub fn in_a_three_way(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    s.gesture(warm("1003"));
    carol.answers();
    s.wait(1);
    s.gesture(Gesture::Merge);
    s.wait(1);
    s.gesture_of("1001", Gesture::Mute);
    acme.hears("1003");
    carol.hears("acme");
    alice.hears("acme + 1003");
    s.wait(2);
    s.gesture_of("1001", Gesture::Unmute);
    acme.hears("1001 + 1003");
    s.wait(1);
    alice.hangs_up();
    acme.hears("1003");
    s.wait(1);
    acme.hangs_up();
}

/// Carol is muted while she talks with Alice, who connects her with the customer by the keys of her phone: the
/// customer does not hear her before she wants it, and neither does the tape.
pub fn after_a_transfer(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    alice.holds();
    alice.calls("1003");
    carol.answers();
    s.wait(1);
    s.gesture_of("1003", Gesture::Mute);
    alice.connects_the_two();
    carol.hears("acme");
    acme.hears("silence");
    alice.hangs_up_older();
    alice.hangs_up();
    s.wait(1);
    s.gesture(Gesture::Unmute);
    acme.hears("1003");
    s.wait(1);
    acme.hangs_up();
}

/// Muted on one phone is muted on the next one that takes over the call.
pub fn taken_along_to_another_phone(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(3);
    s.gesture(Gesture::Mute);
    let kitchen = s.registered_phone("1001");
    kitchen.takes_over(&alice.newest_call());
    kitchen.hears("acme");
    acme.hears("silence");
    s.gesture(Gesture::Unmute);
    acme.hears("1001 bis");
    s.wait(1);
    acme.hangs_up();
}

/// Who does not talk, and who is not there, cannot be muted; where it is not clear whom that means, it is asked.
pub fn what_cannot_be(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    alice.calls("1002");
    bob.rings();
    s.gesture(Gesture::Mute);
    bob.answers();
    s.gesture(Gesture::Mute);
    s.gesture_of("1004", Gesture::Mute);
    bob.hears("1001");
    alice.hears("1002");
    s.wait(1);
    alice.hangs_up();
}
