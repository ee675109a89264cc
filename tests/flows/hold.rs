//! Hold and resume, and the other ways to describe media again (RFC 3264 §8, RFC 5359 §2.1–2.3).

use crate::stage::Stage;

/// Whoever is held hears music; the holder hears nothing.
pub fn holds_and_resumes(s: &mut Stage) {
    let (alice, bob) = s.alice_with_bob(5);
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
    let (alice, bob) = s.alice_with_bob(5);
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
    let (alice, bob) = s.alice_with_bob(5);
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
    let (alice, bob) = s.alice_with_bob(5);
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
    let (alice, bob) = s.alice_with_bob(5);
    alice.asks_for_an_offer();
    alice.gets(200);
    alice.hears("1002");
    s.wait(5);
    bob.hangs_up();
}

pub fn hangs_up_while_held(s: &mut Stage) {
    let (alice, bob) = s.alice_with_bob(5);
    alice.holds();
    s.wait(5);
    bob.hangs_up();
    alice.is_asked("BYE");
}

/// RFC 5359 §2.2: Alice holds Bob, asks Carol, and comes back to Bob. Neither ever hears the other.
pub fn consultation(s: &mut Stage) {
    let (alice, bob) = s.alice_with_bob(5);
    let carol = s.registered_phone("1003");
    alice.holds();
    bob.hears("music");
    alice.calls("1003");
    carol.rings();
    bob.hears("music");
    carol.answers();
    carol.hears("1001·2");
    bob.hears("music");
    s.wait(10);
    alice.hangs_up();
    carol.is_asked("BYE");
    bob.hears("music");
    alice.resumes();
    bob.hears("1001");
    alice.hears("1002");
    s.wait(5);
    bob.hangs_up();
}

/// RFC 3261 §14.1: a way back that cannot be leaves Bob on hold; the next one brings him back.
pub fn resume_fails(s: &mut Stage) {
    let (alice, bob) = s.alice_with_bob(5);
    alice.holds();
    s.wait(5);
    alice.changes_to(&[(18, "G729")]);
    alice.gets(488);
    alice.hears("–");
    bob.hears("music");
    s.wait(2);
    alice.changes_to(&[(0, "PCMU")]);
    alice.hears("1002");
    bob.hears("1001");
    s.wait(2);
    bob.hangs_up();
}

/// RFC 3264 §8.2: port 0 would take the audio away, and a call without any is none; it stays as it was.
pub fn port_zero(s: &mut Stage) {
    let (alice, bob) = s.alice_with_bob(5);
    alice.describes_with(|sdp| {
        let line = sdp.lines().find(|line| line.starts_with("m=audio")).unwrap();
        let port = line.split(' ').nth(1).unwrap();
        sdp.replace(line, &line.replace(port, "0"))
    });
    alice.gets(488);
    bob.hears("1001");
    alice.hears("1002");
    s.wait(2);
    alice.hangs_up();
}

/// The same said in other ways: for the whole session, and by address and direction at once.
pub fn every_way_to_say_hold(s: &mut Stage) {
    let (alice, bob) = s.alice_with_bob(5);
    alice.describes_with(|sdp| {
        let sdp = sdp.replace("a=sendrecv\r\n", "");
        sdp.replace("t=0 0\r\n", "t=0 0\r\na=sendonly\r\n")
    });
    bob.hears("music");
    alice.resumes();
    bob.hears("1001");
    alice.describes_with(|sdp| {
        let sdp = sdp.replace("a=sendrecv", "a=inactive");
        let (before, after) = sdp.split_once("c=IN IP4 ").unwrap();
        let (_, after) = after.split_once("\r\n").unwrap();
        format!("{before}c=IN IP4 0.0.0.0\r\n{after}")
    });
    bob.hears("music");
    alice.updates("sendrecv");
    bob.hears("1001");
    alice.updates("inactive");
    bob.hears("music");
    alice.resumes();
    bob.hears("1001");
    s.wait(2);
    bob.hangs_up();
}
