//! The Conference key as a network conference: a phone calls the conference's number, and refers its other calls
//! into it (RFC 4579 §5.5, §5.6). The conference is a conversation like any other, in which the agent stays.

use super::codes::beginnings;
use super::conversation::{Conversation, Course, Story};
use super::conversations::Place;
use super::event::Weight;
use super::leg::{Leave, Leg};
use super::referral::{GRACE, ReferTo};
use super::refusal::Refusal;
use super::ringing::{Ask, caller_leg};
use super::step::Step;
use super::world::{World, contact, shown_address};
use crate::id::LegId;
use crate::number::subscriber;
use crate::sip::Message;
use crate::sip::endpoint::ServerId;

/// The parameter of our Contact by which a phone knows that it talks with a conference (RFC 4579 §5.1).
const FOCUS: &str = "isfocus";

/// A phone's two calls: the one with the conference, and the one that shall come into it.
#[derive(Clone, Copy, Debug)]
pub struct Guests {
    /// The agent's leg in the conference.
    room: Place,
    /// The agent's leg with those who come.
    line: Place,
}

impl Step<'_> {
    /// Opens a conference with one phone in it.
    pub fn open_conference(&mut self, ask: &Ask, number: &str) -> Result<(), Refusal> {
        let world = &mut self.world;
        let mut leg = caller_leg(world, ask, Course::Internal, number)?;
        let user = format!("{number}-{}", leg.id.0);
        let shown = shown_address(world.config, &ask.flow);
        let asked = ask.request.uri().map_err(|_| Refusal::new(400, String::new()))?;
        let place = contact(&asked, shown, ask.flow.transport, &user);
        leg.contact = place.with_param(FOCUS, "").to_string();
        let (id, now) = (leg.id, world.now);
        let text = format!("{} opens a conference", leg.party.label());
        let room = Conversation {
            id: world.conversation_id(),
            course: Course::Internal,
            began: now,
            our_number: number.to_owned(),
            caller_id: None,
            legs: [(id, leg)].into(),
            story: Story::Together {
                table: [id].into(),
                since: now,
                host: None,
            },
            rule: None,
            tape: None,
            aside: None,
            no_media: world.config.timers.no_media,
            listens_for: beginnings(&world.config.codes),
            waits_with: world.config.transfer.waits_with,
        };
        self.begin(room, |room, world| {
            room.put_through(world, id);
            world.tell(Weight::Story, Some(room.id), text);
        });
        Ok(())
    }

    /// Whether a REFER brings a call into a conference of the same phone: it names the conference on the line of
    /// the call, or the call on the line of the conference.
    pub(super) fn guests(&self, place: Place, refer_to: &ReferTo) -> Option<Guests> {
        let named = match &refer_to.replaces {
            Some(replaces) => self.conversations.of_replaces(replaces)?,
            None => self.room_named(place, &refer_to.number)?,
        };
        let guests = match (self.leg(named)?.is_with_focus(), self.leg(place)?.is_with_focus()) {
            (true, false) => Guests {
                room: named,
                line: place,
            },
            (false, true) => Guests {
                room: place,
                line: named,
            },
            (true, true) | (false, false) => return None,
        };
        let owner = self.leg(guests.room)?.party.extension()?;
        let is_own = self.leg(guests.line)?.party.extension() == Some(owner);
        (is_own && guests.room.0 != guests.line.0).then_some(guests)
    }

    /// Brings the call into the conference, and tells the phone how that went.
    pub(super) fn bring_in(&mut self, guests: Guests, asker: LegId, server: ServerId, request: &Message) {
        let Guests { room, line } = guests;
        self.visit_both(room.0, line.0, |room_talk, line_talk, world| {
            with_leg(room_talk, line_talk, asker, |leg| {
                leg.accept_referral(world, server, request)
            });
            let status = match room_talk.takes_guests(world, line_talk, line.1) {
                Ok(()) => 200,
                Err(refusal) => refusal.status,
            };
            with_leg(room_talk, line_talk, asker, |leg| leg.tell_outcome(world, status));
        });
    }

    /// The conference with this name, or, by the number that opens conferences, the one of the same phone.
    fn room_named(&self, place: Place, number: &str) -> Option<Place> {
        let opener = self.world.config.transfer.conference.as_deref()?;
        let owner = self.leg(place)?.party.extension()?;
        let number = subscriber(number);
        let is_meant = |leg: &Leg| match number.strip_prefix(opener)?.strip_prefix('-') {
            Some(name) => Some(name == leg.id.0.to_string()),
            None => Some(number == opener && leg.party.extension() == Some(owner)),
        };
        self.conversations.iter().find_map(|talk| {
            let mut rooms = talk
                .legs
                .values()
                .filter(|leg| leg.is_talking() && leg.is_with_focus());
            let room = rooms.find(|leg| is_meant(leg) == Some(true))?;
            Some((talk.id, room.id))
        })
    }

    fn leg(&self, (id, leg): Place) -> Option<&Leg> {
        self.conversations.get(id)?.legs.get(&leg)
    }
}

impl Leg {
    /// Whether its phone has called a conference: then a REFER brings people in, and the phone stays.
    pub fn is_with_focus(&self) -> bool {
        self.contact.ends_with(&format!(";{FOCUS}"))
    }
}

impl Conversation {
    /// Everybody on the line but the agent, who is in the room already, comes into the room; or the room to
    /// them, if the customer is there.
    pub fn takes_guests(
        &mut self,
        world: &mut World<'_>,
        line: &mut Conversation,
        agent: LegId,
    ) -> Result<(), Refusal> {
        let nobody = || Refusal::new(481, "there is nobody to bring in".into());
        let come = line.story.others(agent).ok_or_else(nobody)?;
        // Nobody comes upon those who talk in private, or whose table is not set yet.
        if !matches!(self.story, Story::Pair { .. } | Story::Together { .. }) {
            return Err(Refusal::new(491, "the conference cannot take guests now".into()));
        }
        let here = self.story.members();
        let most = world.config.transfer.max_together;
        if come.len() + here.len() > most {
            let why = format!("no more than {most} may be together (transfer.max_together)");
            return Err(Refusal::new(403, why));
        }
        match self.absorbs(line) {
            true => {
                self.absorb_talking(world, line, here, come);
                line.story = Story::Over;
            }
            false => {
                line.absorb_talking(world, self, come, here);
                self.story = Story::Over;
            }
        }
        if let Some(agent) = line.legs.get_mut(&agent) {
            agent.leave = Some(Leave::done(world.now + GRACE));
        }
        Ok(())
    }
}

/// Does something with a leg that is in one of the two.
fn with_leg(one: &mut Conversation, other: &mut Conversation, leg: LegId, act: impl FnOnce(&mut Leg)) {
    let leg = one.legs.get_mut(&leg).or_else(|| other.legs.get_mut(&leg));
    if let Some(leg) = leg {
        act(leg);
    }
}
