//! The parties as a script speaks of them: `alice.calls("1002")`, `bob.rings()`, `bob.answers()`.

use super::agent::Agent;
use super::call::{Call, Phase};
use super::house;
use super::said::{Said, uri_in, user_in};
use super::world::World;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use tandem::sip::Transport;

/// A phone, a carrier or a stranger on the stage.
#[derive(Clone)]
pub struct Party {
    pub(super) world: Rc<RefCell<World>>,
    pub(super) index: usize,
}

impl Party {
    /// It speaks TCP.
    pub fn over_tcp(self) -> Party {
        self.with(|agent| agent.flow.transport = Transport::Tcp);
        self
    }

    /// It speaks UDP again.
    pub fn over_udp(self) -> Party {
        self.with(|agent| agent.flow.transport = Transport::Udp);
        self
    }

    /// It has this address.
    pub fn at(self, address: &str) -> Party {
        let remote: SocketAddr = address.parse().unwrap();
        self.with(|agent| agent.flow = house::flow(agent.flow.transport, remote));
        self
    }

    /// It speaks these codecs, by payload type and name, and nothing else.
    pub fn speaks_only(&self, formats: &[(u8, &str)]) {
        self.with(|agent| agent.formats = named(formats));
    }

    /// It knows only these digest algorithms.
    pub fn digests_with(&self, algorithms: &[&'static str]) {
        self.with(|agent| agent.algorithms = algorithms.to_vec());
    }

    /// It believes that this is its password.
    pub fn mistypes_password(&self) {
        self.with(|agent| agent.password = "a slip of the finger".to_owned());
    }

    /// It registers for ten minutes, and answers the challenge.
    pub fn registers(&self) {
        self.registers_for(600);
    }

    /// It registers for so many seconds.
    pub fn registers_for(&self, expires: u32) {
        self.act(|agent| vec![agent.register(expires)]);
    }

    /// It registers with something changed.
    pub fn registers_with(&self, change: impl FnOnce(Said) -> Said) {
        self.asks(|agent| change(agent.register(600)));
    }

    /// It registers again with the credentials that it had: the nonce may be too old by now.
    pub fn registers_again_with_old_credentials(&self) {
        self.act(|agent| {
            let credentials = agent.credentials.clone();
            let register = agent.register(600).set("Authorization", credentials);
            agent.remember(&register);
            vec![register]
        });
    }

    /// It calls a number.
    pub fn calls(&self, number: &str) {
        self.calls_with(number, |invite| invite);
    }

    /// It calls a number with something changed in its INVITE.
    pub fn calls_with(&self, number: &str, change: impl FnOnce(Said) -> Said) {
        self.asks(|agent| {
            let invite = change(agent.invite(number));
            let call = agent.calls.last_mut().unwrap();
            call.local = invite.get("From").to_owned();
            call.invite = invite.clone();
            invite
        });
    }

    /// It sends a request outside of dialogs to the switch, to this URI.
    pub fn sends(&self, method: &str, uri: &str, change: impl FnOnce(Said) -> Said) {
        self.asks(|agent| change(agent.stray(method, uri)));
    }

    /// It sends bytes that may be anything.
    pub fn sends_bytes(&self, bytes: &[u8]) {
        let flow = self.with(|agent| agent.flow);
        let packet = tandem::call::Input::Packet(flow, bytes::Bytes::copy_from_slice(bytes));
        self.world.borrow_mut().happen(packet);
    }

    /// Its connection breaks.
    pub fn loses_connection(&self) {
        let flow = self.with(|agent| agent.flow);
        let mut world = self.world.borrow_mut();
        let name = world.agents[self.index].name.clone();
        world.remark(format!("– the connection of {name} breaks"));
        world.happen(tandem::call::Input::Closed(flow));
    }

    /// It opens a new connection, from another port.
    pub fn reconnects(&self) {
        let port = self.with(|agent| {
            let port = agent.flow.remote.port() + 1;
            agent.flow.remote.set_port(port);
            port
        });
        let mut world = self.world.borrow_mut();
        let name = world.agents[self.index].name.clone();
        world.remark(format!("– {name} connects again, from port {port}"));
    }

    /// It rings: 180.
    pub fn rings(&self) {
        self.replies(180, "Ringing", |_| String::new());
    }

    /// It sends early media: 183 with its description.
    pub fn plays_early_media(&self) {
        self.replies(183, "Session Progress", Call::answer_to_invite);
    }

    /// It answers: 200 with its description.
    pub fn answers(&self) {
        let beside = self.with(|agent| agent.says.clone());
        self.acts_in(Phase::Rung, |call| {
            let sdp = call.answer_to_invite();
            let ok = Said::response(&call.invite, 200, "OK").set("To", &call.local);
            let ok = ok.with("Contact", &call.contact).describing(sdp);
            beside.iter().fold(ok, |ok, (name, value)| ok.with(name, value))
        });
        self.with(|agent| {
            agent
                .calls
                .iter_mut()
                .filter(|call| call.phase == Phase::Rung)
                .for_each(|call| call.phase = Phase::Up)
        });
    }

    /// Its INVITEs and its 2xx say this, too.
    pub fn says(&self, name: &str, value: &str) {
        self.with(|agent| agent.says.push((name.to_owned(), value.to_owned())));
    }

    /// It sends from this port and listens on another one, asks for no rport, and has no NAT before it.
    pub fn sends_from(&self, port: u16) {
        self.with(|agent| agent.sends_from = Some(port));
    }

    /// Its network puts this part beside each session description of it.
    pub fn puts_beside(&self, part: &str) {
        self.with(|agent| agent.puts_beside = Some(part.to_owned()));
    }

    /// It takes UPDATEs (RFC 3311), and says so.
    pub fn knows_update(&self) {
        self.says("Allow", "INVITE, ACK, BYE, CANCEL, UPDATE, REFER, NOTIFY");
    }

    /// It answers every OPTIONS with this status.
    pub fn answers_options_with(&self, status: u16) {
        self.with(|agent| agent.to_options = status);
    }

    /// It answers every re-INVITE and UPDATE with this status.
    pub fn refuses_changes(&self, status: u16) {
        self.with(|agent| agent.to_changes = status);
    }

    /// It answers every UPDATE with this status, though its Allow promises to take them.
    pub fn refuses_updates(&self, status: u16) {
        if self.with(|agent| agent.to_updates.replace(status)).is_none() {
            self.knows_update();
        }
    }

    /// The answer to the newest re-INVITE, which it has kept back so far.
    pub fn answers_at_last(&self) {
        self.with(|agent| agent.keeps_back.remove("200 INVITE"));
        let asked = self.with(|agent| {
            let mut reinvites = agent.heard.iter().filter(|said| said.is_within_dialog());
            let is_invite = |said: &&Said| said.status().is_none() && said.method() == "INVITE";
            reinvites.rfind(is_invite).cloned()
        });
        self.acts_in(Phase::Up, |call| {
            // Its own INVITE may still be open, and its refusal must be acknowledged.
            let own = call.invite.clone();
            call.invite = asked.unwrap_or_else(|| own.clone());
            let ok = Said::response(&call.invite, 200, "OK").set("To", &call.local);
            let ok = ok.with("Contact", &call.contact);
            let ok = ok.describing(call.answer_to_invite());
            call.invite = own;
            ok
        });
    }

    /// An UPDATE that refreshes the session.
    pub fn refreshes(&self, session_expires: &str) {
        self.acts_in(Phase::Up, |call| {
            let update = call.update(None).with("Supported", "timer");
            update.with("Session-Expires", session_expires)
        });
    }

    /// It declines with this status.
    pub fn rejects(&self, status: u16) {
        self.rejects_with(status, |refusal| refusal);
    }

    /// It declines with this status and something besides.
    pub fn rejects_with(&self, status: u16, change: impl FnOnce(Said) -> Said) {
        let reason = match status {
            486 => "Busy Here",
            503 => "Service Unavailable",
            603 => "Decline",
            _ => "Not Now",
        };
        self.acts_in(Phase::Rung, |call| {
            call.phase = Phase::Over;
            change(Said::response(&call.invite, status, reason).set("To", &call.local))
        });
    }

    /// It no longer wants the call that it makes.
    pub fn cancels(&self) {
        self.acts_in(Phase::Calling, |call| call.cancel());
    }

    /// It hangs up the call that is up.
    pub fn hangs_up(&self) {
        self.acts_in(Phase::Up, |call| {
            call.phase = Phase::Over;
            call.request("BYE")
        });
    }

    /// It holds: a re-INVITE that only sends.
    pub fn holds(&self) {
        self.describes_again("sendonly");
    }

    /// It resumes: a re-INVITE both ways.
    pub fn resumes(&self) {
        self.describes_again("sendrecv");
    }

    /// It resumes by a re-INVITE without a description: what it says to our offer is that it hears and speaks.
    pub fn resumes_without_an_offer(&self) {
        self.acts_in(Phase::Up, |call| {
            call.speech.direction = "sendrecv".to_owned();
            call.reinvite(None)
        });
    }

    /// A re-INVITE in this direction.
    pub fn describes_again(&self, direction: &str) {
        self.acts_in(Phase::Up, |call| call.reinvite(Some(direction)));
    }

    /// A re-INVITE with the media address 0.0.0.0 (RFC 3264 §8.4).
    pub fn holds_by_address(&self) {
        self.acts_in(Phase::Up, Call::hold_by_address);
    }

    /// An UPDATE in this direction.
    pub fn updates(&self, direction: &str) {
        self.acts_in(Phase::Up, |call| call.update(Some(direction)));
    }

    /// An UPDATE with other codecs.
    pub fn updates_to(&self, formats: &[(u8, &str)]) {
        self.acts_in(Phase::Up, |call| {
            call.speech.formats = named(formats);
            call.update(Some("sendrecv"))
        });
    }

    /// An UPDATE in this direction of the call that it makes and that is not answered yet.
    pub fn updates_early(&self, direction: Option<&str>) {
        self.acts_in(Phase::Calling, |call| call.update(direction));
    }

    /// It moves to another address in the middle of a call, and says so by an UPDATE without a description.
    pub fn moves_to(&self, address: &str) {
        let remote: SocketAddr = address.parse().unwrap();
        self.with(|agent| {
            if agent.calls.iter().any(|call| call.phase == Phase::Up) {
                agent.flow = house::flow(agent.flow.transport, remote);
            }
            let (via, contact) = (agent.via(), agent.contact());
            for call in &mut agent.calls {
                (call.via, call.contact) = (via.clone(), contact.clone());
            }
        });
        self.acts_in(Phase::Up, |call| call.update(None));
    }

    /// A re-INVITE without a description: the switch is to offer.
    pub fn asks_for_an_offer(&self) {
        self.acts_in(Phase::Up, |call| call.reinvite(None));
    }

    /// A request within the call that is up, with something changed.
    pub fn sends_within(&self, method: &str, change: impl FnOnce(Said) -> Said) {
        self.acts_in(Phase::Up, |call| change(call.request(method)));
    }

    /// BYE for the call that it makes and that is not answered yet.
    pub fn ends_early_dialog(&self) {
        self.acts_in(Phase::Calling, |call| call.end_early());
    }

    /// A re-INVITE with other codecs.
    pub fn changes_to(&self, formats: &[(u8, &str)]) {
        self.acts_in(Phase::Up, |call| {
            call.speech.formats = named(formats);
            call.reinvite(Some("sendrecv"))
        });
    }

    /// 200 with a codec that nobody offered.
    pub fn answers_with_foreign_codec(&self) {
        self.replies(200, "OK", |call| {
            call.phase = Phase::Up;
            call.speech.formats = vec![(18, "G729".to_owned())];
            call.speech.text()
        });
    }

    /// It is cut off: it neither hears nor speaks any more.
    pub fn falls_silent(&self) {
        self.with(|agent| agent.silent = true);
        let mut world = self.world.borrow_mut();
        let name = world.agents[self.index].name.clone();
        world.remark(format!("– {name} falls silent"));
    }

    /// It hears and speaks again.
    pub fn is_back(&self) {
        self.with(|agent| agent.silent = false);
        let mut world = self.world.borrow_mut();
        let name = world.agents[self.index].name.clone();
        world.remark(format!("– {name} is back"));
    }

    /// Whether it is cut off.
    pub fn is_silent(&self) -> bool {
        self.with(|agent| agent.silent)
    }

    /// It does not send what it should: "ACK", "200 BYE" …
    pub fn keeps_back(&self, what: &str) {
        self.with(|agent| agent.keeps_back.insert(what.to_owned()));
    }

    /// The last answer that it got has this status.
    pub fn gets(&self, status: u16) {
        let last = self.with(|agent| agent.heard.iter().rev().find_map(Said::status));
        self.expect(last == Some(status), &format!("got {last:?}, not {status}"));
    }

    /// Whether a call waits for its answer.
    pub fn is_rung(&self) -> bool {
        self.with(|agent| agent.calls.iter().any(|call| call.phase == Phase::Rung))
    }

    /// It has received so many requests of this method that open something.
    pub fn is_asked_times(&self, method: &str, times: usize) {
        let opens =
            |said: &&Said| said.status().is_none() && said.method() == method && !said.is_within_dialog();
        let asked = self.with(|agent| agent.heard.iter().filter(opens).count());
        self.expect(
            asked == times,
            &format!("got {asked} times {method}, not {times}"),
        );
    }

    /// It has received such a request.
    pub fn is_asked(&self, method: &str) {
        let was = self.with(|agent| {
            agent
                .heard
                .iter()
                .any(|said| said.status().is_none() && said.method() == method)
        });
        self.expect(was, &format!("never got {method}"));
    }

    /// It hears this, in the words of the drawing; "–" is nothing.
    pub fn hears(&self, what: &str) {
        let world = self.world.borrow();
        let hears = world.wires.heard_by(self.index, &world.agents);
        drop(world);
        self.expect(
            hears.as_deref() == Some(what),
            &format!("hears {hears:?}, not {what}"),
        );
    }

    /// Nothing that it has received shows this word.
    pub fn never_sees(&self, word: &str) {
        let seen = self.with(|agent| agent.heard.iter().any(|said| said.to_string().contains(word)));
        self.expect(!seen, &format!("was shown {word}"));
    }

    /// It was told last that this is whom it talks with, or who calls.
    pub fn sees(&self, number: &str) {
        let told = self.with(|agent| {
            let mut asserted = agent.heard.iter().map(|said| said.get("P-Asserted-Identity"));
            let newest = asserted.rfind(|field| !field.is_empty())?;
            Some(user_in(uri_in(newest)).to_owned())
        });
        self.expect(
            told.as_deref() == Some(number),
            &format!("sees {told:?}, not {number}"),
        );
    }

    pub(super) fn expect(&self, is_so: bool, otherwise: &str) {
        let world = self.world.borrow();
        if !is_so && !world.twist.changes_the_course() {
            let drawing = world.ladder.draw("so far:");
            panic!("{} {otherwise}\n\n{drawing}", world.agents[self.index].name);
        }
    }

    pub(super) fn replies(&self, status: u16, reason: &str, sdp: impl FnOnce(&mut Call) -> String) {
        self.acts_in(Phase::Rung, |call| {
            let sdp = sdp(call);
            let reply = Said::response(&call.invite, status, reason).set("To", &call.local);
            let contact = call.contact.clone();
            if status < 300 {
                reply.with("Contact", contact).describing(sdp)
            } else {
                reply
            }
        });
    }

    /// Something in the newest call of this phase.
    pub(super) fn acts_in(&self, phase: Phase, act: impl FnOnce(&mut Call) -> Said) {
        let has_call = self.with(|agent| agent.calls.iter().any(|call| call.phase == phase));
        self.expect(has_call, &format!("has no call that is {phase:?}"));
        self.act(|agent| {
            let call = agent.calls.iter_mut().rfind(|call| call.phase == phase);
            let said = call.map(act);
            // Who is asked who it is says the same again (RFC 3261 §22.1).
            let asks = |said: &&Said| said.status().is_none() && !matches!(said.method(), "ACK" | "CANCEL");
            said.iter().filter(asks).for_each(|said| agent.remember(said));
            said.into_iter().collect()
        });
    }

    /// A request that is to be repeated with credentials if it is challenged, exactly as it was changed.
    fn asks(&self, ask: impl FnOnce(&mut Agent) -> Said) {
        self.act(|agent| {
            let said = ask(agent);
            agent.remember(&said);
            vec![said]
        });
    }

    pub(super) fn act(&self, act: impl FnOnce(&mut Agent) -> Vec<Said>) {
        let messages = self.with(act);
        let is_answer = |said: &&Said| said.status() == Some(200) && said.method() == "INVITE";
        if let Some(answer) = messages.iter().rfind(is_answer) {
            self.with(|agent| agent.answered = Some(answer.clone()));
        }
        self.world.borrow_mut().say(self.index, messages);
    }

    pub(super) fn with<T>(&self, act: impl FnOnce(&mut Agent) -> T) -> T {
        act(&mut self.world.borrow_mut().agents[self.index])
    }
}

/// Formats as the agents keep them.
pub(super) fn named(formats: &[(u8, &str)]) -> Vec<(u8, String)> {
    let owned = |(number, name): &(u8, &str)| (*number, (*name).to_owned());
    formats.iter().map(owned).collect()
}
