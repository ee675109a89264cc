//! What a party says again, too late, or in other words than the rest.

use super::call::Phase;
use super::party::Party;
use super::said::Said;

impl Party {
    /// It sends the INVITE of its newest call once more, as if it had heard nothing.
    pub fn repeats_its_invite(&self) {
        self.act(|agent| {
            agent
                .calls
                .last()
                .map(|call| call.invite.clone())
                .into_iter()
                .collect()
        });
    }

    /// It sends its 200 to the INVITE once more, as if its ACK had been lost.
    pub fn repeats_its_answer(&self) {
        self.act(|agent| agent.answered.clone().into_iter().collect());
    }

    /// It answers with something changed in its 200.
    pub fn answers_with(&self, change: impl FnOnce(Said) -> Said) {
        self.acts_in(Phase::Rung, |call| {
            call.phase = Phase::Up;
            let sdp = call.answer_to_invite();
            let ok = Said::response(&call.invite, 200, "OK").set("To", &call.local);
            change(ok.with("Contact", &call.contact).describing(sdp))
        });
    }

    /// It rings with something changed in its 180.
    pub fn rings_with(&self, change: impl FnOnce(Said) -> Said) {
        self.acts_in(Phase::Rung, |call| {
            let ringing = Said::response(&call.invite, 180, "Ringing").set("To", &call.local);
            change(ringing.with("Contact", &call.contact))
        });
    }

    /// The ACK that it has kept back, when the call is over.
    pub fn confirms_too_late(&self) {
        self.acts_in(Phase::Over, |call| call.numbered("ACK", call.invite.cseq()));
    }

    /// The ACK to the last answer, which it has kept back until now.
    pub fn confirms_at_last(&self) {
        self.acts_in(Phase::Up, |call| call.numbered("ACK", call.invite.cseq()));
    }

    /// A re-INVITE with something changed in its description.
    pub fn describes_with(&self, change: impl FnOnce(&str) -> String) {
        self.acts_in(Phase::Up, |call| {
            let invite = call.reinvite(Some("sendrecv"));
            let sdp = change(&invite.body);
            call.invite = invite.describing(sdp);
            call.invite.clone()
        });
    }
}
