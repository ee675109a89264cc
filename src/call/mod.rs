//! What the people are doing: legs, conversations, and who hears whom.

pub mod binding;
pub mod event;
pub mod io;
pub mod recording;
pub mod registrar;
pub mod switch;
pub mod view;

pub use event::{Event, Weight};
pub use io::{Effect, Effects, Input, Lookup, Order, OrderId, Query, Reply};
pub use switch::{Census, SnapshotError, Switch};
