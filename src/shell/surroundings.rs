//! The machine that the configuration speaks of: its files, variables and directories.

use super::tls;
use crate::config::valid::Identity;
use crate::config::{NoDirectory, NoIdentity, Outside};
use hound::{SampleFormat, WavReader};
use rustix::fs::Access;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::SystemTime;

/// More than any secret; what is longer is the wrong file.
const MAX_SECRET_BYTES: u64 = 4096;

/// This machine, as this process may see it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings;

impl Outside for Surroundings {
    fn secret_file(&self, path: &Path) -> Result<String, String> {
        let mut text = String::new();
        let file = File::open(path).map_err(|error| error.to_string())?;
        file.take(MAX_SECRET_BYTES + 1)
            .read_to_string(&mut text)
            .map_err(|error| error.to_string())?;
        if text.len() as u64 > MAX_SECRET_BYTES {
            return Err(format!("it is longer than {MAX_SECRET_BYTES} bytes"));
        }
        Ok(text)
    }

    fn variable(&self, name: &str) -> Result<String, String> {
        std::env::var(name).map_err(|error| error.to_string())
    }

    fn music(&self, path: &Path) -> Result<(), String> {
        let spec = WavReader::open(path).map_err(|error| error.to_string())?.spec();
        match (spec.sample_format, spec.bits_per_sample) {
            (SampleFormat::Int, 16) => Ok(()),
            (SampleFormat::Int, bits) => Err(format!("its samples have {bits} bits")),
            (SampleFormat::Float, _) => Err("its samples are floating-point numbers".to_owned()),
        }
    }

    fn recordings(&self, path: &Path) -> Result<(), NoDirectory> {
        let closed = |why: String| NoDirectory::Closed(why);
        match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(NoDirectory::Other),
            Err(why) if why.kind() == ErrorKind::NotFound => return Err(NoDirectory::Missing),
            Err(why) => return Err(closed(why.to_string())),
        }
        let may = rustix::fs::access(path, Access::WRITE_OK | Access::EXEC_OK);
        may.map_err(|error| closed(error.to_string()))
    }

    fn identity(&self, identity: &Identity) -> Result<Option<String>, NoIdentity> {
        tls::identify(identity, &tls::Guests::default())?;
        Ok(tls::worry(identity, SystemTime::now()))
    }

    fn authorities(&self, path: &Path) -> Result<(), String> {
        tls::authorities(path).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_said_without_ado() {
        let nowhere = Path::new("/nowhere/at/all");
        assert!(Surroundings.secret_file(nowhere).is_err());
        assert!(Surroundings.music(nowhere).is_err());
        assert!(Surroundings.recordings(nowhere).is_err());
        assert!(Surroundings.variable("TANDEM_THAT_NOBODY_SETS").is_err());
        assert!(Surroundings.variable("A=B").is_err());
    }

    #[test]
    fn a_secret_comes_from_its_file_and_tapes_go_into_a_directory() {
        let house = tempfile::tempdir().unwrap();
        let key = house.path().join("key");
        std::fs::write(&key, "cedar\n").unwrap();
        assert_eq!(Surroundings.secret_file(&key).as_deref(), Ok("cedar\n"));
        assert_eq!(Surroundings.recordings(house.path()), Ok(()));
        assert!(Surroundings.recordings(&key).is_err());
        std::fs::write(&key, "x".repeat(5000)).unwrap();
        assert!(Surroundings.secret_file(&key).is_err());
    }
}
