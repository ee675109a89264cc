//! What people do in their calls, one after the other and at the same time.

use super::agents::Line;
use super::teller::Teller;
use crate::stage::{Chance, Deed};

impl Teller<'_> {
    pub(super) fn somebody_does_something(&mut self) {
        let open = self.lines(|chance| chance != Chance::Nothing);
        self.somebody_of_these_does_something(&open);
    }

    pub(super) fn somebody_rung_does_something(&mut self) {
        let rung = self.lines(|chance| chance == Chance::Rung);
        let known = rung
            .into_iter()
            .filter(|(who, line)| self.model.knows(*who, *line));
        let known: Vec<Line> = known.collect();
        match known.is_empty() {
            true => self.somebody_does_something(),
            false => self.somebody_of_these_does_something(&known),
        }
    }

    pub(super) fn somebody_of_these_does_something(&mut self, open: &[Line]) {
        let Some((who, line, deed)) = self.deed(open) else {
            return self.somebody_calls();
        };
        self.acts.push(format!("{who} does {deed:?} in call {line}"));
        self.model_does(who, line, deed);
        self.people[who].does(line, deed);
    }

    /// Two do something at the same time, and perhaps a third by order: each without knowing of the others'.
    pub(super) fn two_cross(&mut self) {
        let mut deeds = Vec::new();
        if self.hands_on && self.dice.roll(2) == 0 {
            deeds.extend(self.handing_deed());
        }
        if let Some((who, line, _)) = deeds.first().copied().filter(|_| self.dice.roll(3) == 0) {
            deeds.push((who, line, Deed::HangUp));
        }
        while deeds.len() < 2 {
            let mut open = self.lines(|chance| chance != Chance::Nothing);
            open.retain(|line| !deeds.iter().any(|(who, taken, _)| (*who, *taken) == *line));
            let Some(deed) = self.deed(&open) else { break };
            deeds.push(deed);
        }
        let wish = self.wish().filter(|_| self.hands_on && self.dice.roll(3) == 0);
        self.acts.push(format!("crossing: {deeds:?} {wish:?}"));
        let (changes, others): (Vec<_>, Vec<_>) = deeds.iter().partition(|(.., deed)| deed.is_change());
        for (who, line, deed) in others {
            self.model_does(who, line, deed);
        }
        let order = wish.map(|wish| self.model_is_ordered(wish));
        let (stage, people) = (&self.stage, &self.people);
        stage.crossing(|| {
            for (who, line, deed) in &deeds {
                people[*who].does(*line, *deed);
            }
            order.into_iter().for_each(|order| stage.order(order));
        });
        for (who, line, deed) in changes {
            match self.people[who].has_met_another_offer(line) {
                true => self.model.meets(who, line, deed),
                false => self.model_does(who, line, deed),
            }
        }
    }

    /// Something that somebody could do in one of these calls.
    fn deed(&mut self, open: &[Line]) -> Option<(usize, usize, Deed)> {
        if open.is_empty() {
            return None;
        }
        let (who, line) = self.dice.pick(open);
        let chance = self.people[who].chances()[line];
        let is_forgotten = !self.model.knows(who, line);
        let deeds: &[Deed] = match chance {
            // Nobody ACKs a refusal in a transaction that has timed out, and a late answer that comes twice is put
            // down twice.
            Chance::Rung if is_forgotten && self.is_doubled => return None,
            Chance::Rung if is_forgotten => &[Deed::Ring, Deed::PlayEarly, Deed::Answer],
            Chance::Rung => &[
                Deed::Ring,
                Deed::Ring,
                Deed::PlayEarly,
                Deed::Answer,
                Deed::Answer,
                Deed::Answer,
                Deed::Answer,
                Deed::Answer,
                Deed::Answer,
                Deed::Answer,
                Deed::AnswerForeign,
                Deed::Reject(486),
                Deed::Reject(503),
                Deed::Reject(302),
            ],
            Chance::Calls => &[Deed::Cancel],
            Chance::HearsRinging => &[Deed::Cancel, Deed::Cancel, Deed::EndEarly],
            Chance::Talks => &[
                Deed::HangUp,
                Deed::Describe("sendonly"),
                Deed::Describe("sendrecv"),
                Deed::Describe("inactive"),
                Deed::Describe("recvonly"),
                Deed::Update("sendonly"),
                Deed::Update("sendrecv"),
                Deed::HoldByAddress,
                Deed::AskForOffer,
            ],
            Chance::Nothing => return None,
        };
        Some((who, line, self.dice.pick(deeds)))
    }
}
