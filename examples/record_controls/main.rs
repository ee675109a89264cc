//! The recording under control, from the first ring to the file: a customer calls, the agent pauses while a card
//! number is read, asks a colleague in private, brings all three together, and leaves; the colleague resumes and
//! hands the customer on to a number outside.
//!
//! The switch and its far ends are in this process and speak over real sockets on loopback; what agents want goes
//! through the control interface. Everybody says a tone, so that it can be measured who is on the tape, and when. The
//! ladder and who hears whom are drawn as they happen, and the recording as `tandem recordings show` draws it.
//!
//! `cargo run --release --example record_controls`

#![allow(clippy::print_stdout, reason = "the story is what this program is for")]
#![allow(
    clippy::disallowed_methods,
    reason = "the people around the switch live by the clock"
)]

#[path = "../agents/mod.rs"]
mod agents;
#[path = "../far_end/mod.rs"]
mod far_end;
#[path = "../house/inside.rs"]
mod house;
mod on_tape;
#[path = "../people/mod.rs"]
mod people;
#[path = "../house/plan.rs"]
mod plan;

use agents::desk::Desk;
use agents::phases::{Phase, Phases};
use agents::{
    AGENT_HZ, COLLEAGUE, COLLEAGUE_HZ, COLLEAGUE_PHONE, CUSTOMER, CUSTOMER_HZ, Ear, configuration, phone,
    point_to,
};
use anyhow::{Context, Result};
use far_end::Line;
use house::House;
use on_tape::{OnTape, WORKSHOP_HZ};
use people::voice::Voice;
use people::{call, ladder};
use plan::{CARRIER, DID, EXTENSION, PHONE, SWITCH};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::time::Instant;
use tandem::shell::recording_drawing::draw;
use tandem::shell::recordings::{Recordings, Wanted};

/// The number outside to which the customer is handed on, and its carrier.
const WORKSHOP: &str = "0033123456789";
const WORKSHOP_CARRIER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 6));

fn main() -> Result<()> {
    let begin = Instant::now();
    let api = TcpListener::bind((SWITCH, 0))?.local_addr()?;
    let workshop = UdpSocket::bind((WORKSHOP_CARRIER, 0))?.local_addr()?;
    let house = House::open("record-controls", &more(api, workshop))?;
    ladder::heading(&[
        ("customer", CARRIER),
        ("tandem", house.sip.ip()),
        ("agent", PHONE),
        ("colleague", COLLEAGUE_PHONE),
        ("workshop", WORKSHOP_CARRIER),
    ]);
    let at = ("colleague", COLLEAGUE_PHONE);
    let mut ears = vec![
        phone(&house, ("agent", PHONE), EXTENSION, AGENT_HZ, begin)?,
        phone(&house, at, COLLEAGUE, COLLEAGUE_HZ, begin)?,
    ];
    let workshop = Line::open_at("workshop", workshop, house.sip, ladder::draw)?;
    let line = Line::open("customer", CARRIER, house.sip, ladder::draw)?;
    let voice = Voice::open(CARRIER, CUSTOMER_HZ, begin)?;
    let desk = Desk::open(api);
    let mut phases = Vec::new();
    call(&line, voice, (CUSTOMER, DID), || {
        phases = handle(&desk, || {
            let voice = Voice::open(WORKSHOP_CARRIER, WORKSHOP_HZ, begin)?;
            ears.push(Ear::of(workshop, voice));
            Ok(())
        })?;
        Ok(())
    })?;
    desk.close()?;
    for ear in ears {
        ear.heard()?;
    }
    let tape = house.close()?.tape()?;
    let on_tape = OnTape {
        left: tape.left.clone(),
        right: tape.right.clone(),
    };
    println!("\n{}\n", on_tape.table(&phases));
    let directory = tape.wav.ancestors().nth(2).context("the tape lies nowhere")?;
    let recordings = Recordings::below(directory);
    let entry = recordings
        .list(&Wanted::default())?
        .pop()
        .context("no recording")?;
    println!("{}", draw(&recordings.find(&entry.id)?)?);
    point_to(&tape);
    on_tape.is_as_designed(&phases)
}

/// What agent and colleague do, and when each part of it was, on the clock of the tape.
fn handle(desk: &Desk, workshop_opens: impl FnOnce() -> Result<()>) -> Result<Vec<Phase>> {
    desk.shows("talking")?;
    let mut phases = Phases::since(Instant::now());
    phases.lasts("pair");
    desk.wants("pause_recording", None)?;
    phases.lasts("paused: a card number");
    desk.wants("warm", Some(COLLEAGUE))?;
    desk.shows(&format!("{EXTENSION} consults {COLLEAGUE}"))?;
    phases.lasts("paused: consult");
    desk.wants("merge", None)?;
    desk.shows("3 together")?;
    phases.lasts("paused: three-way");
    desk.wants("leave", None)?;
    desk.shows("talking")?;
    phases.lasts("paused: agent has left");
    desk.wants_as(COLLEAGUE, "resume_recording", None)?;
    phases.lasts("resumed by colleague");
    workshop_opens()?;
    desk.wants_as(COLLEAGUE, "cold", Some(WORKSHOP))?;
    desk.shows("talking")?;
    phases.lasts("handed on");
    Ok(phases.told())
}

fn more(api: SocketAddr, workshop: SocketAddr) -> String {
    format!(
        r#"
        {}
        [trunk.world]
        host = "{}"
        port = {}
        qualify = "off"
        [[outgoing]]
        match = "00*"
        trunk = "world"
        strip = 2
        prefix = "+"
        "#,
        configuration(api),
        workshop.ip(),
        workshop.port()
    )
}
