//! What a listener's phone sees: one stream, whatever happens behind it.

use crate::party::Party;
use crate::room::{Room, Sent, people};
use tandem::wiring::{Codec, MediaHappening, Voice};

fn pair(room: &mut Room, customer: &Party, agent: &Party) {
    room.wire(
        &[customer.row(&[agent.voice()]), agent.row(&[customer.voice()])],
        None,
    );
}

/// One source, one packet after the other, and timestamps that follow the clock within 20 ms.
fn assert_continuous(sent: &[Sent]) {
    for two in sent.windows(2) {
        let (before, after) = (&two[0], &two[1]);
        assert_eq!(after.ssrc, before.ssrc);
        assert_eq!(
            after.sequence,
            before.sequence.wrapping_add(1),
            "at {:?}",
            after.at
        );
        let advanced = after.timestamp.wrapping_sub(before.timestamp);
        let passed = after.at.since(before.at).as_micros() as u32 / 125;
        assert!(
            advanced.abs_diff(passed) <= 160,
            "{advanced} samples in the time of {passed}"
        );
    }
}

fn markers(sent: &[Sent]) -> usize {
    sent.iter().filter(|sent| sent.marker).count()
}

#[test]
fn through_hold_music_ringback_and_transfer_it_is_one_stream() {
    let mut room = Room::new();
    let mut parties = people();
    let [customer, agent, colleague] = parties.clone();
    let voices = [
        agent.voice(),
        Voice::Music,
        colleague.voice(),
        Voice::Ringback,
        agent.voice(),
    ];
    for voice in voices {
        room.wire(
            &[customer.row(&[voice]), agent.row(&[]), colleague.row(&[])],
            None,
        );
        room.talk(&mut parties, 700);
    }
    let sent = room.sent_to(&customer);
    assert_continuous(&sent);
    assert_eq!(markers(&sent), voices.len(), "one marker for each change");
    assert_eq!(sent[0].ssrc, 0xA001);
    assert!(sent.len() >= 5 * 34);
}

#[test]
fn the_same_table_again_changes_nothing() {
    let mut room = Room::new();
    let [customer, agent, _] = people();
    let mut both = [customer.clone(), agent.clone()];
    for _ in 0..10 {
        pair(&mut room, &customer, &agent);
        room.talk(&mut both, 100);
    }
    let sent = room.sent_to(&customer);
    assert_continuous(&sent);
    assert_eq!((sent.len(), markers(&sent)), (50, 1));
    assert_eq!(
        room.happenings(&customer).len(),
        1,
        "the first packet is told once"
    );
}

#[test]
fn a_new_source_a_restart_and_a_new_clock_do_not_break_it() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    pair(&mut room, &customer, &agent);
    for change in 0..4 {
        match change {
            1 => agent.ssrc = 0xDEAD_BEEF,
            2 => agent.timestamp = agent.timestamp.wrapping_add(1 << 31),
            3 => agent.sequence = agent.sequence.wrapping_add(20_000),
            _ => {}
        }
        let mut speakers = [agent.clone()];
        room.talk(&mut speakers, 400);
        let [spoken] = speakers;
        agent = spoken;
    }
    let sent = room.sent_to(&customer);
    assert_continuous(&sent[..60]);
    assert_eq!(sent[60].sequence, sent[59].sequence.wrapping_add(1));
    assert_eq!(
        sent.len(),
        79,
        "a restart of the same source is believed at its second packet"
    );
    assert_eq!(markers(&sent), 4);
}

#[test]
fn sequence_and_timestamp_wrap_unnoticed() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    (agent.sequence, agent.timestamp) = (65_530, u32::MAX - 1_000);
    pair(&mut room, &customer, &agent);
    room.talk(&mut [agent], 1_000);
    let sent = room.sent_to(&customer);
    assert_continuous(&sent);
    assert_eq!((sent.len(), markers(&sent)), (50, 1));
}

#[test]
fn a_listener_sees_the_loss_and_the_disorder_of_its_speaker_but_no_packet_twice() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    pair(&mut room, &customer, &agent);
    room.speak(&mut agent, 400, |n| match n {
        4 => vec![],
        8 => vec![25],
        12 => vec![0, 1],
        _ => vec![0],
    });
    room.pass(500);
    let sent = room.sent_to(&customer);
    let order: Vec<u16> = sent
        .iter()
        .map(|packet| packet.sequence.wrapping_sub(sent[0].sequence))
        .collect();
    let expected: Vec<u16> = [0, 1, 2, 3, 5, 6, 7, 9, 8].into_iter().chain(10..20).collect();
    assert_eq!(order, expected);
    assert!(sent.iter().all(|packet| {
        let place = packet.sequence.wrapping_sub(sent[0].sequence);
        packet.timestamp.wrapping_sub(sent[0].timestamp) == 160 * u32::from(place)
    }));
}

#[test]
fn an_event_passes_with_the_listeners_payload_type_and_one_timestamp() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    pair(&mut room, &customer, &agent);
    let mut speakers = [agent.clone()];
    room.talk(&mut speakers, 100);
    [agent] = speakers;
    let began = agent.timestamp;
    for n in 1..=8_u16 {
        let packet = agent.press(5, n == 1, began, (160 * n).min(960));
        room.pass(20);
        room.arrive(agent.leg, agent.from, &packet);
    }
    let sent = room.sent_to(&customer);
    let events: Vec<&Sent> = sent.iter().filter(|packet| packet.payload_type == 96).collect();
    assert_eq!(events.len(), 8);
    assert!(
        events
            .iter()
            .all(|event| event.timestamp == events[0].timestamp && event.payload[0] == 5)
    );
    assert_eq!(events[0].timestamp, sent[4].timestamp.wrapping_add(160));
    let marked: Vec<bool> = events.iter().map(|event| event.marker).collect();
    assert_eq!(marked, [true, false, false, false, false, false, false, false]);
    let steps = sent
        .windows(2)
        .map(|two| two[1].sequence.wrapping_sub(two[0].sequence));
    assert!(steps.into_iter().all(|step| step == 1));
}

#[test]
fn events_and_comfort_noise_that_the_listener_cannot_use_leave_no_gap() {
    let mut room = Room::new();
    let [mut customer, mut agent, _] = people();
    customer.remote.events = None;
    pair(&mut room, &customer, &agent);
    for n in 0..30 {
        room.pass(20);
        let packet = match n {
            10..15 => {
                let mut packet = agent.press(5, n == 10, agent.timestamp, 160);
                packet[13] |= u8::from(n >= 12) << 7;
                agent.timestamp += if n == 14 { 160 } else { 0 };
                packet
            }
            20 => agent.packet(13, false, agent.timestamp, &[40]),
            _ => agent.speak(),
        };
        room.arrive(agent.leg, agent.from, &packet);
    }
    let sent = room.sent_to(&customer);
    assert_eq!(sent.len(), 24);
    assert!(
        sent.windows(2)
            .all(|two| two[1].sequence == two[0].sequence.wrapping_add(1))
    );
    assert!(sent.iter().all(|packet| packet.payload_type == 8));
}

#[test]
fn payload_types_are_each_listeners_own_and_a_change_of_law_mid_call_is_followed() {
    let mut room = Room::new();
    let [mut customer, mut agent, _] = people();
    customer.remote.payload_type = 100;
    pair(&mut room, &customer, &agent);
    let mut speakers = [agent.clone()];
    room.talk(&mut speakers, 500);
    [agent] = speakers;
    // Phones that were offered both laws change between the static payload types without a word.
    (agent.remote.payload_type, agent.remote.codec) = (8, Codec::Pcma);
    room.talk(&mut [agent.clone()], 500);
    assert!(
        room.sent_to(&customer)
            .iter()
            .all(|packet| packet.payload_type == 100)
    );
    let heard = room.heard_by(&customer);
    assert!((crate::ear::amplitude(&heard, agent.hz) - 8_000.0).abs() < 100.0);
}

#[test]
fn sources_extensions_and_padding_of_the_speaker_do_not_reach_the_listener() {
    let mut room = Room::new();
    let [customer, mut agent, _] = people();
    pair(&mut room, &customer, &agent);
    room.pass(20);
    let plain = agent.speak();
    let mut odd = vec![0x80 | 0x20 | 0x10 | 0x01];
    odd.extend(&plain[1..12]);
    odd.extend([9, 9, 9, 9, 0xBE, 0xDE, 0, 1, 7, 7, 7, 7]);
    odd.extend(&plain[12..]);
    odd.extend([0, 0, 0, 4]);
    room.arrive(agent.leg, agent.from, &odd);
    assert_eq!(
        room.sent_to(&customer)[0].payload.len(),
        160,
        "the recorder refuses all but a plain header"
    );
}

#[test]
fn a_leg_that_moves_to_another_conversation_keeps_its_stream() {
    let mut room = Room::new();
    let mut parties = people();
    let [customer, agent, colleague] = parties.clone();
    pair(&mut room, &customer, &agent);
    room.talk(&mut parties, 400);
    let moved = tandem::wiring::Wiring {
        rows: vec![
            customer.row(&[colleague.voice()]),
            colleague.row(&[customer.voice()]),
        ],
        tape: None,
        aside: None,
    };
    room.engine
        .wire(room.now, tandem::id::ConversationId(2), &moved, &mut room.out);
    room.talk(&mut parties, 400);
    assert_continuous(&room.sent_to(&customer));
    assert_eq!(
        room.happenings(&customer).len(),
        1,
        "heard first once, and never closed"
    );
    room.wire(&[], None);
    assert!(
        matches!(room.happenings(&agent).last(), Some(MediaHappening::Closed(_))),
        "the conversation it left goes on without it"
    );
    room.talk(&mut parties, 400);
    assert_eq!(room.sent_to(&customer).len(), 60);
}
