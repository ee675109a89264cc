//! Somebody else than the far end sends RTP to a leg's port. Nobody hears it; those who run the switch ought to know.

use super::conversation::Conversation;
use super::event::Weight;
use super::world::World;
use crate::id::LegId;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// The first who sent RTP to a leg's port and had no business there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stranger {
    /// When.
    pub at: Time,
    /// From where.
    pub from: SocketAddr,
}

impl Conversation {
    /// The media plane has had RTP of a stranger on a leg's port. It says so once for a port.
    pub fn met_stranger(&mut self, world: &mut World<'_>, leg: LegId, from: SocketAddr) {
        let Some(met) = self.legs.get_mut(&leg) else {
            return;
        };
        met.stranger = Some(Stranger { at: world.now, from });
        let is_old = met.media.stays_out.iter().any(|stream| stream.from == from);
        let why = match is_old {
            true => "it was heard there in an earlier call and has not stopped",
            false => "neither SDP nor SIP names it",
        };
        let party = met.party.label_and_trunk();
        let text = format!("{from} sends RTP to the port of {party} and is not heard: {why}");
        world.tell(Weight::Warning, Some(self.id), text);
    }
}
