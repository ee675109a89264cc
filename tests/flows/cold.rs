//! Cold transfers: somebody is handed on by REFER (RFC 5589 §6, RFC 3515), waits while phones ring, and is never
//! left alone.

use crate::stage::{Party, Stage, cold, warm};
use tandem::call::gesture::Gesture;

/// RFC 5589 §6.1: the customer hears ringing, then Carol; Alice's phone is told the truth and hangs up.
pub fn to_a_colleague(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(5);
    alice.holds();
    alice.hands_on_to("1003");
    alice.gets(202);
    carol.rings();
    acme.hears("ringback");
    s.wait(2);
    carol.answers();
    acme.hears("1003");
    carol.hears("acme");
    alice.learns_outcome(&[100, 180, 200]);
    alice.hangs_up();
    s.wait(5);
    acme.hangs_up();
    carol.is_asked("BYE");
}

/// The same when the agent had called the customer: whoever asked for the call may hand it on.
pub fn by_the_caller(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_who_called_the_customer(5);
    alice.hands_on_to("1003");
    carol.rings();
    carol.answers();
    alice.learns_outcome(&[100, 180, 200]);
    alice.hangs_up();
    s.wait(2);
    carol.hangs_up();
    acme.is_asked("BYE");
}

/// A phone that keeps its line after the transfer is hung up by us, after a moment.
pub fn phone_does_not_hang_up(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(5);
    alice.hands_on_to("1003");
    carol.answers();
    s.wait(5);
    alice.is_asked("BYE");
    acme.hangs_up();
}

/// Transfer by hanging up: BYE right behind the REFER. The customer is not concerned.
pub fn phone_hangs_up_at_once(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(5);
    s.crossing(|| {
        alice.hands_on_to("1003");
        alice.hangs_up();
    });
    carol.rings();
    s.wait(2);
    carol.answers();
    acme.hears("1003");
    s.wait(2);
    acme.hangs_up();
}

/// Carol is busy: the customer goes back to Alice, whose phone is told so.
pub fn busy_goes_back(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(5);
    alice.holds();
    alice.hands_on_to("1003");
    carol.rejects(486);
    alice.learns_outcome(&[100, 486]);
    alice.resumes();
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
}

/// Carol is busy and Alice has hung up: her phone rings again, with the customer's number on it.
pub fn busy_and_agent_gone(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(5);
    alice.hands_on_to("1003");
    alice.hangs_up();
    carol.rejects(486);
    alice.rings();
    acme.hears("ringback");
    alice.answers();
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
}

/// Carol does not answer, and Alice has gone for good: the customer is told why.
pub fn nobody_at_all(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(5);
    alice.hands_on_to("1003");
    alice.hangs_up();
    carol.rings();
    s.wait(20);
    carol.is_asked("CANCEL");
    alice.rejects(480);
    s.wait(1);
    acme.is_asked("BYE");
}

/// The last resort of the configuration rings before a customer is turned away.
pub fn last_resort(s: &mut Stage) {
    s.configure(|config| config.transfer.fallback = Some("1002".to_owned()));
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = s.agent_with_customer(5);
    alice.hands_on_to("1003");
    alice.hangs_up();
    carol.rejects(603);
    alice.rejects(486);
    bob.rings();
    bob.answers();
    acme.hears("1002");
    s.wait(1);
    acme.hangs_up();
}

/// Nobody has that number: the REFER is refused, and nothing has changed.
pub fn wrong_number(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(5);
    alice.hands_on_to("9999");
    alice.gets(404);
    alice.hears("acme");
    s.wait(1);
    acme.hangs_up();
}

/// Alice's phone asks again before it knows how its transfer goes: it is told about the first one all the same.
pub fn refers_twice(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = s.agent_with_customer(5);
    alice.hands_on_to("1003");
    carol.rings();
    alice.hands_on_to("1002");
    alice.gets(491);
    carol.answers();
    acme.hears("1003");
    alice.learns_outcome(&[100, 180, 200]);
    let _unrung = bob;
    alice.hangs_up();
    acme.hangs_up();
}

/// To a number outside, over the other carrier: it sees the house, never an extension.
pub fn to_the_world(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(5);
    let globe = s.carrier("globe");
    alice.hands_on_to("0033123456789");
    globe.plays_early_media();
    acme.hears("globe, else ringback");
    globe.answers();
    globe.never_sees("1001");
    acme.hears("globe");
    alice.hangs_up();
    s.wait(2);
    globe.hangs_up();
}

/// A carrier may not place calls at our expense by handing on its own.
pub fn carrier_may_not(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(5);
    acme.hands_on_to("+442079460100");
    acme.gets(403);
    alice.hears("acme");
    s.wait(1);
    acme.hangs_up();
}

/// Unless the configuration lets it; and then no further than its calls may go.
pub fn carrier_may(s: &mut Stage) {
    s.configure(|config| {
        config.trunks.get_mut("acme").unwrap().transfers = true;
    });
    let bob = s.registered_phone("1002");
    let (alice, _carol, acme) = s.agent_with_customer(5);
    acme.hands_on_to("0033123456789");
    acme.gets(404);
    acme.hands_on_to("+442079460100");
    bob.rings();
    bob.answers();
    alice.hears("1002");
    acme.learns_outcome(&[100, 180, 200]);
    acme.hangs_up();
    s.wait(1);
    bob.hangs_up();
}

/// Both are the carrier's, and it takes transfers: it is asked to connect them, and we are out of it.
pub fn carrier_connects(s: &mut Stage) {
    let (alice, acme) = with_a_carrier_that_takes_transfers(s);
    alice.hands_on_to("02079460999");
    acme.is_asked("REFER");
    acme.hears("music");
    acme.reports(180);
    s.wait(2);
    acme.reports(200);
    alice.learns_outcome(&[100, 180, 200]);
    acme.is_asked("BYE");
    alice.is_asked("BYE");
    s.wait(1);
}

/// Some carriers hang up at once instead of telling.
pub fn carrier_takes_them_away(s: &mut Stage) {
    let (alice, acme) = with_a_carrier_that_takes_transfers(s);
    alice.hands_on_to("02079460999");
    acme.hangs_up();
    alice.learns_outcome(&[100, 200]);
    alice.is_asked("BYE");
}

/// It will not: we connect them ourselves, over two channels of its.
pub fn carrier_will_not(s: &mut Stage) {
    let (alice, acme) = with_a_carrier_that_takes_transfers(s);
    acme.refuses_transfers(603);
    alice.hands_on_to("02079460999");
    acme.answers();
    alice.learns_outcome(&[100, 200]);
    acme.hears("acme·1");
    alice.hangs_up();
    s.wait(1);
    acme.hangs_up();
}

/// It has tried, and the number is busy: the customer goes back.
pub fn carrier_finds_nobody(s: &mut Stage) {
    let (alice, acme) = with_a_carrier_that_takes_transfers(s);
    alice.hands_on_to("02079460999");
    acme.reports(486);
    alice.learns_outcome(&[100, 486]);
    acme.hears("1001");
    s.wait(1);
    acme.hangs_up();
}

fn with_a_carrier_that_takes_transfers(s: &mut Stage) -> (Party, Party) {
    s.configure(|config| {
        config.trunks.get_mut("acme").unwrap().takes_transfers = true;
    });
    let (alice, _carol, acme) = s.agent_with_customer(5);
    (alice, acme)
}

/// The customer has had enough of waiting: nobody rings on for nobody.
pub fn customer_gives_up(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(5);
    alice.hands_on_to("1003");
    carol.rings();
    s.wait(3);
    acme.hangs_up();
    carol.is_asked("CANCEL");
    alice.learns_outcome(&[100, 180, 487]);
    alice.is_asked("BYE");
}

/// RFC 4488: a phone that wants no news gets none, and is hung up when all is well.
pub fn without_news(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(5);
    alice.hands_on_with("1003", |refer| {
        refer.with("Refer-Sub", "false").with("Supported", "norefersub")
    });
    alice.gets(200);
    carol.rings();
    carol.answers();
    alice.learns_outcome(&[]);
    s.wait(5);
    alice.is_asked("BYE");
    acme.hangs_up();
}

/// Some phones send the REFER before the hold is confirmed; it is not refused for that.
pub fn right_behind_hold(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(5);
    alice.keeps_back("ACK");
    alice.holds();
    alice.hands_on_to("1003");
    alice.gets(202);
    carol.rings();
    carol.answers();
    acme.hears("1003");
    alice.hangs_up();
    s.wait(1);
    acme.hangs_up();
}

/// A customer who was handed on can be handed on again at once.
pub fn handed_on_twice(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = s.agent_with_customer(5);
    alice.hands_on_to("1003");
    carol.answers();
    carol.hands_on_to("1002");
    bob.rings();
    bob.answers();
    acme.hears("1002");
    alice.hangs_up();
    carol.hangs_up();
    s.wait(1);
    acme.hangs_up();
}

/// Both phones of the colleague ring; the first to answer has the customer.
pub fn two_phones_ring(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(5);
    let kitchen = s.registered_phone("1003");
    alice.hands_on_to("1003");
    kitchen.rings();
    carol.rings();
    kitchen.answers();
    carol.is_asked("CANCEL");
    alice.hangs_up();
    s.wait(1);
    acme.hangs_up();
}

/// Some phones (baresip) hang up when they are told that nobody has come. The customer is not to pay for that: the
/// agent is rung again.
pub fn phone_gives_up_when_it_is_busy(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(5);
    alice.hands_on_to("1003");
    carol.rejects(486);
    alice.learns_outcome(&[100, 486]);
    alice.hangs_up();
    alice.rings();
    acme.hears("ringback");
    alice.answers();
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
}

/// The same when the REFER itself is refused.
pub fn phone_gives_up_when_it_is_refused(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(5);
    alice.hands_on_to("9999");
    alice.gets(404);
    alice.hangs_up();
    alice.rings();
    alice.answers();
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
}

/// A moment later it is the agent who hangs up, and means it.
pub fn agent_gives_up_when_it_is_busy(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(5);
    alice.hands_on_to("1003");
    carol.rejects(486);
    alice.learns_outcome(&[100, 486]);
    s.wait(2);
    alice.hangs_up();
    acme.is_asked("BYE");
}

/// Two who were handed on together and find nobody still have each other.
pub fn several_find_nobody(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = s.agent_with_customer(3);
    s.gesture(warm("1003"));
    carol.answers();
    s.gesture(Gesture::Merge);
    s.gesture_of("1003", cold("1002"));
    acme.hears("1001");
    bob.rejects(486);
    carol.rejects(486);
    acme.hears("1001");
    alice.hears("acme");
    s.wait(1);
    acme.hangs_up();
    alice.is_asked("BYE");
}
