//! The lines to the outside: where each trunk is, how well its places are, and how much it carries.

use super::event::Weight;
use super::numbering::number_in;
use super::registrant::Registrant;
use super::trunk_health::Health;
use super::weights::by_weight;
use super::world::World;
use crate::config::Config;
use crate::config::valid::{Group, Trunk};
use crate::number;
use crate::sip::auth::Keyring;
use crate::sip::{Chance, Flow, Message};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// How soon we ask again for a trunk that cannot be found.
const LOOK_UP_AGAIN: Duration = Duration::from_secs(30);

/// In this span the calls per second are counted.
const SECOND: Duration = Duration::from_secs(1);

/// Every line by the name of its trunk.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Lines(BTreeMap<String, Line>);

/// What we know of one trunk.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Line {
    /// Its servers, by what was found last. They stay if it cannot be found any more.
    pub servers: Vec<Server>,
    /// When we ask again where it is.
    pub look_up_at: Time,
    /// Why it cannot be found now, if it cannot.
    pub lost: Option<String>,
    /// How well each of its places is, in the order in which they were found.
    pub health: Vec<(Flow, Health)>,
    /// The challenges that it has set us.
    #[serde(default)]
    pub keyring: Keyring,
    /// Our registration with it, if we have one.
    #[serde(default)]
    pub registrant: Option<Registrant>,
    /// When it got the calls of the last second.
    started: VecDeque<Time>,
}

/// One server of a trunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// The lower is tried first (RFC 2782).
    pub priority: u32,
    /// The share of the calls among servers of the same priority.
    pub weight: u32,
    /// Over which flows it is reached, best first.
    pub flows: Vec<Flow>,
}

/// Where a trunk is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its servers.
    pub servers: Vec<Server>,
    /// For how long that is right.
    pub lasts: Duration,
}

/// One place where a call can be tried: one address of one trunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The trunk's name in the configuration.
    pub trunk: String,
    /// Over which way it is reached.
    pub flow: Flow,
}

impl Lines {
    /// Has a line for each trunk of the configuration, and no other.
    pub fn set_up(&mut self, config: &Config) {
        self.0.retain(|name, _| config.trunks.contains_key(name));
        for (name, trunk) in &config.trunks {
            let line = self.0.entry(name.clone()).or_default();
            if trunk.register.is_none() {
                line.registrant = None;
            }
        }
    }

    /// The line of this trunk.
    pub fn get(&self, trunk: &str) -> Option<&Line> {
        self.0.get(trunk)
    }

    /// The line of this trunk, to be changed.
    pub fn get_mut(&mut self, trunk: &str) -> Option<&mut Line> {
        self.0.get_mut(trunk)
    }

    /// Every line with its trunk's name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Line)> {
        self.0.iter().map(|(name, line)| (&**name, line))
    }

    /// The trunks that are to be looked up by now. They are looked up once: if no answer comes, again after a while.
    pub fn to_look_up(&mut self, now: Time) -> Vec<String> {
        let due = self.0.iter_mut().filter(|(_, line)| line.look_up_at <= now);
        let names = due.map(|(name, line)| {
            line.look_up_at = now + LOOK_UP_AGAIN;
            name.clone()
        });
        names.collect()
    }

    /// When the next trunk is to be looked up, or one of its places looked after.
    pub fn deadline(&self, config: &Config) -> Option<Time> {
        let look_ups = self.0.values().map(|line| line.look_up_at);
        let registrants = self
            .0
            .values()
            .filter_map(|line| line.registrant.as_ref()?.deadline());
        let places = self.qualified(config).map(|(_, health)| health.deadline());
        look_ups.chain(places).chain(registrants).min()
    }

    /// When we need no longer wait for the registrars that we are about to leave; none if there are none.
    pub fn leaves_by(&self) -> Option<Time> {
        let registrants = self.0.values().filter_map(|line| line.registrant.as_ref());
        registrants
            .filter(|registrant| registrant.is_leaving())
            .filter_map(Registrant::deadline)
            .min()
    }

    /// The number that an INVITE of this trunk is for. A carrier that sends to our Contact, or to a name of its own for
    /// us, has it in To.
    pub fn dialled(&self, trunk: Option<&str>, invite: &Message) -> String {
        let user = invite.uri().ok().and_then(|uri| uri.user()).unwrap_or_default();
        let registrant = trunk.and_then(|trunk| self.get(trunk)?.registrant.as_ref());
        let is_ours = registrant.is_some_and(|registrant| registrant.is_contact(&user));
        let number = invite.uri().map(|uri| number_in(&uri)).unwrap_or_default();
        match is_ours || number::dialled(&number).is_none() {
            true => invite.to().map(|to| number_in(&to.uri)).unwrap_or_default(),
            false => number,
        }
    }

    /// Every place whose health is watched.
    pub fn qualified(&self, config: &Config) -> impl Iterator<Item = (Place, Health)> {
        let is_watched = |name: &String| {
            config
                .trunks
                .get(name)
                .is_some_and(|trunk| trunk.qualify.is_some())
        };
        let watched = self.0.iter().filter(move |(name, _)| is_watched(name));
        watched.flat_map(|(name, line)| {
            let place = |flow: Flow| Place {
                trunk: name.clone(),
                flow,
            };
            line.health
                .iter()
                .map(move |(flow, health)| (place(*flow), *health))
        })
    }

    /// Every place of these trunks, in the order in which a call tries them; none twice.
    pub fn places(&self, groups: &[Group], chance: &mut Chance) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::new();
        for group in groups {
            let trunks = group.iter().map(|(name, weight)| (*weight, name)).collect();
            for trunk in by_weight(trunks, chance) {
                let flows = self.get(trunk).map(|line| line.flows(chance)).unwrap_or_default();
                for flow in flows {
                    if !places.iter().any(|place| place.flow == flow) {
                        let trunk = trunk.clone();
                        places.push(Place { trunk, flow });
                    }
                }
            }
        }
        places
    }
}

impl Line {
    /// The flows in the order in which one call tries them: by priority, and by weight and chance among equals.
    pub fn flows(&self, chance: &mut Chance) -> Vec<Flow> {
        let ranks: BTreeSet<u32> = self.servers.iter().map(|server| server.priority).collect();
        let mut flows = Vec::new();
        for rank in ranks {
            let equals = self.servers.iter().filter(|server| server.priority == rank);
            let equals = equals.map(|server| (server.weight, &server.flows)).collect();
            flows.extend(by_weight(equals, chance).into_iter().flatten().copied());
        }
        flows
    }

    /// Every flow, in the order in which they were found.
    pub fn all_flows(&self) -> impl Iterator<Item = Flow> {
        self.health.iter().map(|(flow, _)| *flow)
    }

    /// How well this place is.
    pub fn health(&self, flow: Flow) -> Health {
        let known = self.health.iter().find(|(known, _)| *known == flow);
        known.map(|(_, health)| *health).unwrap_or_default()
    }

    /// How well this place is, to be changed; none if it is not there any more.
    pub fn health_mut(&mut self, flow: Flow) -> Option<&mut Health> {
        let known = self.health.iter_mut().find(|(known, _)| *known == flow);
        known.map(|(_, health)| health)
    }

    /// It gets a call.
    pub fn gets_call(&mut self, now: Time, trunk: &Trunk) {
        self.started.retain(|at| now.since(*at) < SECOND);
        if trunk.max_calls_per_second.is_some() {
            self.started.push_back(now);
        }
    }

    /// Why it cannot get one more call beside so many, if it cannot.
    pub fn is_full(&self, now: Time, name: &str, trunk: &Trunk, calls: usize) -> Option<String> {
        let started = self.started.iter().filter(|at| now.since(**at) < SECOND).count();
        match (trunk.max_calls, trunk.max_calls_per_second) {
            (Some(most), _) if calls >= most => Some(format!(
                "trunk {name} has {most} calls already (trunk.{name}.max_calls)"
            )),
            (_, Some(most)) if started >= most => Some(format!(
                "trunk {name} has got {most} calls within a second (trunk.{name}.max_calls_per_second)"
            )),
            (_, _) => None,
        }
    }

    /// It has been found there.
    pub fn is_at(&mut self, now: Time, found: Found) {
        self.look_up_at = now + found.lasts;
        self.lost = None;
        let flows = found.servers.iter().flat_map(|server| &server.flows);
        let flows: Vec<Flow> = flows.copied().collect();
        self.health = flows.into_iter().map(|flow| (flow, self.health(flow))).collect();
        self.servers = found.servers;
    }
}

impl World<'_> {
    /// What was found about a trunk. That it cannot be found is told once, and not at every attempt; meanwhile it is
    /// taken to be where it was.
    pub fn trunk_is_found(&mut self, name: &str, found: Result<Found, String>) {
        let now = self.now;
        let Some(line) = self.desk.lines.get_mut(name) else {
            return;
        };
        match found {
            Ok(found) => {
                let was_lost = line.lost.is_some();
                if line.servers.is_empty()
                    && let Some(registrant) = &mut line.registrant
                {
                    registrant.hurries(now);
                }
                line.is_at(now, found);
                if was_lost {
                    self.tell(Weight::Story, None, format!("trunk {name} is found again"));
                }
            }
            Err(why) => {
                line.look_up_at = now + LOOK_UP_AGAIN;
                let is_news = line.lost.as_ref() != Some(&why);
                let goes_on = match line.servers.is_empty() {
                    true => "its calls cannot go out",
                    false => "we go on with where it was",
                };
                let text = format!("trunk {name} cannot be found: {why}; {goes_on}");
                line.lost = Some(why);
                if is_news {
                    self.tell(Weight::Warning, None, text);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::Transport;

    fn flow(port: u16) -> Flow {
        Flow {
            transport: Transport::Udp,
            local: "192.0.2.1:5060".parse().unwrap(),
            remote: format!("198.51.100.1:{port}").parse().unwrap(),
        }
    }

    fn server(priority: u32, weight: u32, ports: &[u16]) -> Server {
        Server {
            priority,
            weight,
            flows: ports.iter().map(|port| flow(*port)).collect(),
        }
    }

    fn line(servers: Vec<Server>) -> Line {
        let mut line = Line::default();
        let lasts = Duration::from_secs(60);
        line.is_at(Time::EPOCH, Found { servers, lasts });
        line
    }

    /// RFC 2782, and all addresses of one server before the next server (RFC 3263 §4.3).
    #[test]
    fn servers_are_tried_by_priority_then_by_weight_and_chance() {
        let line = line(vec![
            server(20, 10, &[5]),
            server(10, 90, &[1, 2]),
            server(10, 10, &[3]),
            server(30, 0, &[6]),
        ]);
        let mut chance = Chance::new([7; 32]);
        let mut first = BTreeMap::new();
        for _ in 0..1000 {
            let ports: Vec<u16> = line
                .flows(&mut chance)
                .iter()
                .map(|flow| flow.remote.port())
                .collect();
            assert!(ports == [1, 2, 3, 5, 6] || ports == [3, 1, 2, 5, 6], "{ports:?}");
            *first.entry(ports[0]).or_insert(0) += 1;
        }
        assert!((850..950).contains(&first[&1]), "{first:?}");
    }

    #[test]
    fn no_place_comes_twice_even_if_two_trunks_are_there() {
        let mut lines = Lines::default();
        lines.0.insert("acme".into(), line(vec![server(0, 0, &[1, 2])]));
        lines.0.insert("globe".into(), line(vec![server(0, 0, &[2, 3])]));
        let groups = [vec![("acme".to_owned(), 1)], vec![("globe".to_owned(), 1)]];
        let places = lines.places(&groups, &mut Chance::new([7; 32]));
        let places: Vec<_> = places
            .iter()
            .map(|place| (&*place.trunk, place.flow.remote.port()))
            .collect();
        assert_eq!(places, [("acme", 1), ("acme", 2), ("globe", 3)]);
    }

    #[test]
    fn what_is_found_anew_keeps_the_health_of_what_was_there() {
        let mut line = line(vec![server(0, 0, &[1, 2])]);
        let until = Time::EPOCH + SECOND;
        line.health_mut(flow(2)).unwrap().rests(until);
        let servers = vec![server(0, 0, &[2, 3])];
        line.is_at(
            Time::EPOCH,
            Found {
                servers,
                lasts: SECOND,
            },
        );
        assert!(line.health(flow(2)).is_resting(Time::EPOCH));
        assert!(!line.health(flow(3)).is_resting(Time::EPOCH));
        assert_eq!(line.all_flows().collect::<Vec<_>>(), [flow(2), flow(3)]);
    }
}
