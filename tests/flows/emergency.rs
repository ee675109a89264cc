//! Calls for help: whoever dials an emergency number gets through, and those who run the switch know it at once.

use crate::stage::{Party, Stage, cold};
use tandem::call::Order;
use tandem::call::click_to_dial::Dial;
use tandem::config::Config;
use tandem::config::valid::Site;

const HOUSE: &str = "\"Reliable Radios\" <sip:+442079460100@192.0.2.1>";

/// Alice, and the two carriers in the order in which they are asked for help.
fn house(s: &mut Stage) -> (Party, Party, Party) {
    s.configure(|config| config.emergency.house.address = "1 High Street, London".to_owned());
    (s.registered_phone("1001"), s.carrier("acme"), s.carrier("globe"))
}

fn site(number: Option<&str>, address: &str) -> Site {
    Site {
        number: number.map(str::to_owned),
        address: address.to_owned(),
        ..Site::default()
    }
}

/// Somebody gets through over this carrier, and hangs up.
fn gets_through(s: &mut Stage, caller: &Party, carrier: &Party) {
    carrier.answers();
    caller.gets(200);
    s.wait(1);
    caller.hangs_up();
    carrier.is_asked("BYE");
}

/// Alone, behind what gets a line to the outside, with the code of the country, as people write it.
pub fn however_it_is_dialled(s: &mut Stage) {
    let (alice, acme, _globe) = house(s);
    for number in [
        "112",
        "999",
        "1-1-2",
        "0112",
        "0999",
        "+44112",
        "0044999",
        "112;phone-context=+44",
    ] {
        alice.calls(number);
        let known = if number.contains("99") { "999" } else { "112" };
        acme.is_addressed("INVITE", &format!("sip:{known}@198.51.100.201"));
        gets_through(s, &alice, &acme);
    }
}

/// Who wants to be known to nobody is known to those who are to help, whatever the trunk takes.
pub fn never_withheld(s: &mut Stage) {
    s.configure(|config| config.caller_id.withhold = Some("*31#".to_owned()));
    let (alice, acme, _globe) = house(s);
    let shown = |alice: &Party, s: &mut Stage| {
        acme.is_told_by("INVITE", "P-Asserted-Identity", HOUSE);
        acme.is_told_by("INVITE", "Privacy", "");
        gets_through(s, alice, &acme);
    };
    alice.calls_with("112", |invite| invite.with("Privacy", "id"));
    shown(&alice, s);
    alice.calls("*31#112");
    shown(&alice, s);
    alice.calls_with("112", |invite| {
        invite.with("P-Preferred-Identity", "<sip:+15550100@tandem.example>")
    });
    shown(&alice, s);
}

/// Neither the limits of the house, nor of the extension, nor of the trunk.
pub fn no_limit_holds_it_up(s: &mut Stage) {
    s.configure(|config| {
        config.limits.max_calls = 1;
        config.trunks.get_mut("acme").unwrap().max_calls = Some(1);
        config.trunks.get_mut("globe").unwrap().max_calls = Some(1);
        let class = &mut config.extensions.get_mut("1001").unwrap().class;
        class.allow.value.kinds.clear();
        class.max_calls.value = 1;
    });
    let (alice, acme, globe) = house(s);
    let bob = s.registered_phone("1002");
    bob.calls("02079460999");
    acme.answers();
    bob.hears("acme");
    alice.calls("02079460998");
    alice.gets(503);
    alice.calls("112");
    globe.answers();
    alice.hears("globe");
    alice.calls("999");
    acme.answers();
    s.wait(1);
    alice.hangs_up();
    globe.hangs_up();
    bob.hangs_up();
}

/// Whatever a trunk says, the next is asked; and if none takes it that is said aloud.
pub fn every_trunk_in_turn(s: &mut Stage) {
    let (alice, acme, globe) = house(s);
    for status in [403, 404, 486, 503, 603] {
        alice.calls("112");
        acme.rejects(status);
        gets_through(s, &alice, &globe);
    }
    alice.calls("112");
    acme.rings();
    acme.rejects(480);
    globe.rejects(404);
    alice.gets(404);
}

/// It may ring for as long as it takes, and a caller who says nothing is not gone.
pub fn nobody_is_given_up(s: &mut Stage) {
    let (alice, acme, _globe) = house(s);
    alice.calls("112");
    acme.rings();
    s.wait(300);
    gets_through(s, &alice, &acme);
}

/// The service finds the place by the number: that of the extension, or of the network of the phone.
pub fn shows_where_it_is(s: &mut Stage) {
    s.configure(|config| {
        let mut leeds = site(Some("+442079460101"), "Leeds, Mill Lane");
        leeds.networks.push("10.0.0.0/8".parse().unwrap());
        let mut home = site(None, "at home, Elm Road 3");
        home.extensions.insert("1002".to_owned());
        let sites = [("leeds".to_owned(), leeds), ("home".to_owned(), home)];
        config.emergency.sites = sites.into();
        config.emergency.desk = Some("1003".to_owned());
    });
    let (alice, acme, _globe) = house(s);
    let (bob, carol) = (s.registered_phone("1002"), s.registered_phone("1003"));
    alice.calls("112");
    let leeds = HOUSE.replace("0100", "0101");
    acme.is_told_by("INVITE", "P-Asserted-Identity", &leeds);
    carol.is_asked("MESSAGE");
    gets_through(s, &alice, &acme);
    bob.calls("112");
    acme.is_told_by("INVITE", "P-Asserted-Identity", HOUSE);
    carol.is_asked_times("MESSAGE", 2);
    gets_through(s, &bob, &acme);
}

/// By order and by code, behind which nobody waits for more keys than a moment.
pub fn by_every_way_out(s: &mut Stage) {
    s.has_codes();
    let (alice, _carol, acme) = s.agent_with_customer(3);
    let globe = s.carrier("globe");
    s.configure(|config: &mut Config| {
        config
            .extensions
            .get_mut("1001")
            .unwrap()
            .class
            .allow
            .value
            .kinds
            .clear();
    });
    globe.never_sees("INVITE");
    alice.dials("*2112");
    s.wait(1);
    acme.answers();
    alice.dials("*5");
    s.gesture(cold("999"));
    acme.answers();
    s.wait(1);
    acme.hangs_up();
    s.order(Order::Dial(Dial {
        from: "1001".to_owned(),
        to: "112".to_owned(),
        caller_id: None,
    }));
    alice.answers();
    acme.answers();
    s.wait(1);
    acme.hangs_up();
    alice.is_asked("BYE");
}

/// Somebody behind the same NAT has guessed passwords: a phone that is registered there is heard all the same.
pub fn behind_a_ban(s: &mut Stage) {
    s.configure(|config| config.limits.max_failed_logins_per_minute = 2);
    let (_alice, acme, _globe) = house(s);
    let guesser = s.phone("1003").at("10.0.0.101:6060");
    for extension in ["1003", "1002", "1001", "7001"] {
        guesser.guesses_of(extension, 3);
    }
    let stranger = s.phone("1002").at("10.0.0.101:7070");
    stranger.calls("112");
    stranger.gets(503);
    let softphone = s.phone("1001").at("10.0.0.101:8080");
    softphone.calls("02079460999");
    softphone.gets(503);
    softphone.calls("112");
    gets_through(s, &softphone, &acme);
}

/// Where every channel is taken the newest call makes room, if the house wants that.
pub fn another_call_makes_room(s: &mut Stage) {
    s.configure(|config| {
        config.emergency.preempt = true;
        config.emergency.trunks = vec!["acme".to_owned()];
        config.trunks.get_mut("acme").unwrap().max_calls = Some(1);
    });
    let (alice, acme, _globe) = house(s);
    let bob = s.registered_phone("1002");
    bob.calls("02079460999");
    acme.answers();
    bob.hears("acme");
    s.wait(1);
    alice.calls("112");
    bob.is_asked("BYE");
    acme.is_asked("BYE");
    acme.answers();
    alice.hears("acme");
    bob.calls("999");
    acme.rejects(486);
    bob.gets(486);
    alice.hears("acme");
    alice.hangs_up();
}
