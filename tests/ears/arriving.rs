//! What arrives is heard, and what stands in for it is heard only while nothing does (RFC 3264 §5.1, RFC 3960 §3.2):
//! measured with a tone from each leg, with legs that send nothing, and with legs that stop.

use crate::ear::amplitude;
use crate::keys::{events_to, press, presses};
use crate::law;
use crate::party::{PACKET, Party};
use crate::room::{MUSIC_HZ, Room, Sent, people, tape_row};
use std::time::Duration;
use tandem::time::Time;
use tandem::wiring::{Codec, Payload, Row, Voice};

/// The ringing tone is 400 Hz and 450 Hz, in bursts, the first of which comes at once: when early media could have.
const RINGING_HZ: f64 = 400.0;
const AT_FIRST: Duration = Duration::from_millis(300);
/// Nothing stands in for a stream that stutters for so long, and something does after so long.
const STUTTER_MS: u64 = 900;
const QUIET_MS: u64 = 1_000;

/// What a listener was sent in this span.
fn sent(room: &Room, listener: &Party, from: Time, to: Time) -> Vec<Sent> {
    let sent = room.sent_to(listener).into_iter();
    sent.filter(|sent| sent.at >= from && sent.at < to).collect()
}

/// How loud a tone is at its loudest in the 20 ms of any packet of this span.
fn loudest(room: &Room, listener: &Party, hz: f64, from: Time, to: Time) -> f64 {
    let codec = listener.remote.codec;
    let level = |sent: &Sent| {
        let samples: Vec<i16> = sent
            .payload
            .iter()
            .map(|byte| law::decode(codec, *byte))
            .collect();
        amplitude(&samples, hz)
    };
    let levels = sent(room, listener, from, to);
    levels.iter().map(level).fold(0.0, f64::max)
}

fn hears(room: &Room, listener: &Party, hz: f64, from: Time, to: Time) -> bool {
    loudest(room, listener, hz, from, to) > 1_500.0
}

/// One source, every number once and in order, and a clock that never runs backwards: the listener cannot tell where
/// what it hears comes from.
fn is_one_stream(room: &Room, listener: &Party) {
    let sent = room.sent_to(listener);
    for pair in sent.windows(2) {
        assert_eq!(pair[0].ssrc, pair[1].ssrc);
        assert_eq!(pair[0].sequence.wrapping_add(1), pair[1].sequence);
        let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        assert!((1..=2 * 8_000).contains(&step), "the clock goes on by {step}");
    }
}

/// As the caller is wired while these ring.
fn ringing(caller: &Party, rung: &[&Party]) -> Vec<Row> {
    let voices: Vec<Voice> = rung.iter().map(|party| party.voice()).collect();
    let caller = Row {
        otherwise: Some(Voice::Ringback),
        ..caller.row(&voices)
    };
    let rung = rung.iter().map(|party| party.row(&[]));
    [caller].into_iter().chain(rung).collect()
}

/// As two are wired who talk.
fn talking(one: &Party, other: &Party) -> Vec<Row> {
    let row = |listener: &Party, speaker: &Party| Row {
        otherwise: Some(Voice::Silence),
        ..listener.row(&[speaker.voice()])
    };
    vec![row(one, other), row(other, one)]
}

#[test]
fn early_media_that_is_only_described_leaves_our_ringing_tone() {
    let mut room = Room::new();
    let [caller, rung, _] = people();
    let began = room.now;
    room.wire(&ringing(&caller, &[&rung]), None);
    room.pass(6_500);
    assert!(hears(&room, &caller, RINGING_HZ, began, began + AT_FIRST));
    assert_eq!(
        sent(&room, &caller, began, room.now).len(),
        315,
        "a packet each 20 ms"
    );
    assert!(sent(&room, &rung, began, room.now).is_empty());
    is_one_stream(&room, &caller);
}

#[test]
fn early_media_is_heard_as_it_comes_and_our_ringing_tone_again_when_it_stops() {
    let mut room = Room::new();
    let [caller, mut rung, _] = people();
    room.wire(&ringing(&caller, &[&rung]), None);
    room.pass(2_007);
    let begins = room.now;
    room.talk(std::slice::from_mut(&mut rung), 3_000);
    let stops = room.now;
    room.pass(5_000);
    let again = stops + Duration::from_millis(QUIET_MS + 100);
    let early = sent(&room, &caller, begins + Duration::from_millis(20), stops);
    assert_eq!(
        early.len(),
        149,
        "every packet of the announcement, and none of ours"
    );
    assert!(hears(&room, &caller, rung.hz, begins, stops));
    assert!(!hears(
        &room,
        &caller,
        RINGING_HZ,
        begins + Duration::from_millis(20),
        stops
    ));
    assert!(hears(
        &room,
        &caller,
        RINGING_HZ,
        stops + Duration::from_millis(STUTTER_MS),
        again
    ));
    assert!(!hears(&room, &caller, rung.hz, again, room.now));
    is_one_stream(&room, &caller);
}

/// Early media that comes right behind its description has no beep of ours before it.
#[test]
fn early_media_that_comes_soon_is_all_that_is_heard() {
    let mut room = Room::new();
    let [caller, mut rung, _] = people();
    let began = room.now;
    room.wire(&ringing(&caller, &[&rung]), None);
    room.pass(140);
    room.talk(std::slice::from_mut(&mut rung), 3_000);
    assert!(!hears(&room, &caller, RINGING_HZ, began, room.now));
    assert_eq!(sent(&room, &caller, began, room.now).len(), 149);
}

/// It answers: what it says goes on without a break, and our ringing tone never comes back.
#[test]
fn who_answers_is_heard_on_and_who_answers_and_is_quiet_is_not_rung_any_more() {
    for speaks in [true, false] {
        let mut room = Room::new();
        let [caller, mut rung, _] = people();
        room.wire(&ringing(&caller, &[&rung]), None);
        if speaks {
            room.speak(&mut rung, 4_000, |_| vec![0]);
        }
        room.pass(2_007);
        let answered = room.now;
        room.wire(&talking(&caller, &rung), None);
        room.pass(4_000);
        assert!(!hears(&room, &caller, RINGING_HZ, answered, room.now));
        let heard = sent(&room, &caller, answered, answered + Duration::from_millis(1_900));
        assert!(
            (94..=96).contains(&heard.len()),
            "{} packets in 1.9 s",
            heard.len()
        );
        assert_eq!(hears(&room, &caller, rung.hz, answered, room.now), speaks);
        is_one_stream(&room, &caller);
    }
}

/// One of several describes early media and sends none: it silences nobody. Another one that sends some is heard.
#[test]
fn of_several_that_ring_whoever_sends_something_is_heard() {
    let mut room = Room::new();
    let [caller, quiet, mut loud] = people();
    let began = room.now;
    room.wire(&ringing(&caller, &[&quiet, &loud]), None);
    room.pass(3_000);
    let begins = room.now;
    assert!(hears(&room, &caller, RINGING_HZ, began, began + AT_FIRST));
    room.talk(std::slice::from_mut(&mut loud), 2_000);
    let stops = room.now;
    room.pass(4_000);
    let settled = begins + Duration::from_millis(100);
    assert!(hears(&room, &caller, loud.hz, settled, stops));
    assert!(!hears(&room, &caller, RINGING_HZ, settled, stops));
    assert!(!hears(&room, &caller, quiet.hz, began, room.now));
    let again = stops + Duration::from_millis(QUIET_MS + 100);
    assert!(hears(&room, &caller, RINGING_HZ, again, room.now));
    is_one_stream(&room, &caller);
}

/// A carrier that holds and plays its own music is heard, and is on the tape; ours is heard where it plays none, and is
/// on no tape.
#[test]
fn our_music_stands_in_only_where_the_holder_plays_none() {
    let mut room = Room::new();
    let [mut customer, agent, _] = people();
    let began = room.now;
    let held = Row {
        otherwise: Some(Voice::Music),
        ..agent.row(&[customer.voice()])
    };
    let rows = [customer.row(&[]), held];
    room.wire(&rows, Some(tape_row(began, &[&customer], &[&agent])));
    room.talk(std::slice::from_mut(&mut customer), 3_000);
    let stops = room.now;
    room.pass(3_000);
    let ours = stops + Duration::from_millis(QUIET_MS + 40);
    let span = |from: u64, to: u64| {
        (
            began + Duration::from_millis(from),
            began + Duration::from_millis(to),
        )
    };
    let (early, late) = span(40, 3_000);
    assert!(hears(&room, &agent, customer.hz, early, late));
    assert!(!hears(&room, &agent, MUSIC_HZ, early, late));
    assert!(hears(&room, &agent, MUSIC_HZ, ours, room.now));
    is_one_stream(&room, &agent);
    room.wire(&[], None);
    let [left, right] = room.tape();
    assert!(amplitude(&left[1_600..22_400], customer.hz) > 6_000.0);
    for channel in [&left, &right] {
        assert!(amplitude(channel, MUSIC_HZ) < 50.0, "our music is on no tape");
    }
}

/// A phone whose mute stops its RTP, or that never began: its listener gets a packet each 20 ms all the same, all of
/// them silent, and the first word at once.
#[test]
fn whoever_talks_with_somebody_quiet_gets_a_stream_all_the_same() {
    let mut room = Room::new();
    let [mut customer, mut agent, _] = people();
    room.speak(&mut customer, 20_000, |_| vec![0]);
    room.wire(&talking(&customer, &agent), None);
    let began = room.now;
    room.pass(3_000);
    let speaks = room.now;
    assert_eq!(
        sent(&room, &customer, began, speaks).len(),
        150,
        "before the first word"
    );
    room.talk(std::slice::from_mut(&mut agent), 3_007);
    let stops = room.now;
    room.pass(5_000);
    let back = room.now;
    room.talk(std::slice::from_mut(&mut agent), 1_000);
    let quiet = sent(&room, &customer, stops, back).len();
    assert!(
        (198..=202).contains(&quiet),
        "{quiet} packets in 5 s with one of quiet"
    );
    let after = |at: Time, ms: u64| at + Duration::from_millis(ms);
    assert!(!hears(&room, &customer, agent.hz, after(stops, 20), back));
    assert!(
        loudest(&room, &customer, agent.hz, began, speaks) < 1.0,
        "silence is silent"
    );
    let first = sent(&room, &customer, after(back, 15), after(back, 25));
    assert!(hears(
        &room,
        &customer,
        agent.hz,
        after(back, 15),
        after(back, 25)
    ));
    assert!(first.last().unwrap().marker, "a talkspurt begins (RFC 3551 §4.1)");
    is_one_stream(&room, &customer);
    is_one_stream(&room, &agent);
}

/// A network that stands still for a moment and then brings everything is not taken for somebody who is quiet.
#[test]
fn nothing_stands_in_for_a_stream_that_only_stutters() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    room.wire(&talking(&customer, &agent), None);
    let stuck = |n: u64| match n * 20 {
        sent @ 1_000..1_900 => 1_000 + STUTTER_MS - sent,
        _ => 0,
    };
    room.speak(&mut agent, 4_000, |n| vec![stuck(n)]);
    room.pass(40);
    let began = room.now;
    room.pass(4_100);
    let heard = sent(&room, &customer, began, began + Duration::from_millis(3_960));
    assert_eq!(heard.len(), 198, "each packet of the agent, and none of ours");
    let steps = heard
        .windows(2)
        .map(|pair| pair[1].timestamp.wrapping_sub(pair[0].timestamp));
    assert!(
        steps.into_iter().all(|step| step == PACKET),
        "where the agent said it"
    );
}

/// Keys of a quiet phone are heard like any others.
#[test]
fn somebody_quiet_presses_keys() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    room.wire(&talking(&customer, &agent), None);
    room.pass(2_000);
    presses(&mut room, &mut agent, 7, 200);
    assert_eq!(events_to(&room, &customer).len(), 12);
    room.pass(2_000);
    let (before, began) = (room.sent_to(&customer).len(), room.now);
    room.pass(1_000);
    assert_eq!(room.sent_to(&customer).len() - before, 50, "the stream goes on");
    assert!(!hears(&room, &customer, agent.hz, began, room.now));
}

/// Told by INFO, for the phone tells of none by RTP.
#[test]
fn somebody_quiet_presses_keys_by_info() {
    let mut room = Room::new();
    let [customer, agent, _] = people();
    room.wire(&talking(&customer, &agent), None);
    room.pass(2_000);
    room.press(agent.leg, press('5', 100));
    room.pass(1_000);
    let events = events_to(&room, &customer);
    assert!(events.iter().any(|sent| sent.payload[0] == 5));
}

/// The same table again, as after a restart of call control, changes nothing of what is heard.
#[test]
fn the_same_table_again_does_not_begin_anything_anew() {
    let mut room = Room::new();
    let [caller, mut rung, _] = people();
    let rows = ringing(&caller, &[&rung]);
    room.wire(&rows, None);
    for _ in 0..30 {
        room.pass(107);
        room.wire(&rows, None);
    }
    room.speak(&mut rung, 2_000, |_| vec![0]);
    for _ in 0..17 {
        room.pass(107);
        room.wire(&rows, None);
    }
    let marked = room.sent_to(&caller).into_iter().filter(|sent| sent.marker);
    assert_eq!(
        marked.count(),
        2,
        "the tone begins once, and so does the announcement"
    );
    is_one_stream(&room, &caller);
}

/// Whoever answers speaks before its 200 has come: what comes as we have offered it, from where its SIP comes, is heard
/// (RFC 3264 §5.1). Its answer breaks nothing of that. Of a stranger nobody hears a word, nor of what we have not offered.
#[test]
fn who_speaks_before_its_answer_has_come_is_heard() {
    let mut room = Room::new();
    let [caller, mut rung, _] = people();
    let began = room.now;
    let mut stranger = Party {
        from: "203.0.113.66:6666".parse().unwrap(),
        hz: 1_600.0,
        ssrc: 0x666,
        ..rung.clone()
    };
    let [heard, mut asked] = <[Row; 2]>::try_from(ringing(&caller, &[&rung])).unwrap();
    asked.port.remote = None;
    asked.port.answered = false;
    asked.port.offer = vec![(0, Payload::Voice(Codec::Pcmu)), (101, Payload::Event)];
    room.wire(&[heard.clone(), asked.clone()], None);
    room.pass(1_000);
    room.speak(&mut stranger, 5_000, |_| vec![0]);
    let speaks = room.now;
    let foreign = rung.packet(8, false, 0, &[0; 160]);
    room.arrive(rung.leg, rung.from, &foreign);
    room.speak(&mut rung, 4_000, |_| vec![0]);
    room.pass(500);
    let answered = room.now;
    room.wire(
        &talking(&caller, &rung),
        Some(tape_row(answered, &[&caller], &[&rung])),
    );
    room.pass(2_000);
    assert!(!hears(&room, &caller, rung.hz, began, speaks));
    let at_once = speaks + Duration::from_millis(25);
    assert!(hears(&room, &caller, rung.hz, speaks, at_once));
    assert_eq!(
        sent(&room, &caller, at_once, room.now).len(),
        123,
        "not one is missing"
    );
    assert!(!hears(&room, &caller, RINGING_HZ, at_once, room.now));
    assert!(!hears(&room, &caller, stranger.hz, began, room.now));
    is_one_stream(&room, &caller);
    room.wire(&[], None);
    let [_, right] = room.tape();
    assert!(
        amplitude(&right[800..12_000], rung.hz) > 6_000.0,
        "on the tape from the answer on"
    );
}
