//! Words about tapes.

use super::network::one_of;
use super::{text, wrong};
use crate::config::shape::{Word, Wrong};
use crate::config::valid::WhilePaused;
use toml::de::DeValue;

/// The permissions of a file, written as `chmod` takes them.
pub(in crate::config) struct FileMode(pub(in crate::config) u32);

/// The owner reads and writes,
const OWNER: u32 = 0o600;
/// and nobody executes a recording.
const MOST: u32 = 0o666;

impl Word for WhilePaused {
    const EXAMPLE: &'static str = r#""silence""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let choices = [("silence", WhilePaused::Silence), ("cut", WhilePaused::Cut)];
        one_of(text(value, Self::EXAMPLE)?, "way to pause", choices)
    }
}

impl Word for FileMode {
    const EXAMPLE: &'static str = r#""0640""#;

    fn parse(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = text(value, Self::EXAMPLE)?;
        let digits = text.trim_start_matches("0o");
        let is_octal = (3..=4).contains(&digits.len()) && digits.bytes().all(|b| (b'0'..=b'7').contains(&b));
        let mode = u32::from_str_radix(digits, 8).ok().filter(|_| is_octal);
        match mode {
            Some(mode) if mode & OWNER == OWNER && mode & !MOST == 0 => Ok(FileMode(mode)),
            Some(_) => wrong(
                format!("cannot be \"{text}\": we must read and write the files, and nobody executes them"),
                "write \"0600\" for nobody else, \"0640\" for the group to read, \"0660\" for it to write",
            ),
            None => wrong(
                format!("is no file mode: {text:?}"),
                format!("write three octal digits behind a 0, as in {}", Self::EXAMPLE),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_must_be_able_to_write_what_we_record() {
        let mode = |text: &str| FileMode::parse(&DeValue::String(text.to_owned().into())).ok();
        assert_eq!(mode("0640").map(|mode| mode.0), Some(0o640));
        assert_eq!(mode("600").map(|mode| mode.0), Some(0o600));
        for wrong in ["0777", "0440", "64", "rw-r-----", "", "01640", "0o8"] {
            assert!(mode(wrong).is_none(), "{wrong}");
        }
    }
}
