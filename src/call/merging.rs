//! Two conversations of one agent become one: the attended transfer (RFC 5589 §7), and the semi-attended one,
//! while the second still rings.

use super::conversation::{Conversation, Story};
use super::event::Weight;
use super::leg::{Leg, LegState, Side};
use super::refusal::Refusal;
use super::story::{Handover, Search, Stage};
use super::world::World;
use crate::id::LegId;
use std::collections::BTreeSet;

/// The two legs of the agent: one in each conversation.
#[derive(Clone, Copy, Debug)]
pub struct Seam {
    /// In the conversation that goes on.
    pub into: LegId,
    /// In the conversation that ends.
    pub from: LegId,
}

impl Conversation {
    /// An agent who has a leg in each of the two leaves, and connects those whom it was with. On a refusal nothing
    /// has changed.
    pub fn connect(
        &mut self,
        world: &mut World<'_>,
        named: &mut Conversation,
        leg: LegId,
        named_leg: LegId,
    ) -> Result<(), Refusal> {
        let by = self.legs.get(&leg).and_then(|leg| leg.party.extension());
        let by = by.map(str::to_owned);
        let asked = named.story.others(named_leg).unwrap_or_default();
        let goes_on = match self.absorbs(named) {
            true => {
                let (into, from) = (leg, named_leg);
                self.absorb(world, named, Seam { into, from })?;
                &mut *self
            }
            false => {
                let (into, from) = (named_leg, leg);
                named.absorb(world, self, Seam { into, from })?;
                &mut *named
            }
        };
        for colleague in asked {
            goes_on.is_given(world.now, colleague, by.clone());
        }
        // While phones ring the transfer is not done, and its outcome is told when there is one.
        if !matches!(self.story, Story::Handover(_)) {
            self.dismiss(world, leg, 200);
            named.dismiss(world, named_leg, 200);
        }
        Ok(())
    }

    /// Whether it is for the other to join this one: the customer's conversation goes on, and with it the tape.
    pub fn absorbs(&self, other: &Conversation) -> bool {
        let rings = matches!(other.story, Story::Ringing { .. });
        rings || self.customer().is_some() || other.customer().is_none()
    }

    /// Takes over everybody whom the agent is with in the other conversation. Who was asked
    /// in private in either need not come. On a refusal nothing has changed.
    pub fn absorb(
        &mut self,
        world: &mut World<'_>,
        other: &mut Conversation,
        seam: Seam,
    ) -> Result<(), Refusal> {
        let nobody = || Refusal::new(481, "there is nobody to connect".into());
        let stay = self.story.others(seam.into).ok_or_else(nobody)?;
        let agent = self.legs.get(&seam.into).map(|leg| leg.party.label().to_owned());
        match other.story.clone() {
            Story::Ringing {
                caller,
                until,
                refusal,
                trail: _,
            } if caller == seam.from => {
                let number = other.rung().next().map(|leg| leg.party.label().to_owned());
                self.withdraw_all(world, None);
                let search = Search {
                    number: number.unwrap_or_default(),
                    until,
                    refusal,
                    caller_id: other.caller_id.clone(),
                };
                self.absorb_ringing(world, other, seam, stay, search);
            }
            story => {
                let come = story.others(seam.from).ok_or_else(nobody)?;
                let agent = agent.unwrap_or_default();
                self.has_connected(world.now, &agent, other.names_of(&come), &stay);
                self.absorb_talking(world, other, stay, come);
            }
        }
        other.story = Story::Over;
        Ok(())
    }

    /// Those who come join those who stay.
    pub fn absorb_talking(
        &mut self,
        world: &mut World<'_>,
        other: &mut Conversation,
        stay: BTreeSet<LegId>,
        come: BTreeSet<LegId>,
    ) {
        self.joins_tapes(other);
        self.joins_rules(world, other);
        self.withdraw_all(world, None);
        other.withdraw_all(world, None);
        let since = self.story.since().unwrap_or(world.now);
        for leg in &come {
            let moving = other.legs.remove(leg);
            self.takes_in(moving);
        }
        let text = format!("{} of {} is brought in", self.names_of(&come), other.id);
        world.tell(Weight::Story, Some(self.id), text);
        self.talk_on(world, stay.into_iter().chain(come).collect(), since, "");
    }

    /// Phones that ring for the agent go on ringing for those who stay.
    fn absorb_ringing(
        &mut self,
        world: &mut World<'_>,
        other: &mut Conversation,
        seam: Seam,
        stay: BTreeSet<LegId>,
        search: Search,
    ) {
        let since = self.story.since().unwrap_or(world.now);
        // It becomes the customer's conversation, and goes by the rules of that, its recording above all.
        if self.customer().is_none() && other.customer().is_some() {
            self.course = other.course;
            self.our_number.clone_from(&other.our_number);
        }
        let ringing: Vec<LegId> = other.rung().map(|leg| leg.id).collect();
        for leg in ringing {
            let moving = other.legs.remove(&leg);
            self.takes_in(moving);
        }
        if let Some(asking) = other.legs.remove(&seam.from)
            && let LegState::Asking { invite, request, .. } = &asking.state
        {
            let draft = Refusal::new(487, String::new()).draft(request);
            world.respond(*invite, draft.to_tag(asking.dialog.local_tag()));
        }
        let recall = self.legs.get(&seam.into).and_then(|leg| leg.party.extension());
        let text = format!(
            "{} waits for {}, which rings",
            self.names_of(&stay),
            search.number
        );
        self.story = Story::Handover(Handover {
            waiting: stay,
            agent: Some(seam.into),
            recall: recall.map(str::to_owned),
            stage: Stage::Target,
            search,
            since,
        });
        world.tell(Weight::Story, Some(self.id), text);
    }

    /// Whoever comes into a conversation that has its customer is on our side of it.
    fn takes_in(&mut self, leg: Option<Leg>) {
        let has_customer = self.customer().is_some();
        if let Some(leg) = leg {
            let side = if has_customer { Side::House } else { leg.side };
            self.legs.insert(leg.id, Leg { side, ..leg });
        }
    }
}
