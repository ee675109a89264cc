//! One step of the switch: the world, its conversations, and what comes out.

use super::challenged::Challenged;
use super::conversation::Conversation;
use super::conversations::{Conversations, Place};
use super::event::Weight;
use super::io::{Effect, Effects, Lookup, Query};
use super::reason::Cause;
use super::reception::{self, Visit};
use super::refusal::Refusal;
use super::world::{Door, World};
use crate::id::ConversationId;
use crate::sip::endpoint::{ClientId, Indication, ServerId};
use crate::sip::{Dialog, Draft, Flow, Message, Method};
use crate::wiring::{MediaEvent, MediaHappening};
use bytes::Bytes;

/// One step of the switch.
#[derive(Debug)]
pub struct Step<'a> {
    /// Everything but the conversations.
    pub world: World<'a>,
    /// The conversations.
    pub conversations: &'a mut Conversations,
    /// What comes out.
    pub effects: &'a mut Effects,
}

impl Step<'_> {
    /// One datagram, or one message cut out of a stream.
    pub fn arrived(&mut self, flow: Flow, bytes: Bytes) {
        let (endpoint, out) = (&self.world.desk.endpoint, &mut self.world.out);
        let Some(message) = endpoint.read(flow, bytes, out) else {
            return;
        };
        let belongs_to = endpoint.belongs_to(&message);
        if belongs_to.is_some_and(|known| !self.world.belong_together(known, flow)) {
            let what = message.method();
            let text = format!("a stranger at {} speaks in a {what} of others", flow.remote);
            self.world.tell(Weight::Detail, None, text);
            if message.is_request() {
                let (endpoint, out) = (&self.world.desk.endpoint, &mut self.world.out);
                endpoint.refuse_at_once(flow, message, 481, "Call/Transaction Does Not Exist", out);
            }
            return;
        }
        let world = &mut self.world;
        let news = world.desk.endpoint.take(world.now, flow, message, &mut world.out);
        news.into_iter().for_each(|news| self.indicated(news));
        if self.world.desk.endpoint.take_shed() > 0 {
            let most = self.world.config.limits.max_transactions;
            let text = format!(
                "a request from {flow} is refused with 503: {most} transactions are at work already \
                 (limits.max_transactions); calls that stand go on"
            );
            self.world.warn_of("limits.max_transactions", text);
        }
    }

    /// A flow is gone, and with it all that can only go over it.
    pub fn closed(&mut self, flow: Flow) {
        let news = self
            .world
            .desk
            .endpoint
            .closed(self.world.now, flow, &mut self.world.out);
        news.into_iter().for_each(|news| self.indicated(news));
        self.world.desk.proven.forget(flow);
        let events = self.world.desk.registrar.flow_closed(flow);
        self.world.tells.extend(events);
    }

    /// Somebody has shown what these trunks must show.
    pub fn proven(&mut self, flow: Flow, trunks: Vec<String>) {
        self.world.recognised = Some(flow).filter(|_| !trunks.is_empty());
        self.world.desk.proven.learn(flow, trunks);
    }

    /// What the transactions have to tell.
    fn indicated(&mut self, news: Indication) {
        match news {
            Indication::Request {
                server,
                flow,
                message,
            } => self.requested(server, flow, message),
            Indication::Ack { flow, message } => self.acknowledged(flow, &message),
            Indication::Cancelled { server, message } => self.cancelled(server, Cause::said_in(&message)),
            // A caller whose connection is gone will never hear our answer: it has given up.
            Indication::Lost { server } => self.cancelled(server, None),
            Indication::Response {
                client,
                flow,
                message,
            } => self.responded(client, flow, &message),
            Indication::Challenged {
                client,
                flow,
                message,
                request,
                round,
            } => {
                let challenged = Challenged {
                    client,
                    flow,
                    refusal: message,
                    request: *request,
                    round,
                };
                if !self.answers_challenge(&challenged) {
                    self.responded(client, flow, &challenged.refusal);
                }
            }
            Indication::StrayOk {
                flow,
                message,
                is_repeated: true,
            } => self.confirm_late(flow, &message),
            Indication::StrayOk { flow, message, .. } => self.answered_late(flow, &message),
            Indication::TimedOut { client } => self.unanswered(client, 408),
            Indication::Failed { client } => self.unanswered(client, 503),
        }
    }

    /// The answer to a request of ours.
    fn responded(&mut self, client: ClientId, flow: Flow, message: &Message) {
        let status = message.status().unwrap_or(0);
        self.world.recognised = Some(flow);
        match self.conversations.of_client(client) {
            Some((id, leg)) => self.visit(id, |conversation, world| {
                conversation.responded(world, leg, client, message)
            }),
            None if self.world.line_answers(client, status, Some(message)) => {}
            None => self.confirm_late(flow, message),
        }
    }

    /// News from the media plane.
    pub fn media_says(&mut self, event: MediaEvent) {
        let MediaEvent {
            conversation,
            leg,
            what,
        } = event;
        match what {
            MediaHappening::Refused { why } => {
                self.visit(conversation, |story, world| story.port_refused(world, leg, &why));
            }
            MediaHappening::FirstPacket { from } => {
                self.world.tell(
                    Weight::Detail,
                    Some(conversation),
                    format!("{leg}: first RTP packet from {from}"),
                );
            }
            MediaHappening::Stranger { from } => {
                self.visit(conversation, |story, world| story.met_stranger(world, leg, from));
            }
            MediaHappening::Pressed(press) => {
                self.visit(conversation, |story, world| story.pressed(world, leg, press));
            }
            MediaHappening::HeldBack(press) => {
                self.visit(conversation, |story, world| story.held_back(world, leg, press));
            }
            MediaHappening::Silent => {
                self.visit(conversation, |story, world| story.fallen_silent(world, leg));
            }
            MediaHappening::Vacated { port, streams } => self.world.desk.ports.vacated(port, streams),
            MediaHappening::Closed(counters) => {
                let text = format!(
                    "{leg}: {} packets in, {} out, {} lost, {} discarded, {} from strangers, jitter {} ms",
                    counters.received,
                    counters.sent,
                    counters.lost,
                    counters.discarded,
                    counters.strangers,
                    counters.jitter_us / 1000,
                );
                self.world.tell(Weight::Detail, Some(conversation), text);
            }
        }
    }

    /// What a query found.
    pub fn found(&mut self, answer: Lookup) {
        match answer {
            Lookup::Trunk { name, found } => {
                self.world.trunk_is_found(&name, found);
                self.look_after_lines();
            }
            Lookup::Host {
                conversation,
                name,
                found,
            } => self.visit(conversation, |talk, world| {
                talk.host_is_found(world, &name, &found)
            }),
        }
    }

    /// Time has passed.
    pub fn wake(&mut self) {
        let now = self.world.now;
        let news = self.world.desk.endpoint.expire(now, &mut self.world.out);
        news.into_iter().for_each(|news| self.indicated(news));
        for id in self.conversations.due(now) {
            self.visit(id, Conversation::time_has_come);
        }
        let events = self.world.desk.registrar.expire(now);
        self.world.tells.extend(events);
        let events = self.world.desk.guard.expire(now);
        self.world.tells.extend(events);
        let events = self.world.desk.tallies.expire(now);
        self.world.tells.extend(events);
        self.look_after_lines();
    }

    /// Sees to it that we know where the trunks are, and how well.
    fn look_after_lines(&mut self) {
        if self.world.desk.door != Door::Open {
            return self.world.look_after_registrations();
        }
        let names = self.world.desk.lines.to_look_up(self.world.now);
        let queries = names
            .into_iter()
            .map(|name| Effect::LookUp(Query::Trunk { name }));
        self.effects.extend(queries);
        self.world.look_after_places();
        self.world.look_after_registrations();
    }

    /// Ends one conversation, or says that there is none of that name.
    pub fn hang_up(&mut self, id: ConversationId) -> bool {
        let there = self.conversations.get(id).is_some();
        self.visit(id, |conversation, world| {
            world.tell(Weight::Story, Some(id), "hung up by order".into());
            conversation.hang_up(world, "Q.850;cause=16");
        });
        there
    }

    /// A new conversation takes its first step.
    pub fn begin(&mut self, new: Conversation, first: impl FnOnce(&mut Conversation, &mut World<'_>)) {
        self.conversations
            .begin(new, &mut self.world, self.effects, first);
    }

    /// A conversation takes a step.
    pub fn visit(&mut self, id: ConversationId, step: impl FnOnce(&mut Conversation, &mut World<'_>)) {
        self.conversations.visit(id, &mut self.world, self.effects, step);
    }

    /// Two conversations take a step together.
    pub fn visit_both(
        &mut self,
        first: ConversationId,
        second: ConversationId,
        step: impl FnOnce(&mut Conversation, &mut Conversation, &mut World<'_>),
    ) {
        self.conversations
            .visit_both((first, second), &mut self.world, self.effects, step);
    }

    /// A request: within a dialog of ours if it carries our tag, and a visitor's otherwise.
    fn requested(&mut self, server: ServerId, flow: Flow, request: Message) {
        let to = request.to().ok();
        match to.as_ref().and_then(|to| to.tag()) {
            None => reception::receive(
                self,
                Visit {
                    server,
                    flow,
                    request,
                },
            ),
            Some(tag) => match self.conversations.of_tag(tag) {
                Some(place) => self.requested_within(place, server, flow, &request),
                None => self.refuse(server, &request, 481),
            },
        }
    }

    fn requested_within(&mut self, (id, leg): Place, server: ServerId, flow: Flow, request: &Message) {
        if let Err(refusal) = reception::understood(request) {
            return self.world.respond(server, refusal.draft(request));
        }
        if !self.is_from_far_end((id, leg), server, flow, request) {
            return;
        }
        if request.method() == Method::Refer {
            return self.referred((id, leg), server, flow, request);
        }
        self.visit(id, |conversation, world| {
            conversation.requested(world, leg, server, flow, request)
        });
    }

    fn acknowledged(&mut self, flow: Flow, ack: &Message) {
        let to = ack.to().ok();
        let place = to
            .as_ref()
            .and_then(|to| to.tag())
            .and_then(|tag| self.conversations.of_tag(tag));
        if let Some((id, leg)) = place.filter(|place| self.may_acknowledge(*place, flow, ack)) {
            self.visit(id, |conversation, world| {
                conversation.acknowledged(world, leg, ack)
            });
        }
    }

    /// A 2xx to an INVITE from somebody of whom we know nothing: a fork that has answered, too, to be taken up
    /// and put down, or one that comes again after a long time (RFC 3261 §13.2.2.4).
    fn answered_late(&mut self, flow: Flow, response: &Message) {
        let is_ok = matches!(response.status(), Some(200..=299));
        if !is_ok || response.method() != Method::Invite {
            return;
        }
        let Ok(mut dialog) = Dialog::opened_by(response) else {
            return;
        };
        match self.conversations.of_tag(dialog.local_tag()) {
            Some((id, leg)) => self.visit(id, |conversation, world| {
                conversation.answered_again(world, leg, flow, response);
            }),
            None => {
                self.world.send_ack(flow, dialog.ack(dialog.local_cseq));
                let bye = dialog.request(&Method::Bye);
                self.world.send(flow, bye);
            }
        }
    }

    /// A 2xx that has been taken up before, and whose ACK was lost, or one to a re-INVITE that nobody waits for any
    /// more, because a BYE has crossed it, is confirmed all the same, or it would come again and again (RFC 3261
    /// §13.2.2.4, RFC 5407 §3.2.3).
    fn confirm_late(&mut self, flow: Flow, response: &Message) {
        let is_ok = matches!(response.status(), Some(200..=299));
        if !is_ok || response.method() != Method::Invite {
            return;
        }
        let Ok(dialog) = Dialog::opened_by(response) else {
            return;
        };
        let ack = dialog.ack(dialog.local_cseq);
        match self.conversations.of_tag(dialog.local_tag()) {
            // It goes the way of the ACK before it, which need not be the one on which the answer has come.
            Some((id, leg)) => self.visit(id, |conversation, world| {
                let leg = conversation.legs.get(&leg);
                let way = leg.map_or(flow, |leg| world.way_along(leg, &dialog));
                world.send_ack(way, ack);
            }),
            None => self.world.send_ack(flow, ack),
        }
    }

    fn cancelled(&mut self, server: ServerId, cause: Option<Cause>) {
        if let Some((id, leg)) = self.conversations.of_server(server) {
            self.visit(id, |conversation, world| {
                conversation.cancelled(world, leg, cause)
            });
        }
    }

    fn unanswered(&mut self, client: ClientId, status: u16) {
        match self.conversations.of_client(client) {
            Some((id, leg)) => self.visit(id, |conversation, world| {
                conversation.unanswered(world, leg, client, status)
            }),
            None => drop(self.world.line_answers(client, status, None)),
        }
    }

    /// A request for a dialog that is not there.
    fn refuse(&mut self, server: ServerId, request: &Message, status: u16) {
        let draft: Draft = Refusal::new(status, String::new()).draft(request);
        self.world.respond_to_stranger(server, draft);
    }
}
