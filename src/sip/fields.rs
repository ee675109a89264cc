//! The smaller typed header fields.

use super::{Method, flow::Transport};

/// CSeq (RFC 3261 §20.16). Numbers of 2^31 and more are refused.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CSeq {
    /// The sequence number.
    pub number: u32,
    /// The method.
    pub method: Method,
}
impl CSeq {
    /// Reads the field's value.
    pub fn parse(text: &str) -> Option<CSeq> {
        todo!()
    }
}
impl std::fmt::Display for CSeq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}

/// One Via value (RFC 3261 §20.42).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Via {
    /// "UDP", "TCP" … in upper case.
    pub transport: String,
    /// sent-by host; an IPv6 address without its brackets.
    pub host: String,
    /// sent-by port if written.
    pub port: Option<u16>,
    /// The parameters in order: name in lower case, value if any.
    pub params: Vec<(String, Option<String>)>,
}
impl Via {
    /// Reads one Via value.
    pub fn parse(text: &str) -> Option<Via> {
        todo!()
    }
    /// A parameter's value; "" if it has none.
    pub fn param(&self, name: &str) -> Option<&str> {
        todo!()
    }
    /// The branch.
    pub fn branch(&self) -> Option<&str> {
        todo!()
    }
}
impl std::fmt::Display for Via {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}
