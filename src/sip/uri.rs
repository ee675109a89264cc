//! SIP, SIPS and tel URIs (RFC 3261 §19.1, RFC 3966); other schemes are carried as they are.

/// A URI. Parts are kept as they were written; escapes are resolved only where asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Uri {}

impl Uri {
    /// Reads an addr-spec without angle brackets.
    pub fn parse(text: &str) -> Option<Uri> {
        todo!()
    }
    /// `sip:user@host:port`, the user escaped as needed; port None is left out.
    pub fn sip(user: Option<&str>, host: &str, port: Option<u16>) -> Uri {
        todo!()
    }
    /// Scheme in lower case: "sip", "sips", "tel" or another.
    pub fn scheme(&self) -> &str {
        todo!()
    }
    /// The user part (or the number of a tel URI) with escapes resolved; none if absent or not UTF-8.
    pub fn user(&self) -> Option<String> {
        todo!()
    }
    /// The host, lower case; an IPv6 address without its brackets. Empty for tel.
    pub fn host(&self) -> &str {
        todo!()
    }
    /// The port if written.
    pub fn port(&self) -> Option<u16> {
        todo!()
    }
    /// A uri-parameter's value ("" if it has none); names compare without case.
    pub fn param(&self, name: &str) -> Option<&str> {
        todo!()
    }
    /// Adds or replaces a uri-parameter (an empty value prints as a bare name).
    #[must_use]
    pub fn with_param(self, name: &str, value: &str) -> Uri {
        todo!()
    }
    /// A URI header (after `?`), escapes resolved (RFC 3261 §19.1.1).
    pub fn header(&self, name: &str) -> Option<String> {
        todo!()
    }
    /// The URI without its headers and without `method`: what may stand in a Request-URI.
    #[must_use]
    pub fn for_request(&self) -> Uri {
        todo!()
    }
    /// Equality by the rules of RFC 3261 §19.1.4.
    pub fn same_as(&self, other: &Uri) -> bool {
        todo!()
    }
}
impl std::fmt::Display for Uri {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}
