//! Phones come, stay, move and go. The rows are those of RFC 3665 §2 and of RFC 3261 §10.3.

use super::*;
use crate::sip::{MessageLimits, Transport};

const START: Time = Time::from_micros(1_700_000_000_000_000);

/// What the registrar answered: status, contacts, and the line of any one field.
struct Answer(Message);

impl Answer {
    fn status(&self) -> u16 {
        self.0.status().unwrap()
    }

    fn contacts(&self) -> Vec<&str> {
        self.0.list(Name::CONTACT).collect()
    }
}

/// A registrar, a clock, and one way to ask.
struct House {
    registrar: Registrar,
    now: Time,
    told: Vec<String>,
}

impl House {
    fn new() -> House {
        House {
            registrar: Registrar::new(),
            now: START,
            told: Vec::new(),
        }
    }

    fn asks(&mut self, flow: Flow, cseq: u32, fields: &str) -> Answer {
        self.asks_as(
            "1001",
            flow,
            &format!("Call-ID: desk\r\nCSeq: {cseq} REGISTER\r\n{fields}"),
        )
    }

    fn asks_as(&mut self, extension: &str, flow: Flow, fields: &str) -> Answer {
        let lifetime = Registration {
            min_expiry: Duration::from_secs(60),
            max_expiry: Duration::from_secs(3600),
            default_expiry: Duration::from_secs(300),
            nonce_lifetime: Duration::from_secs(60),
            digest: crate::config::valid::Digest::Sha256,
        };
        let rules = Rules {
            lifetime: &lifetime,
            max_contacts: 3,
        };
        let asked = self
            .registrar
            .register(self.now, flow, &register(fields), extension, rules);
        self.told
            .extend(asked.events.iter().map(|event| event.text.clone()));
        Answer(asked.response.finish())
    }

    fn rings(&self) -> Vec<(String, Flow)> {
        let contacts = self.registrar.contacts("1001", self.now);
        contacts
            .map(|binding| (binding.contact.uri.to_string(), binding.flow))
            .collect()
    }
}

fn register(fields: &str) -> Message {
    let text = format!(
        "REGISTER sip:house.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.11;branch=z9hG4bKr\r\n\
         From: <sip:1001@house.example>;tag=f\r\nTo: \"Anna\" <sip:1001@house.example>\r\n{fields}\r\n"
    );
    let limits = MessageLimits {
        message_bytes: 65_535,
        header_fields: 200,
    };
    Message::parse(text.into(), &limits).unwrap()
}

fn from_port(port: u16) -> Flow {
    let local = "192.0.2.1:5060".parse().unwrap();
    Flow {
        transport: Transport::Udp,
        local,
        remote: format!("192.0.2.11:{port}").parse().unwrap(),
    }
}

fn over_tcp(port: u16) -> Flow {
    Flow {
        transport: Transport::Tcp,
        ..from_port(port)
    }
}

const DESK: &str = "Contact: <sip:1001@192.0.2.11:5060>\r\n";
const SOFT: &str = "Contact: <sip:1001@192.0.2.11:6060>\r\n";

#[test]
fn a_phone_registers_and_is_told_how_long() {
    let mut house = House::new();
    let answer = house.asks(
        from_port(5060),
        1,
        &format!("{DESK}Expires: 120\r\nUser-Agent: Desk 1\r\n"),
    );
    assert_eq!(
        (answer.status(), answer.contacts()),
        (200, vec!["<sip:1001@192.0.2.11:5060>;expires=120"])
    );
    assert_eq!(
        house.rings(),
        [("sip:1001@192.0.2.11:5060".to_owned(), from_port(5060))]
    );
    assert_eq!(
        house.told,
        ["1001 registered sip:1001@192.0.2.11:5060 over udp 192.0.2.11:5060 (Desk 1)"]
    );
}

#[test]
fn the_contact_says_its_own_expiry_and_is_given_no_more_than_the_most() {
    let mut house = House::new();
    let own = house.asks(
        from_port(5060),
        1,
        "Contact: <sip:1001@192.0.2.11>;expires=90;q=0.5\r\nExpires: 600\r\n",
    );
    assert_eq!(own.contacts(), ["<sip:1001@192.0.2.11>;q=0.5;expires=90"]);
    let none = house.asks(from_port(5060), 2, "Contact: <sip:1001@192.0.2.11>\r\n");
    assert_eq!(none.contacts(), ["<sip:1001@192.0.2.11>;expires=300"]);
    let day = house.asks(
        from_port(5060),
        3,
        "Contact: <sip:1001@192.0.2.11>\r\nExpires: 86400\r\n",
    );
    assert_eq!(day.contacts(), ["<sip:1001@192.0.2.11>;expires=3600"]);
    let odd = house.asks(
        from_port(5060),
        4,
        "Contact: <sip:1001@192.0.2.11>;expires=soon\r\n",
    );
    assert_eq!(odd.contacts(), ["<sip:1001@192.0.2.11>;expires=300"]);
}

#[test]
fn a_second_contact_is_listed_beside_the_first_each_with_its_own_expiry() {
    let mut house = House::new();
    house.asks(from_port(5060), 1, &format!("{DESK}Expires: 120\r\n"));
    house.now = START + Duration::from_secs(20);
    let answer = house.asks(from_port(5060), 2, &format!("{SOFT}Expires: 60\r\n"));
    let both = [
        "<sip:1001@192.0.2.11:5060>;expires=100",
        "<sip:1001@192.0.2.11:6060>;expires=60",
    ];
    assert_eq!(answer.contacts(), both);
    assert_eq!(house.rings().len(), 2);
}

#[test]
fn asking_without_a_contact_changes_nothing() {
    let mut house = House::new();
    house.asks(from_port(5060), 1, DESK);
    let before = house.registrar.clone();
    let answer = house.asks(from_port(5060), 2, "");
    assert_eq!((answer.status(), answer.contacts().len()), (200, 1));
    assert_eq!(house.registrar, before);
}

#[test]
fn the_star_takes_all_back() {
    let mut house = House::new();
    house.asks(from_port(5060), 1, DESK);
    house.asks(from_port(5060), 2, SOFT);
    let answer = house.asks(from_port(5060), 3, "Contact: *\r\nExpires: 0\r\n");
    assert_eq!((answer.status(), answer.contacts().len()), (200, 0));
    assert!(house.rings().is_empty() && house.registrar.is_empty());
}

#[test]
fn the_star_stands_alone_and_only_with_expires_zero() {
    let mut house = House::new();
    house.asks(from_port(5060), 1, DESK);
    for wrong in [
        "Contact: *\r\n",
        "Contact: *\r\nExpires: 60\r\n",
        "Contact: *\r\nExpires: 0\r\nContact: <sip:a@b>\r\n",
    ] {
        assert_eq!(house.asks(from_port(5060), 2, wrong).status(), 400, "{wrong}");
    }
    assert_eq!(
        house
            .asks(from_port(5060), 1, "Contact: *\r\nExpires: 0\r\n")
            .status(),
        500
    );
    assert_eq!(house.rings().len(), 1);
}

#[test]
fn a_contact_with_expires_zero_is_gone() {
    let mut house = House::new();
    house.asks(from_port(5060), 1, DESK);
    house.asks(from_port(5060), 2, SOFT);
    let answer = house.asks(
        from_port(5060),
        3,
        "Contact: <sip:1001@192.0.2.11:5060>;expires=0\r\n",
    );
    assert_eq!(answer.contacts(), ["<sip:1001@192.0.2.11:6060>;expires=300"]);
    assert_eq!(
        house.told.last().unwrap(),
        "1001 lost sip:1001@192.0.2.11:5060 over udp 192.0.2.11:5060: the phone took it back or moved"
    );
}

#[test]
fn a_wish_too_brief_is_told_the_least() {
    let mut house = House::new();
    let answer = house.asks(from_port(5060), 1, &format!("{DESK}Expires: 5\r\n"));
    assert_eq!(
        (answer.status(), answer.0.number(Name::MIN_EXPIRES)),
        (423, Some(60))
    );
    assert!(house.registrar.is_empty());
}

#[test]
fn one_bad_contact_spoils_the_whole_request() {
    let mut house = House::new();
    house.asks(from_port(5060), 1, DESK);
    let before = house.registrar.clone();
    let answer = house.asks(
        from_port(5060),
        2,
        "Contact: <sip:1001@192.0.2.12>;expires=90, <sip:1001@192.0.2.13>;expires=1\r\n",
    );
    assert_eq!(answer.status(), 423);
    assert_eq!(house.registrar, before);
}

#[test]
fn a_phone_that_falls_silent_is_forgotten_in_time() {
    let mut house = House::new();
    house.asks(from_port(5060), 1, &format!("{DESK}Expires: 60\r\n"));
    assert_eq!(house.registrar.deadline(), Some(START + Duration::from_secs(60)));
    house.now = START + Duration::from_secs(59);
    assert!(house.registrar.expire(house.now).is_empty() && house.rings().len() == 1);
    house.now = START + Duration::from_secs(60);
    assert!(
        house.rings().is_empty(),
        "nobody rings a phone that has expired, swept or not"
    );
    assert_eq!(house.registrar.expire(house.now).len(), 1);
    assert_eq!((house.registrar.len(), house.registrar.deadline()), (0, None));
}

#[test]
fn a_refresh_moves_the_deadline_when_the_old_one_comes() {
    let mut house = House::new();
    house.asks(from_port(5060), 1, &format!("{DESK}Expires: 60\r\n"));
    house.now = START + Duration::from_secs(50);
    house.asks(from_port(5060), 2, &format!("{DESK}Expires: 60\r\n"));
    house.now = START + Duration::from_secs(60);
    assert!(house.registrar.expire(house.now).is_empty());
    assert_eq!(house.registrar.deadline(), Some(START + Duration::from_secs(110)));
}

#[test]
fn a_phone_behind_a_forgetful_nat_moves() {
    let mut house = House::new();
    house.asks(from_port(5060), 1, DESK);
    house.asks(from_port(40_001), 2, "Contact: <sip:1001@192.0.2.11:40001>\r\n");
    assert_eq!(
        house.rings(),
        [("sip:1001@192.0.2.11:40001".to_owned(), from_port(40_001))]
    );
    house.asks(from_port(40_002), 3, "Contact: <sip:1001@192.0.2.11:40001>\r\n");
    assert_eq!(
        house.rings(),
        [("sip:1001@192.0.2.11:40001".to_owned(), from_port(40_002))]
    );
}

const BOX: &str = ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\"";
const LID: &str = ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E129>\"";

#[test]
fn a_device_that_restarts_replaces_itself() {
    let mut house = House::new();
    house.asks(
        from_port(5060),
        7,
        &format!("Contact: <sip:1001@192.0.2.11:5060>{BOX}\r\n"),
    );
    let again =
        format!("Call-ID: reborn\r\nCSeq: 1 REGISTER\r\nContact: <sip:1001@192.0.2.11:7070>{BOX}\r\n");
    let answer = house.asks_as("1001", from_port(7070), &again);
    assert_eq!(
        answer.contacts(),
        [format!("<sip:1001@192.0.2.11:7070>{BOX};expires=300")]
    );
}

#[test]
fn two_devices_at_the_same_private_address_stay_two() {
    let mut house = House::new();
    let at_home = |device| format!("Contact: <sip:1001@192.168.1.10:5060>{device}\r\n");
    house.asks(from_port(1111), 1, &at_home(BOX));
    let other = format!("Call-ID: other\r\nCSeq: 1 REGISTER\r\n{}", at_home(LID));
    house.asks_as("1001", from_port(2222), &other);
    let flows: Vec<Flow> = house.rings().into_iter().map(|(_, flow)| flow).collect();
    assert_eq!(flows, [from_port(1111), from_port(2222)]);
}

#[test]
fn a_device_may_swap_its_contacts_in_one_request_in_any_order() {
    let (old, new) = (
        format!("<sip:1001@192.0.2.11:1>{BOX}"),
        format!("<sip:1001@192.0.2.11:2>{BOX}"),
    );
    for swap in [
        format!("{old};expires=0, {new}"),
        format!("{new}, {old};expires=0"),
    ] {
        let mut house = House::new();
        house.asks(from_port(5060), 1, &format!("Contact: {old}\r\n"));
        let answer = house.asks(from_port(5060), 2, &format!("Contact: {swap}\r\n"));
        assert_eq!(answer.contacts(), [format!("{new};expires=300")], "{swap}");
    }
}

#[test]
fn an_overtaken_register_changes_nothing() {
    let mut house = House::new();
    house.asks(from_port(5060), 5, DESK);
    let before = house.registrar.clone();
    for late in [4, 5] {
        let answer = house.asks(
            from_port(5060),
            late,
            "Contact: <sip:1001@192.0.2.11:5060>;expires=0\r\n",
        );
        assert_eq!(answer.status(), 500);
    }
    assert_eq!(house.registrar, before);
    let reborn = format!("Call-ID: reborn\r\nCSeq: 1 REGISTER\r\n{DESK}");
    assert_eq!(
        house.asks_as("1001", from_port(5060), &reborn).status(),
        200,
        "a new Call-ID counts anew"
    );
}

#[test]
fn nobody_registers_for_somebody_else() {
    let mut house = House::new();
    let answer = house.asks_as(
        "1002",
        from_port(5060),
        &format!("Call-ID: x\r\nCSeq: 1 REGISTER\r\n{DESK}"),
    );
    assert_eq!(answer.status(), 403);
    assert!(house.registrar.is_empty());
}

#[test]
fn one_contact_too_many_takes_the_place_of_the_oldest() {
    let mut house = House::new();
    house.asks(from_port(5060), 1, "Contact: <sip:1001@a>\r\n");
    house.asks(from_port(5060), 2, "Contact: <sip:1001@b>, <sip:1001@c>\r\n");
    house.asks(from_port(5060), 3, "Contact: <sip:1001@a>\r\n");
    let answer = house.asks(from_port(5060), 4, "Contact: <sip:1001@d>\r\n");
    let stayed = [
        "<sip:1001@c>;expires=300",
        "<sip:1001@a>;expires=300",
        "<sip:1001@d>;expires=300",
    ];
    assert_eq!((answer.status(), answer.contacts()), (200, stayed.to_vec()));
    assert_eq!(
        house.told[house.told.len() - 2],
        "1001 lost sip:1001@b over udp 192.0.2.11:5060: a newer one took its place (limits.max_contacts_per_extension)"
    );
    let swap = house.asks(
        from_port(5060),
        5,
        "Contact: <sip:1001@e>, <sip:1001@a>;expires=0\r\n",
    );
    assert_eq!((swap.status(), swap.contacts().len()), (200, 3));
}

/// Without an instance and with a new Call-ID and port after each restart, nothing says that it is the same phone.
#[test]
fn a_phone_that_restarts_again_and_again_displaces_itself_and_nobody_else() {
    let mut house = House::new();
    let elsewhere = Flow {
        remote: "198.51.100.7:5060".parse().unwrap(),
        ..from_port(5060)
    };
    house.asks(elsewhere, 1, "Contact: <sip:1001@198.51.100.7>\r\n");
    for port in 1_000..1_020 {
        let reborn =
            format!("Call-ID: life-{port}\r\nCSeq: 1 REGISTER\r\nContact: <sip:1001@192.0.2.11:{port}>\r\n");
        assert_eq!(house.asks_as("1001", from_port(port), &reborn).status(), 200);
    }
    let flows: Vec<Flow> = house.rings().into_iter().map(|(_, flow)| flow).collect();
    assert_eq!(flows, [elsewhere, from_port(1_018), from_port(1_019)]);
}

#[test]
fn more_contacts_at_once_than_there_is_room_for_are_refused() {
    let mut house = House::new();
    house.asks(from_port(5060), 1, DESK);
    let many = "Contact: <sip:1001@a>, <sip:1001@b>, <sip:1001@c>, <sip:1001@d>\r\n";
    assert_eq!(house.asks(from_port(5060), 2, many).status(), 403);
    assert_eq!(house.rings().len(), 1);
}

#[test]
fn a_closed_connection_takes_its_phones_along() {
    let mut house = House::new();
    house.asks(
        over_tcp(50_000),
        1,
        "Contact: <sip:1001@192.0.2.11;transport=tcp>\r\n",
    );
    house.asks(from_port(5060), 2, SOFT);
    assert_eq!(house.registrar.flow_closed(over_tcp(50_000)).len(), 1);
    assert!(house.registrar.flow_closed(from_port(5060)).is_empty());
    assert_eq!(
        house.rings(),
        [("sip:1001@192.0.2.11:6060".to_owned(), from_port(5060))]
    );
}

#[test]
fn a_mail_address_is_listed_but_never_rung() {
    let mut house = House::new();
    let answer = house.asks(from_port(5060), 1, "Contact: <mailto:anna@house.example>\r\n");
    assert_eq!((answer.status(), answer.contacts().len()), (200, 1));
    assert!(house.rings().is_empty());
}

#[test]
fn who_wants_to_be_called_over_tls_registers_over_tls() {
    let over_tls = Flow {
        transport: Transport::Tls,
        ..from_port(5061)
    };
    for contact in ["<sips:1001@192.0.2.11>", "<sip:1001@192.0.2.11;transport=TLS>"] {
        let mut house = House::new();
        let fields = format!("Contact: {contact}\r\n");
        assert_eq!(house.asks(from_port(5060), 1, &fields).status(), 403, "{contact}");
        assert_eq!(house.asks(over_tcp(5060), 2, &fields).status(), 403, "{contact}");
        assert_eq!(house.asks(over_tls, 3, &fields).status(), 200, "{contact}");
    }
    let mut house = House::new();
    let behind_an_edge = "Contact: <sip:1001@10.0.0.9;transport=tls>\r\nPath: <sip:edge1;lr>\r\n";
    assert_eq!(house.asks(from_port(5060), 1, behind_an_edge).status(), 200);
}

#[test]
fn the_path_is_kept_and_given_back() {
    let mut house = House::new();
    let answer = house.asks(
        from_port(5060),
        1,
        &format!("{DESK}Supported: path\r\nPath: <sip:edge1;lr>, <sip:edge2;lr>\r\n"),
    );
    assert_eq!(
        answer.0.list(Name::PATH).collect::<Vec<_>>(),
        ["<sip:edge1;lr>", "<sip:edge2;lr>"]
    );
    let binding = house.registrar.contacts("1001", START).next().unwrap();
    assert_eq!(binding.path, ["<sip:edge1;lr>", "<sip:edge2;lr>"]);
}

#[test]
fn a_registrar_survives_being_written_down() {
    let mut house = House::new();
    house.asks(
        from_port(5060),
        1,
        &format!("Contact: <sip:1001@192.0.2.11>{BOX}\r\n"),
    );
    let text = serde_json::to_string(&house.registrar).unwrap();
    assert_eq!(serde_json::from_str::<Registrar>(&text).unwrap(), house.registrar);
}

#[path = "outbound_tests.rs"]
mod outbound;
