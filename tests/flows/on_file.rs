//! Ears on the file: a story is played on the stage, everybody in it says a tone all the while, and what the real
//! engine and the real tape thread make of that is listened to in the WAV.

#[allow(dead_code, reason = "here one only listens for tones that are known")]
#[path = "../ears/ear.rs"]
mod ear;

use crate::law;
use crate::stage::reel::Reel;
use crate::stage::{Stage, Twist};
use ear::amplitude;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::path::Path;
use std::time::Duration;
use tandem::call::gesture::Gesture;
use tandem::id::LegId;
use tandem::media::engine::{Engine, Outlet, Sounds, TapeBlock};
use tandem::shell::recording_drawing::draw;
use tandem::shell::recordings::{Recordings, Wanted};
use tandem::shell::tape_thread::{TapeLimits, TapeSender, TapeThread};
use tandem::time::Time;
use tandem::wiring::{MediaEvent, Row};

const RATE: f64 = 8_000.0;
/// A packet, and what one looks at.
const FRAME: usize = 160;
/// So far from its moment may a voice come and go.
const MAX_OFF_S: f64 = 0.04;

/// Everybody's tone, by the address of the phone or carrier: the customer, the agent, the colleague, and whoever
/// is called at last.
const CUSTOMER_HZ: f64 = 419.0;
const AGENT_HZ: f64 = 593.0;
const COLLEAGUE_HZ: f64 = 1_047.0;
const OUTSIDE_HZ: f64 = 1_583.0;

#[test]
fn everybody_is_on_the_file_where_the_story_says() {
    for (who_asks, starts) in [
        ("the callee", customer_calls as fn(&mut Stage)),
        ("the caller", agent_calls),
    ] {
        let mut reel = Reel::default();
        let played = Stage::play(
            "on file",
            |s| {
                starts(s);
                reel = s.reel();
            },
            Twist::Straight,
        );
        assert!(
            played.faults.is_empty(),
            "{}\n{}",
            played.faults.join("\n"),
            played.drawing
        );
        let folder = tempfile::tempdir().unwrap();
        record(&reel, folder.path());
        is_as_told(folder.path(), who_asks);
    }
}

/// The customer has called, so the transfer is asked for by the callee.
fn customer_calls(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let carol = s.registered_phone("1003");
    let (acme, globe) = (s.carrier("acme"), s.carrier("globe"));
    acme.calls("+442079460101");
    alice.rings();
    s.wait(2);
    alice.answers();
    tell(s, [&alice, &carol, &acme, &globe]);
}

/// The agent has called, and asks for the transfer as the caller.
fn agent_calls(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let carol = s.registered_phone("1003");
    let (acme, globe) = (s.carrier("acme"), s.carrier("globe"));
    alice.calls("07700900123");
    acme.rings();
    s.wait(2);
    acme.answers();
    tell(s, [&alice, &carol, &acme, &globe]);
}

/// Pair, pause, consult, three-way, the agent leaves, the colleague resumes and hands on to the world outside.
fn tell(s: &mut Stage, [alice, carol, acme, globe]: [&crate::stage::Party; 4]) {
    s.wait(3);
    alice.presses_record("off");
    s.wait(2);
    s.gesture(Gesture::Warm {
        to: "1003".to_owned(),
    });
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

fn is_as_told(folder: &Path, who_asks: &str) {
    let recordings = Recordings::below(folder);
    let entries = recordings.list(&Wanted::default()).unwrap();
    assert_eq!(entries.len(), 1, "one file through all of it: {entries:?}");
    let found = recordings.find(&entries[0].id).unwrap();
    let wav = found.audio().pop().unwrap();
    let sum: String = Sha256::digest(fs::read(&wav).unwrap())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(found.sheet.sha256, [sum]);
    let mut reader = hound::WavReader::open(&wav).unwrap();
    let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    let side = |first: usize| -> Vec<i16> { samples.iter().skip(first).step_by(2).copied().collect() };
    let (left, right) = (side(0), side(1));
    assert_eq!(
        (left.len(), right.len()),
        (18 * 8_000, 18 * 8_000),
        "as long as the conversation"
    );
    let paused = 3 * 8_000..11 * 8_000;
    for channel in [&left, &right] {
        assert!(
            channel[paused.clone()].iter().all(|sample| *sample == 0),
            "{who_asks}: not one sample of the pause"
        );
    }
    let sounds: [Sound<'_>; 6] = [
        ("the customer, left", &left, CUSTOMER_HZ, &[0.0..3.0, 11.0..18.0]),
        ("the agent, right", &right, AGENT_HZ, &[0.0..3.0]),
        ("the colleague, right", &right, COLLEAGUE_HZ, &[11.0..14.0]),
        ("the one outside, right", &right, OUTSIDE_HZ, &[15.0..18.0]),
        ("the customer, right", &right, CUSTOMER_HZ, &[]),
        ("the agent, left", &left, AGENT_HZ, &[]),
    ];
    for (name, channel, hz, expected) in sounds {
        let heard = stretches(channel, hz);
        let fits = heard.len() == expected.len()
            && heard.iter().zip(expected).all(|(heard, expected)| {
                (heard.start - expected.start).abs() <= MAX_OFF_S
                    && (heard.end - expected.end).abs() <= MAX_OFF_S
            });
        assert!(
            fits,
            "{who_asks}: {name} is heard {heard:?}, and not {expected:?}"
        );
    }
    let drawing = draw(&found).unwrap();
    for words in [
        "paused by 1001 by the record key",
        "warm transfer by 1001 to 1003: done",
        "cold transfer by 1003",
    ] {
        assert!(drawing.contains(words), "{drawing}");
    }
}

/// Whose tone is to be heard on which channel, and from when until when, in seconds.
type Sound<'a> = (&'a str, &'a [i16], f64, &'a [Range<f64>]);

/// From when until when a tone is heard, in seconds.
fn stretches(channel: &[i16], hz: f64) -> Vec<Range<f64>> {
    let mut stretches: Vec<Range<f64>> = Vec::new();
    for (number, frame) in channel.chunks_exact(FRAME).enumerate() {
        let (from, to) = (
            (number * FRAME) as f64 / RATE,
            ((number + 1) * FRAME) as f64 / RATE,
        );
        if amplitude(frame, hz) < 2_000.0 {
            continue;
        }
        match stretches.last_mut() {
            Some(last) if last.end >= from - 1e-9 => last.end = to,
            Some(_) | None => stretches.push(from..to),
        }
    }
    stretches
}

/// Plays the reel to a real engine, in its own time, and lets a real tape thread write what comes out.
fn record(reel: &Reel, folder: &Path) {
    let limits = TapeLimits {
        last_block_grace: Duration::from_secs(20),
        ..TapeLimits::for_calls(100)
    };
    let tapes = TapeThread::start(folder.to_owned(), limits).unwrap();
    for story in reel.tapes.values() {
        tapes.keep(story.clone());
    }
    let mut room = Room {
        engine: Engine::new(Sounds::built_in()),
        outlet: ToTape(tapes.sender()),
        speakers: BTreeMap::new(),
    };
    let begin = reel.tables.first().map(|(at, ..)| *at).unwrap();
    let end = reel.tables.last().map(|(at, ..)| *at).unwrap() + Duration::from_secs(1);
    let mut tables = reel.tables.iter().peekable();
    let mut now = begin;
    while now <= end {
        while let Some((at, id, wiring)) = tables.next_if(|(at, ..)| *at <= now) {
            room.engine.wire(*at, *id, wiring, &mut room.outlet);
            room.seat(&wiring.rows);
        }
        room.speak(now);
        now = now + Duration::from_millis(20);
        // Time goes by for the engine, too, but not past a table that is still to come.
        while let Some(due) = room.engine.deadline().filter(|due| *due < now) {
            room.engine.tick(due, &mut room.outlet);
        }
    }
    tapes.finish();
}

struct Room {
    engine: Engine,
    outlet: ToTape,
    speakers: BTreeMap<LegId, Speaker>,
}

/// Somebody who says a tone without end.
struct Speaker {
    from: SocketAddr,
    hz: f64,
    row: Row,
    packets: u32,
}

impl Room {
    fn seat(&mut self, rows: &[Row]) {
        for row in rows {
            let Some(remote) = &row.port.remote else { continue };
            let fresh = || Speaker {
                from: remote.rtp,
                hz: tone_of(remote.rtp.ip()),
                row: row.clone(),
                packets: 0,
            };
            self.speakers.entry(row.leg).or_insert_with(fresh).row = row.clone();
        }
    }

    fn speak(&mut self, now: Time) {
        for (leg, speaker) in &mut self.speakers {
            let mut packet = speaker.packet();
            self.engine
                .rtp(now, *leg, speaker.from, &mut packet, &mut self.outlet);
        }
    }
}

impl Speaker {
    fn packet(&mut self) -> Vec<u8> {
        let first = self.packets * FRAME as u32;
        let remote = self.row.port.remote.as_ref().unwrap();
        let mut packet = vec![0x80, remote.payload_type];
        packet.extend((self.packets as u16).to_be_bytes());
        packet.extend(first.to_be_bytes());
        packet.extend((self.row.leg.0 as u32).to_be_bytes());
        let sample = |n: u32| (8_000.0 * (TAU * self.hz * f64::from(n) / RATE).sin()) as i16;
        packet.extend((first..first + FRAME as u32).map(|n| law::encode(remote.codec, sample(n))));
        self.packets += 1;
        packet
    }
}

fn tone_of(address: IpAddr) -> f64 {
    match address.to_string().as_str() {
        "198.51.100.201" => CUSTOMER_HZ,
        "198.51.100.202" => OUTSIDE_HZ,
        "10.0.0.101" => AGENT_HZ,
        "10.0.0.102" => COLLEAGUE_HZ,
        stranger => panic!("who is {stranger}?"),
    }
}

/// Everything but the tape is nobody's business here.
struct ToTape(TapeSender);

impl Outlet for ToTape {
    fn rtp(&mut self, _leg: LegId, _to: SocketAddr, _packet: &[u8]) {}
    fn rtcp(&mut self, _leg: LegId, _to: SocketAddr, _packet: &[u8]) {}
    fn tape(&mut self, block: &TapeBlock) {
        self.0.leave(block);
    }
    fn event(&mut self, _event: MediaEvent) {}
}
