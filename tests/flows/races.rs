//! What crosses, what comes too early, and what does not fit (RFC 5407).

use crate::stage::Stage;

/// RFC 5407 §3.1.6: Alice hangs up at once, and her BYE overtakes her ACK.
pub fn bye_before_ack(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.keeps_back("ACK");
    alice.calls("1002");
    bob.rings();
    bob.answers();
    alice.hangs_up();
    alice.gets(200);
    bob.is_asked("BYE");
}

/// The same on the other leg: Bob answers and hangs up in one breath.
pub fn callee_hangs_up_before_ack(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.calls("1002");
    bob.rings();
    s.crossing(|| {
        bob.answers();
        bob.hangs_up();
    });
    alice.is_asked("BYE");
}

/// RFC 3261 §15: a caller may end an early dialog by BYE.
pub fn bye_instead_of_cancel(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.calls("1002");
    bob.rings();
    s.wait(2);
    alice.ends_early_dialog();
    bob.is_asked("CANCEL");
}

/// RFC 5407 §3.1.4: hold is pressed before the ACK is sent.
pub fn reinvite_before_ack(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
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
    let (alice, bob) = s.alice_with_bob(5);
    alice.sends_within("OPTIONS", |said| said);
    alice.gets(200);
    alice.sends_within("OPTIONS", |said| said.set("CSeq", "1 OPTIONS"));
    alice.gets(500);
    alice.hears("1002");
    bob.hangs_up();
}

/// RFC 3261 §13.2.1: an answer that cannot be used is confirmed, and the call is ended.
pub fn answer_without_common_codec(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.calls("1002");
    bob.rings();
    bob.answers_with_foreign_codec();
    bob.is_asked("ACK");
    bob.is_asked("BYE");
    s.wait(1);
}

/// RFC 3261 §14.1: a refused re-INVITE leaves the call as it was.
pub fn reinvite_without_common_codec(s: &mut Stage) {
    let (alice, bob) = s.alice_with_bob(5);
    alice.changes_to(&[(18, "G729")]);
    alice.gets(488);
    alice.hears("1002");
    bob.hears("1001");
    s.wait(2);
    bob.hangs_up();
}

/// RFC 3261 §16.7: the caller learns the answer that says most.
pub fn one_phone_busy_one_gone(s: &mut Stage) {
    let (alice, desk) = s.alice_and_bob();
    let kitchen = s.registered_phone("1002");
    alice.calls("1002");
    kitchen.rejects(404);
    desk.rejects(486);
    alice.gets(486);
}

/// Nobody wants to hear his own phone ring: whoever calls his own extension wants his other phones.
pub fn phone_calls_itself(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let kitchen = s.registered_phone("1001");
    alice.calls("1001");
    kitchen.rings();
    kitchen.answers();
    alice.hears("1001 bis");
    s.wait(2);
    alice.hangs_up();
    kitchen.is_asked("BYE");
}

/// It is the only one, and it is busy with calling.
pub fn only_phone_calls_itself(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    alice.calls("1001");
    alice.gets(486);
}

/// A redirection that names nobody.
pub fn redirected(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
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
    let (alice, _bob) = s.alice_and_bob();
    alice.calls_with("1002", |invite| invite.set("Max-Forwards", 0));
    alice.gets(483);
}

/// RFC 5407 §3.1.1: our 200 is lost, and the INVITE comes once more; our 200 goes out again, and nobody rings twice.
pub fn invite_again_after_answer(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.keeps_back("ACK");
    alice.calls("1002");
    bob.rings();
    bob.answers();
    alice.repeats_its_invite();
    alice.gets(200);
    alice.hangs_up();
    alice.repeats_its_invite();
    bob.is_asked("BYE");
}

/// RFC 3261 §17.2.1: what has been asked is not asked once more, whatever has been said to it.
pub fn invite_again_and_again(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.calls("1002");
    alice.repeats_its_invite();
    alice.gets(100);
    bob.rings();
    alice.repeats_its_invite();
    alice.gets(180);
    bob.answers();
    alice.repeats_its_invite();
    s.wait(2);
    alice.hears("1002");
    bob.hangs_up();
}

/// RFC 3261 §13.2.2.4: each 200 is confirmed, however often it comes.
pub fn answer_again_and_again(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.calls("1002");
    bob.rings();
    bob.answers();
    bob.repeats_its_answer();
    bob.is_asked("ACK");
    s.wait(1);
    bob.repeats_its_answer();
    alice.hears("1002");
    alice.hangs_up();
    bob.repeats_its_answer();
}

/// RFC 5407 §3.1.3: a BYE for the early dialog, and our 200 is already under way; its ACK finds nobody.
pub fn early_bye_crosses_answer(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.calls("1002");
    bob.rings();
    s.wait(2);
    s.crossing(|| {
        bob.answers();
        alice.ends_early_dialog();
    });
    alice.gets(200);
    bob.is_asked("BYE");
}

/// RFC 5407 §3.1.4, the other leg: Bob holds before he has our ACK.
pub fn callee_reinvites_before_ack(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.calls("1002");
    bob.rings();
    s.crossing(|| {
        bob.answers();
        bob.holds();
    });
    bob.gets(200);
    alice.hears("music");
    s.wait(2);
    alice.hangs_up();
}

/// RFC 5407 §3.2.2: hold is pressed while our BYE is under way, by the one who was called.
pub fn reinvite_crosses_bye(s: &mut Stage) {
    let (alice, bob) = s.alice_with_bob(5);
    s.crossing(|| {
        alice.hangs_up();
        bob.holds();
    });
    bob.gets(481);
    bob.is_asked("BYE");
}

/// The same by the one who called.
pub fn callers_reinvite_crosses_bye(s: &mut Stage) {
    let (alice, bob) = s.alice_with_bob(5);
    s.crossing(|| {
        bob.hangs_up();
        alice.holds();
    });
    alice.gets(481);
    alice.is_asked("BYE");
}

/// RFC 5407 §3.2.3, as seen from us: the hold is granted, the BYE comes instead of the ACK.
pub fn bye_instead_of_ack_to_hold(s: &mut Stage) {
    let (alice, bob) = s.alice_with_bob(5);
    alice.keeps_back("ACK");
    alice.holds();
    bob.hears("music");
    alice.hangs_up();
    bob.is_asked("BYE");
    alice.confirms_too_late();
    s.wait(2);
}

/// RFC 5407 §3.2.4: an ACK behind the BYE is nobody's.
pub fn ack_after_bye(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.keeps_back("ACK");
    alice.calls("1002");
    bob.answers();
    alice.hangs_up();
    alice.confirms_too_late();
    bob.is_asked("BYE");
    s.wait(1);
}

/// RFC 3261 §12.2.2: numbers may be left out, tags may not be others; whatever does not fit changes nothing.
pub fn what_does_not_fit_the_dialog(s: &mut Stage) {
    let (alice, bob) = s.alice_with_bob(5);
    let with_tag = |field: &'static str| {
        move |said: crate::stage::said::Said| {
            let tag = said.tag(field).to_owned();
            let other = said.get(field).replace(&tag, "another");
            said.set(field, other)
        }
    };
    for field in ["To", "From"] {
        alice.sends_within("UPDATE", with_tag(field));
        alice.gets(481);
        alice.sends_within("INFO", with_tag(field));
        alice.gets(481);
    }
    alice.sends_within("UPDATE", |said| said.set("Call-ID", "another"));
    alice.gets(481);
    alice.sends_within("OPTIONS", |said| said.set("CSeq", "4711 OPTIONS"));
    alice.gets(200);
    alice.sends_within("OPTIONS", |said| said);
    alice.gets(500);
    alice.hears("1002");
    bob.hangs_up();
}

/// RFC 3261 §17.1.1.2: a phone that says nothing for 64·T1 is given up (timer B), and the other one rings on.
pub fn one_phone_is_dead(s: &mut Stage) {
    s.configure(|config| config.timers.ring = std::time::Duration::from_secs(60));
    let (alice, desk) = s.alice_and_bob();
    let kitchen = s.registered_phone("1002");
    desk.falls_silent();
    alice.calls("1002");
    kitchen.rings();
    s.wait(40);
    kitchen.answers();
    alice.hears("1002 bis");
    s.wait(2);
    alice.hangs_up();
}

/// The same where there is no other: 408 of ours is a 480 for the caller.
pub fn only_phone_is_dead(s: &mut Stage) {
    s.configure(|config| config.timers.ring = std::time::Duration::from_secs(60));
    let (alice, bob) = s.alice_and_bob();
    bob.falls_silent();
    alice.calls("1002");
    s.wait(33);
    alice.gets(480);
}
