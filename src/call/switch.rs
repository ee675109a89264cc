//! The switch: one value that holds all signalling state, moved on by one function.

use super::class_of_service::CallsOut;
use super::click_to_dial::Dial;
use super::conversation::Story;
use super::conversations::Conversations;
use super::event::Weight;
use super::gesture::Gesture;
use super::guard::Guard;
use super::io::{Effect, Effects, Input, Order, OrderId, Reply};
use super::line::Lines;
use super::ports::{self, Ports};
use super::proven::Proven;
use super::refusal::Refusal;
use super::registrar::Registrar;
use super::step::Step;
use super::tally::Tallies;
use super::view::{CallView, StatusView, TrunkView};
use super::world::{Channels, Desk, Door, Ids, World, endpoint_settings, terms};
use crate::config::Config;
use crate::id::ConversationId;
use crate::sip::Chance;
use crate::sip::auth::Challenger;
use crate::sip::endpoint::Endpoint;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// All signalling state. One thread owns it, so there is nothing to lock and nothing to race.
#[derive(Debug)]
pub struct Switch {
    config: Arc<Config>,
    pub(super) state: State,
}

/// What a snapshot holds.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) desk: Desk,
    pub(super) conversations: Conversations,
}

/// How many things the switch holds; all zero after every story, or something leaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Live conversations.
    pub conversations: usize,
    /// Their legs.
    pub legs: usize,
    /// SIP transactions.
    pub transactions: usize,
    /// RTP ports in use.
    pub ports: usize,
}

impl Switch {
    /// A switch without calls. `seed` is the source of all its tags, branches, Call-IDs and nonces.
    pub fn new(config: Arc<Config>, seed: [u8; 32], now: Time, effects: &mut Effects) -> Switch {
        let mut chance = Chance::new(seed);
        let desk = Desk {
            endpoint: Endpoint::new(endpoint_settings(&config), &mut chance),
            challenger: Challenger::new(terms(&config), &mut chance),
            guard: Guard::default(),
            tallies: Tallies::default(),
            proven: Proven::default(),
            chance,
            registrar: Registrar::new(),
            ports: Ports::default(),
            lines: Lines::default(),
            calls_out: CallsOut::default(),
            started: now,
            door: Door::Open,
            ids: Ids::default(),
        };
        let mut switch = Switch::resumed(
            config,
            State {
                desk,
                conversations: Conversations::default(),
            },
        );
        switch.step(now, Input::Deadline, effects);
        switch
    }

    /// The switch that had this state.
    pub(super) fn resumed(config: Arc<Config>, mut state: State) -> Switch {
        state.desk.endpoint.set_up(endpoint_settings(&config));
        state.desk.challenger.set_up(terms(&config));
        state.desk.lines.set_up(&config);
        Switch { config, state }
    }

    /// One step: something has happened, and this is what is to be done about it. The wiring comes before
    /// the messages that rely on it.
    pub fn step(&mut self, now: Time, input: Input, effects: &mut Effects) {
        let State { desk, conversations } = &mut self.state;
        let world = World {
            now,
            config: &self.config,
            desk,
            out: Vec::new(),
            tells: Vec::new(),
            presses: Vec::new(),
            let_pass: Vec::new(),
            recognised: None,
            channels: Channels::new(),
        };
        let mut step = Step {
            world,
            conversations,
            effects,
        };
        match input {
            Input::Packet(flow, bytes) => step.arrived(flow, bytes),
            Input::Closed(flow) => step.closed(flow),
            Input::Proven(flow, trunks) => step.proven(flow, trunks),
            Input::Media(event) => step.media_says(event),
            Input::Answer(answer) => step.found(answer),
            Input::Deadline => step.wake(),
            Input::Order(id, order) => step.obey(id, &order),
        }
        let World {
            out,
            tells,
            presses,
            let_pass,
            recognised,
            ..
        } = step.world;
        effects.extend(recognised.map(Effect::Recognise));
        effects.extend(
            out.into_iter()
                .map(|sent| Effect::Transmit(sent.flow, sent.bytes)),
        );
        let presses = presses.into_iter();
        effects.extend(presses.map(|(conversation, leg, press)| Effect::Press(conversation, leg, press)));
        let let_pass = let_pass.into_iter();
        effects.extend(let_pass.map(|(conversation, leg, press)| Effect::LetPass(conversation, leg, press)));
        effects.extend(tells.into_iter().map(Effect::Tell));
        self.last_words(effects);
    }

    /// When [`Input::Deadline`] is due, unless something else happens before.
    pub fn deadline(&self) -> Option<Time> {
        let desk = &self.state.desk;
        let lines = match desk.door {
            Door::Open => desk.lines.deadline(&self.config),
            Door::Closing(_) | Door::Closed => desk.lines.leaves_by(),
        };
        let all = [
            desk.endpoint.deadline(),
            desk.registrar.deadline(),
            desk.guard.deadline(),
            desk.tallies.deadline(),
            lines,
            self.state.conversations.deadline(),
        ];
        all.into_iter().flatten().min()
    }

    /// One live conversation as it is shown; none if there is none of that name, or it is over.
    pub fn call(&self, id: ConversationId) -> Option<CallView> {
        let conversation = self.state.conversations.get(id);
        conversation
            .filter(|talk| talk.story != Story::Over)
            .map(CallView::of)
    }

    /// How many things it holds.
    pub fn census(&self) -> Census {
        let conversations = &self.state.conversations;
        Census {
            conversations: conversations.iter().count(),
            legs: conversations
                .iter()
                .map(|conversation| conversation.legs.len())
                .sum(),
            transactions: self.state.desk.endpoint.len(),
            ports: self.state.desk.ports.taken(),
        }
    }

    /// Whoever told us to go down is told when the last conversation has ended.
    fn last_words(&mut self, effects: &mut Effects) {
        if self.state.conversations.iter().next().is_none()
            && self.state.desk.lines.leaves_by().is_none()
            && let Door::Closing(id) = self.state.desk.door
        {
            self.state.desk.door = Door::Closed;
            effects.push(Effect::Reply(id, Reply::Done));
        }
    }
}

impl Step<'_> {
    fn obey(&mut self, id: OrderId, order: &Order) {
        let reply = match order {
            Order::Status => Reply::Status(self.status()),
            Order::Calls => Reply::Calls(self.calls()),
            Order::Registrations => Reply::Registrations(self.world.desk.registrar.views()),
            Order::Trunks => Reply::Trunks(self.trunks()),
            Order::Dial(dial) => self.dial_by_order(dial),
            Order::HangUp(conversation) if self.hang_up(*conversation) => Reply::Done,
            Order::HangUp(_) => Reply::NotFound,
            Order::Gesture { id, agent, gesture } => self.gesture(*id, agent.as_deref(), gesture),
            Order::ShutDown => return self.shut_down(id),
        };
        self.effects.push(Effect::Reply(id, reply));
    }

    fn dial_by_order(&mut self, order: &Dial) -> Reply {
        match self.dial(order) {
            Ok(id) => match self.conversations.get(id) {
                Some(conversation) => Reply::Call(CallView::of(conversation)),
                None => Reply::Done,
            },
            Err(Refusal { status, why, .. }) => {
                let text = format!("no call is made for {}: {why}", order.from);
                self.world.tell(Weight::Warning, None, text);
                Reply::Refused { status, why }
            }
        }
    }

    fn gesture(&mut self, id: ConversationId, agent: Option<&str>, gesture: &Gesture) -> Reply {
        let mut result = None;
        self.visit(id, |conversation, world| {
            result = Some(conversation.gesture(world, agent, gesture));
        });
        match (result, self.conversations.get(id)) {
            (Some(Ok(())), Some(conversation)) => Reply::Call(CallView::of(conversation)),
            (Some(Ok(())), None) => Reply::Done,
            (Some(Err(Refusal { status, why, .. })), _) => Reply::Refused { status, why },
            (None, _) => Reply::NotFound,
        }
    }

    fn shut_down(&mut self, id: OrderId) {
        self.world.desk.door = Door::Closing(id);
        let all: Vec<_> = self
            .conversations
            .iter()
            .map(|conversation| conversation.id)
            .collect();
        for conversation in all {
            self.hang_up(conversation);
        }
        self.world.leave_registrars();
    }

    fn status(&self) -> StatusView {
        let desk = &*self.world.desk;
        StatusView {
            started: desk.started,
            calls: self.live().count(),
            max_calls: self.world.config.limits.max_calls,
            registrations: desk.registrar.len(),
            transactions: desk.endpoint.len(),
            ports: desk.ports.taken(),
            max_ports: ports::pairs(&self.world.config.media),
        }
    }

    fn calls(&self) -> Vec<CallView> {
        self.live().map(CallView::of).collect()
    }

    fn live(&self) -> impl Iterator<Item = &super::conversation::Conversation> {
        self.conversations
            .iter()
            .filter(|conversation| conversation.story != Story::Over)
    }

    fn trunks(&self) -> Vec<TrunkView> {
        let world = &self.world;
        let channels = self.conversations.channels();
        let trunks = world.config.trunks.iter().filter_map(|(name, trunk)| {
            let line = world.desk.lines.get(name)?;
            let calls = channels.of_trunk(name);
            Some(TrunkView::of(world.now, name, trunk, line, calls))
        });
        trunks.collect()
    }
}
