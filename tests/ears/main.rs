//! Ears: every party speaks with its own tone, and who hears whom is measured from the audio that comes
//! out, at the far ends and on the tape. Time is virtual; nothing sleeps.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test cannot go on without, it may insist on"
)]

mod ear;
mod law;
mod party;
mod room;

mod arriving;
mod codes;
mod hearing;
mod hour;
mod junk;
mod keys;
mod likeness;
mod mixing;
mod moving;
mod music;
mod muting;
mod reports;
mod rough;
mod rough_mixing;
mod silence;
mod skew;
mod sources;
mod strangers;
mod stream;
mod tape;
mod tones;
mod wide;
