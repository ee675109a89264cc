//! Calls that are handed on to several at once: a number inside the house that rings a list of extensions. Whoever
//! answers first has the call; the phone of the one who hands it on is not rung for that, though it may belong to the list.

use crate::stage::{Party, Stage, cold, warm};
use tandem::call::gesture::Gesture;

/// The customer talks with Alice; she, Bob and Carol are the sales desk, 700.
fn sales_desk(s: &mut Stage) -> (Party, Party, Party, Party) {
    let members = ["1001", "1002", "1003"].map(str::to_owned);
    s.configure(|config| drop(config.groups.insert("700".to_owned(), members.to_vec())));
    s.has_codes();
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = s.agent_with_customer(3);
    (alice, bob, carol, acme)
}

/// By REFER: both ring, and the first to answer has the customer.
pub fn refers_to_all(s: &mut Stage) {
    let (alice, bob, carol, acme) = sales_desk(s);
    alice.hands_on_to("700");
    bob.rings();
    carol.rings();
    acme.hears("ringback");
    alice.is_asked_times("INVITE", 1);
    carol.answers();
    bob.is_asked("CANCEL");
    acme.hears("1003");
    alice.learns_outcome(&[100, 180, 200]);
    alice.hangs_up();
    s.wait(2);
    acme.hangs_up();
}

/// Two answer in one moment: the second is thanked and let go.
pub fn two_answer_at_once(s: &mut Stage) {
    let (alice, bob, carol, acme) = sales_desk(s);
    alice.hands_on_to("700");
    s.crossing(|| {
        bob.answers();
        carol.answers();
    });
    acme.hears("1002");
    carol.is_asked("BYE");
    alice.learns_outcome(&[100, 200]);
    alice.hangs_up();
    s.wait(2);
    bob.hangs_up();
}

/// One is busy, and the other rings on.
pub fn one_is_busy(s: &mut Stage) {
    let (alice, bob, carol, acme) = sales_desk(s);
    s.gesture(cold("700"));
    alice.is_asked("BYE");
    carol.rejects(486);
    acme.hears("music");
    bob.rings();
    acme.hears("ringback");
    bob.answers();
    acme.hears("1002");
    s.wait(2);
    acme.hangs_up();
}

/// Nobody of them can, and the customer is Alice's again.
pub fn all_are_busy(s: &mut Stage) {
    let (alice, bob, carol, acme) = sales_desk(s);
    alice.hands_on_to("700");
    bob.rejects(486);
    carol.rejects(603);
    alice.learns_outcome(&[100, 486]);
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
}

/// Nobody answers, and Alice has gone: she alone is rung again.
pub fn nobody_answers(s: &mut Stage) {
    let (alice, bob, carol, acme) = sales_desk(s);
    alice.dials("*1700#");
    alice.is_asked("BYE");
    bob.rings();
    carol.rings();
    s.wait(20);
    bob.is_asked("CANCEL");
    carol.is_asked("CANCEL");
    alice.rings();
    alice.answers();
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
}

/// The last resort is a list, too.
pub fn last_resort(s: &mut Stage) {
    s.configure(|config| config.transfer.fallback = Some("700".to_owned()));
    let (alice, bob, carol, acme) = sales_desk(s);
    s.gesture(cold("1003"));
    carol.rejects(486);
    alice.rejects(486);
    bob.rings();
    carol.rings();
    acme.hears("ringback");
    bob.answers();
    acme.hears("1002");
    s.wait(2);
    acme.hangs_up();
}

/// Asked first, by order: the customer hears music, Alice the ringing, and then whoever comes.
pub fn is_asked_first(s: &mut Stage) {
    let (alice, bob, carol, acme) = sales_desk(s);
    s.gesture(warm("700"));
    bob.rings();
    carol.rings();
    alice.hears("ringback");
    acme.hears("music");
    bob.answers();
    carol.is_asked("CANCEL");
    alice.hears("1002");
    bob.hears("1001");
    s.wait(1);
    s.gesture(Gesture::Merge);
    acme.hears("1001 + 1002");
    s.wait(1);
    alice.hangs_up();
    acme.hears("1002");
    s.wait(2);
    acme.hangs_up();
}

/// By code, one busy, and completed while the other rings.
pub fn is_asked_and_completed_while_one_rings(s: &mut Stage) {
    let (alice, bob, carol, acme) = sales_desk(s);
    alice.dials("*2700#");
    bob.rejects(486);
    carol.rings();
    alice.hears("ringback");
    alice.hangs_up();
    acme.hears("ringback");
    carol.answers();
    acme.hears("1003");
    s.wait(2);
    acme.hangs_up();
}

/// Nobody comes: Alice hears so, and turns back.
pub fn is_asked_in_vain(s: &mut Stage) {
    let (alice, bob, carol, acme) = sales_desk(s);
    s.gesture(warm("700"));
    bob.rings();
    carol.rejects(486);
    s.wait(20);
    bob.is_asked("CANCEL");
    alice.hears("busy");
    acme.hears("music");
    alice.dials("*5");
    acme.hears("1001");
    s.wait(1);
    acme.hangs_up();
}

/// With the keys of the phone: a second call, and a REFER while both ring.
pub fn is_called_and_connected_while_all_ring(s: &mut Stage) {
    let (alice, bob, carol, acme) = sales_desk(s);
    alice.holds();
    alice.calls("700");
    bob.rings();
    carol.rings();
    alice.connects_the_two();
    acme.hears("ringback");
    bob.answers();
    carol.is_asked("CANCEL");
    acme.hears("1002");
    alice.learns_outcome(&[100, 200]);
    s.wait(5);
    acme.hangs_up();
}

/// Whoever belongs to the list and calls it rings the others.
pub fn is_called_by_one_of_its_own(s: &mut Stage) {
    let (alice, bob, carol, acme) = sales_desk(s);
    acme.hangs_up();
    bob.calls("700");
    alice.rings();
    carol.rings();
    bob.is_asked_times("INVITE", 0);
    alice.answers();
    bob.hears("1001");
    s.wait(2);
    bob.hangs_up();
}
