//! One extension calls another (RFC 3261 §13, §15; RFC 3665 §3).

use crate::stage::{Party, Stage};

/// Alice and Bob, talking.
fn talking(s: &mut Stage) -> (Party, Party) {
    let (alice, bob) = s.alice_and_bob();
    alice.calls("1002");
    bob.rings();
    s.wait(2);
    bob.answers();
    alice.gets(200);
    s.wait(5);
    (alice, bob)
}

pub fn caller_hangs_up(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.calls("1002");
    bob.rings();
    alice.gets(180);
    alice.hears("ringback");
    s.wait(3);
    bob.answers();
    alice.hears("1002");
    bob.hears("1001");
    s.wait(60);
    alice.hangs_up();
    bob.is_asked("BYE");
}

pub fn callee_hangs_up(s: &mut Stage) {
    let (alice, bob) = talking(s);
    bob.hangs_up();
    alice.is_asked("BYE");
}

/// RFC 3261 §9: CANCEL, and 487 for the INVITE.
pub fn caller_gives_up(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.calls("1002");
    bob.rings();
    s.wait(4);
    alice.cancels();
    alice.gets(487);
    bob.is_asked("CANCEL");
}

pub fn nobody_answers(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.calls("1002");
    bob.rings();
    s.wait(21);
    alice.gets(480);
    bob.is_asked("CANCEL");
}

pub fn busy(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.calls("1002");
    bob.rejects(486);
    alice.gets(486);
}

pub fn declined(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.calls("1002");
    bob.rings();
    s.wait(1);
    bob.rejects(603);
    alice.gets(603);
}

/// Whatever a rule's `*` allows: no letters, no line ends, no second address reach a carrier.
pub fn what_no_telephone_can_dial(s: &mut Stage) {
    let _acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    for dialled in ["00bob", "0044%0d%0aX:%20y", "0044%40elsewhere.example"] {
        alice.calls(dialled);
        alice.gets(404);
    }
}

pub fn unknown_number(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    alice.calls("7777");
    alice.gets(404);
}

pub fn not_registered(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    alice.calls("1002");
    alice.gets(480);
}

/// Both of Bob's phones ring; the one that is not picked up is told why it stops (RFC 3326).
pub fn two_phones_of_one_extension(s: &mut Stage) {
    let (alice, desk) = s.alice_and_bob();
    let kitchen = s.registered_phone("1002");
    alice.calls("1002");
    desk.rings();
    kitchen.rings();
    s.wait(2);
    kitchen.answers();
    desk.is_asked("CANCEL");
    s.wait(5);
    alice.hangs_up();
}

/// What the callee plays before it answers is not our ringback.
pub fn early_media(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.calls("1002");
    bob.plays_early_media();
    s.wait(2);
    bob.answers();
    s.wait(5);
    alice.hangs_up();
}

/// RFC 5407 §3.1.2: Alice gives up while Bob's answer is on its way; Bob's call is confirmed and ended.
pub fn cancel_crosses_answer(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.calls("1002");
    bob.rings();
    s.wait(2);
    s.crossing(|| {
        alice.cancels();
        bob.answers();
    });
    alice.gets(487);
    bob.is_asked("BYE");
}

/// The same the other way round: the answer was first, so Alice has a call, and ends it.
pub fn answer_crosses_cancel(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.calls("1002");
    bob.rings();
    s.wait(2);
    s.crossing(|| {
        bob.answers();
        alice.cancels();
    });
    bob.is_asked("BYE");
}

/// RFC 5407 §3.2.1: two BYEs cross, and both are answered.
pub fn both_hang_up(s: &mut Stage) {
    let (alice, bob) = talking(s);
    s.crossing(|| {
        alice.hangs_up();
        bob.hangs_up();
    });
}

/// RFC 3261 §13.3.1.4: the 200 is repeated for 64·T1, then the call is ended on both sides.
pub fn answer_never_confirmed(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.keeps_back("ACK");
    alice.calls("1002");
    bob.rings();
    s.wait(1);
    bob.answers();
    s.wait(40);
    alice.is_asked("BYE");
    bob.is_asked("BYE");
}

/// RFC 3261 §17.1.1.2: INVITE at 0.5, 1, 2 … s; Bob's phone is given up after 64·T1 or when ringing is over.
pub fn callee_is_dead(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    bob.falls_silent();
    alice.calls("1002");
    s.wait(40);
    alice.gets(480);
}

pub fn no_codec_in_common(s: &mut Stage) {
    let (alice, _bob) = s.alice_and_bob();
    alice.speaks_only(&[(18, "G729")]);
    alice.calls("1002");
    alice.gets(488);
}

/// The callee itself says that it has no codec for it, and has none when it is asked with all that we know: the caller
/// is told the same.
pub fn callee_refuses_the_codecs(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.calls("1002");
    bob.rejects(488);
    bob.is_asked_times("INVITE", 2);
    bob.rejects(488);
    alice.gets(488);
}

/// Each leg agrees on its own codec; the media plane translates.
pub fn codecs_differ(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.speaks_only(&[(8, "PCMA"), (96, "telephone-event")]);
    bob.speaks_only(&[(0, "PCMU")]);
    alice.calls("1002");
    bob.rings();
    bob.answers();
    s.wait(5);
    bob.hangs_up();
}
