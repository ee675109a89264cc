//! What is printed is read back as it was meant, and no bytes whatever can upset the reader.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use tandem::sip::framer::{Frame, Framer};
use tandem::sip::{Address, CSeq, Draft, Malformed, Message, MessageLimits, Method, Name, Uri, Via};

const LIMITS: MessageLimits = MessageLimits {
    message_bytes: 4096,
    header_fields: 40,
};

/// Messages to be spoilt: every rule of the grammar that we know of is used somewhere in them.
const WELL_FORMED: [&str; 3] = [
    "INVITE sip:+4930123;x=1@h.example:5070;user=phone SIP/2.0\r\n\
     v: SIP / 2.0 / UDP 192.0.2.7 : 5062;branch=z9hG4bK1;rport , SIP/2.0/TCP [2001:db8::1];branch=z9\r\n\
     Max-Forwards: 70\r\n\
     f: \"Doe, \\\"Jane\\\"\" <sip:jane@h;lr?Subject=x%26>;tag=a;x=\"1;2\"\r\n\
     t : sip:bob@[::1]:5060 ;tag=b\r\n\
     i: 1@h\r\n\
     CSeq: 1\r\n INVITE\r\n\
     m: <tel:+49-30-123;phone-context=x>;q=0.5, sip:c@d\r\n\
     k: 100rel,\r\n\ttimer\r\n\
     l: 5\r\n\r\nv=0\r\n",
    "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP h;branch=z9\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\n\
     Call-ID: 2\r\nCSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n",
    "\r\n\r\nREGISTER sips:h SIP/2.0\nVia: SIP/2.0/TLS h\nFrom: <sip:a@h>\nTo: <sip:a@h>\nCall-ID: 3\n\
     CSeq: 3 REGISTER\nContact: *\nExpires: 0\nContent-Length: 0\n\n",
];

/// What a display name looks like after it has been out and in: control characters are blanks.
fn printable(display: &str) -> String {
    display
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect()
}

fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9][a-zA-Z0-9.-]{0,20}",
        any::<std::net::Ipv6Addr>().prop_map(|ip| ip.to_string())
    ]
}

fn params() -> impl Strategy<Value = Vec<(String, String)>> {
    vec(("[a-z+][a-z0-9.-]{0,8}", any::<String>()), 0..4)
}

fn uri() -> impl Strategy<Value = Uri> {
    (any::<Option<String>>(), host(), any::<Option<u16>>(), params()).prop_map(
        |(user, host, port, params)| {
            let plain = Uri::sip(user.as_deref(), &host, port);
            params
                .iter()
                .fold(plain, |uri, (name, value)| uri.with_param(name, value))
        },
    )
}

/// One of the messages above with a few bytes replaced, inserted or cut off.
fn spoilt() -> impl Strategy<Value = Vec<u8>> {
    let weighty = prop_oneof![
        any::<u8>(),
        proptest::sample::select(b"\r\n \t:;,<>\"@=%[]\\/?&\0".to_vec())
    ];
    let blow = (any::<Index>(), weighty, 0..4u8);
    (0..WELL_FORMED.len(), vec(blow, 0..6)).prop_map(|(which, blows)| {
        let mut bytes = WELL_FORMED[which].as_bytes().to_vec();
        for (place, byte, kind) in blows {
            let at = place.index(bytes.len() + 1).min(bytes.len());
            match kind {
                0 => bytes.insert(at, byte),
                1 if at > 0 => bytes.truncate(at),
                2 => bytes.extend_from_within(at..),
                _ => bytes.iter_mut().skip(at).take(1).for_each(|old| *old = byte),
            }
            bytes.truncate(LIMITS.message_bytes);
        }
        bytes
    })
}

/// Asks a message for everything that it may be asked for.
fn ask_everything(message: &Message) {
    let _ = (
        message.method(),
        message.status(),
        message.reason(),
        message.uri().map(|uri| uri.for_request()),
    );
    let _ = (
        message.from(),
        message.to(),
        message.call_id(),
        message.cseq(),
        message.via(),
        message.contacts(),
    );
    for name in [
        Name::VIA,
        Name::SUPPORTED,
        Name::CONTACT,
        Name::MAX_FORWARDS,
        Name::SUBJECT,
    ] {
        let _ = (
            message.text(name),
            message.number(name),
            message.has_token(name, "x"),
            message.addresses(name),
        );
        assert!(message.list(name).all(|value| !value.is_empty()));
    }
    let _ = (
        message.fields().count(),
        message.body().len(),
        format!("{message:?}"),
    );
}

/// All messages in a stream that arrives in chunks of these sizes, and how it ends.
fn frames(stream: &[u8], sizes: &[usize]) -> (Vec<Frame>, Option<Malformed>) {
    let (mut framer, mut frames, mut rest) = (Framer::new(LIMITS), Vec::new(), stream);
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() {
        let (chunk, behind) = rest.split_at((*sizes.next().unwrap_or(&1)).min(rest.len()));
        framer.push(chunk);
        rest = behind;
        loop {
            match framer.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(malformed) => return (frames, Some(malformed)),
            }
        }
    }
    (frames, None)
}

#[test]
fn the_well_formed_are_well_formed() {
    for text in WELL_FORMED {
        assert_eq!(
            Message::parse(text.into(), &LIMITS).map(|message| message.check()),
            Ok(Ok(())),
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn a_uri_says_the_user_and_the_parameters_that_it_was_given(user in ".+", host in host(), value in "[a-z:/+$]+") {
        let uri = Uri::sip(Some(&user), &host, None).with_param("x", &value);
        let read = Uri::parse(&uri.to_string());
        prop_assert_eq!(read.as_ref().and_then(Uri::user), Some(user));
        prop_assert_eq!(read.as_ref().and_then(|uri| uri.param("x")), Some(value.as_str()));
        prop_assert!(read.is_some_and(|read| read.same_as(&uri) && read == uri));
    }

    #[test]
    fn an_address_is_read_as_it_was_printed(display: String, uri in uri(), params in params()) {
        let plain = Address::new(uri).with_display(&printable(&display));
        let address = params.iter().fold(plain, |address, (name, value)| address.with_param(name, &printable(value)));
        prop_assert_eq!(Address::parse(&address.to_string()), Some(address));
    }

    #[test]
    fn a_via_is_read_as_it_was_printed(host in host(), port: Option<u16>, params in params()) {
        let plain = Via { transport: "UDP".to_owned(), host, port, params: vec![] };
        let via = params.iter().fold(plain, |via, (name, value)| via.with_param(name, &printable(value)));
        prop_assert_eq!(Via::parse(&via.to_string()), Some(via));
    }

    #[test]
    fn a_field_holds_what_was_put_into_it_on_one_line(value: String, body: Vec<u8>) {
        let uri = Uri::sip(None, "h", None);
        let message = Draft::request(&Method::Info, &uri).with(Name::SUBJECT, &value).body("a/b", body.clone()).finish();
        let line: String = value.chars().map(|c| if "\r\n\0".contains(c) { ' ' } else { c }).collect();
        prop_assert_eq!(message.text(Name::SUBJECT), Some(line.trim_ascii()));
        prop_assert_eq!((message.fields().count(), message.body()), (3, &body[..]));
    }

    #[test]
    fn whatever_text_is_accepted_prints_as_itself(text in r#"(<|>|"|sip:|tel:|@|;|=|,|:|\[|\]|a|1|%|\?|\\| |/){0,24}"#) {
        if let Some(uri) = Uri::parse(&text) {
            prop_assert_eq!(uri.to_string(), text.clone());
        }
        if let Some(address) = Address::parse(&text) {
            prop_assert_eq!(Address::parse(&address.to_string()), Some(address));
        }
        if let Some(via) = Via::parse(&format!("SIP/2.0/UDP {text}")) {
            prop_assert_eq!(Via::parse(&via.to_string()), Some(via));
        }
        if let Some(cseq) = CSeq::parse(&text) {
            prop_assert_eq!(CSeq::parse(&cseq.to_string()), Some(cseq));
        }
    }

    #[test]
    fn no_text_upsets_a_reader(text: String) {
        let _ = (Uri::parse(&text), Address::parse(&text), Via::parse(&text), CSeq::parse(&text));
        let _ = Uri::parse(&format!("sip:{text}")).map(|uri| uri.same_as(&uri.for_request()));
    }

    #[test]
    fn no_bytes_upset_the_reader(bytes: Vec<u8>) {
        if let Ok(message) = Message::read(bytes.into(), &LIMITS) {
            ask_everything(&message);
        }
    }

    #[test]
    fn a_spoilt_message_is_read_or_refused_and_its_answer_is_well_formed(bytes in spoilt()) {
        let Ok(message) = Message::read(bytes.into(), &LIMITS) else { return Ok(()) };
        ask_everything(&message);
        let kept = serde_json::to_string(&message).and_then(|kept| serde_json::from_str::<Message>(&kept)).ok();
        prop_assert_eq!(kept.as_ref(), Some(&message));
        let answer = Draft::response(&message, 400, "Bad Request").to_tag("t").finish();
        let names = answer.fields().filter(|(name, _)| Name::named(name).is_none());
        prop_assert_eq!(names.count(), 0, "a line was forged");
        if message.check().is_ok() {
            prop_assert_eq!(answer.check(), Ok(()));
            prop_assert!(answer.to().is_ok_and(|to| to.tag().is_some()));
            let completed = message.via().map(|via| via.with_param("received", "192.0.2.1"));
            let completed = completed.map(|via| Draft::response(&message, 200, "OK").with_top_via(&via).finish());
            prop_assert_eq!(completed.map(|answer| answer.list(Name::VIA).count()), Ok(message.list(Name::VIA).count()));
        }
    }

    #[test]
    fn a_stream_is_cut_the_same_however_it_arrives(parts in vec(spoilt(), 1..4), sizes in vec(1..50usize, 1..5)) {
        let stream = parts.concat();
        prop_assert_eq!(frames(&stream, &sizes), frames(&stream, &[1]));
        prop_assert_eq!(frames(&stream, &[stream.len()]), frames(&stream, &[1]));
    }
}
