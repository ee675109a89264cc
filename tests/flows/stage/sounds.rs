//! What is heard of a party beside its voice: the keys that it presses, and silence.

use super::party::Party;
use super::said::Said;
use std::net::SocketAddr;
use std::time::Duration;
use tandem::call::Input;
use tandem::wiring::{Key, MediaEvent, MediaHappening, Port, Press};

impl Party {
    /// It says early how it would speak, in this direction: 180 or 183 with a description. Whether anything is to be
    /// heard of it is another question.
    pub fn describes_early(&self, status: u16, direction: &str) {
        self.replies(status, "Early", |call| {
            directed(&call.answer_to_invite(), direction)
        });
    }

    /// These would be heard by it if something came from them, described or not.
    pub fn could_hear(&self, whom: &[&str]) {
        let world = self.world.borrow();
        let row = world.wires.row_of(self.index, &world.agents);
        let legs = row
            .iter()
            .flat_map(|(_, row)| row.hears.iter().filter_map(|voice| voice.leg()));
        let names: Vec<String> = legs.map(|leg| world.wires.name_of(leg, &world.agents)).collect();
        drop(world);
        self.expect(names == whom, &format!("could hear {names:?}, not {whom:?}"));
    }

    /// It calls, and offers to speak in this direction.
    pub fn calls_in_direction(&self, number: &str, direction: &str) {
        self.calls_with(number, |invite| {
            let offer = directed(&invite.body, direction);
            invite.describing(offer)
        });
    }

    /// A key is pressed, and its phone says so by INFO.
    pub fn presses_by_info(&self, key: &str) {
        self.informs(
            "application/dtmf-relay",
            &format!("Signal={key}\r\nDuration=160\r\n"),
        );
    }

    /// The record key is pressed, and wants this.
    pub fn presses_record(&self, wish: &str) {
        self.sends_within("INFO", |info| info.with("Record", wish));
    }

    /// An INFO with such a body.
    pub fn informs(&self, kind: &str, body: &str) {
        self.sends_within("INFO", |mut info| {
            info.body = body.to_owned();
            if kind.is_empty() {
                info
            } else {
                info.with("Content-Type", kind)
            }
        });
    }

    /// A key is pressed, and the media plane hears it as an RTP event.
    pub fn presses(&self, key: char) {
        let press = Press {
            key: Key::of_char(key).unwrap(),
            ms: 160,
            volume: 10,
        };
        let name = self.with(|agent| agent.name.clone());
        let mut world = self.world.borrow_mut();
        let row = world.wires.row_of(self.index, &world.agents);
        let event = row.and_then(|(_, row)| world.wires.press(row.leg, press));
        world.remark(format!("– {name} presses {}", words(press, &event)));
        event
            .into_iter()
            .for_each(|event| world.happen(Input::Media(event)));
    }

    /// A key is pressed in its call of this number, and the media plane hears it as an RTP event.
    pub fn presses_in(&self, line: usize, key: char) {
        let theirs = self.with(|agent| agent.calls[line].theirs.clone());
        let press = Press {
            key: Key::of_char(key).unwrap(),
            ms: 160,
            volume: 10,
        };
        let mut world = self.world.borrow_mut();
        let leg = theirs.and_then(|theirs| world.wires.leg_at(theirs.rtp.port()));
        let event = leg.and_then(|leg| world.wires.press(leg, press));
        event
            .into_iter()
            .for_each(|event| world.happen(Input::Media(event)));
    }

    /// Some keys, one after the other, two in a second.
    pub fn dials(&self, keys: &str) {
        for key in keys.chars() {
            self.presses(key);
            self.world.borrow_mut().pass(Duration::from_millis(500));
        }
    }

    /// It sends no media for as long as the switch has patience with it, or for five minutes if it has for ever.
    pub fn sends_no_media(&self) {
        let name = self.with(|agent| agent.name.clone());
        self.world.borrow_mut().remark(format!("– {name} sends no media"));
        match self.patience() {
            Some(patience) => {
                self.world.borrow_mut().pass(patience);
                self.is_heard(MediaHappening::Silent);
            }
            None => self.world.borrow_mut().pass(Duration::from_secs(300)),
        }
    }

    /// The media plane tells that it is silent, whether that is of interest or not.
    pub fn is_told_to_be_silent(&self) {
        self.is_heard(MediaHappening::Silent);
    }

    /// Somebody else sends RTP to its port.
    pub fn meets_stranger(&self, from: SocketAddr) {
        let name = self.with(|agent| agent.name.clone());
        let text = format!("– {from} sends RTP to the port of {name}");
        self.world.borrow_mut().remark(text);
        self.is_heard(MediaHappening::Stranger { from });
    }

    /// It listens for RTP at another port from now on, and says so in its next description.
    pub fn receives_at(&self, port: u16) {
        self.with(|agent| {
            for call in &mut agent.calls {
                call.speech.rtp.set_port(port);
            }
        });
    }

    /// Its end of the RTP session as the media plane knows it.
    pub fn port(&self) -> Port {
        let world = self.world.borrow();
        let (_, row) = world.wires.row_of(self.index, &world.agents).unwrap();
        row.port.clone()
    }

    fn patience(&self) -> Option<Duration> {
        let world = self.world.borrow();
        let (_, row) = world.wires.row_of(self.index, &world.agents)?;
        row.patience
    }

    fn is_heard(&self, what: MediaHappening) {
        let mut world = self.world.borrow_mut();
        let event = world
            .wires
            .row_of(self.index, &world.agents)
            .map(|(conversation, row)| MediaEvent {
                conversation,
                leg: row.leg,
                what,
            });
        event
            .into_iter()
            .for_each(|event| world.happen(Input::Media(event)));
    }
}

/// A key, and whether the media plane keeps it from those who hear the leg.
pub fn words(press: Press, event: &Option<MediaEvent>) -> String {
    let is_held = |event: &MediaEvent| matches!(event.what, MediaHappening::HeldBack(_));
    let held = if event.as_ref().is_some_and(is_held) {
        ", which is held back"
    } else {
        ""
    };
    format!("{}{held}", press.key.to_char())
}

/// The key that an INFO tells of.
pub fn key_in(said: &Said) -> Option<&str> {
    if said.method() != "INFO" {
        return None;
    }
    said.body.lines().find_map(|line| line.strip_prefix("Signal="))
}

fn directed(description: &str, direction: &str) -> String {
    description.replace("a=sendrecv", &format!("a={direction}"))
}
