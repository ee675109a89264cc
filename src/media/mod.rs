//! The media plane: wirings, packets and ticks in; packets, tape and events out.
//!
//! Pure like the middle: the engine has no socket, clock, file or thread. `shell/media_thread` moves
//! the bytes, so who hears whom can be measured in virtual time.

pub mod engine;
