//! What people are told when the disk will not, and what is in the files then.

use crate::house::{House, block, ended, limits, story, wait_until};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tandem::shell::tape_thread::TapeLimits;
use tracing_subscriber::fmt::MakeWriter;

/// Everything that was logged by anybody.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Paper {
    type Writer = Paper;
    fn make_writer(&'a self) -> Paper {
        self.clone()
    }
}

/// The lines of the log that speak of this house.
fn told(house: &House, words: &str) -> usize {
    let all = String::from_utf8_lossy(&paper().0.lock().unwrap()).into_owned();
    let root = house.root().display().to_string();
    all.lines()
        .filter(|line| line.contains(&root) && line.contains(words))
        .count()
}

fn paper() -> &'static Paper {
    static PAPER: OnceLock<Paper> = OnceLock::new();
    PAPER.get_or_init(|| {
        let paper = Paper::default();
        tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(paper.clone())
            .init();
        paper
    })
}

/// No room for the sheet (a device that is always full stands in its way), then no folder at all: one word about it,
/// however many blocks come; and when there is room again all is there but the gap.
#[test]
fn a_full_disk_is_told_once_and_recording_goes_on_when_there_is_room() {
    paper();
    let house = House::new();
    let in_the_way = house
        .day()
        .join("10-30-00_incoming_+4989123456_+4930555_t7.json.tmp");
    fs::create_dir_all(house.day()).unwrap();
    symlink("/dev/full", &in_the_way).unwrap();
    let tapes = house.start();
    tapes.keep(story(7));
    for number in 0..20 {
        tapes.sender().leave(&block(7, number));
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(told(&house, "this call is not being recorded"), 1);
    let written = house.unfinished().map(|file| house.length(&file));
    assert!(
        written.is_some_and(|samples| samples >= 8_000),
        "the audio has its own way: {written:?}"
    );
    fs::remove_file(&in_the_way).unwrap();
    wait_until("there is room for the sheet", || {
        !house.files().iter().all(|file| file.ends_with(".wav"))
    });
    tapes.keep(ended(story(7), Duration::from_secs(2)));
    tapes.finish();
    assert_eq!(house.audio(&house.wav()).len(), 16_000);
    assert_eq!(house.only_sheet()["gaps"].as_array().unwrap().len(), 0);
}

#[test]
fn the_files_have_the_permissions_that_ops_want() {
    let house = House::new();
    let tapes = house.start_with(TapeLimits {
        mode: 0o600,
        ..limits()
    });
    tapes.keep(ended(story(7), Duration::from_millis(100)));
    tapes.finish();
    assert_eq!(house.files().len(), 2);
    for file in house.files() {
        let mode = fs::metadata(house.day().join(&file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn whoever_has_the_sheet_can_tell_whether_the_audio_is_still_what_it_was() {
    let house = House::new();
    house.record_one_second();
    let audio = fs::read(house.day().join(house.wav())).unwrap();
    let sum: String = Sha256::digest(&audio)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(house.only_sheet()["sha256"], serde_json::json!([sum]));
}
