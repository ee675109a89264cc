//! The world: sockets, threads, files and clocks around the pure middle.
//!
//! Reading order: [`run`] opens everything, [`driver`] waits, steps and acts. Messages come and go through
//! [`transports`] ([`udp`], [`tcp`], [`tls`]), trunks are found by [`dns`] and [`names`], people ask through [`api`] and
//! [`cli`].

#![expect(
    clippy::disallowed_methods,
    reason = "this is the world: here clocks are read and waited for"
)]

pub mod api;
pub mod cli;
pub mod client;
pub mod clock;
pub mod dns;
pub mod driver;
mod gather;
pub mod greeting;
pub mod known;
pub mod lanes;
mod late;
pub mod log;
pub mod media_io;
mod media_shard;
pub mod media_thread;
pub mod music;
pub mod names;
pub mod news;
pub mod orders;
pub mod ports;
pub mod recording_drawing;
pub mod recordings;
pub mod routes;
pub mod run;
pub mod seats;
pub mod seldom;
mod signals;
pub mod surroundings;
pub mod tables;
mod tape;
mod tape_audio;
pub mod tape_file;
pub mod tape_name;
mod tape_repair;
mod tape_seal;
pub mod tape_sheet;
pub mod tape_thread;
pub mod tcp;
pub mod tls;
pub mod transports;
pub mod udp;
