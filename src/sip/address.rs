//! name-addr and addr-spec with header parameters: From, To, Contact, Route … (RFC 3261 §20.10).

use super::Uri;

/// A display name, a URI and the parameters behind it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Address {
    /// The display name with quoting resolved; empty if there is none.
    pub display: String,
    /// The URI.
    pub uri: Uri,
    /// The header parameters in order: name in lower case, value as written (quotes kept) if any.
    pub params: Vec<(String, Option<String>)>,
}

impl Address {
    /// An address without display name and parameters.
    pub fn new(uri: Uri) -> Address {
        todo!()
    }
    /// Reads one value of From, To, Contact, Route, P-Asserted-Identity …
    pub fn parse(text: &str) -> Option<Address> {
        todo!()
    }
    /// The display name replaced. Printed quoted and escaped; CR, LF and NUL can never get out.
    #[must_use]
    pub fn with_display(self, display: &str) -> Address {
        todo!()
    }
    /// A parameter's value, quotes removed; "" if it has none.
    pub fn param(&self, name: &str) -> Option<&str> {
        todo!()
    }
    /// Adds or replaces a parameter.
    #[must_use]
    pub fn with_param(self, name: &str, value: &str) -> Address {
        todo!()
    }
    /// The tag parameter of From and To.
    pub fn tag(&self) -> Option<&str> {
        todo!()
    }
}
impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}
