//! Why a call is sent on, as carriers are told: in the words of Diversion (RFC 5806 §4) and in the cause parameter of a
//! URI (RFC 4458 §2), which History-Info has as well (RFC 7044 §10.2, RFC 7544 §6).

use super::reason::Cause;
use crate::sip::{Address, Message, Name};
use serde::{Deserialize, Serialize};

/// Why a call is sent on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Diversion {
    /// It was to be: an agent has handed it on, or a phone sends on whatever comes.
    #[default]
    Unconditional,
    /// The phone is busy.
    Busy,
    /// Nobody has answered the phone.
    NoAnswer,
    /// The phone is not to be disturbed, or out of reach.
    Unavailable,
    /// Whoever sits at the phone wants it so, and has not let it ring.
    DeflectedAtOnce,
    /// Whoever sits at the phone wants it so, and has heard it ring.
    DeflectedWhileRinging,
}

impl Diversion {
    /// Why a phone sends its caller on to this contact of its 3xx. The phone knows best, and may say so in one of three
    /// fields; of one that says nothing we know whether it has rung. What it says is only ever a choice among these: no
    /// word of its own gets any further.
    pub fn by_phone(moved: &Message, contact: &Address, has_rung: bool) -> Diversion {
        let diversion = moved.list(Name::DIVERSION).find_map(Address::parse);
        let in_diversion =
            diversion.and_then(|diversion| Diversion::of_word(diversion.param("reason")?, has_rung));
        let in_contact = || Diversion::of_status(contact.uri.param("cause")?.parse().ok()?);
        let in_reason = || Diversion::of_cause(Cause::said_in(moved)?);
        let said = in_diversion.or_else(in_contact).or_else(in_reason);
        said.unwrap_or(match has_rung {
            true => Diversion::DeflectedWhileRinging,
            false => Diversion::Unconditional,
        })
    }

    /// The `reason` of Diversion.
    pub fn word(self) -> &'static str {
        match self {
            Diversion::Unconditional => "unconditional",
            Diversion::Busy => "user-busy",
            Diversion::NoAnswer => "no-answer",
            Diversion::Unavailable => "unavailable",
            Diversion::DeflectedAtOnce | Diversion::DeflectedWhileRinging => "deflection",
        }
    }

    /// The `cause` of the URI to which the call goes.
    pub fn cause(self) -> u16 {
        match self {
            Diversion::Unconditional => 302,
            Diversion::Busy => 486,
            Diversion::NoAnswer => 408,
            Diversion::Unavailable => 503,
            Diversion::DeflectedAtOnce => 480,
            Diversion::DeflectedWhileRinging => 487,
        }
    }

    fn of_word(word: &str, has_rung: bool) -> Option<Diversion> {
        match word.to_ascii_lowercase().as_str() {
            "unconditional" | "follow-me" | "time-of-day" => Some(Diversion::Unconditional),
            "user-busy" => Some(Diversion::Busy),
            "no-answer" => Some(Diversion::NoAnswer),
            "unavailable" | "do-not-disturb" | "out-of-service" | "away" => Some(Diversion::Unavailable),
            "deflection" if has_rung => Some(Diversion::DeflectedWhileRinging),
            "deflection" => Some(Diversion::DeflectedAtOnce),
            _ => None,
        }
    }

    fn of_status(status: u16) -> Option<Diversion> {
        match status {
            302 => Some(Diversion::Unconditional),
            486 | 600 => Some(Diversion::Busy),
            408 => Some(Diversion::NoAnswer),
            503 => Some(Diversion::Unavailable),
            480 => Some(Diversion::DeflectedAtOnce),
            487 => Some(Diversion::DeflectedWhileRinging),
            _ => None,
        }
    }

    fn of_cause(cause: Cause) -> Option<Diversion> {
        match cause {
            Cause::Sip(status) => Diversion::of_status(status),
            Cause::Q850(17) => Some(Diversion::Busy),
            Cause::Q850(18 | 19) => Some(Diversion::NoAnswer),
            Cause::Q850(20) => Some(Diversion::Unavailable),
            Cause::Q850(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::MessageLimits;

    fn sent_on(fields: &str, contact: &str, has_rung: bool) -> Diversion {
        let text = format!(
            "SIP/2.0 302 Moved Temporarily\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKb\r\nFrom: <sip:1002@a>;tag=f\r\n\
             To: <sip:1001@a>;tag=t\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n{fields}Content-Length: 0\r\n\r\n"
        );
        let limits = MessageLimits {
            message_bytes: 65_535,
            header_fields: 100,
        };
        let moved = Message::parse(text.into(), &limits).unwrap();
        Diversion::by_phone(&moved, &Address::parse(contact).unwrap(), has_rung)
    }

    #[test]
    fn a_phone_says_why_in_one_of_three_fields() {
        let plain = "<sip:1003@tandem.example>";
        for (fields, contact, why) in [
            (
                "Diversion: <sip:1001@a>;reason=user-busy\r\n",
                plain,
                Diversion::Busy,
            ),
            (
                "Diversion: <sip:1001@a>;reason=\"No-Answer\"\r\n",
                plain,
                Diversion::NoAnswer,
            ),
            (
                "Diversion: <sip:1001@a>;reason=do-not-disturb\r\n",
                plain,
                Diversion::Unavailable,
            ),
            (
                "Diversion: <sip:1001@a>;reason=deflection\r\n",
                plain,
                Diversion::DeflectedWhileRinging,
            ),
            ("", "<sip:1003@tandem.example;cause=408>", Diversion::NoAnswer),
            (
                "",
                "<sip:1003@tandem.example;cause=302>",
                Diversion::Unconditional,
            ),
            ("Reason: SIP;cause=486\r\n", plain, Diversion::Busy),
            ("Reason: Q.850;cause=19\r\n", plain, Diversion::NoAnswer),
        ] {
            assert_eq!(sent_on(fields, contact, true), why, "{fields}{contact}");
        }
    }

    #[test]
    fn of_a_phone_that_does_not_say_why_it_counts_whether_it_has_rung() {
        for fields in [
            "",
            "Diversion: <sip:1001@a>;reason=mood\r\n",
            "Reason: SIP;cause=699\r\n",
        ] {
            let why = |has_rung| sent_on(fields, "<sip:1003@tandem.example;cause=1>", has_rung);
            assert_eq!(why(false), Diversion::Unconditional);
            assert_eq!(why(true), Diversion::DeflectedWhileRinging);
        }
    }

    #[test]
    fn words_and_causes_are_read_as_they_are_written() {
        for why in [
            Diversion::Unconditional,
            Diversion::Busy,
            Diversion::NoAnswer,
            Diversion::Unavailable,
            Diversion::DeflectedAtOnce,
            Diversion::DeflectedWhileRinging,
        ] {
            assert_eq!(Diversion::of_status(why.cause()), Some(why));
            let read = Diversion::of_word(why.word(), false);
            assert_eq!(read.map(Diversion::word), Some(why.word()));
        }
    }
}
