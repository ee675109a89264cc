//! The verbs of those who read the wire: they know all of a call, and speak in it from elsewhere.

use super::call::Call;
use super::party::Party;
use super::said::Said;

impl Party {
    /// It knows all that this party knows of its newest call.
    pub fn eavesdrops_on(&self, victim: &Party) {
        let call = victim.newest_call();
        self.with(|agent| {
            let (via, contact) = (agent.via(), agent.contact());
            agent.calls.push(Call { via, contact, ..call });
        });
    }

    /// It withdraws the call that it knows of, as the one who calls would: with the same Via, from elsewhere.
    pub fn cancels_as(&self, victim: &Party) {
        let calling = victim.newest_call();
        self.act(|_| {
            let mut call = calling;
            vec![call.cancel()]
        });
    }

    /// It answers the call for which this party is rung, in its place.
    pub fn answers_for(&self, victim: &Party) {
        let mut call = victim.newest_call();
        let ok = Said::response(&call.invite, 200, "OK").set("To", &call.local);
        let sdp = call.answer_to_invite();
        let ok = ok.with("Contact", self.with(|agent| agent.contact()));
        self.sends_bytes(ok.describing(sdp).to_string().as_bytes());
    }

    /// It was never asked within a call who it is.
    pub fn is_never_challenged(&self) {
        let asked = self.with(|agent| {
            let mut heard = agent.heard.iter().filter(|said| said.status() == Some(401));
            heard.any(|said| said.method() != "REGISTER")
        });
        self.expect(!asked, "was asked who it is");
    }
}
