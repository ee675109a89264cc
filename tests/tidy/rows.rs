//! The table of which test proves what must not rot.

use super::files::{Complaints, File};
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_row_names_tests_that_exist() {
    let path = PathBuf::from("tests/README.md");
    let text = fs::read_to_string(&path).unwrap();
    let table = File { path, text };
    let mut complaints = Complaints::default();
    let mut named = 0;
    for (number, line) in table
        .text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with('|'))
    {
        for name in line.split('`').skip(1).step_by(2) {
            named += 1;
            if !exists(name) {
                complaints.add(&table, number + 1, &format!("there is no test {name}"));
            }
        }
    }
    assert!(named > 100, "the table is not read: {named} names");
    complaints.must_be_none();
}

/// `calls::busy` is a flow with its drawing; `tests/ears/keys.rs::a_press…` a function in that file.
fn exists(name: &str) -> bool {
    let Some((place, test)) = name.rsplit_once("::") else {
        return false;
    };
    let defines =
        |what| fs::read_to_string(place).is_ok_and(|text| text.contains(&format!("{what} {test}(")));
    match Path::new(place).extension().and_then(|it| it.to_str()) {
        Some("rs") => defines("fn"),
        Some("py") => defines("def"),
        _ => Path::new(&format!("tests/flows/{place}/{test}.ladder.txt")).exists(),
    }
}
