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

/// RFC 3261 §14.1: a phone that does not like to be asked keeps its call all the same; it is asked again later.
pub fn refresh_refused(s: &mut Stage) {
    let (alice, bob) = talking(s);
    bob.refuses_changes(500);
    s.wait(301);
    alice.hears("1002");
    bob.refuses_changes(200);
    s.wait(300);
    alice.hears("1002");
    bob.hangs_up();
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
