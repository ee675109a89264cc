//! Stories of the endpoint: one phone or carrier on the other side, and time at our command.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a story that cannot go on says so by a panic"
)]

mod chaos;
mod incoming;
mod outgoing;

use std::time::Duration;
use tandem::sip::{
    Chance, ClientId, Draft, Endpoint, EndpointSettings, Flow, Indication, Message, MessageLimits, Method,
    Name, Outgoing, ServerId, Transport, Uri,
};
use tandem::time::Time;

const ROOM: usize = 50;

/// Our endpoint. It is stopped, written down and restored before every single step, and nothing may change
/// by that.
struct World {
    endpoint: Endpoint,
    chance: Chance,
    now: Time,
    out: Vec<Outgoing>,
}

impl World {
    fn new() -> World {
        let mut chance = Chance::new([9; 32]);
        let settings = EndpointSettings {
            max_transactions: ROOM,
            ..EndpointSettings::default()
        };
        let endpoint = Endpoint::new(settings, &mut chance);
        World {
            endpoint,
            chance,
            now: Time::from_micros(1_000_000_000),
            out: Vec::new(),
        }
    }

    fn restart(&mut self) {
        let text = serde_json::to_string(&self.endpoint).unwrap();
        let restored: Endpoint = serde_json::from_str(&text).unwrap();
        assert_eq!(restored.deadline(), self.endpoint.deadline());
        self.endpoint = restored;
    }

    fn receive(&mut self, text: &str) -> Option<Indication> {
        self.receive_on(phone(Transport::Udp), text)
    }

    fn receive_on(&mut self, flow: Flow, text: &str) -> Option<Indication> {
        self.restart();
        self.endpoint
            .receive(self.now, flow, text.to_owned().into(), &mut self.out)
    }

    /// Receives what must be a new request; an INVITE is to be answered at leisure.
    fn ask(&mut self, text: &str) -> (ServerId, Message) {
        match self.receive(text) {
            Some(Indication::Request { server, message, .. }) => {
                if message.method() == Method::Invite {
                    self.endpoint.trying(self.now, server, &message, &mut self.out);
                }
                (server, message)
            }
            other => panic!("a request was expected, not {other:?}"),
        }
    }

    fn respond(&mut self, (server, request): &(ServerId, Message), status: u16, reason: &str) {
        self.restart();
        let draft = Draft::response(request, status, reason);
        self.endpoint.respond(self.now, *server, draft, &mut self.out);
    }

    fn request_on(&mut self, flow: Flow, method: &Method) -> ClientId {
        self.restart();
        let draft = draft(method);
        self.endpoint
            .request(self.now, &mut self.chance, flow, flow.local, draft, &mut self.out)
    }

    /// Sends a request over UDP and shows what went out.
    fn request(&mut self, method: &Method) -> (ClientId, Message) {
        let client = self.request_on(phone(Transport::Udp), method);
        (client, self.sent_one())
    }

    fn cancel(&mut self, client: ClientId) {
        self.restart();
        let reason = "SIP;cause=200;text=\"Call completed elsewhere\"";
        self.endpoint
            .cancel(self.now, client, Some(reason), &mut self.out);
    }

    /// The peer answers a request of ours.
    fn answer(&mut self, request: &Message, status: u16, reason: &str) -> Option<Indication> {
        let response = Draft::response(request, status, reason).to_tag("theirs").finish();
        self.receive(std::str::from_utf8(response.bytes()).unwrap())
    }

    /// Lets this time pass, timer by timer.
    fn pass(&mut self, time: Duration) -> Vec<Indication> {
        let end = self.now + time;
        let mut told = Vec::new();
        while let Some(due) = self.endpoint.deadline().filter(|due| *due <= end) {
            self.restart();
            self.now = self.now.max(due);
            told.extend(self.endpoint.expire(self.now, &mut self.out));
        }
        self.now = end;
        told
    }

    /// What was sent since the last look.
    fn sent(&mut self) -> Vec<Message> {
        let limits = MessageLimits {
            message_bytes: 65_535,
            header_fields: 256,
        };
        self.out
            .drain(..)
            .map(|out| Message::parse(out.bytes, &limits).unwrap())
            .collect()
    }

    fn sent_one(&mut self) -> Message {
        let sent = self.sent();
        assert_eq!(sent.len(), 1, "one message was expected, not {sent:?}");
        sent[0].clone()
    }

    /// The statuses and methods of what was sent since the last look.
    fn said(&mut self) -> Vec<String> {
        let name = |message: &Message| {
            message
                .status()
                .map_or(message.method().to_string(), |code| code.to_string())
        };
        self.sent().iter().map(name).collect()
    }

    /// Nothing is left when all timers have fired, and nobody is told of anything more.
    fn comes_to_rest(&mut self) {
        let told = self.pass(Duration::from_secs(64));
        assert!(told.is_empty(), "{told:?}");
        assert_eq!(self.endpoint.len(), 0);
        assert_eq!(self.endpoint.deadline(), None);
    }
}

fn phone(transport: Transport) -> Flow {
    Flow {
        transport,
        local: "192.0.2.1:5060".parse().unwrap(),
        remote: "192.0.2.11:5060".parse().unwrap(),
    }
}

/// A request of the phone; `branch` and what more there is in its Via, and the To's parameters. ACK and CANCEL
/// belong to its INVITE.
fn ask(method: &str, branch: &str, to: &str) -> String {
    let call_id = if matches!(method, "ACK" | "CANCEL") {
        "INVITE"
    } else {
        method
    };
    format!(
        "{method} sip:1002@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.11:5060;branch={branch}\r\n\
         From: <sip:1001@example.com>;tag=a\r\nTo: <sip:1002@example.com>{to}\r\n\
         Call-ID: {call_id}\r\nCSeq: 2 {method}\r\nContent-Length: 0\r\n\r\n"
    )
}

fn draft(method: &Method) -> Draft {
    Draft::request(method, &Uri::parse("sip:1002@192.0.2.11:5060;ob").unwrap())
        .with(Name::ROUTE, "<sip:192.0.2.11;lr>")
        .with(Name::FROM, "<sip:1001@example.com>;tag=ours")
        .with(Name::TO, "<sip:1002@example.com>")
        .with(Name::CALL_ID, "call")
        .with(Name::CSEQ, format!("7 {method}"))
}
