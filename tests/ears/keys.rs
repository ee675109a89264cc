//! Keys: RTP events that pass through, and keys that come by other ways and are pressed for the listener.

use crate::party::Party;
use crate::room::{Room, Sent, people};
use std::time::Duration;
use tandem::wiring::{Key, MediaHappening, Press, Voice};

fn pair(room: &mut Room, customer: &Party, agent: &Party) {
    room.wire(
        &[customer.row(&[agent.voice()]), agent.row(&[customer.voice()])],
        None,
    );
}

pub(crate) fn press(key: char, ms: u32) -> Press {
    Press {
        key: Key::of_char(key).unwrap(),
        ms,
        volume: 10,
    }
}

/// What is in an event packet: its key, whether that has ended, volume and duration.
pub(crate) fn event(sent: &Sent) -> (u8, bool, u8, u16) {
    let [key, flags, high, low] = *sent.payload else {
        panic!("an event has four bytes: {:?}", sent.payload);
    };
    (
        key,
        flags & 0x80 != 0,
        flags & 0x3F,
        u16::from_be_bytes([high, low]),
    )
}

/// The events that a party was sent.
pub(crate) fn events_to(room: &Room, party: &Party) -> Vec<Sent> {
    let mut sent = room.sent_to(party);
    sent.retain(|sent| Some(sent.payload_type) == party.remote.events);
    sent
}

/// A phone presses a key: `ms` long, with its end three times, over a perfect network.
pub(crate) fn presses(room: &mut Room, party: &mut Party, key: u8, ms: u16) {
    let began = party.timestamp;
    let packets = ms / 20;
    for n in 1..=packets + 2 {
        let ended = n >= packets;
        let duration = 160 * n.min(packets);
        let mut packet = party.press(key, n == 1, began, duration);
        packet[13] |= u8::from(ended) << 7;
        room.pass(20);
        room.arrive(party.leg, party.from, &packet);
    }
    party.timestamp = began.wrapping_add(160 * u32::from(packets + 2));
}

pub(crate) fn pressed(room: &Room, party: &Party) -> Vec<Press> {
    let presses = room.happenings(party).into_iter().filter_map(|what| match what {
        MediaHappening::Pressed(press) => Some(*press),
        MediaHappening::HeldBack(_)
        | MediaHappening::FirstPacket { .. }
        | MediaHappening::Stranger { .. }
        | MediaHappening::Vacated { .. }
        | MediaHappening::Silent
        | MediaHappening::Refused { .. }
        | MediaHappening::Closed(_) => None,
    });
    presses.collect()
}

/// One event per press, as long as it was, with one marker, one timestamp, three ends, and each listener's own
/// payload type, whatever the speaker's is.
#[test]
fn a_press_passes_whole_under_the_listeners_payload_type() {
    for (speakers, listeners) in [96, 101, 120]
        .into_iter()
        .flat_map(|a| [96, 101, 120].map(|b| (a, b)))
    {
        let mut room = Room::new();
        let [mut customer, mut agent, _] = people();
        (agent.remote.events, customer.remote.events) = (Some(speakers), Some(listeners));
        pair(&mut room, &customer, &agent);
        room.talk(std::slice::from_mut(&mut agent), 100);
        presses(&mut room, &mut agent, 7, 200);
        let events = events_to(&room, &customer);
        assert_eq!(events.len(), 12);
        assert!(events.iter().all(|sent| sent.timestamp == events[0].timestamp));
        let marked = events.iter().map(|sent| sent.marker);
        assert!(marked.eq([true].into_iter().chain([false; 11])));
        let ends: Vec<_> = events.iter().map(event).filter(|(_, ended, ..)| *ended).collect();
        assert_eq!(ends, [(7, true, 10, 1_600); 3], "three ends, the volume kept");
        assert_eq!(pressed(&room, &agent), [press('7', 200)], "told once");
    }
}

/// RFC 4733 §2.5.1.3: longer than 16 bits can say, so its sender splits it; the listener gets the same segments.
#[test]
fn a_press_of_ten_seconds_passes_in_its_segments() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    pair(&mut room, &customer, &agent);
    room.talk(std::slice::from_mut(&mut agent), 100);
    let began = agent.timestamp;
    for n in 1..=500_u32 {
        let (segment, lasts) = match 160 * n {
            short @ 0..=0xFFFF => (0, short),
            long if long - 0xFFFF < 160 => (0, 0xFFFF),
            long => (0xFFFF, long - 0xFFFF),
        };
        let mut packet = agent.press(5, n == 1, began.wrapping_add(segment), lasts as u16);
        packet[13] |= u8::from(n == 500) << 7;
        room.pass(20);
        room.arrive(agent.leg, agent.from, &packet);
    }
    let events = events_to(&room, &customer);
    assert_eq!(events.len(), 500);
    let mut segments: Vec<u32> = events.iter().map(|sent| sent.timestamp).collect();
    segments.dedup();
    assert_eq!(
        segments,
        [events[0].timestamp, events[0].timestamp.wrapping_add(0xFFFF)]
    );
    assert_eq!(events.iter().filter(|sent| sent.marker).count(), 1);
    assert_eq!(pressed(&room, &agent), [press('5', 10_000)], "one key");
}

/// A key that came by INFO sounds like one that was pressed: the same rules hold for it.
#[test]
fn a_key_that_is_pressed_for_the_listener_is_one_whole_event() {
    for ms in [40, 160, 10_000, 20_000] {
        let mut room = Room::new();
        let [customer, agent, _] = people();
        pair(&mut room, &customer, &agent);
        let mut speakers = [agent.clone()];
        room.talk(&mut speakers, 100);
        room.press(agent.leg, press('#', ms));
        room.talk(&mut speakers, u64::from(ms) + 200);
        let events = events_to(&room, &customer);
        assert!(events[0].marker && events.iter().skip(1).all(|sent| !sent.marker));
        let lasts = |sent: &Sent| sent.timestamp.wrapping_sub(events[0].timestamp) + u32::from(event(sent).3);
        assert!(
            events.windows(2).all(|two| lasts(&two[0]) <= lasts(&two[1])),
            "it only grows"
        );
        let ends: Vec<&Sent> = events.iter().filter(|sent| event(sent).1).collect();
        assert_eq!(ends.len(), 3);
        assert!(
            ends.iter()
                .all(|sent| lasts(sent) == 8 * ms && event(sent).0 == 11)
        );
        let mut segments: Vec<u32> = events.iter().map(|sent| sent.timestamp).collect();
        segments.dedup();
        assert_eq!(segments.len() as u32, 1 + 8 * ms / 0xFFFF, "{ms} ms");
        let took = ends[0].at.since(events[0].at) + Duration::from_millis(20);
        assert!(took.abs_diff(Duration::from_millis(ms.into())) <= Duration::from_millis(20));
        let sent = room.sent_to(&customer);
        let steps = sent
            .windows(2)
            .map(|two| two[1].sequence.wrapping_sub(two[0].sequence));
        assert!(steps.into_iter().all(|step| step == 1), "one stream");
        assert_eq!(sent.last().unwrap().payload_type, 8, "and then speech again");
    }
}

#[test]
fn while_a_key_is_down_for_the_listener_it_hears_no_speech() {
    let mut room = Room::new();
    let [customer, agent, _] = people();
    pair(&mut room, &customer, &agent);
    let mut speakers = [agent.clone()];
    room.talk(&mut speakers, 100);
    for key in ['1', '2', '3'] {
        room.press(agent.leg, press(key, 100));
    }
    room.talk(&mut speakers, 1_000);
    let sent = room.sent_to(&customer);
    let keys: Vec<u8> = sent
        .chunk_by(|a, b| a.payload_type == b.payload_type)
        .filter(|run| run[0].payload_type == 96)
        .map(|run| event(&run[0]).0)
        .collect();
    assert_eq!(keys, [1, 2, 3], "one after the other, with speech between them");
    let pauses: Vec<Duration> = sent
        .windows(2)
        .filter(|two| two[0].payload_type == 96 && two[1].marker && two[1].payload_type == 96)
        .map(|two| two[1].at.since(two[0].at))
        .collect();
    assert!(pauses.is_empty(), "never without a pause: {pauses:?}");
}

#[test]
fn a_phone_that_tells_its_keys_in_two_ways_has_pressed_each_once() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    pair(&mut room, &customer, &agent);
    presses(&mut room, &mut agent, 4, 100);
    room.press(agent.leg, press('4', 100));
    room.pass(500);
    assert_eq!(
        events_to(&room, &customer)
            .iter()
            .filter(|sent| sent.marker)
            .count(),
        1
    );
}

#[test]
fn who_does_not_hear_the_leg_or_takes_no_events_is_pressed_nothing() {
    let mut room = Room::new();
    let [mut customer, agent, colleague] = people();
    customer.remote.events = None;
    let rows = [
        customer.row(&[agent.voice()]),
        agent.row(&[]),
        colleague.row(&[Voice::Music]),
    ];
    room.wire(&rows, None);
    room.press(agent.leg, press('1', 100));
    room.press(tandem::id::LegId(99), press('1', 100));
    room.pass(500);
    assert_eq!(room.sent_to(&customer), []);
    assert_eq!(events_to(&room, &colleague), []);
}

#[test]
fn a_hook_flash_reaches_nobody_and_leaves_no_gap() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    pair(&mut room, &customer, &agent);
    room.talk(std::slice::from_mut(&mut agent), 100);
    presses(&mut room, &mut agent, 16, 100);
    room.talk(std::slice::from_mut(&mut agent), 100);
    let sent = room.sent_to(&customer);
    assert_eq!(sent.len(), 10);
    assert!(
        sent.windows(2)
            .all(|two| two[1].sequence == two[0].sequence.wrapping_add(1))
    );
    assert_eq!(pressed(&room, &agent), []);
}

/// Some gateways send the tone of a key as speech besides; whoever got both would count two keys.
#[test]
fn speech_that_lies_under_a_key_is_not_passed_on_nor_recorded() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    let tape = crate::room::tape_row(room.now, &[&customer], &[&agent]);
    room.wire(
        &[customer.row(&[agent.voice()]), agent.row(&[customer.voice()])],
        Some(tape),
    );
    room.talk(std::slice::from_mut(&mut agent), 200);
    let began = agent.timestamp;
    for n in 1..=10_u16 {
        room.pass(20);
        let tone = agent.speak();
        room.arrive(agent.leg, agent.from, &tone);
        let mut packet = agent.press(5, n == 1, began, 160 * n.min(8));
        packet[13] |= u8::from(n >= 8) << 7;
        room.arrive(agent.leg, agent.from, &packet);
    }
    room.talk(std::slice::from_mut(&mut agent), 200);
    let sent = room.sent_to(&customer);
    let first_key = sent.iter().position(|sent| sent.payload_type == 96).unwrap();
    let speech_after: Vec<u32> = sent[first_key..]
        .iter()
        .filter(|sent| sent.payload_type == 8)
        .map(|speech| speech.timestamp.wrapping_sub(sent[first_key].timestamp))
        .collect();
    assert!(
        speech_after.iter().all(|after| *after >= 8 * 160),
        "{speech_after:?}"
    );
    room.wire(&[], None);
    let [_, right] = room.tape();
    assert!(
        right[8 * 245..8 * 355].iter().all(|sample| *sample == 0),
        "the tape does not tell which key it was"
    );
    assert!(right[8 * 450..8 * 550].iter().any(|sample| *sample != 0));
}

#[test]
fn a_press_whose_ends_are_all_lost_is_told_when_it_is_over_all_the_same() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    pair(&mut room, &customer, &agent);
    let began = agent.timestamp;
    for n in 1..=5_u16 {
        let packet = agent.press(9, n == 1, began, 160 * n);
        room.arrive(agent.leg, agent.from, &packet);
        room.pass(20);
    }
    agent.timestamp = began + 160 * 20;
    room.pass(300);
    room.talk(&mut [agent.clone()], 100);
    assert_eq!(pressed(&room, &agent), [press('9', 100)]);
    assert!(
        room.sent_to(&customer)
            .iter()
            .filter(|sent| sent.payload_type == 8)
            .count()
            >= 4
    );
}

#[test]
fn nobody_can_fill_our_memory_with_keys() {
    let mut room = Room::new();
    let [customer, agent, _] = people();
    pair(&mut room, &customer, &agent);
    for _ in 0..10_000 {
        room.press(agent.leg, press('0', 40));
    }
    room.pass(60_000);
    let keys = events_to(&room, &customer)
        .iter()
        .filter(|sent| sent.marker)
        .count();
    assert!((2..=40).contains(&keys), "{keys} keys");
}
