use super::{Frame, Framer};
use crate::sip::{Malformed, MessageLimits};

const OPTIONS: &str = "OPTIONS sip:a@h SIP/2.0\r\nVia: SIP/2.0/TCP h\r\nContent-Length: 4\r\n\r\nbody";
const ANSWER: &str = "SIP/2.0 200 OK\r\nl : 0\r\n\r\n";
const FOLDED: &str = "INFO sip:a@h SIP/2.0\r\nContent-Length:\r\n  2\r\n\r\nab";

fn framer() -> Framer {
    Framer::new(MessageLimits {
        message_bytes: 1000,
        header_fields: 20,
    })
}

/// All frames that come out, messages as text and a ping as "ping", and the error at the end if any.
fn frames(framer: &mut Framer) -> (Vec<String>, Option<Malformed>) {
    let mut frames = Vec::new();
    loop {
        match framer.next_frame() {
            Ok(None) => return (frames, None),
            Ok(Some(Frame::Ping)) => frames.push("ping".to_owned()),
            Ok(Some(Frame::Message(bytes))) => frames.push(String::from_utf8(bytes.to_vec()).unwrap()),
            Err(malformed) => return (frames, Some(malformed)),
        }
    }
}

fn pushed_at_once(stream: &[u8]) -> (Vec<String>, Option<Malformed>) {
    let mut framer = framer();
    framer.push(stream);
    frames(&mut framer)
}

fn pushed_byte_by_byte(stream: &[u8]) -> (Vec<String>, Option<Malformed>) {
    let mut framer = framer();
    let mut all = Vec::new();
    for byte in stream {
        framer.push(&[*byte]);
        let (some, malformed) = frames(&mut framer);
        all.extend(some);
        if malformed.is_some() {
            return (all, malformed);
        }
    }
    (all, None)
}

fn error(stream: &[u8]) -> &'static str {
    let (at_once, byte_by_byte) = (pushed_at_once(stream), pushed_byte_by_byte(stream));
    assert_eq!(at_once, byte_by_byte);
    let malformed = at_once.1.unwrap_or_else(|| panic!("{stream:?} was understood"));
    assert_eq!(malformed.status, 0);
    malformed.what
}

#[test]
fn a_stream_is_cut_at_the_same_places_however_it_arrives() {
    let stream = format!("\r\n{OPTIONS}{ANSWER}\r\n\r\n\r\n{FOLDED}\r\n\r\n\r\n\r\n{ANSWER}");
    let expected = [OPTIONS, ANSWER, "ping", FOLDED, "ping", "ping", ANSWER];
    assert_eq!(
        pushed_at_once(stream.as_bytes()),
        (expected.map(String::from).to_vec(), None)
    );
    assert_eq!(
        pushed_byte_by_byte(stream.as_bytes()),
        (expected.map(String::from).to_vec(), None)
    );
}

#[test]
fn lines_may_end_with_lf() {
    let stream = OPTIONS.replace("\r\n", "\n") + "\n\n" + ANSWER;
    let expected = [OPTIONS.replace("\r\n", "\n"), ANSWER.to_owned()];
    assert_eq!(pushed_at_once(stream.as_bytes()), (expected.to_vec(), None));
    assert_eq!(pushed_byte_by_byte(stream.as_bytes()), (expected.to_vec(), None));
}

#[test]
fn a_message_comes_when_its_last_byte_has_come() {
    let mut framer = framer();
    let (most, last) = OPTIONS.split_at(OPTIONS.len() - 1);
    framer.push(most.as_bytes());
    assert_eq!(framer.next_frame(), Ok(None));
    framer.push(last.as_bytes());
    assert_eq!(framer.next_frame(), Ok(Some(Frame::Message(OPTIONS.into()))));
    assert_eq!(framer.next_frame(), Ok(None));
}

#[test]
fn one_empty_line_is_an_answer_to_our_ping_and_swallowed() {
    assert_eq!(pushed_at_once(b"\r\n"), (vec![], None));
    let stream = format!("\r\n{ANSWER}\r\n{ANSWER}");
    assert_eq!(pushed_byte_by_byte(stream.as_bytes()).0, [ANSWER, ANSWER]);
}

#[test]
fn what_is_not_sip_ends_the_stream_at_once() {
    assert_eq!(error(b"\x16\x03\x01\x02\x00\x01"), "this is not SIP");
    assert_eq!(error(b"GET / HTTP/1.1\r\n"), "this is not SIP");
    assert_eq!(error(b"hello\n"), "this is not SIP");
}

#[test]
fn a_message_whose_end_nobody_can_know_ends_the_stream() {
    let with_length = |length: &str| OPTIONS.replace("Content-Length: 4", length);
    assert_eq!(
        error(with_length("X: 4").as_bytes()),
        "there is no Content-Length on a stream"
    );
    assert_eq!(
        error(with_length("Content-Length: -4").as_bytes()),
        "the Content-Length is no number"
    );
    assert_eq!(
        error(with_length("l: 4\r\nl: 5").as_bytes()),
        "there are different Content-Lengths"
    );
    let two_to_the_64 = with_length("Content-Length: 18446744073709551616");
    assert_eq!(error(two_to_the_64.as_bytes()), "the message is too long");
}

/// It is refused by what is known of it (RFC 3261 §18.3).
#[test]
fn a_message_whose_end_nobody_can_know_comes_as_far_as_its_head_goes() {
    let endless = OPTIONS.replace("Content-Length: 4", "Content-Length: x");
    let head = endless.trim_end_matches("body").to_owned();
    let (frames, malformed) = pushed_at_once(format!("{ANSWER}{endless}").as_bytes());
    assert_eq!(frames, [ANSWER, &head]);
    assert!(malformed.is_some());
}

#[test]
fn what_a_stream_had_begun_to_say_when_it_ended_comes_as_it_is() {
    let rest = |stream: &str| {
        let mut framer = framer();
        framer.push(stream.as_bytes());
        frames(&mut framer);
        framer.rest()
    };
    let begun = |text: &str| Some(Frame::Message(text.to_owned().into()));
    assert_eq!(rest(&format!("{OPTIONS}\r\n")), None);
    assert_eq!(rest("OPTIO"), None);
    let most = &OPTIONS[..OPTIONS.len() - 1];
    assert_eq!(rest(&format!("{ANSWER}{most}")), begun(most));
    assert_eq!(rest(&OPTIONS[..40]), begun(&OPTIONS[..40]));
}

#[test]
fn no_more_is_held_than_one_message_may_have() {
    assert_eq!(
        error(OPTIONS.replace('4', "1000").as_bytes()),
        "the message is too long"
    );
    assert_eq!(error(&vec![b'a'; 1001]), "the message is too long");
    let endless = format!("OPTIONS sip:a@h SIP/2.0\r\n{}", "X: y\r\n".repeat(200));
    assert_eq!(error(endless.as_bytes()), "the message is too long");
}

#[test]
fn a_broken_stream_stays_broken() {
    let mut framer = framer();
    framer.push(b"hello\r\n");
    let malformed = framer.next_frame().unwrap_err();
    framer.push(ANSWER.as_bytes());
    assert_eq!(framer.next_frame(), Err(malformed));
}
