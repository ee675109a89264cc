//! Carriers that want to know who sends a request of ours, whatever request it is (RFC 3261 §22).

use crate::registrant::{PASSWORD, known_to_acme};
use crate::stage::{Demands, Party, Stage};
use std::time::Duration;

const NUMBER: &str = "02079460999";

/// Alice, and acme, which knows us by a password.
fn house(s: &mut Stage) -> (Party, Party) {
    s.configure(|config| known_to_acme(config).takes_transfers = true);
    (s.registered_phone("1001"), s.carrier("acme"))
}

/// They talk, and then acme begins to ask.
fn talking(s: &mut Stage) -> (Party, Party) {
    let (alice, acme) = house(s);
    alice.calls(NUMBER);
    acme.rings();
    acme.answers();
    s.wait(1);
    acme.demands(Demands::new(401, PASSWORD));
    (alice, acme)
}

/// The INVITE goes again under the next number, and its ACK shows what it had to show.
pub fn call(s: &mut Stage) {
    let (alice, acme) = house(s);
    acme.demands(Demands::new(401, PASSWORD));
    alice.calls(NUMBER);
    acme.rings();
    acme.answers();
    alice.hears("acme");
    acme.is_told_by("INVITE", "CSeq", "2 INVITE");
    acme.sees_credentials_in_ack();
    s.wait(3);
    acme.hangs_up();
}

pub fn by_a_proxy(s: &mut Stage) {
    let (alice, acme) = house(s);
    acme.demands(Demands {
        algorithms: vec!["MD5"],
        ..Demands::new(407, PASSWORD)
    });
    alice.calls(NUMBER);
    acme.rings();
    alice.cancels();
    alice.gets(487);
}

/// Each nonce is good for one request, and the next one is asked for a new one.
pub fn each_nonce_once(s: &mut Stage) {
    let (alice, acme) = house(s);
    acme.demands(Demands {
        good_for: 1,
        ..Demands::new(401, PASSWORD)
    });
    for _ in 0..2 {
        alice.calls(NUMBER);
        acme.rejects(486);
        alice.gets(486);
    }
}

/// The configuration is at fault, and the caller is told that the way is closed.
pub fn wrong_password(s: &mut Stage) {
    let (alice, acme) = house(s);
    acme.demands(Demands::new(401, "what acme thinks"));
    alice.calls(NUMBER);
    alice.gets(503);
    acme.is_asked_times("INVITE", 2);
}

pub fn no_password(s: &mut Stage) {
    let (alice, globe) = (s.registered_phone("1001"), s.carrier("globe"));
    globe.demands(Demands::new(401, PASSWORD));
    alice.calls("0015550123");
    alice.gets(503);
    globe.is_asked_times("INVITE", 1);
}

pub fn hangs_up_and_is_challenged(s: &mut Stage) {
    let (alice, acme) = talking(s);
    alice.hangs_up();
    acme.is_told_by("BYE", "CSeq", "3 BYE");
    s.wait(1);
}

/// A re-INVITE of ours: its ACK shows the credentials, too.
pub fn session_is_refreshed(s: &mut Stage) {
    s.configure(|config| config.timers.session = Duration::from_secs(600));
    let (alice, acme) = talking(s);
    s.wait(301);
    acme.is_told_by("INVITE", "CSeq", "3 INVITE");
    acme.sees_credentials_in_ack();
    alice.hears("acme");
    alice.hangs_up();
}

/// Nobody waits for the answer to an INFO, and yet it is sent again.
pub fn key_by_info(s: &mut Stage) {
    let (alice, acme) = house(s);
    acme.speaks_only(&[(0, "PCMU")]);
    alice.calls(NUMBER);
    acme.answers();
    acme.demands(Demands::new(401, PASSWORD));
    alice.presses('7');
    acme.is_told_by("INFO", "CSeq", "3 INFO");
    alice.hangs_up();
}

/// A PRACK belongs to an early dialog, and counts on in it.
pub fn reliable(s: &mut Stage) {
    let (alice, acme) = house(s);
    acme.demands(Demands::new(401, PASSWORD));
    alice.calls(NUMBER);
    acme.plays_early_media_reliably(4711);
    acme.is_asked("PRACK");
    alice.hears("acme, else ringback");
    acme.answers_plainly();
    alice.hears("acme");
    acme.hangs_up();
}

/// REFER.
pub fn handed_on_by_the_carrier(s: &mut Stage) {
    let (alice, acme) = talking(s);
    alice.hands_on_to("02079460998");
    acme.is_asked("REFER");
    acme.reports(200);
    alice.learns_outcome(&[100, 200]);
    s.wait(1);
}
