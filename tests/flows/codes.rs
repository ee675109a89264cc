//! Feature codes: what agents do with the keys of their phones during a call. (Warm transfers and what becomes of
//! them are told in `warm`; here they are asked for.)

use crate::stage::{Party, Stage};
use std::collections::BTreeMap;
use tandem::call::gesture::Gesture;

/// The customer talks with Alice, who has the codes of the sample configuration; Carol is at her desk.
fn talking(s: &mut Stage) -> (Party, Party, Party) {
    s.has_codes();
    s.agent_with_customer(3)
}

/// Alice has asked Carol; the customer waits.
fn consulting(s: &mut Stage) -> (Party, Party, Party) {
    let (alice, carol, acme) = talking(s);
    alice.dials("*21003#");
    carol.rings();
    carol.answers();
    s.wait(2);
    (alice, carol, acme)
}

/// Number and `#`: the dial tone until the first digit, music for the customer all the while.
pub fn cold(s: &mut Stage) {
    let (alice, carol, acme) = talking(s);
    alice.dials("*1");
    alice.hears("dial tone");
    acme.hears("music");
    alice.dials("1003");
    alice.hears("–");
    acme.hears("music");
    alice.presses('#');
    alice.is_asked("BYE");
    carol.rings();
    acme.hears("ringback");
    carol.answers();
    acme.hears("1003");
    s.wait(1);
    acme.hangs_up();
}

/// Without `#`: the number is complete when no digit follows.
pub fn number_ends_by_a_pause(s: &mut Stage) {
    let (alice, carol, acme) = talking(s);
    alice.dials("*11003");
    s.wait(4);
    alice.is_asked("BYE");
    carol.rings();
    carol.answers();
    s.wait(1);
    acme.hangs_up();
}

pub fn warm_and_merge_and_complete(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    acme.hears("music");
    alice.hears("1003");
    alice.dials("*3");
    acme.hears("1001 + 1003");
    s.wait(1);
    alice.dials("*6");
    alice.is_asked("BYE");
    acme.hears("1003");
    carol.hears("acme");
    s.wait(1);
    acme.hangs_up();
}

/// A last word in private: the two of us turn aside once more.
pub fn merge_and_turn_aside(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    alice.dials("*3");
    acme.hears("1001 + 1003");
    s.wait(1);
    alice.dials("*4");
    acme.hears("music");
    alice.hears("1003");
    carol.hears("1001");
    s.wait(1);
    alice.dials("*6");
    acme.hears("1003");
    acme.hangs_up();
}

pub fn swap_and_complete(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    alice.dials("*4");
    carol.hears("music");
    alice.hears("acme");
    s.wait(1);
    alice.dials("*4");
    acme.hears("music");
    alice.hears("1003");
    alice.dials("*6");
    alice.is_asked("BYE");
    acme.hears("1003");
    s.wait(1);
    carol.hangs_up();
}

pub fn cancel(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    alice.dials("*5");
    carol.is_asked("BYE");
    acme.hears("1001");
    s.wait(1);
    alice.hangs_up();
}

/// Half of the number is dialled, and the agent thinks better of it.
pub fn cancel_while_dialling(s: &mut Stage) {
    let (alice, carol, acme) = talking(s);
    alice.dials("*210");
    acme.hears("music");
    alice.dials("*5");
    acme.hears("1001");
    alice.hears("acme");
    let _unrung = carol;
    s.wait(1);
    acme.hangs_up();
}

/// The agent has to get back by an act of will: after a wrong number the customer is not suddenly on air.
pub fn wrong_number_and_again(s: &mut Stage) {
    let (alice, carol, acme) = talking(s);
    alice.dials("*29999#");
    alice.hears("error tone");
    acme.hears("music");
    s.wait(3);
    alice.hears("error tone");
    alice.dials("*2");
    alice.hears("dial tone");
    alice.dials("1003#");
    carol.rings();
    alice.hears("ringback");
    carol.rejects(486);
    alice.hears("busy");
    alice.dials("*5");
    acme.hears("1001");
    s.wait(1);
    acme.hangs_up();
}

/// Nothing is dialled at all, then only the end of it, then what is no number.
pub fn no_number(s: &mut Stage) {
    let (alice, _carol, acme) = talking(s);
    alice.dials("*2");
    s.wait(10);
    alice.hears("error tone");
    alice.dials("*1#");
    alice.hears("error tone");
    alice.dials("*2");
    alice.dials("10*9");
    alice.hears("error tone");
    alice.dials("*5");
    alice.hears("acme");
    s.wait(1);
    acme.hangs_up();
}

/// There is nobody to bring together: the agent hears so, and nobody else; the call goes on.
pub fn code_that_cannot_be(s: &mut Stage) {
    let (alice, _carol, acme) = talking(s);
    alice.presses('*');
    alice.presses('3');
    alice.hears("error tone");
    acme.hears("1001");
    s.wait(2);
    alice.hears("acme");
    alice.dials("*4*5*6");
    acme.hears("1001");
    s.wait(2);
    alice.hangs_up();
}

/// A second number cannot be dialled while a colleague is being asked.
pub fn second_consult(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    alice.presses('*');
    alice.presses('2');
    alice.hears("error tone");
    acme.hears("music");
    s.wait(2);
    alice.hears("1003");
    carol.hangs_up();
    alice.dials("*5");
    acme.hears("1001");
    acme.hangs_up();
}

/// Keys for the menus of the far end: those that begin no code pass at once, the others when it is clear that they
/// are none, in order.
pub fn digits_that_are_no_code(s: &mut Stage) {
    let (alice, _carol, acme) = talking(s);
    alice.presses('5');
    s.wait(1);
    alice.dials("*9");
    s.wait(1);
    alice.dials("**8");
    s.wait(1);
    alice.presses('*');
    s.wait(3);
    alice.presses('7');
    s.wait(1);
    acme.hears("1001");
    acme.hangs_up();
}

/// A `*` too many: the second one begins the code.
pub fn code_behind_a_stray_key(s: &mut Stage) {
    let (alice, _carol, acme) = talking(s);
    alice.dials("**2");
    alice.hears("dial tone");
    acme.hears("music");
    alice.dials("*5");
    alice.hears("acme");
    acme.hangs_up();
}

/// The same keys, told by INFO; and a carrier that takes no events has those by INFO that are no code.
pub fn code_by_info(s: &mut Stage) {
    let (alice, carol, acme) = talking(s);
    for key in ["*", "2", "1", "0", "0", "3", "#"] {
        alice.presses_by_info(key);
        alice.gets(200);
    }
    carol.rings();
    carol.answers();
    acme.hears("music");
    s.wait(1);
    alice.informs("application/dtmf", "*");
    alice.informs("application/dtmf", "3");
    acme.hears("1001 + 1003");
    alice.presses_by_info("*");
    alice.presses_by_info("8");
    s.wait(1);
    acme.hangs_up();
    alice.hangs_up();
}

/// What customers press is for the agent, whatever it is; so it is with colleagues who are being asked.
pub fn keys_of_customers_pass(s: &mut Stage) {
    let (alice, carol, acme) = talking(s);
    acme.dials("*1");
    acme.hears("1001");
    alice.dials("*21003#");
    carol.rings();
    carol.answers();
    carol.dials("*5");
    acme.dials("*2");
    alice.hears("1003");
    s.wait(1);
    alice.hangs_up();
    acme.hears("1003");
    acme.hangs_up();
}

/// The customer hangs up while the number is being dialled, and while it is wrong.
pub fn customer_hangs_up_meanwhile(s: &mut Stage) {
    let (alice, _carol, acme) = talking(s);
    alice.dials("*210");
    acme.hangs_up();
    alice.is_asked("BYE");
}

/// The agent hangs up while dialling: nobody has that number, so the agent is rung again.
pub fn agent_hangs_up_while_dialling(s: &mut Stage) {
    let (alice, _carol, acme) = talking(s);
    alice.dials("*1100");
    alice.hangs_up();
    alice.rings();
    acme.hears("ringback");
    alice.answers();
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
}

/// Hanging up ends the number as `#` does.
pub fn agent_hangs_up_having_dialled(s: &mut Stage) {
    let (alice, carol, acme) = talking(s);
    alice.dials("*11003");
    alice.hangs_up();
    carol.rings();
    acme.hears("ringback");
    carol.answers();
    acme.hears("1003");
    s.wait(2);
    acme.hangs_up();
}

/// Whoever wanted to ask first leaves it to the one who was to be asked.
pub fn agent_hangs_up_having_dialled_to_ask(s: &mut Stage) {
    let (alice, carol, acme) = talking(s);
    alice.dials("*21003");
    alice.hangs_up();
    carol.rings();
    carol.answers();
    acme.hears("1003");
    s.wait(2);
    acme.hangs_up();
}

/// Two agents talk, and either may hand on the other.
pub fn colleagues_have_codes(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    acme.hangs_up();
    s.wait(1);
    let bob = s.registered_phone("1002");
    carol.dials("*11002#");
    carol.is_asked("BYE");
    bob.rings();
    bob.answers();
    alice.hears("1002");
    s.wait(1);
    bob.hangs_up();
}

/// Codes are for the switch, and so they work for who is muted as well.
pub fn muted_agent_has_codes(s: &mut Stage) {
    let (alice, carol, acme) = talking(s);
    s.gesture(Gesture::Mute);
    alice.dials("*11003#");
    carol.answers();
    acme.hears("1003");
    s.wait(1);
    acme.hangs_up();
}

/// They are off unless wanted.
pub fn codes_are_off(s: &mut Stage) {
    s.configure(|config| config.codes.by_keys = BTreeMap::new());
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    alice.calls("1002");
    bob.rings();
    bob.answers();
    alice.dials("*21003#");
    bob.hears("1001");
    bob.hangs_up();
}
