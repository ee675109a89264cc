//! Keys of a telephone that travel beside the voice: INFO (RFC 6086's legacy use), and what the media plane
//! has heard as RTP events (RFC 4733).
//!
//! Which way a key goes on is the listener's matter: as an event if its session has agreed on them, else by INFO.
//! Who is to have it says the wiring, for a key is something that one hears.

use super::conversation::Conversation;
use super::pausing::{Means, Wanted};
use super::refusal::Refusal;
use super::world::World;
use crate::id::LegId;
use crate::sip::endpoint::ServerId;
use crate::sip::{Draft, Message, Method, Name};
use crate::wiring::{Key, Press, Voice};

/// The bodies that tell of a key: `Signal=5` and `Duration=160` in lines of their own, or the bare key.
const RELAY: &str = "application/dtmf-relay";
const BARE: &str = "application/dtmf";

/// How long a key is taken to be down if nobody says, and how long at least and at most, in milliseconds.
const USUAL_MS: u32 = 160;
const MIN_MS: u32 = 40;
const MAX_MS: u32 = 30_000;
/// How loud a key is that came without a sound: a usual 10 dB below 0 dBm0.
const USUAL_VOLUME: u8 = 10;

/// What an INFO tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Pressed(Press),
    /// What the record key of the phone shall do.
    Record(Wanted),
    /// A hook flash, which means nothing to us, or nothing at all.
    Nothing,
}

impl Conversation {
    /// INFO within the dialog. It never changes the session (RFC 6086 §3), so every state of a leg takes it.
    pub fn informed(&mut self, world: &mut World<'_>, leg: LegId, server: ServerId, request: &Message) {
        match told(request).and_then(|told| self.does_as_told(world, leg, told)) {
            Ok(()) => world.respond(server, Draft::response(request, 200, "OK")),
            Err(refusal) => world.respond(server, refusal.draft(request)),
        }
    }

    fn does_as_told(&mut self, world: &mut World<'_>, leg: LegId, told: Told) -> Result<(), Refusal> {
        match told {
            Told::Pressed(press) => world.presses.push((self.id, leg, press)),
            Told::Record(wanted) => self.wants_recording(world, leg, wanted, Means::Key)?,
            Told::Nothing => {}
        }
        Ok(())
    }

    /// A key that was held back is to be heard after all.
    pub fn let_pass(&mut self, world: &mut World<'_>, leg: LegId, press: Press) {
        world.let_pass.push((self.id, leg, press));
        self.pressed(world, leg, press);
    }

    /// A key was pressed, and those who take events have it. Tells the others who hear this leg by INFO.
    pub fn pressed(&mut self, world: &mut World<'_>, from: LegId, press: Press) {
        let rows = self.wiring().rows;
        let takes_no_events = |row: &&crate::wiring::Row| {
            let remote = row.port.remote.as_ref();
            row.hears.contains(&Voice::Leg(from)) && remote.is_some_and(|remote| remote.events.is_none())
        };
        for row in rows.iter().filter(takes_no_events) {
            let Some(listener) = self.legs.get_mut(&row.leg).filter(|leg| leg.is_talking()) else {
                continue;
            };
            let body = format!("Signal={}\r\nDuration={}\r\n", press.key.to_char(), press.ms);
            world.request(listener, &Method::Info, |draft| draft.body(RELAY, body));
        }
    }
}

fn told(request: &Message) -> Result<Told, Refusal> {
    let kind = request.text(Name::CONTENT_TYPE).unwrap_or_default();
    let kind = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let body = std::str::from_utf8(request.body()).unwrap_or_default();
    let unreadable = || Refusal::new(400, "the key in an INFO cannot be read".into());
    match kind.as_str() {
        RELAY => relayed(body).ok_or_else(unreadable),
        BARE => bare(body).ok_or_else(unreadable),
        // We have agreed on no package (RFC 6086 §4.2.2).
        _ if request.raw(Name::INFO_PACKAGE).is_some() => Err(Refusal::new(469, String::new())),
        _ if request.raw(Name::RECORD).is_some() => record_key(request),
        // Nothing but a sign of life (RFC 2976 §2.2).
        _ if request.body().is_empty() => Ok(Told::Nothing),
        _ => Err(Refusal::new(415, String::new())),
    }
}

/// The record key says what it wants, and not that something shall change, so pressing it twice does no harm.
fn record_key(request: &Message) -> Result<Told, Refusal> {
    let wish = request.text(Name::RECORD).unwrap_or_default();
    match wish.trim().to_ascii_lowercase().as_str() {
        "on" => Ok(Told::Record(Wanted::Running)),
        "off" => Ok(Told::Record(Wanted::Paused)),
        _ => Err(Refusal::new(
            400,
            "the record key wants neither on nor off".into(),
        )),
    }
}

fn relayed(body: &str) -> Option<Told> {
    let value = |name: &str| {
        body.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then_some(value.trim())
        })
    };
    let ms = value("duration").map_or(Some(USUAL_MS), |ms| ms.parse().ok());
    signal(value("signal")?, ms?)
}

fn bare(body: &str) -> Option<Told> {
    match body.trim() {
        signal_alone if !signal_alone.contains('=') => signal(signal_alone, USUAL_MS),
        lines => relayed(lines),
    }
}

/// A key as people write it, or its event number, of which one digit is the same.
fn signal(signal: &str, ms: u32) -> Option<Told> {
    let key = match (signal, signal.parse::<u8>()) {
        ("!", _) | (_, Ok(16)) => return Some(Told::Nothing),
        (_, Ok(event @ 10..=15)) => Key::of_event(event)?,
        _ => {
            let mut letters = signal.chars();
            let key = letters.next().and_then(Key::of_char)?;
            letters.next().is_none().then_some(key)?
        }
    };
    Some(Told::Pressed(Press {
        key,
        ms: ms.clamp(MIN_MS, MAX_MS),
        volume: USUAL_VOLUME,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(told: Option<Told>) -> Option<(char, u32)> {
        match told? {
            Told::Pressed(press) => Some((press.key.to_char(), press.ms)),
            Told::Record(_) | Told::Nothing => Some(('-', 0)),
        }
    }

    #[test]
    fn keys_are_read_as_devices_write_them() {
        assert_eq!(key(relayed("Signal=5\r\nDuration=160\r\n")), Some(('5', 160)));
        assert_eq!(key(relayed("Signal= *\nDuration= 250")), Some(('*', 250)));
        assert_eq!(key(relayed("signal=d\r\n")), Some(('D', USUAL_MS)));
        assert_eq!(key(relayed("Signal=11\r\nDuration=1\r\n")), Some(('#', MIN_MS)));
        assert_eq!(
            key(relayed("Signal=1\r\nDuration=4000000000\r\n")),
            Some(('1', MAX_MS))
        );
        assert_eq!(key(bare("7")), Some(('7', USUAL_MS)));
        assert_eq!(key(bare("#\r\n")), Some(('#', USUAL_MS)));
        assert_eq!(key(bare("Signal=9\r\nDuration=100")), Some(('9', 100)));
    }

    #[test]
    fn a_flash_is_no_key_and_rubbish_is_refused() {
        assert_eq!(key(relayed("Signal=16\r\n")), Some(('-', 0)));
        assert_eq!(key(relayed("Signal=!\r\n")), Some(('-', 0)));
        for rubbish in [
            "",
            "Signal=",
            "Signal=55",
            "Signal=x",
            "Duration=5",
            "Signal=5\r\nDuration=-1",
        ] {
            assert_eq!(relayed(rubbish), None, "{rubbish}");
        }
        assert_eq!(bare(""), None);
        assert_eq!(bare("123"), None);
    }
}
