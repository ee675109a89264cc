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

#[path = "../warm_transfer/desk.rs"]
mod desk;
#[path = "../far_end/mod.rs"]
mod far_end;
#[path = "../house/inside.rs"]
mod house;
mod on_tape;
#[path = "../people/mod.rs"]
mod people;
#[path = "../house/plan.rs"]
mod plan;

use anyhow::{Context, Result, anyhow};
use desk::Desk;
use far_end::Line;
use far_end::register::register;
use house::House;
use on_tape::{OnTape, Phase};
use people::voice::Voice;
use people::{attend, call, ladder};
use plan::{CARRIER, DID, EXTENSION, PASSWORD, PHONE, SWITCH};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tandem::shell::recording_drawing::draw;
use tandem::shell::recordings::{Recordings, Wanted};

/// The number that the customer calls from.
const CUSTOMER: &str = "+447700900123";
const COLLEAGUE: &str = "1003";
const COLLEAGUE_PHONE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 5));
/// The number outside to which the customer is handed on, and its carrier.
const WORKSHOP: &str = "0033123456789";
const WORKSHOP_CARRIER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 6));
const EACH_PHASE_LASTS: Duration = Duration::from_secs(3);

/// What a phone's owner heard.
type Ear = JoinHandle<Result<Vec<i16>>>;

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
    let mut ears = vec![
        phone(&house, "agent", PHONE, EXTENSION, on_tape::AGENT_HZ, begin)?,
        phone(
            &house,
            "colleague",
            COLLEAGUE_PHONE,
            COLLEAGUE,
            on_tape::COLLEAGUE_HZ,
            begin,
        )?,
    ];
    let workshop = Line::open_at("workshop", workshop, house.sip, ladder::draw)?;
    let line = Line::open("customer", CARRIER, house.sip, ladder::draw)?;
    let voice = Voice::open(CARRIER, on_tape::CUSTOMER_HZ, begin)?;
    let desk = Desk::open(api);
    let mut phases = Vec::new();
    call(&line, voice, (CUSTOMER, DID), || {
        phases = handle(&desk, || {
            ears.push(outside(workshop, begin)?);
            Ok(())
        })?;
        Ok(())
    })?;
    desk.close()?;
    for ear in ears {
        ear.join().map_err(|_| anyhow!("a phone has died"))??;
    }
    let tape = house.close()?.tape()?;
    let on_tape = OnTape {
        left: tape.left,
        right: tape.right,
    };
    println!("\n{}\n", on_tape.table(&phases));
    let directory = tape.wav.ancestors().nth(2).context("the tape lies nowhere")?;
    let recordings = Recordings::below(directory);
    let entry = recordings
        .list(&Wanted::default())?
        .pop()
        .context("no recording")?;
    println!("{}", draw(&recordings.find(&entry.id)?)?);
    println!(
        "\nListen to it: {}\nIts story:    {}",
        tape.wav.display(),
        tape.json.display()
    );
    on_tape.is_as_designed(&phases)
}

/// What agent and colleague do, and when each part of it was, on the clock of the tape.
fn handle(desk: &Desk, workshop_opens: impl FnOnce() -> Result<()>) -> Result<Vec<Phase>> {
    desk.shows("talking")?;
    let answered = Instant::now();
    let mut phases = Vec::new();
    let mut lasts = |name| {
        let from = answered.elapsed();
        thread::sleep(EACH_PHASE_LASTS);
        let to = answered.elapsed();
        phases.push(Phase { name, from, to });
    };
    lasts("pair");
    desk.wants("pause_recording", None)?;
    lasts("paused: a card number");
    desk.wants("warm", Some(COLLEAGUE))?;
    desk.shows(&format!("{EXTENSION} consults {COLLEAGUE}"))?;
    lasts("paused: consult");
    desk.wants("merge", None)?;
    desk.shows("3 together")?;
    lasts("paused: three-way");
    desk.wants("leave", None)?;
    desk.shows("talking")?;
    lasts("paused: agent has left");
    desk.wants_as(COLLEAGUE, "resume_recording", None)?;
    lasts("resumed by colleague");
    workshop_opens()?;
    desk.wants_as(COLLEAGUE, "cold", Some(WORKSHOP))?;
    desk.shows("talking")?;
    lasts("handed on");
    Ok(phases)
}

fn phone(
    house: &House,
    name: &'static str,
    address: IpAddr,
    extension: &str,
    hz: f64,
    begin: Instant,
) -> Result<Ear> {
    let line = Line::open(name, address, house.sip, ladder::draw)?;
    register(&line, extension, PASSWORD).with_context(|| format!("{name} does not register"))?;
    let voice = Voice::open(address, hz, begin)?;
    Ok(thread::spawn(move || attend(&line, voice)))
}

/// Whoever answers the number outside.
fn outside(line: Line, begin: Instant) -> Result<Ear> {
    let voice = Voice::open(WORKSHOP_CARRIER, on_tape::WORKSHOP_HZ, begin)?;
    Ok(thread::spawn(move || attend(&line, voice)))
}

fn more(api: SocketAddr, workshop: SocketAddr) -> String {
    format!(
        r#"
        [extension.{COLLEAGUE}]
        name = "Colleague"
        password = "{PASSWORD}"
        [trunk.world]
        host = "{}"
        port = {}
        qualify = "off"
        [[outgoing]]
        match = "00*"
        trunk = "world"
        strip = 2
        prefix = "+"
        [api]
        listen = "{api}"
        "#,
        workshop.ip(),
        workshop.port()
    )
}
