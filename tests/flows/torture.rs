//! The torture messages of RFC 4475 and RFC 5118 thrown at the whole switch: over datagrams and a stream, by a
//! stranger and from a carrier's network. Each gets an answer that the RFC can live with, leaves nothing behind,
//! and disturbs nobody: afterwards a phone registers and calls another as if nothing had been.

use crate::stage::{Outsider, Stage, Twist};
use std::collections::BTreeSet;
use tandem::sip::Transport;

/// One message: its name, the final answers that are right, and why. No status means no answer.
type Case = (&'static str, &'static [u16], &'static str);

const NO_ANSWER: &[u16] = &[];

/// What asks for nothing but understanding: a challenge shows that it was understood, as does not to know the number.
const UNDERSTOOD: &[u16] = &[200, 401, 403, 404, 480];

#[rustfmt::skip]
const RFC_4475: [Case; 50] = [
    ("wsinv",      &[401, 404, 481],      "§3.1.1.1: legal; its To has a tag, and there is no such dialog"),
    ("intmeth",    &[405, 501],           "§3.1.1.2: legal, with a method that nobody has"),
    ("esc01",      UNDERSTOOD,            "§3.1.1.3: an escaped user is a user"),
    ("escnull",    UNDERSTOOD,            "§3.1.1.4: %00 ends nothing"),
    ("esc02",      &[405, 501],           "§3.1.1.5: RE%47IST%45R is not REGISTER"),
    ("lwsdisp",    UNDERSTOOD,            "§3.1.1.6: no blank is needed before <"),
    ("longreq",    UNDERSTOOD,            "§3.1.1.7: long is not wrong"),
    ("dblreq",     UNDERSTOOD,            "§3.1.1.8: what is behind the body is neither answered nor obeyed"),
    ("semiuri",    UNDERSTOOD,            "§3.1.1.9: a semicolon may be part of a user"),
    ("transports", UNDERSTOOD,            "§3.1.1.10: any transport may stand in a Via"),
    ("mpart01",    &[401, 405, 415, 501], "§3.1.1.11: a MESSAGE, which we do not take"),
    ("unreason",   NO_ANSWER,             "§3.1.1.12: a response to nothing"),
    ("noreason",   NO_ANSWER,             "§3.1.1.13: a response to nothing"),
    ("badinv01",   NO_ANSWER,             "§3.1.2.1: the Via itself cannot be read, so nobody knows where an answer is awaited"),
    ("clerr",      &[400],                "§3.1.2.2: the datagram is shorter than it says"),
    ("ncl",        &[400],                "§3.1.2.3: a negative Content-Length"),
    ("scalar02",   &[400],                "§3.1.2.4: numbers out of range"),
    ("scalarlg",   NO_ANSWER,             "§3.1.2.5: a response with numbers out of range is dropped"),
    ("quotbal",    &[400],                "§3.1.2.6: a quote that does not end"),
    ("ltgtruri",   &[400],                "§3.1.2.7: <> round the Request-URI"),
    ("lwsruri",    &[400],                "§3.1.2.8: a blank in the Request-URI"),
    ("lwsstart",   &[400],                "§3.1.2.9: blanks in the start line"),
    ("trws",       &[400],                "§3.1.2.10: blanks behind the start line"),
    ("escruri",    &[400],                "§3.1.2.11: headers in the Request-URI are no headers of the request"),
    ("baddate",    UNDERSTOOD,            "§3.1.2.12: nobody here reads the Date"),
    ("regbadct",   &[400, 401],           "§3.1.2.13: a Contact with headers and no brackets; who asks is settled first"),
    ("badaspec",   &[200, 400, 401],      "§3.1.2.14: blanks inside angle brackets may be borne"),
    ("baddn",      &[400],                "§3.1.2.15: an unquoted comma; in the archive the header section does not end"),
    ("badvers",    &[505],                "§3.1.2.16: SIP/7.0"),
    ("mismatch01", &[400],                "§3.1.2.17: the CSeq names another method"),
    ("mismatch02", &[400, 501],           "§3.1.2.18: the same with an unknown method; either reading is allowed"),
    ("bigcode",    NO_ANSWER,             "§3.1.2.19: a status of ten digits is dropped"),
    ("badbranch",  UNDERSTOOD,            "§3.2.1: a branch of nothing but the cookie is matched as RFC 2543 did"),
    ("insuf",      &[400],                "§3.3.1: no From, To and Call-ID"),
    ("unkscm",     &[416],                "§3.3.2: an unknown scheme"),
    ("novelsc",    &[416],                "§3.3.3: a known scheme that is not SIP's"),
    ("unksm2",     &[400],                "§3.3.4: nobody can be registered under isbn:"),
    ("bext01",     &[420],                "§3.3.5: extensions required that nobody has"),
    ("invut",      &[415],                "§3.3.6: a body of unknown type"),
    ("regaut01",   &[401],                "§3.3.7: unknown credentials are as good as none"),
    ("multi01",    &[400],                "§3.3.8: two of what there must be one of"),
    ("mcl01",      &[400],                "§3.3.9: two different Content-Lengths"),
    ("bcast",      NO_ANSWER,             "§3.3.10: a response to nothing is never passed on"),
    ("zeromf",     &[200, 483],           "§3.3.11: it has arrived, so it need not be forwarded"),
    ("cparam01",   UNDERSTOOD,            "§3.3.12: an unknown contact parameter"),
    ("cparam02",   UNDERSTOOD,            "§3.3.13: an unknown URI parameter"),
    ("regescrt",   UNDERSTOOD,            "§3.3.14: a contact whose URI carries a Route"),
    ("sdp01",      &[406],                "§3.3.15: whoever calls must be able to read SDP"),
    ("inv2543",    UNDERSTOOD,            "§3.4.1: RFC 2543 knew neither branch nor Max-Forwards"),
    ("test",       NO_ANSWER,             "in the archive, described nowhere, and no SIP"),
];

#[rustfmt::skip]
const RFC_5118: [Case; 12] = [
    ("ipv6-good",                     UNDERSTOOD,  "§4.1: addresses in brackets"),
    ("ipv6-bad",                      &[400],      "§4.2: an address without brackets"),
    ("port-ambiguous",                UNDERSTOOD,  "§4.3: a number inside the brackets belongs to the address"),
    ("port-unambiguous",              UNDERSTOOD,  "§4.4: a number outside the brackets is a port"),
    ("via-received-param-with-delim", &[481],      "§4.5: received with brackets must be borne; the BYE has no dialog"),
    ("via-received-param-no-delim",   UNDERSTOOD,  "§4.5: received without brackets is right"),
    ("ipv6-in-sdp",                   UNDERSTOOD,  "§4.6: addresses in a body"),
    ("mult-ip-in-header",             &[481],      "§4.7: both kinds of address in Via; the BYE has no dialog"),
    ("mult-ip-in-sdp",                UNDERSTOOD,  "§4.8: both kinds of address in a body"),
    ("ipv4-mapped-ipv6",              UNDERSTOOD,  "§4.9: one kind of address in the other"),
    ("ipv6-bug-abnf-3-colons",        UNDERSTOOD,  "§4.10: three colons, an error of the old grammar, are borne"),
    ("ipv6-correct-abnf-2-colons",    UNDERSTOOD,  "§4.10: two colons are right"),
];

/// Where a stream must be judged otherwise, because its messages end where Content-Length says (RFC 3261 §18.3).
#[rustfmt::skip]
const ON_A_STREAM: [Case; 2] = [
    ("dblreq",    UNDERSTOOD, "RFC 3261 §18.3: what is behind the body is the next message, an INVITE, and is answered for itself"),
    ("inv2543",   &[400],     "RFC 3261 §20.14: a stream cannot do without Content-Length, which RFC 2543 could"),
];

/// Which get no answer behind those that stand before them in the same set.
#[rustfmt::skip]
const BEHIND_THE_OTHERS: [Case; 0] = [
];

#[test]
fn a_stranger_throws_datagrams() {
    throw_all(Outsider::STRANGER, Transport::Udp, Twist::Straight);
}

#[test]
fn a_stranger_writes_them_to_a_stream() {
    throw_all(Outsider::STRANGER, Transport::Tcp, Twist::Straight);
}

/// A carrier is not asked for credentials, so that its messages get further.
#[test]
fn a_carrier_throws_datagrams() {
    throw_all(Outsider::CARRIER, Transport::Udp, Twist::Straight);
}

#[test]
fn each_comes_twice_and_the_switch_is_restarted_each_time() {
    throw_all(Outsider::STRANGER, Transport::Udp, Twist::EachDatagramDoubled);
    throw_all(Outsider::CARRIER, Transport::Udp, Twist::RestartAfterEveryStep);
}

/// One sender throws a whole set, one after the other, as whoever plays the archive does.
#[test]
fn whole_sets_are_thrown_by_one_sender() {
    for transport in [Transport::Udp, Transport::Tcp] {
        throw_set(&RFC_4475, transport);
        throw_set(&RFC_5118, transport);
    }
}

fn throw_set(set: &[Case], transport: Transport) {
    let corpus = corpus();
    let bytes = |name: &str| {
        corpus
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, bytes)| bytes.as_slice())
    };
    let mut failures = Vec::new();
    let played = Stage::play(
        "a whole set",
        |stage| {
            for case in set {
                let (name, right, why) = judged(*case, transport);
                let right = BEHIND_THE_OTHERS
                    .iter()
                    .find(|(known, ..)| *known == name)
                    .map_or(right, |(_, right, _)| right);
                let finals = stage.throw(Outsider::STRANGER, transport, bytes(name).unwrap_or_default());
                stage.forgets_what_was_thrown();
                if finals.is_empty() != right.is_empty()
                    || !finals.iter().all(|status| right.contains(status))
                {
                    failures.push(format!("{name} got {finals:?}, right is {right:?}: {why}"));
                }
            }
        },
        Twist::Straight,
    );
    failures.extend(played.faults);
    assert!(failures.is_empty(), "{transport:?}:\n{}", failures.join("\n"));
}

fn throw_all(outsider: Outsider, transport: Transport, twist: Twist) {
    let mut failures = Vec::new();
    let corpus = corpus();
    for case in RFC_4475.into_iter().chain(RFC_5118) {
        let (name, right, why) = judged(case, transport);
        let bytes = corpus
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, bytes)| bytes);
        let bytes = bytes.unwrap_or_else(|| panic!("there is no {name}"));
        let mut finals = BTreeSet::new();
        let played = Stage::play(
            name,
            |stage| finals = throw(stage, outsider, transport, bytes),
            twist,
        );
        let is_right = match right {
            [] => finals.is_empty(),
            right => !finals.is_empty() && finals.iter().all(|status| right.contains(status)),
        };
        if !is_right {
            failures.push(format!("{name} got {finals:?}, right is {right:?}: {why}"));
        }
        failures.extend(played.faults.into_iter().map(|fault| format!("{name}: {fault}")));
    }
    assert!(failures.is_empty(), "{transport:?}:\n{}", failures.join("\n"));
}

/// Throws one message, waits until nothing of it is left, and has two phones call each other.
fn throw(stage: &mut Stage, outsider: Outsider, transport: Transport, bytes: &[u8]) -> BTreeSet<u16> {
    let before = stage.census();
    let finals = stage.throw(outsider, transport, bytes);
    stage.wait(150);
    assert_eq!(stage.census(), before, "something is left of it");
    let alice = stage.registered_phone("1001");
    let bob = stage.registered_phone("1002");
    alice.calls("1002");
    bob.rings();
    bob.answers();
    alice.hears("1002");
    bob.hears("1001");
    alice.hangs_up();
    bob.is_asked("BYE");
    finals
}

fn judged(case: Case, transport: Transport) -> Case {
    let on_a_stream = ON_A_STREAM.into_iter().find(|(name, ..)| *name == case.0);
    match transport {
        Transport::Tcp | Transport::Tls => on_a_stream.unwrap_or(case),
        Transport::Udp => case,
    }
}

/// All messages as they are on the wire; none of them may go unjudged.
fn corpus() -> Vec<(&'static str, Vec<u8>)> {
    let rfc_4475 = sipx_testkit::rfc4475::CASES
        .iter()
        .map(|case| (case.name, case.bytes.to_vec()));
    let rfc_5118 = sipx_testkit::rfc5118::CASES
        .iter()
        .map(|case| (case.name, case.wire().to_vec()));
    let corpus: Vec<_> = rfc_4475.chain(rfc_5118).collect();
    assert_eq!(corpus.len(), RFC_4475.len() + RFC_5118.len());
    corpus
}
