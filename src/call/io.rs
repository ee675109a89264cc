//! What goes into the switch and what comes out of it: the whole border of the pure middle.

use super::Event;
use super::click_to_dial::Dial;
use super::gesture::Gesture;
use super::line::Found;
use super::recording::TapeStory;
use super::view::{CallView, RegistrationView, StatusView, TrunkView};
use crate::id::{ConversationId, LegId};
use crate::sip::Flow;
use crate::wiring::{MediaEvent, Press, Wiring};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Everything that can happen to the switch.
#[derive(Clone, Debug)]
pub enum Input {
    /// One datagram, or one message cut out of a stream.
    Packet(Flow, Bytes),
    /// This flow is gone: the connection closed, or could not be opened, or the network refused the
    /// datagram.
    Closed(Flow),
    /// Whoever opened this connection has shown what these trunks must show, and nothing else; it comes before its
    /// first message. Nobody who has shown nothing need be told of.
    Proven(Flow, Vec<String>),
    /// News from the media plane.
    Media(MediaEvent),
    /// Somebody who runs the switch wants something.
    Order(OrderId, Order),
    /// What a [`Query`] found.
    Answer(Lookup),
    /// Time has passed; nothing else has happened.
    Deadline,
}

/// Everything that the switch wants done, in this order.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Send this on this flow, opening the connection if there is none.
    Transmit(Flow, Bytes),
    /// Make the media of this conversation so. An empty wiring ends it.
    Wire(ConversationId, Wiring),
    /// This key was pressed on this leg, which has said so by other means than RTP; the media plane treats it
    /// like one that came as an RTP event, and tells of it. It is something that happens and not a state, so no
    /// wiring can say it.
    Press(ConversationId, LegId, Press),
    /// This key of this leg was held back, and is to be heard after all.
    LetPass(ConversationId, LegId, Press),
    /// Whoever has sent the message over this flow has shown who it is: a phone its password, a trunk what it is known
    /// by, a party its call. What it sends is to be served, and its connection kept, before those of strangers.
    Recognise(Flow),
    /// Find this out and come back with [`Input::Answer`].
    LookUp(Query),
    /// Keep this beside the tape (the whole story so far; the newest replaces the older).
    Keep(TapeStory),
    /// Answer to an order.
    Reply(OrderId, Reply),
    /// Tell the people who run the switch.
    Tell(Event),
}

/// The effects of one step, in order.
pub type Effects = Vec<Effect>;

/// Names one order, so that its answer finds the asker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OrderId(pub u64);

/// What the people who run the switch can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// How are we?
    Status,
    /// The live conversations.
    Calls,
    /// The registered contacts.
    Registrations,
    /// The trunks.
    Trunks,
    /// Call somebody for an agent.
    Dial(Dial),
    /// End this conversation.
    HangUp(ConversationId),
    /// Do with this conversation what an agent in it could do.
    Gesture {
        /// Which conversation.
        id: ConversationId,
        /// The extension of the agent; needed only where there are several.
        agent: Option<String>,
        /// What is to be done.
        gesture: Gesture,
    },
    /// End every conversation and take no new ones; answered when the last one has ended.
    ShutDown,
}

/// The answers to orders.
#[derive(Clone, Debug)]
pub enum Reply {
    /// To [`Order::Status`].
    Status(StatusView),
    /// To [`Order::Calls`].
    Calls(Vec<CallView>),
    /// To [`Order::Registrations`].
    Registrations(Vec<RegistrationView>),
    /// To [`Order::Trunks`].
    Trunks(Vec<TrunkView>),
    /// It is done, and this is how the conversation stands now.
    Call(CallView),
    /// It cannot be done.
    Refused {
        /// A SIP status that says what kind of refusal it is.
        status: u16,
        /// Why, in a sentence.
        why: String,
    },
    /// It is done.
    Done,
    /// There is nothing of that name.
    NotFound,
}

/// Something that only the outside world can find out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Where is this trunk, and over which flows can it be reached?
    Trunk {
        /// The trunk's name in the configuration.
        name: String,
    },
    /// Which addresses has this host, where somebody in this conversation listens?
    Host {
        /// Who wants to know.
        conversation: ConversationId,
        /// The name of the host.
        name: String,
    },
}

/// What a [`Query`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Where a trunk is, or a sentence that says why nobody can tell or reach it. The switch asks again after a while.
    Trunk {
        /// The trunk's name in the configuration.
        name: String,
        /// Its servers.
        found: Result<Found, String>,
    },
    /// The addresses of a host, or a sentence that says why nobody can tell.
    Host {
        /// Who wants to know.
        conversation: ConversationId,
        /// The name of the host.
        name: String,
        /// Its addresses, of one receiver each.
        found: Result<Vec<IpAddr>, String>,
    },
}
