//! The switch under load: the binary beside this program, its configuration, and what it uses.

use crate::plan::{PASSWORD, SWITCH, configuration};
use anyhow::{Context, Result, ensure};
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use std::fs;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tandem::call::view::StatusView;
use tandem::shell::client::Client;
use tempfile::TempDir;

/// Twice as long as a transaction may last.
const RESTS_WITHIN: Duration = Duration::from_secs(64);

/// A running switch.
#[derive(Debug)]
pub(crate) struct House {
    /// Where it listens for SIP.
    pub(crate) sip: SocketAddr,
    api: SocketAddr,
    process: Child,
    folder: TempDir,
}

/// What the switch has used until now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// When this was read.
    pub(crate) at: Instant,
    /// Time on any core.
    pub(crate) cpu: Duration,
    /// Resident memory, in bytes.
    pub(crate) memory: u64,
}

impl House {
    /// Starts the binary, and waits until it listens.
    pub(crate) fn open(record: bool) -> Result<House> {
        let folder = tempfile::tempdir()?;
        let sip = UdpSocket::bind((SWITCH, 0))?.local_addr()?;
        let api = TcpListener::bind((SWITCH, 0))?.local_addr()?;
        let file = folder.path().join("tandem.toml");
        fs::create_dir(folder.path().join("recordings"))?;
        let more = format!(
            r#"
            [media]
            ports = "20000-29999"
            [api]
            listen = "{api}"
            token = "{PASSWORD}"
            "#
        );
        let recordings = folder.path().join("recordings");
        fs::write(&file, configuration(sip, record, &recordings, &more))?;
        let log = fs::File::create(folder.path().join("log"))?;
        let mut command = Command::new(binary()?);
        command
            .arg("--config")
            .arg(&file)
            .arg("run")
            .current_dir(folder.path());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let process = command.spawn().context("the switch does not start")?;
        let mut house = House {
            sip,
            api,
            process,
            folder,
        };
        house.wait_until_it_listens()?;
        Ok(house)
    }

    /// What it has used until now.
    pub(crate) fn load(&self) -> Result<Load> {
        let of = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", self.process.id()));
        let stat = of("stat").context("the switch has gone")?;
        let (_, fields) = stat.rsplit_once(')').context("/proc/…/stat is cut")?;
        let ticks = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(str::parse::<u64>)
            .sum::<Result<u64, _>>()?;
        let status = of("status")?;
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .context("no VmRSS")?;
        let kilobytes: u64 = resident.trim().trim_end_matches("kB").trim().parse()?;
        // Linux has shown 100 ticks per second to programs since it shows any.
        Ok(Load {
            at: Instant::now(),
            cpu: Duration::from_millis(ticks * 10),
            memory: kilobytes * 1024,
        })
    }

    /// What it knows when nothing is under way any more, or when that should long have been so: the last
    /// transactions end 64·T1 after the last call (RFC 3261 §17).
    pub(crate) fn when_it_rests(&self) -> Result<StatusView> {
        let client = Client::of(self.api, Some(PASSWORD.to_owned().into()));
        let end = Instant::now() + RESTS_WITHIN;
        loop {
            let status: StatusView = client.read(&client.get("/status")?)?;
            let rests = status.calls + status.transactions + status.ports == 0;
            if rests || Instant::now() > end {
                return Ok(status);
            }
            sleep(Duration::from_secs(1));
        }
    }

    /// Asks it to end, and insists that it does so in good order.
    pub(crate) fn close(mut self) -> Result<()> {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, Signal::TERM)?;
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end {
            if let Some(status) = self.process.try_wait()? {
                ensure!(
                    status.success(),
                    "the switch ended with {status}:\n{}",
                    self.log()
                );
                return Ok(());
            }
            sleep(Duration::from_millis(50));
        }
        anyhow::bail!("the switch does not end:\n{}", self.log())
    }

    fn wait_until_it_listens(&mut self) -> Result<()> {
        let end = Instant::now() + Duration::from_secs(10);
        while UdpSocket::bind(self.sip).is_ok() {
            ensure!(
                self.process.try_wait()?.is_none(),
                "the switch ended at once:\n{}",
                self.log()
            );
            ensure!(
                Instant::now() < end,
                "the switch does not listen:\n{}",
                self.log()
            );
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            let _gone = self.process.kill();
            let _reaped = self.process.wait();
        }
    }
}

/// Every call has two sockets here and four in the switch, which inherits the limit.
pub(crate) fn allow_many_sockets() -> Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    )?)
}

fn binary() -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let folder = here
        .parent()
        .and_then(|examples| examples.parent())
        .context("nothing above examples/")?;
    let binary = folder.join("tandem");
    ensure!(
        binary.exists(),
        "{} is missing: run cargo build --release first",
        binary.display()
    );
    Ok(binary)
}
