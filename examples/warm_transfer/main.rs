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

#[path = "../agents/mod.rs"]
mod agents;
#[path = "../far_end/mod.rs"]
mod far_end;
#[path = "../house/inside.rs"]
mod house;
mod measured;
#[path = "../people/mod.rs"]
mod people;
#[path = "../house/plan.rs"]
mod plan;

use agents::desk::Desk;
use agents::phases::{Phase, Phases};
use agents::{
    AGENT_HZ, COLLEAGUE, COLLEAGUE_HZ, COLLEAGUE_PHONE, CUSTOMER, CUSTOMER_HZ, configuration, phone, point_to,
};
use anyhow::Result;
use far_end::Line;
use house::House;
use measured::Heard;
use people::voice::Voice;
use people::{call, ladder};
use plan::{CARRIER, DID, EXTENSION, PHONE, SWITCH};
use std::net::TcpListener;
use std::time::Instant;

fn main() -> Result<()> {
    let begin = Instant::now();
    let api = TcpListener::bind((SWITCH, 0))?.local_addr()?;
    let house = House::open("warm-transfer", &configuration(api))?;
    ladder::heading(&[
        ("customer", CARRIER),
        ("tandem", house.sip.ip()),
        ("agent", PHONE),
        ("colleague", COLLEAGUE_PHONE),
    ]);
    let agent = phone(&house, ("agent", PHONE), EXTENSION, AGENT_HZ, begin)?;
    let at = ("colleague", COLLEAGUE_PHONE);
    let colleague = phone(&house, at, COLLEAGUE, COLLEAGUE_HZ, begin)?;
    let line = Line::open("customer", CARRIER, house.sip, ladder::draw)?;
    let voice = Voice::open(CARRIER, CUSTOMER_HZ, begin)?;
    let mut phases = Vec::new();
    let desk = Desk::open(api);
    let customer = call(&line, voice, (CUSTOMER, DID), || {
        phases = transfer(&desk, begin)?;
        Ok(())
    })?;
    desk.close()?;
    let (agent, colleague) = (agent.heard()?, colleague.heard()?);
    let tape = house.close()?.tape()?;
    let heard = Heard {
        customer,
        agent,
        colleague,
        left: tape.left.clone(),
        right: tape.right.clone(),
    };
    println!("\n{}", heard.table(&phases)?);
    point_to(&tape);
    heard.is_as_designed(&phases)
}

/// What the agent does, and when each part of it was.
fn transfer(desk: &Desk, begin: Instant) -> Result<Vec<Phase>> {
    let mut phases = Phases::since(begin);
    desk.shows("talking")?;
    phases.lasts("pair");
    desk.wants("warm", Some(COLLEAGUE))?;
    desk.shows(&format!("{EXTENSION} consults {COLLEAGUE}"))?;
    phases.lasts("consult");
    desk.wants("merge", None)?;
    desk.shows("3 together")?;
    phases.lasts("three-way");
    desk.wants("leave", None)?;
    desk.shows("talking")?;
    phases.lasts("agent has left");
    Ok(phases.told())
}
