//! Flows that phones keep open (RFC 5626).

use super::*;

/// One flow of the device BOX.
fn flow_of_box(id: u8) -> String {
    format!("Contact: <sip:1001@192.0.2.11>{BOX};reg-id={id}\r\nSupported: path, outbound\r\n")
}

fn required(answer: &Answer) -> Option<&str> {
    answer.0.text(Name::REQUIRE)
}

#[test]
fn the_flows_of_one_device_stay_apart_and_one_of_them_rings() {
    let mut house = House::new();
    let first = house.asks(over_tcp(1111), 1, &flow_of_box(1));
    assert_eq!(required(&first), Some("outbound"));
    let second = house.asks(over_tcp(2222), 2, &flow_of_box(2));
    assert_eq!(second.contacts().len(), 2);
    house.asks(over_tcp(3333), 3, &flow_of_box(1));
    let flows: Vec<Flow> = house.rings().into_iter().map(|(_, flow)| flow).collect();
    assert_eq!(flows, [over_tcp(2222), over_tcp(3333)]);

    let rung = |house: &House| {
        let contacts = house.registrar.to_ring("1001", house.now);
        contacts.iter().map(|binding| binding.flow).collect::<Vec<_>>()
    };
    assert_eq!(rung(&house), [over_tcp(3333)], "the one that was refreshed last");
    house.registrar.flow_closed(over_tcp(3333));
    assert_eq!(rung(&house), [over_tcp(2222)], "the other one when that is gone");
}

#[test]
fn it_is_promised_only_where_it_holds() {
    let plain = format!("Contact: <sip:1001@192.0.2.11>{BOX};reg-id=1\r\n");
    let nameless = "Contact: <sip:1001@192.0.2.11>;reg-id=1\r\nSupported: outbound\r\n";
    for (flow, fields) in [
        (from_port(5060), flow_of_box(1).as_str()),
        (over_tcp(5060), &plain),
        (over_tcp(5060), nameless),
    ] {
        let answer = House::new().asks(flow, 1, fields);
        assert_eq!((answer.status(), required(&answer)), (200, None), "{fields}");
    }
}

#[test]
fn where_it_does_not_hold_a_device_has_one_contact() {
    let mut house = House::new();
    house.asks(from_port(1111), 1, &flow_of_box(1));
    house.asks(from_port(2222), 2, &flow_of_box(2));
    assert_eq!(house.rings().len(), 1);
    house.asks(over_tcp(3333), 3, &flow_of_box(1));
    assert_eq!(house.rings().len(), 1, "it has learnt to number its flows");
}

#[test]
fn who_insists_on_it_where_it_does_not_hold_is_told_so() {
    let mut house = House::new();
    let insists = flow_of_box(1) + "Require: outbound\r\n";
    let answer = house.asks(from_port(5060), 1, &insists);
    assert_eq!(
        (answer.status(), answer.0.text(Name::UNSUPPORTED)),
        (420, Some("outbound"))
    );
    assert_eq!(house.asks(over_tcp(5060), 2, &insists).status(), 200);
}

#[test]
fn a_proxy_in_between_must_keep_the_flow() {
    let behind = |path: &str| {
        let edge = "Via: SIP/2.0/UDP 192.0.2.12;branch=z9hG4bKphone\r\n";
        House::new().asks(from_port(5060), 1, &format!("{edge}{path}{}", flow_of_box(1)))
    };
    assert_eq!(behind("").status(), 439);
    assert_eq!(behind("Path: <sip:edge1;lr>\r\n").status(), 439);
    let kept = behind("Path: <sip:edge2;lr>, <sip:token@edge1;lr;ob>\r\n");
    assert_eq!((kept.status(), required(&kept)), (200, Some("outbound")));
}

#[test]
fn a_register_makes_one_flow_at_most() {
    let two =
        format!("Contact: <sip:1001@a>{BOX};reg-id=1, <sip:1001@b>{BOX};reg-id=2\r\nSupported: outbound\r\n");
    assert_eq!(House::new().asks(over_tcp(1), 1, &two).status(), 400);
    let swap = format!(
        "Contact: <sip:1001@a>{BOX};reg-id=1, <sip:1001@b>{BOX};reg-id=2;expires=0\r\nSupported: outbound\r\n"
    );
    assert_eq!(House::new().asks(over_tcp(1), 1, &swap).status(), 200);
}
