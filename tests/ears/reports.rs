//! RTCP, and what is told when a port closes.

use crate::room::{Room, people};
use rtc_rtcp::goodbye::Goodbye;
use rtc_rtcp::packet::{Packet, marshal, unmarshal};
use rtc_rtcp::receiver_report::ReceiverReport;
use rtc_rtcp::reception_report::ReceptionReport;
use rtc_rtcp::sender_report::SenderReport;
use tandem::id::LegId;
use tandem::wiring::{Counters, MediaHappening};

fn reports_to(room: &Room, leg: LegId) -> Vec<Vec<Box<dyn Packet>>> {
    let to_leg = room.out.rtcp.iter().filter(|(to, ..)| *to == leg);
    to_leg
        .map(|(_, _, packet)| unmarshal(&mut packet.as_slice()).unwrap())
        .collect()
}

#[test]
fn each_far_end_is_told_about_every_five_seconds_what_arrived_and_what_was_sent() {
    let mut room = Room::new();
    let [mut customer, mut agent, _] = people();
    room.wire(
        &[customer.row(&[agent.voice()]), agent.row(&[customer.voice()])],
        None,
    );
    room.speak(
        &mut customer,
        60_000,
        |n| if n % 10 == 5 { vec![] } else { vec![0] },
    );
    room.speak(&mut agent, 60_000, |_| vec![0]);
    room.pass(60_000);
    let reports = reports_to(&room, customer.leg);
    assert!(
        (9..=16).contains(&reports.len()),
        "{} reports in a minute",
        reports.len()
    );
    let last = reports.last().unwrap()[0]
        .as_any()
        .downcast_ref::<SenderReport>()
        .unwrap()
        .clone();
    assert_eq!(last.ssrc, 0xA001);
    assert!((2_500..=3_000).contains(&last.packet_count));
    assert_eq!(last.octet_count, last.packet_count * 160);
    assert_eq!(last.reports[0].ssrc, customer.ssrc);
    assert!(
        (22..=29).contains(&last.reports[0].fraction_lost),
        "a tenth was lost"
    );
    assert!(room.out.rtcp.iter().all(|(_, to, _)| to.port() == 4_001));
}

#[test]
fn a_port_that_closes_says_goodbye_and_tells_what_went_over_it() {
    let mut room = Room::new();
    let [mut customer, agent, _] = people();
    room.wire(
        &[customer.row(&[agent.voice()]), agent.row(&[customer.voice()])],
        None,
    );
    room.speak(&mut customer, 2_000, |n| if n == 50 { vec![] } else { vec![0] });
    room.pass(2_000);
    let heard = ReceptionReport {
        ssrc: 0xA001,
        fraction_lost: 13,
        ..ReceptionReport::default()
    };
    let report = ReceiverReport {
        ssrc: customer.ssrc,
        reports: vec![heard],
        ..ReceiverReport::default()
    };
    let report = marshal(&[Box::new(report)]).unwrap();
    room.engine.rtcp(
        room.now,
        customer.leg,
        customer.remote.rtcp,
        &report,
        &mut room.out,
    );
    room.wire(&[], None);
    let farewell = reports_to(&room, customer.leg).pop().unwrap();
    let goodbye = farewell
        .last()
        .unwrap()
        .as_any()
        .downcast_ref::<Goodbye>()
        .unwrap();
    assert_eq!(goodbye.sources, [0xA001]);
    let expected = Counters {
        received: 99,
        sent: 0,
        lost: 1,
        remote_loss: 13,
        ..Counters::default()
    };
    assert_eq!(
        room.happenings(&customer).last(),
        Some(&&MediaHappening::Closed(expected))
    );
    assert!(room.engine.deadline().is_none(), "nothing is left to do");
}

#[test]
fn reports_of_strangers_are_not_read() {
    let mut room = Room::new();
    let [customer, ..] = people();
    room.wire(&[customer.row(&[])], None);
    let heard = ReceptionReport {
        ssrc: 0xA001,
        fraction_lost: 255,
        ..ReceptionReport::default()
    };
    let report = ReceiverReport {
        ssrc: 1,
        reports: vec![heard],
        ..ReceiverReport::default()
    };
    let report = marshal(&[Box::new(report)]).unwrap();
    let stranger = "203.0.113.66:9".parse().unwrap();
    room.engine
        .rtcp(room.now, customer.leg, stranger, &report, &mut room.out);
    room.wire(&[], None);
    assert_eq!(
        room.happenings(&customer).last(),
        Some(&&MediaHappening::Closed(Counters::default()))
    );
    assert!(room.out.rtcp.iter().all(|(_, to, _)| *to != stranger));
}

#[test]
fn whoever_multiplexes_reports_onto_the_rtp_port_is_understood() {
    let mut room = Room::new();
    let [customer, ..] = people();
    room.wire(&[customer.row(&[])], None);
    let heard = ReceptionReport {
        ssrc: 0xA001,
        fraction_lost: 7,
        ..ReceptionReport::default()
    };
    let report = ReceiverReport {
        ssrc: customer.ssrc,
        reports: vec![heard],
        ..ReceiverReport::default()
    };
    room.arrive(
        customer.leg,
        customer.from,
        &marshal(&[Box::new(report)]).unwrap(),
    );
    room.wire(&[], None);
    let expected = Counters {
        remote_loss: 7,
        ..Counters::default()
    };
    assert_eq!(
        room.happenings(&customer).last(),
        Some(&&MediaHappening::Closed(expected))
    );
}
