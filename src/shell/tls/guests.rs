//! Who connects to us: carriers that must show a certificate, and everybody else, who need not.

use super::{authorities, crypto};
use crate::config::Config;
use crate::config::valid::Proof;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::sync::Arc;
use tracing::error;

/// The trunks that must show a certificate when they call.
#[derive(Debug, Default)]
pub struct Guests(Vec<Guest>);

#[derive(Debug)]
struct Guest {
    trunk: String,
    roots: Arc<RootCertStore>,
    as_client: Arc<dyn ClientCertVerifier>,
    name: ServerName<'static>,
}

impl Guests {
    /// Those of the configuration. One whose authorities cannot be read is told and left out: it can show nothing, so
    /// its calls do not come in, and those of the others do.
    pub fn of(config: &Config) -> Guests {
        let mut guests = Guests::default();
        for (name, trunk) in &config.trunks {
            let Some(proof) = &trunk.proof else { continue };
            match guest(name, proof) {
                Ok(guest) => guests.0.push(guest),
                Err(why) => error!("trunk {name} cannot call: {why}; the others can"),
            }
        }
        guests
    }

    /// How a listener asks for certificates: not at all if nobody must show one, for some phones stumble over the
    /// question. Else it asks, takes whatever is shown, and lets in whoever shows nothing: a phone may show one of its
    /// maker, and proves by its password who it is.
    pub fn at_the_door(&self) -> Arc<dyn ClientCertVerifier> {
        match self.0.is_empty() {
            true => WebPkiClientVerifier::no_client_auth(),
            false => Arc::new(Asks(crypto())),
        }
    }

    /// Whether anybody must show a certificate.
    pub fn are_expected(&self) -> bool {
        !self.0.is_empty()
    }

    /// The trunks whose proof this chain of certificates is, the peer's own first.
    pub fn proven(&self, shown: &[CertificateDer<'_>]) -> Vec<String> {
        let now = UnixTime::now();
        let proven = self.0.iter().filter(|guest| guest.is_proven(shown, now));
        proven.map(|guest| guest.trunk.clone()).collect()
    }
}

impl Guest {
    /// Whether an authority of this trunk has signed it for this name. Public authorities sign for servers alone, so
    /// a certificate for that purpose is as good.
    fn is_proven(&self, shown: &[CertificateDer<'_>], now: UnixTime) -> bool {
        let Some((own, between)) = shown.split_first() else {
            return false;
        };
        let Ok(parsed) = ParsedCertificate::try_from(own) else {
            return false;
        };
        let algorithms = crypto().signature_verification_algorithms.all;
        let as_server =
            || verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, between, now, algorithms);
        let is_signed = self.as_client.verify_client_cert(own, between, now).is_ok() || as_server().is_ok();
        is_signed && verify_server_name(&parsed, &self.name).is_ok()
    }
}

fn guest(trunk: &str, proof: &Proof) -> Result<Guest, String> {
    let file = &proof.authorities;
    let roots = authorities(file).map_err(|why| format!("{} cannot be used: {why}", file.display()))?;
    let roots = Arc::new(roots);
    let as_client = WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), crypto());
    Ok(Guest {
        trunk: trunk.to_owned(),
        as_client: as_client.build().map_err(|error| error.to_string())?,
        name: ServerName::try_from(proof.name.clone()).map_err(|error| error.to_string())?,
        roots,
    })
}

/// Asks for a certificate and believes nothing but that whoever shows it has its key. What it proves is looked at
/// once the connection stands.
#[derive(Debug)]
struct Asks(Arc<CryptoProvider>);

impl ClientCertVerifier for Asks {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
