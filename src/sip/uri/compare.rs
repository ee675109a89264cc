//! Whether two URIs mean the same (RFC 3261 §19.1.4, RFC 3966 §4).

use super::Uri;
use crate::sip::text::unescape;
use std::collections::BTreeMap;
use std::net::Ipv6Addr;

type Params = BTreeMap<String, Vec<u8>>;

/// Parameters that count even when only one side has them: the rules name user, ttl, method and maddr, and
/// their examples add transport.
const DECISIVE: [&str; 5] = ["user", "ttl", "method", "maddr", "transport"];

impl Uri {
    /// Equality by the rules of RFC 3261 §19.1.4, and of RFC 3966 §4 for tel. Other schemes are equal if
    /// they are written equally.
    pub fn same_as(&self, other: &Uri) -> bool {
        if self.scheme() != other.scheme() {
            return false;
        }
        match self.scheme() {
            "sip" | "sips" => {
                self.port() == other.port()
                    && same_host(self.host(), other.host())
                    && self.userinfo() == other.userinfo()
                    && params_match(&self.meanings(), &other.meanings())
                    && self.sorted_headers() == other.sorted_headers()
            }
            "tel" => self.digits() == other.digits() && self.meanings() == other.meanings(),
            _ => self == other,
        }
    }

    /// User and password, escapes resolved; both are case-sensitive.
    fn userinfo(&self) -> Option<Vec<u8>> {
        let (userinfo, _) = self.text.get(self.scheme().len() + 1..)?.split_once('@')?;
        Some(unescape(userinfo))
    }

    /// The parameters by name, neither names nor values with regard to case.
    fn meanings(&self) -> Params {
        let lower =
            |(name, value): (&str, &str)| (name.to_ascii_lowercase(), unescape(value).to_ascii_lowercase());
        self.params().map(lower).collect()
    }

    fn sorted_headers(&self) -> Vec<(String, Vec<u8>)> {
        let mut headers: Vec<_> = self
            .headers()
            .map(|(name, value)| (name.to_ascii_lowercase(), unescape(value)))
            .collect();
        headers.sort();
        headers
    }

    /// A telephone number without the marks that only help the eye.
    fn digits(&self) -> String {
        let number = self.written_user().unwrap_or("");
        number
            .chars()
            .filter(|c| !"-.()".contains(*c))
            .map(|c| c.to_ascii_lowercase())
            .collect()
    }
}

fn params_match(one: &Params, other: &Params) -> bool {
    let allows = |one: &Params, other: &Params| {
        one.iter().all(|(name, value)| match other.get(name) {
            Some(theirs) => value == theirs,
            None => !DECISIVE.contains(&name.as_str()),
        })
    };
    allows(one, other) && allows(other, one)
}

fn same_host(one: &str, other: &str) -> bool {
    let address = |host: &str| host.parse::<Ipv6Addr>().ok();
    one == other || address(one).is_some_and(|one| address(other) == Some(one))
}
