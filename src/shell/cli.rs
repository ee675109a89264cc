//! What one can type behind `tandem`, and what comes of it.

mod shelf;

use super::api::dial::Wanted;
use super::api::gestures::Wish;
use super::client::{Client, Trouble};
use super::clock::Clock;
use super::recordings::NotShown;
use super::surroundings::Surroundings;
use super::{greeting, run, tables};
use crate::call::explain::{self, Question};
use crate::call::view::{CallView, RegistrationView, StatusView, TrunkView};
use crate::config::{self, Config, Reading, Severity};
use clap::{Args, Parser, Subcommand};
use secrecy::SecretString;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A SIP softswitch for contact centres: it connects phones and trunks and records what is to be recorded.
#[derive(Debug, Parser)]
#[command(name = "tandem", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// The configuration file.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        default_value = "config/tandem.toml"
    )]
    config: PathBuf,
    /// Log every detail and every SIP message, without its secrets.
    #[arg(short, long, global = true)]
    verbose: bool,
    #[command(flatten)]
    asking: Asking,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the switch (what `tandem` alone does, too).
    Run,
    /// Say whether a configuration file is right, and what is wrong with it if it is not.
    Check {
        /// The file; the one of --config without it.
        file: Option<PathBuf>,
    },
    /// How is the running switch?
    Status,
    /// Who talks with whom.
    Calls,
    /// Which phones are registered.
    Registrations,
    /// Which trunks there are, and whether they can be reached.
    Trunks,
    /// Call somebody for an agent: the agent's phones ring first, and show who is to be called.
    Dial {
        /// The agent's extension.
        from: String,
        /// The number, as the agent would dial it.
        to: String,
        /// The number to show, or its alias; the agent's own without.
        #[arg(long = "as", value_name = "NUMBER")]
        caller_id: Option<String>,
    },
    /// What would become of a call; asks nobody and sends nothing.
    #[command(subcommand)]
    Route(Route),
    /// End a call.
    Hangup {
        /// Its name in `tandem calls`, like c17.
        id: String,
    },
    /// Hand a call on: `warm` asks there first while the others wait, `cold` does not.
    Transfer {
        /// How.
        #[arg(value_parser = ["warm", "cold"])]
        how: String,
        #[command(flatten)]
        whose: Whose,
        /// The number, as the agent would dial it.
        to: String,
    },
    /// Bring the consulted colleague and those who wait together.
    Merge(Whose),
    /// Take the colleague of a three-way aside again, while the customer waits.
    Split(Whose),
    /// Turn from the colleague to those who wait, or back.
    Swap(Whose),
    /// Let the colleague go, and be back with those who wait.
    Cancel(Whose),
    /// Leave the colleague and those who wait to each other.
    Complete(Whose),
    /// Put the others of a call aside.
    Hold(Whose),
    /// Be back with those who were put aside.
    Resume(Whose),
    /// Leave a call; the others talk on.
    Leave(Whose),
    /// Hear the others of a call and be heard by nobody.
    Mute(Whose),
    /// Be heard again.
    Unmute(Whose),
    /// Pause the recording of a call.
    PauseRecording(Whose),
    /// Go on recording a call.
    ResumeRecording(Whose),
    /// The recordings that are there, whether the switch runs or not.
    Recordings {
        #[command(subcommand)]
        what: shelf::Shelf,
    },
}

#[derive(Debug, Subcommand)]
enum Route {
    /// Say step by step which rule, trunk and caller ID a call would get, and what the trunk would be told.
    Explain {
        /// The extension that calls.
        #[arg(long)]
        from: String,
        /// What it dials.
        #[arg(long)]
        to: String,
        /// The number that it chooses to show, or its alias.
        #[arg(long = "as", value_name = "NUMBER")]
        caller_id: Option<String>,
    },
}

/// Which call, and whose gesture it is.
#[derive(Debug, Args)]
struct Whose {
    /// The call's name in `tandem calls`, like c17.
    id: String,
    /// The extension of the agent who wants it; needed only where several are in the call.
    #[arg(long, value_name = "EXTENSION")]
    agent: Option<String>,
}

/// How to reach the running switch.
#[derive(Debug, Args)]
struct Asking {
    /// Print what the switch answers, as JSON.
    #[arg(long, global = true)]
    json: bool,
    /// Ask the switch here (http://127.0.0.1:8060) instead of where the configuration says.
    #[arg(long, global = true, value_name = "URL")]
    api: Option<String>,
    /// Show this token instead of the one in the configuration. Other users of this machine can see it;
    /// the environment variable `TANDEM_TOKEN` is the quieter way.
    #[arg(long, global = true)]
    token: Option<SecretString>,
}

/// Why a command has failed, ready to be shown.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{} cannot be read: {why} (another file can be named with --config)", .file.display())]
    Unreadable { file: PathBuf, why: std::io::Error },
    #[error("{0}")]
    Configuration(Box<config::Report>),
    #[error(transparent)]
    Running(#[from] run::CannotRun),
    #[error(transparent)]
    Asking(#[from] Trouble),
    #[error(transparent)]
    Recordings(#[from] NotShown),
    /// It has been said already.
    #[error("nothing comes of this call")]
    Explained,
}

/// Does what the command line says. 0 if that went well, 1 if not.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(help) => {
            // It is the answer to --help, too, and goes where that belongs.
            let _printed = help.print();
            return ExitCode::from(u8::from(help.use_stderr()));
        }
    };
    match obey(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Configuration(report)) => {
            complain(&report.draw(std::io::stderr().is_terminal()));
            ExitCode::FAILURE
        }
        Err(Failure::Explained) => ExitCode::FAILURE,
        Err(failure) => {
            complain(&format!("tandem: {failure}"));
            ExitCode::FAILURE
        }
    }
}

fn obey(cli: &Cli) -> Result<(), Failure> {
    match cli.command.as_ref().unwrap_or(&Command::Run) {
        Command::Run => Ok(run::run(read(&cli.config)?, &cli.config, cli.verbose)?),
        Command::Check { file } => check(file.as_ref().unwrap_or(&cli.config)),
        Command::Status => show(cli, "/status", |status: &StatusView| {
            tables::status(status, Clock::start().now())
        }),
        Command::Calls => show(cli, "/calls", |calls: &Vec<CallView>| {
            tables::calls(calls, Clock::start().now())
        }),
        Command::Registrations => show(cli, "/registrations", |contacts: &Vec<RegistrationView>| {
            tables::registrations(contacts, Clock::start().now())
        }),
        Command::Trunks => show(cli, "/trunks", |trunks: &Vec<TrunkView>| {
            tables::trunks(trunks, Clock::start().now())
        }),
        Command::Dial { from, to, caller_id } => dial(cli, from, to, caller_id.as_ref()),
        Command::Route(Route::Explain { from, to, caller_id }) => explain(cli, from, to, caller_id.as_ref()),
        Command::Hangup { id } => {
            let done = client(cli)?.delete(&format!("/calls/{}", name_in_path(id)))?;
            say(if cli.asking.json { done.trim_end() } else { "done" });
            Ok(())
        }
        Command::Transfer { how, whose, to } => gesture(cli, how, whose, Some(to)),
        Command::Merge(whose) => gesture(cli, "merge", whose, None),
        Command::Split(whose) => gesture(cli, "split", whose, None),
        Command::Swap(whose) => gesture(cli, "swap", whose, None),
        Command::Cancel(whose) => gesture(cli, "cancel", whose, None),
        Command::Complete(whose) => gesture(cli, "complete", whose, None),
        Command::Hold(whose) => gesture(cli, "hold", whose, None),
        Command::Resume(whose) => gesture(cli, "resume", whose, None),
        Command::Leave(whose) => gesture(cli, "leave", whose, None),
        Command::Mute(whose) => gesture(cli, "mute", whose, None),
        Command::Unmute(whose) => gesture(cli, "unmute", whose, None),
        Command::PauseRecording(whose) => gesture(cli, "pause_recording", whose, None),
        Command::ResumeRecording(whose) => gesture(cli, "resume_recording", whose, None),
        Command::Recordings { what } => shelf::show(cli, what),
    }
}

/// Has a call made, and shows how it stands then.
fn dial(cli: &Cli, from: &str, to: &str, caller_id: Option<&String>) -> Result<(), Failure> {
    let wanted = Wanted {
        from: from.to_owned(),
        to: to.to_owned(),
        caller_id: caller_id.cloned(),
    };
    let client = client(cli)?;
    show_call(cli, &client, &client.post("/calls", &wanted)?)
}

/// Says what would become of a call.
fn explain(cli: &Cli, from: &str, to: &str, caller_id: Option<&String>) -> Result<(), Failure> {
    let Reading { config, .. } = read_quietly(&cli.config)?;
    let question = Question {
        from: from.to_owned(),
        to: to.to_owned(),
        caller_id: caller_id.cloned(),
    };
    let explanation = explain::explain(&config, &question);
    say(explanation.to_string().trim_end());
    match explanation.end {
        None => Ok(()),
        Some(_) => Err(Failure::Explained),
    }
}

/// Does something with a call, and shows how it stands then.
fn gesture(cli: &Cli, word: &str, whose: &Whose, to: Option<&String>) -> Result<(), Failure> {
    let client = client(cli)?;
    let wish = Wish {
        to: to.cloned(),
        agent: whose.agent.clone(),
    };
    let answer = client.put(&format!("/calls/{}/{word}", name_in_path(&whose.id)), &wish)?;
    show_call(cli, &client, &answer)
}

fn show_call(cli: &Cli, client: &Client, answer: &str) -> Result<(), Failure> {
    if cli.asking.json {
        say(answer.trim_end());
    } else {
        let call: CallView = client.read(answer)?;
        say(&tables::calls(&[call], Clock::start().now()));
    }
    Ok(())
}

/// The configuration; its warnings are shown on the way.
fn read(file: &Path) -> Result<Config, Failure> {
    let Reading { config, warnings } = read_quietly(file)?;
    show_warnings(&warnings);
    Ok(config)
}

fn show_warnings(warnings: &config::Report) {
    if !warnings.is_empty() {
        complain(&warnings.draw(std::io::stderr().is_terminal()));
    }
}

fn read_quietly(file: &Path) -> Result<Reading, Failure> {
    let text = std::fs::read_to_string(file).map_err(|why| Failure::Unreadable {
        file: file.to_owned(),
        why,
    })?;
    let reading = config::read(&file.display().to_string(), &text, &Surroundings);
    reading.map_err(|report| Failure::Configuration(Box::new(report)))
}

/// What Tandem would run without is refused here: somebody looks, and can still put it right.
fn check(file: &Path) -> Result<(), Failure> {
    let Reading { config, warnings } = read_quietly(file)?;
    if warnings.count(Severity::Fault) > 0 {
        return Err(Failure::Configuration(Box::new(warnings)));
    }
    show_warnings(&warnings);
    say(&format!(
        "{} is right: {}.",
        file.display(),
        greeting::contents(&config)
    ));
    Ok(())
}

fn show<T: serde::de::DeserializeOwned>(
    cli: &Cli,
    path: &str,
    draw: impl FnOnce(&T) -> String,
) -> Result<(), Failure> {
    let client = client(cli)?;
    let answer = client.get(path)?;
    if cli.asking.json {
        say(answer.trim_end());
    } else {
        say(&draw(&client.read(&answer)?));
    }
    Ok(())
}

fn client(cli: &Cli) -> Result<Client, Failure> {
    let told = cli.asking.token.clone();
    let token = told.or_else(|| std::env::var("TANDEM_TOKEN").ok().map(SecretString::from));
    if let Some(url) = &cli.asking.api {
        return Ok(Client::at(url, token)?);
    }
    let config = read_quietly(&cli.config)?.config;
    let Some(listen) = config.api.listen else {
        return Err(Failure::Asking(Trouble::NotConfigured(cli.config.clone())));
    };
    Ok(Client::of(listen, token.or(config.api.token)))
}

/// Nothing but a name goes into the path: whatever else was typed becomes a name that no call has.
fn name_in_path(id: &str) -> String {
    id.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}

/// Prints to standard output. A reader that has gone (`tandem calls | head`) is no error.
fn say(text: &str) {
    let _printed = writeln!(std::io::stdout(), "{text}");
}

/// Prints to standard error.
fn complain(text: &str) {
    let _printed = writeln!(std::io::stderr(), "{}", text.trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn tandem_alone_runs_and_options_may_stand_behind_the_command() {
        assert!(Cli::try_parse_from(["tandem"]).unwrap().command.is_none());
        let cli = Cli::try_parse_from(["tandem", "calls", "--json", "--config", "x.toml"]).unwrap();
        assert!(cli.asking.json);
        assert_eq!(cli.config, Path::new("x.toml"));
    }

    #[test]
    fn a_call_to_hang_up_cannot_be_another_path() {
        assert_eq!(name_in_path("c17"), "c17");
        assert_eq!(name_in_path("../status?x"), "___status_x");
    }
}
