//! What the people are doing: legs, conversations, and who hears whom.
//!
//! Read [`conversation`] first: the stories, and the wiring that follows from them. Then the stories in
//! the order in which they happen: [`reception`], [`ringing`], [`talking`], [`ending`].

pub mod binding;
pub mod carrying;
pub mod changing;
pub mod chronicle;
pub mod codes;
pub mod conference;
pub mod consult;
pub mod conversation;
pub mod conversations;
pub mod dialling;
pub mod early;
pub mod ending;
pub mod event;
pub mod following;
pub mod forwarding;
pub mod gesture;
pub mod guard;
pub mod handover;
pub mod hearing;
pub mod identity;
pub mod inviting;
pub mod io;
pub mod keys;
pub mod leg;
pub mod login;
pub mod merging;
pub mod muting;
pub mod notice;
pub mod offer;
pub mod parting;
pub mod pausing;
pub mod pickup;
pub mod ports;
pub mod proven;
pub mod reason;
pub mod reception;
pub mod recording;
pub mod recording_rule;
pub mod referral;
pub mod referred;
pub mod refusal;
pub mod registrar;
pub mod reliable;
pub mod ringing;
pub mod route;
pub mod session_timer;
pub mod silence;
pub mod snapshot;
pub mod step;
pub mod story;
pub mod switch;
pub mod talking;
pub mod targets;
pub mod view;
pub mod within;
pub mod world;

pub use event::{Event, Weight};
pub use io::{Effect, Effects, Input, Lookup, Order, OrderId, Query, Reply};
pub use snapshot::SnapshotError;
pub use switch::{Census, Switch};
