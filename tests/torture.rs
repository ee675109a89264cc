//! The torture messages of RFC 4475 and RFC 5118, judged by the parser alone. What the layers above owe
//! them (401, 416, 420, 481, 483 …) is said beside those that the parser must let through.

#![allow(clippy::panic, reason = "a test that cannot go on says so by a panic")]

use Verdict::{Accept, Drop, Refuse};
use std::collections::BTreeMap;
use tandem::sip::{Draft, Message, MessageLimits, Method, Name};

const LIMITS: MessageLimits = MessageLimits {
    message_bytes: 65_535,
    header_fields: 100,
};

/// What the parser says of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It can be dealt with.
    Accept,
    /// It is a request that is refused with this status.
    Refuse(u16),
    /// It gets no answer.
    Drop,
}

#[rustfmt::skip]
const RFC_4475: [(&str, Verdict, &str); 50] = [
    ("wsinv",      Accept,      "folds, compact forms and odd spacing are all legal"),
    ("intmeth",    Accept,      "every token character, NUL in a quoted pair: legal; a method for 405 or 501"),
    ("esc01",      Accept,      "an escaped user stays escaped"),
    ("escnull",    Accept,      "%00 ends nothing"),
    ("esc02",      Accept,      "RE%47IST%45R is not REGISTER"),
    ("lwsdisp",    Accept,      "no blank is needed between display name and <"),
    ("longreq",    Accept,      "long is not wrong"),
    ("dblreq",     Accept,      "what is behind the body is dropped"),
    ("semiuri",    Accept,      "a semicolon may be part of a user"),
    ("transports", Accept,      "any transport may stand in a Via"),
    ("mpart01",    Accept,      "bodies are bytes"),
    ("unreason",   Accept,      "a reason phrase may be UTF-8"),
    ("noreason",   Accept,      "a reason phrase may be empty"),
    ("badinv01",   Refuse(400), "separators with nothing between them in the Via"),
    ("clerr",      Refuse(400), "the datagram is shorter than Content-Length says"),
    ("ncl",        Refuse(400), "a negative Content-Length"),
    ("scalar02",   Refuse(400), "CSeq beyond 2^31"),
    ("scalarlg",   Drop,        "the same in a response"),
    ("quotbal",    Refuse(400), "a quote that does not end"),
    ("ltgtruri",   Refuse(400), "angle brackets round the Request-URI"),
    ("lwsruri",    Refuse(400), "a blank in the Request-URI"),
    ("lwsstart",   Refuse(400), "two blanks in the start line"),
    ("trws",       Refuse(400), "blanks behind the start line"),
    ("escruri",    Refuse(400), "headers in the Request-URI must never become headers"),
    ("baddate",    Accept,      "nobody here reads the Date"),
    ("regbadct",   Accept,      "the Contact is refused where it is read"),
    ("badaspec",   Accept,      "blanks inside angle brackets harm nobody and are not passed on"),
    ("baddn",      Refuse(400), "in the archive, the header section does not end"),
    ("badvers",    Refuse(505), "SIP/7.0"),
    ("mismatch01", Refuse(400), "CSeq names another method"),
    ("mismatch02", Refuse(400), "the same with an unknown method"),
    ("bigcode",    Drop,        "a status code of ten digits"),
    ("badbranch",  Accept,      "a branch of nothing but the cookie: matched by the rules of RFC 2543"),
    ("insuf",      Refuse(400), "no From, To and Call-ID"),
    ("unkscm",     Accept,      "an unknown scheme is for 416"),
    ("novelsc",    Accept,      "the same with a known scheme that is not SIP's"),
    ("unksm2",     Accept,      "the same in a To: for the registrar to refuse"),
    ("bext01",     Accept,      "Require of the unknown is for 420"),
    ("invut",      Accept,      "an unknown body is for 415"),
    ("regaut01",   Accept,      "unknown credentials are for 401"),
    ("multi01",    Refuse(400), "two of what there must be one of"),
    ("mcl01",      Refuse(400), "two different Content-Lengths"),
    ("bcast",      Accept,      "the second Via is for whoever forwards"),
    ("zeromf",     Accept,      "Max-Forwards 0 is for 483"),
    ("cparam01",   Accept,      "a contact parameter is no URI parameter"),
    ("cparam02",   Accept,      "a URI parameter is no contact parameter"),
    ("regescrt",   Accept,      "a URI in angle brackets may carry headers"),
    ("sdp01",      Accept,      "Accept without SDP is for 406"),
    ("inv2543",    Accept,      "RFC 2543 knew neither branch nor Max-Forwards"),
    ("test",       Drop,        "in the archive, described nowhere, and no SIP"),
];

#[rustfmt::skip]
const RFC_5118: [(&str, Verdict, &str); 12] = [
    ("ipv6-good",                     Accept,      "addresses in brackets"),
    ("ipv6-bad",                      Refuse(400), "an address without brackets"),
    ("port-ambiguous",                Accept,      "a port inside the brackets is a part of the address"),
    ("port-unambiguous",              Accept,      "a port outside the brackets is a port"),
    ("via-received-param-with-delim", Accept,      "received with brackets"),
    ("via-received-param-no-delim",   Accept,      "received without brackets"),
    ("ipv6-in-sdp",                   Accept,      "addresses in a body"),
    ("mult-ip-in-header",             Accept,      "both kinds of address in Via"),
    ("mult-ip-in-sdp",                Accept,      "both kinds of address in a body"),
    ("ipv4-mapped-ipv6",              Accept,      "one kind of address in the other"),
    ("ipv6-bug-abnf-3-colons",        Accept,      "three colons must be borne"),
    ("ipv6-correct-abnf-2-colons",    Accept,      "two colons are right"),
];

/// All messages as they are on the wire.
fn corpus() -> BTreeMap<&'static str, Vec<u8>> {
    let rfc_4475 = sipx_testkit::rfc4475::CASES
        .iter()
        .map(|case| (case.name, case.bytes.to_vec()));
    let rfc_5118 = sipx_testkit::rfc5118::CASES
        .iter()
        .map(|case| (case.name, case.wire().to_vec()));
    rfc_4475.chain(rfc_5118).collect()
}

fn message(name: &str) -> Message {
    let bytes = corpus()
        .remove(name)
        .unwrap_or_else(|| panic!("there is no {name}"));
    Message::parse(bytes.into(), &LIMITS).unwrap_or_else(|malformed| panic!("{name}: {malformed}"))
}

fn verdict(bytes: &[u8]) -> Verdict {
    match Message::parse(bytes.to_vec().into(), &LIMITS) {
        Ok(_) => Accept,
        Err(malformed) if malformed.status == 0 => Drop,
        Err(malformed) => Refuse(malformed.status),
    }
}

#[test]
fn every_message_gets_its_verdict() {
    let mut corpus = corpus();
    for (name, expected, why) in RFC_4475.into_iter().chain(RFC_5118) {
        let bytes = corpus
            .remove(name)
            .unwrap_or_else(|| panic!("there is no {name}"));
        assert_eq!(verdict(&bytes), expected, "{name}: {why}");
    }
    assert_eq!(corpus.keys().count(), 0, "unjudged: {corpus:?}");
}

#[test]
fn what_is_accepted_keeps_its_bytes_and_can_be_read() {
    for (name, bytes) in corpus().into_iter().filter(|(_, bytes)| verdict(bytes) == Accept) {
        let message = message(name);
        assert!(bytes.starts_with(message.bytes()), "{name}");
        assert_eq!(message.bytes().len() < bytes.len(), name == "dblreq", "{name}");
        assert!(
            message.via().is_ok() && message.from().is_ok() && message.to().is_ok(),
            "{name}"
        );
        assert!(message.cseq().is_ok() && message.call_id().is_ok(), "{name}");
        assert_eq!(message.uri().is_ok(), message.is_request(), "{name}");
        assert_eq!(message.contacts().is_err(), name == "regbadct", "{name}");
    }
}

#[test]
fn every_refusal_can_be_written() {
    for (name, bytes) in corpus() {
        let Refuse(_) = verdict(&bytes) else { continue };
        let request = Message::read(bytes.into(), &LIMITS).unwrap();
        let refusal = request.check().unwrap_err();
        let answer = Draft::response(&request, refusal.status, refusal.what)
            .to_tag("t")
            .finish();
        assert_eq!(answer.status(), Some(refusal.status));
        assert!(answer.list(Name::VIA).eq(request.list(Name::VIA)), "{name}");
        assert_eq!(answer.text(Name::CALL_ID), request.text(Name::CALL_ID), "{name}");
    }
}

#[test]
fn the_tortuous_invite_means_what_it_says() {
    let invite = message("wsinv");
    assert_eq!(invite.from().unwrap().display, "J Rosenberg \\\"");
    assert_eq!(invite.from().unwrap().tag(), Some("98asjd8"));
    assert_eq!(invite.to().unwrap().tag(), Some("1918181833n"));
    assert_eq!(
        (invite.number(Name::MAX_FORWARDS), invite.cseq().unwrap().number),
        (Some(68), 9)
    );
    assert_eq!(invite.via().unwrap().branch(), Some("390skdjuw"));
    let vias: Vec<_> = invite
        .list(Name::VIA)
        .map(|via| tandem::sip::Via::parse(via).unwrap())
        .collect();
    assert_eq!(
        vias[1].to_string(),
        "SIP/2.0/TCP spindle.example.com;branch=z9hG4bK9ikj8"
    );
    assert_eq!(vias[2].branch(), Some("z9hG4bK30239"));
    assert_eq!(invite.text(Name::SUBJECT), Some(""));
    let contact = &invite.contacts().unwrap()[0];
    assert_eq!(
        (contact.display.as_str(), contact.param("newparam")),
        ("Quoted string \"\"", Some("newvalue"))
    );
    assert_eq!(
        (contact.param("secondparam"), contact.param("q")),
        (Some(""), Some("0.33"))
    );
    assert_eq!(invite.body().len(), 150);
}

#[test]
fn odd_characters_come_through_whole() {
    let odd = message("intmeth");
    assert_eq!(
        odd.method().as_str(),
        "!interesting-Method0123456789_*+`.%indeed'~"
    );
    let uri = odd.uri().unwrap();
    assert_eq!(
        uri.user().as_deref(),
        Some("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*")
    );
    assert_eq!(uri.host(), "example.com");
    assert_eq!(odd.to().unwrap().display, "BEL:\u{7} NUL:\0 DEL:\u{7f}");
    assert!(
        !odd.to().unwrap().to_string().contains('\0'),
        "it came in, it does not get out"
    );
    assert_eq!(odd.from().unwrap().display, "token1~` token2'+_ token3*%!.-");
    assert_eq!(
        odd.from().unwrap().param("fromparam''~+*_!.-%"),
        Some("работающий")
    );
    assert_eq!(odd.call_id(), Ok("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"));
}

#[test]
fn escapes_are_resolved_where_asked_and_nowhere_else() {
    assert_eq!(
        message("esc01").uri().unwrap().user().as_deref(),
        Some("sips:user@example.com")
    );
    assert_eq!(message("esc02").method(), Method::Other("RE%47IST%45R".into()));
    let contacts = message("escnull").contacts().unwrap();
    assert!(!contacts[0].uri.same_as(&contacts[1].uri));
    assert_eq!(
        message("semiuri").uri().unwrap().user().as_deref(),
        Some("user;par=u@example.net")
    );
    let route = message("regescrt").contacts().unwrap()[0].uri.header("Route");
    assert_eq!(route.as_deref(), Some("<sip:sip.example.com>"));
}

#[test]
fn parameters_belong_to_whom_they_were_given() {
    let (field, uri) = (
        message("cparam01").contacts().unwrap(),
        message("cparam02").contacts().unwrap(),
    );
    assert_eq!(
        (field[0].param("unknownparam"), field[0].uri.param("unknownparam")),
        (Some(""), None)
    );
    assert_eq!(
        (uri[0].param("unknownparam"), uri[0].uri.param("unknownparam")),
        (None, Some(""))
    );
}

#[test]
fn addresses_of_version_6_are_found() {
    let host_and_port = |name| {
        message(name)
            .uri()
            .map(|uri| (uri.host().to_owned(), uri.port()))
            .unwrap()
    };
    assert_eq!(
        host_and_port("port-ambiguous"),
        ("2001:db8::10:5070".to_owned(), None)
    );
    assert_eq!(
        host_and_port("port-unambiguous"),
        ("2001:db8::10".to_owned(), Some(5070))
    );
    for name in ["via-received-param-with-delim", "via-received-param-no-delim"] {
        let via = message(name).via().unwrap();
        let received = via.param("received").unwrap().trim_matches(['[', ']']);
        assert_eq!((received, via.branch().is_some()), ("2001:db8::9:255", true));
    }
}
