//! The configuration file: what is understood, and what ops are told when it is not.

#![expect(clippy::panic, reason = "a helper of a test fails as a test does")]

use proptest::prelude::*;
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tandem::config::valid::{Code, Identity, ListenTransport, WhilePaused};
use tandem::config::{self, Config, Need, NoDirectory, NoIdentity, Outside, Reading, Report, Severity};

#[path = "config/caller_ids.rs"]
mod caller_ids;
#[path = "config/carriers.rs"]
mod carriers;
#[path = "config/classes.rs"]
mod classes;
#[path = "config/emergencies.rs"]
mod emergencies;
#[path = "config/transfers.rs"]
mod transfers;

const SAMPLE: &str = include_str!("../config/tandem.toml");

/// A machine with the files and variables that a test wants.
#[derive(Default)]
struct Machine {
    files: BTreeMap<&'static str, &'static str>,
    variables: BTreeMap<&'static str, &'static str>,
}

impl Outside for Machine {
    fn secret_file(&self, path: &Path) -> Result<String, String> {
        let file = path.to_str().and_then(|path| self.files.get(path));
        file.map(|text| (*text).to_owned())
            .ok_or("no such file".to_owned())
    }

    fn variable(&self, name: &str) -> Result<String, String> {
        self.variables
            .get(name)
            .map(|value| (*value).to_owned())
            .ok_or("it is not set".to_owned())
    }

    fn music(&self, path: &Path) -> Result<(), String> {
        self.secret_file(path).map(drop)
    }

    fn recordings(&self, path: &Path) -> Result<(), NoDirectory> {
        match path.to_str() {
            Some("recordings") => Ok(()),
            Some(file) if self.files.contains_key(file) => Err(NoDirectory::Other),
            _ => Err(NoDirectory::Missing),
        }
    }

    /// A file holds the name of the one whom it proves; `old` is one that expired.
    fn identity(&self, identity: &Identity) -> Result<Option<String>, NoIdentity> {
        let certificate = self
            .secret_file(&identity.certificate)
            .map_err(NoIdentity::Certificate)?;
        match self.secret_file(&identity.key) {
            Err(why) => Err(NoIdentity::Key(why)),
            Ok(key) if key != certificate => {
                Err(NoIdentity::Key("it is not the key of the certificate".to_owned()))
            }
            Ok(_) => Ok((certificate == "old").then(|| "it expired on 2026-01-05".to_owned())),
        }
    }

    fn authorities(&self, path: &Path) -> Result<(), String> {
        self.secret_file(path).map(drop)
    }
}

fn read(text: &str) -> Result<Reading, Report> {
    config::read("tandem.toml", text, &Machine::default())
}

fn understood(text: &str) -> Config {
    read(text)
        .unwrap_or_else(|report| panic!("this should be understood:\n{report}"))
        .config
}

fn refused(text: &str) -> Report {
    match read(text) {
        Ok(_) => panic!("this should be refused:\n{text}"),
        Err(report) => report,
    }
}

/// The smallest file that runs, and what a test adds to it.
fn house_with(more: &str) -> String {
    let least = "[switch]\ndomain = \"tandem.example\"\n[[listen]]\ntransport = \"udp\"\naddress = \"0.0.0.0:5060\"\n\
                 [[listen]]\ntransport = \"tcp\"\naddress = \"0.0.0.0:5060\"\n";
    format!("{least}{more}")
}

#[test]
fn the_sample_runs_as_it_is() {
    let Reading { config, warnings } = read(SAMPLE).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(
        config.extensions.keys().collect::<Vec<_>>(),
        ["1001", "1002", "1003"]
    );
    assert_eq!(config.listeners.len(), 4);
    assert_eq!(config.incoming["+442079460100"].ring, ["1001", "1002"]);
    assert_eq!(config.caller_id.default.as_deref(), Some("+442079460100"));
    assert_eq!(
        warnings.problems().len(),
        1,
        "its passwords are known to everybody, and nothing else is wrong: {warnings}"
    );
}

/// Each of these files is wrong in many ways, and its report is kept beside it. After a change that is meant,
/// `INSTA_UPDATE=always cargo test --test config` draws the reports again.
#[test]
fn every_problem_is_drawn_under_its_line() {
    let files = [
        "addresses",
        "caller_ids",
        "classes",
        "codecs",
        "codes",
        "keys",
        "numbers",
        "open",
        "ports",
        "recording",
        "routes",
        "secrets",
        "trunks",
        "syntax",
        "tls",
        "twice",
        "types",
    ];
    let mut machine = Machine::default();
    machine.files.insert("secrets/1008", "hunter2-hunter2\n");
    machine.variables.insert("PASSWORD_1009", "hunter2-hunter2");
    for name in ["cert.pem", "key.pem"] {
        machine.files.insert(name, "house");
    }
    for name in ["old-cert.pem", "old-key.pem"] {
        machine.files.insert(name, "old");
    }
    for name in files {
        let file = format!("tests/config/{name}.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let Err(report) = config::read(&file, &text, &machine) else {
            panic!("{file} is understood")
        };
        let drawing = report.to_string();
        assert!(
            !drawing.contains("hunter2"),
            "{file}: a secret is shown:\n{drawing}"
        );
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("config");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, drawing));
    }
}

/// The sample with its optional keys set: lines that begin with `#` and a key, without a blank between.
fn sample_with_all_keys() -> String {
    let set = |line: &str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase()) => rest.to_owned(),
        _ => line.to_owned(),
    };
    SAMPLE.lines().map(set).collect::<Vec<_>>().join("\n")
}

/// All values that the sample gives to a key such as `extension.*.name`.
fn values<'s>(sample: &'s toml::Value, path: &str) -> Vec<&'s toml::Value> {
    path.split('.').fold(vec![sample], |values, step| {
        let inside = |value: &'s toml::Value| -> Vec<&'s toml::Value> {
            match (step, value) {
                ("*", toml::Value::Table(table)) => table.values().collect(),
                ("*", toml::Value::Array(items)) => items.iter().collect(),
                _ => value.get(step).into_iter().collect(),
            }
        };
        values.into_iter().flat_map(inside).collect()
    })
}

/// The comment above the first line that sets this key and has one.
fn comment_above(text: &str, key: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    let sets = |line: &str| line.split_once(" = ").is_some_and(|(name, _)| name == key);
    let above = |at: usize| lines[..at].iter().rev().take_while(|line| line.starts_with('#'));
    let places = (0..lines.len()).filter(|at| sets(lines[*at]));
    let mut comments = places.map(|at| above(at).copied().collect::<Vec<_>>().join("\n"));
    comments.find(|comment| !comment.is_empty()).unwrap_or_default()
}

#[test]
fn the_sample_shows_every_key_and_its_default() {
    let text = sample_with_all_keys();
    let sample: toml::Value = toml::from_str(&text).unwrap();
    for key in config::keys() {
        let given = values(&sample, &key.path);
        assert!(
            !given.is_empty(),
            "config/tandem.toml does not show `{}`: add it, with a comment",
            key.path
        );
        let comment = comment_above(&text, key.path.rsplit('.').next().unwrap());
        assert!(
            !comment.is_empty(),
            "config/tandem.toml does not say what `{}` is for",
            key.path
        );
        if let Need::Default(default) = key.need {
            let table: toml::Table = toml::from_str(&format!("x = {default}")).unwrap();
            let is_shown = given.contains(&&table["x"]) || comment.contains(&format!("Default: {default}."));
            assert!(
                is_shown,
                "config/tandem.toml does not show that `{}` is {default} by default",
                key.path
            );
        }
    }
}

#[test]
fn a_small_file_is_enough() {
    let config = understood(&house_with(""));
    assert_eq!(config.domain, "tandem.example");
    assert_eq!(config.listeners[0].transport, ListenTransport::Udp);
    assert_eq!((config.media.first_port, config.media.last_port), (20000, 29999));
    assert_eq!(config.timers.t1, Duration::from_millis(500));
    assert_eq!(config.limits.idle_connection, Duration::from_secs(7200));
    assert!(
        !config.recording.incoming && !config.recording.outgoing,
        "nobody is recorded unasked"
    );
    assert_eq!(config.api.listen, None);
    assert_eq!(config.caller_id.default, None);
}

#[test]
fn rules_of_ones_own_stand_beside_those_of_the_house() {
    let text = house_with(
        "[extension.1001]\npassword = \"long-enough-for-us\"\nrecord = true\npause = false\n\
         [recording]\npaused = \"cut\"\nresume_after = \"2m\"\nmode = \"0660\"\n",
    );
    let config = understood(&text);
    let own = config.extensions["1001"].recording;
    assert_eq!((own.record, own.pause), (Some(true), Some(false)));
    let house = &config.recording;
    assert_eq!(
        (house.pause, house.paused, house.mode),
        (true, WhilePaused::Cut, 0o660)
    );
    assert_eq!(house.resume_after, Some(Duration::from_secs(120)));
}

#[test]
fn durations_are_what_they_say() {
    let ring = |text: &str| house_with(&format!("[timers]\nring = \"{text}\""));
    assert_eq!(understood(&ring("90s")).timers.ring, Duration::from_secs(90));
    assert_eq!(understood(&ring("1m30s")).timers.ring, Duration::from_secs(90));
    assert_eq!(
        understood(&ring("1 min 30 s 500 ms")).timers.ring,
        Duration::from_millis(90_500)
    );
    for wrong in [
        "",
        "s",
        "5",
        "5 5",
        "-5s",
        "5y",
        "99999999999999999999s",
        "18446744073709551615d",
        "50s!",
    ] {
        refused(&ring(wrong));
    }
}

#[test]
fn codes_are_off_unless_wanted_and_each_may_be_left_out() {
    let codes = |table: &str| understood(&house_with(table)).codes.by_keys;
    assert_eq!(codes(""), BTreeMap::new());
    let all = codes("[codes]\nenabled = true");
    assert_eq!(all.into_keys().collect::<String>(), "*1*2*3*4*5*6*7*8");
    let some = codes("[codes]\nenabled = true\ncold = \"off\"\nwarm = \"#a\"");
    assert_eq!(some.len(), 7);
    assert_eq!(some["#A"], Code::Warm);

    let text = house_with("[codes]\nenabled = true\nmerge = \"77\"");
    let Reading { warnings, .. } = read(&text).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(warnings.count(Severity::Warning), 1, "{warnings}");
}

#[test]
fn a_secret_may_be_kept_elsewhere() {
    let mut machine = Machine::default();
    machine.files.insert("/run/key", "cedar and maple\n");
    machine.variables.insert("TOKEN", "a token long enough for us");
    let text = house_with(
        r#"
        [extension.1001]
        password_file = "/run/key"
        [api]
        listen = "[::]:8060"
        token_env = "TOKEN"
        "#,
    );
    let Reading { config, warnings } = config::read("tandem.toml", &text, &machine).unwrap();
    assert!(warnings.is_empty(), "{warnings}");
    assert_eq!(
        config.extensions["1001"].password.expose_secret(),
        "cedar and maple"
    );
    assert_eq!(
        config.api.token.as_ref().unwrap().expose_secret(),
        "a token long enough for us"
    );
    assert!(!format!("{config:?}").contains("cedar"), "Debug shows a secret");
}

/// It keeps one part from working, and never everybody from telephoning.
#[test]
fn what_is_missing_elsewhere_is_a_fault_and_no_error() {
    let text = house_with(
        r#"
        [media]
        music = "nowhere.wav"
        [recording]
        incoming = true
        directory = "nowhere"
        [extension.1001]
        password = "cedar-and-maple"
        [extension.1002]
        password_file = "nowhere"
        [trunk.acme]
        host = "198.51.100.7"
        username = "radios"
        password_env = "NOWHERE"
        [numbers]
        country = "GB"
        default = "+442079460100"
        [api]
        listen = "0.0.0.0:8060"
        token_file = "nowhere"
        "#,
    );
    let Reading { config, warnings } = read(&text).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(warnings.count(Severity::Fault), 5, "{warnings}");
    assert_eq!(config.extensions.keys().collect::<Vec<_>>(), ["1001"]);
    let account = config.trunks["acme"].credentials.as_ref().unwrap();
    assert!(account.username == "radios" && account.password.is_none());
    assert!(config.api.listen.is_none(), "nobody comes in without a token");
}

#[test]
fn a_problem_knows_its_place_and_its_cure() {
    let report = refused("[switch]\ndomain = \"ändërung.example\"\n  [recording]\n  incomming = true\n");
    let places: Vec<_> = report
        .problems()
        .iter()
        .map(|it| (it.line, it.column, it.severity))
        .collect();
    assert_eq!(places, [(2, 10, Severity::Error), (4, 3, Severity::Error)]);
    assert_eq!(report.problems()[1].right, "did you mean `incoming`?");
}

#[test]
fn colour_is_for_terminals() {
    let report = refused("x = 1");
    assert!(!report.to_string().contains('\u{1b}'));
    assert!(report.draw(true).contains('\u{1b}'));
}

#[test]
fn the_strangest_files_are_refused_in_order() {
    assert_eq!(refused("").problems()[0].line, 1);
    assert_eq!(refused("\r\n\r\n").problems()[0].line, 1);
    refused("[switch]\ndomain");
    refused("[switch]\npassword = \"\"\"");
    refused(&"[".repeat(10_000));
    refused(&format!("x = {}", "[".repeat(10_000)));
    refused(&"a.".repeat(10_000));
}

/// Pieces that hit the places where a reader of such files may stumble.
fn scrap() -> impl Strategy<Value = String> {
    let signs = [
        "[", "]", "[[", "=", "\"", "'''", "\"\"\"", "\n", "\r", ".", ",", "#", "{", "}", "ä", "☎", "\0", "\t",
    ];
    let words = [
        "password",
        "token = ",
        "ring = [1]",
        "\"0.0.0.0:0\"",
        "+44",
        "99999999999999999999",
        "1e9",
        "-1",
    ];
    prop_oneof![
        proptest::sample::select(signs.to_vec()).prop_map(str::to_owned),
        proptest::sample::select(words.to_vec()).prop_map(str::to_owned),
        "\\PC{0,6}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever stands in the file, there is an answer, and it can be drawn.
    #[test]
    fn no_file_is_too_broken_to_be_told_so(
        scraps in proptest::collection::vec((0usize..10_000, 0usize..40, scrap()), 1..6),
    ) {
        let mut text = SAMPLE.to_owned();
        for (at, length, scrap) in scraps {
            let start = text.floor_char_boundary(at % (text.len() + 1));
            let end = text.floor_char_boundary((start + length).min(text.len())).max(start);
            text.replace_range(start..end, &scrap);
        }
        match read(&text) {
            Ok(reading) => drop(reading.warnings.draw(true)),
            Err(report) => {
                prop_assert!(report.count(Severity::Error) > 0, "refused without a reason:\n{}", text);
                prop_assert!(!report.draw(false).is_empty());
            }
        }
    }
}
