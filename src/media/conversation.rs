//! The ports of one conversation and its tape: everything that one table of who hears whom is about.

use crate::id::{ConversationId, LegId};
use crate::media::content::Content;
use crate::media::engine::{Outlet, Sounds};
use crate::media::keys::Struck;
use crate::media::lane::Speech;
use crate::media::playout::Playout;
use crate::media::port::{Heard, Port, Unheard, Way};
use crate::media::sound::{Sound, Wanted};
use crate::media::tape::Tape;
use crate::time::Time;
use crate::wiring::{Codec, MediaEvent, MediaHappening, Press, Rate, Row, Wiring};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::SocketAddr;

/// One conversation as the media plane knows it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Conversation {
    id: ConversationId,
    /// A handful, so a scan is quicker than any map.
    ports: Vec<Port>,
    /// What is recorded, and what is recorded apart.
    tapes: Vec<Tape>,
    /// Those who are heard by somebody who hears several.
    speakers: Vec<Playout>,
}

impl Conversation {
    /// A conversation of nobody.
    pub(super) fn new(id: ConversationId) -> Conversation {
        Conversation {
            id,
            ports: vec![],
            tapes: vec![],
            speakers: vec![],
        }
    }

    /// Nobody is left, and no tape runs.
    pub(super) fn is_over(&self) -> bool {
        self.ports.is_empty() && self.tapes.is_empty()
    }

    /// Makes the ports and the tape what the table says. Returns the legs that have lost their port.
    pub(super) fn wire(&mut self, now: Time, wiring: &Wiring, out: &mut dyn Outlet) -> Vec<LegId> {
        // The tape goes first: those who leave have been heard until now.
        self.wire_tapes(now, wiring, out);
        let stays = |port: &mut Port| wiring.rows.iter().any(|row| row.leg == port.leg);
        let gone: Vec<Port> = self.ports.extract_if(.., |port| !stays(port)).collect();
        let legs_gone = gone.iter().map(|port| port.leg).collect();
        for port in gone {
            let (leg, number) = (port.leg, port.number);
            let (counters, streams) = port.close(now, out);
            if !streams.is_empty() {
                let port = number;
                self.tell(leg, MediaHappening::Vacated { port, streams }, out);
            }
            self.tell(leg, MediaHappening::Closed(counters), out);
        }
        for row in &wiring.rows {
            self.let_catch_up(now, row, out);
            match self.port(row.leg) {
                Some(port) => port.rewire(now, row),
                None => self.ports.push(Port::new(now, row)),
            }
        }
        self.seat_speakers(now);
        self.wait_for_speech(now);
        legs_gone
    }

    /// Takes in a leg that comes from another conversation, its streams unbroken.
    pub(super) fn join(&mut self, port: Port) {
        self.ports.push(port);
    }

    /// Lets a leg go to another conversation.
    pub(super) fn release(&mut self, leg: LegId) -> Option<Port> {
        self.speakers.retain(|speaker| speaker.leg != leg);
        let index = self.ports.iter().position(|port| port.leg == leg)?;
        Some(self.ports.remove(index))
    }

    /// RTP has come in: to the tape with it, and to all who hear this leg. What it says is made into `sound` if
    /// anybody needs that. True if there is now something to be done that was not due before.
    pub(super) fn rtp(
        &mut self,
        now: Time,
        leg: LegId,
        from: SocketAddr,
        packet: &mut [u8],
        sound: &mut Sound,
        out: &mut dyn Outlet,
    ) -> bool {
        let mut listeners = self.ports.iter().filter(|port| port.relays(leg));
        let keys_wait = listeners.any(Port::is_being_pressed);
        let Some(port) = self.port(leg) else { return false };
        let heard = match port.receive(now, from, packet, keys_wait) {
            Ok(heard) => heard,
            Err(Unheard::FirstStranger) => {
                self.tell(leg, MediaHappening::Stranger { from }, out);
                return false;
            }
            Err(Unheard::Stranger | Unheard::Useless) => return false,
        };
        if heard.first {
            self.tell(leg, MediaHappening::FirstPacket { from }, out);
        }
        if let Some(struck) = heard.struck {
            self.struck(now, leg, struck, out);
        }
        match self.port(leg).filter(|port| port.is_listened_to()) {
            Some(port) => {
                port.listen(now, heard, packet, keys_wait, sound);
                self.pass_on_what_waits(now, leg, sound, out);
                true
            }
            None => {
                let is_news = heard.struck.is_some();
                self.pass_on(now, now, heard, packet, sound, out);
                is_news
            }
        }
    }

    /// RTCP has come in.
    pub(super) fn rtcp(&mut self, now: Time, leg: LegId, from: SocketAddr, packet: &[u8]) {
        if let Some(port) = self.port(leg) {
            port.receive_rtcp(now, from, packet);
        }
    }

    /// A key was pressed on this leg, which has said so by other means than RTP. If it tells of its keys by
    /// RTP as well, that is how they are heard: a key that is told in two ways is still pressed once.
    pub(super) fn press(&mut self, now: Time, leg: LegId, press: Press, out: &mut dyn Outlet) {
        let Some(port) = self.port(leg).filter(|port| !port.tells_keys()) else {
            return;
        };
        port.tells_otherwise();
        match port.keeps_back(press.key) {
            true => self.tell(leg, MediaHappening::HeldBack(press), out),
            false => {
                self.let_pass(now, leg, press);
                self.tell(leg, MediaHappening::Pressed(press), out);
            }
        }
    }

    /// A key of this leg goes to those who hear it, after those that wait already.
    pub(super) fn let_pass(&mut self, now: Time, leg: LegId, press: Press) {
        for port in self
            .ports
            .iter_mut()
            .filter(|port| port.relays(leg) || port.mixes(leg))
        {
            port.press(now, press);
        }
    }

    /// When there is something to do without a packet coming in.
    pub(super) fn due(&self) -> Option<Time> {
        let ports = self.ports.iter().filter_map(Port::due);
        let waits = |port: &Port| port.waits_until(self.heard_last_by(port));
        let waits = self.ports.iter().filter_map(waits);
        ports.chain(waits).chain(self.tapes.iter().map(Tape::due)).min()
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, now: Time, sounds: &Sounds, sound: &mut Sound, out: &mut dyn Outlet) {
        for index in 0..self.ports.len() {
            let leg = self.ports[index].leg;
            self.pass_on_what_waits(now, leg, sound, out);
        }
        self.wait_for_speech(now);
        self.mix(now, sounds, out);
        for port in &mut self.ports {
            port.tick(now, sounds, out);
        }
        let is_silent = |port: &mut Port| port.has_fallen_silent(now).then_some(port.leg);
        let silent: Vec<LegId> = self.ports.iter_mut().filter_map(is_silent).collect();
        for leg in silent {
            self.tell(leg, MediaHappening::Silent, out);
        }
        for tape in &mut self.tapes {
            tape.tick(now, out);
        }
    }

    /// A key was pressed and let go, and those to whom the leg is relayed have it or not.
    fn struck(&mut self, now: Time, leg: LegId, struck: Struck, out: &mut dyn Outlet) {
        let Struck { press, held_back } = struck;
        if held_back {
            return self.tell(leg, MediaHappening::HeldBack(press), out);
        }
        self.tell(leg, MediaHappening::Pressed(press), out);
        // In a mix there is no stream of the speaker's own in which the event could go on.
        for port in self.ports.iter_mut().filter(|port| port.mixes(leg)) {
            port.press(now, press);
        }
    }

    /// What a leg has said goes to all who hear it, and to the tape, where it stands as when it arrived.
    fn pass_on(
        &mut self,
        now: Time,
        arrived: Time,
        heard: Heard,
        packet: &mut [u8],
        sound: &mut Sound,
        out: &mut dyn Outlet,
    ) {
        self.arrives(now, &heard);
        self.make_sound(&heard, packet, sound);
        self.take_down(arrived, &heard, sound);
        self.relay(now, heard, packet, sound, out);
    }

    /// Whoever hears a leg hears what arrives from it, at once.
    fn arrives(&mut self, now: Time, heard: &Heard) {
        if heard.content == Content::Nothing {
            return;
        }
        let before = self
            .port(heard.speaker)
            .and_then(|port| port.arrived.replace(now));
        for port in &mut self.ports {
            port.arrives(heard.speaker);
        }
        if before.is_none() {
            self.seat_speakers(now);
        }
    }

    /// Where nothing has come for a while, or ever, something else is heard.
    fn wait_for_speech(&mut self, now: Time) {
        for index in 0..self.ports.len() {
            let heard = self.heard_last_by(&self.ports[index]);
            self.ports[index].wait(now, heard);
        }
    }

    /// When something came last from those whom this port hears.
    fn heard_last_by(&self, port: &Port) -> Option<Time> {
        let heard = self.ports.iter().filter(|other| port.hears(other.leg));
        heard.filter_map(|other| other.arrived).max()
    }

    /// The same of what has waited until now, because a key might lie in it. Tells of the keys that do.
    fn pass_on_what_waits(&mut self, now: Time, leg: LegId, sound: &mut Sound, out: &mut dyn Outlet) {
        while let Some(waiting) = self.port(leg).and_then(|port| port.next_heard(now)) {
            let (arrived, mut packet) = (waiting.arrived, waiting.packet);
            self.pass_on(now, arrived, waiting.heard, &mut packet, sound, out);
            if let Some(port) = self.port(leg) {
                port.has_passed(packet);
            }
        }
        while let Some(press) = self.port(leg).and_then(Port::next_press) {
            self.tell(leg, MediaHappening::HeldBack(press), out);
        }
    }

    fn wire_tapes(&mut self, now: Time, wiring: &Wiring, out: &mut dyn Outlet) {
        let is_wanted = |tape: &mut Tape| wiring.tapes().any(|row| row.tape == tape.id);
        for gone in self.tapes.extract_if(.., |tape| !is_wanted(tape)) {
            gone.finish(now, out);
        }
        for row in wiring.tapes() {
            match self.tapes.iter_mut().find(|tape| tape.id == row.tape) {
                Some(tape) => tape.rewire(now, row),
                None => self.tapes.push(Tape::new(now, row)),
            }
        }
    }

    /// Speech is decoded once, at the rates at which the tape, the mix and listeners of other codecs need it.
    fn make_sound(&mut self, heard: &Heard, packet: &[u8], sound: &mut Sound) {
        sound.clear();
        if let Content::Voice(codec) = heard.content {
            let wanted = self.wanted(heard.speaker, codec);
            if let Some(port) = self.port(heard.speaker) {
                port.decode(codec, &packet[heard.payload.clone()], wanted, sound);
            }
        }
    }

    fn wanted(&self, speaker: LegId, codec: Codec) -> Wanted {
        let taped = self.tapes.iter().filter_map(|tape| tape.wants(speaker));
        let mixed = self.speakers.iter().find(|mixed| mixed.leg == speaker);
        let encoded = |port: &&Port| port.relays(speaker) && port.way(Some(codec)) == Way::Encoded;
        let translated = self.ports.iter().filter(encoded).filter_map(Port::rate);
        let mixed = mixed.map(Playout::rate);
        translated.chain(taped).chain(mixed).collect()
    }

    /// For those who hear several at once and for the tape, speech is kept for its moment.
    fn take_down(&mut self, now: Time, heard: &Heard, sound: &Sound) {
        let Some(ticks) = heard.content.voice_ticks(&heard.payload) else {
            return;
        };
        let speech = Speech {
            generation: heard.place.generation,
            timestamp: heard.place.timestamp,
            ticks: ticks as usize,
            missing: heard.place.missing,
            begins: heard.header.marker,
            sound,
        };
        for tape in &mut self.tapes {
            tape.hear(now, heard.speaker, &speech);
        }
        let speaker = self
            .speakers
            .iter_mut()
            .find(|speaker| speaker.leg == heard.speaker);
        if let Some(speaker) = speaker {
            speaker.hear(now, &speech);
        }
    }

    /// Makes the mixed frames that are due, tick by tick.
    fn mix(&mut self, now: Time, sounds: &Sounds, out: &mut dyn Outlet) {
        let rate = self.mix_rate();
        while let Some(tick) = self
            .ports
            .iter_mut()
            .filter_map(|port| port.mix_is_due(now))
            .min()
        {
            for speaker in &mut self.speakers {
                speaker.advance(tick);
            }
            for port in &mut self.ports {
                if port.mix_is_due(now) == Some(tick) {
                    port.mix(now, rate, &self.speakers, sounds, out);
                }
            }
        }
    }

    /// Who is about to hear only one of those whom it heard in a mix hears first what that one has said already.
    fn let_catch_up(&mut self, now: Time, row: &Row, out: &mut dyn Outlet) {
        let Some(port) = self.ports.iter_mut().find(|port| port.leg == row.leg) else {
            return;
        };
        let alone = port.mixed_before(row);
        let speaker = self
            .speakers
            .iter_mut()
            .find(|speaker| Some(speaker.leg) == alone);
        if let Some(speaker) = speaker {
            port.catch_up(now, speaker.rate(), &speaker.rest(), out);
        }
    }

    /// The mix is as good as the best of those who speak or listen in it.
    fn mix_rate(&self) -> Rate {
        let takes_part = |port: &&Port| port.is_mixed() || self.ports.iter().any(|it| it.mixes(port.leg));
        let rates = self.ports.iter().filter(takes_part).filter_map(Port::rate);
        rates.max().unwrap_or_default()
    }

    /// Whoever is mixed for somebody and has ever spoken is a speaker; those who were one go on.
    fn seat_speakers(&mut self, now: Time) {
        let rate = self.mix_rate();
        let mut mixed: BTreeSet<LegId> = self.ports.iter().flat_map(Port::mixed).collect();
        let speaks = |leg: &LegId| {
            self.ports
                .iter()
                .any(|port| port.leg == *leg && port.arrived.is_some())
        };
        mixed.retain(speaks);
        self.speakers.retain(|speaker| mixed.contains(&speaker.leg));
        for speaker in &mut self.speakers {
            speaker.change_rate(rate);
        }
        for leg in mixed {
            if !self.speakers.iter().any(|speaker| speaker.leg == leg) {
                let clock = self.port(leg).and_then(|port| port.clock());
                let since = self.ports.iter().filter_map(|port| port.mixed_since(leg)).min();
                self.speakers
                    .push(Playout::new(now, leg, rate, since.unwrap_or(now), clock));
            }
        }
    }

    /// Those who share the speaker's codec get the packet first: for the others it is changed where it lies.
    fn relay(&mut self, now: Time, mut heard: Heard, packet: &mut [u8], sound: &Sound, out: &mut dyn Outlet) {
        let (speaker, spoken) = (heard.speaker, heard.content.codec());
        for way in [Way::Untouched, Way::OtherLaw, Way::Encoded] {
            let listens = |port: &&mut Port| port.relays(speaker) && port.way(spoken) == way;
            for port in self.ports.iter_mut().filter(listens) {
                port.relay(now, &mut heard, packet, sound, out);
            }
        }
    }

    fn port(&mut self, leg: LegId) -> Option<&mut Port> {
        self.ports.iter_mut().find(|port| port.leg == leg)
    }

    fn tell(&self, leg: LegId, what: MediaHappening, out: &mut dyn Outlet) {
        out.event(MediaEvent {
            conversation: self.id,
            leg,
            what,
        });
    }
}
