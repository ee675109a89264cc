//! A transfer while something else is under way on the same dialog: a REFER behind a re-INVITE that has no answer yet, of
//! ours or of the phone's, and re-INVITEs that meet in the middle (RFC 3261 §14, RFC 3311 §5.2, RFC 3515).

use crate::stage::{Party, Stage, cold, warm};
use tandem::call::gesture::Gesture;

/// Alice has asked Carol for the customer, and left the two to each other; our re-INVITE, which tells Carol with whom she
/// talks now, is not answered yet.
fn told_and_not_answered(s: &mut Stage) -> (Party, Party, Party, Party) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = s.agent_with_customer(2);
    s.gesture(warm("1003"));
    carol.answers();
    s.wait(2);
    carol.keeps_back("200 INVITE");
    alice.hangs_up();
    carol.hears("acme");
    (alice, bob, carol, acme)
}

/// The REFER does not wait for it, and nobody waits for the REFER.
pub fn refers_before_answering(s: &mut Stage) {
    let (_alice, bob, carol, acme) = told_and_not_answered(s);
    carol.hands_on_to("1002");
    carol.gets(202);
    bob.rings();
    carol.answers_at_last();
    bob.answers();
    carol.learns_outcome(&[100, 180, 200]);
    acme.hears("1002");
    carol.hangs_up();
    s.wait(2);
    acme.hangs_up();
}

/// The answer comes when all is over, and is confirmed all the same.
pub fn answers_when_it_has_handed_on(s: &mut Stage) {
    let (_alice, bob, carol, acme) = told_and_not_answered(s);
    carol.hands_on_to("1002");
    bob.answers();
    acme.hears("1002");
    carol.answers_at_last();
    carol.learns_outcome(&[100, 200]);
    s.wait(5);
    carol.is_asked("BYE");
    acme.hangs_up();
}

/// Hung up by us, with the answer under way.
pub fn handed_on_by_order_before_answering(s: &mut Stage) {
    let (_alice, bob, carol, acme) = told_and_not_answered(s);
    s.crossing(|| {
        s.gesture(cold("1002"));
        carol.answers_at_last();
    });
    carol.is_asked("BYE");
    bob.answers();
    acme.hears("1002");
    s.wait(2);
    bob.hangs_up();
}

/// Nobody comes, and the customer is Carol's again, whose phone answers then.
pub fn refers_in_vain_before_answering(s: &mut Stage) {
    let (_alice, bob, carol, acme) = told_and_not_answered(s);
    carol.hands_on_to("1002");
    bob.rejects(486);
    carol.answers_at_last();
    carol.learns_outcome(&[100, 486]);
    acme.hears("1003");
    s.wait(2);
    acme.hangs_up();
}

/// Hold and REFER in one breath, before our 200 to the hold has come.
pub fn refers_with_the_hold(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    s.crossing(|| {
        alice.holds();
        alice.hands_on_to("1003");
    });
    alice.gets(202);
    carol.answers();
    acme.hears("1003");
    alice.learns_outcome(&[100, 200]);
    alice.hangs_up();
    s.wait(2);
    acme.hangs_up();
}

/// The same with a second call and a REFER that connects the two, its ACKs still under way.
pub fn connects_with_the_hold(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    alice.keeps_back("ACK");
    alice.holds();
    alice.calls("1003");
    carol.answers();
    s.crossing(|| {
        alice.describes_again("sendonly");
        alice.connects_the_two();
    });
    acme.hears("1003");
    carol.hears("acme");
    alice.learns_outcome(&[100, 200]);
    s.wait(5);
    alice.is_asked("BYE");
    acme.hangs_up();
}

/// Carol presses hold as we tell her who is there: both re-INVITEs are refused, and both come again, each in its time.
pub fn hold_meets_our_reinvite(s: &mut Stage) {
    let (alice, carol, acme) = meeting(s);
    carol.refuses_changes(491);
    s.crossing(|| {
        alice.hangs_up();
        carol.holds();
    });
    carol.gets(491);
    acme.hears("1003");
    carol.refuses_changes(200);
    s.wait(1);
    carol.holds();
    acme.hears("music");
    s.wait(4);
    carol.sees("+447700900123");
    carol.resumes();
    acme.hears("1003");
    s.wait(1);
    acme.hangs_up();
}

/// While we wait to ask again Carol hands the customer on: what we wanted to tell her is of no interest any more.
pub fn refers_while_we_back_off(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = meeting(s);
    carol.refuses_changes(491);
    alice.hangs_up();
    carol.hands_on_to("1002");
    carol.gets(202);
    bob.rings();
    carol.refuses_changes(200);
    s.wait(4);
    bob.answers();
    carol.learns_outcome(&[100, 180, 200]);
    acme.hears("1002");
    carol.hangs_up();
    s.wait(2);
    acme.hangs_up();
}

/// Carol is asked by Bob while we wait to tell her of the customer: she is told of whom she has then.
pub fn asks_while_we_back_off(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = meeting(s);
    carol.refuses_changes(491);
    alice.hangs_up();
    s.gesture(warm("1002"));
    bob.answers();
    carol.refuses_changes(200);
    s.wait(4);
    carol.sees("1002");
    acme.hears("music");
    s.gesture(Gesture::Complete);
    acme.hears("1002");
    s.wait(2);
    acme.hangs_up();
}

/// UPDATEs meet: ours says who is there and offers nothing, so that theirs, which holds, stands in nobody's way.
pub fn hold_by_update_meets_ours(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    carol.knows_update();
    s.gesture(warm("1003"));
    carol.answers();
    s.wait(1);
    s.crossing(|| {
        alice.hangs_up();
        carol.updates("sendonly");
    });
    carol.gets(200);
    carol.is_asked("UPDATE");
    acme.hears("music");
    s.wait(1);
    carol.updates("sendrecv");
    acme.hears("1003");
    s.wait(1);
    acme.hangs_up();
}

/// Their re-INVITE meets our UPDATE.
pub fn hold_meets_our_update(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    carol.knows_update();
    s.gesture(warm("1003"));
    carol.answers();
    s.wait(1);
    s.crossing(|| {
        alice.hangs_up();
        carol.holds();
    });
    carol.gets(200);
    acme.hears("music");
    s.wait(1);
    carol.resumes();
    acme.hears("1003");
    s.wait(1);
    acme.hangs_up();
}

/// A phone refuses our UPDATE as out of turn (491): it is asked again.
pub fn update_is_refused_for_now(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    carol.knows_update();
    s.gesture(warm("1003"));
    carol.answers();
    s.wait(1);
    carol.refuses_changes(491);
    alice.hangs_up();
    carol.refuses_changes(200);
    s.wait(4);
    carol.sees("+447700900123");
    acme.hears("1003");
    acme.hangs_up();
}

/// Alice and Carol talk in private.
fn meeting(s: &mut Stage) -> (Party, Party, Party) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    s.gesture(warm("1003"));
    carol.answers();
    s.wait(1);
    (alice, carol, acme)
}
