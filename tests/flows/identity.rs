//! Who is shown to whom: which of our numbers a call to the outside shows, who may choose, and what carriers are told
//! and believed (rows I1 to I5).

use crate::stage::{Party, Stage};
use tandem::config::Config;
use tandem::config::valid::{IdentityField, Number, NumberFormat, Owner, RefusedChoice};

pub const MAIN: &str = "+442079460100";
pub const SALES: &str = "+442079460101";
const PARTNER: &str = "+441632960123";
const OUTSIDE: &str = "02079460999";

/// A house with three numbers that have aliases and prefixes. Alice may choose among all, Bob shows Sales and nothing
/// else, Carol has none of her own and may not choose.
pub fn numbers(house: &mut Config) {
    let number = |alias: &str, key: &str, owner| Number {
        alias: Some(alias.to_owned()),
        name: None,
        prefix: Some(format!("*31*{key}*")),
        owner,
    };
    let ids = &mut house.caller_id;
    ids.withhold = Some("*31#".to_owned());
    ids.numbers
        .insert(MAIN.to_owned(), number("Frontdesk", "0", Owner::House));
    ids.numbers
        .insert(SALES.to_owned(), number("Salesline", "1", Owner::House));
    ids.numbers
        .insert(PARTNER.to_owned(), number("Partnerline", "2", Owner::External));
    if let Some(sales) = ids.numbers.get_mut(SALES) {
        sales.name = Some("Radio Sales".to_owned());
    }
    let all = [MAIN, SALES, PARTNER].map(str::to_owned);
    let choice = |house: &mut Config, extension: &str, own: Option<&str>, may_choose| {
        let choice = &mut house.extensions.get_mut(extension).unwrap().choice;
        choice.own = own.map(str::to_owned);
        choice.allowed = all.clone().into();
        choice.may_choose = may_choose;
    };
    choice(house, "1001", None, true);
    choice(house, "1002", Some(SALES), false);
    choice(house, "1003", None, false);
}

/// Alice and the carrier of a house with several numbers, in which this is different, too.
pub fn house(s: &mut Stage, change: impl FnOnce(&mut Config)) -> (Party, Party) {
    s.configure(|house| {
        numbers(house);
        change(house);
    });
    (s.registered_phone("1001"), s.carrier("acme"))
}

fn acme(house: &mut Config) -> &mut tandem::config::valid::TrunkIdentity {
    &mut house.trunks.get_mut("acme").unwrap().identity
}

/// The carrier is busy, and that is all.
fn in_vain(caller: &Party, carrier: &Party) {
    carrier.rejects(486);
    caller.gets(486);
}

/// A short talk.
fn talk(s: &mut Stage, caller: &Party, carrier: &Party) {
    carrier.rings();
    carrier.answers();
    s.wait(5);
    caller.hangs_up();
    carrier.is_asked("BYE");
}

/// With the prefix before it the number goes out alone, and shows what the prefix stands for.
pub fn chosen_by_prefix(s: &mut Stage) {
    let (alice, acme) = house(s, |_| {});
    alice.calls("*31*1*02079460999");
    acme.is_addressed("INVITE", "sip:+442079460999@198.51.100.201");
    acme.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "\"Radio Sales\" <sip:+442079460101@192.0.2.1>",
    );
    talk(s, &alice, &acme);
    alice.calls("%2A31*2*020-7946-0999");
    acme.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "\"Reliable Radios\" <sip:+441632960123@192.0.2.1>",
    );
    in_vain(&alice, &acme);
}

/// The second account of the phone has a number or an alias for its name; who calls is known by the password.
pub fn chosen_by_account(s: &mut Stage) {
    let (alice, acme) = house(s, |_| {});
    for account in ["+442079460101", "salesline", "00442079460101"] {
        alice.calls_with(OUTSIDE, |invite| {
            let tag = invite.tag("From").to_owned();
            invite.set("From", format!("<sip:{account}@tandem.example>;tag={tag}"))
        });
        acme.is_told_by(
            "INVITE",
            "P-Asserted-Identity",
            "\"Radio Sales\" <sip:+442079460101@192.0.2.1>",
        );
        in_vain(&alice, &acme);
        s.wait(40);
    }
}

/// P-Preferred-Identity is a wish (RFC 3325 §9.2), P-Asserted-Identity of a phone is nothing.
pub fn chosen_by_preference(s: &mut Stage) {
    let (alice, acme) = house(s, |_| {});
    alice.calls_with(OUTSIDE, |invite| {
        invite
            .with(
                "P-Preferred-Identity",
                "\"The Boss\" <sip:+442079460101@tandem.example>",
            )
            .with("P-Asserted-Identity", "<sip:+442079460100@tandem.example>")
    });
    acme.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "\"Radio Sales\" <sip:+442079460101@192.0.2.1>",
    );
    acme.never_sees("Boss");
    talk(s, &alice, &acme);
}

/// Bob has a number of his own, and need not choose.
pub fn own_default(s: &mut Stage) {
    s.configure(numbers);
    let bob = s.registered_phone("1002");
    let acme = s.carrier("acme");
    bob.calls(OUTSIDE);
    acme.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "\"Radio Sales\" <sip:+442079460101@192.0.2.1>",
    );
    talk(s, &bob, &acme);
}

/// Each way to choose what may not be: the phone is told why, and the carrier nothing.
pub fn choice_is_refused(s: &mut Stage) {
    let (alice, acme) = house(s, |house| {
        house
            .extensions
            .get_mut("1001")
            .unwrap()
            .choice
            .allowed
            .remove(PARTNER);
    });
    let bob = s.registered_phone("1002");
    let carol = s.registered_phone("1003");
    alice.calls("*31*2*02079460999");
    alice.gets(403);
    alice.gets_told(
        "Warning",
        "399 tandem \"1001 may not show +441632960123 (Partnerline) (extension.1001.numbers)\"",
    );
    bob.calls("*31*0*02079460999");
    bob.gets(403);
    bob.gets_told(
        "Warning",
        "399 tandem \"1002 may not show +442079460100 (Frontdesk) (extension.1002.choose)\"",
    );
    carol.calls_with(OUTSIDE, |invite| {
        invite.with("P-Preferred-Identity", "<sip:+15550199@tandem.example>")
    });
    carol.gets(403);
    carol.gets_told("Warning", "399 tandem \"+15550199 is none of our numbers\"");
    acme.never_sees("INVITE");
    // Among colleagues nothing is shown to the outside, and nothing can be wrong with it.
    carol.calls("*31*1*1002");
    bob.rejects(486);
    carol.gets(486);
}

/// The same, where the house would rather have the call made.
pub fn choice_is_replaced(s: &mut Stage) {
    s.configure(|house| {
        numbers(house);
        house.caller_id.refused_choice = RefusedChoice::Default;
    });
    let bob = s.registered_phone("1002");
    let acme = s.carrier("acme");
    bob.calls("*31*0*02079460999");
    acme.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "\"Radio Sales\" <sip:+442079460101@192.0.2.1>",
    );
    talk(s, &bob, &acme);
}

/// A phone that asks for privacy, in each of the ways in which phones do; the carrier is told in confidence.
pub fn withheld(s: &mut Stage) {
    let (alice, acme) = house(s, |house| acme(house).takes_withheld = true);
    alice.calls_with(OUTSIDE, |invite| invite.with("Privacy", "id"));
    acme.is_told_by("INVITE", "Privacy", "id");
    acme.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "\"Reliable Radios\" <sip:+442079460100@192.0.2.1>",
    );
    in_vain(&alice, &acme);
    s.wait(40);
    alice.calls_with(OUTSIDE, |invite| {
        let tag = invite.tag("From").to_owned();
        invite.set(
            "From",
            format!("\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag={tag}"),
        )
    });
    acme.is_told_by("INVITE", "Privacy", "id");
    in_vain(&alice, &acme);
    s.wait(40);
    alice.calls("*31#02079460999");
    acme.is_told_by("INVITE", "Privacy", "id");
    talk(s, &alice, &acme);
}

/// A carrier that is not trusted is not told in confidence, either.
pub fn withheld_from_a_stranger(s: &mut Stage) {
    let (alice, acme) = house(s, |house| {
        acme(house).takes_withheld = true;
        acme(house).is_trusted = false;
    });
    alice.calls("*31#02079460999");
    acme.is_told_by("INVITE", "P-Asserted-Identity", "");
    acme.never_sees("442079460100");
    talk(s, &alice, &acme);
}

/// A carrier that takes no calls without a number gets none.
pub fn withholding_is_refused(s: &mut Stage) {
    let (alice, acme) = house(s, |_| {});
    alice.calls("*31#02079460999");
    alice.gets(403);
    alice.gets_told(
        "Warning",
        "399 tandem \"no number may be withheld over acme (trunk.acme.withhold)\"",
    );
    acme.never_sees("INVITE");
}

/// What a phone claims about itself goes nowhere, in whatever field, and at whatever time.
pub fn nothing_that_a_phone_claims(s: &mut Stage) {
    let (alice, acme) = house(s, |_| {});
    let claims = |invite: crate::stage::said::Said| {
        invite
            .with("P-Asserted-Identity", "<sip:+447911123456@palace.example>")
            .with(
                "Remote-Party-ID",
                "\"Queen\" <sip:+447911123456@palace.example>;party=calling",
            )
            .with(
                "Diversion",
                "<sip:+447911123456@palace.example>;reason=unconditional",
            )
            .with("History-Info", "<sip:+447911123456@palace.example>;index=1")
            .with("Identity", "eyJhbGciOiJFUzI1NiJ9;info=<https://palace.example>")
            .with("Referred-By", "<sip:+447911123456@palace.example>")
    };
    alice.calls_with(OUTSIDE, claims);
    acme.rings();
    acme.answers();
    alice.sends_within("UPDATE", claims);
    s.wait(2);
    alice.sends_within("BYE", claims);
    acme.never_sees("447911123456");
    acme.never_sees("palace");
}

/// Each carrier has its own spelling of numbers.
pub fn number_formats(s: &mut Stage) {
    s.configure(|house| {
        numbers(house);
        house.caller_id.country = Some(tandem::config::valid::CountryId::GB);
        acme(house).format = NumberFormat::National;
        house.trunks.get_mut("globe").unwrap().identity.format = NumberFormat::Digits;
    });
    let (alice, acme, globe) = (s.registered_phone("1001"), s.carrier("acme"), s.carrier("globe"));
    alice.calls("*31*1*02079460999");
    acme.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "\"Radio Sales\" <sip:02079460101@192.0.2.1>",
    );
    in_vain(&alice, &acme);
    s.wait(40);
    alice.calls("*31*1*0015550123");
    globe.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "\"Radio Sales\" <sip:442079460101@192.0.2.1>",
    );
    in_vain(&alice, &globe);
}

/// Each carrier reads who calls in a field of its own.
pub fn identity_fields(s: &mut Stage) {
    s.configure(|house| {
        numbers(house);
        acme(house).field = IdentityField::Preferred;
        house.trunks.get_mut("globe").unwrap().identity.field = IdentityField::RemoteParty;
    });
    let (alice, acme, globe) = (s.registered_phone("1001"), s.carrier("acme"), s.carrier("globe"));
    alice.calls(OUTSIDE);
    acme.is_told_by("INVITE", "P-Asserted-Identity", "");
    acme.is_told_by(
        "INVITE",
        "P-Preferred-Identity",
        "\"Reliable Radios\" <sip:+442079460100@192.0.2.1>",
    );
    in_vain(&alice, &acme);
    s.wait(40);
    alice.calls("0015550123");
    globe.is_told_by(
        "INVITE",
        "Remote-Party-ID",
        "\"Reliable Radios\" <sip:+442079460100@192.0.2.1>;party=calling;privacy=off;screen=yes",
    );
    in_vain(&alice, &globe);
}

/// The network's word comes before the caller's own, from a carrier that is trusted.
pub fn trusted_carrier_asserts(s: &mut Stage) {
    let (alice, acme) = house(s, |_| {});
    acme.calls_with(SALES, |invite| {
        invite.with("P-Asserted-Identity", "\"Eve\" <sip:+447700900777@acme.example>")
    });
    alice.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "\"Eve\" <sip:+447700900777@tandem.example>",
    );
    alice.rejects(486);
    acme.gets(486);
}

pub fn untrusted_carrier_asserts(s: &mut Stage) {
    let (alice, acme) = house(s, |house| acme(house).is_trusted = false);
    acme.calls_with(SALES, |invite| {
        invite.with("P-Asserted-Identity", "\"Eve\" <sip:+447700900777@acme.example>")
    });
    alice.never_sees("447700900777");
    alice.is_told_by(
        "INVITE",
        "P-Asserted-Identity",
        "<sip:+447700900123@tandem.example>",
    );
    alice.rejects(486);
    acme.gets(486);
}

/// Who does not want to be known is not, in whichever way the carrier says so.
pub fn anonymous_callers(s: &mut Stage) {
    let (alice, acme) = house(s, |_| {});
    let from = |invite: crate::stage::said::Said, from: &str| {
        let tag = invite.tag("From").to_owned();
        invite.set("From", format!("{from};tag={tag}"))
    };
    let ways: [&dyn Fn(crate::stage::said::Said) -> crate::stage::said::Said; 4] = [
        &|invite| invite.with("Privacy", "user;id"),
        &|invite| from(invite, "\"Anonymous\" <sip:anonymous@anonymous.invalid>"),
        &|invite| from(invite, "<sip:Restricted@acme.example>"),
        &|invite| from(invite, "<sip:unavailable@198.51.100.201>"),
    ];
    for way in ways {
        acme.calls_with(SALES, way);
        alice.is_told_by("INVITE", "Privacy", "id");
        alice.never_sees("447700900123");
        alice.rejects(486);
        acme.gets(486);
        s.wait(40);
    }
}

/// Quotes that do not pair in From, Contact, P-Asserted-Identity and Diversion: the name is shown as it is meant, and
/// nothing of it becomes a field or an address of its own.
pub fn names_with_odd_quotes(s: &mut Stage) {
    let (alice, acme) = house(s, |house| {
        house.trunks.get_mut("acme").unwrap().identity.is_trusted = true;
    });
    for (name, shown) in [
        ("\"O\"Neil\"", r#""O\"Neil""#),
        ("\"\"unknown\"\"", r#""unknown""#),
        (
            "\"a\" \"<sip:1003@tandem.example>\"",
            r#""a\" \"<sip:1003@tandem.example>""#,
        ),
    ] {
        acme.calls_with(SALES, |invite| {
            let tag = invite.tag("From").to_owned();
            let contact = invite.get("Contact").to_owned();
            let address = format!("{name} <sip:+447700900777@acme.example>");
            invite
                .set("From", format!("{address};tag={tag}"))
                .set("Contact", format!("{name} {contact}"))
                .with("P-Asserted-Identity", format!("{address}, <tel:+447700900777>"))
                .with(
                    "Diversion",
                    format!("{name} <sip:+442079460555@acme.example>;reason=user-busy"),
                )
        });
        alice.is_told_by(
            "INVITE",
            "P-Asserted-Identity",
            &format!("{shown} <sip:+447700900777@tandem.example>"),
        );
        alice.rings();
        alice.answers();
        alice.hangs_up();
        acme.is_asked("BYE");
        s.wait(40);
    }
}

/// However a carrier writes a number, it is one number for us; a phone sees it as one would dial it.
pub fn numbers_can_be_dialled_back(s: &mut Stage) {
    let (alice, acme) = house(s, |house| {
        house.caller_id.country = Some(tandem::config::valid::CountryId::GB);
        house.outgoing.retain(|rule| rule.pattern != "+*");
    });
    for (written, shown) in [
        ("+442079460999", "02079460999"),
        ("442079460999", "02079460999"),
        ("02079460999", "02079460999"),
        ("004930901820", "004930901820"),
        ("+4930901820", "004930901820"),
    ] {
        acme.calls_with("02079460101", |invite| {
            let tag = invite.tag("From").to_owned();
            invite.set(
                "From",
                format!("<sip:{written}@acme.example;user=phone>;tag={tag}"),
            )
        });
        alice.is_told_by(
            "INVITE",
            "P-Asserted-Identity",
            &format!("<sip:{shown}@tandem.example>"),
        );
        alice.rejects(486);
        acme.gets(486);
        s.wait(40);
    }
}
