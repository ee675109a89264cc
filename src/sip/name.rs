//! Header field names, in their long and compact forms (RFC 3261 §7.3.3 and §20).

/// A header field that we look for or write by name. All others are carried untouched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub(crate) u8);
