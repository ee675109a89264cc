//! Running the switch: everything is opened, the driver drives, everything is closed.

use super::clock::Clock;
use super::dns::Resolver;
use super::driver::{Doors, Driver, Farewell, Hands, Signal};
use super::late::ControlRoom;
use super::media_thread::Media;
use super::news::News;
use super::orders::Desk;
use super::signals::Signals;
use super::tape_thread::{TapeLimits, TapeThread};
use super::transports::{CannotListen, Transports};
use super::{greeting, late, log, ports};
use crate::config::Config;
use crate::wiring::MediaEvent;
use rand::TryRng;
use rand::rngs::SysRng;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{self, Sender};
use tracing::{error, info};

/// Messages of streams that wait for the switch. When there are more, streams are read no further.
const MAX_QUEUED_ARRIVALS: usize = 512;
/// News of the media threads that wait for the switch. When there are more, they are dropped and counted.
const MAX_QUEUED_NEWS: usize = 4096;
/// Threads that wait for name servers.
const MAX_LOOKUP_THREADS: usize = 4;
/// A name server that still does not answer keeps us no longer when we leave.
const ABANDON_LOOKUPS_AFTER: Duration = Duration::from_millis(100);

/// Why the switch does not run.
#[derive(Debug, thiserror::Error)]
pub enum CannotRun {
    /// Not one listener could be opened.
    #[error("no listener could be opened, so nobody could call:\n{}", in_lines(.0))]
    NoListener(Vec<CannotListen>),
    /// The machine refuses something without which nothing goes.
    #[error("{what}: {why}")]
    Machine {
        /// What we wanted.
        what: &'static str,
        /// What the machine said.
        why: io::Error,
    },
}

/// A switch with everything around it, ready to be driven.
#[derive(Debug)]
pub struct Assembly {
    /// Drives the switch.
    pub driver: Driver,
    /// Where everything comes in.
    pub doors: Doors,
    /// Where signals of the operating system are handed in.
    pub signals: Sender<Signal>,
    /// The listeners and connections.
    pub transports: Arc<Transports>,
    /// Where the control interface listens.
    pub api: Option<SocketAddr>,
}

/// Runs the switch until it is told to leave.
pub fn run(config: Config, file: &Path, verbose: bool) -> Result<(), CannotRun> {
    let _paper = log::start(verbose);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(MAX_LOOKUP_THREADS)
        .build()
        .map_err(machine("no runtime can be started"))?;
    let ran = runtime.block_on(serve(Arc::new(config), file));
    runtime.shutdown_timeout(ABANDON_LOOKUPS_AFTER);
    ran
}

async fn serve(config: Arc<Config>, file: &Path) -> Result<(), CannotRun> {
    let limits = &config.limits;
    ports::raise_open_files_limit(ports::files_needed(limits.max_calls, limits.max_connections));
    let signals = Signals::listen().map_err(machine("signals cannot be heard"))?;
    let assembly = Assembly::of(Arc::clone(&config), Clock::start())?;
    signals.tell(assembly.signals);
    greeting::greet(&config, file, &assembly.transports, assembly.api);
    match assembly.driver.drive(assembly.doors).await {
        Farewell::InGoodOrder => info!("all calls have ended; goodbye"),
        Farewell::TooLate | Farewell::AtOnce => info!("goodbye"),
    }
    Ok(())
}

impl Assembly {
    /// Opens everything. What cannot be opened is told and left out, as long as there is one listener.
    pub fn of(config: Arc<Config>, clock: Clock) -> Result<Assembly, CannotRun> {
        let (arrivals, arriving) = mpsc::channel(MAX_QUEUED_ARRIVALS);
        let (transports, failed) = Transports::open(&config, &arrivals);
        if transports.listeners().next().is_none() {
            return Err(CannotRun::NoListener(failed));
        }
        let transports = Arc::new(transports);
        if !failed.is_empty() {
            late::open_listeners(&transports);
        }
        for listener in failed {
            error!("{listener}; the other listeners work");
        }
        let resolver = Resolver::new(Arc::clone(&config), Arc::clone(&transports), arrivals);
        let (desk, orders) = Desk::new();
        let told = News::default();
        let room = ControlRoom {
            config: config.api.clone(),
            desk,
            news: told.clone(),
            recordings: config.recording.directory.clone(),
        };
        let api = room.open();
        let (signals, signalled) = mpsc::channel(4);
        let (events, news) = mpsc::channel(MAX_QUEUED_NEWS);
        let (media, tapes) = open_media(&config, clock, events)?;
        let hands = Hands {
            transports: Arc::clone(&transports),
            resolver,
            media,
            tapes,
            news: told,
        };
        let driver = Driver::new(config, seed()?, clock, hands);
        let doors = Doors {
            arrivals: arriving,
            media: news,
            orders,
            signals: signalled,
        };
        Ok(Assembly {
            driver,
            doors,
            signals,
            transports,
            api,
        })
    }
}

fn open_media(
    config: &Config,
    clock: Clock,
    events: Sender<MediaEvent>,
) -> Result<(Media, TapeThread), CannotRun> {
    let limits = TapeLimits {
        mode: config.recording.mode,
        ..TapeLimits::for_calls(config.limits.max_calls)
    };
    let tapes = TapeThread::start(config.recording.directory.clone(), limits)
        .map_err(machine("no thread for the recordings can be started"))?;
    let (sounds, music) = late::sounds(config);
    let media = Media::start(config.media.threads, clock, sounds, tapes.sender(), events)
        .map_err(machine("no thread for the media can be started"))?;
    if let Some(music) = music {
        late::play(music, media.player());
    }
    Ok((media, tapes))
}

/// All that the switch ever guesses about grows from this.
fn seed() -> Result<[u8; 32], CannotRun> {
    let mut seed = [0; 32];
    let drawn = SysRng.try_fill_bytes(&mut seed);
    drawn.map_err(|why| machine("the system gives no random numbers")(io::Error::other(why)))?;
    Ok(seed)
}

fn machine(what: &'static str) -> impl FnOnce(io::Error) -> CannotRun {
    move |why| CannotRun::Machine { what, why }
}

fn in_lines(failed: &[CannotListen]) -> String {
    let lines: Vec<_> = failed.iter().map(|listener| format!("  {listener}")).collect();
    lines.join("\n")
}
