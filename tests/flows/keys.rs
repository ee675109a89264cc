//! Keys that are pressed in a call, however the two ends tell of them (RFC 4733, RFC 6086).

use crate::stage::{Party, Stage};
use tandem::call::gesture::Gesture;

const VOICE_ONLY: [(u8, &str); 1] = [(0, "PCMU")];

/// Alice and Bob, talking; some of them without telephone events.
fn talking(s: &mut Stage, alice_has_events: bool, bob_has_events: bool) -> (Party, Party) {
    let (alice, bob) = (s.registered_phone("1001"), s.registered_phone("1002"));
    for (party, has_events) in [(&alice, alice_has_events), (&bob, bob_has_events)] {
        if !has_events {
            party.speaks_only(&VOICE_ONLY);
        }
    }
    alice.calls("1002");
    bob.rings();
    bob.answers();
    s.wait(5);
    (alice, bob)
}

/// The media plane is told; Bob gets RTP events, and no INFO.
pub fn key_by_info_becomes_an_event(s: &mut Stage) {
    let (alice, bob) = talking(s, true, true);
    alice.presses_by_info("5");
    alice.gets(200);
    s.wait(1);
    alice.informs("application/dtmf", "#");
    alice.gets(200);
    s.wait(1);
    bob.hangs_up();
}

pub fn key_in_rtp_becomes_an_info(s: &mut Stage) {
    let (alice, bob) = talking(s, true, false);
    alice.presses('7');
    bob.is_asked("INFO");
    s.wait(1);
    bob.hangs_up();
}

pub fn key_by_info_goes_on_as_info(s: &mut Stage) {
    let (alice, bob) = talking(s, false, false);
    bob.presses_by_info("*");
    bob.gets(200);
    alice.is_asked("INFO");
    s.wait(1);
    alice.hangs_up();
}

/// It is understood, and nothing comes of it.
pub fn flash_is_no_key(s: &mut Stage) {
    let (alice, bob) = talking(s, true, false);
    alice.presses_by_info("16");
    alice.gets(200);
    alice.presses_by_info("!");
    alice.gets(200);
    s.wait(1);
    bob.hangs_up();
}

/// Nobody hears who is on hold.
pub fn key_on_hold_reaches_nobody(s: &mut Stage) {
    let (alice, bob) = talking(s, false, true);
    alice.holds();
    bob.presses('1');
    bob.presses_by_info("1");
    bob.gets(200);
    s.wait(1);
    alice.resumes();
    bob.presses('2');
    alice.is_asked("INFO");
    bob.hangs_up();
}

/// A key is something that one hears: that of the muted reaches nobody.
pub fn keys_of_the_muted(s: &mut Stage) {
    let (alice, bob) = talking(s, true, false);
    s.gesture_of("1001", Gesture::Mute);
    alice.presses('7');
    alice.presses_by_info("8");
    alice.gets(200);
    bob.never_sees("Signal=");
    s.gesture_of("1001", Gesture::Unmute);
    alice.presses('9');
    bob.is_asked("INFO");
    s.wait(1);
    bob.hangs_up();
}

/// An empty one is a sign of life; the others ask for what we do not do, and are told so.
pub fn infos_that_say_no_key(s: &mut Stage) {
    let (alice, bob) = talking(s, true, true);
    alice.informs("", "");
    alice.gets(200);
    alice.informs("application/dtmf-relay", "Signal=ABBA\r\n");
    alice.gets(400);
    alice.informs("application/media_control+xml", "<media_control/>");
    alice.gets(415);
    alice.sends_within("INFO", |info| info.with("Info-Package", "conference"));
    alice.gets(469);
    alice.sends_within("INFO", |info| info.with("Record", "on"));
    alice.gets(403);
    s.wait(1);
    bob.hangs_up();
}
