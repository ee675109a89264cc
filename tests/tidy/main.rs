//! The architecture, checked: who may import whom, how long things may get, and which words do not belong here.
//!
//! Every complaint says where and what to do. To change a rule, change it here, with the reason.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot read its files has failed"
)]

mod files;
mod rows;
mod tokens;

use files::{Complaints, File, files};
use proc_macro2::TokenTree;
use std::fs;
use std::path::Path;
use tokens::{first_words, functions, imports, is_path_separator, is_word, line, walk};

/// Who may import whom below `src/`. `shell` and the two roots may import everything.
const IMPORTS: &[(&str, &[&str])] = &[
    ("id", &[]),
    ("time", &[]),
    ("number", &[]),
    ("wiring", &["id", "time"]),
    ("sip", &["id", "time"]),
    ("sdp", &[]),
    ("config", &["id", "number"]),
    (
        "call",
        &["sip", "sdp", "wiring", "config", "id", "time", "number"],
    ),
    ("media", &["wiring", "id", "time"]),
];

/// These may import everything: the world, and the two roots.
const FREE: &[&str] = &["shell", "lib", "main"];

/// Names that do not belong below the shell, and what to do instead.
const NOT_BELOW_THE_SHELL: &[(&[&str], &str)] = &[
    (
        &["Instant", "SystemTime", "UNIX_EPOCH"],
        "take the time as an argument: `crate::time::Time`",
    ),
    (
        &["OsRng", "thread_rng", "from_os_rng", "getrandom"],
        "take a seed as an argument",
    ),
    (
        &[
            "UdpSocket",
            "TcpStream",
            "TcpListener",
            "socket2",
            "rustix",
            "ureq",
        ],
        "return bytes and let the shell send them",
    ),
    (
        &["tokio", "axum", "sleep"],
        "be a plain function that the shell calls",
    ),
    (
        &["HashMap", "HashSet", "RandomState", "dashmap"],
        "use BTreeMap or BTreeSet: their order is the same in each run",
    ),
];

/// Parts of `std` that do not belong below the shell, except in tests, which may read files.
const NOT_BELOW_THE_SHELL_FROM_STD: &[&str] = &["fs", "env", "thread", "process"];

/// Only these may print; all others write to the log.
const PRINTERS: &[&str] = &["src/main.rs", "src/shell/cli.rs", "src/shell/cli/"];

/// Crates that tests may lean on and the product may not, with the reason.
const ONLY_FOR_TESTS: &[(&str, &str)] = &[
    (
        "rsip",
        "a second opinion on messages is worth something only if the product does not share it",
    ),
    (
        "sipx-sip",
        "a second opinion on messages is worth something only if the product does not share it",
    ),
    ("sipx-testkit", "it plays the other side"),
    ("proptest", "it makes up inputs"),
    ("insta", "it keeps golden files"),
    ("criterion", "it measures"),
];

const MAX_FILE_LINES: usize = 500;
const MAX_FUNCTION_LINES: usize = 70;
const MAX_FOLDERS: usize = 3;

fn sources() -> Vec<File> {
    files(&["src"], &["rs"])
}

fn all_rust() -> Vec<File> {
    files(&["src", "tests", "benches", "examples"], &["rs"])
}

#[test]
fn the_parts_import_only_whom_they_may() {
    let mut complaints = Complaints::default();
    for file in sources() {
        let part = file.part();
        if FREE.contains(&&*part) {
            continue;
        }
        let Some((_, allowed)) = IMPORTS.iter().find(|(name, _)| *name == part) else {
            complaints.add(
                &file,
                1,
                "this part is not in the map of imports: give it a place there (tests/tidy.rs)",
            );
            continue;
        };
        walk(file.tokens(), &file.modules(), &mut |tokens, modules| {
            for (line, other) in imports(tokens, modules) {
                if other != part && !allowed.contains(&&*other) {
                    let may = if allowed.is_empty() {
                        "nothing".to_owned()
                    } else {
                        allowed.join(", ")
                    };
                    let words = format!(
                        "`{part}` may import {may}, not `{other}`: pass what it needs as an argument"
                    );
                    complaints.add(&file, line, &words);
                }
            }
        });
    }
    complaints.must_be_none();
}

#[test]
fn below_the_shell_there_is_no_clock_no_chance_and_no_world() {
    let mut complaints = Complaints::default();
    for file in sources()
        .into_iter()
        .filter(|file| !FREE.contains(&&*file.part()))
    {
        walk(file.tokens(), &file.modules(), &mut |tokens, modules| {
            let in_test = file.is_test() || modules.iter().any(|module| module == "tests");
            for (at, token) in tokens.iter().enumerate() {
                let name = token.to_string();
                if let Some((_, instead)) = NOT_BELOW_THE_SHELL
                    .iter()
                    .find(|(names, _)| names.contains(&&*name))
                {
                    let words = format!("`{name}` does not belong below the shell: {instead}");
                    complaints.add(&file, line(token), &words);
                }
                if !in_test && is_word(token, "std") && is_path_separator(tokens, at + 1) {
                    for module in first_words(tokens.get(at + 3)) {
                        if NOT_BELOW_THE_SHELL_FROM_STD.contains(&&*module) {
                            let words = format!(
                                "`std::{module}` does not belong below the shell: let the shell do it"
                            );
                            complaints.add(&file, line(token), &words);
                        }
                    }
                }
            }
        });
    }
    complaints.must_be_none();
}

#[test]
fn only_the_command_line_prints() {
    let printing = ["print", "println", "eprint", "eprintln", "dbg"];
    let mut complaints = Complaints::default();
    for file in sources() {
        let path = file.path.to_string_lossy().into_owned();
        if PRINTERS.iter().any(|printer| path.starts_with(printer)) {
            continue;
        }
        walk(file.tokens(), &[], &mut |tokens, _| {
            for pair in tokens.windows(2) {
                let is_macro = matches!(&pair[1], TokenTree::Punct(punct) if punct.as_char() == '!');
                if is_macro && printing.iter().any(|word| is_word(&pair[0], word)) {
                    complaints.add(
                        &file,
                        line(&pair[0]),
                        "only the command line prints: use `tracing` here",
                    );
                }
            }
        });
    }
    complaints.must_be_none();
}

#[test]
fn files_and_functions_stay_short_and_folders_flat() {
    let mut complaints = Complaints::default();
    for file in all_rust() {
        let lines = file.text.lines().count();
        if lines > MAX_FILE_LINES {
            let words =
                format!("{lines} lines, and {MAX_FILE_LINES} are the most: split it by what it tells");
            complaints.add(&file, 1, &words);
        }
        // The tests of a file may stand in a folder of its name.
        let home = if file.path.ends_with("tests.rs") {
            file.path.parent()
        } else {
            Some(&*file.path)
        };
        if home
            .and_then(Path::parent)
            .map_or(0, |folder| folder.iter().count())
            > MAX_FOLDERS
        {
            complaints.add(
                &file,
                1,
                &format!("folders are at most {MAX_FOLDERS} deep: move it up"),
            );
        }
        walk(file.tokens(), &[], &mut |tokens, _| {
            for (name, line, lines) in functions(tokens) {
                if lines > MAX_FUNCTION_LINES {
                    let words = format!(
                        "`{name}` has {lines} lines, and {MAX_FUNCTION_LINES} are the most: give its parts names"
                    );
                    complaints.add(&file, line, &words);
                }
            }
        });
    }
    complaints.must_be_none();
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut complaints = Complaints::default();
    for file in all_rust() {
        let is_unit_test = file.path.ends_with("tests.rs");
        if !is_unit_test && !file.text.lines().any(|line| line.starts_with("//! ")) {
            complaints.add(
                &file,
                1,
                "begin with a line of `//!` that says what this file is for",
            );
        }
    }
    complaints.must_be_none();
}

#[test]
fn no_word_stands_here_that_belongs_elsewhere() {
    // In two pieces, so that this file does not complain about itself.
    let unfinished = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let foreign = [
        concat!("issue", " #"),
        concat!("chat", "gpt"),
        concat!("cop", "ilot"),
        concat!("clau", "de"),
        concat!("anthro", "pic"),
        concat!("open", "ai"),
        concat!("crates", ".io"),
    ];
    let mut texts = files(
        &["src", "tests", "benches", "examples", "config", "recordings"],
        &["rs", "toml", "md", "txt", "snap"],
    );
    texts.extend(
        ["README.md", "Cargo.toml", "clippy.toml", "deny.toml"]
            .iter()
            .filter(|path| Path::new(path).exists())
            .map(|path| File {
                path: path.into(),
                text: fs::read_to_string(path).unwrap(),
            }),
    );
    let mut complaints = Complaints::default();
    for file in &texts {
        for (at, line) in file.text.lines().enumerate() {
            let mut words = line.split(|c: char| !c.is_alphanumeric());
            if let Some(word) = words.find(|word| unfinished.contains(word)) {
                complaints.add(
                    file,
                    at + 1,
                    &format!("{word}: finish it, or say what is so in a sentence"),
                );
            }
            let lower = line.to_lowercase();
            if let Some(word) = foreign.iter().find(|word| lower.contains(**word)) {
                complaints.add(
                    file,
                    at + 1,
                    &format!("\"{word}\": the project speaks of itself alone; take it out"),
                );
            }
        }
    }
    complaints.must_be_none();
}

#[test]
fn what_serves_tests_does_not_serve_calls() {
    let manifest: toml::Table = fs::read_to_string("Cargo.toml").unwrap().parse().unwrap();
    let targets = manifest
        .get("target")
        .and_then(toml::Value::as_table)
        .into_iter()
        .flat_map(toml::Table::values);
    let tables = targets.filter_map(toml::Value::as_table).chain([&manifest]);
    for table in tables {
        for kind in ["dependencies", "build-dependencies"] {
            for (name, why) in ONLY_FOR_TESTS {
                let depends = table
                    .get(kind)
                    .is_some_and(|dependencies| dependencies.get(name).is_some());
                assert!(
                    !depends,
                    "Cargo.toml: move {name} from [{kind}] to [dev-dependencies]: {why}"
                );
            }
        }
    }
    assert!(
        manifest["dev-dependencies"].get("rsip").is_some(),
        "Cargo.toml: the torture tests ask rsip for its opinion"
    );
}

/// The checks above must be able to fail.
#[test]
fn the_checks_see_through_braces_and_supers() {
    let text = "use crate::{sip::Flow, call};\nmod tests { use super::super::media; }\nfn f() -> [u8; 1] {\n\n\n}\n\
                // crate::nothing and \"crate::nothing\"\nfn g() { m!(super::super::super::shell::x) }";
    let file = File {
        path: "src/call/io.rs".into(),
        text: text.to_owned(),
    };
    assert_eq!(file.modules(), ["call", "io"]);
    let (mut seen, mut long) = (Vec::new(), Vec::new());
    walk(file.tokens(), &file.modules(), &mut |tokens, modules| {
        seen.extend(imports(tokens, modules).into_iter().map(|(_, name)| name));
        long.extend(functions(tokens));
    });
    assert_eq!(
        seen,
        ["sip", "call", "shell"],
        "two `super`s inside `tests` lead to `call`, not further"
    );
    assert_eq!(long, [("f".to_owned(), 3, 2), ("g".to_owned(), 8, 0)]);
    let deeper = File {
        path: "src/call/mod.rs".into(),
        text: "use super::{sdp, media::engine};".to_owned(),
    };
    walk(deeper.tokens(), &deeper.modules(), &mut |tokens, modules| {
        let names: Vec<_> = imports(tokens, modules)
            .into_iter()
            .map(|(_, name)| name)
            .collect();
        assert!(
            modules == ["call"] && (names.is_empty() || names == ["sdp", "media"]),
            "{names:?}"
        );
    });
}
