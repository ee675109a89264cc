//! Tapes on a real disk: what stands in the files when calls are long, disks are bad and crashes come.

#![expect(
    clippy::disallowed_methods,
    reason = "real threads are watched by the real clock"
)]
#![expect(clippy::unwrap_used, reason = "a surprise ends the test, and says where")]

mod house;
mod trouble;

use house::{BLOCK_SAMPLES, House, block, ended, is_finished, limits, story, wait_until};
use serde_json::Value;
use std::fs;
use std::time::{Duration, Instant};
use tandem::call::recording::TapeStory;
use tandem::media::engine::TapeBlock;
use tandem::shell::tape_thread::TapeLimits;

#[test]
fn a_recording_is_a_wav_and_the_story_beside_it() {
    let house = House::new();
    let tapes = house.start();
    tapes.keep(story(7));
    for number in 0..10 {
        tapes.sender().leave(&block(7, number));
    }
    tapes.keep(ended(story(7), Duration::from_secs(1)));
    tapes.finish();

    let stem = "10-30-00_incoming_+4989123456_+4930555_t7";
    assert_eq!(house.files(), [format!("{stem}.json"), format!("{stem}.wav")]);
    let samples = house.audio(&format!("{stem}.wav"));
    assert_eq!(samples.len(), 8000);
    assert_eq!((samples[0], samples[7999]), ([1, -1], [10, -10]));

    let sheet = house.sheet(stem);
    assert_eq!(sheet["file"], format!("{stem}.wav"));
    assert_eq!((&sheet["rate"], &sheet["samples"]), (&8000.into(), &8000.into()));
    assert_eq!(sheet["gaps"], Value::Array(vec![]));
    assert_eq!(sheet["started"], "2026-11-22T10:30:00Z");
    assert_eq!(sheet["ended"], "2026-11-22T10:30:01Z");
    assert_eq!(sheet["parties"][0]["party"], "+4989123456");
    assert_eq!(sheet["parties"][0]["left"], Value::Null);
}

#[test]
fn only_owner_and_group_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::new();
    house.record_one_second();
    for file in house.files() {
        let mode = fs::metadata(house.day().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777 & !0o640, 0, "{mode:o}");
    }
}

#[test]
fn what_never_came_is_silence_and_a_gap() {
    let house = House::new();
    let tapes = house.start();
    tapes.keep(story(7));
    for number in [0, 1, 4, 5] {
        tapes.sender().leave(&block(7, number));
    }
    tapes.keep(ended(story(7), Duration::from_millis(800)));
    tapes.finish();

    let samples = house.audio(&house.wav());
    assert_eq!(samples.len(), 6400, "as long as the conversation");
    assert_eq!(
        (samples[1599], samples[1600], samples[3199], samples[3200]),
        ([2, -2], [0, 0], [0, 0], [5, -5])
    );
    let gaps = &house.only_sheet()["gaps"];
    assert_eq!(
        (gaps[0]["from_s"].as_f64(), gaps[0]["to_s"].as_f64()),
        (Some(0.2), Some(0.4))
    );
    assert_eq!(
        (gaps[1]["from_s"].as_f64(), gaps[1]["to_s"].as_f64()),
        (Some(0.6), Some(0.8))
    );
    assert_eq!(gaps[0]["why"], "no audio came from the media thread");
    assert_eq!(gaps.as_array().unwrap().len(), 2);
}

/// It becomes known when more of the timeline is written already, and takes its place among the other gaps.
#[test]
fn what_was_said_and_never_came_is_a_gap() {
    let house = House::new();
    let tapes = house.start();
    tapes.keep(story(7));
    for number in [0, 1, 4] {
        tapes.sender().leave(&block(7, number));
    }
    tapes.sender().leave(&TapeBlock {
        missing: Some((400, 1_200)),
        ..block(7, 5)
    });
    tapes.keep(ended(story(7), Duration::from_millis(600)));
    tapes.finish();

    let sheet = house.only_sheet();
    let gaps = sheet["gaps"].as_array().unwrap().iter();
    let gaps = gaps.map(|gap| (gap["from_s"].as_f64(), gap["to_s"].as_f64()));
    let expected = [(Some(0.05), Some(0.15)), (Some(0.2), Some(0.4))];
    assert!(gaps.eq(expected), "{sheet}");
    assert_eq!(sheet["gaps"][0]["why"], "its packets were lost, or came too late");
}

#[test]
fn late_and_overlapping_blocks_do_not_move_the_timeline() {
    let house = House::new();
    let tapes = house.start();
    tapes.keep(story(7));
    for number in [0, 2, 1, 2, 3] {
        tapes.sender().leave(&block(7, number));
    }
    tapes.sender().leave(&TapeBlock {
        position: 3 * BLOCK_SAMPLES + 400,
        ..block(7, 8)
    });
    tapes.keep(ended(story(7), Duration::from_millis(450)));
    tapes.finish();

    let samples = house.audio(&house.wav());
    let heard: Vec<i16> = [0, 800, 1600, 2400, 3199, 3200, 3599]
        .map(|at| samples[at][0])
        .to_vec();
    assert_eq!(heard, [1, 0, 3, 4, 4, 9, 9]);
    assert_eq!(samples.len(), 3600, "what was said after the end is not kept");
}

#[test]
fn it_does_not_matter_whether_the_story_or_the_sound_comes_first() {
    let house = House::new();
    let tapes = house.start();
    for number in 0..5 {
        tapes.sender().leave(&block(7, number));
    }
    std::thread::sleep(Duration::from_millis(250));
    tapes.keep(story(7));
    tapes.keep(ended(story(7), Duration::from_secs(1)));
    wait_until("the tape has its sheet", || !house.files().is_empty());
    for number in 5..10 {
        tapes.sender().leave(&block(7, number));
    }
    wait_until("the tape is finished without any more help", || {
        house.files().iter().any(|f| is_finished(f))
    });
    assert_eq!(house.audio(&house.wav())[7999], [10, -10]);
    tapes.sender().leave(&block(7, 11));
    tapes.finish();
    assert_eq!(house.files().len(), 2, "a straggler does not open a second tape");
}

#[test]
fn players_open_it_while_it_runs_and_a_crash_loses_nothing() {
    let house = House::new();
    let tapes = house.start();
    tapes.keep(story(7));
    (0..10).for_each(|number| tapes.sender().leave(&block(7, number)));
    wait_until("the header is right", || {
        house.unfinished().is_some_and(|file| house.length(&file) == 8000)
    });
    (10..15).for_each(|number| tapes.sender().leave(&block(7, number)));
    wait_until("more is written", || {
        house.bytes(&house.unfinished().unwrap()) == 44 + 12_000 * 4
    });

    // What a killed process would have left at this moment, cut in the middle of a sample.
    let after_crash = House::new();
    after_crash.copy_from(&house);
    let file = after_crash.unfinished().unwrap();
    let torn = fs::OpenOptions::new()
        .write(true)
        .open(after_crash.day().join(&file))
        .unwrap();
    torn.set_len(44 + 12_000 * 4 + 3).unwrap();
    after_crash.start().finish();

    assert!(after_crash.unfinished().is_none());
    let samples = after_crash.audio(&after_crash.wav());
    assert_eq!((samples.len(), samples[11_999]), (12_000, [15, -15]));
    let sheet = after_crash.only_sheet();
    assert_eq!(sheet["file"], after_crash.wav());
    assert_eq!(
        (&sheet["samples"], &sheet["interrupted"]),
        (&12_000.into(), &true.into())
    );
    assert_eq!(sheet["customer"], "+4989123456", "all else in the sheet stays");
    tapes.finish();
}

#[test]
fn a_recording_that_is_being_written_is_not_repaired_by_a_second_switch() {
    let house = House::new();
    let tapes = house.start();
    tapes.keep(story(7));
    tapes.sender().leave(&block(7, 0));
    wait_until("it is being written", || house.unfinished().is_some());
    house.start().finish();
    assert!(house.unfinished().is_some());
    tapes.finish();
    assert!(house.unfinished().is_none());
}

#[test]
fn a_folder_that_is_deleted_and_comes_back_costs_a_gap() {
    let house = House::new();
    let tapes = house.start();
    tapes.keep(story(7));
    tapes.sender().leave(&block(7, 0));
    wait_until("it is being written", || house.unfinished().is_some());
    fs::remove_dir_all(house.root()).unwrap();
    fs::write(house.root(), "now it cannot be made again").unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    tapes.sender().leave(&block(7, 20));
    std::thread::sleep(Duration::from_millis(500));
    fs::remove_file(house.root()).unwrap();
    wait_until("it is being written again", || house.unfinished().is_some());
    tapes.sender().leave(&block(7, 40));
    tapes.keep(ended(story(7), Duration::from_millis(4100)));
    tapes.finish();

    let samples = house.audio(&house.wav());
    assert_eq!(samples.len(), 41 * 800);
    assert_eq!(
        (samples[0], samples[31_999], samples[32_000]),
        ([0, 0], [0, 0], [41, -41])
    );
    let gaps = &house.only_sheet()["gaps"];
    assert_eq!(gaps.as_array().unwrap().len(), 1);
    assert_eq!(
        (gaps[0]["from_s"].as_f64(), gaps[0]["to_s"].as_f64()),
        (Some(0.0), Some(4.0))
    );
    assert!(
        gaps[0]["why"]
            .as_str()
            .unwrap()
            .starts_with("the disk could not be written"),
        "{gaps}"
    );
}

#[test]
fn a_disk_that_does_nothing_holds_nobody_up() {
    let house = House::new();
    // A pipe that nobody reads stands where the sheet should go: opening it never returns.
    let in_the_way = house
        .day()
        .join("10-30-00_incoming_+4989123456_+4930555_t7.json.tmp");
    fs::create_dir_all(house.day()).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &in_the_way, 0o600.into()).unwrap();
    let tapes = house.start_with(TapeLimits {
        max_waiting_blocks: 4,
        ..limits()
    });
    tapes.keep(story(7));
    let began = Instant::now();
    for number in 0..30 {
        tapes.sender().leave(&block(7, number));
        std::thread::sleep(Duration::from_millis(10));
    }
    tapes.keep(story(7));
    assert!(began.elapsed() < Duration::from_secs(5));

    let reader = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&in_the_way)
        .unwrap();
    tapes.keep(ended(story(7), Duration::from_secs(3)));
    wait_until("the disk works again", || {
        tapes.sender().leave(&block(7, 29));
        house
            .unfinished()
            .is_none_or(|file| house.bytes(&file) == 44 + 24_000 * 4)
    });
    tapes.finish();
    drop(reader);
    assert_eq!(house.audio(&house.wav()).len(), 24_000);
    let gaps = house.only_sheet()["gaps"].clone();
    assert!(
        gaps[0]["why"]
            .as_str()
            .unwrap()
            .starts_with("the disk was too slow"),
        "{gaps}"
    );
}

#[test]
fn a_tape_that_is_too_long_for_one_file_goes_on_in_the_next() {
    let house = House::new();
    let tapes = house.start_with(TapeLimits {
        max_part_bytes: 10_000 * 4,
        ..limits()
    });
    tapes.keep(story(7));
    for number in (0..15).chain(30..32) {
        tapes.sender().leave(&block(7, number));
    }
    tapes.keep(ended(story(7), Duration::from_millis(3200)));
    tapes.finish();

    let sheet = house.only_sheet();
    let first = sheet["file"].as_str().unwrap();
    let further: Vec<&str> = sheet["further_files"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(further.len(), 2);
    assert!(
        further[0].ends_with("_t7_2.wav") && further[1].ends_with("_t7_3.wav"),
        "{further:?}"
    );
    assert_eq!(sheet["samples"], 25_600);
    let parts: Vec<_> = [first, further[0], further[1]]
        .iter()
        .map(|file| house.audio(file))
        .collect();
    assert_eq!(
        parts.iter().map(Vec::len).collect::<Vec<_>>(),
        [10_000, 10_000, 5_600]
    );
    assert_eq!(
        (parts[0][9_999], parts[1][0], parts[1][2_000]),
        ([13, -13], [13, -13], [0, 0])
    );
    assert_eq!((parts[2][3_999], parts[2][4_000]), ([0, 0], [31, -31]));
}

#[test]
fn no_number_leads_out_of_the_directory() {
    let house = House::new();
    let tapes = house.start();
    let evil = TapeStory {
        customer: "../../../../tmp/\0x\n;rm -rf".to_owned(),
        our_number: "..".to_owned(),
        ..story(7)
    };
    tapes.keep(TapeStory {
        direction: "/etc/passwd".to_owned(),
        ..ended(evil, Duration::from_millis(100))
    });
    let nobody = TapeStory {
        customer: String::new(),
        ..story(8)
    };
    tapes.keep(ended(nobody, Duration::from_millis(100)));
    let endless = TapeStory {
        customer: "9".repeat(5000),
        ..story(9)
    };
    tapes.keep(ended(endless, Duration::from_millis(100)));
    tapes.finish();

    let files = house.files();
    assert_eq!(files.len(), 6, "{files:?}");
    assert!(
        files.contains(&"10-30-00_incoming_unknown_+4930555_t8.wav".to_owned()),
        "{files:?}"
    );
    let harmless = |c: char| c.is_ascii_alphanumeric() || "+-_.".contains(c);
    assert!(
        files
            .iter()
            .all(|file| file.len() < 150 && file.chars().all(harmless)),
        "{files:?}"
    );
}

#[test]
fn no_recording_is_ever_overwritten() {
    let house = House::new();
    house.record_one_second();
    house.record_one_second();
    assert_eq!(
        house.files().iter().filter(|file| is_finished(file)).count(),
        2,
        "{:?}",
        house.files()
    );
}

#[test]
fn a_call_without_any_sound_is_a_silent_tape() {
    let house = House::new();
    let tapes = house.start();
    tapes.keep(story(7));
    tapes.keep(ended(story(7), Duration::from_secs(2)));
    tapes.finish();
    assert!(house.audio(&house.wav()).iter().all(|sample| *sample == [0, 0]));
    assert_eq!(house.only_sheet()["samples"], 16_000);
}
