//! Click-to-dial: somebody who runs the switch, or a program of the house, has an agent called, and then calls for the
//! agent (RFC 5359 §2.18, after the first flow of RFC 3725 §4.1). The agent's phones ring with the number that is to be
//! called on their displays; whoever takes it hears the ringing tone until somebody answers there.
//!
//! Both sides are offered what we offer, so neither waits for the other's description, and nothing is clipped.

use super::caller_id::{CallerId, Means, Wish};
use super::codes::beginnings;
use super::conversation::{Conversation, Course, Story};
use super::emergency::is_for_help;
use super::event::Weight;
use super::forwarding::Trail;
use super::identity::Identity;
use super::inviting::Shown;
use super::leg::Leave;
use super::notice::Notice;
use super::reception::{has_room, is_open};
use super::refusal::Refusal;
use super::ringing::MAX_HOPS;
use super::route::{Caller, Destination, route};
use super::step::Step;
use super::story::Summons;
use super::targets::{Target, in_words};
use super::world::World;
use crate::id::{ConversationId, LegId};
use crate::wiring::Voice;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long an agent hears that it was in vain, before we hang up.
const IN_VAIN: Duration = Duration::from_secs(4);

/// A call that is to be made for an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    /// The agent's extension.
    pub from: String,
    /// The number, as the agent would dial it.
    pub to: String,
    /// The number to show, or its alias; the agent's own without.
    pub caller_id: Option<String>,
}

impl Step<'_> {
    /// Rings the agent. On a refusal nothing has happened.
    pub(super) fn dial(&mut self, order: &Dial) -> Result<ConversationId, Refusal> {
        let calls = self.conversations.iter().count();
        let world = &mut self.world;
        match is_for_help(world.config, &order.to) {
            true => is_open(world)?,
            false => has_room(world, calls)?,
        }
        let begun = self
            .conversations
            .beside_the_others(world, |world| Conversation::dialled_for(world, order));
        let (conversation, phones) = begun?;
        let id = conversation.id;
        let mut rung = Ok(());
        self.begin(conversation, |conversation, world| {
            rung = conversation.summon(world, phones);
        });
        rung.map(|()| id)
    }
}

impl Conversation {
    /// The conversation that is to be, and the phones of the agent.
    fn dialled_for(world: &mut World<'_>, order: &Dial) -> Result<(Conversation, Vec<Target>), Refusal> {
        let from = &order.from;
        if !world.config.extensions.contains_key(from) {
            return Err(Refusal::new(404, format!("there is no extension {from}")));
        }
        let (dialled, number) = Wish::dialled(world.config, &order.to);
        let wish = Wish {
            number: order
                .caller_id
                .as_ref()
                .map_or(dialled.number, |name| Wish::of(name, Means::Order).number),
            ..dialled
        };
        let destination = route(world.config, &Caller::Extension(from.clone()), &number)?;
        let caller_id = match &destination {
            Destination::Extensions { ring, .. } if ring.iter().all(|number| number == from) => {
                return Err(Refusal::new(409, format!("{from} would call itself")));
            }
            Destination::Extensions { .. } => None,
            Destination::Outside { account, .. } => match account.shows(world.config, None) {
                Some(shown) => Some(shown),
                None => {
                    world.has_calls_left(from, 0)?;
                    Some(world.decide(from, &wish)?)
                }
            },
        };
        let conversation = Conversation {
            id: world.conversation_id(),
            course: caller_id.as_ref().map_or(Course::Internal, |_| Course::Outgoing),
            began: world.now,
            our_number: caller_id
                .as_ref()
                .map_or(destination.number(), CallerId::our_number)
                .to_owned(),
            caller_id,
            legs: [].into(),
            story: Story::Summons(Summons {
                agent: from.clone(),
                destination,
                until: world.now + world.config.timers.ring,
                refusal: None,
            }),
            rule: None,
            tape: None,
            aside: None,
            no_media: world.config.timers.no_media,
            listens_for: beginnings(&world.config.codes),
            waits_with: world.config.transfer.waits_with,
        };
        let phones = conversation.targets(world, &Destination::extension(from))?;
        Ok((conversation, phones))
    }

    /// Rings the agent's phones, which show who is to be called.
    fn summon(&mut self, world: &mut World<'_>, phones: Vec<Target>) -> Result<(), Refusal> {
        let Story::Summons(Summons {
            agent, destination, ..
        }) = &self.story
        else {
            return Ok(());
        };
        let text = format!(
            "{agent} is rung for a call to {}{}",
            destination.number(),
            self.showing(world.config)
        );
        let called = match destination {
            Destination::Extensions { dialled, .. } => Identity::of_extension(world.config, dialled),
            Destination::Outside { number, .. } => Identity {
                number: number.clone(),
                name: String::new(),
            },
        };
        if let Err(refusal) = self.ring_all(world, &Shown::Inside(called), MAX_HOPS, phones) {
            self.story = Story::Over;
            return Err(refusal);
        }
        world.tell(Weight::Story, Some(self.id), text);
        Ok(())
    }

    /// The agent is there: now the call is made, as if the agent had dialled it.
    pub fn summoned(&mut self, world: &mut World<'_>, agent: LegId) {
        let Story::Summons(Summons {
            agent: extension,
            destination,
            ..
        }) = self.story.clone()
        else {
            return;
        };
        let caller = Caller::Extension(extension.clone());
        self.story = Story::Ringing {
            caller: agent,
            until: world.now + world.config.timers.ring,
            refusal: None,
            trail: Trail::new(&caller, &destination),
        };
        let shown = match &self.caller_id {
            Some(caller_id) => Shown::Outside(caller_id.clone()),
            None => Shown::Inside(Identity::of_extension(world.config, &extension)),
        };
        let rung = self.targets(world, &destination).and_then(|targets| {
            let names = targets
                .iter()
                .map(|target| target.party.label_and_trunk())
                .collect::<BTreeSet<String>>();
            self.ring_all(world, &shown, MAX_HOPS, targets)?;
            Ok(names)
        });
        match rung {
            Ok(names) => {
                let text = format!(
                    "{extension} calls {}: ringing {}",
                    destination.number(),
                    in_words(names)
                );
                world.tell(Weight::Story, Some(self.id), text);
            }
            Err(refusal) => {
                world.tell(Weight::Warning, Some(self.id), refusal.why.clone());
                self.refuse_caller(world, &refusal);
            }
        }
    }

    /// The agent has not come, so nobody is called.
    pub fn nobody_to_summon(&mut self) {
        self.story = Story::Over;
    }

    /// Who waits on a standing line hears that nothing comes of it, and is hung up then.
    pub fn hears_in_vain(&mut self, world: &World<'_>, caller: LegId, refusal: &Refusal) {
        let reason = refusal.reason();
        self.tape_ends_because(&reason);
        if let Some(leg) = self.legs.get_mut(&caller).filter(|leg| leg.is_talking()) {
            let until = world.now + IN_VAIN;
            leg.notice = Some(Notice {
                sound: Voice::Busy,
                until,
            });
            leg.leave = Some(Leave { by: until, reason });
        }
    }
}
