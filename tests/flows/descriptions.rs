//! Descriptions that follow the first: what a session has once had keeps its place and its number (RFC 3264 §8).

use crate::stage::Stage;

const EVENTS: &str = "telephone-event";

/// RFC 3264 §8: what we have refused stays refused in its place, whoever wants a new description and by whatever means.
pub fn refused_lines_keep_their_places(s: &mut Stage) {
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    acme.offers_beside(&["video 5000 RTP/AVP 99", "image 5002 udptl t38"]);
    acme.calls("+442079460101");
    alice.rings();
    alice.answers();
    s.wait(5);
    acme.asks_for_an_offer();
    acme.gets(200);
    acme.holds();
    acme.resumes();
    acme.updates("sendrecv");
    alice.hears("acme");
    // Nobody else refreshes the session, and this carrier does not know UPDATE.
    s.wait(1_000);
    acme.is_asked("INVITE");
    acme.hangs_up();
}

/// The same where ours was the first offer, and theirs came later with more lines.
pub fn lines_that_come_later_stay(s: &mut Stage) {
    let (alice, bob) = s.alice_with_bob(5);
    bob.adds_beside(&["video 5000 RTP/AVP 99"]);
    bob.resumes();
    s.wait(5);
    bob.asks_for_an_offer();
    bob.gets(200);
    bob.hears("1001");
    s.wait(1_000);
    alice.hangs_up();
}

/// RFC 3264 §8.3.2: where they had telephone-event at 96 we offer it there, and 101 is never made of it that was
/// another codec.
pub fn numbers_keep_their_meaning(s: &mut Stage) {
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    acme.speaks_only(&[(8, "PCMA"), (97, "PCMU"), (101, "iLBC"), (96, EVENTS)]);
    acme.calls("+442079460101");
    alice.rings();
    alice.answers();
    s.wait(5);
    acme.asks_for_an_offer();
    acme.is_described(&[(8, "PCMA"), (97, "PCMU"), (96, EVENTS)]);
    acme.presses_keys_under(&[96]);
    s.wait(5);
    alice.hangs_up();
}

/// RFC 3264 §5.1: we offer telephone-event at 101 and are answered at 96. They take it at 96, and may send it at
/// either, now and after every later description.
pub fn keys_under_either_number(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.calls("1002");
    bob.rings();
    bob.answers_under(&[(0, "PCMU"), (96, EVENTS)]);
    bob.presses_keys_under(&[96, 101]);
    s.wait(5);
    bob.describes_again("sendonly");
    bob.describes_again("sendrecv");
    bob.presses_keys_under(&[96, 101]);
    bob.asks_for_an_offer();
    bob.presses_keys_under(&[96, 101]);
    s.wait(5);
    alice.hangs_up();
}
