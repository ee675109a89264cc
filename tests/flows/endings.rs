//! How transfers end, as the recording's story tells it: each has one ending, and that is true. And the recordings that have
//! to do with each other name each other.

use crate::stage::{Party, Stage, cold, warm};
use tandem::call::chronicle::Outcome;
use tandem::call::gesture::Gesture;
use tandem::call::recording::TapeStory;
use tandem::call::related::Relation;

/// What the story of a tape says of the transfers: who, to whom, with which ending.
fn told(tape: &TapeStory) -> Vec<(&str, &str, Option<Outcome>)> {
    let transfers = tape.timeline.transfers.iter();
    transfers
        .map(|it| (&*it.by, &*it.to, it.outcome.map(|(_, outcome)| outcome)))
        .collect()
}

fn ends_with(s: &Stage, expected: &[(&str, &str, Outcome)]) {
    let tapes = s.tapes();
    let expected: Vec<_> = expected
        .iter()
        .map(|(by, to, how)| (*by, *to, Some(*how)))
        .collect();
    assert_eq!(told(&tapes[0]), expected);
}

fn related(tape: &TapeStory) -> Vec<(Relation, u64)> {
    tape.timeline
        .related
        .iter()
        .map(|it| (it.how, it.tape.0))
        .collect()
}

fn consulting(s: &mut Stage) -> (Party, Party, Party) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    s.gesture(warm("1003"));
    carol.rings();
    (alice, carol, acme)
}

/// The customer hangs up while Alice asks Carol: nobody is handed on any more.
pub fn customer_leaves_a_consult(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    carol.answers();
    s.wait(1);
    acme.hangs_up();
    ends_with(s, &[("1001", "1003", Outcome::Over)]);
    alice.hangs_up();
    carol.is_asked("BYE");
}

/// The same while Carol's phone still rings; and Alice's waiting for her is no transfer.
pub fn customer_leaves_while_she_rings(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    acme.hangs_up();
    carol.answers();
    s.wait(1);
    ends_with(s, &[("1001", "1003", Outcome::Over)]);
    alice.hangs_up();
}

/// The same when all three talk.
pub fn customer_leaves_three(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    carol.answers();
    s.gesture(Gesture::Merge);
    s.wait(1);
    acme.hangs_up();
    ends_with(s, &[("1001", "1003", Outcome::Over)]);
    alice.hangs_up();
    carol.is_asked("BYE");
}

/// Alice asks Carol by order, and then connects her customer with Bob by her phone's key.
pub fn goes_elsewhere_after_a_consult(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = consulting(s);
    carol.answers();
    alice.holds();
    alice.calls("1002");
    bob.answers();
    alice.connects_the_two();
    carol.is_asked("BYE");
    acme.hangs_up();
    ends_with(
        s,
        &[("1001", "1003", Outcome::Back), ("1001", "1002", Outcome::Done)],
    );
}

/// The same while Bob's phone still rings: it is another transfer, and not the same one.
pub fn goes_where_it_rings_after_a_consult(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = consulting(s);
    carol.answers();
    alice.holds();
    alice.calls("1002");
    bob.rings();
    alice.connects_the_two();
    bob.answers();
    acme.hangs_up();
    ends_with(
        s,
        &[("1001", "1003", Outcome::Back), ("1001", "1002", Outcome::Done)],
    );
}

/// Carol is brought together with the customer, and Bob comes in Alice's place: the first transfer has been done, too.
pub fn goes_elsewhere_from_three(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = consulting(s);
    carol.answers();
    s.gesture(Gesture::Merge);
    alice.calls("1002");
    bob.answers();
    alice.connects_the_two();
    s.wait(1);
    acme.hangs_up();
    ends_with(
        s,
        &[("1001", "1003", Outcome::Done), ("1001", "1002", Outcome::Done)],
    );
    carol.hangs_up();
}

/// Nobody takes the customer, and Alice, who has gone, does not answer either: nobody was back with her.
pub fn nobody_at_all(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    alice.hands_on_to("1003");
    alice.hangs_up();
    carol.rejects(486);
    alice.rings();
    alice.rejects(486);
    acme.is_asked("BYE");
    ends_with(s, &[("1001", "1003", Outcome::Over)]);
}

/// And where she does, the customer is back.
pub fn agent_is_rung_again(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    alice.hands_on_to("1003");
    alice.hangs_up();
    carol.rejects(486);
    alice.answers();
    s.wait(1);
    acme.hangs_up();
    ends_with(s, &[("1001", "1003", Outcome::Back)]);
}

/// A carrier connects its customer by itself, and takes it away with that.
pub fn carrier_connects(s: &mut Stage) {
    s.configure(|config| {
        config.trunks.get_mut("acme").unwrap().takes_transfers = true;
    });
    let (alice, _carol, acme) = s.agent_with_customer(2);
    alice.hands_on_to("02079460999");
    acme.reports(200);
    alice.is_asked("BYE");
    ends_with(s, &[("1001", "+442079460999", Outcome::Done)]);
}

/// Three were together, and the one who was brought in asks somebody else: the first transfer has come to nothing before.
pub fn colleague_asks_somebody(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (alice, carol, acme) = consulting(s);
    carol.answers();
    s.gesture(Gesture::Merge);
    s.gesture_of("1003", warm("1002"));
    bob.answers();
    s.gesture_of("1003", Gesture::Complete);
    acme.hangs_up();
    ends_with(
        s,
        &[("1001", "1003", Outcome::Back), ("1003", "1002", Outcome::Done)],
    );
    alice.hangs_up();
}

/// Between extensions it is the same: who has left is handed on to nobody.
pub fn between_extensions(s: &mut Stage) {
    s.configure(|config| config.recording.internal = true);
    let bob = s.registered_phone("1002");
    let alice = s.registered_phone("1001");
    let carol = s.registered_phone("1003");
    bob.calls("1001");
    alice.answers();
    s.gesture_of("1001", warm("1003"));
    carol.answers();
    s.wait(1);
    bob.hangs_up();
    ends_with(s, &[("1001", "1003", Outcome::Over)]);
    alice.hangs_up();
}

/// Who goes and comes again has two stays.
pub fn agent_comes_again(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    alice.hands_on_to("1003");
    s.wait(3);
    carol.rejects(486);
    alice.hears("acme");
    s.wait(2);
    acme.hangs_up();
    let tape = &s.tapes()[0];
    let stays = tape.parties.iter().filter(|party| party.party == "1001");
    let stays: Vec<(u64, Option<u64>)> = stays
        .map(|stay| {
            let second = |at: tandem::time::Time| at.since(tape.started).as_secs();
            (second(stay.joined), stay.left.map(second))
        })
        .collect();
    assert_eq!(stays, [(0, Some(2)), (5, Some(7))]);
}

/// Alice has two customers, and joins them: each tape says where the other is.
pub fn two_customers_are_joined(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(2);
    let globe = s.carrier("globe");
    alice.holds();
    alice.calls("0033123456789");
    globe.answers();
    s.wait(2);
    alice.connects_the_two();
    s.wait(1);
    acme.hangs_up();
    let tapes = s.tapes();
    let (first, second) = (tapes[0].tape.0, tapes[1].tape.0);
    assert_eq!(
        related(&tapes[0]),
        [(Relation::Meanwhile, second), (Relation::CameFrom, second)]
    );
    assert_eq!(
        related(&tapes[1]),
        [(Relation::During, first), (Relation::GoesOnIn, first)]
    );
    let outside = tapes[0].parties.iter().filter(|party| party.trunk.is_some());
    assert_eq!(
        outside.count(),
        2,
        "both are outside, whichever channel they are on"
    );
}

/// Alice asks somebody outside on her second line: that is an outgoing call, recorded as such; it says during which.
pub fn consult_on_a_second_line(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(2);
    let globe = s.carrier("globe");
    alice.holds();
    alice.calls("0033123456789");
    globe.answers();
    s.wait(2);
    globe.hangs_up();
    alice.resumes_on(0);
    acme.hears("1001");
    acme.hangs_up();
    let tapes = s.tapes();
    assert_eq!(related(&tapes[0]), [(Relation::Meanwhile, tapes[1].tape.0)]);
    assert_eq!(related(&tapes[1]), [(Relation::During, tapes[0].tape.0)]);
}

/// Others who talk at the same time have nothing to do with each other.
pub fn others_meanwhile(s: &mut Stage) {
    let (_alice, carol, acme) = s.agent_with_customer(2);
    let globe = s.carrier("globe");
    carol.calls("0033123456789");
    globe.answers();
    s.wait(2);
    globe.hangs_up();
    acme.hangs_up();
    for tape in s.tapes() {
        assert_eq!(related(&tape), []);
    }
}

/// After a consult nobody need say whose it was: the one who began it.
pub fn nobody_need_be_named(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    carol.answers();
    s.gesture(Gesture::Swap);
    acme.hears("1001");
    s.gesture(Gesture::Swap);
    s.gesture(Gesture::Merge);
    acme.hears("1001 + 1003");
    s.gesture(Gesture::Split);
    alice.hears("1003");
    s.gesture(Gesture::Merge);
    s.gesture(Gesture::Swap);
    alice.hears("1003");
    s.gesture(Gesture::Merge);
    s.gesture(Gesture::Complete);
    alice.is_asked("BYE");
    acme.hears("1003");
    acme.hangs_up();
    ends_with(s, &[("1001", "1003", Outcome::Done)]);
}

/// Handed on twice by order: each ending is its own.
pub fn twice_by_order(s: &mut Stage) {
    let bob = s.registered_phone("1002");
    let (_alice, carol, acme) = s.agent_with_customer(2);
    s.gesture(cold("1003"));
    carol.answers();
    s.gesture(cold("1002"));
    bob.answers();
    acme.hangs_up();
    ends_with(
        s,
        &[("1001", "1003", Outcome::Done), ("1003", "1002", Outcome::Done)],
    );
}
