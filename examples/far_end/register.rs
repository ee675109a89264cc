//! REGISTER with digest, from the phone's side (RFC 3261 §10.2 and §22, RFC 2617).

use super::{Dialog, Line};
use anyhow::{Context, Result, ensure};
use md5::{Digest, Md5};
use tandem::sip::{Message, Name};

/// Registers the line under an extension for an hour, and waits until that is granted.
pub(crate) fn register(line: &Line, extension: &str, password: &str) -> Result<()> {
    let mut dialog = Dialog::to(
        line,
        format!("register-{}", line.here.port()),
        extension,
        extension,
    );
    let registrar = format!("sip:{}", line.switch);
    dialog.target.clone_from(&registrar);
    line.request(&mut dialog, "REGISTER", "Expires: 3600\r\n", None)?;
    let challenge = line.expect("challenge", is_final)?;
    let proof = credentials(&challenge, extension, password, &registrar)?;
    line.request(
        &mut dialog,
        "REGISTER",
        &format!("Expires: 3600\r\nAuthorization: {proof}\r\n"),
        None,
    )?;
    let answer = line.expect("answer to REGISTER", is_final)?;
    ensure!(
        answer.status() == Some(200),
        "REGISTER was answered {:?}",
        answer.status()
    );
    Ok(())
}

fn is_final(message: &Message) -> bool {
    message.status().is_some_and(|status| status >= 200)
}

/// The answer to an MD5 challenge with qop "auth".
fn credentials(challenge: &Message, user: &str, password: &str, uri: &str) -> Result<String> {
    let mut challenges = challenge.list(Name::WWW_AUTHENTICATE);
    let md5 = challenges
        .find(|text| !text.contains("SHA"))
        .context("no MD5 challenge")?;
    let realm = quoted(md5, "realm").context("no realm")?;
    let nonce = quoted(md5, "nonce").context("no nonce")?;
    let (count, ours) = ("00000001", "0a4f113b");
    let who = hash(&format!("{user}:{realm}:{password}"));
    let what = hash(&format!("REGISTER:{uri}"));
    let response = hash(&format!("{who}:{nonce}:{count}:{ours}:auth:{what}"));
    let opaque = quoted(md5, "opaque")
        .map(|text| format!(", opaque=\"{text}\""))
        .unwrap_or_default();
    Ok(format!(
        "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", algorithm=MD5, \
         qop=auth, nc={count}, cnonce=\"{ours}\", response=\"{response}\"{opaque}"
    ))
}

fn quoted<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = challenge.split_once(&format!("{name}=\""))?;
    rest.split('"').next()
}

fn hash(text: &str) -> String {
    Md5::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
