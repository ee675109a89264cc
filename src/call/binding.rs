//! One contact of one extension, as its phone registered it (RFC 3261 §10.3, RFC 5626 §6).

use super::view::RegistrationView;
use crate::sip::{Address, CSeq, Flow, Transport};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// One phone of one extension: how it wants to be called, and over which way it is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The contact as the phone gave it, with every parameter but `expires`.
    pub contact: Address,
    /// The flow on which it registered. Requests go back over it, whatever host the contact names
    /// (RFC 5626 §5.3): that host is often a private address behind a NAT.
    pub flow: Flow,
    /// The Call-ID of the REGISTER that made or last refreshed it.
    pub call_id: String,
    /// The sequence number of that REGISTER.
    pub cseq: u32,
    /// When it ends unless refreshed.
    pub expires: Time,
    /// The Path of that REGISTER: the route of requests to this contact (RFC 3327 §5.3).
    pub path: Vec<String>,
    /// Which flow of its device it is; none if it is no flow of RFC 5626.
    #[serde(default)]
    pub reg_id: Option<u32>,
    /// What the phone calls itself; empty if it does not say.
    pub user_agent: String,
}

/// Whether a REGISTER may touch a binding that is there already (RFC 3261 §10.3 steps 6 and 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precedence {
    /// It is newer, or comes from another life of the phone.
    Newer,
    /// It was overtaken by a later one of the same Call-ID.
    Overtaken,
}

impl Binding {
    /// Whether a request can be sent to it: a `mailto:` may be registered, but nobody can ring it.
    pub fn can_be_called(&self) -> bool {
        matches!(self.contact.uri.scheme(), "sip" | "sips")
    }

    /// Whether the way on which it registered is one on which it may be called. A phone that writes `sips:` or
    /// `transport=tls` into its Contact is called over TLS alone (RFC 3261 §26.2.2); where a proxy stands in between,
    /// `transport=tls` is about the way behind that.
    pub(super) fn is_reached_as_it_asks(&self) -> bool {
        let uri = &self.contact.uri;
        let transport = uri.param("transport").unwrap_or_default();
        let asks_proxy_for_tls = transport.eq_ignore_ascii_case("tls") && !self.path.is_empty();
        match uri.scheme() {
            "sips" => self.flow.transport == Transport::Tls,
            _ if asks_proxy_for_tls || !transport.eq_ignore_ascii_case("tls") => true,
            _ => self.flow.transport == Transport::Tls,
        }
    }

    /// The device that it belongs to, if that says who it is (RFC 5626 §4.1).
    pub fn instance(&self) -> Option<&str> {
        self.contact.param("+sip.instance")
    }

    /// As the control interface shows it.
    pub fn view(&self, extension: &str) -> RegistrationView {
        RegistrationView {
            extension: extension.to_owned(),
            contact: self.contact.uri.to_string(),
            flow: self.flow.to_string(),
            user_agent: self.user_agent.clone(),
            expires: self.expires,
        }
    }

    /// As it stands in a 200 to REGISTER: every parameter as it was given, and what is left of its life
    /// in seconds, rounded up so that a fresh binding shows what was granted.
    pub(super) fn listed(&self, now: Time) -> Address {
        let left = self.expires.since(now);
        let seconds = left.as_micros().div_ceil(1_000_000);
        self.contact.clone().with_param("expires", &seconds.to_string())
    }

    /// Whether a REGISTER with this Call-ID and number may change it. The same number again is a late
    /// duplicate: its answer is long gone.
    pub(super) fn precedence(&self, call_id: &str, cseq: &CSeq) -> Precedence {
        if self.call_id == call_id && cseq.number <= self.cseq {
            return Precedence::Overtaken;
        }
        Precedence::Newer
    }

    /// Whether both name the same contact. Two devices that say who they are stay two, even if both sit
    /// at the same private address behind different NATs; else URI equality decides (RFC 3261 §10.3 step 7).
    pub(super) fn is_same_contact(&self, other: &Binding) -> bool {
        let two_devices =
            self.instance().is_some() && other.instance().is_some() && !self.is_same_device(other);
        !two_devices && self.contact.uri.same_as(&other.contact.uri)
    }

    /// Whether `newer` comes from the same phone, which has only moved to another address: the same
    /// instance on the same of its flows (RFC 5626 §6), or, from a phone that does not say who it is, the
    /// same Call-ID and user from a new source of the same transport, as after a NAT has forgotten it.
    pub(super) fn has_moved_to(&self, newer: &Binding) -> bool {
        let anonymous = self.instance().is_none() && newer.instance().is_none();
        let same_life = self.call_id == newer.call_id && self.contact.uri.user() == newer.contact.uri.user();
        let new_source = self.flow.transport == newer.flow.transport && self.flow != newer.flow;
        self.is_same_device(newer) || (anonymous && same_life && new_source)
    }

    /// Whether both are flows of one device.
    pub(super) fn is_another_flow_of(&self, other: &Binding) -> bool {
        self.instance().is_some() && self.instance() == other.instance()
    }

    /// Whether a newer one takes its place: the same flow, or a device that begins or ceases to number them.
    fn is_same_device(&self, other: &Binding) -> bool {
        let is_another_flow = matches!((self.reg_id, other.reg_id), (Some(one), Some(two)) if one != two);
        self.is_another_flow_of(other) && !is_another_flow
    }
}
