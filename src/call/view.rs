//! The switch as seen from outside: what the control interface shows, as plain data.

use super::caller_id::CallerId;
use super::conversation::{Conversation, Story};
use super::leg::{Heard, Leg, LegState};
use super::line::Line;
use super::pausing::Pause;
use super::story::{Aside, Colleague, Stage};
use super::trunk_health::{Condition, Health};
use crate::config::valid::Trunk;
use crate::id::{ConversationId, LegId};
use crate::time::Time;
use crate::wiring::{Voice, Wiring};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// How are we?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusView {
    /// When this switch started.
    pub started: Time,
    /// Live conversations.
    pub calls: usize,
    /// How many there may be.
    pub max_calls: usize,
    /// Registered contacts.
    pub registrations: usize,
    /// Transactions under way.
    pub transactions: usize,
    /// RTP ports in use.
    pub ports: usize,
    /// RTP ports in all (one per leg).
    pub max_ports: usize,
}

/// One live conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallView {
    /// Its name for `hangup`.
    pub id: ConversationId,
    /// "incoming", "outgoing" or "internal".
    pub direction: String,
    /// The story, in a word or two: "ringing", "talking", "held by 1001" …
    pub story: String,
    /// Our number: the DID or extension that was called, or the one that stands for us outside.
    #[serde(default)]
    pub our_number: String,
    /// Whether that is shown to nobody.
    #[serde(default)]
    pub withheld: bool,
    /// When it began.
    pub began: Time,
    /// When it was answered, if it was.
    pub answered: Option<Time>,
    /// Whether it is being recorded now.
    pub recorded: bool,
    /// The pause of the recording, if it is paused.
    #[serde(default)]
    pub paused: Option<Pause>,
    /// The legs, caller first.
    pub legs: Vec<LegView>,
}

/// One leg of a live conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegView {
    /// Its name.
    pub id: LegId,
    /// An extension's number, or the number outside.
    pub party: String,
    /// The trunk it goes over, if it does.
    pub trunk: Option<String>,
    /// Where its signalling goes: "udp 192.0.2.11:5060".
    pub peer: String,
    /// "calling", "ringing", "talking", "holding" …
    pub state: String,
    /// Whether nobody hears it because its agent wants that.
    pub muted: bool,
    /// The codec, if agreed.
    pub codec: Option<String>,
    /// From where somebody else has sent RTP to its port, in vain.
    #[serde(default)]
    pub stranger: Option<SocketAddr>,
    /// Whom it hears, in words.
    pub hears: Vec<String>,
    /// The sound of ours that it hears while nothing arrives from those; none if that is silence.
    #[serde(default)]
    pub otherwise: Option<String>,
}

/// One registered contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationView {
    /// The extension.
    pub extension: String,
    /// The contact URI as the phone gave it.
    pub contact: String,
    /// Over which way it is reached: "udp 192.0.2.11:5060".
    pub flow: String,
    /// What the phone calls itself (User-Agent).
    pub user_agent: String,
    /// When it ends unless refreshed.
    pub expires: Time,
}

/// One trunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrunkView {
    /// Its name in the configuration.
    pub name: String,
    /// Host, and port if one is told, in the configuration.
    pub address: String,
    /// Its places and how well they are, in the order in which they were found.
    pub places: Vec<PlaceView>,
    /// Why it cannot be found, if it cannot now.
    pub lost: Option<String>,
    /// Our registration with it, if we are to have one.
    pub registration: Option<TrunkRegistrationView>,
    /// Channels in use, both ways.
    pub calls: usize,
    /// Channels that there are, if the configuration says so.
    pub max_calls: Option<usize>,
}

/// Our registration with a trunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrunkRegistrationView {
    /// Until when we are registered, unless we refresh it; none if we are not.
    pub until: Option<Time>,
    /// Why we are not, or may soon not be any more.
    pub trouble: Option<String>,
}

/// One address of a trunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceView {
    /// Over which way it is reached: "udp 198.51.100.7:5060".
    pub flow: String,
    /// "up", "down", "resting" (it has asked to be left alone for a while), or "not watched".
    pub health: String,
}

impl TrunkView {
    /// A trunk as it is shown.
    pub fn of(now: Time, name: &str, trunk: &Trunk, line: &Line, calls: usize) -> TrunkView {
        let health = |health: &Health| match (health.is_resting(now), trunk.qualify, health.condition()) {
            (true, _, _) => "resting",
            (false, None, _) => "not watched",
            (false, Some(_), Condition::Up) => "up",
            (false, Some(_), Condition::Down) => "down",
        };
        let places = line.health.iter().map(|(flow, known)| PlaceView {
            flow: flow.to_string(),
            health: health(known).to_owned(),
        });
        let port = trunk.port.map(|port| format!(":{port}"));
        TrunkView {
            name: name.to_owned(),
            address: format!("{}{}", trunk.host, port.unwrap_or_default()),
            places: places.collect(),
            lost: line.lost.clone(),
            registration: trunk.register.map(|_| {
                let registrant = line.registrant.as_ref();
                let granted = registrant.and_then(|registrant| registrant.granted(now));
                TrunkRegistrationView {
                    until: granted.map(|granted| granted.until),
                    trouble: registrant.and_then(|registrant| registrant.trouble.clone()),
                }
            }),
            calls,
            max_calls: trunk.max_calls,
        }
    }
}

impl CallView {
    /// One conversation as it is shown.
    pub fn of(conversation: &Conversation) -> CallView {
        let wiring = conversation.wiring();
        CallView {
            id: conversation.id,
            direction: conversation.course.to_string(),
            story: story(conversation),
            our_number: conversation.our_number.clone(),
            withheld: matches!(conversation.caller_id, Some(CallerId::Withheld(_))),
            began: conversation.began,
            answered: conversation.story.since(),
            recorded: wiring.tape.is_some() && conversation.pause().is_none(),
            paused: conversation.pause().cloned(),
            legs: conversation
                .legs
                .values()
                .map(|leg| leg_view(conversation, leg, &wiring))
                .collect(),
        }
    }
}

fn story(conversation: &Conversation) -> String {
    let holders = conversation
        .legs
        .values()
        .filter(|leg| leg.is_talking() && leg.holds());
    let holders: Vec<&str> = holders.map(|leg| leg.party.label()).collect();
    let names = |legs: &[LegId]| conversation.names_of(&legs.iter().copied().collect());
    match &conversation.story {
        Story::Summons(summons) => {
            format!("rings {} for {}", summons.agent, summons.destination.number())
        }
        Story::Ringing { .. } => "ringing".into(),
        Story::Pair { .. } if holders.is_empty() => "talking".into(),
        Story::Pair { .. } => format!("held by {}", holders.join(" and ")),
        Story::Held(held) => match held.why {
            Aside::Dialling(_) => format!("{} dials", names(&[held.agent])),
            Aside::Wanted | Aside::Alone | Aside::WrongNumber => format!("held by {}", names(&[held.agent])),
        },
        Story::Consult(consult) => match &consult.colleague {
            Colleague::Ringing(search) => format!("{} asks {}", names(&[consult.agent]), search.number),
            Colleague::With(leg) => format!("{} consults {}", names(&[consult.agent]), names(&[*leg])),
            Colleague::Aside(leg) => format!("{} waits for {}", names(&[*leg]), names(&[consult.agent])),
        },
        Story::Together { table, .. } => format!("{} together", table.len()),
        Story::Handover(handover) => match &handover.stage {
            Stage::Target => format!("handed on to {}", handover.search.number),
            Stage::Carrier { trunk, .. } => format!("handed on to {} by {trunk}", handover.search.number),
            Stage::Recall => format!("back to {}", handover.search.number),
            Stage::Fallback => format!("fallback to {}", handover.search.number),
        },
        Story::Over => "ending".into(),
    }
}

fn leg_view(conversation: &Conversation, leg: &Leg, wiring: &Wiring) -> LegView {
    let row = wiring.rows.iter().find(|row| row.leg == leg.id);
    let label = |id: LegId| {
        let leg = conversation.legs.get(&id);
        leg.map(|leg| leg.party.label().to_owned()).unwrap_or_default()
    };
    let name = |voice: &Voice| voice.leg().map_or_else(|| voice.to_string(), label);
    LegView {
        id: leg.id,
        party: leg.party.label().to_owned(),
        trunk: leg.party.trunk().map(str::to_owned),
        peer: leg.flow.to_string(),
        state: state(leg).to_owned(),
        muted: leg.muted,
        codec: leg.agreed().map(|agreed| agreed.voice.encoding.clone()),
        stranger: leg.stranger.map(|stranger| stranger.from),
        hears: row
            .map(|row| row.hears.iter().map(name).collect())
            .unwrap_or_default(),
        otherwise: row
            .and_then(|row| row.otherwise)
            .filter(|sound| *sound != Voice::Silence)
            .map(|sound| sound.to_string()),
    }
}

fn state(leg: &Leg) -> &'static str {
    match leg.state {
        LegState::Asking { .. } => "calling",
        LegState::Asked {
            heard: Heard::Nothing,
            ..
        } => "called",
        LegState::Asked {
            heard: Heard::Ringing,
            ..
        } => "ringing",
        LegState::Withdrawn { .. } => "withdrawn",
        LegState::Talking | LegState::Confirming(_) | LegState::Changing(_) | LegState::BackingOff { .. } => {
            match leg.holds() {
                true => "holding",
                false => "talking",
            }
        }
        LegState::Leaving { .. } => "leaving",
    }
}
