//! A house without wires: conversations that are moved on directly, by what the messages would have meant.

use bytes::Bytes;
use std::sync::LazyLock;
use std::time::Duration;
use tandem::call::Event;
use tandem::call::conversation::Conversation;
use tandem::call::conversations::Conversations;
use tandem::call::io::Effects;
use tandem::call::leg::{Leg, LegState};
use tandem::call::line::{Found, Lines, Server};
use tandem::call::refusal::Refusal;
use tandem::call::registrar::{Registrar, Rules};
use tandem::call::ringing::Ask;
use tandem::call::route::Caller;
use tandem::call::step::Step;
use tandem::call::world::{Channels, Desk, Door, Ids, World, endpoint_settings, terms};
use tandem::config::{self, Config};
use tandem::id::{ConversationId, LegId};
use tandem::shell::surroundings::Surroundings;
use tandem::sip::auth::Challenger;
use tandem::sip::{Chance, Endpoint, Flow, Message, MessageLimits, ServerId, Transport};
use tandem::time::Time;

/// The phones of the house, each of its own extension but the last.
pub(crate) const PHONES: [&str; 5] = ["1001", "1002", "1003", "1004", "1001"];
/// The number that opens conferences.
pub(crate) const CONFERENCE: &str = "600";
/// So many calls to the outside an extension may have at one time; it stands in [`HOUSE`].
pub(crate) const MAX_CALLS_OUT: usize = 2;
/// The carriers.
pub(crate) const TRUNKS: [&str; 2] = ["acme", "globe"];

const HOUSE: &str = r#"
[switch]
domain = "tandem.example"
[[listen]]
transport = "udp"
address = "192.0.2.1:5060"
[media]
ports = "20000-20999"
[extension.1001]
password = "a password for 1001"
[extension.1002]
password = "a password for 1002"
[extension.1003]
password = "a password for 1003"
[extension.1004]
password = "a password for 1004"
[trunk.acme]
host = "198.51.100.1"
qualify = "off"
[trunk.globe]
host = "198.51.100.2"
qualify = "off"
transfers = true
takes_transfers = true
[[incoming]]
number = "+442079460100"
ring = ["1001", "1002"]
[[incoming]]
number = "+442079460101"
ring = ["1001"]
[[outgoing]]
match = "00*"
trunk = "globe"
[[outgoing]]
match = "0X*"
trunk = "acme"
[outside]
max_calls = 2
[numbers]
default = "+442079460100"
[transfer]
max_together = 4
pickup = true
conference = "600"
[codes]
enabled = true
[recording]
incoming = true
outgoing = true
[limits]
max_calls = 100
[timers]
ring = "20s"
"#;

/// Everything that is the same in each story.
pub(crate) struct Ground {
    config: Config,
    with_last_resort: Config,
    registrar: Registrar,
    /// What people may say, ready to be said.
    pub(crate) words: Words,
}

/// Messages that are said again and again; whose they are says the leg on which they are said.
pub(crate) struct Words {
    pub(crate) rings: Message,
    pub(crate) plays: Message,
    pub(crate) answers: Message,
    pub(crate) bye: Message,
    /// Refusals that send the caller on.
    pub(crate) forwards: Vec<Message>,
    /// How a carrier gets on with a REFER of ours, by status.
    pub(crate) notifies: Vec<(u16, Message)>,
}

/// A switch without transports.
pub(crate) struct House<'g> {
    pub(crate) ground: &'g Ground,
    config: &'g Config,
    desk: Desk,
    pub(crate) conversations: Conversations,
    pub(crate) now: Time,
    /// What the last step has told.
    tells: Vec<Event>,
}

/// The ground, made once.
pub(crate) fn ground() -> &'static Ground {
    static GROUND: LazyLock<Ground> = LazyLock::new(Ground::new);
    &GROUND
}

impl Ground {
    fn new() -> Ground {
        let config = match config::read("house.toml", HOUSE, &Surroundings) {
            Ok(reading) => reading.config,
            Err(report) => panic!("{report}"),
        };
        let mut registrar = Registrar::new();
        for (number, extension) in PHONES.iter().enumerate() {
            let rules = Rules {
                lifetime: &config.registration,
                max_contacts: 10,
            };
            registrar.register(start(), phone(number), &register(number), extension, rules);
        }
        let mut with_last_resort = config.clone();
        with_last_resort.transfer.fallback = Some("1004".to_owned());
        // And there the private side has a tape of its own.
        with_last_resort.recording.consult = true;
        Ground {
            config,
            with_last_resort,
            registrar,
            words: Words {
                rings: message(&response("180 Ringing", "")),
                plays: message(&response("183 Session Progress", SDP)),
                answers: message(&response("200 OK", SDP)),
                bye: message(&request("BYE sip:tandem.example", 0, "")),
                forwards: ["1002", "1003", "0033123456789", "9999"].map(moved).into(),
                notifies: [180, 200, 486].map(|status| (status, notify(status))).into(),
            },
        }
    }
}

impl<'g> House<'g> {
    pub(crate) fn new(ground: &'g Ground, has_last_resort: bool) -> House<'g> {
        let config = match has_last_resort {
            true => &ground.with_last_resort,
            false => &ground.config,
        };
        let mut chance = Chance::new([7; 32]);
        let mut lines = Lines::default();
        lines.set_up(config);
        for (number, trunk) in TRUNKS.iter().enumerate() {
            let server = Server {
                priority: 0,
                weight: 0,
                flows: vec![carrier(number)],
            };
            let found = Found {
                servers: vec![server],
                lasts: Duration::from_secs(1_000_000),
            };
            lines.get_mut(trunk).unwrap().is_at(start(), found);
        }
        let desk = Desk {
            endpoint: Endpoint::new(endpoint_settings(config), &mut chance),
            challenger: Challenger::new(terms(config), &mut chance),
            chance,
            registrar: ground.registrar.clone(),
            tallies: Default::default(),
            guard: Default::default(),
            proven: Default::default(),
            ports: Default::default(),
            lines,
            calls_out: Default::default(),
            started: start(),
            door: Door::Open,
            ids: Ids::default(),
        };
        House {
            ground,
            config,
            desk,
            conversations: Conversations::default(),
            now: start(),
            tells: Vec::new(),
        }
    }

    /// Takes a step with everything that there is.
    pub(crate) fn step<R>(&mut self, act: impl FnOnce(&mut Step<'_>) -> R) -> R {
        let world = World {
            now: self.now,
            config: self.config,
            desk: &mut self.desk,
            out: Vec::new(),
            tells: Vec::new(),
            presses: Vec::new(),
            let_pass: Vec::new(),
            recognised: None,
            channels: Channels::new(),
        };
        let mut effects = Effects::new();
        let mut step = Step {
            world,
            conversations: &mut self.conversations,
            effects: &mut effects,
        };
        let result = act(&mut step);
        self.tells = step.world.tells;
        result
    }

    /// What the last step has told of a conversation behind these words, if it has said them.
    pub(crate) fn told(&self, id: ConversationId, words: &str) -> Option<String> {
        let mut of_talk = self.tells.iter().filter(|event| event.conversation == Some(id));
        of_talk.find_map(|event| event.text.split_once(words).map(|(_, rest)| rest.to_owned()))
    }

    /// Takes a step with one conversation.
    pub(crate) fn visit<R>(
        &mut self,
        id: ConversationId,
        act: impl FnOnce(&mut Conversation, &mut World<'_>) -> R,
    ) -> Option<R> {
        let mut result = None;
        self.step(|step| step.visit(id, |conversation, world| result = Some(act(conversation, world))));
        result
    }

    /// Somebody calls a number; the conversation, if that is possible.
    pub(crate) fn call(&mut self, ask: &Ask) -> Option<ConversationId> {
        self.step(|step| {
            let (new, destination) = Conversation::asked_for(&mut step.world, ask).ok()?;
            let id = new.id;
            step.begin(new, |new, world| {
                if let Err(refusal) = new.ring(world, ask, &destination) {
                    new.refuse_caller(world, &refusal);
                }
            });
            Some(id)
        })
    }

    /// The answers arrive that our requests in standing sessions wait for, and the ACKs.
    pub(crate) fn is_confirmed(&mut self) {
        let owes = |leg: &&Leg| matches!(leg.state, LegState::Confirming(_) | LegState::Changing(_));
        let owing: Vec<ConversationId> = self
            .conversations
            .iter()
            .filter(|talk| talk.legs.values().any(|leg| owes(&leg)))
            .map(|talk| talk.id)
            .collect();
        for id in owing {
            self.visit(id, |talk, _| {
                let legs = talk.legs.values_mut().filter(|leg| owes(&&**leg));
                legs.for_each(|leg| leg.state = LegState::Talking);
            });
        }
    }

    /// The answers arrive to our BYEs and CANCELs.
    pub(crate) fn is_let_go(&mut self) {
        let places: Vec<(ConversationId, LegId)> = self
            .conversations
            .iter()
            .flat_map(|talk| talk.legs.values().map(|leg| (talk.id, leg)))
            .filter(|(_, leg)| matches!(leg.state, LegState::Leaving { .. } | LegState::Withdrawn { .. }))
            .map(|(id, leg)| (id, leg.id))
            .collect();
        for (id, leg) in places {
            self.visit(id, |talk, world| {
                let client = talk.legs.get(&leg).and_then(|leg| leg.clients().next());
                if let Some(client) = client {
                    talk.unanswered(world, leg, client, 481);
                }
            });
        }
    }

    /// Time passes, and what is due is done.
    pub(crate) fn rests(&mut self, span: Duration) {
        self.now = self.now + span;
        self.step(|step| step.wake());
    }

    /// What is left of legs, transactions, ports and timers.
    pub(crate) fn leftovers(&self) -> Option<String> {
        let legs = self.conversations.iter().count();
        let (transactions, ports) = (self.desk.endpoint.len(), self.desk.ports.taken());
        let timer = self.conversations.deadline();
        let is_clean = legs + transactions + ports == 0 && timer.is_none();
        (!is_clean).then(|| {
            format!(
                "left are {legs} conversations, {transactions} transactions, {ports} ports, timer {timer:?}"
            )
        })
    }
}

/// The call that this caller makes to that number.
pub(crate) fn ask(caller: &Caller, flow: Flow, number: &str) -> Ask {
    let user = match caller {
        Caller::Extension(number) => number.clone(),
        Caller::Trunk(_) => "+447700900123".to_owned(),
    };
    let text = format!(
        "INVITE sip:{number}@tandem.example SIP/2.0\r\nVia: SIP/2.0/UDP {remote};branch=z9hG4bK1\r\n\
         Max-Forwards: 70\r\nFrom: <sip:{user}@{remote}>;tag=theirs\r\nTo: <sip:{number}@tandem.example>\r\n\
         Call-ID: one\r\nCSeq: 1 INVITE\r\nContact: <sip:{user}@{remote}>\r\n\
         Content-Type: application/sdp\r\nContent-Length: {length}\r\n\r\n{SDP}",
        remote = flow.remote,
        length = SDP.len()
    );
    Ask {
        caller: caller.clone(),
        flow,
        server: ServerId(u64::MAX),
        request: message(&text),
    }
}

/// A way to the phone of this number.
pub(crate) fn phone(number: usize) -> Flow {
    flow(&format!("10.0.0.{}:5060", 101 + number))
}

/// A way to the carrier of this number.
pub(crate) fn carrier(number: usize) -> Flow {
    flow(&format!("198.51.100.{}:5060", 1 + number))
}

/// Whether a refusal says that something cannot be, and not that we are at a loss.
pub(crate) fn is_sensible(refusal: &Refusal) -> bool {
    (400..700).contains(&refusal.status) && refusal.status != 500
}

const SDP: &str = "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n\
                   m=audio 40000 RTP/AVP 0\r\n";

fn start() -> Time {
    Time::from_micros(1_000_000)
}

fn flow(remote: &str) -> Flow {
    Flow {
        transport: Transport::Udp,
        local: "192.0.2.1:5060".parse().unwrap(),
        remote: remote.parse().unwrap(),
    }
}

fn register(number: usize) -> Message {
    let contact = format!(
        "Contact: <sip:{}@{}>;expires=3600\r\n",
        PHONES[number],
        phone(number).remote
    );
    message(&request("REGISTER sip:tandem.example", number, &contact))
}

fn request(line: &str, number: usize, fields: &str) -> String {
    let method = line.split(' ').next().unwrap();
    format!(
        "{line} SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK{number}\r\n\
         From: <sip:{user}@tandem.example>;tag=theirs\r\nTo: <sip:{user}@tandem.example>\r\n\
         Call-ID: {number}\r\nCSeq: 2 {method}\r\n{fields}Content-Length: 0\r\n\r\n",
        user = PHONES[number]
    )
}

/// 302: the call is to go to this number instead.
fn moved(number: &str) -> Message {
    let here = "<sip:them@10.0.0.9>";
    let there = format!("<sip:{number}@tandem.example>");
    message(&response("302 Moved Temporarily", "").replace(here, &there))
}

fn notify(status: u16) -> Message {
    let body = format!("SIP/2.0 {status} So\r\n");
    let fields = "Event: refer\r\nContent-Type: message/sipfrag\r\n";
    let head = request("NOTIFY sip:tandem.example", 0, fields);
    let length = format!("Content-Length: {}", body.len());
    message(&(head.replace("Content-Length: 0", &length) + &body))
}

fn response(status: &str, body: &str) -> String {
    let kind = match body {
        "" => "",
        _ => "Content-Type: application/sdp\r\n",
    };
    format!(
        "SIP/2.0 {status}\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n\
         From: <sip:us@tandem.example>;tag=ours\r\nTo: <sip:them@tandem.example>;tag=theirs\r\n\
         Call-ID: one\r\nCSeq: 1 INVITE\r\nContact: <sip:them@10.0.0.9>\r\n{kind}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn message(text: &str) -> Message {
    let limits = MessageLimits {
        message_bytes: 65_535,
        header_fields: 256,
    };
    Message::parse(Bytes::copy_from_slice(text.as_bytes()), &limits).unwrap()
}
