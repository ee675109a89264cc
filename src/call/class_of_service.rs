//! Class of service: whether an extension may call outside, for every way there is to do so. Each of them asks
//! [`super::route::route`], which asks here where the call may go, and comes through [`Conversation::may_call_out`],
//! which asks here how much there may be.

use super::conversation::Conversation;
use super::event::Weight;
use super::kinds::kinds;
use super::refusal::Refusal;
use super::story::Stage;
use super::world::World;
use crate::config::Config;
use crate::config::valid::{Kind, Outgoing, Rule};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

/// In this span the calls of an extension are counted.
const HOUR: Duration = Duration::from_secs(3600);
/// They are counted by parts of it, so that they take little room however many they are.
const PART: Duration = Duration::from_secs(60);

/// On whose account a call goes to the outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Account {
    /// This extension's: what it may do is said by its class of service.
    Extension(String),
    /// Nobody's: this extension calls for help.
    Emergency(String),
}

/// How many calls to the outside each extension has made within the last hour.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CallsOut(BTreeMap<String, Hour>);

/// The calls of one extension within the last hour.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Hour {
    /// How many there were in each part of it that began then, oldest first.
    parts: VecDeque<(Time, usize)>,
    /// When those who run the switch were told of them last.
    told: Option<Time>,
}

/// A call to the outside that may not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forbidden {
    /// Why, in words.
    pub why: String,
    /// The key of the configuration that says so.
    pub key: String,
}

/// What is allowed about a call to the outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    /// What the number is, if that was asked.
    pub kinds: Vec<Kind>,
    /// The key of the configuration that allows it.
    pub key: String,
}

/// Whether this extension may call a number, which this rule takes and sends so. A rule that is named goes for all that
/// it takes; otherwise every kind that the number can be read as must be allowed.
pub fn may_go(
    config: &Config,
    extension: &str,
    rule: &Outgoing,
    (dialled, sent): (&str, &str),
) -> Result<Permit, Forbidden> {
    let class = config.extensions.get(extension).map(|known| &known.class);
    let Some(Rule { value: allowed, key }) = class.map(|class| &class.allow) else {
        return Err(Forbidden {
            why: format!("there is no extension {extension}"),
            key: format!("extension.{extension}"),
        });
    };
    let key = key.clone();
    if rule
        .name
        .as_ref()
        .is_some_and(|name| allowed.rules.contains(name))
    {
        return Ok(Permit {
            kinds: Vec::new(),
            key,
        });
    }
    let kinds = kinds(config.caller_id.home, dialled, sent);
    match kinds.iter().find(|kind| !allowed.kinds.contains(kind)) {
        Some(kind) => Err(Forbidden {
            why: format!("{extension} may not call {kind}"),
            key,
        }),
        None => Ok(Permit { kinds, key }),
    }
}

impl Conversation {
    /// Each call to the outside that there is in it, by the extension for which it counts: as long as it may take a
    /// channel, and while a carrier connects it by itself, for if that comes to nothing we do.
    pub fn calls_out(&self) -> impl Iterator<Item = &str> {
        let lines = self.legs.values().filter(|leg| leg.has_port());
        let carried = match self.story.handover().map(|handover| &handover.stage) {
            Some(Stage::Carrier { account, .. }) => Some(account),
            Some(Stage::Target | Stage::Recall | Stage::Fallback) | None => None,
        };
        let accounts = lines.filter_map(|leg| leg.account.as_ref()).chain(carried);
        accounts.filter_map(|account| match account {
            Account::Extension(extension) => Some(extension.as_str()),
            Account::Emergency(_) => None,
        })
    }

    /// Whether one more call may go out on this account, and if so it is counted. Who is at a limit is told to those who
    /// run the switch, for it may be somebody who has stolen a password.
    pub fn may_call_out(&self, world: &mut World<'_>, account: &Account) -> Result<(), Refusal> {
        let Account::Extension(extension) = account else {
            return Ok(());
        };
        let own = self.calls_out().filter(|account| *account == extension).count();
        if let Err(forbidden) = world.has_calls_left(extension, own) {
            world.alarm(extension, &forbidden.to_string());
            return Err(forbidden.into());
        }
        world.counts_call(extension);
        Ok(())
    }
}

impl World<'_> {
    /// Whether an extension may make one more call to the outside now, beside so many of the conversation that takes this
    /// step.
    pub fn has_calls_left(&self, extension: &str, own: usize) -> Result<(), Forbidden> {
        let Some(class) = self.config.extensions.get(extension).map(|known| &known.class) else {
            return Ok(());
        };
        let calls = own + self.channels.of_extension(extension);
        if calls >= class.max_calls.value {
            return Err(Forbidden {
                why: format!("{extension} may have no more than {calls} calls to the outside at one time"),
                key: class.max_calls.key.clone(),
            });
        }
        let within_hour = self.desk.calls_out.within_hour(self.now, extension);
        if within_hour >= class.max_calls_per_hour.value {
            return Err(Forbidden {
                why: format!("{extension} may call outside no more than {within_hour} times an hour"),
                key: class.max_calls_per_hour.key.clone(),
            });
        }
        Ok(())
    }

    fn counts_call(&mut self, extension: &str) {
        let calls = self.desk.calls_out.counts(self.now, extension);
        let class = self.config.extensions.get(extension).map(|known| &known.class);
        let alarm = class.map(|class| &class.alarm_calls_per_hour);
        if let Some(Rule { value, key }) = alarm.filter(|alarm| calls >= alarm.value) {
            let why = format!("{extension} has called outside {value} times within an hour ({key})");
            self.alarm(extension, &why);
        }
    }

    /// Tells those who run the switch that an extension calls outside a lot, at most once within an hour.
    fn alarm(&mut self, extension: &str, why: &str) {
        if self.desk.calls_out.is_news(self.now, extension) {
            let text = format!("{why}: if that is not its agent, somebody has its password");
            self.tell(Weight::Alarm, None, text);
        }
    }
}

impl CallsOut {
    /// How many calls it has made within the last hour, and at most within one part more.
    fn within_hour(&self, now: Time, extension: &str) -> usize {
        let parts = self.0.get(extension).into_iter().flat_map(|hour| &hour.parts);
        let is_recent = |(began, _): &&(Time, usize)| now.since(*began) < HOUR + PART;
        parts.filter(is_recent).map(|(_, calls)| calls).sum()
    }

    /// One more call; how many there are now.
    fn counts(&mut self, now: Time, extension: &str) -> usize {
        let hour = self.0.entry(extension.to_owned()).or_default();
        hour.parts.retain(|(began, _)| now.since(*began) < HOUR + PART);
        match hour
            .parts
            .back_mut()
            .filter(|(began, _)| now.since(*began) < PART)
        {
            Some((_, calls)) => *calls += 1,
            None => hour.parts.push_back((now, 1)),
        }
        self.within_hour(now, extension)
    }

    fn is_news(&mut self, now: Time, extension: &str) -> bool {
        let hour = self.0.entry(extension.to_owned()).or_default();
        let is_news = hour.told.is_none_or(|told| now.since(told) >= HOUR);
        if is_news {
            hour.told = Some(now);
        }
        is_news
    }
}

impl Default for Account {
    /// Of calls that began before there were accounts.
    fn default() -> Account {
        Account::Extension(String::new())
    }
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.why, self.key)
    }
}

/// The phone is told why.
impl From<Forbidden> for Refusal {
    fn from(forbidden: Forbidden) -> Refusal {
        Refusal::forbidden(&forbidden.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn calls_are_counted_for_an_hour_and_take_no_more_room_for_being_many() {
        let mut calls = CallsOut::default();
        for second in 0..3600 {
            assert_eq!(
                calls.counts(at(second), "1001"),
                usize::try_from(second).unwrap() + 1
            );
        }
        assert_eq!(calls.within_hour(at(3600), "1001"), 3600);
        assert_eq!(calls.within_hour(at(3600), "1002"), 0);
        assert_eq!(calls.within_hour(at(3600 + 1800), "1001"), 1800);
        assert_eq!(calls.counts(at(3 * 3600), "1001"), 1);
        assert_eq!(calls.0["1001"].parts.len(), 1);
    }

    #[test]
    fn an_alarm_is_news_once_an_hour() {
        let mut calls = CallsOut::default();
        assert!(calls.is_news(at(0), "1001"));
        assert!(!calls.is_news(at(3599), "1001"));
        assert!(calls.is_news(at(0), "1002"));
        assert!(calls.is_news(at(3600), "1001"));
    }
}
