//! The programme: every flow that is played, by the file that it stands in. What is not in it is not played.

use super::Flow;

/// Lists the flows of a part of the programme, and makes a test of each.
macro_rules! flows {
    ($($act:ident: $($scene:ident)+;)+) => {
        pub const FLOWS: &[crate::Flow] = &[$($((stringify!($act), stringify!($scene), crate::$act::$scene)),+),+];
        mod play {
            $(mod $act {
                $(#[test] fn $scene() { crate::play(stringify!($act), stringify!($scene), crate::$act::$scene); })+
            })+
        }
    };
}

mod calls;
mod handing_on;
mod outside;
mod phones;
mod transfers;

/// All of them.
pub fn flows() -> impl Iterator<Item = &'static Flow> {
    [
        phones::FLOWS,
        calls::FLOWS,
        transfers::FLOWS,
        handing_on::FLOWS,
        outside::FLOWS,
    ]
    .into_iter()
    .flatten()
}
