//! A warm transfer, from the first ring to the tape: a customer calls, an agent answers, asks a colleague in
//! private while music plays, brings all three together, and leaves.
//!
//! The switch and its far ends are in this process and speak over real sockets on loopback; the agent's wishes go
//! through the control interface. Everybody says a tone, so that it can be measured who heard whom, and when.
//! The ladder and who hears whom are drawn as they happen.
//!
//! `cargo run --release --example warm_transfer`

#![allow(clippy::print_stdout, reason = "the story is what this program is for")]
#![allow(
    clippy::disallowed_methods,
    reason = "the people around the switch live by the clock"
)]

mod desk;
#[path = "../far_end/mod.rs"]
mod far_end;
#[path = "../house/inside.rs"]
mod house;
mod measured;
#[path = "../people/mod.rs"]
mod people;
#[path = "../house/plan.rs"]
mod plan;

use anyhow::{Context, Result, anyhow};
use desk::Desk;
use far_end::Line;
use far_end::register::register;
use house::House;
use measured::{Heard, Phase};
use people::voice::Voice;
use people::{attend, call, ladder};
use plan::{CARRIER, DID, EXTENSION, PASSWORD, PHONE, SWITCH};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The number that the customer calls from.
const CUSTOMER: &str = "+447700900123";
const COLLEAGUE: &str = "1003";
const COLLEAGUE_PHONE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 5));
const EACH_PHASE_LASTS: Duration = Duration::from_secs(3);

/// What a phone's owner heard.
type Ear = JoinHandle<Result<Vec<i16>>>;

fn main() -> Result<()> {
    let begin = Instant::now();
    let api = TcpListener::bind((SWITCH, 0))?.local_addr()?;
    let house = House::open("warm-transfer", &more(api))?;
    ladder::heading(&[
        ("customer", CARRIER),
        ("tandem", house.sip.ip()),
        ("agent", PHONE),
        ("colleague", COLLEAGUE_PHONE),
    ]);
    let agent = phone(&house, "agent", PHONE, EXTENSION, begin)?;
    let colleague = phone(&house, "colleague", COLLEAGUE_PHONE, COLLEAGUE, begin)?;
    let line = Line::open("customer", CARRIER, house.sip, ladder::draw)?;
    let voice = Voice::open(CARRIER, measured::CUSTOMER_HZ, begin)?;
    let mut phases = Vec::new();
    let desk = Desk::open(api);
    let customer = call(&line, voice, (CUSTOMER, DID), || {
        phases = transfer(&desk, begin)?;
        Ok(())
    })?;
    desk.close()?;
    let ear = |ear: Ear| ear.join().map_err(|_| anyhow!("a phone has died"))?;
    let (agent, colleague) = (ear(agent)?, ear(colleague)?);
    let tape = house.close()?.tape()?;
    let heard = Heard {
        customer,
        agent,
        colleague,
        left: tape.left,
        right: tape.right,
    };
    println!("\n{}", heard.table(&phases)?);
    println!(
        "\nListen to it: {}\nIts story:    {}",
        tape.wav.display(),
        tape.json.display()
    );
    heard.is_as_designed(&phases)
}

/// What the agent does, and when each part of it was.
fn transfer(desk: &Desk, begin: Instant) -> Result<Vec<Phase>> {
    let mut phases = Vec::new();
    let mut lasts = |name| {
        let from = begin.elapsed();
        thread::sleep(EACH_PHASE_LASTS);
        let to = begin.elapsed();
        phases.push(Phase { name, from, to });
    };
    desk.shows("talking")?;
    lasts("pair");
    desk.wants("warm", Some(COLLEAGUE))?;
    desk.shows(&format!("{EXTENSION} consults {COLLEAGUE}"))?;
    lasts("consult");
    desk.wants("merge", None)?;
    desk.shows("3 together")?;
    lasts("three-way");
    desk.wants("leave", None)?;
    desk.shows("talking")?;
    lasts("agent has left");
    Ok(phases)
}

fn phone(house: &House, name: &'static str, address: IpAddr, extension: &str, begin: Instant) -> Result<Ear> {
    let line = Line::open(name, address, house.sip, ladder::draw)?;
    register(&line, extension, PASSWORD).with_context(|| format!("{name} does not register"))?;
    let voice = Voice::open(address, measured::hz_of(extension), begin)?;
    Ok(thread::spawn(move || attend(&line, voice)))
}

fn more(api: SocketAddr) -> String {
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
