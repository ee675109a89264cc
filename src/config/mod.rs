//! The one file that ops people edit: what it says ([`raw`]), and what we mean ([`valid`]).

pub mod valid;

pub use valid::Config;
