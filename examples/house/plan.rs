//! What the houses of all examples have in common: where everybody is, and what the switch is told.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

/// The switch's address.
pub(crate) const SWITCH: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// The carrier's address; its calls are told from others by it.
pub(crate) const CARRIER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3));
/// The phone's address.
pub(crate) const PHONE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 4));
/// The number that the carrier calls.
pub(crate) const DID: &str = "+442079460100";
/// The extension that it rings.
pub(crate) const EXTENSION: &str = "1001";
/// The password of every phone.
pub(crate) const PASSWORD: &str = "cedar and maple";

/// One carrier, one number of ours, and the extension that it rings; `more` is more TOML.
pub(crate) fn configuration(sip: SocketAddr, record: bool, recordings: &Path, more: &str) -> String {
    let recordings = recordings.display();
    format!(
        r#"
        [switch]
        domain = "house.example"
        [[listen]]
        transport = "udp"
        address = "{sip}"
        [extension.{EXTENSION}]
        name = "Agent"
        password = "{PASSWORD}"
        [trunk.carrier]
        host = "{CARRIER}"
        qualify = "off"
        [[incoming]]
        number = "{DID}"
        ring = ["{EXTENSION}"]
        [numbers]
        default = "{DID}"
        [recording]
        incoming = {record}
        directory = "{recordings}"
        {more}
        "#
    )
}
