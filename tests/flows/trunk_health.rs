//! Carriers are asked now and then whether they are there, and where they are.

use crate::failover::takes;
use crate::stage::{Party, Stage};
use std::time::Duration;
use tandem::call::Order;
use tandem::config::valid::Qualify;

/// Alice, acme, which is asked every ten seconds, and globe behind it.
fn watched(s: &mut Stage) -> (Party, Party, Party) {
    s.configure(|config| {
        takes(config, &[&[("acme", 1)], &[("globe", 1)]]);
        config.trunks.get_mut("acme").unwrap().qualify = Some(Qualify {
            every: Duration::from_secs(10),
            down_after: 2,
            up_after: 2,
        });
    });
    let (acme, globe) = (s.carrier("acme"), s.carrier("globe"));
    let alice = s.registered_phone("1001");
    s.forgets_what_was_drawn();
    (alice, acme, globe)
}

/// One question without an answer is nothing. After the second calls go elsewhere, at once; after two answers they
/// come back.
pub fn goes_down_and_comes_back(s: &mut Stage) {
    let (alice, acme, globe) = watched(s);
    acme.falls_silent();
    s.wait(32);
    s.order(Order::Trunks);
    alice.calls("02079460999");
    globe.rejects(486);
    acme.is_back();
    s.wait(32);
    alice.calls("02079460999");
    acme.rejects(486);
    alice.gets(486);
    s.order(Order::ShutDown);
}

/// Whoever answers is there, whatever he thinks of the question.
pub fn refuses_to_be_asked(s: &mut Stage) {
    let (alice, acme, _globe) = watched(s);
    acme.answers_options_with(403);
    s.wait(40);
    alice.calls("02079460999");
    acme.rejects(486);
    alice.gets(486);
    acme.answers_options_with(503);
    s.wait(40);
    s.order(Order::Trunks);
    s.order(Order::ShutDown);
}

/// Better a place that has not answered than none.
pub fn what_is_down_comes_last(s: &mut Stage) {
    let (alice, acme, globe) = watched(s);
    acme.answers_options_with(503);
    s.wait(30);
    alice.calls("02079460999");
    globe.rejects(503);
    acme.answers();
    alice.hears("acme");
    alice.hangs_up();
    s.order(Order::ShutDown);
}

/// A call that meets with silence teaches what an OPTIONS would.
pub fn silence_in_a_call_counts(s: &mut Stage) {
    let (alice, acme, globe) = watched(s);
    acme.falls_silent();
    for _ in 0..2 {
        alice.calls("02079460999");
        s.wait(4);
        globe.rejects(486);
        alice.gets(486);
    }
    alice.calls("02079460999");
    globe.rejects(486);
    alice.gets(486);
    s.order(Order::ShutDown);
}

/// What was found last is used as long as nothing newer is known; that it cannot be found is told once.
pub fn cannot_be_found(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let acme = s.carrier("acme");
    s.loses_the_dns(Some("the DNS has no name acme.example"));
    s.wait(200);
    alice.calls("02079460999");
    acme.rejects(486);
    alice.gets(486);
    s.order(Order::Trunks);
    s.loses_the_dns(None);
    s.wait(60);
    s.order(Order::Trunks);
}
