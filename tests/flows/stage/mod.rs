//! The stage: an in-memory network with virtual time around the real switch.
//!
//! A flow is a script in the speakers' verbs. The stage plays it, draws the ladder with who hears whom under
//! each step, and lets the referee watch.

mod agent;
mod asking;
mod call;
mod confirmations;
mod demands;
mod describing;
mod digest;
mod elsewhere;
mod forks;
pub mod golden;
mod house;
mod identities;
mod label;
mod ladder;
mod lines;
mod networks;
mod outsider;
mod party;
mod pedant;
pub mod reel;
mod referee;
#[cfg(test)]
mod referee_tests;
mod registering;
mod reliable;
pub mod said;
mod secrets;
mod sessions;
mod sounds;
mod speech;
mod strangers;
mod transferring;
mod twist;
mod wires;
mod words;
mod world;

pub use demands::Demands;
pub use lines::{Chance, Deed};
pub use outsider::Outsider;
pub use party::Party;
pub use transferring::{cold, warm};
pub use twist::Twist;

use crate::heard::Cue;
use agent::Agent;
use ladder::Side;
use reel::Reel;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;
use tandem::call::gesture::Gesture;
use tandem::call::recording::TapeStory;
use tandem::call::{Census, Input, Order, OrderId};
use tandem::config::Config;
use tandem::id::ConversationId;
use tandem::sip::Transport;
use tandem::time::Time;
use world::World;

/// Longer than any transaction, retransmission or draining port lives after the last word of a flow.
const AFTERMATH: Duration = Duration::from_secs(150);

/// What is needed to play one flow.
pub struct Stage {
    world: Rc<RefCell<World>>,
}

/// What came of one flow.
pub struct Played {
    /// The drawing.
    pub drawing: String,
    /// What was against the rules.
    pub faults: Vec<String>,
    /// Inputs that the switch had.
    pub steps: usize,
    /// Restarts that it went through.
    pub restarts: usize,
    /// All that the switch has told the media plane.
    pub score: Vec<Cue>,
    /// Datagrams and other messages that were sent, both ways.
    pub datagrams: usize,
}

impl Stage {
    /// Plays a flow to its end and a while beyond.
    pub fn play(title: &str, flow: impl FnOnce(&mut Stage), twist: Twist) -> Played {
        let world = Rc::new(RefCell::new(World::new(twist)));
        let mut stage = Stage {
            world: Rc::clone(&world),
        };
        if twist.changes_the_course() {
            // The script goes as far as it can; what it leaves open is ended by order.
            let _broken_off = catch_unwind(AssertUnwindSafe(|| flow(&mut stage)));
            stage.rest(AFTERMATH);
            stage.order(Order::ShutDown);
        } else {
            flow(&mut stage);
        }
        stage.rest(AFTERMATH);
        let mut world = world.borrow_mut();
        let mut faults = world.referee.verdict();
        faults.extend(world.leftovers());
        Played {
            drawing: world.ladder.draw(title),
            faults,
            steps: world.steps,
            restarts: world.restarts,
            score: std::mem::take(&mut world.reel.tables)
                .into_iter()
                .map(|(at, id, wiring)| Cue { at, id, wiring })
                .collect(),
            datagrams: world.datagrams,
        }
    }

    /// Changes the house before anything happens in it.
    pub fn configure(&mut self, change: impl FnOnce(&mut Config)) {
        change(&mut self.world.borrow_mut().config);
    }

    /// A phone of this extension, not yet registered. The first party stands left of the switch, all others
    /// right of it.
    pub fn phone(&mut self, extension: &str) -> Party {
        let number = 101 + self.world.borrow().agents.len();
        self.party(extension, extension, &format!("10.0.0.{number}:5060"))
    }

    /// A registered phone of this extension; the drawing begins after that.
    pub fn registered_phone(&mut self, extension: &str) -> Party {
        let phone = self.phone(extension);
        phone.registers();
        phone.gets(200);
        self.world.borrow_mut().ladder.clear();
        phone
    }

    /// The drawing begins here.
    pub fn forgets_what_was_drawn(&mut self) {
        self.world.borrow_mut().ladder.clear();
    }

    /// The carrier behind this trunk.
    pub fn carrier(&mut self, trunk: &str) -> Party {
        let host = self.world.borrow().config.trunks[trunk].servers[0].clone();
        self.party(trunk, "+447700900123", &format!("{host}:5060"))
    }

    /// Somebody whom nobody knows.
    pub fn stranger(&mut self) -> Party {
        self.party("stranger", "+15550100", "203.0.113.66:5060")
    }

    /// Somebody who is no party sends bytes that may be anything, and is told these final statuses.
    pub fn throw(&mut self, outsider: Outsider, transport: Transport, bytes: &[u8]) -> BTreeSet<u16> {
        let mut world = self.world.borrow_mut();
        world.throw(outsider.flow(transport), bytes);
        world.finals()
    }

    /// What outsiders were told so far does not count any more.
    pub fn forgets_what_was_thrown(&mut self) {
        self.world.borrow_mut().letterbox.empties();
    }

    /// How many things the switch holds.
    pub fn census(&self) -> Census {
        self.world.borrow_mut().census()
    }

    /// Lets seconds pass.
    pub fn wait(&mut self, seconds: u64) {
        self.rest(Duration::from_secs(seconds));
    }

    /// What the parties send in here crosses: each has sent its own before it receives the others'. What is wanted by
    /// order in here happens in its turn among it.
    pub fn crossing(&self, act: impl FnOnce()) {
        self.world.borrow_mut().crossing = true;
        act();
        let mut world = self.world.borrow_mut();
        world.crossing = false;
        world.settle();
    }

    /// What rings now has rung for too long, in the moment in which this is said.
    pub fn gives_up_ringing(&self) {
        let mut world = self.world.borrow_mut();
        let due = world.now + world.config.timers.ring;
        world.jump(due);
        world.happen(Input::Deadline);
    }

    /// From now on no trunk can be found, for this reason; or all can again.
    pub fn loses_the_dns(&mut self, why: Option<&str>) {
        let mut world = self.world.borrow_mut();
        world.lost = why.map(str::to_owned);
        world.remark(format!("– the DNS says: {}", why.unwrap_or("here they are")));
    }

    /// The newest conversation that is up; one that never was if there is none.
    pub fn conversation(&self) -> ConversationId {
        let nobody = ConversationId(0);
        self.world.borrow().wires.newest().unwrap_or(nobody)
    }

    /// Somebody who runs the switch wants something.
    pub fn order(&self, order: Order) {
        let mut world = self.world.borrow_mut();
        world.remark(format!("– order: {order:?}"));
        world.happen(Input::Order(OrderId(1), order));
    }

    /// The agent of the newest conversation does this.
    pub fn gesture(&self, gesture: Gesture) {
        self.wants(None, gesture);
    }

    /// This agent of the newest conversation does this.
    pub fn gesture_of(&self, agent: &str, gesture: Gesture) {
        self.wants(Some(agent.to_owned()), gesture);
    }

    fn wants(&self, agent: Option<String>, gesture: Gesture) {
        let id = self.conversation();
        let mut world = self.world.borrow_mut();
        let who = agent
            .as_deref()
            .map(|agent| format!(" of {agent}"))
            .unwrap_or_default();
        world.remark(format!("– gesture{who}: {gesture:?}"));
        world.happen(Input::Order(OrderId(1), Order::Gesture { id, agent, gesture }));
    }

    /// The conversations that are up, oldest first.
    pub fn conversations(&self) -> Vec<ConversationId> {
        self.world.borrow().wires.conversations()
    }

    /// Who hears whom in each of them.
    pub fn picture(&self) -> Vec<String> {
        let world = self.world.borrow();
        world.wires.picture(&world.agents)
    }

    /// All tables and tapes until now, to be heard afterwards.
    pub fn reel(&self) -> Reel {
        self.world.borrow().reel.clone()
    }

    /// The moment that it is on the stage.
    pub fn now(&self) -> Time {
        self.world.borrow().now
    }

    /// The stories of all tapes, oldest first.
    pub fn tapes(&self) -> Vec<TapeStory> {
        self.world.borrow().wires.tapes()
    }

    /// The switch is serialised, dropped and restored.
    pub fn restart(&mut self) {
        self.world.borrow_mut().restart();
    }

    /// The state of the leg of a party's first call, as it stands in a snapshot.
    pub fn leg_of(&self, party: &Party) -> String {
        let call_id = party.with(|agent| agent.calls[0].invite.get("Call-ID").to_owned());
        self.world.borrow_mut().leg_of(&call_id)
    }

    /// The first port of the newest conversation cannot be opened.
    pub fn refuses_a_port(&mut self) {
        let mut world = self.world.borrow_mut();
        let refused = world.wires.refused();
        refused
            .into_iter()
            .for_each(|event| world.happen(Input::Media(event)));
    }

    /// Lets time pass.
    pub fn rest(&mut self, span: Duration) {
        self.world.borrow_mut().pass(span);
    }

    fn party(&mut self, name: &str, user: &str, address: &str) -> Party {
        let mut world = self.world.borrow_mut();
        let twins = world
            .agents
            .iter()
            .filter(|agent| agent.user == user && !user.starts_with('+'))
            .count();
        let name = if twins == 0 {
            name.to_owned()
        } else {
            format!("{name} {}", ["", "bis", "ter"][twins])
        };
        let side = if world.agents.is_empty() {
            Side::Left
        } else {
            Side::Right
        };
        let flow = house::flow(Transport::Udp, address.parse().unwrap());
        let domain = world.config.domain.clone();
        world.agents.push(Agent::new(&name, user, &domain, flow));
        world.ladder.party(&name, side);
        let index = world.agents.len() - 1;
        drop(world);
        Party {
            world: Rc::clone(&self.world),
            index,
        }
    }
}
