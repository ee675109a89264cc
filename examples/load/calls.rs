//! Who calls and who answers: a carrier with many customers, and a phone with many lines.

use crate::far_end::register::register;
use crate::far_end::{Dialog, Line, description, rtp_of, rtp_pair};
use crate::house::House;
use crate::percentiles::Percentiles;
use crate::plan::{CARRIER, DID, EXTENSION, PASSWORD, PHONE};
use crate::voices::End;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tandem::sip::{Message, Method};

/// Calls that are to stay are set up at this rate.
const GENTLE_PER_SECOND: u32 = 100;
/// A call that is to end does so this long after it was answered.
const SHORT_TALK: Duration = Duration::from_millis(500);
/// A request without any answer is sent again after this, and given up after that.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
const GIVE_UP_AFTER: Duration = Duration::from_secs(10);

/// What came of many set-ups.
#[derive(Clone, Debug)]
pub(crate) struct SetUps {
    /// From INVITE to 200, of each call that was answered.
    pub(crate) delay: Percentiles,
    /// Calls that were refused, or ended by the switch.
    pub(crate) refused: u32,
    /// Calls or hang-ups without a final answer.
    pub(crate) unanswered: u32,
    /// Requests that were sent again.
    pub(crate) sent_again: u32,
}

/// Calls the house.
#[derive(Debug)]
pub(crate) struct Carrier {
    line: Line,
    begun: u32,
    open: BTreeMap<String, Call>,
    told: SetUps,
}

/// One call of the carrier's.
#[derive(Debug)]
struct Call {
    dialog: Dialog,
    rtp: UdpSocket,
    /// Nobody listens to the reports, but they are not turned away.
    _rtcp: UdpSocket,
    began: Instant,
    sent: Instant,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The INVITE is out and nothing has come back.
    Calling,
    /// A provisional answer has come back.
    Ringing,
    /// Answered and acknowledged.
    Talking { since: Instant, to: SocketAddr },
    /// The BYE is out.
    Ending,
}

impl Carrier {
    /// A carrier without calls.
    pub(crate) fn open(house: &House) -> Result<Carrier> {
        let line = Line::open("carrier", CARRIER, house.sip, |_, _, _| ())?;
        Ok(Carrier {
            line,
            begun: 0,
            open: BTreeMap::new(),
            told: SetUps::none(),
        })
    }

    /// Sets up so many calls and keeps them. The ends of the customers and of the agents.
    pub(crate) fn set_up(&mut self, calls: u32, phone: &Phone) -> Result<(Vec<End>, Vec<End>)> {
        self.told = SetUps::none();
        self.run(calls, GENTLE_PER_SECOND, None)?;
        let SetUps {
            refused, unanswered, ..
        } = self.told;
        ensure!(
            refused + unanswered == 0,
            "{refused} calls were refused and {unanswered} not answered"
        );
        let mut customers = Vec::new();
        for call in self.open.values() {
            if let Stage::Talking { to, .. } = call.stage {
                customers.push(End {
                    socket: call.rtp.try_clone()?,
                    to,
                });
            }
        }
        Ok((customers, phone.take_ends()))
    }

    /// Sets up calls at a steady rate and ends each of them soon.
    pub(crate) fn begin_and_end(&mut self, calls: u32, rate: u32) -> Result<SetUps> {
        self.told = SetUps::none();
        self.run(calls, rate, Some(SHORT_TALK))?;
        Ok(self.told.clone())
    }

    /// Ends all calls.
    pub(crate) fn hang_up_all(&mut self) -> Result<()> {
        self.run(0, GENTLE_PER_SECOND, Some(Duration::ZERO))
    }

    fn run(&mut self, calls: u32, rate: u32, hang_up_after: Option<Duration>) -> Result<()> {
        let (start, mut begun, mut looked) = (Instant::now(), 0, Instant::now());
        loop {
            let now = Instant::now();
            while begun < calls && now >= start + Duration::from_secs(1) * begun / rate {
                self.begin()?;
                begun += 1;
            }
            if let Some(after) = hang_up_after {
                self.hang_up_those_who_talk_since(now.checked_sub(after).unwrap_or(now))?;
            }
            if now > looked + AGAIN_AFTER / 5 {
                self.send_again(now)?;
                looked = now;
            }
            if let Some(message) = self.line.receive(Duration::from_millis(1))? {
                self.heed(&message)?;
            }
            let staying =
                |call: &Call| hang_up_after.is_none() && matches!(call.stage, Stage::Talking { .. });
            if begun == calls && self.open.values().all(staying) {
                return Ok(());
            }
        }
    }

    fn begin(&mut self) -> Result<()> {
        let id = format!("load-{}-{}", self.line.here.port(), self.begun);
        self.begun += 1;
        let customer = format!("+44770090{:04}", self.begun % 10_000);
        let mut dialog = Dialog::to(&self.line, id.clone(), &customer, DID);
        let [rtp, rtcp] = rtp_pair(CARRIER)?;
        let sdp = description(rtp.local_addr()?);
        self.line.request(&mut dialog, "INVITE", "", Some(&sdp))?;
        let now = Instant::now();
        self.open.insert(
            id,
            Call {
                dialog,
                rtp,
                _rtcp: rtcp,
                began: now,
                sent: now,
                stage: Stage::Calling,
            },
        );
        Ok(())
    }

    fn hang_up_those_who_talk_since(&mut self, then: Instant) -> Result<()> {
        for call in self.open.values_mut() {
            if matches!(call.stage, Stage::Talking { since, .. } if since <= then) {
                self.line.request(&mut call.dialog, "BYE", "", None)?;
                (call.stage, call.sent) = (Stage::Ending, Instant::now());
            }
        }
        Ok(())
    }

    fn send_again(&mut self, now: Instant) -> Result<()> {
        let open = self.open.len();
        self.open
            .retain(|_, call| matches!(call.stage, Stage::Talking { .. }) || call.sent + GIVE_UP_AFTER > now);
        self.told.unanswered += (open - self.open.len()) as u32;
        for call in self.open.values().filter(|call| call.sent + AGAIN_AFTER < now) {
            let sdp = description(call.rtp.local_addr()?);
            match call.stage {
                Stage::Calling => self.line.write(&call.dialog, "INVITE", "", Some(&sdp))?,
                Stage::Ending => self.line.write(&call.dialog, "BYE", "", None)?,
                Stage::Ringing | Stage::Talking { .. } => continue,
            }
            self.told.sent_again += 1;
        }
        Ok(())
    }

    fn heed(&mut self, message: &Message) -> Result<()> {
        let id = message.call_id()?.to_owned();
        let Some(status) = message.status() else {
            return self.obey(message, &id);
        };
        let Some(call) = self.open.get_mut(&id) else {
            return Ok(());
        };
        match (message.method(), status) {
            (Method::Invite, 100..200) => call.stage = Stage::Ringing,
            (Method::Invite, 200..300) => {
                if matches!(call.stage, Stage::Calling | Stage::Ringing) {
                    call.dialog.answered(message)?;
                    call.stage = Stage::Talking {
                        since: Instant::now(),
                        to: rtp_of(message)?,
                    };
                    self.told.delay.count(call.began.elapsed());
                }
                self.line.request(&mut call.dialog, "ACK", "", None)?;
            }
            (Method::Invite, _) => {
                self.line.acknowledge_refusal(&call.dialog, message)?;
                self.open.remove(&id);
                self.told.refused += 1;
            }
            (_, 200..) => {
                self.open.remove(&id);
            }
            (_, _) => {}
        }
        Ok(())
    }

    fn obey(&mut self, request: &Message, id: &str) -> Result<()> {
        if request.method() != Method::Ack {
            self.line.respond(request, 200, "OK", None)?;
        }
        if request.method() == Method::Bye && self.open.remove(id).is_some() {
            self.told.refused += 1;
        }
        Ok(())
    }
}

impl SetUps {
    fn none() -> SetUps {
        SetUps {
            delay: Percentiles::new(),
            refused: 0,
            unanswered: 0,
            sent_again: 0,
        }
    }
}

/// Answers every call at once, each on a socket of its own, in a thread that lives as long as the program.
#[derive(Debug)]
pub(crate) struct Phone {
    calls: Lines,
}

type Lines = Arc<Mutex<BTreeMap<String, Answered>>>;

/// One call of the phone's.
#[derive(Debug)]
struct Answered {
    answer: Message,
    end: Option<End>,
    _rtcp: UdpSocket,
}

impl Phone {
    /// Registers, and begins to answer.
    pub(crate) fn open(house: &House) -> Result<Phone> {
        let line = Line::open("phone", PHONE, house.sip, |_, _, _| ())?;
        register(&line, EXTENSION, PASSWORD)?;
        let calls = Lines::default();
        let shared = Arc::clone(&calls);
        thread::spawn(move || answer(&line, &shared));
        Ok(Phone { calls })
    }

    fn take_ends(&self) -> Vec<End> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.values_mut().filter_map(|call| call.end.take()).collect()
    }
}

#[allow(clippy::print_stderr, reason = "the thread has nobody else to tell")]
fn answer(line: &Line, calls: &Lines) {
    loop {
        let heard = line.receive(Duration::from_secs(1));
        let done = heard.and_then(|message| message.map_or(Ok(()), |message| obey(line, calls, &message)));
        if let Err(error) = done {
            eprintln!("the phone: {error:#}");
        }
    }
}

fn obey(line: &Line, calls: &Lines, request: &Message) -> Result<()> {
    if !request.is_request() {
        return Ok(());
    }
    let id = request.call_id()?.to_owned();
    let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
    match request.method() {
        Method::Ack => {}
        Method::Invite => match calls.get(&id) {
            Some(known) => line.send(&known.answer)?,
            None => {
                let [socket, rtcp] = rtp_pair(PHONE)?;
                let to = rtp_of(request).context("an INVITE without a usable offer")?;
                let answer = line.respond(request, 200, "OK", Some(&description(socket.local_addr()?)))?;
                calls.insert(
                    id,
                    Answered {
                        answer,
                        end: Some(End { socket, to }),
                        _rtcp: rtcp,
                    },
                );
            }
        },
        _ => {
            line.respond(request, 200, "OK", None)?;
            if request.method() == Method::Bye {
                calls.remove(&id);
            }
        }
    }
    Ok(())
}
