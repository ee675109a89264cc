//! The agents of a house in which calls are handed on: two with their phones, and the desktop from which they do it.

pub(crate) mod desk;
pub(crate) mod phases;

use crate::far_end::Line;
use crate::far_end::register::register;
use crate::house::{House, Tape};
use crate::people::voice::Voice;
use crate::people::{attend, ladder};
use crate::plan::PASSWORD;
use anyhow::{Context, Result, anyhow};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::thread::{self, JoinHandle};
use std::time::Instant;

/// The number that the customer calls from.
pub(crate) const CUSTOMER: &str = "+447700900123";
/// The second agent's extension.
pub(crate) const COLLEAGUE: &str = "1003";
/// Where the second agent's phone is.
pub(crate) const COLLEAGUE_PHONE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 5));

/// The tones of the three who talk. None is near a note of the hold music or one of its overtones.
pub(crate) const CUSTOMER_HZ: f64 = 1247.0;
/// The agent's.
pub(crate) const AGENT_HZ: f64 = 1667.0;
/// The colleague's.
pub(crate) const COLLEAGUE_HZ: f64 = 2167.0;

/// What somebody hears, once the call is over.
pub(crate) struct Ear(JoinHandle<Result<Vec<i16>>>);

impl Ear {
    /// Whoever answers this line, with this voice.
    pub(crate) fn of(line: Line, voice: Voice) -> Ear {
        Ear(thread::spawn(move || attend(&line, voice)))
    }

    /// All that was heard.
    pub(crate) fn heard(self) -> Result<Vec<i16>> {
        self.0.join().map_err(|_| anyhow!("a phone has died"))?
    }
}

/// Registers a phone, which answers its first call with this tone.
pub(crate) fn phone(
    house: &House,
    (name, address): (&'static str, IpAddr),
    extension: &str,
    hz: f64,
    begin: Instant,
) -> Result<Ear> {
    let line = Line::open(name, address, house.sip, ladder::draw)?;
    register(&line, extension, PASSWORD).with_context(|| format!("{name} does not register"))?;
    Ok(Ear::of(line, Voice::open(address, hz, begin)?))
}

/// What the configuration needs for them: the colleague, and the control interface at this address.
pub(crate) fn configuration(api: SocketAddr) -> String {
    format!(
        r#"
        [extension.{COLLEAGUE}]
        name = "Colleague"
        password = "{PASSWORD}"
        [api]
        listen = "{api}"
        "#
    )
}

/// Says where the tape lies.
pub(crate) fn point_to(tape: &Tape) {
    println!(
        "\nListen to it: {}\nIts story:    {}",
        tape.wav.display(),
        tape.json.display()
    );
}
