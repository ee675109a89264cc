//! A first call, from the first packet to the tape: a carrier rings a phone through the switch.
//!
//! All three are in this process and speak over real sockets on loopback. Each of the two people says a
//! tone, so that it can be measured who heard whom. The ladder is drawn as the messages go by.
//!
//! `cargo run --release --example first_call`

#![allow(clippy::print_stdout, reason = "the story is what this program is for")]
#![allow(
    clippy::disallowed_methods,
    reason = "the people around the switch live by the clock"
)]

#[path = "../far_end/mod.rs"]
mod far_end;
#[path = "../house/inside.rs"]
mod house;
#[path = "../people/mod.rs"]
mod people;
#[path = "../house/plan.rs"]
mod plan;

use anyhow::{Result, anyhow, ensure};
use far_end::Line;
use far_end::register::register;
use house::House;
use people::voice::Voice;
use people::{attend, call, ears, ladder};
use plan::{CARRIER, DID, EXTENSION, PASSWORD, PHONE};
use std::fmt::Write;
use std::thread;
use std::time::{Duration, Instant};

/// The number that the customer calls from.
const CUSTOMER: &str = "+447700900123";
const CUSTOMER_HZ: f64 = 593.0;
const AGENT_HZ: f64 = 1047.0;
const THEY_TALK: Duration = Duration::from_secs(3);

fn main() -> Result<()> {
    let begin = Instant::now();
    let house = House::open("first-call", "")?;
    ladder::heading(&[("carrier", CARRIER), ("tandem", house.sip.ip()), ("phone", PHONE)]);
    let phone = Line::open("phone", PHONE, house.sip, ladder::draw)?;
    register(&phone, EXTENSION, PASSWORD)?;
    let voice = Voice::open(PHONE, AGENT_HZ, begin)?;
    let agent = thread::spawn(move || attend(&phone, voice));
    let line = Line::open("carrier", CARRIER, house.sip, ladder::draw)?;
    let voice = Voice::open(CARRIER, CUSTOMER_HZ, begin)?;
    let customer = call(&line, voice, (CUSTOMER, DID), || {
        ladder::note("they talk");
        thread::sleep(THEY_TALK);
        Ok(())
    })?;
    let agent = agent.join().map_err(|_| anyhow!("the phone has died"))??;
    let recordings = house.close()?;
    judge(&customer, &agent, &recordings)
}

/// Who heard whom, and what is on the tape.
fn judge(customer: &[i16], agent: &[i16], recordings: &house::Recordings) -> Result<()> {
    let tape = recordings.tape()?;
    let listeners = [
        ("the customer heard", customer, AGENT_HZ),
        ("the agent heard", agent, CUSTOMER_HZ),
        ("the tape has on the left", &tape.left, CUSTOMER_HZ),
        ("the tape has on the right", &tape.right, AGENT_HZ),
    ];
    println!();
    for (ear, samples, _) in listeners {
        println!("{ear:>26}: {}", told(samples));
    }
    println!(
        "\nListen to it: {}\nIts story:    {}",
        tape.wav.display(),
        tape.json.display()
    );
    for (ear, samples, hz) in listeners {
        let wanted = ears::seconds(samples, hz);
        let other = ears::seconds(samples, CUSTOMER_HZ + AGENT_HZ - hz);
        ensure!(
            wanted > 2.0 && other == 0.0,
            "{ear} {wanted:.1} s of the right voice and {other:.1} s of the wrong one"
        );
    }
    Ok(())
}

fn told(samples: &[i16]) -> String {
    let mut text = String::new();
    for (who, hz) in [("the customer", CUSTOMER_HZ), ("the agent", AGENT_HZ)] {
        let seconds = ears::seconds(samples, hz);
        if seconds > 0.0 {
            let _infallible = write!(
                text,
                "{who} for {seconds:.1} s at {:.0} dBFS  ",
                ears::loudest(samples, hz)
            );
        }
    }
    if text.is_empty() {
        "nobody".to_owned()
    } else {
        text
    }
}
