//! What the sender of a REFER hears of it, and for how long: the subscription that a REFER opens (RFC 3515 §2.4.4, RFC 6665),
//! and what a REFER may ask for at all (RFC 3891 §3, RFC 4488).

use crate::stage::{Party, Stage};
use std::time::Duration;

/// A house in which phones ring for two minutes, and an agent who has handed her customer on.
fn handed_on(s: &mut Stage) -> (Party, Party, Party) {
    s.configure(|config| config.timers.ring = Duration::from_secs(120));
    let (alice, carol, acme) = s.agent_with_customer(2);
    alice.hands_on_to("1003");
    carol.rings();
    (alice, carol, acme)
}

/// The phones may ring for two minutes: for so long and a little longer the phone hears how it goes, and need not ask.
pub fn outlives_the_ringing(s: &mut Stage) {
    let (alice, carol, acme) = handed_on(s);
    alice.is_told_by("NOTIFY", "Subscription-State", "active;expires=152");
    s.wait(110);
    carol.answers();
    alice.learns_outcome(&[100, 180, 200]);
    alice.is_told_by("NOTIFY", "Subscription-State", "terminated;reason=noresource");
    alice.hangs_up();
    acme.hangs_up();
}

/// A phone refreshes all the same: 200, and how it stands (RFC 6665 §4.1.2.2). It never gets longer than we can promise.
pub fn refreshed(s: &mut Stage) {
    let (alice, carol, acme) = handed_on(s);
    s.wait(50);
    alice.subscribes_again(60);
    alice.gets(200);
    alice.gets_told("Expires", "60");
    alice.is_told_by("NOTIFY", "Subscription-State", "active;expires=60");
    s.wait(50);
    alice.subscribes_again(3600);
    alice.gets_told("Expires", "152");
    carol.answers();
    alice.learns_outcome(&[100, 180, 180, 180, 200]);
    alice.hangs_up();
    acme.hangs_up();
}

/// It wants to hear no more (RFC 6665 §4.1.2.3): it is told how it stands, and nothing after that. The transfer goes on.
pub fn ended_by_the_phone(s: &mut Stage) {
    let (alice, carol, acme) = handed_on(s);
    alice.subscribes_again(0);
    alice.gets(200);
    alice.is_told_by("NOTIFY", "Subscription-State", "terminated;reason=timeout");
    alice.subscribes_again(60);
    alice.gets(481);
    carol.answers();
    acme.hears("1003");
    alice.learns_outcome(&[100, 180, 180]);
    s.wait(5);
    alice.is_asked("BYE");
    acme.hangs_up();
}

/// It has asked for a minute, and does not come again: it is told that its time is over.
pub fn not_refreshed(s: &mut Stage) {
    let (alice, carol, acme) = handed_on(s);
    alice.subscribes_again(60);
    s.wait(61);
    alice.is_told_by("NOTIFY", "Subscription-State", "terminated;reason=timeout");
    alice.learns_outcome(&[100, 180, 180, 180]);
    carol.answers();
    alice.learns_outcome(&[100, 180, 180, 180]);
    acme.hears("1003");
    acme.hangs_up();
}

/// A phone that knows of no subscription gets no further NOTIFY (RFC 6665 §4.2.2); its call is none of that's business.
pub fn refused_by_the_phone(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    alice.refuses_news(481);
    alice.hands_on_to("1003");
    carol.rings();
    carol.rejects(486);
    alice.learns_outcome(&[100]);
    alice.hears("acme");
    s.wait(1);
    acme.hangs_up();
}

/// A phone that does not answer NOTIFYs gets none after the first that was given up; those before were on their way.
pub fn unanswered_by_the_phone(s: &mut Stage) {
    let (alice, carol, acme) = handed_on(s);
    alice.keeps_back("200 NOTIFY");
    alice.subscribes_again(100);
    s.wait(40);
    carol.answers();
    alice.learns_outcome(&[100, 180, 180]);
    acme.hears("1003");
    s.wait(5);
    alice.is_asked("BYE");
    acme.hangs_up();
}

/// Each REFER has a subscription of its own: one that is over is not found again, whatever else is under way.
pub fn each_refer_has_its_own(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    alice.hands_on_to("1003");
    let first = alice.newest_event();
    carol.rejects(486);
    alice.hands_on_to("1003");
    carol.rings();
    alice.subscribes(&first, 60);
    alice.gets(481);
    alice.subscribes_again(60);
    alice.gets(200);
    // The only one that is left may be meant without its number (RFC 3515 §2.4.6).
    alice.subscribes("refer", 60);
    alice.gets(200);
    alice.subscribes("dialog", 60);
    alice.gets(489);
    alice.gets_told("Allow-Events", "refer");
    carol.answers();
    alice.learns_outcome(&[100, 486, 100, 180, 180, 180, 200]);
    alice.hangs_up();
    acme.hangs_up();
}

/// RFC 4488 §7: who requires that there be no subscription is understood.
pub fn none_is_required(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    alice.hands_on_with("1003", |refer| {
        refer.with("Refer-Sub", "false").with("Require", "norefersub")
    });
    alice.gets(200);
    carol.answers();
    alice.learns_outcome(&[]);
    alice.hangs_up();
    acme.hangs_up();
}

/// A REFER may ask for a call and for nothing else, and names one call to take over at most (RFC 3891 §3).
pub fn what_is_no_call(s: &mut Stage) {
    let (alice, _carol, acme) = s.agent_with_customer(2);
    for (uri, status) in [
        ("sip:1003@tandem.example;method=BYE", 403),
        ("sip:1003@tandem.example;method=MESSAGE", 403),
        (
            "sip:1003@tandem.example?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&Replaces=b%3Bto-tag%3D1%3Bfrom-tag%3D2",
            400,
        ),
    ] {
        alice.sends_within("REFER", |refer| refer.with("Refer-To", format!("<{uri}>")));
        alice.gets(status);
    }
    alice.learns_outcome(&[]);
    alice.hears("acme");
    s.wait(2);
    acme.hangs_up();
}

/// A call that shall be taken over only while it rings is busy once it has been answered; until then it is taken.
pub fn only_while_it_rings(s: &mut Stage) {
    let (alice, carol, acme) = s.agent_with_customer(2);
    alice.holds();
    alice.calls("1003");
    carol.rings();
    carol.answers();
    let early = |replaces: String| format!("<sip:1003@tandem.example?Replaces={replaces}%3Bearly-only>");
    alice.connects_by(|named| early(named.replaces()));
    alice.learns_outcome(&[100, 486]);
    carol.hears("1001·2");
    carol.hangs_up();
    alice.calls("1003");
    carol.rings();
    alice.connects_by(|named| early(named.replaces()));
    acme.hears("ringback");
    carol.answers();
    alice.learns_outcome(&[100, 486, 100, 200]);
    acme.hears("1003");
    acme.hangs_up();
}
