//! Prefixes that choose what is shown, before a number that an agent dials by keys, behind a code.

use crate::identity::{SALES, numbers};
use crate::stage::{Party, Stage};
use tandem::config::Config;

/// A customer who has called Sales is with Alice, who may choose what her transfers show.
fn talking(s: &mut Stage, change: impl FnOnce(&mut Config)) -> (Party, Party, Party) {
    s.configure(|house| {
        numbers(house);
        change(house);
    });
    s.has_codes();
    let (acme, alice) = (s.carrier("acme"), s.registered_phone("1001"));
    let globe = s.carrier("globe");
    acme.calls(SALES);
    alice.rings();
    alice.answers();
    s.wait(2);
    (alice, acme, globe)
}

/// `*3` brings three together and `*1` hands on, except where they stand in a prefix.
pub fn handed_on_with_a_number_of_choice(s: &mut Stage) {
    let (alice, acme, globe) = talking(s, |_| {});
    alice.dials("*1*31*1*");
    acme.hears("music");
    alice.dials("0015550123#");
    globe.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "\"Radio Sales\" <sip:+442079460101@192.0.2.1>",
    );
    globe.answers();
    acme.hears("globe");
    s.wait(2);
    acme.hangs_up();
}

/// `#` is the end of a number, and in a prefix a key like others; without one a number ends by a pause.
pub fn asked_with_no_number_at_all(s: &mut Stage) {
    let (alice, acme, globe) = talking(s, |house| {
        house.trunks.get_mut("globe").unwrap().identity.takes_withheld = true;
    });
    alice.dials("*2*31#0015550123");
    alice.hears("–");
    s.wait(4);
    globe.is_told_by("INVITE", "Privacy", "id");
    globe.answers();
    alice.hears("globe");
    acme.hears("music");
    alice.dials("*5");
    acme.hears("1001");
    s.wait(1);
    acme.hangs_up();
}

/// A second number cannot be dialled while a colleague is being asked: she hears so, and if she dials on all the same,
/// `*3` in the prefix of that number brings nobody together. A code behind it is one again.
pub fn second_consult(s: &mut Stage) {
    let (alice, acme, globe) = talking(s, |_| {});
    alice.dials("*20015550123#");
    globe.answers();
    alice.hears("globe");
    alice.dials("*2");
    alice.hears("error tone");
    alice.dials("*31*1*02079460999");
    alice.hears("globe");
    acme.hears("music");
    s.wait(5);
    alice.dials("*3");
    acme.hears("1001 + globe");
    s.wait(1);
    acme.hangs_up();
    globe.hangs_up();
}

/// What she may not show is refused: she hears it, and the customer waits on until she dials again.
pub fn number_that_may_not_be_shown(s: &mut Stage) {
    let (alice, acme, globe) = talking(s, |house| {
        house.extensions.get_mut("1001").unwrap().choice.allowed.clear();
    });
    alice.dials("*1*31*2*0015550123#");
    alice.hears("error tone");
    acme.hears("music");
    globe.never_sees("INVITE");
    alice.dials("*5");
    acme.hears("1001");
    s.wait(1);
    acme.hangs_up();
}

/// A prefix chooses nothing for a colleague, who is shown the agent.
pub fn colleague_behind_a_prefix(s: &mut Stage) {
    let (alice, acme, _globe) = talking(s, |_| {});
    let carol = s.registered_phone("1003");
    alice.dials("*2*31*1*1003#");
    carol.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "\"Alice\" <sip:1001@tandem.example>",
    );
    carol.answers();
    alice.hears("1003");
    alice.dials("*3");
    acme.hears("1001 + 1003");
    s.wait(1);
    acme.hangs_up();
    carol.hangs_up();
}

/// Before, within and behind a prefix the agent may think better of it; within one, only by waiting for its end.
pub fn thinks_better_of_it(s: &mut Stage) {
    let (alice, acme, globe) = talking(s, |_| {});
    alice.dials("*1*31*1*00155");
    alice.dials("*5");
    acme.hears("1001");
    alice.dials("*1*31");
    s.wait(4);
    alice.hears("error tone");
    alice.dials("*5");
    acme.hears("1001");
    alice.dials("*1*5");
    acme.hears("1001");
    globe.never_sees("INVITE");
    s.wait(1);
    acme.hangs_up();
}

/// What is for three is no code while a number is dialled, and no number either.
pub fn codes_for_three_are_no_number(s: &mut Stage) {
    let (alice, acme, globe) = talking(s, |_| {});
    for keys in ["*1*3", "*2*6#", "*14*3"] {
        alice.dials(keys);
        s.wait(5);
        alice.hears("error tone");
        acme.hears("music");
    }
    globe.never_sees("INVITE");
    alice.dials("*5");
    acme.hears("1001");
    s.wait(1);
    acme.hangs_up();
}
