//! The configuration file: what is understood, and what ops are told when it is not.

use std::collections::BTreeMap;
use std::path::Path;
use tandem::config::{self, Outside, Reading, Report};

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

    fn recordings(&self, path: &Path) -> Result<(), String> {
        if path == Path::new("recordings") {
            Ok(())
        } else {
            Err("no such directory".to_owned())
        }
    }
}

fn read(text: &str) -> Result<Reading, Report> {
    config::read("tandem.toml", text, &Machine::default())
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
