//! The SHA-256 of finished audio, so that whoever has the sheet can tell whether the audio is still what it was.
//!
//! Hours of audio take a second to be read, in which the other tapes would wait: so it is done in small bites.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

const BITE_BYTES: usize = 64 << 10;

/// The files of one tape on their way to be sealed.
pub(super) struct Seal {
    files: Vec<PathBuf>,
    sums: Vec<String>,
    open: Option<(File, Sha256)>,
}

impl Seal {
    /// So many bites are taken at one look: 4 MiB, 20 ms of a slow machine.
    const BITES: usize = 64;

    pub(super) fn of(files: Vec<PathBuf>) -> Seal {
        Seal {
            files,
            sums: Vec::new(),
            open: None,
        }
    }

    /// Reads a bite more. True when all is read.
    pub(super) fn go_on(&mut self) -> io::Result<bool> {
        let Some(path) = self.files.get(self.sums.len()) else {
            return Ok(true);
        };
        let (mut file, mut sum) = match self.open.take() {
            Some(open) => open,
            None => (File::open(path)?, Sha256::new()),
        };
        match bite(&mut file, &mut sum, Seal::BITES)? {
            End::Later => self.open = Some((file, sum)),
            End::Reached => self.sums.push(in_hex(&sum.finalize())),
        }
        Ok(self.sums.len() == self.files.len())
    }

    /// Reads the rest at once.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        while !self.go_on()? {}
        Ok(())
    }

    /// What has come of it; in the order of the files.
    pub(super) fn sums(&self) -> &[String] {
        &self.sums
    }
}

/// The SHA-256 of one file.
pub(super) fn sha256(file: &Path) -> io::Result<String> {
    let mut seal = Seal::of(vec![file.to_owned()]);
    seal.finish()?;
    Ok(seal.sums.concat())
}

/// Whether a file has been read to its end.
enum End {
    Reached,
    Later,
}

fn bite(file: &mut File, sum: &mut Sha256, bites: usize) -> io::Result<End> {
    let mut buffer = vec![0; BITE_BYTES];
    for _ in 0..bites {
        match file.read(&mut buffer)? {
            0 => return Ok(End::Reached),
            length => sum.update(&buffer[..length]),
        }
    }
    Ok(End::Later)
}

fn in_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
