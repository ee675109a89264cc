//! All conversations, and how to find the one that a message belongs to.

use super::conversation::{Conversation, Story};
use super::event::Weight;
use super::io::{Effect, Effects};
use super::leg::Leg;
use super::recording::{Tape, TapeStory};
use super::world::{Channels, World};
use crate::id::{ConversationId, LegId};
use crate::sip::endpoint::{ClientId, ServerId};
use crate::time::Time;
use crate::wiring::Wiring;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Where something belongs.
pub type Place = (ConversationId, LegId);

/// All conversations. They are only ever touched by [`Conversations::visit`], which sees to it that
/// everything that follows from a conversation's state follows.
#[derive(Debug, Default, Serialize)]
pub struct Conversations {
    all: BTreeMap<ConversationId, Conversation>,
    #[serde(skip)]
    index: Index,
}

/// How to find a place. Derived from the conversations, and never stored.
#[derive(Debug, Default)]
struct Index {
    tags: BTreeMap<String, Place>,
    clients: BTreeMap<ClientId, Place>,
    servers: BTreeMap<ServerId, Place>,
    channels: Channels,
    alarms: BTreeSet<(Time, ConversationId)>,
}

/// What others were told of a conversation before a visit.
#[derive(Default)]
struct Told {
    wiring: Wiring,
    stories: Vec<TapeStory>,
    ports: BTreeSet<u16>,
}

impl Conversations {
    /// Every conversation, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Conversation> {
        self.all.values()
    }

    /// One conversation.
    pub fn get(&self, id: ConversationId) -> Option<&Conversation> {
        self.all.get(&id)
    }

    /// The dialog that has this tag of ours in it.
    pub fn of_tag(&self, tag: &str) -> Option<Place> {
        self.index.tags.get(tag).copied()
    }

    /// The leg that waits for the answer in this transaction of ours.
    pub fn of_client(&self, client: ClientId) -> Option<Place> {
        self.index.clients.get(&client).copied()
    }

    /// The leg whose request this transaction of theirs carries.
    pub fn of_server(&self, server: ServerId) -> Option<Place> {
        self.index.servers.get(&server).copied()
    }

    /// What is taken of trunks, and on whose account.
    pub fn channels(&self) -> &Channels {
        &self.index.channels
    }

    /// When the next conversation wants to be looked at.
    pub fn deadline(&self) -> Option<Time> {
        self.index.alarms.first().map(|(at, _)| *at)
    }

    /// The conversations that want to be looked at by now.
    pub fn due(&self, now: Time) -> Vec<ConversationId> {
        self.index
            .alarms
            .iter()
            .take_while(|(at, _)| *at <= now)
            .map(|(_, id)| *id)
            .collect()
    }

    /// A new conversation takes its first step.
    pub fn begin<R>(
        &mut self,
        mut new: Conversation,
        world: &mut World<'_>,
        effects: &mut Effects,
        step: impl FnOnce(&mut Conversation, &mut World<'_>) -> R,
    ) -> R {
        // Its ports are known from the start, so that a first step that fails gives them back.
        let told = Told {
            ports: ports(&new),
            ..Told::default()
        };
        let result = self.beside_the_others(world, |world| step(&mut new, world));
        self.settle(new, told, world, effects);
        result
    }

    /// A conversation takes a step. What others must know of it is compared with what they knew before.
    pub fn visit(
        &mut self,
        id: ConversationId,
        world: &mut World<'_>,
        effects: &mut Effects,
        step: impl FnOnce(&mut Conversation, &mut World<'_>),
    ) {
        let Some(mut conversation) = self.all.remove(&id) else {
            return;
        };
        self.index.forget(&conversation);
        let told = Told::of(&conversation);
        self.beside_the_others(world, |world| step(&mut conversation, world));
        self.settle(conversation, told, world, effects);
    }

    /// Two conversations take a step together, in which legs may go from the second into the first, or from
    /// the first into the second. A leg that moves keeps its port, so whoever gains comes first.
    pub fn visit_both(
        &mut self,
        (first, second): (ConversationId, ConversationId),
        world: &mut World<'_>,
        effects: &mut Effects,
        step: impl FnOnce(&mut Conversation, &mut Conversation, &mut World<'_>),
    ) {
        let Some(mut one) = self.all.remove(&first) else {
            return;
        };
        let Some(mut other) = self.all.remove(&second) else {
            self.all.insert(first, one);
            return;
        };
        self.index.forget(&one);
        self.index.forget(&other);
        let (mut told, mut told_other) = (Told::of(&one), Told::of(&other));
        let before: BTreeSet<u16> = told.ports.union(&told_other.ports).copied().collect();
        self.beside_the_others(world, |world| step(&mut one, &mut other, world));
        one.follow(world);
        other.follow(world);
        let kept: BTreeSet<u16> = ports(&one).union(&ports(&other)).copied().collect();
        told.ports = before.difference(&kept).copied().collect();
        told_other.ports = BTreeSet::new();
        match other.story == Story::Over {
            true => {
                self.settle(one, told, world, effects);
                self.settle(other, told_other, world, effects);
            }
            false => {
                self.settle(other, told_other, world, effects);
                self.settle(one, told, world, effects);
            }
        }
    }

    /// Lets a step be taken that knows what the other conversations take.
    pub fn beside_the_others<R>(
        &mut self,
        world: &mut World<'_>,
        step: impl FnOnce(&mut World<'_>) -> R,
    ) -> R {
        world.channels = std::mem::take(&mut self.index.channels);
        let result = step(world);
        self.index.channels = std::mem::take(&mut world.channels);
        result
    }

    fn settle(
        &mut self,
        mut conversation: Conversation,
        told: Told,
        world: &mut World<'_>,
        effects: &mut Effects,
    ) {
        let id = conversation.id;
        conversation.follow(world);
        self.relates(&mut conversation, &told, effects);
        let stories = conversation.tape_stories();
        let news = stories.into_iter().filter(|story| !told.stories.contains(story));
        effects.extend(news.map(Effect::Keep));
        let wiring = conversation.wiring();
        if wiring != told.wiring {
            effects.push(Effect::Wire(id, wiring));
        }
        conversation.seek_hosts(effects);
        for port in told.ports.difference(&ports(&conversation)) {
            world.desk.ports.give_back(world.now, *port);
        }
        if conversation.is_gone() {
            world.tell(Weight::Detail, Some(id), "nothing is left of it".into());
            return;
        }
        self.index.note(&conversation);
        self.all.insert(id, conversation);
    }
}

impl Conversations {
    /// If the tape of a conversation has just begun, and one of its agents is on another one at the same time, each says so
    /// of the other.
    fn relates(&mut self, new: &mut Conversation, told: &Told, effects: &mut Effects) {
        let tape = new.tape.as_ref().filter(|tape| tape.runs());
        let is_new = |tape: &Tape| told.stories.iter().all(|story| story.tape != tape.id);
        if !tape.is_some_and(is_new) {
            return;
        }
        for other in self.all.values_mut() {
            if new.is_meanwhile(other) {
                let news = other.tape.as_ref().map(|tape| tape.story(other));
                effects.extend(news.map(Effect::Keep));
            }
        }
    }
}

impl Told {
    fn of(conversation: &Conversation) -> Told {
        Told {
            wiring: conversation.wiring(),
            stories: conversation.tape_stories(),
            ports: ports(conversation),
        }
    }
}

impl Index {
    fn note(&mut self, conversation: &Conversation) {
        self.channels.take(conversation);
        for leg in conversation.legs.values() {
            let place = (conversation.id, leg.id);
            self.tags.insert(leg.dialog.local_tag().to_owned(), place);
            self.clients.extend(leg.clients().map(|client| (client, place)));
            self.servers.extend(leg.server().map(|server| (server, place)));
        }
        self.alarms
            .extend(conversation.deadline().map(|at| (at, conversation.id)));
    }

    fn forget(&mut self, conversation: &Conversation) {
        self.channels.give_back(conversation);
        for leg in conversation.legs.values() {
            self.tags.remove(leg.dialog.local_tag());
            for client in leg.clients() {
                self.clients.remove(&client);
            }
            leg.server().map(|server| self.servers.remove(&server));
        }
        conversation
            .deadline()
            .map(|at| self.alarms.remove(&(at, conversation.id)));
    }
}

fn ports(conversation: &Conversation) -> BTreeSet<u16> {
    let with_port = conversation.legs.values().filter(|leg| Leg::has_port(leg));
    with_port.map(|leg| leg.media.port).collect()
}

impl<'de> Deserialize<'de> for Conversations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Stored {
            all: BTreeMap<ConversationId, Conversation>,
        }
        let all = Stored::deserialize(deserializer)?.all;
        let mut index = Index::default();
        all.values().for_each(|conversation| index.note(conversation));
        Ok(Conversations { all, index })
    }
}
