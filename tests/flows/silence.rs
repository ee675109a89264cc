//! Parties that send no media: the call ends, once, and says why; unless it is on hold.

use crate::stage::{Party, Stage};

/// Alice and Bob, talking.
fn talking(s: &mut Stage) -> (Party, Party) {
    let (alice, bob) = (s.registered_phone("1001"), s.registered_phone("1002"));
    alice.calls("1002");
    bob.rings();
    bob.answers();
    (alice, bob)
}

pub fn no_media_ever(s: &mut Stage) {
    let (alice, bob) = talking(s);
    bob.sends_no_media();
    alice.is_asked("BYE");
    bob.is_asked("BYE");
    bob.is_told_to_be_silent();
}

/// The tape says why it ended.
pub fn media_stops_in_a_recorded_call(s: &mut Stage) {
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    acme.calls("+442079460101");
    alice.rings();
    alice.answers();
    s.wait(30);
    acme.sends_no_media();
    acme.is_asked("BYE");
    alice.is_asked("BYE");
}

/// Whoever holds sends nothing, and whoever is held has nobody to talk to.
pub fn nobody_is_missed_on_hold(s: &mut Stage) {
    let (alice, bob) = talking(s);
    alice.holds();
    s.wait(1);
    bob.sends_no_media();
    alice.sends_no_media();
    alice.resumes();
    alice.hears("1002");
    alice.hangs_up();
}

/// The news was under way when Alice put Bob on hold.
pub fn silence_that_crosses_a_hold(s: &mut Stage) {
    let (alice, bob) = talking(s);
    alice.holds();
    bob.is_told_to_be_silent();
    s.wait(5);
    alice.resumes();
    bob.hears("1001");
    bob.hangs_up();
}

/// `timers.no_media = "off"`
pub fn no_media_is_nobodys_business(s: &mut Stage) {
    s.configure(|config| config.timers.no_media = None);
    let (alice, bob) = talking(s);
    bob.sends_no_media();
    alice.hangs_up();
}
