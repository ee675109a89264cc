//! Session timers (RFC 4028), and what else becomes of a re-INVITE of ours (RFC 3261 §14.1).

use crate::stage::{Party, Stage};

/// Alice and Bob, registered in a house where a session lasts ten minutes unless refreshed.
fn house(s: &mut Stage) -> (Party, Party) {
    last_ten_minutes(s);
    s.alice_and_bob()
}

/// They talk, and neither knows anything of timers.
fn talking(s: &mut Stage) -> (Party, Party) {
    last_ten_minutes(s);
    s.alice_with_bob(0)
}

fn last_ten_minutes(s: &mut Stage) {
    s.configure(|config| config.timers.session = std::time::Duration::from_secs(600));
}

/// RFC 4028 §7.4: where nobody else does it we refresh, by UPDATE or by the same description once more.
pub fn we_refresh(s: &mut Stage) {
    let (alice, bob) = house(s);
    alice.says("Allow", "INVITE, ACK, BYE, CANCEL, UPDATE");
    alice.calls("1002");
    bob.rings();
    bob.answers();
    s.wait(301);
    alice.is_asked("UPDATE");
    alice.hears("1002");
    bob.hears("1001");
    s.wait(310);
    bob.hangs_up();
}

/// RFC 4028 §9: the caller asks for a timer and keeps it, and Bob's phone takes the same task upon itself.
pub fn they_refresh(s: &mut Stage) {
    let (alice, bob) = house(s);
    bob.says("Session-Expires", "600;refresher=uas");
    alice.calls_with("1002", |invite| {
        let invite = invite.with("Supported", "timer");
        invite.with("Session-Expires", "400")
    });
    bob.rings();
    bob.answers();
    for _ in 0..3 {
        s.wait(200);
        alice.refreshes("400;refresher=uac");
        alice.gets(200);
        bob.describes_again("sendrecv");
        bob.gets(200);
    }
    alice.hears("1002");
    alice.hangs_up();
}

/// RFC 4028 §10: who should refresh and does not has gone, and the other one need not wait for him.
pub fn nobody_refreshes(s: &mut Stage) {
    let (alice, bob) = house(s);
    alice.calls_with("1002", |invite| {
        let invite = invite.with("Supported", "timer");
        invite.with("Session-Expires", "240;refresher=uac")
    });
    bob.rings();
    bob.answers();
    s.wait(207);
    alice.hears("1002");
    s.wait(2);
    alice.is_asked("BYE");
    bob.is_asked("BYE");
}

/// RFC 4028 §6: once in a minute is too often.
pub fn too_small(s: &mut Stage) {
    let (alice, _bob) = house(s);
    alice.calls_with("1002", |invite| {
        let invite = invite.with("Supported", "timer");
        invite.with("Session-Expires", 60)
    });
    alice.gets(422);
}

/// RFC 4028 §7.3: a carrier that wants a longer session is asked once more.
pub fn carrier_wants_longer(s: &mut Stage) {
    s.configure(|config| config.timers.session = std::time::Duration::from_secs(600));
    let (alice, acme) = (s.registered_phone("1001"), s.carrier("acme"));
    alice.calls("02079460999");
    acme.rejects_with(422, |refusal| refusal.with("Min-SE", 1200));
    acme.rings();
    acme.says("Session-Expires", "1200;refresher=uac");
    acme.answers();
    s.wait(601);
    alice.hears("acme");
    acme.hears("1001");
    alice.hangs_up();
}

/// A phone without power does not hang up; the refresh notices.
pub fn phone_is_dead(s: &mut Stage) {
    let (_alice, bob) = talking(s);
    s.wait(100);
    bob.falls_silent();
    s.wait(240);
}

/// RFC 3261 §12.2.1.2: a phone that was restarted knows of no call.
pub fn dialog_is_gone(s: &mut Stage) {
    let (alice, bob) = talking(s);
    bob.refuses_changes(481);
    s.wait(301);
    alice.is_asked("BYE");
}

/// RFC 4028 §7.2: a phone that does not like to be asked, and has agreed to no interval, keeps its call as long as it
/// refuses: that shows that it is there.
pub fn refresh_refused(s: &mut Stage) {
    let (alice, bob) = talking(s);
    for status in [500, 488, 403, 503, 603, 400] {
        alice.refuses_changes(status);
        bob.refuses_changes(status);
        s.wait(301);
        alice.hears("1002");
    }
    bob.refuses_changes(200);
    bob.falls_silent();
    s.wait(340);
    alice.is_asked("BYE");
}

/// The same behind a trunk, in a call that the carrier makes and in one that it takes.
pub fn carrier_refuses_to_be_refreshed(s: &mut Stage) {
    last_ten_minutes(s);
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    acme.refuses_changes(403);
    acme.calls("+442079460101");
    alice.rings();
    alice.answers();
    s.wait(901);
    alice.hangs_up();
    alice.calls("02079460999");
    acme.rings();
    acme.answers();
    s.wait(901);
    alice.hears("acme");
    alice.hangs_up();
}

/// RFC 4028 §10: who has agreed to an interval and refuses every refresh is asked again while it lasts, and then the
/// call is over; the log says who would not.
pub fn agreed_and_refused(s: &mut Stage) {
    let (alice, bob) = house(s);
    bob.says("Session-Expires", "600;refresher=uac");
    alice.calls("1002");
    bob.rings();
    bob.answers();
    bob.refuses_changes(488);
    s.wait(567);
    alice.hears("1002");
    s.wait(2);
    alice.is_asked("BYE");
    bob.is_asked("BYE");
}

/// RFC 3311 §5.2: an UPDATE that is refused for what it is becomes a re-INVITE at once, and no UPDATE is tried again.
pub fn update_refused_for_what_it_is(s: &mut Stage) {
    let (alice, bob) = house(s);
    alice.refuses_updates(415);
    bob.refuses_updates(500);
    alice.calls("1002");
    bob.rings();
    bob.answers();
    s.wait(301);
    alice.hears("1002");
    s.wait(301);
    alice.hears("1002");
    alice.hangs_up();
}

/// Each way in which phones and carriers say so, in a call that is refreshed after 45 s and would be over after 60 s.
pub fn every_way_to_refuse_an_update(s: &mut Stage) {
    s.configure(|config| config.timers.session = std::time::Duration::from_secs(90));
    let (alice, bob) = s.alice_and_bob();
    bob.says("Session-Expires", "90;refresher=uac");
    for status in [400, 405, 415, 420, 488, 500, 501] {
        bob.refuses_updates(status);
        alice.calls("1002");
        bob.rings();
        bob.answers();
        s.wait(61);
        alice.hears("1002");
        bob.hangs_up();
    }
}

/// RFC 3261 §14.1: both have asked at once; we own one Call-ID and not the other, and wait accordingly.
pub fn both_ask_at_once(s: &mut Stage) {
    let (alice, bob) = talking(s);
    alice.refuses_changes(491);
    bob.refuses_changes(491);
    s.wait(300);
    alice.refuses_changes(200);
    bob.refuses_changes(200);
    s.wait(5);
    alice.hears("1002");
    alice.hangs_up();
}

/// RFC 3261 §14.2: our re-INVITE has no answer yet, so theirs must wait.
pub fn they_ask_while_we_ask(s: &mut Stage) {
    let (alice, bob) = talking(s);
    bob.keeps_back("200 INVITE");
    s.wait(301);
    bob.holds();
    bob.gets(491);
    alice.hears("1002");
    bob.answers_at_last();
    bob.holds();
    alice.hears("music");
    s.wait(2);
    bob.hangs_up();
}

/// RFC 5407 §3.2.3: a 200 that crosses our BYE is confirmed all the same.
pub fn answer_crosses_bye(s: &mut Stage) {
    let (alice, bob) = talking(s);
    bob.keeps_back("200 INVITE");
    s.wait(301);
    s.crossing(|| {
        alice.hangs_up();
        bob.answers_at_last();
    });
    bob.is_asked("BYE");
}
