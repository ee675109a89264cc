//! Requests come in.

use super::*;

const BRANCH: &str = "z9hG4bKa";

fn invite() -> String {
    ask("INVITE", BRANCH, "")
}

fn tag(message: &Message) -> String {
    message.to().unwrap().tag().unwrap_or_default().to_owned()
}

#[test]
fn a_call_is_taken() {
    let mut world = World::new();
    let call = world.ask(&invite());
    assert_eq!(world.said(), ["100"]);
    assert!(world.receive(&invite()).is_none());
    assert_eq!(
        world.said(),
        ["100"],
        "the caller has not heard it and is told again"
    );

    world.respond(&call, 180, "Ringing");
    assert!(world.receive(&invite()).is_none());
    assert_eq!(world.said(), ["180", "180"]);
    world.endpoint.repeat(world.now, call.0, &mut world.out);
    assert_eq!(
        world.said(),
        ["180"],
        "a reliable one is repeated until its PRACK comes"
    );

    world.respond(&call, 200, "OK");
    assert!(world.receive(&invite()).is_none());
    assert_eq!(
        world.said(),
        ["200"],
        "an INVITE that comes again is absorbed: the dialog repeats its 2xx"
    );
    world.endpoint.repeat(world.now, call.0, &mut world.out);
    assert_eq!(world.said(), ["200"]);

    // The ACK to a 2xx has a branch of its own.
    let ack = world.receive(&ask("ACK", "z9hG4bKb", ";tag=x"));
    assert!(matches!(ack, Some(Indication::Ack { .. })));
    world.comes_to_rest();
    world.endpoint.repeat(world.now, call.0, &mut world.out);
    assert!(world.sent().is_empty());
}

#[test]
fn a_refusal_is_repeated_until_its_ack_comes() {
    let mut world = World::new();
    let call = world.ask(&invite());
    world.respond(&call, 486, "Busy Here");
    assert_eq!(world.said(), ["100", "486"]);
    assert!(world.pass(Duration::from_millis(1600)).is_empty());
    assert_eq!(world.said(), ["486", "486"]);
    world.endpoint.repeat(world.now, call.0, &mut world.out);
    assert!(world.sent().is_empty(), "by its transaction, and by nobody else");

    assert!(
        world.receive(&ask("ACK", BRANCH, ";tag=x")).is_none(),
        "that ACK is nobody else's business"
    );
    world.pass(Duration::from_secs(5));
    assert!(world.sent().is_empty());
    world.comes_to_rest();
}

#[test]
fn a_refusal_without_ack_ends_after_32_seconds() {
    let mut world = World::new();
    let call = world.ask(&invite());
    world.respond(&call, 404, "Not Found");
    world.comes_to_rest();
    assert_eq!(world.said().len(), 2 + 10);
}

#[test]
fn the_caller_hangs_up_while_it_rings() {
    let mut world = World::new();
    let call = world.ask(&invite());
    world.respond(&call, 180, "Ringing");
    let ringing = world.sent().pop().unwrap();

    let told = world.receive(&ask("CANCEL", BRANCH, ""));
    assert!(matches!(told, Some(Indication::Cancelled { server, .. }) if server == call.0));
    let to_cancel = world.sent_one();
    assert_eq!(to_cancel.status(), Some(200));
    assert_eq!(to_cancel.cseq().unwrap().method, Method::Cancel);

    world.respond(&call, 487, "Request Terminated");
    let terminated = world.sent_one();
    assert_eq!(tag(&terminated), tag(&ringing));
    assert_eq!(tag(&to_cancel), tag(&ringing), "RFC 3261 §9.2");

    assert!(world.receive(&ask("CANCEL", BRANCH, "")).is_none());
    assert_eq!(world.said(), ["200"], "the repeated CANCEL has its 200 again");
    assert!(world.receive(&ask("ACK", BRANCH, ";tag=x")).is_none());
    world.comes_to_rest();
}

#[test]
fn a_cancel_that_comes_too_late_changes_nothing() {
    let mut world = World::new();
    let call = world.ask(&invite());
    world.respond(&call, 200, "OK");
    world.sent();
    assert!(world.receive(&ask("CANCEL", BRANCH, "")).is_none());
    assert_eq!(world.said(), ["200"]);
    world.comes_to_rest();
}

#[test]
fn a_cancel_of_nothing_gets_481_and_leaves_no_trace() {
    let mut world = World::new();
    assert!(world.receive(&ask("CANCEL", BRANCH, "")).is_none());
    assert_eq!(world.said(), ["481"]);
    assert!(world.endpoint.is_empty());
}

#[test]
fn a_request_is_asked_once_however_often_it_comes() {
    let mut world = World::new();
    let options = ask("OPTIONS", BRANCH, "");
    let ping = world.ask(&options);
    assert!(world.receive(&options).is_none());
    assert!(world.sent().is_empty());
    world.respond(&ping, 200, "OK");
    assert!(world.receive(&options).is_none());
    world.respond(&ping, 500, "Too Late");
    let sent = world.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1]);
    assert!(
        !tag(&sent[0]).is_empty(),
        "a response needs a To tag, and has one even if nobody gave it"
    );
    world.comes_to_rest();
}

#[test]
fn the_tag_of_the_first_response_stays() {
    let mut world = World::new();
    let call = world.ask(&invite());
    let ringing = Draft::response(&call.1, 180, "Ringing").to_tag("mine");
    world.endpoint.respond(world.now, call.0, ringing, &mut world.out);
    assert_eq!(world.endpoint.tag(call.0), Some("mine"));
    world.respond(&call, 200, "OK");
    assert_eq!(tag(&world.sent()[2]), "mine");
}

#[test]
fn responses_say_where_the_request_came_from_and_go_there() {
    let mut world = World::new();
    let nat = Flow {
        remote: "203.0.113.7:40000".parse().unwrap(),
        ..phone(Transport::Udp)
    };
    let told = world.receive_on(nat, &ask("INVITE", "z9hG4bKa;rport", ""));
    let Some(Indication::Request { server, message, .. }) = told else {
        panic!("{told:?}")
    };
    assert_eq!(
        message.via().unwrap().param("received"),
        None,
        "the request stays as it was written"
    );
    world.respond(&(server, message), 200, "OK");
    for out in &world.out {
        assert_eq!(out.flow, nat);
    }
    for response in world.sent() {
        let via = response.via().unwrap();
        assert_eq!(via.param("received"), Some("203.0.113.7"));
        assert_eq!(via.param("rport"), Some("40000"));
        assert_eq!(via.branch(), Some(BRANCH));
    }
}

#[test]
fn one_request_over_two_ways_is_one_request() {
    let mut world = World::new();
    let call = world.ask(&invite());
    assert_eq!(world.said(), ["100"]);
    assert!(world.receive(&ask("INVITE", "z9hG4bKb", "")).is_none());
    let merged = world.sent_one();
    assert_eq!(merged.status(), Some(482));
    let ack = ask("ACK", "z9hG4bKb", &format!(";tag={}", tag(&merged)));
    assert!(
        world.receive(&ack).is_none(),
        "the ACK to a refusal is nobody else's business"
    );

    // A phone that tries again after a refusal, with its CSeq unchanged, is listened to.
    world.respond(&call, 401, "Unauthorized");
    world.ask(&ask("INVITE", "z9hG4bKc", ""));
}

#[test]
fn a_merged_request_is_known_even_after_an_older_try_is_forgotten() {
    let mut world = World::new();
    let first = world.ask(&invite());
    world.respond(&first, 401, "Unauthorized");
    world.pass(Duration::from_secs(31));
    world.ask(&ask("INVITE", "z9hG4bKb", ""));
    world.pass(Duration::from_secs(2));
    assert_eq!(world.endpoint.len(), 1);
    world.sent();
    // Not after a restart, which would set right what is wrong in an index.
    let merged = ask("INVITE", "z9hG4bKc", "");
    let flow = phone(Transport::Udp);
    assert!(
        world
            .endpoint
            .receive(world.now, flow, merged.into(), &mut world.out)
            .is_none()
    );
    assert_eq!(world.said(), ["482"]);
}

#[test]
fn the_same_request_within_a_dialog_is_not_a_merged_one() {
    let mut world = World::new();
    world.ask(&ask("INFO", "z9hG4bKa", ";tag=x"));
    world.ask(&ask("INFO", "z9hG4bKb", ";tag=x"));
}

#[test]
fn a_full_house_says_when_to_come_again() {
    let mut world = World::new();
    for n in 0..ROOM {
        world.ask(&ask("OPTIONS", &format!("z9hG4bK{n}"), ";tag=x"));
    }
    assert!(world.receive(&invite()).is_none());
    let refused = world.sent_one();
    assert_eq!(refused.status(), Some(503));
    assert_eq!(refused.number(Name::RETRY_AFTER), Some(5));
    assert!(world.receive(&invite()).is_none());
    assert_eq!(
        tag(&world.sent_one()),
        tag(&refused),
        "the same INVITE gets the same answer"
    );
    assert!(
        world
            .receive(&ask("ACK", BRANCH, &format!(";tag={}", tag(&refused))))
            .is_none()
    );
    assert_eq!(world.endpoint.len(), ROOM);
}

#[test]
fn a_full_house_still_lets_a_call_be_cancelled() {
    let mut world = World::new();
    world.ask(&invite());
    for n in 1..ROOM {
        world.ask(&ask("OPTIONS", &format!("z9hG4bK{n}"), ";tag=x"));
    }
    let told = world.receive(&ask("CANCEL", BRANCH, ""));
    assert!(matches!(told, Some(Indication::Cancelled { .. })));
}

#[test]
fn what_cannot_be_read_is_refused_if_it_can_be_answered() {
    let options = ask("OPTIONS", BRANCH, "");
    for (flaw, status) in [
        (options.replace("CSeq: 2 OPTIONS", "CSeq: 2 BYE"), 400),
        (options.replace("Call-ID: OPTIONS\r\n", ""), 400),
        (options.replace("SIP/2.0\r\nVia", "SIP/7.0\r\nVia"), 505),
        (
            options.replace("<sip:1002@example.com>", "<sip:1002@example.com"),
            400,
        ),
    ] {
        let mut world = World::new();
        assert!(world.receive(&flaw).is_none());
        assert_eq!(world.out.len(), 1, "{flaw}");
        assert!(
            world.out[0]
                .bytes
                .starts_with(format!("SIP/2.0 {status} ").as_bytes()),
            "{flaw}"
        );
        assert!(world.endpoint.is_empty());
    }
}

#[test]
fn noise_gets_silence() {
    let flawed = |text: String| text.replace("Call-ID", "X-Call-ID");
    for noise in [
        String::new(),
        "\r\n\r\n".to_owned(),
        "\0".to_owned(),
        "GET / HTTP/1.1\r\nHost: sip\r\n\r\n".to_owned(),
        flawed(ask("ACK", BRANCH, "")),
        flawed(ask("OPTIONS", BRANCH, "")).replace("Via", "X-Via"),
        ask("OPTIONS", BRANCH, "").replace("OPTIONS sip:1002@192.0.2.1 SIP/2.0", "SIP/2.0 200 OK"),
        ask("OPTIONS", BRANCH, "").replace("OPTIONS sip:1002@192.0.2.1 SIP/2.0", "SIP/2.0 999 OK"),
    ] {
        let mut world = World::new();
        assert!(world.receive(&noise).is_none(), "{noise}");
        assert!(world.out.is_empty(), "{noise}");
        assert!(world.endpoint.is_empty());
    }
}

#[test]
fn a_peer_of_before_2002_is_understood() {
    // RFC 3261 §17.2.3: without the magic cookie the whole request tells which transaction it is.
    let mut world = World::new();
    let call = world.ask(&ask("INVITE", "1", ""));
    assert!(world.receive(&ask("INVITE", "1", "")).is_none());
    assert_eq!(world.said(), ["100", "100"]);
    let told = world.receive(&ask("CANCEL", "1", ""));
    assert!(matches!(told, Some(Indication::Cancelled { server, .. }) if server == call.0));
    world.respond(&call, 487, "Request Terminated");
    assert!(world.receive(&ask("ACK", "1", ";tag=x")).is_none());
    world.pass(Duration::from_secs(6));
    assert_eq!(world.said(), ["200", "487"]);

    // The same branch again is another call if anything else differs.
    world.ask(&ask("INVITE", "1", "").replace("tag=a", "tag=b"));
}

/// RFC 3261 §8.2.7: nothing is kept, and yet the answer to a retransmission has the same To tag.
#[test]
fn strangers_get_one_answer_for_each_request_and_leave_nothing_behind() {
    let mut world = World::new();
    for n in 0..3 * ROOM {
        let told = world.receive(&ask("INVITE", &format!("z9hG4bK{n}"), ""));
        turn_away(&mut world, told);
        assert_eq!(world.said(), ["401"]);
    }
    assert!(world.endpoint.is_empty());
    assert!(world.pass(Duration::from_secs(64)).is_empty());
    assert!(
        world.sent().is_empty(),
        "nothing is repeated to whoever it may be"
    );

    let tags = [(); 3].map(|()| {
        let told = world.receive(&invite());
        turn_away(&mut world, told);
        tag(&world.sent_one())
    });
    assert!(
        !tags[0].is_empty() && tags.iter().all(|tag| *tag == tags[0]),
        "{tags:?}"
    );
    let ack = ask("ACK", BRANCH, &format!(";tag={}", tags[0]));
    assert!(
        world.receive(&ack).is_none(),
        "it belongs to the refusal and is nobody's business"
    );
}

fn turn_away(world: &mut World, told: Option<Indication>) {
    let Some(Indication::Request { server, message, .. }) = told else {
        panic!("{told:?}")
    };
    let draft = Draft::response(&message, 401, "Unauthorized");
    world.endpoint.respond_to_stranger(server, draft, &mut world.out);
}

/// What ends or keeps a call comes in however many are at work; what is new is counted and sent away.
#[test]
fn a_full_house_refuses_nothing_that_belongs_to_a_call() {
    let mut world = World::new();
    for n in 0..ROOM {
        world.ask(&ask("SUBSCRIBE", &format!("z9hG4bK{n}"), ";tag=x"));
    }
    for method in ["BYE", "PRACK", "UPDATE", "INFO", "REFER", "INVITE"] {
        let told = world.receive(&ask(method, "z9hG4bKin", ";tag=x"));
        assert!(matches!(told, Some(Indication::Request { .. })), "{method}");
    }
    world.sent();
    for method in ["INVITE", "REGISTER", "OPTIONS"] {
        let told = world.receive(&ask(method, "z9hG4bKnew", ""));
        assert!(told.is_none(), "{method}");
        assert_eq!(world.said(), ["503"], "{method}");
    }
    assert_eq!(world.endpoint.take_shed(), 3);
    assert_eq!(world.endpoint.take_shed(), 0);
}

/// An answered request is kept for 32 s for the sake of its repetitions alone.
#[test]
fn what_only_waits_for_repetitions_gives_way_to_what_is_new() {
    let mut world = World::new();
    let at_work = world.ask(&invite());
    world.respond(&at_work, 200, "OK");
    for n in 0..3 * ROOM {
        world.sent();
        let (client, request) = world.request(&Method::Options);
        world.answer(&request, 200, "OK");
        let asked =
            world.ask(&ask("REGISTER", &format!("z9hG4bK{n}"), "").replace("tag=a", &format!("tag={n}")));
        world.respond(&asked, 200, "OK");
        assert!(world.endpoint.len() <= ROOM + 1, "{client}");
    }
    assert_eq!(world.endpoint.take_shed(), 0);
    world.sent();
    assert!(
        world
            .receive(&ask("REGISTER", "z9hG4bK149", "").replace("tag=a", "tag=149"))
            .is_none()
    );
    assert_eq!(world.said(), ["200"], "the newest are still known");
    world.endpoint.repeat(world.now, at_work.0, &mut world.out);
    assert_eq!(world.said(), ["200"], "and a 2xx without its ACK is at work");
}

#[test]
fn requests_of_two_peers_with_one_branch_are_two_requests() {
    let mut world = World::new();
    world.ask(&ask("OPTIONS", BRANCH, ";tag=x"));
    world.ask(&ask("OPTIONS", BRANCH, ";tag=x").replace("UDP 192.0.2.11:5060", "UDP 192.0.2.12:5060"));
}

#[test]
fn a_caller_whose_connection_breaks_is_answered_where_it_listens_or_is_lost() {
    let mut world = World::new();
    let connection = Flow {
        remote: "192.0.2.11:40000".parse().unwrap(),
        ..phone(Transport::Tcp)
    };
    let told = world.receive_on(connection, &invite().replace("/UDP", "/TCP"));
    let Some(Indication::Request { server, message, .. }) = told else {
        panic!("{told:?}")
    };
    world.sent();

    assert!(
        world
            .endpoint
            .closed(world.now, connection, &mut world.out)
            .is_empty()
    );
    world.respond(&(server, message), 180, "Ringing");
    assert_eq!(world.out[0].flow, phone(Transport::Tcp));

    let told = world
        .endpoint
        .closed(world.now, phone(Transport::Tcp), &mut world.out);
    assert!(matches!(told[..], [Indication::Lost { server: lost }] if lost == server));
    assert!(world.endpoint.is_empty());
}
