//! Whose number the world outside sees of calls that are handed on or forwarded to it (row I4).

use crate::identity::{MAIN, SALES, house, numbers};
use crate::stage::{Party, Stage, cold, warm};
use tandem::call::gesture::Gesture;
use tandem::config::valid::{ForwardedField, TransferShows};

/// A customer who has called the main number is with Bob, and is sent to the world over another carrier.
fn customer_with_bob(s: &mut Stage, shows: TransferShows) -> (Party, Party, Party) {
    s.configure(|house| {
        numbers(house);
        house.transfer.shows = shows;
    });
    let (acme, bob) = (s.carrier("acme"), s.registered_phone("1002"));
    acme.calls(MAIN);
    bob.rings();
    bob.answers();
    (acme, bob, s.carrier("globe"))
}

fn goes_cold(s: &mut Stage, acme: &Party, globe: &Party) {
    s.gesture(cold("0015550123"));
    globe.rings();
    globe.answers();
    acme.hears("globe");
    s.wait(5);
    acme.hangs_up();
}

pub fn transfer_shows_the_house(s: &mut Stage) {
    let (acme, _bob, globe) = customer_with_bob(s, TransferShows::House);
    goes_cold(s, &acme, &globe);
    globe.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "\"Reliable Radios\" <sip:+442079460100@192.0.2.1>",
    );
    globe.is_told_by("INVITE", "Diversion", "");
}

pub fn transfer_shows_the_agent(s: &mut Stage) {
    let (acme, _bob, globe) = customer_with_bob(s, TransferShows::Agent);
    goes_cold(s, &acme, &globe);
    globe.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "\"Radio Sales\" <sip:+442079460101@192.0.2.1>",
    );
    globe.is_told_by("INVITE", "Diversion", "");
}

/// The carrier is told by whom, in both of the fields, once in each.
pub fn transfer_shows_the_customer(s: &mut Stage) {
    let (acme, _bob, globe) = customer_with_bob(s, TransferShows::Customer);
    goes_cold(s, &acme, &globe);
    globe.is_told_by("INVITE", "P-Asserted-Identity", "<sip:+447700900123@192.0.2.1>");
    globe.is_told_by(
        "INVITE",
        "Diversion",
        "<sip:+442079460100@192.0.2.1>;reason=unconditional;counter=1",
    );
    globe.is_told_by(
        "INVITE",
        "History-Info",
        "<sip:+442079460100@192.0.2.1?Reason=SIP%3Bcause%3D302>;index=1, \
         <sip:+15550123@192.0.2.1;cause=302>;index=1.1;mp=1",
    );
}

/// A carrier that is not told by whom a call is sent on would refuse somebody else's number.
pub fn customer_cannot_be_shown(s: &mut Stage) {
    s.configure(|house| house.trunks.get_mut("globe").unwrap().identity.forwarded = ForwardedField::Nothing);
    let (acme, _bob, globe) = customer_with_bob(s, TransferShows::Customer);
    goes_cold(s, &acme, &globe);
    globe.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "\"Reliable Radios\" <sip:+442079460100@192.0.2.1>",
    );
}

/// Who is asked first is shown the same as who is handed the call at once.
pub fn warm_transfer_shows_the_same(s: &mut Stage) {
    let (acme, bob, globe) = customer_with_bob(s, TransferShows::Customer);
    s.gesture(warm("0015550123"));
    globe.is_told_by("INVITE", "P-Asserted-Identity", "<sip:+447700900123@192.0.2.1>");
    globe.rings();
    globe.answers();
    bob.hears("globe");
    s.gesture(Gesture::Complete);
    acme.hears("globe");
    s.wait(5);
    globe.hangs_up();
}

/// A prefix before the number chooses for a transfer, too; what may not be is refused, and the customer stays.
pub fn transfer_with_a_prefix(s: &mut Stage) {
    let (alice, acme) = house(s, |_| {});
    let globe = s.carrier("globe");
    acme.calls(SALES);
    alice.rings();
    alice.answers();
    s.gesture(cold("*31*2*0015550123"));
    globe.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "\"Reliable Radios\" <sip:+441632960123@192.0.2.1>",
    );
    globe.rejects(486);
    alice.answers();
    acme.hears("1001");
    s.gesture(warm("*31#0015550123"));
    acme.hears("1001");
    s.wait(2);
    acme.hangs_up();
}

/// A phone sends a customer on to the world, who stays the one who calls.
pub fn forward_shows_the_customer(s: &mut Stage) {
    s.configure(|house| {
        numbers(house);
        house.transfer.shows = TransferShows::Customer;
    });
    let (acme, alice, globe) = (s.carrier("acme"), s.registered_phone("1001"), s.carrier("globe"));
    acme.calls(SALES);
    alice.forwards_to(&["<sip:0015550123@tandem.example>"]);
    globe.is_told_by("INVITE", "P-Asserted-Identity", "<sip:+447700900123@192.0.2.1>");
    globe.is_told_by(
        "INVITE",
        "Diversion",
        "<sip:+442079460101@192.0.2.1>;reason=unconditional;counter=1",
    );
    globe.rings();
    globe.answers();
    s.wait(5);
    globe.hangs_up();
}

/// Why a phone sends its caller on, the phone knows best; the carrier is told so in words of ours, and in no other.
pub fn forward_says_why(s: &mut Stage) {
    s.configure(|house| {
        numbers(house);
        house.transfer.shows = TransferShows::Customer;
    });
    let (acme, alice, globe) = (s.carrier("acme"), s.registered_phone("1001"), s.carrier("globe"));
    let plain = "<sip:0015550123@tandem.example>";
    let with_cause = "<sip:0015550123@tandem.example;cause=408>";
    for (contact, diversion, word, cause) in [
        (
            plain,
            "\"Ann\" <sip:1001@10.0.0.101>;reason=user-busy",
            "user-busy",
            486,
        ),
        (with_cause, "", "no-answer", 408),
        (
            plain,
            "<sip:1001@10.0.0.101>;reason=\"do-not-disturb\"",
            "unavailable",
            503,
        ),
        (plain, "<sip:1001@10.0.0.101>;reason=evil", "unconditional", 302),
    ] {
        acme.calls(SALES);
        alice.forwards_with(&[contact], |moved| match diversion {
            "" => moved,
            diversion => moved.with("Diversion", diversion),
        });
        globe.is_told_by(
            "INVITE",
            "Diversion",
            &format!("<sip:+442079460101@192.0.2.1>;reason={word};counter=1"),
        );
        globe.is_told_by(
            "INVITE",
            "History-Info",
            &format!(
                "<sip:+442079460101@192.0.2.1?Reason=SIP%3Bcause%3D302>;index=1, \
                 <sip:+15550123@192.0.2.1;cause={cause}>;index=1.1;mp=1"
            ),
        );
        globe.rejects(486);
        s.wait(40);
    }
}

/// Whoever sits at the phone has heard it ring, and sends the caller on.
pub fn deflected_while_it_rings(s: &mut Stage) {
    s.configure(|house| {
        numbers(house);
        house.transfer.shows = TransferShows::Customer;
    });
    let (acme, alice, globe) = (s.carrier("acme"), s.registered_phone("1001"), s.carrier("globe"));
    acme.calls(SALES);
    alice.rings();
    s.wait(3);
    alice.forwards_to(&["<sip:0015550123@tandem.example>"]);
    globe.is_told_by(
        "INVITE",
        "Diversion",
        "<sip:+442079460101@192.0.2.1>;reason=deflection;counter=1",
    );
    globe.answers();
    s.wait(2);
    globe.hangs_up();
}

/// A customer without a number stays without, if the carrier takes such calls; otherwise the number of ours that sends the
/// call on is all that there is to show.
pub fn customer_without_a_number(s: &mut Stage) {
    s.configure(|house| {
        numbers(house);
        house.transfer.shows = TransferShows::Customer;
        house.trunks.get_mut("globe").unwrap().identity.takes_withheld = true;
    });
    let (acme, alice, globe) = (s.carrier("acme"), s.registered_phone("1001"), s.carrier("globe"));
    let withheld = |s: &mut Stage, onward: &str| {
        acme.calls_with(SALES, |invite| invite.with("Privacy", "id"));
        alice.forwards_to(&[&format!("<sip:{onward}@tandem.example>")]);
        s.wait(1);
    };
    withheld(s, "0015550123");
    globe.is_told_by("INVITE", "Privacy", "id");
    globe.is_told_by("INVITE", "P-Asserted-Identity", "");
    globe.is_told_by(
        "INVITE",
        "Diversion",
        "<sip:+442079460101@192.0.2.1>;reason=unconditional;counter=1",
    );
    globe.never_sees("447700900123");
    globe.rejects(486);
    s.wait(40);
    withheld(s, "02079460999");
    acme.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "\"Radio Sales\" <sip:+442079460101@192.0.2.1>",
    );
    acme.is_told_by("INVITE", "Diversion", "");
    acme.rejects(486);
}

/// With the customer's number on it a call that comes back looks like the customer's; the number of ours in Diversion
/// or History-Info says what it is, and it is not sent out again.
pub fn forwarded_call_comes_back(s: &mut Stage) {
    s.configure(|house| {
        numbers(house);
        house.transfer.shows = TransferShows::Customer;
    });
    let (acme, alice) = (s.carrier("acme"), s.registered_phone("1001"));
    let _globe = s.carrier("globe");
    let ways = [
        ("Diversion", "<sip:+442079460101@192.0.2.1>;reason=unconditional"),
        (
            "History-Info",
            "<sip:442079460101@192.0.2.1>;index=1, <sip:+442079460101@192.0.2.1>;index=1.1",
        ),
    ];
    for (field, value) in ways {
        acme.calls_with(SALES, |invite| invite.with(field, value));
        alice.forwards_to(&["<sip:0015550123@tandem.example>"]);
        acme.gets(482);
        s.wait(40);
    }
}
