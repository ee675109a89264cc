//! The world outside the file, as far as the file speaks of it.

use std::path::Path;

/// What the configuration asks of the machine it is read on. The shell answers; tests make it up.
///
/// Every error is a short sentence without the name of what was asked for: "permission denied".
pub trait Outside {
    /// What stands in this file, which holds a secret.
    fn secret_file(&self, path: &Path) -> Result<String, String>;

    /// The value of this environment variable.
    fn variable(&self, name: &str) -> Result<String, String>;

    /// Whether this is a WAV file that can be played.
    fn music(&self, path: &Path) -> Result<(), String>;

    /// Whether tapes can be written into this directory.
    fn recordings(&self, path: &Path) -> Result<(), String>;
}
