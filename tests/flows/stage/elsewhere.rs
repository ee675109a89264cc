//! What a party says when a call should go elsewhere, or is no longer wanted for a reason.

use super::call::Phase;
use super::party::Party;
use super::said::{Said, uri_in, user_in};

impl Party {
    /// Its password is that of another extension.
    pub fn has_password_of(&self, extension: &str) {
        self.with(|agent| agent.password = format!("secret of {extension}"));
    }

    /// It sends the caller on to these contacts: 302.
    pub fn forwards_to(&self, contacts: &[&str]) {
        self.forwards_with(contacts, |moved| moved);
    }

    /// It sends the caller on to these contacts, and says more about it.
    pub fn forwards_with(&self, contacts: &[&str], dress: impl FnOnce(Said) -> Said) {
        self.acts_in(Phase::Rung, |call| {
            call.phase = Phase::Over;
            let moved = Said::response(&call.invite, 302, "Moved Temporarily").set("To", &call.local);
            let moved = contacts
                .iter()
                .fold(moved, |moved, contact| moved.with("Contact", contact));
            dress(moved)
        });
    }

    /// It sends back what has come to it, as a carrier does with a number of ours: one hop less, and the
    /// number that called, unless that is withheld.
    pub fn sends_back(&self, is_withheld: bool) {
        let rung = self.with(|agent| {
            let rung = agent.calls.iter().rfind(|call| call.phase == Phase::Rung);
            rung.map(|call| call.invite.clone())
        });
        self.expect(rung.is_some(), "has nothing to send back");
        let Some(invite) = rung else { return };
        let number = user_in(invite.uri()).to_owned();
        let hops: u32 = invite
            .get("Max-Forwards")
            .parse::<u32>()
            .unwrap_or(0)
            .saturating_sub(1);
        let from = user_in(uri_in(invite.get("P-Asserted-Identity"))).to_owned();
        self.calls_with(&number, |invite| {
            let tag = invite.tag("From").to_owned();
            let from = match is_withheld {
                true => "<sip:anonymous@anonymous.invalid>".to_owned(),
                false => format!("<sip:{from}@198.51.100.201>"),
            };
            invite
                .set("Max-Forwards", hops)
                .set("From", format!("{from};tag={tag}"))
        });
    }

    /// It no longer wants the call that it makes, and says why.
    pub fn cancels_because(&self, reason: &str) {
        self.acts_in(Phase::Calling, |call| call.cancel().with("Reason", reason));
    }

    /// BYE for the call that it makes and that is not answered yet, and why.
    pub fn ends_early_dialog_because(&self, reason: &str) {
        self.acts_in(Phase::Calling, |call| call.end_early().with("Reason", reason));
    }

    /// It hangs up and says why.
    pub fn hangs_up_because(&self, reason: &str) {
        self.acts_in(Phase::Up, |call| {
            call.phase = Phase::Over;
            call.request("BYE").with("Reason", reason)
        });
    }

    /// The last answer that it got says this.
    pub fn gets_told(&self, name: &str, value: &str) {
        let last = self.with(|agent| {
            let answer = agent.heard.iter().rfind(|said| said.status().is_some());
            answer
                .map(|answer| answer.get(name).to_owned())
                .unwrap_or_default()
        });
        self.expect(last == value, &format!("was told {name}: {last}, not {value}"));
    }

    /// The last request of this method that it got says this in that field; none of it if the value is empty.
    pub fn is_told_by(&self, method: &str, name: &str, value: &str) {
        let last = self.with(|agent| {
            let of_method = |said: &&Said| said.status().is_none() && said.method() == method;
            let request = agent.heard.iter().rfind(of_method);
            request.map(|request| {
                let values: Vec<&str> = request.all(name).collect();
                values.join(", ")
            })
        });
        self.expect(
            last.as_deref() == Some(value),
            &format!("was told {name}: {last:?} by {method}, not {value}"),
        );
    }

    /// The last request of this method that it got is for this URI.
    pub fn is_addressed(&self, method: &str, uri: &str) {
        let last = self.with(|agent| {
            let of_method = |said: &&Said| said.status().is_none() && said.method() == method;
            agent
                .heard
                .iter()
                .rfind(of_method)
                .map(|said| said.uri().to_owned())
        });
        self.expect(
            last.as_deref() == Some(uri),
            &format!("got {method} for {last:?}, not {uri}"),
        );
    }
}
