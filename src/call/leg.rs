//! One leg: our dialog with one phone or trunk, what it waits for, and its end of the media.

use super::changing::{Change, Changing};
use super::class_of_service::Account;
use super::codes::Keying;
use super::early::EarlyDialogs;
use super::failover::Attempt;
use super::identity::Identity;
pub use super::leg_media::LegMedia;
use super::notice::Notice;
use super::reason::Cause;
use super::recall::Given;
use super::referral::Referral;
use super::reliable::Progress;
use super::session_timer::SessionTimer;
use super::stranger::Stranger;
use crate::id::LegId;
use crate::sdp::Session;
use crate::sip::endpoint::{ClientId, ServerId};
use crate::sip::{Address, Dialog, Flow, Message, Name};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// One leg of a conversation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Leg {
    /// Its name.
    pub id: LegId,
    /// Who is at the other end.
    pub party: Party,
    /// On which side of the conversation.
    pub side: Side,
    /// On whose account it is a call to the outside, if it is one of ours.
    #[serde(default)]
    pub account: Option<Account>,
    /// Over which way its requests go.
    pub flow: Flow,
    /// The dialog with it.
    pub dialog: Dialog,
    /// The early dialogs that our INVITE has opened, those aside that has become `dialog`.
    pub early: EarlyDialogs,
    /// The Contact that we show in this dialog.
    pub contact: String,
    /// What it waits for.
    pub state: LegState,
    /// Who is shown to the phone as its partner; nobody yet, if none was.
    pub shown: Option<Identity>,
    /// The transfer that its phone has asked for and wants to hear of.
    pub referral: Option<Referral>,
    /// Our NOTIFYs that have no answer yet, each with the number of the REFER that it is about.
    #[serde(default)]
    pub notifies: BTreeMap<ClientId, u32>,
    /// Who has left others to it, and when.
    #[serde(default)]
    pub given: Option<Given>,
    /// Our REFER to its carrier, as long as that has no answer.
    pub refer: Option<ClientId>,
    /// When we hang up if its phone does not, and why, after its part in the conversation is over.
    pub leave: Option<Leave>,
    /// What the keys of its phone are about to become.
    #[serde(default)]
    pub keying: Keying,
    /// What it hears for a moment, in place of all else.
    pub notice: Option<Notice>,
    /// Whether its agent wants to hear the others and not be heard.
    #[serde(default)]
    pub muted: bool,
    /// Until when its session stands unless refreshed; none before there is a session.
    pub timer: Option<SessionTimer>,
    /// Whether the peer has said that it understands UPDATE (RFC 3311 §4).
    pub allows_update: bool,
    /// Who has sent RTP to its port and has no business there.
    #[serde(default)]
    pub stranger: Option<Stranger>,
    /// Whether it has refused an UPDATE of ours for what it is, whatever its Allow says. It gets re-INVITEs from then on.
    #[serde(default)]
    pub refuses_update: bool,
    /// Its end of the media.
    pub media: LegMedia,
}

/// The end of a leg's part in its conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    /// Until when its phone may hang up by itself.
    pub by: Time,
    /// What our BYE says otherwise (RFC 3326).
    pub reason: String,
}

/// Who is at the other end of a leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Party {
    /// A phone of this extension.
    Extension(Identity),
    /// Somebody outside.
    Outside {
        /// The trunk between us.
        trunk: String,
        /// Who it is.
        identity: Identity,
    },
}

/// On which side of a conversation somebody is: this decides the channel of the tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// The customer, for whose sake the conversation is.
    Customer,
    /// Ours: the agents, and whoever they bring in.
    House,
}

/// What a leg waits for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum LegState {
    /// Their INVITE waits for our final answer.
    Asking {
        /// Its transaction.
        invite: ServerId,
        /// The INVITE, for the answers to come.
        request: Box<Message>,
        /// What we have said so far, 180 or 183.
        told: Option<u16>,
        /// Whether they have it for sure.
        progress: Progress,
    },
    /// Our INVITE waits for their final answer.
    Asked {
        /// Its transaction.
        invite: ClientId,
        /// What they have said so far.
        heard: Heard,
        /// Where else the call can be tried, if it goes outside.
        #[serde(default)]
        attempt: Option<Attempt>,
        /// What it says, should it have to be said again.
        invitation: Box<Invitation>,
    },
    /// We have withdrawn our INVITE; its final answer will show whether in time (RFC 3261 §9.1).
    Withdrawn {
        /// Its transaction.
        invite: ClientId,
    },
    /// The session stands, and nothing is owed.
    Talking,
    /// The session stands; our 2xx waits for its ACK (RFC 3261 §13.3.1.4).
    Confirming(Confirming),
    /// The session stands; our re-INVITE or UPDATE waits for its answer.
    Changing(Changing),
    /// The session stands; our re-INVITE met one of theirs and is sent again in a moment (RFC 3261 §14.1).
    BackingOff {
        /// What we want.
        change: Change,
        /// When we ask again.
        again: Time,
    },
    /// Our BYE waits for its answer.
    Leaving {
        /// Its transaction.
        bye: ClientId,
    },
}

/// What an INVITE of ours says beside its dialog and its offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Who is shown as calling.
    pub shown: Identity,
    /// The fields that say so beside From, by their names.
    #[serde(default)]
    pub fields: Vec<(String, String)>,
    /// Who has handed the call on, if it was handed on (RFC 3892). Only colleagues are told.
    pub referrer: Option<Address>,
    /// Max-Forwards.
    pub hops: u32,
    /// The session interval that we ask for.
    pub session: Duration,
    /// The shortest that the peer takes, once it has said so (422, RFC 4028 §7.3).
    pub least: Option<Duration>,
}

/// What a called party has said before the final answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Heard {
    /// Nothing but 100.
    Nothing,
    /// That it rings.
    Ringing,
}

/// A 2xx of ours that waits for its ACK.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Confirming {
    /// The CSeq number of the INVITE that it answers, which the ACK repeats.
    pub cseq: u32,
    /// The transaction that keeps the 2xx, to be sent again.
    pub invite: ServerId,
    /// When to send it again.
    pub again: Time,
    /// How long to wait after that: T1 doubled up to T2.
    pub gap: Duration,
    /// When to give up (64·T1).
    pub until: Time,
    /// The 2xx carried our offer; the ACK brings the answer (RFC 3261 §13.2.1).
    pub offer: Option<Session>,
}

impl Leg {
    /// Whether it has an RTP port: as long as there is, or may be, a session.
    pub fn has_port(&self) -> bool {
        match self.state {
            LegState::Asking { .. }
            | LegState::Asked { .. }
            | LegState::Talking
            | LegState::Changing(_)
            | LegState::BackingOff { .. }
            | LegState::Confirming(_) => true,
            LegState::Withdrawn { .. } | LegState::Leaving { .. } => false,
        }
    }

    /// Whether its session stands.
    pub fn is_talking(&self) -> bool {
        match self.state {
            LegState::Talking
            | LegState::Confirming(_)
            | LegState::Changing(_)
            | LegState::BackingOff { .. } => true,
            LegState::Asking { .. }
            | LegState::Asked { .. }
            | LegState::Withdrawn { .. }
            | LegState::Leaving { .. } => false,
        }
    }

    /// Whether it rings at their end.
    pub fn is_ringing(&self) -> bool {
        matches!(
            self.state,
            LegState::Asked {
                heard: Heard::Ringing,
                ..
            }
        )
    }

    /// When it wants to be looked at again.
    pub fn deadline(&self) -> Option<Time> {
        let (due, ends) = (
            self.timer.as_ref().map(SessionTimer::due),
            self.timer.as_ref().map(|timer| timer.ends),
        );
        let leave_by = self
            .leave
            .as_ref()
            .filter(|_| self.is_talking())
            .map(|leave| leave.by);
        let waits_for = match &self.state {
            LegState::Talking => due,
            LegState::Confirming(confirming) => [Some(confirming.due()), ends].into_iter().flatten().min(),
            LegState::BackingOff { again, .. } => [Some(*again), ends].into_iter().flatten().min(),
            LegState::Changing(_) => ends,
            LegState::Asking { progress, .. } => progress.due(),
            LegState::Asked { .. } => self.silent_until(),
            LegState::Withdrawn { .. } | LegState::Leaving { .. } => None,
        };
        [waits_for, leave_by, self.subscribed_until()]
            .into_iter()
            .flatten()
            .min()
    }

    /// The transactions of ours whose answers it waits for.
    pub fn clients(&self) -> impl Iterator<Item = ClientId> {
        let (asked, pracks) = match self.state {
            LegState::Asked { invite, .. } => (Some(invite), Some(self.early.pracks())),
            LegState::Withdrawn { invite } => (Some(invite), None),
            LegState::Leaving { bye } => (Some(bye), None),
            LegState::Changing(Changing { asked, .. }) => (Some(asked), None),
            LegState::Asking { .. }
            | LegState::Talking
            | LegState::BackingOff { .. }
            | LegState::Confirming(_) => (None, None),
        };
        asked
            .into_iter()
            .chain(self.refer)
            .chain(self.notifies.keys().copied())
            .chain(pracks.into_iter().flatten())
    }

    /// The transaction of theirs that waits for our answer.
    pub fn server(&self) -> Option<ServerId> {
        self.asks().map(|(server, _)| server)
    }

    /// Their INVITE, as long as it waits for our answer.
    pub fn asks(&self) -> Option<(ServerId, &Message)> {
        let LegState::Asking { invite, request, .. } = &self.state else {
            return None;
        };
        Some((*invite, request))
    }

    /// Learns what the peer says it can do.
    pub fn learn(&mut self, message: &Message) {
        if message.raw(Name::ALLOW).is_some() {
            self.allows_update = message.has_token(Name::ALLOW, "UPDATE");
        }
    }
}

impl Confirming {
    /// When something is to be done about it.
    pub fn due(&self) -> Time {
        self.again.min(self.until)
    }
}

impl Leave {
    /// Its part is done, as it should be.
    pub fn done(by: Time) -> Leave {
        let reason = Cause::CLEARING.to_string();
        Leave { by, reason }
    }
}

impl Party {
    /// Who it is.
    pub fn identity(&self) -> &Identity {
        match self {
            Party::Extension(identity) | Party::Outside { identity, .. } => identity,
        }
    }

    /// The extension whose phone it is, if it is one of ours.
    pub fn extension(&self) -> Option<&str> {
        match self {
            Party::Extension(identity) => Some(&identity.number),
            Party::Outside { .. } => None,
        }
    }

    /// The trunk between us, if there is one.
    pub fn trunk(&self) -> Option<&str> {
        match self {
            Party::Extension(_) => None,
            Party::Outside { trunk, .. } => Some(trunk),
        }
    }

    /// For the log and for lists.
    pub fn label(&self) -> &str {
        self.identity().label()
    }

    /// For the log, where it matters through whom we speak.
    pub fn label_and_trunk(&self) -> String {
        match self.trunk() {
            Some(trunk) => format!("{} via {trunk}", self.label()),
            None => self.label().to_owned(),
        }
    }
}
