//! UPDATE: the session and its address described anew in one round (RFC 3311).

use crate::stage::Stage;

/// RFC 3311 §5.2: it is answered as a re-INVITE is, and needs no ACK.
pub fn holds_by_update(s: &mut Stage) {
    let (alice, bob) = s.alice_with_bob(5);
    alice.updates("sendonly");
    alice.gets(200);
    alice.hears("–");
    bob.hears("music");
    s.wait(30);
    alice.updates("sendrecv");
    alice.hears("1002");
    bob.hears("1001");
    s.wait(5);
    bob.hangs_up();
}

/// RFC 3311 §5.1: without a description it is a target refresh; the BYE finds the new address.
pub fn carrier_moves(s: &mut Stage) {
    s.configure(|config| {
        let acme = config.trunks.get_mut("acme").unwrap();
        acme.sources.push("198.51.100.208/28".parse().unwrap());
    });
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    acme.calls("+442079460101");
    alice.rings();
    alice.answers();
    s.wait(5);
    acme.moves_to("198.51.100.209:5066");
    acme.gets(200);
    acme.hears("1001");
    s.wait(5);
    alice.hangs_up();
    acme.is_asked("BYE");
}

/// RFC 3311 §5.2: our offer in the 200 has no answer yet, so theirs must wait.
pub fn two_offers_at_once(s: &mut Stage) {
    let (alice, bob) = (s.registered_phone("1001"), s.registered_phone("1002"));
    alice.keeps_back("ACK");
    alice.calls_with("1002", |mut invite| {
        invite.body.clear();
        invite.fields.retain(|(name, _)| name != "Content-Type");
        invite
    });
    bob.rings();
    bob.answers();
    alice.updates("sendonly");
    alice.gets(491);
    alice.hangs_up();
    bob.is_asked("BYE");
}

/// RFC 3311 §5.2: before the answer an address may move, but an offer has to wait for the one before it.
pub fn before_the_answer(s: &mut Stage) {
    let (alice, bob) = (s.registered_phone("1001"), s.registered_phone("1002"));
    alice.calls("1002");
    bob.rings();
    alice.updates_early(None);
    alice.gets(200);
    alice.updates_early(Some("sendonly"));
    alice.gets(500);
    s.wait(2);
    bob.answers();
    alice.hears("1002");
    s.wait(5);
    alice.hangs_up();
}

/// RFC 3311 §5.2: a refused UPDATE leaves the call as it was.
pub fn without_common_codec(s: &mut Stage) {
    let (alice, bob) = s.alice_with_bob(5);
    alice.updates_to(&[(18, "G729")]);
    alice.gets(488);
    alice.hears("1002");
    bob.hears("1001");
    s.wait(2);
    bob.hangs_up();
}
