//! Warm transfers that the switch itself makes, by order: the agent's phone has one call, and the story does the
//! rest (the timeline W of the house: alone, consult, together, apart again, left).

use crate::stage::{Party, Stage, cold, warm};
use tandem::call::gesture::Gesture;

/// The customer hears music; Alice and Carol talk in private.
fn consulting(s: &mut Stage) -> (Party, Party, Party) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    s.gesture(warm("1003"));
    carol.rings();
    carol.answers();
    s.wait(3);
    (alice, carol, acme)
}

/// All three talk.
fn together(s: &mut Stage) -> (Party, Party, Party) {
    let (alice, carol, acme) = consulting(s);
    s.gesture(Gesture::Merge);
    s.wait(3);
    (alice, carol, acme)
}

/// W0 to W6: consult in private, three-way, and the agent leaves; the other two talk on.
pub fn consult_together_leave(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    s.gesture(warm("1003"));
    acme.hears("music");
    carol.rings();
    alice.hears("ringback");
    carol.answers();
    acme.hears("music");
    alice.hears("1003");
    carol.hears("1001");
    s.wait(3);
    s.gesture(Gesture::Merge);
    acme.hears("1001 + 1003");
    alice.hears("acme + 1003");
    carol.hears("acme + 1001");
    s.wait(3);
    alice.hangs_up();
    acme.hears("1003");
    carol.hears("acme");
    s.wait(3);
    acme.hangs_up();
    carol.is_asked("BYE");
}

/// The customer leaves the three-way; the colleagues talk on, and the tape has ended.
pub fn customer_leaves_together(s: &mut Stage) {
    let (alice, carol, acme) = together(s);
    acme.hangs_up();
    alice.hears("1003");
    carol.hears("1001");
    s.wait(2);
    carol.hangs_up();
    alice.is_asked("BYE");
}

/// The colleague leaves the three-way.
pub fn colleague_leaves_together(s: &mut Stage) {
    let (alice, carol, acme) = together(s);
    carol.hangs_up();
    alice.hears("acme");
    acme.hears("1001");
    s.wait(2);
    alice.hangs_up();
    acme.is_asked("BYE");
}

/// W4: the agent takes the colleague aside once more, and the customer hears music again.
pub fn split_again(s: &mut Stage) {
    let (alice, carol, acme) = together(s);
    s.gesture_of("1001", Gesture::Split);
    acme.hears("music");
    alice.hears("1003");
    carol.hears("1001");
    s.wait(2);
    s.gesture(Gesture::Merge);
    acme.hears("1001 + 1003");
    carol.hangs_up();
    s.wait(1);
    acme.hangs_up();
    alice.is_asked("BYE");
}

/// The agent completes by hanging up while consulting.
pub fn completes_by_hanging_up(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    alice.hangs_up();
    acme.hears("1003");
    carol.hears("acme");
    s.wait(2);
    carol.hangs_up();
    acme.is_asked("BYE");
}

/// The agent completes while the colleague's phone still rings.
pub fn completes_while_it_rings(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    s.gesture(warm("1003"));
    carol.rings();
    s.gesture(Gesture::Complete);
    alice.is_asked("BYE");
    acme.hears("ringback");
    carol.answers();
    acme.hears("1003");
    s.wait(2);
    acme.hangs_up();
}

/// Completed while it rings, and the colleague declines: the agent is rung again, the customer's number shown.
pub fn completes_in_vain(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    s.gesture(warm("1003"));
    carol.rings();
    alice.hangs_up();
    carol.rejects(603);
    alice.rings();
    alice.answers();
    acme.hears("1001");
    s.wait(2);
    alice.hangs_up();
}

/// Between the two: each time the other one hears music.
pub fn swaps(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    s.gesture(Gesture::Swap);
    carol.hears("music");
    alice.hears("acme");
    acme.hears("1001");
    s.wait(2);
    s.gesture(Gesture::Swap);
    acme.hears("music");
    alice.hears("1003");
    carol.hears("1001");
    s.wait(2);
    s.gesture(Gesture::Complete);
    s.wait(1);
    acme.hangs_up();
}

/// The colleague is let go, and the customer is back.
pub fn cancels(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    s.gesture(Gesture::Cancel);
    carol.is_asked("BYE");
    alice.hears("acme");
    acme.hears("1001");
    s.wait(2);
    alice.hangs_up();
}

/// The colleague is busy: the agent hears it, and the customer is not suddenly on air.
pub fn colleague_is_busy(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    s.gesture(warm("1003"));
    carol.rejects(486);
    alice.hears("busy");
    acme.hears("music");
    s.wait(2);
    s.gesture(Gesture::Resume);
    acme.hears("1001");
    s.wait(1);
    acme.hangs_up();
}

/// The colleague hangs up in the consult.
pub fn colleague_hangs_up(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    carol.hangs_up();
    alice.hears("busy");
    acme.hears("music");
    s.gesture(Gesture::Resume);
    alice.hears("acme");
    s.wait(1);
    alice.hangs_up();
}

/// The customer hangs up in the consult: the two are told by a tone, and may talk on.
pub fn customer_hangs_up(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    acme.hangs_up();
    alice.hears("busy");
    carol.hears("busy");
    s.wait(2);
    alice.hears("1003");
    carol.hears("1001");
    alice.hangs_up();
    carol.is_asked("BYE");
}

/// The customer hangs up while the colleague's phone rings: the agent waits for the colleague.
pub fn customer_hangs_up_while_it_rings(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    s.gesture(warm("1003"));
    carol.rings();
    acme.hangs_up();
    alice.hears("ringback");
    carol.answers();
    alice.hears("1003");
    s.wait(1);
    carol.hangs_up();
}

/// The colleague is outside; the carrier sees the house, and the tape hears the colleague on our side.
pub fn colleague_outside(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(3);
    let globe = s.carrier("globe");
    s.gesture(warm("0033123456789"));
    globe.rings();
    globe.answers();
    acme.hears("music");
    alice.hears("globe");
    s.gesture(Gesture::Merge);
    acme.hears("1001 + globe");
    s.wait(2);
    alice.hangs_up();
    acme.hears("globe");
    s.wait(2);
    globe.hangs_up();
}

/// The agent called the customer; and the colleague asks a fourth in turn, while the other two talk.
pub fn four_together(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = together(s);
    s.gesture_of("1003", warm("1002"));
    bob.rings();
    bob.answers();
    acme.hears("1001");
    alice.hears("acme");
    carol.hears("1002");
    s.gesture(Gesture::Merge);
    acme.hears("1001 + 1003 + 1002");
    s.wait(1);
    acme.hangs_up();
    alice.hears("1003 + 1002");
    alice.hangs_up();
    bob.hangs_up();
    carol.is_asked("BYE");
}

/// Hold by order, and a cold transfer by order: the agent is out at once.
pub fn holds_and_hands_on(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    s.gesture(Gesture::Hold);
    acme.hears("music");
    alice.hears("–");
    s.wait(2);
    s.gesture(Gesture::Resume);
    acme.hears("1001");
    s.gesture(cold("1003"));
    alice.is_asked("BYE");
    carol.rings();
    acme.hears("ringback");
    carol.answers();
    acme.hears("1003");
    s.wait(1);
    acme.hangs_up();
}

/// What cannot be done is said, and changes nothing.
pub fn what_cannot_be(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(3);
    s.gesture(Gesture::Merge);
    s.gesture(Gesture::Swap);
    s.gesture(warm("9999"));
    s.gesture(cold("1002"));
    s.gesture_of("1003", Gesture::Hold);
    alice.hears("acme");
    s.wait(1);
    acme.hangs_up();
}

/// A consulted colleague hands the consult on by her own phone's key: that is not hers to hand on.
pub fn colleague_wants_to_hand_on(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = consulting(s);
    carol.hands_on_to("1002");
    carol.gets(491);
    alice.hears("1003");
    let _unrung = bob;
    s.gesture(Gesture::Complete);
    carol.hears("acme");
    s.wait(1);
    acme.hangs_up();
}

/// One thing after the other: while a colleague is being asked the call cannot go to somebody else.
pub fn cold_while_consulting(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = consulting(s);
    s.gesture(cold("1002"));
    alice.hears("1003");
    acme.hears("music");
    let _unrung = (bob, carol);
    s.wait(1);
    s.gesture(Gesture::Complete);
    s.wait(1);
    acme.hangs_up();
}

/// The agent of a three-way turns aside and then hangs up: the other two are talking, and nobody ends that.
pub fn holder_of_several_leaves(s: &mut Stage) {
    let (alice, carol, acme) = together(s);
    s.gesture_of("1001", Gesture::Hold);
    acme.hears("1003");
    alice.hangs_up();
    acme.hears("1003");
    carol.hears("acme");
    s.wait(1);
    acme.hangs_up();
    carol.is_asked("BYE");
}

/// Alice has handed the customer on and has not hung up yet; what Carol says to the customer between two words with
/// Bob is not for her.
pub fn who_has_handed_on_hears_nothing(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = s.agent_with_customer(3);
    alice.hands_on_to("1003");
    carol.rings();
    carol.answers();
    s.gesture_of("1003", warm("1002"));
    bob.answers();
    s.gesture(Gesture::Swap);
    acme.hears("1003");
    bob.hears("music");
    alice.hears("–");
    alice.hangs_up();
    s.gesture(Gesture::Cancel);
    s.wait(1);
    acme.hangs_up();
}
