//! How well the places of a trunk are: each is asked by OPTIONS now and then (RFC 3261 §11), and is down after several
//! questions in a row without a good answer. What is down is called only if nothing else can take the call.

use super::event::Weight;
use super::line::Place;
use super::world::{World, shown_address};
use crate::config::valid::Qualify;
use crate::sip::{Address, ClientId, Draft, Flow, Method, Name, Uri};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// No place is left alone for longer, whatever its Retry-After says.
const RESTS_AT_MOST: Duration = Duration::from_secs(3600);

/// How well one place is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    condition: Condition,
    /// How many answers in a row have spoken against that.
    doubts: u32,
    /// Until when it wants to be left alone (RFC 3261 §21.5.4).
    rests_until: Option<Time>,
    probe: Probe,
}

/// Whether calls are sent there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// They are.
    #[default]
    Up,
    /// Only if nothing else can take them.
    Down,
}

/// Our question to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Probe {
    /// It is asked at this moment.
    Due(Time),
    /// It has been asked, and may take so long to answer.
    Asked { client: ClientId, until: Time },
}

impl Default for Probe {
    fn default() -> Probe {
        Probe::Due(Time::EPOCH)
    }
}

impl Health {
    /// Whether it is up or down.
    pub fn condition(&self) -> Condition {
        self.condition
    }

    /// It wants to be left alone until then.
    pub fn rests(&mut self, until: Time) {
        self.rests_until = Some(until);
    }

    /// Whether it is to be left alone now.
    pub fn is_resting(&self, now: Time) -> bool {
        self.rests_until.is_some_and(|until| until > now)
    }

    /// When it is to be looked after.
    pub fn deadline(&self) -> Time {
        match self.probe {
            Probe::Due(at) => at,
            Probe::Asked { until, .. } => until,
        }
    }

    fn is_asked(&self, by: ClientId) -> bool {
        matches!(self.probe, Probe::Asked { client, .. } if client == by)
    }

    /// Takes in whether it has answered well; the new condition if that has changed it.
    fn judges(&mut self, is_good: bool, qualify: Qualify) -> Option<Condition> {
        let (other, after) = match (self.condition, is_good) {
            (Condition::Up, false) => (Condition::Down, qualify.down_after),
            (Condition::Down, true) => (Condition::Up, qualify.up_after),
            (Condition::Up, true) | (Condition::Down, false) => {
                self.doubts = 0;
                return None;
            }
        };
        self.doubts += 1;
        if self.doubts < after {
            return None;
        }
        self.doubts = 0;
        self.condition = other;
        Some(other)
    }
}

impl World<'_> {
    /// Asks every place that is due, and draws the conclusion about those that have not answered.
    pub fn look_after_places(&mut self) {
        for (place, health) in self.places_due() {
            match health.probe {
                Probe::Due(_) => self.ask(&place),
                Probe::Asked { .. } => self.place_answers(&place, false),
            }
        }
    }

    /// The answer to a question of ours, or that there is none. Whether it was one.
    pub fn probe_answered(&mut self, client: ClientId, status: u16) -> bool {
        let asked = self
            .desk
            .lines
            .qualified(self.config)
            .find(|(_, health)| health.is_asked(client));
        let Some((place, _)) = asked else {
            return false;
        };
        if status >= 200 {
            // Whoever refuses OPTIONS is there all the same; who is overloaded or cannot get further is not of use.
            self.place_answers(&place, !matches!(status, 408 | 503 | 504));
        }
        true
    }

    /// A call has met with silence there, or could not even be sent: that is as good as an OPTIONS without answer.
    pub fn place_fails(&mut self, place: &Place) {
        if let Some(qualify) = self.qualify(place) {
            self.judge(place, false, qualify);
        }
    }

    /// A place wants to be left alone for so many seconds.
    pub fn place_rests(&mut self, place: &Place, seconds: u32) {
        let span = Duration::from_secs(seconds.into()).min(RESTS_AT_MOST);
        let until = self.now + span;
        let line = self.desk.lines.get_mut(&place.trunk);
        let Some(health) = line.and_then(|line| line.health_mut(place.flow)) else {
            return;
        };
        health.rests(until);
        let text = format!(
            "trunk {}: {} wants to be left alone for {} s",
            place.trunk,
            place.flow,
            span.as_secs()
        );
        self.tell(Weight::Warning, None, text);
    }

    fn places_due(&self) -> Vec<(Place, Health)> {
        let now = self.now;
        let qualified = self.desk.lines.qualified(self.config);
        qualified.filter(|(_, health)| health.deadline() <= now).collect()
    }

    fn ask(&mut self, place: &Place) {
        let Some(trunk) = self.config.trunks.get(&place.trunk) else {
            return;
        };
        let (host, timeout) = (trunk.host.clone(), trunk.timeout);
        let draft = self.options(&host, place.flow);
        let client = self.send(place.flow, draft);
        let until = self.now + timeout;
        self.set_probe(place, Probe::Asked { client, until });
    }

    fn options(&mut self, host: &str, flow: Flow) -> Draft {
        let ours = Uri::sip(None, &shown_address(self.config, &flow).ip().to_string(), None);
        let theirs = Uri::sip(None, host, None);
        let chance = &mut self.desk.chance;
        let from = Address::new(ours).with_param("tag", &chance.token(16));
        Draft::request(&Method::Options, &theirs)
            .with(Name::FROM, from)
            .with(Name::TO, Address::new(theirs.clone()))
            .with(Name::CALL_ID, chance.token(24))
            .with(Name::CSEQ, "1 OPTIONS")
            .with(Name::ACCEPT, "application/sdp")
    }

    fn place_answers(&mut self, place: &Place, is_good: bool) {
        if let Some(qualify) = self.qualify(place) {
            self.set_probe(place, Probe::Due(self.now + qualify.every));
            self.judge(place, is_good, qualify);
        }
    }

    /// How the trunk of this place is asked whether it is there, if it is.
    fn qualify(&self, place: &Place) -> Option<Qualify> {
        self.config.trunks.get(&place.trunk)?.qualify
    }

    /// One line in the log for each change, and no more.
    fn judge(&mut self, place: &Place, is_good: bool, qualify: Qualify) {
        let line = self.desk.lines.get_mut(&place.trunk);
        let Some(health) = line.and_then(|line| line.health_mut(place.flow)) else {
            return;
        };
        let Place { trunk, flow } = place;
        match health.judges(is_good, qualify) {
            None => {}
            Some(Condition::Up) => {
                self.tell(Weight::Story, None, format!("trunk {trunk}: {flow} is up again"))
            }
            Some(Condition::Down) => {
                let times = qualify.down_after;
                let text = format!("trunk {trunk}: {flow} is down: no good answer {times} times in a row");
                self.tell(Weight::Warning, None, text);
            }
        }
    }

    fn set_probe(&mut self, place: &Place, probe: Probe) {
        let line = self.desk.lines.get_mut(&place.trunk);
        if let Some(health) = line.and_then(|line| line.health_mut(place.flow)) {
            health.probe = probe;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUALIFY: Qualify = Qualify {
        every: Duration::from_secs(30),
        down_after: 3,
        up_after: 2,
    };

    #[test]
    fn a_single_bad_answer_takes_nobody_down_and_a_single_good_one_nobody_up() {
        let mut health = Health::default();
        let mut answers = |good: &[bool]| {
            let changes = good.iter().filter_map(|is_good| health.judges(*is_good, QUALIFY));
            changes.collect::<Vec<_>>()
        };
        assert_eq!(answers(&[false, false, true, false, false]), []);
        assert_eq!(answers(&[false]), [Condition::Down]);
        assert_eq!(answers(&[false, true, false, true]), []);
        assert_eq!(answers(&[true]), [Condition::Up]);
    }
}
