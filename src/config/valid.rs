//! What the configuration means, once it is known to be right. The rest of the program sees only this.

pub use super::caller_id::{
    CallerId, Choice, CountryId, ForwardedField, IdentityField, Number, NumberFormat, Owner, RefusedChoice,
    TransferShows, TrunkIdentity,
};
pub use super::class_of_service::{Allowed, ClassOfService, Kind, Rule};
pub use super::emergency::{Emergency, Site};
pub use super::outgoing::{Group, Outgoing};
use ipnet::IpNet;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// The whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The name under which we authenticate phones (digest realm) and the host in our identities.
    pub domain: String,
    /// Whom we ask where the carriers are.
    pub dns: Dns,
    /// Where we listen for SIP. At least one.
    pub listeners: Vec<Listener>,
    /// RTP.
    pub media: Media,
    /// Whom we know by extension.
    pub extensions: BTreeMap<String, Extension>,
    /// Carriers, by name.
    pub trunks: BTreeMap<String, Trunk>,
    /// Numbers inside the house that ring several extensions at once.
    pub groups: BTreeMap<String, Vec<String>>,
    /// Calls from a trunk: which extensions a DID rings. Keys are E.164 with `+`.
    pub incoming: BTreeMap<String, Incoming>,
    /// Calls to a trunk: the first rule whose pattern fits the dialled number wins.
    pub outgoing: Vec<Outgoing>,
    /// Calls for help.
    pub emergency: Emergency,
    /// What callers outside see.
    pub caller_id: CallerId,
    /// What is recorded.
    pub recording: Recording,
    /// REGISTER.
    pub registration: Registration,
    /// What becomes of calls that are handed on.
    pub transfer: Transfer,
    /// Keys that agents press in a call.
    pub codes: Codes,
    /// Timers that ops may turn.
    pub timers: Timers,
    /// Limits, each with its unit in its name.
    pub limits: Limits,
    /// The HTTP control interface.
    pub api: Api,
}

/// Whom we ask where names are.
#[derive(Clone, Debug, Default)]
pub struct Dns {
    /// The name servers, asked in this order; those of the system if there are none.
    pub servers: Vec<SocketAddr>,
}

/// One SIP listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// UDP, TCP …
    pub transport: ListenTransport,
    /// Where to bind.
    pub address: SocketAddr,
    /// What it shows to its peers; a TLS listener has one, and no other.
    pub identity: Option<Identity>,
    /// The address that peers outside of private networks reach us under, if not that one (NAT).
    pub advertise: Option<IpAddr>,
}

/// The transports one can listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListenTransport {
    /// SIP over UDP.
    Udp,
    /// SIP over TCP.
    Tcp,
    /// SIP over TLS.
    Tls,
}

/// Who we are to TLS peers: two PEM files, read when the listener opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The certificate, followed by those that lead to one that the peers trust.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Whom we believe to be the host that we call over TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Whoever shows a certificate for its name that an authority of this machine has signed.
    Machine,
    /// The same with the authorities in this PEM file, and no other.
    Authorities(PathBuf),
    /// Anybody who answers there.
    Anybody,
}

/// What a carrier that connects to us over TLS must show before we take its calls for its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The authorities (PEM) one of which has signed its certificate.
    pub authorities: PathBuf,
    /// The name in it.
    pub name: String,
}

/// RTP.
#[derive(Clone, Debug)]
pub struct Media {
    /// The first port of the range (even).
    pub first_port: u16,
    /// The last port of the range, inclusive. Each leg takes an even port and the odd one above it.
    pub last_port: u16,
    /// Threads that carry RTP; each owns the ports of its conversations.
    pub threads: usize,
    /// A WAV file to play on hold; a built-in melody if none.
    pub music: Option<PathBuf>,
    /// The voice codecs that we speak, best first; at least one, each once.
    pub codecs: Vec<VoiceCodec>,
}

/// A voice codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoiceCodec {
    /// G.722, 16 kHz.
    G722,
    /// G.711 μ-law, 8 kHz.
    Pcmu,
    /// G.711 A-law, 8 kHz.
    Pcma,
}

impl VoiceCodec {
    /// Its encoding name in a session description (RFC 3551 §6).
    pub fn encoding(self) -> &'static str {
        match self {
            VoiceCodec::G722 => "G722",
            VoiceCodec::Pcmu => "PCMU",
            VoiceCodec::Pcma => "PCMA",
        }
    }

    /// Whether it carries more than the telephone's 8 kHz.
    pub fn is_wide(self) -> bool {
        match self {
            VoiceCodec::G722 => true,
            VoiceCodec::Pcmu | VoiceCodec::Pcma => false,
        }
    }

    /// The same of an encoding name.
    pub fn is_wide_encoding(encoding: &str) -> bool {
        encoding == VoiceCodec::G722.encoding()
    }
}

/// One extension: a number inside the house, and the credentials of its phones.
#[derive(Clone, Debug)]
pub struct Extension {
    /// Shown to other extensions.
    pub name: String,
    /// The digest password of its phones. The username is the extension's number.
    pub password: SecretString,
    /// Whether its phones may send callers on, to wherever it may call.
    pub forward: bool,
    /// What it says itself about the recording of its calls.
    pub recording: OwnRules,
    /// What its calls show to the outside.
    pub choice: Choice,
    /// Where it may call outside, and how much.
    pub class: ClassOfService,
}

/// One carrier.
#[derive(Clone, Debug)]
pub struct Trunk {
    /// Host name or address: its domain in all that we say to it, and where we send its calls unless told otherwise.
    pub host: String,
    /// The port, if one is told. Then the DNS is asked for addresses alone (RFC 3263 §4.2).
    pub port: Option<u16>,
    /// Its servers, best first. At least one: the outbound proxy, those of the configuration, or the host.
    pub servers: Vec<String>,
    /// The proxy that all requests pass, to be named in their Route.
    pub outbound_proxy: Option<String>,
    /// How we send them.
    pub transport: ListenTransport,
    /// Whom we take for it, over TLS.
    pub trust: Trust,
    /// Whether requests that are too large for UDP go to its TCP port of the same number (RFC 3261 §18.1.1).
    pub large_over_tcp: bool,
    /// Whether its REFERs are obeyed, as far as it may call; they are refused with 403 otherwise.
    pub transfers: bool,
    /// Whether it connects two of its own numbers by itself when we ask it to (REFER); where it will not, we do.
    pub takes_transfers: bool,
    /// Whether we send RTP to where its RTP comes from (RFC 4961); only to where its SDP says otherwise.
    pub symmetric: bool,
    /// How it is told who calls, and what it is believed.
    pub identity: TrunkIdentity,
    /// With which we answer its challenges.
    pub credentials: Option<Credentials>,
    /// For how long we register with it at a time; none if we do not.
    pub register: Option<Duration>,
    /// How its health is watched; none if it is taken for well.
    pub qualify: Option<Qualify>,
    /// How long it may say nothing at all to a request before another place is tried.
    pub timeout: Duration,
    /// Calls over it at one time, both ways; none for as many as there are.
    pub max_calls: Option<usize>,
    /// Calls that we send it within one second; none for as many as there are.
    pub max_calls_per_second: Option<usize>,
    /// Calls from these networks are this trunk's,
    pub sources: Vec<IpNet>,
    /// if their connection has shown this; none if the network is proof enough.
    pub proof: Option<Proof>,
    /// What it says itself about the recording of its calls.
    pub recording: OwnRules,
}

/// Who we are to a carrier.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user name, which is also the user of our address at the carrier.
    pub username: String,
    /// The password; none if the carrier asks for none.
    pub password: Option<SecretString>,
}

/// How the health of a carrier's addresses is watched, by OPTIONS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Qualify {
    /// How often each is asked.
    pub every: Duration,
    /// So many questions in a row without a good answer, and it is down.
    pub down_after: u32,
    /// So many good answers in a row, and it is up again.
    pub up_after: u32,
}

/// What a DID rings.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// All contacts of all these extensions ring at once.
    pub ring: Vec<String>,
}

/// What is recorded.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Calls that come from a trunk.
    pub incoming: bool,
    /// Calls that go to a trunk.
    pub outgoing: bool,
    /// Calls between extensions.
    pub internal: bool,
    /// What agent and colleague say in private while a recorded customer waits: in a file of its own.
    pub consult: bool,
    /// Whether agents may pause and resume.
    pub pause: bool,
    /// What the tape has of the time while it was paused.
    pub paused: WhilePaused,
    /// After so long a pause ends by itself; none if it never does.
    pub resume_after: Option<Duration>,
    /// Where the tapes go.
    pub directory: PathBuf,
    /// The permissions of the files.
    pub mode: u32,
}

/// What the tape has of the time while it was paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhilePaused {
    /// Silence, as long as the pause.
    Silence,
    /// Nothing: what follows comes right behind what was before.
    Cut,
}

/// What an extension or a trunk says itself about the recording of its calls, in the place of the house; none
/// where it leaves that to the house.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnRules {
    /// Whether they are recorded.
    pub record: Option<bool>,
    /// Whether agents may pause that; of an extension: whether this agent may.
    pub pause: Option<bool>,
}

/// What becomes of calls that are handed on.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// The extension or group that rings when nobody takes a call that was handed on, and the agent cannot be rung
    /// again either; none to end the call then.
    pub fallback: Option<String>,
    /// Whether any phone of the house may take a call that rings at another (INVITE with Replaces).
    pub pickup: bool,
    /// The number that phones call for a network conference; none if there are no conferences.
    pub conference: Option<String>,
    /// How many may talk together in one conversation; bringing in one more is refused with 403.
    pub max_together: usize,
    /// Whose number the world outside sees of a call that was handed on or forwarded to it.
    pub shows: TransferShows,
    /// What those hear who were handed on, once it rings for them.
    pub waits_with: WaitsWith,
}

/// What those hear who were handed on, once it rings for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WaitsWith {
    /// That it rings, or what the called network plays.
    #[default]
    Ringback,
    /// The music that they have heard until then.
    Music,
}

/// Keys that agents press in a call.
#[derive(Clone, Debug)]
pub struct Codes {
    /// What each code is for, by its keys (digits, `*`, `#`, `A` to `D`). None is the beginning of another, and
    /// there is none at all if they are not enabled.
    pub by_keys: BTreeMap<String, Code>,
    /// How long the next key of a code is waited for.
    pub pause: Duration,
    /// How long the next digit of a number is waited for.
    pub number_pause: Duration,
}

/// What a feature code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Hand on the call to the number that follows, and be out of it.
    Cold,
    /// Ask a colleague at the number that follows, while the others wait.
    Warm,
    /// Bring all together.
    Merge,
    /// Turn from the colleague to the others, or back; of three who talk, take the colleague aside again.
    Swap,
    /// Let the colleague go, and be back with those who wait.
    Cancel,
    /// Leave the others and the colleague to each other.
    Complete,
    /// Pause the recording.
    PauseRecording,
    /// Go on recording.
    ResumeRecording,
}

impl Code {
    /// Whether it is one while the agent dials a number, too. What is for three is not: there are none before somebody
    /// has come, and prefixes of numbers may begin with the same keys.
    pub fn is_one_while_dialling(self) -> bool {
        match self {
            Code::Cold | Code::Warm | Code::Cancel | Code::PauseRecording | Code::ResumeRecording => true,
            Code::Merge | Code::Swap | Code::Complete => false,
        }
    }
}

/// REGISTER.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Shorter wishes are refused with 423 (RFC 3261 §10.2.8).
    pub min_expiry: Duration,
    /// Longer wishes are cut to this.
    pub max_expiry: Duration,
    /// Granted to phones that do not say.
    pub default_expiry: Duration,
    /// How long a digest nonce may be used.
    pub nonce_lifetime: Duration,
    /// The digest algorithms that phones are asked for (RFC 8760).
    pub digest: Digest,
}

/// The digest algorithms that phones are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256 first, then MD5.
    Sha256,
    /// MD5 first, then SHA-256.
    Md5,
    /// MD5 alone.
    Md5Only,
}

/// Timers that ops may turn.
#[derive(Clone, Debug)]
pub struct Timers {
    /// How long phones ring before the caller is told 480.
    pub ring: Duration,
    /// How often the two ends of a standing call make sure of each other (RFC 4028), at least 90 s.
    pub session: Duration,
    /// How long a party whom somebody hears may send neither RTP nor RTCP before its call is ended; none for
    /// ever. On hold nobody is heard.
    pub no_media: Option<Duration>,
    /// T1, the round-trip estimate (RFC 3261 §17.1.1.1).
    pub t1: Duration,
    /// T2, the longest gap between retransmissions.
    pub t2: Duration,
    /// T4, the longest life of a message in the network.
    pub t4: Duration,
}

/// Limits, each with its unit in its name.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Conversations at one time; the next call is refused with 503.
    pub max_calls: usize,
    /// Bytes of one SIP message; a longer datagram is dropped, a longer stream message closes the stream.
    pub max_message_bytes: usize,
    /// Header fields of one SIP message; a message with more is refused with 400.
    pub max_header_fields: usize,
    /// Contacts registered at one time for one extension; the next takes the place of the oldest from its own source,
    /// else of the oldest. A REGISTER that brings more at once is refused with 403.
    pub max_contacts_per_extension: usize,
    /// Phones that one call rings; the others do not ring. Each has one early dialog: a phone or carrier that forks
    /// behind its Contact is heard with the one that answers first.
    pub max_phones_per_call: usize,
    /// Wrong passwords from one source in one minute; with the next one the source is turned away for a while.
    pub max_failed_logins_per_minute: usize,
    /// For how long: requests that would have to prove who sends them get 503, except those of registered phones.
    pub failed_login_ban: Duration,
    /// Transactions at one time; the next request is refused with 503.
    pub max_transactions: usize,
    /// Open TCP connections at one time; the next is closed.
    pub max_connections: usize,
    /// Open TCP connections from one address at one time; the next is closed.
    pub max_connections_per_source: usize,
    /// A TCP connection without traffic is closed after this.
    pub idle_connection: Duration,
}

/// The HTTP control interface.
#[derive(Clone, Debug)]
pub struct Api {
    /// Where to listen; none to have no control interface.
    pub listen: Option<SocketAddr>,
    /// The bearer token. Required as soon as `listen` is not loopback.
    pub token: Option<SecretString>,
}

impl Trunk {
    /// The port that is meant where the DNS names none.
    pub fn port_or_usual(&self) -> u16 {
        let usual = match self.transport {
            ListenTransport::Udp | ListenTransport::Tcp => 5060,
            ListenTransport::Tls => 5061,
        };
        self.port.unwrap_or(usual)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Code::Cold => "cold",
            Code::Warm => "warm",
            Code::Merge => "merge",
            Code::Swap => "swap",
            Code::Cancel => "cancel",
            Code::Complete => "complete",
            Code::PauseRecording => "pause_recording",
            Code::ResumeRecording => "resume_recording",
        })
    }
}
