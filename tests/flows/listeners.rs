//! Several listeners, and what each of them looks like from inside and from outside of a NAT.

use crate::stage::Stage;
use std::net::IpAddr;
use tandem::config::valid::ListenTransport;

/// The router in front of us has one public address for UDP, and another one for TCP.
fn behind_a_router(s: &mut Stage) {
    s.configure(|house| {
        let ours = "192.0.2.1:5060".parse().unwrap();
        for listener in house
            .listeners
            .iter_mut()
            .filter(|listener| listener.address == ours)
        {
            let public: IpAddr = match listener.transport {
                ListenTransport::Udp => "203.0.113.20".parse().unwrap(),
                ListenTransport::Tcp | ListenTransport::Tls => "203.0.113.21".parse().unwrap(),
            };
            listener.advertise = Some(public);
        }
    });
}

/// The phone outside sees the router in Via, Contact and SDP; the phone in the house sees us.
pub fn phone_outside(s: &mut Stage) {
    behind_a_router(s);
    let alice = s.registered_phone("1001");
    let bob = s.phone("1002").at("198.51.100.7:5060");
    bob.registers();
    alice.calls("1002");
    bob.is_told("Via", "203.0.113.20:5060");
    bob.is_told("Contact", "@203.0.113.20:5060>");
    bob.is_to_speak_to("203.0.113.20");
    bob.rings();
    bob.answers();
    alice.is_told("Contact", "@192.0.2.1:5060>");
    alice.is_to_speak_to("192.0.2.1");
    s.wait(5);
    bob.holds();
    bob.is_to_speak_to("203.0.113.20");
    alice.hangs_up();
    bob.is_asked("BYE");
}

/// Each listener has its own public address, whatever the port.
pub fn phone_outside_over_tcp(s: &mut Stage) {
    behind_a_router(s);
    let carol = s.phone("1003").at("198.51.100.8:5060").over_tcp();
    carol.registers();
    let bob = s.phone("1002").at("198.51.100.7:5060");
    bob.registers();
    carol.calls("1002");
    bob.is_told("Contact", "@203.0.113.20:5060>");
    bob.answers();
    carol.is_told("Contact", "@203.0.113.21:5060;transport=tcp>");
    carol.is_to_speak_to("203.0.113.21");
    s.wait(5);
    bob.hangs_up();
    carol.is_asked("BYE");
}
