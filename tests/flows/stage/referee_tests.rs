//! The referee is tested too: each rule is broken once, and he must notice.

use super::agent::Agent;
use super::house;
use super::referee::Referee;
use super::said::Said;
use tandem::sip::Transport;

/// A phone to which the switch speaks.
fn bob() -> Agent {
    Agent::new(
        "1002",
        "1002",
        "tandem.example",
        house::flow(Transport::Udp, "10.0.0.102:5060".parse().unwrap()),
    )
}

/// The carrier.
fn acme() -> Agent {
    let flow = house::flow(Transport::Udp, "198.51.100.201:5060".parse().unwrap());
    Agent::new("acme", "+447700900123", "tandem.example", flow)
}

/// A request of the switch as it should be.
fn request(method: &str, cseq: u32) -> Said {
    Said::request(method, "sip:1002@10.0.0.102:5060")
        .with(
            "Via",
            format!("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{method}{cseq}"),
        )
        .with("Max-Forwards", 70)
        .with("From", "<sip:+447700900123@tandem.example>;tag=ours")
        .with("P-Asserted-Identity", "<sip:+447700900123@tandem.example>")
        .with("Remote-Party-ID", "<sip:+447700900123@tandem.example>")
        .with("To", "<sip:1002@tandem.example>")
        .with("Call-ID", "leg")
        .with("CSeq", format!("{cseq} {method}"))
        .with("Contact", "<sip:192.0.2.1:5060>")
}

fn sent(referee: &mut Referee, to: &Agent, said: &Said) -> String {
    let bytes = said.to_string().into_bytes();
    referee.sent(&house::config(), to, to.flow, said, &bytes);
    referee.news().join("; ")
}

/// What he says of one message, sent out of the blue.
fn judged(said: Said) -> String {
    sent(&mut Referee::default(), &bob(), &said)
}

fn described(version: u32, port: u16) -> String {
    format!("v=0\r\no=- 7 {version} IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\nm=audio {port} RTP/AVP 0\r\n")
}

#[test]
fn a_message_as_it_should_be_passes() {
    assert_eq!(judged(request("INVITE", 1)), "");
}

#[test]
fn a_phone_is_told_the_same_of_its_partner_in_all_places() {
    let other = "<sip:1003@tandem.example>";
    assert!(judged(request("INVITE", 1).set("P-Asserted-Identity", other)).contains("asserts 1003"));
    let within = request("UPDATE", 1).set("To", "<sip:1002@tandem.example>;tag=theirs");
    assert_eq!(judged(within.clone()), "");
    assert!(judged(within.set("Remote-Party-ID", other)).contains("shows 1003"));
}

#[test]
fn fields_contact_and_via_are_judged() {
    assert!(judged(request("INVITE", 1).with("To", "<sip:x>")).contains("with 2 To"));
    assert!(judged(request("INVITE", 1).set("Contact", "<sip:10.9.9.9>")).contains("with Contact"));
    let elsewhere = "SIP/2.0/UDP 10.9.9.9:5060;branch=z9hG4bK1";
    assert!(judged(request("INVITE", 1).set("Via", elsewhere)).contains("with Via"));
    assert!(judged(request("BYE", 1).with("Content-Type", "application/sdp")).contains("do not fit"));
}

#[test]
fn repetition_is_no_new_request_and_new_ones_count_up() {
    let (mut referee, bob) = (Referee::default(), bob());
    assert_eq!(sent(&mut referee, &bob, &request("INVITE", 2)), "");
    assert_eq!(sent(&mut referee, &bob, &request("INVITE", 2)), "");
    assert!(sent(&mut referee, &bob, &request("INVITE", 2).set("Expires", 9)).contains("reuses a branch"));
    assert!(sent(&mut referee, &bob, &request("OPTIONS", 2)).contains("does not count up"));
    assert_eq!(sent(&mut referee, &bob, &request("BYE", 3)), "");
    assert!(sent(&mut referee, &bob, &request("OPTIONS", 4)).contains("comes after BYE"));
}

#[test]
fn cancel_waits_for_a_provisional_and_a_200_wants_its_ack() {
    let (mut referee, bob) = (Referee::default(), bob());
    let invite = request("INVITE", 1);
    let cancel = request("CANCEL", 1).set("Via", invite.get("Via"));
    sent(&mut referee, &bob, &invite);
    assert!(sent(&mut referee, &bob, &cancel).contains("before any 1xx"));
    referee.received(&house::config(), &bob, &Said::response(&invite, 200, "OK"));
    assert!(referee.verdict().join("").contains("never ACKed"));
}

#[test]
fn descriptions_count_up_when_they_change_and_only_then() {
    let (mut referee, bob) = (Referee::default(), bob());
    let mut tell = |cseq, version, port| {
        sent(
            &mut referee,
            &bob,
            &request("INVITE", cseq).describing(described(version, port)),
        )
    };
    assert_eq!(tell(1, 1, 40000), "");
    assert_eq!(tell(2, 1, 40000), "");
    assert!(tell(3, 2, 40000).contains("expected 7 1"));
    assert!(tell(4, 2, 40002).contains("expected 7 3"));
}

#[test]
fn lines_and_numbers_of_a_session_keep_their_places() {
    let (mut referee, bob) = (Referee::default(), bob());
    let mut tell = |cseq: u32, more: &str| {
        let described = described(cseq, 40000) + more;
        sent(&mut referee, &bob, &request("INVITE", cseq).describing(described))
    };
    assert_eq!(
        tell(1, "a=rtpmap:101 telephone-event/8000\r\nm=video 0 RTP/AVP 99\r\n"),
        ""
    );
    assert!(tell(2, "").contains("has audio where there was audio, video"));
    assert_eq!(tell(3, "a=rtpmap:96 telephone-event/8000\r\n"), "");
    assert!(tell(4, "a=rtpmap:101 iLBC/8000\r\n").contains("makes ilbc/8000 of 101"));
}

#[test]
fn answers_fit_their_requests() {
    let (mut referee, bob) = (Referee::default(), bob());
    let ask = request("OPTIONS", 1);
    referee.received(&house::config(), &bob, &ask);
    let answer = |status, tag: &str| {
        let to = format!("{};tag={tag}", ask.get("To"));
        Said::response(&ask, status, "Well").set("To", to)
    };
    assert_eq!(sent(&mut referee, &bob, &answer(180, "a")), "");
    assert!(sent(&mut referee, &bob, &answer(200, "b")).contains("changes its To tag"));
    assert!(sent(&mut referee, &bob, &answer(183, "b")).contains("after the final"));
    assert!(sent(&mut referee, &bob, &answer(200, "b").set("CSeq", "9 BYE")).contains("changes CSeq"));
    let unasked = answer(200, "b").set("Via", "SIP/2.0/UDP 10.0.0.102;branch=z9hG4bKother");
    assert!(sent(&mut referee, &bob, &unasked).contains("answers nothing"));
    referee.received(&house::config(), &bob, &request("INFO", 5));
    assert!(
        referee
            .verdict()
            .join("")
            .contains("INFO 5 of 1002 got 0 final answers")
    );
}

#[test]
fn one_leg_knows_nothing_of_the_other() {
    let mut referee = Referee::default();
    let (bob, acme) = (bob(), acme());
    let calls = request("INVITE", 1)
        .set("Call-ID", "bobs-call")
        .set("From", "<sip:1002@x>;tag=bobs-tag");
    referee.received(&house::config(), &bob, &calls);
    for secret in [
        "bobs-call",
        "bobs-tag",
        "10.0.0.102",
        "Deskphone-of-1002",
        "1001",
        "Alice",
    ] {
        let said = Said::request("INVITE", "sip:+44123@198.51.100.201").with("X", secret);
        assert!(
            sent(&mut referee, &acme, &said).contains(&format!("shows {secret}")),
            "{secret}"
        );
    }
}

#[test]
fn a_carrier_is_told_of_nobody_but_us_and_those_whom_it_knows() {
    let acme = acme();
    let invite = || {
        let numbers = "<sip:+442079460100@192.0.2.1>;tag=ours";
        let mut invite = request("INVITE", 1)
            .set("From", numbers)
            .set("To", "<sip:+442079460999@acme.example>");
        invite.start = "INVITE sip:+442079460999@198.51.100.201 SIP/2.0".to_owned();
        let asserted = ["P-Asserted-Identity", "Remote-Party-ID"];
        invite
            .fields
            .retain(|(name, _)| !asserted.contains(&name.as_str()));
        invite
    };
    let judged = |said: Said| sent(&mut Referee::default(), &acme, &said);
    assert_eq!(judged(invite()), "");
    assert_eq!(
        judged(invite().with("P-Asserted-Identity", "<sip:02079460100@192.0.2.1>")),
        ""
    );
    assert!(
        judged(invite().with("P-Asserted-Identity", "<sip:+447700900999@x>"))
            .contains("presents +447700900999")
    );
    assert!(judged(invite().set("From", "<sip:alice@x>;tag=ours")).contains("presents alice"));
    assert!(judged(invite().with("Identity", "eyJ0…")).contains("shows a field Identity"));
    assert!(judged(invite().with("X-Office", "2")).contains("shows a field X-Office"));
    let twice = invite().with("Diversion", "<sip:+442079460100@x>");
    assert!(judged(twice.clone().with("Diversion", "<sip:+442079460100@x>")).contains("more than once"));
    assert_eq!(judged(twice), "");
    assert!(
        judged(invite().describing("o=- 1 1 IN IP4 192.168.7.9\r\n".into()))
            .contains("private address 192.168.7.9")
    );
}
