//! We register with carriers.

use crate::stage::{Demands, Party, Stage};
use std::time::Duration;
use tandem::call::Order;
use tandem::config::Config;
use tandem::config::valid::{Credentials, ListenTransport, Trunk};

/// The password that acme has given us.
pub const PASSWORD: &str = "what acme gave us";

/// The trunk acme, which knows us by a password.
pub fn known_to_acme(config: &mut Config) -> &mut Trunk {
    let acme = config.trunks.get_mut("acme").unwrap();
    acme.credentials = Some(Credentials {
        username: "tandem-4711".to_owned(),
        password: Some(PASSWORD.into()),
    });
    acme
}

/// Acme, with which we register for ten minutes; something else may be changed about it.
fn registering(s: &mut Stage, change: impl FnOnce(&mut Trunk)) -> Party {
    s.configure(|config| {
        let acme = known_to_acme(config);
        acme.register = Some(Duration::from_secs(600));
        change(acme);
    });
    let acme = s.carrier("acme");
    acme.demands(Demands::new(401, PASSWORD));
    acme
}

/// With SHA-256, the better of the two that are offered. The next time the nonce is known and counted on; and when we
/// leave we say so.
pub fn registers_and_refreshes(s: &mut Stage) {
    let acme = registering(s, |_| {});
    s.wait(1);
    acme.is_told_by("REGISTER", "Expires", "600");
    s.wait(600);
    s.order(Order::Trunks);
    acme.is_asked_times("REGISTER", 3);
    s.order(Order::ShutDown);
    acme.is_told_by("REGISTER", "Expires", "0");
}

/// The nonce is good once: it is stale the next time, and that is no wrong password.
pub fn nonce_grows_old(s: &mut Stage) {
    let acme = registering(s, |_| {});
    acme.demands(Demands {
        good_for: 1,
        ..Demands::new(407, PASSWORD)
    });
    s.wait(601);
    acme.is_asked_times("REGISTER", 4);
    s.order(Order::ShutDown);
}

pub fn interval_too_brief(s: &mut Stage) {
    let acme = registering(s, |_| {});
    acme.answers_registers_with(423, &[("Min-Expires", "1800")]);
    s.wait(0);
    acme.is_told_by("REGISTER", "Expires", "1800");
    acme.answers_registers_with(200, &[]);
    s.wait(20);
    s.order(Order::Trunks);
    s.order(Order::ShutDown);
}

/// A carrier that always wants more is not asked in circles.
pub fn ever_longer_intervals(s: &mut Stage) {
    let acme = registering(s, |_| {});
    acme.answers_registers_with(423, &[("Min-Expires", "3600")]);
    s.wait(60);
    s.order(Order::Trunks);
    s.order(Order::ShutDown);
}

/// It has the last word: refreshed before its 100 seconds are over.
pub fn granted_for_less(s: &mut Stage) {
    let acme = registering(s, |_| {});
    acme.answers_registers_with(200, &[("Expires", "100")]);
    s.wait(95);
    acme.is_asked_times("REGISTER", 3);
    s.order(Order::ShutDown);
}

/// Not before the 45 seconds for which it wants to be left alone.
pub fn has_no_room(s: &mut Stage) {
    let acme = registering(s, |_| {});
    acme.answers_registers_with(503, &[("Retry-After", "45")]);
    s.wait(44);
    acme.is_asked_times("REGISTER", 2);
    acme.answers_registers_with(200, &[]);
    s.wait(2);
    acme.is_asked_times("REGISTER", 3);
    s.order(Order::Trunks);
    s.order(Order::ShutDown);
}

/// The configuration is at fault: told once, and tried seldom.
pub fn wrong_password(s: &mut Stage) {
    let acme = registering(s, |_| {});
    acme.demands(Demands::new(401, "what acme thinks"));
    s.wait(140);
    acme.is_asked_times("REGISTER", 2);
    s.wait(600);
    s.order(Order::Trunks);
    s.order(Order::ShutDown);
}

pub fn refused(s: &mut Stage) {
    let acme = registering(s, |_| {});
    acme.answers_registers_with(403, &[]);
    s.wait(140);
    acme.is_asked_times("REGISTER", 2);
    s.order(Order::ShutDown);
}

/// The first says nothing, the second 500, the third takes us; when we refresh we go there at once.
pub fn second_server(s: &mut Stage) {
    let servers = ["198.51.100.201", "198.51.100.203", "198.51.100.204"];
    let acme = registering(s, |acme| acme.servers = servers.map(str::to_owned).to_vec());
    let second = s.carrier("acme").at("198.51.100.203:5060");
    let third = s.carrier("acme").at("198.51.100.204:5060");
    acme.falls_silent();
    second.answers_registers_with(500, &[]);
    s.wait(5);
    third.is_asked_times("REGISTER", 1);
    s.wait(600);
    third.is_asked_times("REGISTER", 2);
    s.order(Order::ShutDown);
}

/// Ever more seldom, until one is back.
pub fn all_servers_are_silent(s: &mut Stage) {
    let acme = registering(s, |_| {});
    acme.falls_silent();
    s.wait(170);
    acme.is_back();
    s.wait(200);
    s.order(Order::Trunks);
    s.order(Order::ShutDown);
}

/// All requests go to the proxy, and say so in their Route.
pub fn through_a_proxy(s: &mut Stage) {
    let acme = registering(s, |acme| {
        acme.host = "acme.example".to_owned();
        acme.outbound_proxy = Some("198.51.100.201".to_owned());
    });
    acme.demands(Demands::new(407, PASSWORD));
    let alice = s.registered_phone("1001");
    acme.is_addressed("REGISTER", "sip:acme.example");
    acme.is_told_by("REGISTER", "Route", "<sip:198.51.100.201;lr>");
    alice.calls("02079460999");
    acme.is_addressed("INVITE", "sip:+442079460999@acme.example");
    acme.is_told_by("INVITE", "Route", "<sip:198.51.100.201;lr>");
    acme.rejects(486);
    alice.gets(486);
    s.order(Order::ShutDown);
}

/// When the connection breaks the answer is lost: it is tried again.
pub fn over_tcp(s: &mut Stage) {
    let acme = registering(s, |acme| acme.transport = ListenTransport::Tcp).over_tcp();
    acme.keeps_back("200 REGISTER");
    s.wait(1);
    acme.loses_connection();
    s.wait(11);
    s.order(Order::Trunks);
    s.order(Order::ShutDown);
}

/// The carrier sends a call to the Contact that we have registered, from an address that nobody has named.
pub fn calls_our_contact(s: &mut Stage) {
    let acme = registering(s, |acme| acme.sources = Vec::new());
    let elsewhere = s.carrier("acme").at("198.51.100.250:5060");
    let alice = s.registered_phone("1001");
    let user = acme.registered_user();
    elsewhere.calls_with(&user, |invite| {
        invite.set("To", "<sip:+442079460101@acme.example>")
    });
    alice.rings();
    alice.answers();
    elsewhere.hears("1001");
    elsewhere.hangs_up();
    elsewhere.calls("+442079460101");
    elsewhere.gets(401);
    s.order(Order::ShutDown);
}

/// Whoever calls from where we are registered is the carrier.
pub fn calls_from_where_we_are_registered(s: &mut Stage) {
    let acme = registering(s, |acme| acme.sources = Vec::new());
    let alice = s.registered_phone("1001");
    acme.calls("+442079460101");
    alice.rejects(486);
    acme.gets(486);
    s.order(Order::ShutDown);
}

/// Two accounts at one carrier: a call belongs to the one whose Contact it is for, whichever comes first by name, and
/// from whichever address. Calls over acme are recorded, calls over zenith are not.
pub fn two_accounts_at_one_carrier(s: &mut Stage) {
    s.configure(|config| {
        let acme = known_to_acme(config);
        acme.register = Some(Duration::from_secs(600));
        acme.recording.record = Some(true);
        let mut zenith = config.trunks["acme"].clone();
        zenith.recording.record = Some(false);
        zenith.max_calls = Some(1);
        if let Some(account) = &mut zenith.credentials {
            account.username = "tandem-4712".to_owned();
        }
        config.trunks.insert("zenith".to_owned(), zenith);
    });
    let (acme, elsewhere) = (s.carrier("acme"), s.carrier("globe").at("198.51.100.250:5060"));
    let alice = s.registered_phone("1001");
    let accounts = ["tandem-4711", "tandem-4712"].map(|account| acme.registered_user_of(account));
    for (caller, user, tapes) in [
        (&acme, 0, 1),
        (&acme, 1, 1),
        (&elsewhere, 0, 2),
        (&elsewhere, 1, 2),
    ] {
        caller.calls_with(&accounts[user], |invite| {
            invite.set("To", "<sip:+442079460101@acme.example>")
        });
        alice.rings();
        alice.answers();
        caller.hears("1001");
        alice.hangs_up();
        assert_eq!(s.tapes().len(), tapes);
    }
    // Where neither is named, the account decides.
    acme.calls_with("+442079460101", |invite| {
        invite.set("To", "<sip:tandem-4712@acme.example>")
    });
    alice.rings();
    alice.answers();
    assert_eq!(s.tapes().len(), 2);
    acme.calls_with(&accounts[1], |invite| {
        invite.set("To", "<sip:+442079460101@acme.example>")
    });
    acme.gets(503);
    alice.hangs_up();
    s.order(Order::ShutDown);
}

/// A trunk that is known by its network stands before one with a wider network, whatever their names are.
pub fn the_narrower_network_decides(s: &mut Stage) {
    s.configure(|config| {
        let mut zenith = config.trunks["acme"].clone();
        zenith.recording.record = Some(false);
        config.trunks.insert("zenith".to_owned(), zenith);
        let acme = config.trunks.get_mut("acme").unwrap();
        acme.sources = vec!["198.51.100.0/24".parse().unwrap()];
    });
    let (acme, alice) = (s.carrier("acme"), s.registered_phone("1001"));
    acme.calls("+442079460101");
    alice.rings();
    alice.answers();
    assert!(s.tapes().is_empty());
    alice.hangs_up();
}

/// The registrar writes a user of its own into our Contact, and its only one: that counts for how long we are
/// registered, and calls to it are the carrier's, with the number in To. A number that everybody knows proves
/// nothing about who comes from elsewhere.
pub fn registrar_renames_our_contact(s: &mut Stage) {
    let acme = registering(s, |acme| acme.sources = Vec::new());
    acme.answers_registers_with(
        200,
        &[
            ("Contact", "<sip:line7@192.0.2.1:5060>;expires=100"),
            ("Expires", "3600"),
        ],
    );
    let (sibling, stranger) = (s.carrier("globe").at("198.51.100.201:5070"), s.stranger());
    let alice = s.registered_phone("1001");
    for carrier in [&acme, &sibling] {
        carrier.calls_with("line7", |invite| {
            invite.set("To", "<sip:+442079460101@acme.example>")
        });
        alice.rejects(486);
        carrier.gets(486);
    }
    stranger.calls("line7");
    stranger.gets(401);
    s.wait(95);
    acme.is_asked_times("REGISTER", 3);
    s.order(Order::ShutDown);
}

/// A carrier that is gone keeps us for four seconds and no longer.
pub fn is_not_answered_when_we_leave(s: &mut Stage) {
    let acme = registering(s, |_| {});
    s.wait(1);
    acme.falls_silent();
    s.order(Order::ShutDown);
    s.wait(5);
}
