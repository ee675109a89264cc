//! Recordings that a crash has left unfinished, made whole at the next start.

use super::tape_file::repair;
use super::tape_name::{TapeName, write_in_one_piece};
use super::tape_seal::sha256;
use serde_json::Value;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Repairs each of these recordings, gives it its final name and says so in its sheet. What cannot be repaired stays as
/// it is, and the log says why.
pub(super) fn repair_all(unfinished: &[PathBuf]) {
    for file in unfinished {
        let (Some(folder), Some(stem)) = (file.parent(), unfinished_stem(file)) else {
            continue;
        };
        match repair_one(folder, file, &stem) {
            Ok(samples) => tracing::warn!(
                file = %file.display(), samples, "a crash had left this recording unfinished: it is whole again"
            ),
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
            Err(error) => tracing::error!(
                file = %file.display(), %error, "this unfinished recording cannot be repaired: look at it by hand"
            ),
        }
    }
}

/// The unfinished recordings in the day folders of `directory`.
pub(super) fn unfinished(directory: &Path) -> Vec<PathBuf> {
    let folders = children(directory).into_iter().filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| children(&folder));
    files.filter(|file| unfinished_stem(file).is_some()).collect()
}

fn repair_one(folder: &Path, file: &Path, stem: &str) -> io::Result<u64> {
    let samples = repair(file)?;
    let finished = folder.join(format!("{stem}{}", TapeName::FINISHED));
    if finished.exists() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "there is a finished one of this name",
        ));
    }
    std::fs::rename(file, &finished)?;
    match amend_sheet(folder, stem) {
        // A crash before the first sheet leaves audio alone; that is still worth having.
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(samples),
    }
}

/// Puts the final name and length into the sheet. All that else stands there stays, whoever wrote it.
fn amend_sheet(folder: &Path, stem: &str) -> io::Result<()> {
    let (path, text) = read_sheet(folder, stem)?;
    let mut sheet: Value = serde_json::from_slice(&text)?;
    let was = format!("{stem}{}", TapeName::UNFINISHED);
    let is = format!("{stem}{}", TapeName::FINISHED);
    let (mut samples, mut sums) = (0, Vec::new());
    for name in file_names(&mut sheet) {
        if *name == was {
            *name = is.clone();
        }
        sums.extend(sha256(&folder.join(&*name)).ok());
        samples += hound::WavReader::open(folder.join(&*name)).map_or(0, |reader| reader.duration());
    }
    sheet["samples"] = samples.into();
    sheet["sha256"] = sums.into();
    sheet["interrupted"] = true.into();
    let mode = std::fs::metadata(&path)?.permissions().mode() & 0o777;
    write_in_one_piece(&path, &serde_json::to_vec_pretty(&sheet)?, mode)
}

/// The sheet of this part: that of its name, or of its name without the number of the part.
fn read_sheet(folder: &Path, stem: &str) -> io::Result<(PathBuf, Vec<u8>)> {
    let whole = folder.join(format!("{stem}.json"));
    let of_first_part = stem.rsplit_once('_').map_or(stem, |(first, _)| first);
    match std::fs::read(&whole) {
        Ok(text) => Ok((whole, text)),
        Err(_) => {
            let path = folder.join(format!("{of_first_part}.json"));
            std::fs::read(&path).map(|text| (path, text))
        }
    }
}

fn file_names(sheet: &mut Value) -> Vec<&mut String> {
    let mut names = Vec::new();
    for (key, value) in sheet.as_object_mut().into_iter().flatten() {
        match (key.as_str(), value) {
            ("file", Value::String(name)) => names.push(name),
            ("further_files", Value::Array(further)) => {
                names.extend(further.iter_mut().filter_map(|name| match name {
                    Value::String(name) => Some(name),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                        None
                    }
                }));
            }
            (_, _) => {}
        }
    }
    names
}

fn unfinished_stem(file: &Path) -> Option<String> {
    Some(
        file.file_name()?
            .to_str()?
            .strip_suffix(TapeName::UNFINISHED)?
            .to_owned(),
    )
}

/// What lies in a folder, by name; nothing if there is no such folder.
fn children(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    paths
}
