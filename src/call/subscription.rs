//! The subscription that a REFER opens, by which its sender hears what becomes of its transfer (RFC 3515 §2.4, RFC 6665).
//!
//! It outlives what it reports on: it stands for as long as phones may ring and a little longer. Whoever wants it to stand
//! for another time says so by SUBSCRIBE, and whoever refuses a NOTIFY, or does not answer one, gets no further one.

use super::conversation::Conversation;
use super::leg::Leg;
use super::referral::Referral;
use super::refusal::{Refusal, phrase};
use super::world::World;
use crate::config::Config;
use crate::id::LegId;
use crate::sip::endpoint::ServerId;
use crate::sip::{ClientId, Draft, Message, Method, Name};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How many T1 a subscription stands after the last phone has stopped ringing: until then the last NOTIFY has been answered
/// or never will be (RFC 3261 §17.1.2.2).
const MARGIN_T1: u32 = 64;

/// Whether the sender of a REFER wants to hear of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subscription {
    /// Until then, unless it is refreshed.
    Active {
        /// When it expires.
        until: Time,
    },
    /// No more: it has been told the last, wanted to hear no more, or cannot be told.
    #[default]
    Terminated,
}

impl Subscription {
    /// One that a REFER opens now.
    pub fn new(now: Time, config: &Config) -> Subscription {
        let until = now + longest(config);
        Subscription::Active { until }
    }

    /// When it expires.
    pub fn until(self) -> Option<Time> {
        match self {
            Subscription::Active { until } => Some(until),
            Subscription::Terminated => None,
        }
    }

    /// Its state as a NOTIFY says it (RFC 6665 §4.1.3).
    pub fn in_words(self, now: Time) -> String {
        match self.until() {
            Some(until) => format!("active;expires={}", until.since(now).as_secs()),
            None => "terminated;reason=timeout".to_owned(),
        }
    }
}

/// A transfer is settled when its phones stop ringing, at whichever place they do.
fn longest(config: &Config) -> Duration {
    config.timers.ring + config.timers.t1 * MARGIN_T1
}

impl Leg {
    /// Tells the sender of a REFER how its transfer stands.
    pub fn notify(&mut self, world: &mut World<'_>, id: u32, status: u16, state: &str) {
        let contact = self.contact.clone();
        let client = world.request(self, &Method::Notify, |draft| {
            draft
                .with(Name::EVENT, format_args!("refer;id={id}"))
                .with(Name::SUBSCRIPTION_STATE, state)
                .with(Name::CONTACT, contact)
                .body(
                    "message/sipfrag;version=2.0",
                    format!("SIP/2.0 {status} {}\r\n", phrase(status)),
                )
        });
        self.notifies.insert(client, id);
    }

    /// The answer to a NOTIFY, if this transaction is one. Whoever refuses one, or does not answer it, has no subscription
    /// any more (RFC 6665 §4.2.2).
    pub fn notify_answered(&mut self, client: ClientId, status: u16) -> bool {
        let Some(about) = self.notifies.get(&client).copied() else {
            return false;
        };
        if status >= 200 {
            self.notifies.remove(&client);
        }
        if let Some(Referral::UnderWay { id, subscription, .. }) = &mut self.referral
            && *id == about
            && status >= 300
        {
            *subscription = Subscription::Terminated;
        }
        true
    }

    /// When its subscription expires.
    pub fn subscribed_until(&self) -> Option<Time> {
        match self.referral.filter(|_| self.is_talking()) {
            Some(Referral::UnderWay { subscription, .. }) => subscription.until(),
            Some(Referral::Failed { .. }) | None => None,
        }
    }

    /// Who does not refresh its subscription in time hears how the transfer stands, and no more (RFC 6665 §4.2.2).
    fn subscription_expires(&mut self, world: &mut World<'_>) {
        if let Some(Referral::UnderWay { id, told, .. }) = self.referral
            && self.subscribed_until().is_some_and(|until| until <= world.now)
        {
            self.subscribes(world, id, told, Subscription::Terminated);
        }
    }

    fn subscribes(&mut self, world: &mut World<'_>, id: u32, told: u16, subscription: Subscription) {
        self.referral = Some(Referral::UnderWay {
            id,
            told,
            subscription,
        });
        let state = subscription.in_words(world.now);
        self.notify(world, id, told, &state);
    }

    /// Which REFER a SUBSCRIBE means, and what it was told last. The first may be meant without a number (RFC 3515 §2.4.6).
    fn subscribed_to(&self, subscribe: &Message) -> Result<(u32, u16), Refusal> {
        let event = subscribe.text(Name::EVENT).unwrap_or_default();
        let mut pieces = event.split(';').map(str::trim);
        if pieces.next() != Some("refer") {
            return Err(Refusal::new(489, format!("SUBSCRIBE to {event}")));
        }
        let meant = pieces.find_map(|piece| piece.strip_prefix("id="));
        match self.referral {
            Some(Referral::UnderWay {
                id,
                told,
                subscription: Subscription::Active { .. },
            }) if meant.is_none_or(|meant| meant == id.to_string()) => Ok((id, told)),
            Some(_) | None => Err(Refusal::new(
                481,
                "SUBSCRIBE to no REFER that is under way".into(),
            )),
        }
    }
}

impl Conversation {
    /// A SUBSCRIBE: the sender of a REFER wants to hear of it for another time, or no more (RFC 6665 §4.1.2.2, §4.1.2.3).
    pub fn subscribed(&mut self, world: &mut World<'_>, leg: LegId, server: ServerId, subscribe: &Message) {
        let Some(leg) = self.legs.get_mut(&leg) else {
            return;
        };
        let (id, told) = match leg.subscribed_to(subscribe) {
            Ok(meant) => meant,
            Err(refusal) => return world.respond(server, refusal.draft(subscribe)),
        };
        let wanted = subscribe
            .number(Name::EXPIRES)
            .map(u64::from)
            .map(Duration::from_secs);
        let longest = longest(world.config);
        let granted = wanted.unwrap_or(longest).min(longest);
        let ok = Draft::response(subscribe, 200, phrase(200)).with(Name::EXPIRES, granted.as_secs());
        world.respond(server, ok.with(Name::CONTACT, &leg.contact));
        let subscription = match granted.is_zero() {
            true => Subscription::Terminated,
            false => Subscription::Active {
                until: world.now + granted,
            },
        };
        leg.subscribes(world, id, told, subscription);
    }

    /// Subscriptions that nobody has refreshed.
    pub fn subscriptions_expire(&mut self, world: &mut World<'_>) {
        for leg in self.legs.values_mut() {
            leg.subscription_expires(world);
        }
    }
}
