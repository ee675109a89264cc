//! INVITE with Replaces: taking over what rings at a colleague's, or one's own call from another phone (RFC 3891,
//! RFC 5359 §2.16).

use crate::stage::{Party, Stage};

/// The customer's call rings at Alice's; Bob hears her phone.
fn ringing(s: &mut Stage) -> (Party, Party, Party) {
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    let acme = s.carrier("acme");
    acme.calls("+442079460101");
    alice.rings();
    s.wait(2);
    (alice, bob, acme)
}

/// Bob presses the pickup key.
pub fn what_rings_elsewhere(s: &mut Stage) {
    let (alice, bob, acme) = ringing(s);
    bob.takes_over(&alice.newest_call());
    bob.gets(200);
    alice.is_asked("CANCEL");
    acme.hears("1002");
    bob.hears("acme");
    s.wait(2);
    bob.hangs_up();
    acme.is_asked("BYE");
}

/// What was handed on to Carol is picked up as well, and Alice's phone is told that it went well.
pub fn what_was_handed_on(s: &mut Stage) {
    let (alice, bob, acme) = ringing(s);
    let carol = s.registered_phone("1003");
    alice.answers();
    s.wait(1);
    alice.hands_on_to("1003");
    carol.rings();
    bob.takes_over(&carol.newest_call());
    acme.hears("1002");
    alice.learns_outcome(&[100, 180, 200]);
    alice.hangs_up();
    s.wait(1);
    acme.hangs_up();
}

/// Alice goes to the kitchen and takes her call along.
pub fn own_call_from_another_phone(s: &mut Stage) {
    let (alice, _bob, acme) = ringing(s);
    alice.answers();
    s.wait(2);
    let kitchen = s.registered_phone("1001");
    kitchen.takes_over(&alice.newest_call());
    alice.is_asked("BYE");
    acme.hears("1001 bis");
    s.wait(2);
    acme.hangs_up();
    kitchen.is_asked("BYE");
}

/// RFC 3891 §3: nothing fits.
pub fn no_such_call(s: &mut Stage) {
    let (alice, bob, acme) = ringing(s);
    bob.takes_over_if("nobody;to-tag=1;from-tag=2");
    bob.gets(481);
    bob.takes_over_if("what is this");
    bob.gets(400);
    alice.answers();
    s.wait(1);
    acme.hangs_up();
}

/// RFC 3891 §3: more than one Replaces is a mistake.
pub fn named_twice(s: &mut Stage) {
    let (alice, bob, acme) = ringing(s);
    let named = alice.newest_call().replaces_field();
    bob.calls_with("1001", |invite| {
        invite.with("Replaces", &named).with("Replaces", &named)
    });
    bob.gets(400);
    acme.cancels();
    acme.gets(487);
}

/// RFC 3891 §3: what was to be taken only while it rings has been answered.
pub fn answered_meanwhile(s: &mut Stage) {
    let (alice, _bob, acme) = ringing(s);
    alice.answers();
    let kitchen = s.registered_phone("1001");
    kitchen.takes_over_if(&format!("{};early-only", alice.newest_call().replaces_field()));
    kitchen.gets(486);
    acme.hears("1001");
    s.wait(1);
    acme.hangs_up();
}

/// Nobody breaks into the call of another.
pub fn calls_of_others(s: &mut Stage) {
    let (alice, bob, acme) = ringing(s);
    alice.answers();
    bob.takes_over(&alice.newest_call());
    bob.gets(403);
    acme.hears("1001");
    s.wait(1);
    acme.hangs_up();
}

/// Nor does a carrier.
pub fn carrier_takes_nothing(s: &mut Stage) {
    let (alice, _bob, acme) = ringing(s);
    let globe = s.carrier("globe");
    let named = alice.newest_call().replaces_field();
    globe.calls_with("+442079460100", |invite| invite.with("Replaces", named));
    globe.gets(403);
    alice.answers();
    s.wait(1);
    acme.hangs_up();
}

/// A house can forbid it; its own phones may all the same.
pub fn not_in_this_house(s: &mut Stage) {
    s.configure(|config| config.transfer.pickup = false);
    let (alice, bob, acme) = ringing(s);
    bob.takes_over(&alice.newest_call());
    bob.gets(403);
    acme.cancels();
}

/// What has been handed on is no call of Alice's any more, though her phone has not hung up yet.
pub fn call_that_was_handed_on(s: &mut Stage) {
    let (alice, bob, acme) = ringing(s);
    alice.answers();
    s.wait(1);
    alice.hands_on_to("1002");
    bob.rings();
    bob.answers();
    let kitchen = s.registered_phone("1001");
    kitchen.takes_over(&alice.newest_call());
    kitchen.gets(603);
    acme.hears("1002");
    s.wait(5);
    alice.is_asked("BYE");
    acme.hangs_up();
}

/// A call that rings in the world outside rings at nobody's desk.
pub fn what_rings_outside(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    let acme = s.carrier("acme");
    alice.calls("02079460999");
    acme.rings();
    bob.takes_over(&acme.newest_call());
    bob.gets(403);
    acme.answers();
    alice.hears("acme");
    s.wait(1);
    alice.hangs_up();
}
