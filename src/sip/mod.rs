//! SIP: bytes to messages and back, transactions, dialogs, digest (RFC 3261 and its family).
//!
//! Nothing here reads a clock, opens a socket or throws a die: all three are arguments.

pub mod address;
pub mod auth;
pub mod chance;
pub mod dialog;
pub mod draft;
pub mod endpoint;
pub mod fields;
pub mod flow;
pub mod framer;
pub mod message;
pub mod method;
pub mod name;
mod text;
pub mod transaction;
pub mod uri;

pub use address::Address;
pub use chance::Chance;
pub use dialog::Dialog;
pub use draft::Draft;
pub use endpoint::{ClientId, Endpoint, EndpointSettings, Indication, Outgoing, ServerId};
pub use fields::{CSeq, Via};
pub use flow::{Flow, Transport};
pub use message::{Malformed, Message, MessageLimits};
pub use method::Method;
pub use name::Name;
pub use transaction::TimerSettings;
pub use uri::Uri;
