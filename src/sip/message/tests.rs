use super::{Malformed, Message, MessageLimits};
use crate::sip::{CSeq, Method, Name};
use bytes::Bytes;

const LIMITS: MessageLimits = MessageLimits {
    message_bytes: 65_535,
    header_fields: 100,
};

/// A phone's INVITE with everything that is allowed and that nobody expects.
const INVITE: &str = "INVITE sip:+4930123@tandem.example;user=phone SIP/2.0\r\n\
    v: SIP/2.0/UDP 192.0.2.7:5062;branch=z9hG4bK1;rport , SIP/2.0/TCP [2001:db8::1];branch=z9hG4bK0\r\n\
    VIA : SIP/2.0/UDP far.example;branch=z9hG4bKf\r\n\
    Max-Forwards: 70\r\n\
    f: \"Agent, \\\"Joe\\\"\" <sip:201@tandem.example>;tag=abc\r\n\
    t: <sip:+4930123@tandem.example>\r\n\
    i: 1@192.0.2.7\r\n\
    CSeq: 1\r\n  INVITE\r\n\
    m: <sip:201@192.0.2.7:5062>;+sip.instance=\"<urn:uuid:1,2>\"\r\n\
    Allow: INVITE, ACK,BYE\r\n\
    k: replaces,\r\n\t100rel , timer\r\n\
    X-Latin: M\u{fc}ller\r\n\
    Expires: 120 (two minutes)\r\n\
    Authorization: Digest username=\"a\", realm=\"b\"\r\n\
    c: application/sdp\r\n\
    l: 5\r\n\
    \r\n\
    v=0\r\nand octets behind the body";

fn read(text: &str) -> Result<Message, Malformed> {
    // Every character is the byte of the same number, so that bytes beyond UTF-8 can be written here.
    let bytes: Vec<u8> = text
        .chars()
        .map(|character| u8::try_from(character).unwrap())
        .collect();
    Message::parse(Bytes::from(bytes), &LIMITS)
}

fn invite() -> Message {
    read(INVITE).unwrap()
}

/// The INVITE with one piece replaced.
fn altered(from: &str, to: &str) -> Result<Message, Malformed> {
    assert!(INVITE.contains(from), "{from}");
    read(&INVITE.replacen(from, to, 1))
}

fn status_of(refusal: Result<Message, Malformed>) -> u16 {
    refusal
        .map(|message| panic!("{message:?} was accepted"))
        .unwrap_or_else(|malformed| malformed.status)
}

#[test]
fn all_that_a_call_needs_is_read() {
    let invite = invite();
    assert!(invite.is_request());
    assert_eq!(
        (invite.method(), invite.status(), invite.reason()),
        (Method::Invite, None, "")
    );
    assert_eq!(invite.uri().unwrap().user().as_deref(), Some("+4930123"));
    assert_eq!(invite.from().unwrap().display, "Agent, \"Joe\"");
    assert_eq!(invite.from().unwrap().tag(), Some("abc"));
    assert_eq!(invite.to().unwrap().tag(), None);
    assert_eq!(invite.call_id(), Ok("1@192.0.2.7"));
    assert_eq!(
        invite.cseq(),
        Ok(CSeq {
            number: 1,
            method: Method::Invite
        })
    );
    assert_eq!(invite.via().unwrap().branch(), Some("z9hG4bK1"));
    assert_eq!(
        invite.contacts().unwrap()[0].param("+sip.instance"),
        Some("<urn:uuid:1,2>")
    );
    assert_eq!(invite.body(), b"v=0\r\n");
}

#[test]
fn lists_come_apart_in_order_over_lines_and_folds() {
    let invite = invite();
    let via: Vec<_> = invite
        .list(Name::VIA)
        .map(|value| value.split(';').next().unwrap())
        .collect();
    assert_eq!(
        via,
        [
            "SIP/2.0/UDP 192.0.2.7:5062",
            "SIP/2.0/TCP [2001:db8::1]",
            "SIP/2.0/UDP far.example"
        ]
    );
    assert_eq!(
        invite.list(Name::SUPPORTED).collect::<Vec<_>>(),
        ["replaces", "100rel", "timer"]
    );
    assert!(invite.has_token(Name::SUPPORTED, "100REL") && !invite.has_token(Name::SUPPORTED, "100"));
    assert_eq!(
        invite.list(Name::AUTHORIZATION).count(),
        1,
        "a comma in credentials begins no second value"
    );
    assert_eq!(invite.list(Name::ROUTE).count(), 0);
}

#[test]
fn bytes_fields_and_order_are_kept() {
    let invite = invite();
    let text = INVITE.split("and octets").next().unwrap();
    assert_eq!(
        invite.bytes().len(),
        text.chars().count(),
        "only what is behind the body is dropped"
    );
    let names: Vec<_> = invite
        .fields()
        .map(|(name, _)| String::from_utf8(name.to_vec()).unwrap())
        .collect();
    assert_eq!(names[..6], ["v", "VIA", "Max-Forwards", "f", "t", "i"]);
    let latin = invite.fields().find(|(name, _)| *name == b"X-Latin").unwrap();
    assert_eq!(latin.1, b"M\xfcller");
    let folded = invite.fields().find(|(name, _)| *name == b"k").unwrap();
    assert_eq!(folded.1, b"replaces,\r\n\t100rel , timer");
}

#[test]
fn numbers_are_read_past_comments_and_clamped() {
    assert_eq!(invite().number(Name::EXPIRES), Some(120));
    let number = |value: &str| altered("120 (two minutes)", value).unwrap().number(Name::EXPIRES);
    assert_eq!(number("1800;refresher=uac"), Some(1800));
    assert_eq!(number("99999999999999999999999"), Some(u32::MAX));
    assert_eq!((number("soon"), number("-1"), number("")), (None, None, None));
}

#[test]
fn a_name_in_latin_1_is_still_a_name() {
    let from = altered("Agent, \\\"Joe\\\"", "M\u{fc}ller")
        .unwrap()
        .from()
        .unwrap();
    assert_eq!(from.display, "Müller");
}

#[test]
fn lines_may_end_with_lf_and_begin_late() {
    let sloppy = format!("\r\n\r\n{}", INVITE.replace("\r\n", "\n").replace("l: 5", "l: 4"));
    assert_eq!(read(&sloppy).unwrap().body(), b"v=0\n");
    assert_eq!(
        altered("l: 5\r\n", "").unwrap().body(),
        b"v=0\r\nand octets behind the body"
    );
}

#[test]
fn a_response_has_status_reason_and_the_method_of_its_cseq() {
    let answer = INVITE.replace(
        "INVITE sip:+4930123@tandem.example;user=phone SIP/2.0",
        "SIP/2.0 183 Session Progress",
    );
    let answer = read(&answer).unwrap();
    assert!(!answer.is_request());
    assert_eq!(
        (answer.status(), answer.reason(), answer.method()),
        (Some(183), "Session Progress", Method::Invite)
    );
    assert!(answer.uri().is_err());
    for line in ["SIP/2.0 180", "SIP/2.0 180 ", "sip/2.0 180 Ringing"] {
        let text = INVITE.replace("INVITE sip:+4930123@tandem.example;user=phone SIP/2.0", line);
        assert_eq!(read(&text).unwrap().status(), Some(180), "{line}");
    }
}

#[test]
fn a_malformed_request_is_refused_with_400() {
    let broken = [
        ("f: ", "x: "),
        ("t: ", "x: "),
        ("i: 1@192.0.2.7", "i:"),
        ("CSeq: 1", "CSeq: 2147483648"),
        ("\r\n  INVITE", " BYE"),
        ("t: ", "t: <sip:b@h>\r\nt: "),
        ("Max-Forwards: 70", "Max-Forwards: many"),
        ("l: 5", "l: -5"),
        ("l: 5", "l: 5\r\nContent-Length: 6"),
        ("l: 5", "l: 99999999999999999999999999"),
        ("\"Agent", "Agent"),
        ("INVITE sip", "INVITE  sip"),
        ("user=phone", "user=phone?Route=x"),
        ("user=phone", "user=phone; lr"),
        ("Allow: ", "Allow "),
        ("Allow: ", "All ow: "),
        ("tag=abc", "tag="),
        ("z9hG4bK1", "z\u{ff}"),
        ("X-Latin: ", "X-Latin: a\rVia: evil"),
        (";branch=z9hG4bK1;", ";;branch=z9hG4bK1;"),
    ];
    for (from, to) in broken {
        assert_eq!(status_of(altered(from, to)), 400, "{from} → {to}");
    }
    assert_eq!(status_of(altered("SIP/2.0\r\n", "SIP/3.0\r\n")), 505);
    assert_eq!(
        status_of(read(INVITE.split("\r\nc:").next().unwrap())),
        400,
        "the header section does not end"
    );
}

#[test]
fn what_cannot_be_answered_is_dropped_in_silence() {
    let silent = [
        "",
        "\r\n\r\n",
        "\0\0\0",
        "GET / HTTP/1.1\r\nVia: x\r\n\r\n",
        "INVITE",
        "INVITE sip:a@h SIP/2.0\r\n\r\n",
        "ACK sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\r\n",
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\n\r\n",
        "SIP/2.0 4294967301 better not\r\nVia: SIP/2.0/UDP h\r\n\r\n",
    ];
    for text in silent {
        assert_eq!(status_of(read(text)), 0, "{text}");
    }
    let long = Message::parse(Bytes::from(vec![b'a'; 70_000]), &LIMITS);
    assert_eq!(long.unwrap_err().status, 0);
}

#[test]
fn a_malformed_request_can_still_be_read_for_its_refusal() {
    let text =
        "INVITE  sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nCSeq: 1 INVITE\r\nnonsense\r\nCall-ID: 7\r\n\r\n";
    let message = Message::read(Bytes::from(text), &LIMITS).unwrap();
    assert_eq!(message.check().unwrap_err().status, 400);
    assert_eq!((message.method(), message.call_id()), (Method::Invite, Ok("7")));
}

#[test]
fn the_number_of_fields_is_limited() {
    let many = INVITE.replace("Allow: ", &"X: y\r\n".repeat(100));
    let refusal = read(&many).unwrap_err();
    assert_eq!(
        (refusal.status, refusal.what),
        (400, "there are too many header fields")
    );
}

#[test]
fn folds_count_too_so_that_nobody_makes_us_trim_for_ever() {
    let folded = INVITE.replace("Allow: ", &format!("Allow: {}", "\r\n ".repeat(100)));
    assert_eq!(
        read(&folded).unwrap_err().what,
        "there are too many header fields"
    );
}

#[test]
fn a_usual_message_is_indexed_without_copying_or_allocating() {
    let usual = INVITE
        .replace("\r\n  INVITE", " INVITE")
        .replace("\r\n\t100rel", " 100rel");
    let usual = read(&usual).unwrap();
    assert!(usual.unfolded.is_none() && !usual.head.fields.spilled());
}

#[test]
fn a_snapshot_keeps_every_byte() {
    let invite = invite();
    let kept = serde_json::to_string(&invite).unwrap();
    assert!(kept.contains("X-Latin: Müller"));
    let restored: Message = serde_json::from_str(&kept).unwrap();
    assert_eq!(restored.bytes(), invite.bytes());
    assert_eq!(restored.cseq(), invite.cseq());
    assert!(serde_json::from_str::<Message>("\"€\"").is_err());
}

#[test]
fn a_log_shows_neither_credentials_nor_people() {
    assert_eq!(format!("{:?}", invite()), "Message(INVITE)");
    let answer = INVITE.replace(
        "INVITE sip:+4930123@tandem.example;user=phone SIP/2.0",
        "SIP/2.0 200 O\x1bK",
    );
    assert_eq!(
        format!("{:?}", read(&answer).unwrap()),
        "Message(200 \"O\\u{1b}K\")"
    );
}
