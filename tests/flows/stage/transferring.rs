//! The verbs of those who hand calls on.

use super::Stage;
use super::call::{Call, Phase};
use super::party::Party;
use super::said::{Said, param};
use std::time::Duration;
use tandem::call::gesture::Gesture;
use tandem::config::valid::{Code, Codes};

/// The codes of the sample configuration.
const CODES: [(&str, Code); 6] = [
    ("*1", Code::Cold),
    ("*2", Code::Warm),
    ("*3", Code::Merge),
    ("*4", Code::Swap),
    ("*5", Code::Cancel),
    ("*6", Code::Complete),
];

/// An order to ask this number, while the others wait.
pub fn warm(to: &str) -> Gesture {
    Gesture::Warm { to: to.to_owned() }
}

/// An order to hand the call on to this number at once.
pub fn cold(to: &str) -> Gesture {
    Gesture::Cold { to: to.to_owned() }
}

impl Stage {
    /// The agents of the house have feature codes.
    pub fn has_codes(&mut self) {
        self.has_codes_for(CODES);
    }

    /// Agents have these codes.
    pub fn has_codes_for<const N: usize>(&mut self, codes: [(&str, Code); N]) {
        self.configure(|config| {
            config.codes = Codes {
                by_keys: codes.map(|(keys, code)| (keys.to_owned(), code)).into(),
                pause: Duration::from_secs(2),
                number_pause: Duration::from_secs(4),
            };
        });
    }

    /// Alice and Bob, both registered.
    pub fn alice_and_bob(&mut self) -> (Party, Party) {
        (self.registered_phone("1001"), self.registered_phone("1002"))
    }

    /// Alice has called Bob, and they have talked for so long.
    pub fn alice_with_bob(&mut self, seconds: u64) -> (Party, Party) {
        let (alice, bob) = self.alice_and_bob();
        alice.calls("1002");
        bob.rings();
        bob.answers();
        self.wait(seconds);
        (alice, bob)
    }

    /// Alice has talked with the carrier's customer for so long; Carol is at her desk.
    pub fn agent_with_customer(&mut self, seconds: u64) -> (Party, Party, Party) {
        let alice = self.registered_phone("1001");
        let carol = self.registered_phone("1003");
        let acme = self.carrier("acme");
        acme.calls("+442079460101");
        alice.rings();
        alice.answers();
        self.wait(seconds);
        (alice, carol, acme)
    }

    /// The same with a customer whom Alice has called.
    pub fn agent_who_called_the_customer(&mut self, seconds: u64) -> (Party, Party, Party) {
        let alice = self.registered_phone("1001");
        let carol = self.registered_phone("1003");
        let acme = self.carrier("acme");
        alice.calls("02079460999");
        acme.answers();
        self.wait(seconds);
        (alice, carol, acme)
    }

    /// Carol has the customer now, and it ends as calls do.
    pub fn talk_on(&mut self, carol: &Party, acme: &Party) {
        acme.hears("1003");
        carol.hears("acme");
        self.wait(5);
        acme.hangs_up();
        carol.is_asked("BYE");
    }
}

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
            let refer = older.zip(refer_to).map(|(call, refer_to)| call.refer(&refer_to));
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

    /// It brings the call on this line into the conference on its newest line.
    pub fn brings_in(&self, line: usize) {
        let named = self.with(|agent| agent.calls[line].replaces());
        self.sends_within("REFER", |refer| {
            refer.with("Refer-To", format!("<sip:guest@tandem.example?Replaces={named}>"))
        });
    }

    /// It sends the call on this line to the conference on its newest line, by the Contact of that.
    pub fn sends_to_conference(&self, line: usize) {
        let room = self.with(|agent| agent.calls.last().map(|call| call.target.clone()).unwrap());
        self.refers_on(line, &room);
    }

    /// It sends the call on this line to a number.
    pub fn sends_to(&self, number: &str, line: usize) {
        self.refers_on(line, &format!("sip:{number}@tandem.example"));
    }

    fn refers_on(&self, line: usize, uri: &str) {
        self.act(|agent| {
            let refer_to = format!("<{uri}>");
            vec![agent.calls[line].refer(&refer_to)]
        });
    }

    /// It resumes the call on this line.
    pub fn resumes_on(&self, line: usize) {
        self.act(|agent| vec![agent.calls[line].reinvite(Some("sendrecv"))]);
    }

    /// It refuses every REFER with this status.
    pub fn refuses_transfers(&self, status: u16) {
        self.with(|agent| agent.to_refers = status);
    }

    /// It answers every NOTIFY with this status.
    pub fn refuses_news(&self, status: u16) {
        self.with(|agent| agent.to_notifies = status);
    }

    /// What the last NOTIFY was about, as it says it.
    pub fn newest_event(&self) -> String {
        self.with(|agent| {
            let mut heard = agent.heard.iter();
            let notify = heard.rfind(|said| said.start.starts_with("NOTIFY"));
            notify
                .map(|notify| notify.get("Event").to_owned())
                .unwrap_or_default()
        })
    }

    /// It wants to hear for so many seconds of what the last NOTIFY was about.
    pub fn subscribes_again(&self, seconds: u32) {
        self.subscribes(&self.newest_event(), seconds);
    }

    /// It wants to hear of this for so many seconds.
    pub fn subscribes(&self, event: &str, seconds: u32) {
        self.sends_within("SUBSCRIBE", |subscribe| {
            subscribe.with("Event", event).with("Expires", seconds)
        });
    }

    /// It tells by NOTIFY how it gets on with a REFER.
    pub fn reports(&self, status: u16) {
        self.sends_within("NOTIFY", |notify| {
            let notify = notify
                .with("Event", "refer")
                .with("Subscription-State", "active;expires=60");
            let notify = notify.describing(format!("SIP/2.0 {status} What It Is\r\n"));
            notify.set("Content-Type", "message/sipfrag;version=2.0")
        });
    }

    /// It calls to take over this call: INVITE with Replaces.
    pub fn takes_over(&self, named: &Call) {
        self.takes_over_if(&named.replaces_field());
    }

    /// The same with a Replaces written in its own way.
    pub fn takes_over_if(&self, replaces: &str) {
        self.calls_with("1001", |invite| invite.with("Replaces", replaces));
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
    /// REFER to this address.
    pub fn refer(&mut self, refer_to: &str) -> Said {
        let refer = self.request("REFER").with("Contact", &self.contact);
        refer.with("Refer-To", refer_to)
    }

    /// This dialog as Replaces names it, escaped as it stands in a URI (RFC 3891 §6.1): the tag of the one who is
    /// to be replaced first.
    pub fn replaces(&self) -> String {
        let (theirs, ours) = self.tags();
        format!(
            "{}%3Bto-tag%3D{theirs}%3Bfrom-tag%3D{ours}",
            self.invite.get("Call-ID")
        )
    }

    /// The same as it stands in a header field of its own.
    pub fn replaces_field(&self) -> String {
        let (theirs, ours) = self.tags();
        format!("{};to-tag={theirs};from-tag={ours}", self.invite.get("Call-ID"))
    }

    /// The tags of the switch and of the party.
    pub fn tags(&self) -> (&str, &str) {
        (param(&self.remote, "tag"), param(&self.local, "tag"))
    }
}
