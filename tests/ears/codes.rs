//! Keys that are held back: nobody hears them, not even on the tape, until it is known what they are; and then
//! nobody, or all of them, in order and as long as they were.

use crate::keys::{event, events_to, press, presses};
use crate::party::Party;
use crate::room::{Room, Sent, people, tape_row};
use std::time::Duration;
use tandem::time::Time;
use tandem::wiring::{Key, Keys, MediaHappening, Press, TapeRow, Voice};

const STAR: u8 = 10;

pub(crate) fn keys(keys: &str) -> Keys {
    keys.chars().filter_map(Key::of_char).collect()
}

/// The two talk, and these keys of the agent are held back.
fn pair(room: &mut Room, customer: &Party, agent: &Party, held: Keys, tape: Option<TapeRow>) {
    let mut row = agent.row(&[customer.voice()]);
    row.holds_back = held;
    room.wire(&[customer.row(&[agent.voice()]), row], tape);
}

/// What call control is told of the agent's keys: each, and whether it was held back.
pub(crate) fn told(room: &Room, party: &Party) -> Vec<(Press, bool)> {
    let told = room.happenings(party).into_iter().filter_map(|what| match what {
        MediaHappening::Pressed(press) => Some((*press, false)),
        MediaHappening::HeldBack(press) => Some((*press, true)),
        MediaHappening::FirstPacket { .. }
        | MediaHappening::Stranger { .. }
        | MediaHappening::Vacated { .. }
        | MediaHappening::Silent
        | MediaHappening::Refused { .. }
        | MediaHappening::Closed(_) => None,
    });
    told.collect()
}

/// The keys that a party hears: which, for how many milliseconds, and from when to when.
fn keys_to(room: &Room, party: &Party) -> Vec<(u8, u16, Time, Time)> {
    let events = events_to(room, party);
    let runs = events.chunk_by(|a, b| a.timestamp == b.timestamp);
    let key = |run: &[Sent]| {
        let (key, ended, _, lasts) = event(run.last().unwrap());
        assert!(run[0].marker && ended, "whole: with a beginning and an end");
        (key, lasts / 8, run[0].at, run.last().unwrap().at)
    };
    runs.map(key).collect()
}

fn is_one_stream(sent: &[Sent]) -> bool {
    let follows = |two: &[Sent]| {
        let later = two[1].timestamp.wrapping_sub(two[0].timestamp) as i32 >= 0;
        two[1].sequence == two[0].sequence.wrapping_add(1) && two[1].ssrc == two[0].ssrc && later
    };
    sent.windows(2).all(follows)
}

/// `*2` becomes a code: the customer hears nothing of it, and its stream has no hole but silence.
#[test]
fn a_code_is_swallowed_whole_and_leaves_silence() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    let tape = Some(tape_row(room.now, &[&customer], &[&agent]));
    pair(&mut room, &customer, &agent, keys("*"), tape.clone());
    room.talk(std::slice::from_mut(&mut agent), 500);
    presses(&mut room, &mut agent, STAR, 200);
    pair(&mut room, &customer, &agent, Keys::ALL, tape.clone());
    presses(&mut room, &mut agent, 2, 200);
    pair(&mut room, &customer, &agent, keys("*"), tape);
    room.talk(std::slice::from_mut(&mut agent), 500);

    assert_eq!(
        told(&room, &agent),
        [(press('*', 200), true), (press('2', 200), true)]
    );
    assert_eq!(events_to(&room, &customer), []);
    let sent = room.sent_to(&customer);
    assert_eq!(sent.len(), 50, "speech before and after, and nothing else");
    assert!(is_one_stream(&sent));
    let heard = room.heard_by(&customer);
    assert!((4_000..4_000 + 8 * 400).all(|n| heard[n].abs() <= 8), "silence");
    room.wire(&[], None);
    let [_, right] = room.tape();
    assert!(
        right[8 * 560..8 * 880].iter().all(|sample| *sample == 0),
        "on the tape, too"
    );
    assert!(right[8 * 1_200..8 * 1_300].iter().any(|sample| *sample != 0));
}

/// A key that begins no code passes packet by packet, as if there were no codes at all.
#[test]
fn other_keys_pass_at_once() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    pair(&mut room, &customer, &agent, keys("*"), None);
    room.talk(std::slice::from_mut(&mut agent), 100);
    let began = room.now;
    presses(&mut room, &mut agent, 5, 200);
    let heard = keys_to(&room, &customer);
    assert_eq!(heard.len(), 1);
    assert_eq!((heard[0].0, heard[0].1), (5, 200));
    assert_eq!(
        heard[0].2.since(began),
        Duration::from_millis(20),
        "with its first packet"
    );
    assert_eq!(told(&room, &agent), [(press('5', 200), false)]);
}

/// `*9` is no code: both keys are heard, in order, each as long as it was down, and then the voice again.
#[test]
fn keys_that_are_no_code_are_heard_after_all() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    pair(&mut room, &customer, &agent, keys("*"), None);
    room.talk(std::slice::from_mut(&mut agent), 100);
    presses(&mut room, &mut agent, STAR, 240);
    pair(&mut room, &customer, &agent, Keys::ALL, None);
    presses(&mut room, &mut agent, 9, 100);
    let known = room.now;
    pair(&mut room, &customer, &agent, keys("*"), None);
    for (held, _) in told(&room, &agent) {
        room.engine.let_pass(room.now, agent.leg, held);
    }
    room.talk(std::slice::from_mut(&mut agent), 1_000);

    let heard = keys_to(&room, &customer);
    let summary: Vec<(u8, u16)> = heard.iter().map(|(key, ms, ..)| (*key, *ms)).collect();
    assert_eq!(summary, [(STAR, 240), (9, 100)]);
    assert!(heard[0].2.since(known) <= Duration::from_millis(20), "at once");
    let last = heard[1].3.since(known);
    assert!(
        last <= Duration::from_millis(240 + 100 + 200),
        "without dawdling: {last:?}"
    );
    let sent = room.sent_to(&customer);
    assert!(is_one_stream(&sent));
    assert_eq!(sent.last().unwrap().payload_type, 8, "speech again");
}

/// A quick hand: the third key goes down while the first two are on their way to the listener. It would overtake
/// them; so it waits as well, though no code begins with it.
#[test]
fn no_key_overtakes_those_before_it() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    pair(&mut room, &customer, &agent, keys("*"), None);
    presses(&mut room, &mut agent, STAR, 200);
    presses(&mut room, &mut agent, 9, 200);
    let held = told(&room, &agent);
    assert_eq!(held.len(), 2, "the 9 waited though no new table had come");
    pair(&mut room, &customer, &agent, keys("*"), None);
    for (press, _) in held {
        room.engine.let_pass(room.now, agent.leg, press);
    }
    presses(&mut room, &mut agent, 1, 100);
    assert_eq!(told(&room, &agent)[2], (press('1', 100), true));
    room.engine.let_pass(room.now, agent.leg, press('1', 100));
    room.pass(2_000);
    let heard: Vec<u8> = keys_to(&room, &customer).iter().map(|key| key.0).collect();
    assert_eq!(heard, [STAR, 9, 1]);
}

/// What a key is, is decided when it goes down: a table that comes while it is down changes nothing.
#[test]
fn a_key_is_never_cut_in_two() {
    for (before, after, passes) in [("", "*", true), ("*", "", false)] {
        let mut room = Room::new();
        let [customer, mut agent, _] = people();
        pair(&mut room, &customer, &agent, keys(before), None);
        let began = agent.timestamp;
        for n in 1..=10_u16 {
            if n == 5 {
                pair(&mut room, &customer, &agent, keys(after), None);
            }
            let mut packet = agent.press(STAR, n == 1, began, 160 * n.min(8));
            packet[13] |= u8::from(n >= 8) << 7;
            room.pass(20);
            room.arrive(agent.leg, agent.from, &packet);
        }
        assert_eq!(told(&room, &agent), [(press('*', 160), !passes)]);
        assert_eq!(events_to(&room, &customer).len(), if passes { 10 } else { 0 });
    }
}

/// Keys by INFO, of a phone that has no others, go the same way. Those behind one that was held back wait with it, for
/// phones tell of several at once, before call control can have said so.
#[test]
fn a_key_by_info_is_held_back_as_well() {
    let mut room = Room::new();
    let [customer, agent, _] = people();
    pair(&mut room, &customer, &agent, keys("*"), None);
    room.press(agent.leg, press('5', 100));
    room.press(agent.leg, press('*', 100));
    room.press(agent.leg, press('1', 100));
    room.pass(500);
    assert_eq!(
        told(&room, &agent),
        [
            (press('5', 100), false),
            (press('*', 100), true),
            (press('1', 100), true)
        ]
    );
    let heard: Vec<u8> = keys_to(&room, &customer).iter().map(|key| key.0).collect();
    assert_eq!(heard, [5]);
}

/// The keys of the customer pass whatever the agent's are held back for.
#[test]
fn keys_of_the_others_pass() {
    let mut room = Room::new();
    let [mut customer, agent, _] = people();
    pair(&mut room, &customer, &agent, Keys::ALL, None);
    presses(&mut room, &mut customer, STAR, 100);
    assert_eq!(keys_to(&room, &agent).len(), 1);
}

/// In a three-way call: nobody hears the code, and everybody the keys that are none.
#[test]
fn a_key_is_held_back_from_those_who_hear_several() {
    let mut room = Room::new();
    let [customer, mut agent, colleague] = people();
    let mut row = agent.row(&[customer.voice(), colleague.voice()]);
    row.holds_back = keys("*");
    let rows = [
        customer.row(&[agent.voice(), colleague.voice()]),
        colleague.row(&[agent.voice(), customer.voice()]),
        row,
    ];
    room.wire(&rows, None);
    presses(&mut room, &mut agent, STAR, 100);
    room.pass(500);
    assert_eq!(told(&room, &agent), [(press('*', 100), true)]);
    assert_eq!(
        (events_to(&room, &customer), events_to(&room, &colleague)),
        (vec![], vec![])
    );
    room.engine.let_pass(room.now, agent.leg, press('*', 100));
    room.pass(500);
    for listener in [&customer, &colleague] {
        let heard: Vec<u8> = keys_to(&room, listener).iter().map(|key| key.0).collect();
        assert_eq!(heard, [STAR]);
    }
}

/// The dial tone does not stop; the error tone beeps more hurriedly than the busy tone.
#[test]
fn dial_tone_and_error_tone_are_told_apart() {
    let sounding = |voice: Voice| {
        let mut room = Room::new();
        let [_, agent, _] = people();
        room.wire(&[agent.row(&[voice])], None);
        room.pass(2_000);
        let heard = room.heard_by(&agent);
        let loud = |frame: &&[i16]| frame.iter().any(|sample| sample.abs() > 1_000);
        let frames: Vec<bool> = heard.chunks(160).map(|frame| loud(&frame)).collect();
        let beeps = frames.windows(2).filter(|two| !two[0] && two[1]).count();
        (frames.iter().filter(|loud| **loud).count(), beeps)
    };
    assert_eq!(sounding(Voice::Dial), (101, 0), "no pause in two seconds");
    assert!(
        matches!(sounding(Voice::Busy), (49..=58, 2)),
        "{:?}",
        sounding(Voice::Busy)
    );
    assert!(
        matches!(sounding(Voice::Error), (50..=51, 9..=10)),
        "{:?}",
        sounding(Voice::Error)
    );
}
