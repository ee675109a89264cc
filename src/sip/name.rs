//! Header field names, in their long and compact forms (RFC 3261 §7.3.3 and §20).

/// A header field that we look for or write by name. All others are carried untouched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(u8);

macro_rules! names {
    ($($constant:ident $long:literal $($compact:literal)?,)*) => {
        #[allow(
            non_camel_case_types,
            clippy::upper_case_acronyms,
            reason = "the variants only number the constants below, under their names"
        )]
        enum Number { $($constant),* }

        impl Name {
            $(#[doc = $long] pub const $constant: Name = Name(Number::$constant as u8);)*
            const LONG: &[&str] = &[$($long),*];
            const COMPACT: &[(&str, Name)] = &[$($(($compact, Name::$constant),)?)*];
        }
    };
}

names! {
    ACCEPT "Accept",
    ACCEPT_CONTACT "Accept-Contact" "a",
    ACCEPT_ENCODING "Accept-Encoding",
    ACCEPT_LANGUAGE "Accept-Language",
    ALERT_INFO "Alert-Info",
    ALLOW "Allow",
    ALLOW_EVENTS "Allow-Events" "u",
    AUTHENTICATION_INFO "Authentication-Info",
    AUTHORIZATION "Authorization",
    CALL_ID "Call-ID" "i",
    CALL_INFO "Call-Info",
    CONTACT "Contact" "m",
    CONTENT_DISPOSITION "Content-Disposition",
    CONTENT_ENCODING "Content-Encoding" "e",
    CONTENT_LANGUAGE "Content-Language",
    CONTENT_LENGTH "Content-Length" "l",
    CONTENT_TYPE "Content-Type" "c",
    CSEQ "CSeq",
    DATE "Date",
    DIVERSION "Diversion",
    ERROR_INFO "Error-Info",
    EVENT "Event" "o",
    EXPIRES "Expires",
    FROM "From" "f",
    HISTORY_INFO "History-Info",
    IDENTITY "Identity" "y",
    IDENTITY_INFO "Identity-Info" "n",
    INFO_PACKAGE "Info-Package",
    IN_REPLY_TO "In-Reply-To",
    JOIN "Join",
    MAX_FORWARDS "Max-Forwards",
    MIME_VERSION "MIME-Version",
    MIN_EXPIRES "Min-Expires",
    MIN_SE "Min-SE",
    ORGANIZATION "Organization",
    PATH "Path",
    PRIORITY "Priority",
    PRIVACY "Privacy",
    PROXY_AUTHENTICATE "Proxy-Authenticate",
    PROXY_AUTHORIZATION "Proxy-Authorization",
    PROXY_REQUIRE "Proxy-Require",
    P_ASSERTED_IDENTITY "P-Asserted-Identity",
    P_EARLY_MEDIA "P-Early-Media",
    P_PREFERRED_IDENTITY "P-Preferred-Identity",
    RACK "RAck",
    REASON "Reason",
    RECORD "Record",
    RECORD_ROUTE "Record-Route",
    RECV_INFO "Recv-Info",
    REFERRED_BY "Referred-By" "b",
    REFER_SUB "Refer-Sub",
    REFER_TO "Refer-To" "r",
    REJECT_CONTACT "Reject-Contact" "j",
    REMOTE_PARTY_ID "Remote-Party-ID",
    REPLACES "Replaces",
    REPLY_TO "Reply-To",
    REQUEST_DISPOSITION "Request-Disposition" "d",
    REQUIRE "Require",
    RETRY_AFTER "Retry-After",
    ROUTE "Route",
    RSEQ "RSeq",
    SERVER "Server",
    SERVICE_ROUTE "Service-Route",
    SESSION_EXPIRES "Session-Expires" "x",
    SIP_ETAG "SIP-ETag",
    SIP_IF_MATCH "SIP-If-Match",
    SUBJECT "Subject" "s",
    SUBSCRIPTION_STATE "Subscription-State",
    SUPPORTED "Supported" "k",
    TARGET_DIALOG "Target-Dialog",
    TIMESTAMP "Timestamp",
    TO "To" "t",
    UNSUPPORTED "Unsupported",
    USER_AGENT "User-Agent",
    USER_TO_USER "User-to-User",
    VIA "Via" "v",
    WARNING "Warning",
    WWW_AUTHENTICATE "WWW-Authenticate",
}

impl Name {
    /// The name in its long form, as the RFCs write it.
    pub fn as_str(self) -> &'static str {
        Name::LONG.get(usize::from(self.0)).copied().unwrap_or("")
    }

    /// The name written so, in any case, long or compact; none for a field that we do not know.
    pub fn named(written: &[u8]) -> Option<Name> {
        let mut slot = hash(written);
        while let Some((spelling, name)) = SLOTS[slot] {
            if spelling.as_bytes().eq_ignore_ascii_case(written) {
                return Some(name);
            }
            slot = (slot + 1) % SLOTS.len();
        }
        None
    }

    /// Whether a comma in the value begins another value. Not so in credentials and challenges
    /// (RFC 3261 §7.3.1), in dates, in free text, and in fields that hold only one value.
    pub fn takes_lists(self) -> bool {
        !matches!(
            self,
            Name::AUTHORIZATION
                | Name::WWW_AUTHENTICATE
                | Name::PROXY_AUTHORIZATION
                | Name::PROXY_AUTHENTICATE
                | Name::AUTHENTICATION_INFO
                | Name::CALL_ID
                | Name::CONTENT_TYPE
                | Name::CSEQ
                | Name::DATE
                | Name::FROM
                | Name::ORGANIZATION
                | Name::REFER_TO
                | Name::REFERRED_BY
                | Name::RETRY_AFTER
                | Name::SERVER
                | Name::SUBJECT
                | Name::TO
                | Name::USER_AGENT
        )
    }
}

type Slots = [Option<(&'static str, Name)>; 256];

/// All spellings, each at its hash or in the next free slot; less than half full, so a search is short.
const SLOTS: Slots = {
    let mut slots: Slots = [None; 256];
    let mut at = 0;
    while at < Name::LONG.len() {
        put(&mut slots, Name::LONG[at], Name(at as u8));
        at += 1;
    }
    at = 0;
    while at < Name::COMPACT.len() {
        put(&mut slots, Name::COMPACT[at].0, Name::COMPACT[at].1);
        at += 1;
    }
    slots
};

const fn put(slots: &mut Slots, spelling: &'static str, name: Name) {
    let mut slot = hash(spelling.as_bytes());
    while slots[slot].is_some() {
        slot = (slot + 1) % slots.len();
    }
    slots[slot] = Some((spelling, name));
}

/// Length, first, middle and last letter tell the names apart nearly always; case does not count.
const fn hash(name: &[u8]) -> usize {
    let length = name.len();
    if length == 0 {
        return 0;
    }
    let first = (name[0] | 0x20) as usize;
    let middle = (name[length / 2] | 0x20) as usize;
    let last = (name[length - 1] | 0x20) as usize;
    (first * 7 + middle * 31 + last * 3 + length * 13) % 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_in_any_case() {
        for long in Name::LONG {
            let name = Name::named(long.as_bytes()).unwrap();
            assert_eq!(name.as_str(), *long);
            assert_eq!(Name::named(long.to_ascii_uppercase().as_bytes()), Some(name));
            assert_eq!(Name::named(long.to_ascii_lowercase().as_bytes()), Some(name));
        }
    }

    #[test]
    fn the_compact_forms_of_the_registry_are_known() {
        let forms = "a b c d e f i j k l m n o r s t u v x y";
        let long: Vec<_> = forms
            .split(' ')
            .map(|form| Name::named(form.as_bytes()).unwrap().as_str())
            .collect();
        assert_eq!(
            long.join(" "),
            "Accept-Contact Referred-By Content-Type Request-Disposition Content-Encoding From Call-ID \
             Reject-Contact Supported Content-Length Contact Identity-Info Event Refer-To Subject To \
             Allow-Events Via Session-Expires Identity"
        );
        assert_eq!(Name::named(b"M"), Some(Name::CONTACT));
    }

    #[test]
    fn what_we_do_not_know_is_nobody() {
        for unknown in ["", "z", "Contacts", "X-Contact", "P-Asserted", "NewFangledHeader"] {
            assert_eq!(Name::named(unknown.as_bytes()), None, "{unknown}");
        }
    }
}
