//! Somebody reads the wire, and so knows Call-ID and tags, but is elsewhere: what he says in the calls of others changes
//! nothing, and makes no call (RFC 3261 §22.1, §26.1.1). Those who are really there go on, wherever their NAT, their network
//! or their carrier's cluster puts them.

use crate::stage::{Party, Stage};

/// Alice talks with the carrier's customer, and a stranger has read all of her side of it.
fn overheard(s: &mut Stage) -> (Party, Party, Party, Party) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    let stranger = s.stranger();
    stranger.eavesdrops_on(&alice);
    (alice, carol, acme, stranger)
}

fn talks_on(s: &mut Stage, alice: &Party, acme: &Party) {
    alice.hears("acme");
    s.wait(2);
    acme.hangs_up();
    alice.is_asked("BYE");
}

/// REFER would have a call made at our expense.
pub fn hands_on(s: &mut Stage) {
    let (alice, carol, acme, stranger) = overheard(s);
    stranger.hands_on_to("0033123456789");
    stranger.gets(401);
    stranger.hands_on_to("1003");
    stranger.gets(401);
    carol.is_asked_times("INVITE", 0);
    talks_on(s, &alice, &acme);
}

pub fn hangs_up(s: &mut Stage) {
    let (alice, _carol, acme, stranger) = overheard(s);
    stranger.hangs_up();
    stranger.gets(401);
    talks_on(s, &alice, &acme);
}

/// A re-INVITE or an UPDATE would take the voice and what follows, the BYE, to him.
pub fn takes_over_the_target(s: &mut Stage) {
    let (alice, _carol, acme, stranger) = overheard(s);
    stranger.describes_again("sendrecv");
    stranger.gets(401);
    stranger.updates("sendrecv");
    stranger.gets(401);
    talks_on(s, &alice, &acme);
    stranger.is_asked_times("BYE", 0);
}

/// The same over TCP.
pub fn over_tcp(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(2);
    let stranger = s.stranger().over_tcp();
    stranger.eavesdrops_on(&alice);
    stranger.updates("sendrecv");
    stranger.gets(401);
    talks_on(s, &alice, &acme);
}

/// In the carrier's dialog there is no password by which anybody could prove who he is.
pub fn speaks_as_the_carrier(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(2);
    let stranger = s.stranger();
    stranger.eavesdrops_on(&acme);
    stranger.updates("sendrecv");
    stranger.gets(403);
    stranger.hangs_up();
    stranger.gets(403);
    talks_on(s, &alice, &acme);
}

/// A colleague who knows a password knows that of the own extension only.
pub fn is_a_colleague(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(2);
    let dave = s.phone("1002").at("203.0.113.77:5060");
    dave.eavesdrops_on(&alice);
    dave.hangs_up();
    dave.gets(403);
    talks_on(s, &alice, &acme);
}

/// He answers a call that rings for somebody else.
pub fn answers(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    let stranger = s.stranger();
    alice.calls("1002");
    bob.rings();
    stranger.answers_for(&bob);
    alice.hears("ringback");
    bob.answers();
    alice.hears("1002");
    s.wait(2);
    alice.hangs_up();
}

/// He withdraws a call that somebody else makes.
pub fn cancels(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    let dave = s.phone("1003").at("203.0.113.77:5060");
    alice.calls("1002");
    bob.rings();
    dave.cancels_as(&alice);
    dave.gets(481);
    bob.is_asked_times("CANCEL", 0);
    bob.answers();
    alice.hears("1002");
    s.wait(2);
    alice.hangs_up();
}

/// A phone has gone over to another network in mid-call: it is asked who it is, and goes on from there.
pub fn phone_has_moved(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(2);
    alice.moves_to("203.0.113.50:5062");
    alice.gets(200);
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
    alice.is_asked("BYE");
}

/// Behind its NAT it gets another port, and nobody asks it.
pub fn phone_has_another_port(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(2);
    alice.moves_to("10.0.0.101:40001");
    alice.is_never_challenged();
    alice.hands_on_to("1003");
    alice.gets(202);
    acme.hangs_up();
}

/// A carrier speaks from any address of the networks that its trunk names.
pub fn carriers_cluster(s: &mut Stage) {
    s.configure(|config| {
        let acme = config.trunks.get_mut("acme").unwrap();
        acme.sources.push("198.51.100.0/28".parse().unwrap());
    });
    let (alice, _carol, acme) = s.agent_with_customer(2);
    acme.moves_to("198.51.100.9:5060");
    acme.gets(200);
    alice.hears("acme");
    acme.hangs_up();
    alice.is_asked("BYE");
}
