//! Messages that carry more than a session description (RFC 5621).

use crate::stage::Stage;

/// What SIP-I puts beside each description: signalling of the old network, which nobody need understand (RFC 3204 §3.1).
const ISUP: &str = "Content-Type: application/ISUP;version=itu-t92+\r\n\
                    Content-Disposition: signal;handling=optional\r\n\r\n\u{1}\u{11}H";

/// The description is found wherever one can stand, in a call that the carrier makes.
pub fn carrier_calls_with_isup(s: &mut Stage) {
    let (acme, alice) = (s.carrier("acme"), s.registered_phone("1001"));
    acme.puts_beside(ISUP);
    acme.calls("+442079460101");
    alice.rings();
    alice.answers();
    acme.hears("1001");
    acme.holds();
    alice.hears("acme, else music");
    acme.updates("sendrecv");
    alice.hears("acme");
    alice.hangs_up();
}

/// In a 183, in the 200 behind it, and in the answer to our refresh.
pub fn carrier_answers_with_isup(s: &mut Stage) {
    s.configure(|config| config.timers.session = std::time::Duration::from_secs(600));
    let (alice, acme) = (s.registered_phone("1001"), s.carrier("acme"));
    acme.puts_beside(ISUP);
    alice.calls("02079460999");
    acme.plays_early_media();
    acme.answers();
    alice.hears("acme");
    s.wait(301);
    alice.hears("acme");
    alice.hangs_up();
}

/// In the ACK to our offer.
pub fn carrier_answers_our_offer_with_isup(s: &mut Stage) {
    let (acme, alice) = (s.carrier("acme"), s.registered_phone("1001"));
    acme.puts_beside(ISUP);
    acme.calls_with("+442079460101", |mut invite| {
        invite.body.clear();
        invite.without("Content-Type")
    });
    alice.rings();
    alice.answers();
    acme.hears("1001");
    alice.hears("acme");
    alice.hangs_up();
}

/// In the PRACK that answers our offer (RFC 3262 §5).
pub fn prack_with_isup(s: &mut Stage) {
    let (acme, alice) = (s.carrier("acme"), s.registered_phone("1001"));
    acme.puts_beside(ISUP);
    acme.calls_with("+442079460101", |mut invite| {
        invite.body.clear();
        invite.without("Content-Type").with("Require", "100rel")
    });
    alice.rings();
    alice.answers();
    acme.hears("1001");
    alice.hears("acme");
    alice.hangs_up();
}

/// A phone that tells where it stands; and one that wants us to understand it, which we do not (RFC 3261 §20.11).
pub fn phone_tells_its_location(s: &mut Stage) {
    let (alice, bob) = s.alice_and_bob();
    alice.puts_beside(
        "Content-Type: application/pidf+xml\r\nContent-Disposition: by-reference\r\n\r\n<presence/>",
    );
    alice.calls("1002");
    bob.rings();
    bob.answers();
    alice.hears("1002");
    alice.hangs_up();
    alice.puts_beside("Content-Type: application/pidf+xml\r\n\r\n<presence/>");
    alice.calls("1002");
    alice.gets(415);
    alice.is_told("Accept", "multipart/mixed");
}
