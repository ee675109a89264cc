//! A party that sends nothing any more: it may be gone without having said so, and the bill runs on.

use super::conversation::Conversation;
use super::event::Weight;
use super::world::World;
use crate::id::LegId;
use crate::wiring::{Row, Voice};

impl Conversation {
    /// The rows with the patience that we have with each leg: with those whom somebody hears, and who have promised
    /// to speak. Whoever holds has not, so a hold may be as long and as quiet as it likes.
    pub fn with_patience(&self, mut rows: Vec<Row>) -> Vec<Row> {
        let heard: Vec<Voice> = rows.iter().flat_map(|row| row.hears.iter().copied()).collect();
        for row in &mut rows {
            let leg = self.legs.get(&row.leg);
            let talks = leg.is_some_and(|leg| leg.is_talking() && leg.promises_speech());
            let is_expected = talks && heard.contains(&Voice::Leg(row.leg));
            row.patience = self.no_media.filter(|_| is_expected);
        }
        rows
    }

    /// The media plane has had no sign of life of a leg for as long as we have patience with it. What was on
    /// its way when the leg was put on hold is of no interest any more.
    pub fn fallen_silent(&mut self, world: &mut World<'_>, leg: LegId) {
        let rows = self.wiring().rows;
        let patience = rows
            .iter()
            .find(|row| row.leg == leg)
            .and_then(|row| row.patience);
        let (Some(patience), Some(silent)) = (patience, self.legs.get(&leg)) else {
            return;
        };
        let text = format!(
            "{} has sent no media for {} s (timers.no_media)",
            silent.party.label(),
            patience.as_secs()
        );
        world.tell(Weight::Warning, Some(self.id), text);
        self.loses(world, leg, "Q.850;cause=102;text=\"No media\"");
    }
}
