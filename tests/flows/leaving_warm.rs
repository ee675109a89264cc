//! Who hangs up when, while a colleague is being asked. Everybody at every moment, and nobody is lost, nor put through
//! to somebody by surprise:
//!
//! | moment | the agent | the customer | the colleague |
//! |---|---|---|---|
//! | asked, no phone rings yet | `agent_before_it_rings` | `customer_before_it_rings` `customer_before_it_rings_in_vain` | `warm::colleague_is_busy` |
//! | the colleague's phone rings | `agent_while_it_rings` | `warm::customer_hangs_up_while_it_rings` | `colleague_declines` |
//! | answered in this moment | `agent_as_it_is_answered` `agent_before_it_is_answered` | `customer_as_it_is_answered` `customer_before_it_is_answered` | `colleague_as_soon_as_it_is_answered` |
//! | the two talk in private | `warm::completes_by_hanging_up` | `warm::customer_hangs_up` | `warm::colleague_hangs_up` |
//! | the agent has turned to the customer | `agent_who_has_turned_away` | `customer_turned_to` | `colleague_turned_away_from` |
//! | the colleague has gone | `agent_left_alone` `agent_left_alone_of_the_caller` `agent_left_alone_and_gone` | `customer_of_whom_is_left_alone` | – |
//! | all three talk | `warm::consult_together_leave` | `warm::customer_leaves_together` | `warm::colleague_leaves_together` |
//! | completed while it rings | – | `customer_after_completing` | `warm::completes_in_vain` |
//! | completed in this moment | – | `customer_as_it_is_completed` | `colleague_as_it_is_completed` `colleague_before_it_is_completed` |
//! | by order, or by the phone's key | – | – | `colleague_as_it_is_completed_by_order` `colleague_as_it_is_completed_by_key` `colleague_before_it_is_completed_by_key` |
//! | on hold, and nobody is asked | `agent_who_holds` | – | – |
//! | the agent has left | – | `warm::consult_together_leave` | `warm::completes_by_hanging_up` |

use crate::stage::{Party, Stage, warm};
use tandem::call::gesture::Gesture;

/// Alice asks for Carol, whose phone has said nothing yet; the customer waits.
fn asked(s: &mut Stage) -> (Party, Party, Party) {
    let people = s.agent_with_customer(3);
    s.gesture(warm("1003"));
    people
}

/// It rings.
fn ringing(s: &mut Stage) -> (Party, Party, Party) {
    let people = asked(s);
    people.1.rings();
    s.wait(2);
    people
}

/// The two talk in private.
fn consulting(s: &mut Stage) -> (Party, Party, Party) {
    let people = ringing(s);
    people.1.answers();
    s.wait(2);
    people
}

/// Alice has turned to the customer again, and Carol waits.
fn turned_away(s: &mut Stage) -> (Party, Party, Party) {
    let people = consulting(s);
    s.gesture(Gesture::Swap);
    people.1.hears("music");
    s.wait(1);
    people
}

/// Alice's phone rings again for the customer, who hears it.
fn is_rung_again(s: &mut Stage, alice: &Party, acme: &Party) {
    alice.rings();
    acme.hears("ringback");
    alice.answers();
    s.wait(2);
    alice.hears("acme");
    acme.hangs_up();
    alice.is_asked("BYE");
}

pub fn agent_before_it_rings(s: &mut Stage) {
    let (alice, carol, acme) = asked(s);
    alice.hangs_up();
    acme.hears("music");
    carol.rings();
    acme.hears("ringback");
    carol.answers();
    s.talk_on(&carol, &acme);
}

/// Alice goes on waiting for Carol.
pub fn customer_before_it_rings(s: &mut Stage) {
    let (alice, carol, acme) = asked(s);
    acme.hangs_up();
    carol.rings();
    alice.hears("ringback");
    carol.answers();
    alice.hears("1003");
    s.wait(1);
    alice.hangs_up();
    carol.is_asked("BYE");
}

/// Nobody waits any more, and nobody comes: that is for no last resort.
pub fn customer_before_it_rings_in_vain(s: &mut Stage) {
    s.configure(|config| config.transfer.fallback = Some("1002".to_owned()));
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = asked(s);
    acme.hangs_up();
    carol.rejects(486);
    bob.is_asked_times("INVITE", 0);
    alice.is_asked("BYE");
}

pub fn agent_while_it_rings(s: &mut Stage) {
    let (alice, carol, acme) = ringing(s);
    alice.hangs_up();
    acme.hears("ringback");
    s.wait(1);
    carol.answers();
    s.talk_on(&carol, &acme);
}

pub fn colleague_declines(s: &mut Stage) {
    let (alice, carol, acme) = ringing(s);
    carol.rejects(603);
    alice.hears("busy");
    acme.hears("music");
    s.wait(1);
    s.gesture(Gesture::Resume);
    acme.hears("1001");
    s.wait(1);
    acme.hangs_up();
}

/// Alice hangs up as Carol answers: whichever comes first, the customer has Carol.
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
    alice.hears("busy");
    s.wait(2);
    alice.hears("1003");
    carol.hangs_up();
}

pub fn customer_before_it_is_answered(s: &mut Stage) {
    let (alice, carol, acme) = ringing(s);
    s.crossing(|| {
        acme.hangs_up();
        carol.answers();
    });
    alice.hears("1003");
    carol.hears("1001");
    s.wait(2);
    carol.hangs_up();
}

pub fn colleague_as_soon_as_it_is_answered(s: &mut Stage) {
    let (alice, carol, acme) = ringing(s);
    s.crossing(|| {
        carol.answers();
        carol.hangs_up();
    });
    alice.hears("busy");
    acme.hears("music");
    s.wait(1);
    s.gesture(Gesture::Resume);
    acme.hears("1001");
    s.wait(1);
    acme.hangs_up();
}

pub fn agent_who_has_turned_away(s: &mut Stage) {
    let (alice, carol, acme) = turned_away(s);
    alice.hangs_up();
    s.talk_on(&carol, &acme);
}

pub fn customer_turned_to(s: &mut Stage) {
    let (alice, carol, acme) = turned_away(s);
    acme.hangs_up();
    alice.hears("busy");
    carol.hears("busy");
    s.wait(2);
    alice.hears("1003");
    alice.hangs_up();
}

/// Alice talks with the customer and goes on doing so.
pub fn colleague_turned_away_from(s: &mut Stage) {
    let (alice, carol, acme) = turned_away(s);
    carol.hangs_up();
    alice.hears("acme");
    acme.hears("1001");
    s.wait(1);
    acme.hangs_up();
}

/// Carol has gone, and Alice, who hears so, hangs up: the customer is not there for that, and she is rung again.
pub fn agent_left_alone(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    carol.hangs_up();
    alice.hears("busy");
    s.wait(3);
    alice.hangs_up();
    is_rung_again(s, &alice, &acme);
}

/// The same with a customer whom she has called.
pub fn agent_left_alone_of_the_caller(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_who_called_the_customer(3);
    s.gesture(warm("1003"));
    carol.rejects(486);
    s.wait(3);
    alice.hangs_up();
    is_rung_again(s, &alice, &acme);
}

/// She does not come again, nor does anybody else.
pub fn agent_left_alone_and_gone(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    carol.hangs_up();
    alice.hangs_up();
    alice.rejects(480);
    acme.is_asked("BYE");
}

pub fn customer_of_whom_is_left_alone(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    carol.hangs_up();
    s.wait(1);
    acme.hangs_up();
    alice.is_asked("BYE");
}

/// Alice has put the customer on hold and asked nobody: hanging up then ends it, as ever.
pub fn agent_who_holds(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(3);
    s.gesture(Gesture::Hold);
    acme.hears("music");
    alice.hangs_up();
    acme.is_asked("BYE");
}

pub fn customer_after_completing(s: &mut Stage) {
    let (alice, carol, acme) = ringing(s);
    alice.hangs_up();
    acme.hears("ringback");
    acme.hangs_up();
    carol.is_asked("CANCEL");
}

pub fn customer_as_it_is_completed(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    s.crossing(|| {
        alice.hangs_up();
        acme.hangs_up();
    });
    carol.is_asked("BYE");
}

/// Alice completes, and Carol, who believes to talk with her, hangs up in that moment.
pub fn colleague_as_it_is_completed(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    s.crossing(|| {
        alice.hangs_up();
        carol.hangs_up();
    });
    is_rung_again(s, &alice, &acme);
}

/// The other way round: Carol has gone before Alice completes.
pub fn colleague_before_it_is_completed(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    s.crossing(|| {
        carol.hangs_up();
        alice.hangs_up();
    });
    is_rung_again(s, &alice, &acme);
}

/// The same by order.
pub fn colleague_as_it_is_completed_by_order(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    s.crossing(|| {
        s.gesture(Gesture::Complete);
        carol.hangs_up();
    });
    is_rung_again(s, &alice, &acme);
}

/// And by the phone's key: its REFER is done, and Carol hangs up.
pub fn colleague_as_it_is_completed_by_key(s: &mut Stage) {
    let (alice, carol, acme) = consulting_by_keys(s);
    s.crossing(|| {
        alice.connects_the_two();
        carol.hangs_up();
    });
    alice.hangs_up();
    alice.hangs_up_older();
    is_rung_again(s, &alice, &acme);
}

/// Carol has gone before: the REFER names a dialog that is no more, and the customer is Alice's.
pub fn colleague_before_it_is_completed_by_key(s: &mut Stage) {
    let (alice, carol, acme) = consulting_by_keys(s);
    s.crossing(|| {
        carol.hangs_up();
        alice.connects_the_two();
    });
    alice.learns_outcome(&[100, 481]);
    alice.resumes();
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
}

fn consulting_by_keys(s: &mut Stage) -> (Party, Party, Party) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    alice.holds();
    alice.calls("1003");
    carol.answers();
    s.wait(2);
    (alice, carol, acme)
}
