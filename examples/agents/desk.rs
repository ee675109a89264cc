//! The agent's desktop: it asks the control interface for what the agent wants, and watches who hears whom.

use crate::people::ladder;
use crate::plan::EXTENSION;
use anyhow::{Context, Result, anyhow, ensure};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tandem::call::view::CallView;
use tandem::shell::api::gestures::Wish;
use tandem::shell::client::Client;

const LOOKS_EVERY: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(10);

/// A window onto the one call of the house.
#[derive(Debug)]
pub(crate) struct Desk {
    client: Client,
    watcher: JoinHandle<Result<()>>,
    closing: Arc<AtomicBool>,
}

impl Desk {
    /// Opens it, and begins to draw who hears whom whenever that changes.
    pub(crate) fn open(api: SocketAddr) -> Desk {
        let closing = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&closing);
        let watcher = thread::spawn(move || watch(&Client::of(api, None), &told));
        Desk {
            client: Client::of(api, None),
            watcher,
            closing,
        }
    }

    /// Asks the switch to do this with the call.
    pub(crate) fn wants(&self, gesture: &str, to: Option<&str>) -> Result<()> {
        self.wants_as(EXTENSION, gesture, to)
    }

    /// The same for this agent.
    pub(crate) fn wants_as(&self, agent: &str, gesture: &str, to: Option<&str>) -> Result<()> {
        let call = the_call(&self.client)?.context("there is no call")?;
        let path = format!("/calls/{}/{gesture}", call.id);
        ladder::note(&format!("→ PUT {path} {}", to.unwrap_or_default()));
        let agent = Some(agent.to_owned());
        let to = to.map(str::to_owned);
        self.client.put(&path, &Wish { to, agent })?;
        Ok(())
    }

    /// Waits until the call's story is this.
    pub(crate) fn shows(&self, story: &str) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        while the_call(&self.client)?.is_none_or(|call| call.story != story) {
            ensure!(Instant::now() < end, "the call is not {story}");
            thread::sleep(LOOKS_EVERY);
        }
        Ok(())
    }

    /// Looks no more.
    pub(crate) fn close(self) -> Result<()> {
        self.closing.store(true, Ordering::Relaxed);
        self.watcher
            .join()
            .map_err(|_| anyhow!("nobody watches any more"))?
    }
}

fn watch(client: &Client, closing: &AtomicBool) -> Result<()> {
    let mut drawn = String::new();
    while !closing.load(Ordering::Relaxed) {
        if let Some(call) = the_call(client)? {
            let now = wiring(&call);
            if now != drawn {
                ladder::note(&now);
                drawn = now;
            }
        }
        thread::sleep(LOOKS_EVERY);
    }
    Ok(())
}

fn the_call(client: &Client) -> Result<Option<CallView>> {
    let calls: Vec<CallView> = client.read(&client.get("/calls")?)?;
    Ok(calls.into_iter().next())
}

fn wiring(call: &CallView) -> String {
    let rows = call.legs.iter().map(|leg| match leg.hears.is_empty() {
        true => format!("{} hears –", leg.party),
        false => {
            let otherwise = leg.otherwise.iter().map(|sound| format!(", else {sound}"));
            format!(
                "{} hears {}{}",
                leg.party,
                leg.hears.join(" + "),
                otherwise.collect::<String>()
            )
        }
    });
    let tape = match (&call.paused, call.recorded) {
        (Some(pause), _) => format!("tape paused by {}", pause.by),
        (None, true) => "tape runs".to_owned(),
        (None, false) => "no tape".to_owned(),
    };
    let rows: Vec<String> = rows.chain([tape]).collect();
    format!("♪ {}: {}", call.story, rows.join(" · "))
}
