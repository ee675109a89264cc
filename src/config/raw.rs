//! What the file says: every table and key that ops can write, its type, and what happens without it.
//!
//! This is the only place that names the keys. The check for unknown keys, the defaults, the ranges and the
//! test that the sample shows them all follow from it.

use super::caller_id::{ForwardedField, IdentityField, NumberFormat, RefusedChoice, TransferShows};
use super::report::Problems;
use super::shape::{self, Given, Here, Key, Named, Need, Value, tables};
use super::table::Table;
use super::valid::{Digest, ListenTransport, VoiceCodec, WaitsWith, WhilePaused};
use super::words::{CodeKeys, Country, DialPrefix, FileMode, Group, Host, OrOff, Period, Ports, Whole};
use ipnet::IpNet;
use secrecy::SecretString;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use toml::de::DeValue;

/// Milliseconds in a second, a minute, an hour and a day, for the ranges below.
const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

tables! {
    /// The whole file.
    File {
        switch: Switch = {},
        dns: Dns = {},
        listen: Vec<Given<Listen>> = [],
        media: Media = {},
        extension: Named<Extension> = {},
        group: Named<RingGroup> = {},
        trunk: Named<Trunk> = {},
        incoming: Vec<Given<Incoming>> = [],
        outgoing: Vec<Given<Outgoing>> = [],
        outside: Outside = {},
        class: Named<Class> = {},
        emergency: Emergency = optional,
        site: Named<Site> = {},
        numbers: Numbers = {},
        number: Named<Number> = {},
        recording: Recording = {},
        transfer: Transfer = {},
        codes: Codes = {},
        registration: Registration = {},
        timers: Timers = {},
        limits: Limits = {},
        api: Api = {},
    }

    /// Who we are.
    Switch {
        domain: Host = required,
    }

    /// Whom we ask where names are.
    Dns {
        servers: Vec<Given<SocketAddr>> = optional,
    }

    /// One SIP listener.
    Listen {
        transport: ListenTransport = required,
        address: SocketAddr = required,
        advertise: IpAddr = optional,
        certificate: PathBuf = optional,
        key: PathBuf = optional,
    }

    /// RTP.
    Media {
        ports: Ports = "20000-29999",
        threads: Whole<1, 64> = 1,
        music: PathBuf = optional,
        codecs: Vec<Given<VoiceCodec>> = ["g722", "pcmu", "pcma"],
    }

    /// One extension; its number is the table's name.
    Extension {
        name: String = optional,
        password: SecretString = optional,
        password_file: PathBuf = optional,
        password_env: String = optional,
        forward: bool = true,
        record: bool = optional,
        pause: bool = optional,
        number: String = optional,
        numbers: Vec<Given<String>> = [],
        choose: bool = true,
        class: String = optional,
    }

    /// Several extensions under one number, which is the table's name.
    RingGroup {
        ring: Vec<Given<String>> = required,
        class: String = optional,
    }

    /// One carrier; its name is the table's name.
    Trunk {
        host: Host = required,
        port: Whole<1, 65535> = optional,
        hosts: Vec<Given<Host>> = optional,
        outbound_proxy: Host = optional,
        transport: ListenTransport = "udp",
        username: String = optional,
        password: SecretString = optional,
        password_file: PathBuf = optional,
        password_env: String = optional,
        register: bool = false,
        expiry: Period<MINUTE, DAY> = "10m",
        qualify: OrOff<{ 2 * SECOND }, HOUR> = "30s",
        down_after: Whole<1, 20> = 3,
        up_after: Whole<1, 20> = 2,
        timeout: Period<500, { 30 * SECOND }> = "4s",
        max_calls: Whole<1, 15_000> = optional,
        max_calls_per_second: Whole<1, 1_000> = optional,
        ca: PathBuf = optional,
        verify: bool = true,
        client_ca: PathBuf = optional,
        client_name: Host = optional,
        large_over_tcp: bool = false,
        transfers: bool = false,
        takes_transfers: bool = false,
        symmetric: bool = true,
        trusted: bool = true,
        withhold: bool = false,
        number_format: NumberFormat = "+e164",
        identity: IdentityField = "p-asserted-identity",
        forwarded: ForwardedField = "both",
        sources: Vec<Given<IpNet>> = optional,
        record: bool = optional,
        pause: bool = optional,
    }

    /// One DID and whom it rings.
    Incoming {
        number: String = required,
        ring: Vec<Given<String>> = required,
    }

    /// One rule for calls to the outside.
    Outgoing {
        name: String = optional,
        r#match: String = required,
        trunk: String = optional,
        trunks: Vec<Given<Group>> = optional,
        strip: Whole<0, 30> = 0,
        prefix: String = "",
    }

    /// Where extensions may call outside, and how much, unless their class says otherwise.
    Outside {
        allow: Vec<Given<String>> = ["national", "mobile", "freephone", "shared_cost", "international"],
        max_calls: Whole<1, 15_000> = 5,
        max_calls_per_hour: Whole<1, 100_000> = 100,
        alarm_calls_per_hour: Whole<1, 100_000> = 60,
    }

    /// Calls for help.
    Emergency {
        numbers: Vec<Given<String>> = optional,
        prefixes: Vec<Given<DialPrefix>> = [],
        trunks: Vec<Given<String>> = optional,
        number: String = optional,
        address: String = optional,
        desk: String = optional,
        preempt: bool = false,
    }

    /// Where some of the phones are; its name is the table's name.
    Site {
        extensions: Vec<Given<String>> = [],
        networks: Vec<Given<IpNet>> = [],
        number: String = optional,
        address: String = optional,
    }

    /// A class of service; its name is the table's name. What it does not say is as in `outside`.
    Class {
        allow: Vec<Given<String>> = optional,
        max_calls: Whole<1, 15_000> = optional,
        max_calls_per_hour: Whole<1, 100_000> = optional,
        alarm_calls_per_hour: Whole<1, 100_000> = optional,
    }

    /// Our numbers, as callers outside see them.
    Numbers {
        country: Country = optional,
        default: String = optional,
        name: String = "",
        withhold_prefix: DialPrefix = optional,
        refused_choice: RefusedChoice = "reject",
    }

    /// One number that can be shown to the outside; it is the table's name.
    Number {
        alias: String = optional,
        name: String = optional,
        prefix: DialPrefix = optional,
        external: bool = false,
    }

    /// What is recorded.
    Recording {
        incoming: bool = false,
        outgoing: bool = false,
        internal: bool = false,
        consult: bool = false,
        pause: bool = true,
        paused: WhilePaused = "silence",
        resume_after: OrOff<{ 10 * SECOND }, { 4 * HOUR }> = "off",
        directory: PathBuf = "recordings",
        mode: FileMode = "0640",
    }

    /// Calls that are handed on.
    Transfer {
        fallback: String = optional,
        conference: String = optional,
        pickup: bool = true,
        max_together: Whole<3, 16> = 6,
        shows: TransferShows = "house",
        waits_with: WaitsWith = "ringback",
    }

    /// Keys that agents press in a call.
    Codes {
        enabled: bool = false,
        cold: CodeKeys = "*1",
        warm: CodeKeys = "*2",
        merge: CodeKeys = "*3",
        swap: CodeKeys = "*4",
        cancel: CodeKeys = "*5",
        complete: CodeKeys = "*6",
        pause_recording: CodeKeys = "*7",
        resume_recording: CodeKeys = "*8",
        pause: Period<200, { 10 * SECOND }> = "2s",
        number_pause: Period<{ SECOND }, { 30 * SECOND }> = "4s",
    }

    /// REGISTER.
    Registration {
        min_expiry: Period<{ 10 * SECOND }, DAY> = "60s",
        max_expiry: Period<{ 10 * SECOND }, { 7 * DAY }> = "1h",
        default_expiry: Period<{ 10 * SECOND }, { 7 * DAY }> = "10m",
        nonce_lifetime: Period<{ 10 * SECOND }, DAY> = "5m",
        digest: Digest = "sha-256",
    }

    /// Timers.
    Timers {
        ring: Period<{ 5 * SECOND }, { 10 * MINUTE }> = "60s",
        session: Period<{ 90 * SECOND }, DAY> = "30m",
        no_media: OrOff<{ 5 * SECOND }, DAY> = "60s",
        t1: Period<50, { 5 * SECOND }> = "500ms",
        t2: Period<500, { 30 * SECOND }> = "4s",
        t4: Period<500, { 30 * SECOND }> = "5s",
    }

    /// Limits.
    Limits {
        max_calls: Whole<1, 15_000> = 1000,
        max_message_bytes: Whole<2_048, 65_535> = 65535,
        max_header_fields: Whole<32, 4_096> = 256,
        max_contacts_per_extension: Whole<1, 100> = 10,
        max_phones_per_call: Whole<1, 1_000> = 30,
        max_failed_logins_per_minute: Whole<1, 10_000> = 20,
        failed_login_ban: Period<{ 10 * SECOND }, DAY> = "5m",
        max_transactions: Whole<16, 1_000_000> = 50000,
        max_connections: Whole<1, 100_000> = 5000,
        max_connections_per_source: Whole<1, 100_000> = 100,
        idle_connection: Period<MINUTE, { 7 * DAY }> = "2h",
    }

    /// The HTTP control interface.
    Api {
        listen: SocketAddr = optional,
        token: SecretString = optional,
        token_file: PathBuf = optional,
        token_env: String = optional,
    }
}

/// Reads the parsed file.
pub(super) fn read(file: &DeValue<'_>, problems: &mut Problems<'_>) -> Option<Given<File>> {
    shape::read(file, &Here::top(), problems)
}

/// Every key that the file may hold.
pub fn keys() -> Vec<Key> {
    let mut keys = Vec::new();
    File::keys("", &mut keys);
    keys
}
