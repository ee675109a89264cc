//! The commands that README shows are run, and what comes of them is compared with what it says.

use std::process::Command;

const README: &str = include_str!("../README.md");

/// A command line behind `$ `, and the lines that follow it up to the next one or the end of the block.
fn examples() -> Vec<(&'static str, String)> {
    let blocks = README.split("```console\n").skip(1);
    let blocks = blocks.filter_map(|block| block.split("```").next());
    let examples = blocks.flat_map(|block| block.split("$ ").skip(1));
    let parts = examples.filter_map(|example| example.split_once('\n'));
    parts
        .map(|(command, shown)| (command, shown.trim_end().to_owned()))
        .collect()
}

/// The words of a command line; quotes keep one together.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for c in command.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            c => words.iter_mut().last().into_iter().for_each(|word| word.push(c)),
        }
    }
    words
}

#[test]
fn every_command_says_what_readme_says() {
    let examples = examples();
    assert!(
        examples.len() >= 3,
        "README shows only {} commands",
        examples.len()
    );
    for (command, shown) in examples {
        let words = words(command);
        assert_eq!(words[0], "tandem", "{command}");
        let output = Command::new(env!("CARGO_BIN_EXE_tandem"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(&words[1..])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said.trim_end(), shown, "{command}");
    }
}
