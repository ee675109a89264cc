//! Where extensions may call outside, and how much: every way out asks the same question, and gets the same answer.

use crate::stage::{Party, Stage, cold, warm};
use tandem::call::Order;
use tandem::call::click_to_dial::Dial;
use tandem::config::Config;
use tandem::config::valid::{ClassOfService, Kind};

/// A premium number of the house's country, as one dials it there.
const PREMIUM: &str = "09098790000";
const NUMBER: &str = "02079460999";

/// Changes the class of service of an extension.
fn class_of<'c>(config: &'c mut Config, extension: &str) -> &'c mut ClassOfService {
    &mut config.extensions.get_mut(extension).unwrap().class
}

/// Alice, who may have so many calls to the outside at one time, and the carriers.
fn house(s: &mut Stage, at_once: usize) -> (Party, Party, Party) {
    s.configure(|config| class_of(config, "1001").max_calls.value = at_once);
    (s.registered_phone("1001"), s.carrier("acme"), s.carrier("globe"))
}

/// An outgoing call of Alice that acme takes.
fn talks_with_acme(s: &mut Stage, alice: &Party, acme: &Party) {
    alice.calls(NUMBER);
    acme.answers();
    alice.hears("acme");
    s.wait(1);
}

/// The phone is told why, and the log which key says so. Digits behind the end of a number help nobody.
pub fn expensive_numbers_are_refused(s: &mut Stage) {
    let (alice, acme, globe) = house(s, 5);
    for (number, what) in [
        (PREMIUM, "premium"),
        ("0909879000012", "premium"),
        ("07012345678", "premium"),
        ("0088299123456", "satellite"),
        ("+870773123456", "satellite"),
    ] {
        alice.calls(number);
        alice.gets(403);
        let why = format!("399 tandem \"1001 may not call {what} numbers (outside.allow)\"");
        alice.gets_told("Warning", &why);
    }
    acme.never_sees("INVITE");
    globe.never_sees("INVITE");
    talks_with_acme(s, &alice, &acme);
    alice.hangs_up();
}

/// A kind that is allowed, and a rule by its name whatever its numbers are.
pub fn expensive_numbers_are_allowed(s: &mut Stage) {
    s.configure(|config| {
        class_of(config, "1001").allow.value.kinds.insert(Kind::Premium);
        class_of(config, "1002")
            .allow
            .value
            .rules
            .insert("abroad".to_owned());
        config.outgoing[0].name = Some("abroad".to_owned());
    });
    let (alice, acme, globe) = house(s, 5);
    let bob = s.registered_phone("1002");
    alice.calls(PREMIUM);
    acme.rejects(486);
    alice.gets(486);
    alice.calls("0088299123456");
    alice.gets(403);
    bob.calls("0088299123456");
    globe.rejects(486);
    bob.gets(486);
    bob.calls(PREMIUM);
    bob.gets(403);
}

/// A stolen password, and no more than two calls at one time. Those who run the switch are told once.
pub fn too_many_calls_at_once(s: &mut Stage) {
    let (alice, acme, globe) = house(s, 2);
    talks_with_acme(s, &alice, &acme);
    alice.calls("0033123456789");
    globe.rings();
    for _ in 0..3 {
        alice.calls("0033123456780");
        alice.gets(403);
    }
    globe.is_asked_times("INVITE", 1);
    s.restart();
    alice.calls("0033123456781");
    alice.gets(403);
    acme.hangs_up();
    alice.calls("0033123456782");
    globe.is_asked_times("INVITE", 2);
    s.wait(25);
}

/// An hour after the first of them there may be one more.
pub fn too_many_calls_in_an_hour(s: &mut Stage) {
    s.configure(|config| {
        class_of(config, "1001").max_calls_per_hour.value = 3;
        class_of(config, "1001").alarm_calls_per_hour.value = 2;
    });
    let (alice, acme, _globe) = house(s, 5);
    let bob = s.registered_phone("1002");
    for _ in 0..3 {
        alice.calls(NUMBER);
        acme.rejects(486);
        alice.gets(486);
        s.wait(1);
    }
    s.restart();
    alice.calls(NUMBER);
    alice.gets(403);
    bob.calls(NUMBER);
    acme.rejects(486);
    bob.gets(486);
    s.wait(61 * 60);
    alice.registers();
    alice.calls(NUMBER);
    acme.rejects(486);
    alice.gets(486);
}

/// One call that is tried at two carriers is one call.
pub fn failover_is_one_call(s: &mut Stage) {
    s.configure(|config| {
        crate::failover::takes(config, &[&[("acme", 1)], &[("globe", 1)]]);
        class_of(config, "1001").max_calls_per_hour.value = 1;
    });
    let (alice, acme, globe) = house(s, 1);
    alice.calls(NUMBER);
    acme.rejects(503);
    globe.answers();
    alice.hears("globe");
    alice.hangs_up();
}

/// REFER, orders and codes go where a call may go, and no further; the customer stays with the agent.
pub fn transfers_obey(s: &mut Stage) {
    s.has_codes();
    let (alice, _carol, acme) = s.agent_with_customer(3);
    alice.hands_on_to(PREMIUM);
    alice.gets(403);
    s.gesture(cold(PREMIUM));
    s.gesture(warm("0088299123456"));
    acme.hears("1001");
    alice.dials("*109098790000#");
    alice.hears("error tone");
    alice.dials("*5");
    acme.hears("1001");
    acme.is_asked_times("INVITE", 0);
    s.wait(1);
    acme.hangs_up();
}

/// Whoever has handed a customer on to the outside has made that call, as long as it lasts.
pub fn transfers_count(s: &mut Stage) {
    s.configure(|config| class_of(config, "1001").max_calls.value = 1);
    let (alice, _carol, acme) = s.agent_with_customer(3);
    let globe = s.carrier("globe");
    alice.hands_on_to("0033123456789");
    globe.answers();
    acme.hears("globe");
    alice.learns_outcome(&[100, 200]);
    alice.hangs_up();
    s.wait(1);
    alice.calls(NUMBER);
    alice.gets(403);
    acme.calls("+442079460101");
    alice.answers();
    alice.hands_on_to("0033123456780");
    alice.gets(403);
    s.gesture(warm("0033123456780"));
    alice.hangs_up();
    globe.hangs_up();
    alice.calls(NUMBER);
    acme.rejects(486);
    alice.gets(486);
}

/// A carrier that connects two of its own by itself is asked for a call all the same.
pub fn transfers_within_the_carrier_obey(s: &mut Stage) {
    s.configure(|config| {
        config.trunks.get_mut("acme").unwrap().takes_transfers = true;
        class_of(config, "1001").max_calls_per_hour.value = 1;
    });
    let (alice, acme, _globe) = house(s, 5);
    alice.calls(NUMBER);
    acme.rejects(486);
    alice.gets(486);
    acme.calls("+442079460101");
    alice.answers();
    alice.hands_on_to(NUMBER);
    alice.gets(403);
    acme.is_asked_times("REFER", 0);
    acme.hears("1001");
    s.wait(1);
    acme.hangs_up();
}

/// A phone that sends its callers on makes the call, whoever rings it: alone, as one of several, or by its number.
pub fn forwards_obey(s: &mut Stage) {
    let (alice, acme, globe) = house(s, 1);
    let bob = s.registered_phone("1002");
    acme.calls("+442079460101");
    alice.forwards_to(&["<sip:09098790000@tandem.example>"]);
    acme.gets(480);
    acme.calls("+442079460100");
    bob.rings();
    alice.forwards_to(&["<sip:0033123456789@tandem.example>"]);
    globe.answers();
    acme.hears("globe");
    bob.calls("1001");
    alice.forwards_to(&["<sip:0033123456780@tandem.example>"]);
    bob.gets(480);
    globe.is_asked_times("INVITE", 1);
    acme.hangs_up();
}

/// Nobody is rung for a call that may not be.
pub fn clicks_obey(s: &mut Stage) {
    let (alice, acme, _globe) = house(s, 1);
    let dial = |s: &mut Stage, to: &str| {
        s.order(Order::Dial(Dial {
            from: "1001".to_owned(),
            to: to.to_owned(),
            caller_id: None,
        }));
    };
    dial(s, PREMIUM);
    talks_with_acme(s, &alice, &acme);
    dial(s, NUMBER);
    alice.is_asked_times("INVITE", 0);
    acme.hangs_up();
    alice.is_asked("BYE");
    s.wait(1);
    dial(s, NUMBER);
    alice.answers();
    acme.answers();
    alice.hears("acme");
    s.wait(1);
    acme.hangs_up();
    alice.is_asked("BYE");
}
