//! RTCP (RFC 3550 §6): we tell each far end what arrived, and read what it says about us.

use crate::media::outgoing::{Outgoing, scatter};
use crate::media::source::Reception;
use crate::time::Time;
use bytes::{Bytes, BytesMut};
use rtc_rtcp::goodbye::Goodbye;
use rtc_rtcp::packet::{Packet, marshal, unmarshal};
use rtc_rtcp::receiver_report::ReceiverReport;
use rtc_rtcp::reception_report::ReceptionReport;
use rtc_rtcp::sender_report::SenderReport;
use rtc_rtcp::source_description::{
    SdesType, SourceDescription, SourceDescriptionChunk, SourceDescriptionItem,
};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::Duration;

/// The mean time between two reports; each is moved by up to half of it, so that ports do not report in
/// step (RFC 3550 §6.2, §6.3.1).
const INTERVAL_MS: u64 = 5_000;
/// RTCP longer than a frame, or shorter than a report without blocks, is not RTCP.
const PACKET_BYTES: std::ops::RangeInclusive<usize> = 8..=1_500;
/// The cumulative loss is a signed number of 24 bits on the wire.
const MAX_LOST: u32 = 0x7F_FFFF;
/// NTP counts from 1900.
const NTP_EPOCH_SECONDS: u64 = 2_208_988_800;

/// The RTCP side of one port.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Reports {
    /// When the next report is due.
    pub(super) due: Time,
    sent: u64,
    /// Our packet count at the last report: who has sent nothing since is a receiver (RFC 3550 §6.4).
    packets: u64,
    /// The far end's last sender report.
    heard: Option<HeardReport>,
    /// Where the far end's RTCP comes from.
    pub(super) source: Option<SocketAddr>,
    /// Share of our packets that the far end lost lately, in 1/256.
    pub(super) remote_loss: u8,
    /// How long to the far end and back, in microseconds.
    pub(super) round_trip_us: Option<u32>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct HeardReport {
    ssrc: u32,
    compact_ntp: u32,
    at: Time,
}

impl Reports {
    /// The first report comes after half an interval (RFC 3550 §6.2).
    pub(super) fn new(now: Time, ssrc: u32) -> Reports {
        Reports {
            due: now + interval(ssrc, 0) / 2,
            sent: 0,
            packets: 0,
            heard: None,
            source: None,
            remote_loss: 0,
            round_trip_us: None,
        }
    }

    /// The report that is due, and the time of the next.
    pub(super) fn next(
        &mut self,
        now: Time,
        outgoing: &Outgoing,
        reception: Option<Reception>,
    ) -> Option<BytesMut> {
        self.sent += 1;
        self.due = now + interval(outgoing.ssrc, self.sent);
        let report = self.report(now, outgoing, reception);
        self.packets = outgoing.packets;
        marshal(&[report, description(outgoing.ssrc)]).ok()
    }

    /// The last words on a port (RFC 3550 §6.6).
    pub(super) fn farewell(
        &self,
        now: Time,
        outgoing: &Outgoing,
        reception: Option<Reception>,
    ) -> Option<BytesMut> {
        let report = self.report(now, outgoing, reception);
        // The reason fills the packet to a whole word, so that it needs no padding.
        let goodbye = Goodbye {
            sources: vec![outgoing.ssrc],
            reason: Bytes::from_static(b"bye"),
        };
        marshal(&[report, description(outgoing.ssrc), Box::new(goodbye)]).ok()
    }

    /// Reads what the far end says; junk is passed over.
    pub(super) fn read(&mut self, now: Time, our_ssrc: u32, mut packet: &[u8]) {
        if !PACKET_BYTES.contains(&packet.len()) {
            return;
        }
        for part in unmarshal(&mut packet).unwrap_or_default() {
            if let Some(report) = part.as_any().downcast_ref::<SenderReport>() {
                let compact_ntp = (report.ntp_time >> 16) as u32;
                self.heard = Some(HeardReport {
                    ssrc: report.ssrc,
                    compact_ntp,
                    at: now,
                });
                self.learn(now, our_ssrc, &report.reports);
            } else if let Some(report) = part.as_any().downcast_ref::<ReceiverReport>() {
                self.learn(now, our_ssrc, &report.reports);
            }
        }
    }

    fn learn(&mut self, now: Time, our_ssrc: u32, reports: &[ReceptionReport]) {
        let Some(report) = reports.iter().find(|report| report.ssrc == our_ssrc) else {
            return;
        };
        self.remote_loss = report.fraction_lost;
        if report.last_sender_report != 0 {
            let passed = compact_ntp(now).wrapping_sub(report.last_sender_report);
            // A clock that was set meanwhile can make the trip seem to end before it began.
            if let Some(trip) = passed.checked_sub(report.delay).filter(|trip| *trip < 1 << 31) {
                let micros = (u64::from(trip) * 1_000_000) >> 16;
                self.round_trip_us = u32::try_from(micros).ok();
            }
        }
    }

    fn report(&self, now: Time, outgoing: &Outgoing, reception: Option<Reception>) -> Box<dyn Packet> {
        let reports = reception
            .map(|reception| self.block(now, reception))
            .into_iter()
            .collect();
        let (ssrc, profile_extensions) = (outgoing.ssrc, Bytes::new());
        match outgoing.clock(now).filter(|_| outgoing.packets > self.packets) {
            Some(rtp_time) => Box::new(SenderReport {
                ssrc,
                ntp_time: ntp(now),
                rtp_time,
                packet_count: outgoing.packets as u32,
                octet_count: outgoing.octets as u32,
                reports,
                profile_extensions,
            }),
            None => Box::new(ReceiverReport {
                ssrc,
                reports,
                profile_extensions,
            }),
        }
    }

    fn block(&self, now: Time, reception: Reception) -> ReceptionReport {
        let heard = self.heard.filter(|heard| heard.ssrc == reception.ssrc);
        ReceptionReport {
            ssrc: reception.ssrc,
            fraction_lost: reception.fraction_lost,
            total_lost: reception.lost.min(MAX_LOST),
            last_sequence_number: reception.highest,
            jitter: reception.jitter,
            last_sender_report: heard.map_or(0, |heard| heard.compact_ntp),
            delay: heard.map_or(0, |heard| {
                (now.since(heard.at).as_micros() * 65_536 / 1_000_000) as u32
            }),
        }
    }
}

/// Our canonical name: random but stable for as long as the synchronisation source (RFC 7022 §4.2). Its
/// length fills the chunk to a whole word: the library would pad with a count where RFC 3550 §6.5 wants
/// null octets.
fn description(ssrc: u32) -> Box<dyn Packet> {
    let name = format!("{:010x}@tandem", scatter(u64::from(ssrc)) >> 24);
    let item = SourceDescriptionItem {
        sdes_type: SdesType::SdesCname,
        text: Bytes::from(name),
    };
    Box::new(SourceDescription {
        chunks: vec![SourceDescriptionChunk {
            source: ssrc,
            items: vec![item],
        }],
    })
}

fn interval(ssrc: u32, number: u64) -> Duration {
    let moved = scatter(u64::from(ssrc) << 32 | number & 0xFFFF_FFFF) % INTERVAL_MS;
    Duration::from_millis(INTERVAL_MS / 2 + moved)
}

fn ntp(at: Time) -> u64 {
    let fraction = ((at.as_micros() % 1_000_000) << 32) / 1_000_000;
    (at.as_secs().wrapping_add(NTP_EPOCH_SECONDS) << 32) | fraction
}

/// The middle 32 bits of an NTP time, in 1/65536 s.
fn compact_ntp(at: Time) -> u32 {
    (ntp(at) >> 16) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::outgoing::Feed;
    use crate::media::tone::Tone;

    fn at(ms: u64) -> Time {
        Time::from_micros(1_700_000_000_000_000) + Duration::from_millis(ms)
    }

    fn speaking() -> Outgoing {
        let mut outgoing = Outgoing::new(0xABCD);
        outgoing.place(at(0), Feed::Tone(Tone::Music), 0, 0, 160).unwrap();
        outgoing.count(160);
        outgoing
    }

    fn parts(bytes: Option<BytesMut>) -> Vec<Box<dyn Packet>> {
        unmarshal(&mut bytes.unwrap().freeze()).unwrap()
    }

    const RECEPTION: Reception = Reception {
        ssrc: 0x99,
        fraction_lost: 12,
        lost: u32::MAX,
        highest: 70_000,
        jitter: 5,
    };

    #[test]
    fn who_has_sent_reports_as_a_sender_and_who_has_not_as_a_receiver() {
        let (mut reports, outgoing) = (Reports::new(at(0), 0xABCD), speaking());
        let first = parts(reports.next(at(3_000), &outgoing, Some(RECEPTION)));
        let sender = first[0].as_any().downcast_ref::<SenderReport>().unwrap();
        assert_eq!((sender.packet_count, sender.octet_count), (1, 160));
        assert_eq!(
            sender.rtp_time,
            outgoing.clock(at(0)).unwrap().wrapping_add(24_000)
        );
        assert_eq!(
            (sender.reports[0].ssrc, sender.reports[0].total_lost),
            (0x99, MAX_LOST)
        );
        let second = parts(reports.next(at(8_000), &outgoing, None));
        assert!(second[0].as_any().is::<ReceiverReport>());
        assert!(second[1].as_any().is::<SourceDescription>());
    }

    #[test]
    fn a_name_is_ended_by_null_octets_and_a_farewell_needs_no_padding() {
        let (mut reports, outgoing) = (Reports::new(at(0), 0xABCD), speaking());
        let bytes = reports.next(at(0), &outgoing, None).unwrap();
        assert_eq!((bytes.len() % 4, bytes.last()), (0, Some(&0)));
        assert!(bytes.windows(7).any(|part| part == b"@tandem"));
        let farewell = reports.farewell(at(0), &outgoing, None).unwrap();
        assert!(farewell.ends_with(&[0x81, 203, 0, 2, 0, 0, 0xAB, 0xCD, 3, b'b', b'y', b'e']));
    }

    #[test]
    fn the_far_end_tells_loss_and_round_trip() {
        let mut reports = Reports::new(at(0), 0xABCD);
        let block = ReceptionReport {
            ssrc: 0xABCD,
            fraction_lost: 64,
            last_sender_report: compact_ntp(at(0)),
            delay: 65_536,
            ..ReceptionReport::default()
        };
        let report = ReceiverReport {
            ssrc: 0x99,
            reports: vec![block],
            profile_extensions: Bytes::new(),
        };
        reports.read(at(1_080), 0xABCD, &marshal(&[Box::new(report)]).unwrap());
        assert_eq!(reports.remote_loss, 64);
        let trip = reports.round_trip_us.unwrap();
        assert!((79_900..=80_100).contains(&trip), "{trip} µs");
    }

    #[test]
    fn a_sender_report_is_echoed_with_the_time_it_waited() {
        let (mut reports, outgoing) = (Reports::new(at(0), 0xABCD), speaking());
        let sender = SenderReport {
            ssrc: 0x99,
            ntp_time: 0x0123_4567_89AB_CDEF,
            ..SenderReport::default()
        };
        reports.read(at(0), 0xABCD, &marshal(&[Box::new(sender)]).unwrap());
        let ours = parts(reports.next(at(500), &outgoing, Some(RECEPTION)));
        let block = &ours[0].as_any().downcast_ref::<SenderReport>().unwrap().reports[0];
        assert_eq!((block.last_sender_report, block.delay), (0x4567_89AB, 32_768));
    }

    #[test]
    fn junk_is_passed_over() {
        let mut reports = Reports::new(at(0), 1);
        let valid = marshal(&[description(5)]).unwrap();
        for length in 0..valid.len() {
            reports.read(at(0), 1, &valid[..length]);
        }
        reports.read(at(0), 1, &[0x9F; 1_500]);
        reports.read(at(0), 1, &[0xBF, 200, 0, 1, 0, 0, 0, 1]);
        assert_eq!((reports.remote_loss, reports.round_trip_us), (0, None));
    }

    #[test]
    fn reports_come_every_five_seconds_or_so_but_not_in_step() {
        let spans: Vec<u64> = (0..100).map(|n| interval(n, 3).as_millis() as u64).collect();
        assert!(spans.iter().all(|span| (2_500..7_500).contains(span)));
        assert!((4_000..6_000).contains(&(spans.iter().sum::<u64>() / 100)));
    }
}
