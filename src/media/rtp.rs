//! RTP packets (RFC 3550 §5.1), read and rewritten where they lie.

use std::ops::Range;

/// The fixed header without contributing sources or extension.
pub(super) const HEADER_BYTES: usize = 12;
/// The largest payload we carry: what an Ethernet frame could bring.
pub(super) const MAX_PAYLOAD_BYTES: usize = 1_500;

const VERSION: u8 = 2;
const PADDING: u8 = 0x20;
const EXTENSION: u8 = 0x10;
const MARKER: u8 = 0x80;

/// What the fixed header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The beginning of a talkspurt (RFC 3551 §4.1) or of an event (RFC 4733 §2.3).
    pub(super) marker: bool,
    /// Which of the agreed codecs.
    pub(super) payload_type: u8,
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
    pub(super) ssrc: u32,
}

/// Reads a packet: its header and where its payload lies, padding excluded. `None` if it is not RTP, or
/// RTP that carries nothing, or more than we carry.
pub(super) fn parse(packet: &[u8]) -> Option<(Header, Range<usize>)> {
    let fixed = packet.first_chunk::<HEADER_BYTES>()?;
    let [first, second, s0, s1, t0, t1, t2, t3, x0, x1, x2, x3] = *fixed;
    if first >> 6 != VERSION || is_rtcp(packet) {
        return None;
    }
    let payload = payload(packet, first)?;
    let header = Header {
        marker: second & MARKER != 0,
        payload_type: second & !MARKER,
        sequence: u16::from_be_bytes([s0, s1]),
        timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
        ssrc: u32::from_be_bytes([x0, x1, x2, x3]),
    };
    Some((header, payload))
}

/// RTCP that came to the RTP port: its packet types stand where RTP has payload types 64 to 95, which
/// nobody uses for that reason (RFC 5761 §4).
pub(super) fn is_rtcp(packet: &[u8]) -> bool {
    matches!(packet, [first, 192..=223, ..] if first >> 6 == VERSION)
}

/// Writes a plain header right before the payload, over whatever stood there, and returns the packet
/// that results. Contributing sources, extensions and padding of the old one are left behind: they were
/// agreed with somebody else, or with nobody.
pub(super) fn rewrite<'a>(packet: &'a mut [u8], payload: &Range<usize>, header: &Header) -> &'a [u8] {
    let start = payload.start.saturating_sub(HEADER_BYTES);
    let rewritten = &mut packet[start..payload.end];
    if let Some(fixed) = rewritten.first_chunk_mut() {
        *fixed = header.to_bytes();
    }
    rewritten
}

impl Header {
    fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let [s0, s1] = self.sequence.to_be_bytes();
        let [t0, t1, t2, t3] = self.timestamp.to_be_bytes();
        let [x0, x1, x2, x3] = self.ssrc.to_be_bytes();
        let second = if self.marker {
            self.payload_type | MARKER
        } else {
            self.payload_type
        };
        [VERSION << 6, second, s0, s1, t0, t1, t2, t3, x0, x1, x2, x3]
    }
}

fn payload(packet: &[u8], first: u8) -> Option<Range<usize>> {
    let mut start = HEADER_BYTES + 4 * usize::from(first & 0x0F);
    if first & EXTENSION != 0 {
        let length = packet.get(start + 2..start + 4)?;
        start += 4 + 4 * usize::from(u16::from_be_bytes([length[0], length[1]]));
    }
    let padding = match first & PADDING {
        0 => 0,
        _ => usize::from(*packet.last()?).max(1),
    };
    let end = packet.len().checked_sub(padding)?;
    (start < end && end - start <= MAX_PAYLOAD_BYTES).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header {
        marker: true,
        payload_type: 8,
        sequence: 0xFFFE,
        timestamp: 0x8000_0001,
        ssrc: 0xCAFE_F00D,
    };

    fn packet(first: u8, tail: &[u8]) -> Vec<u8> {
        let mut bytes = HEADER.to_bytes().to_vec();
        bytes[0] = first;
        bytes.extend_from_slice(tail);
        bytes
    }

    #[test]
    fn a_plain_packet_is_read_and_written_alike() {
        let mut bytes = packet(0x80, b"speech");
        let (header, payload) = parse(&bytes).unwrap();
        assert_eq!((header, payload.clone()), (HEADER, 12..18));
        let before = bytes.clone();
        assert_eq!(rewrite(&mut bytes, &payload, &HEADER), before);
    }

    #[test]
    fn contributing_sources_extension_and_padding_are_left_behind() {
        let mut tail = vec![0; 8]; // two contributing sources
        tail.extend_from_slice(&[0xBE, 0xDE, 0, 1, 9, 9, 9, 9]); // an extension of one word
        tail.extend_from_slice(b"speech");
        tail.extend_from_slice(&[0, 0, 3]);
        let mut bytes = packet(0x80 | PADDING | EXTENSION | 2, &tail);
        let (header, payload) = parse(&bytes).unwrap();
        assert_eq!(rewrite(&mut bytes, &payload, &header), packet(0x80, b"speech"));
    }

    #[test]
    fn what_is_not_rtp_is_refused() {
        assert_eq!(parse(&[]), None);
        assert_eq!(parse(&packet(0x80, b"x")[..11]), None, "too short for a header");
        assert_eq!(parse(&packet(0x80, b"")), None, "no payload");
        assert_eq!(parse(&packet(0x40, b"x")), None, "version 1");
        assert_eq!(parse(&packet(0x00, b"x")), None, "STUN starts with two zero bits");
        assert_eq!(parse(&packet(22, &[0xFE; 30])), None, "a DTLS handshake");
        assert_eq!(
            parse(&packet(0x8F, b"x")),
            None,
            "contributing sources beyond the end"
        );
        assert_eq!(
            parse(&packet(0x90, &[0, 0, 0xFF, 0xFF, 1])),
            None,
            "an extension beyond the end"
        );
        assert_eq!(parse(&packet(0x90, &[0, 0])), None, "half an extension");
        assert_eq!(parse(&packet(0xA0, &[1, 200])), None, "more padding than packet");
        assert_eq!(parse(&packet(0xA0, &[1])), None, "nothing but padding");
        assert_eq!(
            parse(&packet(0x80, &[0; 1501])),
            None,
            "more than a frame can bring"
        );
        assert!(parse(&packet(0x80, &[0; 1500])).is_some());
    }

    #[test]
    fn rtcp_on_the_rtp_port_is_told_apart() {
        let mut report = packet(0x81, &[0; 20]);
        report[1] = 200;
        assert!(is_rtcp(&report));
        assert_eq!(parse(&report), None);
    }
}
