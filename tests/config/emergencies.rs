//! Calls for help: which numbers they are, and from where they come.

use super::{house_with, read, refused, understood};
use tandem::config::valid::Emergency;

const HOUSE: &str = r#"
    [extension.1001]
    password = "long-enough-for-us"
    [extension.1002]
    password = "long-enough-for-us"
    [trunk.acme]
    host = "192.0.2.10"
    [trunk.beta]
    host = "192.0.2.11"
    [numbers]
    default = "+442079460100"
    [[incoming]]
    number = "+442079460103"
    ring = ["1001"]
"#;

fn emergency(more: &str) -> Emergency {
    understood(&house_with(&format!("{HOUSE}{more}"))).emergency
}

/// The numbers are the country's, and whoever has said nothing of it is told so.
#[test]
fn without_a_word_they_go_over_every_trunk() {
    let silent = emergency("");
    assert_eq!(silent.numbers, ["112", "999"]);
    assert_eq!(silent.trunks, ["acme", "beta"]);
    let ruled = emergency("[[outgoing]]\nmatch = \"999\"\ntrunk = \"beta\"");
    assert_eq!(ruled.trunks, ["beta", "acme"]);
    let told = |more: &str| {
        let text = house_with(&format!("{HOUSE}{more}"));
        read(&text)
            .unwrap_or_else(|report| panic!("{report}"))
            .warnings
            .to_string()
    };
    assert!(told("").contains("nothing says from where somebody calls who dials 112 or 999"));
    let said = told("[emergency]\naddress = \"here\"");
    assert!(said.contains("all is well"), "{said}");
    assert!(understood(&house_with("")).emergency.numbers.is_empty());
}

#[test]
fn nobody_inside_has_such_a_number() {
    for more in [
        "[extension.999]\npassword = \"long-enough-for-us\"",
        "[extension.911]\npassword = \"long-enough-for-us\"",
        "[group.112]\nring = [\"1001\"]",
        "[transfer]\nconference = \"999\"",
    ] {
        let drawn = refused(&house_with(&format!("{HOUSE}{more}"))).to_string();
        assert!(drawn.contains("is dialled for help"), "{drawn}");
    }
    let drawn = refused(&house_with(&format!("{HOUSE}[emergency]\nnumbers = [\"112\"]"))).to_string();
    assert!(drawn.contains("999 is dialled for help in GB, too"), "{drawn}");
}

#[test]
fn the_narrowest_place_counts() {
    let emergency = emergency(
        r#"
        [emergency]
        address = "London"
        [site.home]
        extensions = ["1002"]
        [site.leeds]
        networks = ["10.0.0.0/8"]
        number = "+44 20 7946 0103"
        [site.attic]
        networks = ["10.9.0.0/16"]
        "#,
    );
    let place = |extension: &str, phone: &str| {
        let site = emergency.site_of(extension, Some(phone.parse().unwrap()));
        site.address.clone()
    };
    assert_eq!(place("1001", "192.0.2.7"), "London");
    assert_eq!(place("1001", "10.1.0.7"), "leeds");
    assert_eq!(place("1001", "10.9.0.7"), "attic");
    assert_eq!(place("1002", "10.9.0.7"), "home");
    assert_eq!(emergency.site_of("1001", None).address, "London");
    assert_eq!(emergency.sites["leeds"].number.as_deref(), Some("+442079460103"));
}
