//! The people around the switch: one calls through the carrier, the others answer their phones.

pub(crate) mod ears;
pub(crate) mod ladder;
pub(crate) mod voice;

use crate::far_end::{Dialog, Line, description, rtp_of};
use anyhow::{Result, bail};
use std::thread;
use std::time::Duration;
use tandem::sip::{Message, Method};
use voice::Voice;

const RINGS: Duration = Duration::from_secs(1);

/// Calls a number, does something meanwhile, and hangs up. What the caller heard.
pub(crate) fn call(
    line: &Line,
    voice: Voice,
    (from, number): (&str, &str),
    meanwhile: impl FnOnce() -> Result<()>,
) -> Result<Vec<i16>> {
    let mut dialog = Dialog::to(line, "the-customer".to_owned(), from, number);
    line.request(&mut dialog, "INVITE", "", Some(&description(voice.here)))?;
    let answer = line.expect("answer", |message| is_final(message, Method::Invite))?;
    if answer.status() != Some(200) {
        line.acknowledge_refusal(&dialog, &answer)?;
        bail!("the call was answered {:?}", answer.status());
    }
    dialog.answered(&answer)?;
    line.request(&mut dialog, "ACK", "", None)?;
    voice.speak_to(rtp_of(&answer)?);
    meanwhile()?;
    line.request(&mut dialog, "BYE", "", None)?;
    line.expect("answer to BYE", |message| is_final(message, Method::Bye))?;
    voice.close()
}

/// Rings for a second, is answered, and says yes to everything until the other side hangs up. What its owner heard.
pub(crate) fn attend(line: &Line, voice: Voice) -> Result<Vec<i16>> {
    let asks = |message: &Message| message.is_request() && message.method() != Method::Ack;
    let invite = line.expect("INVITE", |message| {
        asks(message) && message.method() == Method::Invite
    })?;
    line.respond(&invite, 180, "Ringing", None)?;
    thread::sleep(RINGS);
    line.respond(&invite, 200, "OK", Some(&description(voice.here)))?;
    voice.speak_to(rtp_of(&invite)?);
    loop {
        let request = line.expect("word from the switch", asks)?;
        let is_invite = request.method() == Method::Invite;
        let answer = is_invite.then(|| description(voice.here));
        line.respond(&request, 200, "OK", answer.as_deref())?;
        if request.method() == Method::Bye {
            return voice.close();
        }
    }
}

fn is_final(message: &Message, method: Method) -> bool {
    message.method() == method && message.status().is_some_and(|status| status >= 200)
}
