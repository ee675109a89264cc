//! Saying no: the right code to the caller, and the reason to the log.

use super::reason::Cause;
use super::world::{ACCEPT, ALLOW};
use crate::sip::{Draft, Message, Name};
use serde::{Deserialize, Serialize};

/// Nobody is told to wait for longer.
const MAX_RETRY_AFTER_SECONDS: u32 = 86_400;

/// A request that is not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status code.
    pub status: u16,
    /// Why, for the log; empty if the status says it all.
    pub why: String,
    extra: Vec<(Name, String)>,
}

/// What a called party has said in the end, as far as it concerns the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The status.
    pub status: u16,
    /// Why, if it has said so (RFC 3326).
    pub cause: Option<Cause>,
    /// After how many seconds it may be tried again, if it has said so (RFC 3261 §20.33).
    pub retry_after: Option<u32>,
}

impl Refusal {
    /// A refusal with this status.
    pub fn new(status: u16, why: String) -> Refusal {
        Refusal {
            status,
            why,
            extra: Vec::new(),
        }
    }

    /// The request needs these extensions, comma-separated, of which we have none (RFC 3261 §8.2.2.3).
    pub fn unsupported(tags: String) -> Refusal {
        let why = format!("it requires {tags}");
        Refusal {
            status: 420,
            why,
            extra: vec![(Name::UNSUPPORTED, tags)],
        }
    }

    /// The session interval is too short; this much it must be (RFC 4028 §6).
    pub fn session_too_short(least: std::time::Duration) -> Refusal {
        let seconds = least.as_secs();
        Refusal {
            extra: vec![(Name::MIN_SE, seconds.to_string())],
            ..Refusal::new(
                422,
                format!("it wants to be refreshed more often than every {seconds} s"),
            )
        }
    }

    /// The configuration does not allow it; the phone is told why.
    pub fn forbidden(why: &str) -> Refusal {
        let quotable: String = why.chars().filter(|c| !matches!(c, '"' | '\\')).collect();
        Refusal {
            extra: vec![(Name::WARNING, format!("399 tandem \"{quotable}\""))],
            ..Refusal::new(403, why.to_owned())
        }
    }

    /// Come back after so many seconds: an offer of theirs waits for its answer (RFC 3311 §5.2).
    pub fn later(seconds: u64) -> Refusal {
        Refusal {
            extra: vec![(Name::RETRY_AFTER, seconds.to_string())],
            ..Refusal::new(500, String::new())
        }
    }

    /// Nobody has answered: Q.850 cause 19 tells a telephone network so (RFC 3326).
    #[must_use]
    pub fn because_no_answer(self) -> Refusal {
        let reason = "Q.850;cause=19;text=\"No answer\"".to_owned();
        Refusal {
            extra: vec![(Name::REASON, reason)],
            ..self
        }
    }

    /// What a BYE says to somebody on a standing line who hears that it was in vain (RFC 3326): what the far end has said,
    /// or what the status means to a telephone network.
    pub fn reason(&self) -> String {
        let said = self.extra.iter().find(|(name, _)| *name == Name::REASON);
        said.map_or_else(|| cause_of(self.status).to_owned(), |(_, said)| said.clone())
    }

    /// The response that says it, with the fields that its status asks for.
    pub fn draft(&self, request: &Message) -> Draft {
        let draft = Draft::response(request, self.status, phrase(self.status));
        let draft = match self.status {
            405 => draft.with(Name::ALLOW, ALLOW),
            406 => draft.with(Name::WARNING, "399 tandem \"We answer with application/sdp\""),
            415 => draft.with(Name::ACCEPT, ACCEPT),
            489 => draft.with(Name::ALLOW_EVENTS, "refer"),
            488 => draft.with(Name::WARNING, "304 tandem \"Media type not available\""),
            503 => draft.with(Name::RETRY_AFTER, 5),
            _ => draft,
        };
        self.extra
            .iter()
            .fold(draft, |draft, (name, value)| draft.with(*name, value))
    }
}

impl Verdict {
    /// What this final response says.
    pub fn of(response: &Message) -> Verdict {
        let retry_after = response.number(Name::RETRY_AFTER);
        Verdict {
            status: response.status().unwrap_or(500),
            cause: Cause::said_in(response),
            retry_after: retry_after.map(|seconds| seconds.min(MAX_RETRY_AFTER_SECONDS)),
        }
    }

    /// A status and nothing else.
    pub fn of_status(status: u16) -> Verdict {
        Verdict {
            status,
            cause: None,
            retry_after: None,
        }
    }

    /// What a BYE says to those who have waited for this party in vain.
    pub fn reason(&self) -> String {
        let said = self.cause.map(|cause| cause.to_string());
        said.unwrap_or_else(|| cause_of(self.status).to_owned())
    }

    /// Which of two tells a caller more, when several phones were rung (after RFC 3261 §16.7 step 6): a
    /// person's decision before a machine's, anything before silence.
    #[must_use]
    pub fn or_better(best: Option<Verdict>, other: Verdict) -> Verdict {
        match best {
            Some(best) if rank(best.status) <= rank(other.status) => best,
            Some(_) | None => other,
        }
    }

    /// What the caller is told. The time after which a busy person may be called again passes; that of a 503
    /// does not, or its phone would leave us alone for so long, and not only that person (RFC 3261 §21.5.4).
    pub fn for_caller(&self, of_trunk: bool) -> Refusal {
        let status = to_caller(self.status, of_trunk);
        let may_be_tried_later = status == self.status && matches!(status, 480 | 486 | 600 | 603);
        let retry_after = self.retry_after.filter(|_| may_be_tried_later);
        let retry_after = retry_after.map(|seconds| (Name::RETRY_AFTER, seconds.to_string()));
        let cause = self.cause.map(|cause| (Name::REASON, cause.to_string()));
        Refusal {
            extra: cause.into_iter().chain(retry_after).collect(),
            ..Refusal::new(status, String::new())
        }
    }
}

fn rank(status: u16) -> u8 {
    match status {
        486 | 600 => 0,
        603 => 1,
        480 => 3,
        488 | 606 => 4,
        400..=499 if status != 408 => 5,
        500..=599 => 6,
        _ => 7,
    }
}

/// The status that a caller is given for the one that a called party gave. What concerns only us and that
/// party (a challenge, a redirection, a request it found malformed) is not the caller's business.
fn to_caller(status: u16, of_trunk: bool) -> u16 {
    match status {
        300..=399 | 408 | 430 | 487 => 480,
        401 | 407 if of_trunk => 503,
        404 if !of_trunk => 480,
        403 | 404 | 410 | 480 | 482 | 483 | 484 | 486 | 488 | 500..=699 => status,
        _ => 500,
    }
}

/// A status in the causes of Q.850, after the table of RFC 3398 §8.2.6.1. That nobody came in time is a 480 here.
fn cause_of(status: u16) -> &'static str {
    match status {
        486 | 600 => "Q.850;cause=17;text=\"User busy\"",
        404 | 604 => "Q.850;cause=1;text=\"Unallocated number\"",
        403 | 603 => "Q.850;cause=21;text=\"Call rejected\"",
        408 | 480 => "Q.850;cause=19;text=\"No answer\"",
        410 => "Q.850;cause=22;text=\"Number changed\"",
        484 => "Q.850;cause=28;text=\"Invalid number format\"",
        500 | 503 => "Q.850;cause=41;text=\"Temporary failure\"",
        _ => "Q.850;cause=31;text=\"Normal, unspecified\"",
    }
}

/// What a final status means, after the name of whoever sent it.
pub fn in_words(status: u16) -> String {
    match status {
        486 | 600 => "is busy".into(),
        603 => "declines (603)".into(),
        480 => "cannot be reached now (480)".into(),
        408 => "does not respond (408)".into(),
        487 => "has been let go (487)".into(),
        _ => format!("refuses with {status} {}", phrase(status)),
    }
}

/// The reason phrases of RFC 3261 §21 and its extensions.
pub fn phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        181 => "Call Is Being Forwarded",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Moved Temporarily",
        305 => "Use Proxy",
        380 => "Alternative Service",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        410 => "Gone",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        421 => "Extension Required",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        430 => "Flow Failed",
        469 => "Bad Info Package",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        484 => "Address Incomplete",
        485 => "Ambiguous",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        489 => "Bad Event",
        491 => "Request Pending",
        493 => "Undecipherable",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        600 => "Busy Everywhere",
        603 => "Decline",
        604 => "Does Not Exist Anywhere",
        606 => "Not Acceptable",
        _ => "Failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_who_says_busy_tells_more_than_a_phone_that_says_nothing() {
        let better = |best: Option<u16>, other| {
            Verdict::or_better(best.map(Verdict::of_status), Verdict::of_status(other)).status
        };
        assert_eq!(better(Some(408), 486), 486);
        assert_eq!(better(Some(486), 503), 486);
        assert_eq!(better(None, 503), 503);
        assert_eq!(better(Some(603), 486), 486);
    }

    #[test]
    fn what_concerns_us_and_the_carrier_is_not_the_callers_business() {
        assert_eq!(to_caller(407, true), 503);
        assert_eq!(to_caller(404, true), 404);
        assert_eq!(to_caller(302, false), 480);
        assert_eq!(to_caller(420, true), 500);
    }
}
