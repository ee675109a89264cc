//! The switch, in a thread of this process: the same shell that the binary runs.

use crate::plan::{SWITCH, configuration};
use anyhow::{Context, Result, anyhow, ensure};
use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tandem::config::{self, Config};
use tandem::shell::clock::Clock;
use tandem::shell::driver::Signal;
use tandem::shell::run::Assembly;
use tandem::shell::surroundings::Surroundings;
use tokio::sync::mpsc::Sender;

/// A running switch.
#[derive(Debug)]
pub(crate) struct House {
    /// Where it listens for SIP.
    pub(crate) sip: SocketAddr,
    signals: Sender<Signal>,
    thread: JoinHandle<Result<()>>,
    recordings: Recordings,
}

/// Where its tapes go.
#[derive(Debug)]
pub(crate) struct Recordings(PathBuf);

/// One finished tape.
#[derive(Debug)]
pub(crate) struct Tape {
    /// The audio.
    pub(crate) wav: PathBuf,
    /// The story beside it.
    pub(crate) json: PathBuf,
    /// The customer's side.
    pub(crate) left: Vec<i16>,
    /// Our side.
    pub(crate) right: Vec<i16>,
}

impl House {
    /// Starts the switch of the example of this name; `more` is more TOML.
    pub(crate) fn open(example: &str, more: &str) -> Result<House> {
        let folder = tempfile::Builder::new()
            .prefix(&format!("tandem-{example}-"))
            .tempdir()?
            .keep();
        let sip = UdpSocket::bind((SWITCH, 0))?.local_addr()?;
        let text = configuration(sip, true, &folder, more);
        let reading = config::read("the configuration", &text, &Surroundings);
        let config = reading
            .map_err(|report| anyhow!("{}", report.draw(false)))?
            .config;
        let (ready, opened) = mpsc::channel();
        let thread = thread::spawn(move || run(config, &ready));
        let Ok(signals) = opened.recv() else {
            thread.join().map_err(|_| anyhow!("the switch has died"))??;
            return Err(anyhow!("the switch ended before it began"));
        };
        Ok(House {
            sip,
            signals,
            thread,
            recordings: Recordings(folder),
        })
    }

    /// Asks it to leave, as SIGTERM does.
    pub(crate) fn close(self) -> Result<Recordings> {
        self.signals
            .blocking_send(Signal::Terminate)
            .context("the switch has left")?;
        self.thread.join().map_err(|_| anyhow!("the switch has died"))??;
        Ok(self.recordings)
    }
}

fn run(config: Config, ready: &mpsc::Sender<Sender<Signal>>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let assembly = Assembly::of(Arc::new(config), Clock::start())?;
        ready.send(assembly.signals)?;
        assembly.driver.drive(assembly.doors).await;
        Ok(())
    })
}

impl Recordings {
    /// The one tape, once it is finished.
    pub(crate) fn tape(&self) -> Result<Tape> {
        let end = Instant::now() + Duration::from_secs(5);
        let wav = loop {
            if let Some(wav) = find(&self.0, "wav") {
                break wav;
            }
            ensure!(Instant::now() < end, "no tape in {}", self.0.display());
            thread::sleep(Duration::from_millis(50));
        };
        let mut reader = hound::WavReader::open(&wav)?;
        let samples = reader.samples().collect::<Result<Vec<i16>, _>>()?;
        let side = |first: usize| samples.iter().skip(first).step_by(2).copied().collect();
        Ok(Tape {
            json: wav.with_extension("json"),
            left: side(0),
            right: side(1),
            wav,
        })
    }
}

/// The first file with this ending in a folder or below it.
fn find(folder: &Path, ending: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    entries.map(|entry| entry.path()).find_map(|path| {
        let fits = path.extension().is_some_and(|extension| extension == ending);
        if path.is_dir() {
            find(&path, ending)
        } else {
            Some(path).filter(|_| fits)
        }
    })
}
