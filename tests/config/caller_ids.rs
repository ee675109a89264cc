//! Our numbers: how they are written, which can be shown, who may show which, and how carriers want to be told.

use super::{house_with, read, understood};
use tandem::config::valid::{
    ForwardedField, IdentityField, Number, NumberFormat, Owner, RefusedChoice, TransferShows,
};

#[test]
fn numbers_come_out_in_one_spelling() {
    let config = understood(&house_with(
        r#"
        [trunk.acme]
        host = "192.0.2.10"
        [extension.1001]
        password = "long-enough-for-us"
        [numbers]
        country = "GB"
        default = "(020) 7946-0100"
        [[incoming]]
        number = "020 7946 0101"
        ring = ["1001"]
        [[incoming]]
        number = "+1 202 555 0123"
        ring = ["1001"]
        "#,
    ));
    assert_eq!(config.caller_id.default.as_deref(), Some("+442079460100"));
    assert_eq!(
        config.incoming.keys().collect::<Vec<_>>(),
        ["+12025550123", "+442079460101"]
    );
    assert_eq!(config.trunks["acme"].sources, ["192.0.2.10/32".parse().unwrap()]);
}

/// Behind a code that hands on, the keys of a code are one. A prefix that could not be pressed there is warned of.
#[test]
fn a_prefix_behind_a_code_can_be_told_from_the_codes() {
    let warned = |prefix: &str, codes: &str| {
        let text = house_with(&format!(
            "[trunk.acme]\nhost = \"192.0.2.10\"\n[numbers]\ndefault = \"+442079460100\"\n\
             [number.\"+442079460101\"]\nprefix = \"{prefix}\"\n[emergency]\n[codes]\n{codes}"
        ));
        let warnings = read(&text).unwrap_or_else(|report| panic!("{report}")).warnings;
        warnings.to_string()
    };
    for (prefix, code) in [
        ("*5*", "codes.cancel, \"*5\""),
        ("*", "codes.cold, \"*1\""),
        ("*71", "codes.pause_recording, \"*7\""),
    ] {
        let drawn = warned(prefix, "enabled = true");
        assert!(
            drawn.contains(&format!("\"{prefix}\" cannot be told from {code}")),
            "{drawn}"
        );
        assert!(drawn.contains("1 warning"), "{drawn}");
    }
    for (prefix, codes) in [
        ("*31*1*", "enabled = true"),
        ("*6*", "enabled = true"),
        ("*5*", "enabled = false"),
        ("*5*", "enabled = true\ncold = \"off\"\nwarm = \"off\""),
    ] {
        let drawn = warned(prefix, codes);
        assert!(!drawn.contains("cannot be told"), "{drawn}");
    }
}

#[test]
fn each_extension_shows_what_it_may() {
    let config = understood(&house_with(
        r#"
        [trunk.acme]
        host = "192.0.2.10"
        withhold = true
        number_format = "national"
        [numbers]
        country = "GB"
        default = "+442079460100"
        name = "Radios"
        withhold_prefix = "*31#"
        [number."020 7946 0101"]
        alias = "Sales"
        prefix = "*31*1*"
        [number."+1 202 555 0123"]
        alias = "Partner"
        external = true
        [extension.1001]
        password = "long-enough-for-us"
        number = "sales"
        numbers = ["Partner", "+442079460100"]
        [extension.1002]
        password = "long-enough-for-us"
        numbers = ["Sales"]
        choose = false
        "#,
    ));
    let first = &config.extensions["1001"].choice;
    assert_eq!(first.own.as_deref(), Some("+442079460101"));
    assert_eq!(
        first.allowed.iter().collect::<Vec<_>>(),
        ["+12025550123", "+442079460100"]
    );
    assert!(first.may_choose && !config.extensions["1002"].choice.may_choose);
    let partner = &config.caller_id.numbers["+12025550123"];
    assert_eq!(
        (partner.owner, partner.alias.as_deref()),
        (Owner::External, Some("Partner"))
    );
    assert_eq!(config.caller_id.numbers["+442079460100"], Number::default());
    assert_eq!(config.caller_id.refused_choice, RefusedChoice::Reject);
    assert_eq!(config.transfer.shows, TransferShows::House);
    let acme = &config.trunks["acme"].identity;
    assert!(acme.is_trusted && acme.takes_withheld);
    assert_eq!(
        (acme.format, acme.field, acme.forwarded),
        (
            NumberFormat::National,
            IdentityField::Asserted,
            ForwardedField::Both
        )
    );
}
