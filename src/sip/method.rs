//! Request methods (RFC 3261 §7.1).

use serde::{Deserialize, Serialize};
use std::fmt;

/// A request method. Methods are case-sensitive tokens; one that we do not know is carried as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Method {
    /// Opens or changes a session (RFC 3261 §13, §14).
    Invite,
    /// Confirms a final response to INVITE (RFC 3261 §13, §17).
    Ack,
    /// Ends a session (RFC 3261 §15).
    Bye,
    /// Withdraws a pending INVITE (RFC 3261 §9).
    Cancel,
    /// Binds a contact to an address of record (RFC 3261 §10).
    Register,
    /// Asks what the other side can do (RFC 3261 §11).
    Options,
    /// Confirms a reliable provisional response (RFC 3262).
    Prack,
    /// Changes a session without touching the dialog (RFC 3311).
    Update,
    /// Carries application data within a session (RFC 6086).
    Info,
    /// Asks the receiver to contact a third party (RFC 3515).
    Refer,
    /// Reports on a subscription (RFC 6665).
    Notify,
    /// Asks for reports (RFC 6665).
    Subscribe,
    /// A short text (RFC 3428).
    Message,
    /// Publishes event state (RFC 3903).
    Publish,
    /// Anything else.
    Other(Box<str>),
}

/// The methods that have a name of their own here.
static KNOWN: [(Method, &str); 14] = [
    (Method::Invite, "INVITE"),
    (Method::Ack, "ACK"),
    (Method::Bye, "BYE"),
    (Method::Cancel, "CANCEL"),
    (Method::Register, "REGISTER"),
    (Method::Options, "OPTIONS"),
    (Method::Prack, "PRACK"),
    (Method::Update, "UPDATE"),
    (Method::Info, "INFO"),
    (Method::Refer, "REFER"),
    (Method::Notify, "NOTIFY"),
    (Method::Subscribe, "SUBSCRIBE"),
    (Method::Message, "MESSAGE"),
    (Method::Publish, "PUBLISH"),
];

impl Method {
    /// The method with this name. Case matters: `invite` is not INVITE (RFC 3261 §7.1).
    pub fn named(token: &str) -> Method {
        let known = KNOWN.iter().find(|(_, name)| *name == token);
        known.map_or_else(|| Method::Other(token.into()), |(method, _)| method.clone())
    }

    /// Its name on the wire.
    pub fn as_str(&self) -> &str {
        if let Method::Other(token) = self {
            return token;
        }
        let known = KNOWN.iter().find(|(method, _)| method == self);
        known.map_or("", |(_, name)| name)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_its_name_and_case_matters() {
        for (method, name) in &KNOWN {
            assert_eq!((Method::named(name), method.as_str()), (method.clone(), *name));
        }
        assert_eq!(Method::named("invite"), Method::Other("invite".into()));
        assert_eq!(Method::named("RE%47IST%45R").to_string(), "RE%47IST%45R");
    }
}
