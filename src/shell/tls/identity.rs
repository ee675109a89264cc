//! Who we are: the certificate that a listener shows, and its key.

use super::{Guests, certificates, crypto, read};
use crate::config::NoIdentity;
use crate::config::valid::Identity;
use rustls::{Error, ServerConfig};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::{self, PemObject};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use x509_cert::der::Decode;

/// A certificate that ends sooner than this should have been renewed.
const RENEW_BEFORE: Duration = Duration::from_secs(14 * 24 * 3600);

/// What a TLS listener needs, read from its files: TLS 1.2 and 1.3, and whether it asks its peers for certificates.
pub fn identify(identity: &Identity, guests: &Guests) -> Result<Arc<ServerConfig>, NoIdentity> {
    let chain = certificates(&identity.certificate).map_err(NoIdentity::Certificate)?;
    let key = key(identity).map_err(NoIdentity::Key)?;
    ServerConfig::builder_with_provider(crypto())
        .with_safe_default_protocol_versions()
        .map_err(|error| NoIdentity::Key(error.to_string()))?
        .with_client_cert_verifier(guests.at_the_door())
        .with_single_cert(chain, key)
        .map(Arc::new)
        .map_err(whose_fault)
}

/// What should be known about the certificate though it can be used: the peers will not like it.
pub fn worry(identity: &Identity, now: SystemTime) -> Option<String> {
    let chain = certificates(&identity.certificate).ok()?;
    let certificate = x509_cert::Certificate::from_der(chain.first()?).ok()?;
    let validity = certificate.tbs_certificate.validity;
    let (begins, ends) = (
        validity.not_before.to_unix_duration(),
        validity.not_after.to_unix_duration(),
    );
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    if now > ends {
        Some(format!("it expired on {}", day(ends)))
    } else if now < begins {
        Some(format!("it does not count before {}", day(begins)))
    } else if now + RENEW_BEFORE > ends {
        Some(format!("it expires on {}", day(ends)))
    } else {
        None
    }
}

fn key(identity: &Identity) -> Result<PrivateKeyDer<'static>, String> {
    match PrivateKeyDer::from_pem_slice(&read(&identity.key)?) {
        Ok(key) => Ok(key),
        Err(pem::Error::NoItemsFound) => Err("there is no private key in it".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn whose_fault(error: Error) -> NoIdentity {
    match error {
        Error::InconsistentKeys(_) => NoIdentity::Key("it is not the key of the certificate".to_owned()),
        Error::InvalidCertificate(why) => NoIdentity::Certificate(why.to_string()),
        other => NoIdentity::Key(other.to_string()),
    }
}

fn day(since_epoch: Duration) -> String {
    let seconds = i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).map_or_else(
        |_too_far| "a far day".to_owned(),
        |moment| moment.strftime("%Y-%m-%d").to_string(),
    )
}
