//! What a carrier may be told about who calls (RFC 3325, RFC 3323, RFC 5806, RFC 7044): a number of ours, or that of
//! somebody who is outside himself; and in no other words than those that we have chosen.

use super::agent::Agent;
use super::said::{Said, uri_in, user_in};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use tandem::config::Config;

/// The fields of who calls.
pub const IDENTITY: &[&str] = &[
    "P-Asserted-Identity",
    "P-Preferred-Identity",
    "Remote-Party-ID",
    "Diversion",
    "History-Info",
];

/// Every other field that a carrier may be sent.
const OTHERS: &[&str] = &[
    "Via",
    "Max-Forwards",
    "From",
    "To",
    "Call-ID",
    "CSeq",
    "Contact",
    "Route",
    "Record-Route",
    "Privacy",
    "Allow",
    "Supported",
    "Require",
    "Unsupported",
    "Accept",
    "Session-Expires",
    "Min-SE",
    "RSeq",
    "RAck",
    "Reason",
    "Retry-After",
    "Warning",
    "Refer-To",
    "Referred-By",
    "User-Agent",
    "Server",
    "Authorization",
    "Proxy-Authorization",
    "WWW-Authenticate",
    "Content-Type",
    "Content-Length",
    "Expires",
    "Timestamp",
    "Event",
    "Subscription-State",
    "Refer-Sub",
];

/// The numbers that are known outside, because somebody there has said them.
#[derive(Debug, Default)]
pub struct Identities {
    said_outside: BTreeSet<String>,
}

impl Identities {
    /// A party says something; what is said outside is no news there.
    pub fn heard(&mut self, config: &Config, from: &Agent, said: &Said) {
        if !config.extensions.contains_key(&from.user) {
            let fields = ["From", "P-Asserted-Identity"];
            let said = fields.iter().flat_map(|name| said.all(name));
            let users = said.map(|value| digits(user_in(uri_in(value))));
            self.said_outside.extend(users);
        }
    }

    /// What is wrong with this message to somebody outside.
    pub fn faults(&self, config: &Config, to: &Agent, said: &Said, text: &str) -> Vec<String> {
        if config.extensions.contains_key(&to.user) {
            return faults_to_phone(to, said);
        }
        let mut faults = Vec::new();
        for (name, _) in &said.fields {
            if !IDENTITY.contains(&name.as_str()) && !OTHERS.contains(&name.as_str()) {
                faults.push(format!("shows a field {name}"));
            }
        }
        for name in IDENTITY {
            if said.all(name).count() > 1 {
                faults.push(format!("says {name} more than once"));
            }
        }
        faults.extend(self.strangers(config, said).map(|who| format!("presents {who}")));
        let aliases = config
            .caller_id
            .numbers
            .values()
            .filter_map(|number| number.alias.as_ref());
        faults.extend(
            aliases
                .filter(|alias| text.contains(alias.as_str()))
                .map(|alias| format!("shows {alias}")),
        );
        let own = to.flow.remote.ip();
        let private = addresses(text).filter(|ip| is_private(*ip) && *ip != own);
        faults.extend(private.map(|ip| format!("shows the private address {ip}")));
        faults
            .iter()
            .map(|fault| format!("{} to {} {fault}", said.start, to.name))
            .collect()
    }

    /// Who is presented in an INVITE though he is neither ours nor known outside.
    fn strangers<'a>(&'a self, config: &'a Config, said: &'a Said) -> impl Iterator<Item = &'a str> {
        let is_first = said.status().is_none() && said.method() == "INVITE" && !said.is_within_dialog();
        let fields = ["From"].iter().chain(IDENTITY).filter(move |_| is_first);
        let values = fields.flat_map(|name| said.all(name));
        let users = values.map(|value| user_in(uri_in(value)));
        users.filter(move |user| !self.may_be_presented(config, user))
    }

    /// A number of ours in any spelling, somebody who is known outside, or nobody.
    fn may_be_presented(&self, config: &Config, user: &str) -> bool {
        let number = digits(user);
        let ours = config.caller_id.numbers.keys().map(|ours| digits(ours));
        let is_ours = |ours: String| number == ours || ours.ends_with(number.trim_start_matches('0'));
        user == "anonymous"
            || (number.len() > 5 && (ours.into_iter().any(is_ours) || self.said_outside.contains(&number)))
    }
}

/// What is wrong with what a phone is told of whom it talks with: some look here and some there, so it says the same in
/// all places (RFC 3325 §9.1).
fn faults_to_phone(to: &Agent, said: &Said) -> Vec<String> {
    let user = |field: &str| user_in(uri_in(said.get(field))).to_owned();
    let asserted = user("P-Asserted-Identity");
    let is_first = said.status().is_none() && said.method() == "INVITE" && !said.is_within_dialog();
    let fault = match (is_first, asserted.is_empty()) {
        (true, true) if user("From") == "anonymous" && said.get("Privacy") == "id" => return Vec::new(),
        (true, _) if asserted != user("From") => format!("asserts {asserted} and is from {}", user("From")),
        (false, false) if asserted != user("Remote-Party-ID") => {
            format!("asserts {asserted} and shows {}", user("Remote-Party-ID"))
        }
        (true | false, _) => return Vec::new(),
    };
    vec![format!("{} to {} {fault}", said.start, to.name)]
}

fn digits(user: &str) -> String {
    user.chars().filter(char::is_ascii_digit).collect()
}

/// All that looks like an address in a text.
fn addresses(text: &str) -> impl Iterator<Item = IpAddr> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    words
        .filter_map(|word| word.trim_matches('.').parse::<Ipv4Addr>().ok())
        .map(IpAddr::V4)
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        IpAddr::V6(_) => false,
    }
}
