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
mod house;
mod ladder;
mod voice;

use anyhow::{Result, anyhow, bail, ensure};
use far_end::register::register;
use far_end::{Dialog, Line, description, rtp_of};
use house::{CARRIER, DID, EXTENSION, House, PASSWORD, PHONE};
use std::fmt::Write;
use std::thread;
use std::time::Duration;
use tandem::sip::{Message, Method};
use voice::Voice;

/// The number that the customer calls from.
const CUSTOMER: &str = "+447700900123";
const CUSTOMER_HZ: f64 = 593.0;
const AGENT_HZ: f64 = 1047.0;
const THEY_TALK: Duration = Duration::from_secs(3);

fn main() -> Result<()> {
    let house = House::open()?;
    ladder::heading(CARRIER, house.sip.ip(), PHONE);
    let phone = Line::open("phone", PHONE, house.sip, ladder::draw)?;
    register(&phone, EXTENSION, PASSWORD)?;
    let agent = thread::spawn(move || answer(&phone));
    let customer = call(&house)?;
    let agent = agent.join().map_err(|_| anyhow!("the phone has died"))??;
    let recordings = house.close()?;
    judge(&customer, &agent, &recordings)
}

/// The carrier's side: calls, talks, hangs up. What the customer heard.
fn call(house: &House) -> Result<Vec<i16>> {
    let line = Line::open("carrier", CARRIER, house.sip, ladder::draw)?;
    let voice = Voice::open(CARRIER, CUSTOMER_HZ)?;
    let mut dialog = Dialog::to(&line, "first-call".to_owned(), CUSTOMER, DID);
    line.request(&mut dialog, "INVITE", "", Some(&description(voice.here)))?;
    let answer = line.expect("answer", |message| is_final(message, Method::Invite))?;
    if answer.status() != Some(200) {
        line.acknowledge_refusal(&dialog, &answer)?;
        bail!("the call was answered {:?}", answer.status());
    }
    dialog.answered(&answer)?;
    line.request(&mut dialog, "ACK", "", None)?;
    voice.speak_to(rtp_of(&answer)?);
    ladder::note("they talk");
    thread::sleep(THEY_TALK);
    line.request(&mut dialog, "BYE", "", None)?;
    line.expect("answer to BYE", |message| is_final(message, Method::Bye))?;
    voice.close()
}

/// The phone's side: rings, is answered by the agent, waits for the end. What the agent heard.
fn answer(line: &Line) -> Result<Vec<i16>> {
    let asks = |method: Method| move |message: &Message| message.is_request() && message.method() == method;
    let voice = Voice::open(PHONE, AGENT_HZ)?;
    let invite = line.expect("INVITE", asks(Method::Invite))?;
    line.respond(&invite, 180, "Ringing", None)?;
    thread::sleep(Duration::from_secs(1));
    line.respond(&invite, 200, "OK", Some(&description(voice.here)))?;
    line.expect("ACK", asks(Method::Ack))?;
    voice.speak_to(rtp_of(&invite)?);
    let bye = line.expect("BYE", asks(Method::Bye))?;
    line.respond(&bye, 200, "OK", None)?;
    voice.close()
}

fn is_final(message: &Message, method: Method) -> bool {
    message.method() == method && message.status().is_some_and(|status| status >= 200)
}

/// Who heard whom, and what is on the tape.
fn judge(customer: &[i16], agent: &[i16], recordings: &house::Recordings) -> Result<()> {
    let tape = recordings.tape()?;
    let ears = [
        ("the customer heard", customer, AGENT_HZ),
        ("the agent heard", agent, CUSTOMER_HZ),
        ("the tape has on the left", &tape.left, CUSTOMER_HZ),
        ("the tape has on the right", &tape.right, AGENT_HZ),
    ];
    println!();
    for (ear, samples, _) in ears {
        println!("{ear:>26}: {}", told(samples));
    }
    println!(
        "\nListen to it: {}\nIts story:    {}",
        tape.wav.display(),
        tape.json.display()
    );
    for (ear, samples, hz) in ears {
        let wanted = voice::seconds(samples, hz);
        let other = voice::seconds(samples, CUSTOMER_HZ + AGENT_HZ - hz);
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
        let seconds = voice::seconds(samples, hz);
        if seconds > 0.0 {
            let _infallible = write!(
                text,
                "{who} for {seconds:.1} s at {:.0} dBFS  ",
                voice::loudest(samples, hz)
            );
        }
    }
    if text.is_empty() {
        "nobody".to_owned()
    } else {
        text
    }
}
