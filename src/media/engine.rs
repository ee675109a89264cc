//! One shard of the media plane: the ports of its conversations, and what passes between them.

use crate::id::{ConversationId, LegId, TapeId};
use crate::media::conversation::Conversation;
use crate::media::port::Port;
use crate::media::sound::Sound;
use crate::media::{melody, rtp};
use crate::time::Time;
use crate::wiring::{MediaEvent, Press, Wiring};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

/// Where the engine's output goes. Implementations must neither block nor allocate per packet.
pub trait Outlet {
    /// Send this RTP packet from the port of `leg`.
    fn rtp(&mut self, leg: LegId, to: SocketAddr, packet: &[u8]);
    /// Send this RTCP packet from the port of `leg`.
    fn rtcp(&mut self, leg: LegId, to: SocketAddr, packet: &[u8]);
    /// Write these samples to a tape.
    fn tape(&mut self, block: &TapeBlock);
    /// Tell call control.
    fn event(&mut self, event: MediaEvent);
}

/// Some consecutive samples of one tape, both channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapeBlock {
    /// Which tape.
    pub tape: TapeId,
    /// Samples per second and channel.
    pub rate: u32,
    /// Where the first sample stands on the timeline, in samples since its start.
    pub position: u64,
    /// How many of `samples` are meant.
    pub length: usize,
    /// Left and right.
    pub samples: [[i16; 2]; TapeBlock::CAPACITY],
    /// Where on the timeline before the end of this block, in samples, somebody has spoken who is not on the tape, as
    /// has become known since the block before it.
    pub missing: Option<(u64, u64)>,
}

impl TapeBlock {
    /// Samples per channel that one block can hold: 100 ms at 8 kHz, 50 ms at 16 kHz.
    pub const CAPACITY: usize = 800;
}

/// The sounds that we make ourselves, at 8 kHz, played round and round.
#[derive(Clone, Debug)]
pub struct Sounds {
    /// Hold music.
    pub music: std::sync::Arc<[i16]>,
}

impl Sounds {
    /// The sounds that come with the house: a soft melody that goes round in sixteen seconds.
    pub fn built_in() -> Sounds {
        Sounds {
            music: melody::render().into(),
        }
    }
}

/// One shard of the media plane.
#[derive(Debug)]
pub struct Engine {
    sounds: Sounds,
    /// What the packet that is being passed on says.
    said: Sound,
    conversations: BTreeMap<ConversationId, Seat>,
    /// Whose table named a leg last.
    legs: BTreeMap<LegId, ConversationId>,
    /// When each conversation wants its tick; those that want none are not in it.
    agenda: BTreeSet<(Time, ConversationId)>,
}

/// A leg on its way from one engine to another, its streams unbroken.
#[derive(Debug)]
pub struct Traveller(Box<Port>);

/// A conversation and its entry in the agenda.
#[derive(Debug)]
struct Seat {
    conversation: Conversation,
    due: Option<Time>,
}

impl Engine {
    /// An engine without conversations.
    pub fn new(sounds: Sounds) -> Engine {
        Engine {
            sounds,
            said: Sound::new(),
            conversations: BTreeMap::new(),
            legs: BTreeMap::new(),
            agenda: BTreeSet::new(),
        }
    }

    /// Plays these sounds from now on, also to those who listen already.
    pub fn play(&mut self, sounds: Sounds) {
        self.sounds = sounds;
    }

    /// Makes it so: legs new in the table get a port, legs gone from it lose theirs (and are reported
    /// with [`crate::wiring::MediaHappening::Closed`]). The same table again changes nothing.
    ///
    /// A leg that another conversation's table has named comes over with its streams unbroken; the table
    /// that names it last has it.
    pub fn wire(&mut self, now: Time, id: ConversationId, wiring: &Wiring, out: &mut dyn Outlet) {
        let arrivals = self.release_to(id, wiring);
        let seat = self.seat(id);
        for port in arrivals {
            seat.conversation.join(port);
        }
        for gone in seat.conversation.wire(now, wiring, out) {
            self.legs.remove(&gone);
        }
        self.legs.extend(wiring.rows.iter().map(|row| (row.leg, id)));
        self.file(id);
    }

    /// Lets a leg go to another engine; none if it is not here. The table that names it next must be sent there.
    pub fn release(&mut self, leg: LegId) -> Option<Traveller> {
        let id = self.legs.remove(&leg)?;
        let port = self.conversations.get_mut(&id)?.conversation.release(leg)?;
        self.file(id);
        Some(Traveller(Box::new(port)))
    }

    /// Takes in a leg that another engine has released, for the conversation whose table is about to name it.
    pub fn admit(&mut self, id: ConversationId, traveller: Traveller) {
        let Traveller(port) = traveller;
        self.legs.insert(port.leg, id);
        self.seat(id).conversation.join(*port);
    }

    /// An RTP packet has arrived at the port of `leg`.
    pub fn rtp(&mut self, now: Time, leg: LegId, from: SocketAddr, packet: &mut [u8], out: &mut dyn Outlet) {
        if rtp::is_rtcp(packet) {
            self.rtcp(now, leg, from, packet, out);
            return;
        }
        let Some(&id) = self.legs.get(&leg) else { return };
        let Some(seat) = self.conversations.get_mut(&id) else {
            return;
        };
        if seat.conversation.rtp(now, leg, from, packet, &mut self.said, out) {
            self.file(id);
        }
    }

    /// An RTCP packet has arrived at the port of `leg`.
    pub fn rtcp(&mut self, now: Time, leg: LegId, from: SocketAddr, packet: &[u8], _out: &mut dyn Outlet) {
        if let Some(conversation) = self.conversation_of(leg) {
            conversation.rtcp(now, leg, from, packet);
        }
    }

    /// A key was pressed on this leg, which has said so by other means than RTP: whoever hears the leg and
    /// takes telephone events gets it as one (RFC 4733), after those that wait already. It is told like one that
    /// came by RTP, unless this leg tells all its keys in both ways.
    pub fn press(&mut self, now: Time, leg: LegId, press: Press, out: &mut dyn Outlet) {
        let Some(&id) = self.legs.get(&leg) else { return };
        if let Some(conversation) = self.conversation_of(leg) {
            conversation.press(now, leg, press, out);
            self.file(id);
        }
    }

    /// A key of this leg that was held back is to be heard after all, as long as it was down.
    pub fn let_pass(&mut self, now: Time, leg: LegId, press: Press) {
        let Some(&id) = self.legs.get(&leg) else { return };
        if let Some(conversation) = self.conversation_of(leg) {
            conversation.let_pass(now, leg, press);
            self.file(id);
        }
    }

    /// When [`Engine::tick`] wants to be called next; none while there is nothing to do.
    pub fn deadline(&self) -> Option<Time> {
        self.agenda.first().map(|(due, _)| *due)
    }

    /// Time has come: tones, tapes, RTCP reports. Costs nothing for conversations that want nothing now.
    pub fn tick(&mut self, now: Time, out: &mut dyn Outlet) {
        // Everything due leaves the agenda before anything is done, so that no conversation, whatever it
        // asks for next, can keep the others waiting.
        let later = self
            .agenda
            .split_off(&(now + Duration::from_micros(1), ConversationId(0)));
        for (_, id) in std::mem::replace(&mut self.agenda, later) {
            if let Some(seat) = self.conversations.get_mut(&id) {
                seat.due = None;
                seat.conversation.tick(now, &self.sounds, &mut self.said, out);
                self.file(id);
            }
        }
    }

    fn seat(&mut self, id: ConversationId) -> &mut Seat {
        self.conversations.entry(id).or_insert_with(|| Seat {
            conversation: Conversation::new(id),
            due: None,
        })
    }

    /// Takes the legs of this table out of the conversations that have them now.
    fn release_to(&mut self, id: ConversationId, wiring: &Wiring) -> Vec<Port> {
        let mut released = vec![];
        for row in &wiring.rows {
            let Some(&from) = self.legs.get(&row.leg).filter(|from| **from != id) else {
                continue;
            };
            let port = self
                .conversations
                .get_mut(&from)
                .and_then(|seat| seat.conversation.release(row.leg));
            released.extend(port);
            self.legs.remove(&row.leg);
            self.file(from);
        }
        released
    }

    /// Brings a conversation's entry in the agenda up to date, or forgets the conversation if it is over.
    fn file(&mut self, id: ConversationId) {
        let Some(seat) = self.conversations.get_mut(&id) else {
            return;
        };
        if let Some(old) = seat.due.take() {
            self.agenda.remove(&(old, id));
        }
        if seat.conversation.is_over() {
            self.conversations.remove(&id);
            return;
        }
        seat.due = seat.conversation.due();
        self.agenda.extend(seat.due.map(|due| (due, id)));
    }

    fn conversation_of(&mut self, leg: LegId) -> Option<&mut Conversation> {
        let id = self.legs.get(&leg)?;
        self.conversations.get_mut(id).map(|seat| &mut seat.conversation)
    }
}
