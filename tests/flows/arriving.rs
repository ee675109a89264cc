//! What arrives is heard, whatever was described (RFC 3264 §5.1, RFC 3960 §3.2): each row names who may be heard, and
//! what stands in while nothing comes. That it is so is measured with tones (`heard.rs`, `tests/ears/arriving.rs`).

use crate::stage::{Stage, cold, warm};

/// 180 with a description, a plain 180, 183, and never a packet: it rings on.
pub fn early_media_that_never_comes(s: &mut Stage) {
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    acme.calls("+442079460101");
    alice.describes_early(180, "sendrecv");
    acme.hears("1001, else ringback");
    s.wait(4);
    alice.rings();
    acme.hears("1001, else ringback");
    s.wait(4);
    alice.plays_early_media();
    acme.hears("1001, else ringback");
    s.wait(4);
    alice.answers();
    acme.hears("1001");
    s.wait(4);
    acme.hangs_up();
}

/// RFC 3264 §6.1: an answer that is `sendonly` sends; nobody holds before there is a call.
pub fn early_media_that_is_sendonly(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let acme = s.carrier("acme");
    alice.calls("02079460999");
    acme.describes_early(180, "sendonly");
    alice.hears("acme, else ringback");
    s.wait(4);
    acme.describes_early(183, "inactive");
    alice.hears("acme, else ringback");
    s.wait(4);
    acme.answers();
    alice.hears("acme");
    s.wait(4);
    alice.hangs_up();
}

/// One of several describes early media: it silences nobody, and is heard if it sends any.
pub fn one_of_several_describes_early_media(s: &mut Stage) {
    let members = ["1001", "1002", "1003"].map(str::to_owned);
    s.configure(|config| drop(config.groups.insert("700".to_owned(), members.to_vec())));
    let (bob, carol) = (s.registered_phone("1002"), s.registered_phone("1003"));
    let alice = s.registered_phone("1001");
    alice.calls("700");
    bob.rings();
    carol.describes_early(180, "sendonly");
    alice.hears("1003, else ringback");
    s.wait(4);
    bob.describes_early(183, "sendrecv");
    alice.hears("1002 + 1003, else ringback");
    s.wait(4);
    bob.answers();
    alice.hears("1002");
    s.wait(4);
    alice.hangs_up();
}

/// The agent waits for the colleague.
pub fn colleague_describes_early_media(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    s.gesture(warm("1003"));
    carol.describes_early(180, "sendrecv");
    alice.hears("1003, else ringback");
    acme.hears("music");
    s.wait(4);
    carol.answers();
    alice.hears("1003");
    s.wait(4);
    acme.hangs_up();
    s.wait(2);
    alice.hangs_up();
    carol.is_asked("BYE");
}

/// The customer waits for whom it was handed on to.
pub fn handed_on_to_who_describes_early_media(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    s.gesture(cold("1003"));
    alice.is_asked("BYE");
    acme.hears("music");
    carol.describes_early(183, "sendrecv");
    acme.hears("1003, else ringback");
    s.wait(4);
    carol.answers();
    acme.hears("1003");
    s.wait(4);
    acme.hangs_up();
}

/// The carrier's network plays music or says who is third in the queue: that is heard, and on the tape; ours stands in
/// where it plays nothing. It may be quiet for as long as it likes.
pub fn carrier_holds_with_its_own_music(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(3);
    for direction in ["sendonly", "inactive"] {
        acme.describes_again(direction);
        alice.hears("acme, else music");
        acme.hears("–");
        s.wait(4);
        acme.resumes();
        alice.hears("acme");
        s.wait(4);
    }
    acme.holds_by_address();
    alice.hears("acme, else music");
    s.wait(4);
    alice.hangs_up();
}

/// What a phone sends while it holds is what is said at its desk: nobody hears it, and no tape does.
pub fn phone_that_holds_is_not_overheard(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(3);
    for direction in ["sendonly", "inactive"] {
        alice.describes_again(direction);
        acme.hears("music");
        s.wait(4);
        alice.resumes();
        acme.hears("1001");
        s.wait(4);
    }
    acme.hangs_up();
}

/// Whoever calls like that holds nobody: an announcement of the carrier's.
pub fn carrier_only_speaks(s: &mut Stage) {
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    acme.calls_in_direction("+442079460101", "sendonly");
    alice.rings();
    s.wait(2);
    alice.answers();
    alice.hears("acme, else music");
    s.wait(4);
    alice.hangs_up();
}

/// A phone at a door that only speaks; once it has listened, it holds like any other.
pub fn phone_only_speaks(s: &mut Stage) {
    let (alice, bob) = (s.registered_phone("1001"), s.registered_phone("1002"));
    alice.calls_in_direction("1002", "sendonly");
    bob.rings();
    s.wait(2);
    bob.answers();
    bob.hears("1001, else music");
    s.wait(4);
    alice.describes_again("sendonly");
    bob.hears("1001, else music");
    s.wait(4);
    alice.describes_again("sendrecv");
    bob.hears("1001");
    s.wait(4);
    alice.describes_again("sendonly");
    bob.hears("music");
    s.wait(4);
    bob.hangs_up();
}

/// Some phones mute by saying that they only listen.
pub fn phone_that_only_listens(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(3);
    alice.describes_again("recvonly");
    acme.hears("silence");
    alice.hears("acme");
    s.wait(4);
    alice.describes_again("sendrecv");
    acme.hears("1001");
    s.wait(4);
    acme.hangs_up();
}

/// RFC 3264 §5.1: we are ready for what we have offered, and the 200 may come later than the first word.
pub fn speaks_before_its_answer_has_come(s: &mut Stage) {
    let (alice, acme) = (s.registered_phone("1001"), s.carrier("acme"));
    alice.calls("02079460999");
    alice.could_hear(&["acme"]);
    acme.rings();
    alice.could_hear(&["acme"]);
    s.wait(4);
    acme.answers();
    alice.could_hear(&["acme"]);
    s.wait(4);
    alice.hangs_up();
}

/// The same of a call without an offer: ours is in our 200, and the answer is in an ACK that gets lost.
pub fn speaks_before_its_ack_has_come(s: &mut Stage) {
    let (alice, acme) = (s.registered_phone("1001"), s.carrier("acme"));
    acme.keeps_back("ACK");
    acme.calls_with("+442079460101", |invite| {
        invite.describing(String::new()).without("Content-Type")
    });
    alice.rings();
    s.wait(2);
    alice.answers();
    alice.could_hear(&["acme"]);
    s.wait(4);
    alice.hangs_up();
}
