//! The ladder of a call, drawn as its messages go by.

use crate::far_end::Way;
use std::net::IpAddr;
use tandem::sip::Message;

const GAP: usize = 34;

/// Who stands where.
pub(crate) fn heading(carrier: IpAddr, switch: IpAddr, phone: IpAddr) {
    let name = |who: &str, address: IpAddr| format!("{who} {address}");
    let (left, middle, right) = (
        name("carrier", carrier),
        name("tandem", switch),
        name("phone", phone),
    );
    println!(
        "{left:<width$}{middle:^width$}{right:>width$}",
        width = GAP * 2 / 3 + 2
    );
}

/// One message between a far end and the switch.
pub(crate) fn draw(who: &'static str, way: Way, message: &Message) {
    let words = match message.status() {
        Some(status) => format!("{status} {} ({})", message.reason(), message.method()),
        None => message.method().to_string(),
    };
    let words = if message.body().is_empty() {
        words
    } else {
        format!("{words} with SDP")
    };
    let is_carrier = who == "carrier";
    let arrow = arrow(&words, is_carrier == (way == Way::Out));
    let quiet = " ".repeat(GAP);
    if is_carrier {
        println!("│{arrow}│{quiet}│");
    } else {
        println!("│{quiet}│{arrow}│");
    }
}

/// What happens beside the messages.
pub(crate) fn note(text: &str) {
    println!("│{:^width$}│", format!("… {text} …"), width = GAP * 2 + 1);
}

fn arrow(words: &str, to_the_right: bool) -> String {
    let shaft = "─".repeat((GAP - 3).saturating_sub(words.chars().count()));
    if to_the_right {
        format!(" {words} {shaft}▶")
    } else {
        format!("◀{shaft} {words} ")
    }
}
