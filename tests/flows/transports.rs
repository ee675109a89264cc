//! TCP and IPv6: the stories are the same.

use crate::stage::Stage;

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
