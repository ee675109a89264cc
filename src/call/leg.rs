//! One leg: our dialog with one phone or trunk, what it waits for, and its end of the media.

use super::changing::{Change, Changing};
use super::class_of_service::Account;
use super::codes::Keying;
use super::early::EarlyDialogs;
use super::failover::Attempt;
use super::identity::Identity;
use super::notice::Notice;
use super::reason::Cause;
use super::recall::Given;
use super::referral::Referral;
use super::reliable::Progress;
use super::session_timer::SessionTimer;
use super::stranger::Stranger;
use crate::id::LegId;
use crate::sdp::{self, Agreement, Numbers, Session};
use crate::sip::endpoint::{ClientId, ServerId};
use crate::sip::{Address, Dialog, Flow, Message, Name};
use crate::time::Time;
use crate::wiring::{Codec, Payload, Port, Remote, Stream};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};
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

/// One leg's end of the media.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LegMedia {
    /// Its RTP port; RTCP is one above.
    pub port: u16,
    /// Streams of an earlier call on that port, which may go on.
    #[serde(default)]
    pub stays_out: Vec<Stream>,
    /// Whether we send to where its RTP comes from (`symmetric` of its trunk).
    #[serde(default = "is_symmetric")]
    pub symmetric: bool,
    /// The address that our SDP shows.
    pub shown: std::net::IpAddr,
    /// Under which source we speak.
    pub ssrc: u32,
    /// Our newest session description.
    pub ours: Session,
    /// What both sides have agreed on; none before the first answer.
    pub agreed: Option<Agreement>,
    /// What the payload types mean that either side has named.
    #[serde(default)]
    pub numbers: Numbers,
    /// The host for whose address we have asked last. It is asked for again after a restart, for an answer on its way is
    /// lost then.
    #[serde(skip)]
    pub asked: Option<String>,
    /// Whether its far end has ever taken what we send. Whoever has not, and says `sendonly`, does not hold: there is
    /// nothing yet that it would hold (RFC 3264 §8.4).
    #[serde(default = "yes")]
    pub has_listened: bool,
    /// Their offer, as long as our answer waits for what the other side speaks. `ours` is then what we should say
    /// if it stayed without a word.
    #[serde(default)]
    pub open: Option<Session>,
}

/// Snapshots of old do not say so.
fn yes() -> bool {
    true
}

impl LegMedia {
    /// This is agreed from now on.
    pub fn agrees_on(&mut self, agreement: Agreement) {
        self.has_listened |= agreement.direction.listens();
        self.agreed = Some(agreement);
    }
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

    /// Whether its far end takes what we send.
    pub fn listens(&self) -> bool {
        let direction = self.agreed().map(|agreed| agreed.direction);
        matches!(
            direction,
            Some(sdp::Direction::SendRecv | sdp::Direction::RecvOnly)
        )
    }

    /// Whether what arrives from its far end is meant for the other side.
    ///
    /// A carrier is believed by what it sends, whatever its description says: `sendonly` sends (RFC 3264 §5.1), be it
    /// the music or the announcement of its own with which it holds. What a phone of ours sends while it holds is its
    /// agent talking with somebody else, and nobody's business; only one that has never listened means us by it.
    pub fn speaks(&self) -> bool {
        let Some(agreed) = self.agreed().filter(|_| !self.muted) else {
            return false;
        };
        match (&self.party, agreed.direction) {
            (_, sdp::Direction::SendRecv) | (Party::Outside { .. }, _) => true,
            (Party::Extension(_), sdp::Direction::SendOnly) => !self.media.has_listened,
            (Party::Extension(_), sdp::Direction::RecvOnly | sdp::Direction::Inactive) => false,
        }
    }

    /// Whether we may expect to hear it: it has said that it speaks and listens, and is not muted.
    pub fn promises_speech(&self) -> bool {
        let direction = self.agreed().map(|agreed| agreed.direction);
        !self.muted && matches!(direction, Some(sdp::Direction::SendRecv))
    }

    /// Whether its far end has put us on hold (RFC 3264 §8.4).
    pub fn holds(&self) -> bool {
        let direction = self.agreed().map(|agreed| agreed.direction);
        matches!(
            direction,
            Some(sdp::Direction::SendOnly | sdp::Direction::Inactive)
        )
    }

    /// What is agreed about its media: before the answer, with the branch of a fork that is heard.
    pub fn agreed(&self) -> Option<&Agreement> {
        self.heard_media().agreed.as_ref()
    }

    /// Every end of the media that it has or may come to have.
    pub fn all_media(&mut self) -> impl Iterator<Item = &mut LegMedia> {
        std::iter::once(&mut self.media).chain(self.early.media())
    }

    /// Its end of the media, or that of the branch of a fork that is heard.
    fn heard_media(&self) -> &LegMedia {
        match self.state {
            LegState::Asked { .. } => self.early.heard().unwrap_or(&self.media),
            LegState::Asking { .. }
            | LegState::Withdrawn { .. }
            | LegState::Talking
            | LegState::Confirming(_)
            | LegState::Changing(_)
            | LegState::BackingOff { .. }
            | LegState::Leaving { .. } => &self.media,
        }
    }

    /// Its port as the media plane sees it.
    pub fn port(&self) -> Port {
        Port {
            local: SocketAddr::new(self.flow.local.ip(), self.media.port),
            ssrc: self.media.ssrc,
            remote: remote(self.heard_media(), self.flow.remote.ip()),
            signalling: Some(self.flow.remote.ip()),
            answered: self.is_talking(),
            symmetric: self.media.symmetric,
            stays_out: self.media.stays_out.clone(),
        }
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
        waits_for.into_iter().chain(leave_by).min()
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

/// As phones are, and most carriers.
fn is_symmetric() -> bool {
    true
}

/// A host that is not found yet is taken to be where its SIP comes from, as most are; what its packets show counts more.
fn remote(media: &LegMedia, signalling: IpAddr) -> Option<Remote> {
    let mut agreed = media.agreed.clone()?;
    if agreed.sought().is_some() {
        agreed.is_at(signalling);
    }
    let payload = |(number, encoding)| Some((number, payload(encoding)?));
    Some(Remote {
        rtp: agreed.rtp,
        rtcp: agreed.rtcp,
        codec: codec(&agreed.voice.encoding)?,
        payload_type: agreed.voice.payload_type,
        events: agreed.events.as_ref().map(|events| events.payload_type),
        accepts: media.numbers.spoken().filter_map(payload).collect(),
    })
}

fn payload(encoding: &str) -> Option<Payload> {
    match encoding {
        sdp::EVENTS => Some(Payload::Event),
        _ => codec(encoding).map(Payload::Voice),
    }
}

fn codec(encoding: &str) -> Option<Codec> {
    match encoding {
        "PCMU" => Some(Codec::Pcmu),
        "PCMA" => Some(Codec::Pcma),
        "G722" => Some(Codec::G722),
        _ => None,
    }
}
