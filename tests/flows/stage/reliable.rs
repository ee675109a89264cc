//! What parties say that know reliable provisional responses (RFC 3262).

use super::call::{Call, Phase};
use super::party::Party;
use super::said::Said;
use super::speech::Speech;

impl Call {
    /// The PRACK to an 18x, if that is reliable. The offer in it is answered; an answer was asked for.
    pub fn prack(&mut self, told: &Said) -> Option<Said> {
        let rseq = Some(told.get("RSeq")).filter(|rseq| !rseq.is_empty())?;
        let rack = format!("{rseq} {} INVITE", told.cseq());
        let prack = self.request("PRACK").with("RAck", rack);
        let offer = self.invite.body.is_empty().then(|| Speech::read(&told.body));
        Some(match offer.flatten() {
            Some(offer) => prack.describing(self.answer_to(&offer)),
            None => prack,
        })
    }
}

impl Party {
    /// Whenever it rings in one of several calls its 180 wants a PRACK.
    pub fn rings_only_reliably(&self) {
        self.with(|agent| agent.rings_reliably = true);
    }

    /// It rings: 180 that wants a PRACK.
    pub fn rings_reliably(&self, rseq: u32) {
        self.tells_reliably(180, "Ringing", rseq, |_| String::new());
    }

    /// It sends early media: 183 that wants a PRACK.
    pub fn plays_early_media_reliably(&self, rseq: u32) {
        self.tells_reliably(183, "Session Progress", rseq, Call::answer_to_invite);
    }

    /// It answers without a description, which it has given reliably before.
    pub fn answers_plainly(&self) {
        self.acts_in(Phase::Rung, |call| {
            call.phase = Phase::Up;
            let ok = Said::response(&call.invite, 200, "OK").set("To", &call.local);
            ok.with("Contact", &call.contact)
        });
    }

    /// It answers every PRACK with this status.
    pub fn refuses_pracks(&self, status: u16) {
        self.with(|agent| agent.to_pracks = status);
    }

    /// The PRACK to the last reliable 18x that it has heard, with something changed.
    pub fn confirms(&self, change: impl FnOnce(&mut Call, Said) -> Said) {
        let told = self.with(|agent| {
            let reliable = |said: &&Said| !said.get("RSeq").is_empty();
            agent.heard.iter().rfind(reliable).cloned()
        });
        self.expect(told.is_some(), "has heard nothing reliable");
        let Some(told) = told else { return };
        self.acts_in(Phase::Calling, |call| {
            let prack = call.prack(&told).unwrap_or_else(|| told.clone());
            change(call, prack)
        });
    }

    /// An UPDATE in this direction of the call that it is rung for.
    pub fn updates_while_rung(&self, direction: Option<&str>) {
        self.acts_in(Phase::Rung, |call| call.update(direction));
    }

    /// A request of the call that it is rung for.
    pub fn sends_while_rung(&self, method: &str) {
        self.acts_in(Phase::Rung, |call| call.request(method));
    }

    /// Its INVITE has its final answer, a 2xx.
    pub fn is_told_of_the_answer(&self) {
        let was = self.with(|agent| {
            let ok = |said: &Said| said.status() == Some(200) && said.method() == "INVITE";
            agent.heard.iter().any(ok)
        });
        self.expect(was, "never got a 2xx to its INVITE");
    }

    fn tells_reliably(&self, status: u16, reason: &str, rseq: u32, sdp: impl FnOnce(&mut Call) -> String) {
        self.acts_in(Phase::Rung, |call| {
            let sdp = sdp(call);
            Said::response(&call.invite, status, reason)
                .set("To", &call.local)
                .with("Contact", &call.contact)
                .with("Require", "100rel")
                .with("RSeq", rseq)
                .describing(sdp)
        });
    }
}
