//! Throws bytes at `bodies::sdp`.
#![no_main]
#![allow(dead_code, reason = "each target uses one body of all")]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::sdp(data));
