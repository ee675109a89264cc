//! The world: sockets, threads, files and clocks around the pure middle.

pub mod clock;
pub mod media_io;
mod media_shard;
pub mod media_thread;
pub mod ports;
pub mod surroundings;
mod tape;
mod tape_audio;
pub mod tape_file;
mod tape_repair;
pub mod tape_sheet;
pub mod tape_thread;
