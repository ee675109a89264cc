//! Our requests.

use super::matching::{COOKIE, client_key};
use super::table::Row;
use super::{ClientId, Endpoint, Indication, Outgoing, send};
use crate::sip::transaction::{Actions, Beat, ClientAction, Machine, Running, client, invite_client};
use crate::sip::{CSeq, Chance, Draft, Flow, Message, Method, Name, Via};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// How far our requests may travel (RFC 3261 §8.1.1.6).
const MAX_FORWARDS: u32 = 70;

/// One request of ours and its transaction.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Client {
    flow: Flow,
    key: String,
    request: Message,
    course: Course,
    /// The To tag of the 2xx that was told of, to know its repetitions by.
    answered_by: Option<String>,
    /// How often it has been sent again because the peer wanted to know who sends it.
    #[serde(default)]
    round: u32,
}

/// Which table the request follows.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Course {
    /// INVITE, and the Reason that a CANCEL of it shall give.
    Invite(Running<invite_client::State>, Option<String>),
    /// CANCEL: nobody is told what becomes of it, as the INVITE says it all.
    Cancel(Running<client::State>),
    /// All others.
    Other(Running<client::State>),
}

/// What happens to one request of ours.
enum Happening<'a> {
    Response(&'a Message),
    Cancel(Option<&'a str>),
    TransportError,
    Deadline,
}

/// What comes of it, apart from what is sent.
#[derive(Default)]
struct Outcome {
    told: Option<Indication>,
    cancel: Option<Message>,
}

impl Endpoint {
    /// Sends a request and sees it through. The draft has everything but the topmost Via, which gets a new
    /// branch and `sent_by` (the flow's local address, unless peers know us under another), and
    /// Max-Forwards, added unless the draft has one. An ACK is not for here: see [`Endpoint::send_ack`].
    pub fn request(
        &mut self,
        now: Time,
        chance: &mut Chance,
        flow: Flow,
        sent_by: SocketAddr,
        draft: Draft,
        out: &mut Vec<Outgoing>,
    ) -> ClientId {
        let (via, request) = finish(chance, flow, sent_by, draft);
        send(out, flow, &request);
        let id = self.next_id();
        self.open_client(id, now, flow, &via, request, 0);
        ClientId(id)
    }

    /// Sends a challenged request again, for the `round`th time. Whoever waits for its answer waits under the same
    /// name; the transaction that it had goes on under another, to confirm repetitions of the challenge.
    #[expect(
        clippy::too_many_arguments,
        reason = "those of `request`, and which one it is"
    )]
    pub fn request_again(
        &mut self,
        now: Time,
        chance: &mut Chance,
        (client, round): (ClientId, u32),
        flow: Flow,
        sent_by: SocketAddr,
        draft: Draft,
        out: &mut Vec<Outgoing>,
    ) {
        if let Some(old) = self.clients.take(client.0) {
            let id = self.next_id();
            self.clients.insert(id, old);
        }
        let (via, request) = finish(chance, flow, sent_by, draft);
        send(out, flow, &request);
        self.open_client(client.0, now, flow, &via, request, round);
    }

    /// Withdraws an INVITE of ours that has no final response yet, giving this as the value of the CANCEL's
    /// Reason (RFC 3326). The CANCEL waits for a provisional response and is not sent if a final one comes
    /// first (RFC 3261 §9.1). In any case the request comes to its end as always: with 487, with a 2xx that
    /// has crossed our CANCEL, or by time-out.
    pub fn cancel(&mut self, now: Time, client: ClientId, reason: Option<&str>, out: &mut Vec<Outgoing>) {
        self.client_on(now, client.0, Happening::Cancel(reason), out);
    }

    /// Sends the ACK to a 2xx, which is a transaction of its own without any answer (RFC 3261 §13.2.2.4),
    /// and returns it, to be sent again whenever the 2xx comes again. Via and Max-Forwards as in
    /// [`Endpoint::request`].
    pub fn send_ack(
        &mut self,
        chance: &mut Chance,
        flow: Flow,
        sent_by: SocketAddr,
        draft: Draft,
        out: &mut Vec<Outgoing>,
    ) -> Message {
        let (_, ack) = finish(chance, flow, sent_by, draft);
        send(out, flow, &ack);
        ack
    }

    pub(super) fn response_came(
        &mut self,
        now: Time,
        flow: Flow,
        response: Message,
        out: &mut Vec<Outgoing>,
    ) -> Option<Indication> {
        let (via, cseq) = (response.via().ok()?, response.cseq().ok()?);
        // We are the first to send a request, so a response with another Via below ours is not for us
        // (§8.1.3.3).
        if response.list(Name::VIA).count() != 1 {
            return None;
        }
        match self.clients.find(&client_key(&via, &cseq.method)?) {
            Some(id) => self
                .client_on(now, id, Happening::Response(&response), out)
                .map(|told| match told {
                    Indication::StrayOk {
                        message, is_repeated, ..
                    } => Indication::StrayOk {
                        flow,
                        message,
                        is_repeated,
                    },
                    told => told,
                }),
            None => is_stray_ok(&response, &cseq).then_some(Indication::StrayOk {
                flow,
                message: response,
                is_repeated: false,
            }),
        }
    }

    pub(super) fn client_flow_closed(
        &mut self,
        now: Time,
        flow: Flow,
        out: &mut Vec<Outgoing>,
    ) -> Vec<Indication> {
        let concerned = self.clients.which(|client| client.flow == flow);
        let lost = |id| self.client_on(now, id, Happening::TransportError, out);
        concerned.into_iter().filter_map(lost).collect()
    }

    pub(super) fn expire_clients(&mut self, now: Time, out: &mut Vec<Outgoing>) -> Vec<Indication> {
        let mut told = Vec::new();
        while let Some(id) = self.clients.next_expired(now) {
            told.extend(self.client_on(now, id, Happening::Deadline, out));
        }
        told
    }

    fn open_client(&mut self, id: u64, now: Time, flow: Flow, via: &Via, request: Message, round: u32) {
        let beat = self.settings.beat(now, flow);
        let method = request.method();
        let course = match method {
            Method::Invite => Course::Invite(Running::start(beat, invite_client::State::Calling), None),
            Method::Cancel => Course::Cancel(Running::start(beat, client::State::Trying)),
            _ => Course::Other(Running::start(beat, client::State::Trying)),
        };
        let key = client_key(via, &method).unwrap_or_default();
        self.clients.insert(
            id,
            Client {
                flow,
                key,
                request,
                course,
                answered_by: None,
                round,
            },
        );
    }

    fn client_on(
        &mut self,
        now: Time,
        id: u64,
        happening: Happening<'_>,
        out: &mut Vec<Outgoing>,
    ) -> Option<Indication> {
        let flow = self.clients.get(id)?.flow;
        let beat = self.settings.beat(now, flow);
        let outcome = self
            .clients
            .step(id, |client| client.on(beat, ClientId(id), &happening, out))?;
        if let Some(cancel) = outcome.cancel {
            send(out, flow, &cancel);
            if let Ok(via) = cancel.via() {
                let id = self.next_id();
                self.open_client(id, now, flow, &via, cancel, 0);
            }
        }
        outcome.told
    }
}

impl Client {
    /// Over which way it went.
    pub(super) fn flow(&self) -> Flow {
        self.flow
    }

    fn on(
        &mut self,
        beat: Beat<'_>,
        id: ClientId,
        happening: &Happening<'_>,
        out: &mut Vec<Outgoing>,
    ) -> Outcome {
        let actions = match &mut self.course {
            Course::Invite(running, why) => on_invite(running, why, beat, happening),
            Course::Cancel(running) | Course::Other(running) => on_other(running, beat, happening),
        };
        let mut outcome = Outcome::default();
        for action in actions {
            self.perform(action, id, happening, out, &mut outcome);
        }
        if let (Happening::Response(response), None) = (happening, &self.answered_by) {
            self.answered_by = answerer(response);
        }
        outcome
    }

    fn perform(
        &self,
        action: ClientAction,
        id: ClientId,
        happening: &Happening<'_>,
        out: &mut Vec<Outgoing>,
        outcome: &mut Outcome,
    ) {
        let response = match happening {
            Happening::Response(response) => Some(*response),
            Happening::Cancel(_) | Happening::TransportError | Happening::Deadline => None,
        };
        let told = match action {
            ClientAction::SendRequest => {
                send(out, self.flow, &self.request);
                None
            }
            ClientAction::SendAck => {
                let ack = response.and_then(|response| ack_to_failure(&self.request, response));
                ack.iter().for_each(|ack| send(out, self.flow, ack));
                None
            }
            ClientAction::SendCancel => {
                outcome.cancel = self.cancel();
                None
            }
            ClientAction::Tell => response.map(|response| self.tell(id, response)),
            ClientAction::TellLateOk => response.map(|response| Indication::StrayOk {
                flow: self.flow,
                message: response.clone(),
                is_repeated: self.answered_by.is_some() && self.answered_by == answerer(response),
            }),
            ClientAction::TellTimedOut => Some(Indication::TimedOut { client: id }),
            ClientAction::TellFailed => Some(Indication::Failed { client: id }),
        };
        match self.course {
            Course::Invite(..) | Course::Other(_) => outcome.told = told.or(outcome.told.take()),
            Course::Cancel(_) => {}
        }
    }

    fn tell(&self, client: ClientId, response: &Message) -> Indication {
        let (flow, message) = (self.flow, response.clone());
        match response.status() {
            Some(401 | 407) => Indication::Challenged {
                client,
                flow,
                message,
                request: Box::new(self.request.clone()),
                round: self.round,
            },
            Some(_) | None => Indication::Response {
                client,
                flow,
                message,
            },
        }
    }

    fn cancel(&self) -> Option<Message> {
        let draft = same_hop(&self.request, &Method::Cancel, self.request.text(Name::TO)?)?;
        let why = match &self.course {
            Course::Invite(_, why) => why.as_ref(),
            Course::Cancel(_) | Course::Other(_) => None,
        };
        let draft = why
            .into_iter()
            .fold(draft, |draft, why| draft.with(Name::REASON, why));
        Some(draft.finish())
    }
}

impl Row for Client {
    fn keys(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.key.as_str())
    }

    fn due(&self) -> Option<Time> {
        match &self.course {
            Course::Invite(running, _) => running.due(),
            Course::Cancel(running) | Course::Other(running) => running.due(),
        }
    }

    fn is_lingering(&self) -> bool {
        match &self.course {
            Course::Invite(running, _) => matches!(
                running.state(),
                invite_client::State::Completed | invite_client::State::Accepted
            ),
            Course::Cancel(running) | Course::Other(running) => running.state() == client::State::Completed,
        }
    }

    fn is_over(&self) -> bool {
        match &self.course {
            Course::Invite(running, _) => running.state().is_over(),
            Course::Cancel(running) | Course::Other(running) => running.state().is_over(),
        }
    }
}

fn on_invite(
    running: &mut Running<invite_client::State>,
    why: &mut Option<String>,
    beat: Beat<'_>,
    happening: &Happening<'_>,
) -> Actions<ClientAction> {
    use invite_client::Event;
    let event = match happening {
        Happening::Response(response) => match response.status().unwrap_or(0) {
            ..200 => Event::Provisional,
            200..300 => Event::Ok,
            300.. => Event::Failure,
        },
        Happening::Cancel(reason) => {
            *why = reason.map(str::to_owned);
            Event::Cancel
        }
        Happening::TransportError => Event::TransportError,
        Happening::Deadline => return running.expire(beat),
    };
    running.on(beat, event)
}

fn on_other(
    running: &mut Running<client::State>,
    beat: Beat<'_>,
    happening: &Happening<'_>,
) -> Actions<ClientAction> {
    use client::Event;
    let event = match happening {
        Happening::Response(response) if response.status().unwrap_or(0) < 200 => Event::Provisional,
        Happening::Response(_) => Event::Final,
        Happening::TransportError => Event::TransportError,
        Happening::Deadline => return running.expire(beat),
        // Only an INVITE can be withdrawn (§9.1); anything else is answered at once anyway.
        Happening::Cancel(_) => return Actions::new(),
    };
    running.on(beat, event)
}

fn finish(chance: &mut Chance, flow: Flow, sent_by: SocketAddr, draft: Draft) -> (Via, Message) {
    let mut params = vec![("branch".to_owned(), Some(format!("{COOKIE}{}", chance.token(20))))];
    if flow.transport.is_unreliable() {
        params.push(("rport".to_owned(), None));
    }
    let via = Via {
        transport: flow.transport.in_via().to_owned(),
        host: sent_by.ip().to_string(),
        port: Some(sent_by.port()),
        params,
    };
    let draft = draft.with_first(Name::VIA, &via);
    let request = draft.clone().finish();
    if request.number(Name::MAX_FORWARDS).is_some() {
        return (via, request);
    }
    (via, draft.with(Name::MAX_FORWARDS, MAX_FORWARDS).finish())
}

/// The ACK to a non-2xx. It carries the To of the response, which has the tag (RFC 3261 §17.1.1.3).
fn ack_to_failure(invite: &Message, response: &Message) -> Option<Message> {
    let to = response.text(Name::TO).or(invite.text(Name::TO))?;
    same_hop(invite, &Method::Ack, to).map(Draft::finish)
}

/// A request that follows an INVITE of ours hop by hop, in the same transaction: ACK (RFC 3261 §17.1.1.3) or
/// CANCEL (§9.1). It has the INVITE's URI, topmost Via, Route, From, Call-ID and CSeq number.
fn same_hop(invite: &Message, method: &Method, to: &str) -> Option<Draft> {
    let cseq = CSeq {
        number: invite.cseq().ok()?.number,
        method: method.clone(),
    };
    let draft = Draft::request(method, &invite.uri().ok()?)
        .with(Name::VIA, invite.via().ok()?)
        .with(Name::MAX_FORWARDS, MAX_FORWARDS);
    let draft = invite
        .list(Name::ROUTE)
        .fold(draft, |draft, route| draft.with(Name::ROUTE, route));
    Some(
        draft
            .with(Name::FROM, invite.text(Name::FROM)?)
            .with(Name::TO, to)
            .with(Name::CALL_ID, invite.call_id().ok()?)
            .with(Name::CSEQ, cseq),
    )
}

/// Who has answered an INVITE with this 2xx; none if it is no such.
fn answerer(response: &Message) -> Option<String> {
    let is_ok = is_stray_ok(response, &response.cseq().ok()?);
    let to = response.to().ok().filter(|_| is_ok)?;
    Some(to.tag().unwrap_or_default().to_owned())
}

fn is_stray_ok(response: &Message, cseq: &CSeq) -> bool {
    cseq.method == Method::Invite && matches!(response.status(), Some(200..300))
}
