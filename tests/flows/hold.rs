//! Hold and resume, and the other ways to describe media again (RFC 3264 §8, RFC 5359 §2.1–2.3).

use crate::stage::{Party, Stage};

/// Alice and Bob, talking.
fn talking(s: &mut Stage) -> (Party, Party) {
    let (alice, bob) = (s.registered_phone("1001"), s.registered_phone("1002"));
    alice.calls("1002");
    bob.rings();
    bob.answers();
    s.wait(5);
    (alice, bob)
}

/// Whoever is held hears music; the holder hears nothing.
pub fn holds_and_resumes(s: &mut Stage) {
    let (alice, bob) = talking(s);
    alice.holds();
    alice.gets(200);
    bob.hears("music");
    alice.hears("–");
    s.wait(30);
    alice.resumes();
    alice.hears("1002");
    bob.hears("1001");
    s.wait(5);
    alice.hangs_up();
}

/// Audio comes back only when both have come back.
pub fn both_hold(s: &mut Stage) {
    let (alice, bob) = talking(s);
    alice.holds();
    s.wait(5);
    bob.holds();
    alice.hears("–");
    bob.hears("–");
    s.wait(5);
    alice.resumes();
    alice.hears("music");
    bob.hears("–");
    s.wait(5);
    bob.resumes();
    alice.hears("1002");
    bob.hears("1001");
    s.wait(5);
    bob.hangs_up();
}

pub fn inactive(s: &mut Stage) {
    let (alice, bob) = talking(s);
    bob.describes_again("inactive");
    alice.hears("music");
    s.wait(5);
    bob.resumes();
    alice.hears("1002");
    s.wait(5);
    bob.hangs_up();
}

/// RFC 3264 §8.4: the way in which phones held before there were directions.
pub fn old_hold_by_address(s: &mut Stage) {
    let (alice, bob) = talking(s);
    alice.holds_by_address();
    bob.hears("music");
    s.wait(5);
    alice.resumes();
    bob.hears("1001");
    s.wait(5);
    alice.hangs_up();
}

/// The tape goes on while the caller outside holds us.
pub fn carrier_holds(s: &mut Stage) {
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    acme.calls("+442079460101");
    alice.rings();
    s.wait(2);
    alice.answers();
    s.wait(10);
    acme.holds();
    s.wait(10);
    acme.resumes();
    s.wait(10);
    alice.holds();
    acme.hears("music");
    s.wait(10);
    alice.resumes();
    s.wait(10);
    alice.hangs_up();
}

/// RFC 3261 §13.2.1: our 200 makes the offer, the ACK brings the answer.
pub fn offerless_call(s: &mut Stage) {
    let (alice, bob) = (s.registered_phone("1001"), s.registered_phone("1002"));
    alice.calls_with("1002", |mut invite| {
        invite.body.clear();
        invite.fields.retain(|(name, _)| name != "Content-Type");
        invite
    });
    bob.rings();
    s.wait(2);
    bob.answers();
    alice.hears("1002");
    bob.hears("1001");
    s.wait(5);
    bob.hangs_up();
}

pub fn offerless_reinvite(s: &mut Stage) {
    let (alice, bob) = talking(s);
    alice.asks_for_an_offer();
    alice.gets(200);
    alice.hears("1002");
    s.wait(5);
    bob.hangs_up();
}

pub fn hangs_up_while_held(s: &mut Stage) {
    let (alice, bob) = talking(s);
    alice.holds();
    s.wait(5);
    bob.hangs_up();
    alice.is_asked("BYE");
}
