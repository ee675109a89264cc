//! One WAV file that is being written, and one that was left unfinished.
//!
//! The library writes the samples; what it cannot do is done here: saying how long a file is that
//! nobody has finished, and leaving room for silence without writing it.

use hound::{SampleFormat, WavSpec, WavWriter};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Left and right, 16 bits each.
const BYTES_PER_FRAME: u64 = 4;
/// RIFF, `fmt ` of plain PCM, and the head of `data`: what the library writes for 16-bit stereo.
const HEADER_BYTES: u64 = 44;
/// Where the header says how much follows in the file, and in the `data` chunk.
const RIFF_SIZE_AT: u64 = 4;
const DATA_SIZE_AT: u64 = 40;

/// One WAV file that is being written: stereo, 16 bits.
///
/// Samples go to the system with every call, so a killed process leaves all of them in the file; only
/// the sizes in its header are as old as the last [`TapeFile::flush`]. While it is open the file is
/// locked, so that no second switch takes it for one that a crash has left.
pub struct TapeFile {
    path: PathBuf,
    file: File,
    writer: WavWriter<File>,
}

impl TapeFile {
    /// A new file with these permissions. Fails if there is one of this name.
    pub fn create(path: &Path, samples_per_second: u32, mode: u32) -> io::Result<TapeFile> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(path)?;
        lock(&file)?;
        let spec = WavSpec {
            channels: 2,
            sample_rate: samples_per_second,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        match WavWriter::new(file.try_clone()?, spec) {
            Ok(writer) => Ok(TapeFile {
                path: path.to_owned(),
                file,
                writer,
            }),
            Err(error) => {
                // A disk without room for the header: an empty file would be in the way of the next try.
                let _ = std::fs::remove_file(path);
                Err(as_io(error))
            }
        }
    }

    /// Goes on at the end of a file that was left in any state, by us or by a process that is gone.
    pub fn reopen(path: &Path) -> io::Result<TapeFile> {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        lock(&file)?;
        let writer = append(&mut file)?;
        Ok(TapeFile {
            path: path.to_owned(),
            file,
            writer,
        })
    }

    /// How many samples (of each channel) the file holds.
    pub fn samples(&self) -> u64 {
        self.writer.duration().into()
    }

    /// Writes samples at the end. After an error the file must be dropped and opened again.
    pub fn write(&mut self, samples: &[[i16; 2]]) -> io::Result<()> {
        let count = u32::try_from(samples.len() * 2).map_err(io::Error::other)?;
        let mut writer = self.writer.get_i16_writer(count);
        for sample in samples.iter().flatten() {
            writer.write_sample(*sample);
        }
        writer.flush().map_err(as_io)
    }

    /// Makes the file end after so many samples. What it grows by is silence: a hole that costs no disk,
    /// for silence is zeros and so is a hole. After an error the file is to be opened again.
    pub fn resized(self, samples: u64) -> io::Result<TapeFile> {
        let TapeFile {
            path,
            mut file,
            writer,
        } = self;
        // It writes its sizes once more when it goes, and must not do so behind the next one's back.
        drop(writer);
        file.set_len(HEADER_BYTES + samples * BYTES_PER_FRAME)?;
        let writer = append(&mut file)?;
        Ok(TapeFile { path, file, writer })
    }

    /// Makes the sizes in the header right. Fails if somebody has deleted the file meanwhile: writing
    /// on would be writing into nothing.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.file.metadata()?.nlink() == 0 {
            let why = format!("{} was deleted while it was being written", self.path.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, why));
        }
        self.writer.flush().map_err(as_io)
    }

    /// Completes the file and gives it its final name.
    pub fn finish(mut self, name: &Path) -> io::Result<()> {
        self.flush()?;
        std::fs::rename(&self.path, name)
    }
}

/// A file that a crash has left, made whole. Tells how many samples (of each channel) it holds.
///
/// Fails with [`io::ErrorKind::InvalidData`] if it is no recording of ours, and with
/// [`io::ErrorKind::ResourceBusy`] if somebody is still writing it.
pub fn repair(path: &Path) -> io::Result<u64> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    lock(&file)?;
    repair_header(&mut file)
}

/// The library appends after what the header says, not after what is there, and would overwrite all
/// that came since the last flush: so the header is made right first.
fn append(file: &mut File) -> io::Result<WavWriter<File>> {
    repair_header(file)?;
    file.seek(SeekFrom::Start(0))?;
    WavWriter::new_append(file.try_clone()?).map_err(as_io)
}

/// Makes the two sizes in the header say what is there, up to the last whole sample.
fn repair_header(file: &mut File) -> io::Result<u64> {
    let mut header = [0; HEADER_BYTES as usize];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut header).map_err(|_| not_ours())?;
    if &header[..4] != b"RIFF" || &header[8..16] != b"WAVEfmt " || &header[36..40] != b"data" {
        return Err(not_ours());
    }
    let samples = (file.metadata()?.len() - HEADER_BYTES) / BYTES_PER_FRAME;
    let data_bytes = samples * BYTES_PER_FRAME;
    file.set_len(HEADER_BYTES + data_bytes)?;
    write_size(file, RIFF_SIZE_AT, HEADER_BYTES - 8 + data_bytes)?;
    write_size(file, DATA_SIZE_AT, data_bytes)?;
    Ok(samples)
}

fn write_size(file: &mut File, at: u64, bytes: u64) -> io::Result<()> {
    let bytes = u32::try_from(bytes).map_err(|_| not_ours())?;
    file.seek(SeekFrom::Start(at))?;
    file.write_all(&bytes.to_le_bytes())
}

fn lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            "another process is writing it",
        )),
        // Some network file systems have no locks; then there is nothing to learn.
        Err(TryLockError::Error(_)) => Ok(()),
    }
}

fn not_ours() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "not a stereo 16-bit WAV file that we began",
    )
}

fn as_io(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        other => io::Error::other(other),
    }
}
