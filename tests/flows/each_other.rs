//! Two agents at once: they exchange their customers, send one back as it comes, hand on each other, and connect the
//! ends of one and the same call.

use crate::stage::{Party, Stage, cold, warm};
use tandem::call::Order;

/// Alice has a customer who has called her, and Carol one whom she has called.
fn two_customers(s: &mut Stage) -> (Party, Party, Party, Party) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    let globe = s.carrier("globe");
    carol.calls("0033123456789");
    globe.answers();
    s.wait(2);
    (alice, carol, acme, globe)
}

/// Both REFERs are under way at once: two phones ring, each for the other's customer.
pub fn exchange_customers(s: &mut Stage) {
    let (alice, carol, acme, globe) = two_customers(s);
    s.crossing(|| {
        alice.hands_on_to("1003");
        carol.hands_on_to("1001");
    });
    acme.hears("music");
    globe.hears("music");
    alice.rings();
    carol.rings();
    alice.hangs_up();
    carol.hangs_up();
    alice.answers();
    carol.answers();
    acme.hears("1003");
    globe.hears("1001");
    s.wait(2);
    acme.hangs_up();
    globe.hangs_up();
}

/// The same by order: both are out at once, and their phones ring again.
pub fn exchange_customers_by_order(s: &mut Stage) {
    let (alice, carol, acme, globe) = two_customers(s);
    let talks = s.conversations();
    let hand_on = |at: usize, to: &str| Order::Gesture {
        id: talks[at],
        agent: None,
        gesture: cold(to),
    };
    s.crossing(|| {
        s.order(hand_on(0, "1003"));
        s.order(hand_on(1, "1001"));
    });
    alice.is_asked("BYE");
    carol.is_asked("BYE");
    alice.answers();
    carol.answers();
    acme.hears("1003");
    globe.hears("1001");
    s.wait(2);
    alice.hangs_up();
    carol.hangs_up();
}

/// Each of the two is busy with the other's customer, and declines: both customers go back to whom they know.
pub fn exchange_in_vain(s: &mut Stage) {
    let (alice, carol, acme, globe) = two_customers(s);
    s.crossing(|| {
        alice.hands_on_to("1003");
        carol.hands_on_to("1001");
    });
    alice.rejects(486);
    carol.rejects(486);
    acme.hears("1001");
    globe.hears("1003");
    alice.learns_outcome(&[100, 486]);
    carol.learns_outcome(&[100, 486]);
    s.wait(2);
    acme.hangs_up();
    globe.hangs_up();
}

/// Carol sends the customer back before Alice's phone has hung up: it is rung all the same.
pub fn sends_back_at_once(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    alice.hands_on_to("1003");
    carol.answers();
    carol.hands_on_to("1001");
    alice.rings();
    acme.hears("ringback");
    alice.answers();
    acme.hears("1001·2");
    carol.learns_outcome(&[100, 180, 200]);
    s.wait(5);
    alice.is_asked("BYE");
    carol.is_asked("BYE");
    acme.hangs_up();
}

/// There and back and there again, by order.
pub fn back_and_forth(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    for (to, phone) in [("1003", &carol), ("1001", &alice), ("1003", &carol)] {
        s.gesture(cold(to));
        acme.hears("music");
        phone.rings();
        acme.hears("ringback");
        phone.answers();
        phone.hears("acme");
        s.wait(2);
    }
    acme.hangs_up();
    carol.is_asked("BYE");
}

/// Two colleagues talk, and each hands on the other: the first is out, and the second has nobody to hand on.
pub fn hand_on_each_other(s: &mut Stage) {
    let (alice, bob) = colleagues(s);
    let carol = s.registered_phone("1003");
    s.crossing(|| {
        alice.hands_on_to("1003");
        bob.hands_on_to("1003");
    });
    bob.gets(491);
    carol.answers();
    bob.hears("1003");
    carol.hears("1002");
    alice.learns_outcome(&[100, 200]);
    s.wait(5);
    alice.is_asked("BYE");
    bob.hangs_up();
}

/// An agent and a carrier whose REFERs are taken hand on each other.
pub fn carrier_and_agent_hand_on(s: &mut Stage) {
    s.configure(|config| config.trunks.get_mut("acme").unwrap().transfers = true);
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = s.agent_with_customer(2);
    s.crossing(|| {
        alice.hands_on_to("1003");
        acme.hands_on_to("+442079460100");
    });
    acme.gets(491);
    bob.is_asked_times("INVITE", 0);
    carol.answers();
    acme.hears("1003");
    alice.hangs_up();
    s.wait(2);
    acme.hangs_up();
}

/// Each hands on the other to the number that he has: nobody is rung to talk with himself.
pub fn hand_on_to_themselves(s: &mut Stage) {
    let (alice, bob) = colleagues(s);
    s.crossing(|| {
        alice.hands_on_to("1002");
        bob.hands_on_to("1001");
    });
    alice.gets(486);
    bob.gets(486);
    alice.hears("1002");
    bob.hears("1001");
    s.wait(2);
    bob.hangs_up();
}

/// But to his other phone he can be handed, as to anybody's.
pub fn handed_to_his_other_phone(s: &mut Stage) {
    let (alice, bob) = colleagues(s);
    let kitchen = s.registered_phone("1002");
    alice.hands_on_to("1002");
    kitchen.rings();
    bob.is_asked_times("INVITE", 1);
    kitchen.answers();
    bob.hears("1002 bis");
    alice.hangs_up();
    s.wait(2);
    bob.hangs_up();
}

/// Nor does one ask oneself.
pub fn asks_herself(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(2);
    s.gesture(warm("1001"));
    alice.hears("acme");
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
}

/// A REFER whose Replaces names the other end of the very call that it is about.
pub fn replaced_by_itself(s: &mut Stage) {
    let (alice, bob) = colleagues(s);
    let (hers, his) = (alice.newest_call(), bob.newest_call());
    s.crossing(|| {
        alice.connects_to(&his);
        bob.connects_to(&hers);
    });
    alice.learns_outcome(&[100, 481]);
    bob.learns_outcome(&[100, 481]);
    alice.hears("1002");
    bob.hears("1001");
    s.wait(2);
    bob.hangs_up();
}

/// Alice asks Carol over a second line, and each of them has a customer waiting. Both connect: the customers have each
/// other, and both agents are out, in whatever order.
pub fn both_connect(s: &mut Stage) {
    let (alice, carol, acme, globe) = two_customers(s);
    alice.holds();
    carol.holds();
    alice.calls("1003");
    carol.answers();
    s.wait(1);
    s.crossing(|| {
        alice.connects_the_two();
        carol.connects_the_two();
    });
    acme.hears("globe");
    globe.hears("acme");
    s.wait(5);
    alice.is_asked("BYE");
    carol.is_asked("BYE");
    acme.hangs_up();
    globe.is_asked("BYE");
}

fn colleagues(s: &mut Stage) -> (Party, Party) {
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    alice.calls("1002");
    bob.answers();
    s.wait(2);
    (alice, bob)
}
