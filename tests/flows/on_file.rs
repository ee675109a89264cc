//! Ears on the file: who is on it, and where, of whole stories that are recorded.

mod studio;

use crate::stage::{Party, Stage, warm};
use studio::{AGENT_HZ, COLLEAGUE_HZ, CUSTOMER_HZ, OUTSIDE_HZ, record};
use tandem::call::gesture::Gesture;
use tandem::call::pausing::Means;
use tandem::shell::recording_drawing::draw;

/// How a story begins, and with whom.
type Opening = fn(&mut Stage) -> [Party; 4];

/// The customer or the agent has called, so whoever asks for a transfer is the callee or the caller.
const OPENINGS: [Opening; 2] = [customer_calls, agent_calls];

#[test]
fn everybody_is_on_the_file_where_the_story_says() {
    for opening in OPENINGS {
        let folder = tempfile::tempdir().unwrap();
        let told = |s: &mut Stage| {
            let parties = opening(s);
            from_hand_to_hand(s, parties);
        };
        let files = record(told, folder.path());
        let [file] = &*files else {
            panic!("one file through all of it, and not {}", files.len())
        };
        file.lasts(18);
        file.is_zero(3..11);
        file.on_the_left(CUSTOMER_HZ, &[0.0..3.0, 11.0..18.0]);
        file.on_the_left(AGENT_HZ, &[]);
        file.on_the_right(AGENT_HZ, &[0.0..3.0]);
        file.on_the_right(COLLEAGUE_HZ, &[11.0..14.0]);
        file.on_the_right(OUTSIDE_HZ, &[15.0..18.0]);
        file.on_the_right(CUSTOMER_HZ, &[]);
        let drawing = draw(&file.found).unwrap();
        for words in [
            "paused by 1001 by the record key",
            "warm transfer by 1001 to 1003: done",
            "cold transfer by 1003",
        ] {
            assert!(drawing.contains(words), "{drawing}");
        }
    }
}

/// The file of a consult has the two who talk in private, each where nobody else is, and nobody of those who wait; and
/// the file of the call has nothing that was said or paused in private.
#[test]
fn a_consult_is_on_a_file_of_its_own_and_on_no_other() {
    for opening in OPENINGS {
        let folder = tempfile::tempdir().unwrap();
        let told = |s: &mut Stage| {
            s.configure(|config| config.recording.consult = true);
            let parties = opening(s);
            in_private_and_back(s, parties);
        };
        let files = record(told, folder.path());
        let [call, consult] = &*files else {
            panic!(
                "a file of the call and one of the consult, and not {}",
                files.len()
            )
        };

        call.lasts(17);
        call.on_the_left(CUSTOMER_HZ, &[0.0..17.0]);
        call.on_the_left(AGENT_HZ, &[]);
        call.on_the_left(COLLEAGUE_HZ, &[]);
        call.on_the_right(CUSTOMER_HZ, &[]);
        call.on_the_right(AGENT_HZ, &[0.0..3.0, 8.0..11.0, 13.0..15.0]);
        call.on_the_right(COLLEAGUE_HZ, &[13.0..17.0]);
        assert!(["incoming", "outgoing"].contains(&&*call.found.sheet.direction));
        assert!(
            call.found.sheet.pauses.is_empty(),
            "{:?}",
            call.found.sheet.pauses
        );

        // It begins when the colleague answers, 3 s after the customer and the agent have begun to talk.
        consult.lasts(10);
        consult.is_zero(2..3);
        consult.is_zero(5..8);
        consult.on_the_left(AGENT_HZ, &[0.0..2.0, 3.0..5.0, 8.0..10.0]);
        consult.on_the_right(COLLEAGUE_HZ, &[0.0..2.0, 3.0..5.0, 8.0..10.0]);
        consult.on_the_left(COLLEAGUE_HZ, &[]);
        consult.on_the_right(AGENT_HZ, &[]);
        consult.on_the_left(CUSTOMER_HZ, &[]);
        consult.on_the_right(CUSTOMER_HZ, &[]);
        let sheet = &consult.found.sheet;
        assert_eq!(
            (&*sheet.direction, &*sheet.policy),
            ("consult", "recording.consult = true")
        );
        let parties: Vec<&str> = sheet.parties.iter().map(|party| &*party.party).collect();
        assert_eq!(parties, ["1001", "1003"]);
        let [pause] = &*sheet.pauses else {
            panic!("paused once, and not {:?}", sheet.pauses)
        };
        let after = |moment: jiff::Timestamp| moment.duration_since(sheet.started).as_secs_f64();
        assert_eq!((&*pause.by, pause.how), ("1001", Means::Key));
        assert!(
            pause
                .phone
                .as_deref()
                .is_some_and(|phone| phone.starts_with("udp ")),
            "{pause:?}"
        );
        assert_eq!((after(pause.from), pause.to.map(after)), (2.0, Some(3.0)));
        let drawing = draw(&consult.found).unwrap();
        assert!(
            drawing.contains("consult, 1001 with 1003") && !drawing.contains("customer"),
            "{drawing}"
        );
    }
}

/// The customer has called, so the transfer is asked for by the callee.
fn customer_calls(s: &mut Stage) -> [Party; 4] {
    let alice = s.registered_phone("1001");
    let carol = s.registered_phone("1003");
    let (acme, globe) = (s.carrier("acme"), s.carrier("globe"));
    acme.calls("+442079460101");
    alice.rings();
    s.wait(2);
    alice.answers();
    [alice, carol, acme, globe]
}

/// The agent has called, and asks for the transfer as the caller.
fn agent_calls(s: &mut Stage) -> [Party; 4] {
    let alice = s.registered_phone("1001");
    let carol = s.registered_phone("1003");
    let (acme, globe) = (s.carrier("acme"), s.carrier("globe"));
    alice.calls("07700900123");
    acme.rings();
    s.wait(2);
    acme.answers();
    [alice, carol, acme, globe]
}

/// Pair, pause, consult, three-way, the agent leaves, the colleague resumes and hands on to the world outside.
fn from_hand_to_hand(s: &mut Stage, [alice, carol, acme, globe]: [Party; 4]) {
    s.wait(3);
    alice.presses_record("off");
    s.wait(2);
    s.gesture(warm("1003"));
    carol.rings();
    carol.answers();
    s.wait(2);
    s.gesture(Gesture::Merge);
    s.wait(2);
    s.gesture_of("1001", Gesture::Leave);
    s.wait(2);
    carol.presses_record("on");
    s.wait(3);
    carol.hands_on_to("0033123456789");
    globe.rings();
    s.wait(1);
    globe.answers();
    s.wait(3);
    acme.hangs_up();
}

/// A consult in which the agent pauses, turns to the customer and back, and then brings all together, and leaves.
fn in_private_and_back(s: &mut Stage, [alice, carol, acme, _]: [Party; 4]) {
    s.wait(3);
    s.gesture(warm("1003"));
    carol.rings();
    carol.answers();
    s.wait(2);
    alice.presses_record("off");
    s.wait(1);
    alice.presses_record("on");
    s.wait(2);
    s.gesture(Gesture::Swap);
    s.wait(3);
    s.gesture(Gesture::Swap);
    s.wait(2);
    s.gesture(Gesture::Merge);
    s.wait(2);
    s.gesture_of("1001", Gesture::Leave);
    s.wait(2);
    acme.hangs_up();
}
