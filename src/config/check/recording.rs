//! What is recorded, and by whose rule.

use crate::config::outside::{NoDirectory, Outside};
use crate::config::report::Problems;
use crate::config::shape::Given;
use crate::config::{raw, valid};
use std::path::Path;

/// What is recorded. The directory should be there as soon as anything may be; calls go on without it, and are
/// recorded from when it is.
pub(super) fn recording(
    file: &raw::File,
    raw: &raw::Recording,
    outside: &dyn Outside,
    problems: &mut Problems<'_>,
) -> Option<valid::Recording> {
    let directory = raw.directory.as_ref()?;
    let recording = valid::Recording {
        incoming: raw.incoming.as_ref()?.value,
        outgoing: raw.outgoing.as_ref()?.value,
        internal: raw.internal.as_ref()?.value,
        consult: raw.consult.as_ref()?.value,
        pause: raw.pause.as_ref()?.value,
        paused: raw.paused.as_ref()?.value,
        resume_after: raw.resume_after.as_ref()?.value.0,
        directory: directory.value.clone(),
        mode: raw.mode.as_ref()?.value.0,
    };
    let records = recording.incoming || recording.outgoing || recording.internal || somebody_wants_it(file);
    if records && let Err(error) = outside.recordings(&directory.value) {
        let what = format!(
            "tapes cannot be written to {}: {error}",
            directory.value.display()
        );
        problems.fault(&directory.at, what, directory_hint(&error, &directory.value));
    }
    Some(recording)
}

fn directory_hint(error: &NoDirectory, directory: &Path) -> String {
    let shown = directory.display();
    match error {
        NoDirectory::Missing => {
            format!("make it, writable for the user that Tandem runs as: mkdir -p {shown}")
        }
        NoDirectory::Other => "name a directory; this is a file".to_owned(),
        NoDirectory::Closed(_) => {
            format!("let the user that Tandem runs as write there: chown tandem {shown}")
        }
    }
}

/// What an extension or a trunk says itself.
pub(super) fn own(record: &Option<Given<bool>>, pause: &Option<Given<bool>>) -> valid::OwnRules {
    let said = |given: &Option<Given<bool>>| given.as_ref().map(|given| given.value);
    valid::OwnRules {
        record: said(record),
        pause: said(pause),
    }
}

fn somebody_wants_it(file: &raw::File) -> bool {
    let wants = |record: &Option<Given<bool>>| record.as_ref().is_some_and(|record| record.value);
    let extensions = super::named(&file.extension);
    let trunks = super::named(&file.trunk);
    extensions.iter().any(|(_, table)| wants(&table.record))
        || trunks.iter().any(|(_, table)| wants(&table.record))
}
