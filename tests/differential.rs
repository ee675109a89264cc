//! What we print, two strangers read as we do: `rsip` and `sipx-sip`. Where rsip cannot, the reason stands beside
//! the sample, and the day it can the test says so.

// The helpers of a test may fail loudly, as the tests themselves.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

use bytes::Bytes;
use sipx_sip::headers as sipx;
use tandem::sip::{Address, CSeq, Draft, Message, MessageLimits, Method, Name, Uri, Via};

const LIMITS: MessageLimits = MessageLimits {
    message_bytes: 65_535,
    header_fields: 100,
};

/// What a reader makes of a message.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    /// Method or status; rsip puts a reason phrase of its own in place of what was sent.
    said: String,
    target: String,
    via: String,
    from: String,
    to: String,
    call_id: String,
    cseq: String,
    body: Vec<u8>,
}

/// What both strangers read as we do.
fn common_ground() -> Vec<(&'static str, Draft)> {
    let quoted = Address::new(bob()).with_display("Doe, \"Jane\" \\ Müller");
    vec![
        (
            "a plain INVITE",
            invite(&bob()).body("application/sdp", "v=0\r\n"),
        ),
        (
            "several Vias",
            invite(&bob()).with_first(Name::VIA, via("z9hG4bKouter")),
        ),
        (
            "an answer",
            Draft::response(&invite(&bob()).finish(), 180, "Ringing").to_tag("b2"),
        ),
        (
            "a refusal",
            Draft::response(&invite(&bob()).finish(), 486, "Busy Here").to_tag("b2"),
        ),
        (
            "an escaped user",
            invite(&Uri::sip(Some("#31#*x"), "h.example", None)),
        ),
        (
            "a number",
            invite(&Uri::sip(Some("+4930123456"), "h.example", None)),
        ),
        (
            "quotes in a display name",
            request(&Method::Invite, &bob(), &quoted, &via("z9hG4bK1")),
        ),
        (
            "a binary body",
            invite(&bob()).body("application/isup", [0, 159, 146, 150, 13, 10]),
        ),
    ]
}

/// What rsip 0.4.0 cannot read, and why.
fn lost_on_rsip() -> Vec<(&'static str, Draft, &'static str)> {
    let spoof = Address::new(uri("sip:alice@h.example")).with_display("x <sip:evil@e.example>");
    let version_6 = Via::parse("SIP/2.0/TCP [2001:db8::9:1]:5070;branch=z9hG4bK6").unwrap();
    let latin = b"INVITE sip:a@h SIP/2.0\r\nSubject: M\xfcller\r\n\r\n";
    let latin = Message::read(Bytes::from_static(latin), &LIMITS).unwrap();
    let from = |from: &Address| request(&Method::Invite, &bob(), from, &via("z9hG4bK1"));
    let ping = request(
        &Method::Other("PING".into()),
        &bob(),
        &Address::new(bob()),
        &via("z9hG4bK1"),
    );
    let over = |via: &Via| request(&Method::Invite, &bob(), &Address::new(bob()), via);
    vec![
        (
            "an address in a display name",
            from(&spoof),
            "it takes what stands in the quotes for the address",
        ),
        (
            "a user with a dot",
            invite(&uri("sip:john.doe@h.example")),
            "it takes the user for the host",
        ),
        (
            "a host of version 6",
            invite(&uri("sip:bob@[2001:db8::1]")),
            "it cuts at the first colon",
        ),
        (
            "a Via of version 6",
            over(&version_6),
            "it cuts at the first colon",
        ),
        ("an unknown method", ping, "it refuses the message"),
        (
            "a field that is not UTF-8",
            invite(&bob()).carry(&latin, Name::SUBJECT),
            "it refuses the message",
        ),
        (
            "a tel Request-URI",
            invite(&uri("tel:+4930123456")),
            "it takes the scheme for the host",
        ),
    ]
}

#[test]
fn strangers_read_what_we_print() {
    for (name, draft) in common_ground() {
        let (bytes, ours) = printed(draft);
        assert_eq!(seen_by_rsip(&bytes).as_ref(), Ok(&ours), "{name} by rsip");
        assert_eq!(seen_by_sipx(&bytes).as_ref(), Ok(&ours), "{name} by sipx-sip");
    }
}

#[test]
fn where_rsip_fails_sipx_reads_what_we_print() {
    for (name, draft, why) in lost_on_rsip() {
        let (bytes, mut ours) = printed(draft);
        assert_ne!(
            seen_by_rsip(&bytes).as_ref(),
            Ok(&ours),
            "{name}: rsip can, although {why}"
        );
        if ours.target.starts_with("+4930123456") {
            // To sipx-sip a tel URI has no user, but a subscriber.
            ours.target = place(None, "", None);
        }
        assert_eq!(seen_by_sipx(&bytes).as_ref(), Ok(&ours), "{name} by sipx-sip");
    }
}

/// The message as it goes out, and what we read in it when it comes back.
fn printed(draft: Draft) -> (Bytes, Seen) {
    let bytes = draft.finish().bytes().clone();
    let message = Message::parse(bytes.clone(), &LIMITS).unwrap();
    (bytes, seen_by_us(&message))
}

fn bob() -> Uri {
    uri("sip:bob@biloxi.example:5070;user=phone")
}

fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap()
}

fn via(branch: &str) -> Via {
    Via::parse("SIP/2.0/UDP 192.0.2.7:5062;rport")
        .unwrap()
        .with_param("branch", branch)
}

fn invite(target: &Uri) -> Draft {
    let alice = Address::new(uri("sip:alice@atlanta.example")).with_display("Alice");
    request(&Method::Invite, target, &alice, &via("z9hG4bK776asdhds"))
}

fn request(method: &Method, target: &Uri, from: &Address, via: &Via) -> Draft {
    Draft::request(method, target)
        .with(Name::VIA, via)
        .with(Name::MAX_FORWARDS, 70)
        .with(Name::FROM, from.clone().with_param("tag", "1928301774"))
        .with(Name::TO, Address::new(uri("sip:bob@biloxi.example")))
        .with(Name::CALL_ID, "a84b4c76e66710@pc33.atlanta.example")
        .with(
            Name::CSEQ,
            CSeq {
                number: 314_159,
                method: method.clone(),
            },
        )
        .with(Name::CONTACT, Address::new(uri("sip:alice@192.0.2.7:5062")))
}

fn place(user: Option<String>, host: &str, port: Option<u16>) -> String {
    format!(
        "{} at {} {port:?}",
        user.unwrap_or_default(),
        host.trim_matches(['[', ']']).to_lowercase()
    )
}

fn person(display: &str, place: &str, tag: Option<String>) -> String {
    format!("{display} {place} {tag:?}")
}

fn seen_by_us(message: &Message) -> Seen {
    let place_of = |uri: &Uri| place(uri.user(), uri.host(), uri.port());
    let person_of = |it: Address| person(&it.display, &place_of(&it.uri), it.tag().map(str::to_owned));
    let via = message.via().unwrap();
    Seen {
        said: match message.status() {
            None => message.method().to_string(),
            Some(status) => status.to_string(),
        },
        target: message.uri().map_or(String::new(), |uri| place_of(&uri)),
        via: format!(
            "{} {} {:?}",
            via.transport,
            place(None, &via.host, via.port),
            via.branch()
        ),
        from: person_of(message.from().unwrap()),
        to: person_of(message.to().unwrap()),
        call_id: message.call_id().unwrap().to_owned(),
        cseq: message.cseq().unwrap().to_string(),
        body: message.body().to_vec(),
    }
}

fn seen_by_rsip(bytes: &[u8]) -> Result<Seen, String> {
    read_with_rsip(bytes).map_err(|error| error.to_string())
}

fn read_with_rsip(bytes: &[u8]) -> Result<Seen, rsip::Error> {
    use rsip::prelude::*;
    let message = rsip::SipMessage::try_from(bytes)?;
    let place_of = |uri: &rsip::Uri| {
        let user = uri.user().map(|user| resolved(user.as_bytes()));
        place(
            user,
            &uri.host().to_string(),
            uri.port().map(|port| *port.value()),
        )
    };
    let (via, from) = (message.via_header()?.typed()?, message.from_header()?.typed()?);
    let (to, cseq) = (message.to_header()?.typed()?, message.cseq_header()?.typed()?);
    let person_of = |display: &Option<String>, uri: &rsip::Uri, tag: Option<&rsip::param::Tag>| {
        let display = unquoted(display.as_deref().unwrap_or_default());
        person(&display, &place_of(uri), tag.map(|tag| tag.value().to_owned()))
    };
    let (said, target) = match &message {
        rsip::SipMessage::Request(request) => (request.method.to_string(), place_of(&request.uri)),
        rsip::SipMessage::Response(response) => (response.status_code.code().to_string(), String::new()),
    };
    Ok(Seen {
        said,
        target,
        via: format!(
            "{} {} {:?}",
            via.transport,
            place_of(&via.uri),
            via.branch().map(|branch| branch.value())
        ),
        from: person_of(&from.display_name, &from.uri, from.tag()),
        to: person_of(&to.display_name, &to.uri, to.tag()),
        call_id: message.call_id_header()?.value().to_owned(),
        cseq: format!("{} {}", cseq.seq, cseq.method),
        body: message.body().clone(),
    })
}

fn seen_by_sipx(bytes: &Bytes) -> Result<Seen, String> {
    let limits = sipx_sip::Limits::datagram();
    let message = sipx_sip::parse_datagram(bytes.clone(), &limits).map_err(|error| error.to_string())?;
    let headers = message.headers();
    let host_of = |host: &sipx_sip::Host| latin(&host.to_bytes());
    let place_of = |uri: &sipx_sip::Uri| {
        let user = uri.decoded_user().map(|user| latin(&user));
        place(user, &uri.host().map(host_of).unwrap_or_default(), uri.port())
    };
    let person_of = |it: &sipx::Address| {
        let display = it.display_name.as_deref().map(latin).unwrap_or_default();
        person(&display, &place_of(&it.uri), it.tag().map(latin))
    };
    let via = typed::<sipx::Via>(headers)?;
    let cseq = typed::<sipx::CSeq>(headers)?;
    let (said, target) = match (message.as_request(), message.as_response()) {
        (Some(request), _) => (latin(request.method.as_bytes()), place_of(&request.uri)),
        (None, Some(response)) => (response.status.code().to_string(), String::new()),
        (None, None) => return Err("neither request nor response".to_owned()),
    };
    Ok(Seen {
        said,
        target,
        via: format!(
            "{} {} {:?}",
            latin(&via.transport),
            place(None, &host_of(&via.host), via.port),
            via.branch().map(latin)
        ),
        from: person_of(&typed::<sipx::From>(headers)?.0),
        to: person_of(&typed::<sipx::To>(headers)?.0),
        call_id: latin(&typed::<sipx::CallId>(headers)?.0),
        cseq: format!("{} {}", cseq.sequence, latin(cseq.method.as_bytes())),
        body: message.body().to_vec(),
    })
}

fn typed<H: sipx_sip::TypedHeader>(headers: &sipx_sip::Headers) -> Result<H, String> {
    headers
        .typed::<H>()
        .ok_or("a field is missing")?
        .map_err(|error| error.to_string())
}

fn latin(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Neither reader resolves escapes or quoted pairs as we do; that much help they get.
fn resolved(user: &[u8]) -> String {
    let text = format!("sip:{}@h", latin(user));
    Uri::parse(&text).and_then(|uri| uri.user()).unwrap_or_default()
}

fn unquoted(display: &str) -> String {
    let inside = display
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(display);
    inside.replace("\\\"", "\"").replace("\\\\", "\\")
}
