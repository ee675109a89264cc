//! Devices, their connections, and the proxies before them: how a phone is found again (RFC 5626, RFC 3327).

use crate::stage::{Party, Stage};

/// A device that says who it is.
const BOX: &str = ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\"";

fn first_flow() -> String {
    format!("{BOX};reg-id=1")
}

fn second_flow() -> String {
    format!("{BOX};reg-id=2")
}

/// It comes back from another port with another Call-ID, and rings there alone.
pub fn device_restarts(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.phone("1002");
    bob.registers_as(BOX, "path");
    bob.restarts();
    let bob = bob.at("10.0.0.102:61234");
    bob.registers_as(BOX, "path");
    bob.has_contacts(&[("10.0.0.102:61234", "600")]);
    alice.calls("1002");
    bob.rejects(486);
    alice.gets(486);
}

/// RFC 3261 §18.2.2: a phone that sends from a high port, asks for no rport and names its own address in Via and Contact
/// is reached on the port of its Contact, and on no other: when it is called, hung up on, and called by itself.
pub fn sends_from_another_port_than_it_listens_on(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.phone("1002");
    bob.sends_from(50_933);
    bob.registers();
    bob.gets(200);
    alice.calls("1002");
    bob.rings();
    bob.answers();
    bob.holds();
    alice.hears("music");
    alice.hangs_up();
    bob.is_asked("BYE");
    bob.calls("1001");
    alice.rings();
    alice.answers();
    bob.sends_within("INFO", |info| info);
    bob.hears("1001");
    alice.hangs_up();
}

/// A phone that does not say who it is: the dead contacts that its restarts leave behind make room for its new ones,
/// and nobody else's do.
pub fn nameless_phone_restarts_often(s: &mut Stage) {
    s.configure(|house| house.limits.max_contacts_per_extension = 2);
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    let bis = s.phone("1002");
    for port in 6001..6004 {
        bis.clone().at(&format!("10.0.0.103:{port}")).registers();
        bis.restarts();
    }
    bis.has_contacts(&[("10.0.0.102:5060", "600"), ("10.0.0.103:6003", "600")]);
    alice.calls("1002");
    bob.rejects(486);
    bis.rejects(486);
    alice.gets(486);
}

/// RFC 3327: the call goes through the proxy that the registration came through.
pub fn behind_an_edge_proxy(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.phone("1002");
    let path = "<sip:edge.example;lr>";
    bob.registers_with(|register| {
        register
            .with("Path", path)
            .with("Supported", "path")
            .with("Require", "path")
    });
    bob.gets(200);
    bob.is_told("Path", path);
    alice.calls("1002");
    bob.is_told("Route", path);
    bob.rejects(486);
    alice.gets(486);
}

/// RFC 5626: over a stream the phone is promised that its connections count, and over UDP it is not.
pub fn outbound_is_promised_over_streams(s: &mut Stage) {
    let alice = s.phone("1001");
    alice.registers_as(&first_flow(), "path, outbound");
    alice.gets(200);
    alice.registers_with(|register| register.with("Require", "outbound"));
    alice.gets(420);
    let bob = s.phone("1002").over_tcp();
    bob.registers_as(&first_flow(), "path, outbound");
    bob.is_told("Require", "outbound");
    alice.calls("1002");
    bob.rejects(486);
    alice.gets(486);
}

/// RFC 5626 §7: a device with two connections rings over one of them; when that breaks, over the other.
pub fn second_connection_takes_over(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let (first, second) = two_connections(s);
    second.has_contacts(&[("10.0.0.102:5060", "600"), ("10.0.0.103:5060", "600")]);
    alice.calls("1002");
    second.rejects(486);
    alice.gets(486);
    second.loses_connection();
    alice.calls("1002");
    first.rejects(486);
    alice.gets(486);
}

fn two_connections(s: &mut Stage) -> (Party, Party) {
    let (first, second) = (s.phone("1002").over_tcp(), s.phone("1002").over_tcp());
    first.registers_as(&first_flow(), "path, outbound");
    second.registers_as(&second_flow(), "path, outbound");
    (first, second)
}

/// RFC 3261 §26.2.2: whoever registers `sips:` is called so, over the connection that it has opened.
pub fn sips_phone(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.phone("1002").over_tls();
    bob.registers_contact("<sips:1002@10.0.0.102:5061>", 600);
    alice.calls("1002");
    bob.is_told("Contact", "<sips:");
    bob.rings();
    bob.answers();
    alice.hears("1002");
    s.wait(5);
    bob.hangs_up();
    alice.is_asked("BYE");
}

/// And nobody is called over UDP who wants TLS.
pub fn tls_contact_over_udp(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.phone("1002");
    bob.registers_contact("<sips:1002@10.0.0.102>", 600);
    bob.gets(403);
    bob.registers_contact("<sip:1002@10.0.0.102;transport=tls>", 600);
    bob.gets(403);
    alice.calls("1002");
    alice.gets(480);
}
