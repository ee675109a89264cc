use super::Uri;

fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap_or_else(|| panic!("{text} is a URI"))
}

#[test]
fn the_parts_are_found_and_the_text_stays() {
    let text = "SIPS:john.doe;x=1:pa%20ss@Example.COM:5071;transport=TCP;lr?Subject=a%26b&Priority=urgent";
    let read = uri(text);
    assert_eq!(read.scheme(), "sips");
    assert_eq!(read.user().as_deref(), Some("john.doe;x=1"));
    assert_eq!((read.host(), read.port()), ("example.com", Some(5071)));
    assert_eq!(
        (read.param("Transport"), read.param("LR"), read.param("x")),
        (Some("TCP"), Some(""), None)
    );
    assert_eq!(read.header("subject").as_deref(), Some("a&b"));
    assert_eq!(read.header("Priority").as_deref(), Some("urgent"));
    assert_eq!(read.to_string(), text.replace("SIPS", "sips"));
}

#[test]
fn users_that_others_stumble_over() {
    let users = [
        ("sip:john.doe@h", "john.doe"),
        (
            "sip:+4930123;phone-context=x@h;user=phone",
            "+4930123;phone-context=x",
        ),
        ("sip:%2321*@h", "#21*"),
        ("sip:*70#@h", "*70#"),
        (
            "sip:user%3Bpar%3Du%40example.net@example.com",
            "user;par=u@example.net",
        ),
        ("sip:m%C3%BCller@h", "müller"),
        ("sip:müller@h", "müller"),
        ("sip:a?b@h", "a?b"),
        ("sip:%00@h", "\0"),
        ("tel:+1-201-555-0123;ext=5", "+1-201-555-0123"),
    ];
    for (text, user) in users {
        assert_eq!(uri(text).user().as_deref(), Some(user), "{text}");
    }
    assert_eq!(uri("sip:h").user(), None);
    assert_eq!(uri("sip:%ff@h").user(), None, "not UTF-8");
}

#[test]
fn ipv6_has_brackets_outside_and_none_inside() {
    let read = uri("sip:bob@[2001:DB8::1]:5070;lr");
    assert_eq!((read.host(), read.port()), ("2001:db8::1", Some(5070)));
    assert_eq!(uri("sip:[2001:db8::10:5070]").port(), None, "RFC 5118 §4.3");
    assert!(Uri::parse("sip:2001:db8::10").is_none(), "RFC 5118 §4.2");
    assert!(
        Uri::parse("sip:u@[2001:db8:::192.0.2.1]").is_some(),
        "RFC 5118 §4.10"
    );
}

#[test]
fn what_is_no_uri_is_refused() {
    let broken = [
        "",
        "sip",
        "sip:",
        "sip:a@",
        "bob@h",
        "sip:a@h:port",
        "sip:a@h:99999",
        "sip:a@h:",
        "sip:a b@h",
        "sip:a@b@c",
        "sip:a@[::1",
        "sip:a@[::1]x",
        "sip:a@[zz]",
        "sip:a@h\r\nVia: x",
        "sip:a@<h>",
        "tel:",
        "tel:;x",
        ":a",
        "1a:b",
        "sip:a@h:+5060",
    ];
    for text in broken {
        assert_eq!(Uri::parse(text), None, "{text}");
    }
}

#[test]
fn other_schemes_are_carried() {
    for text in [
        "urn:service:sos",
        "isbn:2983792873",
        "soap.beep://192.0.2.103:3002",
        "http://a/b?c#d",
    ] {
        let read = uri(text);
        assert_eq!(
            (read.to_string().as_str(), read.host(), read.user()),
            (text, "", None)
        );
    }
    assert_eq!(uri("tel:110").host(), "");
}

#[test]
fn building_escapes_what_would_end_the_user() {
    assert_eq!(
        Uri::sip(Some("+49 30@x#"), "h", Some(5060)).to_string(),
        "sip:+49%2030%40x%23@h:5060"
    );
    assert_eq!(Uri::sip(None, "::1", None).to_string(), "sip:[::1]");
    assert_eq!(Uri::sip(None, "[::1]", Some(1)).to_string(), "sip:[::1]:1");
    assert_eq!(Uri::sip(Some("a"), "h>;\r\nx", None).to_string(), "sip:a@hx");
    assert_eq!(Uri::sip(Some(""), "\r\n", None).to_string(), "sip:invalid");
}

#[test]
fn parameters_are_added_before_the_headers_and_replaced_where_they_stand_twice() {
    let read = uri("sip:a@h;Transport=udp;lr?Replaces=x").with_param("transport", "tcp");
    assert_eq!(read.to_string(), "sip:a@h;lr;transport=tcp?Replaces=x");
    assert_eq!(uri("sip:h").with_param("lr", "").to_string(), "sip:h;lr");
    assert_eq!(
        uri("sip:h").with_param("x", "a;b\r\n").to_string(),
        "sip:h;x=a%3Bb%0D%0A"
    );
    assert_eq!(
        uri("tel:110").with_param("phone-context", "+49").to_string(),
        "tel:110;phone-context=+49"
    );
}

#[test]
fn a_refer_target_becomes_a_request_uri() {
    let target =
        uri("sip:u3@h;method=INVITE;lr?Replaces=id%40h%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=replaces");
    assert_eq!(
        target.header("Replaces").as_deref(),
        Some("id@h;to-tag=1;from-tag=2")
    );
    assert_eq!(target.header("require").as_deref(), Some("replaces"));
    assert_eq!(target.for_request().to_string(), "sip:u3@h;lr");
    let sloppy = uri("sip:10.0.0.1:5060?x=1");
    assert_eq!((sloppy.host(), sloppy.port()), ("10.0.0.1", Some(5060)));
    assert_eq!(
        uri("sip:u@h?Replaces=id@h;to-tag=1")
            .header("replaces")
            .as_deref(),
        Some("id@h;to-tag=1")
    );
}

#[test]
fn equal_by_rfc_3261_19_1_4() {
    let same = [
        (
            "sip:%61lice@atlanta.com;transport=TCP",
            "sip:alice@AtlanTa.CoM;Transport=tcp",
        ),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        (
            "sip:carol@chicago.com;newparam=5",
            "sip:carol@chicago.com;security=on",
        ),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ),
        ("sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0::1]"),
        ("tel:+1-201-555-0123", "tel:+12015550123"),
    ];
    for (one, other) in same {
        assert!(
            uri(one).same_as(&uri(other)) && uri(other).same_as(&uri(one)),
            "{one} is {other}"
        );
    }
}

#[test]
fn not_equal_by_rfc_3261_19_1_4() {
    let different = [
        (
            "SIP:ALICE@AtLanTa.CoM;Transport=udp",
            "sip:alice@AtLanTa.CoM;Transport=UDP",
        ),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
        (
            "sip:carol@chicago.com",
            "sip:carol@chicago.com?Subject=next%20meeting",
        ),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        (
            "sip:carol@chicago.com;security=on",
            "sip:carol@chicago.com;security=off",
        ),
        ("sip:a@h", "sips:a@h"),
        ("sip:%00@h", "sip:null-%00@h"),
        ("tel:110", "tel:+110"),
    ];
    for (one, other) in different {
        assert!(
            !uri(one).same_as(&uri(other)) && !uri(other).same_as(&uri(one)),
            "{one} is not {other}"
        );
    }
}

#[test]
fn a_uri_is_kept_as_its_text() {
    let read = uri("sip:Bob@Example.com;lr");
    let kept = serde_json::to_string(&read).unwrap();
    assert_eq!(kept, "\"sip:Bob@Example.com;lr\"");
    assert_eq!(serde_json::from_str::<Uri>(&kept).unwrap(), read);
    assert!(serde_json::from_str::<Uri>("\"nonsense\"").is_err());
}
