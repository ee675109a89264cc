//! Who hangs up when, while a customer is being handed on. Everybody at every moment, and nobody is lost:
//!
//! | moment | the agent | the customer | the colleague |
//! |---|---|---|---|
//! | referred, no phone rings yet | `cold::phone_hangs_up_at_once` | `customer_before_it_rings` | `cold::busy_goes_back` |
//! | the colleague's phone rings | `agent_while_it_rings` | `cold::customer_gives_up` | `colleague_declines` `colleague_says_bye` |
//! | the same, and the agent had called | `agent_while_it_rings_of_the_caller` | `customer_while_it_rings_of_the_caller` | `colleague_declines_of_the_caller` |
//! | answered in this moment | `agent_as_it_is_answered` `agent_before_it_is_answered` | `customer_as_it_is_answered` `customer_before_it_is_answered` | `colleague_as_soon_as_it_is_answered` `colleague_as_soon_as_it_is_answered_by_order` |
//! | the two talk, the agent's phone has not hung up | `cold::to_a_colleague` | `customer_before_agent` | `colleague_before_agent` `colleague_before_agent_and_later` |
//! | the agent's phone has hung up, and all is well | – | `cold::to_a_colleague` | `cold::by_the_caller` |
//! | the agent is rung again | `cold::nobody_at_all` | `customer_while_agent_is_rung_again` | `colleague_too_late` |
//! | the agent has answered again | `agent_who_was_rung_again` | `cold::busy_and_agent_gone` | – |
//! | the last resort rings | – | `customer_while_the_last_resort_rings` | `last_resort_declines` |
//!
//! With `…_of_the_caller` it is the one who called who hands on: the customer was rung by us, and is the customer all
//! the same.

use crate::stage::{Party, Stage, cold};

/// Alice has handed the customer on to Carol, whose phone has said nothing yet.
fn referred(s: &mut Stage) -> (Party, Party, Party) {
    let people = s.agent_with_customer(5);
    people.0.hands_on_to("1003");
    people
}

/// It rings.
fn ringing(s: &mut Stage) -> (Party, Party, Party) {
    let people = referred(s);
    people.1.rings();
    s.wait(2);
    people
}

/// Carol has answered, and Alice's phone knows it.
fn answered(s: &mut Stage) -> (Party, Party, Party) {
    let people = ringing(s);
    people.1.answers();
    people
}

/// Carol has declined, Alice had hung up, and her phone rings again.
fn recalled(s: &mut Stage) -> (Party, Party, Party) {
    let (alice, carol, acme) = ringing(s);
    alice.hangs_up();
    carol.rejects(603);
    alice.rings();
    acme.hears("ringback");
    (alice, carol, acme)
}

/// Alice has called the customer, and hands him on to Carol, whose phone rings.
fn ringing_of_the_caller(s: &mut Stage) -> (Party, Party, Party) {
    let (alice, carol, acme) = s.agent_who_called_the_customer(5);
    alice.hands_on_to("1003");
    carol.rings();
    s.wait(2);
    (alice, carol, acme)
}

/// A CANCEL waits until the phone has said anything at all (RFC 3261 §9.1).
pub fn customer_before_it_rings(s: &mut Stage) {
    let (alice, carol, acme) = referred(s);
    acme.hangs_up();
    alice.learns_outcome(&[100, 487]);
    alice.is_asked("BYE");
    carol.rings();
    carol.is_asked("CANCEL");
}

pub fn agent_while_it_rings(s: &mut Stage) {
    let (alice, carol, acme) = ringing(s);
    alice.hangs_up();
    acme.hears("ringback");
    s.wait(1);
    carol.answers();
    s.talk_on(&carol, &acme);
}

pub fn agent_while_it_rings_of_the_caller(s: &mut Stage) {
    let (alice, carol, acme) = ringing_of_the_caller(s);
    alice.hangs_up();
    acme.hears("ringback");
    s.wait(1);
    carol.answers();
    s.talk_on(&carol, &acme);
}

pub fn customer_while_it_rings_of_the_caller(s: &mut Stage) {
    let (alice, carol, acme) = ringing_of_the_caller(s);
    acme.hangs_up();
    carol.is_asked("CANCEL");
    alice.learns_outcome(&[100, 180, 487]);
    alice.is_asked("BYE");
}

pub fn colleague_declines(s: &mut Stage) {
    let (alice, carol, acme) = ringing(s);
    carol.rejects(603);
    alice.learns_outcome(&[100, 180, 603]);
    alice.hears("acme");
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
}

pub fn colleague_declines_of_the_caller(s: &mut Stage) {
    let (alice, carol, acme) = ringing_of_the_caller(s);
    alice.hangs_up();
    carol.rejects(603);
    alice.rings();
    acme.hears("ringback");
    alice.answers();
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
}

/// Nobody who is rung may end it by BYE, but who does so is not there any more.
pub fn colleague_says_bye(s: &mut Stage) {
    let (alice, carol, acme) = ringing(s);
    carol.sends_while_rung("BYE");
    alice.learns_outcome(&[100, 180, 480]);
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
}

/// Alice's BYE behind Carol's 200, and before it: what she is told is lost on her, and nothing else is.
pub fn agent_as_it_is_answered(s: &mut Stage) {
    let (alice, carol, acme) = ringing(s);
    s.crossing(|| {
        carol.answers();
        alice.hangs_up();
    });
    s.talk_on(&carol, &acme);
}

pub fn agent_before_it_is_answered(s: &mut Stage) {
    let (alice, carol, acme) = ringing(s);
    s.crossing(|| {
        alice.hangs_up();
        carol.answers();
    });
    s.talk_on(&carol, &acme);
}

pub fn customer_as_it_is_answered(s: &mut Stage) {
    let (alice, carol, acme) = ringing(s);
    s.crossing(|| {
        carol.answers();
        acme.hangs_up();
    });
    alice.learns_outcome(&[100, 180, 200]);
    carol.is_asked("BYE");
    s.wait(5);
    alice.is_asked("BYE");
}

/// Our CANCEL crosses her 200.
pub fn customer_before_it_is_answered(s: &mut Stage) {
    let (alice, carol, acme) = ringing(s);
    s.crossing(|| {
        acme.hangs_up();
        carol.answers();
    });
    alice.learns_outcome(&[100, 180, 487]);
    carol.is_asked("CANCEL");
    carol.is_asked("BYE");
    alice.is_asked("BYE");
}

/// Carol lifts the receiver and puts it down again, which is how some decline: Alice is rung again.
pub fn colleague_as_soon_as_it_is_answered(s: &mut Stage) {
    let (alice, carol, acme) = ringing(s);
    s.crossing(|| {
        carol.answers();
        carol.hangs_up();
    });
    alice.learns_outcome(&[100, 180, 200]);
    alice.hangs_up();
    alice.rings();
    acme.hears("ringback");
    alice.answers();
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
}

pub fn customer_before_agent(s: &mut Stage) {
    let (alice, carol, acme) = answered(s);
    s.wait(2);
    acme.hangs_up();
    carol.is_asked("BYE");
    alice.is_asked("BYE");
}

/// Carol has had the customer for a moment: Alice is rung again, on the phone that has not hung up yet.
pub fn colleague_before_agent(s: &mut Stage) {
    let (alice, carol, acme) = answered(s);
    carol.hangs_up();
    alice.rings();
    acme.hears("ringback");
    alice.answers();
    acme.hears("1001·2");
    s.wait(5);
    alice.is_asked("BYE");
    acme.hangs_up();
}

/// Two seconds later it is over, and both of them have meant it.
pub fn colleague_before_agent_and_later(s: &mut Stage) {
    let (alice, carol, acme) = answered(s);
    s.wait(2);
    carol.hangs_up();
    acme.is_asked("BYE");
    s.wait(3);
    alice.is_asked("BYE");
}

pub fn customer_while_agent_is_rung_again(s: &mut Stage) {
    let (alice, _carol, acme) = recalled(s);
    acme.hangs_up();
    alice.is_asked("CANCEL");
}

/// Carol has let it ring for too long, and answers as she is given up: Alice's phone rings already.
pub fn colleague_too_late(s: &mut Stage) {
    let (alice, carol, acme) = ringing(s);
    alice.hangs_up();
    s.crossing(|| {
        s.gives_up_ringing();
        carol.answers();
    });
    carol.is_asked("CANCEL");
    carol.is_asked("BYE");
    alice.rings();
    acme.hears("ringback");
    alice.answers();
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
}

/// She has been rung again, and she alone: when she hangs up it is over.
pub fn agent_who_was_rung_again(s: &mut Stage) {
    let (alice, _carol, acme) = recalled(s);
    alice.answers();
    acme.hears("1001");
    alice.hangs_up();
    acme.is_asked("BYE");
}

fn with_last_resort(s: &mut Stage) -> (Party, Party) {
    s.configure(|config| config.transfer.fallback = Some("1002".to_owned()));
    let bob = s.registered_phone("1002");
    let (alice, _carol, acme) = recalled(s);
    alice.rejects(486);
    bob.rings();
    acme.hears("ringback");
    (bob, acme)
}

pub fn customer_while_the_last_resort_rings(s: &mut Stage) {
    let (bob, acme) = with_last_resort(s);
    acme.hangs_up();
    bob.is_asked("CANCEL");
}

pub fn last_resort_declines(s: &mut Stage) {
    let (bob, acme) = with_last_resort(s);
    bob.rejects(603);
    acme.is_asked("BYE");
}

/// The same by order: Alice was out at once, and the phone that rings again has no other call.
pub fn colleague_as_soon_as_it_is_answered_by_order(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(5);
    s.gesture(cold("1003"));
    alice.is_asked("BYE");
    carol.rings();
    s.crossing(|| {
        carol.answers();
        carol.hangs_up();
    });
    alice.rings();
    alice.answers();
    acme.hears("1001");
    s.wait(2);
    alice.hangs_up();
}
