//! Tandem, a SIP back-to-back user agent for contact centres.

pub mod call;
pub mod config;
pub mod id;
pub mod media;
pub mod number;
pub mod sdp;
pub mod shell;
pub mod sip;
pub mod time;
pub mod wiring;
