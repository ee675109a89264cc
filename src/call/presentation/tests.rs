use super::*;
use crate::call::refusal::Refusal;
use crate::config::valid::{Identity as TlsIdentity, NumberFormat};
use crate::config::{NoDirectory, NoIdentity, Outside};
use std::path::Path;

const OURS: &str = "+442079460100";
const CUSTOMER: &str = "+447700900123";

/// A machine on which there is nothing.
struct Nowhere;

impl Outside for Nowhere {
    fn secret_file(&self, _: &Path) -> Result<String, String> {
        Err("no such file".to_owned())
    }
    fn variable(&self, _: &str) -> Result<String, String> {
        Err("not set".to_owned())
    }
    fn music(&self, _: &Path) -> Result<(), String> {
        Ok(())
    }
    fn recordings(&self, _: &Path) -> Result<(), NoDirectory> {
        Ok(())
    }
    fn identity(&self, _: &TlsIdentity) -> Result<Option<String>, NoIdentity> {
        Ok(None)
    }
    fn authorities(&self, _: &Path) -> Result<(), String> {
        Ok(())
    }
}

/// A house in which the trunk says this, too.
fn house(trunk: &str, numbers: &str) -> Config {
    let text = format!(
        "[switch]\ndomain = \"tandem.example\"\n[[listen]]\ntransport = \"udp\"\naddress = \"192.0.2.1:5060\"\n\
         [trunk.acme]\nhost = \"198.51.100.201\"\n{trunk}\n\
         [numbers]\ncountry = \"GB\"\ndefault = \"{OURS}\"\nname = \"Radios\"\n{numbers}"
    );
    crate::config::read("house.toml", &text, &Nowhere).unwrap().config
}

/// What is said, a line for each field.
fn said(config: &Config, caller_id: &CallerId) -> Vec<String> {
    let said = present(
        config,
        ("acme", &config.trunks["acme"]),
        caller_id,
        ("+442079460999", "192.0.2.1"),
    )
    .unwrap();
    let fields = said
        .fields
        .iter()
        .map(|(name, value)| format!("{}: {value}", name.as_str()));
    [format!("From: {}", said.from)]
        .into_iter()
        .chain(fields)
        .collect()
}

fn identity(number: &str, name: &str) -> Identity {
    Identity {
        number: number.to_owned(),
        name: name.to_owned(),
    }
}

fn shown() -> CallerId {
    CallerId::Shown(identity(OURS, "Radios"))
}

fn withheld() -> CallerId {
    CallerId::Withheld(identity(OURS, "Radios"))
}

fn forwarded(customer: &str) -> CallerId {
    CallerId::Forwarded {
        customer: identity(customer, ""),
        by: OURS.to_owned(),
        why: Diversion::Unconditional,
    }
}

const ANONYMOUS: &str = "From: \"Anonymous\" <sip:anonymous@anonymous.invalid>";
const FROM: &str = "From: \"Radios\" <sip:+442079460100@192.0.2.1>";
const ASSERTED: &str = "P-Asserted-Identity: \"Radios\" <sip:+442079460100@192.0.2.1>";
const DIVERSION: &str = "Diversion: <sip:+442079460100@192.0.2.1>;reason=unconditional;counter=1";
const HISTORY: &str = "History-Info: <sip:+442079460100@192.0.2.1?Reason=SIP%3Bcause%3D302>;index=1, \
                       <sip:+442079460999@192.0.2.1;cause=302>;index=1.1;mp=1";

#[test]
fn a_number_of_ours_stands_in_from_and_is_asserted() {
    assert_eq!(said(&house("", ""), &shown()), [FROM, ASSERTED]);
    assert_eq!(said(&house("trusted = false", ""), &shown()), [FROM, ASSERTED]);
}

#[test]
fn nobody_is_shown_and_a_trusted_trunk_is_told_in_confidence() {
    let config = house("withhold = true", "");
    assert_eq!(said(&config, &withheld()), [ANONYMOUS, "Privacy: id", ASSERTED]);
}

#[test]
fn nobody_is_shown_and_a_trunk_that_is_not_trusted_is_told_nothing() {
    let config = house("withhold = true\ntrusted = false", "");
    assert_eq!(said(&config, &withheld()), [ANONYMOUS, "Privacy: id"]);
}

#[test]
fn a_trunk_that_takes_no_such_calls_gets_none() {
    let config = house("", "");
    let acme = ("acme", &config.trunks["acme"]);
    let why = present(&config, acme, &withheld(), ("112", "192.0.2.1")).unwrap_err();
    assert_eq!(why.key.as_deref(), Some("trunk.acme.withhold"));
    assert_eq!(Refusal::from(why).status, 403);
    let config = house("", "refused_choice = \"default\"");
    assert_eq!(said(&config, &withheld()), [FROM, ASSERTED]);
}

#[test]
fn a_customer_is_shown_with_the_number_that_sends_the_call_on() {
    let customer = [
        "From: <sip:+447700900123@192.0.2.1>",
        "P-Asserted-Identity: <sip:+447700900123@192.0.2.1>",
    ];
    let says = |forwarded_by: &str| said(&house(forwarded_by, ""), &forwarded(CUSTOMER));
    assert_eq!(says(""), [customer[0], customer[1], DIVERSION, HISTORY]);
    assert_eq!(
        says("forwarded = \"diversion\""),
        [customer[0], customer[1], DIVERSION]
    );
    assert_eq!(
        says("forwarded = \"history-info\""),
        [customer[0], customer[1], HISTORY]
    );
}

#[test]
fn why_a_call_is_sent_on_stands_in_both_fields() {
    let config = house("", "");
    for (why, word, cause) in [
        (Diversion::Unconditional, "unconditional", 302),
        (Diversion::Busy, "user-busy", 486),
        (Diversion::NoAnswer, "no-answer", 408),
        (Diversion::Unavailable, "unavailable", 503),
        (Diversion::DeflectedAtOnce, "deflection", 480),
        (Diversion::DeflectedWhileRinging, "deflection", 487),
    ] {
        let caller_id = CallerId::Forwarded {
            customer: identity(CUSTOMER, ""),
            by: OURS.to_owned(),
            why,
        };
        let fields = said(&config, &caller_id);
        assert_eq!(fields[2], DIVERSION.replace("unconditional", word));
        let onward = format!(";cause={cause}>;index=1.1");
        assert_eq!(fields[3], HISTORY.replace(";cause=302>;index=1.1", &onward));
    }
}

#[test]
fn a_customer_without_a_number_stays_without() {
    let config = house("withhold = true", "");
    assert_eq!(
        said(&config, &forwarded("")),
        [ANONYMOUS, "Privacy: id", DIVERSION, HISTORY]
    );
}

#[test]
fn a_customer_of_whom_the_trunk_could_not_be_told_all_is_not_shown() {
    assert_eq!(
        said(&house("forwarded = \"off\"", ""), &forwarded(CUSTOMER)),
        [FROM, ASSERTED]
    );
    assert_eq!(said(&house("", ""), &forwarded("")), [FROM, ASSERTED]);
}

#[test]
fn each_trunk_reads_who_calls_in_a_field_of_its_own() {
    let says = |field: &str| said(&house(&format!("identity = \"{field}\""), ""), &shown());
    assert_eq!(
        says("p-preferred-identity"),
        [
            FROM,
            "P-Preferred-Identity: \"Radios\" <sip:+442079460100@192.0.2.1>"
        ]
    );
    assert_eq!(
        says("remote-party-id"),
        [
            FROM,
            "Remote-Party-ID: \"Radios\" <sip:+442079460100@192.0.2.1>;party=calling;privacy=off;screen=yes"
        ]
    );
    assert_eq!(says("from"), [FROM]);
    let config = house("withhold = true\nidentity = \"remote-party-id\"", "");
    assert!(said(&config, &withheld())[2].ends_with(";party=calling;privacy=full;screen=yes"));
    let config = house("withhold = true\nidentity = \"from\"", "");
    assert_eq!(said(&config, &withheld()), [ANONYMOUS, "Privacy: id"]);
}

#[test]
fn numbers_are_written_as_the_trunk_wants_them_in_every_field() {
    for (format, ours, customer) in [
        ("+e164", "+442079460100", "+447700900123"),
        ("e164", "442079460100", "447700900123"),
        ("national", "02079460100", "07700900123"),
    ] {
        let config = house(&format!("number_format = \"{format}\""), "");
        assert_eq!(
            said(&config, &shown()),
            [FROM, ASSERTED].map(|field| field.replace(OURS, ours))
        );
        let fields = said(&config, &forwarded(CUSTOMER)).join("\n");
        let users = fields.matches(&format!("<sip:{ours}@192.0.2.1>")).count();
        assert_eq!(users, 1, "in Diversion: {fields}");
        assert!(
            fields.contains(&format!("<sip:{ours}@192.0.2.1?Reason")),
            "{fields}"
        );
        assert_eq!(
            fields.matches(&format!("<sip:{customer}@")).count(),
            2,
            "{fields}"
        );
    }
    assert_eq!(
        house("number_format = \"national\"", "").trunks["acme"]
            .identity
            .format,
        NumberFormat::National
    );
}

/// Row I5 of the flows: whatever a caller calls himself, it is a name and no field.
#[test]
fn a_name_can_never_become_a_field() {
    let evil = "Eve\"\r\nX-Evil: 1\0 <sip:root@evil.example>;x=\\";
    let caller_id = CallerId::Forwarded {
        customer: identity(CUSTOMER, evil),
        by: OURS.to_owned(),
        why: Diversion::default(),
    };
    for field in said(&house("", ""), &caller_id) {
        assert!(!field.contains(['\r', '\n', '\0']), "{field:?}");
        let address = field.split_once(": ").unwrap().1;
        let user = Address::parse(address).and_then(|address| address.uri.user());
        let users = [CUSTOMER, OURS].map(|user| Some(user.to_owned()));
        assert!(
            field.starts_with("History-Info") || users.contains(&user),
            "{field:?}"
        );
    }
}
