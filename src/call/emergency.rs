//! Calls for help. Whoever dials an emergency number gets through: no limit, no class of service and no choice of a
//! caller ID stands in the way, every trunk is tried in turn, and those who run the switch are told at once.

use super::caller_id::{CallerId, Wish, ours};
use super::class_of_service::Account;
use super::conversation::Conversation;
use super::event::Weight;
use super::leg::Leg;
use super::route::{Destination, inside};
use super::step::Step;
use super::targets::phones;
use super::world::{World, shown_address};
use crate::config::Config;
use crate::config::valid::Site;
use crate::id::ConversationId;
use crate::number::{dialled, plain, subscriber};
use crate::sip::{Address, Draft, Method, Name, Uri};
use phonenumber::metadata::DATABASE;
use std::net::IpAddr;
use std::time::Duration;

/// So long a call for help may ring, at least.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// The emergency number that somebody has dialled: alone, with the country's code, or behind what gets a line to the
/// outside, be that said by a prefix or by a rule. Numbers of the house that begin with that are the house's.
pub fn number_for_help<'c>(config: &'c Config, number: &str) -> Option<&'c str> {
    let known = |number: &str| {
        let numbers = &config.emergency.numbers;
        numbers.iter().find(|known| *known == number).map(String::as_str)
    };
    let keys = plain(subscriber(number));
    if let Some(number) = known(&keys) {
        return Some(number);
    }
    if inside(config, &keys).is_some() {
        return None;
    }
    let prefixes = config.emergency.prefixes.iter();
    let mut behind = prefixes.filter_map(|prefix| known(keys.strip_prefix(prefix)?));
    let in_country = |number: &str| known(&in_country(config, number)?);
    behind.next().or_else(|| in_country(number)).or_else(|| {
        let sent = by_rule(config, &keys)?;
        known(&sent).or_else(|| in_country(&sent))
    })
}

/// The same of what a caller of ours has dialled, which may begin with a prefix that chooses a caller ID.
pub fn is_for_help(config: &Config, dialled: &str) -> bool {
    let (_, number) = Wish::dialled(config, dialled);
    number_for_help(config, &number).is_some()
}

/// Where a call for help goes: over each trunk in turn, and the number as it is known there.
pub fn destination(config: &Config, extension: &str, number: &str) -> Destination {
    let trunks = config.emergency.trunks.iter();
    Destination::Outside {
        trunks: trunks.map(|trunk| vec![(trunk.clone(), 1)]).collect(),
        number: number.to_owned(),
        account: Account::Emergency(extension.to_owned()),
    }
}

/// The number that the service is shown, which is never withheld: it finds the place by it.
pub fn caller_id(config: &Config, extension: &str, phone: Option<IpAddr>) -> CallerId {
    let site = config.emergency.site_of(extension, phone);
    let house = || {
        config
            .emergency
            .house
            .number
            .as_ref()
            .or(config.caller_id.default.as_ref())
    };
    let number = site.number.as_ref().or_else(house).cloned().unwrap_or_default();
    CallerId::Shown(ours(config, &number))
}

/// What is left of a number behind the code of our country.
fn in_country(config: &Config, number: &str) -> Option<String> {
    let home = DATABASE.by_id(config.caller_id.home?.as_ref())?;
    let number = dialled(number)?;
    let digits = number.strip_prefix('+').or_else(|| number.strip_prefix("00"))?;
    digits
        .strip_prefix(&home.country_code().to_string())
        .map(str::to_owned)
}

/// What the rule for calls to the outside makes of a number.
fn by_rule(config: &Config, number: &str) -> Option<String> {
    let rule = config.outgoing.iter().find(|rule| rule.takes(number))?;
    Some(rule.rewrites(number))
}

impl Account {
    /// What a call on this account shows, if that is not for the agent to choose.
    pub fn shows(&self, config: &Config, phone: Option<IpAddr>) -> Option<CallerId> {
        match self {
            Account::Emergency(extension) => Some(caller_id(config, extension, phone)),
            Account::Extension(_) => None,
        }
    }

    /// Whether it is a call for help.
    pub fn is_for_help(&self) -> bool {
        matches!(self, Account::Emergency(_))
    }
}

impl Conversation {
    /// Whether somebody calls for help in it, or is called for that.
    pub fn is_for_help(&self) -> bool {
        let accounts = self.legs.values().filter_map(|leg| leg.account.as_ref());
        accounts.into_iter().any(Account::is_for_help)
    }

    /// Those who run the switch are told of a call for help, and so is the desk.
    pub(super) fn calls_for_help(&self, world: &mut World<'_>, extension: &str, number: &str) {
        let phone = self.phone_of(extension);
        let site = world.config.emergency.site_of(extension, phone);
        let who = who(world.config, extension);
        let place = place(site);
        let shown = caller_id(world.config, extension, phone).in_words(world.config);
        let text = format!("EMERGENCY: {who} calls {number}{place}, showing {shown}");
        world.tell(Weight::Alarm, Some(self.id), text);
        world.tell_desk(extension, &format!("EMERGENCY: {who} calls {number}{place}"));
    }

    /// Nobody takes it: that is for those who run the switch to know at once.
    pub(super) fn gets_no_help(&self, world: &mut World<'_>, extension: &str, number: &str, why: &str) {
        let who = who(world.config, extension);
        let text = format!("EMERGENCY: {who} does not get through to {number}: {why}");
        world.tell(Weight::Alarm, Some(self.id), text);
    }

    /// Where the phone is with which this extension is here.
    fn phone_of(&self, extension: &str) -> Option<IpAddr> {
        let is_here = |leg: &&Leg| leg.party.extension() == Some(extension);
        self.legs.values().find(is_here).map(|leg| leg.flow.remote.ip())
    }
}

impl World<'_> {
    /// Tells the phones of the desk in words, where they show such messages (RFC 3428).
    fn tell_desk(&mut self, from: &str, text: &str) {
        let Some(Destination::Extensions { ring, .. }) = self
            .config
            .emergency
            .desk
            .as_ref()
            .and_then(|desk| inside(self.config, desk))
        else {
            return;
        };
        let desk: Vec<_> = ring.iter().flat_map(|number| phones(self, number)).collect();
        let most = self.config.limits.max_phones_per_call;
        for phone in desk.into_iter().take(most) {
            let host = shown_address(self.config, &phone.flow).ip().to_string();
            let from = Address::new(Uri::sip(Some(from), &host, None));
            let to = Address::new(Uri::sip(Some(phone.party.label()), &self.config.domain, None));
            let chance = &mut self.desk.chance;
            let draft = Draft::request(&Method::Message, &phone.uri)
                .with(Name::FROM, from.with_param("tag", &chance.token(16)))
                .with(Name::TO, to)
                .with(Name::CALL_ID, chance.token(24))
                .with(Name::CSEQ, "1 MESSAGE");
            let draft = phone
                .routes
                .iter()
                .fold(draft, |draft, route| draft.with(Name::ROUTE, route));
            self.send(phone.flow, draft.body("text/plain", text.to_owned()));
        }
    }
}

impl Step<'_> {
    /// Where the channels of all trunks are taken a call for help may end another one: the newest, on the first trunk.
    pub(super) fn makes_room_for_help(&mut self) {
        let emergency = &self.world.config.emergency;
        let is_full = |trunk: &String| {
            let most = self
                .world
                .config
                .trunks
                .get(trunk)
                .and_then(|trunk| trunk.max_calls);
            most.is_some_and(|most| self.conversations.channels().of_trunk(trunk) >= most)
        };
        if !emergency.preempt || !emergency.trunks.iter().all(is_full) {
            return;
        }
        let trunks = emergency.trunks.iter();
        let ended = trunks
            .filter_map(|trunk| Some((trunk, self.newest_over(trunk)?)))
            .next();
        if let Some((trunk, id)) = ended {
            let text = format!("ended: an emergency call needs its channel of {trunk} (emergency.preempt)");
            self.visit(id, |conversation, world| {
                world.tell(Weight::Alarm, Some(id), text);
                conversation.hang_up(world, "Q.850;cause=9;text=\"Preemption\"");
            });
        }
    }

    /// The newest conversation that takes a channel of this trunk, and is not for help itself.
    fn newest_over(&self, trunk: &str) -> Option<ConversationId> {
        let takes = |leg: &Leg| leg.channel() == Some(trunk);
        let all = self.conversations.iter();
        let over = all.filter(|talk| !talk.is_for_help() && talk.legs.values().any(takes));
        over.map(|talk| talk.id).last()
    }
}

/// An extension with its name.
fn who(config: &Config, extension: &str) -> String {
    let name = config.extensions.get(extension).map(|known| known.name.as_str());
    match name.filter(|name| *name != extension) {
        Some(name) => format!("{extension} ({name})"),
        None => extension.to_owned(),
    }
}

fn place(site: &Site) -> String {
    match site.address.as_str() {
        "" => String::new(),
        address => format!(" from {address}"),
    }
}
