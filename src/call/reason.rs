//! Why a call ends, as one side says it and the other is told (RFC 3326). Only numbers pass: a text may hold
//! names of the other network.

use crate::sip::{Message, Name};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The reason of a CANCEL, a BYE or a refusal, as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// A cause of the telephone network (ITU-T Q.850).
    Q850(u8),
    /// A status of SIP.
    Sip(u16),
}

impl Cause {
    /// Somebody has hung up.
    pub const CLEARING: Cause = Cause::Q850(16);
    /// Another phone was faster.
    pub const ELSEWHERE: Cause = Cause::Sip(200);

    /// What the Reason of this message says; none if it says nothing that passes. A telephone network has the
    /// last word.
    pub fn said_in(message: &Message) -> Option<Cause> {
        let causes: Vec<Cause> = message.list(Name::REASON).filter_map(Cause::parse).collect();
        let of_network = causes.iter().find(|cause| matches!(cause, Cause::Q850(_)));
        of_network.or(causes.first()).copied()
    }

    fn parse(reason: &str) -> Option<Cause> {
        let mut params = reason.split(';').map(str::trim);
        let protocol = params.next()?;
        let number = params.find_map(|param| param.strip_prefix("cause="))?.trim();
        match protocol.to_ascii_uppercase().as_str() {
            "Q.850" => number.parse().ok().filter(|cause| *cause < 128).map(Cause::Q850),
            "SIP" => {
                let status = number.parse().ok();
                status
                    .filter(|status| (200..700).contains(status))
                    .map(Cause::Sip)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Some phones do not list a call as missed if they are told so, and some read the words.
            Cause::Sip(200) => f.write_str("SIP;cause=200;text=\"Call completed elsewhere\""),
            Cause::Sip(status) => write!(f, "SIP;cause={status}"),
            Cause::Q850(cause) => write!(f, "Q.850;cause={cause}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_that_mean_something_are_read() {
        let read = |reason| Cause::parse(reason);
        assert_eq!(
            read("Q.850;cause=17;text=\"sip:core1.acme\""),
            Some(Cause::Q850(17))
        );
        assert_eq!(read("q.850 ; cause=16"), Some(Cause::Q850(16)));
        assert_eq!(
            read("SIP;cause=200;text=\"Call completed elsewhere\""),
            Some(Cause::ELSEWHERE)
        );
        for odd in [
            "",
            "Q.850",
            "Q.850;cause=128",
            "Q.850;cause=x",
            "SIP;cause=1",
            "SIP;cause=700",
            "ACME;cause=1",
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
