//! Offer and answer as RFC 3264 wants them.

mod quirks;

use super::{Agreement, Audio, Direction, Session, Unusable};
use std::net::{IpAddr, Ipv4Addr};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

const NARROW: [&str; 2] = ["PCMU", "PCMA"];

/// G.711 in the order of the offer, and G.722 only where there is none.
fn ours() -> [Vec<&'static str>; 2] {
    [NARROW.to_vec(), vec!["G722"]]
}

fn read(lines: &[&str]) -> Session {
    Session::parse((lines.join("\r\n") + "\r\n").as_bytes()).unwrap()
}

fn audio(lines: &[&str]) -> Audio {
    read(lines).audio.unwrap()
}

fn encodings(audio: &Audio) -> Vec<(u8, &str)> {
    audio
        .formats
        .iter()
        .map(|format| (format.payload_type, format.encoding.as_str()))
        .collect()
}

/// Our answer as text, and what was agreed.
fn answered(lines: &[&str]) -> (String, Agreement) {
    let (session, agreement) = Session::answer(&read(lines), (7, 1), HERE, 40000, &ours()).unwrap();
    (session.to_string().replace("\r\n", "\n"), agreement)
}

/// A call from this address with these media and attribute lines.
fn call<'a>(rest: &[&'a str]) -> Vec<&'a str> {
    [
        &[
            "v=0",
            "o=- 1 1 IN IP4 198.51.100.7",
            "s=-",
            "c=IN IP4 198.51.100.7",
            "t=0 0",
        ],
        rest,
    ]
    .concat()
}

#[test]
fn our_offer_says_what_we_speak_and_nothing_about_us() {
    let offer = Session::offer((4711, 1), HERE, 40000, &NARROW).to_string();
    let lines = [
        "v=0",
        "o=- 4711 1 IN IP4 192.0.2.1",
        "s=-",
        "c=IN IP4 192.0.2.1",
        "t=0 0",
        "m=audio 40000 RTP/AVP 0 8 101",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15",
        "a=ptime:20",
        "a=sendrecv",
        "",
    ];
    assert_eq!(offer, lines.join("\r\n"));
}

#[test]
fn what_we_write_we_read_back_the_same() {
    let six = "2001:db8::1".parse().unwrap();
    for offer in [
        Session::offer((1, 1), HERE, 40000, &NARROW),
        Session::offer((u64::MAX, u64::MAX), six, 65534, &["PCMA"]),
        Session {
            audio: None,
            ..Session::offer((1, 2), HERE, 40000, &[])
        },
    ] {
        assert_eq!(Session::parse(offer.to_string().as_bytes()).unwrap(), offer);
    }
}

#[test]
fn the_first_codec_that_we_speak_is_answered_alone_under_their_payload_types() {
    let (answer, agreement) = answered(&call(&[
        "m=audio 11780 RTP/AVP 9 96 8 0 120",
        "a=rtpmap:9 G722/8000",
        "a=rtpmap:96 opus/48000/2",
        "a=rtpmap:120 telephone-event/8000",
        "a=fmtp:120 0-15",
    ]));
    assert!(answer.contains("m=audio 40000 RTP/AVP 8 120\na=rtpmap:8 PCMA/8000\na=rtpmap:120 telephone-event/8000\na=fmtp:120 0-15\na=ptime:20\na=sendrecv\n"), "{answer}");
    assert_eq!(
        (agreement.voice.payload_type, agreement.voice.encoding.as_str()),
        (8, "PCMA")
    );
    assert_eq!(agreement.events.map(|events| events.payload_type), Some(120));
    assert_eq!(agreement.rtp, "198.51.100.7:11780".parse().unwrap());
    assert_eq!(agreement.rtcp, "198.51.100.7:11781".parse().unwrap());
}

#[test]
fn a_known_codec_may_come_under_a_dynamic_payload_type() {
    let (answer, agreement) = answered(&call(&["m=audio 5004 RTP/AVP 97", "a=rtpmap:97 pcmu/8000/1"]));
    assert!(
        answer.contains("m=audio 40000 RTP/AVP 97\na=rtpmap:97 PCMU/8000\n"),
        "{answer}"
    );
    assert_eq!((agreement.voice.payload_type, agreement.events), (97, None));
}

#[test]
fn a_known_codec_at_another_rate_or_in_stereo_is_not_ours() {
    let offer = read(&call(&[
        "m=audio 5004 RTP/AVP 97 98",
        "a=rtpmap:97 PCMU/16000",
        "a=rtpmap:98 PCMA/8000/2",
    ]));
    let refused = Session::answer(&offer, (7, 1), HERE, 40000, &ours()).unwrap_err();
    assert_eq!(
        refused,
        Unusable::NoCodec {
            offered: "PCMU, PCMA".to_owned()
        }
    );
}

#[test]
fn events_at_the_clock_of_the_voice_are_taken() {
    let (_, agreement) = answered(&call(&[
        "m=audio 5004 RTP/AVP 0 100 101",
        "a=rtpmap:100 telephone-event/48000",
        "a=rtpmap:101 telephone-event/8000",
    ]));
    assert_eq!(
        agreement.events.map(|events| events.payload_type),
        Some(101),
        "RFC 4733 §2.1"
    );
}

#[test]
fn hold_is_answered_by_its_counterpart() {
    let media = "m=audio 5004 RTP/AVP 0";
    for (hold, answered_with) in [
        ("a=sendonly", Direction::RecvOnly),
        ("a=recvonly", Direction::SendOnly),
        ("a=inactive", Direction::Inactive),
        ("a=sendrecv", Direction::SendRecv),
    ] {
        let (session, agreement) =
            Session::answer(&read(&call(&[media, hold])), (7, 1), HERE, 40000, &ours()).unwrap();
        assert_eq!(session.audio.unwrap().direction, answered_with, "{hold}");
        assert_eq!(format!("a={}", agreement.direction.as_str()), hold);
    }
}

#[test]
fn the_old_hold_by_address_is_a_hold() {
    let hold = |address: &str, attribute: &str| {
        let connection = format!("c=IN IP4 {address}");
        audio(&[
            "v=0",
            "o=- 1 2 IN IP4 198.51.100.7",
            "s=-",
            &connection,
            "t=0 0",
            "m=audio 5004 RTP/AVP 0",
            attribute,
        ])
        .direction
    };
    assert_eq!(hold("0.0.0.0", "a=ptime:20"), Direction::SendOnly);
    assert_eq!(hold("0.0.0.0", "a=sendrecv"), Direction::SendOnly);
    assert_eq!(hold("0.0.0.0", "a=inactive"), Direction::Inactive);
    assert_eq!(hold("198.51.100.7", "a=sendrecv"), Direction::SendRecv);
}

#[test]
fn the_media_line_overrides_the_session() {
    let session = [
        "v=0",
        "o=- 1 1 IN IP4 198.51.100.7",
        "s=-",
        "c=IN IP4 198.51.100.7",
        "t=0 0",
        "a=sendonly",
    ];
    let inherits = audio(&[&session[..], &["m=audio 5004 RTP/AVP 0"]].concat());
    assert_eq!(
        (inherits.direction, inherits.rtp.to_string().as_str()),
        (Direction::SendOnly, "198.51.100.7:5004")
    );
    let own = audio(
        &[
            &session[..],
            &["m=audio 5004 RTP/AVP 0", "c=IN IP4 203.0.113.9", "a=recvonly"],
        ]
        .concat(),
    );
    assert_eq!(
        (own.direction, own.rtp.to_string().as_str()),
        (Direction::RecvOnly, "203.0.113.9:5004")
    );
}

#[test]
fn rtcp_may_live_elsewhere() {
    let rtcp = |attribute| {
        audio(&call(&["m=audio 5004 RTP/AVP 0", attribute]))
            .rtcp
            .to_string()
    };
    assert_eq!(rtcp("a=ptime:20"), "198.51.100.7:5005");
    assert_eq!(rtcp("a=rtcp:53020"), "198.51.100.7:53020");
    assert_eq!(rtcp("a=rtcp:53020 IN IP4 203.0.113.9"), "203.0.113.9:53020");
    assert_eq!(rtcp("a=rtcp:99999"), "198.51.100.7:5005");
}

#[test]
fn media_that_we_do_not_take_is_refused_in_its_place() {
    let (answer, agreement) = answered(&call(&[
        "m=audio 5002 RTP/SAVP 0",
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
        "m=video 5006 RTP/AVP 99 34",
        "a=rtpmap:99 H264/90000",
        "m=audio 5004 RTP/AVP 0",
        "m=image 5008 udptl t38",
    ]));
    let media: Vec<&str> = answer.lines().filter(|line| line.starts_with("m=")).collect();
    let expected = [
        "m=audio 0 RTP/SAVP 0",
        "m=video 0 RTP/AVP 99 34",
        "m=audio 40000 RTP/AVP 0",
        "m=image 0 udptl t38",
    ];
    assert_eq!(media, expected, "RFC 3264 §6");
    assert_eq!(agreement.rtp.port(), 5004);
}

#[test]
fn audio_over_anything_but_plain_rtp_is_no_audio() {
    for media in [
        "m=audio 5004 RTP/SAVP 0",
        "m=audio 5004 RTP/AVPF 0",
        "m=audio 0 RTP/AVP 0",
        "m=audio 99999 RTP/AVP 0",
    ] {
        let offer = read(&call(&[media]));
        assert_eq!(
            Session::answer(&offer, (7, 1), HERE, 40000, &ours()).unwrap_err(),
            Unusable::NoAudio,
            "{media}"
        );
        assert_eq!(offer.others.len(), 1, "{media}");
    }
}

#[test]
fn an_answer_takes_from_our_offer() {
    let offer = Session::offer((7, 1), HERE, 40000, &NARROW);
    let several = read(&call(&[
        "m=audio 5004 RTP/AVP 8 0 96",
        "a=rtpmap:96 telephone-event/8000",
    ]));
    let agreement = Session::accept(&offer, &several).unwrap();
    assert_eq!(
        (agreement.voice.encoding.as_str(), agreement.direction),
        ("PCMA", Direction::SendRecv)
    );
    assert_eq!(
        agreement.events.map(|events| events.payload_type),
        Some(96),
        "they listen at 96"
    );
    let refused = read(&call(&["m=audio 0 RTP/AVP 0"]));
    assert_eq!(Session::accept(&offer, &refused), Err(Unusable::NoAudio));
    let alien = read(&call(&["m=audio 5004 RTP/AVP 18"]));
    assert_eq!(
        Session::accept(&offer, &alien),
        Err(Unusable::NoCodec {
            offered: "G729".to_owned()
        })
    );
}

#[test]
fn nobody_can_answer_more_than_was_offered() {
    let mut offer = Session::offer((7, 1), HERE, 40000, &NARROW);
    offer.audio.as_mut().unwrap().direction = Direction::SendOnly;
    let answer = read(&call(&["m=audio 5004 RTP/AVP 0", "a=sendrecv"]));
    assert_eq!(
        Session::accept(&offer, &answer).unwrap().direction,
        Direction::RecvOnly
    );
}

#[test]
fn what_cannot_be_sent_to_is_unreadable() {
    for (broken, why) in [
        (
            &["m=audio 5004 RTP/AVP 0", "c=IN IP4 300.1.2.3"][..],
            "300.1.2.3 is neither an IP address nor the name of a host",
        ),
        (&["m=audio 5004 RTP/AVP 0", "c=IN IP4 media,example"], "neither"),
        (
            &["m=audio 5004 RTP/AVP 0", "c=IN IP4 224.2.1.1/127"],
            "not one receiver's",
        ),
        (
            &["m=audio 5004 RTP/AVP 0", "c=IN IP4 255.255.255.255"],
            "one receiver's",
        ),
    ] {
        let error = Session::parse(call(broken).join("\r\n").as_bytes()).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
    for body in [
        "",
        "hello",
        "v=1\r\n",
        "m=audio 5004 RTP/AVP 0\r\n",
        "v=0\r\nm=audio 5004 RTP/AVP 0\r\n",
    ] {
        assert!(
            matches!(Session::parse(body.as_bytes()), Err(Unusable::Unreadable(_))),
            "{body}"
        );
    }
}

/// RFC 8866 §5.7: a name stands for an address that is yet to be found, and says nothing about holding; a time to live
/// says nothing at all.
#[test]
fn a_host_may_have_a_name_and_an_address_a_time_to_live() {
    let at = |address: &str| {
        let connection = format!("c=IN IP4 {address}");
        audio(&call(&["m=audio 5004 RTP/AVP 0", &connection]))
    };
    for named in ["Media.SBC.example.com", "localhost", "sbc_1.example.com."] {
        let named_audio = at(named);
        assert_eq!(named_audio.host, Some(named.to_ascii_lowercase()));
        assert_eq!(
            (named_audio.rtp, named_audio.rtcp),
            ("0.0.0.0:5004".parse().unwrap(), "0.0.0.0:5005".parse().unwrap())
        );
        assert_eq!(named_audio.direction, Direction::SendRecv);
    }
    let (_, mut agreement) = answered(&call(&[
        "m=audio 5004 RTP/AVP 0",
        "c=IN IP4 localhost",
        "a=rtcp:7000 IN IP4 192.0.2.7",
    ]));
    assert_eq!(agreement.sought(), Some("localhost"));
    agreement.is_at("192.0.2.9".parse().unwrap());
    assert_eq!(agreement.sought(), None);
    assert_eq!(
        (agreement.rtp, agreement.rtcp),
        (
            "192.0.2.9:5004".parse().unwrap(),
            "192.0.2.7:7000".parse().unwrap()
        )
    );
    let timed = at("192.0.2.9/127");
    assert_eq!(
        (timed.host, timed.rtp.to_string().as_str()),
        (None, "192.0.2.9:5004")
    );
}

#[test]
fn a_description_without_end_is_refused() {
    let medias = "m=audio 5004 RTP/AVP 0\r\n".repeat(17);
    let attributes = "a=rtpmap:0 PCMU/8000\r\n".repeat(257);
    for rest in [medias, format!("m=audio 5004 RTP/AVP 0\r\n{attributes}")] {
        let body = call(&[&rest]).join("\r\n");
        assert!(matches!(
            Session::parse(body.as_bytes()),
            Err(Unusable::Unreadable(_))
        ));
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_can_make_us_stumble(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
        let _ = Session::parse(&body);
    }

    #[test]
    fn no_lines_can_make_us_stumble(lines in "(v=0\r\n)?([ocmastb]=[ -~]{0,30}\r\n){0,12}") {
        if let Ok(offer) = Session::parse(lines.as_bytes())
            && let Ok((answer, _)) = Session::answer(&offer, (1, 1), HERE, 40000, &ours())
        {
            let read_back = Session::parse(answer.to_string().as_bytes()).unwrap();
            proptest::prop_assert_eq!(read_back.audio, answer.audio);
        }
    }
}

/// RFC 3551 §4.5.2: payload type 9, a clock of 8 kHz, whatever it samples with.
#[test]
fn g722_is_taken_where_it_is_wanted_and_where_there_is_nothing_else() {
    let both = [
        "v=0",
        "o=- 1 1 IN IP4 192.0.2.9",
        "s=-",
        "c=IN IP4 192.0.2.9",
        "t=0 0",
        "m=audio 4000 RTP/AVP 9 8 101",
        "a=rtpmap:9 G722/8000",
        "a=rtpmap:101 telephone-event/8000",
    ];
    let chosen = |lines: &[&str], groups: &[Vec<&str>]| {
        let (_, agreed) = Session::answer(&read(lines), (7, 1), HERE, 40000, groups).unwrap();
        (
            agreed.voice.payload_type,
            agreed.events.map(|events| events.payload_type),
        )
    };
    let wide_first = [vec!["G722"], NARROW.to_vec()];
    assert_eq!(chosen(&both, &ours()), (8, Some(101)));
    assert_eq!(chosen(&both, &wide_first), (9, Some(101)));
    assert_eq!(
        chosen(&both, &[vec!["PCMU"], vec!["PCMA"], vec!["G722"]]),
        (8, Some(101))
    );
    let mut alone = both.to_vec();
    alone[5] = "m=audio 4000 RTP/AVP 9";
    assert_eq!(chosen(&alone, &ours()), (9, None));
    let offer = Session::offer((7, 1), HERE, 40000, &["G722", "PCMA"]);
    assert_eq!(
        encodings(offer.audio.as_ref().unwrap())[..2],
        [(9, "G722"), (8, "PCMA")]
    );
    assert!(offer.to_string().contains("a=rtpmap:9 G722/8000\r\n"));
    let agreed = Session::accept(&offer, &read(&alone)).unwrap();
    assert_eq!(agreed.voice.payload_type, 9);
}
