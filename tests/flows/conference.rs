//! The Conference key as a network conference (RFC 4579): the phone calls the conference's number and refers its
//! calls into it. It hears and speaks over the one line from then on.

use crate::stage::{Deed, Party, Stage, cold, warm};
use tandem::call::gesture::Gesture;

/// Alice has the customer and Carol on her lines, and a third line with the conference.
fn three_lines(s: &mut Stage) -> (Party, Party, Party) {
    s.configure(|config| config.transfer.conference = Some("600".to_owned()));
    let alice = s.registered_phone("1001");
    let carol = s.registered_phone("1003");
    let acme = s.carrier("acme");
    acme.calls("+442079460101");
    alice.rings();
    alice.answers();
    alice.holds();
    alice.calls("1003");
    carol.answers();
    s.wait(2);
    alice.holds();
    alice.calls("600");
    alice.gets(200);
    (alice, carol, acme)
}

/// RFC 4579 §5.5: on the line of the conference, a REFER for each call.
pub fn calls_referred_into_it(s: &mut Stage) {
    let (alice, carol, acme) = three_lines(s);
    alice.brings_in(0);
    acme.hears("1001·3");
    alice.brings_in(1);
    acme.hears("1003 + 1001·3");
    carol.hears("acme + 1001·3");
    alice.learns_outcome(&[100, 200, 100, 200]);
    s.wait(6);
    alice.hangs_up();
    acme.hears("1003");
    s.wait(1);
    acme.hangs_up();
}

/// RFC 4579 §5.6: on the line of each call, a REFER to the conference that the Contact has named.
pub fn it_is_referred_to(s: &mut Stage) {
    let (alice, carol, acme) = three_lines(s);
    alice.sends_to_conference(0);
    alice.sends_to_conference(1);
    acme.hears("1003 + 1001·3");
    carol.hears("acme + 1001·3");
    s.wait(6);
    carol.hangs_up();
    acme.hears("1001");
    alice.hangs_up();
    s.wait(1);
    acme.is_asked("BYE");
}

/// A phone that names the number instead of the Contact means its own conference.
pub fn by_its_number(s: &mut Stage) {
    let (alice, _carol, acme) = three_lines(s);
    alice.sends_to("600", 0);
    alice.sends_to("600", 1);
    acme.hears("1003 + 1001·3");
    s.wait(6);
    acme.hangs_up();
    alice.hangs_up();
}

/// The last two talk on, and then it is over.
pub fn all_leave(s: &mut Stage) {
    let (alice, carol, acme) = three_lines(s);
    alice.brings_in(0);
    alice.brings_in(1);
    s.wait(6);
    acme.hangs_up();
    carol.hears("1001");
    alice.hangs_up();
    carol.is_asked("BYE");
}

/// A conference of one is silent, and ends when the phone hangs up.
pub fn alone(s: &mut Stage) {
    s.configure(|config| config.transfer.conference = Some("600".to_owned()));
    let alice = s.registered_phone("1001");
    alice.calls("600");
    alice.hears("–");
    s.wait(2);
    alice.hangs_up();
}

/// Who is alone in a conference has nobody to put aside or to hand on, and nobody is rung for nothing.
pub fn nobody_to_hand_on(s: &mut Stage) {
    s.configure(|config| config.transfer.conference = Some("600".to_owned()));
    let alice = s.registered_phone("1001");
    let _carol = s.registered_phone("1003");
    alice.calls("600");
    s.gesture(cold("1003"));
    s.gesture(warm("1003"));
    s.gesture(Gesture::Hold);
    alice.hands_on_to("1003");
    alice.gets(491);
    s.wait(1);
    alice.hangs_up();
}

/// A phone that mixes by itself, as most do with their Conference key: two calls of its own, of which the switch makes
/// nothing else. Nobody is moved, and each call ends by itself.
pub fn phone_mixes_by_itself(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    alice.holds();
    alice.calls("1003");
    carol.answers();
    s.wait(2);
    alice.does(0, Deed::Describe("sendrecv"));
    acme.hears("1001·1");
    carol.hears("1001·2");
    s.wait(3);
    carol.hangs_up();
    alice.is_asked("BYE");
    acme.hears("1001");
    s.wait(1);
    acme.hangs_up();
    alice.is_asked("BYE");
}

/// No more than the house allows.
pub fn too_many(s: &mut Stage) {
    s.configure(|config| config.transfer.max_together = 2);
    let (alice, carol, acme) = three_lines(s);
    alice.brings_in(0);
    alice.brings_in(1);
    alice.learns_outcome(&[100, 200, 100, 403]);
    s.wait(6);
    acme.hangs_up();
    alice.hangs_up();
    carol.is_asked("BYE");
}
