//! The signals of the operating system, and what each of them wants of us.
//!
//! SIGHUP comes from a terminal that is closed and from tools that rotate logs, SIGQUIT from a keyboard: left alone each
//! would end us between two packets. `nohup` has SIGHUP ignored, and that stays so. SIGUSR1 and SIGUSR2 mean nothing
//! to us, and must not end us either.

use super::driver::Signal;
use std::io;
use tokio::signal::unix::{Signal as Heard, SignalKind, signal};
use tokio::sync::mpsc::Sender;

/// SIGHUP's number.
const HANGUP: u32 = 1;

/// Everything that is listened to.
pub(super) struct Signals {
    terminate: Heard,
    quit: Heard,
    interrupt: Heard,
    hangup: Option<Heard>,
    user: [Heard; 2],
}

impl Signals {
    /// From now on no signal ends us but SIGKILL, and those of our own faults.
    pub(super) fn listen() -> io::Result<Signals> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            quit: signal(SignalKind::quit())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: match is_ignored(HANGUP) {
                true => None,
                false => Some(signal(SignalKind::hangup())?),
            },
            user: [
                signal(SignalKind::user_defined1())?,
                signal(SignalKind::user_defined2())?,
            ],
        })
    }

    /// Hands them to the driver. One that finds the queue full is dropped: there are enough in it.
    pub(super) fn tell(mut self, driver: Sender<Signal>) {
        tokio::spawn(async move {
            while let Some(heard) = self.next().await {
                let _told = driver.try_send(heard);
            }
        });
    }

    async fn next(&mut self) -> Option<Signal> {
        let [first, second] = &mut self.user;
        loop {
            return tokio::select! {
                Some(()) = self.terminate.recv() => Some(Signal::Terminate),
                Some(()) = self.quit.recv() => Some(Signal::Terminate),
                Some(()) = self.interrupt.recv() => Some(Signal::Interrupt),
                Some(()) = hear(&mut self.hangup) => Some(Signal::Terminate),
                Some(()) = first.recv() => continue,
                Some(()) = second.recv() => continue,
                else => None,
            };
        }
    }
}

/// The next of these signals; never one that is not listened to.
async fn hear(listened: &mut Option<Heard>) -> Option<()> {
    match listened {
        Some(listened) => listened.recv().await,
        None => std::future::pending().await,
    }
}

/// Whether whoever started us has this signal ignored. Linux says so; elsewhere none is.
fn is_ignored(number: u32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (number - 1) & 1 == 1)
}
