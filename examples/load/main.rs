//! How much of a core does a call cost, how much later does a packet arrive, and is any lost?
//!
//! The switch is the real binary in a process of its own; a carrier and a phone with many lines live in
//! this one, all on loopback. The generator proves itself first: the same packets at the same pace go
//! straight from one far end to the other, so that what the switch adds can be told from what is ours.
//!
//! `cargo build --release && cargo run --release --example load -- --calls 100 --seconds 30`

#![allow(clippy::print_stdout, reason = "the table is what this program is for")]
#![allow(clippy::disallowed_methods, reason = "real time is what it measures")]

mod calls;
#[path = "../far_end/mod.rs"]
mod far_end;
mod house;
mod percentiles;
#[path = "../house/plan.rs"]
mod plan;
mod report;
mod voices;

use anyhow::{Result, ensure};
use calls::{Carrier, Phone};
use clap::Parser;
use house::House;
use report::{MediaRun, SetUpRun};
use std::time::Duration;
use voices::Talk;

/// Bounded load on loopback: bridged calls with RTP both ways, and call set-ups at a steady rate.
#[derive(Debug, Parser)]
struct Arguments {
    /// Bridged calls at one time.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(0..=1000))]
    calls: u32,
    /// How long they talk, in seconds.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Calls to set up and end one after another; 0 to leave that out.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    setups: u32,
    /// How many of those begin in each second.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rate: u32,
    /// How often that is done over, to see whether anything stays behind.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Record the calls, too.
    #[arg(long)]
    record: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    house::allow_many_sockets()?;
    let direct = prove(arguments.calls)?;
    let house = House::open(arguments.record)?;
    let phone = Phone::open(&house)?;
    let mut carrier = Carrier::open(&house)?;
    if let Some(direct) = direct {
        let run = talk(&house, &mut carrier, &phone, &arguments, direct)?;
        println!("{}", report::media(&run));
    }
    for _round in 0..arguments.rounds {
        if arguments.setups > 0 {
            let run = set_up(&house, &mut carrier, arguments.setups, arguments.rate)?;
            println!("{}", report::set_ups(&run));
        }
    }
    house.close()
}

/// The same packets without a switch.
fn prove(calls: u32) -> Result<Option<Talk>> {
    if calls == 0 {
        return Ok(None);
    }
    println!(
        "the generator alone: {calls} calls for {} s …",
        voices::PROOF.as_secs()
    );
    let direct = voices::prove(calls)?;
    println!(
        "  {} lost, late p50 / p99 / max: {}",
        direct.lost(),
        report::lateness(&direct)
    );
    Ok(Some(direct))
}

/// Sets up the calls, lets all of them talk at once, and ends them.
fn talk(
    house: &House,
    carrier: &mut Carrier,
    phone: &Phone,
    arguments: &Arguments,
    direct: Talk,
) -> Result<MediaRun> {
    let Arguments { calls, seconds, .. } = *arguments;
    println!("through the switch: {calls} calls for {seconds} s …");
    let before = house.load()?;
    let (customers, agents) = carrier.set_up(calls, phone)?;
    ensure!(
        customers.len() == agents.len(),
        "{} calls began, {} arrived",
        customers.len(),
        agents.len()
    );
    let start = house.load()?;
    let bridged = voices::talk(&customers, &agents, Duration::from_secs(seconds.into()))?;
    let end = house.load()?;
    carrier.hang_up_all()?;
    Ok(MediaRun {
        calls,
        seconds,
        direct,
        bridged,
        before,
        start,
        end,
    })
}

/// Sets up calls at a steady rate, each of which is over soon after it was answered.
fn set_up(house: &House, carrier: &mut Carrier, calls: u32, rate: u32) -> Result<SetUpRun> {
    println!("{calls} set-ups at {rate} per second …");
    let start = house.load()?;
    let outcome = carrier.begin_and_end(calls, rate)?;
    let end = house.load()?;
    let left = house.when_it_rests()?;
    let rest = house.load()?;
    Ok(SetUpRun {
        calls,
        rate,
        outcome,
        start,
        end,
        left,
        rest,
    })
}
