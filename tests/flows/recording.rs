//! The recording of a call: who may pause it and how, what follows it through transfers, and whose rule decides.

use crate::stage::{Party, Stage, warm};
use std::time::Duration;
use tandem::call::chronicle::{Kind, Outcome};
use tandem::call::gesture::Gesture;
use tandem::config::valid::{Code, OwnRules, WhilePaused};

const ON: &str = "on";
const OFF: &str = "off";

/// Agents have the codes of the sample configuration for the recording.
fn with_codes(s: &mut Stage) {
    s.has_codes_for([("*7", Code::PauseRecording), ("*8", Code::ResumeRecording)]);
}

/// An extension has rules of its own.
fn own_rules(s: &mut Stage, extension: &str, record: Option<bool>, pause: Option<bool>) {
    s.configure(|config| {
        config.extensions.get_mut(extension).unwrap().recording = OwnRules { record, pause };
    });
}

/// The customer reads a card number, and the tape has nothing of it.
pub fn key_pauses_and_resumes(s: &mut Stage) {
    let (alice, _, acme) = s.agent_with_customer(3);
    alice.presses_record(OFF);
    alice.gets(200);
    alice.hears("pause tone");
    acme.hears("1001");
    s.wait(1);
    alice.hears("acme");
    s.wait(3);
    alice.presses_record(ON);
    alice.gets(200);
    alice.hears("resume tone");
    s.wait(2);
    acme.hangs_up();
}

/// A key says what it wants: pressed twice it wants it still, and the pause is as old as it was.
pub fn key_pressed_twice(s: &mut Stage) {
    let (alice, _, acme) = s.agent_with_customer(1);
    alice.presses_record(ON);
    alice.gets(200);
    s.wait(1);
    alice.presses_record(OFF);
    s.wait(2);
    alice.presses_record(OFF);
    alice.gets(200);
    alice.hears("pause tone");
    s.wait(2);
    alice.presses_record("ON");
    alice.presses_record(ON);
    alice.gets(200);
    s.wait(1);
    acme.hangs_up();
}

pub fn key_is_forbidden_by_the_house(s: &mut Stage) {
    s.configure(|config| config.recording.pause = false);
    let (alice, _, acme) = s.agent_with_customer(1);
    alice.presses_record(OFF);
    alice.gets(403);
    alice.hears("error tone");
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
}

/// The house lets agents pause, and this one not.
pub fn key_is_forbidden_to_one(s: &mut Stage) {
    own_rules(s, "1001", None, Some(false));
    let (alice, carol, acme) = s.agent_with_customer(1);
    alice.presses_record(OFF);
    alice.gets(403);
    s.wait(1);
    alice.hands_on_to("1003");
    alice.gets(202);
    carol.rings();
    carol.answers();
    s.wait(1);
    carol.presses_record(OFF);
    carol.gets(200);
    s.wait(5);
    acme.hangs_up();
}

/// The house lets nobody, but this one.
pub fn key_is_allowed_to_one(s: &mut Stage) {
    s.configure(|config| config.recording.pause = false);
    own_rules(s, "1001", None, Some(true));
    let (alice, _, acme) = s.agent_with_customer(1);
    alice.presses_record(OFF);
    alice.gets(200);
    s.wait(1);
    acme.hangs_up();
}

/// What the customer's carrier says about our recording is nothing to us; nor is a word that nobody knows.
pub fn key_of_the_customer(s: &mut Stage) {
    let (alice, _, acme) = s.agent_with_customer(1);
    acme.presses_record(OFF);
    acme.gets(403);
    alice.presses_record("perhaps");
    alice.gets(400);
    s.wait(1);
    acme.hangs_up();
}

/// An agent who believes to have paused what was never recorded would be wrong when a recording begins.
pub fn key_where_nothing_is_recorded(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    alice.calls("1002");
    bob.rings();
    bob.answers();
    s.wait(1);
    alice.presses_record(OFF);
    alice.gets(403);
    alice.hears("error tone");
    s.wait(2);
    bob.hangs_up();
}

pub fn key_without_a_call(s: &mut Stage) {
    let alice = s.phone("1001");
    alice.sends("INFO", "sip:192.0.2.1:5060", |said| {
        let to = format!("{};tag=nobody", said.get("To"));
        said.set("To", to).with("Record", OFF)
    });
    alice.gets(481);
}

pub fn codes_pause_and_resume(s: &mut Stage) {
    with_codes(s);
    let (alice, _, acme) = s.agent_with_customer(1);
    alice.dials("*7");
    acme.hears("1001");
    s.wait(1);
    alice.dials("*7");
    s.wait(1);
    alice.dials("*8");
    s.wait(1);
    alice.dials("*8");
    s.wait(1);
    acme.hangs_up();
}

pub fn code_is_forbidden(s: &mut Stage) {
    with_codes(s);
    own_rules(s, "1001", None, Some(false));
    let (alice, _, acme) = s.agent_with_customer(1);
    alice.presses('*');
    alice.presses('7');
    alice.hears("error tone");
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
}

/// What is pressed while it is paused is on its way to the menu of the bank, and nowhere else.
pub fn keys_while_paused(s: &mut Stage) {
    let (alice, _, acme) = s.agent_with_customer(1);
    alice.presses_record(OFF);
    s.wait(1);
    for key in ['4', '9', '2'] {
        acme.presses(key);
    }
    acme.presses_by_info("7");
    s.wait(1);
    alice.presses_record(ON);
    acme.hangs_up();
    let story = format!("{:?}", s.tapes());
    assert!(!story.contains("492"), "{story}");
}

pub fn order_pauses_and_resumes(s: &mut Stage) {
    let (alice, _, acme) = s.agent_with_customer(1);
    s.gesture(Gesture::PauseRecording);
    alice.hears("pause tone");
    s.wait(2);
    s.gesture_of("1001", Gesture::ResumeRecording);
    alice.hears("resume tone");
    s.wait(1);
    s.gesture_of("1003", Gesture::PauseRecording);
    s.wait(1);
    acme.hangs_up();
}

/// An agent who forgets to resume loses half a minute and not the call.
pub fn resumes_by_itself(s: &mut Stage) {
    s.configure(|config| config.recording.resume_after = Some(Duration::from_secs(30)));
    let (alice, _, acme) = s.agent_with_customer(1);
    alice.presses_record(OFF);
    s.wait(20);
    alice.presses_record(OFF);
    s.wait(10);
    alice.hears("resume tone");
    s.wait(2);
    alice.hears("acme");
    acme.hangs_up();
}

/// A pause that is cut out leaves no time on the tape.
pub fn pause_is_cut_out(s: &mut Stage) {
    s.configure(|config| config.recording.paused = WhilePaused::Cut);
    let (alice, _, acme) = s.agent_with_customer(3);
    alice.presses_record(OFF);
    s.wait(10);
    alice.presses_record(ON);
    s.wait(2);
    alice.presses_record(OFF);
    s.wait(5);
    acme.hangs_up();
    let length = s.tapes().last().unwrap().length();
    assert_eq!(length, Duration::from_secs(5));
}

pub fn paused_through_a_hold(s: &mut Stage) {
    let (alice, _, acme) = s.agent_with_customer(1);
    alice.presses_record(OFF);
    s.wait(1);
    alice.holds();
    acme.hears("music");
    s.wait(2);
    alice.resumes();
    acme.hears("1001");
    s.wait(1);
    alice.presses_record(ON);
    s.wait(1);
    acme.hangs_up();
    let timeline = s.tapes().pop().unwrap().timeline;
    assert_eq!((timeline.holds.len(), timeline.pauses.len()), (1, 1));
}

/// Who takes over takes over the pause, and ends it.
pub fn paused_and_handed_on(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(1);
    alice.presses_record(OFF);
    s.wait(1);
    alice.hands_on_to("1003");
    alice.gets(202);
    carol.rings();
    carol.answers();
    s.wait(1);
    carol.presses_record(ON);
    carol.gets(200);
    carol.hears("resume tone");
    s.wait(6);
    acme.hangs_up();
    let transfers = s.tapes().pop().unwrap().timeline.transfers;
    assert_eq!(
        (transfers[0].kind, &*transfers[0].by, &*transfers[0].to),
        (Kind::Cold, "1001", "1003")
    );
    assert_eq!(transfers[0].outcome.unwrap().1, Outcome::Done);
}

/// Nobody can take over; the pause comes back with the customer.
pub fn paused_and_handed_on_in_vain(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(1);
    alice.presses_record(OFF);
    s.wait(1);
    alice.hands_on_to("1003");
    carol.rings();
    carol.rejects(486);
    acme.hears("1001");
    s.wait(1);
    alice.presses_record(ON);
    alice.gets(200);
    s.wait(1);
    acme.hangs_up();
    let transfers = s.tapes().pop().unwrap().timeline.transfers;
    assert_eq!(transfers[0].outcome.unwrap().1, Outcome::Back);
}

/// Consult, all together, the agent leaves: it stays paused until the colleague resumes.
pub fn paused_and_consulted(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(1);
    alice.presses_record(OFF);
    s.wait(1);
    s.gesture(warm("1003"));
    carol.rings();
    carol.answers();
    s.wait(1);
    s.gesture(Gesture::Merge);
    acme.hears("1001 + 1003");
    s.wait(1);
    s.gesture_of("1001", Gesture::Leave);
    acme.hears("1003");
    s.wait(1);
    carol.presses_record(ON);
    carol.gets(200);
    s.wait(1);
    acme.hangs_up();
    let transfers = s.tapes().pop().unwrap().timeline.transfers;
    assert_eq!(transfers.len(), 1);
    assert_eq!(
        (transfers[0].kind, transfers[0].outcome.unwrap().1),
        (Kind::Warm, Outcome::Done)
    );
}

/// The agent asks by a second line and connects the two: REFER with Replaces.
pub fn paused_and_connected(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(1);
    alice.presses_record(OFF);
    s.wait(1);
    alice.holds();
    alice.calls("1003");
    carol.rings();
    carol.answers();
    s.wait(1);
    alice.connects_the_two();
    acme.hears("1003");
    s.wait(1);
    carol.presses_record(ON);
    carol.gets(200);
    s.wait(5);
    acme.hangs_up();
}

/// Two recorded calls become one, and one of them was paused: nobody has resumed, so nobody is heard.
pub fn paused_and_unpaused_become_one(s: &mut Stage) {
    let (alice, acme, globe) = two_customers(s);
    alice.presses_record(OFF);
    alice.gets(200);
    s.wait(1);
    alice.connects_the_two();
    acme.hears("globe");
    s.wait(6);
    globe.hangs_up();
    let pauses = s.tapes().into_iter().map(|tape| tape.timeline.pauses.len());
    assert_eq!(pauses.collect::<Vec<_>>(), [1, 1]);
}

/// Alice has a customer of each carrier on her phone: one has called, the other was called.
fn two_customers(s: &mut Stage) -> (Party, Party, Party) {
    let alice = s.registered_phone("1001");
    let acme = s.carrier("acme");
    let globe = s.carrier("globe");
    acme.calls("+442079460101");
    alice.rings();
    alice.answers();
    s.wait(1);
    alice.holds();
    alice.calls("0033123456789");
    globe.rings();
    globe.answers();
    s.wait(1);
    (alice, acme, globe)
}

/// Whose calls are not recorded keeps them so, wherever they go.
pub fn own_rule_forbids(s: &mut Stage) {
    own_rules(s, "1001", Some(false), None);
    let (alice, carol, acme) = s.agent_with_customer(1);
    alice.presses_record(ON);
    alice.gets(403);
    s.wait(1);
    alice.hands_on_to("1003");
    carol.rings();
    carol.answers();
    acme.hears("1003");
    s.wait(5);
    acme.hangs_up();
    assert!(s.tapes().is_empty());
}

/// A rule of one's own stands in for that of the house, and a call keeps the rule with which it began.
pub fn own_rule_allows(s: &mut Stage) {
    s.configure(|config| config.recording.incoming = false);
    own_rules(s, "1001", Some(true), None);
    own_rules(s, "1003", Some(false), None);
    let (alice, carol, acme) = s.agent_with_customer(1);
    alice.hands_on_to("1003");
    carol.rings();
    carol.answers();
    acme.hears("1003");
    s.wait(5);
    acme.hangs_up();
    assert_eq!(s.tapes().pop().unwrap().policy, "extension.1001.record = true");
}

/// The agent's rule says yes, the trunk's no: what forbids wins.
pub fn trunk_forbids(s: &mut Stage) {
    s.configure(|config| config.trunks.get_mut("acme").unwrap().recording.record = Some(false));
    own_rules(s, "1001", Some(true), None);
    let (_, _, acme) = s.agent_with_customer(1);
    acme.hangs_up();
    assert!(s.tapes().is_empty());
}

/// A recorded call and one that must not be become one: the tape ends there, and says by which rule.
pub fn stricter_rule_ends_the_tape(s: &mut Stage) {
    s.configure(|config| config.recording.outgoing = false);
    let (alice, acme, _) = two_customers(s);
    alice.connects_the_two();
    acme.hears("globe");
    s.wait(6);
    acme.hangs_up();
    let decisions = s.tapes().pop().unwrap().timeline.decisions;
    let rules: Vec<&str> = decisions.iter().map(|decision| &*decision.rule).collect();
    assert_eq!(rules, ["recording.incoming = true", "recording.outgoing = false"]);
}

/// Calls between extensions have the caller on the left; what a third says in private is on no tape.
pub fn internal_call(s: &mut Stage) {
    s.configure(|config| config.recording.internal = true);
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    let carol = s.registered_phone("1003");
    alice.calls("1002");
    bob.rings();
    bob.answers();
    s.wait(1);
    s.gesture_of("1001", warm("1003"));
    carol.rings();
    carol.answers();
    s.wait(1);
    s.gesture(Gesture::Merge);
    s.wait(1);
    s.gesture_of("1001", Gesture::Leave);
    s.wait(1);
    carol.hangs_up();
}

/// Both are of one extension; the one who has called is on the left, with whichever phone.
pub fn internal_call_to_ones_own_other_phone(s: &mut Stage) {
    s.configure(|config| config.recording.internal = true);
    let desk = s.registered_phone("1001");
    let kitchen = s.registered_phone("1001");
    desk.calls("1001");
    kitchen.rings();
    kitchen.answers();
    s.wait(2);
    desk.hangs_up();
    let tape = s.tapes().pop().unwrap();
    let channels: Vec<&str> = tape.parties.iter().map(|party| &*party.channel).collect();
    assert_eq!(channels, ["left", "right"]);
}
