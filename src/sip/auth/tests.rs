//! The examples of the RFCs, and stories of phones that authenticate.

use super::*;
use crate::sip::{Chance, Message, MessageLimits};
use crate::time::Time;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

const MUFASA: Credentials<'_> = Credentials {
    user: "Mufasa",
    password: "Circle of Life",
};
const LIFETIME: Duration = Duration::from_secs(300);
const PHONE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 11));
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 12));

fn get(uri: &str) -> Asked<'_> {
    Asked {
        method: "GET",
        uri,
        body: b"",
    }
}

fn param(field: &str, name: &str) -> String {
    Params::digest(field)
        .unwrap()
        .get(name)
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn rfc_7616_section_3_9_1_md5_and_sha_256() {
    let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    let opaque = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS";
    let challenge = |algorithm: &str| {
        format!(
            "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
             nonce=\"{nonce}\", opaque=\"{opaque}\""
        )
    };
    let challenges = [challenge("MD5"), challenge("SHA-256")];
    let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    let answer = |challenges: &[String]| {
        let challenge = Challenge::best(challenges.iter().map(String::as_str)).unwrap();
        challenge.answer(get("/dir/index.html"), MUFASA, cnonce, 1)
    };

    let md5 = answer(&challenges[..1]);
    assert_eq!(param(&md5, "response"), "8ca523f5e9506fed4657c9700eebdbec");

    let best = answer(&challenges);
    assert_eq!(param(&best, "algorithm"), "SHA-256");
    assert_eq!(
        param(&best, "response"),
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    );
    assert_eq!(param(&best, "nc"), "00000001");
    assert_eq!(param(&best, "qop"), "auth");
    assert_eq!(
        param(&best, "opaque"),
        "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
    );
}

#[test]
fn rfc_2617_section_3_5() {
    let challenge = "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", \
                     nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
    let who = Credentials {
        user: "Mufasa",
        password: "Circle Of Life",
    };
    let challenge = Challenge::best([challenge].into_iter()).unwrap();
    let answer = challenge.answer(get("/dir/index.html"), who, "0a4f113b", 1);
    assert_eq!(param(&answer, "response"), "6629fae49393a05397450978507c4ef1");
}

#[test]
fn without_qop_the_digest_is_that_of_rfc_2069() {
    let challenge = r#"Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093""#;
    let who = Credentials {
        user: "Mufasa",
        password: "CircleOfLife",
    };
    let challenge = Challenge::best([challenge].into_iter()).unwrap();
    let answer = challenge.answer(get("/dir/index.html"), who, "0a4f113b", 1);
    // The value of the errata of RFC 2069.
    assert_eq!(param(&answer, "response"), "1949323746fe6a43ef61f9606e7febea");
    assert!(!answer.contains("nc=") && !answer.contains("cnonce="));
}

#[test]
fn sessions_and_protected_bodies_change_the_answer() {
    let answer = |more: &str| {
        let challenge = format!("Digest realm=\"r\", nonce=\"n\", {more}");
        let challenge = Challenge::best([challenge.as_str()].into_iter()).unwrap();
        let asked = Asked {
            method: "INVITE",
            uri: "sip:a@b",
            body: b"v=0",
        };
        challenge.answer(
            asked,
            Credentials {
                user: "u",
                password: "p",
            },
            "c",
            10,
        )
    };
    let md5 = |text: &str| hex(&Md5::digest(text));
    let secret = md5(&format!("{}:n:c", md5("u:r:p")));
    let request = md5("INVITE:sip:a@b");
    let with_body = md5(&format!("INVITE:sip:a@b:{}", md5("v=0")));

    let session = answer("algorithm=md5-SESS, qop=\"auth,auth-int\"");
    assert_eq!(param(&session, "algorithm"), "md5-SESS");
    assert_eq!(
        param(&session, "response"),
        md5(&format!("{secret}:n:0000000a:c:auth:{request}"))
    );

    let body = answer("algorithm=MD5-sess, qop=\"auth-int\"");
    assert_eq!(
        param(&body, "response"),
        md5(&format!("{secret}:n:0000000a:c:auth-int:{with_body}"))
    );
}

#[test]
fn a_challenge_that_nobody_here_understands_is_not_answered() {
    let best = |field: &str| Challenge::best([field].into_iter());
    assert_eq!(best("Basic realm=\"r\""), None);
    assert_eq!(
        best("Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256"),
        None
    );
    assert_eq!(best("Digest realm=\"r\", nonce=\"n\", qop=\"token\""), None);
    assert_eq!(best("Digest realm=\"r\""), None);
}

/// A registrar with one extension, and phones that know how to answer it.
struct House {
    now: Time,
    challenger: Challenger,
}

impl House {
    fn new(max_nonces: usize) -> House {
        let mut chance = Chance::new([3; 32]);
        let challenger = Challenger::new(terms(max_nonces, Offer::Sha256First), &mut chance);
        House {
            now: Time::from_micros(1_000_000_000),
            challenger,
        }
    }

    fn register(&mut self, authorization: &str) -> Result<String, Vec<String>> {
        let asked = self.register_from(PHONE, authorization);
        asked.map_err(|doubt| doubt.challenges)
    }

    fn register_from(&mut self, source: IpAddr, authorization: &str) -> Result<String, Doubt> {
        let request = request("REGISTER", "sip:example.com", authorization);
        let password_of = |user: &str| (user == "1001").then_some("secret");
        self.challenger.verify(self.now, source, &request, password_of)
    }

    fn doubts(&mut self, source: IpAddr, authorization: &str) -> Why {
        self.register_from(source, authorization).unwrap_err().why
    }

    fn challenges(&mut self) -> Vec<String> {
        self.register("").unwrap_err()
    }
}

fn terms(max_nonces: usize, offer: Offer) -> Terms {
    Terms {
        realm: "example.com".to_owned(),
        lifetime: LIFETIME,
        max_nonces,
        offer,
    }
}

fn request(method: &str, uri: &str, authorization: &str) -> Message {
    let text = format!(
        "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.11;branch=z9hG4bK1\r\n\
         From: <sip:1001@example.com>;tag=a\r\nTo: <sip:1001@example.com>\r\nCall-ID: 1\r\n\
         CSeq: 1 {method}\r\n{authorization}Content-Length: 0\r\n\r\n"
    );
    Message::parse(
        text.into(),
        &MessageLimits {
            message_bytes: 10_000,
            header_fields: 50,
        },
    )
    .unwrap()
}

fn answer(challenges: &[String], user: &str, password: &str, nc: u32) -> String {
    let challenge = Challenge::best(challenges.iter().map(String::as_str)).unwrap();
    let asked = Asked {
        method: "REGISTER",
        uri: "sip:example.com",
        body: b"",
    };
    let answer = challenge.answer(asked, Credentials { user, password }, "0a4f113b", nc);
    format!("Authorization: {answer}\r\n")
}

fn is_stale(challenges: &[String]) -> bool {
    challenges
        .iter()
        .all(|challenge| challenge.ends_with("stale=true"))
}

#[test]
fn a_phone_registers_with_either_algorithm() {
    let mut house = House::new(10);
    let challenges = house.challenges();
    assert_eq!(challenges.len(), 2);
    assert_eq!(param(&challenges[0], "algorithm"), "SHA-256");
    assert_eq!(param(&challenges[1], "algorithm"), "MD5");
    assert!(!is_stale(&challenges));

    assert_eq!(
        house.register(&answer(&challenges[..1], "1001", "secret", 1)),
        Ok("1001".to_owned())
    );
    assert_eq!(
        house.register(&answer(&challenges[1..], "1001", "secret", 2)),
        Ok("1001".to_owned())
    );
}

#[test]
fn the_house_decides_what_phones_are_asked_for_and_in_which_order() {
    for (offer, wanted) in [
        (Offer::Sha256First, &["SHA-256", "MD5"][..]),
        (Offer::Md5First, &["MD5", "SHA-256"]),
        (Offer::Md5Only, &["MD5"]),
    ] {
        let mut house = House::new(10);
        house.challenger.set_up(terms(10, offer));
        let challenges = house.challenges();
        let asked: Vec<String> = challenges.iter().map(|text| param(text, "algorithm")).collect();
        assert_eq!(asked, wanted);
        let answer = answer(&challenges[..1], "1001", "secret", 1);
        assert_eq!(house.register(&answer), Ok("1001".to_owned()));
    }
}

#[test]
fn a_wrong_password_and_an_unknown_user_look_the_same() {
    let mut house = House::new(10);
    let challenges = house.challenges();
    let wrong = house
        .register(&answer(&challenges, "1001", "guess", 1))
        .unwrap_err();
    let unknown = house
        .register(&answer(&challenges, "9999", "guess", 1))
        .unwrap_err();

    let without_nonce = |challenges: &[String]| {
        let nonces = challenges.iter().map(|text| (text.clone(), param(text, "nonce")));
        nonces
            .map(|(text, nonce)| text.replace(&nonce, "…"))
            .collect::<Vec<_>>()
    };
    assert_eq!(without_nonce(&wrong), without_nonce(&unknown));
    assert!(!is_stale(&wrong));
    assert!(house.challenger.is_empty(), "a guess costs no memory");
}

#[test]
fn an_old_nonce_with_the_right_password_is_stale_and_with_a_wrong_one_it_is_not() {
    let mut house = House::new(10);
    let challenges = house.challenges();
    house.now = house.now + LIFETIME;
    let right = house
        .register(&answer(&challenges, "1001", "secret", 1))
        .unwrap_err();
    let wrong = house
        .register(&answer(&challenges, "1001", "guess", 1))
        .unwrap_err();
    assert!(is_stale(&right));
    assert!(!is_stale(&wrong));
    assert_eq!(
        house.register(&answer(&right, "1001", "secret", 1)),
        Ok("1001".to_owned())
    );
}

#[test]
fn a_count_is_good_once_but_datagrams_may_overtake_each_other() {
    let mut house = House::new(10);
    let challenges = house.challenges();
    let mut attempt = |nc| house.register(&answer(&challenges, "1001", "secret", nc));
    assert!(attempt(1).is_ok());
    assert!(
        is_stale(&attempt(1).unwrap_err()),
        "the phone is asked again and need not ask its user"
    );
    assert!(attempt(16).is_ok());
    assert!(attempt(15).is_ok());
    assert!(attempt(15).is_err());
    assert!(attempt(16).is_err());
    assert!(attempt(500).is_ok());
    assert!(attempt(17).is_err(), "too far behind to be known");
    assert!(attempt(0).is_err());
}

#[test]
fn an_answer_without_qop_uses_up_its_nonce() {
    let mut house = House::new(10);
    let challenges: Vec<String> = house.challenges()[1..]
        .iter()
        .map(|text| text.replace(", qop=\"auth\"", ""))
        .collect();
    assert!(house.register(&answer(&challenges, "1001", "secret", 1)).is_ok());
    assert!(house.register(&answer(&challenges, "1001", "secret", 1)).is_err());
}

#[test]
fn a_nonce_of_somebody_else_lets_nobody_in() {
    let mut house = House::new(10);
    let mut challenges = house.challenges();
    let nonce = param(&challenges[0], "nonce");
    // A later time under the seal of the true one.
    let forged = format!("0{}", "f".repeat(15)) + &nonce[16..];
    challenges = challenges
        .iter()
        .map(|text| text.replace(&nonce, &forged))
        .collect();
    let right = answer(&challenges, "1001", "secret", 1);
    assert_eq!(house.doubts(PHONE, &right), Why::Stale, "it knows the password");
    let wrong = answer(&challenges, "1001", "guess", 1);
    assert_eq!(house.doubts(PHONE, &wrong), Why::Unasked);
}

#[test]
fn a_guess_counts_only_where_its_challenge_was_sent() {
    let mut house = House::new(10);
    let challenges = house.challenges();
    let wrong = answer(&challenges, "1001", "guess", 1);
    assert_eq!(house.doubts(PHONE, ""), Why::Unasked);
    assert_eq!(house.doubts(PHONE, &wrong), Why::Wrong);
    assert_eq!(house.doubts(ELSEWHERE, &wrong), Why::Unasked, "it may be forged");
}

#[test]
fn a_phone_that_has_moved_is_asked_again_and_need_not_ask_its_user() {
    let mut house = House::new(10);
    let challenges = house.challenges();
    let right = answer(&challenges, "1001", "secret", 1);
    let doubt = house.register_from(ELSEWHERE, &right).unwrap_err();
    assert_eq!(doubt.why, Why::Stale);
    assert!(is_stale(&doubt.challenges));
    let again = answer(&doubt.challenges, "1001", "secret", 1);
    assert_eq!(house.register_from(ELSEWHERE, &again), Ok("1001".to_owned()));
}

#[test]
fn an_answer_counts_for_its_own_request_only() {
    let mut house = House::new(10);
    let challenges = house.challenges();
    let authorization = answer(&challenges, "1001", "secret", 1);
    let mut verify = |request: Message| {
        let password_of = |user: &str| (user == "1001").then_some("secret");
        house.challenger.verify(house.now, PHONE, &request, password_of)
    };
    assert!(verify(request("INVITE", "sip:example.com", &authorization)).is_err());
    assert!(verify(request("REGISTER", "sip:900@example.com", &authorization)).is_err());
    assert!(
        verify(request(
            "REGISTER",
            "sip:example.com:5070;transport=udp",
            &authorization
        ))
        .is_ok()
    );
}

/// A proxy has put our address in the place of our name, which is the realm: that is understood. Where it stands in
/// the place of another name nobody can tell who made the phone sign that, and it is no wrong password either.
#[test]
fn an_answer_for_another_host_is_no_guess() {
    let mut house = House::new(10);
    let challenges = house.challenges();
    let mut why = |signed: &str, asked: &str, password: &str, nc| {
        let challenge = Challenge::best(challenges.iter().map(String::as_str)).unwrap();
        let what = Asked {
            method: "REGISTER",
            uri: signed,
            body: b"",
        };
        let who = Credentials {
            user: "1001",
            password,
        };
        let field = format!(
            "Authorization: {}\r\n",
            challenge.answer(what, who, "0a4f113b", nc)
        );
        let request = request("REGISTER", asked, &field);
        let password_of = |user: &str| (user == "1001").then_some("secret");
        let verdict = house.challenger.verify(house.now, PHONE, &request, password_of);
        verdict.map_err(|doubt| doubt.why)
    };
    assert_eq!(
        why("sip:example.com", "sip:192.0.2.1", "secret", 1),
        Ok("1001".to_owned())
    );
    assert_eq!(
        why("sip:proxy.example", "sip:example.com", "secret", 2),
        Err(Why::Elsewhere)
    );
    assert_eq!(
        why("sip:proxy.example", "sip:example.com", "guess", 3),
        Err(Why::Wrong)
    );
}

#[test]
fn memory_is_bounded_and_what_is_forgotten_cannot_be_replayed() {
    let mut house = House::new(3);
    let mut answers = Vec::new();
    for _ in 0..5 {
        house.now = house.now + Duration::from_secs(1);
        let challenges = house.challenges();
        answers.push(answer(&challenges, "1001", "secret", 1));
        assert!(house.register(&answers[answers.len() - 1]).is_ok());
    }
    assert_eq!(house.challenger.len(), 3);
    for answer in answers {
        assert!(is_stale(&house.register(&answer).unwrap_err()));
    }

    house.now = house.now + LIFETIME * 2;
    let challenges = house.challenges();
    assert!(house.register(&answer(&challenges, "1001", "secret", 1)).is_ok());
    assert_eq!(house.challenger.len(), 1, "what has expired is dropped");
}

#[test]
fn a_restart_remembers_which_counts_were_used() {
    let mut house = House::new(10);
    let challenges = house.challenges();
    assert!(house.register(&answer(&challenges, "1001", "secret", 1)).is_ok());
    let text = serde_json::to_string(&house.challenger).unwrap();
    house.challenger = serde_json::from_str(&text).unwrap();
    assert!(house.register(&answer(&challenges, "1001", "secret", 1)).is_err());
    assert!(house.register(&answer(&challenges, "1001", "secret", 2)).is_ok());
}

#[test]
fn noise_in_the_authorization_is_refused_quietly() {
    let mut house = House::new(10);
    for noise in [
        "Digest",
        "Digest username",
        "Digest realm=\"example.com\"",
        "Digest realm=\"example.com\", username=\"1001\", nonce=\"\", uri=\"\", response=\"\"",
        "Digest realm=\"example.com\", username=\"é\", nonce=\"é\", uri=\"sip:example.com\", response=\"é\"",
        "Basic MTAwMTpzZWNyZXQ=",
    ] {
        let refused = house
            .register(&format!("Authorization: {noise}\r\n"))
            .unwrap_err();
        assert!(!is_stale(&refused), "{noise}");
    }
}

/// Nothing is kept of a request that was challenged, and a datagram that was doubled is challenged in the same words.
#[test]
fn the_same_request_in_the_same_moment_is_asked_the_same() {
    let mut house = House::new(10);
    let first = house.challenges();
    assert_eq!(house.challenges(), first);
    house.now = house.now + Duration::from_millis(500);
    assert_ne!(house.challenges(), first, "and later with a nonce of its own");
}
