//! TCP and IPv6: the stories are the same.

use crate::stage::{Party, Stage};

/// Requests to a phone go back over the connection on which it registered (RFC 5626 §5.3).
pub fn tcp_phone(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.phone("1002").over_tcp();
    bob.registers();
    alice.calls("1002");
    bob.rings();
    s.wait(2);
    bob.answers();
    s.wait(5);
    bob.holds();
    s.wait(5);
    bob.resumes();
    bob.hangs_up();
}

/// Bob's connection breaks while his phone rings: nothing can be said to it any more.
pub fn tcp_connection_breaks(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.phone("1002").over_tcp();
    bob.registers();
    alice.calls("1002");
    bob.rings();
    s.wait(2);
    bob.loses_connection();
    s.wait(40);
    alice.gets(480);
}

/// Each side is spoken to in its own address family.
pub fn ipv6_phone(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.phone("1002").at("[2001:db8::102]:5060");
    bob.registers();
    alice.calls("1002");
    bob.rings();
    s.wait(2);
    bob.answers();
    s.wait(5);
    alice.hangs_up();
}

/// Bob's connection is cut in the middle of a call, and his phone goes on over a new one (RFC 5923 §2).
pub fn tcp_phone_comes_back_in_a_call(s: &mut Stage) {
    let (alice, bob) = talking_over_tcp(s);
    bob.loses_connection();
    s.wait(5);
    bob.reconnects();
    bob.holds();
    bob.gets(200);
    s.wait(5);
    bob.resumes();
    s.wait(5);
    alice.hangs_up();
    bob.is_asked("BYE");
}

/// Bob's phone says nothing about the call, but it registers again: that is where he is told the end.
pub fn tcp_phone_is_found_where_it_registers_again(s: &mut Stage) {
    let (alice, bob) = talking_over_tcp(s);
    bob.loses_connection();
    s.wait(2);
    bob.reconnects();
    bob.registers();
    s.wait(5);
    alice.hangs_up();
    bob.is_asked("BYE");
}

/// Bob's phone is gone for good. Alice can hang up all the same, and nothing waits for Bob.
pub fn tcp_phone_does_not_come_back(s: &mut Stage) {
    let (alice, bob) = talking_over_tcp(s);
    bob.loses_connection();
    bob.reconnects();
    s.wait(5);
    alice.hangs_up();
    alice.gets(200);
}

fn talking_over_tcp(s: &mut Stage) -> (Party, Party) {
    let alice = s.registered_phone("1001");
    let bob = s.phone("1002").over_tcp();
    bob.registers();
    alice.calls("1002");
    bob.rings();
    bob.answers();
    s.wait(10);
    (alice, bob)
}

/// Alice's phone is registered over UDP, and her INVITE is too large for it (RFC 3261 §18.1.1). The connection
/// ends soon after, and what we have to say goes where she is registered.
pub fn large_requests_of_a_udp_phone_come_over_tcp(s: &mut Stage) {
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    let alice = alice.over_tcp();
    alice.calls("1002");
    bob.rings();
    bob.answers();
    s.wait(33);
    alice.loses_connection();
    let alice = alice.over_udp();
    bob.hangs_up();
    alice.is_asked("BYE");
}

/// Our INVITE is too large for UDP, and the carrier is known to listen on TCP, too.
pub fn large_requests_to_a_carrier_go_over_tcp(s: &mut Stage) {
    s.configure(|house| {
        house.caller_id.name = "Reliable Radios ".repeat(40);
        for trunk in house.trunks.values_mut() {
            trunk.large_over_tcp = true;
        }
    });
    let alice = s.registered_phone("1001");
    let globe = s.carrier("globe").over_tcp();
    alice.calls("0012025550123");
    globe.is_asked("INVITE");
    let globe = globe.over_udp();
    globe.rings();
    globe.answers();
    s.wait(5);
    globe.hangs_up();
}
