//! The world: sockets, threads, files and clocks around the pure middle.

pub mod clock;
pub mod surroundings;
