//! Calls that are made for an agent, who is rung first (RFC 5359 §2.18, RFC 3725 §4.1).

use crate::stage::{Party, Stage, cold};
use tandem::call::Order;
use tandem::call::click_to_dial::Dial;

fn dial(s: &mut Stage, from: &str, to: &str, caller_id: Option<&str>) {
    s.order(Order::Dial(Dial {
        from: from.to_owned(),
        to: to.to_owned(),
        caller_id: caller_id.map(str::to_owned),
    }));
}

fn house(s: &mut Stage) -> (Party, Party) {
    s.configure(crate::identity::numbers);
    (s.registered_phone("1001"), s.carrier("acme"))
}

/// The agent sees where it goes, hears that it rings there, and then whoever answers.
pub fn answered(s: &mut Stage) {
    let (alice, acme) = house(s);
    dial(s, "1001", "02079460999", Some("Salesline"));
    alice.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "<sip:+442079460999@tandem.example>",
    );
    alice.rings();
    s.wait(2);
    alice.answers();
    acme.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "\"Radio Sales\" <sip:+442079460101@192.0.2.1>",
    );
    alice.hears("–");
    acme.rings();
    alice.hears("ringback");
    s.wait(3);
    acme.answers();
    alice.hears("acme");
    acme.hears("1001");
    s.order(Order::Calls);
    s.wait(30);
    acme.hangs_up();
    alice.is_asked("BYE");
}

/// Between colleagues, and the first of the agent's phones that answers has the call.
pub fn to_a_colleague(s: &mut Stage) {
    let (alice, _acme) = house(s);
    let alice_too = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    dial(s, "1001", "1002", None);
    alice.rings();
    alice_too.rings();
    alice_too.answers();
    alice.is_asked("CANCEL");
    bob.rings();
    bob.answers();
    bob.hears("1001 bis");
    s.wait(5);
    alice_too.hangs_up();
    bob.is_asked("BYE");
}

/// The agent hears that nobody comes, and is hung up.
pub fn busy(s: &mut Stage) {
    let (alice, acme) = house(s);
    dial(s, "1001", "02079460999", None);
    alice.answers();
    acme.rejects(486);
    alice.hears("busy");
    s.wait(5);
    alice.is_told_by("BYE", "Reason", "Q.850;cause=17;text=\"User busy\"");
}

/// What the far end says about it, the agent's phone is told when it is hung up.
pub fn the_far_end_says_why(s: &mut Stage) {
    let (alice, acme) = house(s);
    dial(s, "1001", "02079460999", None);
    alice.answers();
    acme.rejects_with(503, |full| {
        full.with("Reason", "Q.850;cause=34;text=\"gw3.acme.example\"")
    });
    alice.hears("busy");
    s.wait(5);
    alice.is_told_by("BYE", "Reason", "Q.850;cause=34");
    alice.never_sees("gw3");
}

/// An agent who has heard enough hangs up first.
pub fn busy_and_agent_hangs_up(s: &mut Stage) {
    let (alice, acme) = house(s);
    dial(s, "1001", "02079460999", None);
    alice.answers();
    acme.rejects(486);
    s.wait(1);
    alice.hangs_up();
}

pub fn nobody_answers_there(s: &mut Stage) {
    let (alice, acme) = house(s);
    dial(s, "1001", "02079460999", None);
    alice.answers();
    acme.rings();
    s.wait(21);
    acme.is_asked("CANCEL");
    alice.hears("busy");
    s.wait(5);
    alice.is_told_by("BYE", "Reason", "Q.850;cause=19;text=\"No answer\"");
}

/// Nobody is called for an agent who is not there.
pub fn agent_does_not_answer(s: &mut Stage) {
    let (alice, acme) = house(s);
    dial(s, "1001", "02079460999", None);
    alice.rings();
    s.wait(21);
    alice.is_asked("CANCEL");
    acme.never_sees("INVITE");
}

pub fn agent_declines(s: &mut Stage) {
    let (alice, acme) = house(s);
    dial(s, "1001", "02079460999", None);
    alice.rejects(486);
    acme.never_sees("INVITE");
}

/// Whoever rings there rings no longer for nobody.
pub fn agent_hangs_up_while_it_rings(s: &mut Stage) {
    let (alice, acme) = house(s);
    dial(s, "1001", "02079460999", None);
    alice.answers();
    acme.rings();
    s.wait(3);
    alice.hangs_up();
    acme.is_asked("CANCEL");
}

/// What cannot be is refused before anything rings.
pub fn what_cannot_be(s: &mut Stage) {
    let (alice, acme) = house(s);
    let bob = s.registered_phone("1002");
    dial(s, "1009", "02079460999", None);
    dial(s, "1003", "02079460999", None);
    dial(s, "1001", "7", None);
    dial(s, "1001", "1001", None);
    dial(s, "1002", "02079460999", Some("Frontdesk"));
    dial(s, "1001", "02079460999", Some("Backdesk"));
    for party in [&alice, &bob, &acme] {
        party.never_sees("INVITE");
    }
}

pub fn order_hangs_up(s: &mut Stage) {
    let (alice, _acme) = house(s);
    dial(s, "1001", "02079460999", None);
    alice.rings();
    s.order(Order::HangUp(s.conversation()));
    alice.is_asked("CANCEL");
}

/// The agent hands the customer on like in any other call.
pub fn handed_on(s: &mut Stage) {
    let (alice, acme) = house(s);
    let bob = s.registered_phone("1002");
    dial(s, "1001", "02079460999", None);
    alice.answers();
    acme.answers();
    s.wait(5);
    s.gesture(cold("1002"));
    bob.rings();
    bob.answers();
    acme.hears("1002");
    s.wait(5);
    acme.hangs_up();
}
