//! We send requests.

use super::*;

fn status(told: &Option<Indication>) -> Option<u16> {
    match told {
        Some(Indication::Response { message, .. }) => message.status(),
        other => panic!("a response was expected, not {other:?}"),
    }
}

fn is_stray_ok(told: &Option<Indication>) -> bool {
    matches!(told, Some(Indication::StrayOk { .. }))
}

#[test]
fn a_request_says_where_its_responses_shall_go() {
    let mut world = World::new();
    let (_, one) = world.request(&Method::Options);
    let (_, two) = world.request(&Method::Options);
    let via = one.via().unwrap();
    assert!(
        via.to_string()
            .starts_with("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK")
    );
    assert_eq!(via.param("rport"), Some(""));
    assert_ne!(via.branch(), two.via().unwrap().branch());
    assert_eq!(one.number(Name::MAX_FORWARDS), Some(70));
    assert_eq!(one.fields().next().unwrap().0, b"Via");

    world.request_on(phone(Transport::Tcp), &Method::Options);
    let via = world.sent_one().via().unwrap();
    assert!(via.to_string().starts_with("SIP/2.0/TCP "));
    assert_eq!(via.param("rport"), None);
}

#[test]
fn a_request_shows_the_address_under_which_peers_know_us_and_keeps_its_max_forwards() {
    let mut world = World::new();
    let (flow, known_as) = (phone(Transport::Udp), "[2001:db8::1]:5062".parse().unwrap());
    let draft = draft(&Method::Bye).with(Name::MAX_FORWARDS, 12);
    world.endpoint.request(
        world.now,
        &mut world.chance,
        flow,
        known_as,
        draft,
        &mut world.out,
    );
    let bye = world.sent_one();
    assert!(
        bye.text(Name::VIA)
            .unwrap()
            .starts_with("SIP/2.0/UDP [2001:db8::1]:5062;")
    );
    assert_eq!(bye.number(Name::MAX_FORWARDS), Some(12));
}

#[test]
fn a_call_is_made() {
    let mut world = World::new();
    let (_, invite) = world.request(&Method::Invite);
    assert_eq!(status(&world.answer(&invite, 100, "Trying")), Some(100));
    assert_eq!(status(&world.answer(&invite, 180, "Ringing")), Some(180));
    assert!(world.pass(Duration::from_secs(120)).is_empty());
    assert_eq!(status(&world.answer(&invite, 200, "OK")), Some(200));
    assert!(world.sent().is_empty(), "the ACK to a 2xx is the dialog's");
    assert!(is_stray_ok(&world.answer(&invite, 200, "OK")), "our ACK was lost");
    assert!(world.answer(&invite, 180, "Ringing").is_none());
    world.comes_to_rest();
    assert!(
        is_stray_ok(&world.answer(&invite, 200, "OK")),
        "a 2xx is never dropped"
    );
}

#[test]
fn the_ack_to_a_2xx_is_a_request_of_its_own() {
    let mut world = World::new();
    let (_, invite) = world.request(&Method::Invite);
    world.answer(&invite, 200, "OK");
    let (flow, draft) = (phone(Transport::Udp), draft(&Method::Ack));
    let ack = world
        .endpoint
        .send_ack(&mut world.chance, flow, flow.local, draft, &mut world.out);
    assert_eq!(world.sent_one(), ack);
    assert_ne!(ack.via().unwrap().branch(), invite.via().unwrap().branch());
    world.comes_to_rest();
}

/// RFC 3261 §22.2: whoever waits for the answer waits under the same name, and repetitions of the 401 find the old
/// transaction.
#[test]
fn a_challenged_request_goes_again_under_its_name() {
    let mut world = World::new();
    let (client, invite) = world.request(&Method::Invite);
    let told = world.answer(&invite, 401, "Unauthorized");
    let Some(Indication::Challenged {
        client: asked,
        flow,
        request,
        round,
        ..
    }) = told
    else {
        panic!("a challenge was expected, not {told:?}");
    };
    assert_eq!((asked, round, request.bytes()), (client, 0, invite.bytes()));
    assert_eq!(world.sent_one().method(), Method::Ack);
    let draft = Draft::again(&request, 2).unwrap();
    let World {
        endpoint,
        chance,
        now,
        out,
        ..
    } = &mut world;
    endpoint.request_again(*now, chance, (client, 1), flow, flow.local, draft, out);
    world.restart();
    let again = world.sent_one();
    assert_eq!(again.cseq().unwrap().number, 2);
    assert_ne!(again.via().unwrap().branch(), invite.via().unwrap().branch());
    assert_eq!(again.body(), invite.body());
    assert!(
        world.answer(&invite, 401, "Unauthorized").is_none(),
        "it was lost"
    );
    assert_eq!(world.sent_one().method(), Method::Ack);
    let told = world.answer(&again, 200, "OK");
    assert!(matches!(told, Some(Indication::Response { client: c, .. }) if c == client));
    world.comes_to_rest();
}

#[test]
fn a_refusal_is_acked_within_its_transaction() {
    let mut world = World::new();
    let (client, invite) = world.request(&Method::Invite);
    let told = world.answer(&invite, 486, "Busy Here");
    assert!(matches!(told, Some(Indication::Response { client: c, .. }) if c == client));
    let ack = world.sent_one();
    // RFC 3261 §17.1.1.3.
    assert_eq!(ack.method(), Method::Ack);
    assert_eq!(ack.uri().unwrap(), invite.uri().unwrap());
    assert_eq!(ack.via().unwrap(), invite.via().unwrap());
    assert_eq!(ack.text(Name::CSEQ), Some("7 ACK"));
    assert_eq!(ack.text(Name::ROUTE), invite.text(Name::ROUTE));
    assert_eq!(ack.text(Name::FROM), invite.text(Name::FROM));
    assert_eq!(ack.to().unwrap().tag(), Some("theirs"));
    assert_eq!(ack.call_id(), invite.call_id());
    assert_eq!(ack.number(Name::MAX_FORWARDS), Some(70));

    assert!(world.answer(&invite, 486, "Busy Here").is_none());
    assert_eq!(world.said(), ["ACK"]);
    world.comes_to_rest();
}

#[test]
fn a_call_into_silence_times_out() {
    let mut world = World::new();
    let (client, _) = world.request(&Method::Invite);
    let told = world.pass(Duration::from_secs(33));
    assert!(matches!(told[..], [Indication::TimedOut { client: c }] if c == client));
    assert_eq!(world.said(), ["INVITE"; 6]);
    assert!(world.endpoint.is_empty());
}

#[test]
fn a_request_into_silence_times_out() {
    let mut world = World::new();
    let (client, _) = world.request(&Method::Bye);
    let told = world.pass(Duration::from_secs(33));
    assert!(matches!(told[..], [Indication::TimedOut { client: c }] if c == client));
    assert_eq!(world.said(), ["BYE"; 10]);
    assert!(world.endpoint.is_empty());
}

#[test]
fn a_request_that_the_network_refuses_has_failed() {
    let mut world = World::new();
    let (client, _) = world.request(&Method::Invite);
    let elsewhere = Flow {
        remote: "192.0.2.99:5060".parse().unwrap(),
        ..phone(Transport::Udp)
    };
    assert!(
        world
            .endpoint
            .closed(world.now, elsewhere, &mut world.out)
            .is_empty()
    );
    let told = world
        .endpoint
        .closed(world.now, phone(Transport::Udp), &mut world.out);
    assert!(matches!(told[..], [Indication::Failed { client: c }] if c == client));
    assert!(world.endpoint.is_empty());
}

#[test]
fn a_ringing_call_is_withdrawn() {
    let mut world = World::new();
    let (client, invite) = world.request(&Method::Invite);
    world.answer(&invite, 180, "Ringing");
    world.cancel(client);
    let cancel = world.sent_one();
    // RFC 3261 §9.1: the same URI, Via, Route, From, To, Call-ID and CSeq number.
    assert_eq!(cancel.method(), Method::Cancel);
    assert_eq!(cancel.uri().unwrap(), invite.uri().unwrap());
    assert_eq!(cancel.via().unwrap(), invite.via().unwrap());
    assert_eq!(cancel.text(Name::CSEQ), Some("7 CANCEL"));
    for name in [Name::ROUTE, Name::FROM, Name::TO, Name::CALL_ID] {
        assert_eq!(cancel.text(name), invite.text(name), "{name:?}");
    }
    assert_eq!(
        cancel.text(Name::REASON),
        Some("SIP;cause=200;text=\"Call completed elsewhere\"")
    );

    world.cancel(client);
    assert!(world.sent().is_empty(), "once is enough");
    assert!(
        world.answer(&cancel, 200, "OK").is_none(),
        "the INVITE's own end says it all"
    );
    assert_eq!(
        status(&world.answer(&invite, 487, "Request Terminated")),
        Some(487)
    );
    assert_eq!(world.said(), ["ACK"]);
    world.comes_to_rest();
}

#[test]
fn a_call_that_nobody_has_heard_of_yet_is_withdrawn_when_the_peer_wakes_up() {
    let mut world = World::new();
    let (client, invite) = world.request(&Method::Invite);
    world.cancel(client);
    assert!(world.sent().is_empty());
    world.pass(Duration::from_millis(500));
    assert_eq!(world.said(), ["INVITE"]);
    world.answer(&invite, 100, "Trying");
    let cancel = world.sent_one();
    assert_eq!(cancel.method(), Method::Cancel);
    assert!(cancel.text(Name::REASON).is_some());
}

#[test]
fn a_call_that_was_refused_before_the_cancel_could_go_gets_none() {
    let mut world = World::new();
    let (client, invite) = world.request(&Method::Invite);
    world.cancel(client);
    assert_eq!(status(&world.answer(&invite, 486, "Busy Here")), Some(486));
    assert_eq!(world.said(), ["ACK"]);
    world.cancel(client);
    assert!(world.sent().is_empty());
    world.comes_to_rest();
}

#[test]
fn an_answer_that_crosses_the_cancel_is_an_answer() {
    let mut world = World::new();
    let (client, invite) = world.request(&Method::Invite);
    world.answer(&invite, 180, "Ringing");
    world.cancel(client);
    let cancel = world.sent_one();
    assert_eq!(status(&world.answer(&invite, 200, "OK")), Some(200));
    assert!(
        world
            .answer(&cancel, 481, "Call/Transaction Does Not Exist")
            .is_none()
    );
    world.comes_to_rest();
}

#[test]
fn a_peer_that_never_ends_a_withdrawn_call_is_given_up() {
    let mut world = World::new();
    let (client, invite) = world.request(&Method::Invite);
    world.answer(&invite, 180, "Ringing");
    world.cancel(client);
    let told = world.pass(Duration::from_secs(32));
    assert!(matches!(told[..], [Indication::TimedOut { client: c }] if c == client));
    world.comes_to_rest();
}

#[test]
fn only_an_invite_can_be_withdrawn() {
    let mut world = World::new();
    let (client, bye) = world.request(&Method::Bye);
    world.answer(&bye, 100, "Trying");
    world.cancel(client);
    assert!(world.sent().is_empty());
    world.cancel(ClientId(4711));
}

#[test]
fn responses_to_somebody_else_are_dropped() {
    let mut world = World::new();
    let (_, invite) = world.request(&Method::Invite);
    let text = |request: &Message| {
        let response = Draft::response(request, 486, "Busy Here").finish();
        String::from_utf8(response.bytes().to_vec()).unwrap()
    };
    let branch = invite.via().unwrap().branch().unwrap().to_owned();
    let busy = text(&invite);
    assert!(world.receive(&busy.replace(&branch, "z9hG4bKother")).is_none());
    assert!(world.receive(&busy.replace("7 INVITE", "7 BYE")).is_none());
    let two_vias = busy.replace(
        "\r\nFrom:",
        "\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx\r\nFrom:",
    );
    assert!(world.receive(&two_vias).is_none());
    assert!(world.sent().is_empty());
    assert!(matches!(world.receive(&busy), Some(Indication::Response { .. })));
}

#[test]
fn a_stray_2xx_is_told_only_if_it_answers_an_invite() {
    let mut world = World::new();
    let answer = |method: &Method, status| {
        let request = draft(method)
            .with_first(Name::VIA, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKold")
            .finish();
        let response = Draft::response(&request, status, "Whatever")
            .to_tag("theirs")
            .finish();
        String::from_utf8(response.bytes().to_vec()).unwrap()
    };
    assert!(is_stray_ok(&world.receive(&answer(&Method::Invite, 200))));
    assert!(world.receive(&answer(&Method::Invite, 180)).is_none());
    assert!(world.receive(&answer(&Method::Invite, 486)).is_none());
    assert!(world.receive(&answer(&Method::Bye, 200)).is_none());
    assert!(world.sent().is_empty());
}

#[test]
fn answered_requests_are_forgotten_after_a_while() {
    let mut world = World::new();
    let (_, bye) = world.request(&Method::Bye);
    assert_eq!(status(&world.answer(&bye, 200, "OK")), Some(200));
    assert!(world.answer(&bye, 200, "OK").is_none());
    world.comes_to_rest();
}
