//! Early dialogs: a proxy behind a trunk may ring several at once, and each of them speaks for itself before one
//! answers (RFC 3261 §12.1, §13.2.2.4). Each has its own route, numbers and media, and its 18x may be reliable
//! (RFC 3262 §4).
//!
//! The caller hears the branch that has described its media last: whoever rings one after the other, plays an
//! announcement and tries the next, has got there by then.

use super::conversation::Conversation;
use super::event::Weight;
use super::leg::{Leg, LegMedia, LegState};
use super::refusal::{Refusal, Verdict};
use super::ringing::opening;
use super::world::World;
use crate::id::LegId;
use crate::sip::dialog::Misfit;
use crate::sip::endpoint::{ClientId, ServerId};
use crate::sip::{Dialog, Draft, Flow, Message, Method, Name};
use serde::{Deserialize, Serialize};

/// Early dialogs of one INVITE that we listen to. What comes from more branches is not heard until one answers.
const MAX_EARLY_DIALOGS_PER_LEG: usize = 8;

/// The early dialogs of one INVITE of ours; the one that has described its media last stands last.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct EarlyDialogs(Vec<EarlyDialog>);

/// One early dialog.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EarlyDialog {
    dialog: Dialog,
    media: LegMedia,
    stand: Stand,
    reliable: Option<Reliable>,
}

/// What an early dialog has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stand {
    /// It has not described its media.
    Silent,
    /// It has, in a response that may get lost: it may still change its mind.
    Announced,
    /// It has, in a response that we have confirmed. That is its answer, and it stands (RFC 3262 §5).
    Agreed,
    /// It does not take our PRACK: nothing is expected of it.
    Lost,
    /// A BYE has ended it.
    Ended,
}

/// The reliable 18x of one early dialog (RFC 3262 §4).
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Reliable {
    /// The RSeq of the last one that came in order.
    rseq: u32,
    /// Its PRACK, as long as that has no answer.
    prack: Option<ClientId>,
}

impl EarlyDialogs {
    /// The media of the branch that is heard.
    pub fn heard(&self) -> Option<&LegMedia> {
        let describing = |early: &&EarlyDialog| matches!(early.stand, Stand::Announced | Stand::Agreed);
        self.0.iter().rfind(describing).map(|early| &early.media)
    }

    /// The media of every branch.
    pub fn media(&mut self) -> impl Iterator<Item = &mut LegMedia> {
        self.0.iter_mut().map(|early| &mut early.media)
    }

    /// The PRACKs that have no answer.
    pub fn pracks(&self) -> impl Iterator<Item = ClientId> {
        self.0.iter().filter_map(EarlyDialog::prack)
    }

    /// Whether one of them is with the far end that has this tag.
    pub fn is_with(&self, tag: &str) -> bool {
        self.0.iter().any(|early| early.dialog.remote_tag() == tag)
    }

    fn of_tag(&mut self, tag: &str) -> Option<&mut EarlyDialog> {
        self.0.iter_mut().find(|early| early.dialog.remote_tag() == tag)
    }

    /// The early dialog with the remote tag of this one, which is opened if it is not there; none if there are too
    /// many.
    fn of(&mut self, dialog: Dialog, media: &LegMedia) -> Option<&mut EarlyDialog> {
        let known = |early: &EarlyDialog| early.dialog.remote_tag() == dialog.remote_tag();
        let at = self.0.iter().position(known);
        if at.is_none() && self.0.len() >= MAX_EARLY_DIALOGS_PER_LEG {
            return None;
        }
        if at.is_none() {
            self.0.push(EarlyDialog::new(dialog, media.clone()));
        }
        let at = at.unwrap_or(self.0.len() - 1);
        self.0.get_mut(at)
    }

    fn put_last(&mut self, tag: &str) {
        let early = self.take(tag);
        self.0.extend(early);
    }

    fn take(&mut self, tag: &str) -> Option<EarlyDialog> {
        let at = self.0.iter().position(|early| early.dialog.remote_tag() == tag)?;
        Some(self.0.remove(at))
    }

    fn is_there(&self) -> bool {
        let is_there = |early: &EarlyDialog| match early.stand {
            Stand::Silent | Stand::Announced | Stand::Agreed => true,
            Stand::Lost | Stand::Ended => false,
        };
        self.0.iter().any(is_there)
    }
}

impl EarlyDialog {
    fn new(dialog: Dialog, media: LegMedia) -> EarlyDialog {
        EarlyDialog {
            dialog,
            media,
            stand: Stand::Silent,
            reliable: None,
        }
    }

    fn prack(&self) -> Option<ClientId> {
        self.reliable.and_then(|reliable| reliable.prack)
    }

    /// Whether this 18x is new to us: one that is not reliable always is, of the others only the next in order.
    fn is_next(&self, response: &Message) -> bool {
        match (rseq(response), self.reliable) {
            (None, _) | (Some(_), None) => true,
            (Some(rseq), Some(last)) => last.rseq.checked_add(1) == Some(rseq),
        }
    }

    /// The first description of a branch is its answer, once we have it for sure (RFC 3261 §13.2.1). What comes in
    /// other responses is a foretaste that some change when they answer, and they mean the newer one. Whether there
    /// was any.
    fn describes(&mut self, response: &Message) -> Result<bool, String> {
        if self.stand == Stand::Agreed || response.description().is_empty() {
            return Ok(!response.description().is_empty());
        }
        let offer = self.media.ours.clone();
        let accepted = self.media.accept(&offer, response.description());
        accepted.map_err(|why| why.to_string())?;
        self.stand = match rseq(response) {
            Some(_) => Stand::Agreed,
            None => Stand::Announced,
        };
        Ok(true)
    }
}

impl Leg {
    /// Takes in an 18x, and says whether it is to be acted upon: not if it is a repetition, or comes before its turn
    /// (RFC 3262 §4).
    pub fn hears(&mut self, world: &mut World<'_>, response: &Message) -> bool {
        let Ok(to) = response.to() else { return false };
        let tag = to.tag().unwrap_or_default().to_owned();
        let dialog = Dialog {
            remote: to,
            ..self.dialog.clone()
        };
        let Some(early) = self.early.of(dialog, &self.media) else {
            return false;
        };
        if !early.is_next(response) {
            return false;
        }
        let route = early.dialog.take_up(response);
        let described = early.describes(response);
        if described == Ok(true) {
            self.early.put_last(&tag);
        }
        if route.is_ok()
            && let Some(rseq) = rseq(response)
        {
            self.confirm_progress(world, &tag, rseq, response);
        }
        true
    }

    /// The number under which a challenged request goes again: the next of the dialog to which it belongs.
    pub fn next_cseq(&mut self, request: &Message) -> u32 {
        let to = request.to().ok();
        let tag = to.as_ref().and_then(|to| to.tag()).unwrap_or_default();
        let dialog = match self.early.of_tag(tag).filter(|_| !tag.is_empty()) {
            Some(early) => &mut early.dialog,
            None => &mut self.dialog,
        };
        dialog.local_cseq += 1;
        dialog.local_cseq
    }

    /// PRACK, which goes once: if it is lost its transaction repeats it, whenever the 18x comes again (RFC 3262 §4).
    fn confirm_progress(&mut self, world: &mut World<'_>, tag: &str, rseq: u32, response: &Message) {
        let Some(early) = self.early.of_tag(tag) else {
            return;
        };
        let invite = response.cseq().map(|cseq| cseq.number).unwrap_or_default();
        let draft = early.dialog.request(&Method::Prack);
        let draft = draft.with(Name::RACK, format_args!("{rseq} {invite} INVITE"));
        let dialog = early.dialog.clone();
        let prack = Some(world.send(world.way_along(self, &dialog), draft));
        if let Some(early) = self.early.of_tag(tag) {
            early.reliable = Some(Reliable { rseq, prack });
        }
    }

    /// A branch has answered with 2xx: its dialog is confirmed, with what it has agreed on, and is the leg's from
    /// now on. The route is that of the 2xx (RFC 3261 §13.2.2.4). Says why if its description cannot be used.
    pub fn is_answered(&mut self, ok: &Message) -> Result<(), String> {
        let to = ok.to().map_err(|_| "To cannot be read".to_owned())?;
        let early = self.early.take(to.tag().unwrap_or_default());
        let mut early = early.unwrap_or_else(|| EarlyDialog::new(self.dialog.clone(), self.media.clone()));
        let taken = early.dialog.take_up(ok).map_err(|why| why.to_string());
        let described = early.describes(ok);
        self.dialog = early.dialog;
        self.media = early.media;
        taken.and(described)?;
        let agreed = self.media.agreed.as_ref();
        agreed.map(|_| ()).ok_or("it has no description".to_owned())
    }

    /// Whether a BYE has ended the dialog that this 2xx confirms, which it must have overtaken.
    pub fn is_answered_too_late(&mut self, ok: &Message) -> bool {
        let to = ok.to().ok();
        let tag = to.as_ref().and_then(|to| to.tag()).unwrap_or_default();
        self.early
            .of_tag(tag)
            .is_some_and(|early| early.stand == Stand::Ended)
    }

    /// Whether a request of theirs belongs here and comes in order: in the early dialog that it is of, or in the
    /// leg's own.
    pub fn admit(&mut self, request: &Message) -> Result<(), Misfit> {
        match self.early_dialog_of(request) {
            Some(early) => early.dialog.admit(request),
            None => self.dialog.admit(request),
        }
    }

    /// The early dialog that a request of theirs is of.
    fn early_dialog_of(&mut self, request: &Message) -> Option<&mut EarlyDialog> {
        let LegState::Asked { .. } = self.state else {
            return None;
        };
        let from = request.from().ok()?;
        let early = self.early.of_tag(from.tag().unwrap_or_default())?;
        (early.stand != Stand::Ended).then_some(early)
    }
}

impl Conversation {
    /// UPDATE in an early dialog of our INVITE: once offer and answer are complete it changes the session as it
    /// would later (RFC 3311 §5.2).
    pub fn updated_early(&mut self, world: &mut World<'_>, leg: LegId, server: ServerId, request: &Message) {
        let Some(rung) = self.legs.get_mut(&leg) else {
            return;
        };
        let contact = rung.contact.clone();
        let Some(early) = rung.early_dialog_of(request) else {
            return world.respond(server, Refusal::new(481, String::new()).draft(request));
        };
        let describes = !request.description().is_empty();
        if describes && early.stand != Stand::Agreed {
            return world.respond(server, Refusal::new(491, String::new()).draft(request));
        }
        let codecs = &world.config.media.codecs;
        if describes && let Err(refusal) = early.media.answer_again(codecs, request.description()) {
            return self.cannot_change(world, leg, server, request, &refusal);
        }
        early.dialog.refresh_target(request);
        let ok = opening(request, 200, &early.dialog, &contact);
        world.respond(
            server,
            match describes {
                true => ok.body("application/sdp", early.media.ours.to_string()),
                false => ok,
            },
        );
    }

    /// BYE in an early dialog of our INVITE. A called party ought to refuse instead (RFC 3261 §15), but what it
    /// means is clear.
    pub fn leaves_early(&mut self, world: &mut World<'_>, leg: LegId, server: ServerId, request: &Message) {
        world.respond(server, Draft::response(request, 200, "OK"));
        let Some(rung) = self.legs.get_mut(&leg) else {
            return;
        };
        if let Some(early) = rung.early_dialog_of(request) {
            early.stand = Stand::Ended;
        }
        self.branch_is_gone(world, leg);
    }

    /// The final answer to a PRACK. Whoever does not know of the dialog any more, or says nothing at all, is not
    /// there (RFC 3261 §12.2.1.2). Whoever refuses it for another reason may still answer the call.
    pub fn prack_answered(&mut self, world: &mut World<'_>, leg: LegId, prack: ClientId, status: u16) {
        let Some(rung) = self.legs.get_mut(&leg) else {
            return;
        };
        let mut branches = rung.early.0.iter_mut();
        let Some(early) = branches.find(|early| early.prack() == Some(prack)) else {
            return;
        };
        if let Some(reliable) = &mut early.reliable {
            reliable.prack = None;
        }
        if matches!(status, 408 | 481) && early.stand != Stand::Ended {
            early.stand = Stand::Lost;
            let name = rung.party.label_and_trunk();
            let text = format!("{name} does not take our PRACK ({status})");
            world.tell(Weight::Warning, Some(self.id), text);
            self.branch_is_gone(world, leg);
        }
    }

    /// A branch is gone. With the last of them our INVITE has come to nothing; but it has been there, so that nobody
    /// need be tried in its place.
    fn branch_is_gone(&mut self, world: &mut World<'_>, leg: LegId) {
        let Some(rung) = self.legs.get_mut(&leg) else {
            return;
        };
        let LegState::Asked { invite, .. } = rung.state else {
            return;
        };
        if rung.early.is_there() {
            return;
        }
        let desk = &mut *world.desk;
        desk.endpoint.cancel(world.now, invite, None, &mut world.out);
        rung.state = LegState::Withdrawn { invite };
        let party = rung.party.clone();
        self.will_not_come(world, &party, Verdict::of_status(480));
    }

    /// A 2xx to an INVITE of ours that is answered already. If it is the same again, our ACK was lost. If it is
    /// another branch of a fork, that is taken up and put down at once (RFC 3261 §13.2.2.4).
    pub fn answered_again(&mut self, world: &mut World<'_>, leg: LegId, flow: Flow, ok: &Message) {
        let Some(leg) = self.legs.get_mut(&leg) else {
            return;
        };
        let Ok(mut opened) = Dialog::opened_by(ok) else {
            return;
        };
        world.send_ack(flow, opened.ack(opened.local_cseq));
        if leg.dialog.remote_tag() == opened.remote_tag() {
            return;
        }
        let Some(early) = leg.early.of(opened.clone(), &leg.media) else {
            let bye = opened.request(&Method::Bye);
            world.send(flow, bye);
            return;
        };
        if early.stand != Stand::Ended && early.dialog.take_up(ok).is_ok() {
            early.stand = Stand::Ended;
            let bye = early.dialog.request(&Method::Bye);
            world.send(flow, bye);
        }
    }
}

/// The RSeq of a reliable 18x (RFC 3262 §4).
fn rseq(response: &Message) -> Option<u32> {
    let is_reliable = response.has_token(Name::REQUIRE, "100rel");
    is_reliable.then(|| response.number(Name::RSEQ)).flatten()
}
