//! A call to the outside is tried at one place after the other. The caller sees one call.

use crate::stage::{Party, Stage, warm};
use tandem::call::gesture::Gesture;
use tandem::config::Config;
use tandem::config::valid::Group;

/// A number that begins with 0.
const NUMBER: &str = "02079460999";

/// These trunks, in groups with weights, take the numbers that begin with 0.
pub fn takes(config: &mut Config, groups: &[&[(&str, u32)]]) {
    let group = |group: &&[(&str, u32)]| -> Group {
        group
            .iter()
            .map(|(name, weight)| ((*name).to_owned(), *weight))
            .collect()
    };
    let rule = config.outgoing.iter_mut().find(|rule| rule.pattern == "0X*");
    rule.unwrap().trunks = groups.iter().map(group).collect();
}

/// Alice, and the two carriers in their order.
fn two_carriers(s: &mut Stage) -> (Party, Party, Party) {
    s.configure(|config| takes(config, &[&[("acme", 1)], &[("globe", 1)]]));
    (s.registered_phone("1001"), s.carrier("acme"), s.carrier("globe"))
}

/// Alice talks over globe, and hangs up.
fn globe_takes_it(s: &mut Stage, alice: &Party, globe: &Party) {
    globe.rings();
    alice.gets(180);
    globe.answers();
    alice.hears("globe");
    s.wait(2);
    alice.hangs_up();
    globe.is_asked("BYE");
}

pub fn next_carrier(s: &mut Stage) {
    let (alice, acme, globe) = two_carriers(s);
    alice.calls(NUMBER);
    acme.rejects(503);
    globe_takes_it(s, &alice, &globe);
}

pub fn each_cause_of_the_place(s: &mut Stage) {
    let (alice, acme, globe) = two_carriers(s);
    for status in [408, 480, 500, 503, 504] {
        alice.calls(NUMBER);
        acme.rejects(status);
        globe.rejects(486);
        alice.gets(486);
    }
    globe.is_asked_times("INVITE", 5);
}

/// What a carrier says about the number or of the person, no other carrier says better.
pub fn no_word_on_the_place(s: &mut Stage) {
    let (alice, acme, globe) = two_carriers(s);
    for status in [403, 404, 484, 486, 488, 600, 603, 604] {
        alice.calls(NUMBER);
        acme.rejects(status);
        alice.gets(status);
    }
    globe.is_asked_times("INVITE", 0);
}

/// Not even 100: it is left after four seconds.
pub fn says_nothing(s: &mut Stage) {
    let (alice, acme, globe) = two_carriers(s);
    acme.falls_silent();
    alice.calls(NUMBER);
    s.wait(4);
    globe_takes_it(s, &alice, &globe);
}

/// It has only been slow: the CANCEL that could not go before goes now (RFC 3261 §9.1).
pub fn says_it_too_late(s: &mut Stage) {
    let (alice, acme, globe) = two_carriers(s);
    alice.calls(NUMBER);
    s.wait(4);
    acme.rings();
    acme.is_asked("CANCEL");
    globe_takes_it(s, &alice, &globe);
}

/// It answers when the other rings already: its 200 is confirmed and ended (RFC 3261 §13.2.2.4).
pub fn answers_too_late(s: &mut Stage) {
    let (alice, acme, globe) = two_carriers(s);
    alice.calls(NUMBER);
    s.wait(4);
    globe.rings();
    acme.answers();
    acme.is_asked("ACK");
    acme.is_asked("BYE");
    globe.answers();
    alice.hears("globe");
    alice.hangs_up();
}

/// Nobody listens at that port.
pub fn refuses_datagrams(s: &mut Stage) {
    let (alice, acme, globe) = two_carriers(s);
    acme.falls_silent();
    alice.calls(NUMBER);
    acme.loses_connection();
    globe_takes_it(s, &alice, &globe);
}

/// Where there is no other place a slow one is waited for.
pub fn nothing_else_to_go_to(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let acme = s.carrier("acme");
    alice.calls(NUMBER);
    s.wait(10);
    acme.rings();
    acme.answers();
    alice.hears("acme");
    alice.hangs_up();
}

/// Two addresses of one carrier are two places.
pub fn second_address(s: &mut Stage) {
    s.configure(|config| {
        let acme = config.trunks.get_mut("acme").unwrap();
        acme.servers = ["198.51.100.201", "198.51.100.203"].map(str::to_owned).to_vec();
    });
    let alice = s.registered_phone("1001");
    let acme = s.carrier("acme");
    let second = s.carrier("acme").at("198.51.100.203:5060");
    alice.calls(NUMBER);
    acme.rejects(503);
    second.rings();
    second.rejects(486);
    alice.gets(486);
}

/// An announcement of the first, then ringing at the second: the caller hears our ringing tone again.
pub fn early_media_of_the_first_stops(s: &mut Stage) {
    let (alice, acme, globe) = two_carriers(s);
    alice.calls(NUMBER);
    acme.plays_early_media();
    alice.hears("acme, else ringback");
    s.wait(2);
    acme.rejects(503);
    globe_takes_it(s, &alice, &globe);
}

/// Whom it has rung, the other carrier would ring again.
pub fn rings_and_nobody_is_there(s: &mut Stage) {
    let (alice, acme, globe) = two_carriers(s);
    alice.calls(NUMBER);
    acme.rings();
    s.wait(15);
    acme.rejects(480);
    alice.gets(480);
    globe.is_asked_times("INVITE", 0);
}

/// Each is asked once.
pub fn all_fail(s: &mut Stage) {
    let (alice, acme, globe) = two_carriers(s);
    alice.calls(NUMBER);
    acme.rejects(500);
    globe.rejects(503);
    alice.gets(503);
    acme.is_asked_times("INVITE", 1);
    globe.is_asked_times("INVITE", 1);
}

pub fn caller_gives_up_at_the_second(s: &mut Stage) {
    let (alice, acme, globe) = two_carriers(s);
    alice.calls(NUMBER);
    acme.rejects(504);
    globe.rings();
    alice.cancels();
    alice.gets(487);
    globe.is_asked("CANCEL");
}

/// RFC 3261 §21.5.4, for as long as it says.
pub fn wants_to_be_left_alone(s: &mut Stage) {
    let (alice, acme, globe) = two_carriers(s);
    let globe_refuses = |first: &dyn Fn()| {
        alice.calls(NUMBER);
        first();
        globe.rejects(486);
        alice.gets(486);
    };
    globe_refuses(&|| acme.rejects_with(503, |full| full.with("Retry-After", 20)));
    s.wait(15);
    globe_refuses(&|| {});
    acme.is_asked_times("INVITE", 1);
    s.wait(10);
    globe_refuses(&|| acme.rejects(480));
    acme.is_asked_times("INVITE", 2);
}

/// One channel at each: the third call finds none.
pub fn one_after_the_other_is_full(s: &mut Stage) {
    s.configure(|config| {
        config
            .trunks
            .values_mut()
            .for_each(|trunk| trunk.max_calls = Some(1))
    });
    let (alice, acme, globe) = two_carriers(s);
    let (bob, carol) = (s.registered_phone("1002"), s.registered_phone("1003"));
    alice.calls(NUMBER);
    acme.answers();
    bob.calls(NUMBER);
    globe.answers();
    carol.calls(NUMBER);
    carol.gets(503);
    alice.hangs_up();
    carol.calls(NUMBER);
    acme.answers();
    carol.hears("acme");
    bob.hangs_up();
    carol.hangs_up();
}

/// Channels are counted both ways, and a flood over one carrier does not reach us whole.
pub fn incoming_calls_take_channels(s: &mut Stage) {
    s.configure(|config| config.trunks.get_mut("acme").unwrap().max_calls = Some(1));
    let (alice, acme, globe) = two_carriers(s);
    let bob = s.registered_phone("1002");
    acme.calls("+442079460101");
    alice.answers();
    acme.calls("+442079460101");
    acme.gets(503);
    bob.calls(NUMBER);
    globe.rejects(486);
    bob.gets(486);
    acme.hangs_up();
}

pub fn too_many_in_a_second(s: &mut Stage) {
    s.configure(|config| {
        config.trunks.get_mut("acme").unwrap().max_calls_per_second = Some(2);
    });
    let (alice, acme, globe) = two_carriers(s);
    for carrier in [&acme, &acme, &globe] {
        alice.calls(NUMBER);
        carrier.rejects(486);
    }
    s.wait(1);
    alice.calls(NUMBER);
    acme.rejects(486);
    acme.is_asked_times("INVITE", 3);
    globe.is_asked_times("INVITE", 1);
}

/// Of equal rank, by weight and chance; the other is the next to be tried.
pub fn shares_by_weight(s: &mut Stage) {
    s.configure(|config| takes(config, &[&[("acme", 1), ("globe", 3)]]));
    let alice = s.registered_phone("1001");
    let (acme, globe) = (s.carrier("acme"), s.carrier("globe"));
    for _ in 0..8 {
        alice.calls(NUMBER);
        let carrier = [&acme, &globe].into_iter().find(|carrier| carrier.is_rung());
        carrier.unwrap_or(&globe).rejects(486);
        alice.gets(486);
    }
}

/// The customer waits through both attempts and hears one ringing tone.
pub fn handed_on(s: &mut Stage) {
    s.configure(|config| takes(config, &[&[("acme", 1)], &[("globe", 1)]]));
    let (alice, _carol, acme) = s.agent_with_customer(5);
    let globe = s.carrier("globe");
    alice.hands_on_to(NUMBER);
    acme.rejects(503);
    acme.hears("music");
    globe.rings();
    acme.hears("ringback");
    globe.answers();
    alice.learns_outcome(&[100, 180, 200]);
    acme.hears("globe");
    alice.hangs_up();
    s.wait(1);
    globe.hangs_up();
}

pub fn colleague_is_asked(s: &mut Stage) {
    s.configure(|config| takes(config, &[&[("globe", 1)], &[("acme", 1)]]));
    let (alice, _carol, acme) = s.agent_with_customer(3);
    let globe = s.carrier("globe");
    s.gesture(warm(NUMBER));
    globe.rejects(500);
    acme.answers();
    acme.hears("1001");
    s.gesture(Gesture::Cancel);
    alice.hangs_up();
}

pub fn forwarded(s: &mut Stage) {
    let (alice, acme, globe) = two_carriers(s);
    let bob = s.registered_phone("1002");
    bob.calls("1001");
    alice.forwards_to(&["<sip:02079460999@tandem.example>"]);
    acme.rejects(480);
    globe.answers();
    bob.hears("globe");
    bob.hangs_up();
}
