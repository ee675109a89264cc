use super::Draft;
use crate::sip::{Address, CSeq, Message, MessageLimits, Method, Name, Uri};
use bytes::Bytes;

const LIMITS: MessageLimits = MessageLimits {
    message_bytes: 65_535,
    header_fields: 100,
};

const INVITE: &str = "INVITE sip:bob@h SIP/2.0\r\n\
    v: SIP/2.0/udp  10.0.0.1:5060 ;branch=z9hG4bK1;rport , SIP/2.0/UDP far;branch=z9hG4bK0\r\n\
    Record-Route: <sip:proxy;lr>\r\n\
    From: \"Alice\"<sip:alice@h>;tag=a\r\n\
    Via: SIP/2.0/TCP\r\n third\r\n\
    To:sip:bob@h\r\n\
    i: 77\r\n\
    Timestamp: 54\r\n\
    CSeq: 0012 INVITE\r\n\r\n";

fn invite() -> Message {
    Message::parse(Bytes::from(INVITE), &LIMITS).unwrap()
}

fn text(draft: Draft) -> String {
    String::from_utf8(draft.finish().bytes().to_vec()).unwrap()
}

#[test]
fn a_request_is_written_in_the_order_in_which_it_is_said() {
    let uri = Uri::sip(Some("bob"), "h", None);
    let cseq = CSeq {
        number: 1,
        method: Method::Message,
    };
    let draft = Draft::request(&Method::Message, &uri)
        .with(Name::TO, Address::new(uri.clone()))
        .with(Name::CSEQ, cseq)
        .with_named("X-Queue", "sales")
        .with_first(Name::VIA, "SIP/2.0/UDP inner")
        .with_first(Name::VIA, "SIP/2.0/UDP outer")
        .body("text/plain", "hello");
    assert_eq!(
        text(draft),
        "MESSAGE sip:bob@h SIP/2.0\r\nVia: SIP/2.0/UDP outer\r\nVia: SIP/2.0/UDP inner\r\nTo: <sip:bob@h>\r\n\
         CSeq: 1 MESSAGE\r\nX-Queue: sales\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
    );
}

#[test]
fn a_response_copies_what_belongs_to_the_transaction() {
    let ringing = Draft::response(&invite(), 180, "Ringing").to_tag("b");
    assert_eq!(
        text(ringing),
        "SIP/2.0 180 Ringing\r\n\
         Via: SIP/2.0/udp  10.0.0.1:5060 ;branch=z9hG4bK1;rport , SIP/2.0/UDP far;branch=z9hG4bK0\r\n\
         Via: SIP/2.0/TCP   third\r\n\
         Record-Route: <sip:proxy;lr>\r\n\
         From: \"Alice\"<sip:alice@h>;tag=a\r\nTo: sip:bob@h;tag=b\r\nCall-ID: 77\r\nCSeq: 0012 INVITE\r\n\
         Content-Length: 0\r\n\r\n"
    );
}

#[test]
fn a_100_echoes_the_timestamp_and_no_route_and_a_refusal_neither() {
    let trying = Draft::response(&invite(), 100, "Trying").finish();
    assert_eq!(
        (trying.text(Name::TIMESTAMP), trying.text(Name::RECORD_ROUTE)),
        (Some("54"), None)
    );
    let busy = Draft::response(&invite(), 486, "Busy Here").finish();
    assert_eq!(
        (busy.text(Name::TIMESTAMP), busy.text(Name::RECORD_ROUTE)),
        (None, None)
    );
}

#[test]
fn the_topmost_via_alone_is_completed() {
    let request = invite();
    let via = request
        .via()
        .unwrap()
        .with_param("received", "192.0.2.1")
        .with_param("rport", "5062");
    let answer = Draft::response(&request, 200, "OK").with_top_via(&via).finish();
    let vias: Vec<_> = answer.list(Name::VIA).collect();
    assert_eq!(
        vias[0],
        "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1;rport=5062;received=192.0.2.1"
    );
    assert_eq!(
        vias[1..],
        ["SIP/2.0/UDP far;branch=z9hG4bK0", "SIP/2.0/TCP   third"]
    );
}

#[test]
fn a_tag_is_given_once() {
    let answer = Draft::response(&invite(), 200, "OK")
        .to_tag("b")
        .to_tag("c")
        .finish();
    assert_eq!(answer.to().unwrap().tag(), Some("b"));
    let in_dialog = INVITE.replace("To:sip:bob@h", "To: <sip:bob@h>;TAG=mine");
    let request = Message::parse(Bytes::from(in_dialog), &LIMITS).unwrap();
    let answer = Draft::response(&request, 200, "OK").to_tag("other").finish();
    assert_eq!(answer.text(Name::TO), Some("<sip:bob@h>;TAG=mine"));
}

#[test]
fn a_tag_comes_behind_a_semicolon_too_many() {
    let sloppy = INVITE.replace("To:sip:bob@h", "To: <sip:bob@h>;x;");
    let request = Message::parse(Bytes::from(sloppy), &LIMITS).unwrap();
    let answer = Draft::response(&request, 200, "OK").to_tag("b").finish();
    assert_eq!(answer.text(Name::TO), Some("<sip:bob@h>;x;tag=b"));
}

#[test]
fn a_malformed_request_gets_a_well_formed_refusal() {
    let text = INVITE
        .replace("To:", "To: <sip:first@h>\r\nTo:")
        .replace("INVITE sip", "INVITE  sip");
    let request = Message::read(Bytes::from(text), &LIMITS).unwrap();
    let refusal = request.check().unwrap_err();
    let answer = Draft::response(&request, refusal.status, refusal.what)
        .to_tag("b")
        .finish();
    assert_eq!(answer.check(), Ok(()));
    assert_eq!(answer.text(Name::TO), Some("<sip:first@h>;tag=b"));
}

#[test]
fn nobody_can_smuggle_a_line() {
    let evil = "a\r\nRoute: <sip:evil@e>\0\nX: y";
    let uri = Uri::sip(Some(evil), evil, None);
    let draft = Draft::request(&Method::Other(evil.into()), &uri)
        .with(Name::SUBJECT, evil)
        .with_named(evil, "x")
        .with_first(
            Name::FROM,
            Address::new(uri.clone())
                .with_display(evil)
                .with_param("tag", evil),
        )
        .body(evil, "");
    let message = draft.finish();
    let names: Vec<_> = message.fields().map(|(name, _)| name.to_vec()).collect();
    let expected: [&[u8]; 4] = [b"From", b"Subject", b"Content-Type", b"Content-Length"];
    assert_eq!(names, expected);
    let head = &message.bytes()[..message.bytes().len() - message.body().len()];
    assert!(!head.contains(&0));
    let answer = Draft::response(&invite(), 400, evil).to_tag(evil).finish();
    assert_eq!(answer.fields().count(), 7);
}

#[test]
fn the_content_length_is_ours_alone() {
    let request = invite();
    let draft = Draft::response(&request, 200, "OK")
        .with(Name::CONTENT_LENGTH, 99)
        .with_named("l", 98);
    let message = draft
        .carry(&request, Name::CONTENT_LENGTH)
        .body("application/isup", [0, 255, 13, 10])
        .finish();
    assert_eq!(message.list(Name::CONTENT_LENGTH).collect::<Vec<_>>(), ["4"]);
    assert_eq!(message.body(), [0, 255, 13, 10]);
}

#[test]
fn a_field_is_carried_byte_for_byte() {
    let mut bytes = INVITE.replace("Timestamp: 54", "User-to-User: A").into_bytes();
    let place = bytes.windows(2).position(|pair| pair == b"A\r").unwrap();
    bytes[place] = 0xff;
    let request = Message::parse(Bytes::from(bytes), &LIMITS).unwrap();
    let onward = Draft::request(&Method::Invite, &request.uri().unwrap()).carry(&request, Name::USER_TO_USER);
    assert_eq!(onward.finish().raw(Name::USER_TO_USER), Some(&b"\xff"[..]));
}

#[test]
fn what_goes_back_to_its_sender_is_what_he_sent_and_nobody_else_gets_a_nul() {
    let odd = INVITE
        .replace("i: 77", "i: 7\u{0}7")
        .replace("Timestamp", "Subject");
    let odd = Message::parse(Bytes::from(odd.replace("54", "a\0b")), &LIMITS).unwrap();
    let answer = Draft::response(&odd, 200, "OK").finish();
    assert_eq!(answer.call_id(), Ok("7\u{0}7"));
    let onward = Draft::request(&Method::Invite, &odd.uri().unwrap())
        .carry(&odd, Name::SUBJECT)
        .finish();
    assert_eq!(onward.text(Name::SUBJECT), Some("a b"));
}

#[test]
fn a_log_shows_the_start_line_only() {
    let draft = Draft::response(&invite(), 401, "Unauthorized").with(Name::WWW_AUTHENTICATE, "secret");
    assert_eq!(format!("{draft:?}"), "Draft(SIP/2.0 401 Unauthorized)");
}
