//! A carrier that rings several at once speaks with several tongues (RFC 3261 §13.2.2.4).

use super::call::{Call, Phase};
use super::party::Party;
use super::said::{Said, param};
use tandem::wiring::Remote;

impl Call {
    /// Whether a request within the dialog is for the branch that has spoken last.
    pub fn is_spoken_to(&self, said: &Said) -> bool {
        said.tag("To") == param(&self.local, "tag")
    }

    /// From now on this branch speaks: it has a tag and an RTP port of its own.
    fn becomes(&mut self, branch: &str) {
        let to = self.invite.get("To").to_owned();
        self.local = format!("{to};tag=tag-{branch}");
        self.speech.rtp.set_port(port(branch));
    }
}

impl Party {
    /// From now on this branch speaks in the call that it is rung for.
    pub fn speaks_as(&self, branch: &str) {
        self.with(|agent| {
            let rung = agent.calls.iter_mut().rfind(|call| call.phase == Phase::Rung);
            rung.into_iter().for_each(|call| call.becomes(branch));
        });
    }

    /// Another branch of the call that is up answers too, with a dialog of its own.
    pub fn answers_too_as(&self, branch: &str) {
        self.acts_in(Phase::Up, |call| {
            let mut other = call.clone();
            other.becomes(branch);
            let sdp = other.answer_to_invite();
            let ok = Said::response(&call.invite, 200, "OK").set("To", &other.local);
            ok.with("Contact", &call.contact).describing(sdp)
        });
    }

    /// From now on it speaks these codecs in the call that it is rung for.
    pub fn speaks_now(&self, formats: &[(u8, &str)]) {
        let formats: Vec<(u8, String)> = formats
            .iter()
            .map(|(number, name)| (*number, (*name).to_owned()))
            .collect();
        self.with(|agent| {
            let rung = agent.calls.iter_mut().rfind(|call| call.phase == Phase::Rung);
            rung.into_iter()
                .for_each(|call| call.speech.formats.clone_from(&formats));
        });
    }

    /// The media plane speaks with this branch of it.
    pub fn is_heard_as(&self, branch: &str) {
        let remote = self.remote();
        let is_so = remote
            .as_ref()
            .is_some_and(|remote| remote.rtp.port() == port(branch));
        self.expect(is_so, &format!("is not heard as {branch} but as {remote:?}"));
    }

    /// The media plane speaks with it in this codec.
    pub fn is_heard_in(&self, codec: &str) {
        let remote = self.remote();
        let is_so = remote
            .as_ref()
            .is_some_and(|remote| format!("{:?}", remote.codec).eq_ignore_ascii_case(codec));
        self.expect(is_so, &format!("is not heard in {codec} but in {remote:?}"));
    }

    pub(super) fn remote(&self) -> Option<Remote> {
        let world = self.world.borrow();
        world.wires.spoken_to(self.index, &world.agents)
    }
}

/// The RTP port of a branch, which its name decides.
fn port(branch: &str) -> u16 {
    30_000 + 2 * branch.bytes().map(u16::from).sum::<u16>()
}
