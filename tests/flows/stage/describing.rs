//! What a party says of its media beside what everybody says, and what it may send by what was agreed.

use super::call::Phase;
use super::party::{Party, named};
use super::said::Said;
use super::speech::Speech;
use tandem::wiring::{Payload, Remote};

impl Party {
    /// Its offers have these media lines behind the audio.
    pub fn offers_beside(&self, lines: &[&str]) {
        self.with(|agent| agent.beside = lines.iter().map(|line| (*line).to_owned()).collect());
    }

    /// Its descriptions name this host instead of an address.
    pub fn listens_at(&self, host: &str) {
        self.with(|agent| {
            agent.host = Some(host.to_owned());
            let calls = agent.calls.iter_mut();
            calls.for_each(|call| call.speech.host = Some(host.to_owned()));
        });
    }

    /// The media plane sends to it there, as far as its descriptions say.
    pub fn is_sent_to(&self, address: &str) {
        let rtp = self.remote().map(|remote| remote.rtp);
        self.expect(
            rtp == address.parse().ok(),
            &format!("is sent to at {rtp:?}, not {address}"),
        );
    }

    /// The same in the call that is up.
    pub fn adds_beside(&self, lines: &[&str]) {
        self.with(|agent| {
            let calls = agent.calls.iter_mut().filter(|call| call.phase == Phase::Up);
            calls.for_each(|call| call.speech.beside = lines.iter().map(|line| (*line).to_owned()).collect());
        });
    }

    /// 200 with these formats, under numbers of its own.
    pub fn answers_under(&self, formats: &[(u8, &str)]) {
        self.replies(200, "OK", |call| {
            call.phase = Phase::Up;
            call.speech.formats = named(formats);
            call.speech.text()
        });
    }

    /// Keys are sent to it under the first of these payload types, and understood from it under all of them.
    pub fn presses_keys_under(&self, numbers: &[u8]) {
        let remote = self.remote();
        let understood = |number: &u8| {
            let named = |remote: &Remote| remote.accepts.contains(&(*number, Payload::Event));
            remote.as_ref().is_some_and(named)
        };
        let sent = remote.as_ref().and_then(|remote| remote.events);
        self.expect(
            sent == numbers.first().copied() && numbers.iter().all(understood),
            &format!("takes keys under {sent:?}, and may send {remote:?}"),
        );
    }

    /// The last description that it got names these formats, in this order.
    pub fn is_described(&self, formats: &[(u8, &str)]) {
        let read = |said: &Said| Speech::read(&said.body);
        let described = self.with(|agent| agent.heard.iter().rev().find_map(read));
        let described = described.map(|speech| speech.formats);
        self.expect(
            described == Some(named(formats)),
            &format!("is described {described:?}, not {formats:?}"),
        );
    }
}
