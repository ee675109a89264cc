//! Whoever has put others aside, or handed them on, and presses Resume is back with them: nobody is granted to hear them and
//! left in silence. The phone that was to have them stops ringing, and whoever asked for the transfer is told the truth.

use crate::stage::{Party, Stage, warm};
use tandem::call::gesture::Gesture;

/// Alice has put her customer on hold and hands him on to Carol, whose phone rings.
fn handing_on(s: &mut Stage) -> (Party, Party, Party) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    alice.holds();
    alice.hands_on_to("1003");
    carol.rings();
    acme.hears("ringback");
    (alice, carol, acme)
}

fn is_back((alice, carol, acme): (Party, Party, Party)) {
    carol.is_asked("CANCEL");
    alice.learns_outcome(&[100, 180, 487]);
    acme.hears("1001");
    alice.hears("acme");
    acme.hangs_up();
    alice.is_asked("BYE");
}

/// By the phone's own key: a re-INVITE.
pub fn by_reinvite(s: &mut Stage) {
    let people = handing_on(s);
    people.0.resumes();
    is_back(people);
}

/// By UPDATE.
pub fn by_update(s: &mut Stage) {
    let people = handing_on(s);
    people.0.updates("sendrecv");
    is_back(people);
}

/// By a re-INVITE that asks us for an offer: the answer comes with the ACK.
pub fn without_an_offer(s: &mut Stage) {
    let people = handing_on(s);
    people.0.resumes_without_an_offer();
    is_back(people);
}

/// Before it rings anywhere.
pub fn before_it_rings(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    alice.holds();
    alice.hands_on_to("1003");
    alice.resumes();
    carol.rings();
    carol.is_asked("CANCEL");
    alice.learns_outcome(&[100, 487]);
    acme.hears("1001");
    acme.hangs_up();
}

/// Semi-attended: the phone that rang for her own second call rings no more.
pub fn while_her_second_call_rings(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    alice.holds();
    alice.calls("1003");
    carol.rings();
    alice.connects_the_two();
    alice.resumes_on(0);
    carol.is_asked("CANCEL");
    alice.learns_outcome(&[100, 487]);
    acme.hears("1001");
    acme.hangs_up();
}

/// Where two handle one phone: `cancel` and `resume` by order.
pub fn by_order(s: &mut Stage) {
    let people = handing_on(s);
    s.gesture(Gesture::Cancel);
    people.0.resumes();
    is_back(people);
}

pub fn by_order_to_resume(s: &mut Stage) {
    let people = handing_on(s);
    s.gesture_of("1001", Gesture::Resume);
    people.0.resumes();
    is_back(people);
}

/// Or by code, from a phone that has not put its customer on hold.
pub fn by_code(s: &mut Stage) {
    s.has_codes();
    let (alice, carol, acme) = s.agent_with_customer(2);
    alice.hands_on_to("1003");
    carol.rings();
    alice.dials("*5");
    is_back((alice, carol, acme));
}

/// Carol answers in the same moment: she lets go again, and has heard nobody.
pub fn as_she_answers(s: &mut Stage) {
    let (alice, carol, acme) = handing_on(s);
    s.crossing(|| {
        alice.resumes();
        carol.answers();
    });
    carol.is_asked("BYE");
    acme.hears("1001");
    alice.learns_outcome(&[100, 180, 487]);
    acme.hangs_up();
}

/// She has answered a moment before: the customer is hers, and Alice's phone is told that its part is over.
pub fn after_she_has_answered(s: &mut Stage) {
    let (alice, carol, acme) = handing_on(s);
    s.crossing(|| {
        carol.answers();
        alice.resumes();
    });
    alice.gets(481);
    acme.hears("1003");
    alice.learns_outcome(&[100, 180, 200]);
    s.wait(5);
    alice.is_asked("BYE");
    acme.hangs_up();
}

/// She leaves by order instead: nobody waits for the outcome any more, and the customer waits for Carol.
pub fn leaves_by_order(s: &mut Stage) {
    let (alice, carol, acme) = handing_on(s);
    s.gesture(Gesture::Leave);
    alice.is_asked("BYE");
    carol.answers();
    acme.hears("1003");
    acme.hangs_up();
}

/// The same after a hold by order, with hold and Resume on the phone.
pub fn held_by_order(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(2);
    s.gesture(Gesture::Hold);
    acme.hears("music");
    alice.holds();
    alice.resumes();
    acme.hears("1001");
    alice.hears("acme");
    acme.hangs_up();
}

/// And after a colleague was asked who did not come. While she rings, Alice hears that, and goes on to.
pub fn asked_in_vain(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    s.gesture(warm("1003"));
    carol.rings();
    alice.holds();
    alice.resumes();
    alice.hears("ringback");
    carol.rejects(486);
    alice.hears("busy");
    alice.holds();
    alice.resumes();
    acme.hears("1001");
    acme.hangs_up();
}

/// The carrier was asked to connect them, and does so after all: the customer is gone then.
pub fn from_a_carrier(s: &mut Stage) {
    s.configure(|config| {
        config.trunks.get_mut("acme").unwrap().takes_transfers = true;
    });
    let (alice, _carol, acme) = s.agent_with_customer(2);
    alice.holds();
    alice.hands_on_to("02079460999");
    acme.is_asked("REFER");
    alice.resumes();
    alice.learns_outcome(&[100, 487]);
    acme.hears("1001");
    alice.hears("acme");
    s.wait(2);
    acme.hangs_up();
    alice.is_asked("BYE");
}
