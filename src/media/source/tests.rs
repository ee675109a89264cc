use super::*;

fn at(ms: u64) -> Time {
    Time::EPOCH + Duration::from_millis(1_000 + ms)
}

fn header(ssrc: u32, sequence: u16, timestamp: u32) -> Header {
    Header {
        marker: false,
        payload_type: 0,
        sequence,
        timestamp,
        ssrc,
    }
}

/// Which count it is of, and its number there.
fn numbers(place: Place) -> (u32, u32) {
    (place.generation, place.sequence)
}

/// A source that has spoken `packets` packets of 20 ms, the first with number `first`.
fn speaking(first: u16, packets: u16) -> Source {
    let mut source = Source::default();
    for n in 0..packets {
        let heard = source.take(
            at(20 * u64::from(n)),
            &header(1, first.wrapping_add(n), 160 * u32::from(n)),
            Some(160),
        );
        assert!(heard.is_some());
    }
    source
}

#[test]
fn numbers_keep_growing_through_the_wrap() {
    let mut source = speaking(0xFFFD, 3);
    let wrapped = source.take(at(60), &header(1, 0, 480), Some(160)).unwrap();
    assert_eq!(numbers(wrapped), (1, 0x2_0000));
    assert_eq!(source.lost(), 0);
}

#[test]
fn a_duplicate_is_not_heard_twice_and_a_late_packet_is_heard_once() {
    let mut source = speaking(10, 3);
    assert_eq!(source.take(at(60), &header(1, 12, 320), Some(160)), None);
    assert!(source.take(at(80), &header(1, 14, 640), Some(160)).is_some());
    assert_eq!(source.lost(), 1);
    let late = source.take(at(81), &header(1, 13, 480), Some(160)).unwrap();
    assert_eq!(late.sequence, 0x1_0000 + 13);
    assert_eq!(source.lost(), 0);
    assert_eq!(source.take(at(82), &header(1, 13, 480), Some(160)), None);
}

#[test]
fn one_packet_in_ten_lost_is_reported_as_such() {
    let mut source = Source::default();
    for n in (0..1_000_u16).filter(|n| n % 10 != 5) {
        source.take(
            at(20 * u64::from(n)),
            &header(1, n, 160 * u32::from(n)),
            Some(160),
        );
    }
    assert_eq!(source.lost(), 100);
    let report = source.report().unwrap();
    assert_eq!(
        (report.fraction_lost, report.lost, report.highest),
        (25, 100, 999)
    );
    assert_eq!(
        source.report().unwrap().fraction_lost,
        0,
        "the next report covers the time since this one"
    );
}

#[test]
fn a_new_source_starts_a_new_count_and_its_predecessor_may_straggle() {
    let mut source = speaking(10, 3);
    let new = source.take(at(60), &header(2, 500, 9), Some(160)).unwrap();
    assert_eq!(numbers(new), (2, 0x1_0000 + 500));
    assert_eq!(source.take(at(61), &header(1, 13, 480), Some(160)), None);
    let back = source
        .take(at(60 + STRAGGLERS_MS), &header(1, 30, 480), Some(160))
        .unwrap();
    assert_eq!(back.generation, 3);
}

#[test]
fn a_restart_must_be_confirmed_by_a_second_packet() {
    let mut source = speaking(10, 3);
    assert_eq!(source.take(at(60), &header(1, 40_000, 5), Some(160)), None);
    assert!(
        source.take(at(61), &header(1, 13, 480), Some(160)).is_some(),
        "a lone stray changes nothing"
    );
    assert_eq!(source.take(at(80), &header(1, 40_001, 165), Some(160)), None);
    let again = source.take(at(100), &header(1, 40_002, 325), Some(160)).unwrap();
    assert_eq!(numbers(again), (2, 0x1_0000 + 40_002));
}

#[test]
fn a_timestamp_that_fits_neither_clock_nor_sequence_starts_a_new_count() {
    let mut source = speaking(10, 3);
    let jumped = source.take(at(60), &header(1, 13, 5_000_000), Some(160)).unwrap();
    assert_eq!(jumped.generation, 2);
    let next = source.take(at(80), &header(1, 14, 5_000_160), Some(160)).unwrap();
    assert_eq!(next.generation, 2);
}

#[test]
fn silence_suppression_and_outages_are_no_jumps() {
    let mut source = speaking(10, 3);
    let after_silence = source
        .take(at(10_060), &header(1, 13, 80_480), Some(160))
        .unwrap();
    assert_eq!(after_silence.generation, 1);
    let after_outage = source
        .take(at(20_060), &header(1, 14, 80_640), Some(160))
        .unwrap();
    assert_eq!(after_outage.generation, 1);
}

#[test]
fn events_leave_the_clock_alone() {
    let mut source = speaking(10, 3);
    for n in 0..50 {
        assert!(
            source
                .take(at(60 + 20 * u64::from(n)), &header(1, 13 + n, 480), None)
                .is_some()
        );
    }
    let voice = source.take(at(1_060), &header(1, 63, 8_480), Some(160)).unwrap();
    assert_eq!(voice.generation, 1);
    assert_eq!(source.jitter_us(), 0);
}

#[test]
fn jitter_is_smoothed_as_the_rfc_says() {
    let mut source = Source::default();
    for n in 0..500_u16 {
        let wobble = if n % 2 == 0 { 0 } else { 5 };
        source.take(
            at(20 * u64::from(n) + wobble),
            &header(1, n, 160 * u32::from(n)),
            Some(160),
        );
    }
    let jitter = source.jitter_us();
    assert!(
        (4_500..=5_500).contains(&jitter),
        "every other packet 5 ms late: {jitter} µs"
    );
}

/// A source whose timestamps step by `written` where 160 ticks are said, in packets of 20 ms that come with some jitter:
/// the steps by which it is understood.
fn steps_of(source: &mut Source, first: u16, written: u32, packets: u16) -> Vec<u32> {
    let timestamps: Vec<u32> = (first..first + packets)
        .filter_map(|n| {
            let wobble = u64::from(n) * 7_919 % 13;
            let header = header(1, n, u32::from(n - first).wrapping_mul(written));
            source.take(at(20 * u64::from(n) + wobble), &header, Some(160))
        })
        .map(|place| place.timestamp)
        .collect();
    timestamps
        .windows(2)
        .map(|two| two[1].wrapping_sub(two[0]))
        .collect()
}

#[test]
fn timestamps_that_never_agree_with_what_is_said_do_not_count() {
    for written in [320, 80, 0, 1, 640] {
        let steps = steps_of(&mut Source::default(), 1, written, 100);
        assert!(steps[3..].iter().all(|step| *step == 160), "{written}: {steps:?}");
    }
}

#[test]
fn timestamps_that_were_right_once_are_believed_for_a_while() {
    let mut source = Source::default();
    assert_eq!(steps_of(&mut source, 1, 160, 50), [160; 49]);
    let wrong = steps_of(&mut source, 51, 320, 50);
    assert!(wrong[30..].iter().all(|step| *step == 160), "{wrong:?}");
    let right = steps_of(&mut source, 101, 160, 50);
    assert!(right[1..].iter().all(|step| *step == 160), "{right:?}");
}

/// RFC 3550 §8.2: two who live side by side are two, and what is no speech ends none.
#[test]
fn keys_of_another_source_leave_the_speech_alone() {
    let mut source = speaking(10, 3);
    for n in 0..10_u16 {
        let key = source
            .take(at(60 + 20 * u64::from(n)), &header(2, 500 + n, 9), None)
            .unwrap();
        assert!(key.is_aside);
        let next = header(1, 13 + n, 480 + 160 * u32::from(n));
        let speech = source.take(at(61 + 20 * u64::from(n)), &next, Some(160)).unwrap();
        assert_eq!(
            (numbers(speech), speech.is_aside),
            ((1, 0x1_0000 + 13 + u32::from(n)), false)
        );
    }
    assert_eq!(source.lost(), 0);
}

#[test]
fn keys_that_come_before_the_first_word_have_its_source() {
    let mut source = Source::default();
    let key = source.take(at(0), &header(1, 10, 0), None).unwrap();
    assert!(key.is_aside);
    let speech = source.take(at(20), &header(1, 11, 160), Some(160)).unwrap();
    assert_eq!(
        (speech.generation, speech.sequence, speech.is_aside),
        (1, 0x1_0000 + 11, false)
    );
    assert!(!source.take(at(40), &header(1, 12, 320), None).unwrap().is_aside);
}

/// While the new one speaks the old one stays out, however long it goes on.
#[test]
fn of_two_who_speak_at_once_one_is_heard() {
    let mut source = speaking(10, 3);
    let mut heard = vec![];
    for n in 0..100_u16 {
        let moment = at(60 + 20 * u64::from(n));
        for (ssrc, first) in [(2, 500), (1, 13)] {
            let header = header(ssrc, first + n, 160 * u32::from(n));
            heard.extend(source.take(moment, &header, Some(160)).map(|_| ssrc));
        }
    }
    assert_eq!(heard, [2; 100]);
}
