//! What customers hear who were handed on: that it rings, or music until somebody answers, as the house likes it.

use crate::stage::{Party, Stage, cold, warm};
use tandem::call::gesture::Gesture;
use tandem::config::valid::WaitsWith;

/// The customer talks with Alice, in a house where those who wait hear music.
fn with_music(s: &mut Stage) -> (Party, Party, Party) {
    s.configure(|config| config.transfer.waits_with = WaitsWith::Music);
    s.agent_with_customer(3)
}

/// Unless the house wants it otherwise.
pub fn with_ringback(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(3);
    alice.hands_on_to("1003");
    acme.hears("music");
    carol.rings();
    acme.hears("ringback");
    carol.answers();
    acme.hears("1003");
    alice.hangs_up();
    s.wait(2);
    acme.hangs_up();
}

/// Music, from the REFER to the answer.
pub fn until_the_answer(s: &mut Stage) {
    let (alice, carol, acme) = with_music(s);
    alice.hands_on_to("1003");
    acme.hears("music");
    carol.rings();
    acme.hears("music");
    alice.learns_outcome(&[100, 180]);
    carol.answers();
    acme.hears("1003");
    alice.hangs_up();
    s.wait(2);
    acme.hangs_up();
}

/// And on, while the agent is rung again.
pub fn while_the_agent_is_rung_again(s: &mut Stage) {
    let (alice, carol, acme) = with_music(s);
    s.gesture(cold("1003"));
    carol.rings();
    carol.rejects(486);
    alice.rings();
    acme.hears("music");
    alice.answers();
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
}

/// Over what the called network plays, too; and the customer was called by us.
pub fn over_early_media(s: &mut Stage) {
    s.configure(|config| config.transfer.waits_with = WaitsWith::Music);
    let alice = s.registered_phone("1001");
    let acme = s.carrier("acme");
    let globe = s.carrier("globe");
    alice.calls("02079460999");
    acme.answers();
    s.wait(2);
    alice.hands_on_to("0033123456789");
    globe.plays_early_media();
    acme.hears("music");
    globe.answers();
    acme.hears("globe");
    alice.hangs_up();
    s.wait(2);
    globe.hangs_up();
}

/// After a warm transfer that is completed while it rings. The agent who asks hears that it rings.
pub fn for_whom_a_colleague_was_asked(s: &mut Stage) {
    let (alice, carol, acme) = with_music(s);
    s.gesture(warm("1003"));
    carol.rings();
    alice.hears("ringback");
    acme.hears("music");
    s.gesture(Gesture::Complete);
    acme.hears("music");
    carol.answers();
    acme.hears("1003");
    s.wait(2);
    acme.hangs_up();
}

/// The customer has gone, and the agent waits for the colleague as any caller does.
pub fn agent_hears_that_it_rings(s: &mut Stage) {
    let (alice, carol, acme) = with_music(s);
    s.gesture(warm("1003"));
    carol.rings();
    acme.hangs_up();
    alice.hears("ringback");
    carol.answers();
    alice.hears("1003");
    s.wait(1);
    carol.hangs_up();
}
