//! Media threads with real sockets on the loopback: what phones hear, and what the driver is told.

#![expect(
    clippy::disallowed_methods,
    reason = "real threads are watched by the real clock"
)]
#![expect(clippy::unwrap_used, reason = "a surprise ends the test, and says where")]

mod house;

use house::{ANNA, BEN, CALL, Heard, House, Phone, V4, V6, listen, pair, story, wait_until};
use std::io::ErrorKind;
use std::net::UdpSocket;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tandem::id::{ConversationId, LegId, TapeId};
use tandem::shell::ports::PortPair;
use tandem::wiring::{MediaEvent, MediaHappening, Row, TapeRow, Voice, Wiring};

#[test]
fn two_phones_hear_each_other() {
    for host in [V4, V6] {
        let mut house = House::new(64);
        let (anna, ben) = (Phone::new(host), Phone::new(host));
        assert_eq!(house.media.wire(CALL, pair(&anna, &ben)), []);
        for number in 0..5 {
            anna.say(number, 11);
            assert_eq!(ben.hear().payload, [11; 160]);
            ben.say(number, 22);
            assert_eq!(anna.hear().payload, [22; 160]);
        }
        anna.say(5, 33);
        let heard = ben.hear();
        assert_eq!(
            (heard.from, heard.ssrc),
            (ben.port, ben.ssrc()),
            "it comes from the port in Ben's wiring"
        );
        assert_eq!(
            house.hears_of(ANNA),
            MediaHappening::FirstPacket { from: anna.address() }
        );
    }
}

#[test]
fn the_port_is_there_before_anybody_is_told_and_free_when_all_is_over() {
    let mut house = House::new(64);
    let (anna, ben) = (Phone::new(V4), Phone::new(V4));
    house.media.wire(CALL, pair(&anna, &ben));
    assert_eq!(
        PortPair::bind(anna.port).unwrap_err().kind(),
        ErrorKind::AddrInUse
    );
    anna.say(0, 11);
    ben.hear();

    house.media.wire(CALL, Wiring::default());
    let MediaHappening::Closed(counters) = house.hears_of_end(ANNA) else {
        unreachable!()
    };
    assert_eq!((counters.received, counters.lost), (1, 0));
    let MediaHappening::Closed(counters) = house.hears_of_end(BEN) else {
        unreachable!()
    };
    assert_eq!(counters.sent, 1);
    wait_until("the ports are free again", || {
        PortPair::bind(anna.port).is_ok() && PortPair::bind(ben.port).is_ok()
    });
}

#[test]
fn a_port_that_somebody_else_has_is_refused_and_the_others_go_on() {
    let mut house = House::new(64);
    let (anna, ben) = (Phone::new(V4), Phone::new(V4));
    let thief = UdpSocket::bind((V4, anna.port.port() + 1)).unwrap();
    let refused = house.media.wire(CALL, pair(&anna, &ben));
    let [
        MediaEvent {
            conversation: CALL,
            leg: ANNA,
            what: MediaHappening::Refused { why },
        },
    ] = &refused[..]
    else {
        panic!("{refused:?}")
    };
    assert!(
        why.contains("in use") && why.contains(&anna.port.to_string()),
        "{why}"
    );

    let music = Wiring {
        rows: vec![ben.row(BEN, vec![Voice::Music])],
        tape: None,
        aside: None,
    };
    assert_eq!(house.media.wire(CALL, music), []);
    ben.hear();

    drop(thief);
    assert_eq!(
        house.media.wire(CALL, pair(&anna, &ben)),
        [],
        "the next wiring tries again"
    );
    anna.say(0, 11);
    wait_until("Ben hears Anna instead of the music", || {
        ben.hear().payload == [11; 160]
    });
}

#[test]
fn music_keeps_its_time() {
    let mut house = House::new(64);
    let ben = Phone::new(V4);
    house.media.wire(
        CALL,
        Wiring {
            rows: vec![ben.row(BEN, vec![Voice::Music])],
            tape: None,
            aside: None,
        },
    );
    let first = ben.hear();
    let began = Instant::now();
    for number in 1..=50 {
        assert_eq!(ben.hear().sequence.wrapping_sub(first.sequence), number);
    }
    assert!(
        began.elapsed() > Duration::from_millis(900),
        "50 packets are a second: {:?}",
        began.elapsed()
    );
}

#[test]
fn a_phone_that_is_gone_for_a_while_disturbs_nobody() {
    let mut house = House::new(64);
    let (anna, ben) = (Phone::new(V4), Phone::new(V4));
    house.media.wire(CALL, pair(&anna, &ben));
    let address = ben.address();
    let port = ben.port;
    drop(ben);
    for number in 0..20 {
        anna.say(number, 11);
        std::thread::sleep(Duration::from_millis(2));
    }
    let ben = Phone {
        socket: listen(address),
        port,
    };
    anna.say(20, 22);
    wait_until("Ben hears again", || ben.hear().payload == [22; 160]);
    ben.say(0, 33);
    assert_eq!(anna.hear().payload, [33; 160]);
}

#[test]
fn many_packets_all_arrive_soon_and_in_order() {
    let mut house = House::new(64);
    let (anna, ben) = (Phone::new(V4), Phone::new(V4));
    house.media.wire(CALL, pair(&anna, &ben));
    let listener = std::thread::spawn(move || {
        let heard = (0..900).map(|_| (ben.hear(), Instant::now())).collect::<Vec<_>>();
        (ben, heard)
    });
    let said: Vec<Instant> = (0..900_u16)
        .map(|number| {
            let now = Instant::now();
            anna.say(number, 11);
            // Five thousand a second, so that the thread begins to gather them.
            if number % 10 == 9 {
                std::thread::sleep(Duration::from_millis(2));
            }
            now
        })
        .collect();
    let (_ben, heard) = listener.join().unwrap();
    let first = heard[0].0.sequence;
    let mut delays: Vec<Duration> = Vec::new();
    for (index, (packet, at)) in heard.iter().enumerate() {
        assert_eq!(
            usize::from(packet.sequence.wrapping_sub(first)),
            index,
            "in order, none lost"
        );
        delays.push(at.duration_since(said[index]));
    }
    delays.sort();
    println!(
        "delay: half below {:?}, 99 in 100 below {:?}",
        delays[450], delays[890]
    );
    assert!(delays[450] < Duration::from_millis(50));
}

#[test]
fn a_driver_that_does_not_listen_loses_only_what_is_nice_to_know() {
    let mut house = House::new(1);
    let (anna, ben) = (Phone::new(V4), Phone::new(V4));
    house.media.wire(CALL, pair(&anna, &ben));
    anna.say(0, 11);
    ben.hear();
    ben.say(0, 11);
    anna.hear();
    wait_until("the second first packet is not told", || {
        house.media.counts().unheard_events.load(Ordering::Relaxed) == 1
    });
    house.media.wire(CALL, Wiring::default());
    assert!(matches!(
        house.next_event().what,
        MediaHappening::FirstPacket { .. }
    ));
    for _ in [&anna, &ben] {
        assert!(matches!(house.next_event().what, MediaHappening::Vacated { .. }));
        assert!(matches!(house.next_event().what, MediaHappening::Closed(_)));
    }
}

#[test]
fn a_leg_keeps_its_port_when_it_goes_to_a_conversation_on_another_thread() {
    let mut house = House::new(64);
    let (anna, ben) = (Phone::new(V4), Phone::new(V4));
    let (old, new) = (ConversationId(4), ConversationId(5));
    house.media.wire(
        old,
        Wiring {
            rows: vec![anna.row(ANNA, vec![])],
            tape: None,
            aside: None,
        },
    );
    assert_eq!(house.media.wire(new, pair(&anna, &ben)), []);
    house.media.wire(old, Wiring::default());
    for number in 0..20 {
        anna.say(number, 11);
        assert_eq!(ben.hear().payload, [11; 160]);
    }
}

/// Two calls become one, and belong to different threads until then.
#[test]
fn legs_that_join_a_conversation_on_another_thread_keep_their_streams_and_hear_everybody() {
    let mut house = House::new(64);
    let (anna, ben, cleo) = (Phone::new(V4), Phone::new(V4), Phone::new(V4));
    let (old, new, cleos) = (ConversationId(4), ConversationId(5), LegId(77));
    let table = |rows: Vec<Row>| Wiring {
        rows,
        tape: None,
        aside: None,
    };
    house.media.wire(old, pair(&anna, &ben));
    house.media.wire(new, table(vec![cleo.row(cleos, vec![])]));
    let before: Vec<Heard> = (0..20)
        .map(|number| {
            anna.say(number, 11);
            ben.hear()
        })
        .collect();
    let last = &before[19];
    let together = vec![
        anna.row(ANNA, vec![Voice::Leg(BEN), Voice::Leg(cleos)]),
        ben.row(BEN, vec![Voice::Leg(ANNA), Voice::Leg(cleos)]),
        cleo.row(cleos, vec![Voice::Leg(ANNA), Voice::Leg(BEN)]),
    ];
    assert_eq!(house.media.wire(new, table(together)), []);
    house.media.wire(old, Wiring::default());
    let first = ben.hear();
    assert_eq!(
        (first.ssrc, first.sequence),
        (last.ssrc, last.sequence.wrapping_add(1)),
        "one stream"
    );
    // Nothing in a mix is as loud as 0x80 unless somebody says it.
    let says = |number| {
        std::thread::sleep(Duration::from_millis(20));
        anna.say(number, 0x80);
        [ben.hear(), cleo.hear()]
    };
    let heard: Vec<[Heard; 2]> = (20..40).map(says).collect();
    for listener in 0..2 {
        let loud = heard
            .iter()
            .filter(|both| both[listener].payload.contains(&0x80))
            .count();
        assert!(loud >= 10, "{loud} of 20");
    }
}

#[test]
fn what_is_said_until_the_switch_stops_is_on_the_tape() {
    let mut house = House::new(64);
    let (anna, ben) = (Phone::new(V4), Phone::new(V4));
    let started = house.clock.now();
    let tape = TapeRow {
        tape: TapeId(1),
        started,
        rate: tandem::wiring::Rate::Narrow,
        left: vec![ANNA],
        right: vec![BEN],
    };
    house.tapes.keep(story(started));
    house.media.wire(
        CALL,
        Wiring {
            tape: Some(tape),
            ..pair(&anna, &ben)
        },
    );
    for number in 0..25 {
        // 0x80 is as loud as PCMU can be.
        anna.say(number, 0x80);
        std::thread::sleep(Duration::from_millis(20));
    }
    house.media.stop();
    let length = house.clock.now().since(started);
    let House {
        tapes,
        directory,
        media,
        ..
    } = house;
    drop(media);
    tapes.finish();

    let day = std::fs::read_dir(directory.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let files = std::fs::read_dir(day).unwrap().map(|entry| entry.unwrap().path());
    let wav = files
        .into_iter()
        .find(|path| path.extension().is_some_and(|ending| ending == "wav"))
        .unwrap();
    let samples: Vec<i16> = hound::WavReader::open(wav)
        .unwrap()
        .samples()
        .map(Result::unwrap)
        .collect();
    let seconds = samples.len() as f64 / 2.0 / 8000.0;
    assert!(
        (seconds - length.as_secs_f64()).abs() < 0.2,
        "{seconds} s on tape of {length:?}"
    );
    let loud = samples
        .iter()
        .step_by(2)
        .filter(|left| left.unsigned_abs() > 30_000)
        .count();
    assert!(loud > 20 * 160, "Anna is on the left: {loud} samples");
    assert!(
        samples.iter().skip(1).step_by(2).all(|right| *right == 0),
        "Ben has said nothing"
    );
}
