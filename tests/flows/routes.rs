//! How requests find their way: route sets, Contacts that are not where one would think, and numbers in every
//! spelling (RFC 3261 §12, §16.12, §19.1; RFC 3966).

use crate::stage::{Party, Stage};
use tandem::config::valid::Kind;

const EDGE: &str = "<sip:198.51.100.201;lr;transport=udp>";
const CORE: &str = "<sip:core.acme.example:5062;lr;ftag=as7>";
const OLD_EDGE: &str = "<sip:198.51.100.201:5060>";

/// A customer behind acme rings Alice, over these proxies, nearest to us first.
fn rings_over(s: &mut Stage, proxies: &[&str]) -> (Party, Party) {
    let acme = s.carrier("acme");
    let alice = s.registered_phone("1001");
    acme.calls_with("+442079460101", |invite| {
        proxies
            .iter()
            .fold(invite, |invite, proxy| invite.with("Record-Route", proxy))
    });
    (acme, alice)
}

/// RFC 3261 §12.1.1: called, we keep the route as it stands; each proxy finds itself in turn.
pub fn loose_routers_before_the_caller(s: &mut Stage) {
    let (acme, alice) = rings_over(s, &[EDGE, CORE]);
    alice.rings();
    acme.gets_told("Record-Route", EDGE);
    alice.answers();
    s.wait(2);
    alice.hangs_up();
    acme.is_addressed("BYE", "sip:447700900123@198.51.100.201:5060");
    acme.is_told_by("BYE", "Route", &format!("{EDGE}, {CORE}"));
}

/// RFC 3261 §12.2.1.1: a proxy of old wants itself in the Request-URI.
pub fn strict_router_before_the_caller(s: &mut Stage) {
    let (acme, alice) = rings_over(s, &[OLD_EDGE, CORE]);
    alice.answers();
    s.wait(2);
    alice.hangs_up();
    acme.is_addressed("BYE", "sip:198.51.100.201:5060");
    acme.is_told_by(
        "BYE",
        "Route",
        &format!("{CORE}, <sip:447700900123@198.51.100.201:5060>"),
    );
}

/// RFC 3261 §12.1.2: calling, we keep it the other way round, from the ACK on; two in one field count as two.
pub fn loose_routers_before_the_callee(s: &mut Stage) {
    let (alice, acme) = (s.registered_phone("1001"), s.carrier("acme"));
    alice.calls("02079460999");
    let route = format!("{CORE}, {EDGE}");
    acme.rings_with(|ringing| ringing.with("Record-Route", &route));
    acme.answers_with(|ok| ok.with("Record-Route", &route));
    acme.is_told_by("ACK", "Route", &format!("{EDGE}, {CORE}"));
    s.wait(2);
    alice.hangs_up();
    acme.is_addressed("BYE", "sip:447700900123@198.51.100.201:5060");
    acme.is_told_by("BYE", "Route", &format!("{EDGE}, {CORE}"));
}

pub fn strict_router_before_the_callee(s: &mut Stage) {
    let (alice, acme) = (s.registered_phone("1001"), s.carrier("acme"));
    alice.calls("02079460999");
    acme.answers_with(|ok| ok.with("Record-Route", CORE).with("Record-Route", OLD_EDGE));
    let target = "<sip:447700900123@198.51.100.201:5060>";
    acme.is_addressed("ACK", "sip:198.51.100.201:5060");
    acme.is_told_by("ACK", "Route", &format!("{CORE}, {target}"));
    s.wait(2);
    alice.hangs_up();
    acme.is_addressed("BYE", "sip:198.51.100.201:5060");
}

/// RFC 3261 §12.2.1.1: a phone behind a proxy of its own, on either leg; a re-INVITE does not change the route.
pub fn proxies_before_phones(s: &mut Stage) {
    let (alice, bob) = (s.registered_phone("1001"), s.registered_phone("1002"));
    let (hers, his) = ("<sip:10.9.9.1;lr>", "<sip:10.9.9.2;lr>");
    alice.calls_with("1002", |invite| invite.with("Record-Route", hers));
    bob.answers_with(|ok| ok.with("Record-Route", his));
    bob.is_told_by("ACK", "Route", his);
    alice.holds();
    bob.hears("music");
    alice.resumes();
    s.crossing(|| {
        alice.asks_for_an_offer();
        bob.asks_for_an_offer();
    });
    s.wait(2);
    alice.hangs_up();
    bob.is_told_by("BYE", "Route", his);
    alice.calls("1002");
    bob.answers();
    bob.is_told_by("ACK", "Route", "");
    s.wait(1);
    bob.hangs_up();
}

/// RFC 3261 §12.1.2: the Contact says where, whatever port and parameters it names; for a carrier that holds.
pub fn contact_at_another_port(s: &mut Stage) {
    let (alice, acme) = (s.registered_phone("1001"), s.carrier("acme"));
    alice.calls("02079460999");
    let contact = "sip:call-7%3Bx@198.51.100.201:5080;transport=udp;ob;x-leg=a";
    acme.rings();
    let acme = acme.at("198.51.100.201:5080");
    acme.answers_with(|ok| ok.set("Contact", format!("<{contact}>;+sip.ice")));
    acme.repeats_its_answer();
    acme.is_addressed("ACK", contact);
    s.wait(2);
    alice.hangs_up();
    acme.is_addressed("BYE", contact);
}

/// RFC 3966: a number may come as a number, from a phone as from a carrier.
pub fn tel_uris(s: &mut Stage) {
    let (alice, acme) = (s.registered_phone("1001"), s.carrier("acme"));
    alice.calls_with("02079460999", |mut invite| {
        invite.start = "INVITE tel:020-7946-0999;phone-context=+44 SIP/2.0".to_owned();
        invite.set("To", "<tel:020-7946-0999;phone-context=+44>")
    });
    acme.is_addressed("INVITE", "sip:+442079460999@198.51.100.201");
    acme.answers();
    s.wait(2);
    alice.hangs_up();
    acme.calls_with("+442079460101", |mut invite| {
        let tag = invite.tag("From").to_owned();
        invite.start = "INVITE tel:+44-20-7946-0101 SIP/2.0".to_owned();
        invite.set("To", "<tel:+44-20-7946-0101>").set(
            "From",
            format!("\"O'Brien; Ltd\" <tel:+44-7700-900123>;tag={tag}"),
        )
    });
    alice.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "\"O'Brien; Ltd\" <sip:+447700900123@tandem.example>",
    );
    alice.answers();
    s.wait(2);
    acme.hangs_up();
}

/// RFC 3261 §19.1.1: `user=phone`, a plus sign, and a hash that must be escaped on every hop.
pub fn spellings_of_a_number(s: &mut Stage) {
    s.configure(|config| {
        let alice = config.extensions.get_mut("1001").unwrap();
        alice.class.allow.value.kinds.insert(Kind::Other);
    });
    let (alice, globe) = (s.registered_phone("1001"), s.carrier("globe"));
    for (dialled, called) in [
        ("0015550123;user=phone", "+15550123"),
        ("001(555)01.23", "+15550123"),
        ("00%31555%30123", "+15550123"),
        ("0044%2321*5%23", "+44%2321*5%23"),
    ] {
        let (user, params) = dialled.split_once(';').unwrap_or((dialled, ""));
        alice.calls_with(user, |mut invite| {
            let params = if params.is_empty() {
                String::new()
            } else {
                format!(";{params}")
            };
            invite.start = format!("INVITE sip:{user}@tandem.example{params} SIP/2.0");
            invite
        });
        globe.is_addressed("INVITE", &format!("sip:{called}@198.51.100.202"));
        globe.rejects(486);
        alice.gets(486);
        s.wait(1);
    }
}

/// RFC 3261 §25.1: names of any length and script, quoted as they must be; what is too long for a display is cut.
pub fn names_in_every_script(s: &mut Stage) {
    let (acme, alice) = (s.carrier("acme"), s.registered_phone("1001"));
    let long = "Żółć-".repeat(14);
    for (said, shown) in [
        ("\"Müller, Jürgen\"".to_owned(), "\"Müller, Jürgen\"".to_owned()),
        (
            "\"山田 \\\"太郎\\\"\"".to_owned(),
            "\"山田 \\\"太郎\\\"\"".to_owned(),
        ),
        ("No Quotes At All".to_owned(), "\"No Quotes At All\"".to_owned()),
        (
            format!("\"{long}\""),
            format!("\"{}\"", long.chars().take(64).collect::<String>()),
        ),
    ] {
        acme.calls_with("+442079460101", |invite| {
            let tag = invite.tag("From").to_owned();
            invite.set(
                "From",
                format!("{said} <sip:+447700900123@198.51.100.201>;tag={tag}"),
            )
        });
        let expected = format!("{shown} <sip:+447700900123@tandem.example>");
        alice.is_told_by("INVITE", "P-Asserted-Identity", &expected);
        alice.rejects(486);
        s.wait(1);
    }
}
