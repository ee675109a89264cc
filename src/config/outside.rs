//! The world outside the file, as far as the file speaks of it.

use super::valid::Identity;
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
    fn recordings(&self, path: &Path) -> Result<(), NoDirectory>;

    /// Whether a TLS listener can show this certificate and prove it with this key. What comes back is a worry
    /// about it, if there is one: "it expired on 2026-01-05".
    fn identity(&self, identity: &Identity) -> Result<Option<String>, NoIdentity>;

    /// Whether this file holds certificates of authorities.
    fn authorities(&self, path: &Path) -> Result<(), String>;
}

/// Why tapes cannot be written into a directory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoDirectory {
    /// There is nothing of that name.
    #[error("there is no such directory")]
    Missing,
    /// It is something else.
    #[error("it is not a directory")]
    Other,
    /// We may not write there.
    #[error("{0}")]
    Closed(String),
}

/// Which file keeps a TLS listener from showing who it is, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoIdentity {
    /// The one with the certificate.
    #[error("the certificate cannot be used: {0}")]
    Certificate(String),
    /// The one with the key.
    #[error("the key cannot be used: {0}")]
    Key(String),
}
