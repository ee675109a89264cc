//! Where the parts of a URI stand in its text. Finding them allocates nothing.

use std::net::Ipv6Addr;
use std::ops::Range;

/// The places of the parts, as byte offsets into the text from which it was made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct Shape {
    /// Without the colon.
    scheme: Span,
    user: Option<Span>,
    /// Without brackets.
    host: Span,
    port: Option<u16>,
    /// From the first semicolon.
    params: Span,
    /// After the question mark.
    headers: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
struct Span(u32, u32);

impl Span {
    fn new(range: Range<usize>) -> Option<Span> {
        Some(Span(range.start.try_into().ok()?, range.end.try_into().ok()?))
    }

    fn of(self, text: &str) -> &str {
        text.get(self.0 as usize..self.1 as usize).unwrap_or("")
    }
}

impl Shape {
    /// The shape of this text; none if it is no URI. Blanks, control characters, quotes and angle brackets
    /// never stand in one; letters beyond ASCII do not by the grammar, but phones send them and they harm
    /// nobody.
    pub(crate) fn of(text: &str) -> Option<Shape> {
        let (scheme, rest) = text.split_once(':')?;
        if !is_scheme(scheme) || rest.is_empty() || holds_forbidden(text) {
            return None;
        }
        let end = text.len();
        let (nowhere, rest) = (Span::new(end..end)?, scheme.len() + 1);
        let shape = Shape {
            scheme: Span::new(0..scheme.len())?,
            params: nowhere,
            headers: nowhere,
            ..Shape::default()
        };
        if scheme.eq_ignore_ascii_case("sip") || scheme.eq_ignore_ascii_case("sips") {
            shape.with_sip_parts(text, rest)
        } else if scheme.eq_ignore_ascii_case("tel") {
            shape.with_tel_parts(text, rest)
        } else {
            Some(shape)
        }
    }

    /// RFC 3261 §25.1, SIP-URI. The first `@` ends the userinfo: none may stand in it, and those further
    /// behind belong to sloppily written headers (`?Replaces=id@host`).
    fn with_sip_parts(mut self, text: &str, start: usize) -> Option<Shape> {
        let mut host_start = start;
        if let Some(length) = text[start..].find('@') {
            let userinfo = &text[start..start + length];
            let user = userinfo.find(':').unwrap_or(length);
            self.user = if user > 0 {
                Some(Span::new(start..start + user)?)
            } else {
                None
            };
            host_start = start + length + 1;
        }
        let end = text.len();
        let headers = text[host_start..].find('?').map_or(end, |at| host_start + at);
        let params = text[host_start..headers]
            .find(';')
            .map_or(headers, |at| host_start + at);
        self.params = Span::new(params..headers)?;
        self.headers = Span::new(end.min(headers + 1)..end)?;
        let (host, port) = host_and_port(&text[host_start..params])?;
        self.host = Span::new(host_start + host.start..host_start + host.end)?;
        self.port = port;
        Some(self)
    }

    /// RFC 3966 §3: the number stands where the user would, parameters follow.
    fn with_tel_parts(mut self, text: &str, start: usize) -> Option<Shape> {
        let end = text.len();
        let params = text[start..].find(';').map_or(end, |at| start + at);
        self.user = if params > start {
            Some(Span::new(start..params)?)
        } else {
            None
        };
        self.params = Span::new(params..end)?;
        self.user.is_some().then_some(self)
    }

    pub(crate) fn scheme_length(&self) -> usize {
        self.scheme.1 as usize
    }

    pub(crate) fn user<'a>(&self, text: &'a str) -> Option<&'a str> {
        self.user.map(|user| user.of(text))
    }

    pub(crate) fn host<'a>(&self, text: &'a str) -> &'a str {
        self.host.of(text)
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    pub(crate) fn params<'a>(&self, text: &'a str) -> &'a str {
        self.params.of(text)
    }

    pub(crate) fn headers<'a>(&self, text: &'a str) -> &'a str {
        self.headers.of(text)
    }

    /// Where the parameters begin, or would.
    pub(crate) fn params_start(&self, text: &str) -> usize {
        text.len().min(self.params.0 as usize)
    }

    /// Where the headers begin with their question mark, or would.
    pub(crate) fn headers_start(&self, text: &str) -> usize {
        text.len().min(self.params.1 as usize)
    }
}

fn is_scheme(scheme: &str) -> bool {
    let mut bytes = scheme.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Looks at every byte without leaving early, which lets the machine look at many at once.
fn holds_forbidden(text: &str) -> bool {
    let is_forbidden = |byte: u8| byte <= b' ' || matches!(byte, b'<' | b'>' | b'"' | 0x7f);
    text.bytes().fold(false, |found, byte| found | is_forbidden(byte))
}

/// Takes `host`, `host:port`, `[v6]` or `[v6]:port` apart; the host comes without brackets. An IPv6
/// address without brackets is refused, for nobody could tell its port (RFC 5118 §4.2).
pub(crate) fn host_and_port(text: &str) -> Option<(Range<usize>, Option<u16>)> {
    let (host, rest) = match text.strip_prefix('[') {
        Some(_) => {
            let close = text.find(']')?;
            (1..close, &text[close + 1..])
        }
        None => {
            let end = text.find(':').unwrap_or(text.len());
            (0..end, &text[end..])
        }
    };
    let known = &text[host.clone()];
    let valid = if host.start == 1 {
        is_ipv6(known)
    } else {
        is_host_name(known)
    };
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => None,
        None => return None,
        Some(digits) => Some(port(digits)?),
    };
    valid.then_some((host, port))
}

fn port(digits: &str) -> Option<u16> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

fn is_host_name(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(is_host_byte)
}

/// The underscore is in no standard, but in many a network.
fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._".contains(&byte)
}

/// Three colons come from a flaw in the grammar of RFC 3261 and must be borne (RFC 5118 §4.10).
fn is_ipv6(host: &str) -> bool {
    host.parse::<Ipv6Addr>().is_ok() || host.replacen(":::", "::", 1).parse::<Ipv6Addr>().is_ok()
}

/// A host as it stands in a URI or a Via: an IPv6 address in brackets, nothing that could end the host.
pub(crate) fn printable_host(host: &str) -> String {
    let bare = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host);
    if is_ipv6(bare) {
        return format!("[{bare}]");
    }
    let name: String = bare
        .chars()
        .filter(|c| u8::try_from(*c).is_ok_and(is_host_byte))
        .collect();
    if name.is_empty() {
        "invalid".to_owned()
    } else {
        name
    }
}
