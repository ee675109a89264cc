//! Mends what real devices get wrong, before the strict reader sees it.
//!
//! Only the lines that we act on go on (`v o c m a`); with the others their mistakes disappear.

/// The most that a line may hold after `x=`; what is longer is no session description of a telephone.
const MAX_LINE_BYTES: usize = 1024;

/// The description as RFC 8866 wants it: one line per field, CRLF at each end, numbers in range.
pub(super) fn normalise(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body).replace('\0', "");
    let mut mended = String::with_capacity(text.len());
    let mut seen = Seen::default();
    for (key, value) in text.split(['\r', '\n']).filter_map(field) {
        if let Some(value) = mend(key, value, &mut seen) {
            mended.extend([key.encode_utf8(&mut [0; 4]), "=", &value, "\r\n"]);
        }
    }
    mended
}

/// What may stand only once, and where we are.
#[derive(Default)]
struct Seen {
    version: bool,
    origin: bool,
    session_address: bool,
    media: bool,
}

/// `x=value` taken apart; lines of another form (folded text, stray blanks) are nobody's.
fn field(line: &str) -> Option<(char, &str)> {
    let (key, value) = line.split_once('=')?;
    let mut letters = key.trim().chars();
    let key = letters.next()?;
    let single = letters.next().is_none() && value.len() <= MAX_LINE_BYTES;
    single.then(|| (key, value.trim()))
}

/// The value as it should have been, or none if the line is better left out.
fn mend(key: char, value: &str, seen: &mut Seen) -> Option<String> {
    match key {
        'v' => first(&mut seen.version).then(|| value.to_owned()),
        'o' => mend_origin(value).filter(|_| first(&mut seen.origin)),
        'c' => (seen.media || first(&mut seen.session_address)).then(|| one_blank(value.split_whitespace())),
        'm' => {
            seen.media = true;
            mend_media(value)
        }
        'a' => Some(mend_attribute(value)),
        _ => None,
    }
}

/// Whether this is the first time.
fn first(seen: &mut bool) -> bool {
    !std::mem::replace(seen, true)
}

/// `o=`: some write a username with blanks, or none; some count versions as signed numbers.
fn mend_origin(value: &str) -> Option<String> {
    let words: Vec<&str> = value.split_whitespace().collect();
    let [id, version, net, kind, address] = words.last_chunk::<5>()?;
    Some(format!(
        "- {} {} {net} {kind} {address}",
        whole_number(id),
        whole_number(version)
    ))
}

/// Any written number as one of 64 bits; a negative one wraps, so that counting up still counts up.
fn whole_number(text: &str) -> u64 {
    text.parse::<u64>()
        .or_else(|_| text.parse::<i64>().map(i64::cast_unsigned))
        .unwrap_or(0)
}

/// `m=`: a port that cannot be is no port, and a refused line may lack its formats.
fn mend_media(value: &str) -> Option<String> {
    let mut words = value.split_whitespace();
    let media = words.next()?;
    let port = words.next().unwrap_or("0");
    let port = port
        .split('/')
        .next()
        .and_then(|port| port.parse::<u16>().ok())
        .unwrap_or(0);
    let proto = words.next().unwrap_or("RTP/AVP");
    let formats = one_blank(words);
    let formats = if formats.is_empty() { "0" } else { &formats };
    Some(format!("{media} {port} {proto} {formats}"))
}

/// `a=`: no blanks around the colon, one between words.
fn mend_attribute(value: &str) -> String {
    match value.split_once(':') {
        Some((name, value)) => format!("{}:{}", name.trim(), one_blank(value.split_whitespace())),
        None => value.to_owned(),
    }
}

/// The words with one blank between each two.
fn one_blank<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(" ")
}
