//! Provisional responses that are confirmed (RFC 3262), with callers and with those who are called.

use crate::stage::{Party, Stage};
use std::time::Duration;

/// Every 18x to a caller who requires it is reliable; the first has our answer, and nothing after it has.
pub fn caller_requires_100rel(s: &mut Stage) {
    let (alice, bob) = calling(s, "Require");
    bob.rings();
    alice.hears("ringback");
    s.wait(1);
    bob.plays_early_media();
    alice.hears("1002, else ringback");
    s.wait(2);
    bob.answers();
    alice.hears("1002");
    s.wait(5);
    alice.hangs_up();
    bob.is_asked("BYE");
}

/// To a caller who merely supports it only the 18x with our answer is.
pub fn caller_supports_100rel(s: &mut Stage) {
    let (alice, bob) = calling(s, "Supported");
    bob.plays_early_media();
    alice.hears("1002, else ringback");
    s.wait(1);
    bob.rings();
    s.wait(2);
    bob.answers();
    alice.hears("1002");
    s.wait(5);
    bob.hangs_up();
    alice.is_asked("BYE");
}

/// The 18x is repeated at T1, doubled each time, until its PRACK comes.
pub fn prack_comes_late(s: &mut Stage) {
    let (alice, bob) = calling(s, "Require");
    alice.keeps_back("PRACK");
    bob.rings();
    s.wait(3);
    alice.confirms(|_, prack| prack);
    alice.gets(200);
    s.wait(3);
    bob.answers();
    alice.hears("1002");
    s.wait(5);
    alice.hangs_up();
}

/// Nobody is kept ringing for a caller who does not confirm.
pub fn prack_never_comes(s: &mut Stage) {
    ring_for_a_minute(s);
    let (alice, bob) = calling(s, "Require");
    alice.keeps_back("PRACK");
    bob.rings();
    s.wait(33);
    alice.gets(504);
    bob.is_asked("CANCEL");
}

/// RFC 3262 §3: one after the other.
pub fn second_18x_waits_for_the_first_prack(s: &mut Stage) {
    let (alice, bob) = calling(s, "Require");
    alice.keeps_back("PRACK");
    bob.rings();
    bob.plays_early_media();
    alice.gets(180);
    s.wait(1);
    alice.confirms(|_, prack| prack);
    alice.gets(183);
    alice.confirms(|_, prack| prack);
    s.wait(1);
    bob.answers();
    s.wait(5);
    alice.hangs_up();
}

/// RFC 3262 §3: no 2xx before the description in the 18x is confirmed. The two hear each other meanwhile.
pub fn answer_waits_for_prack(s: &mut Stage) {
    let (alice, bob) = calling(s, "Supported");
    alice.keeps_back("PRACK");
    bob.rings();
    bob.answers();
    alice.gets(180);
    bob.hears("1001");
    s.wait(1);
    alice.confirms(|_, prack| prack);
    alice.is_told_of_the_answer();
    s.wait(5);
    alice.hangs_up();
    bob.is_asked("BYE");
}

pub fn answer_waits_in_vain(s: &mut Stage) {
    let (alice, bob) = calling(s, "Supported");
    alice.keeps_back("PRACK");
    bob.rings();
    bob.answers();
    s.wait(33);
    alice.gets(504);
    bob.is_asked("BYE");
}

pub fn gives_up_while_the_answer_waits(s: &mut Stage) {
    let (alice, bob) = calling(s, "Supported");
    alice.keeps_back("PRACK");
    bob.rings();
    bob.answers();
    s.wait(1);
    alice.cancels();
    alice.gets(487);
    bob.is_asked("BYE");
}

pub fn callee_hangs_up_while_the_answer_waits(s: &mut Stage) {
    let (alice, bob) = calling(s, "Supported");
    alice.keeps_back("PRACK");
    bob.rings();
    bob.answers();
    s.wait(1);
    bob.hangs_up();
    alice.gets(480);
}

/// A PRACK fits one 18x, once.
pub fn prack_of_something_else(s: &mut Stage) {
    let (alice, bob) = calling(s, "Require");
    alice.keeps_back("PRACK");
    bob.rings();
    alice.confirms(|_, prack| prack.set("RAck", "1 1 INVITE"));
    alice.gets(481);
    alice.confirms(|_, prack| {
        let method = prack.get("RAck").replace("INVITE", "OPTIONS");
        prack.set("RAck", method)
    });
    alice.gets(481);
    alice.confirms(|_, prack| prack.set("RAck", "nonsense"));
    alice.gets(481);
    alice.confirms(|_, prack| prack);
    alice.gets(200);
    alice.confirms(|_, prack| prack);
    alice.gets(481);
    s.wait(2);
    bob.answers();
    s.wait(5);
    alice.hangs_up();
}

/// Without an offer in the INVITE, ours stands in the 18x, and the PRACK brings the answer (RFC 3262 §5): so the
/// caller hears that it rings.
pub fn offerless_with_100rel(s: &mut Stage) {
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    acme.calls_with("+442079460101", |invite| {
        invite.describing(String::new()).with("Require", "100rel")
    });
    alice.rings();
    acme.hears("ringback");
    s.wait(2);
    alice.answers();
    acme.hears("1001");
    alice.hears("acme");
    s.wait(5);
    acme.hangs_up();
    alice.is_asked("BYE");
}

/// Whoever owes us an answer and gives none has no session with us.
pub fn prack_owes_an_answer(s: &mut Stage) {
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    acme.keeps_back("PRACK");
    acme.calls_with("+442079460101", |invite| {
        invite.describing(String::new()).with("Supported", "100rel")
    });
    alice.rings();
    acme.confirms(|_, prack| prack.describing(String::new()).without("Content-Type"));
    acme.gets(488);
    alice.is_asked("CANCEL");
}

/// A PRACK may change what has just been agreed on; the answer stands in its 200 (RFC 3262 §5).
pub fn prack_with_offer(s: &mut Stage) {
    let (alice, bob) = calling(s, "Require");
    alice.keeps_back("PRACK");
    bob.rings();
    alice.confirms(|call, prack| prack.describing(call.describe("recvonly")));
    alice.gets(200);
    alice.hears("ringback");
    s.wait(2);
    bob.answers();
    alice.hears("1002");
    bob.hears("silence");
    s.wait(5);
    alice.hangs_up();
}

/// An offer that cannot be is refused, and changes nothing: the 18x has arrived.
pub fn prack_with_unusable_offer(s: &mut Stage) {
    let (alice, bob) = calling(s, "Require");
    alice.keeps_back("PRACK");
    bob.rings();
    alice.confirms(|call, prack| {
        let speech = call.speech.clone();
        call.speech.formats = vec![(18, "G729".to_owned())];
        let sdp = call.describe("sendrecv");
        call.speech = speech;
        prack.describing(sdp)
    });
    alice.gets(488);
    alice.hears("ringback");
    s.wait(2);
    bob.answers();
    alice.hears("1002");
    s.wait(5);
    alice.hangs_up();
}

/// With the PRACK offer and answer are complete, and the caller may change them (RFC 3311 §5.1).
pub fn caller_updates_early(s: &mut Stage) {
    let (alice, bob) = calling(s, "Supported");
    alice.keeps_back("PRACK");
    bob.rings();
    alice.updates_early(Some("sendonly"));
    alice.gets(500);
    alice.confirms(|_, prack| prack);
    alice.updates_early(Some("sendonly"));
    alice.gets(200);
    alice.hears("–");
    alice.updates_early(Some("sendrecv"));
    alice.hears("ringback");
    s.wait(2);
    bob.answers();
    alice.hears("1002");
    s.wait(5);
    alice.hangs_up();
}

/// Somebody who is called confirms its 183; the description in it is the answer, and the 200 has none.
pub fn callee_requires_100rel(s: &mut Stage) {
    let (alice, acme) = calling_out(s);
    acme.plays_early_media_reliably(4711);
    acme.is_asked("PRACK");
    alice.hears("acme, else ringback");
    s.wait(1);
    acme.rings_reliably(4712);
    alice.hears("acme, else ringback");
    s.wait(2);
    acme.answers_plainly();
    alice.hears("acme");
    acme.hears("1001");
    s.wait(5);
    acme.hangs_up();
    alice.is_asked("BYE");
}

/// Each leg confirms for itself.
pub fn both_are_reliable(s: &mut Stage) {
    let (alice, bob) = calling(s, "Require");
    bob.plays_early_media_reliably(1);
    alice.hears("1002, else ringback");
    s.wait(2);
    bob.answers_plainly();
    alice.hears("1002");
    bob.hears("1001");
    s.wait(5);
    alice.hangs_up();
}

/// An 18x that comes again has not seen its PRACK yet, which its transaction repeats by itself (RFC 3262 §4).
pub fn callee_repeats_18x(s: &mut Stage) {
    let (alice, acme) = calling_out(s);
    acme.keeps_back("200 PRACK");
    acme.rings_reliably(1);
    acme.rings_reliably(1);
    s.wait(1);
    acme.rings_reliably(1);
    alice.hears("ringback");
    s.wait(1);
    acme.answers();
    s.wait(40);
    alice.hangs_up();
    acme.is_asked("BYE");
}

/// What comes before its turn waits for what is missing: it comes again (RFC 3262 §4).
pub fn rseq_gap(s: &mut Stage) {
    let (alice, acme) = calling_out(s);
    acme.rings_reliably(10);
    acme.plays_early_media_reliably(12);
    alice.hears("ringback");
    s.wait(1);
    acme.plays_early_media_reliably(11);
    alice.hears("acme, else ringback");
    acme.rings_reliably(12);
    s.wait(1);
    acme.rings_reliably(11);
    acme.answers_plainly();
    alice.hears("acme");
    s.wait(5);
    alice.hangs_up();
}

/// Who does not know of the dialog that it has opened has gone astray (RFC 3261 §12.2.1.2).
pub fn callee_does_not_know_our_prack(s: &mut Stage) {
    let (alice, acme) = calling_out(s);
    acme.refuses_pracks(481);
    acme.rings_reliably(1);
    acme.is_asked("CANCEL");
    alice.gets(480);
}

/// Who refuses the PRACK for another reason may still answer.
pub fn callee_dislikes_our_prack(s: &mut Stage) {
    let (alice, acme) = calling_out(s);
    acme.refuses_pracks(500);
    acme.rings_reliably(1);
    s.wait(2);
    acme.answers();
    alice.hears("acme");
    s.wait(5);
    alice.hangs_up();
}

pub fn callee_never_answers_our_prack(s: &mut Stage) {
    ring_for_a_minute(s);
    let (alice, acme) = calling_out(s);
    acme.keeps_back("200 PRACK");
    acme.rings_reliably(1);
    s.wait(33);
    acme.is_asked("CANCEL");
    alice.gets(480);
}

fn calling(s: &mut Stage, how: &str) -> (Party, Party) {
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    alice.calls_with("1002", |invite| invite.with(how, "100rel"));
    (alice, bob)
}

fn calling_out(s: &mut Stage) -> (Party, Party) {
    let alice = s.registered_phone("1001");
    let acme = s.carrier("acme");
    alice.calls("07700900123");
    (alice, acme)
}

fn ring_for_a_minute(s: &mut Stage) {
    s.configure(|config| config.timers.ring = Duration::from_secs(60));
}
