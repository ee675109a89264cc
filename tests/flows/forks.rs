//! Early dialogs: a carrier rings several at once, and each speaks for itself until one answers (RFC 3261 §13.2.2.4,
//! RFC 3311).

use crate::stage::{Party, Stage};

/// The caller hears the branch that has described its media last; the branch that answers has the call.
pub fn forked_early_dialogs(s: &mut Stage) {
    let (alice, acme) = calling_out(s);
    acme.speaks_as("desk");
    acme.rings();
    alice.hears("ringback");
    acme.speaks_as("mobile");
    acme.plays_early_media();
    acme.is_heard_as("mobile");
    s.wait(2);
    acme.speaks_as("mailbox");
    acme.plays_early_media();
    acme.is_heard_as("mailbox");
    s.wait(2);
    acme.speaks_as("mobile");
    acme.answers();
    acme.is_heard_as("mobile");
    alice.hears("acme");
    s.wait(5);
    alice.hangs_up();
    acme.is_asked("BYE");
}

/// One that has not been heard of before may answer.
pub fn unheard_branch_answers(s: &mut Stage) {
    let (alice, acme) = calling_out(s);
    acme.speaks_as("desk");
    acme.plays_early_media();
    s.wait(2);
    acme.speaks_as("mobile");
    acme.answers();
    acme.is_heard_as("mobile");
    alice.hears("acme");
    s.wait(5);
    acme.hangs_up();
    alice.is_asked("BYE");
}

/// The second is taken up and put down, once, whether it was heard of before or not, and however often it says so.
pub fn second_fork_answers_too(s: &mut Stage) {
    let (alice, acme) = calling_out(s);
    acme.speaks_as("mobile");
    acme.plays_early_media_reliably(5);
    acme.speaks_as("desk");
    acme.rings();
    acme.answers();
    s.wait(1);
    acme.answers_too_as("mobile");
    acme.is_asked("BYE");
    acme.answers_too_as("mobile");
    acme.answers_too_as("tablet");
    acme.is_heard_as("desk");
    alice.hears("acme");
    s.wait(5);
    alice.hangs_up();
}

/// Each early dialog has its own numbers and its own RSeq.
pub fn each_branch_is_confirmed_for_itself(s: &mut Stage) {
    let (alice, acme) = calling_out(s);
    acme.speaks_as("desk");
    acme.plays_early_media_reliably(100);
    acme.speaks_as("mobile");
    acme.rings_reliably(7);
    acme.plays_early_media_reliably(8);
    acme.is_heard_as("mobile");
    acme.speaks_as("desk");
    acme.rings_reliably(101);
    s.wait(2);
    acme.answers_plainly();
    acme.is_heard_as("desk");
    alice.hears("acme");
    s.wait(5);
    alice.hangs_up();
    acme.is_asked("BYE");
}

pub fn early_media_then_busy(s: &mut Stage) {
    let (alice, acme) = calling_out(s);
    acme.speaks_as("announcement");
    acme.plays_early_media();
    alice.hears("acme, else ringback");
    s.wait(4);
    acme.rejects(486);
    alice.gets(486);
}

/// A branch may mean another codec when it answers than when it rang, if it had not said so for sure.
pub fn codec_changes_from_183_to_200(s: &mut Stage) {
    let (alice, acme) = calling_out(s);
    acme.speaks_only(&[(8, "PCMA")]);
    acme.plays_early_media();
    alice.hears("acme, else ringback");
    s.wait(2);
    acme.speaks_now(&[(0, "PCMU")]);
    acme.answers();
    alice.hears("acme");
    acme.is_heard_in("PCMU");
    s.wait(5);
    alice.hangs_up();
}

/// If it had, its answer stands.
pub fn codec_cannot_change_after_prack(s: &mut Stage) {
    let (alice, acme) = calling_out(s);
    acme.speaks_now(&[(8, "PCMA")]);
    acme.plays_early_media_reliably(1);
    acme.is_heard_in("PCMA");
    s.wait(2);
    acme.speaks_now(&[(0, "PCMU")]);
    acme.answers();
    acme.is_heard_in("PCMA");
    alice.hears("acme");
    s.wait(5);
    alice.hangs_up();
}

/// RFC 3311 §5.2: an offer of a called party waits until ours is answered; then it is answered.
pub fn callee_updates_early(s: &mut Stage) {
    let (alice, acme) = calling_out(s);
    acme.rings();
    acme.updates_while_rung(None);
    acme.gets(200);
    acme.updates_while_rung(Some("sendrecv"));
    acme.gets(491);
    acme.plays_early_media_reliably(1);
    alice.hears("acme, else ringback");
    acme.updates_while_rung(Some("inactive"));
    acme.gets(200);
    alice.hears("acme, else ringback");
    s.wait(1);
    acme.updates_while_rung(Some("sendrecv"));
    alice.hears("acme, else ringback");
    s.wait(1);
    acme.answers_plainly();
    acme.hears("1001");
    s.wait(5);
    acme.hangs_up();
}

/// A called party ought not to send BYE before it has answered (RFC 3261 §15), and some do.
pub fn callee_leaves_early(s: &mut Stage) {
    let (alice, acme) = calling_out(s);
    acme.rings();
    acme.sends_while_rung("INFO");
    acme.gets(200);
    acme.sends_while_rung("PRACK");
    acme.gets(481);
    s.wait(2);
    acme.sends_while_rung("BYE");
    acme.is_asked("CANCEL");
    alice.gets(480);
}

/// One branch leaves, the other answers.
pub fn one_branch_leaves(s: &mut Stage) {
    let (alice, acme) = calling_out(s);
    acme.speaks_as("desk");
    acme.plays_early_media();
    acme.speaks_as("mobile");
    acme.plays_early_media();
    acme.sends_while_rung("BYE");
    acme.gets(200);
    acme.is_heard_as("desk");
    s.wait(2);
    acme.speaks_as("desk");
    acme.answers();
    alice.hears("acme");
    s.wait(5);
    alice.hangs_up();
}

/// A carrier that never comes to an end does not fill our memory; whoever answers is heard all the same.
pub fn too_many_branches(s: &mut Stage) {
    let (alice, acme) = calling_out(s);
    for branch in ["a", "b", "c", "d", "e", "f", "g", "h", "i"] {
        acme.speaks_as(branch);
        acme.plays_early_media();
    }
    acme.is_heard_as("h");
    s.wait(2);
    acme.answers();
    acme.is_heard_as("i");
    alice.hears("acme");
    s.wait(5);
    alice.hangs_up();
}

fn calling_out(s: &mut Stage) -> (Party, Party) {
    let alice = s.registered_phone("1001");
    let acme = s.carrier("acme");
    alice.calls("07700900123");
    (alice, acme)
}
