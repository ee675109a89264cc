//! Limits, and the orders of those who run the switch.

use crate::stage::Stage;
use crate::stage::said::Said;
use tandem::call::Order;
use tandem::id::ConversationId;

/// The call that is up is not disturbed by the one too many.
pub fn too_many_calls(s: &mut Stage) {
    s.configure(|house| house.limits.max_calls = 1);
    let (alice, bob) = s.alice_with_bob(5);
    let carol = s.phone("1003");
    carol.calls("1001");
    carol.gets(503);
    alice.hears("1002");
    bob.hangs_up();
}

/// Two pairs of ports: enough for one call.
pub fn no_ports_left(s: &mut Stage) {
    s.configure(|house| house.media.last_port = house.media.first_port + 3);
    let (alice, bob) = s.alice_with_bob(5);
    let carol = s.phone("1003");
    carol.calls("1001");
    carol.gets(503);
    alice.hangs_up();
    bob.is_asked("BYE");
}

/// A crowd is registered for one extension, and a call rings no more of it than it may.
pub fn too_many_phones_for_one_call(s: &mut Stage) {
    s.configure(|house| house.limits.max_phones_per_call = 1);
    let alice = s.registered_phone("1001");
    let bob = s.registered_phone("1002");
    let _silent = s.registered_phone("1002");
    alice.calls("1002");
    bob.rings();
    bob.answers();
    alice.hears("1002");
    s.wait(5);
    bob.hangs_up();
    alice.is_asked("BYE");
}

/// The call that is being made goes on while others are told to come back.
pub fn too_many_transactions(s: &mut Stage) {
    let (alice, bob) = (s.registered_phone("1001"), s.registered_phone("1002"));
    s.configure(|house| house.limits.max_transactions = 3);
    s.restart();
    s.wait(40);
    alice.calls("1002");
    let carol = s.phone("1003");
    carol.sends("OPTIONS", "sip:tandem.example", |said| said);
    carol.gets(503);
    bob.rings();
    bob.answers();
    alice.hears("1002");
    s.wait(40);
    carol.sends("OPTIONS", "sip:tandem.example", |said| said);
    carol.gets(200);
    bob.hangs_up();
    alice.is_asked("BYE");
}

/// One header field more than we read.
pub fn too_many_header_fields(s: &mut Stage) {
    s.configure(|house| house.limits.max_header_fields = 32);
    let alice = s.phone("1001");
    let padded = |said: Said, fields: usize| {
        let missing = fields - said.fields.len() - 1;
        (0..missing).fold(said, |said, number| said.with("Subject", number))
    };
    alice.sends("OPTIONS", "sip:tandem.example", |said| padded(said, 32));
    alice.gets(200);
    alice.sends("OPTIONS", "sip:tandem.example", |said| padded(said, 33));
    alice.gets(400);
}

/// One call is up and one rings; both end, the order is answered when they have, and nobody new is let in.
pub fn shutdown_with_calls(s: &mut Stage) {
    let (alice, bob) = s.alice_with_bob(5);
    let carol = s.registered_phone("1003");
    carol.calls("1001");
    alice.rings();
    s.wait(1);
    bob.keeps_back("200 BYE");
    s.order(Order::ShutDown);
    bob.is_asked("BYE");
    alice.is_asked("CANCEL");
    carol.calls("1002");
    carol.gets(503);
}

pub fn order_hangs_up(s: &mut Stage) {
    let (alice, bob) = s.alice_with_bob(5);
    s.order(Order::Calls);
    let conversation = s.conversation();
    s.order(Order::HangUp(conversation));
    alice.is_asked("BYE");
    bob.is_asked("BYE");
    s.order(Order::Status);
}

pub fn order_for_nobody(s: &mut Stage) {
    let _alice = s.registered_phone("1001");
    s.order(Order::HangUp(ConversationId(4711)));
    s.order(Order::Registrations);
    s.order(Order::Trunks);
}
