//! Carriers: where they are, how they know us, and what proves them, and us, over TLS.

use super::{Machine, house_with, refused, understood};
use std::time::Duration;
use tandem::config::valid::Trust;
use tandem::config::{self, Reading, Severity};

#[test]
fn a_carrier_may_be_one_of_several_and_known_by_its_registration() {
    let config = understood(&house_with(
        r#"
        [trunk.acme]
        host = "sip.acme.example"
        hosts = ["192.0.2.11", "192.0.2.12"]
        username = "tandem-4711"
        password = "long-enough-for-us"
        register = true
        [trunk.globe]
        host = "sip.globe.example"
        outbound_proxy = "192.0.2.13"
        qualify = "off"
        max_calls = 30
        [[outgoing]]
        match = "00*"
        trunks = [{ acme = 3, globe = 1 }]
        [[outgoing]]
        match = "0X*"
        trunks = ["globe", "acme"]
        [numbers]
        default = "+442079460100"
        "#,
    ));
    let (acme, globe) = (&config.trunks["acme"], &config.trunks["globe"]);
    assert_eq!(acme.servers, ["192.0.2.11", "192.0.2.12"]);
    assert_eq!(acme.register, Some(Duration::from_secs(600)));
    assert_eq!(acme.sources.len(), 2);
    assert_eq!(globe.servers, ["192.0.2.13"]);
    assert_eq!(
        (globe.register, globe.qualify, globe.max_calls),
        (None, None, Some(30))
    );
    let one = |name: &str, weight| (name.to_owned(), weight);
    assert_eq!(config.outgoing[0].trunks, [vec![one("acme", 3), one("globe", 1)]]);
    assert_eq!(
        config.outgoing[1].trunks,
        [vec![one("globe", 1)], vec![one("acme", 1)]]
    );
}

/// Two accounts at one carrier are told apart by the Contacts that they register, and one that shows a certificate from
/// one that does not; of two that differ in nothing ops are told.
#[test]
fn trunks_that_nothing_tells_apart_are_told_of() {
    let account = |name: &str, more: &str| {
        format!(
            "[trunk.{name}]\nhost = \"192.0.2.10\"\nusername = \"{name}\"\npassword = \"long-enough-for-us\"\n{more}\n"
        )
    };
    let text = |one: &str, other: &str| {
        let numbers = "[numbers]\ndefault = \"+442079460100\"\n[emergency]\naddress = \"here\"\n";
        house_with(&format!(
            "{}{}{numbers}",
            account("acme", one),
            account("zenith", other)
        ))
    };
    let warned = |one: &str, other: &str| understood_with_warnings(&text(one, other));
    let sources = "sources = [\"198.51.100.0/24\"]";
    assert_eq!(warned("register = true", "register = true"), "");
    assert_eq!(
        warned(
            &format!("register = true\n{sources}"),
            &format!("register = true\n{sources}")
        ),
        ""
    );
    assert_eq!(warned("", sources), "");
    for (one, other) in [("", ""), ("register = true", "")] {
        let told = warned(one, other);
        assert!(
            told.contains("nothing tells calls of zenith from those of acme"),
            "{told}"
        );
    }
    let refused = refused(&text(sources, sources)).to_string();
    assert!(refused.contains("belongs to acme already"), "{refused}");
}

fn understood_with_warnings(text: &str) -> String {
    let reading = config::read("tandem.toml", text, &Machine::default());
    let warnings = reading
        .unwrap_or_else(|report| panic!("this should be understood:\n{report}"))
        .warnings;
    match warnings.is_empty() {
        true => String::new(),
        false => warnings.to_string(),
    }
}

#[test]
fn who_we_are_and_whom_we_believe_stands_in_files() {
    let mut machine = Machine::default();
    machine
        .files
        .extend([("cert", "house"), ("key", "house"), ("ca", "acme")]);
    let text = |key: &str| {
        house_with(&format!(
            r#"
            [[listen]]
            transport = "tls"
            address = "0.0.0.0:5061"
            certificate = "cert"
            key = "{key}"
            [trunk.acme]
            host = "sip.acme.example"
            transport = "tls"
            ca = "ca"
            sources = []
            [trunk.globe]
            host = "192.0.2.10"
            transport = "tls"
            port = 5071
            [numbers]
            default = "+442079460100"
            [emergency]
            "#
        ))
    };
    let Reading { config, warnings } = config::read("tandem.toml", &text("key"), &machine).unwrap();
    assert!(warnings.is_empty(), "{warnings}");
    assert_eq!(config.trunks["acme"].trust, Trust::Authorities("ca".into()));
    assert_eq!(config.trunks["globe"].trust, Trust::Machine);
    assert_eq!(
        (
            config.trunks["acme"].port_or_usual(),
            config.trunks["globe"].port_or_usual()
        ),
        (5061, 5071)
    );

    // A certificate that cannot be used is no reason to close the whole house.
    let Reading { config, warnings } = config::read("tandem.toml", &text("elsewhere"), &machine).unwrap();
    assert_eq!(warnings.count(Severity::Fault), 1, "{warnings}");
    assert_eq!(config.listeners.len(), 3);
}

#[test]
fn what_a_carrier_must_show_is_asked_for_where_it_can_be_shown() {
    let text = |listen: &str, more: &str| {
        house_with(&format!(
            "{listen}\n[trunk.acme]\nhost = \"192.0.2.10\"\n{more}\n[numbers]\ndefault = \"+442079460100\"\n"
        ))
    };
    let tls = "[[listen]]\ntransport = \"tls\"\naddress = \"192.0.2.1:5061\"\ncertificate = \"cert\"\nkey = \"key\"";
    let mut machine = Machine::default();
    machine
        .files
        .extend([("cert", "house"), ("key", "house"), ("ca", "acme")]);
    let read = |text: &str| config::read("tandem.toml", text, &machine);
    let proof = |more: &str| {
        read(&text(tls, more)).unwrap().config.trunks["acme"]
            .proof
            .clone()
            .unwrap()
    };
    assert_eq!(proof("client_ca = \"ca\"").name, "192.0.2.10");
    assert_eq!(
        proof("client_ca = \"ca\"\nclient_name = \"sbc.acme.example\"").name,
        "sbc.acme.example"
    );
    let nowhere = read(&text("", "client_ca = \"ca\"")).unwrap_err().to_string();
    assert!(nowhere.contains("no listener asks for one"), "{nowhere}");
    let nothing = read(&text(tls, "client_name = \"sbc.acme.example\""))
        .unwrap_err()
        .to_string();
    assert!(nothing.contains("nobody is asked for a certificate"), "{nothing}");
    let unreadable = read(&text(tls, "client_ca = \"elsewhere\"")).unwrap();
    assert_eq!(
        unreadable.warnings.count(Severity::Fault),
        1,
        "{}",
        unreadable.warnings
    );
}
