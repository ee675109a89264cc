//! Two hands at once: an answer crosses the wish that it should not come, two gestures of one agent meet, and two
//! people hand on each other. Each in both orders; whoever comes second finds the story as the first has left it.

use crate::stage::{Party, Stage, cold, warm};
use tandem::call::gesture::Gesture;

/// Alice has asked for Carol, whose phone rings; the customer waits.
fn asking(s: &mut Stage) -> (Party, Party, Party) {
    let people = talking(s);
    s.gesture(warm("1003"));
    people.1.rings();
    s.wait(1);
    people
}

/// Alice and Carol talk in private; the customer waits.
fn consulting(s: &mut Stage) -> (Party, Party, Party) {
    let people = asking(s);
    people.1.answers();
    s.wait(2);
    people
}

/// Alice has put the customer on hold and calls Carol, whose phone rings: all with the keys of her phone.
fn asking_by_keys(s: &mut Stage) -> (Party, Party, Party) {
    let (alice, carol, acme) = talking(s);
    alice.holds();
    alice.calls("1003");
    carol.rings();
    s.wait(1);
    (alice, carol, acme)
}

/// The customer talks with Alice, who has feature codes.
fn talking(s: &mut Stage) -> (Party, Party, Party) {
    s.has_codes();
    s.agent_with_customer(3)
}

/// Back with the customer, who is there and hears Alice; and then it ends.
fn goes_on_with_alice(s: &mut Stage, alice: &Party, acme: &Party) {
    alice.hears("acme");
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
    alice.is_asked("BYE");
}

// Carol answers as Alice thinks better of it.

/// Her 200 crosses our CANCEL: it is taken up and put down (RFC 3261 §9.1).
pub fn order_cancels_and_she_answers(s: &mut Stage) {
    let (alice, carol, acme) = asking(s);
    s.crossing(|| {
        s.gesture(Gesture::Cancel);
        carol.answers();
    });
    carol.is_asked("CANCEL");
    carol.is_asked("BYE");
    goes_on_with_alice(s, &alice, &acme);
}

/// Her 200 comes first: she was there for a moment.
pub fn she_answers_and_order_cancels(s: &mut Stage) {
    let (alice, carol, acme) = asking(s);
    s.crossing(|| {
        carol.answers();
        s.gesture(Gesture::Cancel);
    });
    carol.is_asked("BYE");
    goes_on_with_alice(s, &alice, &acme);
}

/// The same with the code, whose last key is on its way.
pub fn code_cancels_and_she_answers(s: &mut Stage) {
    let (alice, carol, acme) = asking(s);
    alice.dials("*");
    s.crossing(|| {
        alice.presses('5');
        carol.answers();
    });
    carol.is_asked("BYE");
    goes_on_with_alice(s, &alice, &acme);
}

pub fn she_answers_and_code_cancels(s: &mut Stage) {
    let (alice, carol, acme) = asking(s);
    alice.dials("*");
    s.crossing(|| {
        carol.answers();
        alice.presses('5');
    });
    carol.is_asked("BYE");
    goes_on_with_alice(s, &alice, &acme);
}

/// Alice's phone gives up its second call: CANCEL to us, and ours to Carol crosses her 200.
pub fn phone_cancels_and_she_answers(s: &mut Stage) {
    let (alice, carol, acme) = asking_by_keys(s);
    s.crossing(|| {
        alice.cancels();
        carol.answers();
    });
    alice.gets(487);
    carol.is_asked("BYE");
    alice.resumes();
    goes_on_with_alice(s, &alice, &acme);
}

/// Our 200 crosses the CANCEL of Alice's phone, which confirms it and hangs up.
pub fn she_answers_and_phone_cancels(s: &mut Stage) {
    let (alice, carol, acme) = asking_by_keys(s);
    s.crossing(|| {
        carol.answers();
        alice.cancels();
    });
    carol.is_asked("BYE");
    alice.resumes();
    goes_on_with_alice(s, &alice, &acme);
}

/// Alice connects the two while Carol's phone rings, and Carol answers in that moment: the REFER names a dialog that
/// is early no more, or still is. Either way the customer has Carol.
pub fn she_answers_and_phone_connects(s: &mut Stage) {
    let (alice, carol, acme) = asking_by_keys(s);
    s.crossing(|| {
        carol.answers();
        alice.connects_the_two();
    });
    connected(s, &alice, &carol, &acme);
}

pub fn phone_connects_and_she_answers(s: &mut Stage) {
    let (alice, carol, acme) = asking_by_keys(s);
    s.crossing(|| {
        alice.connects_the_two();
        carol.answers();
    });
    connected(s, &alice, &carol, &acme);
}

fn connected(s: &mut Stage, alice: &Party, carol: &Party, acme: &Party) {
    acme.hears("1003");
    carol.hears("acme");
    alice.learns_outcome(&[100, 200]);
    s.wait(5);
    alice.is_asked("BYE");
    acme.hangs_up();
    carol.is_asked("BYE");
}

// Two gestures in one moment, by two ways of asking.

/// The code for all together, and the order to let Carol go: they are together, and nobody is let go.
pub fn code_merges_and_order_cancels(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    alice.dials("*");
    s.crossing(|| {
        alice.presses('3');
        s.gesture_of("1001", Gesture::Cancel);
    });
    acme.hears("1001 + 1003");
    s.wait(1);
    carol.hangs_up();
    goes_on_with_alice(s, &alice, &acme);
}

/// The other way round: Carol has gone, and there is nobody to bring together.
pub fn order_cancels_and_code_merges(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    alice.dials("*");
    s.crossing(|| {
        s.gesture(Gesture::Cancel);
        alice.presses('3');
    });
    carol.is_asked("BYE");
    s.wait(2);
    goes_on_with_alice(s, &alice, &acme);
}

/// A REFER and an order hand the customer to two different colleagues: the first has it.
pub fn refers_and_order_hands_on(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = talking(s);
    s.crossing(|| {
        alice.hands_on_to("1003");
        s.gesture_of("1001", cold("1002"));
    });
    carol.rings();
    carol.answers();
    bob.is_asked_times("INVITE", 0);
    acme.hears("1003");
    alice.hangs_up();
    s.wait(2);
    acme.hangs_up();
}

/// The order comes first: Alice is out of the call, and her REFER finds no dialog.
pub fn order_hands_on_and_refers(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = talking(s);
    s.crossing(|| {
        s.gesture(cold("1002"));
        alice.hands_on_to("1003");
    });
    alice.gets(481);
    carol.is_asked_times("INVITE", 0);
    bob.answers();
    acme.hears("1002");
    s.wait(2);
    acme.hangs_up();
}

/// Two orders to ask two colleagues: one is asked.
pub fn asks_two_at_once(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = talking(s);
    s.crossing(|| {
        s.gesture(warm("1003"));
        s.gesture(warm("1002"));
    });
    bob.is_asked_times("INVITE", 0);
    carol.answers();
    alice.hears("1003");
    acme.hears("music");
    s.wait(1);
    s.gesture(Gesture::Cancel);
    goes_on_with_alice(s, &alice, &acme);
}

/// A REFER as an order asks Carol: one thing after the other, and the phone is told so.
pub fn order_asks_and_refers(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = talking(s);
    s.crossing(|| {
        s.gesture(warm("1003"));
        alice.hands_on_to("1002");
    });
    alice.gets(491);
    bob.is_asked_times("INVITE", 0);
    carol.answers();
    alice.hears("1003");
    acme.hears("music");
    s.wait(1);
    s.gesture(Gesture::Complete);
    acme.hears("1003");
    s.wait(2);
    acme.hangs_up();
}

/// Twice the same wish, by code and by order: to the customer and back again. What each of the two says is heard by
/// whom Alice is with, and by nobody else.
pub fn swaps_twice(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    alice.dials("*");
    s.crossing(|| {
        alice.presses('4');
        s.gesture(Gesture::Swap);
    });
    alice.hears("1003");
    carol.hears("1001");
    acme.hears("music");
    s.wait(1);
    s.gesture(Gesture::Cancel);
    goes_on_with_alice(s, &alice, &acme);
}

/// The order to complete, and Alice hangs up: that is once.
pub fn completes_twice(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    s.crossing(|| {
        s.gesture(Gesture::Complete);
        alice.hangs_up();
    });
    acme.hears("1003");
    carol.hears("acme");
    s.wait(2);
    carol.hangs_up();
    acme.is_asked("BYE");
}

/// Alice holds with her phone as all are brought together: the other two talk.
pub fn merges_and_holds(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    s.crossing(|| {
        s.gesture(Gesture::Merge);
        alice.holds();
    });
    acme.hears("1003");
    carol.hears("acme");
    alice.hears("–");
    s.wait(1);
    alice.resumes();
    alice.hears("acme + 1003");
    carol.hangs_up();
    goes_on_with_alice(s, &alice, &acme);
}

/// Carol, and the customer if he is an extension, may not end what Alice has begun, whatever their desktops send.
pub fn others_want_to_decide(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let alice = s.registered_phone("1001");
    let carol = s.registered_phone("1003");
    bob.calls("1001");
    alice.answers();
    s.wait(1);
    s.gesture_of("1001", Gesture::Hold);
    s.gesture_of("1002", Gesture::Resume);
    bob.hears("music");
    s.gesture_of("1001", Gesture::Resume);
    s.gesture_of("1001", warm("1003"));
    carol.answers();
    for agent in ["1002", "1003"] {
        for gesture in [Gesture::Merge, Gesture::Swap, Gesture::Cancel, Gesture::Complete] {
            s.gesture_of(agent, gesture);
        }
    }
    bob.hears("music");
    alice.hears("1003");
    carol.hears("1001");
    s.gesture_of("1001", Gesture::Complete);
    bob.hears("1003");
    s.wait(2);
    bob.hangs_up();
}
