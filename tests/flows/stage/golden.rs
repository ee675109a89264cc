//! The drawings beside the tests. `TANDEM_REDRAW=1 cargo test --test flows` draws them anew; `git diff` then
//! shows what has changed, message by message.

use std::path::PathBuf;

/// Compares a drawing with the one that is kept, or keeps it if asked to.
pub fn compare(act: &str, scene: &str, drawing: &str) -> Result<(), String> {
    keep(&format!("{act}/{scene}.ladder.txt"), drawing)
}

/// Compares what was drawn with the file of this name, or keeps it if asked to.
pub fn keep(name: &str, drawing: &str) -> Result<(), String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/flows/{name}"));
    if std::env::var_os("TANDEM_REDRAW").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, drawing).unwrap();
        return Ok(());
    }
    let kept = std::fs::read_to_string(&path)
        .map_err(|_| format!("{name} has no drawing yet; draw it with TANDEM_REDRAW=1:\n{drawing}"))?;
    difference(&kept, drawing).map_or(Ok(()), |difference| {
        Err(format!("{name} plays differently\n{difference}"))
    })
}

/// The first lines in which two drawings differ, with those before them; none if they are equal.
pub fn difference(kept: &str, played: &str) -> Option<String> {
    let (kept, played): (Vec<&str>, Vec<&str>) = (kept.lines().collect(), played.lines().collect());
    let longest = kept.len().max(played.len());
    let first = (0..longest).find(|line| kept.get(*line) != played.get(*line))?;
    let part = |lines: &[&str], mark: &str| -> String {
        lines
            .iter()
            .skip(first)
            .take(8)
            .map(|line| format!("{mark} {line}\n"))
            .collect()
    };
    let before: String = kept[first.saturating_sub(6)..first]
        .iter()
        .map(|line| format!("  {line}\n"))
        .collect();
    Some(format!("{before}{}{}", part(&kept, "-"), part(&played, "+")))
}
