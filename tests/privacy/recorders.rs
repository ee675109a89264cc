//! Agents pause the recording and go on, by whatever means, at any moment. What they have dice for is theirs alone,
//! so that the stories of all seeds stay what they were.

use super::house;
use super::story::{At, Teller};
use tandem::call::leg::Leg;
use tandem::call::pausing::{Means, Wanted};
use tandem::id::ConversationId;

impl Teller<'_> {
    pub(crate) fn somebody_may_press_record(&mut self) {
        if self.record_dice.roll(5) > 0 {
            return;
        }
        let talks = self.house.conversations.iter();
        let legs = talks.flat_map(|talk| talk.legs.values().map(|leg| (talk.id, leg)));
        let talking: Vec<At> = legs
            .filter(|(_, leg)| Leg::is_talking(leg))
            .map(|(id, leg)| (id, leg.id))
            .collect();
        if talking.is_empty() {
            return;
        }
        let (id, leg) = self.record_dice.pick(&talking);
        let wanted = self
            .record_dice
            .pick(&[Wanted::Paused, Wanted::Paused, Wanted::Running]);
        let how = self.record_dice.pick(&[Means::Key, Means::Code, Means::Order]);
        self.acts
            .push(format!("{id} {leg} wants the recording {wanted:?}"));
        let result = self
            .house
            .visit(id, |talk, world| talk.wants_recording(world, leg, wanted, how));
        match result {
            Some(Ok(())) => self.scene(id).paused = wanted == Wanted::Paused,
            Some(Err(refusal)) => assert!(house::is_sensible(&refusal), "{refusal:?}"),
            None => {}
        }
    }

    /// Whether what comes from this conversation comes out of a pause: only a customer is recorded at all.
    pub(crate) fn brings_pause(&mut self, id: ConversationId) -> bool {
        let scene = self.scene(id);
        let is_there = scene
            .customer
            .is_some_and(|customer| scene.room(customer).is_some());
        scene.paused && is_there
    }
}
