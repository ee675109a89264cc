//! Music on hold, to the sample: in the held one's ear, for as long as it is held, and nowhere else.

use crate::ear::amplitude;
use crate::room::{MUSIC_HZ, Room, people};
use tandem::wiring::Voice;

/// Windows of 10 ms, in which neither tone completes a beat with the other.
const WINDOW: usize = 80;

#[test]
fn music_plays_only_inside_the_hold_and_never_over_speech_nor_to_the_holder() {
    let mut room = Room::new();
    let [customer, agent, _] = people();
    let mut both = [customer.clone(), agent.clone()];
    let talk = [customer.row(&[agent.voice()]), agent.row(&[customer.voice()])];
    room.wire(&talk, None);
    room.talk(&mut both, 1_007);
    room.wire(&[customer.row(&[Voice::Music]), agent.row(&[])], None);
    room.talk(&mut both, 2_003);
    room.wire(&talk, None);
    room.talk(&mut both, 1_000);

    let held = room.heard_by(&customer);
    let loud = |hz: f64| -> Vec<bool> {
        held.chunks_exact(WINDOW)
            .map(|window| amplitude(window, hz) > 3_000.0)
            .collect()
    };
    let (music, speech) = (loud(MUSIC_HZ), loud(agent.hz));
    let both_at_once = music
        .iter()
        .zip(&speech)
        .filter(|(music, speech)| **music && **speech);
    assert_eq!(both_at_once.count(), 0, "never over speech");
    let first = music.iter().position(|on| *on).unwrap() * 10;
    let last = music.iter().rposition(|on| *on).unwrap() * 10;
    assert!((960..=1_060).contains(&first), "it begins at {first} ms");
    assert!((2_940..=3_040).contains(&last), "it ends at {last} ms");
    let after = speech.iter().skip(last / 10).position(|on| *on).unwrap();
    assert!(after <= 5, "speech is back within 50 ms");

    let in_holders_ear = amplitude(&room.heard_by(&agent), MUSIC_HZ);
    assert!(in_holders_ear < 20.0, "{in_holders_ear}");
}
