//! A house with a recordings directory, and what is recorded there.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tandem::call::recording::{TapeParty, TapeStory, Timeline};
use tandem::id::{ConversationId, TapeId};
use tandem::media::engine::TapeBlock;
use tandem::shell::tape_thread::{TapeLimits, TapeThread};
use tandem::time::Time;

/// 2026-11-22 10:30:00 UTC.
const STARTED: Time = Time::from_micros(1_795_343_400_000_000);
const DAY: &str = "2026-11-22";
pub(crate) const BLOCK_SAMPLES: u64 = 800;

/// A recordings directory that is not there yet.
pub(crate) struct House(tempfile::TempDir);

impl House {
    pub(crate) fn new() -> House {
        House(tempfile::tempdir().unwrap())
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.0.path().join("recordings")
    }

    pub(crate) fn day(&self) -> PathBuf {
        self.root().join(DAY)
    }

    pub(crate) fn start(&self) -> TapeThread {
        self.start_with(limits())
    }

    pub(crate) fn start_with(&self, limits: TapeLimits) -> TapeThread {
        TapeThread::start(self.root(), limits).unwrap()
    }

    pub(crate) fn record_one_second(&self) {
        let tapes = self.start();
        tapes.keep(story(7));
        (0..10).for_each(|number| tapes.sender().leave(&block(7, number)));
        tapes.keep(ended(story(7), Duration::from_secs(1)));
        tapes.finish();
    }

    pub(crate) fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.day()).into_iter().flatten().flatten();
        let mut names: Vec<String> = names
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        names.retain(|name| !name.ends_with(".tmp"));
        names.sort();
        names
    }

    pub(crate) fn wav(&self) -> String {
        self.files().into_iter().find(|file| is_finished(file)).unwrap()
    }

    pub(crate) fn unfinished(&self) -> Option<String> {
        self.files().into_iter().find(|file| file.ends_with(".part.wav"))
    }

    pub(crate) fn bytes(&self, file: &str) -> u64 {
        fs::metadata(self.day().join(file)).unwrap().len()
    }

    pub(crate) fn length(&self, file: &str) -> u32 {
        hound::WavReader::open(self.day().join(file)).map_or(0, |reader| reader.duration())
    }

    pub(crate) fn audio(&self, file: &str) -> Vec<[i16; 2]> {
        let mut reader = hound::WavReader::open(self.day().join(file)).unwrap();
        assert_eq!((reader.spec().channels, reader.spec().sample_rate), (2, 8000));
        let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        samples.chunks(2).map(|pair| [pair[0], pair[1]]).collect()
    }

    pub(crate) fn sheet(&self, stem: &str) -> Value {
        serde_json::from_slice(&fs::read(self.day().join(format!("{stem}.json"))).unwrap()).unwrap()
    }

    pub(crate) fn only_sheet(&self) -> Value {
        let files = self.files();
        let sheets: Vec<&str> = files
            .iter()
            .filter_map(|file| file.strip_suffix(".json"))
            .collect();
        assert_eq!(sheets.len(), 1);
        self.sheet(sheets[0])
    }

    pub(crate) fn copy_from(&self, other: &House) {
        fs::create_dir_all(self.day()).unwrap();
        for file in other.files() {
            fs::copy(other.day().join(&file), self.day().join(&file)).unwrap();
        }
    }
}

pub(crate) fn is_finished(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|ending| ending == "wav") && !file.ends_with(".part.wav")
}

pub(crate) fn limits() -> TapeLimits {
    TapeLimits {
        last_block_grace: Duration::from_secs(20),
        ..TapeLimits::for_calls(10)
    }
}

/// 100 ms in which the left ear hears the number of the block, counted from 1, and the right ear its
/// opposite.
pub(crate) fn block(tape: u64, number: u64) -> TapeBlock {
    let level = i16::try_from(number + 1).unwrap();
    TapeBlock {
        tape: TapeId(tape),
        rate: 8000,
        position: number * BLOCK_SAMPLES,
        length: 800,
        samples: [[level, -level]; TapeBlock::CAPACITY],
        missing: None,
    }
}

pub(crate) fn story(tape: u64) -> TapeStory {
    let customer = TapeParty {
        party: "+4989123456".to_owned(),
        name: String::new(),
        trunk: Some("acme".to_owned()),
        channel: "left".to_owned(),
        joined: STARTED,
        left: None,
        direction: "called us".to_owned(),
        shown: None,
        codecs: Vec::new(),
        stranger: None,
    };
    TapeStory {
        tape: TapeId(tape),
        conversation: ConversationId(3),
        direction: "incoming".to_owned(),
        started: STARTED,
        ended: None,
        reason: None,
        customer: "+4989123456".to_owned(),
        our_number: "+4930555".to_owned(),
        policy: "recording.incoming".to_owned(),
        parties: vec![customer],
        timeline: Timeline::default(),
    }
}

pub(crate) fn ended(story: TapeStory, after: Duration) -> TapeStory {
    TapeStory {
        ended: Some(STARTED + after),
        ..story
    }
}

pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(
            began.elapsed() < Duration::from_secs(15),
            "waited in vain until {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}
