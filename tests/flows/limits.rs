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

/// As many are at work as may be, for a call that rings: what is new is told to come back, in one line for all of it,
/// and calls go on, change and end as ever.
pub fn too_many_transactions(s: &mut Stage) {
    let (alice, bob) = s.alice_with_bob(5);
    let carol = s.registered_phone("1003");
    s.configure(|house| house.limits.max_transactions = 2);
    s.restart();
    s.wait(40);
    carol.calls("1002");
    bob.rings();
    let dave = s.stranger();
    for _ in 0..5 {
        dave.sends("OPTIONS", "sip:tandem.example", |said| said);
        dave.gets(503);
    }
    dave.is_told("Retry-After", "5");
    let erin = s.phone("1001");
    erin.registers();
    erin.gets(503);
    erin.calls("1002");
    erin.gets(503);
    alice.holds();
    alice.gets(200);
    alice.resumes();
    alice.hears("1002·1");
    alice.sends_within("INFO", |info| info);
    alice.gets(200);
    alice.hangs_up();
    bob.is_asked("BYE");
    carol.cancels();
    s.wait(40);
    dave.sends("OPTIONS", "sip:tandem.example", |said| said);
    dave.gets(200);
}

/// A crowd registers within half a minute. Each answer is kept for its repetitions, as long as nobody needs the room.
pub fn crowd_registers_at_once(s: &mut Stage) {
    s.configure(|house| house.limits.max_transactions = 4);
    for extension in ["1001", "1002", "1003", "1001", "1002", "1003"] {
        let phone = s.registered_phone(extension);
        phone.gets(200);
    }
}

/// There may be no further call, and the one that is up is held and handed on to a colleague as ever.
pub fn calls_go_on_at_the_limit(s: &mut Stage) {
    s.configure(|house| house.limits.max_calls = 1);
    let (alice, carol, acme) = s.agent_with_customer(5);
    let bob = s.registered_phone("1002");
    bob.calls("02079460999");
    bob.gets(503);
    bob.is_told("Retry-After", "5");
    alice.holds();
    alice.resumes();
    alice.hands_on_to("1003");
    carol.rings();
    carol.answers();
    alice.hangs_up();
    s.talk_on(&carol, &acme);
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
