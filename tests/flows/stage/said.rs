//! One message as text: all that the parties need to read and write, and independent of the code under test.

use std::fmt;

/// A request or a response, taken apart into lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The start line.
    pub start: String,
    /// The fields in their order, Content-Length left out: it is counted when the message is written.
    pub fields: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Said {
    /// A request with nothing in it yet.
    pub fn request(method: &str, uri: &str) -> Said {
        Said {
            start: format!("{method} {uri} SIP/2.0"),
            fields: Vec::new(),
            body: String::new(),
        }
    }

    /// A response with the fields that RFC 3261 §8.2.6.2 copies.
    pub fn response(request: &Said, status: u16, reason: &str) -> Said {
        let copied = ["Via", "From", "To", "Call-ID", "CSeq"];
        let fields = request
            .fields
            .iter()
            .filter(|(name, _)| copied.contains(&name.as_str()))
            .cloned();
        Said {
            start: format!("SIP/2.0 {status} {reason}"),
            fields: fields.collect(),
            body: String::new(),
        }
    }

    /// Reads what the switch wrote. It writes long names, no folding and true lengths, or it is at fault.
    pub fn read(bytes: &[u8]) -> Result<Said, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "a message that is not UTF-8".to_owned())?;
        let (head, body) = text
            .split_once("\r\n\r\n")
            .ok_or("a message without an empty line")?;
        let mut lines = head.split("\r\n");
        let start = lines.next().unwrap_or_default().to_owned();
        let split = |line: &str| {
            line.split_once(": ")
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        let mut fields = lines
            .map(|line| split(line).ok_or(format!("a field written {line:?}")))
            .collect::<Result<Vec<_>, _>>()?;
        let length = fields.iter().position(|(name, _)| name == "Content-Length");
        let (_, length) = fields.remove(length.ok_or("a message without Content-Length")?);
        if length != body.len().to_string() {
            return Err(format!(
                "Content-Length {length} for a body of {} bytes",
                body.len()
            ));
        }
        Ok(Said {
            start,
            fields,
            body: body.to_owned(),
        })
    }

    /// Appends a field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Said {
        self.fields.push((name.to_owned(), value.to_string()));
        self
    }

    /// Replaces the fields of this name by one.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl fmt::Display) -> Said {
        self.fields.retain(|(field, _)| field != name);
        self.with(name, value)
    }

    /// Takes the fields of this name out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Said {
        self.fields.retain(|(field, _)| field != name);
        self
    }

    /// Gives it a session description, unless that is empty.
    #[must_use]
    pub fn describing(mut self, sdp: String) -> Said {
        self.body = sdp;
        if self.body.is_empty() {
            self
        } else {
            self.set("Content-Type", "application/sdp")
        }
    }

    /// With its session description as the second of two parts, behind this one (RFC 5621).
    #[must_use]
    pub fn beside(mut self, part: &str) -> Said {
        if self.body.is_empty() {
            return self;
        }
        let description = format!("Content-Type: application/sdp\r\n\r\n{}", self.body);
        self.body = format!("--edge\r\n{part}\r\n--edge\r\n{description}\r\n--edge--\r\n");
        self.set("Content-Type", "multipart/mixed;boundary=edge")
    }

    /// The status of a response.
    pub fn status(&self) -> Option<u16> {
        self.start.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
    }

    /// The method of a request, or the one that a response answers.
    pub fn method(&self) -> &str {
        match self.status() {
            None => self.start.split(' ').next().unwrap_or_default(),
            Some(_) => self.get("CSeq").split(' ').nth(1).unwrap_or_default(),
        }
    }

    /// The Request-URI.
    pub fn uri(&self) -> &str {
        self.start.split(' ').nth(1).unwrap_or_default()
    }

    /// The first field of this name; empty if there is none.
    pub fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// All fields of this name.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let name = name.to_owned();
        self.fields
            .iter()
            .filter(move |(field, _)| field.eq_ignore_ascii_case(&name))
            .map(|(_, value)| value.as_str())
    }

    /// The number in CSeq.
    pub fn cseq(&self) -> u32 {
        self.get("CSeq")
            .split(' ')
            .next()
            .and_then(|number| number.parse().ok())
            .unwrap_or(0)
    }

    /// The branch of the topmost Via.
    pub fn branch(&self) -> &str {
        param(self.get("Via"), "branch")
    }

    /// The tag in From or To; empty if there is none.
    pub fn tag(&self, field: &str) -> &str {
        param(self.get(field), "tag")
    }

    /// Whether it is sent within a dialog.
    pub fn is_within_dialog(&self) -> bool {
        !self.tag("To").is_empty()
    }
}

/// A parameter behind the URI of a field; empty if it is not there.
pub fn param<'a>(value: &'a str, name: &str) -> &'a str {
    let behind = value.rsplit_once('>').map_or(value, |(_, behind)| behind);
    let mut params = behind.split(';').filter_map(|param| param.split_once('='));
    params
        .find(|(found, _)| found.trim() == name)
        .map_or("", |(_, value)| value.trim())
}

/// The URI in a From, To or Contact.
pub fn uri_in(value: &str) -> &str {
    match value.split_once('<') {
        Some((_, rest)) => rest.split('>').next().unwrap_or_default(),
        None => value.split(';').next().unwrap_or_default(),
    }
}

/// The user part of a URI, or its host if it has none.
pub fn user_in(uri: &str) -> &str {
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    rest.split(['@', ';', '?']).next().unwrap_or_default()
}

/// The host and port of a URI as an address.
pub fn address_in(uri: &str) -> Option<std::net::SocketAddr> {
    let rest = uri.split_once(':')?.1;
    let host = rest
        .rsplit_once('@')
        .map_or(rest, |(_, host)| host)
        .split([';', '?'])
        .next()?;
    host.parse().or_else(|_| format!("{host}:5060").parse()).ok()
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\r\n", self.start)?;
        for (name, value) in &self.fields {
            write!(f, "{name}: {value}\r\n")?;
        }
        write!(f, "Content-Length: {}\r\n\r\n{}", self.body.len(), self.body)
    }
}
