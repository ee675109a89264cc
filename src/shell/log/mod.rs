//! The log: the story of every call on standard error, never in the way of a call.

mod mask;
mod paper;

pub use mask::masked;
pub use paper::Paper;

use crate::call::{Event, Weight};
use crate::sip::Flow;
use tracing::{debug, error, info, warn};
use tracing_subscriber::EnvFilter;

/// The target of whole SIP messages: `RUST_LOG=tandem::wire=debug` shows only those.
pub const WIRE: &str = "tandem::wire";

/// Starts to log. `RUST_LOG` decides what is shown; without it the story, and with `verbose` every
/// detail and every SIP message. Keep what it returns until the end: dropping it writes the last lines.
pub fn start(verbose: bool) -> Paper {
    let usual = if verbose { "info,tandem=debug" } else { "info" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_unset| EnvFilter::new(usual));
    let paper = Paper::start(std::io::stderr());
    let writer = paper.pen();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(move || writer.clone());
    // It fails only if somebody logs already, and then that log is as good.
    let _started = log.try_init();
    paper
}

/// Tells one sentence of the story.
pub fn tell(event: &Event) {
    let text = event.to_string();
    let sentence = text.replace(char::is_control, " ");
    match event.weight {
        Weight::Detail => debug!("{sentence}"),
        Weight::Story => info!("{sentence}"),
        Weight::Warning => warn!("{sentence}"),
        Weight::Trouble | Weight::Alarm => error!("{sentence}"),
    }
}

/// Shows a message that has come in, if anybody wants to see it.
pub fn received(flow: &Flow, message: &[u8]) {
    debug!(target: WIRE, "received from {flow}\n{}", masked(message));
}

/// Shows a message that goes out, if anybody wants to see it.
pub fn sent(flow: &Flow, message: &[u8]) {
    debug!(target: WIRE, "sent to {flow}\n{}", masked(message));
}
