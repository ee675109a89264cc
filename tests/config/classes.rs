//! Class of service: of whom, and what it says.

use super::{house_with, understood};
use tandem::config::valid::Kind;

const HOUSE: &str = r#"
    [extension.1001]
    password = "long-enough-for-us"
    [extension.1002]
    password = "long-enough-for-us"
    class = "boss"
    [extension.1003]
    password = "long-enough-for-us"
    [group.700]
    ring = ["1002", "1003"]
    class = "sales"
    [outside]
    max_calls = 2
    [class.boss]
    allow = ["international", "abroad"]
    [class.sales]
    max_calls = 9
    [trunk.acme]
    host = "192.0.2.10"
    [numbers]
    default = "+442079460100"
    [[outgoing]]
    name = "abroad"
    match = "00*"
    trunk = "acme"
"#;

#[test]
fn an_extension_is_of_its_own_class_or_its_groups_or_the_houses() {
    let config = understood(&house_with(HOUSE));
    let class = |number: &str| config.extensions[number].class.clone();
    let most = |number: &str| (class(number).max_calls.value, class(number).max_calls.key);
    assert_eq!(most("1001"), (2, "outside.max_calls".to_owned()));
    assert_eq!(most("1002"), (2, "outside.max_calls".to_owned()));
    assert_eq!(most("1003"), (9, "class.sales.max_calls".to_owned()));
    let boss = class("1002").allow;
    assert_eq!(boss.key, "class.boss.allow");
    assert!(boss.value.kinds.contains(&Kind::International) && !boss.value.kinds.contains(&Kind::Mobile));
    assert!(boss.value.rules.contains("abroad"));
}

#[test]
fn what_nobody_has_written_refuses_what_frauds_like() {
    let config = understood(&house_with(
        "[extension.1001]\npassword = \"long-enough-for-us\"\n",
    ));
    let class = &config.extensions["1001"].class;
    for kind in [Kind::Premium, Kind::Satellite, Kind::Other] {
        assert!(!class.allow.value.kinds.contains(&kind), "{kind}");
    }
    let numbers = (
        class.max_calls.value,
        class.max_calls_per_hour.value,
        class.alarm_calls_per_hour.value,
    );
    assert_eq!(numbers, (5, 100, 60));
}
