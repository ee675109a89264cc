//! The server's side of digest: it challenges, and it verifies.

use super::params::{self, Params};
use super::{Algorithm, Asked, Proof, Qop};
use crate::sip::chance::{Chance, Key};
use crate::sip::{Message, Name, Uri};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// How far behind the highest count an answer may come: datagrams overtake each other.
const WINDOW: u32 = 64;

/// Asks phones for their password and verifies what they answer (RFC 3261 §22.4).
///
/// ```
/// # use tandem::sip::{Chance, Draft, Message, MessageLimits, Name, auth::{Challenger, Offer, Terms}};
/// # use tandem::time::Time;
/// # use std::time::Duration;
/// # let limits = MessageLimits { message_bytes: 65_535, header_fields: 64 };
/// # let text = "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.11;branch=z9hG4bK1\r\n\
/// #     From: <sip:1001@example.com>;tag=a\r\nTo: <sip:1001@example.com>\r\nCall-ID: 1\r\n\
/// #     CSeq: 1 REGISTER\r\n\r\n";
/// # let request = Message::parse(text.into(), &limits).unwrap();
/// # let (now, mut chance) = (Time::EPOCH, Chance::new([1; 32]));
/// let (realm, lifetime) = ("example.com".to_owned(), std::time::Duration::from_secs(300));
/// let terms = Terms { realm, lifetime, max_nonces: 10_000, offer: Offer::Sha256First };
/// let mut challenger = Challenger::new(terms, &mut chance);
/// let source = "192.0.2.11".parse().unwrap();
/// let password_of = |user: &str| (user == "1001").then_some("secret");
/// let draft = match challenger.verify(now, source, &request, password_of) {
///     Ok(user) => Draft::response(&request, 200, "OK"), // `user` has shown that it knows the password
///     Err(doubt) => doubt
///         .challenges
///         .iter()
///         .fold(Draft::response(&request, 401, "Unauthorized"), |draft, challenge| {
///             draft.with(Name::WWW_AUTHENTICATE, challenge)
///         }),
/// };
/// # assert_eq!(draft.finish().status(), Some(401));
/// ```
///
/// A nonce says by itself when it was made, that we made it and for whom, so giving one away costs no memory. Only
/// a nonce that was answered with the right password is remembered, with the counts that were used.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Challenger {
    terms: Terms,
    key: Key,
    /// The nonces that were used, oldest first.
    used: BTreeMap<String, Counts>,
    /// Nonces as old as this are not known any more: some were dropped for lack of room.
    forgotten: Time,
}

/// On which terms phones are asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The realm: for what the password is.
    pub realm: String,
    /// How long a nonce may be used.
    pub lifetime: Duration,
    /// How many used nonces are remembered. When one more comes the oldest is forgotten, and its phone is asked again.
    pub max_nonces: usize,
    /// What they are asked for.
    pub offer: Offer,
}

/// The algorithms that we offer, and in which order. A phone should take the first that it knows (RFC 8760 §2.4);
/// some look at the first alone, and some give up at the sight of one that they do not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Offer {
    /// SHA-256 (RFC 8760), then MD5, which every phone knows.
    Sha256First,
    /// MD5, then SHA-256.
    Md5First,
    /// MD5 and nothing else.
    Md5Only,
}

/// The counts that were used with one nonce.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Counts {
    highest: u32,
    /// Bit n: the count `highest - n` was used.
    seen: u64,
}

/// Why somebody is not believed yet, and how to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// Why.
    pub why: Why,
    /// The challenges with which to refuse the request, each the value of a WWW-Authenticate field, in the order
    /// of preference (RFC 8760 §2.3).
    pub challenges: Vec<String>,
}

/// Why somebody is not believed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It has not answered a challenge that was sent to where it speaks from. Whoever forges the address of
    /// somebody else never sees that one's challenges, so nothing of this can be held against the address.
    Unasked,
    /// It knows the password, but its nonce is too old, was used with this count before, or was given to
    /// another address.
    Stale,
    /// It knows the password, but its answer is about another Request-URI than the one that has come: a proxy in
    /// between has changed that (RFC 7616 §3.4.6). No guess, and no proof of what is wanted either.
    Elsewhere,
    /// It has answered our challenge, and wrong.
    Wrong,
}

/// What there is to say about an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Right,
    Not(Why),
}

/// What a nonce of ours says about itself.
#[derive(Clone, Copy, Debug)]
struct Issued {
    at: Time,
    is_for_this_source: bool,
}

/// Hex digits of a nonce that say when it was made, and for which request.
const MADE_CHARS: usize = 24;
/// Hex digits at the end of a nonce that say for whom it was made.
const SOURCE_CHARS: usize = 8;

impl Challenger {
    /// A challenger on these terms.
    pub fn new(terms: Terms, chance: &mut Chance) -> Challenger {
        Challenger {
            terms,
            key: chance.key(),
            used: BTreeMap::new(),
            forgotten: Time::EPOCH,
        }
    }

    /// Goes on on other terms, as after a restart with a changed configuration.
    pub fn set_up(&mut self, terms: Terms) {
        self.terms = terms;
    }

    /// Who sent this request from this address: the user whose password its Authorization proves. Otherwise why
    /// nobody can tell, and the challenges to ask with.
    ///
    /// A wrong password and an unknown user cost the same and get the same.
    pub fn verify<'p>(
        &mut self,
        now: Time,
        source: IpAddr,
        request: &Message,
        password_of: impl Fn(&str) -> Option<&'p str>,
    ) -> Result<String, Doubt> {
        let answer = self.answer_in(request);
        let user = answer
            .as_ref()
            .and_then(|answer| answer.get("username"))
            .map(params::unescaped);
        let password = user.as_deref().and_then(password_of);
        let verdict = answer.map_or(Verdict::Not(Why::Unasked), |answer| {
            self.judge(now, source, request, &answer, password)
        });
        match (verdict, user) {
            (Verdict::Right, Some(user)) => Ok(user),
            (Verdict::Right, None) => Err(self.doubt(now, source, request, Why::Unasked)),
            (Verdict::Not(why), _) => Err(self.doubt(now, source, request, why)),
        }
    }

    /// Whom the sender of this request says it is, by its answer to a challenge of ours.
    pub fn claimed(&self, request: &Message) -> Option<String> {
        let answer = self.answer_in(request)?;
        answer.get("username").map(params::unescaped)
    }

    /// How many nonces are remembered.
    pub fn len(&self) -> usize {
        self.used.len()
    }

    /// Whether no nonce is remembered.
    pub fn is_empty(&self) -> bool {
        self.used.is_empty()
    }

    /// The answer for our realm among all that the request carries.
    fn answer_in<'m>(&self, request: &'m Message) -> Option<Params<'m>> {
        let fields = request
            .list(Name::AUTHORIZATION)
            .chain(request.list(Name::PROXY_AUTHORIZATION));
        let ours = params::escaped(&self.terms.realm);
        fields
            .filter_map(Params::digest)
            .find(|params| params.get("realm") == Some(&ours))
    }

    fn judge(
        &mut self,
        now: Time,
        source: IpAddr,
        request: &Message,
        answer: &Params<'_>,
        password: Option<&str>,
    ) -> Verdict {
        // An unknown user is tried against a password that nobody can know.
        let dummy = self.key.seal(&["nobody"]);
        let knows = knows(request, answer, password.unwrap_or(&dummy)).unwrap_or(false);
        let is_right = knows && password.is_some();
        let is_about = answer.get("uri").is_some_and(|uri| self.is_about(request, uri));
        let (Some(nonce), Some(count)) = (answer.get("nonce"), count(answer)) else {
            return Verdict::Not(Why::Unasked);
        };
        let Some(issued) = self.issued(nonce, source) else {
            // Phones keep a nonce for long: it may be one of a life of ours that left nothing behind.
            return Verdict::Not(if is_right { Why::Stale } else { Why::Unasked });
        };
        let is_fresh = issued.is_for_this_source && now.since(issued.at) < self.terms.lifetime;
        match is_right {
            true if is_fresh && !is_about => Verdict::Not(Why::Elsewhere),
            true if is_fresh && self.take(now, nonce, issued.at, count) => Verdict::Right,
            true => Verdict::Not(Why::Stale),
            false if issued.is_for_this_source => Verdict::Not(Why::Wrong),
            false => Verdict::Not(Why::Unasked),
        }
    }

    /// Whether the digest's URI means what the request is for. Proxies rewrite hosts, ports and parameters. The user
    /// must be the same, and the host that of the request, or our realm: whoever signs for a third one may have been
    /// made to sign by that one (RFC 7616 §3.4.6 leaves it to the server).
    fn is_about(&self, request: &Message, uri: &str) -> bool {
        let (Ok(asked), Some(signed)) = (request.uri(), Uri::parse(uri)) else {
            return false;
        };
        let is_ours = signed.host() == asked.host() || signed.host().eq_ignore_ascii_case(&self.terms.realm);
        asked.scheme() == signed.scheme() && asked.user() == signed.user() && is_ours
    }

    /// A request that comes again in the same moment is asked the same, for nothing is kept of the first (RFC 3261
    /// §8.2.7); any other gets a nonce of its own.
    fn doubt(&self, now: Time, source: IpAddr, request: &Message, why: Why) -> Doubt {
        let asked = [Name::VIA, Name::CALL_ID, Name::CSEQ].map(|name| request.text(name).unwrap_or_default());
        let mut made = format!("{:016x}{}", now.as_micros(), self.key.seal(&asked));
        made.truncate(MADE_CHARS);
        let nonce = format!("{made}{}{}", self.seal(&made), self.mark(&made, source));
        let realm = params::escaped(&self.terms.realm);
        let stale = match why {
            Why::Stale => ", stale=true",
            Why::Unasked | Why::Elsewhere | Why::Wrong => "",
        };
        let challenge = |algorithm| {
            format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm={algorithm}, qop=\"auth\"{stale}")
        };
        let algorithms: &[&str] = match self.terms.offer {
            Offer::Sha256First => &["SHA-256", "MD5"],
            Offer::Md5First => &["MD5", "SHA-256"],
            Offer::Md5Only => &["MD5"],
        };
        Doubt {
            why,
            challenges: algorithms.iter().map(challenge).collect(),
        }
    }

    /// What a nonce of ours says; none if it is not ours.
    fn issued(&self, nonce: &str, source: IpAddr) -> Option<Issued> {
        let (made, seals) = nonce.split_at_checked(MADE_CHARS)?;
        let (seal, mark) = seals.split_at_checked(seals.len().checked_sub(SOURCE_CHARS)?)?;
        let is_ours: bool = self.seal(made).as_bytes().ct_eq(seal.as_bytes()).into();
        let at = made_at(made)?;
        is_ours.then(|| Issued {
            at,
            is_for_this_source: self.mark(made, source).as_bytes().ct_eq(mark.as_bytes()).into(),
        })
    }

    /// For whom a nonce was made.
    fn mark(&self, made: &str, source: IpAddr) -> String {
        let source = source.to_canonical().to_string();
        let mut mark = self.key.seal(&["source", made, &source]);
        mark.truncate(SOURCE_CHARS);
        mark
    }

    fn seal(&self, made: &str) -> String {
        self.key.seal(&["nonce", made])
    }

    /// Uses up this count of this nonce; false if it was used before, or nobody knows.
    fn take(&mut self, now: Time, nonce: &str, issued: Time, count: u32) -> bool {
        if let Some(counts) = self.used.get_mut(nonce) {
            return counts.take(count);
        }
        if issued <= self.forgotten {
            return false;
        }
        self.make_room(now);
        let mut counts = Counts::default();
        let is_new = counts.take(count);
        self.used.insert(nonce.to_owned(), counts);
        is_new
    }

    /// Drops what has expired, and the oldest if that is not enough. A nonce begins with its time, so they
    /// stand in order.
    fn make_room(&mut self, now: Time) {
        let oldest_alive = format!("{:016x}", (now - self.terms.lifetime).as_micros());
        self.used = self.used.split_off(&oldest_alive);
        while self.used.len() >= self.terms.max_nonces.max(1) {
            let Some((nonce, _)) = self.used.pop_first() else {
                return;
            };
            self.forgotten = made_at(&nonce).unwrap_or(self.forgotten).max(self.forgotten);
        }
    }
}

impl Counts {
    fn take(&mut self, count: u32) -> bool {
        if count > self.highest {
            self.seen = self.seen.checked_shl(count - self.highest).unwrap_or(0) | 1;
            self.highest = count;
            return true;
        }
        let behind = self.highest - count;
        let is_new = count > 0 && behind < WINDOW && self.seen & (1 << behind) == 0;
        if is_new {
            self.seen |= 1 << behind;
        }
        is_new
    }
}

/// When a nonce that is known to be ours was made.
fn made_at(nonce: &str) -> Option<Time> {
    let micros = u64::from_str_radix(nonce.get(..16)?, 16).ok()?;
    Some(Time::from_micros(micros))
}

/// Whether the answer shows that its sender knows this password, whatever it is about; none if it is no answer to a challenge of
/// ours.
fn knows(request: &Message, answer: &Params<'_>, password: &str) -> Option<bool> {
    let algorithm = Algorithm::named(answer.get("algorithm").unwrap_or("MD5"))?;
    let is_offered = algorithm == Algorithm::MD5 || algorithm == Algorithm::SHA_256;
    let qop = match answer.qop() {
        None => None,
        Some(name) => Some(Some(Qop::Auth).filter(|qop| name.eq_ignore_ascii_case(qop.name()))?),
    };
    let uri = answer.get("uri")?;
    let proof = Proof {
        algorithm,
        user: answer.get("username")?,
        realm: answer.get("realm")?,
        nonce: answer.get("nonce")?,
        cnonce: answer.get("cnonce").unwrap_or_default(),
        nc: answer.get("nc").unwrap_or_default(),
        qop,
    };
    let method = request.method();
    let asked = Asked {
        method: method.as_str(),
        uri,
        body: &[],
    };
    let expected = proof.response(asked, password);
    let given = answer.get("response")?.to_ascii_lowercase();
    let is_equal: bool = expected.as_bytes().ct_eq(given.as_bytes()).into();
    Some(is_equal && is_offered)
}

/// The count of the answer. One without qop has none (RFC 2069), so its nonce is good for one answer.
fn count(answer: &Params<'_>) -> Option<u32> {
    match (answer.qop(), answer.get("nc")) {
        (None, _) => Some(1),
        (Some(_), None) => None,
        (Some(_), Some(nc)) => u32::from_str_radix(nc, 16).ok().filter(|count| *count > 0),
    }
}
