//! The peers' requests, and our answers to them.

use super::table::Row;
use super::way::Way;
use super::{Endpoint, Indication, Outgoing, ServerId, send};
use crate::sip::transaction::{
    Actions, Beat, Machine, Running, ServerAction, invite_server, server as other_server,
};
use crate::sip::{Draft, Flow, Message, Method};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// One request of a peer and its transaction.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Server {
    way: Way,
    key: String,
    merge_key: Option<String>,
    /// The To tag of our responses.
    tag: String,
    /// What we have said last, as soon as we have said something.
    last: Option<Message>,
    course: Course,
}

/// Which table the request follows.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Course {
    Invite(Running<invite_server::State>),
    Other(Running<other_server::State>),
}

/// What happens to a request of a peer.
pub(super) enum Happening {
    /// It came again.
    Again,
    /// An ACK came.
    Ack(Flow, Message),
    /// We say something.
    Say(Message),
    TransportError,
    Deadline,
}

/// How a new request is to be kept.
pub(super) struct NewServer {
    pub(super) method: Method,
    pub(super) way: Way,
    pub(super) key: String,
    pub(super) merge_key: Option<String>,
    pub(super) tag: String,
}

impl Endpoint {
    /// Answers a request. Without a To tag in the draft the response gets the tag of the response before it
    /// or, if there was none, one of the endpoint's own. After the final response more answers are ignored,
    /// as are those to a request that is gone.
    pub fn respond(&mut self, now: Time, server: ServerId, draft: Draft, out: &mut Vec<Outgoing>) {
        let Some(row) = self.servers.get(server.0) else {
            return;
        };
        let message = draft.with_top_via(&row.way.via).to_tag(&row.tag).finish();
        self.server_on(now, server.0, Happening::Say(message), out);
    }

    /// Answers somebody who has not shown who it is, and keeps nothing of it (RFC 3261 §8.2.7): strangers can ask
    /// without end, and from forged addresses, so each request gets one response and no more. If it comes again it is
    /// a new request, whose answer has the same To tag.
    pub fn respond_to_stranger(&mut self, server: ServerId, draft: Draft, out: &mut Vec<Outgoing>) {
        if let Some(row) = self.servers.take(server.0) {
            let message = draft.with_top_via(&row.way.via).to_tag(&row.tag).finish();
            send(out, row.way.flow, &message);
        }
    }

    /// Sends again what we have said last to an INVITE: our 2xx until its ACK comes (RFC 3261 §13.3.1.4), or a
    /// reliable provisional response until its PRACK comes (RFC 3262 §3), on streams too. When that is and when to
    /// give up, the dialog says. A refusal is repeated by its transaction, and not by this.
    pub fn repeat(&mut self, now: Time, server: ServerId, out: &mut Vec<Outgoing>) {
        let last = self
            .servers
            .get(server.0)
            .and_then(|row| row.repeatable().cloned());
        if let Some(last) = last {
            self.server_on(now, server.0, Happening::Say(last), out);
        }
    }

    /// The To tag of our responses to this request, so that a dialog can be named after it.
    pub fn tag(&self, server: ServerId) -> Option<&str> {
        self.servers.get(server.0).map(|row| row.tag.as_str())
    }

    /// Tells the caller that its INVITE has arrived and will be answered at leisure: whoever waits longer than 200 ms
    /// for this sends the INVITE again (RFC 3261 §17.2.1). A dialog does not come of it, so there is no tag.
    pub fn trying(&mut self, now: Time, server: ServerId, invite: &Message, out: &mut Vec<Outgoing>) {
        let ServerId(id) = server;
        let Some(row) = self.servers.get(id) else { return };
        let trying = Draft::response(invite, 100, "Trying")
            .with_top_via(&row.way.via)
            .finish();
        self.server_on(now, id, Happening::Say(trying), out);
    }

    pub(super) fn open_server(&mut self, now: Time, new: NewServer) -> u64 {
        let beat = self.settings.beat(now, new.way.flow);
        let course = match new.method {
            Method::Invite => Course::Invite(Running::start(beat, invite_server::State::Proceeding)),
            _ => Course::Other(Running::start(beat, other_server::State::Trying)),
        };
        let row = Server {
            way: new.way,
            key: new.key,
            merge_key: new.merge_key,
            tag: new.tag,
            last: None,
            course,
        };
        let id = self.next_id();
        self.servers.insert(id, row);
        id
    }

    pub(super) fn server_on(
        &mut self,
        now: Time,
        id: u64,
        happening: Happening,
        out: &mut Vec<Outgoing>,
    ) -> Option<Indication> {
        let beat = self.settings.beat(now, self.servers.get(id)?.way.flow);
        self.servers
            .step(id, |row| row.on(beat, ServerId(id), happening, out))?
    }

    pub(super) fn server_flow_closed(
        &mut self,
        now: Time,
        flow: Flow,
        out: &mut Vec<Outgoing>,
    ) -> Vec<Indication> {
        let mut told = Vec::new();
        for id in self.servers.which(|row| row.way.flow == flow) {
            let has_other_way = self.servers.step(id, |row| row.way.fall_back()) == Some(true);
            if !has_other_way {
                told.extend(self.server_on(now, id, Happening::TransportError, out));
            }
        }
        told
    }

    pub(super) fn expire_servers(&mut self, now: Time, out: &mut Vec<Outgoing>) -> Vec<Indication> {
        let mut told = Vec::new();
        while let Some(id) = self.servers.next_expired(now) {
            told.extend(self.server_on(now, id, Happening::Deadline, out));
        }
        told
    }
}

impl Server {
    /// Over which way it is answered.
    pub(super) fn flow(&self) -> Flow {
        self.way.flow
    }

    /// The To tag of our responses.
    pub(super) fn tag(&self) -> &str {
        &self.tag
    }

    /// Whether an INVITE waits for our final response.
    pub(super) fn can_be_cancelled(&self) -> bool {
        match &self.course {
            Course::Invite(running) => running.state() == invite_server::State::Proceeding,
            Course::Other(_) => false,
        }
    }

    /// Whether the same request over another way would be doing the same again. A refused request does
    /// nothing any more, and phones exist that try again after a challenge with the CSeq unchanged.
    pub(super) fn is_going_on(&self) -> bool {
        match &self.course {
            Course::Invite(running) => match running.state() {
                invite_server::State::Proceeding | invite_server::State::Accepted => true,
                invite_server::State::Completed
                | invite_server::State::Confirmed
                | invite_server::State::Terminated => false,
            },
            Course::Other(running) => match running.state() {
                other_server::State::Trying | other_server::State::Proceeding => true,
                other_server::State::Completed | other_server::State::Terminated => false,
            },
        }
    }

    /// What we have said last to an INVITE, if repeating it is not its transaction's own business.
    fn repeatable(&self) -> Option<&Message> {
        match &self.course {
            Course::Invite(running) => match running.state() {
                invite_server::State::Proceeding | invite_server::State::Accepted => self.last.as_ref(),
                invite_server::State::Completed
                | invite_server::State::Confirmed
                | invite_server::State::Terminated => None,
            },
            Course::Other(_) => None,
        }
    }

    fn on(
        &mut self,
        beat: Beat<'_>,
        id: ServerId,
        happening: Happening,
        out: &mut Vec<Outgoing>,
    ) -> Option<Indication> {
        let actions = match &mut self.course {
            Course::Invite(running) => on_invite(running, beat, &happening),
            Course::Other(running) => on_other(running, beat, &happening),
        };
        let mut told = None;
        for action in actions {
            match action {
                ServerAction::Send => self.say(&happening, out),
                ServerAction::Resend => self.last.iter().for_each(|last| send(out, self.way.flow, last)),
                ServerAction::TellAck => told = ack(&happening),
                ServerAction::TellLost => told = Some(Indication::Lost { server: id }),
            }
        }
        told
    }

    fn say(&mut self, happening: &Happening, out: &mut Vec<Outgoing>) {
        if let Happening::Say(response) = happening {
            send(out, self.way.flow, response);
            if let Some(tag) = response.to().ok().and_then(|to| to.tag().map(str::to_owned)) {
                self.tag = tag;
            }
            self.last = Some(response.clone());
        }
    }
}

impl Row for Server {
    fn keys(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.key.as_str()).chain(self.merge_key.as_deref())
    }

    fn due(&self) -> Option<Time> {
        match &self.course {
            Course::Invite(running) => running.due(),
            Course::Other(running) => running.due(),
        }
    }

    /// An INVITE that we have accepted still has the 2xx that its dialog repeats, and one that we have refused waits
    /// for its ACK.
    fn is_lingering(&self) -> bool {
        match &self.course {
            Course::Invite(running) => running.state() == invite_server::State::Confirmed,
            Course::Other(running) => running.state() == other_server::State::Completed,
        }
    }

    fn is_over(&self) -> bool {
        match &self.course {
            Course::Invite(running) => running.state().is_over(),
            Course::Other(running) => running.state().is_over(),
        }
    }
}

fn on_invite(
    running: &mut Running<invite_server::State>,
    beat: Beat<'_>,
    happening: &Happening,
) -> Actions<ServerAction> {
    use invite_server::Event;
    let event = match happening {
        Happening::Again => Event::Invite,
        Happening::Ack(..) => Event::Ack,
        Happening::Say(response) => match response.status().unwrap_or(0) {
            ..200 => Event::Provisional,
            200..300 => Event::Ok,
            300.. => Event::Failure,
        },
        Happening::TransportError => Event::TransportError,
        Happening::Deadline => return running.expire(beat),
    };
    running.on(beat, event)
}

fn on_other(
    running: &mut Running<other_server::State>,
    beat: Beat<'_>,
    happening: &Happening,
) -> Actions<ServerAction> {
    use other_server::Event;
    let event = match happening {
        Happening::Again => Event::Request,
        Happening::Say(response) if response.status().unwrap_or(0) < 200 => Event::Provisional,
        Happening::Say(_) => Event::Final,
        Happening::TransportError => Event::TransportError,
        Happening::Deadline => return running.expire(beat),
        // Only an INVITE is ACKed.
        Happening::Ack(..) => return Actions::new(),
    };
    running.on(beat, event)
}

fn ack(happening: &Happening) -> Option<Indication> {
    match happening {
        Happening::Ack(flow, message) => Some(Indication::Ack {
            flow: *flow,
            message: message.clone(),
        }),
        Happening::Again | Happening::Say(_) | Happening::TransportError | Happening::Deadline => None,
    }
}
