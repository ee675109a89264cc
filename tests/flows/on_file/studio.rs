//! The studio: a story is played on the stage, everybody in it says a tone all the while, and the real engine and the
//! real tape thread record what comes of it.

#[allow(dead_code, reason = "here one only listens for tones that are known")]
#[path = "../../ears/ear.rs"]
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
use tandem::id::LegId;
use tandem::media::engine::{Engine, Outlet, Sounds, TapeBlock};
use tandem::shell::recordings::{Found, Recordings, Wanted};
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
pub const CUSTOMER_HZ: f64 = 419.0;
pub const AGENT_HZ: f64 = 593.0;
pub const COLLEAGUE_HZ: f64 = 1_047.0;
pub const OUTSIDE_HZ: f64 = 1_583.0;

/// One finished recording.
pub struct Recorded {
    /// Its sheet, and how it is found.
    pub found: Found,
    /// Its two channels.
    pub left: Vec<i16>,
    pub right: Vec<i16>,
}

/// Plays a story and records it. What lies in the folder afterwards, the oldest first.
pub fn record(story: impl Fn(&mut Stage), folder: &Path) -> Vec<Recorded> {
    let mut reel = Reel::default();
    let played = Stage::play(
        "on file",
        |s| {
            story(s);
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
    on_air(&reel, folder);
    let recordings = Recordings::below(folder);
    let mut entries = recordings.list(&Wanted::default()).unwrap();
    entries.reverse();
    let found = entries.iter().map(|entry| recordings.find(&entry.id).unwrap());
    found.map(Recorded::of).collect()
}

impl Recorded {
    fn of(found: Found) -> Recorded {
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
        Recorded { found, left, right }
    }

    /// It is so long, on both channels, and to the sample.
    pub fn lasts(&self, seconds: usize) {
        assert_eq!(
            (self.left.len(), self.right.len()),
            (seconds * 8_000, seconds * 8_000)
        );
    }

    /// There is not one sample but zeros in this stretch of seconds.
    pub fn is_zero(&self, stretch: Range<usize>) {
        for channel in [&self.left, &self.right] {
            let mut samples = channel[stretch.start * 8_000..stretch.end * 8_000].iter();
            assert!(samples.all(|sample| *sample == 0), "something in {stretch:?}");
        }
    }

    /// This tone is on the left there, in seconds, and nowhere else on it.
    pub fn on_the_left(&self, hz: f64, expected: &[Range<f64>]) {
        has(&self.left, "left", hz, expected);
    }

    /// The same on the right.
    pub fn on_the_right(&self, hz: f64, expected: &[Range<f64>]) {
        has(&self.right, "right", hz, expected);
    }
}

fn has(channel: &[i16], side: &str, hz: f64, expected: &[Range<f64>]) {
    let heard = stretches(channel, hz);
    let is_near = |heard: &Range<f64>, expected: &Range<f64>| {
        (heard.start - expected.start).abs() <= MAX_OFF_S && (heard.end - expected.end).abs() <= MAX_OFF_S
    };
    let fits = heard.len() == expected.len()
        && heard
            .iter()
            .zip(expected)
            .all(|(heard, expected)| is_near(heard, expected));
    assert!(fits, "{hz} Hz on the {side}: {heard:?}, and not {expected:?}");
}

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
fn on_air(reel: &Reel, folder: &Path) {
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
