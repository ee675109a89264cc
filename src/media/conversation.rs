//! The ports of one conversation and its tape: everything that one table of who hears whom is about.

use crate::id::{ConversationId, LegId};
use crate::media::engine::{Outlet, Sounds};
use crate::media::lane::Speech;
use crate::media::port::{Content, Heard, Port};
use crate::media::tape::Tape;
use crate::time::Time;
use crate::wiring::{MediaEvent, MediaHappening, Press, TapeRow, Wiring};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// One conversation as the media plane knows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Conversation {
    id: ConversationId,
    /// A handful, so a scan is quicker than any map.
    ports: Vec<Port>,
    tape: Option<Tape>,
}

impl Conversation {
    /// A conversation of nobody.
    pub(super) fn new(id: ConversationId) -> Conversation {
        Conversation {
            id,
            ports: vec![],
            tape: None,
        }
    }

    /// Nobody is left, and no tape runs.
    pub(super) fn is_over(&self) -> bool {
        self.ports.is_empty() && self.tape.is_none()
    }

    /// Makes the ports and the tape what the table says. Returns the legs that have lost their port.
    pub(super) fn wire(&mut self, now: Time, wiring: &Wiring, out: &mut dyn Outlet) -> Vec<LegId> {
        // The tape goes first: those who leave have been heard until now.
        self.wire_tape(now, wiring.tape.as_ref(), out);
        let stays = |port: &mut Port| wiring.rows.iter().any(|row| row.leg == port.leg);
        let gone: Vec<Port> = self.ports.extract_if(.., |port| !stays(port)).collect();
        let legs_gone = gone.iter().map(|port| port.leg).collect();
        for port in gone {
            let (leg, counters) = (port.leg, port.close(now, out));
            self.tell(leg, MediaHappening::Closed(counters), out);
        }
        for row in &wiring.rows {
            match self.port(row.leg) {
                Some(port) => port.rewire(now, row),
                None => self.ports.push(Port::new(now, row)),
            }
        }
        legs_gone
    }

    /// Takes in a leg that comes from another conversation, its streams unbroken.
    pub(super) fn join(&mut self, port: Port) {
        self.ports.push(port);
    }

    /// Lets a leg go to another conversation.
    pub(super) fn release(&mut self, leg: LegId) -> Option<Port> {
        let index = self.ports.iter().position(|port| port.leg == leg)?;
        Some(self.ports.remove(index))
    }

    /// RTP has come in: to the tape with it, and to all who hear this leg.
    pub(super) fn rtp(
        &mut self,
        now: Time,
        leg: LegId,
        from: SocketAddr,
        packet: &mut [u8],
        out: &mut dyn Outlet,
    ) {
        let Some(heard) = self.port(leg).and_then(|port| port.receive(now, from, packet)) else {
            return;
        };
        if heard.first {
            self.tell(leg, MediaHappening::FirstPacket { from }, out);
        }
        if let Some(press) = heard.pressed {
            self.tell(leg, MediaHappening::Pressed(press), out);
        }
        self.record(now, &heard, packet);
        self.relay(now, heard, packet, out);
    }

    /// RTCP has come in.
    pub(super) fn rtcp(&mut self, now: Time, leg: LegId, from: SocketAddr, packet: &[u8]) {
        if let Some(port) = self.port(leg) {
            port.receive_rtcp(now, from, packet);
        }
    }

    /// A key was pressed on this leg, which has said so by other means than RTP. If it tells of its keys by
    /// RTP as well, that is how they are heard: a key that is told in two ways is still pressed once.
    pub(super) fn press(&mut self, now: Time, leg: LegId, press: Press) {
        if self.port(leg).is_some_and(|port| port.tells_keys()) {
            return;
        }
        for port in self.ports.iter_mut().filter(|port| port.hears(leg)) {
            port.press(now, press);
        }
    }

    /// When there is something to do without a packet coming in.
    pub(super) fn due(&self) -> Option<Time> {
        let ports = self.ports.iter().filter_map(Port::due);
        ports.chain(self.tape.as_ref().map(Tape::due)).min()
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, now: Time, sounds: &Sounds, out: &mut dyn Outlet) {
        for port in &mut self.ports {
            port.tick(now, sounds, out);
        }
        let is_silent = |port: &mut Port| port.has_fallen_silent(now).then_some(port.leg);
        let silent: Vec<LegId> = self.ports.iter_mut().filter_map(is_silent).collect();
        for leg in silent {
            self.tell(leg, MediaHappening::Silent, out);
        }
        if let Some(tape) = &mut self.tape {
            tape.tick(now, out);
        }
    }

    fn wire_tape(&mut self, now: Time, row: Option<&TapeRow>, out: &mut dyn Outlet) {
        self.tape = match (self.tape.take(), row) {
            (Some(mut tape), Some(row)) if tape.id == row.tape => {
                tape.rewire(now, row);
                Some(tape)
            }
            (old, row) => {
                if let Some(old) = old {
                    old.finish(now, out);
                }
                row.map(|row| Tape::new(now, row))
            }
        };
    }

    fn record(&mut self, now: Time, heard: &Heard, packet: &[u8]) {
        if let (Some(tape), Content::Voice(codec)) = (&mut self.tape, heard.content) {
            let (generation, timestamp) = (heard.place.generation, heard.header.timestamp);
            let payload = &packet[heard.payload.clone()];
            tape.hear(
                now,
                heard.speaker,
                &Speech {
                    generation,
                    timestamp,
                    codec,
                    payload,
                },
            );
        }
    }

    /// Those who share the speaker's codec get the packet first: for the others it is changed where it lies.
    fn relay(&mut self, now: Time, mut heard: Heard, packet: &mut [u8], out: &mut dyn Outlet) {
        let (speaker, spoken) = (heard.speaker, heard.content.codec());
        for shares_codec in [true, false] {
            let listens = |port: &&mut Port| port.hears(speaker) && (port.codec() == spoken) == shares_codec;
            for port in self.ports.iter_mut().filter(listens) {
                port.relay(now, &mut heard, packet, out);
            }
        }
    }

    fn port(&mut self, leg: LegId) -> Option<&mut Port> {
        self.ports.iter_mut().find(|port| port.leg == leg)
    }

    fn tell(&self, leg: LegId, what: MediaHappening, out: &mut dyn Outlet) {
        out.event(MediaEvent {
            conversation: self.id,
            leg,
            what,
        });
    }
}
