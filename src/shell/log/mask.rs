//! Making a SIP message fit to be shown: no secret in it, and nothing that forges a line of the log.

use std::fmt;

/// What is shown of a message.
#[derive(Clone, Copy, Debug)]
pub struct Masked<'a>(&'a [u8]);

/// The message as it may be shown. Costs nothing unless it is printed.
pub fn masked(message: &[u8]) -> Masked<'_> {
    Masked(message)
}

/// Lines that begin so carry a digest response, a media key or a digit that somebody has dialled
/// (and digits may be a card number).
const SECRETS: [&str; 4] = ["authorization:", "proxy-authorization:", "a=crypto:", "signal="];

impl fmt::Display for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(self.0);
        let (mut hiding, mut is_body, mut is_key) = (false, false, false);
        for line in text.split('\n') {
            let line = line.trim_end_matches('\r');
            let folded = line.starts_with([' ', '\t']);
            is_key |= !is_body && tells_a_key(line);
            hiding = if folded {
                hiding
            } else {
                is_secret(line) || is_key && is_body && !line.is_empty()
            };
            is_body |= line.is_empty();
            match (hiding, folded) {
                (true, true) => {}
                (true, false) => writeln!(f, "    {} ***", name_of(line))?,
                (false, _) => writeln!(f, "    {}", line.replace(char::is_control, "\u{fffd}"))?,
            }
        }
        Ok(())
    }
}

/// Blanks may stand before the colon (RFC 3261 §7.3.1).
fn is_secret(line: &str) -> bool {
    let mut start = line.to_ascii_lowercase();
    start.retain(|c| c != ' ' && c != '\t');
    SECRETS.iter().any(|secret| start.starts_with(secret))
}

/// The body of such a message is nothing but a digit.
fn tells_a_key(line: &str) -> bool {
    let mut field = line.to_ascii_lowercase();
    field.retain(|c| c != ' ' && c != '\t');
    ["content-type:", "c:"].iter().any(|name| {
        let kind = field.strip_prefix(name).and_then(|value| value.split(';').next());
        kind == Some("application/dtmf")
    })
}

fn name_of(line: &str) -> &str {
    let end = line.find([':', '=']).map_or(0, |at| at + 1);
    &line[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_the_rest_is_shown() {
        let register = "REGISTER sip:example.com SIP/2.0\r\nAuthorization : Digest username=\"1001\",\r\n \
                        response=\"6629fae49393a05397450978507c4ef1\"\r\nExpires: 300\r\n\r\n";
        let shown = masked(register.as_bytes()).to_string();
        assert!(!shown.contains("1001") && !shown.contains("6629fae4"), "{shown}");
        assert!(
            shown.contains("    Authorization : ***\n    Expires: 300\n"),
            "{shown}"
        );
    }

    #[test]
    fn dialled_digits_and_media_keys_are_secrets() {
        let body = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\nSignal= 5\r\n";
        let shown = masked(body.as_bytes()).to_string();
        assert!(!shown.contains("inline") && !shown.contains('5'), "{shown}");
    }

    #[test]
    fn a_body_that_is_nothing_but_a_digit_is_hidden() {
        let info = "INFO sip:a SIP/2.0\r\nc: application/dtmf\r\nContent-Length: 1\r\n\r\n5";
        let shown = masked(info.as_bytes()).to_string();
        assert!(
            !shown.contains('5') && shown.contains("Content-Length: 1"),
            "{shown}"
        );
    }

    #[test]
    fn a_message_cannot_forge_a_line_or_steer_the_terminal() {
        let forged = "OPTIONS sip:a SIP/2.0\nSubject: x\rERROR all is lost\x1b[2J\n";
        let shown = masked(forged.as_bytes()).to_string();
        assert!(shown.lines().all(|line| line.starts_with("    ")), "{shown}");
        assert!(!shown.contains(['\x1b', '\r']), "{shown}");
    }
}
