//! The parameters of challenges and credentials (RFC 3261 §25.1, RFC 7235 §2.1).

/// The parameters of one field of the scheme Digest; the values as between their quotes, escapes kept.
pub(super) struct Params<'a>(Vec<(&'a str, &'a str)>);

/// More than any honest field has.
const MAX_PARAMS: usize = 32;

impl<'a> Params<'a> {
    /// Reads the value of a field; none if the scheme is another one, or the text is broken.
    pub(super) fn digest(field: &'a str) -> Option<Params<'a>> {
        let (scheme, mut rest) = field.trim_start().split_once([' ', '\t'])?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let mut params = Vec::new();
        while !rest.trim().is_empty() {
            let (name, after) = rest.split_once('=')?;
            let (value, after) = value(after.trim_start())?;
            params.push((name.trim(), value));
            let after = after.trim_start();
            rest = after.strip_prefix(',').or(after.is_empty().then_some(after))?;
            if params.len() > MAX_PARAMS {
                return None;
            }
        }
        Some(Params(params))
    }

    /// The value of the first parameter of this name.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }

    /// What `qop` says. An empty one says nothing: it is of those who mean the digest without it (RFC 2617 §3.2.1).
    pub(super) fn qop(&self) -> Option<&'a str> {
        self.get("qop").filter(|qop| !qop.trim().is_empty())
    }
}

/// The text that a quoted string stands for.
pub(super) fn unescaped(quoted: &str) -> String {
    let mut chars = quoted.chars();
    let mut text = String::with_capacity(quoted.len());
    while let Some(c) = chars.next() {
        text.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    text
}

/// The quoted string that stands for a text, without its quotes.
pub(super) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// A token or quoted string at the front, and what follows it.
fn value(text: &str) -> Option<(&str, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return Some(text.split_at(end));
    };
    let mut is_escaped = false;
    let is_end = |c: char| {
        let ends = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends
    };
    let end = quoted.find(is_end)?;
    Some((&quoted[..end], &quoted[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_may_hold_commas_escapes_and_equal_signs() {
        let params =
            Params::digest(r#"Digest realm="a, \"b\"" , nonce="x==",ALGORITHM=md5 ,qop="auth,auth-int""#);
        let params = params.unwrap();
        assert_eq!(params.get("realm"), Some(r#"a, \"b\""#));
        assert_eq!(unescaped(params.get("realm").unwrap()), r#"a, "b""#);
        assert_eq!(params.get("Nonce"), Some("x=="));
        assert_eq!(params.get("algorithm"), Some("md5"));
        assert_eq!(params.get("qop"), Some("auth,auth-int"));
        assert_eq!(params.get("opaque"), None);
    }

    /// Some carriers write `qop=""` and mean the digest without it.
    #[test]
    fn an_empty_qop_is_none() {
        let qop = |field| Params::digest(field).unwrap().qop();
        assert_eq!(qop(r#"Digest nonce="n", qop="""#), None);
        assert_eq!(qop(r#"Digest nonce="n", qop=" ""#), None);
        assert_eq!(qop(r#"Digest nonce="n", qop="auth""#), Some("auth"));
    }

    #[test]
    fn what_is_broken_or_of_another_scheme_is_refused() {
        for field in [
            "",
            "Digest",
            "Basic abc=",
            "Digest realm=\"a",
            "Digest realm",
            "Digest a=\"b\" c=d",
        ] {
            assert!(Params::digest(field).is_none(), "{field}");
        }
        assert!(Params::digest(&format!("Digest {}", "a=b,".repeat(1000))).is_none());
    }

    #[test]
    fn escaping_and_unescaping_undo_each_other() {
        let text = r#"a\"b""#;
        assert_eq!(unescaped(&escaped(text)), text);
    }
}
