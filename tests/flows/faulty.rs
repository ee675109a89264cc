//! Whatever a carrier does, calls over another one go through.

use crate::failover::takes;
use crate::registrant::{PASSWORD, known_to_acme};
use crate::stage::{Demands, Party, Stage, Twist};
use proptest::prelude::*;
use std::time::Duration;
use tandem::call::Order;
use tandem::config::valid::Qualify;

/// What a carrier can do.
#[derive(Clone, Debug)]
enum Trick {
    /// It refuses the next call.
    Refuses(u16),
    /// It says nothing to anything.
    FallsSilent,
    /// It speaks again.
    IsBack,
    /// The network says that nobody is there.
    IsNotThere,
    /// It wants to know who asks, and may know another password than we.
    Demands(bool),
    /// It says this to our REGISTER.
    Registers(u16),
    /// It says this to our OPTIONS.
    Options(u16),
    /// It answers a call, and then asks for something strange within it.
    Answers(&'static str),
    /// It calls so often that somebody must say no.
    Floods(usize),
    /// Its name leads nowhere, or somewhere again.
    LosesItsName(bool),
    /// Nothing for so many seconds.
    Rests(u64),
}

fn trick() -> impl Strategy<Value = Trick> {
    let status = || {
        proptest::sample::select(vec![
            200u16, 302, 401, 403, 404, 408, 423, 480, 486, 500, 503, 504, 603,
        ])
    };
    let refusal = proptest::sample::select(vec![
        400u16, 403, 404, 407, 408, 422, 480, 486, 488, 500, 503, 504, 603,
    ]);
    prop_oneof![
        refusal.prop_map(Trick::Refuses),
        Just(Trick::FallsSilent),
        Just(Trick::IsBack),
        Just(Trick::IsNotThere),
        any::<bool>().prop_map(Trick::Demands),
        status().prop_map(Trick::Registers),
        status().prop_map(Trick::Options),
        proptest::sample::select(vec!["BYE", "MESSAGE", "REFER", "NOTIFY"]).prop_map(Trick::Answers),
        (1usize..6).prop_map(Trick::Floods),
        any::<bool>().prop_map(Trick::LosesItsName),
        (1u64..400).prop_map(Trick::Rests),
    ]
}

/// Bob is the one who suffers.
fn play(s: &mut Stage, acme: &Party, bob: &Party, trick: &Trick) {
    match trick {
        Trick::Refuses(status) => {
            bob.calls("02079460999");
            if acme.is_rung() {
                acme.rejects(*status);
            }
        }
        Trick::FallsSilent => acme.falls_silent(),
        Trick::IsBack => acme.is_back(),
        Trick::IsNotThere => {
            let was_silent = acme.is_silent();
            acme.falls_silent();
            bob.calls("02079460999");
            acme.loses_connection();
            if !was_silent {
                acme.is_back();
            }
        }
        Trick::Demands(knows) => {
            let password = if *knows { PASSWORD } else { "another" };
            acme.demands(Demands::new(401, password));
        }
        Trick::Registers(status) => {
            acme.answers_registers_with(*status, &[("Min-Expires", "90"), ("Retry-After", "3")])
        }
        Trick::Options(status) => acme.answers_options_with(*status),
        Trick::Answers(method) => {
            bob.calls("02079460999");
            if acme.is_rung() && !acme.is_silent() {
                acme.answers();
                acme.sends_within(method, |said| said);
            }
        }
        Trick::Floods(calls) => (0..*calls).for_each(|_| acme.calls("+442079460100")),
        Trick::LosesItsName(is_lost) => {
            s.loses_the_dns(is_lost.then_some("the DNS has no name acme.example"))
        }
        Trick::Rests(seconds) => s.wait(*seconds),
    }
}

fn whole_story(s: &mut Stage, tricks: &[Trick]) {
    s.configure(|config| {
        takes(config, &[&[("acme", 1)]]);
        let acme = known_to_acme(config);
        acme.register = Some(Duration::from_secs(120));
        acme.max_calls = Some(4);
        acme.qualify = Some(Qualify {
            every: Duration::from_secs(10),
            down_after: 2,
            up_after: 1,
        });
        config.limits.max_calls = 10;
    });
    let (acme, globe) = (s.carrier("acme"), s.carrier("globe"));
    let (alice, bob) = (s.registered_phone("1001"), s.registered_phone("1002"));
    for trick in tricks {
        play(s, &acme, &bob, trick);
        alice.calls("0015550123");
        globe.rings();
        alice.gets(180);
        globe.answers();
        alice.hears("globe");
        alice.hangs_up();
    }
    acme.is_back();
    s.order(Order::ShutDown);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_faulty_carrier_disturbs_no_other(tricks in proptest::collection::vec(trick(), 1..8)) {
        let mut played = Stage::play("a faulty carrier", |s| whole_story(s, &tricks), Twist::Straight);
        // Who is not there any more gets no answer.
        played.faults.retain(|fault| !fault.contains("of acme got 0 final answers"));
        prop_assert!(played.faults.is_empty(), "{:?}\n{}\n{}", tricks, played.faults.join("\n"), played.drawing);
    }
}
