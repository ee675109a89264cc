//! TLS: who we are on our listeners, and whom we take for a carrier.

use crate::config::outside::{NoIdentity, Outside};
use crate::config::raw;
use crate::config::report::Problems;
use crate::config::valid::{Identity, ListenTransport, Proof, Trust};

/// Who we are on this listener; nobody in particular without TLS. A certificate that cannot be used keeps only
/// this listener closed.
pub(super) fn identity(
    raw: &raw::Listen,
    outside: &dyn Outside,
    problems: &mut Problems<'_>,
) -> Option<Identity> {
    let transport = raw.transport.as_ref()?;
    let given = [("certificate", &raw.certificate), ("key", &raw.key)];
    if transport.value != ListenTransport::Tls {
        for (name, path) in given {
            if let Some(path) = path {
                let what = format!("only a TLS listener has a {name}");
                problems.error(
                    &path.at,
                    what,
                    "remove it, or write transport = \"tls\" in this [[listen]]",
                );
            }
        }
        return None;
    }
    for (name, path) in given {
        if path.is_none() {
            let what = format!("a TLS listener needs a {name}");
            problems.error(
                &transport.at,
                what,
                format!("add {name} = \"…\" with the path of a PEM file"),
            );
        }
    }
    let (certificate, key) = (raw.certificate.as_ref()?, raw.key.as_ref()?);
    let identity = Identity {
        certificate: certificate.value.clone(),
        key: key.value.clone(),
    };
    match outside.identity(&identity) {
        Ok(None) => {}
        Ok(Some(worry)) => {
            let what = format!("{}: {worry}", certificate.value.display());
            problems.warn(
                &certificate.at,
                what,
                "renew it, and restart Tandem to show the new one",
            );
        }
        Err(NoIdentity::Certificate(why)) => {
            let what = format!("{} cannot be used: {why}", certificate.value.display());
            let right =
                "name a PEM file with the certificate, and behind it those of the authorities in between";
            problems.fault(&certificate.at, what, right);
        }
        Err(NoIdentity::Key(why)) => {
            let what = format!("{} cannot be used: {why}", key.value.display());
            let right = "name a PEM file with the private key of the certificate, readable for Tandem's user";
            problems.fault(&key.at, what, right);
        }
    }
    Some(identity)
}

/// Whom we take for this carrier. Authorities that cannot be read keep only this carrier unreachable.
pub(super) fn trust(
    raw: &raw::Trunk,
    host: &str,
    outside: &dyn Outside,
    problems: &mut Problems<'_>,
) -> Option<Trust> {
    let (transport, verify) = (raw.transport.as_ref()?, raw.verify.as_ref()?);
    let is_tls = transport.value == ListenTransport::Tls;
    let Some(ca) = &raw.ca else {
        if verify.value {
            return Some(Trust::Machine);
        }
        let (what, right) = match is_tls {
            true => (
                format!("whoever answers in the place of {host} can listen to these calls"),
                "verify it: for a certificate of its own making, name that with ca = \"…\"",
            ),
            false => (
                "nobody is verified without TLS anyway".to_owned(),
                "remove it, or write transport = \"tls\"",
            ),
        };
        problems.warn(&verify.at, what, right);
        return Some(Trust::Anybody);
    };
    if !is_tls || !verify.value {
        let right = "remove one of the two";
        let (place, words) = match is_tls {
            true => (&verify.at, "because of this"),
            false => (&transport.at, "without TLS"),
        };
        problems.error(&ca.at, "these authorities are not asked", right);
        problems.also(place, words);
    } else if let Err(why) = outside.authorities(&ca.value) {
        let what = format!("{} cannot be used: {why}", ca.value.display());
        let right =
            "name a PEM file with certificates of authorities, or leave `ca` out for those of this machine";
        problems.fault(&ca.at, what, right);
    }
    Some(Trust::Authorities(ca.value.clone()))
}

/// What this carrier must show when it calls. If its authorities cannot be read nobody can show it, so that its calls
/// do not come in, and nothing else suffers.
pub(super) fn proof(
    raw: &raw::Trunk,
    host: &str,
    outside: &dyn Outside,
    problems: &mut Problems<'_>,
) -> Option<Proof> {
    let Some(ca) = &raw.client_ca else {
        if let Some(name) = &raw.client_name {
            let right = "add client_ca = \"…\" with the authorities that may have signed it, or remove this";
            problems.error(
                &name.at,
                "nobody is asked for a certificate with this name",
                right,
            );
        }
        return None;
    };
    if let Err(why) = outside.authorities(&ca.value) {
        let what = format!("{} cannot be used: {why}", ca.value.display());
        let right = "name a PEM file with certificates of authorities; until then its calls do not come in";
        problems.fault(&ca.at, what, right);
    }
    let name = raw.client_name.as_ref().map_or(host, |name| &name.value.0);
    Some(Proof {
        authorities: ca.value.clone(),
        name: name.to_owned(),
    })
}
