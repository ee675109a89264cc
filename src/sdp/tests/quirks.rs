//! What devices really send, and what we make of it.

use super::super::Session;
use super::{answered, audio, encodings, read};

#[test]
fn a_desk_phone_with_many_codecs() {
    let audio = audio(&[
        "v=0",
        "o=- 20012 20012 IN IP4 192.168.1.23",
        "s=SDP data",
        "c=IN IP4 192.168.1.23",
        "t=0 0",
        "m=audio 11780 RTP/AVP 9 0 8 18 101",
        "a=rtpmap:9 G722/8000",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:18 G729/8000",
        "a=fmtp:18 annexb=no",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15",
        "a=ptime:20",
        "a=sendrecv",
    ]);
    let expected = [
        (9, "G722"),
        (0, "PCMU"),
        (8, "PCMA"),
        (18, "G729"),
        (101, "TELEPHONE-EVENT"),
    ];
    assert_eq!(encodings(&audio), expected);
    assert_eq!(audio.formats[3].fmtp.as_deref(), Some("annexb=no"));
    assert_eq!(audio.ptime_ms, Some(20));
}

#[test]
fn a_conference_phone_without_rtpmaps_that_asks_for_keys_too() {
    let session = read(&[
        "v=0",
        "o=PolycomSoundStation 1700000000 1700000001 IN IP4 10.0.4.2",
        "s=Polycom IP Phone",
        "c=IN IP4 10.0.4.2",
        "b=AS:64.5",
        "t=0 0",
        "a=sendrecv",
        "m=audio 2240 RTP/AVP 0 8 18 13",
        "a=silenceSupp:off - - - -",
        "m=audio 2242 RTP/SAVP 0 8",
    ]);
    assert_eq!(session.origin, (1_700_000_000, 1_700_000_001));
    assert_eq!(
        encodings(session.audio.as_ref().unwrap()),
        [(0, "PCMU"), (8, "PCMA"), (18, "G729"), (13, "CN")]
    );
    assert_eq!(session.others[0].proto, "RTP/SAVP");
}

#[test]
fn an_adapter_with_blanks_where_none_belong() {
    let audio = audio(&[
        "v=0",
        "o=Cisco SIP UA 8000 8001 IN IP4 192.168.1.160 ",
        "s=SIP Call ",
        "c=IN  IP4 192.168.1.160 ",
        "t=0  0",
        "m=audio  5004 RTP/AVP 0  101 ",
        "a=rtpmap: 0 PCMU/8000 ",
        "a=rtpmap:101  telephone-event/8000",
        "a=sendrecv ",
        "this line is no field",
    ]);
    assert_eq!(encodings(&audio), [(0, "PCMU"), (101, "TELEPHONE-EVENT")]);
}

#[test]
fn a_gateway_with_bare_line_ends_and_signed_versions() {
    let fields = [
        "v=0",
        "o=root -5 -4 IN IP4 10.1.1.1",
        "c=IN IP4 10.1.1.1",
        "m=audio 18000 RTP/AVP 8",
    ];
    for end in ["\n", "\r", "\r\n", "\r\r\n"] {
        let session = Session::parse(fields.join(end).as_bytes()).unwrap();
        let later = fields.join(end).replace("-4", "-3");
        assert_eq!(
            session.audio.as_ref().unwrap().rtp.to_string(),
            "10.1.1.1:18000",
            "{end:?}"
        );
        assert_eq!(
            Session::parse(later.as_bytes()).unwrap().origin.1,
            session.origin.1.wrapping_add(1)
        );
    }
}

#[test]
fn a_switch_with_text_in_another_alphabet_and_lines_twice() {
    let body = b"v=0\r\no=- 1 1 IN IP4 10.1.1.1\r\ns=B\xfcro\r\nc=IN IP4 10.1.1.1\r\nc=IN IP4 10.1.1.2\r\n\
        t=0 0\r\nm=audio 18000 RTP/AVP 8\r\n";
    assert_eq!(
        Session::parse(body).unwrap().audio.unwrap().rtp.to_string(),
        "10.1.1.1:18000"
    );
}

#[test]
fn a_carrier_over_ipv6() {
    let (answer, agreement) = answered(&[
        "v=0",
        "o=SBC 3890 1 IN IP6 2001:db8:5::9",
        "s=sip call",
        "c=IN IP6 2001:db8:5::9",
        "t=0 0",
        "m=audio 30122 RTP/AVP 8 101",
        "a=rtpmap:101 telephone-event/8000",
        "a=maxptime:40",
    ]);
    assert_eq!(agreement.rtp, "[2001:db8:5::9]:30122".parse().unwrap());
    assert!(
        answer.contains("c=IN IP4 192.0.2.1\n"),
        "our family is the caller's choice: {answer}"
    );
}
