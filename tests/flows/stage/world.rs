//! The network and the media around the real switch, and the clock that all of them follow.

use super::agent::Agent;
use super::house;
use super::label::{again, label, notes};
use super::ladder::Ladder;
use super::outsider::Letterbox;
use super::reel::Reel;
use super::referee::Referee;
use super::said::{Said, address_in};
use super::twist::{Fate, Twist};
use super::wires::Wires;
use bytes::Bytes;
use serde_json::Value;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tandem::call::line::{Found, Server};
use tandem::call::{Census, Effect, Input, Lookup, OrderId, Query, Switch, Weight};
use tandem::config::Config;
use tandem::config::valid::ListenTransport;
use tandem::id::ConversationId;
use tandem::sip::{Flow, Transport};
use tandem::time::Time;

/// Monday morning, 5 January 2026, 09:00 UTC.
const START: Time = Time::from_micros(1_767_603_600_000_000);

/// More steps at one moment than any story needs.
const MAX_STEPS_AT_ONCE: usize = 2000;

/// How much later than others a slow datagram comes, if no other overtakes it before.
const SLOWNESS: Duration = Duration::from_millis(50);

/// How long the DNS of the stage lets its answers be used.
const LOOKUP_LASTS: Duration = Duration::from_secs(60);

/// A datagram that is under way while others pass it.
enum Late {
    ToSwitch(Input),
    ToParty(usize, Said),
}

/// Everything on the stage.
pub struct World {
    /// The configuration; to be changed before the first message.
    pub config: Config,
    /// The parties, in the order in which they came.
    pub agents: Vec<Agent>,
    /// The drawing so far.
    pub ladder: Ladder,
    /// Who hears whom.
    pub wires: Wires,
    /// Who watches.
    pub referee: Referee,
    /// All that was wired and kept.
    pub reel: Reel,
    /// The time.
    pub now: Time,
    /// Whether what the parties send waits, so that messages can cross.
    pub crossing: bool,
    /// How many inputs the switch has had.
    pub steps: usize,
    /// How often it was restarted.
    pub restarts: usize,
    /// How many datagrams there were, both ways.
    pub datagrams: usize,
    /// What goes on beside the flow.
    pub twist: Twist,
    /// What was sent to somebody who is no party.
    pub letterbox: Letterbox,
    /// Why no trunk can be found now, if that is so.
    pub lost: Option<String>,
    switch: Option<Switch>,
    queue: VecDeque<Input>,
    late: Option<Late>,
    /// All messages so far, by party.
    said: BTreeSet<(usize, String)>,
    steps_at_once: usize,
}

impl World {
    /// An empty stage.
    pub fn new(twist: Twist) -> World {
        World {
            config: house::config(),
            agents: Vec::new(),
            ladder: Ladder::default(),
            wires: Wires::default(),
            referee: Referee::default(),
            reel: Reel::default(),
            now: START,
            crossing: false,
            steps: 0,
            restarts: 0,
            datagrams: 0,
            twist,
            letterbox: Letterbox::default(),
            lost: None,
            switch: None,
            queue: VecDeque::new(),
            late: None,
            said: BTreeSet::new(),
            steps_at_once: 0,
        }
    }

    /// How long the flow has played.
    pub fn played(&self) -> Duration {
        self.now.since(START)
    }

    /// A sentence in the drawing.
    pub fn remark(&mut self, text: String) {
        self.ladder.remark(self.played(), text);
    }

    /// The parties' messages reach the switch, unless they are to cross with others.
    pub fn say(&mut self, agent: usize, messages: Vec<Said>) {
        self.post(agent, messages);
        if !self.crossing {
            self.settle();
        }
    }

    /// Something else happens to the switch, in its turn where things cross.
    pub fn happen(&mut self, input: Input) {
        self.open();
        self.queue.push_back(input);
        if !self.crossing {
            self.settle();
        }
    }

    /// Lets everything happen that happens now.
    pub fn settle(&mut self) {
        self.open();
        while let Some(input) = self.queue.pop_front() {
            let is_datagram = matches!(&input, Input::Packet(flow, _) if flow.transport.is_unreliable());
            if is_datagram && self.twist == Twist::EachDatagramDoubled {
                self.step(input.clone());
            }
            self.step(input);
        }
    }

    /// Lets time pass.
    pub fn pass(&mut self, span: Duration) {
        self.settle();
        let until = self.now + span;
        self.straggle();
        while let Some(due) = self.switch().deadline().filter(|due| *due <= until) {
            self.clock(due.max(self.now));
            self.step(Input::Deadline);
            self.settle();
            self.straggle();
        }
        self.clock(until.max(self.now));
    }

    /// What is left when a flow is over, in words; empty if nothing is.
    pub fn leftovers(&mut self) -> Vec<String> {
        let census = self.census();
        let mut left = self.wires.leftovers();
        if census != Census::default() {
            left.push(format!("the switch still holds {census:?}"));
        }
        left
    }

    /// The state of the leg with this Call-ID, as it stands in a snapshot; "gone" if there is none.
    pub fn leg_of(&mut self, call_id: &str) -> String {
        let snapshot: Value = serde_json::from_slice(&self.switch().snapshot().unwrap()).unwrap();
        let talks = snapshot["state"]["conversations"]["all"].as_object().unwrap();
        let mut legs = talks
            .values()
            .flat_map(|talk| talk["legs"].as_object().unwrap().values());
        let leg = legs.find(|leg| leg["dialog"]["call_id"] == call_id);
        leg.map_or("gone".to_owned(), |leg| match &leg["state"] {
            Value::String(state) => state.clone(),
            state => state
                .as_object()
                .and_then(|state| state.keys().next().cloned())
                .unwrap_or_default(),
        })
    }

    /// How many things the switch holds.
    pub fn census(&mut self) -> Census {
        self.switch().census()
    }

    /// It is later, and nothing has happened meanwhile but what is still under way.
    pub fn jump(&mut self, now: Time) {
        self.clock(now);
    }

    fn clock(&mut self, now: Time) {
        if now > self.now {
            self.steps_at_once = 0;
        }
        self.now = now;
    }

    fn switch(&mut self) -> &mut Switch {
        self.open();
        self.switch.as_mut().unwrap()
    }

    /// The switch starts when it is first needed, so that a flow can change its configuration before.
    fn open(&mut self) {
        if self.switch.is_none() {
            let mut effects = Vec::new();
            self.switch = Some(Switch::new(
                Arc::new(self.config.clone()),
                [7; 32],
                self.now,
                &mut effects,
            ));
            self.perform(effects);
        }
    }

    fn step(&mut self, input: Input) {
        self.steps += 1;
        self.steps_at_once += 1;
        assert!(
            self.steps_at_once < MAX_STEPS_AT_ONCE,
            "the switch turns in circles:\n{}",
            self.ladder.draw("")
        );
        let late = self.late.take();
        let fate = match &input {
            Input::Packet(flow, _) => self.fate(*flow),
            _ => Fate::Arrives,
        };
        match fate {
            Fate::Arrives => self.arrive(input),
            Fate::Lost => {}
            Fate::Late => self.late = Some(Late::ToSwitch(input)),
        }
        late.into_iter().for_each(|late| self.catch_up(late));
    }

    fn arrive(&mut self, input: Input) {
        if let Input::Packet(flow, bytes) = &input {
            self.overhear(*flow, bytes);
        }
        let is_lookup = matches!(input, Input::Answer(_));
        let input = self.as_seen(input);
        let mut effects = Vec::new();
        let now = self.now;
        self.switch().step(now, input, &mut effects);
        self.perform(effects);
        if self.twist == Twist::RestartAfterEveryStep && !is_lookup {
            self.restart();
        }
        if let Some(table) = self.wires.news(&self.agents) {
            self.remark(table);
        }
        if let Some(port) = self.wires.shared_ports() {
            self.referee.fault(format!("two legs share {port}"));
        }
        self.referee
            .news()
            .into_iter()
            .for_each(|fault| self.remark(format!("✗ {fault}")));
    }

    /// Takes the state out, drops the switch, and takes the state up again.
    pub fn restart(&mut self) {
        self.restarts += 1;
        let snapshot = self.switch().snapshot().unwrap();
        let mut effects = Vec::new();
        match Switch::restore(Arc::new(self.config.clone()), &snapshot, self.now, &mut effects) {
            Ok(switch) => self.switch = Some(switch),
            Err(error) => self.referee.fault(format!("{error}")),
        }
        // What is told about the restart itself is no part of the story.
        effects.retain(|effect| !matches!(effect, Effect::Tell(_)));
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Transmit(flow, bytes) => self.deliver(flow, &bytes),
                Effect::Wire(id, wiring) => {
                    self.reel.tables.push((self.now, id, wiring.clone()));
                    self.queue
                        .extend(self.wires.change(id, wiring).into_iter().map(Input::Media));
                }
                Effect::Press(_, leg, press) => {
                    let event = self.wires.press(leg, press);
                    let name = self.wires.name_of(leg, &self.agents);
                    self.remark(format!(
                        "♪ {name} presses {}",
                        super::sounds::words(press, &event)
                    ));
                    self.queue.extend(event.map(Input::Media));
                }
                Effect::LetPass(_, leg, press) => {
                    let name = self.wires.name_of(leg, &self.agents);
                    self.remark(format!("♪ {} of {name} passes", press.key.to_char()));
                }
                Effect::Recognise(_) => {}
                Effect::LookUp(Query::Trunk { name }) => self.look_up(name),
                Effect::LookUp(Query::Host { conversation, name }) => self.look_up_host(conversation, name),
                Effect::Keep(story) => {
                    self.reel.tapes.insert(story.tape, story.clone());
                    self.wires.keep(story);
                }
                Effect::Reply(OrderId(_), reply) => {
                    self.remark(format!("» reply: {}", super::words::reply(&reply)))
                }
                Effect::Tell(event) if event.weight == Weight::Detail => {}
                Effect::Tell(event) => self.remark(format!("{} {}", super::words::mark(event.weight), event)),
            }
        }
    }

    /// A message from the switch arrives where it was sent, and is answered if it must be.
    fn deliver(&mut self, flow: Flow, bytes: &Bytes) {
        if self.letterbox.keeps(flow, bytes) {
            return;
        }
        let Some(index) = self.at(flow) else {
            // Nobody listens where a connection came from, so none can be opened there.
            if !flow.transport.is_unreliable() {
                self.remark(format!("– nobody can connect to {}", flow.remote));
                self.queue.push_back(Input::Closed(flow));
                return;
            }
            // In another course a party may have moved without saying so.
            if !self.twist.changes_the_course() {
                self.referee
                    .fault(format!("a message to {flow}, where nobody lives"));
            }
            return;
        };
        let said = match Said::read(bytes) {
            Ok(said) => said,
            Err(error) => return self.referee.fault(format!("the switch sends {error}")),
        };
        self.draw(index, true, &said);
        let agent = &self.agents[index];
        self.referee.sent(&self.config, agent, flow, &said, bytes);
        self.wires.learn(index, &said);
        let is_heard = !agent.silent;
        match self.fate(flow) {
            Fate::Arrives if is_heard => self.hear(index, said),
            Fate::Arrives | Fate::Lost => {}
            Fate::Late => self.late = Some(Late::ToParty(index, said)),
        }
    }

    fn hear(&mut self, index: usize, said: Said) {
        let replies = self.agents[index].receive(said);
        self.post(index, replies);
    }

    /// What has been overtaken arrives after all.
    fn catch_up(&mut self, late: Late) {
        match late {
            Late::ToSwitch(input) => self.arrive(input),
            Late::ToParty(index, said) if !self.agents[index].silent => self.hear(index, said),
            Late::ToParty(..) => {}
        }
    }

    /// Nothing has overtaken it, so it is only slow.
    fn straggle(&mut self) {
        if let Some(late) = self.late.take() {
            self.clock(self.now + SLOWNESS);
            self.catch_up(late);
            self.settle();
        }
    }

    /// What a party sends is drawn and judged when the switch receives it.
    fn overhear(&mut self, flow: Flow, bytes: &Bytes) {
        let Some(index) = self.at(flow) else { return };
        match Said::read(bytes) {
            Ok(said) => {
                self.draw(index, false, &said);
                self.referee.received(&self.config, &self.agents[index], &said);
            }
            Err(_) => {
                let text = format!("“{}”", String::from_utf8_lossy(bytes).escape_debug());
                let is_new = self.said.insert((index, text.clone()));
                let text = if is_new { text } else { format!("{text} again") };
                self.ladder.message(self.played(), index, false, text, Vec::new());
            }
        }
    }

    /// Counts a datagram, and says what becomes of it.
    fn fate(&mut self, flow: Flow) -> Fate {
        let number = self.datagrams;
        self.datagrams += 1;
        match flow.transport.is_unreliable() {
            true => self.twist.fate(number),
            false => Fate::Arrives,
        }
    }

    /// A message that was there before is drawn in short.
    fn draw(&mut self, index: usize, from_switch: bool, said: &Said) {
        let is_new = self.said.insert((index, said.to_string()));
        let notes = if is_new {
            notes(said, from_switch)
        } else {
            Vec::new()
        };
        let label = if is_new { label(said) } else { again(said) };
        let at = self.played();
        self.ladder.message(at, index, from_switch, label, notes);
    }

    fn post(&mut self, index: usize, messages: Vec<Said>) {
        for said in messages {
            let flow = self.agents[index].flow;
            let flow = Flow {
                local: self.target_of(&said).unwrap_or(flow.local),
                ..flow
            };
            let said = self.agents[index].as_sent(said);
            self.queue
                .push_back(Input::Packet(flow, Bytes::from(said.to_string())));
        }
    }

    /// Requests within a dialog go where the switch's Contact says; that must be one of its listeners.
    fn target_of(&mut self, said: &Said) -> Option<std::net::SocketAddr> {
        if said.status().is_some() || !said.is_within_dialog() {
            return None;
        }
        let target = address_in(said.uri())?;
        let shows = |listener: &&tandem::config::valid::Listener| {
            let advertised = listener.advertise.map(|ip| (ip, listener.address.port()).into());
            listener.address == target || advertised == Some(target)
        };
        let listener = self
            .config
            .listeners
            .iter()
            .find(shows)
            .map(|listener| listener.address);
        if listener.is_none() {
            self.referee.fault(format!("the Contact {target} is no listener"));
        }
        listener
    }

    /// Nobody is found but `media` of somebody who is here, such as `media.acme.example`: beside its SIP, in another network.
    fn look_up_host(&mut self, conversation: ConversationId, name: String) {
        let owner = name
            .strip_prefix("media.")
            .and_then(|name| name.strip_suffix(".example"));
        let agent = self
            .agents
            .iter()
            .find(|agent| Some(agent.name.as_str()) == owner);
        let found = agent.and_then(|agent| house::media_beside(agent.flow.remote.ip()));
        let found = found
            .map(|address| vec![address])
            .ok_or("there is no such name".to_owned());
        self.queue.push_back(Input::Answer(Lookup::Host {
            conversation,
            name,
            found,
        }));
    }

    /// The names in the configuration are addresses, and every carrier is where it says.
    fn look_up(&mut self, name: String) {
        let trunk = &self.config.trunks[&name];
        let transport = match trunk.transport {
            ListenTransport::Udp => Transport::Udp,
            ListenTransport::Tcp => Transport::Tcp,
            ListenTransport::Tls => Transport::Tls,
        };
        let flow = |host: &String| house::flow(transport, format!("{host}:5060").parse().unwrap());
        let servers = (0..).zip(&trunk.servers).map(|(priority, host)| Server {
            priority,
            weight: 0,
            flows: vec![flow(host)],
        });
        let found = Found {
            servers: servers.collect(),
            lasts: LOOKUP_LASTS,
        };
        let found = self.lost.clone().map_or(Ok(found), Err);
        self.queue.push_back(Input::Answer(Lookup::Trunk { name, found }));
    }
}
