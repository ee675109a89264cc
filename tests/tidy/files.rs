//! The files of the project, and what is wrong with them.

use proc_macro2::TokenStream;
use std::fs;
use std::path::PathBuf;

/// One file of Rust, and its text.
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// Collects what is wrong, so that one run shows it all.
#[derive(Default)]
pub(crate) struct Complaints(Vec<String>);

impl Complaints {
    pub(crate) fn add(&mut self, file: &File, line: usize, words: &str) {
        self.0.push(format!("{}:{line}: {words}", file.path.display()));
    }

    pub(crate) fn must_be_none(self) {
        assert!(self.0.is_empty(), "\n{}\n", self.0.join("\n"));
    }
}

/// All files below these folders that end so.
pub(crate) fn files(folders: &[&str], endings: &[&str]) -> Vec<File> {
    let mut todo: Vec<PathBuf> = folders
        .iter()
        .map(PathBuf::from)
        .filter(|path| path.exists())
        .collect();
    let mut files = Vec::new();
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if endings
            .iter()
            .any(|ending| path.extension().is_some_and(|is| is == *ending))
        {
            let text = fs::read_to_string(&path).unwrap();
            files.push(File { path, text });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!files.is_empty(), "there is nothing in {folders:?} to check");
    files
}

impl File {
    pub(crate) fn tokens(&self) -> TokenStream {
        self.text
            .parse()
            .unwrap_or_else(|error| panic!("{}: {error}", self.path.display()))
    }

    /// The module path below the crate: `src/call/io.rs` is `["call", "io"]`.
    pub(crate) fn modules(&self) -> Vec<String> {
        let below = self
            .path
            .strip_prefix("src")
            .unwrap_or(&self.path)
            .with_extension("");
        let mut modules: Vec<_> = below
            .iter()
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        if modules.last().is_some_and(|last| last == "mod") {
            modules.pop();
        }
        modules
    }

    /// The first step of that path, which the map of imports speaks of.
    pub(crate) fn part(&self) -> String {
        self.modules().remove(0)
    }

    pub(crate) fn is_test(&self) -> bool {
        self.modules().iter().any(|module| module == "tests")
    }
}
