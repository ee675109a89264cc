//! The private consult on a tape of its own, where the house wants one: when it runs, and what a pause in private is.

use crate::stage::{Party, Stage, warm};
use tandem::call::gesture::Gesture;
use tandem::call::recording::TapeStory;

const ON: &str = "on";
const OFF: &str = "off";

/// Alice asks Carol in private while the customer waits.
fn consulting(s: &mut Stage) -> (Party, Party, Party) {
    s.configure(|config| config.recording.consult = true);
    let (alice, carol, acme) = s.agent_with_customer(1);
    asks(s, &carol);
    (alice, carol, acme)
}

fn asks(s: &mut Stage, carol: &Party) {
    s.gesture(warm("1003"));
    carol.rings();
    carol.answers();
    s.wait(2);
}

/// The tape of the call and that of the consult, and how often each was paused.
fn two_tapes(s: &Stage) -> [(TapeStory, usize); 2] {
    let tapes = s.tapes();
    let directions: Vec<&str> = tapes.iter().map(|tape| &*tape.direction).collect();
    assert_eq!(directions, ["incoming", "consult"]);
    let pauses = |tape: TapeStory| {
        let pauses = tape.timeline.pauses.len();
        (tape, pauses)
    };
    let mut tapes = tapes.into_iter().map(pauses);
    [tapes.next().unwrap(), tapes.next().unwrap()]
}

/// What is paused and resumed in private is a pause of the private tape, and of no other.
pub fn paused_in_private(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    alice.presses_record(OFF);
    alice.gets(200);
    s.wait(1);
    carol.presses_record(ON);
    carol.gets(200);
    s.wait(1);
    s.gesture(Gesture::Swap);
    s.wait(1);
    s.gesture(Gesture::Swap);
    s.wait(1);
    s.gesture(Gesture::Merge);
    s.wait(1);
    acme.hangs_up();
    carol.hangs_up();
    let [(_, of_call), (consult, of_consult)] = two_tapes(s);
    assert_eq!((of_call, of_consult), (0, 1));
    let pause = &consult.timeline.pauses[0];
    assert_eq!(pause.pause.by, "1001");
    assert_eq!(pause.resumed.as_ref().map(|resumed| &*resumed.by), Some("1003"));
}

/// Nobody has resumed: the pause goes along to the table, and begins there when they do.
pub fn paused_in_private_and_brought_along(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    alice.presses_record(OFF);
    alice.gets(200);
    s.wait(2);
    s.gesture(Gesture::Merge);
    s.wait(2);
    carol.presses_record(ON);
    carol.gets(200);
    s.wait(1);
    acme.hangs_up();
    carol.hangs_up();
    let [(call, of_call), (consult, of_consult)] = two_tapes(s);
    assert_eq!((of_call, of_consult), (1, 1));
    let (there, here) = (&consult.timeline.pauses[0], &call.timeline.pauses[0]);
    assert_eq!(here.pause.since, consult.ended.unwrap());
    assert!(there.pause.since < here.pause.since && there.resumed.is_none());
    assert_eq!(here.pause.by, "1001");
}

/// Whoever turns to the customer with the recording paused has it paused there, too.
pub fn paused_in_private_and_turned_away(s: &mut Stage) {
    let (alice, carol, acme) = consulting(s);
    alice.presses_record(OFF);
    s.wait(1);
    s.gesture(Gesture::Swap);
    s.wait(1);
    alice.presses_record(ON);
    s.wait(1);
    s.gesture(Gesture::Swap);
    s.wait(1);
    carol.hangs_up();
    s.gesture(Gesture::Resume);
    s.wait(1);
    acme.hangs_up();
    let [(call, of_call), (consult, of_consult)] = two_tapes(s);
    assert_eq!((of_call, of_consult), (1, 1));
    let resumed = |tape: &TapeStory| tape.timeline.pauses[0].resumed.as_ref().map(|resumed| resumed.at);
    assert_eq!(resumed(&call), resumed(&consult));
}

/// A pause that was there before is one of both, and whoever resumes it in private resumes both.
pub fn paused_before(s: &mut Stage) {
    s.configure(|config| config.recording.consult = true);
    let (alice, carol, acme) = s.agent_with_customer(1);
    alice.presses_record(OFF);
    s.wait(1);
    asks(s, &carol);
    alice.presses_record(ON);
    s.wait(1);
    s.gesture_of("1001", Gesture::Complete);
    s.wait(1);
    acme.hangs_up();
    let [(call, of_call), (consult, of_consult)] = two_tapes(s);
    assert_eq!((of_call, of_consult), (1, 1));
    assert_eq!(consult.timeline.pauses[0].pause.since, consult.started);
    assert!(call.timeline.pauses[0].pause.since < consult.started);
}

/// One consult after the other: each is a tape.
pub fn each_consult_is_a_tape(s: &mut Stage) {
    let (_, carol, acme) = consulting(s);
    s.gesture(Gesture::Cancel);
    s.wait(1);
    asks(s, &carol);
    carol.hangs_up();
    s.gesture(Gesture::Resume);
    acme.hangs_up();
    let directions: Vec<String> = s.tapes().into_iter().map(|tape| tape.direction).collect();
    assert_eq!(directions, ["incoming", "consult", "consult"]);
}

/// Another phone of the agent's own extension is a colleague like others, and has a side of its own.
pub fn with_ones_own_other_phone(s: &mut Stage) {
    s.configure(|config| config.recording.consult = true);
    let (alice, _, acme) = s.agent_with_customer(1);
    let kitchen = s.registered_phone("1001");
    s.gesture(warm("1001"));
    kitchen.rings();
    kitchen.answers();
    s.wait(2);
    alice.hangs_up();
    s.wait(1);
    acme.hangs_up();
    let consult = s.tapes().pop().unwrap();
    let channels: Vec<&str> = consult.parties.iter().map(|party| &*party.channel).collect();
    assert_eq!(channels, ["left", "right"]);
}
