//! Which codec each leg speaks: G.722 where both have it, and never a codec more than there need be.

use crate::stage::Stage;

const FINE: &[(u8, &str)] = &[(9, "G722"), (0, "PCMU"), (8, "PCMA"), (101, "telephone-event")];
const PLAIN: &[(u8, &str)] = &[(8, "PCMA"), (101, "telephone-event")];

/// Alice is not told what to speak before it is known what Bob speaks: her phone rings by itself until then.
pub fn both_have_g722(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.speaks_only(FINE);
    bob.speaks_only(FINE);
    alice.calls("1002");
    bob.rings();
    s.wait(2);
    bob.answers();
    alice.is_heard_in("G722");
    bob.is_heard_in("G722");
    alice.hears("1002");
    s.wait(5);
    bob.hangs_up();
    alice.is_asked("BYE");
}

/// What Bob has chosen is what Alice gets, so nothing is transcoded.
pub fn callee_has_no_g722(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.speaks_only(FINE);
    bob.speaks_only(PLAIN);
    alice.calls("1002");
    bob.rings();
    bob.answers();
    alice.is_heard_in("PCMA");
    bob.is_heard_in("PCMA");
    s.wait(5);
    alice.hangs_up();
    bob.is_asked("BYE");
}

/// Alice has nothing better, so Bob is not offered it, though he would prefer it.
pub fn caller_has_no_g722(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.speaks_only(PLAIN);
    bob.speaks_only(FINE);
    alice.calls("1002");
    bob.rings();
    bob.answers();
    alice.is_heard_in("PCMA");
    bob.is_heard_in("PCMA");
    s.wait(5);
    alice.hangs_up();
    bob.is_asked("BYE");
}

/// A phone that speaks nothing else is not refused for it: here we do transcode.
pub fn caller_has_only_g722(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.speaks_only(&FINE[..1]);
    bob.speaks_only(PLAIN);
    alice.calls("1002");
    bob.rings();
    alice.hears("ringback");
    bob.answers();
    alice.is_heard_in("G722");
    bob.is_heard_in("PCMA");
    s.wait(5);
    alice.hangs_up();
    bob.is_asked("BYE");
}

/// A carrier knows G.711 and nothing else: a pure relay, whatever the phone would like best.
pub fn carrier_has_no_g722(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let acme = s.carrier("acme");
    alice.speaks_only(FINE);
    acme.speaks_only(PLAIN);
    alice.calls("02079460999");
    acme.rings();
    s.wait(3);
    acme.answers();
    alice.is_heard_in("PCMA");
    acme.is_heard_in("PCMA");
    s.wait(5);
    acme.hangs_up();
    alice.is_asked("BYE");
}

/// Early media is worth an answer: Alice hears it, and it is in what she will speak with the carrier.
pub fn carrier_plays_early_media(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let acme = s.carrier("acme");
    alice.speaks_only(FINE);
    acme.speaks_only(PLAIN);
    alice.calls("02079460999");
    acme.plays_early_media();
    alice.hears("acme, else ringback");
    alice.is_heard_in("PCMA");
    s.wait(3);
    acme.answers();
    alice.is_heard_in("PCMA");
    s.wait(5);
    acme.hangs_up();
    alice.is_asked("BYE");
}

/// Who calls from outside hears our ringing tone in G.711, and so the phones are offered nothing else.
pub fn carrier_offers_g722(s: &mut Stage) {
    let acme = s.carrier("acme");
    let (alice, bob) = s.alice_and_bob();
    acme.speaks_only(FINE);
    alice.speaks_only(FINE);
    bob.speaks_only(FINE);
    acme.calls("+442079460100");
    alice.rings();
    bob.rings();
    acme.hears("ringback");
    bob.answers();
    acme.is_heard_in("PCMU");
    bob.is_heard_in("PCMU");
    s.wait(5);
    acme.hangs_up();
    bob.is_asked("BYE");
}

/// A phone that has nothing but G.722 refuses a call from outside, and is asked again with what was left out for the
/// sake of all who have a choice: here we do transcode.
pub fn callee_has_only_g722(s: &mut Stage) {
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    alice.speaks_only(&FINE[..1]);
    acme.calls("+442079460101");
    alice.rejects(488);
    alice.rings();
    acme.hears("ringback");
    alice.answers();
    acme.is_heard_in("PCMU");
    alice.is_heard_in("G722");
    alice.hears("acme");
    acme.hears("1001");
    s.wait(5);
    acme.hangs_up();
    alice.is_asked("BYE");
}

/// So is such a phone to which somebody is handed on.
pub fn colleague_has_only_g722(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    carol.speaks_only(&FINE[..1]);
    alice.hands_on_to("1003");
    carol.rejects(488);
    carol.rings();
    carol.answers();
    alice.learns_outcome(&[100, 180, 200]);
    carol.is_heard_in("G722");
    acme.is_heard_in("PCMU");
    acme.hears("1003");
    alice.hangs_up();
    s.wait(5);
    acme.hangs_up();
}

/// Hold and back with all codecs on offer each time: it stays with the one that is spoken.
pub fn reinvite_keeps_the_codec(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.speaks_only(PLAIN);
    bob.speaks_only(FINE);
    alice.calls("1002");
    bob.rings();
    bob.answers();
    s.wait(2);
    bob.changes_to(FINE);
    bob.is_heard_in("PCMA");
    s.wait(2);
    alice.changes_to(&FINE[..1]);
    alice.is_heard_in("G722");
    alice.hears("1002");
    s.wait(2);
    alice.changes_to(FINE);
    alice.is_heard_in("G722");
    s.wait(5);
    alice.hangs_up();
    bob.is_asked("BYE");
}

/// What says nothing of the media is not confirmed; the 2xx has our answer.
pub fn caller_supports_100rel(s: &mut Stage) {
    with_100rel(s, "Supported", PLAIN, "PCMA");
}

/// Each 18x is confirmed, so the first has our answer, and Bob is offered the same first.
pub fn caller_requires_100rel(s: &mut Stage) {
    with_100rel(s, "Require", FINE, "G722");
}

fn with_100rel(s: &mut Stage, header: &str, bobs: &[(u8, &str)], spoken: &str) {
    let (alice, bob) = s.alice_and_bob();
    alice.says(header, "100rel");
    alice.speaks_only(FINE);
    bob.speaks_only(bobs);
    alice.calls("1002");
    bob.rings();
    s.wait(2);
    bob.answers();
    alice.is_heard_in(spoken);
    bob.is_heard_in(spoken);
    s.wait(5);
    alice.hangs_up();
    bob.is_asked("BYE");
}
