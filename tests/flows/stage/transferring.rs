//! The verbs of those who hand calls on.

use super::call::{Call, Phase};
use super::party::Party;
use super::said::{Said, param};

impl Party {
    /// It hands on whom it talks with to this number: REFER.
    pub fn hands_on_to(&self, number: &str) {
        self.hands_on_with(number, |refer| refer);
    }

    /// It hands on whom it talks with, with something changed in the REFER.
    pub fn hands_on_with(&self, number: &str, change: impl FnOnce(Said) -> Said) {
        self.sends_within("REFER", |refer| {
            let refer = refer.with("Refer-To", format!("<sip:{number}@tandem.example>"));
            change(refer)
        });
    }

    /// It connects the two whom it has on its lines: REFER on the older line that names the dialog of the newer.
    pub fn connects_the_two(&self) {
        self.connects_by(|named| format!("<sip:1003@tandem.example?Replaces={}>", named.replaces()));
    }

    /// It connects the two with a Refer-To written in its own way.
    pub fn connects_by(&self, refer_to: impl FnOnce(&Call) -> String) {
        self.act(|agent| {
            let is_there = |call: &Call| matches!(call.phase, Phase::Up | Phase::Calling);
            let newer = agent.calls.iter().rposition(is_there).unwrap_or_default();
            let refer_to = agent.calls.get(newer).map(refer_to);
            let older = agent.calls[..newer]
                .iter_mut()
                .rfind(|call| call.phase == Phase::Up);
            let refer = older.zip(refer_to).map(|(call, refer_to)| {
                let refer = call.request("REFER").with("Contact", &call.contact);
                refer.with("Refer-To", refer_to)
            });
            refer.into_iter().collect()
        });
    }

    /// Its newest call, for somebody else to name.
    pub fn newest_call(&self) -> Call {
        self.with(|agent| agent.calls.last().cloned().unwrap())
    }

    /// It asks on its own line that somebody else's call be taken over.
    pub fn connects_to(&self, named: &Call) {
        let refer_to = format!("<sip:1003@tandem.example?Replaces={}>", named.replaces());
        self.sends_within("REFER", |refer| refer.with("Refer-To", refer_to));
    }

    /// It hangs up the older of the two calls on its lines.
    pub fn hangs_up_older(&self) {
        self.act(|agent| {
            let call = agent.calls.iter_mut().find(|call| call.phase == Phase::Up);
            let bye = call.map(|call| {
                call.phase = Phase::Over;
                call.request("BYE")
            });
            bye.into_iter().collect()
        });
    }

    /// It has been told by NOTIFY how its transfer went, in this order.
    pub fn learns_outcome(&self, statuses: &[u16]) {
        let told = self.with(|agent| {
            let notified = agent.heard.iter().filter(|said| said.start.starts_with("NOTIFY"));
            let status = |said: &Said| said.body.split(' ').nth(1).and_then(|status| status.parse().ok());
            notified.filter_map(status).collect::<Vec<u16>>()
        });
        self.expect(told == statuses, &format!("was told {told:?}, not {statuses:?}"));
    }
}

impl Call {
    /// This dialog as Replaces names it, escaped as it stands in a URI (RFC 3891 §6.1): the tag of the one who is
    /// to be replaced first.
    pub fn replaces(&self) -> String {
        let (theirs, ours) = self.tags();
        format!(
            "{}%3Bto-tag%3D{theirs}%3Bfrom-tag%3D{ours}",
            self.invite.get("Call-ID")
        )
    }

    /// The tags of the switch and of the party.
    pub fn tags(&self) -> (&str, &str) {
        (param(&self.remote, "tag"), param(&self.local, "tag"))
    }
}
