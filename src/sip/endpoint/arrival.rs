//! A request comes in: whose is it, and is there room for it?

use super::matching::{merge_key, server_key};
use super::servers::{Happening, NewServer};
use super::way::{Way, to_sender};
use super::{Endpoint, Indication, Outgoing, ServerId, send};
use crate::sip::{Draft, Flow, Message, Method, Name, Via};
use crate::time::Time;

/// When to try again after we were full.
const RETRY_AFTER_SECONDS: u32 = 5;

/// A request and what its topmost Via says.
struct Arrival {
    flow: Flow,
    message: Message,
    /// As the peer wrote it.
    via: Via,
    /// By which its retransmissions are known.
    key: String,
}

impl Endpoint {
    pub(super) fn request_came(
        &mut self,
        now: Time,
        flow: Flow,
        message: Message,
        out: &mut Vec<Outgoing>,
    ) -> Option<Indication> {
        let via = message.via().ok()?;
        let method = message.method();
        let key = server_key(&message, &via, &method)?;
        let arrival = Arrival {
            flow,
            message,
            via,
            key,
        };
        if method == Method::Ack {
            return self.ack_came(now, arrival, out);
        }
        if let Some(id) = self.servers.find(&arrival.key) {
            return self.server_on(now, id, Happening::Again, out);
        }
        match method {
            Method::Cancel => self.cancel_came(now, &arrival, out),
            _ => self.new_request_came(now, arrival, out),
        }
    }

    /// Refuses a request without a transaction, if it has enough in it to be answered: one that cannot be read as it should,
    /// or one that is none of its sender's business.
    pub fn refuse_at_once(
        &self,
        flow: Flow,
        message: Message,
        status: u16,
        what: &str,
        out: &mut Vec<Outgoing>,
    ) {
        let Ok(via) = message.via() else { return };
        let key = via.to_string();
        self.refuse(
            &Arrival {
                flow,
                message,
                via,
                key,
            },
            status,
            what,
            out,
        );
    }

    fn new_request_came(
        &mut self,
        now: Time,
        arrival: Arrival,
        out: &mut Vec<Outgoing>,
    ) -> Option<Indication> {
        let merge_key = merge_key(&arrival.message);
        if self.is_merged(merge_key.as_deref()) {
            self.refuse(&arrival, 482, "Loop Detected", out);
            return None;
        }
        let belongs_to_a_call = arrival.message.to().is_ok_and(|to| to.tag().is_some());
        if !self.makes_room() && !belongs_to_a_call {
            self.shed += 1;
            self.refuse(&arrival, 503, "Service Unavailable", out);
            return None;
        }
        let tag = self.own_tag(&arrival.key);
        let Arrival {
            flow,
            message,
            via,
            key,
        } = arrival;
        let method = message.method();
        let sender = to_sender(flow, &via, &message);
        let id = self.open_server(
            now,
            NewServer {
                method,
                way: Way::back(flow, via),
                key,
                merge_key,
                tag,
            },
        );
        Some(Indication::Request {
            server: ServerId(id),
            flow: sender,
            message,
        })
    }

    /// An ACK is never answered.
    fn ack_came(&mut self, now: Time, arrival: Arrival, out: &mut Vec<Outgoing>) -> Option<Indication> {
        let invite = server_key(&arrival.message, &arrival.via, &Method::Invite)?;
        let Arrival { flow, message, .. } = arrival;
        if let Some(id) = self.servers.find(&invite) {
            return self.server_on(now, id, Happening::Ack(flow, message), out);
        }
        // The tag shows that it is the ACK to a refusal for which we kept no transaction.
        let is_to_refusal = message.to().ok()?.tag() == Some(&self.own_tag(&invite));
        (!is_to_refusal).then_some(Indication::Ack { flow, message })
    }

    /// A CANCEL is answered here whatever becomes of the INVITE (RFC 3261 §9.2), even if there is no room
    /// for more.
    fn cancel_came(&mut self, now: Time, arrival: &Arrival, out: &mut Vec<Outgoing>) -> Option<Indication> {
        let invite = server_key(&arrival.message, &arrival.via, &Method::Invite)?;
        let invite = self
            .servers
            .find(&invite)
            .and_then(|id| Some((id, self.servers.get(id)?)));
        let Some((invite, row)) = invite else {
            self.refuse(arrival, 481, "Call/Transaction Does Not Exist", out);
            return None;
        };
        let (tag, can_be_cancelled) = (row.tag().to_owned(), row.can_be_cancelled());
        let way = Way::back(arrival.flow, arrival.via.clone());
        let (method, key) = (Method::Cancel, arrival.key.clone());
        let id = self.open_server(
            now,
            NewServer {
                method,
                way,
                key,
                merge_key: None,
                tag,
            },
        );
        self.respond(
            now,
            ServerId(id),
            Draft::response(&arrival.message, 200, "OK"),
            out,
        );
        can_be_cancelled.then(|| Indication::Cancelled {
            server: ServerId(invite),
            message: arrival.message.clone(),
        })
    }

    /// Makes room for one more transaction: those whose work is done, and which only wait for messages that come again,
    /// go before their time, oldest first. Whether there is room then.
    fn makes_room(&mut self) -> bool {
        while self.len() >= self.settings.max_transactions {
            let (client, server) = (self.clients.oldest_lingering(), self.servers.oldest_lingering());
            let is_gone = match (client, server) {
                (Some(client), Some(server)) if client < server => self.clients.take(client).is_some(),
                (_, Some(server)) => self.servers.take(server).is_some(),
                (Some(client), None) => self.clients.take(client).is_some(),
                (None, None) => return false,
            };
            debug_assert!(is_gone, "what lingers is in the table");
        }
        true
    }

    fn is_merged(&self, merge_key: Option<&str>) -> bool {
        let twin = merge_key.and_then(|key| self.servers.find(key));
        twin.and_then(|id| self.servers.get(id))
            .is_some_and(|row| row.is_going_on())
    }

    /// Refuses without keeping anything. The tag is the same for each retransmission (RFC 3261 §8.2.7).
    fn refuse(&self, arrival: &Arrival, status: u16, reason: &str, out: &mut Vec<Outgoing>) {
        let way = Way::back(arrival.flow, arrival.via.clone());
        let draft = Draft::response(&arrival.message, status, reason)
            .with_top_via(&way.via)
            .to_tag(&self.own_tag(&arrival.key));
        let draft = if status == 503 {
            draft.with(Name::RETRY_AFTER, RETRY_AFTER_SECONDS)
        } else {
            draft
        };
        send(out, way.flow, &draft.finish());
    }

    /// A To tag that only we can give to this request.
    fn own_tag(&self, key: &str) -> String {
        let mut tag = self.tags.seal(&[key]);
        tag.truncate(16);
        tag
    }
}
