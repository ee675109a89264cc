//! What a party can do in one call of several, whatever the others are about.

use super::call::{Call, Phase};
use super::party::Party;
use super::said::Said;

/// Something that a party does in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// 180.
    Ring,
    /// 183 with a description.
    PlayEarly,
    /// 200 with a description.
    Answer,
    /// 200 with a codec that nobody offered.
    AnswerForeign,
    /// A refusal with this status.
    Reject(u16),
    /// CANCEL.
    Cancel,
    /// BYE before there is an answer.
    EndEarly,
    /// BYE.
    HangUp,
    /// A re-INVITE in this direction.
    Describe(&'static str),
    /// An UPDATE in this direction (RFC 3311).
    Update(&'static str),
    /// A re-INVITE that holds as RFC 2543 did, by the address 0.0.0.0.
    HoldByAddress,
    /// A re-INVITE without a description.
    AskForOffer,
    /// REFER to this number.
    Refer(&'static str),
    /// REFER to whom it talks with, or whom it calls, on its other line of this number.
    Connect(usize),
    /// The record key, which wants the recording to run or not.
    Record(bool),
    /// A key, told by INFO.
    Press(char),
    /// Another request within the dialog.
    Ask(&'static str),
}

/// What a party could do in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chance {
    /// It is being called.
    Rung,
    /// It calls, and knows of no dialog yet.
    Calls,
    /// It calls, and it rings at the other end.
    HearsRinging,
    /// The call is up.
    Talks,
    /// It is over, or as good as.
    Nothing,
}

impl Deed {
    /// Whether it describes the session anew.
    pub fn is_change(self) -> bool {
        match self {
            Deed::Describe(_) | Deed::Update(_) | Deed::HoldByAddress | Deed::AskForOffer => true,
            Deed::Ring
            | Deed::PlayEarly
            | Deed::Answer
            | Deed::AnswerForeign
            | Deed::Reject(_)
            | Deed::Cancel
            | Deed::EndEarly
            | Deed::HangUp
            | Deed::Refer(_)
            | Deed::Connect(_)
            | Deed::Record(_)
            | Deed::Press(_)
            | Deed::Ask(_) => false,
        }
    }
}

impl Party {
    /// What it could do in each of its calls, oldest first; nothing if it has fallen silent.
    pub fn chances(&self) -> Vec<Chance> {
        self.with(|agent| match agent.silent {
            true => Vec::new(),
            false => agent.calls.iter().map(chance).collect(),
        })
    }

    /// What it was told so far, in short.
    pub fn heard_so_far(&self) -> Vec<String> {
        self.with(|agent| agent.heard.iter().map(in_short).collect())
    }

    /// It does something in its call of this number.
    pub fn does(&self, line: usize, deed: Deed) {
        self.act(|agent| {
            let named = match deed {
                Deed::Connect(other) => agent.calls[other].replaces(),
                _ => String::new(),
            };
            let said = said(&mut agent.calls[line], deed, &named);
            match deed {
                Deed::Answer | Deed::Refer(_) | Deed::Connect(_) => vec![agent.beside(said)],
                _ => vec![said],
            }
        });
    }

    /// Whether each transfer of which it was told the outcome went well, for each of its calls.
    pub fn outcomes(&self) -> Vec<Vec<bool>> {
        self.with(|agent| {
            let outcome = |said: &Said| {
                let status: u16 = said.body.split(' ').nth(1)?.parse().ok()?;
                let is_final = said.start.starts_with("NOTIFY") && status >= 200;
                is_final.then_some(status < 300)
            };
            let of_call = |call: &Call| {
                let heard = agent.heard.iter();
                let heard = heard.filter(|said| said.get("Call-ID") == call.invite.get("Call-ID"));
                heard.filter_map(outcome).collect()
            };
            agent.calls.iter().map(of_call).collect()
        })
    }

    /// Whether the last answer to an INVITE or UPDATE in its call of this number says that two have wanted a change at once.
    pub fn has_met_another_offer(&self, line: usize) -> bool {
        self.with(|agent| {
            let call_id = agent.calls[line].invite.get("Call-ID");
            let is_change = |said: &&Said| matches!(said.method(), "INVITE" | "UPDATE");
            let of_call = |said: &&Said| said.get("Call-ID") == call_id && is_change(said);
            let mut answers = agent.heard.iter().filter(of_call).filter_map(Said::status);
            answers.next_back() == Some(491)
        })
    }

    /// The name over its column.
    pub fn name(&self) -> String {
        self.with(|agent| agent.name.clone())
    }

    /// Its call of this number, for somebody else to name.
    pub fn call(&self, line: usize) -> Call {
        self.with(|agent| agent.calls[line].clone())
    }
}

fn in_short(said: &Said) -> String {
    match said.status() {
        Some(status) => format!("{status} {}", said.method()),
        None => said.method().to_owned(),
    }
}

fn chance(call: &Call) -> Chance {
    match call.phase {
        Phase::Rung => Chance::Rung,
        Phase::Calling if call.remote.contains(";tag=") => Chance::HearsRinging,
        Phase::Calling => Chance::Calls,
        Phase::Up => Chance::Talks,
        Phase::Withdrawn | Phase::Over => Chance::Nothing,
    }
}

fn said(call: &mut Call, deed: Deed, named: &str) -> Said {
    match deed {
        Deed::Ring => {
            let ringing = reply(call, 180, String::new());
            match &mut call.rseq {
                Some(rseq) => {
                    *rseq += 1;
                    ringing.with("Require", "100rel").with("RSeq", *rseq)
                }
                None => ringing,
            }
        }
        Deed::PlayEarly => {
            let sdp = call.answer_to_invite();
            reply(call, 183, sdp)
        }
        Deed::Answer => {
            call.phase = Phase::Up;
            let sdp = call.answer_to_invite();
            reply(call, 200, sdp)
        }
        Deed::AnswerForeign => {
            call.phase = Phase::Up;
            call.speech.formats = vec![(18, "G729".to_owned())];
            let sdp = call.speech.text();
            reply(call, 200, sdp)
        }
        Deed::Reject(status) => {
            call.phase = Phase::Over;
            Said::response(&call.invite, status, "No").set("To", &call.local)
        }
        Deed::Cancel => call.cancel(),
        Deed::EndEarly => call.request("BYE"),
        Deed::HangUp => {
            call.phase = Phase::Over;
            call.request("BYE")
        }
        Deed::Describe(direction) => call.reinvite(Some(direction)),
        Deed::Update(direction) => call.update(Some(direction)),
        Deed::HoldByAddress => call.hold_by_address(),
        Deed::AskForOffer => call.reinvite(None),
        Deed::Refer(number) => call.refer(&format!("<sip:{number}@tandem.example>")),
        Deed::Connect(_) => call.refer(&format!("<sip:1003@tandem.example?Replaces={named}>")),
        Deed::Record(runs) => call
            .request("INFO")
            .with("Record", if runs { "on" } else { "off" }),
        Deed::Press(key) => {
            let info = call
                .request("INFO")
                .describing(format!("Signal={key}\r\nDuration=160\r\n"));
            info.set("Content-Type", "application/dtmf-relay")
        }
        Deed::Ask("ACK") => call.numbered("ACK", call.cseq),
        Deed::Ask(method) => call.request(method),
    }
}

fn reply(call: &Call, status: u16, sdp: String) -> Said {
    Said::response(&call.invite, status, "So")
        .set("To", &call.local)
        .with("Contact", &call.contact)
        .describing(sdp)
}
