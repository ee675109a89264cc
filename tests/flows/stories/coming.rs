//! Who comes and who goes: phones that ring, are answered, or ring in vain, and what becomes of those who stay.

use super::model::Model;
use super::scene::{Place as Seat, Purpose, Scene};
use super::talk::{Aside, Sound, Told};
use crate::stage::Deed;
use std::collections::BTreeSet;
use std::time::Duration;
use tandem::id::LegId;

/// How long an answer may stay unconfirmed: 64·T1 (RFC 3261 §13.3.1.4).
const CONFIRM: Duration = Duration::from_secs(32);
/// How long an 18x may stay unconfirmed: 64·T1 (RFC 3262 §3).
const CONFIRM_RINGING: Duration = Duration::from_secs(32);

impl Model {
    pub(super) fn rings_out(&mut self, at: usize, seat: LegId, deed: Deed) {
        let tells = self.tells(at);
        let talk = &mut self.talks[at];
        if let Some(speaker) = talk.seats.get_mut(&seat) {
            speaker.sound = match (deed, speaker.sound) {
                (Deed::PlayEarly, _) | (_, Sound::Plays) => Sound::Plays,
                (_, Sound::None | Sound::Rings) => Sound::Rings,
            };
        }
        if talk.purpose() == Some(Purpose::Call) && talk.told == Told::Nothing {
            talk.told = tells;
        }
    }

    /// How sure it is that the caller has heard that it rings.
    fn tells(&self, at: usize) -> Told {
        let caller = self.talks[at].caller().map(|caller| &self.people[caller.who]);
        match caller.is_some_and(|caller| caller.silent && caller.confirms) {
            true => Told::Unsure(self.now + CONFIRM_RINGING),
            false => Told::Ringing,
        }
    }

    /// Somebody comes for whom phones have rung.
    pub(super) fn answers(&mut self, at: usize, seat: LegId) {
        let (now, talk) = (self.now, &mut self.talks[at]);
        let moment = match talk.purpose() {
            None => return,
            Some(Purpose::Call) => "a call is answered",
            Some(Purpose::Private) => "a colleague comes to be asked",
            Some(Purpose::Table) if talk.is_recall => "the agent is rung again, and answers",
            Some(Purpose::Table) => "somebody takes over",
        };
        if talk.purpose() == Some(Purpose::Call) {
            let silent = talk.caller().is_some_and(|caller| self.people[caller.who].silent);
            // Nobody is recorded before he knows that he is answered.
            (talk.unless_confirmed, talk.is_sure) = match talk.told {
                Told::Unsure(until) => (Some(until), false),
                Told::Nothing | Told::Ringing => (silent.then_some(now + CONFIRM), true),
            };
        }
        if talk.purpose() == Some(Purpose::Table) && !talk.is_recall {
            talk.gives(Some(seat), talk.recall, now);
        }
        let door = talk.scene.at(Seat::Door);
        talk.scene.comes(now, seat);
        door.into_iter().for_each(|agent| self.learns(at, agent, true));
        self.counts(moment);
    }

    pub(super) fn refuses(&mut self, at: usize, seat: LegId) {
        let rings = self.talks[at].scene.rings.as_ref();
        let instead = match rings.is_some_and(|rings| rings.phones.len() == 1) {
            true => self.rung_instead(at),
            false => BTreeSet::new(),
        };
        let now = self.now;
        self.in_vain(at, |scene| scene.refuses(now, seat, instead));
    }

    /// Whom it goes back to if nobody comes: nobody, or the phones of the agent who has handed on and has gone.
    pub(super) fn rung_instead(&mut self, at: usize) -> BTreeSet<LegId> {
        let talk = &mut self.talks[at];
        talk.is_recall = true;
        let agent_waits = !talk.scene.at(Seat::Door).is_empty();
        if talk.purpose() != Some(Purpose::Table) || agent_waits {
            return BTreeSet::new();
        }
        let recall = talk.recall.take();
        self.rings_back(at, recall)
    }

    /// The phones of an extension ring in a conversation.
    fn rings_back(&mut self, at: usize, extension: Option<&'static str>) -> BTreeSet<LegId> {
        let mut phones = extension
            .map(|extension| self.phones(extension))
            .unwrap_or_default();
        phones.retain(|phone| !self.talks[at].has_on_the_line(*phone));
        let mut seats = std::mem::take(&mut self.talks[at].seats);
        let rung = self.ring(&phones, &mut seats);
        self.talks[at].seats = seats;
        rung
    }

    /// Phones may have rung in vain: who waits at the door is back at the table, and who has asked is alone.
    pub(super) fn in_vain(&mut self, at: usize, act: impl FnOnce(&mut Scene)) {
        let talk = &mut self.talks[at];
        let (purpose, agent) = (talk.purpose(), talk.scene.at(Seat::Door).pop_first());
        act(&mut talk.scene);
        if talk.scene.rings.is_some() {
            return;
        }
        match (purpose, agent) {
            (Some(Purpose::Table), Some(agent)) => {
                self.learns(at, agent, false);
                self.counts("nobody takes over, and the agent is back");
            }
            (Some(Purpose::Private), _) => {
                talk.aside = Aside::Alone;
                self.counts("no colleague comes");
            }
            (Some(Purpose::Call | Purpose::Table) | None, _) => {}
        }
    }

    /// Hangs up. Whoever does so while dialling has dialled.
    pub(super) fn hangs_up(&mut self, at: usize, seat: LegId) {
        let talk = &self.talks[at];
        if talk.scene.host == Some(seat) && talk.aside.has_digits() {
            self.number_is_complete(at, true);
        }
        if let Some(speaker) = self.talks[at].seats.get_mut(&seat) {
            speaker.waits_to_hear = false;
        }
        self.leaves(at, seat);
    }

    /// Goes. If that was not meant for the one who is left alone, an agent is rung for that one.
    pub(super) fn leaves(&mut self, at: usize, seat: LegId) {
        let (now, extension) = (self.now, self.extension(at, seat));
        let talk = &mut self.talks[at];
        let meant = talk.meant_for_another(seat, extension, now);
        let Scene { host, .. } = talk.scene;
        let (colleague, purpose) = (talk.colleague(), talk.purpose());
        let was_at = talk.scene.people.remove(&seat);
        let instead = self.rings_back(at, meant);
        let talk = &mut self.talks[at];
        if !instead.is_empty() {
            (talk.recall, talk.is_recall) = (None, true);
        }
        talk.scene.people.extend(was_at.map(|was_at| (seat, was_at)));
        let is_rung = !instead.is_empty();
        talk.scene.leaves(now, seat, instead);
        match (was_at, host) {
            (Some(Seat::Private), Some(host)) if host != seat => talk.aside = Aside::Alone,
            (Some(Seat::Table | Seat::Private), Some(host)) if host == seat && !is_rung => {
                (talk.recall, talk.is_recall) = (extension, false);
                talk.gives(colleague, extension, now);
            }
            // The customer has gone: they hear so, and talk on.
            (Some(Seat::Table), Some(host)) if talk.scene.host.is_none() && purpose.is_none() => {
                let both = [Some(host), colleague].into_iter().flatten();
                both.for_each(|seat| talk.notify(seat, "busy", now));
            }
            (Some(Seat::Table), Some(_)) if talk.scene.host.is_none() => {
                (talk.recall, talk.is_recall) = (None, false);
            }
            _ => {}
        }
        if is_rung {
            self.counts("an agent is rung again, who was not meant by hanging up");
        }
    }
}
