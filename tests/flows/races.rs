//! What crosses, what comes too early, and what does not fit (RFC 5407).

use crate::stage::{Party, Stage};

/// Alice and Bob, both registered.
fn house(s: &mut Stage) -> (Party, Party) {
    (s.registered_phone("1001"), s.registered_phone("1002"))
}

/// Alice and Bob, talking.
fn talking(s: &mut Stage) -> (Party, Party) {
    let (alice, bob) = house(s);
    alice.calls("1002");
    bob.rings();
    bob.answers();
    s.wait(5);
    (alice, bob)
}

/// RFC 5407 §3.1.6: Alice hangs up at once, and her BYE overtakes her ACK.
pub fn bye_before_ack(s: &mut Stage) {
    let (alice, bob) = house(s);
    alice.keeps_back("ACK");
    alice.calls("1002");
    bob.rings();
    bob.answers();
    alice.hangs_up();
    alice.gets(200);
    bob.is_asked("BYE");
}

/// RFC 3261 §15: a caller may end an early dialog by BYE.
pub fn bye_instead_of_cancel(s: &mut Stage) {
    let (alice, bob) = house(s);
    alice.calls("1002");
    bob.rings();
    s.wait(2);
    alice.ends_early_dialog();
    bob.is_asked("CANCEL");
}

/// RFC 5407 §3.1.4: hold is pressed before the ACK is sent.
pub fn reinvite_before_ack(s: &mut Stage) {
    let (alice, bob) = house(s);
    alice.keeps_back("ACK");
    alice.calls("1002");
    bob.rings();
    bob.answers();
    alice.holds();
    s.wait(1);
    alice.hangs_up();
    bob.is_asked("BYE");
}

/// RFC 3261 §12.2.2: what is older than what we have seen is refused, and changes nothing.
pub fn lower_cseq(s: &mut Stage) {
    let (alice, bob) = talking(s);
    alice.sends_within("OPTIONS", |said| said);
    alice.gets(200);
    alice.sends_within("OPTIONS", |said| said.set("CSeq", "1 OPTIONS"));
    alice.gets(500);
    alice.hears("1002");
    bob.hangs_up();
}

/// RFC 3261 §13.2.1: an answer that cannot be used is confirmed, and the call is ended.
pub fn answer_without_common_codec(s: &mut Stage) {
    let (alice, bob) = house(s);
    alice.calls("1002");
    bob.rings();
    bob.answers_with_foreign_codec();
    bob.is_asked("ACK");
    bob.is_asked("BYE");
    s.wait(1);
}

/// RFC 3261 §14.1: a refused re-INVITE leaves the call as it was.
pub fn reinvite_without_common_codec(s: &mut Stage) {
    let (alice, bob) = talking(s);
    alice.changes_to(&[(18, "G729")]);
    alice.gets(488);
    alice.hears("1002");
    bob.hears("1001");
    s.wait(2);
    bob.hangs_up();
}

/// RFC 3261 §16.7: the caller learns the answer that says most.
pub fn one_phone_busy_one_gone(s: &mut Stage) {
    let (alice, desk) = house(s);
    let kitchen = s.registered_phone("1002");
    alice.calls("1002");
    kitchen.rejects(404);
    desk.rejects(486);
    alice.gets(486);
}

/// It rings like any other, until somebody has had enough.
pub fn phone_calls_itself(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    alice.calls("1001");
    alice.rings();
    s.wait(2);
    alice.rejects(486);
    alice.gets(486);
}

/// A phone cannot send our callers elsewhere.
pub fn redirected(s: &mut Stage) {
    let (alice, bob) = house(s);
    alice.calls("1002");
    bob.rejects(302);
    s.wait(1);
    alice.gets(480);
}

/// RFC 3261 §8.2.2.3.
pub fn extension_required(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    alice.calls_with("1002", |invite| invite.with("Require", "teleport"));
    alice.gets(420);
}

/// RFC 3261 §16.3: nobody forwards what has no hop left, or loops would never end.
pub fn too_many_hops(s: &mut Stage) {
    let (alice, _bob) = house(s);
    alice.calls_with("1002", |invite| invite.set("Max-Forwards", 0));
    alice.gets(483);
}
