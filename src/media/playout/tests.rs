use super::*;
use crate::media::sound::Sound;
use std::time::Duration;

const LOUD: i16 = 32_124;

/// 10 s after the epoch, and some milliseconds.
fn at(ms: u64) -> Time {
    Time::EPOCH + Duration::from_millis(10_000 + ms)
}

fn say(playout: &mut Playout, ms: u64, number: u32) {
    let sound = Sound {
        narrow: vec![LOUD; 160],
        wide: vec![LOUD; 320],
    };
    let speech = Speech {
        generation: 1,
        timestamp: 160 * number,
        ticks: 160,
        missing: 0,
        begins: false,
        sound: &sound,
    };
    playout.hear(at(ms), &speech);
}

fn is_loud(playout: &Playout) -> Vec<bool> {
    playout
        .frame
        .iter()
        .map(|sample| sample.unsigned_abs() > 30_000)
        .collect()
}

/// A speaker whose packet `n` arrives at 20 (n + 1) ms and this much later; ticks at 3 ms past. Returns after
/// each tick how many of its samples were heard, and the delay in samples.
fn speak(packets: u32, late: impl Fn(u32) -> u64) -> Vec<(usize, i64)> {
    let mut playout = Playout::new(at(0), LegId(1), Rate::Narrow, at(0), None);
    let mut arrivals: Vec<(u64, u32)> = (0..packets)
        .map(|n| (20 * u64::from(n + 1) + late(n), n))
        .collect();
    arrivals.sort_unstable();
    let mut arrivals = arrivals.into_iter().peekable();
    let mut course = vec![];
    for tick in 0..u64::from(packets) + 10 {
        let ms = 20 * tick + 3;
        while let Some((arrival, n)) = arrivals.next_if(|(arrival, _)| *arrival <= ms) {
            say(&mut playout, arrival, n);
        }
        playout.advance(at(ms));
        let loud = is_loud(&playout).into_iter().filter(|loud| *loud).count();
        course.push((loud, playout.ticked - playout.read as i64));
    }
    course
}

#[test]
fn on_a_quiet_network_nothing_is_missing_and_the_delay_is_less_than_a_frame_and_a_bit() {
    let course = speak(200, |_| 0);
    assert!(course[3..198].iter().all(|(loud, _)| *loud == FRAME_TICKS));
    assert!(course[10..198].iter().all(|(_, delay)| (0..=200).contains(delay)));
    let first = course.iter().position(|(loud, _)| *loud > 0).unwrap();
    assert!(first <= 2, "heard with the tick after the first packet");
}

#[test]
fn jitter_makes_the_delay_as_long_as_it_must_be_and_no_longer() {
    let course = speak(800, |n| if n % 7 == 3 { 45 } else { 0 });
    assert!(
        course[20..790].iter().all(|(loud, _)| *loud == FRAME_TICKS),
        "nothing comes too late any more"
    );
    assert!(
        course[100..790]
            .iter()
            .all(|(_, delay)| (360..=560).contains(delay))
    );
}

#[test]
fn after_the_jitter_the_delay_goes_back_without_a_gap() {
    let course = speak(1_500, |n| if n < 200 && n % 5 == 0 { 60 } else { 0 });
    assert!(course[150].1 > 480);
    assert!(course[1_400].1 <= 200, "{:?}", course[1_400]);
    assert!(course[250..1_490].iter().all(|(loud, _)| *loud == FRAME_TICKS));
}

#[test]
fn a_packet_that_is_never_waited_for_does_not_make_everybody_wait() {
    let course = speak(400, |n| if n == 100 { 400 } else { 0 });
    assert!(
        course[3..]
            .iter()
            .all(|(_, delay)| *delay <= MAX_DELAY_TICKS + FRAME)
    );
}

#[test]
fn a_lost_packet_is_concealed() {
    let mut playout = Playout::new(at(0), LegId(1), Rate::Narrow, at(0), None);
    let mut quiet = 0;
    for n in 0..100_u32 {
        if n != 50 {
            say(&mut playout, 20 * u64::from(n + 1), n);
        }
        playout.advance(at(20 * u64::from(n + 1) + 3));
        if n > 3 {
            quiet += is_loud(&playout).into_iter().filter(|loud| !loud).count();
        }
    }
    assert!(
        quiet < 100,
        "the repetition of a sound that stands is that sound, until it fades: {quiet}"
    );
}

#[test]
fn what_was_said_before_one_may_listen_is_in_no_mix() {
    let mut playout = Playout::new(at(0), LegId(1), Rate::Narrow, at(0), None);
    for n in 0..10_u32 {
        say(&mut playout, 20 * u64::from(n + 1), n);
        playout.advance(at(20 * u64::from(n + 1) + 3));
    }
    let heard_since = |ms: u64| {
        let mut mix = [0; FRAME_TICKS];
        playout.add_to(&mut mix, at(ms));
        mix.iter().filter(|sample| **sample != 0).count()
    };
    assert_eq!(heard_since(0), FRAME_TICKS);
    assert_eq!(heard_since(200), 0);
    let since =
        |samples: u64| at(0) + Duration::from_micros((playout.frame_at + samples - position(at(0))) * 125);
    let mut mix = [0; FRAME_TICKS];
    playout.add_to(&mut mix, since(80));
    assert!(mix[..80].iter().all(|sample| *sample == 0) && mix[80..].iter().all(|sample| *sample != 0));
}

#[test]
fn the_rest_is_what_has_arrived_and_was_not_heard() {
    let mut playout = Playout::new(at(0), LegId(1), Rate::Narrow, at(0), None);
    for n in 0..10_u32 {
        say(&mut playout, 20 * u64::from(n + 1), n);
        playout.advance(at(20 * u64::from(n + 1) + 3));
    }
    say(&mut playout, 220, 10);
    let rest = playout.rest();
    assert!((160..=400).contains(&rest.len()), "{}", rest.len());
    assert!(rest.iter().all(|sample| sample.unsigned_abs() > 30_000));
    assert!(playout.rest().is_empty());
}
