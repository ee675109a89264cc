//! To whom calls can be handed on inside the house, and what is heard meanwhile.

use super::{house_with, refused, understood};
use tandem::config::valid::WaitsWith;

const PEOPLE: &str = r#"
    [extension.1001]
    password = "long-enough-for-us"
    [extension.1002]
    password = "long-enough-for-us"
    [extension.1003]
    password = "long-enough-for-us"
"#;

fn people_with(more: &str) -> String {
    house_with(&format!("{PEOPLE}\n{more}"))
}

#[test]
fn a_group_rings_its_extensions_and_may_be_the_last_resort() {
    let config = understood(&people_with(
        r#"
        [group.700]
        ring = ["1001", "1002"]
        [transfer]
        fallback = "700"
        [numbers]
        default = "+442079460100"
        [[incoming]]
        number = "+442079460100"
        ring = ["1002", "700", "1003"]
        "#,
    ));
    assert_eq!(config.groups["700"], ["1001", "1002"]);
    assert_eq!(config.transfer.fallback.as_deref(), Some("700"));
    assert_eq!(
        config.incoming["+442079460100"].ring,
        ["1002", "1001", "1003"],
        "nobody rings twice"
    );
}

#[test]
fn a_group_that_cannot_be_is_refused() {
    for (wrong, why) in [
        (
            "[group.sales]\nring = [\"1001\"]",
            "a group is a number, not \"sales\"",
        ),
        ("[group.1002]\nring = [\"1001\"]", "1002 is an extension already"),
        ("[group.700]\nring = []", "this number rings nobody"),
        ("[group.700]\nring = [\"1004\"]", "there is no extension \"1004\""),
        ("[group.700]\nring = [\"700\"]", "there is no extension \"700\""),
        ("[group.700]", "ring"),
        (
            "[group.700]\nring = [\"1001\"]\n[transfer]\nconference = \"700\"",
            "700 is an extension or a group already",
        ),
        (
            "[transfer]\nfallback = \"700\"",
            "there is no extension or group \"700\"",
        ),
    ] {
        let report = refused(&people_with(wrong)).to_string();
        assert!(report.contains(why), "{wrong}:\n{report}");
    }
}

#[test]
fn who_waits_hears_ringing_or_music() {
    let config = understood(&house_with(""));
    assert_eq!(config.transfer.waits_with, WaitsWith::Ringback);
    let config = understood(&house_with("[transfer]\nwaits_with = \"music\""));
    assert_eq!(config.transfer.waits_with, WaitsWith::Music);
    let report = refused(&house_with("[transfer]\nwaits_with = \"silence\"")).to_string();
    assert!(
        report.contains("ringback") && report.contains("music"),
        "{report}"
    );
}
