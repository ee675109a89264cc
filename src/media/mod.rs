//! The media plane: wirings, packets and ticks in; packets, tape and events out.
//!
//! Pure like the middle: the engine has no socket, clock, file or thread. `shell/media_thread` moves
//! the bytes, so who hears whom can be measured in virtual time.

mod codec;
mod conceal;
mod content;
mod conversation;
mod dtmf;
mod ear;
pub mod engine;
mod hearing;
mod keys;
mod lane;
mod latch;
mod melody;
mod mix;
mod outgoing;
mod playout;
mod port;
mod resample;
mod rtcp;
mod rtp;
mod sound;
mod source;
mod tape;
mod tone;
mod vigil;
