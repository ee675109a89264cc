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

/// RFC 8866 §5.7: a host may have a name. It is looked up beside the call, once for all descriptions that name it.
pub fn host_by_name(s: &mut Stage) {
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    acme.listens_at("media.acme.example");
    acme.calls("+442079460101");
    alice.rings();
    acme.is_sent_to("203.0.113.201:20002");
    alice.answers();
    acme.hears("1001");
    s.wait(5);
    acme.holds();
    acme.resumes();
    acme.updates("sendrecv");
    acme.asks_for_an_offer();
    acme.is_sent_to("203.0.113.201:20002");
    acme.hears("1001");
    s.wait(5);
    acme.hangs_up();
    alice.is_asked("BYE");
}

/// The same where it stands in a 183 and in the 200.
pub fn answer_names_a_host(s: &mut Stage) {
    let globe = s.carrier("globe");
    let alice = s.registered_phone("1001");
    globe.listens_at("media.globe.example");
    alice.calls("00447700900123");
    globe.plays_early_media();
    globe.is_sent_to("203.0.113.202:20002");
    globe.answers();
    globe.is_sent_to("203.0.113.202:20002");
    globe.hears("1001");
    s.wait(5);
    alice.hangs_up();
    globe.is_asked("BYE");
}

/// And in an ACK, where our 200 has made the offer.
pub fn ack_names_a_host(s: &mut Stage) {
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    acme.listens_at("media.acme.example");
    acme.calls_with("+442079460101", |mut invite| {
        invite.body.clear();
        invite.fields.retain(|(name, _)| name != "Content-Type");
        invite
    });
    alice.rings();
    alice.answers();
    acme.is_sent_to("203.0.113.201:20002");
    s.wait(5);
    alice.hangs_up();
}

/// A host that nobody knows costs no call: it is taken to be where its SIP comes from, and a later description may say
/// better.
pub fn host_that_nobody_knows(s: &mut Stage) {
    let globe = s.carrier("globe");
    let alice = s.registered_phone("1001");
    globe.listens_at("media.nowhere.example");
    alice.calls("00447700900123");
    globe.answers();
    globe.is_sent_to("198.51.100.202:20002");
    alice.gets(200);
    globe.hears("1001");
    s.wait(5);
    globe.listens_at("media.globe.example");
    globe.resumes();
    globe.is_sent_to("203.0.113.202:20002");
    s.wait(5);
    alice.hangs_up();
    globe.is_asked("BYE");
}
